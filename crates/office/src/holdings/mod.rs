//! Holdings: the places where personal data is, each with its data map. A connector reaches it;
//! a filing cabinet is reached by asking the post that keeps it.
//!
//! Others may use: [`Holding`], [`Ended`], [`connect`], [`active`], [`known`], [`by_id`],
//! [`idle_places`].

pub mod acts;
mod change;
pub mod cli;
mod codes;
pub mod desk;
pub mod desk_place;
pub mod desk_table;
mod folders;
mod form;
mod places;
mod servers;
pub mod sql;
#[cfg(test)]
mod tests;

pub use acts::{active, connect, known};
pub use places::idle as idle_places;
pub use sql::{Ended, Holding, by_id};

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
        org: by.org.clone(),
        short: map.holding.clone(),
        title: map.title.clone(),
        map,
        version: 1,
        post: post.map(str::to_owned),
        post_email: post.map(|_| "secretary@harbour.example".into()),
        checked: None,
        problems: Vec::new(),
        bound: false,
        ended: None,
    };
    let (org, now) = (by.org.clone(), by.now);
    office.chore(move |tx| sql::insert(tx, &org, &row, now)).unwrap();
}
