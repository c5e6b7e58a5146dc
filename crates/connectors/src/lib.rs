//! Reach what others keep: databases, spreadsheets, mailboxes, folders of documents.
//!
//! One trait, one file each. A connector reads with the least rights there are, streams what it
//! finds into a [`Sink`], says why each thing matched, and turns every trouble into a [`Fault`]
//! that names the place and the remedy and holds nothing personal.

mod found;

pub use found::{
    Because, Body, Fault, FaultKind, Found, Identifier, Kind, Looked, Searched, Seek, Sink,
    Strength,
};
