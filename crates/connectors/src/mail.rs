//! Mailboxes: one file (mbox), a file for each message (Maildir), or a folder of saved messages.
//!
//! An address in a header decides, whatever name stands beside it. Subject, text, names and text
//! of attachments are searched like documents; attachments are read by [`crate::worker`].

mod mbox;
mod message;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};

use crate::documents::tree::{self, Going, Item, Step};
use crate::documents::wanted::Wanted;
use crate::documents::{self, Reading, TOP, passed_by, silent, source, text_fields};
use crate::map::{DataMap, Stored};
use crate::schema::{LiveCollection, Schema};
use crate::worker::Trouble;
use crate::{
    Because, Body, Connector, Fault, FaultKind, Found, Inclusion, Kind, Looked, Sample, Searched,
    Seek, Sink, Strength, Tested,
};

use mbox::{MOST_MESSAGE, Mbox};
use message::Letter;

/// What a sample of a mail folder shows.
const FIELDS: [&str; 6] = ["From", "To", "Cc", "Date", "Subject", "text"];
/// How the search record says what was done.
const BY: &str = "addresses, subject, text and attachments, every message";
/// Bytes looked at to tell what a file is.
const HEAD: u64 = 4096;

/// Open a mailbox or a folder of them.
pub(crate) fn open(map: &DataMap, base: &Path) -> Result<Box<dyn Connector>, Fault> {
    let root = source(map, base)?;
    Ok(Box::new(Mail { holding: map.holding.clone(), root }))
}

/// Whether this is the name of a header that messages have near their beginning.
fn known_header(name: &[u8]) -> bool {
    const KNOWN: [&str; 20] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "received",
        "message-id",
        "return-path",
        "mime-version",
        "delivered-to",
        "content-type",
        "reply-to",
        "sender",
        "status",
        "bcc",
        "dkim-signature",
        "authentication-results",
        "in-reply-to",
        "references",
        "content-transfer-encoding",
    ];
    let name = name.to_ascii_lowercase();
    KNOWN.iter().any(|k| k.as_bytes() == name) || (name.starts_with(b"x-") && !name.contains(&b' '))
}

/// Whether a file is a single message: two known headers at its beginning.
pub(crate) fn looks_like_message(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut known = 0;
    for line in head.split(|b| *b == b'\n').take(60) {
        let folded = line.first().is_some_and(|b| *b == b' ' || *b == b'\t');
        match line.iter().position(|b| *b == b':') {
            _ if folded && known > 0 => {}
            Some(colon) if known_header(&line[..colon]) => known += 1,
            Some(colon) if colon < 60 && !line[..colon].contains(&b' ') && colon > 0 => {}
            _ => break,
        }
    }
    known >= 2
}

/// All the text of a saved message, attachments included; one within another only so deep.
pub(crate) fn whole_text(raw: &[u8], depth: usize) -> String {
    let letter = Letter::read(raw);
    let mut text = letter.whole();
    for attachment in letter.attachments.iter().filter(|_| depth < 3) {
        if let Reading::Text(read) = documents::read(&attachment.bytes, depth + 1) {
            text.push('\n');
            text.push_str(&read.text);
        }
    }
    text
}

struct Mail {
    holding: String,
    root: PathBuf,
}

/// A message on its way through a search.
struct Passing<'a> {
    /// The mail folder, as found items name it.
    place: &'a str,
    /// Where it is, in words without a name.
    shown: String,
    raw: &'a [u8],
    /// It was longer than is kept.
    cut: bool,
}

/// What a file of a mail store is.
enum Sort {
    Mbox,
    Single,
    /// What mail programs keep beside the mail.
    Beside,
    Other,
}

