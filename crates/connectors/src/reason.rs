//! Why a row is told, and what a doubtful row stands or falls with. Shared by databases and files.

use std::sync::Arc;

use crate::{Because, Found, Strength};

/// Why a row is told.
#[derive(Debug, Clone)]
pub(crate) struct Reason {
    pub because: Because,
    /// The key of the doubtful row that the reason rests on, if it rests on another row.
    pub root: Option<Arc<str>>,
}

impl Reason {
    /// One that the row gives by itself.
    pub fn own(because: Because) -> Self {
        Self { because, root: None }
    }
}

/// Best first.
pub(crate) fn sort(reasons: &mut [Reason]) {
    reasons.sort_by_key(|r| std::cmp::Reverse(r.because.strength));
}

/// What a row with these reasons, best first, stands or falls with: the one doubtful row that all
/// of them rest on, or itself if others may hang on it. None if nothing is in doubt.
pub(crate) fn root(
    reasons: &[Reason],
    place: &str,
    others_hang: bool,
    locator: impl Fn() -> String,
) -> Option<Arc<str>> {
    let (first, more) = reasons.split_first()?;
    if first.because.strength == Strength::Strong {
        return None;
    }
    if first.root.is_some() && more.iter().all(|r| r.root == first.root) {
        return first.root.clone();
    }
    others_hang.then(|| Found::key(place, &locator()).into())
}
