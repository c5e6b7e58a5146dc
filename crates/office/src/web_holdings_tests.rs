//! Holdings as their pages show them: a form for each table of a map, places that may be named, a
//! holding that ends.

use super::*;
use crate::holdings::Holding;

/// The club's database as it is made by hand: members with a code, and a table with an odd name.
const CLUB: &str = "CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT, status TEXT);
     CREATE TABLE \"Gäste / 2026.1\" (id INTEGER PRIMARY KEY, member_id INTEGER, notes TEXT);
     CREATE TABLE colours (id INTEGER PRIMARY KEY, colour TEXT);";

fn database(path: &std::path::Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(CLUB).unwrap();
    for n in 0..60 {
        let status = if n % 3 == 0 { "L" } else { "A" };
        let email = format!("m{n}@example.org");
        db.execute("INSERT INTO members VALUES (?1, ?2, ?3)", (n, email, status)).unwrap();
    }
}

impl Served {
    /// A club database in the holdings folder, added and scanned at the machine.
    fn club(&self) -> Holding {
        database(&self.office.data().join("holdings/club.db"));
        self.kept("club", "holdings/club.db");
        holdings::acts::scan_and_save(&self.office, &self.by, &self.holding("club")).unwrap();
        self.holding("club")
    }

    fn kept(&self, short: &str, path: &str) {
        let source = Source { path: Some(path.into()), ..Source::default() };
        let new = holdings::acts::NewHolding {
            short: short.into(),
            title: "Club database".into(),
            kind: HoldingKind::Sqlite,
            source,
            post: None,
            post_email: None,
        };
        holdings::acts::add(&self.office, &self.by, new).unwrap();
    }

    fn holding(&self, short: &str) -> Holding {
        self.office.read(|tx| holdings::sql::by_short(tx, &self.by.org, short)).unwrap()
    }

    fn said(&self, h: &Holding) -> Vec<String> {
        let about = format!("holding:{}", h.id);
        let all = |tx: &mut candour_db::Tx<'_>| {
            crate::proof::history(tx, self.office.vault(), &self.by.org, &about)
        };
        self.office.read(all).unwrap().into_iter().map(|l| format!("{l:?}")).collect()
    }

    /// The form of a table as a browser would send it back, unchanged.
    fn form(&self, me: &str, path: &str) -> Vec<(String, String)> {
        let got = self.send("GET", path, me, "");
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        fields(&got.text)
    }

    fn post(&self, me: &str, path: &str, form: &[(String, String)]) -> Got {
        self.send("POST", path, me, &encoded(form))
    }
}

