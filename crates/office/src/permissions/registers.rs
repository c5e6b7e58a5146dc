//! Preference registers: imported from their files, kept as keyed hashes in a sealed blob, and the
//! age of the import told to every decision (PECR reg 21(3)).

use std::io::{BufRead, Read, Write};

use candour_screening::{Book, KeyedHash, Kind, normalise};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::facts::key;
use super::imports::bad_rows::BadRows;
use super::records::RegisterRow;
use super::terms::Register;
use crate::charter::{Channel, Permissions, Purpose};
use crate::error::{Error, Result};
use crate::kit::blobs::{self, BlobReader, BlobWriter};
use crate::kit::dates;
use crate::kit::forms::count;
use crate::office::Office;
use crate::people::{self, Hash16};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

pub mod sql;

/// A line longer than this is no number or address.
const LONGEST: u64 = 4096;

/// Lines that are named by their number.
const NAMED: usize = 100;
/// Lines whose number is kept: a file with more of them is hardly one of a register.
const KEPT: usize = 1_000_000;

/// Bytes of an entry as it is kept: keyed hash, and day.
const ENTRY: usize = 20;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Numbers or addresses in the register now.
    pub numbers: u64,
    /// Of these, not in the import before.
    pub new: u64,
    /// Lines that hold no number or address, such as a heading.
    pub unreadable: u64,
    /// The first hundred of these lines, counted from 1.
    pub lines: Vec<u64>,
}

/// A file of a register, and what is said of it.
#[derive(Debug, Clone, Copy)]
pub struct Brought {
    /// Which register.
    pub register: Register,
    /// The day of the file.
    pub as_of: Date,
    /// Let it take the place of a later one, because that was wrong.
    pub older: bool,
}

/// Which registers the charter's purposes need: calls, faxes, and letters that do not rest on
/// consent alone.
pub fn needed(settings: &Permissions) -> [(Register, bool); 4] {
    let uses = |c| settings.purposes.iter().any(|p| p.channels.contains(&c));
    let letters =
        |p: &Purpose| p.channels.contains(&Channel::Post) && p.interest_assessed_until.is_some();
    let mps = settings.honour_mps && settings.purposes.iter().any(letters);
    [
        (Register::Tps, uses(Channel::Call)),
        (Register::Ctps, uses(Channel::Call)),
        (Register::Fps, uses(Channel::Fax)),
        (Register::Mps, mps),
    ]
}

impl Register {
    /// The kind of identifier it lists.
    pub fn kind(self) -> Kind {
        if self == Self::Mps { Kind::Address } else { Kind::Phone }
    }
}

/// Imports the file of a register: one number or address on each line, or in the first field of
/// each line. It replaces the import before; a number that was in that one keeps its day.
///
/// # Errors
/// Denied, a day in the future, one before the last import that was not confirmed, a file that is
/// no list, or another import came meanwhile.
pub fn import(office: &Office, by: &By, about: Brought, file: impl Read) -> Result<Imported> {
    let Brought { register, as_of, older } = about;
    by.role.may(Permission::ManagePermissions)?;
    let old = office.read(|tx| sql::register_of(tx, &by.org, register.word()))?;
    check_day(about, old.as_ref(), dates::day_of(by.now))?;
    let before = match &old {
        Some(row) => book_of(office, &by.org, row)?,
        None => Book::default(),
    };
    // A number new in this file was listed after the last one at the earliest. In a first file
    // nothing is known, so every number counts at once; nor in one that is older than the last.
    let first_seen = match &old {
        Some(row) if row.as_of <= as_of => row.as_of,
        _ => as_of.checked_sub(jiff::SignedDuration::from_hours(24 * 366)).unwrap_or(as_of),
    };
    let vault = office.vault();
    let office_key = {
        let (by, vault) = (by.clone(), vault.clone());
        office.chore(move |tx| vault.key_for(tx, &by.org, "office", by.now))?
    };
    let hasher = people::hasher(vault, &by.org)?;
    let out = BlobWriter::start(office.db(), vault, &by.org, &office_key, "register", by.now)?;
    let reading = Reading { register, hasher, before, first_seen };
    let (blob, done, sha256) = reading.run(file, out)?;
    let row = RegisterRow {
        register: register.word().into(),
        as_of,
        numbers: done.numbers,
        sha256,
        blob: blob.id.clone(),
        made: by.now,
        new: Some(done.new),
        unreadable: Some(done.unreadable),
        lines: done.lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    };
    let (by, counts) = (by.clone(), (done.numbers, done.unreadable));
    office.write(move |tx| {
        // The days are worked out from the import before: another one may have come meanwhile.
        let there = sql::register_of(tx, &by.org, register.word())?;
        if there.map(|o| o.blob) != old.as_ref().map(|o| o.blob.clone()) {
            return Err(Error::Conflict);
        }
        blobs::finish(tx, &blob)?;
        if let Some(old) = sql::set_register(tx, &by.org, &row)? {
            crate::kit::sql::drop_blob(tx, &by.org, &old)?;
        }
        super::sql::touch(tx, &by.org, &[])?;
        let (numbers, unreadable) = counts;
        let said = format!(
            "{} of {as_of}: {}, {} without one{}; SHA-256 {}",
            register.label(),
            count(numbers, "entry", "entries"),
            count(unreadable, "line", "lines"),
            if older { ", in place of a later file" } else { "" },
            row.sha256
        );
        let act = Act::new("register.imported")
            .about("preference-register", register.word())
            .law("PECR reg 21(3)")
            .say(&office_key, said);
        Ok(Recorded::new(&by, (), act))
    })?;
    Ok(done)
}

