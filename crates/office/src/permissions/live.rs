//! What every decision of this process reads: the facts in memory, never older than the question.
//!
//! As long as nothing at all has been committed since the last look, that look still holds: on
//! SQLite this shows without asking it ([`candour_db::Db::mark`]). Otherwise a question waits for a
//! look at the head's version that begins after it came; one look serves all who wait. So a stop
//! written by any process is seen by every decision asked after its commit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use candour_db::{Mark, Tx};
use candour_screening::{Book, KeyedHash};
use jiff::civil::Date;
use tokio::sync::oneshot;

use super::facts::{self, Known};
use super::rules::{Question, Rule, decide, with_premises};
use super::terms::{Facts, Register};
use super::{registers, sql};
use crate::charter::{self, Channel, Charter};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::mailing;
use crate::office::Office;
use crate::people::{self, Hash16, Written};

/// What decisions of one organisation turn on, as it stood when the look was taken.
#[derive(Clone)]
pub struct Now {
    /// The facts.
    pub known: Arc<Known>,
    /// The charter.
    pub charter: Arc<Charter>,
    /// The day.
    pub today: Date,
    /// Registers as imported, and the day of each.
    pub registers: Arc<Vec<(Register, Date)>>,
    /// What they list; read only when a question needs it.
    pub listed: Listed,
    /// Hashes identifiers as they are kept.
    pub hasher: KeyedHash,
    /// The programs let in: hash of the token to id.
    pub mailers: Arc<HashMap<[u8; 32], String>>,
}

impl Now {
    /// The facts of an identifier, what registers list included.
    pub fn facts(&self, hash: Hash16) -> Cow<'_, Facts> {
        let known = self.known.of(hash);
        let key = facts::key(hash);
        let listed = self.listed.iter().filter_map(|(r, b)| b.get(&key).map(|day| (*r, day)));
        let listed: Vec<_> = listed.map(|(r, day)| (r, registers::day_of_number(day))).collect();
        if listed.is_empty() {
            return Cow::Borrowed(known);
        }
        let mut known = known.clone();
        known.listed.extend(listed);
        known.sort();
        Cow::Owned(known)
    }

    /// The rule for an identifier as somebody wrote it.
    pub fn rule(&self, q: &Question<'_>, who: Written) -> Rule {
        decide(q, &self.facts_for(q, who))
    }

    /// The facts that count for a question: the identifier's own, and the stops on its premises.
    pub fn facts_for(&self, q: &Question<'_>, who: Written) -> Cow<'_, Facts> {
        let facts = self.facts(who.hash);
        match who.premises {
            Some(premises) => with_premises(q, facts, self.known.of(premises)),
            None => facts,
        }
    }
}

/// Whether decisions by this channel look into preference registers.
pub fn needs_registers(channel: Channel) -> bool {
    matches!(channel, Channel::Call | Channel::Fax | Channel::Post)
}

/// Somebody who waits, and whether for registers too.
type Waiting = (oneshot::Sender<Result<Arc<Now>>>, bool);
/// Registers in memory.
type Listed = Arc<Vec<(Register, Arc<Book>)>>;
type Books = Vec<(Register, String, Arc<Book>)>;

#[derive(Default)]
struct Line {
    /// Somebody is looking, and will look again for those who wait.
    looking: bool,
    waiting: Vec<Waiting>,
}

/// What this process has read of one organisation.
pub struct One {
    org: String,
    line: Mutex<Line>,
    /// Held while all is read anew.
    last: Mutex<Option<Arc<Now>>>,
    /// The last look and the mark of the database before it. Held for a moment only.
    seen: Mutex<Option<(Mark, Arc<Now>)>>,
    books: Mutex<Books>,
}

impl One {
    fn new(org: String) -> Self {
        Self {
            org,
            line: Mutex::default(),
            last: Mutex::default(),
            seen: Mutex::default(),
            books: Mutex::default(),
        }
    }

    /// The organisation's id.
    pub fn org(&self) -> &str {
        &self.org
    }