fn encoded(form: &[(String, String)]) -> String {
    let byte = |b: &u8| match b.is_ascii_alphanumeric() {
        true => char::from(*b).to_string(),
        false => format!("%{b:02X}"),
    };
    let word = |text: &str| text.as_bytes().iter().map(byte).collect::<String>();
    let pair = |(n, v): &(String, String)| format!("{}={}", word(n), word(v));
    form.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn plain(text: &str) -> String {
    let mut text = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<");
    text = text.replace("&#62;", ">");
    text.replace("&#38;", "&")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let text = tag.split(&format!(" {name}=\"")).nth(1)?;
    Some(plain(text.split('"').next()?))
}

/// What a browser sends of the form of a page, in its first state.
fn fields(page: &str) -> Vec<(String, String)> {
    let page = page.split("id=\"form\"").nth(1).unwrap().split("</form>").next().unwrap();
    let mut all = Vec::new();
    for part in page.split('<').filter(|p| !p.starts_with('/')) {
        let (tag, text) = part.split_once('>').unwrap();
        if tag.starts_with("input ") {
            let kind = attribute(tag, "type").unwrap();
            let choice = kind == "radio" || kind == "checkbox";
            if !choice || tag.ends_with(" checked") {
                all.push((attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap()));
            }
        } else if tag.starts_with("textarea ") {
            all.push((attribute(tag, "name").unwrap(), plain(text)));
        } else if tag.starts_with("select ") {
            all.push((attribute(tag, "name").unwrap(), String::new()));
        } else if tag.starts_with("option ") && tag.ends_with(" selected") {
            all.last_mut().unwrap().1 = attribute(tag, "value").unwrap();
        }
    }
    all
}

fn set(form: &mut Vec<(String, String)>, name: &str, value: &str) {
    form.retain(|(n, _)| n != name);
    form.push((name.into(), value.into()));
}

#[test]
fn each_table_is_decided_in_a_form_that_goes_on_to_the_next() {
    let s = Served::new();
    s.activity("membership");
    let h = s.club();
    let me = s.signed_in("ruth", Role::Officer);
    let names: Vec<&str> = h.map.collection.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["Gäste / 2026.1", "colours", "members"]);
    let one = s.send("GET", "/office/holdings/club", &me, "").text;
    assert!(one.contains("/office/holdings/club/map/0\">Gäste / 2026.1</a>"), "{one}");
    assert!(one.contains("to decide"));
    // Nothing is decided by saving alone, and nothing changes.
    let path = |n: usize| format!("/office/holdings/club/map/{n}");
    let same = s.post(&me, &path(2), &s.form(&me, &path(2)));
    assert_eq!(same.status, 303, "{}", same.text);
    let now = s.holding("club");
    assert_eq!((now.version, &now.map.collection), (h.version + 1, &h.map.collection));
    let mut form = s.form(&me, &path(2));
    let page = s.send("GET", &path(2), &me, "").text;
    assert!(page.contains("status: what do its values mean?"), "{page}");
    assert!(form.contains(&("f2-codes".into(), "A =\nL =".into())), "{form:?}");
    for (name, value) in [
        ("holds", "person"),
        ("activity", "membership"),
        ("erasure", "delete"),
        ("f2-codes", "A = Active\nL = Lapsed"),
        ("looked", "yes"),
        ("sure", "yes"),
    ] {
        set(&mut form, name, value);
    }
    let saved = s.post(&me, &path(2), &form);
    assert_eq!(saved.status, 303, "{}", saved.text);
    assert!(saved.head.contains("location: /office/holdings/club/map/0"), "{}", saved.head);
    let members = s.holding("club").map.collection[2].clone();
    assert_eq!(members.field[2].codes["L"], "Lapsed");
    assert_eq!(members.activity.as_deref(), Some("membership"));
    // The table with the odd name: its link is added by hand, the notes are looked through.
    let mut form = s.form(&me, &path(0));
    for (name, value) in [
        ("holds", "linked"),
        ("activity", "membership"),
        ("erasure", "delete"),
        ("looked", "yes"),
        ("sure", "yes"),
        ("f2-mentions", "yes"),
        ("link-fields", "member_id"),
        ("link-to", "members"),
        ("link-to-fields", "ident"),
    ] {
        set(&mut form, name, value);
    }
    let no = s.post(&me, &path(0), &form);
    assert!(no.status == 422 && no.text.contains("has no field ident"), "{}", no.text);
    assert!(no.text.contains(">ident</textarea>"), "what was typed is kept");
    set(&mut form, "link-to-fields", "id");
    let saved = s.post(&me, &path(0), &form);
    assert!(saved.head.contains("location: /office/holdings/club/map/1"), "{}", saved.text);
    let guests = s.holding("club").map.collection[0].clone();
    assert!(guests.field[2].mentions && guests.link.iter().any(|l| l.confirmed), "{guests:?}");
    // No personal data needs a reason.
    let mut form = s.form(&me, &path(1));
    set(&mut form, "holds", "none");
    set(&mut form, "why", " ");
    set(&mut form, "sure", "yes");
    let no = s.post(&me, &path(1), &form);
    assert!(no.status == 422 && no.text.contains("Say why it holds no"), "{}", no.text);
    set(&mut form, "why", "A list of colours");
    let saved = s.post(&me, &path(1), &form);
    assert!(saved.head.contains("location: /office/holdings/club\r"), "{}", saved.head);
    let done = s.holding("club");
    assert_eq!(done.problems, Vec::<String>::new());
    let one = s.send("GET", "/office/holdings/club", &me, "").text;
    assert!(!one.contains("to decide</span>") && one.contains("A is Active; L is Lapsed"), "{one}");
}

