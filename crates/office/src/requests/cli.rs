//! `candour request`. What is waited for stands in `cli_waits`, ends in `cli_ends`, letters in
//! `cli_letters`, what is logged in `cli_open`, the page of a case in `cli_show`.

use std::path::PathBuf;

use candour_db::Tx;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::acts;
use super::cli_ends::EndCommand;
use super::cli_letters::{LetterCommand, Line, lines};
use super::cli_open::{AssignArgs, CorrectArgs, OpenArgs, PeriodArgs};
use super::cli_waits::WaitCommand;
use super::desk::clock_tag;
use super::pack::cli::HandCommand;
use super::review::cli::{HowArgs, decide_one, list_items};
use super::rules::Settled;
use super::search::{self, Connections, Watch};
use super::sql::{self, SearchRow, Which};
use super::{cli_ends, cli_letters, cli_open, cli_show, cli_waits, pack};
use crate::charter;
use crate::cli::{At, print_json, words};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::LONG;
use crate::office::Office;
use crate::proof::{By, Recorded};

/// Which case.
#[derive(Args)]
pub struct Of {
    /// Reference.
    pub(super) reference: String,
    #[command(flatten)]
    pub(super) at: At,
}

/// Rights requests.
#[derive(Subcommand)]
pub enum RequestCommand {
    /// Log a request; prints its reference.
    Open(Box<OpenArgs>),
    /// Record how it is known who is asking; the search is planned.
    #[command(
        after_help = "Example:\n  candour request settle RR-2026-0001 --how 'a link sent to an address we already hold'"
    )]
    Settle {
        /// Reference.
        reference: String,
        /// In words: 'a link sent to an address we already hold'; - for standard input.
        #[arg(long)]
        how: String,
        /// The day that what was asked for came; today if not given.
        #[arg(long)]
        on: Option<jiff::civil::Date>,
        #[command(flatten)]
        at: At,
    },
    #[command(flatten)]
    Wait(WaitCommand),
    /// Search every holding that has not answered; goes on where it was.
    #[command(after_help = "Exit codes: 0 all was read; 1 parts of a holding could not be read; \
                            5 a holding gave trouble.\nWhat could not be read is searched again \
                            with --again, or set aside with candour request set-aside.")]
    Find {
        /// Reference.
        reference: String,
        /// Also try again what gave trouble.
        #[arg(long)]
        again: bool,
        #[command(flatten)]
        at: At,
    },
    /// Let the answer go without a holding, or without the parts of it that could not be read.
    #[command(
        after_help = "Example:\n  candour request set-aside RR-2026-0001 cabinet --reason 'The cabinet was destroyed in a flood in 2024'"
    )]
    SetAside {
        #[command(flatten)]
        of: Of,
        /// Short name of the holding.
        #[arg(required_unless_present = "register")]
        holding: Option<String>,
        /// What the register does not say, instead of a holding.
        #[arg(long, conflicts_with = "holding")]
        register: bool,
        /// Why the answer can go without it: the person reads this; - for standard input.
        #[arg(long)]
        reason: String,
    },
    /// List what was found, or decide about an item.
    #[command(
        after_help = "Example:\n  candour request review RR-2026-0001\n  candour request review RR-2026-0001 --item 7f3a2c:0 --decide not-theirs --reason 'another person'\n  candour request review RR-2026-0001 --item 7f3a2c:3 --decide redact --words 'Bram Novak' \\\n      --three-questions no,no,no --reason 'it names a guest'"
    )]
    Review {
        /// Reference.
        reference: String,
        /// Every item, not only those that need a person's eye.
        #[arg(long)]
        all: bool,
        /// The item, as listed.
        #[arg(long, requires = "decide")]
        item: Option<String>,
        /// disclose, redact, not-theirs (it is about somebody else) or exempt.
        #[arg(long, requires = "item")]
        decide: Option<String>,
        #[command(flatten)]
        how: HowArgs,
        #[command(flatten)]
        at: At,
    },
    /// Make the pack and write it to a file.
    Pack {
        /// Reference.
        reference: String,
        /// Where to; the folder of the file must exist.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        at: At,
    },
    #[command(flatten)]
    Hand(HandCommand),
    #[command(flatten)]
    End(EndCommand),
    #[command(flatten)]
    Letter(LetterCommand),
    /// Put right what was logged wrongly: the day, the way, the person, what they want.
    Correct(Box<CorrectArgs>),
    /// Change the time they ask about.
    Period(PeriodArgs),
    /// Give a case to somebody, or to nobody.
    Assign(AssignArgs),
    /// Open cases, the most urgent first.
    List {
        /// Closed ones instead.
        #[arg(long)]
        closed: bool,
        #[command(flatten)]
        at: At,
    },
    /// One case: what is waited for and left to do, its dates, searches, letters and history.
    Show(Of),
}