/// Whether the day of a file can be right.
fn check_day(about: Brought, old: Option<&RegisterRow>, today: Date) -> Result<()> {
    if about.as_of > today {
        return Err(Error::invalid("as_of", "The file can't be of a day in the future"));
    }
    let later = old.map(|o| o.as_of).filter(|d| *d > about.as_of && !about.older);
    let Some(later) = later.map(dates::long) else { return Ok(()) };
    Err(Error::invalid(
        "older",
        format!(
            "A later file of this register is imported already, that of {later}. If that one was \
             wrong, confirm that this older one takes its place"
        ),
    ))
}

struct Reading {
    register: Register,
    hasher: KeyedHash,
    before: Book,
    first_seen: Date,
}

impl Reading {
    fn run(
        self,
        file: impl Read,
        mut out: BlobWriter,
    ) -> Result<(blobs::Finished, Imported, String)> {
        let (mut done, mut readable) = (Imported::default(), 0);
        let (mut seen, mut hash, mut number) = (Book::default(), Sha256::new(), 0);
        let mut lines = std::io::BufReader::with_capacity(1 << 16, file);
        let (mut line, mut begun, mut bad) = (Vec::new(), false, Vec::<u64>::new());
        while next_piece(&mut lines, &mut line)? {
            hash.update(&line);
            let goes_on = std::mem::replace(&mut begun, !line.ends_with(b"\n"));
            if goes_on {
                // The rest of a line that is too long to be one of a list.
                continue;
            }
            number += 1;
            if number == 1 && line.starts_with(b"PK\x03\x04") {
                return Err(packed());
            }
            let Some(id) = self.identifier(&line) else {
                if line.iter().any(|b| !b.is_ascii_whitespace()) {
                    done.unreadable += 1;
                    bad.extend(Some(number).filter(|_| bad.len() < KEPT));
                }
                continue;
            };
            readable += 1;
            if seen.set(key(id), 1).is_some() {
                continue;
            }
            let known = self.before.get(&key(id));
            done.numbers += 1;
            done.new += u64::from(known.is_none());
            let day = known.unwrap_or_else(|| number_of(self.first_seen));
            out.write_all(&id)?;
            out.write_all(&day.to_le_bytes())?;
        }
        // Headings and a stray line may be there; a file of something else is not taken.
        if readable == 0 || done.unreadable > readable {
            return Err(self.no_list(done.unreadable, done.unreadable + readable));
        }
        // After the entries, for whoever wants to mend the file.
        bad.iter().try_for_each(|n| out.write_all(&n.to_le_bytes()))?;
        done.lines = bad.iter().take(NAMED).copied().collect();
        Ok((out.end()?, done, hex::encode(hash.finalize())))
    }

    fn no_list(&self, unreadable: u64, all: u64) -> Error {
        let what = entry(self.register.kind());
        let message = format!(
            "This is no file of the {}: {unreadable} of its {all} lines hold no {what}. Choose the \
             text or CSV file with one {what} on each line",
            self.register.label()
        );
        Error::invalid("file", message)
    }

