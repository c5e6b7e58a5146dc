//! What an open office holds, and the two ways into its data: read, and write with proof.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use candour_clock::Calendar;
use candour_db::{Db, Key, Place, Tx};
use jiff::Timestamp;

use crate::charter::Charter;
use crate::error::{Error, Result};
use crate::kit::post::Transport;
use crate::kit::press::Press;
use crate::kit::reach::{Reach, Seen};
use crate::kit::vault::Vault;
use crate::kit::{dates, journal, new_id};
use crate::permissions::Live;
use crate::proof::{self, Act, By, Recorded};
use crate::settings::{self, Settings};
use crate::staff::Role;

/// The file in the data folder that says where the office listens.
const LISTENS: &str = "listens";

/// An open office. Cheap to clone.
#[derive(Clone)]
pub struct Office {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    vault: Vault,
    data: PathBuf,
    settings: Settings,
    calendar: Calendar,
    reach: Seen,
    live: Live,
    /// Where this process listens, once it does.
    listens: OnceLock<SocketAddr>,
    lock: Option<File>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Office {
    /// Makes a new office in a data folder: the key file (readable by its owner only), the
    /// settings, the tables. An office that is there already is opened.
    ///
    /// # Errors
    /// The folder can't be written, or the database can't be opened.
    pub fn init(data: &Path, database: Option<&str>) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        // Where whoever manages holdings in the browser may name files.
        std::fs::create_dir_all(data.join("holdings"))?;
        settings::make_key_file(&settings::key_path(data))?;
        settings::write_missing(data, database)?;
        Self::open(data, database)
    }

    /// Opens the office in a data folder.
    ///
    /// # Errors
    /// No office there, a wrong or missing key, an unreachable database.
    pub fn open(data: &Path, database: Option<&str>) -> Result<Self> {
        Self::open_at(data, database, Box::new(settings::wall_clock))
    }

    /// Opens the office with a clock of one's own: tests and the demo hand one in.
    ///
    /// # Errors
    /// As [`Office::open`].
    pub fn open_at(
        data: &Path,
        database: Option<&str>,
        now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Result<Self> {
        let settings = Settings::read(data, database)?;
        let key = settings::read_key_file(&settings::key_path(data))?;
        let vault = Vault::new(key)?;
        // A server has locks of its own, and is not moved from.
        let lock = match settings.database {
            Some(_) => None,
            None => Some(shared_lock(data)?),
        };
        if lock.is_some() {
            check_not_moved(data)?;
        }
        let place = match &settings.database {
            Some(url) => Place::Postgres { url: url.clone() },
            None => Place::Sqlite {
                path: data.join("office.db"),
                key: Some(Key(vault.derive("database")?)),
            },
        };
        let finisher = journal::finisher(data, &vault, proof::finisher());
        let db = Db::open(&place, crate::migrations::ALL, finisher)?;
        let mut calendar = Calendar::builtin();
        for day in &settings.holidays {
            calendar = calendar.with_day(day.division, day.date, &day.title);
        }
        let live = Live::default();
        let data = data.to_owned();
        let listens = OnceLock::new();
        let reach = Seen::default();
        reach.renew(&db, &vault, &settings)?;
        let inner = Inner { db, vault, data, settings, calendar, reach, live, listens, lock, now };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes sure that no other process has this office open, nor opens it until this one ends.
    ///
    /// # Errors
    /// One has it open.
    pub fn alone(&self) -> Result<()> {
        let Some(lock) = &self.inner.lock else { return Ok(()) };
        // Taken anew: to turn one kind of lock into the other is not the same on every system.
        lock.unlock()?;
        lock.try_lock().map_err(|_| {
            Error::Unavailable(
                "Another process has this office open, and what it writes meanwhile would be lost. \
                 Stop `candour serve` and other commands on it, then try again"
                    .into(),
            )
        })
    }

    /// The instant now. All rules are handed a time; this is where it comes from.
    pub fn now(&self) -> Timestamp {
        (self.inner.now)()
    }

    /// The database, for kit tools that manage their own transactions.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.inner.data
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Notes where this process listens, also for commands on the same office: their links lead
    /// there.
    ///
    /// # Errors
    /// The data folder can't be written.
    pub fn listens_at(&self, at: SocketAddr) -> Result<()> {
        let at = match at.ip().is_unspecified() {
            true => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), at.port()),
            false => at,
        };
        let _ = self.inner.listens.set(at);
        Ok(std::fs::write(self.data().join(LISTENS), format!("{at}\n"))?)
    }