#[test]
fn nobody_writes_over_a_table_that_they_have_not_seen() {
    let s = Served::new();
    let h = s.club();
    let me = s.signed_in("ruth", Role::Officer);
    let mut form = s.form(&me, "/office/holdings/club/map/2");
    set(&mut form, "f2-category", "financial");
    // Somebody takes a field and a table out meanwhile.
    let mut map = h.map.clone();
    map.collection[2].field.remove(0);
    map.collection.remove(0);
    holdings::acts::save_map(&s.office, &s.by, &h, map).unwrap();
    let late = s.post(&me, "/office/holdings/club/map/2", &form);
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("Somebody changed this map meanwhile"));
    let again = fields(&late.text);
    let at = |name: &str| again.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!((at("f1-name"), at("f1-category")), (Some("status"), Some("financial")));
    assert_eq!(at("f0-name"), Some("email"));
    assert!(late.text.contains("action=\"/office/holdings/club/map/1\""));
    assert_eq!(s.post(&me, "/office/holdings/club/map/1", &again).status, 303);
    let members = &s.holding("club").map.collection[1];
    assert_eq!(members.field.len(), 2);
    assert_eq!(members.field[1].category, candour_connectors::Category::Financial);
}

#[test]
fn a_form_that_cannot_be_checked_keeps_what_was_chosen_and_says_so() {
    let s = Served::new();
    s.club();
    let me = s.signed_in("ruth", Role::Officer);
    let mut form = s.form(&me, "/office/holdings/club/map/2");
    set(&mut form, "f2-category", "financial");
    let file = s.office.data().join("holdings/club.db");
    std::fs::rename(&file, file.with_extension("away")).unwrap();
    let no = s.post(&me, "/office/holdings/club/map/2", &form);
    assert!(no.status == 422 && no.text.contains("Nothing has been saved"), "{}", no.text);
    assert!(fields(&no.text).contains(&("f2-category".into(), "financial".into())));
    std::fs::rename(file.with_extension("away"), &file).unwrap();
    assert_eq!(s.post(&me, "/office/holdings/club/map/2", &fields(&no.text)).status, 303);
}

/// Adds a holding in the browser and answers what was said.
fn add(s: &Served, me: &str, short: &str, path: &str) -> Got {
    let form = [("kind", "sqlite"), ("title", "A"), ("short", short), ("path", path)];
    let form = form.map(|(n, v)| (n.to_owned(), v.to_owned()));
    s.post(me, "/office/holdings/new", &form)
}

#[test]
fn in_the_browser_only_what_lies_in_the_organisation_s_folders_may_be_named() {
    let outside = tempfile::tempdir().unwrap();
    let named = tempfile::tempdir().unwrap();
    let settings = format!("[[folders]]\npath = \"{}\"\n", named.path().display());
    let s = Served::set_up(&settings);
    let me = s.signed_in("ruth", Role::Officer);
    for dir in [outside.path(), named.path(), &s.office.data().join("holdings")] {
        database(&dir.join("club.db"));
    }
    let secret = outside.path().join("club.db").display().to_string();
    std::os::unix::fs::symlink(outside.path(), named.path().join("out")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("later"), named.path().join("soon")).unwrap();
    let bad = [
        secret.clone(),
        outside.path().join("not-there.db").display().to_string(),
        "/etc/passwd".into(),
        "../club.db".into(),
        "holdings/../office.db".into(),
        "holdings/none/../../../club.db".into(),
        named.path().join("out/club.db").display().to_string(),
        named.path().join("out/not-there.db").display().to_string(),
        named.path().join("soon/club.db").display().to_string(),
        // Begins as a folder that may be named, and is another.
        format!("{}-more/club.db", named.path().display()),
    ];
    let mut answers = std::collections::BTreeSet::new();
    for path in &bad {
        let no = add(&s, &me, "a", path);
        assert!(no.status == 422 && no.text.contains("can’t be named here"), "{path}: {}", no.text);
        assert!(no.text.contains("[[folders]]") && no.text.contains("href=\"#path\""));
        answers.insert(no.text.replace(&path.replace('&', "&#38;"), ""));
    }
    assert_eq!(answers.len(), 1, "what is there and what is not is answered alike");
    assert_eq!(add(&s, &me, "own", "holdings/club.db").status, 303);
    let in_named = named.path().join("club.db").display().to_string();
    assert_eq!(add(&s, &me, "named", &in_named).status, 303);
    // Nor by the map as text, nor by the form for changes.
    let text = s.holding("own").map.to_toml().unwrap().replace("holdings/club.db", &secret);
    let form = [("version".to_owned(), "1".to_owned()), ("map".to_owned(), text)];
    let no = s.post(&me, "/office/holdings/own/map", &form);
    assert!(no.status == 422 && no.text.contains("outside the folders"), "{}", no.text);
    let mut form = s.form(&me, "/office/holdings/own/change");
    set(&mut form, "path", &secret);
    let no = s.post(&me, "/office/holdings/own/change", &form);
    assert!(no.status == 422 && no.text.contains("can’t be named here"), "{}", no.text);
    set(&mut form, "path", &in_named);
    assert_eq!(s.post(&me, "/office/holdings/own/change", &form).status, 303);
    // A folder that is swapped for a link later is refused when it is reached.
    let h = s.holding("named");
    std::fs::remove_file(named.path().join("club.db")).unwrap();
    std::os::unix::fs::symlink(&secret, named.path().join("club.db")).unwrap();
    let no = holdings::connect(&s.office, &h).map(drop).unwrap_err();
    assert!(no.to_string().contains("outside the folders"), "{no}");
    // Whoever sits at the machine may name it.
    s.kept("machine", &secret);
    holdings::connect(&s.office, &s.holding("machine")).unwrap();
    let mut form = s.form(&me, "/office/holdings/machine/change");
    set(&mut form, "title", "Another name");
    assert_eq!(s.post(&me, "/office/holdings/machine/change", &form).status, 303);
    holdings::connect(&s.office, &s.holding("machine")).unwrap();
}

