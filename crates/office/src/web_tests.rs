//! What the web faces answer, asked over a loopback connection as a browser would.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use candour_connectors::{DataMap, HoldingKind, Source};

use crate::charter::Charter;
use crate::holdings;
use crate::office::Office;
use crate::people::Asker;
use crate::proof::By;
use crate::requests::acts::{self, NewCase};
use crate::requests::search::{self, Answer};
use crate::requests::{Body, Right, Settled, Via, Wants, sql};
use crate::routes;
use crate::staff::Role;
use crate::staff::acts::{self as staff, NewStaff, SignIn};

#[path = "door_tests.rs"]
mod door_tests;
#[path = "web_first_tests.rs"]
mod first_tests;
#[path = "web_house_tests.rs"]
mod house_tests;
#[path = "web_mend_tests.rs"]
mod mend_tests;
#[path = "web_holdings_tests.rs"]
mod web_holdings_tests;
#[path = "web_requests_tests.rs"]
mod web_requests_tests;
#[path = "web_review_tests.rs"]
mod web_review_tests;

const PASSWORD: &str = "tin lantern orchard";

/// An office with one organisation, served on a port of its own.
struct Served {
    office: Office,
    by: By,
    at: SocketAddr,
    _runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

/// An answer: status, headers and text.
struct Got {
    status: u16,
    head: String,
    /// The first cookie it sets.
    cookie: String,
    text: String,
}

impl Served {
    fn new() -> Self {
        Self::set_up("")
    }

    /// With more in its settings file.
    fn set_up(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        drop(Office::init(dir.path(), None).unwrap());
        std::fs::write(dir.path().join("candour.toml"), settings).unwrap();
        let office = Office::open(dir.path(), None).unwrap();
        let charter = Charter::parse(include_str!("demo/charter.toml")).unwrap();
        office.found(charter).unwrap();
        Self::serving(office, dir)
    }

    /// An office as it is, with the command line's hands.
    fn serving(office: Office, dir: tempfile::TempDir) -> Self {
        let orgs = office.read(crate::charter::orgs).unwrap();
        let by = office.by_command(orgs.first().map_or("", |(id, _)| id));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let app = routes::all(office.clone());
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { office, by, at, _runtime: runtime, _dir: dir }
    }

    /// Sends a request whole and reads the answer to its end.
    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Got {
        let mut c = TcpStream::connect(self.at).unwrap();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.at,
            body.len()
        );
        c.write_all(text.as_bytes()).unwrap();
        let mut all = Vec::new();
        c.read_to_end(&mut all).unwrap();
        let all = String::from_utf8_lossy(&all).into_owned();
        let (head, text) = all.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let cookie = head.lines().find_map(|l| l.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|c| c.split(';').next()).unwrap_or_default().to_owned();
        Got { status, head: head.to_lowercase(), cookie, text: text.into() }
    }