    fn identifier(&self, line: &[u8]) -> Option<Hash16> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start_matches('\u{feff}').trim();
        let kind = self.register.kind();
        let normal = normalise(kind, text.trim_matches('"')).ok().or_else(|| {
            let first = text.split([',', ';', '\t']).next()?;
            normalise(kind, first.trim().trim_matches('"')).ok()
        })?;
        Some(people::hash_of(&self.hasher, kind, &normal))
    }
}

/// Reads a line, or as much of one as an entry may have.
fn next_piece(lines: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool> {
    line.clear();
    Ok(lines.take(LONGEST).read_until(b'\n', line)? > 0)
}

fn packed() -> Error {
    let message = "This is a ZIP file or a workbook: unpack it, or save it as CSV, and choose the \
                   file in it";
    Error::invalid("file", message)
}

fn number_of(day: Date) -> u32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    u32::try_from((day - epoch).get_days()).unwrap_or(0)
}

/// The day of a number in a register's book.
pub fn day_of_number(n: u32) -> Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::SignedDuration::from_hours(24 * i64::from(n))).unwrap_or(Date::MAX)
}

/// Hands over every entry of an imported register: keyed hash, and the day it counts from, as days
/// since 1970.
///
/// # Errors
/// Of the blob.
pub fn each(
    office: &Office,
    org: &str,
    row: &RegisterRow,
    mut take: impl FnMut(Hash16, u32),
) -> Result<()> {
    let reader = BlobReader::open(office.db(), office.vault(), org, &row.blob)?;
    let mut reader = std::io::BufReader::with_capacity(1 << 16, reader);
    let mut one = [0; ENTRY];
    for _ in 0..row.numbers {
        reader.read_exact(&mut one)?;
        let (hash, day) = one.split_at(16);
        let day = <[u8; 4]>::try_from(day).map(u32::from_le_bytes).unwrap_or_default();
        take(people::hash16(hash), day);
    }
    Ok(())
}

/// The lines of the file that hold no entry, counted from 1: all of them, but for a file with more
/// than a million. None of a file that was imported before they were kept.
///
/// # Errors
/// Of the blob.
pub fn bad_lines(office: &Office, org: &str, row: &RegisterRow) -> Result<Vec<u64>> {
    let reader = BlobReader::open(office.db(), office.vault(), org, &row.blob)?;
    let mut reader = std::io::BufReader::with_capacity(1 << 16, reader);
    let entries = row.numbers * ENTRY as u64;
    std::io::copy(&mut (&mut reader).take(entries), &mut std::io::sink())?;
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest)?;
    let (lines, _) = rest.as_chunks::<8>();
    Ok(lines.iter().map(|n| u64::from_le_bytes(*n)).collect())
}

/// Whether there are any: without reading the entries.
///
/// # Errors
/// Of the blob.
pub fn has_bad_lines(office: &Office, org: &str, row: &RegisterRow) -> Result<bool> {
    let reader = BlobReader::open(office.db(), office.vault(), org, &row.blob)?;
    Ok(reader.bytes > row.numbers * ENTRY as u64)
}

/// Writes these lines as CSV: each with what is wrong.
///
/// # Errors
/// As [`bad_lines`], or it can't be written.
pub fn list_bad_lines(
    office: &Office,
    org: &str,
    row: &RegisterRow,
    to: &mut dyn BadRows,
) -> Result<()> {
    let kind = Register::from_word(&row.register).map_or(Kind::Phone, Register::kind);
    let what = format!("this line holds no {}", entry(kind));
    bad_lines(office, org, row)?.into_iter().try_for_each(|line| to.add(line, &what))
}

/// What a line of a register holds.
fn entry(kind: Kind) -> &'static str {
    match kind {
        Kind::Address => "postal address with its postcode",
        _ => "telephone number",
    }
}

