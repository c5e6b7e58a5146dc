//! Preference registers: imported from their files, kept as keyed hashes in a sealed blob, and the
//! age of the import told to every decision (PECR reg 21(3)).

use std::io::{BufRead, Read, Write};

use candour_screening::{Book, KeyedHash, Kind, normalise};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::facts::key;
use super::records::RegisterRow;
use super::sql;
use super::terms::Register;
use crate::error::{Error, Result};
use crate::kit::blobs::{self, BlobReader, BlobWriter};
use crate::kit::dates;
use crate::office::Office;
use crate::people::{self, Hash16};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// A line longer than this is no number or address.
const LONGEST: u64 = 4096;

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Numbers or addresses in the register now.
    pub numbers: u64,
    /// Of these, not in the import before.
    pub new: u64,
    /// Lines that hold no number or address, such as a heading.
    pub unreadable: u64,
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
/// Denied, a day in the future or before the last import, nothing readable in the file, or another
/// import came meanwhile.
pub fn import(
    office: &Office,
    by: &By,
    register: Register,
    as_of: Date,
    file: impl Read,
) -> Result<Imported> {
    by.role.may(Permission::ManagePermissions)?;
    if as_of > dates::day_of(by.now) {
        return Err(Error::invalid("as_of", "The file can't be of a day in the future"));
    }
    let old = office.read(|tx| sql::register_of(tx, &by.org, register.word()))?;
    if old.as_ref().is_some_and(|o| o.as_of > as_of) {
        return Err(Error::invalid("as_of", "A later file of this register is imported already"));
    }
    let before = match &old {
        Some(row) => book_of(office, &by.org, row)?,
        None => Book::default(),
    };
    // A number new in this file was listed after the last one at the earliest. In a first file
    // nothing is known, so every number counts at once.
    let first_seen = match &old {
        Some(row) => row.as_of,
        None => as_of.checked_sub(jiff::SignedDuration::from_hours(24 * 366)).unwrap_or(as_of),
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
    if done.numbers == 0 {
        return Err(Error::invalid("file", "No line of the file holds a number or address"));
    }
    let row = RegisterRow {
        register: register.word().into(),
        as_of,
        numbers: done.numbers,
        sha256,
        blob: blob.id.clone(),
    };
    let by = by.clone();
    office.write(move |tx| {
        // The days are worked out from the import before: another one may have come meanwhile.
        let there = sql::register_of(tx, &by.org, register.word())?;
        if there.map(|o| o.blob) != old.as_ref().map(|o| o.blob.clone()) {
            return Err(Error::Conflict);
        }
        blobs::finish(tx, &blob)?;
        if let Some(old) = sql::set_register(tx, &by.org, &row, by.now)? {
            crate::kit::sql::drop_blob(tx, &by.org, &old)?;
        }
        sql::touch(tx, &by.org, &[])?;
        let said = format!("{} of {as_of}, {} lines", register.label(), done.numbers);
        let act = Act::new("register.imported")
            .about("preference-register", register.word())
            .law("PECR reg 21(3)")
            .say(&office_key, format!("{said}, SHA-256 {}", row.sha256));
        Ok(Recorded::new(&by, (), act))
    })?;
    Ok(done)
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
        let mut done = Imported { numbers: 0, new: 0, unreadable: 0 };
        let mut seen = Book::default();
        let mut hash = Sha256::new();
        let mut lines = std::io::BufReader::with_capacity(1 << 16, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let n = (&mut lines).take(LONGEST).read_until(b'\n', &mut line)?;
            if n == 0 {
                break;
            }
            hash.update(&line);
            match self.identifier(&line) {
                Some(id) => {
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
                None => done.unreadable += u64::from(line.iter().any(|b| !b.is_ascii_whitespace())),
            }
        }
        Ok((out.end()?, done, hex::encode(hash.finalize())))
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
    let mut entry = [0; 20];
    for _ in 0..row.numbers {
        reader.read_exact(&mut entry)?;
        let (hash, day) = entry.split_at(16);
        let day = <[u8; 4]>::try_from(day).map(u32::from_le_bytes).unwrap_or_default();
        take(people::hash16(hash), day);
    }
    Ok(())
}

/// A register in memory: keyed hash to day.
///
/// # Errors
/// Of the blob.
pub fn book_of(office: &Office, org: &str, row: &RegisterRow) -> Result<Book> {
    let mut book = Book::with_capacity(usize::try_from(row.numbers).unwrap_or(0));
    each(office, org, row, |hash, day| {
        book.set(key(hash), day);
    })?;
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

    fn put(house: &House, day: &str, file: impl Read) -> Result<Imported> {
        import(&house.office, &house.by, Register::Tps, day.parse().unwrap(), file)
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
}
