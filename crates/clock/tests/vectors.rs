//! Every rule against dates worked out by hand.

use std::collections::BTreeSet;

use candour_clock::{Calendar, ClockError, check_vectors, rule_names};

const VECTORS: &str = include_str!("vectors.csv");

#[test]
fn every_row_comes_out() {
    let checked = check_vectors(VECTORS.as_bytes(), &Calendar::builtin()).unwrap();
    assert_eq!(checked.mismatches, vec![]);
    assert_eq!(checked.rows, VECTORS.lines().count() as u64 - 1);
}

#[test]
fn every_rule_has_a_row() {
    let tried: BTreeSet<&str> =
        VECTORS.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let known: BTreeSet<&str> = rule_names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(tried, known);
}

#[test]
fn bad_rows_are_named_by_line_and_never_stop_the_check() {
    let file = "rule,received,inputs,due,why,source\n\
                rights_month,2026-11-22,,2026-12-22,good,x\n\
                rights_month,2026-11-22,,2026-12-23,wrong,x\n\
                nonsense,2026-11-22,,2026-12-22,,\n\
                rights_month,22/11/2026,,2026-12-22,,\n\
                rights_month,2026-11-22,promise_day=28,2026-12-22,,\n\
                rights_month,2028-11-22,,2028-12-22,,\n\
                rights_month\n";
    let checked = check_vectors(file.as_bytes(), &Calendar::builtin()).unwrap();
    let lines: Vec<u64> = checked.mismatches.iter().map(|m| m.line).collect();
    assert_eq!((checked.rows, lines), (7, vec![3, 4, 5, 6, 7, 8]));
    assert_eq!(checked.mismatches[0].got, "2026-12-22");
    assert!(checked.mismatches[1].got.contains("no rule named nonsense"));
    assert!(checked.mismatches[2].got.contains("`received`"));
    assert!(checked.mismatches[3].got.contains("takes no `promise_day`"));
    assert!(checked.mismatches[4].got.contains("add the list for 2028"));
    assert!(checked.mismatches[5].got.contains("1 columns"));

    let not_utf8 = [b"rule,received,inputs,due,why,source\n\xff\xfe,,,,,\n".as_slice()].concat();
    assert_eq!(check_vectors(&not_utf8[..], &Calendar::builtin()).unwrap().mismatches.len(), 1);
    let other = check_vectors("rule;due\n".as_bytes(), &Calendar::builtin());
    assert!(matches!(other, Err(ClockError::List { line: 1, .. })));
}
