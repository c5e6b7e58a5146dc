//! Messages and documents: each goes through the gate; what passes goes out as it is, what does
//! not goes out as its text.

use std::io::Write;

use askama::Template;
use candour_connectors::Body;

use super::content::{Content, Line, Reread};
use super::cut::{self, Cut, Words};
use super::out::Out;
use super::pages::{Frame, Thing};
use super::plan::{Fate, Part, Plan, Why};
use crate::error::Result;
use crate::office::Office;
use crate::requests::gate::{self, Checked, Outcome, Then};
use crate::requests::review::{Item, Items};

/// What is needed to put a thing in.
struct Desk<'a, W: Write> {
    plan: &'a Plan,
    part: &'a Part,
    out: &'a mut Out<W>,
    content: &'a mut Content,
}

/// Writes the messages and documents of one holding, and counts what is left out of it.
///
/// # Errors
/// Of the spool or the ZIP, or a passage that was taken out can still be found.
pub fn write<W: Write>(
    office: &Office,
    plan: &Plan,
    part: &Part,
    out: &mut Out<W>,
    content: &mut Content,
) -> Result<()> {
    let mut desk = Desk { plan, part, out, content };
    if part.places.iter().all(|p| p.things == 0) && part.fates.is_empty() {
        return Ok(());
    }
    for next in Items::open(office, &plan.org, &part.search, 0)? {
        let (n, item) = next?;
        let row = matches!(item.body, Body::Row { .. });
        match part.fates.get(&n) {
            Some(Fate::Open) => {}
            // Not about them (UK GDPR Art 15(1)): on no list, or it would tell of somebody else.
            Some(fate) if fate.not_theirs() => {}
            Some(Fate::Outside { doubtful: true }) => desk.content.doubtful_outside += 1,
            Some(Fate::Outside { doubtful: false }) => desk.content.outside(&part.holding.title),
            Some(Fate::Exclude(why)) => {
                let what = match &item.body {
                    Body::Row { .. } => "a record, as a whole",
                    Body::Message { .. } => "a message, as a whole",
                    Body::Document { .. } => "a document, as a whole",
                };
                let why = cut::safe_reason(why, &item, &plan.own, &Words::default())?;
                desk.content.kept_back(what, &part.holding.title, &why, 1);
            }
            _ if row => {}
            Some(Fate::Redact(marks, why)) => {
                let c = cut::cut(&item, marks, (&plan.own, &plan.subject))?;
                let why = cut::safe_reason(why, &item, &plan.own, &c.words)?;
                desk.partly(&c, &why)?;
            }
            None => match &item.body {
                Body::Message { raw, .. } => desk.message(&item, raw)?,
                Body::Document { name, media, text, raw } => {
                    desk.document(&item, name, media, text, raw)?;
                }
                Body::Row { .. } => {}
            },
        }
    }
    Ok(())
}

