//! Folders of documents: text, web pages, PDF, office documents, spreadsheets, saved messages.
//!
//! What a file is, its content says. Plain text is read here; whatever has a structure that can
//! be turned against its reader goes through [`crate::worker`]. A file that cannot be read is
//! told by its place and the search goes on; its name is searched all the same.

pub(crate) mod html;
pub(crate) mod sniff;
pub(crate) mod tree;
pub(crate) mod wanted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candour_screening::recognise;

use crate::map::{DataMap, Holds, Stored};
use crate::schema::{LiveCollection, LiveField, Schema};
use crate::worker::{self, Extract, MOST_FILE, Media, Trouble};
use crate::{
    Body, Connector, Fault, FaultKind, Found, Inclusion, Kind, Looked, Sample, Searched, Seek,
    Sink, Tested,
};

use sniff::Sort;
use tree::{Item, Step};
use wanted::Wanted;

/// What a schema calls the files that lie in no folder.
pub(crate) const TOP: &str = "top folder";
/// How the search record says what was done.
const BY: &str = "file names and text, every file";
/// Columns of a sample: what is recognised in a file, so that a scan can tell what it holds.
const FIELDS: [(&str, Option<Kind>); 6] = [
    ("file name", None),
    ("email", Some(Kind::Email)),
    ("telephone", Some(Kind::Phone)),
    ("postcode", Some(Kind::Postcode)),
    ("ni number", Some(Kind::NationalInsurance)),
    ("text", None),
];

/// Open a folder of documents.
pub(crate) fn open(map: &DataMap, base: &Path) -> Result<Box<dyn Connector>, Fault> {
    let root = source(map, base)?;
    Ok(Box::new(Documents { holding: map.holding.clone(), root }))
}

/// The file or folder that a map names.
pub(crate) fn source(map: &DataMap, base: &Path) -> Result<PathBuf, Fault> {
    let Some(path) = &map.source.path else {
        let remedy = "Name the file or folder as path.";
        return Err(Fault::new(FaultKind::Map, &map.holding, "[source] lacks path", remedy));
    };
    tree::root(&map.holding, &base.join(path))
}

/// What came of reading a file.
pub(crate) enum Reading {
    Text(Extract),
    /// There is no text in such a file.
    Silent(&'static str),
    Not(Trouble),
}

/// Read any file for its text. `depth` counts messages within messages.
pub(crate) fn read(bytes: &[u8], depth: usize) -> Reading {
    let sort = sniff::sort(bytes);
    let read = match sort {
        Sort::Empty => Ok(Extract { media: Media::Plain, text: String::new(), cut: false }),
        Sort::Text | Sort::Html => {
            let (media, text) = sniff::text(bytes, sort);
            Ok(Extract { media, text, cut: false })
        }
        Sort::Message => {
            let text = crate::mail::whole_text(bytes, depth);
            Ok(Extract { media: Media::Message, text, cut: false })
        }
        Sort::Pdf => worker::pdf(bytes),
        Sort::Office => worker::text(bytes),
        Sort::Picture => return Reading::Silent("pictures"),
        Sort::Film => return Reading::Silent("sound or film recordings"),
        Sort::Archive => Err(Trouble::Archive),
        Sort::Outlook | Sort::Rtf => Err(Trouble::Old),
        Sort::Unknown => Err(Trouble::Unknown),
    };
    match read {
        Ok(read) if read.media == Media::Pdf && read.text.trim().is_empty() => {
            Reading::Silent("PDF files without text, probably scans")
        }
        Ok(read) => Reading::Text(read),
        Err(trouble) => Reading::Not(trouble),
    }
}

struct Documents {
    holding: String,
    root: PathBuf,
}

/// The collection a file belongs to: its outermost folder.
fn collection(item: &Item) -> &str {
    item.relative.split_once('/').map_or(TOP, |(folder, _)| folder)
}

/// Whether a person has decided that there is nothing personal in a collection.
pub(crate) fn passed_by(map: &DataMap, collection: &str) -> bool {
    map.collection(collection).is_some_and(|c| c.holds == Holds::None && c.unsure.is_none())
}

/// Fields of a collection of texts.
pub(crate) fn text_fields<'a>(names: impl Iterator<Item = &'a str>) -> Vec<LiveField> {
    let field = |name: &str| LiveField {
        name: name.to_owned(),
        sql_type: "text".to_owned(),
        nullable: true,
        unique: false,
    };
    names.map(field).collect()
}

impl Documents {
    fn gone(&self, collection: &str) -> Fault {
        Fault::new(
            FaultKind::Drift,
            format!("{}, {collection}", self.holding),
            "the holding has no such folder",
            "Check the data map against the live schema.",
        )
    }
}

impl Connector for Documents {
    fn test(&mut self) -> Result<Tested, Fault> {
        let collections = self.schema()?.collections.len();
        let server = "folder of documents".to_owned();
        Ok(Tested { server, encrypted: true, collections, notes: Vec::new() })
    }

