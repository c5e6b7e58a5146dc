//! Texts: pages for a browser, tables, plain text, messages.

use mail_parser::{MessageParser, MimeHeaders as _, PartType};

use super::sheet::{Tally, Then};
use super::{Attachment, Checked, Finding, Kind, Outcome, check_at};

/// Tells texts apart by media type and name; bytes that are not text are of no known kind.
pub fn kind(name: &str, media: &str, raw: &[u8]) -> Kind {
    let media = media.split(';').next().unwrap_or_default().trim().to_lowercase();
    let name = name.to_lowercase();
    let ends = |e: &str| name.ends_with(e);
    if media == "message/rfc822" || ends(".eml") {
        return Kind::Message;
    }
    let odd = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c);
    if raw.iter().any(odd) {
        return Kind::Unknown;
    }
    let head = String::from_utf8_lossy(&raw[..raw.len().min(512)]).trim_start().to_lowercase();
    let page = head.starts_with("<!doctype html") || head.starts_with("<html");
    if page || media == "text/html" || media == "application/xhtml+xml" || ends(".html") {
        return Kind::Html;
    }
    if head.starts_with("<?xml") || head.starts_with("<svg") || head.starts_with("{\\rtf") {
        return Kind::Unknown;
    }
    if media == "text/csv" || ends(".csv") {
        return Kind::Csv;
    }
    let text = media.starts_with("text/") || media == "application/json" || media.is_empty();
    if text { Kind::Text } else { Kind::Unknown }
}

/// A value as it goes into a table: what a spreadsheet would run as a formula gets a leading
/// apostrophe; plain numbers stay.
pub fn guard(value: &str) -> std::borrow::Cow<'_, str> {
    let risky = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if risky && !plain_number(value) {
        return format!("'{value}").into();
    }
    value.into()
}

fn plain_number(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(part)
}

/// A page for a browser: stopped when it runs, fetches or hides something.
pub fn html(raw: &[u8]) -> Checked {
    let page = String::from_utf8_lossy(raw).to_lowercase();
    let mut tally = Tally::default();
    let mut look = |what, read, signs: &[&str]| {
        for sign in signs {
            for _ in page.matches(sign).take(1000) {
                tally.add(what, Then::Stopped, read);
            }
        }
    };
    look("programs", false, &["<script", "javascript:", "<object", "<embed", "<applet", "<base"]);
    look(
        "parts that are fetched from elsewhere",
        false,
        &["<link", "<iframe", "<frame", "@import"],
    );
    look("hidden text", true, &["<!--", "display:none", "display: none", "visibility:hidden"]);
    look("hidden text", true, &[" hidden>", " hidden ", "type=\"hidden\"", "<template"]);
    for tag in page.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let words: Vec<&str> = tag.split_ascii_whitespace().collect();
        let is = |w: &&str, start: &str| w.starts_with(start);
        if words.iter().skip(1).any(|w| is(w, "on") && w.contains('=')) {
            tally.add("programs", Then::Stopped, false);
        }
        let fetched = ["src=", "srcset=", "background=", "poster=", "data="];
        let local = |w: &str| w.contains("=\"data:image/") || w.contains("='data:image/");
        if words.iter().any(|w| fetched.iter().any(|f| is(w, f)) && !local(w))
            || tag.contains("url(")
        {
            tally.add("parts that are fetched from elsewhere", Then::Stopped, false);
        }
    }
    Checked::of(Kind::Html, tally.findings(), None)
}

/// A table: cells that would run get an apostrophe.
pub fn csv(raw: &[u8]) -> Checked {
    if std::str::from_utf8(raw).is_err() {
        return Checked::stopped(Kind::Csv, "the table is not in UTF-8");
    }
    let separator = match raw.split(|b| *b == b'\n').next() {
        Some(line) if line.contains(&b';') && !line.contains(&b',') => b';',
        Some(line) if line.contains(&b'\t') && !line.contains(&b',') => b'\t',
        _ => b',',
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(raw);
    let mut out = csv::WriterBuilder::new()
        .flexible(true)
        .delimiter(separator)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let mut tally = Tally::default();
    for record in reader.records() {
        let Ok(record) = record else {
            return Checked::stopped(Kind::Csv, "the table can’t be read");
        };
        let cells: Vec<_> = record.iter().map(guard).collect();
        for (was, is) in record.iter().zip(&cells) {
            if was != is.as_ref() {
                tally.add("cells that a spreadsheet would run", Then::Cleaned, false);
            }
        }
        if out.write_record(cells.iter().map(|c| c.as_bytes())).is_err() {
            return Checked::stopped(Kind::Csv, "the table can’t be read");
        }
    }
    Checked::of(Kind::Csv, tally.findings(), out.into_inner().ok())
}

/// A message: each attachment goes through the gate, and one that does not pass stops the
/// message's original. The attachments are handed on, so that those that can go out do.
pub fn message(raw: &[u8], depth: u8) -> Checked {
    let Some(parsed) = MessageParser::default().parse(raw) else {
        return Checked::stopped(Kind::Message, "the message can’t be read");
    };
    let (mut attachments, mut findings) = (Vec::new(), Vec::new());
    for part in parsed.attachments() {
        if depth == 0 {
            return Checked::stopped(Kind::Message, "messages inside messages, too deep");
        }
        let media = part.content_type().map(|c| match &c.c_subtype {
            Some(sub) => format!("{}/{sub}", c.c_type),
            None => c.c_type.to_string(),
        });
        let inner = matches!(part.body, PartType::Message(_));
        let media = if inner { "message/rfc822".into() } else { media.unwrap_or_default() };
        let body: &[u8] = match &part.body {
            PartType::Message(m) => m.raw_message(),
            other => contents(other),
        };
        let name = part.attachment_name().unwrap_or("attachment").to_owned();
        let checked = check_at(&name, &media, body, depth - 1);
        findings.push(match checked.outcome {
            Outcome::Passed => Finding::new("attachments that pass", 1, Then::Noted),
            _ => Finding::new("attachments that can’t go as they are", 1, Then::Stopped),
        });
        attachments.push(Attachment { name, raw: body.to_vec(), checked });
    }
    let mut folded: Vec<Finding> = Vec::new();
    for f in findings {
        match folded.iter_mut().find(|x| x.what == f.what) {
            Some(same) => same.count += 1,
            None => folded.push(f),
        }
    }
    Checked { attachments, ..Checked::of(Kind::Message, folded, None) }
}

fn contents<'a>(body: &'a PartType<'_>) -> &'a [u8] {
    match body {
        PartType::Text(t) | PartType::Html(t) => t.as_bytes(),
        PartType::Binary(b) | PartType::InlineBinary(b) => b,
        PartType::Message(m) => m.raw_message(),
        PartType::Multipart(_) => &[],
    }
}
