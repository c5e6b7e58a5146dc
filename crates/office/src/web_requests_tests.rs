//! Requests as their pages show them: the time asked for, how the answer goes, copies that staff
//! save, a link to a post that has ended.

use super::*;
use crate::requests::search::{Connections, Quiet};

impl Served {
    /// A mailbox with a letter of 2015 and one of 2024.
    fn add_mailbox(&self) {
        let folder = self._dir.path().join("mail");
        std::fs::create_dir_all(&folder).unwrap();
        let message = |date: &str, subject: &str| {
            format!(
                "From a@example.org Mon Jan  5 10:00:00 2026\nFrom: someone@example.org\nTo: \
                 office@harbour.example\nDate: {date}\nSubject: {subject}\n\nHello there.\n\n"
            )
        };
        let old = message("Tue, 3 Mar 2015 10:00:00 +0000", "Plover");
        let text = old + &message("Mon, 4 Mar 2024 10:00:00 +0000", "Heron");
        std::fs::write(folder.join("office.mbox"), text).unwrap();
        let map = "holding = \"post\"\ntitle = \"Mailbox\"\nkind = \"mail\"\n[source]\n\
                   path = \"mail\"\n";
        holdings::keep(&self.office, &self.by, DataMap::from_toml(map, "post").unwrap(), None);
    }

    /// A case that wants this, searched: reference, id, its only search.
    fn wanting(&self, wants: Wants) -> (String, String, String) {
        let (reference, search) = self.case_of("Amara Quill", wants);
        let id = self.office.read(|tx| sql::case_by_ref(tx, &self.by.org, &reference)).unwrap().id;
        let (mut c, mut quiet) = (Connections::default(), Quiet);
        search::find(&self.office, &self.by, &id, &mut c, &mut quiet).unwrap();
        (reference, id, search)
    }

    fn text(&self, me: &str, path: &str) -> String {
        let got = self.send("GET", path, me, "");
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.text
    }
}

#[test]
fn the_time_asked_for_is_explained_shown_and_changed() {
    let s = Served::new();
    s.add_mailbox();
    let ask = "/o/harbour/data-rights/ask";
    let draft = format!("Cookie: {}\r\n", s.send("POST", ask, "", "").cookie);
    let dates = s.text(&draft, &format!("{ask}/dates"));
    assert!(dates.contains("we leave out e-mails dated outside it"), "{dates}");
    let me = s.signed_in("ruth", Role::Officer);
    assert!(s.text(&me, "/office/cases/new").contains("We leave out e-mails dated outside it"));
    let new = "via=letter&received-day=1&received-month=1&received-year=2026&name=Amara+Quill\
               &from-day=1&from-month=1&from-year=2024&to-day=1&to-month=1&to-year=2023";
    let no = s.send("POST", "/office/cases/new", &me, new);
    assert!(no.status == 422 && no.text.contains("can’t be before the first"), "{}", no.text);
    let from = Some("2020-01-01".parse().unwrap());
    let (reference, _, search) = s.wanting(Wants { from, ..Wants::default() });
    let case = format!("/office/cases/{reference}");
    assert!(s.text(&me, &case).contains("from 1 January 2020 on"));
    let review = s.text(&me, &format!("{case}/review"));
    assert!(review.contains("Outside the time asked for (1)"), "{review}");
    let list = s.text(&me, &format!("{case}/review?outside=yes"));
    let said = "It is dated 3 March 2015. They asked for the time from 1 January 2020 on";
    assert!(list.contains(said) && list.contains("Plover") && !list.contains("Heron"), "{list}");
    let item = format!("{case}/items/{search}/0");
    let shown = s.text(&me, &item);
    assert!(shown.contains(said) && chosen(&shown).is_empty(), "nothing is chosen: {shown}");
    // One press, from the list or the page of the item.
    for page in [&list, &shown] {
        assert!(page.contains("value=\"disclose\"") && page.contains("Include it"), "{page}");
    }
    let auditor = s.signed_in("ada", Role::Auditor);
    assert!(!s.text(&auditor, &format!("{case}/review?outside=yes")).contains("Include it"));
    let done = s.send("POST", &item, &me, "decision=disclose&back=outside");
    assert!(done.status == 303 && done.head.contains("review?outside=yes"), "{}", done.head);
    assert!(!s.text(&me, &format!("{case}/review")).contains("Outside the time"));
    // The time is changed on the case, with what is asked for now in the form.
    let form = s.text(&me, &format!("{case}/period"));
    assert!(form.contains("name=\"from-year\"") && form.contains("value=\"2020\""), "{form}");
    let post = |form: &str| s.send("POST", &format!("{case}/period"), &me, form);
    assert_eq!(post("from-day=1&from-month=1&from-year=2025").status, 422, "no reason");
    assert_eq!(post("from-day=1&from-month=1&from-year=2025&reason=They+called").status, 303);
    let changed = s.text(&me, &case);
    assert!(changed.contains("The time asked for is now: from 1 January 2025 on. They called"));
    let review = s.text(&me, &format!("{case}/review"));
    assert!(review.contains("Outside the time asked for (1)"), "Heron now: {review}");
}

