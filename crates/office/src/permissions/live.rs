//! What every decision of this process reads: the facts in memory, never older than the question.
//!
//! A question that comes waits for a look at the head's version that begins after it came; one look
//! serves all who wait. So a stop written by any process is seen by every decision asked after its
//! commit, at the cost of one small read for many decisions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use candour_db::Tx;
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
    /// A glance saw that something has changed: the next look is a whole one.
    changed: bool,
}

#[derive(Default)]
struct One {
    line: Mutex<Line>,
    last: Mutex<Option<Arc<Now>>>,
    books: Mutex<Books>,
}

/// The facts of every organisation of this process, read when first asked for.
#[derive(Default)]
pub struct Live {
    orgs: Mutex<HashMap<String, Arc<One>>>,
    /// Short names to ids: a short name never changes.
    shorts: Mutex<HashMap<String, String>>,
}

impl Live {
    /// The organisation of a short name.
    ///
    /// # Errors
    /// There is none, or of the database.
    pub async fn org(&self, office: &Office, short: &str) -> Result<String> {
        if let Some(id) = lock(&self.shorts).get(short) {
            return Ok(id.clone());
        }
        let name = short.to_owned();
        let id = office.run(move |o| o.read(|tx| charter::only_org(tx, Some(&name)))).await?;
        lock(&self.shorts).insert(short.to_owned(), id.clone());
        Ok(id)
    }

    fn one(&self, org: &str) -> Arc<One> {
        let mut orgs = lock(&self.orgs);
        Arc::clone(orgs.entry(org.to_owned()).or_default())
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
pub async fn now(office: &Office, org: &str, registers: bool) -> Result<Arc<Now>> {
    let one = office.live().one(org);
    let (send, receive) = oneshot::channel();
    let first = {
        let mut line = lock(&one.line);
        line.waiting.push((send, registers));
        !std::mem::replace(&mut line.looking, true)
    };
    if first {
        Look { office: office.clone(), org: org.to_owned(), one, over: false }.glance().await;
    }
    receive.await.map_err(|_| Error::fault("the look at the permissions was broken off"))?
}

/// The duty to look for those who wait. Whoever has it and goes hands it on.
struct Look {
    office: Office,
    org: String,
    one: Arc<One>,
    over: bool,
}

impl Drop for Look {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        // No runtime: the program ends, and nobody waits.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (office, org) = (self.office.clone(), self.org.clone());
        let next = Self { office, org, one: Arc::clone(&self.one), over: false };
        runtime.spawn(next.glance());
    }
}

impl Look {
    /// Looks once for those who wait. Where the database is near, the question whether anything
    /// has changed is asked right here: handing it to another thread and being woken by it costs
    /// more than the answer. Whatever is to be read beyond that is another thread's work.
    async fn glance(mut self) {
        // Questions that are here already join, and one look serves them all.
        tokio::task::yield_now().await;
        let Some(waiting) = near(&self.office, &self.one) else {
            self.over = true;
            let (office, org, one) = (self.office.clone(), self.org.clone(), self.one.clone());
            tokio::task::spawn_blocking(move || serve(&office, &org, &one));
            return;
        };
        // A panic must not leave the next in line waiting for ever.
        let glanced = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            unchanged(&self.office, &self.org, &self.one)
        }));
        let seen = glanced.unwrap_or(None);
        let mut line = lock(&self.one.line);
        match seen {
            Some(now) => {
                self.over = line.waiting.is_empty();
                line.looking = !self.over;
                drop(line);
                waiting.into_iter().for_each(|(w, _)| drop(w.send(Ok(Arc::clone(&now)))));
            }
            None => {
                line.waiting.extend(waiting);
                line.changed = true;
            }
        }
    }
}

/// Those who wait, if a glance can serve them.
fn near(office: &Office, one: &One) -> Option<Vec<Waiting>> {
    // Taken while a screening reads everything anew: not to be waited for on this thread.
    let known = one.last.try_lock().is_ok_and(|last| last.is_some());
    let mut line = lock(&one.line);
    let registers = line.waiting.iter().any(|(_, registers)| *registers);
    let can = office.db().is_near() && known && !registers && !line.changed;
    line.changed = false;
    can.then(|| std::mem::take(&mut line.waiting))
}

/// The facts as they were, if nothing has moved the head since and it is still the same day.
fn unchanged(office: &Office, org: &str, one: &One) -> Option<Arc<Now>> {
    let today = dates::day_of(office.now());
    let version = office.read_one(|tx| sql::version(tx, org)).ok()?;
    let last = one.last.try_lock().ok()?;
    last.as_ref().filter(|n| n.known.version >= version && n.today == today).map(Arc::clone)
}

/// Looks for those who wait until nobody does.
fn serve(office: &Office, org: &str, one: &One) {
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
            look(office, org, one, registers)
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
    look(office, org, &office.live().one(org), registers)
}

fn look(office: &Office, org: &str, one: &One, registers: bool) -> Result<Arc<Now>> {
    let now = look_at_facts(office, org, one)?;
    if !registers {
        return Ok(now);
    }
    let listed = books(office, org, one)?;
    Ok(Arc::new(Now { listed, ..Now::clone(&now) }))
}

/// The registers in memory; each is read once for each import.
fn books(office: &Office, org: &str, one: &One) -> Result<Listed> {
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

fn look_at_facts(office: &Office, org: &str, one: &One) -> Result<Arc<Now>> {
    let today = dates::day_of(office.now());
    // One statement: a new charter moves the head as well.
    let version = office.read_one(|tx| sql::version(tx, org))?;
    let mut last = lock(&one.last);
    if let Some(now) = &*last
        && now.known.version >= version
        && now.today == today
    {
        return Ok(Arc::clone(now));
    }
    let old = last.take().map(Arc::unwrap_or_clone);
    let fresh = Arc::new(office.read(|tx| read(tx, office, org, today, old))?);
    *last = Some(Arc::clone(&fresh));
    Ok(fresh)
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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            // Nothing is known the first time, and all of it the second.
            for _ in 0..2 {
                let mut leaves = Box::pin(now(&office, &org, false));
                let waits = poll_fn(|cx| Poll::Ready(leaves.as_mut().poll(cx).is_pending())).await;
                let mut stays = pin!(now(&office, &org, false));
                let too = poll_fn(|cx| Poll::Ready(stays.as_mut().poll(cx).is_pending())).await;
                assert!(waits && too);
                drop(leaves);
                let told = tokio::time::timeout(Duration::from_secs(20), stays).await;
                told.expect("somebody still waits").unwrap();
            }
        });
    }
}
