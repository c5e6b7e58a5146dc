//! Handing the pack over: sending, fetching by link, the protected file for the post, closing.

use std::io::Write;

use candour_db::Tx;
use candour_screening::{Kind, normalise};
use jiff::SignedDuration;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipArchive, ZipWriter};

use super::out::Opened;
use crate::charter;
use crate::error::{Error, Refusal, Result};
use crate::kit::blobs::BlobReader;
use crate::kit::{dates, links};
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::requests::acts::{self, Case, act_on};
use crate::requests::letters;
use crate::requests::sql::{self, PackRow};
use crate::staff::Permission;

/// What to tell whoever makes or receives the protected file.
pub const PROTECTED_HELP: &str = "The files in this ZIP are encrypted with AES-256. The Windows \
    Explorer itself can’t open them: use 7-Zip, WinZip or a like program; on a Mac, Keka or The \
    Unarchiver; on Linux, the usual archive programs. Send the password in another way than the \
    file: by telephone, or in a second letter. It is shown once and kept nowhere; if it is lost, \
    make the file again.";

/// Wrong addresses before a link is locked.
const TRIES: u64 = 5;

/// Opens a pack of a case.
///
/// # Errors
/// Denied, or no such pack.
pub fn open(office: &Office, by: &By, case_id: &str, number: u64) -> Result<(PackRow, BlobReader)> {
    by.role.may(Permission::SeeCases)?;
    let pack = office.read(|tx| {
        sql::case_by_id(tx, &by.org, case_id)?;
        let all = sql::packs(tx, &by.org, case_id)?;
        all.into_iter().find(|p| p.number == number).ok_or(Error::NotFound("the pack"))
    })?;
    let reader = BlobReader::open(office.db(), office.vault(), &by.org, &pack.blob)?;
    Ok((pack, reader))
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
    let (office2, by2, id) = (office.clone(), by.clone(), case_id.to_owned());
    office.write(move |tx| {
        let case = acts::load(tx, &office2, &by2, &id)?;
        let said = format!("Protected file of pack {} made for the post", pack.number);
        let act = act_on(&case, "request.pack-protected", "UK GDPR Art 32(1)(a)", said);
        Ok(Recorded::new(&by2, (), act))
    })
}

/// Sends the newest pack: `link` writes to the person with a link, `post` records that the
/// protected file goes by post.
///
/// # Errors
/// Denied, an unknown way, no address to send a link to, or the pack is not complete or older
/// than the last decision.
pub fn send(office: &Office, by: &By, case_id: &str, how: &str) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    if !matches!(how, "link" | "post") {
        return Err(Error::invalid("how", "Choose how the pack is sent: by link or by post"));
    }
    let (office2, by2, id, by_link) =
        (office.clone(), by.clone(), case_id.to_owned(), how == "link");
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        let pack = newest(tx, &by2, &case)?;
        if by_link && case.body.asker.reply_to().is_none() {
            let message = "There is no e-mail address to send a link to: send it by post";
            return Err(Error::invalid("how", message));
        }
        case.row.request = case.row.request.send(dates::day_of(by2.now))?;
        acts::save(tx, &office2, &by2, case.clone())?;
        let way = if by_link { "by link" } else { "by post, as a protected file" };
        let said = format!("Pack {} sent {way}, SHA-256 {}", pack.number, pack.sha256);
        let act = act_on(&case, "request.sent", "UK GDPR Art 15(3)", said).about("pack", &pack.id);
        let done = Recorded::new(&by2, (), act);
        if !by_link {
            return Ok(done);
        }
        let charter = charter::current(tx, &by2.org)?;
        let days = i64::from(charter.delivery.link_days);
        let lasts = SignedDuration::from_hours(24 * days);
        let token = links::make(tx, &by2.org, "fetch", &pack.id, by2.now, lasts)?;
        let until = dates::day_of(by2.now + lasts);
        let letter = letters::ready(&office2, &charter, &case, &token, until)?;
        Ok(done.and(letters::post(tx, &office2, &by2, &case, letter)?))
    })
}