#[test]
fn a_password_or_certificate_outside_is_not_read_for_whoever_sits_at_a_browser() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    std::fs::create_dir_all(s.office.data().join("holdings")).unwrap();
    for (field, value) in
        [("password-file", "/etc/passwd"), ("ca-file", "/etc/hosts"), ("host", "/var/run/pg")]
    {
        let mut form: Vec<(String, String)> = [
            ("kind", "postgres"),
            ("title", "A"),
            ("short", "a"),
            ("host", "127.0.0.1"),
            ("port", "9"),
            ("database", "d"),
            ("user", "u"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into();
        set(&mut form, field, value);
        let no = s.post(&me, "/office/holdings/new", &form);
        assert!(no.status == 422 && no.text.contains(&format!("href=\"#{field}\"")), "{field}");
        assert!(no.text.contains("can’t be named here"), "{field}: {}", no.text);
    }
}

#[test]
fn with_several_organisations_each_has_its_own_folder() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let mut other = s.office.read(|tx| crate::charter::current(tx, &s.by.org)).unwrap();
    let short = other.organisation.short.clone();
    other.organisation.short = "chapel".into();
    s.office.found(other).unwrap();
    for dir in ["holdings", "holdings/chapel", &format!("holdings/{short}")] {
        database(&s.office.data().join(dir).join("club.db"));
    }
    for path in ["holdings/club.db", "holdings/chapel/club.db"] {
        assert_eq!(add(&s, &me, "a", path).status, 422, "{path}");
    }
    assert_eq!(add(&s, &me, "a", &format!("holdings/{short}/club.db")).status, 303);
}

#[test]
fn folders_that_come_to_nothing_are_told() {
    let named = tempfile::tempdir().unwrap();
    let path = named.path().display();
    let settings = format!(
        "[[folders]]\npath = \"{path}\"\n[[folders]]\npath = \"none\"\n\
         [[folders]]\norganisation = \"nobody\"\npath = \"{path}\"\n"
    );
    let s = Served::set_up(&settings);
    let told = holdings::idle_places(&s.office).unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("not there") && told[1].contains("no organisation nobody"));
}

