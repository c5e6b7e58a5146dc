//! Bank holidays as data, and working days.
//!
//! The built-in list is the one GOV.UK publishes for the three divisions, 2024 to 2027, with
//! Scotland's one-off holiday on 15 June 2026. An office adds later years and further one-off days.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::ClockError;

/// A part of the United Kingdom with bank holidays of its own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Division {
    /// England and Wales.
    #[default]
    EnglandAndWales,
    /// Scotland.
    Scotland,
    /// Northern Ireland.
    NorthernIreland,
}

impl Division {
    /// The three divisions.
    pub const ALL: [Division; 3] =
        [Division::EnglandAndWales, Division::Scotland, Division::NorthernIreland];

    /// Its name in words: "England and Wales".
    pub fn label(self) -> &'static str {
        match self {
            Division::EnglandAndWales => "England and Wales",
            Division::Scotland => "Scotland",
            Division::NorthernIreland => "Northern Ireland",
        }
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Division::EnglandAndWales => "england-and-wales",
            Division::Scotland => "scotland",
            Division::NorthernIreland => "northern-ireland",
        })
    }
}

impl FromStr for Division {
    type Err = ClockError;

    fn from_str(name: &str) -> Result<Division, ClockError> {
        Division::ALL.into_iter().find(|division| division.to_string() == name).ok_or_else(|| {
            ClockError::Unreadable {
                fact: "division".into(),
                expected: "england-and-wales, scotland or northern-ireland",
            }
        })
    }
}

/// Whose bank holidays count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Those of one division.
    In(Division),
    /// Those of any part of the United Kingdom: FOIA 2000 s.10(6).
    AnyPartOfUk,
}

impl From<Division> for Place {
    fn from(division: Division) -> Place {
        Place::In(division)
    }
}

impl Place {
    /// Its name in words.
    pub fn label(self) -> &'static str {
        match self {
            Place::In(division) => division.label(),
            Place::AnyPartOfUk => "any part of the United Kingdom",
        }
    }

    fn divisions(self) -> &'static [Division] {
        match self {
            Place::In(Division::EnglandAndWales) => &Division::ALL[..1],
            Place::In(Division::Scotland) => &Division::ALL[1..2],
            Place::In(Division::NorthernIreland) => &Division::ALL[2..],
            Place::AnyPartOfUk => &Division::ALL,
        }
    }
}

/// The list that comes with the program.
const BUILTIN: &str = include_str!("../data/bank_holidays.csv");

/// A whole year has at least this many bank holidays in each division; a shorter list is a part.
const LEAST_PER_YEAR: usize = 6;

/// The bank holidays of the three divisions, for the years that are known.
///
/// An empty calendar knows no year, so every date that needs one is an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    days: BTreeMap<(Division, Date), String>,
    known: BTreeSet<(Division, i16)>,
}

impl Calendar {
    /// The GOV.UK list for 2024 to 2027, with Scotland's one-off holiday on 15 June 2026.
    pub fn builtin() -> Calendar {
        // A test reads the embedded file; were it broken, the empty calendar refuses every date.
        Calendar::default().with_csv(BUILTIN).unwrap_or_default()
    }

    /// This calendar with a further list: columns `division`, `date` and `title`, whole years.
    ///
    /// Errors name the line. A year with fewer than six days in a division is refused as a part.
    pub fn with_csv(mut self, list: &str) -> Result<Calendar, ClockError> {
        let mut per_year: BTreeMap<(Division, i16), usize> = BTreeMap::new();
        let mut reader = csv::Reader::from_reader(list.as_bytes());
        let problem = |line: u64, problem: &str| ClockError::List { line, problem: problem.into() };
        for row in reader.records() {
            let row = row.map_err(|e| {
                let line = e.position().map_or(0, csv::Position::line);
                problem(line, "it is not division,date,title")
            })?;
            let line = row.position().map_or(0, csv::Position::line);
            let (Some(division), Some(date), Some(title)) = (row.get(0), row.get(1), row.get(2))
            else {
                return Err(problem(line, "it is not division,date,title"));
            };
            let division: Division =
                division.parse().map_err(|e| problem(line, &format!("{e}")))?;
            let date: Date = date
                .parse()
                .map_err(|_| problem(line, "the date cannot be read; write it as 2028-12-25"))?;
            *per_year.entry((division, date.year())).or_default() += 1;
            self.days.insert((division, date), title.trim().to_owned());
        }
        if let Some(((division, year), count)) =
            per_year.iter().find(|(_, count)| **count < LEAST_PER_YEAR)
        {
            let said = format!("only {count} days of {year} for {division}; add the whole year");
            return Err(problem(1, &said));
        }
        self.known.extend(per_year.into_keys());
        Ok(self)
    }

