//! A letter on paper: the words that are kept, laid out for an envelope with a window.

use askama::Template;

use crate::charter::Charter;
use crate::error::Result;
use crate::kit::post::Letter;

/// The line that every letter has in its head.
const REFERENCE: &str = "Our reference:";
/// Lines that fit into the window of an envelope.
const WINDOW: usize = 6;

#[derive(Template)]
#[template(path = "requests/letters/print.html")]
struct Printed<'a> {
    letter: &'a Letter,
    brand: &'a str,
    to: Vec<String>,
    from: Vec<String>,
    /// Date and reference.
    head: Vec<&'a str>,
    paragraphs: Vec<Paragraph<'a>>,
}

struct Paragraph<'a> {
    list: bool,
    lines: Vec<&'a str>,
}

/// A letter as a page that `candour-press` sets: its own words, each once and in their order. The
/// sender's address is the one of today.
///
/// # Errors
/// The template does not render.
pub fn printed(charter: &Charter, letter: &Letter) -> Result<String> {
    let mut blocks: Vec<Vec<&str>> = letter
        .text
        .split("\n\n")
        .map(|block| block.lines().filter(|l| !l.trim().is_empty()).collect())
        .filter(|lines: &Vec<&str>| !lines.is_empty())
        .collect();
    let is_head = |b: &Vec<&str>| b.iter().any(|l| l.starts_with(REFERENCE));
    // Only a letter that leaves on paper begins with name and address.
    let addressed = letter.to.is_none() && blocks.get(1).is_some_and(is_head);
    let to = if addressed { blocks.remove(0) } else { Vec::new() };
    let head = if blocks.first().is_some_and(is_head) { blocks.remove(0) } else { Vec::new() };
    let paragraphs = blocks.into_iter().map(|lines| {
        let list = lines.iter().all(|l| l.starts_with("- "));
        let lines = lines.into_iter().map(|l| if list { &l[2..] } else { l }).collect();
        Paragraph { list, lines }
    });
    let page = Printed {
        letter,
        brand: &charter.theme.brand,
        to: lines_of(&to),
        from: lines_of(&[&charter.contact.post, &letter.from.1]),
        head,
        paragraphs: paragraphs.collect(),
    };
    Ok(page.render()?)
}

/// An address in lines: one that was written in a row is parted at its commas if there is room.
fn lines_of(address: &[&str]) -> Vec<String> {
    let whole = || address.iter().map(|l| l.trim().to_owned());
    let parted: Vec<String> =
        address.iter().flat_map(|l| l.split_inclusive(", ")).map(|l| l.trim().to_owned()).collect();
    if parted.len() <= WINDOW { parted } else { whole().collect() }
}

#[cfg(test)]
#[path = "print_tests.rs"]
mod tests;
