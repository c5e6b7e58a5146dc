//! Screening a list before a send: every row decided, the outcome certified.
//!
//! Facts that many share were decided once each; a row costs a keyed hash and a look-up. The
//! certificate says with which versions of everything it was made, so a refusal can be proved
//! later.

use std::path::Path;
use std::sync::Arc;

use candour_db::Tx;
use candour_screening::{
    Book, Cell, KeyedHash, Outcome, Outs, Plan, Reason, ScreenError, Verdict, Verdicts, screen,
    screen_rows,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::certificates::{Certified, insert};
use crate::charter::{self, Channel, Permissions, Purpose};
use crate::error::{Error, Result};
use crate::kit::{dates, new_id, sha256_hex};
use crate::office::Office;
use crate::permissions::{
    self, Attested, Class, Facts, Question, Register, Rule, ask, decide, facts, needs_registers,
    rank_at_premises,
};
use crate::proof::{self, Act, By, Recorded};
use crate::staff::Permission;

/// What a screening is for.
#[derive(Debug, Clone)]
pub struct For {
    /// By which channel the send goes.
    pub channel: Channel,
    /// What sort of message.
    pub class: Class,
    /// For which purpose.
    pub purpose: Option<String>,
    /// What is attested of everybody on the list of whom nothing is recorded.
    pub attested: Option<Attested>,
    /// On which day the send goes out: the decisions are of that day.
    pub on: Date,
}

/// Everything a screening reads, as it stood when it began.
pub struct Ready {
    book: Book,
    verdicts: Verdicts,
    hasher: KeyedHash,
    /// The versions for the certificate.
    pub versions: Versions,
    valid_until: Date,
}

/// The versions of what was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Versions {
    /// Of the permissions.
    pub permissions: u64,
    /// Of the charter.
    pub charter: i64,
    /// Preference registers, each with the day of its file and the SHA-256 of it.
    pub registers: Vec<(Register, Date, String)>,
    /// Identifiers of which something is known.
    pub identifiers: u64,
}

/// Gets ready: reads the facts as they stand now, decides each set of them once, for the first and
/// the last day that the certificate will cover.
///
/// # Errors
/// Denied, a purpose that the charter lacks, a day that no certificate of today covers, or of the
/// database.
pub fn ready(office: &Office, by: &By, what: &For) -> Result<Ready> {
    by.role.may(Permission::ScreenLists)?;
    let now = permissions::now_blocking(office, &by.org, false)?;
    let settings = &now.charter.permissions;
    let purpose = ask::purpose_of(settings, what.class, what.purpose.as_deref(), what.channel)?;
    let mut known = Arc::clone(&now.known);
    let mut used = Vec::new();
    if needs_registers(what.channel) && what.class.is_marketing() {
        let rows = office.read(|tx| permissions::imported_registers(tx, &by.org))?;
        for row in rows {
            let Some(register) = Register::from_word(&row.register) else { continue };
            if register.kind() != what.channel.address() {
                continue;
            }
            let into = Arc::make_mut(&mut known);
            permissions::registers::each(office, &by.org, &row, |hash, day| {
                facts::with_register(into, register, hash, day);
            })?;
            used.push((register, row.as_of, row.sha256));
        }
    }
    let question = Question {
        channel: what.channel,
        class: what.class,
        purpose,
        on: what.on,
        sender: settings,
        registers: &now.registers,
    };
    let valid_until = valid_until(what, settings, &used, now.today)?;
    let verdicts = verdicts(&question, valid_until, known.facts(), what.attested);
    Ok(Ready {
        verdicts,
        hasher: now.hasher.clone(),
        versions: Versions {
            permissions: known.version,
            charter: known.charter_version,
            registers: used,
            identifiers: known.len() as u64,
        },
        book: known.book().clone(),
        valid_until,
    })
}

