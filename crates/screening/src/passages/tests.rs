use proptest::prelude::*;

use super::sentences::{abbreviated, push_trimmed};
use super::*;

fn amara() -> Subject {
    Subject {
        names: vec!["Ms Amara Quill".into()],
        identifiers: vec![
            (Kind::Email, "amara.quill@example.org".into()),
            (Kind::Phone, "+447700900123".into()),
            (Kind::Postcode, "CO12 3AB".into()),
        ],
    }
}

fn marked(text: &str) -> Vec<(&str, String)> {
    about_others(text, &amara()).into_iter().map(|p| (&text[p.start..p.end], p.why)).collect()
}

#[test]
fn others_are_marked() {
    for text in [
        "I spoke to Bram Novak about it.",
        "Mrs J. Weber rang twice.",
        "Ms Okafor disagreed.",
        "dr weber was away",
        "Please ask Priya.",
        "spoke to priya yesterday",
        "Present: Novak, Bram",
        "BRAM NOVAK (chair)",
        "Signed, J. Weber",
        "The Treasurer Bram Novak resigned.",
        "Bram Quill lives there too.",
        "Mr Quill answered the door.",
        "Seán O\u{2019}Brien-Weber\u{2019}s letter",
        "Ludwig van der Berg came.",
        "In May Rose told us off.",
        "Her husband was there.",
        "Write to j.weber@example.org.",
        "Call 01632 960001.",
        "NI number AB123456C",
        "She lives at M1 1AE.",
        "Cllr Okafor objected.",
    ] {
        assert_eq!(marked(text).len(), 1, "{text}");
    }
}

#[test]
fn the_subject_and_nobody_are_not_marked() {
    for text in [
        "Amara Quill wrote on Monday.",
        "Dear Ms Quill,",
        "A. Quill paid.",
        "QUILL, Amara",
        "Amara's letter of 3 May",
        "amara.quill+news@example.org or 07700 900123",
        "Lives at CO12 3AB.",
        "Dear Secretary,",
        "Annual General Meeting",
        "Minutes of the Annual General Meeting of Harbour Members\u{2019} Society",
        "The Committee met at Mill Hall, Station Road, on Thursday 3 September.",
        "Yours faithfully",
        "Kind Regards",
        "Will you come? May I ask? Mark the date.",
        "Data Protection Act 2018",
        "Please see the Privacy Notice. Thank you.",
        "Good Morning, Happy New Year from the whole Team",
        "East Anglia Sailing Club, Riverside Community Centre",
        "Great Western Railway Company",
        "Bank of England, United Kingdom",
        "Membership Secretary and Treasurer",
        "I Am Happy To Confirm",
        "",
    ] {
        assert_eq!(marked(text), vec![], "{text}");
    }
}

#[test]
fn only_the_name_is_marked_and_the_value_is_not_said() {
    let text = "Mrs Quill and Derek Plimmer disagree about the slipway. Mr. J. Novak (bram@x.org, \
                01632 960001) objected! Her husband left.";
    let words: Vec<&str> = marked(text).iter().map(|(words, _)| *words).collect();
    let expected = ["Derek Plimmer", "Mr. J. Novak", "bram@x.org", "01632 960001", "Her husband"];
    assert_eq!(words, expected);
    let whys: Vec<String> = marked(text).into_iter().map(|(_, why)| why).collect();
    assert_eq!(whys[0], "another person's name");
    assert_eq!(whys[2], "an e-mail address of someone else");
    assert_eq!(whys[4], "a relative, neighbour or friend of someone");
}

#[test]
fn nothing_of_the_subjects_is_inside_a_passage() {
    // A word of an address looks like a name, and a name runs into an address.
    let subject = Subject {
        names: vec!["Amara Quill".into()],
        identifiers: vec![(Kind::Email, "bram.shop@example.org".into())],
    };
    assert_eq!(about_others("Write to bram.shop@example.org", &subject), vec![]);
    let text = "BRAM NOVAK BRAM.SHOP@EXAMPLE.ORG";
    let found = about_others(text, &subject);
    assert_eq!((found.len(), &text[found[0].start..found[0].end]), (1, "BRAM NOVAK"));
    assert_eq!(marked("Amara Quill, Bram Novak, amara.quill@example.org").len(), 1);
    assert_eq!(marked("My neighbour Amara Quill and my neighbour, Ms Quill, wrote."), vec![]);
    assert_eq!(marked("My neighbour told Amara Quill.").len(), 1);
    assert_eq!(marked("spoke to priya Sharma")[0].0, "priya Sharma");
}

