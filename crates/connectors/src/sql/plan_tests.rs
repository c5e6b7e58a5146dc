use jiff::Timestamp;

use super::super::dialect::Bind;
use super::super::sqlite::Lite;
use super::*;
use crate::map::{Erasure, Holds};
use crate::{Category, Identifier};

const NOW: &str = "2026-11-22T12:00:00Z";

fn limits() -> Limits {
    Limits::at(NOW.parse::<Timestamp>().expect("a time"))
}

fn field(name: &str, kind: Kind, stored: Option<(Stored, &str)>) -> Field {
    Field {
        name: name.to_owned(),
        category: Category::Contact,
        identifier: Some(kind),
        part: None,
        others: false,
        mentions: false,
        as_stored: stored.map(|(s, _)| s),
        forms: Vec::new(),
        census: stored.map(|(_, at)| at.parse().expect("a time")),
        unsure: None,
        codes: std::collections::BTreeMap::new(),
    }
}

/// What a table with these fields is asked, and how the search record puts it.
fn plan(fields: Vec<Field>, sql_type: &str, seek: &Seek, limits: &Limits) -> Plan {
    let mut live = LiveCollection { name: "t".to_owned(), ..LiveCollection::default() };
    for field in &fields {
        let (name, sql_type) = (field.name.clone(), sql_type.to_owned());
        live.fields.push(LiveField { name, sql_type, ..LiveField::default() });
    }
    live.indexes.push(vec![fields[0].name.clone()]);
    let c = Collection {
        name: "t".to_owned(),
        holds: Holds::Person,
        why: None,
        activity: None,
        key: Vec::new(),
        on_erasure: Erasure::Delete,
        keep_reason: None,
        unsure: None,
        field: fields,
        link: Vec::new(),
    };
    persons(
        Writer::new(&Lite),
        &c,
        &live,
        seek,
        &[],
        limits,
        crate::judge::Judge::new(seek).by_name_alone(&c),
    )
}

fn sought(kind: Kind, raw: &str) -> Seek {
    let normal = normalise(kind, raw).expect("a good identifier");
    let as_given = raw.to_owned();
    let identifiers = vec![Identifier { kind, normal, as_given, learned_from: None }];
    Seek { identifiers, ..Seek::default() }
}

fn binds(plan: &Plan) -> Vec<String> {
    let text = |b: &Bind| match b {
        Bind::Text(t) => t.clone(),
        Bind::Int(n) => n.to_string(),
        Bind::Texts(t) => t.join(" "),
    };
    plan.statement.iter().flat_map(|s| s.binds.iter().map(text)).collect()
}

#[test]
fn a_young_census_lets_the_index_answer() {
    let seek = sought(Kind::Email, "Amara@example.com");
    for (stored, at, by) in [
        (Stored::Normal, "2026-11-21T12:00:01Z", vec!["e-mail, by index"]),
        (
            Stored::Tagged,
            "2026-11-22T11:00:00Z",
            vec!["e-mail, by index", "e-mail without tag, every row"],
        ),
        (Stored::Normal, "2026-11-21T12:00:00Z", vec!["e-mail, with or without tag, every row"]),
        (Stored::Normal, "2026-11-22T12:00:01Z", vec!["e-mail, with or without tag, every row"]),
        (Stored::Mixed, "2026-11-22T11:00:00Z", vec!["e-mail, with or without tag, every row"]),
    ] {
        let fields = vec![field("email", Kind::Email, Some((stored, at)))];
        let plan = plan(fields, "text", &seek, &limits());
        assert_eq!(plan.by, by, "{stored:?} at {at}");
    }
}

#[test]
fn equality_asks_for_every_form_that_a_census_leaves_open() {
    let stored = Some((Stored::Normal, "2026-11-22T11:00:00Z"));
    let email = |raw| {
        let fields = vec![field("email", Kind::Email, stored)];
        binds(&plan(fields, "text", &sought(Kind::Email, raw), &limits()))
    };
    let tagged = ["Amara+x@example.com", "amara+x@example.com", "amara@example.com"];
    assert_eq!(email("Amara+x@example.com"), tagged);
    // Google's dots may be stored, so equality is not enough.
    assert!(email("a.b@gmail.com").contains(&"%ab%@gmailcom%".to_owned()));
    let fields = vec![field("no", Kind::MemberNumber, stored)];
    let number = plan(fields, "text", &sought(Kind::MemberNumber, "M-007"), &limits());
    assert_eq!(binds(&number), ["M-007", "M007", "M7"]);
}

