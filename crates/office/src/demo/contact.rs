//! What the sample society's members said about being contacted, and its mailing list screened by
//! it: three files and a certificate.

use std::path::{Path, PathBuf};

use candour_db::Tx;
use candour_screening::{At, Column, Kind, Outs, Plan};
use jiff::ToSpan as _;
use serde_json::json;

use super::society::lists::reader;
use super::society::people::{AMARA, HUSBAND, member};
use super::told::{Voice, shown};
use crate::charter::{self, Channel};
use crate::error::Result;
use crate::kit::dates;
use crate::kit::vault::Vault;
use crate::mailing::{rows, screen, screen_cli};
use crate::office::Office;
use crate::people::{self, Known};
use crate::permissions::acts::{self, NewConsent};
use crate::permissions::persons;
use crate::permissions::records::{Proof, Through, Use, Wording};
use crate::permissions::stops::{self, NewStop};
use crate::permissions::{Class, What, sql};
use crate::proof::{By, Recorded};

const NEWS: &str = "harbour-news";
/// How many readers were asked: the others' answers are lost, as such answers are.
const ASKED: u32 = 240;

/// The mailing list after its screening.
pub struct Screened {
    certificate: screen::Certificate,
    allowed: PathBuf,
    beside: PathBuf,
}

impl Screened {
    /// The lines of the summary.
    pub fn tell(&self, voice: &Voice) {
        let rows = &self.certificate.rows;
        voice.say(format!(
            "The mailing list: {} of {} may be written to, {} may not, {} can’t be read.",
            rows.allowed, rows.all, rows.blocked, rows.unreadable
        ));
        voice.say(format!("The list to send to:            {}", shown(&self.allowed)));
        voice.say(format!("Its certificate:                {}", shown(&self.beside)));
    }

    /// For machines.
    pub fn json(&self) -> serde_json::Value {
        let rows = &self.certificate.rows;
        json!({
            "rows": rows.all, "allowed": rows.allowed, "blocked": rows.blocked,
            "unreadable": rows.unreadable, "file": self.allowed, "certificate": self.beside,
            "valid_until": self.certificate.valid_until,
        })
    }
}

/// Records what people said, once, and screens the mailing list by it, every time. `None` in an
/// office whose charter names no such purpose: whoever keeps it has changed it, or it is older.
///
/// # Errors
/// The list can't be read, or the files can't be written.
pub fn screened(office: &Office, by: &By, dir: &Path, voice: &Voice) -> Result<Option<Screened>> {
    let charter = office.read(|tx| charter::current(tx, &by.org))?;
    if charter.permissions.purpose(NEWS).is_none() {
        voice.say("The charter names no newsletter: nothing was screened.");
        return Ok(None);
    }
    if office.read(|tx| sql::wordings(tx, &by.org))?.is_empty() {
        let (b, vault) = (by.clone(), office.vault().clone());
        // All or nothing: a run that dies leaves no half of it.
        let n = office.write(move |tx| said(tx, &vault, &b))?;
        voice.say(format!("{n} answers and stops of members recorded, each with its evidence."));
    } else {
        voice.say("What members said is there from an earlier run.");
    }
    let what = screen::For {
        channel: Channel::Email,
        class: Class::Marketing,
        purpose: Some(NEWS.into()),
        attested: None,
        on: dates::day_of(by.now),
    };
    let place = dir.join("mailing");
    std::fs::create_dir_all(&place)?;
    let allowed = place.join("newsletter.csv");
    let outs = Outs::Files {
        allowed: allowed.clone(),
        blocked: screen_cli::beside(&allowed, "blocked.csv"),
        unreadable: screen_cli::beside(&allowed, "unreadable.csv"),
        replace: true,
    };
    let plan = Plan::new(vec![Column { at: At::Name("E-mail".into()), kind: Kind::Email }]);
    let ready = screen::ready(office, by, &what)?;
    let list = dir.join("holdings/newsletter.csv");
    let out = rows::screen_any(&ready, &list, &plan, &outs, &mut |_, _| {})?;
    let name = &charter.organisation.legal_name;
    let certificate = ready.certificate(by, name, &what, &out);
    let (body, proof) = screen::certify(office, by, &certificate)?;
    let beside = screen_cli::beside(&allowed, "certificate.json");
    screen_cli::write_whole(&beside, body.as_bytes())?;
    let beside_proof = screen_cli::beside(&allowed, "certificate.tlog-proof");
    screen_cli::write_whole(&beside_proof, proof.as_bytes())?;
    voice.say("Three lists and a certificate: who may be written to, who may not and why, and");
    voice.say("what can’t be read. Whom nobody asked is not written to:");
    for (_, why, n) in &certificate.reasons {
        voice.say(format!("  - {n}: {why}"));
    }
    Ok(Some(Screened { certificate, allowed, beside }))
}

