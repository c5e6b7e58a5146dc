//! Who gets in: every route of the staff's with every role, and what an attacker would try first.

use super::*;

/// Every path of the staff's in the table of routes, with made-up names in the gaps.
fn staff_paths() -> Vec<String> {
    const CASE: &str = "/office/cases/RR-2026-0001";
    let text = include_str!("routes.rs");
    let mut paths = vec![CASE.to_owned()];
    let mut before = "";
    for part in text.split('"') {
        if part.starts_with("/office") {
            paths.push(part.to_owned());
        } else if before.ends_with("at(") {
            paths.push(format!("{CASE}{part}"));
        }
        before = part;
    }
    let open = ["/office/sign-in", "/office/code", "/office/link/{token}", "/office/sign-out"];
    paths.retain(|p| !open.contains(&&**p) && !p.ends_with("{reference}"));
    for (gap, name) in [("{search}", "none"), ("{n}", "0"), ("{position}", "0")] {
        paths.iter_mut().for_each(|p| *p = p.replace(gap, name));
    }
    for gap in ["{id}", "{short}", "{file}", "{act}"] {
        paths.iter_mut().for_each(|p| *p = p.replace(gap, "none"));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// What a role gets of every route, by either method: paths it may use.
fn allowed(s: &Served, me: &str) -> Vec<String> {
    let mut open = Vec::new();
    for path in staff_paths() {
        for method in ["GET", "POST"] {
            let got = s.send(method, &path, me, "");
            assert_ne!(got.status, 500, "{method} {path}: {}", got.text);
            if !matches!(got.status, 403 | 405) {
                open.push(format!("{method} {path}"));
            }
        }
    }
    open
}

#[test]
fn every_route_says_whom_it_is_for() {
    let s = Served::new();
    assert!(staff_paths().len() > 45, "{:?}", staff_paths());
    let holder = allowed(&s, &s.signed_in("hal", Role::Holder));
    let private = ["cases", "permissions", "campaigns", "messages", "screen", "programs", "ledger"];
    let seen = |what: &str| holder.iter().find(|p| p.contains(&format!("/office/{what}")));
    assert_eq!(private.iter().find_map(|what| seen(what)), None);
    let changes = ["POST /office/holdings", "POST /office/register", "POST /office/settings"];
    assert!(!holder.iter().any(|p| changes.iter().any(|c| p.starts_with(c))), "{holder:?}");
    let auditor = allowed(&s, &s.signed_in("ada", Role::Auditor));
    let changes: Vec<_> = auditor.iter().filter(|p| p.starts_with("POST")).collect();
    // A look-up is a question; their own account and sessions are theirs.
    let own = ["account", "staff/none", "permissions/look", "cases/find"];
    let own = own.map(|p| format!("POST /office/{p}"));
    assert!(changes.iter().all(|p| own.contains(p)), "{changes:?}");
    let administrator = allowed(&s, &s.signed_in("abe", Role::Administrator));
    let cases = |p: &&String| p.contains("/office/cases") || p.contains("/office/permissions");
    assert_eq!(administrator.iter().find(cases), None, "sees no case and nobody’s wishes");
    // Nobody who has not signed in gets further than the door.
    for path in staff_paths() {
        let got = s.send("GET", &path, "", "");
        assert!(matches!(got.status, 303 | 405), "{path}: {}", got.status);
    }
}

#[test]
fn a_map_never_names_the_office_s_own_files() {
    let s = Served::new();
    s.add_cabinet();
    for folder in ["outbox", "work"] {
        std::fs::create_dir_all(s.office.data().join(folder)).unwrap();
    }
    let map = |more: &str| {
        let text = format!("holding = \"h\"\ntitle = \"H\"\n{more}\n");
        let map = DataMap::from_toml(&text, "map").unwrap();
        holdings::acts::open_map(&s.office, &map).map(drop)
    };
    let server = "kind = \"postgres\"\n[source]\nhost = \"127.0.0.1\"\nport = 9\n\
                  database = \"d\"\nuser = \"u\"\npassword_file = ";
    for more in [
        format!("{server}\"office.key\""),
        format!("{server}\"./work/../office.key\""),
        format!("{server}\"candour.toml\""),
        "kind = \"documents\"\n[source]\npath = \"outbox\"".into(),
        "kind = \"documents\"\n[source]\npath = \".\"".into(),
        "kind = \"sqlite\"\n[source]\npath = \"office.db\"".into(),
    ] {
        let said = map(&more).unwrap_err().to_string();
        assert!(said.contains("the office’s own files"), "{more}: {said}");
    }
    std::fs::create_dir(s.office.data().join("papers")).unwrap();
    map("kind = \"documents\"\n[source]\npath = \"papers\"").unwrap();
}

#[test]
fn a_new_password_wants_the_old_one_and_ends_other_sessions() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let there =
        staff::sign_in(&s.office, "ruth@harbour.example", PASSWORD, "elsewhere", None).unwrap();
    let SignIn::Done(elsewhere) = there else { panic!("no code app is on") };
    let elsewhere = format!("Cookie: candour={elsewhere}\r\n");
    let change = |form: &str| s.send("POST", "/office/account", &me, form);
    for form in [
        "act=password&password=paper+boats+drifting",
        "act=password&old=not+it+at+all&password=paper+boats+drifting",
    ] {
        let no = change(form);
        assert!(no.status == 422 && no.text.contains("not the password you have"), "{}", no.text);
    }
    assert_eq!(s.send("GET", "/office/account", &elsewhere, "").status, 200);
    let old = PASSWORD.replace(' ', "+");
    let form = format!("act=password&old={old}&password=paper+boats+drifting");
    assert_eq!(change(&form).status, 303);
    assert_eq!(s.send("GET", "/office/account", &me, "").status, 200, "this session goes on");
    assert_eq!(s.send("GET", "/office/account", &elsewhere, "").status, 303, "others end");
    assert!(staff::sign_in(&s.office, "ruth@harbour.example", PASSWORD, "again", None).is_err());
    for _ in 0..5 {
        change("act=password&old=guess&password=paper+boats+drifting");
    }
    let locked = change(&form).text;
    assert!(locked.contains("Too many"), "guesses are counted as at the door: {locked}");
}

#[test]
fn an_answer_without_its_link_is_not_even_read() {
    let s = Served::new();
    let boundary = "Content-Type: multipart/form-data; boundary=x\r\n";
    // The body is no form at all: it would be told so if anybody looked.
    let got = s.send("POST", "/answer/none", boundary, "broken");
    assert_eq!(got.status, 409, "{} {}", got.head, got.text);
}

#[test]
fn ten_thousand_fields_are_taken_at_once() {
    let s = Served::new();
    let begun = s.send("POST", "/o/harbour/data-rights/ask", "", "");
    let headers = format!("Cookie: {}\r\n", begun.cookie);
    let form: Vec<String> = (0..10_000).map(|n| format!("f{n}=")).collect();
    let form = format!("who=me&who=other&{}", form.join("&"));
    let got = s.send("POST", "/o/harbour/data-rights/ask/who", &headers, &form);
    assert_eq!(got.status, 303);
    assert!(got.head.contains("/ask/name"), "the first of two answers counts: {}", got.head);
    let more = "x".repeat(200 << 10);
    let got = s.send("POST", "/o/harbour/data-rights/ask/who", &headers, &more);
    assert_eq!(got.status, 413, "the public types less");
}

#[test]
fn over_https_only_the_cookie_bound_to_the_host_counts() {
    let s = Served::set_up("public_url = \"https://rights.example.org\"\n");
    let planted = s.signed_in("ruth", Role::Officer);
    assert_eq!(s.send("GET", "/office/account", &planted, "").status, 303);
    let bound = planted.replace("candour=", "__Host-candour=");
    assert_eq!(s.send("GET", "/office/account", &bound, "").status, 200);
}

#[test]
fn a_closed_form_closes_nothing_else() {
    let s = Served::new();
    let mut charter = s.office.read(|tx| crate::charter::current(tx, &s.by.org)).unwrap();
    charter.channels.portal = false;
    let (by, vault) = (s.by.clone(), s.office.vault().clone());
    s.office.write(move |tx| crate::charter::set(tx, &vault, &by, &charter)).unwrap();
    let start = s.send("GET", "/o/harbour/data-rights", "", "");
    assert!(start.text.contains("This form is closed") && !start.text.contains("Start now"));
    assert_eq!(s.send("POST", "/o/harbour/data-rights/ask", "", "").status, 404);
    for path in ["stop", "preferences", "privacy", "data-rights/status", "data-rights/about"] {
        assert_eq!(s.send("GET", &format!("/o/harbour/{path}"), "", "").status, 200, "{path}");
    }
}

#[test]
fn destroyed_content_leaves_no_words_beside_it() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, search) = s.case("Amara Quill");
    let answer = Answer { nothing: false, words: "A card about A. Quill".into(), files: vec![] };
    search::answer(&s.office, &s.by, &search, &answer).unwrap();
    let row = s.office.read(|tx| sql::case_by_ref(tx, &s.by.org, &reference)).unwrap();
    let (o, by, id) = (s.office.clone(), s.by.clone(), row.id.clone());
    let withdrawn = crate::requests::rules::Outcome::Withdrawn;
    s.office.write(move |tx| acts::end(tx, &o, &by, &id, withdrawn, ("", ""))).unwrap();
    let kept = |s: &Served| {
        s.office
            .read(|tx| {
                let row = sql::case_by_ref(tx, &s.by.org, &reference)?;
                let search = sql::a_search(tx, &s.by.org, &search)?;
                Ok(format!("{:?} {}", row.request, search.record))
            })
            .unwrap()
    };
    let before = kept(&s);
    assert!(before.contains("known") && before.contains("A card about"), "{before}");
    let (o, by, id) = (s.office.clone(), s.by.clone(), row.id.clone());
    s.office.write(move |tx| acts::destroy(tx, &o, &by, &id)).unwrap();
    let after = kept(&s);
    assert!(!after.contains("known") && !after.contains("A card about"), "{after}");
    assert!(after.contains("by hand"), "that it was searched, and how, stays: {after}");
}

