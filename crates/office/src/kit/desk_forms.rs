//! The one way of a form of the staff's: do what it asks for and go on, or show it again.

use crate::error::{Error, Result};
use crate::kit::forms::Filled;
use crate::kit::web::{Answer, Signed, go, go_saying};
use crate::office::Office;

/// Where a form leads when what it asks for was done.
#[derive(Debug)]
pub struct On {
    /// The page.
    pub to: String,
    /// What is said there, once.
    pub said: Option<&'static str>,
}

impl On {
    /// To a page that shows by itself what was done.
    pub fn to(page: impl Into<String>) -> Self {
        Self { to: page.into(), said: None }
    }

    /// To a page that says once what was done.
    pub fn saying(page: impl Into<String>, said: &'static str) -> Self {
        Self { to: page.into(), said: Some(said) }
    }
}

/// Does what a form asks for, and goes on; or shows it again with what was typed. `at` is what the
/// address of the page names. Both run on a thread that may wait for the database.
///
/// # Errors
/// One that `again` has no form for.
pub async fn carry_out<A: Send + 'static>(
    office: &Office,
    me: Signed,
    at: A,
    f: Filled,
    act: impl FnOnce(&Office, &Signed, &A, &Filled) -> Result<On> + Send + 'static,
    again: impl FnOnce(&Office, &Signed, &A, Filled, Error) -> Answer + Send + 'static,
) -> Answer {
    let (me, done) = office
        .run(move |o| {
            let done = act(o, &me, &at, &f).map_err(|e| again(o, &me, &at, f, e));
            Ok((me, done))
        })
        .await?;
    match done {
        Ok(On { to, said: Some(said) }) => go_saying(office, &me, &to, said).await,
        Ok(On { to, said: None }) => go(&to),
        Err(shown) => shown,
    }
}
