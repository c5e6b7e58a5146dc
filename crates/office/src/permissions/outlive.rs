//! Erasures and stops outlive a restore: each leaves a note in the journal beside the database, and
//! is carried out again in an office that was put back as it stood before (UK GDPR Arts 7(3),
//! 17(1), 21(3), 5(2)). It only ever stops and erases: a yes that came after the backup is lost
//! with it.

use candour_db::Tx;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::records::{ConsentRow, Event, Kept, Use};
use super::stops::{self, touch};
use super::terms::What;
use super::{persons, sql};
use crate::error::{Error, Result};
use crate::kit::{dates, journal, new_id};
use crate::office::Office;
use crate::people::{self, Hash16};
use crate::proof::{Act, By, Recorded};

/// Stops put back under one entry.
const TOGETHER: usize = 500;

/// What happened, as the journal has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Entry {
    /// An identifier was put on the stop list.
    Stop(Stop),
    /// A person said no: stands as a stop where the record of it is lost.
    Refused { consent: String, stops: Vec<Stop> },
    /// A consent was withdrawn.
    Withdrawn { consent: String, event: Event },
    /// A person was erased.
    Erased { person: String, on: Date },
}

/// A stop as the journal has it: [`Kept`], its hash in hexadecimal.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stop {
    id: String,
    hash: String,
    kind: String,
    channel: String,
    what: String,
    reason: String,
    on: Date,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    spared: String,
}

impl Stop {
    fn of(s: &Kept) -> Self {
        Self {
            id: s.id.clone(),
            hash: hex::encode(s.hash),
            kind: s.kind.clone(),
            channel: s.channel.clone(),
            what: s.what.clone(),
            reason: s.reason.clone(),
            on: s.on,
            spared: s.spared.clone(),
        }
    }

    fn kept(self) -> Result<Kept> {
        let hash = hex::decode(&self.hash).map_err(|_| Error::fault("a hash in the journal"))?;
        Ok(Kept {
            id: self.id,
            hash: people::hash16(&hash),
            kind: self.kind,
            channel: self.channel,
            what: self.what,
            reason: self.reason,
            on: self.on,
            ended: None,
            spared: self.spared,
        })
    }
}

pub(super) fn note_stop(tx: &mut Tx<'_>, by: &By, stop: &Kept) -> Result<()> {
    journal::note(tx, &by.org, &Entry::Stop(Stop::of(stop)))
}

/// A no to contact, which an earlier backup does not know: there it counts as a stop.
pub(super) fn note_refusal(
    tx: &mut Tx<'_>,
    by: &By,
    no: &ConsentRow,
    ids: &[(Hash16, String)],
) -> Result<()> {
    let (Some(Use::Contact), Some(channel)) = (Use::from_word(&no.use_kind), no.channel()) else {
        return Ok(());
    };
    let concerned = ids.iter().filter(|(_, kind)| channel.address().name() == kind);
    let stops = concerned.map(|(hash, kind)| {
        Stop::of(&Kept {
            id: new_id(by.now),
            hash: *hash,
            kind: kind.clone(),
            channel: no.channel.clone(),
            what: What::Purpose(no.use_what.clone()).word(),
            reason: "withdrawal".to_owned(),
            on: no.given_on,
            ended: None,
            spared: String::new(),
        })
    });
    let stops = stops.collect();
    journal::note(tx, &by.org, &Entry::Refused { consent: no.id.clone(), stops })
}

pub(super) fn note_withdrawal(
    tx: &mut Tx<'_>,
    by: &By,
    consent: &str,
    event: &Event,
) -> Result<()> {
    let entry = Entry::Withdrawn { consent: consent.to_owned(), event: event.clone() };
    journal::note(tx, &by.org, &entry)
}

pub(super) fn note_erasure(tx: &mut Tx<'_>, by: &By, person: &str) -> Result<()> {
    let entry = Entry::Erased { person: person.to_owned(), on: dates::day_of(by.now) };
    journal::note(tx, &by.org, &entry)
}

/// What was carried out again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Again {
    /// Persons erased.
    pub erased: usize,
    /// Stops put back.
    pub stops: usize,
    /// Consents withdrawn.
    pub withdrawn: usize,
}

