//! Commands about the house itself: init, doctor, backup, moving to PostgreSQL.

use std::path::PathBuf;

use candour_connectors::worker::{self, Guard};
use candour_db::{Db, Place};
use clap::Args;
use serde_json::json;

use crate::charter;
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::post;
use crate::office::{self, Office};
use crate::{holdings, migrations, proof, settings};

/// `candour init`
#[derive(Args)]
#[command(after_help = "Example:\n  candour init --data office && candour serve --data office")]
pub struct InitArgs {
    #[command(flatten)]
    at: At,
}

/// Makes a new office.
///
/// # Errors
/// The folder can't be written, or the database can't be opened.
pub fn init(a: &InitArgs) -> Result<u8> {
    let there = settings::key_path(&a.at.data).exists();
    let office = Office::init(&a.at.data, a.at.database.as_deref())?;
    println!("{}", a.at.data.display());
    if there {
        eprintln!(
            "There was an office in {} already, kept in {}: nothing was changed.",
            a.at.data.display(),
            office.db().describe()?
        );
        return Ok(0);
    }
    eprintln!("An office in {}, kept in {}.", a.at.data.display(), office.db().describe()?);
    eprintln!(
        "Keep a copy of {} somewhere safe and apart from backups: without it nothing can be read.",
        settings::key_path(&a.at.data).display()
    );
    eprintln!("Next: candour serve --data {}", a.at.data.display());
    Ok(0)
}

/// `candour doctor`
#[derive(Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    at: At,
}

/// Looks over the house; exit code 1 if something is wrong.
///
/// # Errors
/// The office can't be opened at all.
pub fn doctor(a: &DoctorArgs) -> Result<u8> {
    let office = a.at.open()?;
    let mut lines: Vec<Said> = Vec::new();
    lines.push((true, format!("database: {}", office.db().describe()?)).into());
    let year = crate::kit::dates::day_of(office.now()).year();
    let last = office.calendar().last_year();
    lines.push((last > year, format!("public holidays: known to the end of {last}")).into());
    lines.push(letters_line(&office)?);
    lines.push(address_line(&office));
    lines.push(guard_line().into());
    lines.push(press_line(&office).into());
    let stuck = office.read(crate::kit::sql::failed_jobs)?;
    lines.push((stuck == 0, format!("jobs given up: {stuck}")).into());
    lines.extend(holdings::idle_places(&office)?.into_iter().map(|what| (false, what).into()));
    for (org, short) in office.read(charter::orgs)? {
        let by = office.by_command(&org);
        for h in office.read(|tx| holdings::active(tx, &org))? {
            let line = match holdings::acts::problems(&office, &org, &h) {
                Ok(p) if p.is_empty() => (true, format!("{short}, {}: in order", h.short)),
                Ok(p) => (false, format!("{short}, {}: {} things to look at", h.short, p.len())),
                Err(Error::Holding(f)) => (false, format!("{short}, {}: {f}", h.short)),
                Err(e) => return Err(e),
            };
            lines.push(line.into());
        }
        lines.push(ledger_line(&office, &by.org, &short)?.into());
    }
    let wrong = lines.iter().any(|l| l.level == Level::Look);
    if a.at.json {
        let all: Vec<_> = lines
            .iter()
            .map(|l| {
                json!({"ok": l.level != Level::Look, "warning": l.level == Level::Warn,
                       "what": l.what})
            })
            .collect();
        print_json(&all)?;
    } else {
        for l in &lines {
            println!("{}  {}", l.level.word(), l.what);
        }
    }
    Ok(u8::from(wrong))
}

/// Whether PDF copies can be made: by making one.
fn press_line(office: &Office) -> (bool, String) {
    const PAGE: &str = "<!doctype html><html lang=\"en-GB\"><head><title>A page</title></head>\
                        <body><main><h1>A page</h1><p>To see whether it works.</p></main></body></html>";
    let Some(press) = office.press() else {
        let line = "PDF copies: none are made; candour-press is not there. It is built apart: see \
                    docs/operate";
        return (true, line.into());
    };
    let program = press.program().display();
    match press.pdf(PAGE, office.now()) {
        Ok(_) => (true, format!("PDF copies: made by {program}")),
        Err(why) => (false, format!("PDF copies: none are made by {program}: {why}")),
    }
}

