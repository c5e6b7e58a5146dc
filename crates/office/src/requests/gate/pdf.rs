//! PDF: looked through byte by byte, compressed objects included. Properties are blanked where
//! they stand, so that every offset in the file stays true; what hides content stops the file.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::sheet::{Tally, Then};
use super::{Checked, Kind, Outcome};

/// Bytes that one compressed stream of objects may unpack to.
const UNPACKED: u64 = 32 << 20;
/// Bytes that all of them together may unpack to.
const ALL: usize = 128 << 20;

/// Looks through a PDF.
pub fn check(raw: &[u8]) -> Checked {
    let mut tally = Tally::default();
    let ends = count(raw, b"%%EOF");
    // A file made for the web has two ends and one version.
    let usual = if find(&raw[..raw.len().min(2048)], b"/Linearized").is_some() { 2 } else { 1 };
    if ends == 0 {
        return Checked::stopped(Kind::Pdf, "the file is cut short");
    }
    if ends > usual {
        tally.add("earlier versions", Then::Stopped, true);
    }
    if tail(raw) {
        tally.add("data behind the document", Then::Stopped, true);
    }
    let hidden = match compressed_objects(raw) {
        Ok(hidden) => hidden,
        Err(why) => return Checked::stopped(Kind::Pdf, why),
    };
    let open = outside_streams(raw);
    names(&unescaped(&open), &mut tally);
    for text in &hidden {
        names(&unescaped(text), &mut tally);
        if INFO.iter().any(|key| has_value(text, key)) {
            tally.add("properties that can’t be taken out", Then::Stopped, false);
        }
    }
    if tally.stops() {
        return Checked::of(Kind::Pdf, tally.findings(), None);
    }
    let mut out = raw.to_vec();
    if blank_info(&mut out) {
        tally.add("properties of the file", Then::Cleaned, false);
    }
    match blank_xmp(&mut out) {
        Some(true) => tally.add("properties of the file", Then::Cleaned, false),
        Some(false) => {}
        None => tally.add("properties that can’t be taken out", Then::Stopped, false),
    }
    // What was blanked is looked through once more: a broken file may lose more than it should.
    if tally.cleans() && check(&out).outcome != Outcome::Passed {
        return Checked::stopped(Kind::Pdf, "the file can’t be cleaned safely");
    }
    Checked::of(Kind::Pdf, tally.findings(), Some(out))
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|w| w == needle)
}

fn count(hay: &[u8], needle: &[u8]) -> usize {
    hay.windows(needle.len()).filter(|w| *w == needle).count()
}

/// Whether something other than white space stands behind the last end.
fn tail(raw: &[u8]) -> bool {
    let last = raw.windows(5).rposition(|w| w == b"%%EOF").map_or(0, |i| i + 5);
    raw[last..].iter().any(|b| !b.is_ascii_whitespace() && *b != 0)
}

/// The ranges of stream data: between `stream` and `endstream`.
fn streams(raw: &[u8]) -> Vec<(usize, usize)> {
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some(i) = find(&raw[at..], b"stream") {
        let word = at + i;
        let mut start = word + 6;
        let keyword = word < 3 || &raw[word - 3..word] != b"end";
        if !keyword {
            at = start;
            continue;
        }
        if raw.get(start) == Some(&b'\r') {
            start += 1;
        }
        if raw.get(start) == Some(&b'\n') {
            start += 1;
        }
        let end = start + find(&raw[start..], b"endstream").unwrap_or(raw.len() - start);
        all.push((start, end));
        at = end;
    }
    all
}

/// Everything that is not the data of a stream.
fn outside_streams(raw: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::with_capacity(raw.len() / 4), 0);
    for (start, end) in streams(raw) {
        out.extend_from_slice(&raw[at..start]);
        at = end;
    }
    out.extend_from_slice(&raw[at..]);
    out
}

/// The dictionary before a stream.
fn dictionary(raw: &[u8], start: usize) -> &[u8] {
    let from = start.saturating_sub(4096);
    let before = &raw[from..start];
    let open = before.windows(4).rposition(|w| w == b" obj").map_or(0, |i| i + 4);
    &before[open..]
}