impl<W: Write> Desk<'_, W> {
    /// "documents/007": counts on with every thing that goes in.
    fn number(&self) -> String {
        format!("{:03}", self.content.messages + self.content.documents + 1)
    }

    fn count(&mut self, item: &Item) {
        self.content.items += 1;
        match item.body {
            Body::Message { .. } => self.content.messages += 1,
            _ => self.content.documents += 1,
        }
    }

    fn place(&self, item: &Item) -> String {
        let title = &self.part.holding.title;
        if item.place.is_empty() || &item.place == title {
            return title.clone();
        }
        format!("{title}, {}", item.place)
    }

    /// The readable page of a thing. Answers its path and fingerprint.
    fn page(&mut self, item: &Item, title: &str, note: &str) -> Result<(String, String, String)> {
        let (mut head, mut text) = (Vec::new(), String::new());
        for (name, value) in item.texts() {
            match name.as_str() {
                "text" => text = value,
                "Date" => head.push((name, moment(&value))),
                _ => head.push((name, value)),
            }
        }
        let f = Frame::of(self.plan, title, "../");
        let page = Thing { f, note, head, text }.render()?;
        let name = match item.body {
            Body::Document { .. } => title.rsplit_once('.').map_or(title, |(stem, _)| stem),
            _ => title,
        };
        let stem = format!("{}-{name}", self.number());
        let path = self.content.path("documents/", &stem, "html");
        let listed = self.out.file(&path, "text/html", page.as_bytes())?;
        Ok((path, listed.sha256, page))
    }

    fn partly(&mut self, c: &Cut, why: &Why) -> Result<()> {
        const NOTE: &str = "Passages were taken out of this text. The original is not enclosed.";
        let (path, sha256, page) = self.page(&c.item, &c.title, NOTE)?;
        let finder = c.words.finder()?;
        cut::clean(&finder, &cut::text_of_html(&page))?;
        cut::clean(&finder, &path.replace('-', " "))?;
        for (kind, times) in &c.kinds {
            let what = format!("a passage: {kind}");
            self.content.kept_back(&what, &self.part.holding.title, why, *times);
        }
        if let Body::Message { attachments, .. } = &c.item.body
            && !attachments.is_empty()
        {
            let unseen = "Passages were taken out of its message; attachments of such a message are \
                       not given unseen. Ask us for it.";
            let (n, place) = (attachments.len() as u64, &self.part.holding.title);
            self.content.left_out("an attachment of a message", place, unseen, n);
            self.content.sheet.warnings.push(format!(
                "documents/{}: {n} attachments of a redacted message are not in the pack: read \
                 them, and give in another way what is about this person.",
                self.number()
            ));
        }
        let words = c.words.clone();
        self.content.reread.push(Reread { path: path.clone(), row: None, words });
        self.content.line(Line {
            title: c.title.clone(),
            date: date(&c.item),
            place: self.part.holding.title.clone(),
            given: "In part",
            code: why.ground.clone(),
            note: "Passages were taken out.".into(),
            file: path,
            sha256,
            ..Line::default()
        });
        self.count(&c.item);
        Ok(())
    }

    fn document(
        &mut self,
        item: &Item,
        name: &str,
        media: &str,
        text: &str,
        raw: &[u8],
    ) -> Result<()> {
        let checked = gate::check(name, media, raw);
        self.content.sheet.note(&format!("documents/{}", self.number()), &checked);
        let whole = match checked.outcome {
            Outcome::Passed => Some(raw),
            Outcome::Cleaned => checked.clean.as_deref(),
            Outcome::Stopped => None,
        };
        let (mut given, mut note) = ("In full", String::new());
        let (file, sha256) = match whole {
            Some(bytes) => {
                let stem = name.rsplit_once('.').map_or(name, |(s, _)| s);
                let stem = format!("{}-{stem}", self.number());
                let kind = checked.kind;
                let path = self.content.path("documents/", &stem, kind.ending());
                let listed = self.out.file(&path, kind.media(), bytes)?;
                self.cleaned(&checked, &mut note);
                (path, listed.sha256)
            }
            None if text.trim().is_empty() => {
                self.stuck(&checked);
                return Ok(());
            }
            None => {
                (given, note) = ("As text only", format!("The file holds {}.", why(&checked)));
                let place = &self.part.holding.title;
                let told = format!("It holds {}. Its text is enclosed.", why(&checked));
                self.content.left_out("the file of a document", place, &told, 1);
                let said = "This is the text of the document. The file itself is not enclosed.";
                let (path, sha256, _) = self.page(item, name, said)?;
                (path, sha256)
            }
        };
        let (title, place) = (name.to_owned(), self.place(item));
        let code = if given == "In full" { String::new() } else { "check".into() };
        self.content.line(Line {
            title,
            place,
            given,
            code,
            note,
            file,
            sha256,
            ..Line::default()
        });
        self.count(item);
        Ok(())
    }

    /// A file that can't go out and has no text to give instead: it waits for a person.
    fn stuck(&mut self, checked: &Checked) {
        let file = format!("documents/{}", self.number());
        self.content.stuck += 1;
        self.content.sheet.nothing_sent();
        self.content.sheet.warnings.push(format!(
            "{file} is left out: it holds {} and has no text that could be given instead. Have the \
             holder save it in another form, or decide “Leave it out: its file can’t be copied \
             safely”; the person is told, and that they can see it at your premises.",
            why(checked)
        ));
    }

    /// Says in the note and in the list of what was left out what the gate took out.
    fn cleaned(&mut self, checked: &Checked, note: &mut String) {
        let taken: Vec<_> = checked.findings.iter().filter(|f| f.then == Then::Cleaned).collect();
        if taken.is_empty() {
            return;
        }
        for f in &taken {
            let why = match f.read_it {
                true => "It is not part of what the document shows; a person was told to read it.",
                false => "It says how the file was made, not what it says about you.",
            };
            let what = format!("in files: {}", f.what);
            self.content.left_out(&what, &self.part.holding.title, why, f.count);
        }
        let what: Vec<&str> = taken.iter().map(|f| f.what.as_str()).collect();
        *note = format!("Without {}.", what.join(", "));
    }

    fn message(&mut self, item: &Item, raw: &[u8]) -> Result<()> {
        let number = self.number();
        let title = item.title();
        let mut notes = Vec::new();
        if !raw.is_empty() {
            let checked = gate::check("message.eml", "message/rfc822", raw);
            self.content.sheet.note(&format!("documents/{number}"), &checked);
            if checked.outcome == Outcome::Passed {
                let stem = format!("{number}-{title}");
                let path = self.content.path("documents/", &stem, "eml");
                self.out.file(&path, "message/rfc822", raw)?;
                notes.push("The message as it was stored is beside it (EML).".to_owned());
            } else {
                let place = &self.part.holding.title;
                let told =
                    format!("It holds {}. The message is enclosed as a page.", why(&checked));
                self.content.left_out("the file of a message", place, &told, 1);
                self.attachments(&number, &checked, &mut notes)?;
            }
        }
        let (file, sha256, _) = self.page(item, &title, "")?;
        self.content.line(Line {
            date: date(item),
            place: self.place(item),
            given: if notes.iter().any(|n| n.contains("left out")) { "In part" } else { "In full" },
            note: notes.join(" "),
            title,
            file,
            sha256,
            ..Line::default()
        });
        self.count(item);
        Ok(())
    }

    /// The attachments of a message whose file can't go out, one by one.
    fn attachments(
        &mut self,
        number: &str,
        message: &Checked,
        notes: &mut Vec<String>,
    ) -> Result<()> {
        let (mut given, mut left) = (0, 0);
        for (i, a) in message.attachments.iter().enumerate() {
            let file = format!("documents/{number}, attachment {}", i + 1);
            self.content.sheet.note(&file, &a.checked);
            let bytes = match a.checked.outcome {
                Outcome::Passed => a.raw.as_slice(),
                Outcome::Cleaned => a.checked.clean.as_deref().unwrap_or_default(),
                Outcome::Stopped => {
                    let told = format!("It holds {}. Ask us for it.", why(&a.checked));
                    let place = &self.part.holding.title;
                    self.content.left_out("an attachment of a message", place, &told, 1);
                    self.content.sheet.warnings.push(format!(
                        "{file} is left out: it holds {}. The letter says so; give it in another \
                         way if it is about this person.",
                        why(&a.checked)
                    ));
                    self.content.sheet.nothing_sent();
                    left += 1;
                    continue;
                }
            };
            let stem = a.name.rsplit_once('.').map_or(a.name.as_str(), |(s, _)| s);
            let stem = format!("{number}-attachment-{}-{stem}", i + 1);
            let kind = a.checked.kind;
            let path = self.content.path("documents/", &stem, kind.ending());
            self.out.file(&path, kind.media(), bytes)?;
            let mut ignored = String::new();
            self.cleaned(&a.checked, &mut ignored);
            given += 1;
        }
        if given > 0 {
            notes.push(format!("Attachments beside it: {given}."));
        }
        if left > 0 {
            notes.push(format!("Attachments left out: {left}."));
        }
        Ok(())
    }
}

/// What stopped a file, in words.
fn why(checked: &Checked) -> String {
    let stopped = checked.findings.iter().filter(|f| f.then == Then::Stopped);
    let what: Vec<&str> = stopped.map(|f| f.what.as_str()).collect();
    if what.is_empty() { "something that can’t be checked".into() } else { what.join(", ") }
}

fn date(item: &Item) -> String {
    match &item.body {
        Body::Message { date: Some(d), .. } => moment(d),
        _ => String::new(),
    }
}

/// A moment as people read it, where it can be read at all.
fn moment(stored: &str) -> String {
    stored.parse().map_or_else(|_| stored.to_owned(), crate::kit::dates::moment)
}
