//! Holdings: the places where personal data is, each with its data map. A connector reaches it;
//! a filing cabinet is reached by asking the post that keeps it.
//!
//! Others may use: [`Holding`], [`connect`], [`active`].

pub mod acts;
pub mod cli;
pub mod desk;
pub mod sql;

pub use acts::{active, connect};
pub use sql::Holding;