#[test]
fn a_number_is_asked_for_in_every_way_the_column_writes_it() {
    let mut phone = field("tel", Kind::Phone, Some((Stored::Normal, "2026-11-22T11:00:00Z")));
    phone.forms = ["99999 999999", "+999999999999", "n/a"].map(str::to_owned).into();
    let seek = sought(Kind::Phone, "+44 7700 900123");
    let asked = plan(vec![phone.clone()], "text", &seek, &limits());
    assert_eq!(asked.by, ["telephone, by index"]);
    assert_eq!(binds(&asked), ["+447700900123", "07700 900123"]);
    phone.as_stored = Some(Stored::Mixed);
    let asked = plan(vec![phone], "text", &seek, &limits());
    assert_eq!(asked.by, ["telephone, every row"]);
}

#[test]
fn a_whole_number_column_is_asked_for_numbers() {
    let fields = || vec![field("no", Kind::MemberNumber, None)];
    let seek = sought(Kind::MemberNumber, "0042");
    let digits = plan(fields(), "bigint", &seek, &limits());
    assert_eq!(digits.statement.map(|s| s.binds), Some(vec![Bind::Int(42)]));
    let letters = plan(fields(), "bigint", &sought(Kind::MemberNumber, "M42"), &limits());
    let sql = letters.statement.map(|s| s.sql).expect("a statement");
    assert!(sql.ends_with("WHERE 1 = 0"), "{sql}");
}

#[test]
fn names_of_fields_are_quoted_and_values_bound() {
    let seek = sought(Kind::MemberNumber, "x' OR 1=1 --_%!");
    let fields = vec![field("a\" OR \"b", Kind::MemberNumber, None)];
    let plan = plan(fields, "text", &seek, &limits());
    let sql = plan.statement.as_ref().map(|s| s.sql.clone()).expect("a statement");
    assert!(sql.contains("\"a\"\" OR \"\"b\""), "{sql}");
    assert!(!sql.contains("1=1"), "{sql}");
    assert!(binds(&plan)[0].contains("!_!%!!"), "{:?}", binds(&plan));
}

#[test]
fn a_name_is_asked_for_with_a_postcode_or_birthday_and_alone_where_there_is_nothing_else() {
    let fields = || {
        vec![
            field("name", Kind::Name, None),
            field("postcode", Kind::Postcode, None),
            field("dob", Kind::Born, None),
        ]
    };
    let mut seek = Seek { names: vec!["Amara Quill".to_owned()], ..Seek::default() };
    let alone = plan(fields(), "text", &seek, &limits());
    assert_eq!(
        (alone.by.join(""), binds(&alone).join("")),
        ("name alone, every row".into(), "%quill%".into())
    );
    let email = Identifier {
        kind: Kind::Email,
        normal: "a@example.org".to_owned(),
        as_given: "a@example.org".to_owned(),
        learned_from: None,
    };
    let better = Seek { identifiers: vec![email], ..seek.clone() };
    let asked = [fields(), vec![field("email", Kind::Email, None)]].concat();
    assert_eq!(
        plan(asked, "text", &better, &limits()).by,
        ["e-mail, with or without tag, every row"]
    );
    seek.postcodes = vec!["LS1 0AP".to_owned()];
    seek.born = Some("1980-02-01".to_owned());
    let both = plan(fields(), "text", &seek, &limits());
    assert_eq!(both.by, ["name and postcode, every row", "name and date of birth, every row"]);
    let asked = binds(&both);
    for form in ["ls10ap", "ls1oap", "1980-02-01%", "1/2/1980%", "01/02/1980%"] {
        assert!(asked.contains(&form.to_owned()), "{form} in {asked:?}");
    }
    let narrow = Limits { whole_tables: false, ..limits() };
    let narrow = plan(fields(), "text", &seek, &narrow);
    assert!(narrow.statement.is_none());
    assert_eq!(narrow.by, ["not by likeness, which would read every row"]);
    seek.names.clear();
    assert!(plan(fields(), "text", &seek, &limits()).statement.is_none());
}

#[test]
fn a_telephone_is_asked_for_by_its_last_nine_digits() {
    let fields = vec![field("tel", Kind::Phone, None)];
    let plan = plan(fields, "text", &sought(Kind::Phone, "020 7946 0018"), &limits());
    assert_eq!(binds(&plan), ["%0%7%9%4%6%0%0%1%8%"]);
}