    /// Where the office is reached, for links: its public address, else where it listens or did
    /// last, else where it listens by default. Without a slash at the end.
    pub fn address(&self) -> String {
        let noted = || std::fs::read_to_string(self.data().join(LISTENS)).ok()?.trim().parse().ok();
        let listens = || {
            let own = self.inner.listens.get().copied();
            format!("http://{}", own.or_else(noted).unwrap_or(crate::serve::LISTEN))
        };
        let base = self.reach().public_url.clone().unwrap_or_else(listens);
        base.trim_end_matches('/').to_owned()
    }

    /// The holidays that dates are worked out with.
    pub fn calendar(&self) -> &Calendar {
        &self.inner.calendar
    }

    /// The permissions that this process has read.
    pub fn live(&self) -> &Live {
        &self.inner.live
    }

    /// How the office is reached and letters leave, as this process last read it. It asks nobody,
    /// so that it can be called anywhere.
    pub fn reach(&self) -> Arc<Reach> {
        self.inner.reach.last()
    }

    /// Reads again how the office is reached: another process may have set it.
    ///
    /// # Errors
    /// Of the database; what was known stays.
    pub fn renew_reach(&self) -> Result<Arc<Reach>> {
        self.inner.reach.renew(&self.inner.db, &self.inner.vault, &self.inner.settings)
    }

    /// How letters leave.
    pub fn transport(&self) -> Transport {
        Transport::by(self.reach().post.as_ref(), self.data())
    }

    /// What makes PDF copies, if there is one.
    pub fn press(&self) -> Option<Press> {
        Press::find(self.settings().press.as_deref())
    }