#[test]
fn without_a_known_title_a_surname_alone_may_be_the_subject() {
    let subject = Subject { names: vec!["Amara Quill".into()], identifiers: vec![] };
    assert_eq!(about_others("Mr Quill rang.", &subject), vec![]);
    assert_eq!(about_others("Mr Weber rang.", &subject).len(), 1);
}

#[test]
fn no_word_of_the_lists_is_longer_than_a_glance_takes() {
    let longest = words::forenames().chain(RELATIONS.iter().copied()).map(str::len).max();
    assert!(longest.is_some_and(|n| n <= super::glance::LONGEST), "{longest:?}");
}

/// Every sentence taken apart word by word, as first written; the glance must not change it.
fn without_a_glance(text: &str) -> Vec<Passage> {
    let all = |_: &str| Glance { name: true, relation: true };
    look(text, &amara(), sentences_by_characters(text), all)
}

fn with_a_glance(text: &str) -> Vec<Passage> {
    about_others(text, &amara())
}

/// As first written, a character at a time: byte ranges of sentences and lines, without the spaces
/// around them, none of them empty.
fn sentences_by_characters(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = at + c.len_utf8();
        let ends = match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{c}' => true,
            '.' | '!' | '?' => {
                let space = chars.peek().is_some_and(|(_, next)| next.is_whitespace());
                let lower = text[after..].trim_start().starts_with(char::is_lowercase);
                space && !lower && !(c == '.' && abbreviated(&text[start..at]))
            }
            _ => false,
        };
        if ends {
            push_trimmed(text, start, after, &mut found);
            start = after;
        }
    }
    push_trimmed(text, start, text.len(), &mut found);
    found
}

/// As first written, with the lists looked through one by one.
fn abbreviated_by_lists(before: &str) -> bool {
    let last = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let word = last.to_lowercase();
    last.chars().count() == 1 && last.chars().all(char::is_uppercase)
        || words::TITLES.contains(&word.as_str())
        || words::LEADING_TITLES.contains(&word.as_str())
        || matches!(word.as_str(), "st" | "no" | "nos" | "ltd" | "co" | "jr" | "snr" | "esq" | "g")
}

fn own_hits(text: &str) -> Vec<(usize, usize)> {
    let own = recognise(text).into_iter().filter(|hit| theirs(hit, &amara()));
    own.map(|hit| (hit.start, hit.end)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn ranges_are_sound(
        text in "(Bram Novak|Mrs |[A-Z]\\.|a@b\\.org|amara.quill@example.org|07700 900123| |\
                 [.!?\n,'’ -]|[A-Za-zéßＡ]{1,5}|\\PC){0,25}",
    ) {
        let mut last = 0;
        for passage in about_others(&text, &amara()) {
            prop_assert!(last <= passage.start && passage.start < passage.end);
            prop_assert!(text.get(passage.start..passage.end).is_some());
            for (start, end) in own_hits(&text) {
                prop_assert!(passage.end <= start || end <= passage.start, "of the subject's own");
            }
            prop_assert!(!passage.why.is_empty());
            last = passage.end;
        }
    }

    #[test]
    fn a_glance_overlooks_nothing(
        text in "(bram|Bram|NOVAK|will|Will|Mark|The|the|Monday|mrs|Mrs|dr|Cllr|miss|my|her|Her|our|\
                 husband|Sister|ex|friend|secretary|Zoë|zoë|O.Brien|Jo-Ann|[A-Z]\\.|[0-9]{1,4}|van|\
                 Quill|amara|[a-z]{1,9}|[A-Z][a-z]{1,9}|[.!?]|[\n\r\x0c\u{2028}\u{2029}]|\
                 [ ,()'’—-]| | | |  |\\PC){0,40}",
    ) {
        prop_assert_eq!(with_a_glance(&text), without_a_glance(&text));
    }

    #[test]
    fn an_abbreviation_is_told_as_from_the_lists(
        before in "([ .é-]|St|no|Mrs|councillor|Prof|ltd|[A-ZÉa-zé]|[a-z]{1,12}){0,4}",
    ) {
        prop_assert_eq!(abbreviated(&before), abbreviated_by_lists(&before), "{}", before);
    }

    #[test]
    fn a_glance_overlooks_nothing_in_any_text(text in any::<String>()) {
        prop_assert_eq!(with_a_glance(&text), without_a_glance(&text));
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        about_others(&text, &amara());
    }

    #[test]
    fn a_titled_stranger_is_always_marked(before in "[a-z]{0,8}", after in "[a-z]{0,8}") {
        let text = format!("{before} Mrs Okafor {after}");
        let found = marked(&text);
        prop_assert!(found.iter().any(|(words, _)| words.contains("Mrs Okafor")), "{found:?}");
    }
}