/// How a stream of objects is packed: not at all, deflated, or in a way that is not unpacked here.
/// Readers know them all, so such a file can't be looked through.
fn packed(dict: &[u8]) -> Option<bool> {
    let dict = squeezed(dict);
    if name_count(&dict, b"/DecodeParms") + name_count(&dict, b"/DP") > 0 {
        return None;
    }
    let Some(at) = keys(&dict, b"/Filter").into_iter().next() else {
        return Some(false);
    };
    let rest = dict.get(at..).unwrap_or_default();
    let names = rest.iter().skip(1).position(|b| matches!(b, b'>' | b']'));
    let value = rest.get(..names.map_or(rest.len(), |n| n + 1)).unwrap_or_default();
    let one = value.iter().filter(|b| **b == b'/').count() == 2 || !value.contains(&b'[');
    let flate = name_count(value, b"/FlateDecode") == 1 || name_count(value, b"/Fl") == 1;
    (flate && one).then_some(true)
}

/// Objects that are kept in compressed streams, unpacked; or why they can't be.
fn compressed_objects(raw: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let (mut all, mut sum) = (Vec::new(), 0);
    for (start, end) in streams(raw) {
        let dict = unescaped(dictionary(raw, start));
        if find(&dict, b"/ObjStm").is_none() {
            continue;
        }
        let mut plain = Vec::new();
        match packed(&dict) {
            None => return Err("objects in a form that is not unpacked here"),
            Some(false) => plain.extend_from_slice(&raw[start..end]),
            // A damaged stream gives what it can: the names in it are looked at all the same.
            Some(true) => {
                let mut z = ZlibDecoder::new(&raw[start..end]).take(UNPACKED + 1);
                let _ = z.read_to_end(&mut plain);
            }
        }
        sum += plain.len();
        if plain.len() as u64 > UNPACKED || sum > ALL {
            return Err("the file grows too large when it is unpacked");
        }
        all.push(plain);
    }
    Ok(all)
}

/// Names may be written with `#xx`: so that `/J#53` is seen as `/JS`.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut i) = (Vec::with_capacity(bytes.len()), 0);
    while i < bytes.len() {
        let digits = bytes.get(i + 1..i + 3).and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) if bytes[i] == b'#' => {
                out.push(byte);
                i += 3;
            }
            _ => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    out
}

/// Runs of white space as one blank.
fn squeezed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for b in bytes {
        match b.is_ascii_whitespace() || *b == 0 {
            true if out.last() == Some(&b' ') => {}
            true => out.push(b' '),
            false => out.push(*b),
        }
    }
    out
}