const SIGN_IN: &str = "/office/sign-in";

/// The cookie of this browser that an answer sets, as the header that brings it back.
fn device_of(got: &Got) -> Option<String> {
    let set = got.head.lines().filter_map(|l| l.strip_prefix("set-cookie: "));
    let own = set.map(|c| c.split(';').next().unwrap()).find(|c| c.starts_with("candour-device="));
    own.map(|c| format!("Cookie: {c}\r\n"))
}

fn signing(name: &str, password: &str) -> String {
    format!("email={name}%40harbour.example&password={}", password.replace(' ', "+"))
}

/// Whoever knows the address of somebody on the staff may try, and only shuts out those whose
/// browser has never signed in there.
#[test]
fn strangers_do_not_lock_out_a_browser_that_signed_in_before() {
    let s = Served::new();
    let session = s.signed_in("ruth", Role::Officer);
    s.signed_in("sam", Role::CaseWorker);
    let try_as = |name: &str, password: &str, with: &str| {
        s.send("POST", SIGN_IN, with, &signing(name, password))
    };
    let known = device_of(&try_as("ruth", PASSWORD, "")).expect("a browser is known from now on");
    let sams = device_of(&try_as("sam", PASSWORD, "")).unwrap();
    let wrong = |name: &str, with: &str| -> Vec<(u16, String)> {
        let answers = (0..7).map(|_| try_as(name, "wrong password", with));
        answers.map(|g| (g.status, g.text.replace(name, ""))).collect()
    };
    let told = wrong("ruth", "");
    assert_eq!((told[4].0, told[5].0), (422, 429));
    assert_eq!(try_as("ruth", PASSWORD, "").status, 429, "for strangers it is locked");
    for forged in
        [known.replace("device=", "device=0"), sams.clone(), "Cookie: candour-device=x\r\n".into()]
    {
        assert_eq!(try_as("ruth", PASSWORD, &forged).status, 429, "{forged}");
    }
    assert_eq!(try_as("ruth", PASSWORD, &known).status, 303, "her own browser goes on");
    // Nor do they keep her from changing the password she has.
    let form = "act=password&old=wrong&password=three+brass+kettles";
    let change = s.send("POST", "/office/account", &session, form);
    assert_eq!(change.status, 422, "{}", change.text);
    // What a known browser may try has the same limit, and an unknown address answers as before.
    assert_eq!(wrong("ruth", &known), told);
    assert_eq!(try_as("ruth", PASSWORD, &known).status, 429);
    assert_eq!(wrong("nobody", &sams), told);
}
