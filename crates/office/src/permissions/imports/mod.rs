//! Old stops and consents brought in through the browser: the file is looked at, its columns are
//! confirmed, a dry run says what would be taken, and a job takes it. The file is personal data: it
//! is kept sealed, is in the clear only in a folder of its own while it is read, and is forgotten
//! when it has been taken, or after a week.

pub mod bad_rows;
pub mod desk;
pub mod files;
pub mod sql;

use std::path::Path;

use candour_db::Tx;
use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Result};
use crate::kit::blobs::{BlobReader, Finished};
use crate::kit::{blobs, jobs, new_id, upload};
use crate::mailing::{screen, table};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};
use crate::staff::{Permission, Role};
use bad_rows::Sealed;
use files::{How, Outcome, Plan};

/// A file that nobody carried out is kept this long.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Brought in: its columns are to be confirmed.
    Uploaded,
    /// Looked at: what would be taken is known.
    Looked,
    /// Being taken.
    Running,
    /// Taken.
    Done,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Looked => "looked",
            Self::Running => "running",
            Self::Done => "done",
        }
    }

    fn from_word(word: &str) -> Self {
        let all = [Self::Uploaded, Self::Looked, Self::Running];
        all.into_iter().find(|s| s.word() == word).unwrap_or(Self::Done)
    }
}

/// A file brought in through the browser.
#[derive(Debug, Clone)]
pub struct Import {
    /// Id.
    pub id: String,
    /// It holds stops, else consents.
    pub stops: bool,
    /// How far it has come.
    pub state: State,
    /// What the file looks like, JSON.
    pub shape: String,
    /// How it is read, JSON; empty before that was said.
    pub plan: String,
    /// What came of the look or of the taking, JSON.
    pub outcome: String,
    /// The sealed file, until it is taken.
    pub file: Option<String>,
    /// To which line its rows were taken.
    pub at_line: u64,
    /// How many rows were taken.
    pub taken: u64,
    /// Who brought it in, or had it carried out.
    pub by: String,
    /// When it was brought in.
    pub made: Timestamp,
}

impl Import {
    /// What came of the look or of the taking; nothing before.
    ///
    /// # Errors
    /// It can't be read.
    pub fn outcome(&self) -> Result<Outcome> {
        if self.outcome.is_empty() {
            return Ok(Outcome::default());
        }
        Ok(serde_json::from_str(&self.outcome)?)
    }
}

/// Every row of a file that could not be taken, as CSV.
///
/// # Errors
/// Denied, not found, or there was none.
pub fn bad_rows(office: &Office, by: &By, id: &str) -> Result<BlobReader> {
    by.role.may(Permission::ManagePermissions)?;
    let blob = office.read(|tx| sql::by_id(tx, &by.org, id))?.outcome()?.all_bad;
    let blob = blob.ok_or(Error::NotFound("the list of bad rows"))?;
    BlobReader::open(office.db(), office.vault(), &by.org, &blob)
}

/// Keeps a file that was brought in, after a look at it; answers its id.
///
/// # Errors
/// Denied, or the file is no list.
pub fn keep(office: &Office, by: &By, file: &Path, stops: bool) -> Result<String> {
    by.role.may(Permission::ManagePermissions)?;
    let shape = table::shape(file).map_err(|e| e.at("file"))?;
    screen::is_list(&shape.header).map_err(|e| e.at("file"))?;
    if shape.header.is_empty() {
        return Err(Error::invalid("file", "This file has no rows"));
    }
    let blob = upload::seal(office, &by.org, "import", by.now, file)?;
    let new = Import {
        id: new_id(by.now),
        stops,
        state: State::Uploaded,
        shape: serde_json::to_string(&shape)?,
        plan: String::new(),
        outcome: String::new(),
        file: Some(blob.id.clone()),
        at_line: 0,
        taken: 0,
        by: by.actor.clone(),
        made: by.now,
    };
    let (by, id) = (by.clone(), new.id.clone());
    office.chore(move |tx| {
        blobs::finish(tx, &blob)?;
        sql::insert(tx, &by.org, &new)
    })?;
    Ok(id)
}

/// Reads a kept file in a folder of its own.
fn with_file<T>(
    office: &Office,
    org: &str,
    import: &Import,
    read: impl FnOnce(&Path) -> Result<T>,
) -> Result<T> {
    let blob = import.file.as_deref().ok_or(Error::Conflict)?;
    let place = upload::folder(office)?;
    let file = place.path().join("list");
    upload::unseal(office, org, blob, &file)?;
    read(&file)
}

