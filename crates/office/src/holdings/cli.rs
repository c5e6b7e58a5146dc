//! `candour holding`.

use std::path::PathBuf;

use candour_connectors::{DataMap, HoldingKind, Problem, Source};
use clap::{Args, Subcommand};
use serde_json::json;

use super::acts::{self, NewHolding};
use super::change::{self, Change};
use super::sql;
use crate::cli::{At, print_json, read_text};
use crate::error::{Error, Result};
use crate::kit::dates;

/// Holdings and their data maps.
#[derive(Subcommand)]
pub enum HoldingCommand {
    /// Add a holding; the connection is tested before anything is saved.
    Add(Box<AddArgs>),
    /// Draft its data map from the live schema; what a person decided before is kept.
    Scan {
        /// Short name.
        short: String,
        #[command(flatten)]
        at: At,
    },
    /// Print its data map, or set it from a file.
    #[command(
        after_help = "Example:\n  candour holding map club > club.toml\n  candour holding map club --set club.toml\n  candour holding map club --fides dataset.yml"
    )]
    Map {
        /// Short name.
        short: String,
        /// A map to set; - for standard input.
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
        /// A Fides dataset (YAML) to take the map from.
        #[arg(long, value_name = "FILE", conflicts_with = "set")]
        fides: Option<PathBuf>,
        #[command(flatten)]
        at: At,
    },
    /// Compare map, live schema and register; exit code 1 if anything is wrong.
    Check {
        /// Short name; without it, every holding.
        short: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// Change what it is called, where it is or who keeps it; a new place is tried before anything
    /// is saved.
    Change(Box<ChangeArgs>),
    /// End a holding that is no longer kept: it is searched for no new request.
    #[command(
        after_help = "Example:\n  candour holding end cabinet --reason 'Copied into the club database, then shredded'\n\nCases that still wait for it go on waiting until somebody sets it aside there."
    )]
    End {
        /// Short name.
        short: String,
        /// Why it is no longer kept. Name no person: it goes into the history.
        #[arg(long)]
        reason: String,
        /// Since when, as 2026-11-25; today if not given.
        #[arg(long, value_name = "DAY")]
        day: Option<jiff::civil::Date>,
        #[command(flatten)]
        at: At,
    },
    /// Take a holding up again that had ended.
    TakeUp {
        /// Short name.
        short: String,
        #[command(flatten)]
        at: At,
    },
    /// Every holding.
    List {
        #[command(flatten)]
        at: At,
    },
}

const ADD_EXAMPLES: &str = "\
Examples:
  candour holding add club --title 'Club database' --kind sqlite --path holdings/club.db
  candour holding add crm --title CRM --kind postgres --host db.example.org --name crm \\
      --user reader --password-file /etc/candour/crm.secret --tls verify-full
  candour holding add cabinet --title 'Filing cabinet' --kind paper \\
      --post 'Membership secretary' --post-email secretary@example.org

Here any place on this machine may be named. In the browser only what lies in the holdings folder of
the data folder, or in one that candour.toml names under [[folders]].";

/// What a new holding needs.
#[derive(Args)]
#[command(after_help = ADD_EXAMPLES)]
pub struct AddArgs {
    /// Short name: lower case, digits, dashes.
    short: String,
    /// What people call it.
    #[arg(long)]
    title: String,
    /// sqlite, postgres, mysql, csv, workbook, mail, documents or paper.
    #[arg(long)]
    kind: String,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    at: At,
}

const CHANGE_EXAMPLES: &str = "\
Examples:
  candour holding change club --path /srv/club/club.db
  candour holding change crm --host db2.example.org --tls verify-full
  candour holding change cabinet --post Archivist --post-email archive@example.org

What is not given stays as it is; --port 0, and an empty word for the others, takes it away.
Here any place on this machine may be named. In the browser only what lies in the holdings folder of
the data folder, or in one that candour.toml names under [[folders]].";

/// What of a holding changes.
#[derive(Args)]
#[command(after_help = CHANGE_EXAMPLES)]
pub struct ChangeArgs {
    /// Short name; it stays.
    short: String,
    /// What people call it.
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    at: At,
}