/// Whether the whole name stands there: `/JS` but not `/JSON`.
fn name_count(text: &[u8], name: &[u8]) -> u64 {
    let ends = |i: usize| text.get(i + name.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
    let hits = text.windows(name.len()).enumerate().filter(|(i, w)| *w == name && ends(*i));
    hits.count() as u64
}

fn names(text: &[u8], tally: &mut Tally) {
    let text = &squeezed(text);
    const STOP: [(&[u8], &str, bool); 13] = [
        (b"/Encrypt", "a password", false),
        (b"/JavaScript", "programs", false),
        (b"/JS", "programs", false),
        (b"/Launch", "programs", false),
        (b"/EmbeddedFile", "embedded files", true),
        (b"/EmbeddedFiles", "embedded files", true),
        (b"/FileAttachment", "embedded files", true),
        (b"/RichMedia", "embedded files", true),
        (b"/XFA", "a form with data of its own", true),
        (b"/OCProperties", "layers that can be switched off", true),
        (b"/SubmitForm", "parts that are sent elsewhere", false),
        (b"/PieceInfo", "data of another program", true),
        (b"/Thumb", "small pictures of pages, as they were once", true),
    ];
    for (name, what, read) in STOP {
        for _ in 0..name_count(text, name).min(1000) {
            tally.add(what, Then::Stopped, read);
        }
    }
    // Links and form fields are shown; every other annotation may be somebody's remark.
    const REMARKS: [&[u8]; 24] = [
        b"/Text",
        b"/FreeText",
        b"/Popup",
        b"/Highlight",
        b"/Underline",
        b"/Squiggly",
        b"/StrikeOut",
        b"/Stamp",
        b"/Ink",
        b"/Caret",
        b"/Redact",
        b"/Square",
        b"/Sound",
        b"/Circle",
        b"/Line",
        b"/Polygon",
        b"/PolyLine",
        b"/Movie",
        b"/Screen",
        b"/3D",
        b"/Projection",
        b"/Watermark",
        b"/TrapNet",
        b"/PrinterMark",
    ];
    for kind in REMARKS {
        for gap in [&b"/Subtype"[..], b"/Subtype "] {
            let name = [gap, kind].concat();
            for _ in 0..name_count(text, &name).min(1000) {
                tally.add("comments and other annotations", Then::Stopped, true);
            }
        }
    }
}

const INFO: [&[u8]; 10] = [
    b"/Author",
    b"/Title",
    b"/Subject",
    b"/Keywords",
    b"/Creator",
    b"/Producer",
    b"/Company",
    b"/Manager",
    b"/CreationDate",
    b"/ModDate",
];

/// Where the string of a key begins and ends (inside its brackets), if there is one.
fn value(text: &[u8], key: usize, name: &[u8]) -> Option<(usize, usize)> {
    let mut at = key + name.len();
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    match text.get(at)? {
        b'<' if text.get(at + 1) != Some(&b'<') => {
            let end = find(&text[at..], b">")?;
            Some((at + 1, at + end))
        }
        b'(' => {
            let (mut depth, mut i) = (1, at + 1);
            while depth > 0 {
                match text.get(i)? {
                    b'\\' => i += 1,
                    b'(' => depth += 1,
                    b')' => depth -= 1,
                    _ => {}
                }
                i += 1;
            }
            Some((at + 1, i - 1))
        }
        _ => None,
    }
}

fn keys(text: &[u8], name: &[u8]) -> Vec<usize> {
    text.windows(name.len()).enumerate().filter(|(_, w)| *w == name).map(|(i, _)| i).collect()
}

fn has_value(text: &[u8], name: &[u8]) -> bool {
    // Bookmarks have a title too, and are shown.
    let bookmark = name == b"/Title" || name == b"/Subject";
    !bookmark
        && keys(text, name).into_iter().filter_map(|i| value(text, i, name)).any(|(a, b)| a < b)
}

/// Blanks the strings of the information dictionary in place. Answers whether there were any.
fn blank_info(out: &mut [u8]) -> bool {
    let inside = streams(out);
    let Some(info) = info_object(out) else { return false };
    let mut any = false;
    // The whole dictionary: organisations add keys of their own.
    let mut at = info.0;
    while at < info.1 {
        let (start, end) = match out[at] {
            b'(' | b'<' if out.get(at + 1) != Some(&b'<') && out[at.saturating_sub(1)] != b'<' => {
                match value(out, at, b"") {
                    Some(v) if v.1 <= info.1 => v,
                    _ => break,
                }
            }
            _ => {
                at += 1;
                continue;
            }
        };
        if inside.iter().any(|(a, b)| start >= *a && start < *b) {
            break;
        }
        let hex = out[start - 1] == b'<';
        for b in &mut out[start..end] {
            any |= *b != b' ' && *b != b'0';
            *b = if hex { b'0' } else { b' ' };
        }
        at = end + 1;
    }
    any
}

/// Where the dictionary of the object named by `/Info n g R` stands.
fn info_object(raw: &[u8]) -> Option<(usize, usize)> {
    let at = raw.windows(5).rposition(|w| w == b"/Info")?;
    let words = String::from_utf8_lossy(raw.get(at + 5..(at + 40).min(raw.len()))?).into_owned();
    let mut numbers = words.split_ascii_whitespace();
    let (n, g) = (numbers.next()?.parse::<u32>().ok()?, numbers.next()?.parse::<u32>().ok()?);
    let head = format!("{n} {g} obj");
    let i =
        keys(raw, head.as_bytes()).into_iter().find(|i| *i == 0 || !raw[i - 1].is_ascii_digit())?;
    let start = i + head.len();
    let end = start + find(&raw[start..], b"endobj")?;
    Some((start, end))
}

/// Blanks every XMP packet in place. `None` if there is one that is compressed.
fn blank_xmp(out: &mut [u8]) -> Option<bool> {
    let mut any = false;
    for (start, end) in streams(out) {
        let dict = unescaped(dictionary(out, start));
        if name_count(&dict, b"/Metadata") == 0 || find(&dict, b"/Type").is_none() {
            continue;
        }
        if name_count(&dict, b"/Filter") > 0 {
            return None;
        }
        for b in &mut out[start..end] {
            any |= !b.is_ascii_whitespace();
            if !matches!(*b, b'\r' | b'\n') {
                *b = b' ';
            }
        }
    }
    Some(any)
}