    /// The bytes that a file of the staff's has.
    fn bytes(&self, path: &str, headers: &str) -> Vec<u8> {
        let mut c = TcpStream::connect(self.at).unwrap();
        // HTTP/1.0: the bytes as they are, to the end of the connection.
        let text = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n{headers}\r\n", self.at);
        c.write_all(text.as_bytes()).unwrap();
        let mut all = Vec::new();
        c.read_to_end(&mut all).unwrap();
        let head = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        assert!(all.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&all[..head]));
        all.split_off(head + 4)
    }

    /// Adds a member of staff and answers the header that carries their session.
    fn signed_in(&self, name: &str, role: Role) -> String {
        let email = format!("{name}@harbour.example");
        let password = Some(PASSWORD.into());
        let new = NewStaff { name: name.into(), email: email.clone(), role, password };
        let (vault, by) = (self.office.vault().clone(), self.by.clone());
        self.office.write(move |tx| staff::add(tx, &vault, &by, &new)).unwrap();
        match staff::sign_in(&self.office, &email, PASSWORD, "test", None).unwrap() {
            SignIn::Done(token) => format!("Cookie: candour={token}\r\n"),
            SignIn::CodeNext(_) => panic!("no code app is on"),
        }
    }

    /// A one-time link of this sort, as a letter would carry it.
    fn link(&self, scope: &'static str, about: &str) -> String {
        let (org, about, now) = (self.by.org.clone(), about.to_owned(), self.by.now);
        let lasts = jiff::SignedDuration::from_hours(24);
        self.office
            .chore(move |tx| crate::kit::links::make(tx, &org, scope, &about, now, lasts))
            .unwrap()
    }

    fn add_cabinet(&self) {
        let kind = HoldingKind::Paper;
        let map = DataMap::new("cabinet", "Filing cabinet", kind, Source::default());
        holdings::keep(&self.office, &self.by, map, Some("Secretary"));
    }

    /// A case whose one search of paper records waits for an answer: reference and search.
    fn case(&self, name: &str) -> (String, String) {
        self.case_of(name, Wants::default())
    }

    /// The same of somebody who wants this.
    fn case_of(&self, name: &str, wants: Wants) -> (String, String) {
        let today = crate::kit::dates::day_of(self.by.now);
        let asker = Asker {
            name: name.into(),
            emails: vec!["someone@example.org".into()],
            ..Asker::default()
        };
        let body = Body { asker, wants, ..Body::default() };
        let new = NewCase { right: Right::Access, via: Via::Email, received: today, body };
        let (o, by) = (self.office.clone(), self.by.clone());
        let opened = self.office.write(move |tx| acts::open_case(tx, &o, &by, &new)).unwrap();
        let settled = Settled { how: "known".into(), on: today };
        let (o, by, id) = (self.office.clone(), self.by.clone(), opened.id.clone());
        self.office.write(move |tx| acts::settle_identity(tx, &o, &by, &id, &settled)).unwrap();
        let all = self.office.read(|tx| sql::searches(tx, &self.by.org, &opened.id)).unwrap();
        (opened.reference, all[0].id.clone())
    }
}

#[test]
fn what_belongs_to_another_case_is_not_found_under_this_reference() {
    let s = Served::new();
    s.add_cabinet();
    let (first, search) = s.case("Amara Quill");
    let (second, open) = s.case("Bram Novak");
    let answer = Answer { nothing: false, words: "A card about A. Quill".into(), files: vec![] };
    search::answer(&s.office, &s.by, &search, &answer).unwrap();
    let me = s.signed_in("ruth", Role::Officer);
    let get = |path: &str| s.send("GET", path, &me, "");
    for path in [format!("items/{search}/0"), format!("items/{search}/0/original")] {
        let own = get(&format!("/office/cases/{first}/{path}"));
        assert_eq!(own.status, 200, "{path}");
        assert!(own.text.contains("A card about"), "{path}");
        assert!(own.head.contains("cache-control: no-store"), "{path}");
        let other = get(&format!("/office/cases/{second}/{path}"));
        assert_eq!(other.status, 404, "{path}");
        assert!(!other.text.contains("A card about"), "{path}");
    }
    let none = get(&format!("/office/cases/RR-1999-0001/items/{search}/0"));
    assert_eq!(none.status, 404, "a case that is not there");
    let path = format!("/office/cases/{second}/items/{search}/0");
    assert_eq!(s.send("POST", &path, &me, "decision=disclose").status, 404);
    for (act, form) in [("set-aside", "reason=gone"), ("paper", "found=nothing")] {
        let path = format!("/office/cases/{first}/{act}/{open}");
        assert_eq!(get(&path).status, 404, "{act}");
        assert_eq!(s.send("POST", &path, &me, form).status, 404, "{act}");
    }
    let kept = s.office.read(|tx| sql::a_search(tx, &s.by.org, &open)).unwrap();
    assert_eq!(kept.state, "planned", "nothing was done to it");
    let path = format!("/office/cases/{second}/set-aside/{open}");
    assert_eq!(s.send("POST", &path, &me, "reason=gone").status, 303, "under its own");
}

/// What was chosen on the page of an item, read back from the page that is shown again.
fn chosen(page: &str) -> Vec<String> {
    let inputs = page.split("<input ").skip(1).filter_map(|i| i.split('>').next());
    let checked = inputs.filter(|i| i.contains(" checked"));
    checked
        .filter_map(|i| Some(i.split("value=\"").nth(1)?.split('"').next()?.to_owned()))
        .collect()
}