#[test]
fn the_kind_is_asked_first_and_only_its_fields_are_shown() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let get = |q: &str| s.send("GET", &format!("/office/holdings/new{q}"), &me, "");
    assert!(!get("").text.contains("name=\"path\"") && get("").text.contains("What sort of place"));
    let none = get("?asked=yes");
    assert!(none.status == 422 && none.text.contains("Choose what sort of place"));
    for (kind, has, lacks) in [
        ("csv", "path", "host"),
        ("mysql", "host", "schema"),
        ("postgres", "schema", "path"),
        ("paper", "post-email", "path"),
    ] {
        let page = get(&format!("?asked=yes&kind={kind}")).text;
        assert!(page.contains(&format!("name=\"{has}\"")), "{kind}");
        assert!(!page.contains(&format!("name=\"{lacks}\"")), "{kind}");
    }
    // What is missing or too long is told beside it, and the rest is kept.
    let long = "x".repeat(201);
    let form = [("kind", "sqlite"), ("title", &*long), ("short", "a"), ("path", "kept.db")];
    let form = form.map(|(n, v)| (n.to_owned(), v.to_owned()));
    let no = s.post(&me, "/office/holdings/new", &form);
    assert!(no.status == 422 && no.text.contains("href=\"#title\""), "{}", no.text);
    assert!(no.text.contains("Shorten this to 200") && no.text.contains("kept.db"));
    let no = add(&s, &me, "a", "");
    assert!(no.status == 422 && no.text.contains("Enter the path"), "{}", no.text);
}

#[test]
fn a_new_place_is_tried_before_it_is_kept_and_what_was_counted_is_forgotten() {
    let s = Served::new();
    let h = s.club();
    let me = s.signed_in("ruth", Role::Officer);
    let counted = |h: &Holding| {
        h.map.collection.iter().flat_map(|c| &c.field).filter(|f| f.census.is_some()).count()
    };
    assert!(counted(&h) > 0);
    let path = "/office/holdings/club/change";
    let mut form = s.form(&me, path);
    set(&mut form, "title", "The club");
    assert_eq!(s.post(&me, path, &form).status, 303);
    assert!(counted(&s.holding("club")) > 0, "it is where it was");
    let mut form = s.form(&me, path);
    set(&mut form, "path", "holdings/none.db");
    set(&mut form, "post", "Secretary");
    let no = s.post(&me, path, &form);
    assert!(no.status == 422 && no.text.contains("value=\"Secretary\""), "{}", no.text);
    assert_eq!(s.holding("club").map.source, h.map.source);
    database(&s.office.data().join("holdings/new/club.db"));
    set(&mut form, "path", "holdings/new/club.db");
    assert_eq!(s.post(&me, path, &form).status, 303);
    let now = s.holding("club");
    assert_eq!((counted(&now), now.post.as_deref()), (0, Some("Secretary")));
    assert!(now.bound && now.title == "The club");
    assert!(s.said(&now)[0].contains("where it is, the post that keeps it"), "{:?}", s.said(&now));
    // Two at once: the second is told, and may save knowingly.
    let (mut first, mut second) = (s.form(&me, path), s.form(&me, path));
    set(&mut first, "title", "A");
    set(&mut second, "title", "B");
    assert_eq!(s.post(&me, path, &first).status, 303);
    let late = s.post(&me, path, &second);
    assert!(late.status == 422 && late.text.contains("by someone else meanwhile"), "{}", late.text);
    assert_eq!(s.holding("club").title, "A");
    assert_eq!(s.post(&me, path, &fields(&late.text)).status, 303);
    assert_eq!(s.holding("club").title, "B");
}

