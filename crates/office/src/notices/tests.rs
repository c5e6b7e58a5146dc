use super::*;

fn charter() -> Charter {
    Charter::parse(include_str!("../demo/charter.toml")).unwrap()
}

fn privacy_of(c: Charter) -> String {
    let p = Portal::new(&c, "t", None);
    Privacy { p, may_contact: !c.permissions.purposes.is_empty(), c }.render().unwrap()
}

/// UK GDPR Art 13(1) and (2): who, contact, purposes and basis, recipients, how long, rights, both
/// complaints, whether it must be given, automated decisions.
#[test]
fn the_privacy_page_says_what_article_13_lists() {
    let text = privacy_of(charter());
    for said in [
        "Harbour Members’ Society (Charity 1199990) decides",
        "privacy@harbour.example",
        "Article 6(1)(c)",
        "Who receives it",
        "How long we keep it",
        "Do you have to tell us?",
        "made by a machine alone",
        "acknowledge within 30 days",
        "complain to Information Commissioner’s Office",
        "names nobody",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let mut silent = charter();
    silent.permissions.purposes.clear();
    silent.organisation.notice = Some("https://harbour.example/privacy".into());
    let text = privacy_of(silent);
    assert!(!text.contains("names nobody") && text.contains("https://harbour.example/privacy"));
}

/// Bodies under the accessibility regulations of 2018 must name who enforces them.
#[test]
fn a_public_authority_names_who_enforces() {
    let text = |public| {
        let mut c = charter();
        c.law.public_authority = public;
        Accessibility { p: Portal::new(&c, "t", None), c }.render().unwrap()
    };
    assert!(text(true).contains("Equality and Human Rights Commission"));
    assert!(!text(false).contains("Equality and Human Rights Commission"));
}