#[test]
fn an_item_that_is_shown_again_shows_what_was_just_chosen() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, search) = s.case("Amara Quill");
    let words = "Amara Quill\ncame with a cake.\n\nWrite to bram@example.net.\n\nAmara Quill \
                 sings in the choir.\n\nWrite to cara@example.net."
        .to_owned();
    let answer = Answer { nothing: false, words, files: vec![] };
    search::answer(&s.office, &s.by, &search, &answer).unwrap();
    let me = s.signed_in("ruth", Role::Officer);
    let path = format!("/office/cases/{reference}/items/{search}/0");
    let fresh = s.send("GET", &path, &me, "").text;
    let marks = chosen(&fresh);
    assert_eq!(marks.len(), 2, "both addresses are marked and ticked: {marks:?}");
    assert!(fresh.contains("with the numbers of its lines"));
    assert_eq!(s.send("POST", &path, &me, "decision=disclose").status, 303);
    // It was disclosed; now a passage is ticked, and the reason forgotten.
    let first = marks[0].replace(' ', "+");
    let form = format!("decision=redact&mark={first}&words=came+with");
    let again = s.send("POST", &path, &me, &form);
    assert_eq!(again.status, 422);
    assert_eq!(chosen(&again.text), ["redact".to_owned(), marks[0].clone()]);
    assert!(again.text.contains(">came with</textarea>"), "{}", again.text);
    let no_ground = s.send("POST", &path, &me, "decision=exempt&reason=x");
    assert!(no_ground.status == 422 && no_ground.text.contains("Choose the ground"));
    assert_eq!(chosen(&no_ground.text), ["exempt"]);
    // Passages that a person marks need the three questions, and their answers count.
    let full = format!("{form}&reason=Others");
    let asked = s.send("POST", &path, &me, &full);
    assert!(asked.status == 422 && asked.text.contains("Answer the three questions"));
    let with = |answers: &str| s.send("POST", &path, &me, &format!("{full}&{answers}"));
    let agreed = with("anonymous=no&consent=yes&reasonable=no");
    assert!(agreed.status == 422 && agreed.text.contains("has agreed"), "{}", agreed.text);
    assert_eq!(with("anonymous=no&consent=no&reasonable=no").status, 303);
    let kept = s.send("GET", &path, &me, "").text;
    assert_eq!(chosen(&kept).len(), 6, "redact, both passages, three answers: {:?}", chosen(&kept));
    assert!(kept.contains("a passage marked by a person"));
    // What was looked at has to be what is decided about.
    let stale = s.send("POST", &path, &me, "decision=disclose&seen=another");
    assert!(stale.status == 422 && stale.text.contains("searched again since you looked"));
}

/// Clients are told apart by a header, so that a test can be several.
const LIMITS: &str = "[limits]\nclient_header = \"x-forwarded-for\"\n\
                      [limits.client]\nstatus = 3\nsign_in = 2\nfetch = 1\nbegin = 2\nask = 1\n\
                      [limits.all]\nstatus = 7\n";

fn client(n: u8) -> String {
    format!("X-Forwarded-For: 198.51.100.{n}\r\n")
}

#[test]
fn too_many_askings_are_told_when_to_come_back_and_lose_nothing() {
    let s = Served::set_up(LIMITS);
    let path = "/o/harbour/data-rights/status";
    let form = "reference=RR-2026-0001&code=WXYZ";
    let ask = |n: u8| s.send("POST", path, &client(n), form);
    assert_eq!([ask(1), ask(1), ask(1)].map(|g| g.status), [422; 3]);
    let over = ask(1);
    assert_eq!(over.status, 429);
    let after = over.head.lines().find_map(|l| l.strip_prefix("retry-after: ")).unwrap();
    assert!((60..=3600).contains(&after.parse::<u32>().unwrap()), "{after}");
    assert!(over.text.contains("Too many tries: wait"), "{}", over.text);
    assert!(over.text.contains("value=\"RR-2026-0001\""), "what was typed is kept");
    // Another client has its own, until all together had theirs; what was refused is not counted.
    assert_eq!([ask(2), ask(2), ask(2), ask(3)].map(|g| g.status), [422; 4]);
    assert_eq!([ask(3), ask(4)].map(|g| g.status), [429; 2], "all of the organisation's are spent");
    let other = s.send("POST", "/office/sign-in", &client(1), "email=a@b.example&password=x");
    assert_eq!(other.status, 422, "each thing is counted on its own");
}

