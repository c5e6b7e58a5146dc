//! Handing the pack over: sending it or a part of it, a new link, the protected file for the post,
//! closing, looking again. `fetch` is the other side of a link.

use std::collections::BTreeSet;
use std::io::Write;

use candour_db::Tx;
use jiff::SignedDuration;
use jiff::civil::Date;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipArchive, ZipWriter};

use super::out::Opened;
use crate::charter;
use crate::error::{Error, Refusal, Result};
use crate::kit::blobs::BlobReader;
use crate::kit::{dates, links, new_id};
use crate::office::Office;
use crate::people::Asker;
use crate::proof::{Act, By, Recorded};
use crate::requests::acts::{self, Case, act_on};
use crate::requests::body::Wants;
use crate::requests::review::NOT_THEIRS;
use crate::requests::search::Owed;
use crate::requests::search::still_searched;
use crate::requests::sql::{self, FindingRow, Handover, PackRow};
use crate::requests::{letters, search};
use crate::staff::Permission;

/// What to tell whoever makes or receives the protected file.
pub const PROTECTED_HELP: &str = "The files in this ZIP are encrypted with AES-256. The Windows \
    Explorer itself can’t open them: use 7-Zip, WinZip or a like program; on a Mac, Keka or The \
    Unarchiver; on Linux, the usual archive programs. Send the password in another way than the \
    file: by telephone, or in a second letter. It is shown once and kept nowhere; if it is lost, \
    make the file again.";

/// Opens a pack of a case.
///
/// # Errors
/// Denied, or no such pack.
pub(super) fn open(
    office: &Office,
    by: &By,
    case_id: &str,
    number: u64,
) -> Result<(PackRow, BlobReader)> {
    by.role.may(Permission::SeeCases)?;
    let pack = office.read(|tx| {
        sql::case_by_id(tx, &by.org, case_id)?;
        let all = sql::packs(tx, &by.org, case_id)?;
        all.into_iter().find(|p| p.number == number).ok_or(Error::NotFound("the pack"))
    })?;
    let reader = BlobReader::open(office.db(), office.vault(), &by.org, &pack.blob)?;
    Ok((pack, reader))
}

/// Opens a pack for somebody who takes a copy of it, and records that they did: from here on there
/// is one more copy of a whole person's data that the office no longer guards.
///
/// # Errors
/// As [`open`].
pub fn take_copy(office: &Office, by: &By, case_id: &str, number: u64) -> Result<BlobReader> {
    let (pack, reader) = open(office, by, case_id, number)?;
    acts::on_record(office, by, case_id, move |case| {
        let said = format!("A copy of pack {} was saved by staff", pack.number);
        act_on(case, "request.pack-copied", "UK GDPR Art 5(1)(f)", said).about("pack", &pack.id)
    })?;
    Ok(reader)
}

/// Writes a pack as a ZIP whose files are all encrypted (AES-256), for the post. The password is
/// one of [`links::new_code`], shown once and sent on another way. The file names stay readable.
///
/// # Errors
/// Denied, no such pack, a password that is too short, or of what is written to.
pub fn protected(
    office: &Office,
    by: &By,
    case_id: &str,
    number: u64,
    password: &str,
    to: &mut dyn Write,
) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    if password.chars().count() < 16 {
        return Err(Error::invalid("password", "Use the password that was made for this file"));
    }
    let (pack, reader) = open(office, by, case_id, number)?;
    // Before the first byte: whoever breaks the download off has what came so far.
    acts::on_record(office, by, case_id, move |case| {
        let said = format!("Protected file of pack {} made for the post", pack.number);
        act_on(case, "request.pack-protected", "UK GDPR Art 32(1)(a)", said)
    })?;
    let broken = |e: zip::result::ZipError| Error::fault(format!("the protected file: {e}"));
    let mut from = ZipArchive::new(Opened::new(reader)).map_err(broken)?;
    let mut zip = ZipWriter::new_stream(to);
    for i in 0..from.len() {
        let mut file = from.by_index(i).map_err(broken)?;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(file.last_modified().unwrap_or_default())
            .with_aes_encryption(AesMode::Aes256, password);
        let name = file.name().map_err(broken)?.into_owned();
        zip.start_file(name, options).map_err(broken)?;
        std::io::copy(&mut file, &mut zip)?;
    }
    zip.finish().map_err(broken)?;
    Ok(())
}

