//! A bench for tests: an office in a folder of its own, a clock that can be moved, and one case.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use candour_connectors::{
    Because, Body as Found, DataMap, HoldingKind, Kind, Looked, Searched, Source, Strength,
};
use jiff::Timestamp;
use zip::ZipArchive;

use super::hand::open;
use super::*;
use crate::holdings;
use crate::people::Asker;
use crate::register::{self, RegisterFile};
use crate::requests::acts::NewCase;
use crate::requests::review::{self, Decided, Decision, Item, Mark};
use crate::requests::search::{self, Record};
use crate::requests::sql::{self, FindingRow};
use crate::requests::{Body, Right, Settled, State, Via, Wants};

pub const NOW: &str = "2026-11-22T10:15:00Z";

const REGISTER: &str = r#"
[[activity]]
short = "members"
title = "Keeping the list of members"
purpose = "To run your membership and to write to you about it"
basis = "contract"
people = ["members"]
categories = ["names", "contact details", "subscriptions"]
recipients = ["Quayside Print, who print the magazine"]
source = "the person"
automated_decisions = "none"
retention = "Six years after you leave"
holdings = ["club"]

[[activity.transfers]]
to = "a mailing service in the United States"
safeguard = "the UK-US data bridge"

[[activity]]
short = "letters"
title = "Answering letters"
purpose = "To answer you"
basis = "legitimate-interests"
interest = "answering people who write to us"
people = ["people who write to us"]
categories = ["letters"]
recipients = "none"
transfers = "none"
retention = "Two years"
source = "You, and people who write about you"
automated_decisions = "None"
holdings = ["post"]
"#;

/// An office with one organisation, a clock that can be moved, and one case.
pub struct Bench {
    pub office: Office,
    pub by: By,
    pub case: String,
    clock: Arc<AtomicI64>,
    pub dir: tempfile::TempDir,
}

impl Bench {
    /// A case of Amara Quill over these holdings: short name, title.
    pub fn new(holdings: &[(&str, &str)]) -> Self {
        Self::wanting(holdings, Wants::default())
    }

    pub fn wanting(holdings: &[(&str, &str)], wants: Wants) -> Self {
        Self::pressed(holdings, wants, std::path::Path::new(""))
    }

    /// With this program for PDF copies.
    pub fn pressed(holdings: &[(&str, &str)], wants: Wants, press: &std::path::Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        drop(Office::init(dir.path(), None).unwrap());
        let settings = dir.path().join("candour.toml");
        let press = format!("press = {:?}\n", press.display().to_string());
        let text = press + &std::fs::read_to_string(&settings).unwrap();
        std::fs::write(settings, text).unwrap();
        let at: Timestamp = NOW.parse().unwrap();
        let clock = Arc::new(AtomicI64::new(at.as_second()));
        let hand = clock.clone();
        let now = move || Timestamp::from_second(hand.load(Ordering::SeqCst)).unwrap();
        let office = Office::open_at(dir.path(), None, Box::new(now)).unwrap();
        let charter =
            crate::charter::Charter::parse(include_str!("../../demo/charter.toml")).unwrap();
        let org = office.found(charter).unwrap();
        let by = office.by_command(&org);
        let (vault, by2) = (office.vault().clone(), by.clone());
        let file = RegisterFile::parse(REGISTER).unwrap();
        office.write(move |tx| register::set_all(tx, &vault, &by2, &file)).unwrap();
        for (short, title) in holdings {
            add_holding(&office, &by, short, title);
        }
        let case = open_case(&office, &by, wants);
        Self { office, by, case, clock, dir }
    }

