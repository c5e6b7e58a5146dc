//! `candour permission` and `candour may-contact`.

use std::io::Read as _;
use std::path::PathBuf;

use candour_screening::Kind;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;

use super::acts::{self, NewConsent};
use super::ask::{self, Ask};
use super::cli_args::{About, ConsentArgs, GroundArgs, StopArgs, Who, line_of_input};
use super::records::{Ground, Proof, Through, Wording};
use super::registers::Brought;
use super::stops::{self, NewStop};
use super::terms::{Attested, Class, Register, What};
use super::{
    import, mail, needs_registers, now_blocking, persons, receipt, receipts, sql, standing, tokens,
    withdrawals,
};
use crate::charter::{self, Channel};
use crate::cli::{At, print_json, read_text};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::people::{self, Written};

/// Consents, stops, other grounds, preference registers.
#[derive(Subcommand)]
pub enum PermissionCommand {
    /// Record an answer to a request for consent; prints the record's id.
    Consent(Box<ConsentArgs>),
    /// Withdraw a consent; prints what goes on without it.
    Withdraw {
        /// The record's id.
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// Stop contact at once.
    Stop(Box<StopArgs>),
    /// Record how somebody's details were got: a sale, or support of a charity.
    Ground(Box<GroundArgs>),
    /// Keep who somebody is: subscriber, member, company.
    Person {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        at: At,
    },
    /// What is known about an address and why it may be contacted.
    Show {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        at: At,
    },
    /// The receipt of a consent, as JSON (ISO/IEC TS 27560).
    Receipt {
        /// The record's id.
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// Consents that lapse on or before a day: ask again before they do.
    Lapses {
        /// The day.
        #[arg(long)]
        before: Date,
        #[command(flatten)]
        at: At,
    },
    /// Erase a person; keyed hashes stay on the stop list.
    Erase {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        at: At,
    },
    /// The words consent is asked for with.
    #[command(subcommand)]
    Wording(WordingCommand),
    /// Add a file of addresses to the stop list: one on each line, or a column of a CSV file.
    ImportStops(import::ImportStops),
    /// Record a file of consents: CSV with the columns email, answer, on, evidence and more.
    ImportConsents(import::ImportConsents),
    /// Print the stop list: keyed hashes, scope, reason, date; no identities.
    ExportStops {
        #[command(flatten)]
        at: At,
    },
    /// Import the file of a preference register.
    Register {
        /// Which.
        register: Register,
        /// The file: one number or address on each line.
        file: PathBuf,
        /// The day of the file.
        #[arg(long)]
        as_of: Date,
        /// Let it take the place of a later file, because that one was wrong.
        #[arg(long)]
        older: bool,
        /// Write every line that holds no entry to this file, as CSV.
        #[arg(long, value_name = "FILE")]
        bad_rows: Option<PathBuf>,
        #[command(flatten)]
        at: At,
    },
    /// Add or change a company whose people are held for it.
    Company {
        /// Short name.
        short: String,
        /// Name.
        #[arg(long)]
        title: String,
        /// Where it is told of a stop.
        #[arg(long)]
        email: String,
        #[command(flatten)]
        at: At,
    },
    /// The unsubscribe headers (RFC 8058, RFC 2369) for a message to an address.
    Headers {
        #[command(flatten)]
        who: Who,
        /// The purpose of the message.
        #[arg(long)]
        purpose: String,
        #[command(flatten)]
        at: At,
    },
    /// Take an unsubscribe, a bounce or a complaint by e-mail: one message on standard input, as a
    /// mail server pipes it. A mailbox can be looked after instead: `mailbox` in candour.toml.
    Mail {
        #[command(flatten)]
        at: At,
    },
}

/// The verbs on wordings.
#[derive(Subcommand)]
pub enum WordingCommand {
    /// Set a wording from a TOML file: a new version. - reads standard input.
    Set {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Every version of every wording.
    List {
        #[command(flatten)]
        at: At,
    },
}

/// `candour may-contact`
#[derive(Args)]
#[command(
    after_help = "Example:\n  candour may-contact - --channel email --purpose events\n\nExit code 0: allowed, 1: blocked."
)]
pub struct MayContactArgs {
    /// The address, number or postal address that would be reached; - reads standard input.
    address: String,
    /// By which channel.
    #[arg(long)]
    channel: Channel,
    /// For which purpose of the charter.
    #[arg(long)]
    purpose: Option<String>,
    /// What sort of message.
    #[arg(long, default_value = "marketing")]
    class: Class,
    /// What you attest of people of whom nothing is recorded.
    #[arg(long)]
    attested: Option<Attested>,
    #[command(flatten)]
    at: At,
}

/// Runs `candour may-contact`.
///
/// # Errors
/// As the office, or the address can't be read.
pub fn may_contact(a: &MayContactArgs) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let now = now_blocking(&office, &by.org, needs_registers(a.channel))?;
    let address = if a.address == "-" { line_of_input()? } else { a.address.clone() };
    let asked = Ask {
        address: Some(address),
        hash: None,
        member_number: None,
        channel: a.channel,
        purpose: a.purpose.clone(),
        class: a.class,
        attested: a.attested,
    };
    let d = ask::answer(&now, &asked)?;
    if a.at.json {
        print_json(&d)?;
    } else {
        println!("{}: {} ({})", if d.allowed { "allowed" } else { "blocked" }, d.why, d.source);
        if !d.remedy.is_empty() {
            println!("What would change this: {}", d.remedy);
        }
    }
    Ok(u8::from(!d.allowed))
}