/// How a line of the doctor's is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    /// The office works, and people may miss something they wait for.
    Warn,
    /// Something is wrong: the exit code says so too.
    Look,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok   ",
            Self::Warn => "warn ",
            Self::Look => "look ",
        }
    }
}

/// A line of the doctor's.
struct Said {
    level: Level,
    what: String,
}

impl From<(bool, String)> for Said {
    fn from((ok, what): (bool, String)) -> Self {
        Self { level: if ok { Level::Ok } else { Level::Look }, what }
    }
}

/// How letters leave, and how many have not.
fn letters_line(office: &Office) -> Result<Said> {
    let left = office.read(|tx| {
        let mut left = [0; 3];
        for (org, _) in charter::orgs(tx)? {
            for (sum, n) in left.iter_mut().zip(post::sql::undone(tx, &org)?) {
                *sum += n;
            }
        }
        Ok(left)
    })?;
    let [_, outbox, failed] = left;
    let unsent = outbox + failed;
    let (what, remedy) = match &office.reach().post {
        Some(p) => (format!("letters: through {}:{}", p.host, p.port), "send them again"),
        None => (
            "letters: kept in the outbox folder, no mail server is set up".to_owned(),
            "set a mail server under Settings, Mail and address, or with `candour set mail`, then send them",
        ),
    };
    Ok(match unsent {
        0 => Said { level: Level::Ok, what },
        n => Said {
            level: Level::Warn,
            what: format!("{what}; {n} not sent: {remedy} from /office/letters, or by hand"),
        },
    })
}

/// Where links in letters point to.
fn address_line(office: &Office) -> Said {
    let address = office.address();
    match &office.reach().public_url {
        Some(_) => Said { level: Level::Ok, what: format!("links: point to {address}") },
        None => Said {
            level: Level::Warn,
            what: format!(
                "links: no public address is set (public_url), so links in letters point to \
                 {address}, which nobody elsewhere can open. Set it under Settings, Mail and \
                 address, or with: candour set address https://…"
            ),
        },
    }
}

/// What keeps the child in that reads hostile documents (UK GDPR Art 32(1)(b)).
fn guard_line() -> (bool, String) {
    match worker::guard() {
        Ok(guard) => guard_words(guard, worker::reads_with_pdftotext()),
        Err(fault) => {
            (false, format!("documents: the child that reads them does not run: {fault}"))
        }
    }
}

fn guard_words(guard: Guard, pdftotext: bool) -> (bool, String) {
    let ceilings = "documents: read by a child with ceilings on memory and time";
    match guard {
        Guard { seccomp: false, landlock } => {
            let landlock = if landlock > 0 { "" } else { " nor Landlock" };
            let line = format!(
                "{ceilings}, and no more: this kernel has no seccomp{landlock}. A document that \
                 takes the child over can do what this user can. Use a Linux kernel with \
                 CONFIG_SECCOMP_FILTER on x86-64 or ARM64, or search no documents from outside"
            );
            (false, line)
        }
        Guard { landlock: 0, .. } if pdftotext => {
            let line = format!(
                "{ceilings}, by seccomp without files and network; Landlock is not there. A PDF \
                 that takes pdftotext over has no network, but can read this user’s files. Use a \
                 Linux kernel of 5.13 or later with landlock in its lsm= list, or remove pdftotext: \
                 PDFs are then read in the first child, less well"
            );
            (false, line)
        }
        Guard { landlock: 0, .. } => {
            let line = format!(
                "{ceilings}, by seccomp without files and network; Landlock, a second lock for the \
                 same, is not there: Linux 5.13 or later has it, with landlock in its lsm= list"
            );
            (true, line)
        }
        Guard { landlock, .. } => {
            let line =
                format!("{ceilings}, by seccomp and Landlock {landlock} without files and network");
            (true, line)
        }
    }
}