/// Runs `candour request`.
///
/// # Errors
/// As the office.
pub fn run(command: RequestCommand) -> Result<u8> {
    match command {
        RequestCommand::Open(a) => cli_open::open(&a),
        RequestCommand::Settle { reference, how, on, at } => settle(&at, &reference, &how, on),
        RequestCommand::Find { reference, again, at } => search(&at, &reference, again),
        RequestCommand::SetAside { of, holding, register: _, reason } => {
            let reason = words("reason", &reason, LONG)?;
            told(&of, |o, by, id| match &holding {
                None => search::without_register(o, by, id, &reason),
                Some(short) => search::set_aside(o, by, &search_in(o, by, id, short)?.id, &reason),
            })
        }
        RequestCommand::Review { reference, all, item, decide, how, at } => match (item, decide) {
            (Some(item), Some(word)) => decide_one(&at, &reference, &item, &word, how),
            _ => list_items(&at, &reference, all),
        },
        RequestCommand::Pack { reference, out, at } => make_pack(&at, &reference, out),
        RequestCommand::Hand(command) => super::pack::cli::run(command),
        RequestCommand::Wait(command) => cli_waits::run(command),
        RequestCommand::End(command) => cli_ends::run(command),
        RequestCommand::Letter(command) => cli_letters::run(command),
        RequestCommand::Correct(a) => cli_open::correct(&a),
        RequestCommand::Period(a) => cli_open::period(&a),
        RequestCommand::Assign(a) => cli_open::assign(&a),
        RequestCommand::List { closed, at } => list(&at, closed),
        RequestCommand::Show(of) => cli_show::show(&of.at, &of.reference),
    }
}

pub(super) fn case_id(office: &Office, by: &By, reference: &str) -> Result<String> {
    Ok(office.read_one(|tx| sql::case_by_ref(tx, &by.org, reference.trim()))?.id)
}

/// The search of a case in a holding, by the holding's short name.
pub(super) fn search_in(office: &Office, by: &By, case: &str, short: &str) -> Result<SearchRow> {
    office.read(|tx| {
        let h = crate::holdings::sql::by_short(tx, &by.org, short)?;
        let all = sql::searches(tx, &by.org, case)?;
        all.into_iter().find(|s| s.holding == h.id).ok_or(Error::NotFound("the search"))
    })
}

/// Carries out an act on a case in one transaction, and tells how the case stands after it.
pub(super) fn carry<T: Send + 'static>(
    of: &Of,
    act: impl Fn(&mut Tx<'_>, &Office, &By, &str) -> Result<Recorded<T>> + Send + 'static,
) -> Result<u8> {
    told(of, |office, by, id| {
        let (o, by, id) = (office.clone(), by.clone(), id.to_owned());
        office.write(move |tx| act(tx, &o, &by, &id)).map(drop)
    })
}

/// Does something with a case, and tells how it stands after it: what is waited for, until when it
/// is to be answered, and the letters that were written.
pub(super) fn told(of: &Of, act: impl FnOnce(&Office, &By, &str) -> Result<()>) -> Result<u8> {
    let (office, by) = of.at.open_org()?;
    let id = case_id(&office, &by, &of.reference)?;
    let before = office.read(|tx| lines(tx, &by, &id))?.len();
    act(&office, &by, &id)?;
    let (row, clock, wait, new) = office.read(|tx| {
        let charter = charter::current(tx, &by.org)?;
        let row = sql::case_by_id(tx, &by.org, &id)?;
        let clock = clock_tag(&office, &charter, &row, dates::day_of(by.now)).words;
        let wait = row.request.wait(&acts::clockwork(&office, &charter))?;
        let new: Vec<Line> = lines(tx, &by, &id)?.into_iter().skip(before).collect();
        Ok((row, clock, wait, new))
    })?;
    if of.at.json {
        let wait = wait.map(|w| json!({"for": w.what.words(), "since": w.since}));
        print_json(&json!({"reference": row.reference, "state": row.request.state.word(),
                           "waiting": wait, "act_by": row.act_by, "limit": row.limit,
                           "letters": new.iter().map(Line::json).collect::<Vec<_>>()}))?;
        return Ok(0);
    }
    println!("{} {} – {clock}", row.reference, row.request.state.label());
    for letter in &new {
        eprintln!("Letter {}", letter.words());
        if letter.waits() {
            let (reference, n) = (&row.reference, letter.number);
            eprintln!("  candour request letter show {reference} {n}; then letter posted");
        }
    }
    Ok(0)
}

