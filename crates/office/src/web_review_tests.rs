//! Deciding about items, as its pages show it: two people at one item, what is kept back for
//! another person's sake, who may agree, a file that can't be copied.

use super::*;
use crate::requests::search::{self, Answer};

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let at = page.split(&field).nth(1).unwrap_or_else(|| panic!("no {name}: {page}"));
    at.split('"').next().unwrap().to_owned()
}

impl Served {
    /// A case with what a post handed in: path of the case, path of item 0.
    fn handed_in(&self, words: &str, files: Vec<(String, String, Vec<u8>)>) -> (String, String) {
        self.add_cabinet();
        let (reference, search) = self.case("Amara Quill");
        let answer = Answer { nothing: false, words: words.into(), files };
        search::answer(&self.office, &self.by, &search, &answer).unwrap();
        let case = format!("/office/cases/{reference}");
        (case.clone(), format!("{case}/items/{search}/0"))
    }

    fn page(&self, me: &str, path: &str) -> String {
        let got = self.send("GET", path, me, "");
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.text
    }
}

#[test]
fn nobody_writes_over_a_decision_that_they_have_not_seen() {
    let s = Served::new();
    let (_, item) = s.handed_in("Amara Quill and Bram Novak sang.", vec![]);
    let (ruth, ada) = (s.signed_in("ruth", Role::Officer), s.signed_in("ada", Role::Deputy));
    let (of_ruth, of_ada) = (s.page(&ruth, &item), s.page(&ada, &item));
    let form = |page: &str, rest: &str| format!("known={}&{rest}", hidden(page, "known"));
    let leave_out = "decision=not-theirs&reason=Her+cousin";
    assert_eq!(s.send("POST", &item, &ruth, &form(&of_ruth, leave_out)).status, 303);
    let late = s.send("POST", &item, &ada, &form(&of_ada, "decision=disclose&reason=Mine"));
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("Somebody decided about this meanwhile"));
    assert!(late.text.contains("ruth") && late.text.contains("not about this person"));
    assert_eq!(chosen(&late.text), ["disclose"], "what was chosen is kept");
    assert!(late.text.contains(">Mine</textarea>"));
    let kept = s.page(&ruth, &item);
    assert_eq!(chosen(&kept)[0], "not-theirs", "and the first decision stands");
    // Knowingly it is saved.
    let anew = s.send("POST", &item, &ada, &form(&late.text, "decision=disclose"));
    assert_eq!(anew.status, 303);
    assert_eq!(chosen(&s.page(&ruth, &item))[0], "disclose");
}

#[test]
fn what_is_kept_back_for_another_person_answers_three_questions_and_the_second_sees_all() {
    let s = Served::new();
    let (case, item) = s.handed_in("Bram Novak on Amara Quill.", vec![]);
    let (ruth, ada) = (s.signed_in("ruth", Role::Officer), s.signed_in("ada", Role::Deputy));
    let exempt = "decision=exempt&ground=third-party&reason=A+complaint";
    let no = s.send("POST", &item, &ruth, exempt);
    assert!(no.status == 422 && no.text.contains("Answer the three questions"), "{}", no.text);
    let with = |answers: &str| s.send("POST", &item, &ruth, &format!("{exempt}&{answers}"));
    let gentler = with("anonymous=yes&consent=no&reasonable=no");
    assert!(gentler.status == 422 && gentler.text.contains("may not be left out as a whole"));
    let agreed = with("anonymous=no&consent=yes&reasonable=no");
    assert!(agreed.status == 422 && agreed.text.contains("has agreed"));
    assert_eq!(with("anonymous=no&consent=no&reasonable=no").status, 303);
    let said = s.page(&ruth, &format!("{case}/review"));
    assert!(said.contains("Saved: left out on a ground of the law. A second person has to agree"));
    let shown = s.page(&ada, &item);
    let card = shown.split("id=\"to-agree\"").nth(1).unwrap().split("I agree").next().unwrap();
    for what in [
        "ruth",
        "left out, exempt",
        "It is about another person and it is not reasonable",
        "A complaint",
        "Has the other person agreed?",
        "<dd>No</dd>",
    ] {
        assert!(card.contains(what), "{what}: {card}");
    }
    // Decided anew meanwhile: nothing is agreed to unseen.
    let known = hidden(card, "known");
    assert_eq!(with("anonymous=no&consent=no&reasonable=no").status, 303);
    let agree =
        |known: &str| s.send("POST", &format!("{item}/agree"), &ada, &format!("known={known}"));
    let late = agree(&known);
    assert!(late.status == 409 && late.text.contains("I agree"), "{}", late.text);
    let now = late.text.split("id=\"to-agree\"").nth(1).unwrap();
    assert_eq!(agree(&hidden(now, "known")).status, 303);
    let history = s.page(&ruth, &case);
    assert!(history.contains("Item 1 of ") && !history.contains("of search"), "{history}");
}