fn sort(item: &Item) -> io::Result<(File, Sort)> {
    const BESIDE: [&str; 5] = ["dovecot", "courier", "maildir", "subscriptions", ".uid"];
    let mut file = item.open()?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    file.rewind()?;
    let name = item.name().to_ascii_lowercase();
    // What lies in Maildir's "tmp" is half written; it comes to "new" when it is whole.
    let unfinished = item.folder().rsplit('/').next() == Some("tmp") && name.contains('.');
    let sort = if unfinished {
        Sort::Beside
    } else if head.starts_with(b"From ") {
        Sort::Mbox
    } else if mailbox_of(item).is_some() || looks_like_message(&head) {
        Sort::Single
    } else if BESIDE.iter().any(|b| name.starts_with(b))
        || [".msf", ".dat", ".html"].iter().any(|e| name.ends_with(e))
        || head.is_empty()
    {
        Sort::Beside
    } else {
        Sort::Other
    };
    Ok((file, sort))
}

/// The Maildir folder that a message lies in.
fn mailbox_of(item: &Item) -> Option<&str> {
    let folder = item.folder();
    let (mailbox, inner) = folder.rsplit_once('/').unwrap_or(("", folder));
    matches!(inner, "cur" | "new").then_some(mailbox)
}

fn place_of(item: &Item, sort: &Sort) -> String {
    let place = match sort {
        Sort::Mbox => &item.relative,
        _ => mailbox_of(item).unwrap_or(item.folder()),
    };
    if place.is_empty() { TOP.to_owned() } else { place.to_owned() }
}

