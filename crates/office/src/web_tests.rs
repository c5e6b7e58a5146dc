//! What the web faces answer, asked over a loopback connection as a browser would.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use candour_connectors::{DataMap, HoldingKind, Source};

use crate::charter::Charter;
use crate::holdings::{self, Holding};
use crate::kit::new_id;
use crate::office::Office;
use crate::people::Asker;
use crate::proof::By;
use crate::requests::acts::{self, NewCase};
use crate::requests::find::{self, Answer};
use crate::requests::{Body, Right, Settled, Via, sql};
use crate::routes;
use crate::staff::Role;
use crate::staff::acts::{self as staff, NewStaff, SignIn};

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
    text: String,
}

impl Served {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::init(dir.path(), None).unwrap();
        let charter = Charter::parse(include_str!("demo/charter.toml")).unwrap();
        let by = office.by_command(&office.found(charter).unwrap());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let app = routes::all(office.clone());
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
        Got { status, head: head.to_lowercase(), text: text.into() }
    }

    /// Adds a member of staff and answers the header that carries their session.
    fn signed_in(&self, name: &str, role: Role) -> String {
        let email = format!("{name}@harbour.example");
        let password = Some(PASSWORD.into());
        let new = NewStaff { name: name.into(), email: email.clone(), role, password };
        let (vault, by) = (self.office.vault().clone(), self.by.clone());
        self.office.write(move |tx| staff::add(tx, &vault, &by, &new)).unwrap();
        match staff::sign_in(&self.office, &email, PASSWORD, "test").unwrap() {
            SignIn::Done(token) => format!("Cookie: candour={token}\r\n"),
            SignIn::CodeNext(_) => panic!("no code app is on"),
        }
    }

    fn add_cabinet(&self) {
        let row = Holding {
            id: new_id(self.by.now),
            short: "cabinet".into(),
            title: "Filing cabinet".into(),
            map: DataMap::new("cabinet", "Cabinet", HoldingKind::Paper, Source::default()),
            version: 1,
            post: Some("Secretary".into()),
            post_email: Some("secretary@harbour.example".into()),
            checked: None,
            problems: Vec::new(),
        };
        let (org, now) = (self.by.org.clone(), self.by.now);
        self.office.chore(move |tx| holdings::sql::insert(tx, &org, &row, now)).unwrap();
    }

    /// A case whose one search of paper records waits for an answer: reference and search.
    fn case(&self, name: &str) -> (String, String) {
        let today = crate::kit::dates::day_of(self.by.now);
        let asker = Asker {
            name: name.into(),
            emails: vec!["someone@example.org".into()],
            ..Asker::default()
        };
        let body = Body { asker, ..Body::default() };
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
    find::answer(&s.office, &s.by, &search, &answer).unwrap();
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
