//! What was logged wrongly is put right; what was logged twice, or by mistake, ends with a letter;
//! a pack is read on the desk before it goes; the day something was posted is the day that counts.

use super::*;
use crate::kit::dates;
use crate::requests::State;

impl Served {
    fn shows(&self, me: &str, path: &str) -> String {
        let got = self.send("GET", path, me, "");
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.text
    }

    fn the(&self, reference: &str) -> acts::Case {
        self.office.read(|tx| acts::load_by_ref(tx, &self.office, &self.by, reference)).unwrap()
    }

    fn letters_named(&self, reference: &str, name: &str) -> Vec<crate::kit::post::Letter> {
        let id = self.the(reference).row.id;
        let all = self.office.read(|tx| {
            let mut all = Vec::new();
            for l in crate::kit::sql::letters_of(tx, &self.by.org, &id)? {
                let vault = self.office.vault();
                all.push(crate::kit::post::open(tx, vault, &self.by.org, &l.id)?.1);
            }
            Ok(all)
        });
        all.unwrap().into_iter().filter(|l| l.name == name).collect()
    }
}

/// The form as the page shows it, as a browser would send it back.
fn as_shown(page: &str) -> Vec<(String, String)> {
    let form = page.split("id=\"form\"").nth(1).unwrap().split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?;
        Some(value.replace("&#64;", "@").replace("&#38;", "&").replace("&#39;", "’"))
    };
    let mut all = Vec::new();
    for tag in form.split('<').filter(|t| t.starts_with("input ")) {
        let tag = tag.split('>').next().unwrap();
        let pressed = !tag.contains("type=\"radio\"") || tag.contains(" checked");
        if let Some(name) = attribute(tag, "name").filter(|_| pressed) {
            all.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    for tag in form.split("<textarea ").skip(1) {
        let text = tag.split_once('>').unwrap().1.split("</textarea").next().unwrap();
        all.push((attribute(tag, "name").unwrap(), text.trim_start_matches('\n').into()));
    }
    all
}

fn changed(page: &str, to: &[(&str, &str)]) -> String {
    let mut all = as_shown(page);
    for (name, value) in to {
        all.retain(|(n, _)| n != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let safe = |text: &str| -> String {
        text.bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
                _ => format!("%{b:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> = all.iter().map(|(n, v)| format!("{}={}", n, safe(v))).collect();
    pairs.join("&")
}

#[test]
fn a_wrong_address_is_corrected_written_to_anew_and_searched_again() {
    let s = Served::new();
    s.add_cabinet();
    let me = s.signed_in("ruth", Role::Officer);
    let (reference, search) = s.case("Amara Quill");
    let path = format!("/office/cases/{reference}/correct");
    let page = s.shows(&me, &path);
    assert!(page.contains("someone@example.org") && page.contains("known"), "{page}");
    let post = |form: &str| s.send("POST", &path, &me, form);
    let why = ("why", "She spelt it on the telephone");
    let nothing = post(&changed(&page, &[why]));
    assert!(nothing.status == 422 && nothing.text.contains("Nothing has been changed"));
    let right = ("email", "amara@example.org");
    let silent = post(&changed(&page, &[right]));
    assert!(silent.status == 422 && silent.text.contains("Say what was wrong"), "{}", silent.text);
    assert!(silent.text.contains("amara@example.org"), "what was typed stays");
    let before = s.the(&reference);
    let done = post(&changed(&page, &[right, why]));
    assert_eq!(done.status, 303, "{}", done.text);
    let after = s.the(&reference);
    assert_eq!(after.body.asker.emails, ["amara@example.org"]);
    assert_ne!(before.row.secret, after.row.secret, "who had the old code sees nothing any more");
    let letters = s.letters_named(&reference, "acknowledgement");
    assert_eq!(letters.len(), 2);
    let new = letters.iter().find(|l| l.to.as_deref() == Some("amara@example.org")).unwrap();
    assert!(new.text.contains("takes the place of our first one"), "{}", new.text);
    let kept = s.office.read(|tx| sql::a_search(tx, &s.by.org, &search)).unwrap();
    assert_eq!(kept.state, "planned", "the post was asked about another address");
    let case = s.shows(&me, &format!("/office/cases/{reference}"));
    assert!(
        case.contains("Corrected: whose request it is") && case.contains("UK GDPR Art 5(1)(d)")
    );
    // A form that was open meanwhile shows what it had, and can be sent again.
    let late = post(&changed(&page, &[("name", "Amara Quill-Novak"), why]));
    assert!(late.status == 422 && late.text.contains("changed meanwhile"), "{}", late.text);
    assert!(late.text.contains("Quill-Novak") && late.text.contains("id=\"email-error\""));
    let again = post(&changed(&late.text, &[right]));
    assert_eq!(again.status, 303, "{}", again.text);
    // By the old address it is found no more, by the new one it is.
    let find = |what: &str| s.send("POST", "/office/cases/find", &me, &format!("sought={what}"));
    assert!(find("someone%40example.org").text.contains("No case fits"));
    assert_eq!(find("amara%40example.org").status, 303);
}

#[test]
fn a_wrong_day_of_receipt_moves_the_clock_and_is_told() {
    let s = Served::new();
    s.add_cabinet();
    let me = s.signed_in("ruth", Role::Officer);
    let (reference, _) = s.case("Amara Quill");
    let path = format!("/office/cases/{reference}/correct");
    let page = s.shows(&me, &path);
    let before = s.the(&reference);
    let earlier = before.request().received.saturating_sub(jiff::Span::new().days(10));
    let on = |day: jiff::civil::Date| {
        [day.day().to_string(), day.month().to_string(), day.year().to_string()]
    };
    let with = |day| {
        let [d, m, y] = on(day);
        let why = ("why", "The letter lay in the hall");
        let parts = [("received-day", &*d), ("received-month", &*m), ("received-year", &*y), why];
        s.send("POST", &path, &me, &changed(&page, &parts))
    };
    let tomorrow = before.request().received.saturating_add(jiff::Span::new().days(1));
    let future = with(tomorrow);
    assert!(future.status == 422 && future.text.contains("future"), "{}", future.text);
    assert_eq!(with(earlier).status, 303);
    let after = s.the(&reference);
    assert_eq!(after.request().received, earlier);
    assert!(after.row.limit < before.row.limit, "the time ran from the day it was here");
    assert_eq!(after.request().settled.as_ref().unwrap().on, earlier, "nothing was waited for");
    let letter = s.letters_named(&reference, "acknowledgement").pop().unwrap();
    let told = s.letters_named(&reference, "acknowledgement");
    assert!(told.iter().any(|l| l.text.contains(&dates::full(earlier))), "{}", letter.text);
    let auditor = s.signed_in("ada", Role::Auditor);
    assert_eq!(s.send("GET", &path, &auditor, "").status, 403);
}

#[test]
fn what_was_logged_twice_goes_on_once_and_a_mistake_is_owned_up_to() {
    let s = Served::new();
    s.add_cabinet();
    let me = s.signed_in("ruth", Role::Officer);
    let [first, second, third] = [0; 3].map(|_| s.case("Amara Quill").0);
    let close =
        |of: &str, form: &str| s.send("POST", &format!("/office/cases/{of}/close"), &me, form);
    for (other, why) in [
        (String::new(), "Enter the reference"),
        ("RR-1999-0001".into(), "no case with this reference"),
        (second.clone(), "the case itself"),
    ] {
        let no = close(&second, &format!("outcome=duplicate&other={other}"));
        assert!(no.status == 422 && no.text.contains(why), "{other}: {}", no.text);
    }
    assert_eq!(close(&second, &format!("outcome=duplicate&other={first}")).status, 303);
    assert_eq!(s.the(&second).request().state.label(), "Logged twice");
    let letter = s.letters_named(&second, "closed").pop().unwrap().text;
    assert!(letter.contains(&first) && letter.contains("first asked"), "{letter}");
    let no = close(&third, &format!("outcome=duplicate&other={second}"));
    assert!(no.status == 422 && no.text.contains("That case is closed"), "{}", no.text);
    let no = close(&third, "outcome=mistake");
    assert!(no.status == 422 && no.text.contains("Say why it is no request"), "{}", no.text);
    assert_eq!(close(&third, "outcome=mistake&note=A+question+about+fees").status, 303);
    let letter = s.letters_named(&third, "closed").pop().unwrap().text;
    assert!(letter.contains("our mistake"), "{letter}");
}

#[test]
fn the_later_of_two_is_closed_because_the_time_runs_from_the_first() {
    let s = Served::new();
    s.add_cabinet();
    let me = s.signed_in("ruth", Role::Officer);
    let (first, later) = (s.case("Amara Quill").0, s.case("Amara Quill").0);
    let day = s.the(&first).request().received;
    let (o, by, id) = (s.office.clone(), s.by.clone(), s.the(&first).row.id);
    let case = s.the(&first);
    let to = acts::Corrected {
        via: Via::Letter,
        received: day.saturating_sub(jiff::Span::new().days(3)),
        asker: case.body.asker.clone(),
        wants: case.body.wants.clone(),
        version: case.row.version,
        why: "The envelope is stamped so".into(),
    };
    s.office.write(move |tx| acts::correct(tx, &o, &by, &id, &to)).unwrap();
    let close = |of: &str, other: &str| {
        let form = format!("outcome=duplicate&other={other}");
        s.send("POST", &format!("/office/cases/{of}/close"), &me, &form)
    };
    let no = close(&first, &later);
    assert!(no.status == 422 && no.text.contains("after this one"), "{}", no.text);
    assert_eq!(close(&later, &first).status, 303);
}

#[test]
fn a_pack_is_read_on_the_desk_by_numbers_and_what_is_taken_out_is_on_record() {
    let s = Served::new();
    s.add_cabinet();
    let me = s.signed_in("ruth", Role::Officer);
    let (reference, search) = s.case("Amara Quill");
    let words = "A card about Amara Quill, kept since 2019";
    let answer = Answer { nothing: false, words: words.into(), files: vec![] };
    search::answer(&s.office, &s.by, &search, &answer).unwrap();
    let item = format!("/office/cases/{reference}/items/{search}/0");
    let shown = s.shows(&me, &item);
    let stamp = shown.split("name=\"stamp\" value=\"").nth(1).and_then(|t| t.split('"').next());
    let form = format!("decision=disclose&reason=hers&stamp={}", stamp.unwrap_or_default());
    assert_eq!(s.send("POST", &item, &me, &form).status, 303);
    let made = s.send("POST", &format!("/office/cases/{reference}/pack"), &me, "");
    assert_eq!(made.status, 303, "{}", made.text);
    let first = s.send("GET", &format!("/office/cases/{reference}/packs/1/files"), &me, "");
    assert_eq!(first.status, 200);
    assert!(first.text.contains("Read me first") && first.text.contains("Back to the desk"));
    assert!(first.head.contains("style-src 'unsafe-inline'") && !first.head.contains("script-src"));
    let copied = || {
        let history = s.shows(&me, &format!("/office/cases/{reference}"));
        history.matches("A copy of one file of pack 1").count()
    };
    // Every link leads on, and no address names anybody or anything.
    let links = |page: &str| -> Vec<String> {
        let all = page.split("href=\"").skip(1).filter_map(|t| t.split('"').next());
        all.filter(|l| l.contains("/files/")).map(str::to_owned).collect()
    };
    let mut pages = links(&first.text);
    assert!(pages.len() >= 4, "{pages:?}");
    let mut seen = std::collections::BTreeSet::new();
    let mut read = 0;
    while let Some(link) = pages.pop() {
        if !seen.insert(link.clone()) {
            continue;
        }
        let number = link.rsplit('/').next().unwrap();
        assert!(number.chars().all(|c| c.is_ascii_digit()), "{link}");
        let got = s.send("GET", &link, &me, "");
        assert_eq!(got.status, 200, "{link}");
        if got.head.contains("text/html") {
            read += 1;
            pages.extend(links(&got.text));
        } else {
            assert!(got.head.contains("attachment"), "{}", got.head);
        }
    }
    assert!(read >= 5 && copied() > 0, "{read} pages, {} copies", copied());
    let auditor_path = format!("/office/cases/{reference}/packs/1/files/999");
    assert_eq!(s.send("GET", &auditor_path, &me, "").status, 404);
}

#[test]
fn the_day_an_answer_was_posted_is_the_day_that_counts() {
    let s = Served::new();
    s.add_cabinet();
    let me = s.signed_in("ruth", Role::Officer);
    let (reference, search) = s.case("Amara Quill");
    let nothing = Answer { nothing: true, words: String::new(), files: vec![] };
    search::answer(&s.office, &s.by, &search, &nothing).unwrap();
    assert_eq!(s.send("POST", &format!("/office/cases/{reference}/pack"), &me, "").status, 303);
    let today = dates::day_of(s.by.now);
    let send = |day: jiff::civil::Date| {
        let (d, m, y) = (day.day(), day.month(), day.year());
        let form = format!("how=post&on-day={d}&on-month={m}&on-year={y}");
        s.send("POST", &format!("/office/cases/{reference}/hand/send"), &me, &form)
    };
    let one = jiff::Span::new().days(1);
    let future = send(today.saturating_add(one));
    assert!(future.status == 422 && future.text.contains("future"), "{}", future.text);
    let before = send(today.saturating_sub(one));
    assert!(before.status == 422 && before.text.contains("left before"), "{}", before.text);
    assert_eq!(send(today).status, 303);
    let sent = s.the(&reference);
    assert!(matches!(sent.request().state, State::Sent { on } if on == today));
}