#[test]
fn a_holding_that_ends_is_not_searched_and_open_cases_say_so() {
    let s = Served::new();
    s.add_cabinet();
    let (first, search) = s.case("Amara Quill");
    let me = s.signed_in("ruth", Role::Officer);
    let path = "/office/holdings/cabinet/end";
    let mut form = s.form(&me, path);
    let no = s.post(&me, path, &form);
    assert!(no.status == 422 && no.text.contains("Say why"), "{}", no.text);
    set(&mut form, "reason", "Copied into the database, then shredded");
    set(&mut form, "day-year", "2199");
    let no = s.post(&me, path, &form);
    assert!(no.status == 422 && no.text.contains("a day that has come"), "{}", no.text);
    assert!(no.text.contains("then shredded</textarea>"), "what was typed is kept");
    set(&mut form, "day-year", "2020");
    assert_eq!(s.post(&me, path, &form).status, 303);
    let h = s.holding("cabinet");
    assert!(s.said(&h)[0].contains("holding.ended") && s.said(&h)[0].contains("shredded"));
    let list = s.send("GET", "/office/holdings", &me, "").text;
    assert!(list.contains("No longer kept") && list.contains("then shredded"), "{list}");
    // The case waits, says so at its task, which leads to where it is set aside by who may.
    let case = s.send("GET", &format!("/office/cases/{first}"), &me, "").text;
    assert!(case.contains("No longer kept") && case.contains("Filing cabinet"), "{case}");
    let there = format!("/office/cases/{first}/set-aside/{search}");
    assert!(case.contains(&format!("<a href=\"{there}\">Search the holdings</a>")), "{case}");
    assert!(case.contains("One is no longer kept") && case.contains("1 no longer kept"), "{case}");
    let worker = s.signed_in("mina", Role::CaseWorker);
    let case = s.send("GET", &format!("/office/cases/{first}"), &worker, "").text;
    assert!(case.contains("#found\">Search the holdings</a>"), "{case}");
    assert!(case.contains("1 no longer kept") && !case.contains(&there), "{case}");
    let mut connections = search::Connections::default();
    let id = s.office.read(|tx| sql::case_by_ref(tx, &s.by.org, &first)).unwrap().id;
    search::find(&s.office, &s.by, &id, &mut connections, &mut search::Quiet).unwrap();
    let row = || s.office.read(|tx| sql::a_search(tx, &s.by.org, &search)).unwrap();
    assert_eq!(row().state, "planned", "it is never dropped by itself");
    let aside = format!("/office/cases/{first}/set-aside/{search}");
    assert_eq!(s.send("POST", &aside, &me, "reason=Shredded").status, 303);
    assert_eq!(row().state, "set-aside");
    let case = s.send("GET", &format!("/office/cases/{first}"), &me, "").text;
    assert!(!case.contains("no longer kept"), "nothing is waited for: {case}");
    // A new case does not look there, and nothing but taking it up goes on with it.
    s.kept_case("Bram Novak");
    for (method, path) in [
        ("GET", "/office/holdings/cabinet/change"),
        ("POST", "/office/holdings/cabinet/scan"),
        ("POST", "/office/holdings/cabinet/check"),
    ] {
        assert_eq!(s.send(method, path, &me, "").status, 409, "{path}");
    }
    assert_eq!(s.send("POST", "/office/holdings/cabinet/take-up", &me, "").status, 303);
    let again = s.send("POST", "/office/holdings/cabinet/take-up", &me, "");
    assert!(again.status == 409 && again.text.contains("kept already"), "{}", again.text);
    let h = s.holding("cabinet");
    assert!(h.ended.is_none() && s.said(&h)[0].contains("holding.taken-up"));
    assert_eq!(s.office.read(|tx| holdings::active(tx, &s.by.org)).unwrap().len(), 1);
}

#[test]
fn a_post_is_asked_no_more_about_records_that_are_no_longer_kept() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, search) = s.case("Amara Quill");
    let id = s.office.read(|tx| sql::case_by_ref(tx, &s.by.org, &reference)).unwrap().id;
    let mut connections = search::Connections::default();
    search::find(&s.office, &s.by, &id, &mut connections, &mut search::Quiet).unwrap();
    let row = || s.office.read(|tx| sql::a_search(tx, &s.by.org, &search)).unwrap();
    assert_eq!(row().state, "asked");
    let in_days = |n: i64| crate::proof::By {
        now: s.by.now + jiff::SignedDuration::from_hours(24 * n),
        ..s.by.clone()
    };
    assert_eq!(search::chase(&s.office, &in_days(8)).unwrap(), 1);
    let path = format!("/answer/{}", s.link("paper", &search));
    assert!(s.send("GET", &path, "", "").text.contains("Amara Quill"));
    let me = s.signed_in("ruth", Role::Officer);
    let mut form = s.form(&me, "/office/holdings/cabinet/end");
    set(&mut form, "reason", "shredded");
    assert_eq!(s.post(&me, "/office/holdings/cabinet/end", &form).status, 303);
    assert_eq!(search::chase(&s.office, &in_days(16)).unwrap(), 0);
    assert_eq!((row().state.as_str(), row().chased), ("asked", 1), "it still waits");
    let got = s.send("GET", &path, "", "");
    assert!(got.status == 410 && got.text.contains("no longer kept"), "{}", got.text);
    assert!(got.text.contains("Filing cabinet") && got.text.contains("Thank you"));
    for secret in ["Amara", "Quill", &*reference, "someone@example.org", "shredded"] {
        assert!(!got.text.contains(secret), "{secret}");
    }
    let boundary = "Content-Type: multipart/form-data; boundary=x\r\n";
    assert_eq!(s.send("POST", &path, boundary, "broken").status, 410);
    let today = s.send("GET", "/office", &me, "").text;
    assert!(today.contains("Set Filing cabinet aside"), "{today}");
    assert_eq!(s.send("POST", "/office/holdings/cabinet/take-up", &me, "").status, 303);
    assert!(s.send("GET", &path, "", "").text.contains("Amara Quill"), "it is kept again");
    assert_eq!(search::chase(&s.office, &in_days(16)).unwrap(), 1);
}