    fn schema(&mut self) -> Result<Schema, Fault> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        tree::walk(&self.holding, &self.root, &mut |step| {
            if let Step::File(item) = step {
                *counts.entry(collection(&item).to_owned()).or_default() += 1;
            }
            Ok(true)
        })?;
        let live = |(name, files)| LiveCollection {
            name,
            fields: text_fields(FIELDS.iter().map(|(name, _)| *name)),
            rows_estimate: Some(files),
            ..LiveCollection::default()
        };
        Ok(Schema { collections: counts.into_iter().map(live).collect() })
    }

    fn sample(&mut self, wanted: &str, limit: u32) -> Result<Sample, Fault> {
        let fields = FIELDS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut sample = Sample { fields, rows: Vec::new() };
        let mut there = false;
        tree::walk(&self.holding, &self.root, &mut |step| {
            let Step::File(item) = step else { return Ok(true) };
            if collection(&item) != wanted {
                return Ok(true);
            }
            there = true;
            let Ok(Some(bytes)) = item.read(MOST_FILE) else { return Ok(true) };
            if let Reading::Text(read) = read(&bytes, 0) {
                sample.rows.push(recognised(&item, &read.text));
            }
            Ok(sample.rows.len() < limit as usize)
        })?;
        if there { Ok(sample) } else { Err(self.gone(wanted)) }
    }

    /// Texts have no one form.
    fn census(&mut self, _: &str, _: &str, _: Kind) -> Result<Stored, Fault> {
        Ok(Stored::Mixed)
    }

    /// Texts hang on nothing.
    fn included(&mut self, _: (&str, &str), _: (&str, &str), _: u32) -> Result<Inclusion, Fault> {
        Ok(Inclusion { sampled: 0, found: 0 })
    }

    fn find(&mut self, map: &DataMap, seek: &Seek, sink: &mut dyn Sink) -> Result<Searched, Fault> {
        let mut search = Search {
            holding: &self.holding,
            wanted: Wanted::new(seek),
            sink,
            done: 0,
            places: BTreeMap::new(),
            silent: BTreeMap::new(),
        };
        tree::walk(&self.holding, &self.root, &mut |step| {
            match step {
                Step::Missed(fault) => search.sink.missed(fault),
                Step::File(item) if passed_by(map, collection(&item)) => {}
                Step::File(item) => search.file(&item)?,
            }
            Ok(true)
        })?;
        Ok(search.end())
    }
}

/// One row of a sample.
fn recognised(item: &Item, text: &str) -> Vec<Option<String>> {
    let hits = recognise(text);
    let first = |kind| hits.iter().find(|h| h.kind == kind).map(|h| h.normal.clone());
    let cell = |(name, kind): &(&str, Option<Kind>)| match kind {
        Some(kind) => first(*kind),
        None if *name == "file name" => Some(item.name().to_owned()),
        None => Some(text.chars().take(1000).collect()),
    };
    FIELDS.iter().map(cell).collect()
}

struct Search<'a> {
    holding: &'a str,
    wanted: Wanted,
    sink: &'a mut dyn Sink,
    done: u64,
    places: BTreeMap<String, Looked>,
    /// Files without text, by folder and kind.
    silent: BTreeMap<&'static str, u64>,
}

impl Search<'_> {
    fn file(&mut self, item: &Item) -> Result<(), Fault> {
        self.done += 1;
        self.sink.progress(self.done, None);
        let place = collection(item);
        let looked = self.places.entry(place.to_owned()).or_insert_with(|| Looked {
            place: place.to_owned(),
            by: vec![BY.to_owned()],
            looked_at: Some(0),
            found: 0,
        });
        looked.looked_at = looked.looked_at.map(|n| n + 1);
        let bytes = match item.read(MOST_FILE) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                self.sink.missed(Trouble::TooLarge.fault(&item.shown));
                return Ok(());
            }
            Err(error) => {
                self.sink.missed(tree::unread(&item.shown, error.kind()));
                return Ok(());
            }
        };
        let (media, text) = self.read(item, &bytes);
        let mut because = self.wanted.name("file name", &item.relative);
        because.extend(self.wanted.text("text", &text));
        because.sort_by_key(|b| std::cmp::Reverse(b.strength));
        if because.is_empty() {
            return Ok(());
        }
        let folder = if item.folder().is_empty() { TOP } else { item.folder() };
        let found = Found {
            place: folder.to_owned(),
            locator: item.relative.clone(),
            because,
            body: Body::Document {
                name: item.name().to_owned(),
                media: media.iana().to_owned(),
                text,
                raw: bytes,
            },
            root: None,
        };
        if let Some(looked) = self.places.get_mut(place) {
            looked.found += 1;
        }
        self.sink.item(found)
    }

    /// The text of a file, empty if it has none; what is missing is told.
    fn read(&mut self, item: &Item, bytes: &[u8]) -> (Media, String) {
        match read(bytes, 0) {
            Reading::Text(read) => {
                if read.cut {
                    self.sink.missed(Trouble::TooLarge.fault(&item.shown));
                }
                (read.media, read.text)
            }
            Reading::Silent(kind) => {
                *self.silent.entry(kind).or_default() += 1;
                let media = if kind.starts_with("PDF") { Media::Pdf } else { Media::Unknown };
                (media, String::new())
            }
            Reading::Not(trouble) => {
                let kind = if bytes.starts_with(b"%PDF") { ", PDF" } else { "" };
                self.sink.missed(trouble.fault(format!("{}{kind}", item.shown)));
                (Media::Unknown, String::new())
            }
        }
    }

    fn end(self) -> Searched {
        for (kind, count) in self.silent {
            self.sink.missed(silent(self.holding, kind, count));
        }
        Searched { places: self.places.into_values().collect() }
    }
}

/// Files that have no text to search.
pub(crate) fn silent(holding: &str, kind: &str, count: u64) -> Fault {
    Fault::new(
        FaultKind::NoText,
        holding,
        format!("{count} {kind} have no text that could be searched"),
        "Only their names were searched; look at them by hand if the person may be in them.",
    )
}