/// A register in memory: keyed hash to day.
///
/// # Errors
/// Of the blob.
pub fn book_of(office: &Office, org: &str, row: &RegisterRow) -> Result<Book> {
    let mut book = Book::with_capacity(usize::try_from(row.numbers).unwrap_or(0));
    let mut part = Vec::new();
    each(office, org, row, |hash, day| {
        part.push((key(hash), day));
        if part.len() == Book::PART {
            book.extend(part.drain(..));
        }
    })?;
    book.extend(part);
    Ok(book)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailing::hooks::tests::{House, both};

    /// A file during whose reading somebody else imports a later one.
    struct Meanwhile<'a> {
        house: &'a House,
        lines: &'static [u8],
    }

    impl Read for Meanwhile<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.lines.len() == 14 {
                put(self.house, "2026-11-20", b"020 7946 0002\n".as_slice()).unwrap();
            }
            let some = self.lines.len().min(1);
            into[..some].copy_from_slice(&self.lines[..some]);
            self.lines = &self.lines[some..];
            Ok(some)
        }
    }

    fn put_as(house: &House, day: &str, older: bool, file: impl Read) -> Result<Imported> {
        let about = Brought { register: Register::Tps, as_of: day.parse().unwrap(), older };
        import(&house.office, &house.by, about, file)
    }

    fn put(house: &House, day: &str, file: impl Read) -> Result<Imported> {
        put_as(house, day, false, file)
    }

    #[test]
    fn a_later_register_is_not_replaced_by_one_that_was_read_beside_it() {
        for postgres in both() {
            let house = House::with(postgres, include_str!("../demo/charter.toml"));
            put(&house, "2026-11-10", b"020 7946 0001\n".as_slice()).unwrap();
            let older = Meanwhile { house: &house, lines: b"020 7946 0001\n" };
            let refused = put(&house, "2026-11-15", older);
            assert!(matches!(refused, Err(Error::Conflict)), "{refused:?}");
            let org = &house.by.org;
            let row = house.office.read(|tx| sql::register_of(tx, org, Register::Tps.word()));
            let row = row.unwrap().unwrap();
            assert_eq!(row.as_of.to_string(), "2026-11-20");
            assert_eq!(book_of(&house.office, org, &row).unwrap().len(), 1);
        }
    }

    #[test]
    fn a_file_that_is_no_list_is_not_taken_and_bad_lines_are_named() {
        let house = House::with(false, include_str!("../demo/charter.toml"));
        let long = format!("{}\n", "x".repeat(20_000));
        let text = format!("number\n020 7946 0001\n{long}\n020 7946 0002\n020 7946 0001\nnone");
        let done = put(&house, "2026-11-10", text.as_bytes()).unwrap();
        assert_eq!((done.numbers, done.new, done.unreadable), (2, 2, 3));
        assert_eq!(done.lines, [1, 3, 7]);
        let org = &house.by.org;
        let row = house.office.read(|tx| sql::register_of(tx, org, "tps")).unwrap().unwrap();
        assert_eq!(bad_lines(&house.office, org, &row).unwrap(), [1, 3, 7]);
        assert_eq!(book_of(&house.office, org, &row).unwrap().len(), 2, "they are no entries");
        // More than are named on a page, and still all of them.
        let many = "none\n020 7946 0001\n".repeat(150);
        let done = put(&house, "2026-11-10", many.as_bytes()).unwrap();
        let row = house.office.read(|tx| sql::register_of(tx, org, "tps")).unwrap().unwrap();
        let all = bad_lines(&house.office, org, &row).unwrap();
        assert_eq!((done.lines.len(), all.len(), all[149]), (100, 150, 299));
        for (file, said) in [
            (b"PK\x03\x04and so on\n".as_slice(), "ZIP"),
            (b"", "0 of its 0 lines"),
            (b"Name,Town\nAnn,Exwick\n020 7946 0001\n", "2 of its 3 lines hold no telephone"),
        ] {
            let no = put(&house, "2026-11-11", file).unwrap_err().to_string();
            assert!(no.contains(said), "{no}");
        }
        let future = put(&house, "2999-01-01", text.as_bytes()).unwrap_err().to_string();
        assert!(future.contains("in the future"), "{future}");
    }

    #[test]
    fn an_older_file_takes_the_place_of_a_later_one_only_when_that_is_confirmed() {
        let house = House::with(false, include_str!("../demo/charter.toml"));
        put(&house, "2026-11-20", b"020 7946 0001\n".as_slice()).unwrap();
        let older = b"020 7946 0001\n020 7946 0002\n".as_slice();
        let no = put(&house, "2026-11-10", older).unwrap_err();
        assert!(no.to_string().contains("20 November 2026"), "{no}");
        put_as(&house, "2026-11-10", true, older).unwrap();
        let org = &house.by.org;
        let row = house.office.read(|tx| sql::register_of(tx, org, "tps")).unwrap().unwrap();
        assert_eq!(row.as_of.to_string(), "2026-11-10");
        let mut days = Vec::new();
        each(&house.office, org, &row, |_, day| days.push(day_of_number(day))).unwrap();
        assert!(days.iter().all(|d| *d < row.as_of), "both count at once: {days:?}");
    }
}
