//! What a file is by its content, and text out of those that need no child process.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::html;
use crate::worker::Media;

/// What to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Nothing in it.
    Empty,
    /// Read here.
    Text,
    Html,
    /// An e-mail message.
    Message,
    /// Read by a child process.
    Pdf,
    Office,
    /// Pictures, sound and film: no text to search.
    Picture,
    Film,
    /// Not read, and why.
    Archive,
    Outlook,
    Rtf,
    Unknown,
}

/// Bytes that are looked at to tell what a file is.
const HEAD: usize = 8192;

/// What a file is. Endings are not asked: they lie.
pub(crate) fn sort(bytes: &[u8]) -> Sort {
    let head = &bytes[..bytes.len().min(HEAD)];
    let starts = |with: &[u8]| head.starts_with(with);
    if head.iter().all(u8::is_ascii_whitespace) && bytes.len() <= HEAD {
        return Sort::Empty;
    }
    let first = &head[..head.len().min(1024)];
    if memchr::memmem::find(first, b"%PDF-").is_some() {
        return Sort::Pdf;
    }
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    {
        return Sort::Office; // Or an archive: the child looks inside.
    }
    if starts(b"{\\rtf") {
        return Sort::Rtf;
    }
    if starts(b"!BDN") {
        return Sort::Outlook;
    }
    if let Some(sort) = pictures(head).or_else(|| archives(head)) {
        return sort;
    }
    if !readable(head) {
        return Sort::Unknown;
    }
    let text = decode(first);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']).to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.contains("<html") || text.contains("<body") {
        return Sort::Html;
    }
    if crate::mail::looks_like_message(head) { Sort::Message } else { Sort::Text }
}

fn pictures(head: &[u8]) -> Option<Sort> {
    const PICTURES: [&[u8]; 7] =
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\x01\0", b"BM"];
    const FILMS: [&[u8]; 6] = [b"OggS", b"ID3", b"\x1a\x45\xdf\xa3", b"fLaC", b"\xff\xfb", b"FLV"];
    let brand = head.get(4..12).unwrap_or_default();
    let riff = head.starts_with(b"RIFF");
    let webp = riff && head.get(8..12) == Some(b"WEBP");
    let heic = brand.starts_with(b"ftyphei") || brand == b"ftypmif1" || brand == b"ftypavif";
    let binary = head.contains(&0);
    if webp || heic || (binary && PICTURES.iter().any(|p| head.starts_with(p))) {
        return Some(Sort::Picture);
    }
    let film = riff || brand.starts_with(b"ftyp") || FILMS.iter().any(|f| head.starts_with(f));
    (film && binary).then_some(Sort::Film)
}

fn archives(head: &[u8]) -> Option<Sort> {
    const ARCHIVES: [&[u8]; 6] =
        [b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd"];
    let tar = head.get(257..262) == Some(b"ustar");
    (tar || ARCHIVES.iter().any(|a| head.starts_with(a))).then_some(Sort::Archive)
}

/// Whether it is text in some writing: no control characters but the usual ones.
fn readable(head: &[u8]) -> bool {
    if wide(head).is_some() {
        return true;
    }
    let odd = |b: &&u8| **b < 9 || (14..32).contains(*b) && **b != 0x1b;
    // A stray one in an old export does not make a program of it.
    head.iter().filter(odd).count() * 100 <= head.len()
}

/// UTF-16 by its mark, or by the zeros that it puts beside every plain letter.
pub(crate) fn wide(head: &[u8]) -> Option<&'static Encoding> {
    match Encoding::for_bom(head) {
        Some((encoding, _)) if encoding != UTF_8 => return Some(encoding),
        Some(_) => return None,
        None => {}
    }
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if half < 4 {
        return None;
    }
    if odd * 10 > half * 7 && even * 10 < half {
        return Some(UTF_16LE);
    }
    (even * 10 > half * 7 && odd * 10 < half).then_some(UTF_16BE)
}

/// Text in the writing it is in: UTF-8, UTF-16, what an HTML page says, or Windows-1252, which has
/// every byte. Never fails.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(encoding) = wide(&bytes[..bytes.len().min(HEAD)]) {
        return encoding.decode(bytes).0;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let said = said(bytes).filter(|e| *e != UTF_8);
    said.unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes).0
}

/// The encoding that a page names in its head.
fn said(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(1024)].to_ascii_lowercase();
    let at = memchr::memmem::find(&head, b"charset=")? + 8;
    let label = head[at..].strip_prefix(b"\"").unwrap_or(&head[at..]);
    let end = label.iter().position(|b| !b.is_ascii_alphanumeric() && !b"-_".contains(b));
    Encoding::for_label(&label[..end.unwrap_or(label.len())])
}

/// The text of a file that is read here.
pub(crate) fn text(bytes: &[u8], sort: Sort) -> (Media, String) {
    let text = decode(bytes);
    match sort {
        Sort::Html => (Media::Html, html::text(&text)),
        _ => (Media::Plain, text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_files_by_content() {
        for (bytes, expected) in [
            (b"".as_slice(), Sort::Empty),
            (b" \r\n", Sort::Empty),
            (b"Dear Amara", Sort::Text),
            (b"caf\xe9 in Latin-1", Sort::Text),
            (b"\xff\xfeA\0m\0a\0", Sort::Text),
            (b"A\0m\0a\0r\0a\0 \0Q\0", Sort::Text),
            (b"%PDF-1.4\n", Sort::Pdf),
            (b"junk before\n%PDF-1.4\n", Sort::Pdf),
            (b"PK\x03\x04rest", Sort::Office),
            (b"{\\rtf1 hello}", Sort::Rtf),
            (b"<!DOCTYPE html><p>x", Sort::Html),
            (b"\x89PNG\r\n\x1a\n\0\0", Sort::Picture),
            (b"\x1f\x8b\x08\0", Sort::Archive),
            (b"From: a@example.org\r\nSubject: x\r\n\r\nbody", Sort::Message),
            (b"Note: buy milk\n", Sort::Text),
            (b"BMW sells cars", Sort::Text),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", Sort::Unknown),
        ] {
            assert_eq!(sort(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn decodes_every_writing() {
        assert_eq!(decode(b"Zo\xc3\xab"), "Zoë");
        assert_eq!(decode(b"\xef\xbb\xbfZo\xc3\xab"), "Zoë");
        assert_eq!(decode(b"Zo\xeb \x80"), "Zoë €");
        assert_eq!(decode(b"\xff\xfeZ\0o\0\xeb\0"), "Zoë");
        assert_eq!(decode(b"\xfe\xff\0Z\0o\0\xeb"), "Zoë");
        assert_eq!(decode(b"<meta charset=\"iso-8859-2\">\xb3"), "<meta charset=\"iso-8859-2\">ł");
    }
}
