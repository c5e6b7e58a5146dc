//! The society's papers: minutes, post, hall bookings, in the formats such folders really hold.

use std::path::Path;

use super::files;
use super::people::{Dice, MEMBERS, member};
use crate::error::Result;

/// A format of a paper.
#[derive(Clone, Copy)]
enum Format {
    Pdf,
    Docx,
    Odt,
    Text,
    Html,
}

/// A paper: folder, name without ending, format, lines.
struct Paper(&'static str, &'static str, Format, &'static [&'static str]);

/// Makes the folder of papers.
///
/// # Errors
/// The folder can't be written.
pub fn make(dir: &Path) -> Result<()> {
    for folder in ["minutes", "post", "hall"] {
        std::fs::create_dir_all(dir.join(folder))?;
    }
    for Paper(folder, name, format, lines) in PAPERS {
        write(&dir.join(folder), name, *format, lines)?;
    }
    everyday(dir)
}

fn write(folder: &Path, name: &str, format: Format, lines: &[&str]) -> Result<()> {
    let (ending, bytes) = match format {
        Format::Pdf => ("pdf", files::pdf(lines)),
        Format::Docx => ("docx", files::docx(lines)?),
        Format::Odt => ("odt", files::odt(lines)?),
        Format::Text => ("txt", (lines.join("\n") + "\n").into_bytes()),
        Format::Html => ("html", files::html(name, lines)),
    };
    Ok(std::fs::write(folder.join(format!("{name}.{ending}")), bytes)?)
}

/// Papers that have nothing to do with the request: a search has to read and pass them by.
fn everyday(dir: &Path) -> Result<()> {
    let mut dice = Dice::new(66);
    let formats = [Format::Pdf, Format::Docx, Format::Odt, Format::Text, Format::Html];
    for n in 0..24_u32 {
        let (a, b) = (someone(&mut dice), someone(&mut dice));
        let year = 2021 + n / 5;
        let minutes = [
            "Harbour Members' Society".to_owned(),
            format!("Minutes of the committee, meeting {} of {year}", 1 + n % 5),
            format!("Present: {a}, {b}"),
            format!("{a} reported on the mooring fees. {b} will write to the harbour master."),
        ];
        let lines: Vec<&str> = minutes.iter().map(String::as_str).collect();
        let format = formats[(n % 5) as usize];
        write(&dir.join("minutes"), &format!("{year}-committee-{}", 1 + n % 5), format, &lines)?;
        let text = format!("Dear {a}, thank you for your gift to the slipway fund.");
        write(&dir.join("post"), &format!("{year}-thanks-{n:02}"), format, &[&text])?;
    }
    Ok(())
}

/// Any member but the cast.
fn someone(dice: &mut Dice) -> String {
    loop {
        let m = member(1 + dice.below(MEMBERS));
        if m.surname != "Quill" {
            return m.name();
        }
    }
}

/// The papers that a search for her has to weigh.
const PAPERS: &[Paper] = &[
    Paper(
        "minutes",
        "2025-03-11-committee",
        Format::Pdf,
        &[
            "Harbour Members' Society",
            "Minutes of the committee, 11 March 2025",
            "Present: Jane Harcombe, Martin Oakes, Ruth Osei",
            "1. The minutes of the last meeting were agreed.",
            "2. Mrs A. Quill (HM-004711) offered to run the tea stall at the summer fair.",
            "3. Derek Plimmer asked for a longer mooring. Martin Oakes will answer him.",
        ],
    ),
    Paper(
        "minutes",
        "2025-09-09-committee",
        Format::Docx,
        &[
            "Harbour Members' Society",
            "Minutes of the committee, 9 September 2025",
            "Present: Jane Harcombe, Martin Oakes",
            "1. Amara Quill and Derek Plimmer disagree about the slipway.",
            "2. Jane Harcombe will speak to both.",
        ],
    ),
    Paper(
        "post",
        "2026-02-03-renewal-HM-004711",
        Format::Docx,
        &[
            "Mrs Amara Quill, 14 Harbour Terrace, Exwick EX4 2QL",
            "3 February 2026",
            "Dear Mrs Quill,",
            "thank you for renewing your household membership (HM-004711) for 2026.",
            "Members' office",
        ],
    ),
    Paper(
        "post",
        "2018-07-04-change-of-name",
        Format::Odt,
        &[
            "Mrs Amara Quill, formerly Amara Fenwick, 3 Mill Lane, Exwick EX4 3PN",
            "Dear Mrs Quill,",
            "we have changed the surname on your record HM-004711 as you asked.",
            "Members' office",
        ],
    ),
    Paper(
        "post",
        "2025-08-30-about-the-slipway",
        Format::Text,
        &[
            "To the committee",
            "My neighbour Amara Quill, of 14 Harbour Terrace, EX4 2QL, has complained about me",
            "again. The trailer belongs to my brother.",
            "Derek Plimmer",
        ],
    ),
    Paper(
        "post",
        "2024-10-08-bank-details",
        Format::Text,
        &[
            "Dear Treasurer,",
            "my bank account has changed. Please ring me on 01632 960123.",
            "Tobias Quill, 14 Harbour Terrace, Exwick EX4 2QL",
        ],
    ),
    Paper(
        "hall",
        "booking-form-2025-07-05",
        Format::Pdf,
        &[
            "Harbour Members' Society",
            "Hall booking form",
            "Name of hirer: Amara Quill",
            "Telephone: 07700 900 123",
            "E-mail: amara.quill@example.org",
            "Purpose: a birthday party for forty people (quiet music)",
        ],
    ),
    Paper(
        "hall",
        "thank-you",
        Format::Html,
        &[
            "Thank you to everyone who helped to paint the hall.",
            "Amara Quill brought the ladders.",
        ],
    ),
    Paper(
        "hall",
        "conditions",
        Format::Html,
        &["The hall is let by the half day.", "Leave it as you found it."],
    ),
];