    /// What the search of a holding found, with its marked passages flagged as a search does.
    pub fn found(&self, short: &str, items: &[Item]) -> String {
        let (org, case) = (self.by.org.clone(), self.case.clone());
        let row = self.office.read(|tx| acts::load(tx, &self.office, &self.by, &case)).unwrap().row;
        let holding = self.office.read(|tx| holdings::sql::by_short(tx, &org, short)).unwrap();
        let all = self.office.read(|tx| sql::searches(tx, &org, &case)).unwrap();
        let mut search = all.into_iter().find(|s| s.holding == holding.id).unwrap();
        let (db, vault) = (self.office.db(), self.office.vault());
        let mut blob = BlobWriter::start(db, vault, &org, &row.key, "spool", self.by.now).unwrap();
        let mut record = Record {
            searched: Searched {
                places: vec![Looked {
                    place: holding.title.clone(),
                    by: vec!["e-mail, by index".into(), "name and postcode, every row".into()],
                    looked_at: Some(1200),
                    found: items.len() as u64,
                }],
            },
            ..Record::default()
        };
        let mut findings = Vec::new();
        for (n, item) in items.iter().enumerate() {
            if blob.chunks() as usize >= record.chunks.len() {
                record.chunks.push(n as u64);
            }
            let mut line = serde_json::to_vec(item).unwrap();
            line.push(b'\n');
            blob.add(&line).unwrap();
            if !item.others.is_empty() || item.because.iter().all(|b| b.strength == Strength::Weak)
            {
                let key = review::item_key(&item.place, &item.locator);
                let content = crate::requests::search::content(&item.body).unwrap();
                let why = "about other people";
                findings.push(FindingRow::open(&search.id, n as u64, &key, &content, why));
            }
        }
        let blob = blob.end().unwrap();
        search.state = "done".into();
        search.items = items.len() as u64;
        search.record = serde_json::to_string(&record).unwrap();
        search.blob = Some(blob.id.clone());
        search.ended = Some(self.by.now);
        let id = search.id.clone();
        self.office
            .chore(move |tx| {
                blobs::finish(tx, &blob)?;
                sql::update_search(tx, &org, &search)?;
                sql::insert_findings(tx, &org, &case, findings.clone())
            })
            .unwrap();
        search::settle(&self.office, &self.by, &self.case).unwrap();
        id
    }

    pub fn decide(&self, search: &str, n: u64, decision: Decision, reason: &str) {
        let d = Decided { decision, reason: reason.into(), ..Decided::default() };
        review::decide(&self.office, &self.by, &self.reference(), search, n, &d).unwrap();
    }

    pub fn make(&self) -> (PackRow, BTreeMap<String, Vec<u8>>) {
        let pack = make(&self.office, &self.by, &self.case).unwrap();
        let (_, mut reader) = open(&self.office, &self.by, &self.case, pack.number).unwrap();
        let mut zip = Vec::new();
        reader.read_to_end(&mut zip).unwrap();
        assert_eq!(crate::kit::sha256_hex(&zip), pack.sha256);
        assert_eq!(zip.len() as u64, pack.bytes);
        (pack, unpack(&zip))
    }

    pub fn reference(&self) -> String {
        let case = self.office.read(|tx| acts::load(tx, &self.office, &self.by, &self.case));
        case.unwrap().row.reference
    }

    pub fn state(&self) -> State {
        let case = self.office.read(|tx| acts::load(tx, &self.office, &self.by, &self.case));
        case.unwrap().row.request.state
    }

    pub fn later(&self, hours: i64) -> By {
        self.clock.fetch_add(hours * 3600, Ordering::SeqCst);
        By { now: self.office.now(), ..self.by.clone() }
    }

    fn history(&self) -> Vec<crate::proof::Told> {
        let subject = format!("case:{}", self.case);
        let (vault, org) = (self.office.vault(), &self.by.org);
        self.office.read(|tx| crate::proof::history(tx, vault, org, &subject)).unwrap()
    }

    /// Every act on the case, newest first.
    pub fn acts(&self) -> Vec<String> {
        self.history().into_iter().map(|t| t.act).collect()
    }

    /// The law that acts of this word cited.
    pub fn laws(&self, act: &str) -> Vec<String> {
        self.history().into_iter().filter(|t| t.act == act).flat_map(|t| t.law).collect()
    }

    /// The texts of every letter of this name.
    pub fn letters(&self, name: &str) -> Vec<String> {
        let (org, case) = (self.by.org.clone(), self.case.clone());
        let texts = self.office.read(|tx| {
            let all = crate::kit::sql::letters_of(tx, &org, &case)?;
            let these = all.into_iter().filter(|l| l.name == name);
            let vault = self.office.vault();
            these.map(|l| Ok(crate::kit::post::open(tx, vault, &org, &l.id)?.1.text)).collect()
        });
        texts.unwrap()
    }