#[test]
fn the_answer_goes_as_they_asked_unless_somebody_chooses_otherwise() {
    let s = Served::new();
    s.add_mailbox();
    let me = s.signed_in("ruth", Role::Officer);
    for (format, way, said) in [
        ("download", vec!["link"], "They asked for the answer as a download"),
        ("post", vec!["post"], "They asked for the answer on paper, by post"),
        ("in person", vec!["post"], "They asked for the answer in person"),
        ("", vec![], ""),
    ] {
        let (reference, ..) = s.wanting(Wants { format: format.into(), ..Wants::default() });
        let page = s.text(&me, &format!("/office/cases/{reference}/hand/send"));
        assert_eq!(chosen(&page), way, "{format}");
        assert!(page.contains(said), "{format}: {page}");
        assert!(!format.is_empty() || !page.contains("They asked for the answer"), "{page}");
    }
    for (format, other) in [("download", true), ("post", false), ("", false)] {
        let wants = Wants { format: format.into(), ..Wants::default() };
        let (reference, id, search) = s.wanting(wants);
        for n in 0..2 {
            let d = format!("/office/cases/{reference}/items/{search}/{n}");
            s.send("POST", &d, &me, "decision=disclose");
        }
        search::without_register(&s.office, &s.by, &id, "It follows").unwrap();
        assert_eq!(s.send("POST", &format!("/office/cases/{reference}/pack"), &me, "").status, 303);
        let send = format!("/office/cases/{reference}/hand/send");
        let sent = s.send("POST", &send, &me, "how=post");
        assert_eq!(sent.status, 303, "{format}: {}", sent.text);
        let case = s.text(&me, &format!("/office/cases/{reference}"));
        let said = "although they asked for it as a download";
        assert_eq!(case.contains(said), other, "{format}: {case}");
    }
}

#[test]
fn who_saves_a_copy_is_told_that_it_is_recorded() {
    let s = Served::new();
    s.add_mailbox();
    let me = s.signed_in("ruth", Role::Officer);
    let (reference, _, search) = s.wanting(Wants::default());
    let case = format!("/office/cases/{reference}");
    let item = s.text(&me, &format!("{case}/items/{search}/0"));
    let recorded = |page: &str, after: &str| {
        let near = page.split(after).nth(1).unwrap_or_else(|| panic!("no {after}: {page}"));
        assert!(
            near.split("</div>").next().unwrap().contains("Saving a copy is recorded"),
            "{near}"
        );
    };
    recorded(&item, "Save the original");
    assert_eq!(item.matches("The ground, if the law lets us keep it back").count(), 1);
    assert_eq!(s.send("POST", &format!("{case}/pack"), &me, "").status, 303);
    recorded(&s.text(&me, &format!("{case}/packs/1")), "Save the pack");
    let protected = s.send("POST", &format!("{case}/packs/1/protected"), &me, "").text;
    recorded(&protected, "Save the protected file");
}

#[test]
fn a_link_to_a_post_that_has_ended_says_so_and_reads_nothing() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, search) = s.case("Amara Quill");
    let path = format!("/answer/{}", s.link("paper", &search));
    assert!(s.text("", &path).contains("Amara Quill"));
    let id = s.office.read(|tx| sql::case_by_ref(tx, &s.by.org, &reference)).unwrap().id;
    let (o, by, case) = (s.office.clone(), s.by.clone(), id.clone());
    let withdrawn = crate::requests::rules::Outcome::Withdrawn;
    s.office.write(move |tx| acts::end(tx, &o, &by, &case, withdrawn, ("", ""))).unwrap();
    let ended = |when: &str| {
        let got = s.send("GET", &path, "", "");
        assert_eq!(got.status, 410, "{when}: {}", got.text);
        assert!(got.text.contains("This link has ended"), "{when}: {}", got.text);
        assert!(got.text.contains("Data protection officer") && got.text.contains("mailto:"));
        for secret in ["Amara", "Quill", &*reference, "someone@example.org", "cabinet"] {
            assert!(!got.text.contains(secret), "{when}: {secret}");
        }
        // The body is no form at all: it would be told so if anybody looked.
        let boundary = "Content-Type: multipart/form-data; boundary=x\r\n";
        let got = s.send("POST", &path, boundary, "broken");
        assert!(got.status == 410 && got.text.contains("This link has ended"), "{when}");
    };
    ended("closed");
    let (o, by) = (s.office.clone(), s.by.clone());
    s.office.write(move |tx| acts::destroy(tx, &o, &by, &id)).unwrap();
    ended("its content destroyed");
}
