//! `candour request letter`, `new-code`: the letters of a case, and whether they went.

use clap::Subcommand;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::acts;
use super::cli::{Of, carry, case_id, told};
use super::desk_letters::state_of;
use super::sql;
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::post::{self, LetterRow};
use crate::kit::{dates, sql as kit_sql};
use crate::office::Office;
use crate::proof::By;
use candour_db::Tx;

/// Letters on the list of those that have not left.
const MOST: u64 = 10_000;

/// The letters of a case.
#[derive(Subcommand)]
pub enum LetterCommand {
    /// Letters: to print, posted, sent, or in trouble.
    #[command(subcommand)]
    Letter(OneCommand),
    /// Send a new code for the status page; the old one opens nothing more.
    NewCode(Of),
}

/// What can be done with a letter.
#[derive(Subcommand)]
pub enum OneCommand {
    /// The letters of a case; without one, those of all cases that have not left yet.
    #[command(
        after_help = "Examples:\n  candour request letter list\n  candour request letter list RR-2026-0001"
    )]
    List {
        /// Reference.
        reference: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// Print a letter.
    #[command(after_help = "Example:\n  candour request letter show RR-2026-0001 2")]
    Show {
        #[command(flatten)]
        of: Of,
        /// Its number in the list.
        number: usize,
    },
    /// Record that a letter was posted or handed over. What it asks for is waited for from then on.
    #[command(
        after_help = "Example:\n  candour request letter posted RR-2026-0001 2 --on 2026-11-27"
    )]
    Posted {
        #[command(flatten)]
        of: Of,
        /// Its number in the list.
        number: usize,
        /// The day it left; today if not given (2026-03-27).
        #[arg(long, value_name = "DAY")]
        on: Option<Date>,
    },
    /// Put a letter that did not leave on its way by e-mail again.
    #[command(after_help = "Example:\n  candour request letter again RR-2026-0001 2")]
    Again {
        #[command(flatten)]
        of: Of,
        /// Its number in the list.
        number: usize,
    },
}

/// A letter of a case, as lists show it.
pub(super) struct Line {
    /// Its number in the case, from 1.
    pub(super) number: usize,
    /// What it is called.
    pub(super) title: String,
    /// How far it has come, in words.
    pub(super) state: String,
    row: LetterRow,
}

impl Line {
    /// For machines.
    pub(super) fn json(&self) -> Value {
        json!({"number": self.number, "title": self.title, "state": self.row.state,
               "made": self.row.made, "posted": self.row.posted})
    }

    /// "2  Reminder: Sent by e-mail", with what to do about one that waits for somebody.
    pub(super) fn words(&self) -> String {
        format!("{}  {}: {}", self.number, self.title, self.state)
    }

    /// Whether somebody has to see to it.
    pub(super) fn waits(&self) -> bool {
        matches!(self.row.state.as_str(), "to-print" | "outbox" | "failed")
    }
}

/// The letters of a case, in the order they were written: that never changes, so that a letter
/// keeps its number.
pub(super) fn lines(tx: &mut Tx<'_>, by: &By, case: &str) -> Result<Vec<Line>> {
    let all = kit_sql::letters_of(tx, &by.org, case)?;
    let line = |(i, row): (usize, LetterRow)| {
        let (title, state) = (post::title(&row.name).to_owned(), state_of(tx, &by.org, &row)?);
        Ok(Line { number: i + 1, title, state, row })
    };
    all.into_iter().enumerate().map(line).collect()
}

/// The id of a letter by its number.
fn id_of(office: &Office, by: &By, case: &str, number: usize) -> Result<String> {
    let all = office.read(|tx| kit_sql::letters_of(tx, &by.org, case))?;
    let row = number.checked_sub(1).and_then(|i| all.get(i));
    row.map(|l| l.id.clone()).ok_or(Error::NotFound("the letter"))
}

/// Runs one of them.
///
/// # Errors
/// As the office.
pub fn run(command: LetterCommand) -> Result<u8> {
    match command {
        LetterCommand::NewCode(of) => carry(&of, acts::new_code),
        LetterCommand::Letter(OneCommand::List { reference, at }) => match reference {
            Some(reference) => list(&at, &reference),
            None => undone(&at),
        },
        LetterCommand::Letter(OneCommand::Show { of, number }) => show(&of, number),
        LetterCommand::Letter(OneCommand::Posted { of, number, on }) => told(&of, |o, by, id| {
            let letter = id_of(o, by, id, number)?;
            let (office, by, id) = (o.clone(), by.clone(), id.to_owned());
            let on = on.unwrap_or_else(|| dates::day_of(by.now));
            o.write(move |tx| acts::letter_posted(tx, &office, &by, (&id, &letter), on))
        }),
        LetterCommand::Letter(OneCommand::Again { of, number }) => told(&of, |o, by, id| {
            let letter = id_of(o, by, id, number)?;
            let (office, by) = (o.clone(), by.clone());
            o.write(move |tx| acts::letter_again(tx, &office, &by, &letter))
        }),
    }
}

fn list(at: &At, reference: &str) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let id = case_id(&office, &by, reference)?;
    let all = office.read(|tx| lines(tx, &by, &id))?;
    if at.json {
        print_json(&all.iter().map(Line::json).collect::<Vec<_>>())?;
    } else {
        all.iter().for_each(|l| println!("{}", l.words()));
    }
    Ok(0)
}

/// Letters of all cases that somebody has to see to. Those of no case are about somebody's wishes,
/// and stand on the desk's page.
fn undone(at: &At) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let (all, others) = office.read(|tx| {
        let (mut all, mut others) = (Vec::new(), 0_u64);
        for state in ["to-print", "outbox", "failed"] {
            for row in post::sql::letters_in(tx, &by.org, state, MOST)? {
                let Some(case) = &row.case else {
                    others += 1;
                    continue;
                };
                let reference = sql::case_by_id(tx, &by.org, case)?.reference;
                let of_case = lines(tx, &by, case)?;
                let line = of_case.into_iter().find(|l| l.row.id == row.id);
                all.extend(line.map(|l| (reference, l)));
            }
        }
        Ok((all, others))
    })?;
    if at.json {
        let one = |(reference, line): &(String, Line)| {
            let mut v = line.json();
            v["reference"] = json!(reference);
            v
        };
        print_json(&all.iter().map(one).collect::<Vec<_>>())?;
    } else {
        all.iter().for_each(|(reference, l)| println!("{reference:16} {}", l.words()));
    }
    if others > 0 {
        eprintln!("{others} more belong to no case: see Letters in the browser");
    }
    Ok(0)
}

fn show(of: &Of, number: usize) -> Result<u8> {
    let (office, by) = of.at.open_org()?;
    let case = case_id(&office, &by, &of.reference)?;
    let id = id_of(&office, &by, &case, number)?;
    let (row, letter) = office.read(|tx| post::open(tx, office.vault(), &by.org, &id))?;
    if of.at.json {
        print_json(&json!({"number": number, "title": post::title(&row.name), "state": row.state,
                           "to": letter.to, "subject": letter.subject, "text": letter.text}))?;
        return Ok(0);
    }
    if let Some(to) = &letter.to {
        println!("To: {to}");
    }
    println!("Subject: {}\n\n{}", letter.subject, letter.text);
    Ok(0)
}