/// How a pack goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By a link; its code is shown once, to be said by telephone or text message.
    Link,
    /// By a link; its code goes in a letter to be printed and posted.
    LinkAndLetter,
    /// By post, as the protected file.
    Post,
}

impl Way {
    /// Reads the word of a form.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "link" => Some(Self::Link),
            "link-letter" => Some(Self::LinkAndLetter),
            "post" => Some(Self::Post),
            _ => None,
        }
    }

    /// The word of the way that fits what the person asked for; empty if they did not say.
    pub fn asked_for(wants: &Wants) -> &'static str {
        match wants.format.as_str() {
            "" => "",
            "post" | "in person" => "post",
            _ => "link",
        }
    }

    /// Says if it is another way than they asked for (UK GDPR Art 12(3): an electronic request is
    /// answered electronically unless they ask otherwise).
    fn said(self, wants: &Wants) -> String {
        let post = self == Self::Post;
        match Self::asked_for(wants) {
            "" => String::new(),
            asked if (asked == "post") == post => String::new(),
            _ => format!(", although they asked for it {}", wants.format_in_words()),
        }
    }
}

/// Sends the newest pack: the whole answer, or with `part` what is ready of it. Answers the code
/// of its link if that has to be given by a person: it is kept nowhere.
///
/// # Errors
/// Denied, no address to send a link to, or the pack is older than the last decision; not
/// complete, if it is to be the whole answer.
pub fn send(office: &Office, by: &By, case: &str, way: Way, part: bool) -> Result<Option<String>> {
    go_out(office, by, case, (way, part), dates::day_of(by.now))
}

/// Records on which day the newest pack was posted or handed over.
///
/// # Errors
/// As [`send`]; a day to come, or before the pack was made.
pub fn posted(office: &Office, by: &By, case: &str, part: bool, on: Date) -> Result<()> {
    go_out(office, by, case, (Way::Post, part), on).map(drop)
}

fn go_out(
    office: &Office,
    by: &By,
    case: &str,
    (way, part): (Way, bool),
    on: Date,
) -> Result<Option<String>> {
    by.role.may(Permission::ReleaseCases)?;
    if on > dates::day_of(by.now) {
        return Err(Error::invalid("on", "The day it was posted can’t be in the future"));
    }
    let code = links::new_code()?;
    let (office2, by2, id, code2) = (office.clone(), by.clone(), case.to_owned(), code.clone());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        let pack = newest(tx, &by2, &case, part)?;
        let made = dates::day_of(pack.made);
        if on < made {
            let why =
                format!("This pack was made on {}: it can’t have left before", dates::long(made));
            return Err(Error::invalid("on", why));
        }
        let earlier = told_before(tx, &by2, &id)?;
        let (word, which) = match part {
            true => {
                still_searched(&case)?;
                ("request.part-sent", format!("Part {} of the answer", earlier + 1))
            }
            false => {
                case.row.request = case.row.request.send(on)?;
                acts::save(tx, &office2, &by2, case.clone())?;
                ("request.sent", "The answer".to_owned())
            }
        };
        let how = match way {
            Way::Post => format!("by post or in person on {}", dates::long(on)),
            Way::Link | Way::LinkAndLetter => "by link".to_owned(),
        };
        let other = way.said(&case.body.wants);
        let said =
            format!("{which}, pack {}, sent {how}{other}, SHA-256 {}", pack.number, pack.sha256);
        let act = act_on(&case, word, "UK GDPR Art 15(3)", said).about("pack", &pack.id);
        let letters = hand_over(tx, &office2, &by2, &case, &pack, (way, on), &code2)?;
        Ok(letters.into_iter().fold(Recorded::new(&by2, (), act), Recorded::and))
    })?;
    Ok((way == Way::Link).then_some(code))
}

/// How many packs of the case have gone out.
pub(super) fn told_before(tx: &mut Tx<'_>, by: &By, case: &str) -> Result<u64> {
    let packs: BTreeSet<String> =
        sql::handovers(tx, &by.org, case)?.into_iter().map(|h| h.pack).collect();
    Ok(packs.len() as u64)
}

