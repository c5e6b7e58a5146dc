use super::*;

fn latin(cluster: &str) -> bool {
    cluster.chars().all(|c| c.is_ascii_graphic() || c == ' ' || "ŵé\u{301}".contains(c))
}

fn seen(text: &str) -> (String, String, u64) {
    let (mut missing, mut count) = (BTreeSet::new(), 0);
    let out = fitted(text, &latin, &mut missing, &mut count);
    (out, missing.into_iter().collect(), count)
}

#[test]
fn what_can_be_shown_stays_as_it_is() {
    assert_eq!(seen("Siân ŵ").0, "Si\u{fffd}n ŵ");
    assert_eq!(seen("caf\u{e9} e\u{301}"), ("caf\u{e9} e\u{301}".into(), String::new(), 0));
}

#[test]
fn what_cannot_is_marked_once_for_each_cluster() {
    assert_eq!(seen("你好"), ("\u{fffd}\u{fffd}".into(), "你好".into(), 2));
    // Three people joined into one sign.
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    assert_eq!(seen(family), ("\u{fffd}".into(), "\u{1f468}".into(), 1));
}

#[test]
fn marks_of_direction_and_joiners_are_dropped() {
    assert_eq!(seen("a\u{202e}b\u{200b}c\u{feff}"), ("abc".into(), String::new(), 0));
}

#[test]
fn control_and_private_signs_are_marked() {
    assert_eq!(seen("a\u{0}b\u{7}"), ("a\u{fffd}b\u{fffd}".into(), "\u{0}\u{7}".into(), 2));
    assert_eq!(seen("\u{e000}"), ("\u{fffd}".into(), "\u{e000}".into(), 1));
}

#[test]
fn the_note_names_some_of_them_and_counts_all() {
    let missing = ('\u{4e00}'..='\u{4e20}').collect();
    let said = note(&missing, 40);
    assert!(said.contains("40 signs (U+4E00, U+4E01"), "{said}");
    assert!(said.contains("and others"), "{said}");
    assert!(note(&BTreeSet::from(['你']), 1).contains("1 sign (U+4F60)"));
}