/// Says what would be taken if the file were read like this, and keeps that.
///
/// # Errors
/// Denied, the file can't be read, or it is being taken already.
pub fn look(office: &Office, by: &By, id: &str, plan: &Plan) -> Result<()> {
    by.role.may(Permission::ManagePermissions)?;
    let import = office.read(|tx| sql::by_id(tx, &by.org, id))?;
    let how = How { dry_run: true, ..How::default() };
    let (out, bad) = take(office, by, &import, plan, &how)?;
    let (plan, out) = (serde_json::to_string(plan)?, serde_json::to_string(&out)?);
    let (org, id) = (by.org.clone(), id.to_owned());
    office.chore(move |tx| {
        let before = sql::by_id(tx, &org, &id)?;
        drop_bad_rows(tx, &org, &before)?;
        bad.iter().try_for_each(|b| blobs::finish(tx, b))?;
        sql::looked(tx, &org, &id, &plan, &out)
    })
}

/// Reads a kept file, with every row that can't be taken sealed beside it.
fn take(
    office: &Office,
    by: &By,
    import: &Import,
    plan: &Plan,
    how: &How,
) -> Result<(Outcome, Option<Finished>)> {
    let mut bad = Sealed::new(office, by);
    let mut out =
        with_file(office, &by.org, import, |f| files::take(office, by, f, plan, how, &mut bad))?;
    let bad = bad.end()?;
    out.all_bad = bad.as_ref().map(|b| b.id.clone());
    Ok((out, bad))
}

/// Forgets the bad rows of an earlier look.
fn drop_bad_rows(tx: &mut Tx<'_>, org: &str, import: &Import) -> Result<()> {
    match import.outcome()?.all_bad {
        Some(blob) => crate::kit::sql::drop_blob(tx, org, &blob),
        None => Ok(()),
    }
}

/// Has a file taken that was looked at; one whose taking stands still is taken up again.
///
/// # Errors
/// Denied, or it was not looked at.
pub fn begin(office: &Office, by: &By, id: &str) -> Result<()> {
    by.role.may(Permission::ManagePermissions)?;
    let (by, id) = (by.clone(), id.to_owned());
    office.chore(move |tx| {
        let import = sql::by_id(tx, &by.org, &id)?;
        if import.state != State::Running {
            sql::begin(tx, &by.org, &id, &import.plan, &by.actor)?;
        }
        jobs::queue_once(tx, &by.org, "import", &id, by.now)
    })
}

/// Takes a file: the job. It goes on after the last row that was taken.
///
/// # Errors
/// Of the database; a row that can't be taken is named instead.
pub fn carry_out(office: &Office, org: &str, id: &str) -> Result<()> {
    let import = office.read(|tx| sql::by_id(tx, org, id))?;
    if import.state != State::Running {
        return Ok(());
    }
    // What is done is theirs who had it done; that they may was asked then.
    let (org, actor, now) = (org.to_owned(), import.by.clone(), office.now());
    let by = By { org, actor, role: Role::Officer, now };
    let plan: Plan = serde_json::from_str(&import.plan)?;
    let how = How { dry_run: false, id: Some(id.to_owned()), after: import.at_line };
    let (mut out, bad) = take(office, &by, &import, &plan, &how)?;
    out.taken += import.taken;
    let (what, law) = match import.stops {
        true => ("stops", "UK GDPR Art 21(3)"),
        false => ("consents", "UK GDPR Art 7(1)"),
    };
    let said = format!("{what}: {} rows taken, {} could not be", out.taken, out.bad_rows);
    let (id, out) = (id.to_owned(), serde_json::to_string(&out)?);
    let vault = office.vault().clone();
    office.write(move |tx| {
        drop_bad_rows(tx, &by.org, &import)?;
        bad.iter().try_for_each(|b| blobs::finish(tx, b))?;
        sql::finish(tx, &by.org, &id, &out)?;
        if let Some(blob) = &import.file {
            crate::kit::sql::drop_blob(tx, &by.org, blob)?;
        }
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let act = Act::new("import.done").about("import", &id).law(law).say(&key, said.as_str());
        Ok(Recorded::new(&by, (), act))
    })
}

/// Forgets files older than a week, taken or not. What was taken stays.
///
/// # Errors
/// Of the database.
pub fn sweep(tx: &mut Tx<'_>, org: &str, now: Timestamp) -> Result<()> {
    for i in sql::before(tx, org, now - KEPT)? {
        if let Some(blob) = &i.file {
            crate::kit::sql::drop_blob(tx, org, blob)?;
        }
        drop_bad_rows(tx, org, &i)?;
        sql::drop_one(tx, org, &i.id)?;
    }
    Ok(())
}