impl Again {
    /// Whether there was anything.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// Carries out again what an organisation's part of a journal says and the office does not know:
/// stops first, so that nobody is open to contact for a moment.
///
/// # Errors
/// An entry of a later version of Candour, or of the database.
pub fn again(office: &Office, by: &By, notes: &[journal::Note]) -> Result<Again> {
    let (mut stops, mut withdrawn, mut erased) = (Vec::new(), Vec::new(), Vec::new());
    for note in notes.iter().filter(|n| n.org == by.org) {
        let entry = serde_json::from_value(note.what.clone())
            .map_err(|_| Error::invalid("journal", "It was written by a later Candour"))?;
        match entry {
            Entry::Stop(s) => stops.push((None, s.kept()?)),
            Entry::Refused { consent, stops: all } => {
                for s in all {
                    stops.push((Some(consent.clone()), s.kept()?));
                }
            }
            Entry::Withdrawn { consent, event } => withdrawn.push((consent, event)),
            Entry::Erased { person, on } => erased.push((person, on)),
        }
    }
    let mut done = Again::default();
    for some in stops.chunks(TOGETHER) {
        done.stops += put_back(office, by, some)?;
    }
    for (consent, event) in withdrawn {
        done.withdrawn += usize::from(withdraw(office, by, &consent, &event)?);
    }
    for (person, on) in erased {
        let open = |tx: &mut Tx<'_>| found(people::by_id(tx, &by.org, &person));
        if office.read(open)?.is_some_and(|p| p.erased.is_none()) {
            let (by, vault) = (by.clone(), office.vault().clone());
            office.write(move |tx| persons::erase_again(tx, &vault, &by, &person, on))?;
            done.erased += 1;
        }
    }
    Ok(done)
}

fn found<T>(r: Result<T>) -> Result<Option<T>> {
    match r {
        Ok(v) => Ok(Some(v)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Puts back the stops whose rows are not there, lifted or not, with the ids they had.
fn put_back(office: &Office, by: &By, all: &[(Option<String>, Kept)]) -> Result<usize> {
    let lost = office.read(|tx| {
        let mut lost = Vec::new();
        for (unless, stop) in all {
            let known = match unless {
                Some(consent) => found(sql::consent_by_id(tx, &by.org, consent))?.is_some(),
                None => false,
            };
            if !known && found(sql::stop_by_id(tx, &by.org, &stop.id))?.is_none() {
                lost.push(stop.clone());
            }
        }
        Ok::<_, Error>(lost)
    })?;
    let (n, by) = (lost.len(), by.clone());
    if n > 0 {
        office.write(move |tx| {
            let mut ids = Vec::new();
            let mut act = Act::new("suppression.put-back").law("UK GDPR Arts 21(3), 5(2)");
            for stop in &lost {
                sql::insert_stop(tx, &by.org, stop, by.now)?;
                ids.push((stop.hash, stop.kind.clone()));
                act = act.about("suppression", &stop.id);
            }
            touch(tx, &by, &ids)?;
            Ok(Recorded::new(&by, (), act))
        })?;
    }
    Ok(n)
}

/// Withdraws a consent that stands again; whoever was told of it then is not told again.
fn withdraw(office: &Office, by: &By, consent: &str, event: &Event) -> Result<bool> {
    let (by, consent, event) = (by.clone(), consent.to_owned(), event.clone());
    office.write(move |tx| {
        let row = found(sql::consent_by_id(tx, &by.org, &consent))?;
        let Some(mut row) = row.filter(|r| r.state == "given") else {
            return Ok(Recorded::nothing(&by, false));
        };
        row.happened(event.clone());
        sql::set_consent(tx, &by.org, &row, by.now)?;
        let ids = people::ids_of(tx, &by.org, &row.person)?;
        stops::touch(tx, &by, &ids)?;
        let act = Act::new("consent.withdrawn-again")
            .about("person", &row.person)
            .about("consent", &row.id)
            .law("UK GDPR Arts 7(3), 5(2)");
        Ok(Recorded::new(&by, true, act))
    })
}