/// Runs `candour permission`.
///
/// # Errors
/// As the office, or something to mend.
pub fn run(command: PermissionCommand) -> Result<u8> {
    use PermissionCommand as C;
    match command {
        C::Consent(a) => consent(&a)?,
        C::Withdraw { id, at } => {
            let (office, by) = at.open_org()?;
            let (vault, org) = (office.vault().clone(), by.org.clone());
            let told = office
                .write(move |tx| withdrawals::withdraw(tx, &vault, &by, &id, "withdrawal"))?;
            told.ended.iter().for_each(|l| println!("Ended: {l}"));
            let stands = standing::of(&office, &org, &told.person)?;
            stands.goes_on.iter().for_each(|l| println!("Goes on: {l}"));
        }
        C::Stop(a) => stop(&a)?,
        C::Ground(a) => ground(&a)?,
        C::Person { who, about, at } => {
            let (office, by) = at.open_org()?;
            let (known, vault) = (about.known(&who)?, office.vault().clone());
            println!("{}", office.write(move |tx| persons::keep_person(tx, &vault, &by, &known))?);
        }
        C::Show { who, at } => show(&who, &at)?,
        C::Receipt { id, at } => {
            let (office, by) = at.open_org()?;
            print_json(&receipt::receipt(&office, &by.org, &id)?)?;
        }
        C::Lapses { before, at } => lapses(before, &at)?,
        C::Erase { who, at } => erase(&who, &at)?,
        C::Wording(c) => wording(c)?,
        C::ImportStops(a) => return import::stops(&a),
        C::ImportConsents(a) => return import::consents(&a),
        C::ExportStops { at } => export(&at)?,
        C::Register { register, file, as_of, older, bad_rows, at } => {
            let about = Brought { register, as_of, older };
            import::register(&at, about, &file, bad_rows.as_deref())?;
        }
        C::Company { short, title, email, at } => {
            let (office, by) = at.open_org()?;
            let vault = office.vault().clone();
            office
                .write(move |tx| persons::set_company(tx, &vault, &by, &short, &title, &email))?;
        }
        C::Headers { who, purpose, at } => headers(&who, &purpose, &at)?,
        C::Mail { at } => {
            let (office, by) = at.open_org()?;
            let mut message = Vec::new();
            std::io::stdin().take(mail::LARGEST).read_to_end(&mut message)?;
            let n = mail::take(&office, &by.org, &message)?.added();
            eprintln!("{n} stopped");
        }
    }
    Ok(0)
}

fn consent(a: &ConsentArgs) -> Result<()> {
    let (office, by) = a.at.open_org()?;
    let new = NewConsent {
        who: a.about.known(&a.who)?,
        wording: a.wording.clone(),
        version: a.version,
        channel: a.channel,
        yes: a.answer == "yes",
        on: a.on.unwrap_or_else(|| dates::day_of(by.now)),
        method: a.method.clone(),
        proof: Proof {
            evidence: a.evidence.clone(),
            collector: a.collector.clone(),
            representative: a.representative.clone().zip(a.authority.clone()),
        },
        through: Through::Staff,
    };
    let vault = office.vault().clone();
    let id = office.write(move |tx| acts::record_consent(tx, &vault, &by, &new))?;
    println!("{id}");
    Ok(())
}

fn stop(a: &StopArgs) -> Result<()> {
    let (office, by) = a.at.open_org()?;
    let what = match (&a.purpose, a.everything) {
        (_, true) => What::Everything,
        (Some(p), _) => What::Purpose(p.clone()),
        _ => What::Marketing,
    };
    let reason = stops::REASONS.into_iter().find(|r| *r == a.reason).unwrap_or("other");
    for one in a.who.hashes(&office, &by)? {
        let new = NewStop {
            hash: one.hash,
            kind: one.kind.name().into(),
            channel: a.channel,
            what: what.clone(),
            reason,
            on: a.on.unwrap_or_else(|| dates::day_of(by.now)),
        };
        let (by, vault) = (by.clone(), office.vault().clone());
        let n = office.write(move |tx| stops::stop_at(tx, &vault, &by, &new, one.premises))?;
        println!("{n} identifiers added to the stop list");
    }
    Ok(())
}