impl Mail {
    /// Every message of every place that `wants` says yes to.
    fn messages(
        &self,
        wants: &mut dyn FnMut(&str) -> bool,
        missed: &mut dyn FnMut(Fault),
        each: &mut dyn FnMut(Passing<'_>) -> Going,
    ) -> Result<(), Fault> {
        let mut raw = Vec::new();
        let mut others = 0;
        tree::walk(&self.holding, &self.root, &mut |step| {
            let item = match step {
                Step::File(item) => item,
                Step::Missed(fault) => {
                    missed(fault);
                    return Ok(true);
                }
            };
            let (file, sort) = match sort(&item) {
                Ok(sorted) => sorted,
                Err(error) => {
                    missed(tree::unread(&item.shown, error.kind()));
                    return Ok(true);
                }
            };
            let place = place_of(&item, &sort);
            match sort {
                Sort::Beside => Ok(true),
                Sort::Other => {
                    others += 1;
                    Ok(true)
                }
                _ if !wants(&place) => Ok(true),
                Sort::Mbox => mailbox(&item, &place, file, &mut raw, missed, each),
                Sort::Single => single(&item, &place, file, &mut raw, missed, each),
            }
        })?;
        if others > 0 {
            missed(Fault::new(
                FaultKind::Damaged,
                &self.holding,
                format!("{others} files are no mail that is read here"),
                "Export PST and MSG files as EML or mbox; search other files as documents.",
            ));
        }
        Ok(())
    }

    fn gone(&self, place: &str) -> Fault {
        Fault::new(
            FaultKind::Drift,
            format!("{}, {place}", self.holding),
            "the holding has no such mail folder",
            "Check the data map against the live schema.",
        )
    }
}

fn mailbox(
    item: &Item,
    place: &str,
    file: File,
    raw: &mut Vec<u8>,
    missed: &mut dyn FnMut(Fault),
    each: &mut dyn FnMut(Passing<'_>) -> Going,
) -> Going {
    let mut mbox = Mbox::new(BufReader::with_capacity(256 << 10, file));
    for nth in 1u64.. {
        let shown = format!("{}, message {nth}", item.shown);
        let cut = match mbox.next(raw) {
            Ok(Some(cut)) => cut,
            Ok(None) => break,
            Err(error) => {
                missed(tree::unread(&shown, error.kind()));
                break;
            }
        };
        if !each(Passing { place, shown, raw, cut })? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn single(
    item: &Item,
    place: &str,
    file: File,
    raw: &mut Vec<u8>,
    missed: &mut dyn FnMut(Fault),
    each: &mut dyn FnMut(Passing<'_>) -> Going,
) -> Going {
    raw.clear();
    if let Err(error) = file.take(MOST_MESSAGE as u64 + 1).read_to_end(raw) {
        missed(tree::unread(&item.shown, error.kind()));
        return Ok(true);
    }
    let cut = raw.len() > MOST_MESSAGE;
    raw.truncate(MOST_MESSAGE);
    each(Passing { place, shown: item.shown.clone(), raw, cut })
}

impl Connector for Mail {
    fn test(&mut self) -> Result<Tested, Fault> {
        let collections = self.schema()?.collections.len();
        let server = "mail".to_owned();
        Ok(Tested { server, encrypted: true, collections, notes: Vec::new() })
    }

    fn schema(&mut self) -> Result<Schema, Fault> {
        let mut places: BTreeMap<String, Option<u64>> = BTreeMap::new();
        tree::walk(&self.holding, &self.root, &mut |step| {
            let Step::File(item) = step else { return Ok(true) };
            let Ok((_, sort)) = sort(&item) else { return Ok(true) };
            match sort {
                Sort::Mbox => {
                    places.insert(place_of(&item, &sort), None);
                }
                Sort::Single => {
                    let count = places.entry(place_of(&item, &sort)).or_insert(Some(0));
                    *count = count.map(|n| n + 1);
                }
                Sort::Beside | Sort::Other => {}
            }
            Ok(true)
        })?;
        let live = |(name, rows_estimate)| LiveCollection {
            name,
            fields: text_fields(FIELDS.into_iter()),
            rows_estimate,
            ..LiveCollection::default()
        };
        Ok(Schema { collections: places.into_iter().map(live).collect() })
    }

    fn sample(&mut self, collection: &str, limit: u32) -> Result<Sample, Fault> {
        let fields = FIELDS.iter().map(|f| (*f).to_owned()).collect();
        let mut sample = Sample { fields, rows: Vec::new() };
        self.messages(&mut |place| place == collection, &mut |_| {}, &mut |passing| {
            let letter = Letter::read(passing.raw);
            let addresses = |header: &str| {
                let of = letter.addresses.iter().filter(|(h, _)| h.eq_ignore_ascii_case(header));
                of.map(|(_, a)| a.as_str()).next().map(str::to_owned)
            };
            let text = letter.text.chars().take(1000).collect();
            sample.rows.push(vec![
                addresses("From"),
                addresses("To"),
                addresses("Cc"),
                letter.date.clone(),
                Some(letter.subject.clone()),
                Some(text),
            ]);
            Ok(sample.rows.len() < limit as usize)
        })?;
        if sample.rows.is_empty() { Err(self.gone(collection)) } else { Ok(sample) }
    }

    /// Messages have no one form.
    fn census(&mut self, _: &str, _: &str, _: Kind) -> Result<Stored, Fault> {
        Ok(Stored::Mixed)
    }

    /// Messages hang on nothing.
    fn included(&mut self, _: (&str, &str), _: (&str, &str), _: u32) -> Result<Inclusion, Fault> {
        Ok(Inclusion { sampled: 0, found: 0 })
    }

    fn find(&mut self, map: &DataMap, seek: &Seek, sink: &mut dyn Sink) -> Result<Searched, Fault> {
        let sink = std::cell::RefCell::new(sink);
        let mut search = Search {
            wanted: Wanted::new(seek),
            sink: &sink,
            done: 0,
            places: BTreeMap::new(),
            seen: HashMap::new(),
            silent: BTreeMap::new(),
        };
        self.messages(
            &mut |place| !passed_by(map, place),
            &mut |fault| sink.borrow_mut().missed(fault),
            &mut |passing| search.message(&passing),
        )?;
        for (kind, count) in &search.silent {
            sink.borrow_mut().missed(silent(&self.holding, kind, *count));
        }
        Ok(Searched { places: search.places.into_values().collect() })
    }
}

struct Search<'a, 'b> {
    wanted: Wanted,
    sink: &'a std::cell::RefCell<&'b mut dyn Sink>,
    done: u64,
    places: BTreeMap<String, Looked>,
    /// How often each message was met in each place, so that doubles are told apart.
    seen: HashMap<[u8; 16], u32>,
    silent: BTreeMap<&'static str, u64>,
}

impl Search<'_, '_> {
    fn message(&mut self, passing: &Passing<'_>) -> Going {
        self.done += 1;
        self.sink.borrow_mut().progress(self.done, None);
        if passing.cut {
            self.sink.borrow_mut().missed(Trouble::TooLarge.fault(&passing.shown));
        }
        let letter = Letter::read(passing.raw);
        let because = self.judged(&letter, &passing.shown);
        let fingerprint = letter.fingerprint();
        let nth = self.seen.entry(message::hash(&[&fingerprint, passing.place.as_bytes()]));
        let nth = nth.and_modify(|n| *n += 1).or_insert(1);
        let nth = *nth;
        let looked = self.places.entry(passing.place.to_owned()).or_insert_with(|| Looked {
            place: passing.place.to_owned(),
            by: vec![BY.to_owned()],
            looked_at: Some(0),
            found: 0,
        });
        looked.looked_at = looked.looked_at.map(|n| n + 1);
        if because.is_empty() {
            return Ok(true);
        }
        looked.found += 1;
        let id = hex::encode(fingerprint);
        let locator = if nth == 1 { id } else { format!("{id}#{nth}") };
        let place = passing.place.to_owned();
        let body = Body::Message {
            subject: letter.subject,
            date: letter.date,
            parties: letter.parties,
            text: letter.text,
            attachments: letter.attachments.into_iter().map(|a| a.name).collect(),
            raw: passing.raw.to_vec(),
        };
        self.sink.borrow_mut().item(Found { place, locator, because, body, root: None })?;
        Ok(true)
    }

    /// Why a message is about the person sought.
    fn judged(&mut self, letter: &Letter, shown: &str) -> Vec<Because> {
        let wanted = &self.wanted;
        let mut because: Vec<Because> = Vec::new();
        for (header, address) in &letter.addresses {
            because.extend(wanted.address(header, address));
        }
        for (header, value) in &letter.parties {
            let known =
                |b: &Because| because.iter().any(|a| a.field == b.field && a.kind == b.kind);
            let more: Vec<_> =
                wanted.text(header, value).into_iter().filter(|b| !known(b)).collect();
            because.extend(more);
        }
        because.extend(wanted.text("Subject", &letter.subject));
        because.extend(wanted.text("text", &letter.text));
        because.extend(wanted.text("text", &letter.more));
        for (nth, attachment) in (1..).zip(&letter.attachments) {
            because.extend(wanted.name(&format!("name of attachment {nth}"), &attachment.name));
        }
        let sure = because.iter().any(|b| b.strength == Strength::Strong);
        if !sure {
            because.extend(self.attachments(letter, shown));
        }
        because.sort_by_key(|b| std::cmp::Reverse(b.strength));
        let mut out: Vec<Because> = Vec::new();
        for reason in because {
            if !out.contains(&reason) {
                out.push(reason);
            }
        }
        out
    }

    /// What attachments say. Not asked when the message itself has decided.
    fn attachments(&mut self, letter: &Letter, shown: &str) -> Vec<Because> {
        let mut because = Vec::new();
        for (nth, attachment) in (1..).zip(&letter.attachments) {
            match documents::read(&attachment.bytes, 0) {
                Reading::Text(read) => {
                    because.extend(self.wanted.text(&format!("attachment {nth}"), &read.text));
                    if read.cut {
                        let place = format!("{shown}, attachment {nth}");
                        self.sink.borrow_mut().missed(Trouble::TooLarge.fault(place));
                    }
                }
                Reading::Silent(kind) => *self.silent.entry(kind).or_default() += 1,
                Reading::Not(trouble) => {
                    let place = format!("{shown}, attachment {nth}");
                    self.sink.borrow_mut().missed(trouble.fault(place));
                }
            }
        }
        because
    }
}