/// Where a holding is and who keeps it.
#[derive(Args)]
pub struct PlaceArgs {
    /// File or folder; relative to the data folder.
    #[arg(long)]
    path: Option<PathBuf>,
    /// Server.
    #[arg(long)]
    host: Option<String>,
    /// Port, if it is not the usual one.
    #[arg(long)]
    port: Option<u16>,
    /// Name of the database on the server.
    #[arg(long)]
    name: Option<String>,
    /// Schema in a PostgreSQL database, if it is not "public".
    #[arg(long)]
    schema: Option<String>,
    /// User; one that can only read is enough, and better.
    #[arg(long)]
    user: Option<String>,
    /// A file with the password: never the password itself.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// disable, prefer, require or verify-full.
    #[arg(long)]
    tls: Option<String>,
    /// A file with the authority that signed the server's certificate.
    #[arg(long)]
    ca_file: Option<PathBuf>,
    /// The post that keeps it.
    #[arg(long)]
    post: Option<String>,
    /// Where that post is reached.
    #[arg(long)]
    post_email: Option<String>,
}

impl PlaceArgs {
    /// The place with what was given; an empty word takes away.
    fn over(&self, c: Change) -> Result<Change> {
        let word_of = |given: &Option<String>, old: Option<String>| match given {
            Some(word) => Some(word.clone()).filter(|w| !w.is_empty()),
            None => old,
        };
        let path_of = |given: &Option<PathBuf>, old: Option<PathBuf>| match given {
            Some(path) => Some(path.clone()).filter(|p| !p.as_os_str().is_empty()),
            None => old,
        };
        let s = c.source;
        let source = Source {
            path: path_of(&self.path, s.path),
            host: word_of(&self.host, s.host),
            port: self.port.map_or(s.port, |p| Some(p).filter(|p| *p != 0)),
            database: word_of(&self.name, s.database),
            user: word_of(&self.user, s.user),
            schema: word_of(&self.schema, s.schema),
            tls: match self.tls.as_deref() {
                None => s.tls,
                Some("") => None,
                Some(t) => Some(word("tls", t)?),
            },
            ca_file: path_of(&self.ca_file, s.ca_file),
            password_file: path_of(&self.password_file, s.password_file),
        };
        let post = word_of(&self.post, c.post);
        let post_email = word_of(&self.post_email, c.post_email);
        Ok(Change { source, post, post_email, ..c })
    }
}

/// Reads a word of an enum that is written in a map.
pub fn word<T: serde::de::DeserializeOwned>(field: &'static str, word: &str) -> Result<T> {
    serde_json::from_value(json!(word))
        .map_err(|_| Error::invalid(field, format!("There is no such {field}: see --help")))
}

fn new_holding(a: &AddArgs) -> Result<NewHolding> {
    let kind: HoldingKind = word("kind", &a.kind)?;
    let none =
        Change { title: a.title.clone(), source: Source::default(), post: None, post_email: None };
    let Change { title, source, post, post_email } = a.place.over(none)?;
    Ok(NewHolding { short: a.short.clone(), title, kind, source, post, post_email })
}

/// Runs `candour holding`.
///
/// # Errors
/// As the office, or trouble with the holding.
pub fn run(command: HoldingCommand) -> Result<u8> {
    match command {
        HoldingCommand::Add(a) => {
            let new = new_holding(&a)?;
            let (office, by) = a.at.open_org()?;
            let (_, tested) = acts::add(&office, &by, new)?;
            match tested {
                Some(t) => {
                    eprintln!("{} reached: {}, {} collections", a.short, t.server, t.collections);
                    t.notes.iter().for_each(|n| eprintln!("Note: {n}"));
                    eprintln!("Next: candour holding scan {}", a.short);
                }
                None => eprintln!("{} added; its post is asked when a request comes", a.short),
            }
            Ok(0)
        }
        HoldingCommand::Scan { short, at } => {
            let (office, by) = at.open_org()?;
            let h = office.read_one(|tx| sql::by_short(tx, &by.org, &short))?;
            let found = acts::scan_and_save(&office, &by, &h)?;
            report(&at, &short, &found)?;
            Ok(0)
        }
        HoldingCommand::Map { short, set, fides, at } => map(&at, &short, set, fides),
        HoldingCommand::Check { short, at } => check(&at, short.as_deref()),
        HoldingCommand::Change(a) => change(&a),
        HoldingCommand::End { short, reason, day, at } => {
            let (office, by) = at.open_org()?;
            let h = office.read_one(|tx| sql::by_short(tx, &by.org, &short))?;
            let day = day.unwrap_or_else(|| dates::day_of(by.now));
            change::end(&office, &by, &h, day, &reason)?;
            eprintln!("{short} has ended; cases that still wait for it say so");
            Ok(0)
        }
        HoldingCommand::TakeUp { short, at } => {
            let (office, by) = at.open_org()?;
            let h = office.read_one(|tx| sql::by_short(tx, &by.org, &short))?;
            change::take_up(&office, &by, &h)?;
            eprintln!("{short} is kept again. Next: candour holding check {short}");
            Ok(0)
        }
        HoldingCommand::List { at } => list(&at),
    }
}