/// Each set of facts is decided for both ends of the certificate's days, and a no at either end
/// holds: until the last a number may come to count as listed and a yes may lapse, before the first
/// a rule may not be in force yet or a cap be used up. What the days between bring, the ends show.
fn verdicts(
    q: &Question<'_>,
    last: Date,
    all: &[Arc<Facts>],
    attested: Option<Attested>,
) -> Verdicts {
    let end = Question { on: last, ..*q };
    let rule_of = |f: &Facts| {
        let facts = attested.map(|a| a.add_to(f, q.on));
        let facts = facts.as_ref().unwrap_or(f);
        let first = decide(q, facts);
        if first.allows() { decide(&end, facts) } else { first }
    };
    let verdict = |rule: Rule, rank: u8| {
        let reason = Rule::ALL.iter().position(|r| *r == rule).unwrap_or(0);
        Verdict { rank, allowed: rule.allows(), reason: u16::try_from(reason).unwrap_or(0) }
    };
    // They only ever block: nothing is allowed because nothing stands there.
    let at_premises = |q: &Question<'_>, f: &Facts| match rank_at_premises(q, f) {
        Some(rank) => verdict(Rule::Stopped, rank),
        None => verdict(Rule::Service, 0),
    };
    let unknown = rule_of(&Facts::default());
    let reason = |r: &Rule| Reason {
        code: r.word().to_owned(),
        text: format!("{} ({})", r.why(), r.source(q.channel)),
    };
    Verdicts {
        by_profile: all
            .iter()
            .map(|f| match f.premises {
                true => at_premises(q, f),
                false => {
                    let rule = rule_of(f);
                    verdict(rule, rule.rank())
                }
            })
            .collect(),
        unknown: verdict(unknown, 0),
        reasons: Rule::ALL.iter().map(reason).collect(),
    }
}

/// A certificate covers a send for the charter's days, counted from today, since the facts are of
/// today; and no longer than the registers do (PECR reg 21(3)). The day of the send is decided for
/// itself, so it is always covered.
fn valid_until(
    what: &For,
    settings: &Permissions,
    used: &[(Register, Date, String)],
    today: Date,
) -> Result<Date> {
    if what.on < today {
        return Err(Error::invalid("on", "The day of the send has passed"));
    }
    let days = i64::from(settings.certificate_days);
    let mut until = today
        .checked_add(jiff::SignedDuration::from_hours(24 * (days - 1)))
        .map_err(|_| Error::invalid("on", "This day is too far away"))?;
    if what.on > until {
        let words = format!(
            "A list screened today may be used until {} only: screen it nearer to the send",
            dates::long(until)
        );
        return Err(Error::invalid("on", words));
    }
    let telephone = matches!(what.channel, Channel::Call | Channel::Fax);
    if telephone || (what.channel == Channel::Post && settings.honour_mps) {
        for (_, as_of, _) in used {
            if let Ok(due) = candour_clock::tps_screen_valid_to(*as_of) {
                until = until.min(due.on);
            }
        }
    }
    Ok(until.max(what.on))
}

/// A certificate's text: what was screened, how it came out, with what. Nothing personal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Certificate {
    /// Id.
    pub id: String,
    /// Legal name of the organisation.
    pub organisation: String,
    /// When it was made.
    pub made: jiff::Timestamp,
    /// By which channel.
    pub channel: Channel,
    /// What sort of message.
    pub class: Class,
    /// For which purpose.
    pub purpose: Option<String>,
    /// What was attested of those nothing is recorded of.
    pub attested: Option<Attested>,
    /// Of which day the decisions are.
    pub on: Date,
    /// The last day of a send that it covers.
    pub valid_until: Date,
    /// SHA-256 and bytes of the list, and of the three files written.
    pub files: Files,
    /// Rows in all, allowed, blocked, unreadable.
    pub rows: Rows,
    /// Rows for each reason, with its source.
    pub reasons: Vec<(String, String, u64)>,
    /// The versions of what was read.
    pub versions: Versions,
}

/// What each file was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Files {
    /// The list as it came.
    pub list: (String, u64),
    /// Rows that may be contacted.
    pub allowed: (String, u64),
    /// Rows that may not.
    pub blocked: (String, u64),
    /// Rows that could not be read.
    pub unreadable: (String, u64),
}

