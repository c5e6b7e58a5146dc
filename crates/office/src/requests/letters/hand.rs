//! Letters about the answer: that it can be fetched, that it waits, and the code that opens it.

use askama::Template;
use jiff::civil::Date;

use super::frame::{Frame, frame, no_frame, paper_frame};
use super::{letter, url};
use crate::charter::Charter;
use crate::error::Result;
use crate::kit::dates;
use crate::kit::post::Letter;
use crate::office::Office;
use crate::requests::acts::Case;

#[derive(Template)]
#[template(path = "requests/letters/ready.txt", escape = "none")]
struct Ready {
    f: Frame,
    until: String,
    url: String,
    complete: bool,
    by_letter: bool,
}

/// "Your answer is ready", or a part of it: a link, and nothing of the content. `by_letter`: its
/// code comes in a letter, and not by telephone or text message.
pub fn ready(
    office: &Office,
    charter: &Charter,
    case: &Case,
    token: &str,
    until: Date,
    complete: bool,
    by_letter: bool,
) -> Result<Letter> {
    let text = Ready {
        f: no_frame(office, charter, case),
        until: dates::full(until),
        url: url(office, &format!("/fetch/{token}")),
        complete,
        by_letter,
    }
    .render()?;
    Ok(letter(charter, case, "ready", text))
}

#[derive(Template)]
#[template(path = "requests/letters/not_fetched.txt", escape = "none")]
struct NotFetched {
    f: Frame,
    until: String,
    url: String,
}

/// "Your answer still waits": the same pack by a fresh link.
pub fn not_fetched(
    office: &Office,
    charter: &Charter,
    case: &Case,
    token: &str,
    until: Date,
) -> Result<Letter> {
    let text = NotFetched {
        f: frame(office, charter, case),
        until: dates::full(until),
        url: url(office, &format!("/fetch/{token}")),
    }
    .render()?;
    Ok(letter(charter, case, "not-fetched", text))
}

#[derive(Template)]
#[template(path = "requests/letters/fetch_code.txt", escape = "none")]
struct FetchCode<'a> {
    f: Frame,
    code: &'a str,
    until: String,
}

/// The code of a link, to be printed and posted: never by the way that the link went.
pub fn fetch_code(
    office: &Office,
    charter: &Charter,
    case: &Case,
    code: &str,
    until: Date,
) -> Result<Letter> {
    let text = FetchCode { f: paper_frame(office, charter, case), code, until: dates::full(until) }
        .render()?;
    Ok(Letter { to: None, ..letter(charter, case, "fetch-code", text) })
}