/// The form of a database server, at this host and port.
fn server(kind: &str, host: &str, port: &str) -> Vec<(String, String)> {
    let form = [
        ("kind", kind),
        ("title", "A"),
        ("short", "a"),
        ("host", host),
        ("port", port),
        ("database", "d"),
        ("user", "u"),
        ("tls", "disable"),
    ];
    form.map(|(n, v)| (n.to_owned(), v.to_owned())).into()
}

#[test]
fn in_the_browser_the_office_connects_to_no_server_that_is_not_named() {
    let line = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    line.set_nonblocking(true).unwrap();
    let port = line.local_addr().unwrap().port().to_string();
    let settings = "[[servers]]\nhost = \"db.example.invalid\"\n\
                    [[servers]]\norganisation = \"chapel\"\nhost = \"127.0.0.1\"\n";
    let s = Served::set_up(settings);
    let me = s.signed_in("ruth", Role::Officer);
    for kind in ["postgres", "mysql"] {
        let mut answers = std::collections::BTreeSet::new();
        let said = |t: &str| {
            t.split("There is a problem").nth(1).unwrap().chars().take(400).collect::<String>()
        };
        for host in ["127.0.0.1", "localhost", "::1", "0.0.0.0", "10.0.0.7", "other.example"] {
            for port in [port.as_str(), ""] {
                let form = server(kind, host, port);
                let no = s.post(&me, "/office/holdings/new", &form);
                assert!(no.status == 422 && no.text.contains("href=\"#host\""), "{}", no.text);
                assert!(no.text.contains("This server can’t be named here"), "{}", no.text);
                assert!(no.text.contains("[[servers]]") && no.text.contains("db.example.invalid"));
                answers.insert(said(&no.text));
            }
        }
        assert_eq!(answers.len(), 1, "what is there and what is not is answered alike");
        // Of a server that is named, its usual port only.
        let form = server(kind, "DB.example.invalid", &port);
        let no = s.post(&me, "/office/holdings/new", &form);
        assert!(no.status == 422 && no.text.contains("href=\"#port\""), "{}", no.text);
        let form = server(kind, "DB.example.invalid", "");
        let no = s.post(&me, "/office/holdings/new", &form);
        assert!(no.status == 422 && no.text.contains("does not answer"), "{}", no.text);
    }
    // Nor by the map as text or the form for changes of one that was set at the machine.
    let source = Source {
        host: Some("127.0.0.1".into()),
        port: Some(port.parse().unwrap()),
        database: Some("d".into()),
        user: Some("u".into()),
        tls: Some(candour_connectors::Tls::Disable),
        ..Source::default()
    };
    let map = DataMap::new("machine", "M", HoldingKind::Postgres, source);
    let text = map.to_toml().unwrap().replace("127.0.0.1", "localhost");
    holdings::keep(&s.office, &s.by, map, None);
    let form = [("version".to_owned(), "1".to_owned()), ("map".to_owned(), text)];
    let no = s.post(&me, "/office/holdings/machine/map", &form);
    assert!(no.status == 422 && no.text.contains("may not be named in the browser"), "{}", no.text);
    let mut form = s.form(&me, "/office/holdings/machine/change");
    set(&mut form, "host", "localhost");
    let no = s.post(&me, "/office/holdings/machine/change", &form);
    assert!(no.status == 422 && no.text.contains("This server can’t be named here"), "{}", no.text);
    let page = || s.send("GET", "/office/holdings/machine", &me, "").text;
    assert!(!page().contains("Can’t be reached"), "the command line is not bound");
    // One that was added in the browser before servers had to be named says what to do.
    let (org, id) = (s.by.org.clone(), s.holding("machine").id);
    s.office.chore(move |tx| holdings::sql::set_bound(tx, &org, &id, true)).unwrap();
    let no = holdings::connect(&s.office, &s.holding("machine")).map(drop).unwrap_err();
    assert!(no.to_string().contains("[[servers]] in candour.toml"), "{no}");
    assert!(page().contains("Can’t be reached") && page().contains("[[servers]]"), "{}", page());
    assert!(line.accept().is_err(), "nobody was asked");
    let idle = holdings::idle_places(&s.office).unwrap();
    assert_eq!(idle, ["servers, 127.0.0.1: there is no organisation chapel"]);
}