/// Counts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Rows {
    /// In the list.
    pub all: u64,
    /// May be contacted.
    pub allowed: u64,
    /// May not.
    pub blocked: u64,
    /// Could not be read.
    pub unreadable: u64,
    /// Allowed, with an address that stands in an allowed row before; if that was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubled: Option<u64>,
}

impl Ready {
    /// Screens a list.
    ///
    /// # Errors
    /// The list or the files, in words that hold nothing of its rows.
    pub fn screen(
        &self,
        list: &Path,
        plan: &Plan,
        outs: &Outs,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Outcome> {
        screen(list, plan, &self.book, &self.verdicts, &self.hasher, outs, progress)
            .map_err(|e| told(&e))
    }

    /// Screens rows that come from a workbook.
    ///
    /// # Errors
    /// The rows or the files, in words that hold nothing of them.
    pub fn screen_rows(
        &self,
        list: &Path,
        header: &[String],
        rows: impl IntoIterator<Item = std::result::Result<Vec<Cell>, String>>,
        plan: &Plan,
        outs: &Outs,
    ) -> Result<Outcome> {
        let (book, verdicts, keyed) = (&self.book, &self.verdicts, &self.hasher);
        screen_rows(list, header, rows, plan, book, verdicts, keyed, outs).map_err(|e| told(&e))
    }

    /// The certificate of an outcome.
    pub fn certificate(&self, by: &By, name: &str, what: &For, out: &Outcome) -> Certificate {
        let digest = |d: &candour_screening::Digest| (hex::encode(d.sha256), d.bytes);
        let [allowed, blocked, unreadable] = &out.written;
        let used = self.verdicts.reasons.iter().zip(&out.reasons).filter(|(_, n)| **n > 0);
        Certificate {
            id: new_id(by.now),
            organisation: name.to_owned(),
            made: by.now,
            channel: what.channel,
            class: what.class,
            purpose: what.purpose.clone(),
            attested: what.attested,
            on: what.on,
            valid_until: self.valid_until,
            files: Files {
                list: digest(&out.list),
                allowed: digest(allowed),
                blocked: digest(blocked),
                unreadable: digest(unreadable),
            },
            rows: Rows {
                all: out.rows,
                allowed: out.allowed,
                blocked: out.blocked,
                unreadable: out.unreadable,
                doubled: None,
            },
            reasons: used.map(|(r, n)| (r.code.clone(), r.text.clone(), *n)).collect(),
            versions: self.versions.clone(),
        }
    }
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;

/// Whether a file's first row can be one of a list: a program or a picture has letters there that
/// no text has.
///
/// # Errors
/// It can't.
pub fn is_list(head: &[String]) -> Result<()> {
    let odd = |c: char| (c.is_control() && !c.is_whitespace()) || c == char::REPLACEMENT_CHARACTER;
    if head.iter().any(|h| h.contains(odd)) {
        return Err(Error::invalid(
            "list",
            "This is no list: its first row is not text. Save the list as CSV, XLSX or ODS, and \
             choose that file",
        ));
    }
    Ok(())
}

/// A list that has nobody on it: a certificate of nothing would prove nothing.
pub fn no_row() -> Error {
    Error::invalid("list", "This list has no row below its headings, so there is nothing to screen")
}

/// A screening's trouble in this program's words.
pub fn told(e: &ScreenError) -> Error {
    match e {
        ScreenError::DiskFull(_) | ScreenError::Writing { .. } | ScreenError::Busy(_) => {
            Error::Unavailable(e.to_string())
        }
        ScreenError::Counts | ScreenError::Verdicts => Error::fault(e.to_string()),
        ScreenError::WrongColumn { .. }
        | ScreenError::NoColumns
        | ScreenError::NoSuchName(_)
        | ScreenError::DoubledName(_)
        | ScreenError::NameWithoutHeader
        | ScreenError::NoSuchNumber { .. } => Error::invalid("column", e.to_string()),
        _ => Error::invalid("list", e.to_string()),
    }
}

/// Records a certificate in the ledger and answers its text and a `tlog-proof` file for the entry.
/// The entry holds the SHA-256 of the text, so whoever has both can check them without us.
///
/// # Errors
/// Denied, or of the database.
pub fn certify(office: &Office, by: &By, c: &Certificate) -> Result<(String, String)> {
    let body = certify_with(office, by, c, |_, _| Ok(()))?;
    Ok((body, prove(office, by, &c.id)?))
}

/// What was screened and what came of it, in a line.
fn in_words(office: &Office, by: &By, c: &Certificate) -> Result<String> {
    let charter = office.read(|tx| charter::current(tx, &by.org))?;
    let purpose = c.purpose.as_deref().map(|short| {
        let known = charter.permissions.purpose(short);
        format!(" about {}", known.map_or(short, |p| &p.title))
    });
    Ok(format!(
        "{}{} by {}: {} of {} may be contacted",
        c.class.label(),
        purpose.unwrap_or_default(),
        c.channel.label(),
        c.rows.allowed,
        c.rows.all
    ))
}

/// Records a certificate together with what hangs on it, which is handed its text: both or none.
///
/// # Errors
/// Denied, or what `with` answers.
pub fn certify_with(
    office: &Office,
    by: &By,
    c: &Certificate,
    with: impl Fn(&mut Tx<'_>, &str) -> Result<()> + Send + 'static,
) -> Result<String> {
    let body = serde_json::to_string_pretty(c)?;
    let sum = sha256_hex(body.as_bytes());
    let row = Certified {
        id: c.id.clone(),
        channel: c.channel.word().into(),
        class: c.class.word().into(),
        purpose: c.purpose.clone().unwrap_or_default(),
        on: c.on,
        valid_until: c.valid_until,
        allowed_sha256: c.files.allowed.0.clone(),
        body: body.clone(),
        made_by: by.actor.clone(),
    };
    let (by_, vault, law) = (by.clone(), office.vault().clone(), law(c.channel));
    let said = in_words(office, by, c)?;
    office.write(move |tx| {
        by_.role.may(Permission::ScreenLists)?;
        with(tx, &row.body)?;
        insert(tx, &by_.org, &row, by_.now)?;
        let key = vault.key_for(tx, &by_.org, "office", by_.now)?;
        let act = Act::new("list.screened")
            .about("certificate", &row.id)
            .about("sha256", &sum)
            .law(law)
            .say(&key, said.as_str());
        Ok(Recorded::new(&by_, (), act))
    })?;
    Ok(body)
}

/// A `tlog-proof` file for the entry of a certificate.
///
/// # Errors
/// Of the database.
pub fn prove(office: &Office, by: &By, certificate: &str) -> Result<String> {
    let subject = format!("certificate:{certificate}");
    let (vault, org, now) = (office.vault().clone(), by.org.clone(), by.now);
    office.chore(move |tx| {
        let told = proof::history(tx, &vault, &org, &subject)?;
        let entry = told.first().ok_or_else(|| Error::fault("the certificate has no entry"))?;
        proof::proof_file(tx, &vault, &org, entry.idx, now).map(|(text, _)| text)
    })
}

fn law(channel: Channel) -> &'static str {
    match channel {
        Channel::Email | Channel::Sms => "PECR reg 22; UK GDPR Art 21(3)",
        Channel::Call => "PECR reg 21; UK GDPR Art 21(3)",
        Channel::AutomatedCall => "PECR reg 19; UK GDPR Art 21(3)",
        Channel::Fax => "PECR reg 20; UK GDPR Art 21(3)",
        Channel::Post => "UK GDPR Arts 6(1), 21(3)",
    }
}

/// The purpose of a screening, for pages.
pub fn title_of(settings: &Permissions, short: Option<&str>) -> String {
    let known = short.and_then(|s| settings.purpose(s));
    known.map_or_else(|| "no purpose".to_owned(), |p: &Purpose| p.title.clone())
}