#[test]
fn signing_in_fetching_and_beginning_have_a_limit_too() {
    let s = Served::set_up(LIMITS);
    let sign_in = |form: &str| s.send("POST", "/office/sign-in", &client(1), form);
    for n in 0..2 {
        assert_eq!(sign_in(&format!("email=a{n}@b.example&password=x")).status, 422);
    }
    let over = sign_in("email=ann@b.example&password=tin+lantern");
    assert_eq!(over.status, 429);
    assert!(over.text.contains("ann@b.example") && !over.text.contains("tin lantern"));
    for path in ["/office/code", "/office/link/none"] {
        let cookie = format!("{}Cookie: candour=none\r\n", client(1));
        assert_eq!(s.send("POST", path, &cookie, "code=1").status, 429, "{path}");
    }
    let fetch = || s.send("POST", "/fetch/none", &client(1), "email=ann@b.example").status;
    assert_eq!([fetch(), fetch()], [422, 429]);
    let begin = || s.send("POST", "/o/harbour/data-rights/ask", &client(1), "");
    assert_eq!([begin().status, begin().status], [303; 2]);
    let over = begin();
    assert!(over.status == 429 && over.head.contains("retry-after"), "{}", over.head);
}

#[test]
fn a_request_that_comes_too_often_keeps_its_draft() {
    let s = Served::set_up(LIMITS);
    let base = "/o/harbour/data-rights/ask";
    let hand_in = |name: &str| {
        let begun = s.send("POST", base, &client(1), "");
        let headers = format!("{}Cookie: {}\r\n", client(1), begun.cookie);
        for (step, form) in [
            ("who", "who=me".to_owned()),
            ("name", format!("name={name}")),
            ("find", "email=amara%40example.org".to_owned()),
            ("what", "what=all&format=download".to_owned()),
        ] {
            let got = s.send("POST", &format!("{base}/{step}"), &headers, &form);
            assert_eq!(got.status, 303, "{step}: {}", got.text);
        }
        let mut sent = s.send("POST", &format!("{base}/check"), &headers, "");
        if sent.status == 303 {
            let to = "/o/harbour/data-rights/sent/RR-2026-0001";
            sent = s.send("GET", to, &headers, "");
        }
        (sent, s.send("GET", &format!("{base}/check"), &headers, ""))
    };
    let (sent, _) = hand_in("Amara+Quill");
    assert!(sent.status == 200 && sent.text.contains("RR-"), "{}", sent.text);
    let (over, kept) = hand_in("Bram+Novak");
    assert_eq!(over.status, 429);
    assert!(over.text.contains("Bram Novak") && over.text.contains("wait"), "{}", over.text);
    assert!(kept.status == 200 && kept.text.contains("Bram Novak"), "the draft is still there");
}

#[test]
fn a_case_lapses_only_after_a_warning_letter() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, _) = s.case("Amara Quill");
    let me = s.signed_in("ruth", Role::Officer);
    let at = |act: &str| format!("/office/cases/{reference}/{act}");
    let post = |act: &str, form: &str| s.send("POST", &at(act), &me, form);
    assert_eq!(post("warn", "").status, 422, "no question is open");
    assert_eq!(post("clarify", "question=Which+years%3F").status, 303);
    let no = post("close", "outcome=lapsed");
    assert!(no.status == 422 && no.text.contains("warning letter first"), "{}", no.text);
    let case = s.send("GET", &format!("/office/cases/{reference}"), &me, "");
    assert!(case.text.contains("Warn that it will be closed"));
    assert!(s.send("GET", &at("warn"), &me, "").text.contains("if there is no answer by"));
    assert_eq!(post("warn", "").status, 303);
    let no = post("close", "outcome=lapsed");
    assert!(no.status == 422 && no.text.contains("it can lapse on"), "{}", no.text);
    let kept = s.office.read(|tx| {
        let case = sql::case_by_ref(tx, &s.by.org, &reference)?;
        let letters = crate::kit::sql::letters_of(tx, &s.by.org, &case.id)?;
        Ok((case.request, letters.into_iter().map(|l| l.name).collect::<Vec<_>>()))
    });
    let (request, letters) = kept.unwrap();
    assert!(request.warned.is_some() && request.state == crate::requests::State::Searching);
    assert_eq!(letters, ["acknowledgement", "clarification", "warning"]);
}