/// A server that hangs up on everybody after these words.
fn hangs_up(words: &'static [u8]) -> u16 {
    let line = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = line.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut caller in line.incoming().flatten() {
            let _ = caller.write_all(words);
        }
    });
    port
}

#[test]
fn a_server_that_refuses_and_one_that_is_something_else_are_told_in_the_same_words() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ports = [closed, hangs_up(b""), hangs_up(b"SSH-2.0-Secret_9\r\n")];
    let settings =
        ports.map(|port| format!("[[servers]]\nhost = \"127.0.0.1\"\nport = {port}\n")).concat();
    let s = Served::set_up(&settings);
    let me = s.signed_in("ruth", Role::Officer);
    for kind in ["postgres", "mysql"] {
        let mut answers = std::collections::BTreeSet::new();
        for port in ports {
            let form = server(kind, "127.0.0.1", &port.to_string());
            let no = s.post(&me, "/office/holdings/new", &form);
            assert!(no.status == 422 && no.text.contains("does not answer"), "{}", no.text);
            assert!(!no.text.contains("Secret_9") && !no.text.contains("refused"), "{}", no.text);
            answers.insert(no.text.replace(&format!("value=\"{port}\""), ""));
        }
        assert_eq!(answers.len(), 1, "{kind}");
    }
}

impl Served {
    /// A case for which nothing is planned to be searched.
    fn kept_case(&self, name: &str) {
        let body =
            Body { asker: Asker { name: name.into(), ..Asker::default() }, ..Body::default() };
        let today = crate::kit::dates::day_of(self.by.now);
        let new = NewCase { right: Right::Access, via: Via::Email, received: today, body };
        let (o, by) = (self.office.clone(), self.by.clone());
        let opened = self.office.write(move |tx| acts::open_case(tx, &o, &by, &new)).unwrap();
        let settled = Settled { how: "known".into(), on: today };
        let (o, by, id) = (self.office.clone(), self.by.clone(), opened.id.clone());
        let n = self.office.write(move |tx| acts::settle_identity(tx, &o, &by, &id, &settled));
        assert_eq!(n.unwrap(), 0);
        let all = self.office.read(|tx| sql::searches(tx, &self.by.org, &opened.id)).unwrap();
        assert!(all.is_empty());
    }

    /// An entry of the register.
    fn activity(&self, short: &str) {
        let text = format!(
            "[[activity]]\nshort = \"{short}\"\ntitle = \"Running it\"\npurpose = \"To run it\"\n\
             basis = \"contract\"\npeople = [\"members\"]\ncategories = [\"names\"]\n\
             recipients = [\"our printers\"]\ntransfers = \"none\"\nsource = \"the person\"\n\
             automated_decisions = \"none\"\nretention = \"six years\"\n"
        );
        let file: crate::register::RegisterFile = toml::from_str(&text).unwrap();
        let (by, vault) = (self.by.clone(), self.office.vault().clone());
        self.office.write(move |tx| crate::register::set_all(tx, &vault, &by, &file)).unwrap();
    }
}

#[test]
fn what_is_too_long_for_the_register_is_told_beside_it() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let form = format!("short=a&title={}&purpose=kept+here&basis=contract", "x".repeat(201));
    let no = s.send("POST", "/office/register/new", &me, &form);
    assert!(no.status == 422 && no.text.contains("Shorten this to 200"), "{}", no.text);
    assert!(no.text.contains("href=\"#title\"") && no.text.contains("kept here"));
}
