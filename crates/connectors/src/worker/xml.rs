//! Text out of the XML inside office documents.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::wire::{MOST_TEXT, Trouble};

/// Text as it grows, up to the most that is kept.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub text: String,
    pub cut: bool,
}

impl Text {
    pub(super) fn push(&mut self, more: &str) {
        let left = MOST_TEXT.saturating_sub(self.text.len());
        if more.len() <= left {
            self.text.push_str(more);
            return;
        }
        self.cut = true;
        let end = (0..=left).rev().find(|at| more.is_char_boundary(*at)).unwrap_or(0);
        self.text.push_str(&more[..end]);
    }

    /// End the line, if there is one.
    pub(super) fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.push("\n");
        }
    }
}

/// What to take from the elements of one kind of file, by local name.
pub(super) struct Takes {
    /// Elements whose own text counts; empty: text counts wherever it stands.
    pub text: &'static [&'static str],
    /// Elements that end a line.
    pub lines: &'static [&'static str],
    /// Elements that stand for a gap.
    pub gaps: &'static [&'static str],
    /// Attributes that count: element and attribute.
    pub attributes: &'static [(&'static str, &'static str)],
    /// Read from the last place where this is written; nowhere if it is not.
    pub from: Option<&'static str>,
}

/// Take the text of one part.
pub(super) fn take(part: &[u8], takes: &Takes, out: &mut Text) -> Result<(), Trouble> {
    let mut reader = Reader::from_reader(part);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut buffer = Vec::new();
    let mut inside = 0u32;
    while !out.cut {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Trouble::Damaged)? {
            Event::Eof => break,
            Event::Start(tag) => {
                opened(&tag, takes, out);
                inside += u32::from(has(takes.text, tag.local_name().as_ref()));
            }
            Event::Empty(tag) => {
                opened(&tag, takes, out);
                if has(takes.lines, tag.local_name().as_ref()) {
                    out.line();
                }
            }
            Event::End(tag) => {
                let name = tag.local_name();
                inside = inside.saturating_sub(u32::from(has(takes.text, name.as_ref())));
                if has(takes.lines, name.as_ref()) {
                    out.line();
                }
            }
            Event::Text(text) if inside > 0 || takes.text.is_empty() => {
                out.push(&text.xml10_content());
            }
            Event::CData(text) if inside > 0 || takes.text.is_empty() => {
                out.push(&text.xml10_content());
            }
            Event::GeneralRef(reference) if inside > 0 || takes.text.is_empty() => {
                referred(&reference, out);
            }
            _ => {}
        }
    }
    Ok(())
}

fn has(names: &[&str], name: &str) -> bool {
    names.contains(&name)
}

fn opened(tag: &BytesStart<'_>, takes: &Takes, out: &mut Text) {
    let name = tag.local_name();
    if has(takes.gaps, name.as_ref()) {
        out.push("\t");
    }
    let wanted = takes.attributes.iter().filter(|(element, _)| *element == name.as_ref());
    for (_, attribute) in wanted {
        let found = tag
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|a| a.key.local_name().as_ref() == *attribute);
        if let Some(found) = found {
            out.line();
            out.push(&unescaped(&found.value));
            out.line();
        }
    }
}

fn unescaped(value: &str) -> String {
    quick_xml::escape::unescape(value).map_or(value.to_owned(), |v| v.into_owned())
}

/// The five names every XML file knows, and characters by number. No others: a file that defines
/// its own could make them as long as it likes.
fn referred(reference: &BytesRef<'_>, out: &mut Text) {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        out.push(c.encode_utf8(&mut [0; 4]));
        return;
    }
    out.push(match &*reference.xml10_content() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => " ",
    });
}
