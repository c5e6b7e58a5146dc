//! `candour request`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::acts::{self, NewCase};
use super::pack::cli::HandCommand;
use super::review::cli::{HowArgs, decide_one, list_items};
use super::rules::{Outcome, Right, Settled, Via};
use super::search::{self, Connections, Watch};
use super::sql::{self, Which};
use super::{Body, Wants, pack};
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::people::Asker;
use crate::proof::By;

/// Rights requests.
#[derive(Subcommand)]
pub enum RequestCommand {
    /// Log a request; prints its reference.
    Open(Box<OpenArgs>),
    /// Record how it is known who is asking; the search is planned.
    Settle {
        /// Reference.
        reference: String,
        /// In words: 'a link sent to an address we already hold'.
        #[arg(long)]
        how: String,
        /// The day that what was asked for came; today if not given.
        #[arg(long)]
        on: Option<jiff::civil::Date>,
        #[command(flatten)]
        at: At,
    },
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
    SetAside {
        /// Reference.
        reference: String,
        /// Short name of the holding.
        #[arg(required_unless_present = "register")]
        holding: Option<String>,
        /// What the register does not say, instead of a holding.
        #[arg(long, conflicts_with = "holding")]
        register: bool,
        /// Why the answer can go without it: the person reads this.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        at: At,
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
    /// Close a case that was withdrawn.
    Withdraw {
        /// Reference.
        reference: String,
        #[command(flatten)]
        at: At,
    },
    /// Destroy the content of a closed case for ever; its history in the ledger stays provable.
    Destroy {
        /// Reference.
        reference: String,
        /// The reference once more, to be sure.
        #[arg(long, value_name = "REFERENCE")]
        confirm: String,
        #[command(flatten)]
        at: At,
    },
    /// Open cases, the most urgent first.
    List {
        /// Closed ones instead.
        #[arg(long)]
        closed: bool,
        #[command(flatten)]
        at: At,
    },
    /// One case: its dates, searches and history.
    Show {
        /// Reference.
        reference: String,
        #[command(flatten)]
        at: At,
    },
}

const OPEN_EXAMPLES: &str = "\
Example:
  candour request open --name 'Amara Quill' --email amara@example.org --via letter \\
      --received 2026-11-20 --what 'my membership record'
Personal data on a command line stays in your shell's history: for real use prefer --from FILE,
a JSON file with the same names ({\"name\": …, \"emails\": […], \"phones\": […]}).";

/// A request to be logged.
#[derive(Args)]
#[command(after_help = OPEN_EXAMPLES)]
pub struct OpenArgs {
    /// A JSON file with the person's details; - for standard input.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    /// E-mail address; may come several times.
    #[arg(long)]
    email: Vec<String>,
    /// Telephone number; may come several times.
    #[arg(long)]
    phone: Vec<String>,
    /// Postcode; may come several times.
    #[arg(long)]
    postcode: Vec<String>,
    /// Member or customer number; may come several times.
    #[arg(long)]
    number: Vec<String>,
    /// What they want, in their words.
    #[arg(long, default_value = "")]
    what: String,
    /// form, email, letter, phone, in-person or social-media.
    #[arg(long, default_value = "email")]
    via: String,
    /// The day it was received; today if not given.
    #[arg(long)]
    received: Option<jiff::civil::Date>,
    #[command(flatten)]
    at: At,
}

/// Runs `candour request`.
///
/// # Errors
/// As the office.
pub fn run(command: RequestCommand) -> Result<u8> {
    match command {
        RequestCommand::Open(a) => open(&a),
        RequestCommand::Settle { reference, how, on, at } => {
            let (office, by) = at.open_org()?;
            let id = case_id(&office, &by, &reference)?;
            let settled = Settled { how, on: on.unwrap_or_else(|| dates::day_of(by.now)) };
            let o = office.clone();
            let n = office.write(move |tx| acts::settle_identity(tx, &o, &by, &id, &settled))?;
            eprintln!("{n} holdings to search. Next: candour request find {reference}");
            Ok(0)
        }
        RequestCommand::Find { reference, again, at } => search(&at, &reference, again),
        RequestCommand::SetAside { reference, holding, register: _, reason, at } => {
            let (office, by) = at.open_org()?;
            let id = case_id(&office, &by, &reference)?;
            let Some(holding) = holding else {
                search::without_register(&office, &by, &id, &reason)?;
                return Ok(0);
            };
            let search = office.read(|tx| {
                let h = crate::holdings::sql::by_short(tx, &by.org, &holding)?;
                let all = sql::searches(tx, &by.org, &id)?;
                all.into_iter().find(|s| s.holding == h.id).ok_or(Error::NotFound("the search"))
            })?;
            search::set_aside(&office, &by, &search.id, &reason)?;
            Ok(0)
        }
        RequestCommand::Review { reference, all, item, decide, how, at } => match (item, decide) {
            (Some(item), Some(word)) => decide_one(&at, &reference, &item, &word, how),
            _ => list_items(&at, &reference, all),
        },
        RequestCommand::Pack { reference, out, at } => make_pack(&at, &reference, out),
        RequestCommand::Hand(command) => super::pack::cli::run(command),
        RequestCommand::Withdraw { reference, at } => {
            let (office, by) = at.open_org()?;
            let (id, o) = (case_id(&office, &by, &reference)?, office.clone());
            let end = Outcome::Withdrawn;
            office.write(move |tx| acts::end(tx, &o, &by, &id, end, ("", "")))?;
            Ok(0)
        }
        RequestCommand::Destroy { reference, confirm, at } => {
            if confirm != reference {
                return Err(Error::invalid("confirm", "Write the same reference after --confirm"));
            }
            let (office, by) = at.open_org()?;
            let (id, o) = (case_id(&office, &by, &reference)?, office.clone());
            office.write(move |tx| acts::destroy(tx, &o, &by, &id))?;
            eprintln!("The content of {reference} is gone for ever.");
            Ok(0)
        }
        RequestCommand::List { closed, at } => list(&at, closed),
        RequestCommand::Show { reference, at } => show(&at, &reference),
    }
}

pub(super) fn case_id(office: &Office, by: &By, reference: &str) -> Result<String> {
    Ok(office.read_one(|tx| sql::case_by_ref(tx, &by.org, reference))?.id)
}

fn open(a: &OpenArgs) -> Result<u8> {
    let asker = match &a.from {
        Some(file) => serde_json::from_str(&crate::cli::read_text(file)?)
            .map_err(|e| Error::invalid("from", format!("{}: {e}", file.display())))?,
        None => Asker {
            name: a.name.clone().unwrap_or_default(),
            emails: a.email.clone(),
            phones: a.phone.clone(),
            postcodes: a.postcode.clone(),
            numbers: a.number.clone(),
            ..Asker::default()
        },
    };
    let via =
        Via::from_word(&a.via).ok_or_else(|| Error::invalid("via", "There is no such way in"))?;
    let (office, by) = a.at.open_org()?;
    let wants = Wants { what: a.what.clone(), ..Wants::default() };
    let new = NewCase {
        right: Right::Access,
        via,
        received: a.received.unwrap_or_else(|| dates::day_of(by.now)),
        body: Body { asker, wants, ..Body::default() },
    };
    let o = office.clone();
    let opened = office.write(move |tx| acts::open_case(tx, &o, &by, &new))?;
    if a.at.json {
        print_json(&json!({"reference": opened.reference, "act_by": opened.act_by}))?;
    } else {
        println!("{}", opened.reference);
        if let Some(by) = opened.act_by {
            eprintln!("Answer by {}", dates::full(by));
        }
    }
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

fn show(at: &At, reference: &str) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let (case, searches, history, charter, all) = office.read(|tx| {
        let all = crate::holdings::known(tx, &by.org)?;
        let case = acts::load_by_ref(tx, &office, &by, reference)?;
        let s = sql::searches(tx, &by.org, &case.row.id)?;
        let subject = format!("case:{}", case.row.id);
        let h = crate::proof::history(tx, office.vault(), &by.org, &subject)?;
        Ok((case, s, h, crate::charter::current(tx, &by.org)?, all))
    })?;
    let short = |id: &str| all.iter().find(|h| h.id == id).map_or("", |h| h.short.as_str());
    let when = case.request().dates(&acts::clockwork(&office, &charter))?;
    if at.json {
        print_json(&json!({"reference": case.row.reference, "request": case.request(),
                           "dates": when, "searches": searches.iter().map(|s|
                               json!({"holding": s.holding, "short": short(&s.holding), "state": s.state, "items": s.items,
                                      "trouble": s.trouble, "reason": s.reason})).collect::<Vec<_>>()}))?;
        return Ok(0);
    }
    println!(
        "{} {} – {}",
        case.row.reference,
        case.request().right.label(),
        case.request().state.label()
    );
    if let Some(wait) = case.request().wait(&acts::clockwork(&office, &charter))? {
        println!("  {}", wait.words());
    }
    for due in [&when.limit, &when.promise].into_iter().flatten() {
        for step in &due.because {
            println!("  {} [{}]", step.text, step.source);
        }
    }
    for t in history.iter().rev() {
        println!("  {}  {}", dates::moment(t.at), t.said.as_deref().unwrap_or(&t.act));
    }
    for s in &searches {
        let ended = all.iter().any(|h| h.id == s.holding && h.ended.is_some());
        let kept = if ended { ", no longer kept" } else { "" };
        println!("  {:16} {:10} {} items{kept}", short(&s.holding), s.state, s.items);
        for line in s.trouble.as_deref().unwrap_or_default().lines() {
            println!("    {line}");
        }
    }
    Ok(0)
}
