//! Calls against a real server on this machine, with a clock of our own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::rules::Target;
use super::send::{self, Outcome, Signed};
use super::{acts, sql};
use crate::charter::Charter;
use crate::office::Office;
use crate::people;
use crate::permissions::What;
use crate::permissions::stops::{self, NewStop};
use crate::proof::By;
use crate::requests::search::Connections;
use crate::work;

const CHARTER: &str = r#"
[organisation]
legal_name = "Test Society"
short = "test"
[contact]
role = "Officer"
email = "privacy@test.example"
post = "1 Test Street"
[law]
division = "england-and-wales"
"#;

/// The charter of a test's society, with what it says of contact.
pub fn charter(contact: &str) -> String {
    format!("{CHARTER}{contact}")
}

/// Answers each connection with the next of these statuses, and hands on what it was sent.
fn server(answers: Vec<&'static str>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let (told, requests) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut line, _) = listener.accept().unwrap();
            told.send(read(&mut line)).unwrap();
            line.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, requests)
}

fn read(line: &mut TcpStream) -> String {
    let (mut all, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let n = line.read(&mut piece).unwrap();
        all.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|l| l.strip_prefix("Content-Length: "));
            length.is_some_and(|l| body.len() == l.parse::<usize>().unwrap())
        });
        if whole || n == 0 {
            return text;
        }
    }
}

