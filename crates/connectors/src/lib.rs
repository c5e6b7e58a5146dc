//! Reach what others keep: databases, spreadsheets, mailboxes, folders of documents.
//!
//! One trait, one file each. A connector reads with the least rights there are, streams what it
//! finds into a [`Sink`], says why each thing matched, and turns every trouble into a [`Fault`]
//! that names the place and the remedy and holds nothing personal.
//!
//! A [`DataMap`] says what a holding holds; [`scan`] drafts it from the live [`schema`], a person
//! decides, [`DataMap::check`] tells when it no longer fits. [`judge`] decides whether a row is
//! about the person sought.

mod category;
mod check;
mod connector;
mod documents;
pub mod fides;
mod found;
pub mod judge;
mod mail;
mod map;
mod mention;
mod reason;
pub mod scan;
pub mod schema;
mod sql;
mod table;
pub mod words;
mod workbook;
pub mod worker;

pub use category::Category;
pub use check::{Problem, ProblemKind};
pub use connector::{Connector, Inclusion, Limits, Sample, Tested, learned, open, taught};
pub use found::{
    Because, Body, Fault, FaultKind, Found, Identifier, Kind, Looked, Searched, Seek, Sink,
    Strength,
};
pub use map::{Collection, DataMap, Erasure, Field, HoldingKind, Holds, Link, Source, Stored, Tls};
pub use workbook::Workbook;
pub use worker::SheetCell;