/// Notes that a pack is handed over and, by link, writes to the person.
fn hand_over(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    case: &Case,
    pack: &PackRow,
    (way, on): (Way, Date),
    code: &str,
) -> Result<Vec<Act>> {
    let by_link = way != Way::Post;
    if by_link && case.body.asker.reply_to().is_none() {
        let message = "There is no e-mail address to send a link to: send it by post";
        return Err(Error::invalid("how", message));
    }
    let charter = charter::current(tx, &by.org)?;
    let lasts = SignedDuration::from_hours(24 * i64::from(charter.delivery.link_days));
    let made = match on == dates::day_of(by.now) {
        true => by.now,
        false => dates::noon(on).map_err(|e| Error::fault(e.to_string()))?,
    };
    let row = Handover {
        id: new_id(by.now),
        case: case.row.id.clone(),
        pack: pack.id.clone(),
        code: by_link.then(|| links::hash(&links::fold_code(code)).to_vec()),
        tries: 0,
        made,
        ends: by_link.then(|| by.now + lasts),
        reminded: None,
        fetched: None,
        ended: None,
        ended_why: None,
    };
    sql::insert_handover(tx, &by.org, &row)?;
    if !by_link {
        return Ok(Vec::new());
    }
    let token = links::make(tx, &by.org, "fetch", &row.id, by.now, lasts)?;
    let until = dates::day_of(by.now + lasts);
    let by_letter = way == Way::LinkAndLetter;
    let ready = letters::ready(office, &charter, case, &token, until, pack.complete, by_letter)?;
    let mut written = vec![letters::post(tx, office, by, case, ready)?];
    if by_letter {
        let letter = letters::fetch_code(office, &charter, case, code, until)?;
        written.push(letters::post(tx, office, by, case, letter)?);
    }
    Ok(written)
}

/// Sends a new link to a pack whose link was lost, locked or has run out; the old one ends.
///
/// # Errors
/// Denied, or no pack of this case was sent by link.
pub fn new_link(office: &Office, by: &By, case_id: &str, way: Way) -> Result<Option<String>> {
    by.role.may(Permission::ReleaseCases)?;
    if way == Way::Post {
        return Err(Error::invalid("how", "Choose how the code goes"));
    }
    let (code, today) = (links::new_code()?, dates::day_of(by.now));
    let (office2, by2, id, code2) = (office.clone(), by.clone(), case_id.to_owned(), code.clone());
    office.write(move |tx| {
        let case = acts::load(tx, &office2, &by2, &id)?;
        let old = last_link(tx, &by2, &id)?;
        end(tx, &by2, &old, "replaced")?;
        let pack = sql::a_pack(tx, &by2.org, &old.pack)?;
        let letters = hand_over(tx, &office2, &by2, &case, &pack, (way, today), &code2)?;
        let said = format!("New link to pack {}; the old one has ended", pack.number);
        let act = act_on(&case, "request.link-renewed", "UK GDPR Art 12(2)", said);
        Ok(letters.into_iter().fold(Recorded::new(&by2, (), act), Recorded::and))
    })?;
    Ok((way == Way::Link).then_some(code))
}

/// Takes the links of a case back: nobody can fetch a pack by them any more.
///
/// # Errors
/// Denied, or no link of this case is open.
pub fn revoke(office: &Office, by: &By, case_id: &str, why: &str) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    if why.trim().is_empty() {
        return Err(Error::invalid("reason", "Say why the link is taken back"));
    }
    let (office2, by2, id) = (office.clone(), by.clone(), case_id.to_owned());
    let why = why.trim().to_owned();
    office.write(move |tx| {
        let case = acts::load(tx, &office2, &by2, &id)?;
        let mut any = false;
        for link in sql::handovers(tx, &by2.org, &id)?.iter().filter(|h| h.ends.is_some()) {
            any |= end(tx, &by2, link, "revoked")?;
        }
        if !any {
            let why = "the link has ended already".into();
            let source_ = "house rule: a link ends once";
            return Err(Refusal { act: "take the link back", why, source_ }.into());
        }
        let said = format!("Link taken back: {why}");
        let act = act_on(&case, "request.link-revoked", "UK GDPR Art 32(1)", said);
        Ok(Recorded::new(&by2, (), act))
    })
}

/// Ends a link with its tokens; answers whether it was open.
pub(super) fn end(tx: &mut Tx<'_>, by: &By, h: &Handover, why: &str) -> Result<bool> {
    sql::end_handover(tx, &by.org, &h.id, why, by.now)
}

