//! Templates: the text of a message with the class it claims. Versions are never changed; a class
//! counts once somebody who answers for it has approved it.

pub mod acts;
pub mod cli;
pub mod desk;
pub mod rules;
pub mod sql;
pub mod tells;

pub use rules::Template;