    /// This calendar with a one-off day. It does not make the rest of its year known.
    #[must_use]
    pub fn with_day(mut self, division: Division, date: Date, title: &str) -> Calendar {
        self.days.insert((division, date), title.to_owned());
        self
    }

    /// The last year known in all three divisions, 0 if there is none.
    pub fn last_year(&self) -> i16 {
        let last = |division| self.years(division).max().unwrap_or(0);
        Division::ALL.into_iter().map(last).min().unwrap_or(0)
    }

    /// Which list this is: the years, and a sum over every day that changes with any of them.
    ///
    /// A case keeps it with its dates; when it changes, open cases are worked out again.
    pub fn version(&self) -> String {
        // FNV-1a: a short sum to tell lists apart, not a seal.
        let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
        for ((division, date), title) in &self.days {
            for byte in format!("{division},{date},{title}\n").bytes() {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        let first = self.known.iter().map(|(_, year)| *year).min().unwrap_or(0);
        format!("{first}-{}-{:08x}", self.last_year(), sum >> 32)
    }

    /// The bank holidays of one division, in order.
    pub fn holidays(&self, division: Division) -> impl Iterator<Item = (Date, &str)> {
        let of = move |entry: &(&(Division, Date), &String)| entry.0.0 == division;
        self.days.iter().filter(of).map(|((_, date), title)| (*date, title.as_str()))
    }

    fn years(&self, division: Division) -> impl Iterator<Item = i16> {
        self.known.iter().filter(move |(of, _)| *of == division).map(|(_, year)| *year)
    }

    /// Why nobody works on this day: "Saturday", "Christmas Day"; `None` on a working day.
    ///
    /// An error where the year is not known, on weekends too, as what follows them is not.
    pub fn closed(&self, date: Date, place: impl Into<Place>) -> Result<Option<&str>, ClockError> {
        let place = place.into();
        for division in place.divisions() {
            if !self.known.contains(&(*division, date.year())) {
                return Err(ClockError::BeyondCalendar {
                    place: division.label(),
                    year: date.year(),
                    first: self.years(*division).min().unwrap_or(0),
                    last: self.years(*division).max().unwrap_or(0),
                });
            }
        }
        match date.weekday() {
            Weekday::Saturday => return Ok(Some("Saturday")),
            Weekday::Sunday => return Ok(Some("Sunday")),
            _ => {}
        }
        let title = |division: &Division| self.days.get(&(*division, date)).map(String::as_str);
        Ok(place.divisions().iter().find_map(title))
    }

    /// True on a working day: not a Saturday, a Sunday or a bank holiday there.
    pub fn is_working_day(&self, date: Date, place: impl Into<Place>) -> Result<bool, ClockError> {
        Ok(self.closed(date, place)?.is_none())
    }

    /// The day itself if it is a working day, else the next one.
    pub fn roll(&self, date: Date, place: impl Into<Place>) -> Result<Date, ClockError> {
        let place = place.into();
        let mut day = date;
        while !self.is_working_day(day, place)? {
            day = day.tomorrow().map_err(|_| ClockError::TooFar)?;
        }
        Ok(day)
    }

    /// The day itself if it is a working day, else the one before.
    pub fn roll_back(&self, date: Date, place: impl Into<Place>) -> Result<Date, ClockError> {
        let place = place.into();
        let mut day = date;
        while !self.is_working_day(day, place)? {
            day = day.yesterday().map_err(|_| ClockError::TooFar)?;
        }
        Ok(day)
    }

    /// How many working days lie after `from`, up to and with `to`; 0 if `to` is not after `from`.
    pub fn working_days_between(
        &self,
        from: Date,
        to: Date,
        place: impl Into<Place>,
    ) -> Result<u32, ClockError> {
        let place = place.into();
        let mut count = 0;
        let mut day = from;
        while day < to {
            day = day.checked_add(1.day()).map_err(|_| ClockError::TooFar)?;
            count += u32::from(self.is_working_day(day, place)?);
        }
        Ok(count)
    }

    /// How a due date stands to today, in words: "3 working days left", "Due today".
    ///
    /// Counts days of the calendar where the list of holidays does not reach, and says so by
    /// leaving out the word working.
    pub fn describe_left(&self, today: Date, due: Date, place: impl Into<Place>) -> String {
        let place = place.into();
        if today == due {
            return "Due today".into();
        }
        let late = due < today;
        let (from, to) = if late { (due, today) } else { (today, due) };
        let (count, kind) = match self.working_days_between(from, to, place) {
            Ok(count @ 1..) => (i64::from(count), "working day"),
            _ => ((to - from).get_days().into(), "day"),
        };
        let s = if count == 1 { "" } else { "s" };
        if late { format!("Late by {count} {kind}{s}") } else { format!("{count} {kind}{s} left") }
    }
}

#[cfg(test)]
mod tests;
