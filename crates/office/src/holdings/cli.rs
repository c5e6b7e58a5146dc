//! `candour holding`.

use std::path::PathBuf;

use candour_connectors::{DataMap, HoldingKind, Problem, Source};
use clap::{Args, Subcommand};
use serde_json::json;

use super::acts::{self, NewHolding};
use super::sql::{self, Holding};
use crate::cli::{At, print_json, read_text};
use crate::error::{Error, Result};

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
      --post 'Membership secretary' --post-email secretary@example.org";

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
    /// User; one that can only read is enough, and better.
    #[arg(long)]
    user: Option<String>,
    /// A file with the password: never the password itself.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// disable, prefer, require or verify-full.
    #[arg(long)]
    tls: Option<String>,
    /// The post that keeps it.
    #[arg(long)]
    post: Option<String>,
    /// Where that post is reached.
    #[arg(long)]
    post_email: Option<String>,
    #[command(flatten)]
    at: At,
}

/// Reads a word of an enum that is written in a map.
pub fn word<T: serde::de::DeserializeOwned>(field: &'static str, word: &str) -> Result<T> {
    serde_json::from_value(json!(word))
        .map_err(|_| Error::invalid(field, format!("There is no such {field}: see --help")))
}

fn new_holding(a: &AddArgs) -> Result<NewHolding> {
    let kind: HoldingKind = word("kind", &a.kind)?;
    let source = Source {
        path: a.path.clone(),
        host: a.host.clone(),
        port: a.port,
        database: a.name.clone(),
        user: a.user.clone(),
        password_file: a.password_file.clone(),
        tls: a.tls.as_deref().map(|t| word("tls", t)).transpose()?,
        ..Source::default()
    };
    Ok(NewHolding {
        short: a.short.clone(),
        title: a.title.clone(),
        kind,
        source,
        post: a.post.clone(),
        post_email: a.post_email.clone(),
    })
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
        HoldingCommand::List { at } => list(&at),
    }
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
    let changed = Holding { map: new.clone(), ..h.clone() };
    let found = acts::problems(&office, &by.org, &changed)?;
    let lines: Vec<String> = found.iter().map(acts::line).collect();
    let vault = office.vault().clone();
    office.write(move |tx| acts::set_map(tx, &vault, &by, &h, &new, &lines))?;
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
    let all = office.read_one(|tx| sql::all(tx, &by.org))?;
    if at.json {
        let rows: Vec<_> = all
            .iter()
            .map(|h| {
                json!({"short": h.short, "title": h.title, "kind": sql::kind_word(h.map.kind),
                            "checked": h.checked, "problems": h.problems,
                            "unreached": h.unreached(), "post": h.post})
            })
            .collect();
        print_json(&rows)?;
    } else {
        for h in all {
            let state = match (h.checked, h.problems.len()) {
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
