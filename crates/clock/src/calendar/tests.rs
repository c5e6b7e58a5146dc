use jiff::civil::date;

use super::*;

const EW: Division = Division::EnglandAndWales;

#[test]
fn the_embedded_list_is_whole() {
    let calendar = Calendar::builtin();
    for division in Division::ALL {
        assert_eq!(calendar.years(division).collect::<Vec<_>>(), [2024, 2025, 2026, 2027]);
        assert_eq!(division.to_string().parse::<Division>(), Ok(division));
    }
    let days: usize = Division::ALL.iter().map(|d| calendar.holidays(*d).count()).sum();
    assert_eq!(days, BUILTIN.lines().count() - 1);
    assert_eq!(calendar.last_year(), 2027);
    // Eight, nine and ten a year; Scotland one more in 2026.
    let count = |division| calendar.holidays(division).count();
    assert_eq!([count(EW), count(Division::Scotland)], [32, 37]);
    assert_eq!(count(Division::NorthernIreland), 40);
    for (day, _) in Division::ALL.iter().flat_map(|d| calendar.holidays(*d)) {
        assert!(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday), "{day}");
    }
}

#[test]
fn divisions_differ_and_the_union_has_them_all() {
    let calendar = Calendar::builtin();
    let closed = |day, place: Place| calendar.closed(day, place).unwrap();
    let one_off = date(2026, 6, 15);
    assert_eq!(closed(one_off, EW.into()), None);
    assert!(closed(one_off, Division::Scotland.into()).is_some());
    assert!(closed(one_off, Place::AnyPartOfUk).is_some());
    assert_eq!(closed(date(2026, 3, 17), Place::AnyPartOfUk), Some("St Patrick's Day"));
    assert_eq!(closed(date(2026, 11, 22), EW.into()), Some("Sunday"));
}

#[test]
fn past_the_last_year_nothing_is_guessed() {
    let calendar = Calendar::builtin();
    let error = calendar.roll(date(2028, 1, 5), EW).unwrap_err();
    assert!(error.to_string().contains("add the list for 2028"), "{error}");
    // The last Saturday of a known year could only end in a year that is not known.
    let new_year = Calendar::builtin().with_day(EW, date(2027, 12, 31), "A closed Friday");
    assert!(matches!(
        new_year.roll(date(2027, 12, 31), EW),
        Err(ClockError::BeyondCalendar { year: 2028, first: 2024, last: 2027, .. })
    ));
    assert!(Calendar::default().is_working_day(date(2026, 1, 5), EW).is_err());
    assert!(calendar.is_working_day(date(2023, 12, 29), EW).is_err());
}

#[test]
fn lists_and_days_are_added() {
    let year = |division: &str| -> String {
        (1..=8).map(|n| format!("{division},2028-01-{:02},Day {n}\n", n + 2)).collect()
    };
    let head = "division,date,title\n";
    let all = format!(
        "{head}{}{}{}",
        year("england-and-wales"),
        year("scotland"),
        year("northern-ireland")
    );
    let longer = Calendar::builtin().with_csv(&all).unwrap();
    assert_eq!(longer.last_year(), 2028);
    assert!(longer.is_working_day(date(2028, 1, 11), EW).unwrap());
    let one = Calendar::builtin().with_csv(&format!("{head}{}", year("scotland"))).unwrap();
    assert_eq!(one.last_year(), 2027);

    let one_off = Calendar::builtin().with_day(EW, date(2026, 9, 21), "A one-off holiday");
    assert!(!one_off.is_working_day(date(2026, 9, 21), EW).unwrap());
    let later = Calendar::builtin().with_day(EW, date(2028, 9, 21), "A one-off holiday");
    assert_eq!(later.last_year(), 2027);

    let versions = [Calendar::builtin(), longer, one_off, later].map(|c| c.version());
    let mut apart = versions.to_vec();
    apart.dedup();
    assert_eq!(apart.len(), 4, "{versions:?}");
    assert_eq!(Calendar::builtin().version(), Calendar::builtin().version());
}

#[test]
fn a_broken_list_is_refused_with_its_line() {
    let add = |rows: &str| {
        Calendar::builtin().with_csv(&format!("division,date,title\n{rows}")).unwrap_err()
    };
    for (rows, said) in [
        ("scotland,2028-13-01,Day\n", "line 2: the date"),
        ("wales,2028-12-25,Day\n", "line 2: `division`"),
        ("scotland,2028-12-25,Day\nscotland,2028\n", "line 3: it is not division,date,title"),
        ("scotland,2028-12-25,Christmas Day\n", "only 1 days of 2028"),
    ] {
        let error = add(rows).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn time_left_in_words() {
    let calendar = Calendar::builtin();
    let left = |today, due| calendar.describe_left(today, due, EW);
    let due = date(2026, 11, 26);
    assert_eq!(left(date(2026, 11, 23), due), "3 working days left");
    assert_eq!(left(date(2026, 11, 25), due), "1 working day left");
    assert_eq!(left(due, due), "Due today");
    assert_eq!(left(date(2026, 11, 27), due), "Late by 1 working day");
    assert_eq!(left(date(2026, 12, 1), due), "Late by 3 working days");
    assert_eq!(left(date(2026, 11, 20), date(2026, 12, 18)), "20 working days left");
    // Over a weekend, and past the list, in plain days.
    assert_eq!(left(date(2026, 11, 27), date(2026, 11, 29)), "2 days left");
    assert_eq!(left(date(2026, 11, 28), date(2026, 11, 27)), "Late by 1 day");
    assert_eq!(left(date(2027, 12, 30), date(2028, 1, 9)), "10 days left");
}