#[path = "web_life_tests.rs"]
mod life;

#[path = "web_once_tests.rs"]
mod once_tests;

/// The hidden field in which a form says which version it shows.
fn shown(page: &str) -> String {
    let at = page.split("name=\"version\" value=\"").nth(1).unwrap();
    format!("version={}", at.split('"').next().unwrap())
}

#[test]
fn what_a_colleague_saved_meanwhile_is_not_undone() {
    let s = Served::new();
    let (ruth, ann) = (s.signed_in("ruth", Role::Officer), s.signed_in("ann", Role::Officer));
    let charter = || s.office.read(|tx| crate::charter::current(tx, &s.by.org)).unwrap();
    let form = |me: &str, path: &str| s.send("GET", path, me, "").text;
    let settings = |name: &str| {
        format!(
            "legal_name={name}&contact_role=Officer&contact_email=a%40b.example&contact_post=x&\
             division=scotland&brand=%23003078&brand_ink=%23ffffff&regulator=R&\
             regulator_contact=r&lapse_days=30&needed=1&link_days=28"
        )
    };
    let contact = "certificate_days=7&bounces=3";
    // Both open a form; one of them is quicker.
    let pages = ["/office/settings", "/office/settings/contact"];
    let [of_ruth, of_ann] = [form(&ruth, pages[0]), form(&ann, pages[1])].map(|p| shown(&p));
    let saved = s.send("POST", pages[0], &ruth, &format!("{}&{of_ruth}", settings("Society")));
    assert_eq!(saved.status, 303, "{}", saved.text);
    let before = charter();
    let late = s.send("POST", pages[1], &ann, &format!("{contact}&{of_ann}"));
    assert_eq!(late.status, 422);
    assert!(late.text.contains("changed by someone else meanwhile"), "{}", late.text);
    let late = s.send("POST", pages[0], &ann, &format!("{}&{of_ruth}", settings("Other")));
    assert_eq!(late.status, 422);
    assert!(late.text.contains("value=\"Other\""), "what was typed is kept");
    assert_eq!(charter(), before);
    let again = shown(&form(&ann, pages[1]));
    assert_eq!(s.send("POST", pages[1], &ann, &format!("{contact}&{again}")).status, 303);
    assert_eq!(charter().organisation, before.organisation);
}

#[test]
fn an_activity_that_a_colleague_changed_meanwhile_is_not_undone() {
    let s = Served::new();
    let ruth = s.signed_in("ruth", Role::Officer);
    let activity = |title: &str| {
        format!(
            "title={title}&purpose=p&basis=contract&people=members&categories=names&\
             recipients=none&transfers=none&retention=a+year&source=the+person&automated=none"
        )
    };
    let new = format!("short=club&{}", activity("Club"));
    let post = |path: &str, body: &str| s.send("POST", path, &ruth, body);
    assert_eq!(post("/office/register/new", &new).status, 303);
    let twice = post("/office/register/new", &new);
    assert!(twice.status == 422 && twice.text.contains("already an activity"), "{}", twice.text);
    let path = "/office/register/club";
    let version = shown(&s.send("GET", path, &ruth, "").text);
    let save = |title: &str| post(path, &format!("{}&{version}", activity(title)));
    assert_eq!(save("First").status, 303);
    let late = save("Second");
    assert_eq!(late.status, 422);
    assert!(late.text.contains("changed by someone else meanwhile"), "{}", late.text);
    assert!(late.text.contains("value=\"Second\""), "what was typed is kept");
    assert!(s.send("GET", path, &ruth, "").text.contains("value=\"First\""));
}