fn ground(a: &GroundArgs) -> Result<()> {
    let (office, by) = a.at.open_org()?;
    let known = a.about.known(&a.who)?;
    let ground = Ground { ground: a.ground.clone(), on: a.on, refusal_offered: a.refusal_offered };
    let vault = office.vault().clone();
    println!(
        "{}",
        office.write(move |tx| persons::record_ground(tx, &vault, &by, &known, &ground))?
    );
    Ok(())
}

fn show(who: &Who, at: &At) -> Result<()> {
    let (office, by) = at.open_org()?;
    let hashes = who.hashes(&office, &by)?;
    let shown = receipts::of_hashes(&office, &by.org, &hashes)?;
    if at.json {
        return print_json(&shown);
    }
    for line in shown.lines() {
        println!("{line}");
    }
    Ok(())
}

fn lapses(before: Date, at: &At) -> Result<()> {
    let (office, by) = at.open_org()?;
    let rows = office.read(|tx| sql::lapsing(tx, &by.org, before, 100_000))?;
    if at.json {
        let list: Vec<_> = rows
            .iter()
            .map(
                |r| json!({"id": r.id, "what": r.use_what, "channel": r.channel, "until": r.until}),
            )
            .collect();
        return print_json(&list);
    }
    for r in &rows {
        println!("{}  {} {} {}  until {}", r.id, r.use_kind, r.use_what, r.channel, {
            r.until.map_or(String::new(), |d| d.to_string())
        });
    }
    eprintln!("{} consents lapse by {before}", rows.len());
    Ok(())
}

fn erase(who: &Who, at: &At) -> Result<()> {
    let (office, by) = at.open_org()?;
    let mut n = 0;
    for one in who.hashes(&office, &by)? {
        for p in office.read(|tx| people::by_hash(tx, &by.org, one.hash))? {
            let (by, vault) = (by.clone(), office.vault().clone());
            office.write(move |tx| persons::erase(tx, &vault, &by, &p.id))?;
            n += 1;
        }
    }
    if n == 0 {
        return Err(Error::NotFound("the person"));
    }
    println!("{n} erased; keyed hashes of their identifiers stay on the stop list");
    Ok(())
}

fn wording(command: WordingCommand) -> Result<()> {
    match command {
        WordingCommand::Set { file, at } => {
            let (office, by) = at.open_org()?;
            let w: Wording = toml::from_str(&read_text(&file)?)
                .map_err(|e| Error::invalid("file", format!("the wording: {e}")))?;
            let (vault, short) = (office.vault().clone(), w.short.clone());
            let v = office.write(move |tx| acts::set_wording(tx, &vault, &by, &w))?;
            println!("{short}, version {v}");
        }
        WordingCommand::List { at } => {
            let (office, by) = at.open_org()?;
            for (v, w, _) in office.read(|tx| sql::wordings(tx, &by.org))? {
                let by = match w.asks_in_words() {
                    by if by.is_empty() => by,
                    by => format!(" ({})", by.to_lowercase()),
                };
                println!("{} {v}  {} {}{by}: {}", w.short, w.use_kind.word(), w.use_what, w.text);
            }
        }
    }
    Ok(())
}

fn export(at: &At) -> Result<()> {
    let (office, by) = at.open_org()?;
    println!("kind,hash,channel,what,reason,since");
    let mut after = String::new();
    loop {
        let page = office.read(|tx| sql::stops_after(tx, &by.org, &after, 5000))?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.id);
        for s in &page {
            let channel = if s.channel.is_empty() { "all" } else { &s.channel };
            let hash = hex::encode(s.hash);
            println!("{},{hash},{channel},{},{},{}", s.kind, s.what, s.reason, s.on);
        }
    }
}

fn headers(who: &Who, purpose: &str, at: &At) -> Result<()> {
    let (office, by) = at.open_org()?;
    let charter = office.read(|tx| charter::current(tx, &by.org))?;
    let Some(base) = office.reach().public_url.clone() else {
        return Err(Error::invalid(
            "public_url",
            "Set the public address first: candour set address https://…",
        ));
    };
    for Written { kind, hash, .. } in who.hashes(&office, &by)? {
        let channel = if kind == Kind::Email { Channel::Email } else { Channel::Sms };
        let token = tokens::Token { org: by.org.clone(), hash, channel, purpose: purpose.into() };
        let mailbox = charter.permissions.unsubscribe_address.as_deref();
        for (name, value) in tokens::headers(office.vault(), &base, &token, mailbox)? {
            println!("{name}: {value}");
        }
    }
    Ok(())
}