fn settle(at: &At, reference: &str, how: &str, on: Option<jiff::civil::Date>) -> Result<u8> {
    let how = words("how", how, LONG)?;
    let (office, by) = at.open_org()?;
    let id = case_id(&office, &by, reference)?;
    let settled = Settled { how, on: on.unwrap_or_else(|| dates::day_of(by.now)) };
    let o = office.clone();
    let n = office.write(move |tx| acts::settle_identity(tx, &o, &by, &id, &settled))?;
    eprintln!("{n} holdings to search. Next: candour request find {reference}");
    Ok(0)
}

/// Draws a bar for each holding on standard error.
pub struct Bars {
    bar: ProgressBar,
    quiet: bool,
}

impl Bars {
    /// Bars, or silence for machines.
    pub fn new(quiet: bool) -> Self {
        Self { bar: ProgressBar::hidden(), quiet }
    }
}

impl Watch for Bars {
    fn holding(&mut self, title: &str) {
        if self.quiet {
            return;
        }
        self.bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("  {prefix:28} {bar:24} {pos:>9} {msg}");
        if let Ok(style) = style {
            self.bar.set_style(style);
        }
        self.bar.set_prefix(title.to_owned());
    }

    fn progress(&mut self, done: u64, of: Option<u64>, found: u64) {
        if let Some(of) = of {
            self.bar.set_length(of);
        }
        self.bar.set_position(done);
        self.bar.set_message(format!("{found} found"));
    }

    fn ended(&mut self, title: &str, outcome: &str) {
        self.bar.finish_and_clear();
        if !self.quiet {
            eprintln!("  {title:28} {outcome}");
        }
    }
}

fn search(at: &At, reference: &str, again: bool) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let id = case_id(&office, &by, reference)?;
    if again {
        search::try_again(&office, &by, &id)?;
    }
    let mut bars = Bars::new(at.json);
    let p = search::find(&office, &by, &id, &mut Connections::default(), &mut bars)?;
    if at.json {
        print_json(&json!({"answered": p.done, "failed": p.failed, "asked": p.asked,
                           "in_part": p.partly, "items": p.items, "to_decide": p.open}))?;
    } else {
        println!(
            "{} items found; {} to decide; {} holdings answered, {} waiting for a person, {} with \
             trouble",
            p.items, p.open, p.done, p.asked, p.failed
        );
        if p.partly > 0 {
            println!("{} of them only in part: see candour request show {reference}", p.partly);
        }
    }
    Ok(match (p.failed, p.partly) {
        (0, 0) => 0,
        (0, _) => 1,
        _ => 5,
    })
}

fn make_pack(at: &At, reference: &str, out: Option<PathBuf>) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let id = case_id(&office, &by, reference)?;
    let row = pack::make(&office, &by, &id)?;
    let out = out.unwrap_or_else(|| PathBuf::from(format!("{reference}-pack-{}.zip", row.number)));
    write_pack(&office, &by, &id, row.number, &out)?;
    if at.json {
        print_json(&json!({"file": out, "number": row.number, "complete": row.complete,
                           "items": row.items, "left_out": row.left_out, "blocks": pack::blocks(&row)?,
                           "sha256": row.sha256}))?;
    } else {
        println!("{}", out.display());
        let state = if row.complete {
            "complete".to_owned()
        } else {
            format!("part: {} to decide", row.left_out)
        };
        eprintln!("pack {}, {} items, {state}", row.number, row.items);
        pack::blocks(&row)?.iter().for_each(|b| eprintln!("  {b}"));
    }
    Ok(0)
}

/// Writes a pack to a file that only its owner may read.
///
/// # Errors
/// Not found, or the file can't be written.
pub fn write_pack(office: &Office, by: &By, id: &str, n: u64, out: &std::path::Path) -> Result<()> {
    let mut reader = pack::take_copy(office, by, id, n)?;
    let part = out.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let mut file = crate::settings::private_file(&part)?;
    std::io::copy(&mut reader, &mut file)?;
    file.sync_all()?;
    std::fs::rename(&part, out)?;
    Ok(())
}

fn list(at: &At, closed: bool) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let which = if closed { Which::Closed } else { Which::Open };
    let rows =
        office.read(|tx| sql::cases(tx, &by.org, &which, dates::day_of(by.now), 0, 10_000))?;
    if at.json {
        let all: Vec<_> = rows
            .iter()
            .map(|c| {
                json!({"reference": c.reference, "state": c.request.state.word(),
                            "act_by": c.act_by, "limit": c.limit})
            })
            .collect();
        print_json(&all)?;
    } else {
        for c in rows {
            let no_date = c.waiting.map_or("no date".into(), |d| format!("waiting since {d}"));
            let by = c.act_by.map_or(no_date, |d| d.to_string());
            println!("{:16} {:12} {by}", c.reference, c.request.state.word());
        }
    }
    Ok(0)
}