    /// The link in the last letter that says the answer is ready.
    pub fn token(&self) -> String {
        let (org, case) = (self.by.org.clone(), self.case.clone());
        let letter = self.office.read(|tx| {
            let all = crate::kit::sql::letters_of(tx, &org, &case)?;
            let id = all.into_iter().rfind(|l| l.name == "ready").unwrap().id;
            Ok(crate::kit::post::open(tx, self.office.vault(), &org, &id)?.1)
        });
        let text = letter.unwrap().text;
        text.split("/fetch/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    }
}

pub fn add_holding(office: &Office, by: &By, short: &str, title: &str) {
    let mut map = DataMap::new(short, title, HoldingKind::Paper, Source::default());
    if short == "club" {
        let text = "holding = \"club\"\ntitle = \"Club database\"\nkind = \"paper\"\n\
                    [[collection]]\n\
                    name = \"members\"\nholds = \"person\"\nactivity = \"members\"\n\
                    [[collection.field]]\nname = \"email\"\ncategory = \"contact\"\n\
                    [[collection.field]]\nname = \"status\"\ncategory = \"account\"\n\
                    codes = { A = \"Active\", L = \"Lapsed\", S = \"Suspended\", X = \"\" }\n";
        map = DataMap::from_toml(text, "club").unwrap();
    }
    holdings::keep(office, by, map, Some("Membership secretary"));
}

pub fn open_case(office: &Office, by: &By, wants: Wants) -> String {
    let new = NewCase {
        right: Right::Access,
        via: Via::Email,
        received: "2026-11-02".parse().unwrap(),
        body: Body {
            asker: Asker {
                name: "Amara Quill".into(),
                emails: vec!["a.quill@example.org".into()],
                ..Asker::default()
            },
            wants,
            ..Body::default()
        },
    };
    let (o, b) = (office.clone(), by.clone());
    let id = office.write(move |tx| acts::open_case(tx, &o, &b, &new)).unwrap().id;
    let settled =
        Settled { how: "a link to a known address".into(), on: "2026-11-02".parse().unwrap() };
    let (o, b, i) = (office.clone(), by.clone(), id.clone());
    office.write(move |tx| acts::settle_identity(tx, &o, &b, &i, &settled)).unwrap();
    id
}

pub fn item(place: &str, locator: &str, body: Found) -> Item {
    let because = Because {
        kind: Kind::Email,
        field: "email".into(),
        how: "e-mail".into(),
        strength: Strength::Strong,
    };
    Item {
        place: place.into(),
        locator: locator.into(),
        because: vec![because],
        body,
        others: Vec::new(),
    }
}

pub fn row(place: &str, fields: &[(&str, &str)]) -> Item {
    let fields = fields.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned())));
    item(place, "1", Found::Row { fields: fields.collect() })
}

pub fn note(name: &str, text: &str) -> Item {
    let (name, raw) = (name.to_owned(), text.as_bytes().to_vec());
    item(
        "minutes",
        &name.clone(),
        Found::Document { name, media: "text/plain".into(), text: text.into(), raw },
    )
}

pub fn mail(subject: &str, text: &str) -> Item {
    let raw = format!(
        "From: Amara Quill <a.quill@example.org>\r\nTo: office@harbour.example\r\n\
         Subject: {subject}\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
    );
    item(
        "Inbox",
        subject,
        Found::Message {
            subject: subject.into(),
            date: Some("2026-03-27T09:32:00Z".into()),
            parties: vec![("From".into(), "Amara Quill <a.quill@example.org>".into())],
            text: text.into(),
            attachments: Vec::new(),
            raw: raw.into_bytes(),
        },
    )
}

pub fn marked(mut item: Item, field: &str, what: &str) -> Item {
    let text = item.texts().into_iter().find(|(f, _)| f == field).unwrap().1;
    let start = text.find(what).unwrap();
    let why = "another person’s name".to_owned();
    item.others.push(Mark { field: field.into(), start, end: start + what.len(), why });
    item
}

pub fn unpack(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut all = BTreeMap::new();
    for i in 0..zip.len() {
        let mut f = zip.by_index(i).unwrap();
        let mut bytes = Vec::new();
        f.read_to_end(&mut bytes).unwrap();
        all.insert(f.name().unwrap().into_owned(), bytes);
    }
    all
}

pub fn text<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str) -> &'a str {
    std::str::from_utf8(files.get(path).unwrap_or_else(|| panic!("no {path}"))).unwrap()
}

/// The files that hold these words, in any letter case.
pub fn holding(files: &BTreeMap<String, Vec<u8>>, words: &str) -> Vec<String> {
    let has = |b: &[u8]| String::from_utf8_lossy(b).to_lowercase().contains(&words.to_lowercase());
    files.iter().filter(|(n, b)| has(b) || has(n.as_bytes())).map(|(n, _)| n.clone()).collect()
}