    /// The last look, if nothing has been committed since and it is still the same day.
    fn still(&self, office: &Office) -> Option<Arc<Now>> {
        let mark = office.db().mark()?;
        let today = dates::day_of(office.now());
        let seen = lock(&self.seen);
        let (_, now) = seen.as_ref().filter(|(m, now)| *m == mark && now.today == today)?;
        Some(Arc::clone(now))
    }
}

/// The facts of every organisation of this process, read when first asked for.
#[derive(Default)]
pub struct Live {
    orgs: Mutex<HashMap<String, Arc<One>>>,
    /// By short name, which never changes.
    shorts: Mutex<HashMap<String, Arc<One>>>,
}

impl Live {
    /// The organisation of a short name.
    ///
    /// # Errors
    /// There is none, or of the database.
    pub async fn of_short(&self, office: &Office, short: &str) -> Result<Arc<One>> {
        if let Some(one) = lock(&self.shorts).get(short) {
            return Ok(Arc::clone(one));
        }
        let name = short.to_owned();
        let id = office.run(move |o| o.read(|tx| charter::only_org(tx, Some(&name)))).await?;
        let one = self.of(&id);
        lock(&self.shorts).insert(short.to_owned(), Arc::clone(&one));
        Ok(one)
    }

    fn of(&self, org: &str) -> Arc<One> {
        let mut orgs = lock(&self.orgs);
        Arc::clone(orgs.entry(org.to_owned()).or_insert_with(|| Arc::new(One::new(org.to_owned()))))
    }
}

fn lock<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves plain data behind, whole or not yet replaced.
    m.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The facts as they stand after this call began.
///
/// # Errors
/// Of the database.
pub async fn now(office: &Office, one: &Arc<One>, registers: bool) -> Result<Arc<Now>> {
    if !registers && let Some(now) = one.still(office) {
        return Ok(now);
    }
    let (send, receive) = oneshot::channel();
    let first = {
        let mut line = lock(&one.line);
        line.waiting.push((send, registers));
        !std::mem::replace(&mut line.looking, true)
    };
    if first {
        // Goes on for the others if whoever asked goes away.
        let (office, one) = (office.clone(), Arc::clone(one));
        tokio::task::spawn_blocking(move || serve(&office, &one));
    }
    receive.await.map_err(|_| Error::fault("the look at the permissions was broken off"))?
}

/// Looks for those who wait until nobody does.
fn serve(office: &Office, one: &One) {
    loop {
        let waiting = {
            let mut line = lock(&one.line);
            if line.waiting.is_empty() {
                line.looking = false;
                return;
            }
            std::mem::take(&mut line.waiting)
        };
        // A panic must not leave the next in line waiting for ever.
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let registers = waiting.iter().any(|(_, r)| *r);
            look(office, one, registers)
        }))
        .unwrap_or_else(|_| Err(Error::fault("the look at the permissions panicked")));
        match looked {
            Ok(now) => waiting.into_iter().for_each(|(w, _)| drop(w.send(Ok(Arc::clone(&now))))),
            Err(e) => {
                let words = e.to_string();
                for (w, _) in waiting {
                    let _ = w.send(Err(Error::Unavailable(words.clone())));
                }
            }
        }
    }
}

/// The facts as they stand after this call began, for the command line and jobs.
///
/// # Errors
/// Of the database.
pub fn now_blocking(office: &Office, org: &str, registers: bool) -> Result<Arc<Now>> {
    look(office, &office.live().of(org), registers)
}

fn look(office: &Office, one: &One, registers: bool) -> Result<Arc<Now>> {
    let now = look_at_facts(office, one)?;
    if !registers {
        return Ok(now);
    }
    let listed = books(office, one)?;
    Ok(Arc::new(Now { listed, ..Now::clone(&now) }))
}

/// The registers in memory; each is read once for each import.
fn books(office: &Office, one: &One) -> Result<Listed> {
    let org = &one.org;
    let rows = office.read(|tx| sql::registers(tx, org))?;
    let mut books = lock(&one.books);
    books.retain(|(_, blob, _)| rows.iter().any(|r| &r.blob == blob));
    for row in &rows {
        let Some(register) = Register::from_word(&row.register) else { continue };
        if !books.iter().any(|(_, blob, _)| blob == &row.blob) {
            let book = Arc::new(registers::book_of(office, org, row)?);
            books.push((register, row.blob.clone(), book));
        }
    }
    Ok(Arc::new(books.iter().map(|(r, _, b)| (*r, Arc::clone(b))).collect()))
}