    /// Reads: all that the closure asks for is of one moment.
    ///
    /// # Errors
    /// What the closure answers.
    pub fn read<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.inner.db.read(f)
    }

    /// Reads with a single statement; cheaper on a server far away. For what is asked very often.
    ///
    /// # Errors
    /// What the closure answers; a second statement is refused.
    pub fn read_one<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.inner.db.read_one(f)
    }

    /// Changes something, with its proof: the closure must answer [`Recorded`]. It may be run
    /// more than once, so it must not have effects outside the transaction. What it reads stands
    /// until its commit; what was read before it may have changed, in this process or another.
    ///
    /// # Errors
    /// What the closure answers; nothing of it is kept then.
    pub fn write<T: Send + 'static>(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<Recorded<T>> + Send + 'static,
    ) -> Result<T> {
        let vault = self.inner.vault.clone();
        self.inner.db.write(move |tx| {
            let Recorded { value, by, acts } = f(tx)?;
            for act in acts {
                proof::acts::record(tx, &vault, &by, act)?;
            }
            Ok(value)
        })
    }

    /// House-keeping on the kit's own tables (sessions, jobs, drafts, blobs, links): no proof,
    /// because nothing about a person is decided by it. The house rules name who may call it.
    ///
    /// # Errors
    /// What the closure answers.
    pub fn chore<T: Send + 'static>(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.db.write(f)
    }

    /// Runs blocking office work from an async handler.
    ///
    /// # Errors
    /// What the work answers, or that it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let office = self.clone();
        tokio::task::spawn_blocking(move || f(&office))
            .await
            .map_err(|_| Error::fault("a piece of office work panicked"))?
    }

    /// The command line acting for an organisation, as its officer: whoever can read the key
    /// file can do everything.
    pub fn by_command(&self, org: &str) -> By {
        By {
            org: org.to_owned(),
            actor: "command".to_owned(),
            role: Role::Officer,
            now: self.now(),
        }
    }

    /// A job acting for an organisation.
    pub fn by_job(&self, org: &str, job: &str) -> By {
        By {
            org: org.to_owned(),
            actor: format!("job:{job}"),
            role: Role::Officer,
            now: self.now(),
        }
    }

    /// A member of the public acting through the portal.
    pub fn by_public(&self, org: &str) -> By {
        By { org: org.to_owned(), actor: "public".to_owned(), role: Role::Public, now: self.now() }
    }

    /// Founds an organisation with its first charter, its vault key and its empty ledger.
    ///
    /// # Errors
    /// The short name is taken, or the charter does not hold together.
    pub fn found(&self, charter: Charter) -> Result<String> {
        self.found_with(charter, |_, _| Ok(Vec::new()))
    }

    /// The same, together with what has to be there from its first moment.
    ///
    /// # Errors
    /// As [`Office::found`], or what `more` answers; nothing is founded then.
    pub fn found_with(
        &self,
        charter: Charter,
        more: impl Fn(&mut Tx<'_>, &By) -> Result<Vec<Act>> + Send + 'static,
    ) -> Result<String> {
        let now = self.now();
        charter.check()?;
        let org = new_id(now);
        let by = self.by_command(&org);
        let vault = self.inner.vault.clone();
        let id = org.clone();
        self.write(move |tx| {
            crate::charter::found(tx, &by, &charter)?;
            let edge = candour_ledger::Edge::empty().to_bytes();
            proof::sql::insert_head(tx, &id, edge)?;
            vault.make_key(tx, &id, "office", by.now)?;
            let set = crate::charter::set(tx, &vault, &by, &charter)?;
            Ok(more(tx, &by)?.into_iter().fold(set, Recorded::and))
        })?;
        Ok(org)
    }
}

/// The mark beside an office that was moved to another database: when that was.
fn moved_mark(data: &Path) -> PathBuf {
    data.join("moved")
}

/// Marks a SQLite office as moved.
///
/// # Errors
/// The data folder can't be written.
pub fn mark_moved(data: &Path, now: Timestamp) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let path = moved_mark(data);
    let mut mark = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    mark.write_all(format!("{now}\n").as_bytes())?;
    Ok(mark.sync_all()?)
}

/// One history goes on in one place (UK GDPR Art 5(2)): whoever forgets to name the new database
/// would split it, and stops said here would not hold there.
///
/// # Errors
/// It was moved.
pub fn check_not_moved(data: &Path) -> Result<()> {
    let path = moved_mark(data);
    if !path.exists() {
        return Ok(());
    }
    let when = std::fs::read_to_string(&path).ok().and_then(|text| {
        let at: Timestamp = text.trim().parse().ok()?;
        Some(format!(" on {}", dates::moment(at)))
    });
    Err(Error::Unavailable(format!(
        "This office was moved to another database{}, and what is written here would not be known \
         there. Name that database in {} (database = \"…\"), then try again. To go back to this \
         one on purpose, remove {}",
        when.unwrap_or_default(),
        data.join("candour.toml").display(),
        path.display()
    )))
}

/// Every process that has a SQLite office open holds this lock together with the others.
fn shared_lock(data: &Path) -> Result<File> {
    let path = data.join("office.lock");
    let mut options = std::fs::OpenOptions::new();
    let file =
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.try_lock_shared().map_err(|e| match e {
        TryLockError::WouldBlock => Error::Unavailable(
            "this office is being moved to another database: wait until that is done, then start \
             it there"
                .into(),
        ),
        TryLockError::Error(e) => e.into(),
    })?;
    Ok(file)
}