/// Exports the whole log to a scratch folder and verifies it as a stranger would.
fn ledger_line(office: &Office, org: &str, short: &str) -> Result<(bool, String)> {
    let dir = tempfile::tempdir()?;
    let (vault, o, now) = (office.vault().clone(), org.to_owned(), office.now());
    let (size, note) = office.chore(move |tx| proof::acts::checkpoint(tx, &vault, &o, now))?;
    let to = dir.path().join("bundle");
    let vkey = proof::acts::export(office.db(), office.vault(), org, &note, &to)?;
    Ok(match candour_ledger::verify_bundle(&to, &[vkey], None) {
        Ok(_) => (true, format!("{short}: ledger sound, {size} entries")),
        Err(e) => (false, format!("{short}: ledger NOT SOUND: {e}")),
    })
}

/// `candour backup`
#[derive(Args)]
#[command(
    after_help = "Example:\n  candour backup --out /backups/office-2026-11-22.db --data office"
)]
pub struct BackupArgs {
    /// The file to write; it must not exist. It stays encrypted under the office key.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
}

/// Writes an encrypted copy while the office goes on working.
///
/// # Errors
/// The file exists or can't be written, or the office is kept in PostgreSQL.
pub fn backup(a: &BackupArgs) -> Result<u8> {
    if a.out.exists() {
        return Err(Error::invalid("out", format!("{} is there already", a.out.display())));
    }
    let office = a.at.open()?;
    office.db().snapshot(&a.out)?;
    println!("{}", a.out.display());
    eprintln!("The key is not in it: keep office.key apart from backups.");
    Ok(0)
}

/// `candour move`
#[derive(Args)]
#[command(
    after_help = "Example:\n  candour move --to-file /etc/candour/database.url --data office"
)]
pub struct MoveArgs {
    /// The empty PostgreSQL database. Others on this machine can read it while the command runs:
    /// better in a file if it holds a password.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// A file whose first line is the address of the empty PostgreSQL database.
    #[arg(long, value_name = "FILE", conflicts_with = "to", required_unless_present = "to")]
    to_file: Option<PathBuf>,
    #[command(flatten)]
    at: At,
}

/// Copies every row to PostgreSQL in one transaction, and marks the office that stays behind as
/// moved, so that nobody goes on in it by mistake. Stop `serve` first.
///
/// # Errors
/// Another process has the office open, the target is not empty, or either side fails; nothing is
/// kept there then.
pub fn move_office(a: &MoveArgs) -> Result<u8> {
    let office = a.at.open()?;
    if office.settings().database.is_some() {
        return Err(Error::invalid("data", "This office is kept in PostgreSQL already"));
    }
    office.alone()?;
    let url = match (&a.to, &a.to_file) {
        (Some(url), _) => url.clone(),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file);
            let text =
                text.map_err(|e| Error::invalid("to-file", format!("can’t be read: {e}")))?;
            text.lines().next().unwrap_or_default().trim().to_owned()
        }
        (None, None) => return Err(Error::invalid("to", "Name the database to move to")),
    };
    let to = Db::open(&Place::Postgres { url }, migrations::ALL, proof::finisher())?;
    let copied = candour_db::copy_all(office.db(), &to, migrations::TABLES)?;
    office::mark_moved(&a.at.data, office.now())?;
    let rows: u64 = copied.iter().map(|(_, n)| n).sum();
    println!("{rows} rows in {} tables", copied.len());
    eprintln!(
        "Now name the database in candour.toml (database = \"…\") and start serve. The office in \
         {} is not opened any more.",
        a.at.data.display()
    );
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kernel_lacks_is_told_with_what_it_means_and_the_remedy() {
        let words =
            |landlock, seccomp, pdftotext| guard_words(Guard { landlock, seccomp }, pdftotext);
        let (ok, line) = words(6, true, true);
        assert!(ok && line.contains("seccomp and Landlock 6"), "{line}");
        let (ok, line) = words(0, true, true);
        assert!(!ok && line.contains("Landlock is not there"), "{line}");
        assert!(line.contains("can read this user’s files") && line.contains("lsm="), "{line}");
        let (ok, line) = words(0, true, false);
        assert!(ok && line.contains("is not there"), "{line}");
        let (ok, line) = words(0, false, true);
        assert!(!ok && line.contains("no seccomp nor Landlock"), "{line}");
        assert!(line.contains("CONFIG_SECCOMP_FILTER"), "{line}");
    }
}
