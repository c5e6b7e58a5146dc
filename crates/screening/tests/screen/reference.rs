//! The same work done plainly: the `csv` crate, a map of normal forms, whole files in memory.

use std::collections::HashMap;

use candour_screening::{Kind, Verdict, Verdicts, normalise};
use proptest::prelude::*;

use super::*;

/// The columns that are looked up, from 0.
const COLUMNS: [(usize, Kind); 2] = [(1, Kind::Email), (2, Kind::Phone)];
const WIDTH: usize = 4;

/// What is known: normal forms and their profiles.
type Known = HashMap<(Kind, String), u32>;

/// Lines and cells of blocked and unreadable rows, and the allowed as they came.
#[derive(Debug, Default, PartialEq)]
struct Three {
    allowed: Vec<u8>,
    blocked: Vec<(u64, String, Vec<String>)>,
    unreadable: Vec<(u64, Vec<String>)>,
}

fn plainly(list: &[u8], delimiter: u8, known: &Known, verdicts: &Verdicts) -> Three {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .flexible(true)
        .has_headers(false)
        .from_reader(list);
    let (mut three, mut row, mut start) = (Three::default(), csv::StringRecord::new(), 0);
    while reader.read_record(&mut row).unwrap() {
        let end = usize::try_from(reader.position().byte()).unwrap();
        let raw = &list[start..end];
        let line = 1 + list[..start].iter().filter(|b| **b == b'\n').count() as u64;
        start = end;
        let mut cells: Vec<String> = row.iter().map(String::from).collect();
        if raw.ends_with(b"\r\n") {
            // The reader was told that only a line feed ends a row.
            let last = cells.last_mut().unwrap();
            *last = last.strip_suffix('\r').unwrap().to_owned();
        }
        if line == 1 {
            three.allowed.extend_from_slice(raw);
            continue;
        }
        match verdict(&cells, known, verdicts) {
            None => three.unreadable.push((line, guarded(cells))),
            Some(v) if v.allowed => three.allowed.extend_from_slice(raw),
            Some(v) => {
                let code = verdicts.reasons[usize::from(v.reason)].code.clone();
                three.blocked.push((line, code, guarded(cells)));
            }
        }
    }
    three
}

fn verdict(cells: &[String], known: &Known, verdicts: &Verdicts) -> Option<Verdict> {
    if cells.iter().skip(WIDTH).any(|cell| !cell.trim().is_empty()) {
        return None;
    }
    let read = |(at, kind): (usize, Kind)| {
        cells.get(at).and_then(|cell| normalise(kind, cell).ok()).map(|normal| (kind, normal))
    };
    read(COLUMNS[0])?;
    let found: Vec<Verdict> = COLUMNS
        .iter()
        .filter_map(|column| known.get(&read(*column)?))
        .map(|profile| verdicts.by_profile[*profile as usize])
        .collect();
    let top = found.iter().map(|v| v.rank).max();
    Some(found.into_iter().find(|v| Some(v.rank) == top).unwrap_or(verdicts.unknown))
}

/// Our files, read back.
fn read_back(desk: &Desk) -> Three {
    let rows = |name: &str| -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(&desk.read(name)[..])
            .records()
            .map(|row| row.unwrap().iter().map(String::from).collect())
            .collect()
    };
    Three {
        allowed: desk.read("allowed.csv"),
        blocked: rows("blocked.csv")
            .iter()
            .map(|row| (row[0].parse().unwrap(), row[1].clone(), row[3..].to_vec()))
            .collect(),
        unreadable: rows("unreadable.csv")
            .iter()
            .map(|row| (row[0].parse().unwrap(), row[2..].to_vec()))
            .collect(),
    }
}

/// With the apostrophe that keeps a cell from being a formula.
fn guarded(cells: Vec<String>) -> Vec<String> {
    let guard = |cell: String| match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell,
    };
    cells.into_iter().map(guard).collect()
}

/// A cell, and whether it stands in quotation marks where it need not.
fn cell() -> impl Strategy<Value = (String, bool)> {
    let known = prop::sample::select(vec![
        "a@a.org",
        "A@A.org",
        " a@a.org",
        "b@a.org",
        "b+x@a.org",
        "\u{e9}@a.org",
        "c@b\u{fc}.org",
        "07700900001",
        "+44 7700 900001",
        "7700900002",
        "4.4E+11",
        "",
        " ",
        "x@",
        "-1",
        "=a",
        "+",
    ]);
    let any = prop_oneof![
        6 => known.prop_map(String::from),
        2 => "[a\",;\n\r\t| '=]{0,5}",
        1 => any::<String>().prop_map(|s| s.chars().take(4).collect()),
    ];
    (any, any_bool())
}

fn any_bool() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.3)
}

/// A row as one may write it.
fn written(cells: &[(String, bool)], delimiter: char, end: &str) -> String {
    let cell = |(text, quoted): &(String, bool)| {
        let must = text.contains([delimiter, '\n', '\r']) || text.starts_with('"');
        match must || *quoted {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.clone(),
        }
    };
    let row: Vec<String> = cells.iter().map(cell).collect();
    row.join(&delimiter.to_string()) + end
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn the_same_three_lists_as_the_plain_way(
        rows in prop::collection::vec(prop::collection::vec(cell(), 2..6), 0..30),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        ended: bool,
        workers in 1usize..4,
    ) {
        let mut list = ["id", "email", "phone", "x"].join(&delimiter.to_string()) + end;
        list.extend(rows.iter().map(|row| written(row, delimiter, end)));
        if !ended {
            list.truncate(list.trim_end_matches(['\r', '\n']).len());
        }
        let entries = [
            (Kind::Email, "a@a.org", 1u32), (Kind::Email, "b@a.org", 0),
            (Kind::Email, "\u{e9}@a.org", 3), (Kind::Email, "c@b\u{fc}.org", 2),
            (Kind::Phone, "07700900001", 0), (Kind::Phone, "07700900002", 3),
        ];
        let known: Known = entries
            .iter()
            .map(|(kind, raw, p)| ((*kind, normalise(*kind, raw).unwrap()), *p))
            .collect();
        let mut desk = Desk::new(&list, &[]);
        desk.book = book(&entries);
        desk.plan.columns =
            COLUMNS.map(|(at, kind)| Column { at: At::Number(at + 1), kind }).into();
        desk.plan.workers = workers;
        desk.plan.force = true;
        desk.plan.delimiter = u8::try_from(delimiter).ok();
        let done = desk.screen().unwrap();
        let plain = plainly(list.as_bytes(), u8::try_from(delimiter).unwrap(), &known, &verdicts());
        prop_assert_eq!(done.blocked as usize, plain.blocked.len());
        prop_assert_eq!(done.unreadable as usize, plain.unreadable.len());
        prop_assert_eq!(done.rows, done.allowed + done.blocked + done.unreadable);
        prop_assert_eq!(read_back(&desk), plain);
    }
}