fn look_at_facts(office: &Office, one: &One) -> Result<Arc<Now>> {
    let org = &one.org;
    let today = dates::day_of(office.now());
    // The mark first: a commit that comes in between is looked at twice, never missed.
    let mark = office.db().mark();
    // One statement: a new charter moves the head as well.
    let version = office.read_one(|tx| sql::version(tx, org))?;
    let mut last = lock(&one.last);
    let same = |now: &&Arc<Now>| now.known.version >= version && now.today == today;
    let now = match last.as_ref().filter(same) {
        Some(now) => Arc::clone(now),
        None => {
            // What nobody else holds is brought up to date without a copy.
            lock(&one.seen).take();
            let old = last.take().map(Arc::unwrap_or_clone);
            let fresh = Arc::new(office.read(|tx| read(tx, office, org, today, old))?);
            *last = Some(Arc::clone(&fresh));
            fresh
        }
    };
    *lock(&one.seen) = mark.map(|mark| (mark, Arc::clone(&now)));
    Ok(now)
}

fn read(
    tx: &mut Tx<'_>,
    office: &Office,
    org: &str,
    today: Date,
    last: Option<Now>,
) -> Result<Now> {
    let charter_version = charter::version(tx, org)?;
    let hasher = people::hasher(office.vault(), org)?;
    let charter = charter::current(tx, org)?;
    let settings = &charter.permissions;
    // A new day may bring deliveries into the cap's days or out of them, a new charter new caps.
    let same = last.filter(|n| n.today == today && n.known.charter_version == charter_version);
    // The version first: a change that comes in between is then read twice, never missed.
    let version = sql::version(tx, org)?;
    let changed = match &same {
        Some(n) => sql::changed_since(tx, org, n.known.version)?,
        None => None,
    };
    let known = match (same, changed) {
        (Some(n), Some(hashes)) => {
            let mut known = n.known;
            // Copied only while a screening still reads the old one.
            let into = Arc::make_mut(&mut known);
            for hash in hashes {
                into.put(hash, facts::of_one(tx, org, settings, hash, today)?);
            }
            into.version = version;
            known
        }
        _ => {
            let mut known = facts::of_all(tx, org, settings, today)?;
            known.charter_version = charter_version;
            Arc::new(known)
        }
    };
    let registers = sql::registers(tx, org)?;
    let registers = registers
        .iter()
        .filter_map(|r| Register::from_word(&r.register).map(|w| (w, r.as_of)))
        .collect();
    Ok(Now {
        listed: Arc::default(),
        known,
        charter: Arc::new(charter),
        today,
        registers: Arc::new(registers),
        hasher,
        mailers: Arc::new(mailing::standing(tx, org)?),
    })
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, poll_fn};
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Duration;

    use super::*;

    /// Who asks and goes away before the look leaves nobody behind waiting for it.
    #[test]
    fn a_look_that_is_broken_off_is_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        drop(Office::init(dir.path(), None).unwrap());
        let office = Office::open(dir.path(), None).unwrap();
        let charter = Charter::parse(include_str!("../demo/charter.toml")).unwrap();
        let org = office.found(charter).unwrap();
        let one = office.live().of(&org);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            // Nothing is known the first time, and all of it the second.
            let mut left = 2;
            while left > 0 {
                let mut leaves = Box::pin(now(&office, &one, true));
                let waits = poll_fn(|cx| Poll::Ready(leaves.as_mut().poll(cx).is_pending())).await;
                if !waits {
                    // The look was over before it could be broken off: once more.
                    continue;
                }
                left -= 1;
                let mut stays = pin!(now(&office, &one, true));
                let too = poll_fn(|cx| Poll::Ready(stays.as_mut().poll(cx).is_pending())).await;
                assert!(too, "it waits for the one before it");
                drop(leaves);
                let told = tokio::time::timeout(Duration::from_secs(20), stays).await;
                told.expect("somebody still waits").unwrap();
            }
        });
    }
}
