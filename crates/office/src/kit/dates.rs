//! Dates and times as people read them: "Friday 18 December 2026", "9:32am", London time.

use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The place whose civil dates count: UK law reckons in London time.
pub fn london() -> TimeZone {
    // Looked up once: every contact decision asks for the day. The zone is built in; UTC would only
    // be reached if it were not.
    static LONDON: LazyLock<TimeZone> =
        LazyLock::new(|| TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC));
    LONDON.clone()
}

/// The civil date of an instant.
pub fn day_of(at: Timestamp) -> Date {
    Zoned::new(at, london()).date()
}

/// Noon in London on a day, for what happened on that day at an hour that nobody noted.
///
/// # Errors
/// A day outside what can be told.
pub fn noon(d: Date) -> Result<Timestamp, jiff::Error> {
    Ok(d.at(12, 0, 0, 0).to_zoned(london())?.timestamp())
}

/// "18 December 2026".
pub fn long(d: Date) -> String {
    d.strftime("%-d %B %Y").to_string()
}

/// "Friday 18 December 2026".
pub fn full(d: Date) -> String {
    d.strftime("%A %-d %B %Y").to_string()
}

/// "Fri 18 Dec".
pub fn short(d: Date) -> String {
    d.strftime("%a %-d %b").to_string()
}

/// "Fri 18 Dec", with the year when it is not this one.
pub fn near(d: Date, today: Date) -> String {
    match d.year() == today.year() {
        true => short(d),
        false => format!("{} {}", short(d), d.year()),
    }
}

/// "18 December 2026, 9:32am".
pub fn moment(at: Timestamp) -> String {
    let z = Zoned::new(at, london());
    let time = z.strftime("%-I:%M%P");
    format!("{}, {time}", long(z.date()))
}

/// Reads a day, month and year as typed into three fields: numbers or month names.
///
/// # Errors
/// In words, which part is wrong.
pub fn from_parts(day: &str, month: &str, year: &str) -> Result<Date, String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut day, mut month, mut year) = (day.trim(), month.trim().to_lowercase(), year.trim());
    // "27 March 1980", whole in the first field.
    let whole: Vec<&str> = day.split([' ', '/', '.', '-', ',']).filter(|w| !w.is_empty()).collect();
    if let ([d, m, y], true, true) = (whole.as_slice(), month.is_empty(), year.is_empty()) {
        (day, month, year) = (d, m.to_lowercase(), y);
    }
    if day.is_empty() || month.is_empty() || year.is_empty() {
        return Err("Enter a day, a month and a year".into());
    }
    let m = month.parse::<i8>().ok().or_else(|| {
        let found = MONTHS.iter().position(|m| month.len() >= 3 && month.starts_with(m))?;
        i8::try_from(found + 1).ok()
    });
    let parts = (year.parse::<i16>().ok().filter(|y| *y >= 1800), m, day.parse::<i8>().ok());
    let (Some(y), Some(m), Some(d)) = parts else {
        return Err("Enter a real date, for example 27 3 1980".into());
    };
    Date::new(y, m, d).map_err(|_| "Enter a real date, for example 27 3 1980".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_people_write_them() {
        let at: Timestamp = "2026-07-01T23:30:00Z".parse().unwrap();
        assert_eq!(day_of(at).to_string(), "2026-07-02");
        assert_eq!(moment(at), "2 July 2026, 12:30am");
        assert_eq!(full(day_of(at)), "Thursday 2 July 2026");
    }

    #[test]
    fn typed_dates_are_forgiven_and_wrong_ones_named() {
        assert_eq!(from_parts(" 27", "March", "2026").unwrap().to_string(), "2026-03-27");
        assert_eq!(from_parts("1", "9", "2025 ").unwrap().to_string(), "2025-09-01");
        for whole in ["27 March 1980", "27 mar 1980", "27/3/1980", "27.3.1980"] {
            assert_eq!(from_parts(whole, "", "").unwrap().to_string(), "1980-03-27", "{whole}");
        }
        assert!(from_parts("27 March", "", "").is_err());
        assert!(from_parts("31", "2", "2026").is_err());
        assert!(from_parts("1", "", "2026").unwrap_err().contains("Enter a day"));
    }
}