/// The newest link that is open, or else the last there was.
fn last_link(tx: &mut Tx<'_>, by: &By, case: &str) -> Result<Handover> {
    let mut links = sql::handovers(tx, &by.org, case)?;
    links.retain(|h| h.ends.is_some());
    let open = links.iter().rfind(|h| h.ended.is_none()).or(links.last());
    open.cloned().ok_or(Error::NotFound("a link of this case"))
}

/// The newest pack, if it may go out.
fn newest(tx: &mut Tx<'_>, by: &By, case: &Case, part: bool) -> Result<PackRow> {
    let no = |why: &str| {
        Err(Refusal { act: "send", why: why.into(), source_: "UK GDPR Art 15(3)" }.into())
    };
    let Some(pack) = sql::packs(tx, &by.org, &case.row.id)?.into_iter().next() else {
        return no("no pack has been made yet: make the pack, look at it, then send it");
    };
    if part && (pack.complete || pack.items == 0) {
        return no("only a part pack with something in it is sent as a part");
    }
    if part && sql::handovers(tx, &by.org, &case.row.id)?.iter().any(|h| h.pack == pack.id) {
        return no("this pack has gone out already: send a new link to it, or make the next pack");
    }
    if !part && !pack.complete {
        return no("the newest pack is only a part: decide what waits, then make the pack again");
    }
    let decided = sql::last_decided(tx, &by.org, &case.row.id)?;
    let searches = sql::searches(tx, &by.org, &case.row.id)?;
    let searched = searches.iter().filter_map(|s| s.ended);
    if decided.into_iter().chain(searched).any(|at| at > pack.made) {
        return no("something was decided or found after the pack was made: make the pack again");
    }
    if part {
        return Ok(pack);
    }
    for s in &searches {
        if Owed::of(s)? != Owed::Nothing {
            return no("a holding has not answered, or parts of it could not be read, since the \
                       pack was made: see where we looked");
        }
    }
    if search::progress(tx, &by.org, &case.row.id)?.open > 0 {
        return no("something waits for a decision since the pack was made: decide, then make it");
    }
    Ok(pack)
}

/// Looks again after the answer: what is new to search by is added, every holding is searched
/// again, and the pack that follows says that it does.
///
/// # Errors
/// Denied, no reason, or the case was not answered.
pub fn look_again(
    office: &Office,
    by: &By,
    case_id: &str,
    reason: &str,
    more: &Asker,
) -> Result<()> {
    by.role.may(Permission::WorkCases)?;
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "Say why it is looked at again"));
    }
    let (office2, by2, id) = (office.clone(), by.clone(), case_id.to_owned());
    let (why, more) = (reason.trim().to_owned(), more.clone());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        case.row.request = case.row.request.look_again()?;
        case.body.asker.add(&more);
        case.body.asker.check()?;
        acts::hash_asker(tx, &office2, &by2, &id, &case.body.asker)?;
        acts::save(tx, &office2, &by2, case.clone())?;
        search::plan_again(tx, &by2, &case, true)?;
        let act = act_on(&case, "request.look-again", "UK GDPR Art 15(1)", why.as_str());
        Ok(Recorded::new(&by2, (), act))
    })
}

/// Closes a case whose answer was sent.
///
/// # Errors
/// Denied, or it was not sent.
pub fn close(office: &Office, by: &By, case_id: &str) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    let (office2, by2, id) = (office.clone(), by.clone(), case_id.to_owned());
    office.write(move |tx| closed(tx, &office2, &by2, &id))
}

/// The same within a change.
pub(in crate::requests) fn closed(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
) -> Result<Recorded<()>> {
    let mut case = acts::load(tx, office, by, id)?;
    let packs = sql::packs(tx, &by.org, id)?;
    // What a person found to be somebody else's was not found of them.
    let strange = |f: &&FindingRow| f.decision == "exclude" && f.ground == NOT_THEIRS;
    let strange = sql::findings(tx, &by.org, id)?.iter().filter(strange).count() as u64;
    let items: u64 = sql::searches(tx, &by.org, id)?.iter().map(|s| s.items).sum();
    let found = items > strange || packs.iter().any(|k| k.items > 0);
    case.row.request = case.row.request.close_sent(found, dates::day_of(by.now))?;
    acts::save(tx, office, by, case.clone())?;
    let said = if found { "Answered and closed" } else { "Nothing found; closed" };
    Ok(Recorded::new(by, (), act_on(&case, "request.closed", "UK GDPR Art 12(3)", said)))
}
