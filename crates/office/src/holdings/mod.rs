//! Holdings: the places where personal data is, each with its data map. A connector reaches it;
//! a filing cabinet is reached by asking the post that keeps it.
//!
//! Others may use: [`Holding`], [`connect`], [`active`].

pub mod acts;
pub mod cli;
pub mod desk;
pub mod sql;
#[cfg(test)]
mod tests;

pub use acts::{active, connect};
pub use sql::Holding;

/// Keeps a holding with this map, as tests need it; with a post, a filing cabinet of theirs.
#[cfg(test)]
pub fn keep(
    office: &crate::office::Office,
    by: &crate::proof::By,
    map: candour_connectors::DataMap,
    post: Option<&str>,
) {
    let row = Holding {
        id: crate::kit::new_id(by.now),
        short: map.holding.clone(),
        title: map.title.clone(),
        map,
        version: 1,
        post: post.map(str::to_owned),
        post_email: post.map(|_| "secretary@harbour.example".into()),
        checked: None,
        problems: Vec::new(),
    };
    let (org, now) = (by.org.clone(), by.now);
    office.chore(move |tx| sql::insert(tx, &org, &row, now)).unwrap();
}
