//! JPEG, PNG and GIF: only what makes up the picture goes out.

use super::sheet::{Tally, Then};
use super::{Checked, Kind};

/// Copies the segments that make up the picture; Exif (with the place), XMP, remarks and what
/// lies behind the end stay here.
pub fn jpeg(raw: &[u8]) -> Checked {
    let mut tally = Tally::default();
    let Some(out) = jpeg_parts(raw, &mut tally) else {
        return Checked::stopped(Kind::Jpeg, "the picture is damaged");
    };
    Checked::of(Kind::Jpeg, tally.findings(), Some(out))
}

fn jpeg_parts(raw: &[u8], tally: &mut Tally) -> Option<Vec<u8>> {
    let mut out = raw.get(..2)?.to_vec();
    let mut at = 2;
    loop {
        // Any number of 0xff may stand before a marker.
        while *raw.get(at)? == 0xff && *raw.get(at + 1)? == 0xff {
            at += 1;
        }
        if *raw.get(at)? != 0xff {
            return None;
        }
        let marker = *raw.get(at + 1)?;
        if marker == 0xd9 {
            out.extend_from_slice(&[0xff, 0xd9]);
            if at + 2 < raw.len() {
                tally.add("data behind the picture", Then::Cleaned, true);
            }
            return Some(out);
        }
        let length = usize::from(u16::from_be_bytes([*raw.get(at + 2)?, *raw.get(at + 3)?]));
        let segment = raw.get(at..at + 2 + length)?;
        if length < 2 {
            return None;
        }
        let body = &segment[4..];
        match jpeg_segment(marker, body) {
            None => out.extend_from_slice(segment),
            Some((what, read)) => tally.add(what, Then::Cleaned, read),
        }
        at += 2 + length;
        if marker == 0xda {
            let end = at + scan_end(raw.get(at..)?)?;
            out.extend_from_slice(&raw[at..end]);
            at = end;
        }
    }
}

/// Why a segment stays here; `None` if it makes up the picture.
fn jpeg_segment(marker: u8, body: &[u8]) -> Option<(&'static str, bool)> {
    match marker {
        0xe0 if body.starts_with(b"JFIF\0") && body.len() == 14 => None,
        0xe2 if body.starts_with(b"ICC_PROFILE\0") => None,
        0xee if body.starts_with(b"Adobe") => None,
        0xe1 if body.starts_with(b"Exif\0") && has_place(body) => {
            Some(("the place where the picture was taken", true))
        }
        0xfe => Some(("a remark in the picture", true)),
        0xe0..=0xef => Some(("properties of the picture", false)),
        _ => None,
    }
}

/// Whether an Exif block points at a GPS block (tag 0x8825), in either byte order.
fn has_place(exif: &[u8]) -> bool {
    exif.windows(4).any(|w| w == [0x88, 0x25, 0, 4] || w == [0x25, 0x88, 4, 0])
}

/// The length of the picture's data up to the next marker.
fn scan_end(data: &[u8]) -> Option<usize> {
    let mut i = 0;
    while i + 1 < data.len() {
        if data[i] == 0xff && data[i + 1] != 0 && !(0xd0..=0xd7).contains(&data[i + 1]) {
            // A run of 0xff before a marker belongs to the marker.
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Copies the chunks that make up the picture; texts, Exif, times and what lies behind the end
/// stay here.
pub fn png(raw: &[u8]) -> Checked {
    let mut tally = Tally::default();
    let Some(out) = png_parts(raw, &mut tally) else {
        return Checked::stopped(Kind::Png, "the picture is damaged");
    };
    Checked::of(Kind::Png, tally.findings(), Some(out))
}

const SHOWN: [&[u8; 4]; 16] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"pHYs", b"bKGD", b"acTL", b"fcTL", b"fdAT", b"cICP",
];

fn png_parts(raw: &[u8], tally: &mut Tally) -> Option<Vec<u8>> {
    let mut out = raw.get(..8)?.to_vec();
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(raw.get(at..at + 4)?.try_into().ok()?);
        let length = usize::try_from(length).ok()?;
        let name: &[u8; 4] = raw.get(at + 4..at + 8)?.try_into().ok()?;
        let end = at.checked_add(12)?.checked_add(length)?;
        let chunk = raw.get(at..end)?;
        if SHOWN.contains(&name) {
            out.extend_from_slice(chunk);
        } else {
            let place = name == b"eXIf" && has_place(&chunk[8..8 + length]);
            let text = matches!(name, b"tEXt" | b"iTXt" | b"zTXt");
            let what = match (place, text) {
                (true, _) => "the place where the picture was taken",
                (_, true) => "a remark in the picture",
                _ => "properties of the picture",
            };
            tally.add(what, Then::Cleaned, place || text);
        }
        at = end;
        if name == b"IEND" {
            if at < raw.len() {
                tally.add("data behind the picture", Then::Cleaned, true);
            }
            return Some(out);
        }
    }
}

/// Copies the blocks that make up the picture; remarks, other programs' data and what lies behind
/// the end stay here.
pub fn gif(raw: &[u8]) -> Checked {
    let mut tally = Tally::default();
    let Some(out) = gif_parts(raw, &mut tally) else {
        return Checked::stopped(Kind::Gif, "the picture is damaged");
    };
    Checked::of(Kind::Gif, tally.findings(), Some(out))
}

fn gif_parts(raw: &[u8], tally: &mut Tally) -> Option<Vec<u8>> {
    let mut at = 13 + colours(*raw.get(10)?);
    let mut out = raw.get(..at)?.to_vec();
    loop {
        let start = at;
        let mut keep = true;
        match *raw.get(at)? {
            0x3b => {
                out.push(0x3b);
                if at + 1 < raw.len() {
                    tally.add("data behind the picture", Then::Cleaned, true);
                }
                return Some(out);
            }
            0x21 => {
                let kind = *raw.get(at + 1)?;
                let looped = raw.get(at + 2..)?.starts_with(b"\x0bNETSCAPE2.0");
                keep = kind == 0xf9 || (kind == 0xff && looped);
                if !keep {
                    let what = "a remark in the picture";
                    tally.add(what, Then::Cleaned, matches!(kind, 0xfe | 0x01));
                }
                at += 2;
            }
            0x2c => at += 11 + colours(*raw.get(at + 9)?),
            _ => return None,
        }
        // Blocks of data, each with its length, until an empty one.
        loop {
            let length = usize::from(*raw.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        if keep {
            out.extend_from_slice(raw.get(start..at)?);
        }
    }
}

/// Bytes of a table of colours.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