/// The newest pack, if it may go out.
fn newest(tx: &mut Tx<'_>, by: &By, case: &Case) -> Result<PackRow> {
    let no = |why: &str| {
        Err(Refusal { act: "send", why: why.into(), source_: "UK GDPR Art 15(3)" }.into())
    };
    let Some(pack) = sql::packs(tx, &by.org, &case.row.id)?.into_iter().next() else {
        return no("no pack has been made yet: make the pack, look at it, then send it");
    };
    if !pack.complete {
        return no("the newest pack is only a part: decide what waits, then make the pack again");
    }
    let decided = sql::last_decided(tx, &by.org, &case.row.id)?;
    let searched = sql::searches(tx, &by.org, &case.row.id)?.into_iter().filter_map(|s| s.ended);
    if decided.into_iter().chain(searched).any(|at| at > pack.made) {
        return no("something was decided or found after the pack was made: make the pack again");
    }
    Ok(pack)
}

/// Closes a case whose answer was sent.
///
/// # Errors
/// Denied, or it was not sent.
pub fn close(office: &Office, by: &By, case_id: &str) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    let (office2, by2, id) = (office.clone(), by.clone(), case_id.to_owned());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        let found = sql::searches(tx, &by2.org, &id)?.iter().any(|s| s.items > 0);
        case.row.request = case.row.request.close_sent(found, dates::day_of(by2.now))?;
        acts::save(tx, &office2, &by2, case.clone())?;
        let said = if found { "Answered and closed" } else { "Nothing found; closed" };
        Ok(Recorded::new(&by2, (), act_on(&case, "request.closed", "UK GDPR Art 12(3)", said)))
    })
}

/// Fetches a pack through its public link, with the e-mail address that letters went to. May be
/// repeated until the link ends; five wrong addresses lock it. Answers the case's reference too.
///
/// # Errors
/// A stale or locked link, or a wrong address.
pub fn fetch(office: &Office, token: &str, email: &str) -> Result<(PackRow, BlobReader, String)> {
    let now = office.now();
    let (org, pack, case) = office.read(|tx| {
        let (org, about) = links::look(tx, token, "fetch", now)?;
        let (pack, case_id) = sql::a_pack(tx, &org, &about)?;
        let row = sql::case_by_id(tx, &org, &case_id)?;
        let case = acts::open_row(tx, office, &org, row)?;
        Ok::<_, Error>((org, pack, case))
    })?;
    let by = office.by_public(&org);
    let normal = |e: &str| normalise(Kind::Email, e).ok();
    let right = case.body.asker.reply_to().and_then(normal);
    if right.is_none() || normal(email) != right {
        return Err(wrong_address(office, &by, &case, token)?);
    }
    let reader = BlobReader::open(office.db(), office.vault(), &org, &pack.blob)?;
    let reference = case.row.reference.clone();
    let (by2, id, number) = (by.clone(), pack.id.clone(), pack.number);
    office.write(move |tx| {
        sql::fetched(tx, &by2.org, &id, by2.now)?;
        let said = format!("Pack {number} fetched by link");
        let act = act_on(&case, "request.fetched", "UK GDPR Art 15(3)", said).about("pack", &id);
        Ok(Recorded::new(&by2, (), act))
    })?;
    Ok((PackRow { fetched: Some(now), ..pack }, reader, reference))
}

/// Counts a wrong address; the fifth one locks the link. Answers what to say.
fn wrong_address(office: &Office, by: &By, case: &Case, token: &str) -> Result<Error> {
    let hash = links::hash(token);
    let (org, name) = (by.org.clone(), format!("fetch-tries {}", hex::encode(hash)));
    let tried = office.chore(move |tx| crate::kit::sql::next_number(tx, &org, &name))?;
    if tried < TRIES {
        let left = TRIES - tried;
        let times = if left == 1 { "once more" } else { "again" };
        return Ok(Error::invalid(
            "email",
            format!(
                "This is not the address that our letter went to. You can try {times}: {left} of \
                 {TRIES} tries are left"
            ),
        ));
    }
    let (by2, case) = (by.clone(), case.clone());
    office.write(move |tx| {
        crate::kit::sql::use_link(tx, hash, by2.now)?;
        let said = format!("Link locked after {TRIES} wrong addresses");
        let act = act_on(&case, "request.fetch-locked", "UK GDPR Art 32(1)", said);
        Ok(Recorded::new(&by2, (), act))
    })?;
    Ok(Refusal {
        act: "fetch the pack",
        why: format!(
            "{TRIES} wrong addresses were given, so this link has been locked. Ask us for a new one"
        ),
        source_: "UK GDPR Art 32(1): security",
    }
    .into())
}