/// An office with a clock that is set by hand.
pub struct House {
    _dir: tempfile::TempDir,
    /// The office.
    pub office: Office,
    /// Who acts.
    pub by: By,
    now: Arc<Mutex<Timestamp>>,
    jobs: Connections,
    /// Dropped at the end: the test server and the database's name.
    database: Option<(String, String)>,
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.database
            && let Ok(mut c) = postgres::Client::connect(server, postgres::NoTls)
        {
            let _ = c.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

impl House {
    /// Makes one.
    pub fn new(postgres: bool) -> Self {
        Self::with(postgres, CHARTER)
    }

    /// Makes one with this charter, on PostgreSQL if asked.
    pub fn with(postgres: bool, charter: &str) -> Self {
        Self::set(postgres, charter, "")
    }

    /// The same with more in its settings file.
    pub fn set(postgres: bool, charter: &str, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (mut url, mut database) = (None, None);
        if postgres {
            let server = std::env::var("CANDOUR_TEST_POSTGRES").expect("run cargo xtask test");
            let name = format!("hooks_{}", uuid::Uuid::new_v4().simple());
            let mut c = postgres::Client::connect(&server, postgres::NoTls).unwrap();
            c.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
            url = Some(format!("{}/{name}", server.rsplit_once('/').unwrap().0));
            database = Some((server, name));
        }
        drop(Office::init(dir.path(), url.as_deref()).unwrap());
        let file = dir.path().join("candour.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("hooks_to_loopback = true\n{text}\n{more}")).unwrap();
        let now = Arc::new(Mutex::new("2026-11-22T09:00:00Z".parse::<Timestamp>().unwrap()));
        let clock = Arc::clone(&now);
        let office =
            Office::open_at(dir.path(), url.as_deref(), Box::new(move || *clock.lock().unwrap()))
                .unwrap();
        let org = office.found(toml::from_str::<Charter>(charter).unwrap()).unwrap();
        let by = office.by_command(&org);
        Self { _dir: dir, office, by, now, jobs: Connections::default(), database }
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    /// Adds a hook; answers its id and secret.
    pub fn add(&self, url: &str) -> (String, String) {
        let (vault, by, url) = (self.office.vault().clone(), self.by.clone(), url.to_owned());
        let events = super::rules::EVENTS.map(str::to_owned).to_vec();
        self.office.write(move |tx| acts::add(tx, &vault, &by, &url, &events, true)).unwrap()
    }

    /// Somebody stops all marketing; answers the hash it stands under.
    pub fn stop(&self, email: &str) -> people::Hash16 {
        let hasher = people::hasher(self.office.vault(), &self.by.org).unwrap();
        let kind = candour_screening::Kind::Email;
        let hash = people::hash_raw(&hasher, kind, email).unwrap();
        let new = NewStop {
            hash,
            kind: kind.name().into(),
            channel: None,
            what: What::Marketing,
            reason: "objection",
            on: "2026-11-22".parse().unwrap(),
        };
        let (vault, by) = (self.office.vault().clone(), self.by.clone());
        self.office.write(move |tx| stops::stop(tx, &vault, &by, &new)).unwrap();
        hash
    }

    /// Does every job that is due.
    pub fn work(&mut self) {
        while work::once(&self.office, &mut self.jobs).unwrap() {}
    }

    fn calls(&self, hook: &str) -> Vec<sql::CallRow> {
        self.office.read(|tx| sql::calls(tx, &self.by.org, hook, 10)).unwrap()
    }

    fn hook(&self, id: &str) -> sql::HookRow {
        self.office.read(|tx| sql::one(tx, &self.by.org, id)).unwrap()
    }
}

/// SQLite, and PostgreSQL where there is a server.
pub fn both() -> Vec<bool> {
    if std::env::var("CANDOUR_SKIP_SERVERS").is_ok() { vec![false] } else { vec![false, true] }
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let line = request.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name}: {request}"))
}

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_stop_is_announced_signed_and_thin_and_tried_again() {
    for postgres in both() {
        let mut house = House::new(postgres);
        let (url, requests) = server(vec![BROKEN, OK]);
        let (id, secret) = house.add(&url);
        let hash = house.stop("amara@example.org");
        house.work();
        let first = requests.recv().unwrap();
        assert_eq!(house.calls(&id)[0].answer.as_deref(), Some("answered 500"));
        house.pass(4);
        house.work();
        assert_eq!(house.calls(&id)[0].tries, 1, "not before its time");
        house.pass(3);
        house.work();
        let second = requests.recv().unwrap();
        let call = house.calls(&id).remove(0);
        assert_eq!((call.state.as_str(), call.tries), ("done", 2));

        let body = second.split_once("\r\n\r\n").unwrap().1;
        assert!(!second.contains("amara"), "thin");
        let told: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(told["type"], "suppression.added");
        // The id is that of the row on the stop list.
        let org = house.by.org.clone();
        let stops =
            house.office.read(|tx| crate::permissions::sql::stops_on(tx, &org, hash)).unwrap();
        assert_eq!(told["data"]["id"], stops[0].id.as_str());

        assert_eq!(header(&first, "webhook-id"), header(&second, "webhook-id"));
        let (at, sent) =
            (header(&second, "webhook-timestamp"), header(&second, "webhook-signature"));
        let raw = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = PKey::hmac(&raw).unwrap();
        let mut signer = Signer::new(openssl::hash::MessageDigest::sha256(), &key).unwrap();
        signer.update(format!("{}.{at}.{body}", header(&second, "webhook-id")).as_bytes()).unwrap();
        assert_eq!(sent, format!("v1,{}", STANDARD.encode(signer.sign_to_vec().unwrap())));
    }
}

/// While a receiver changes over to a new secret either one vouches for a call.
#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_week() {
    let mut house = House::new(false);
    let (url, requests) = server(vec![OK, OK]);
    let (id, old) = house.add(&url);
    let (vault, by, hook) = (house.office.vault().clone(), house.by.clone(), id.clone());
    let new = house.office.write(move |tx| acts::rotate(tx, &vault, &by, &hook)).unwrap();
    let expected = |request: &str, secret: &str| {
        let body = request.split_once("\r\n\r\n").unwrap().1;
        let at = header(request, "webhook-timestamp").to_owned();
        let raw = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = PKey::hmac(&raw).unwrap();
        let mut signer = Signer::new(openssl::hash::MessageDigest::sha256(), &key).unwrap();
        let id = header(request, "webhook-id");
        signer.update(format!("{id}.{at}.{body}").as_bytes()).unwrap();
        format!("v1,{}", STANDARD.encode(signer.sign_to_vec().unwrap()))
    };
    house.stop("amara@example.org");
    house.work();
    let first = requests.recv().unwrap();
    let both = format!("{} {}", expected(&first, &new), expected(&first, &old));
    assert_eq!(header(&first, "webhook-signature"), both);
    house.pass(8 * 24 * 3600);
    house.stop("bram@example.org");
    house.work();
    let second = requests.recv().unwrap();
    assert_eq!(header(&second, "webhook-signature"), expected(&second, &new));
}

#[test]
fn ten_tries_then_it_is_shown_and_a_replay_mends_it() {
    for postgres in both() {
        let mut house = House::new(postgres);
        let mut answers = vec![BROKEN; 10];
        answers.push(OK);
        let (url, requests) = server(answers);
        let (id, _) = house.add(&url);
        house.stop("amara@example.org");
        for n in 1..=10 {
            house.work();
            requests.recv().unwrap();
            assert_eq!(house.calls(&id)[0].tries, n);
            house.pass(100_000);
        }
        house.work();
        assert_eq!(house.calls(&id)[0].state, "failed");
        assert!(house.hook(&id).trouble.unwrap().contains("answered 500"));
        let (by, call) = (house.by.clone(), house.calls(&id)[0].id.clone());
        house.office.write(move |tx| acts::replay(tx, &by, &call)).unwrap();
        house.work();
        requests.recv().unwrap();
        assert_eq!(house.calls(&id)[0].state, "done");
        assert_eq!(house.hook(&id).trouble, None);
    }
}

#[test]
fn a_call_that_was_taken_stays_so_whatever_another_process_met() {
    for postgres in both() {
        let mut house = House::new(postgres);
        let (url, requests) = server(vec![OK]);
        let (id, _) = house.add(&url);
        house.stop("amara@example.org");
        house.work();
        requests.recv().unwrap();
        let (org, call) = (house.by.org.clone(), house.calls(&id)[0].id.clone());
        let now = house.office.now();
        let late = move |tx: &mut candour_db::Tx<'_>| {
            sql::tried(tx, &org, &call, "waiting", "answered 500", None)?;
            acts::give_up(tx, &org, &call, "answered 500", now)
        };
        house.office.chore(late).unwrap();
        assert_eq!(house.calls(&id)[0].state, "done");
        assert_eq!(house.hook(&id).trouble, None);
    }
}

#[test]
fn gone_ends_the_hook_and_a_redirect_is_not_followed() {
    for postgres in both() {
        let mut house = House::new(postgres);
        let (url, requests) = server(vec!["HTTP/1.1 410 Gone\r\n\r\n"]);
        let (gone, _) = house.add(&url);
        house.stop("amara@example.org");
        house.work();
        requests.recv().unwrap();
        assert!(house.hook(&gone).ended.is_some());
        assert_eq!(house.calls(&gone)[0].state, "failed");

        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let to = elsewhere.local_addr().unwrap();
        let moved = format!("HTTP/1.1 302 Found\r\nLocation: http://{to}/\r\n\r\n");
        let (url, requests) = server(vec![moved.leak()]);
        let (id, _) = house.add(&url);
        house.stop("bram@example.org");
        house.work();
        requests.recv().unwrap();
        assert!(house.calls(&id)[0].answer.as_deref().unwrap().contains("not followed"));
        assert!(elsewhere.accept().is_err(), "nobody came to where it pointed");
        assert_eq!(house.calls(&gone).len(), 1, "an ended hook is told nothing more");
    }
}

#[test]
fn a_name_that_leads_inside_is_refused_after_it_was_looked_up() {
    let inside = TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let port = inside.local_addr().unwrap().port();
    let to = Target::parse(&format!("https://localhost:{port}/"), false).unwrap();
    let secret = send::secret(&[7; 32]);
    let signed = Signed::new("id", Timestamp::UNIX_EPOCH, &[&secret], "{}".into()).unwrap();
    assert!(matches!(send::post(&to, &signed, false), Outcome::Refused(_)));
    assert!(inside.accept().is_err(), "no connection was made");
}

#[test]
fn strange_answers_are_trouble() {
    let secret = send::secret(&[7; 32]);
    for answer in ["", "SSH-2.0-x\r\n", "HTTP/1.1\r\n", "HTTP/1.1 99999 x\r\n"] {
        let (url, _requests) = server(vec![answer]);
        let to = Target::parse(&url, true).unwrap();
        let signed = Signed::new("id", Timestamp::UNIX_EPOCH, &[&secret], "{}".into()).unwrap();
        let told = send::post(&to, &signed, true);
        assert!(matches!(told, Outcome::Trouble(_)), "{answer:?}: {told:?}");
    }
}