/// Everything that was said, as one change.
fn said(tx: &mut Tx<'_>, vault: &Vault, by: &By) -> Result<Recorded<u64>> {
    let mut all = persons::set_company(
        tx,
        vault,
        by,
        "pilotage",
        "Exwick Pilotage Limited",
        "office@pilotage.example",
    )?
    .map(|()| 0_u64);
    let add = |all: Recorded<u64>, acts: Vec<crate::proof::Act>| {
        acts.into_iter().fold(all.map(|n| n + 1), Recorded::and)
    };
    for w in wordings() {
        let done = acts::set_wording(tx, vault, by, &w)?;
        all = done.acts.into_iter().fold(all, Recorded::and);
    }
    for n in 0..ASKED {
        let Some(id) = reader(n) else { continue };
        all = add(all, acts::record_consent(tx, vault, by, &answer(by, n, id))?.acts);
        // Some have thought better of it since, by the link in a message.
        if n % 16 == 3 {
            let email = member(id).email;
            all = add(all, stop(tx, vault, by, &email, "unsubscribe")?.acts);
        }
    }
    for id in [AMARA, HUSBAND] {
        all = add(all, acts::record_consent(tx, vault, by, &answer(by, 1, id))?.acts);
    }
    let husband = member(HUSBAND).email;
    Ok(add(all, stop(tx, vault, by, &husband, "objection")?.acts))
}

fn wordings() -> Vec<Wording> {
    let new = |short: &str, (kind, what): (_, &str), channels, text: &str| Wording {
        short: short.into(),
        use_kind: kind,
        use_what: what.into(),
        channels,
        text: text.into(),
        if_refused: "Your membership stays as it is.".into(),
        notice: "2025-04".into(),
        explicit: false,
        language: "en-GB".into(),
    };
    vec![
        new(
            "news-email",
            (Use::Contact, NEWS),
            vec![Channel::Email],
            "May we send you Harbour news by e-mail, four times a year?",
        ),
        new(
            "walks-sms",
            (Use::Contact, "walks"),
            vec![Channel::Sms],
            "May we text you when a walk is moved or added?",
        ),
        new(
            "ferry-share",
            (Use::Share, "quay-ferry"),
            Vec::new(),
            "May we give your name and address to Exwick Quay Ferry for its own offers?",
        ),
    ]
}

/// A reader's answer: mostly yes, on a day of the last two and a half years, so that some lapsed.
fn answer(by: &By, n: u32, id: u32) -> NewConsent {
    let m = member(id);
    let today = dates::day_of(by.now);
    let on = today.checked_sub(i64::from(n * 7 % 900).days()).unwrap_or(today);
    let held = n % 40 == 7;
    NewConsent {
        who: Known {
            name: Some(m.name()),
            identifiers: vec![(Kind::Email, m.email)],
            subscriber: Some(if held { "corporate" } else { "individual" }.into()),
            member: Some(true),
            company: held.then(|| "pilotage".into()),
        },
        wording: "news-email".into(),
        version: None,
        channel: Some(Channel::Email),
        yes: n % 6 != 5,
        on,
        method: "form".into(),
        proof: Proof {
            evidence: format!("renewal form, folder {}, sheet {}", on.year(), n + 1),
            collector: "membership desk".into(),
            representative: None,
        },
        through: Through::Staff,
    }
}

fn stop(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    email: &str,
    reason: &'static str,
) -> Result<Recorded<usize>> {
    let new = NewStop {
        hash: people::hash_raw(&people::hasher(vault, &by.org)?, Kind::Email, email)?,
        kind: Kind::Email.name().into(),
        channel: None,
        what: What::Marketing,
        reason,
        on: dates::day_of(by.now),
    };
    stops::stop(tx, vault, by, &new)
}
