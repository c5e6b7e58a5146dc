//! Lists that live beside the database: the newsletter's export and the hall warden's workbook.

use std::fmt::Write as _;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet, XlsxError};

use super::people::{AMARA, Dice, HUSBAND, MEMBERS, NAMESAKE, member};
use crate::error::{Error, Result};

/// How many members take the newsletter.
const READERS: u32 = 1_500;
/// Rows of each sheet.
const HIRINGS: u32 = 400;

/// Readers whose names have letters beyond ASCII: the file is in Windows-1252.
const ABROAD: &[(&str, &str)] = &[
    ("Zoë Brontë-Ólafsson", "zoe.b@example.org"),
    ("Søren Łund", "soren@example.net"),
    ("Chloé D’Aubigné", "chloe.d@example.com"),
    ("Jürgen Weiß", "j.weiss@example.org"),
];

/// The member in a line of the mailing list; three of them have lines written by hand.
pub fn reader(n: u32) -> Option<u32> {
    let id = 1 + (n * 6661 + 13) % MEMBERS;
    (![AMARA, HUSBAND, NAMESAKE].contains(&id)).then_some(id)
}

/// The mailing list: semicolons, quotation marks, Windows-1252, as a spreadsheet saves it.
///
/// # Errors
/// The folder can't be written.
pub fn newsletter(path: &Path) -> Result<()> {
    let mut text = String::from("E-mail;Name;Telephone;Postcode;Signed up;Topics\r\n");
    let mut line = |email: &str, name: &str, phone: &str, code: &str, on: &str, topics: &str| {
        let _ = write!(text, "{email};\"{name}\";{phone};{code};{on};\"{topics}\"\r\n");
    };
    let mut dice = Dice::new(77);
    for n in 0..READERS {
        let Some(id) = reader(n) else { continue };
        let m = member(id);
        let name = format!("{}, {}", m.surname, m.forename);
        let topics =
            dice.pick(&["Walks", "Walks; Events", "Boats", "Events; \"\"Harbour life\"\""]);
        line(&m.email, &name, &m.mobile, &m.postcode, &m.joined.to_string(), topics);
        if n == 700 {
            let (a, h, s) = (member(AMARA), member(HUSBAND), member(NAMESAKE));
            line("AMARA.QUILL@EXAMPLE.ORG", "Quill, Amara", "", "EX4 2QL", "2016-02-11", "Walks");
            line(&h.email, "Quill, Tobias", &a.landline, "EX4 2QL", "2018-06-20", "Boats");
            line(&s.email, "Quill, Amara", "", "ex43pn", "2021-10-02", "Events");
        }
        if n % 400 == 5 {
            let (name, email) = ABROAD[(n / 400) as usize % ABROAD.len()];
            line(email, name, "", &m.postcode, "2020-05-05", "Boats");
        }
    }
    Ok(std::fs::write(path, windows_1252(&text))?)
}

/// The bytes of a text in Windows-1252; what it lacks loses its mark or becomes a question mark.
fn windows_1252(text: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        '’' => 0x92,
        'Ł' => b'L',
        c => u8::try_from(u32::from(c)).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}

/// The hall warden's workbook: two sheets, telephones in every format.
///
/// # Errors
/// The folder can't be written.
pub fn bookings(path: &Path) -> Result<()> {
    workbook(path).map_err(|e| Error::fault(format!("the sample workbook: {e}")))
}

fn workbook(path: &Path) -> std::result::Result<(), XlsxError> {
    let mut book = Workbook::new();
    // The day of writing is fixed, so that every run gives the same bytes.
    let made = ExcelDateTime::from_ymd(2026, 1, 5)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    hall(book.add_worksheet().set_name("Hall hire")?)?;
    stalls(book.add_worksheet().set_name("Summer fair stalls")?)?;
    book.save(path)
}

fn row(sheet: &mut Worksheet, at: u32, cells: &[&str]) -> std::result::Result<(), XlsxError> {
    for (column, cell) in (0_u16..).zip(cells) {
        sheet.write_string(at, column, *cell)?;
    }
    Ok(())
}

fn hall(sheet: &mut Worksheet) -> std::result::Result<(), XlsxError> {
    row(sheet, 0, &["Hall hire, kept by the warden"])?;
    row(sheet, 2, &["Date", "Hirer", "Telephone", "E-mail", "Purpose"])?;
    let mut dice = Dice::new(88);
    for n in 0..HIRINGS {
        let m = member(1 + (n * 4799 + 7) % 4000);
        let (at, on) = (n + 3, dice.day(2023, 2025).to_string());
        let what = dice.pick(&["birthday party", "choir practice", "yoga class", "jumble sale"]);
        match n {
            120 => row(sheet, at, &["2025-07-05", "A. Quill", "0044 7700 900123", "", what])?,
            121 => row(sheet, at, &["2025-07-12", "T. Quill", "(01632) 960 123", "", what])?,
            _ => row(sheet, at, &[&on, &m.name(), &m.landline, &m.email, what])?,
        }
    }
    Ok(())
}

fn stalls(sheet: &mut Worksheet) -> std::result::Result<(), XlsxError> {
    row(sheet, 0, &["Stall", "Name", "Phone", "E-mail", "Postcode"])?;
    let mut dice = Dice::new(99);
    for n in 0..HIRINGS {
        let m = member(5000 + (n * 3989 + 11) % 2000);
        let what = dice.pick(&["cakes", "books", "plants", "toys", "tombola"]);
        let at = n + 1;
        if n == 64 {
            row(
                sheet,
                at,
                &["tea", "Mrs Amara Quill", "", "amara.fenwick@example.com", "EX4 2QL"],
            )?;
            // A number cell, as a spreadsheet makes of a telephone typed without spaces.
            sheet.write_number(at, 2, 447_700_900_123_f64)?;
        } else {
            row(sheet, at, &[what, &m.name(), &m.mobile, &m.email, &m.postcode])?;
        }
    }
    Ok(())
}