#[test]
fn who_is_alone_is_told_that_nobody_may_agree() {
    let s = Served::new();
    let (_, item) = s.handed_in("Advice on Amara Quill.", vec![]);
    let ruth = s.signed_in("ruth", Role::Officer);
    let form = "decision=exempt&ground=privilege&reason=Advice";
    assert_eq!(s.send("POST", &item, &ruth, form).status, 303);
    let alone = s.page(&ruth, &item);
    assert!(alone.contains("Nobody else here may agree") && alone.contains("/office/settings"));
    s.signed_in("cleo", Role::CaseWorker);
    assert!(s.page(&ruth, &item).contains("Nobody else here may agree"));
    s.signed_in("ada", Role::Deputy);
    assert!(s.page(&ruth, &item).contains("Ask an officer or a deputy who did not decide it"));
}

#[test]
fn a_doubtful_record_stands_beside_the_person_and_the_next_comes_after_it() {
    let s = Served::new();
    let file = |n: usize| (format!("{n}.txt"), "text/plain".into(), b"Amara Quill".to_vec());
    let (case, first) = s.handed_in("Three", vec![file(1), file(2), file(3)]);
    let ruth = s.signed_in("ruth", Role::Officer);
    let at = |n: usize| format!("{}/{n}", first.rsplit_once('/').unwrap().0);
    let shown = s.page(&ruth, &at(1));
    let card = shown.split("Is this the same person?").nth(1).unwrap();
    assert!(card.contains("Amara Quill") && card.contains("in this item too"), "{shown}");
    assert!(shown.contains("handed in: is it about this person?"), "{shown}");
    assert!(shown.contains(&format!("href=\"{}\">Next to decide", at(2))), "{shown}");
    let saved = s.send("POST", &at(1), &ruth, "decision=disclose");
    assert!(saved.head.contains("/2\r\n"), "{}", saved.head);
    assert!(s.page(&ruth, &at(2)).contains("Saved: disclosed in full."));
    let saved = s.send("POST", &at(2), &ruth, "decision=disclose");
    assert!(saved.head.contains("/0\r\n"), "from the last to the first: {}", saved.head);
    assert!(s.page(&ruth, &case).contains("handed in: 3"));
}

#[test]
fn a_file_that_cannot_be_copied_has_a_true_reason() {
    let s = Served::new();
    let program =
        || ("prog.exe".into(), "application/octet-stream".into(), b"MZ\x90\0\x03".to_vec());
    let (_, item) = s.handed_in("A program", vec![program()]);
    let ruth = s.signed_in("ruth", Role::Officer);
    assert!(s.page(&ruth, &item).contains("its file can’t be copied safely"));
    let form = "decision=cannot-copy&reason=A+program+with+her+settings";
    let saved = s.send("POST", &item, &ruth, form);
    assert_eq!(saved.status, 303, "{}", saved.text);
    let kept = s.page(&ruth, &item);
    assert!(kept.contains("Saved: left out, its file can’t be copied safely."), "{kept}");
    assert_eq!(chosen(&kept), ["cannot-copy"]);
    assert!(!kept.contains("A second person has to agree"));
    // What can be given may not be left out so.
    let note = ("note.txt".into(), "text/plain".into(), b"Amara Quill".to_vec());
    let other = Served::new();
    let (_, item) = other.handed_in("A note", vec![note]);
    let ruth = other.signed_in("ruth", Role::Officer);
    let no = other.send("POST", &item, &ruth, form);
    assert!(no.status == 422 && no.text.contains("This can be given"), "{}", no.text);
}