fn change(a: &ChangeArgs) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let h = office.read_one(|tx| sql::by_short(tx, &by.org, &a.short))?;
    let mut new = a.place.over(Change::of(&h))?;
    if let Some(title) = &a.title {
        new.title.clone_from(title);
    }
    if let Some(t) = change::change(&office, &by, &h, new)? {
        eprintln!("{} reached: {}, {} collections", a.short, t.server, t.collections);
        t.notes.iter().for_each(|n| eprintln!("Note: {n}"));
    }
    Ok(0)
}

fn report(at: &At, short: &str, found: &[Problem]) -> Result<()> {
    if at.json {
        return print_json(&json!({"holding": short, "problems": found}));
    }
    for p in found {
        println!("{short}: {}", acts::line(p));
    }
    match found.len() {
        0 => eprintln!("{short}: map and holding agree"),
        1 => eprintln!("{short}: 1 thing to look at"),
        n => eprintln!("{short}: {n} things to look at"),
    }
    Ok(())
}

fn map(at: &At, short: &str, set: Option<PathBuf>, fides: Option<PathBuf>) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let h = office.read_one(|tx| sql::by_short(tx, &by.org, short))?;
    let new = match (&set, &fides) {
        (None, None) => {
            print!("{}", h.map.to_toml()?);
            return Ok(0);
        }
        (Some(file), _) => DataMap::from_toml(&read_text(file)?, &file.display().to_string())?,
        (None, Some(file)) => {
            let place = file.display().to_string();
            let (kind, source) = (h.map.kind, &h.map.source);
            let all = candour_connectors::fides::import(&read_text(file)?, &place, kind, source)?;
            let Some(first) = all.into_iter().next() else {
                return Err(Error::invalid("fides", "The file has no dataset"));
            };
            first.notes.iter().for_each(|n| eprintln!("Note: {n}"));
            DataMap { holding: h.map.holding.clone(), title: h.map.title.clone(), ..first.map }
        }
    };
    let found = acts::save_map(&office, &by, &h, new)?;
    report(at, short, &found)?;
    Ok(0)
}

fn check(at: &At, short: Option<&str>) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let all = match short {
        Some(s) => vec![office.read_one(|tx| sql::by_short(tx, &by.org, s))?],
        None => office.read_one(|tx| sql::all(tx, &by.org))?,
    };
    let mut wrong = false;
    for h in all {
        // One that can't be reached must not keep the others from being checked.
        match acts::check_and_save(&office, &by, &h) {
            Ok(found) => {
                wrong |= !found.is_empty();
                report(at, &h.short, &found)?;
            }
            Err(Error::Holding(fault)) => {
                wrong = true;
                println!("{}: {fault}", h.short);
                acts::note_unreached(&office, &by, &h, &fault)?;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(u8::from(wrong))
}

fn list(at: &At) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let all = office.read_one(|tx| sql::known(tx, &by.org))?;
    if at.json {
        let rows: Vec<_> = all
            .iter()
            .map(|h| {
                json!({"short": h.short, "title": h.title, "kind": sql::kind_word(h.map.kind),
                            "checked": h.checked, "problems": h.problems,
                            "unreached": h.unreached(), "post": h.post,
                            "ended": h.ended.as_ref().map(|e| e.on),
                            "ended_because": h.ended.as_ref().map(|e| &e.why)})
            })
            .collect();
        print_json(&rows)?;
    } else {
        for h in all {
            let state = match (h.checked, h.problems.len()) {
                _ if h.ended.is_some() => "no longer kept".into(),
                _ if h.unreached() => "cannot be reached".into(),
                (None, _) if !h.is_paper() => "not checked yet".into(),
                (_, 0) => "in order".into(),
                (_, n) => format!("{n} to look at"),
            };
            println!("{:16} {:10} {:28} {state}", h.short, sql::kind_word(h.map.kind), h.title);
        }
    }
    Ok(0)
}
