use super::*;

const CLUB: &str = r#"
holding = "club"
title = "Club database"
kind = "postgres"
checked = "2026-11-22"

[source]
host = "127.0.0.1"
database = "club"
user = "reader"
tls = "verify-full"
password_file = "club.secret"

[[collection]]
name = "members"
holds = "person"
activity = "membership"
key = ["id"]
on_erasure = "delete"

[[collection.field]]
name = "email"
category = "contact"
identifier = "email"
as_stored = "normal"
census = "2026-11-22T10:00:00Z"

[[collection.field]]
name = "last_name"
category = "name"
identifier = "name"
part = "family"

[[collection]]
name = "bookings"
holds = "linked"
activity = "events"
on_erasure = "keep"
keep_reason = "accounts, six years"

[[collection.field]]
name = "guest_name"
category = "name"
identifier = "name"
others = true
unsure = "is it a person?"

[collection.field.codes]
A = "Active"
"on hold" = ""

[[collection.link]]
fields = ["member_id"]
to = "members"
to_fields = ["id"]
evidence = "name member_id fits members.id; 1,000 of 1,000 sampled values found"
confirmed = true

[[collection]]
name = "colours"
holds = "none"
why = "a list of colours"
"#;

fn fault(text: &str) -> Fault {
    DataMap::from_toml(text, "maps/club.toml").expect_err("it should be refused")
}

#[test]
fn round_trips() {
    let map = DataMap::from_toml(CLUB, "club.toml").expect("it is a good map");
    let members = map.collection("members").expect("it has members");
    assert_eq!(members.field("email").and_then(|f| f.as_stored), Some(Stored::Normal));
    assert_eq!(members.field("last_name").and_then(|f| f.part), Some(NamePart::Family));
    assert_eq!(map.source.tls, Some(Tls::VerifyFull));
    let again = map.to_toml().expect("it can be written");
    assert_eq!(DataMap::from_toml(&again, "again").expect("what is written reads"), map);
    assert!(!again.contains("others = false"), "what says nothing is not written: {again}");
}

#[test]
fn a_server_on_another_machine_has_to_show_who_it_is() {
    let tls = |host: &str, tls| {
        let host = (!host.is_empty()).then(|| host.to_owned());
        Source { host, tls, ..Source::default() }.tls()
    };
    for here in ["", "localhost", "127.0.0.1", "::1", "/var/run/postgresql"] {
        assert_eq!(tls(here, None), Tls::Prefer, "{here}");
    }
    for there in ["db.example.org", "10.0.0.7"] {
        assert_eq!(tls(there, None), Tls::VerifyFull, "{there}");
        assert_eq!(tls(there, Some(Tls::Require)), Tls::Require, "{there}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let fault = fault(&CLUB.replace("on_erasure = \"delete\"", "on_erase = \"delete\""));
    assert_eq!(fault.kind, FaultKind::Map);
    assert_eq!(fault.place, "maps/club.toml, line 19");
    assert!(fault.what.contains("on_erase"), "{fault}");
}

#[test]
fn an_unknown_word_is_told_with_those_that_are_known() {
    let fault = fault(&CLUB.replace("\"contact\"", "\"contacts\""));
    assert!(fault.what.contains("contacts") && fault.what.contains("birth"), "{fault}");
}

#[test]
fn a_password_is_refused_with_the_way_out() {
    let fault = fault(&CLUB.replace("user =", "password = \"x\"\nuser ="));
    assert!(fault.remedy.contains("password_file"), "{fault}");
}

#[test]
fn a_collection_or_field_named_twice_is_refused() {
    let twice = fault(&CLUB.replace("\"colours\"", "\"members\""));
    assert!(twice.what.contains("members is there twice"), "{twice}");
    let twice = fault(&CLUB.replace("\"last_name\"", "\"email\""));
    assert!(twice.what.contains("members.email is there twice"), "{twice}");
}

#[test]
fn a_source_must_suit_its_kind() {
    for (from, to, expected) in [
        ("host = \"127.0.0.1\"\n", "", "lacks host"),
        ("database = \"club\"\n", "path = \"x\"\ndatabase = \"club\"\n", "no path"),
        ("kind = \"postgres\"", "kind = \"sqlite\"", "for servers"),
    ] {
        let fault = fault(&CLUB.replace(from, to));
        assert!(fault.what.contains(expected), "{expected}: {fault}");
    }
    let file = "holding = \"a\"\ntitle = \"A\"\nkind = \"sqlite\"\n";
    assert!(fault_of(file).contains("lacks path"));
    let paper = "holding = \"a\"\ntitle = \"A\"\nkind = \"paper\"\n";
    assert!(DataMap::from_toml(paper, "a").is_ok(), "a cabinet has no path");
}

fn fault_of(text: &str) -> String {
    fault(text).what
}
