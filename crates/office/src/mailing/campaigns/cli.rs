//! `candour campaign`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;

use super::acts::{self, Plan, Sent};
use super::{reach, sql};
use crate::charter::Channel;
use crate::cli::{At, print_json};
use crate::error::Result;
use crate::kit::dates;
use crate::permissions::{Attested, lapses};

/// What is sent to which list, with which certificate.
#[derive(Subcommand)]
pub enum CampaignCommand {
    /// Plan a send.
    Plan(PlanArgs),
    /// Bind a certificate to it.
    Attach {
        /// Short name of the campaign.
        short: String,
        /// Id of the certificate.
        certificate: String,
        #[command(flatten)]
        at: At,
    },
    /// Say that it was sent, today. Exit code 1 if no certificate covered it, or the list that was
    /// used was not compared with it: give the list or its SHA-256.
    Sent(SentArgs),
    /// Whose yes to its purpose lapses by the day of the send, by name: ask them before. Exit code
    /// 1 if there are any.
    Lapses {
        /// Short name.
        short: String,
        /// As CSV.
        #[arg(long)]
        csv: bool,
        #[command(flatten)]
        at: At,
    },
    /// Say that a send without a certificate has been looked at.
    Acknowledge {
        /// Short name.
        short: String,
        #[command(flatten)]
        at: At,
    },
    /// The latest campaigns and where each stands.
    List {
        #[command(flatten)]
        at: At,
    },
    /// One campaign.
    Show {
        /// Short name.
        short: String,
        #[command(flatten)]
        at: At,
    },
}

/// `candour campaign plan`
#[derive(Args)]
pub struct PlanArgs {
    /// Short name: "may-talks".
    short: String,
    /// What people call it.
    #[arg(long)]
    title: String,
    /// What the list is called, not where it is.
    #[arg(long)]
    list: String,
    /// For which purpose of the charter.
    #[arg(long)]
    purpose: Option<String>,
    /// By which channel.
    #[arg(long)]
    channel: Channel,
    /// Which message, in its latest version.
    #[arg(long)]
    template: String,
    /// What you attest of everybody on the list of whom nothing is recorded.
    #[arg(long)]
    attested: Option<Attested>,
    /// The day of the send; today if not given.
    #[arg(long)]
    on: Option<Date>,
    #[command(flatten)]
    at: At,
}

/// `candour campaign sent`
#[derive(Args)]
pub struct SentArgs {
    /// Short name.
    short: String,
    /// The file of allowed rows that was used: its addresses count for the frequency cap.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Instead of the file: its SHA-256.
    #[arg(long, conflicts_with = "file")]
    sha256: Option<String>,
    /// The column that was contacted, by heading or number; what looks like it if not given.
    #[arg(long)]
    column: Option<String>,
    /// How many it reached.
    #[arg(long)]
    reached: Option<u64>,
    /// Why it was sent although no certificate covers it.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    at: At,
}

/// Runs `candour campaign`.
///
/// # Errors
/// As the office, or what has to be mended.
pub fn run(command: CampaignCommand) -> Result<u8> {
    match command {
        CampaignCommand::Plan(a) => plan(a),
        CampaignCommand::Attach { short, certificate, at } => {
            let (office, by) = at.open_org()?;
            office.write(move |tx| acts::attach(tx, &by, &short, &certificate))?;
            Ok(0)
        }
        CampaignCommand::Sent(a) => sent(a),
        CampaignCommand::Acknowledge { short, at } => {
            let (office, by) = at.open_org()?;
            office.write(move |tx| acts::acknowledge(tx, &by, &short))?;
            Ok(0)
        }
        CampaignCommand::Lapses { short, csv, at } => lapses(short, csv, &at),
        CampaignCommand::List { at } => list(&at),
        CampaignCommand::Show { short, at } => {
            let (office, by) = at.open_org()?;
            let w = office.read(|tx| acts::load(tx, &by.org, &short))?;
            let today = dates::day_of(by.now);
            print_json(&json!({
                "campaign": w.campaign,
                "class": w.template.class,
                "state": w.state(today),
                "trouble": w.trouble(None, w.campaign.planned_on.max(today)),
            }))?;
            Ok(0)
        }
    }
}

fn plan(a: PlanArgs) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let plan = Plan {
        short: a.short,
        title: a.title,
        list: a.list,
        purpose: a.purpose,
        channel: Some(a.channel),
        template: a.template,
        attested: a.attested,
        on: Some(a.on.unwrap_or_else(|| dates::day_of(by.now))),
    };
    let vault = office.vault().clone();
    office.write(move |tx| acts::plan(tx, &vault, &by, &plan))?;
    Ok(0)
}

fn sent(a: SentArgs) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let sent = Sent { sha256: a.sha256, reached: a.reached, reason: a.reason };
    let (state, noted) = match &a.file {
        Some(f) => reach::sent_with_file(&office, &by, &a.short, f, a.column.as_deref(), sent)?,
        None => {
            let vault = office.vault().clone();
            let state =
                office.write(move |tx| acts::mark_sent(tx, &vault, &by, &a.short, &sent))?;
            (state, 0)
        }
    };
    if a.at.json {
        print_json(&json!({ "state": state, "noted": noted }))?;
    } else {
        println!("{}; {noted} deliveries noted for the frequency cap", state.label());
    }
    Ok(u8::from(state != super::State::Sent))
}

fn lapses(short: String, csv: bool, at: &At) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let c = office.read(|tx| sql::one(tx, &by.org, &short))?;
    let all = lapses::before(&office, &by, &c.purpose, c.channel, c.planned_on)?;
    office.write(move |tx| acts::lapses_saved(tx, &by, &short))?;
    if csv {
        std::io::stdout().write_all(&lapses::csv(&all)?)?;
    } else if at.json {
        print_json(&all)?;
    } else {
        for l in &all {
            println!("{}  {}  until {}", l.name, l.address, l.until);
        }
        eprintln!("{} lapse by {}", all.len(), c.planned_on);
    }
    Ok(u8::from(!all.is_empty()))
}

fn list(at: &At) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let today = dates::day_of(by.now);
    let all = office.read(|tx| {
        let all = sql::latest(tx, &by.org, 200)?;
        all.into_iter().map(|c| acts::whole(tx, &by.org, c)).collect::<Result<Vec<_>>>()
    })?;
    if at.json {
        let rows: Vec<_> = all
            .iter()
            .map(|w| json!({ "campaign": w.campaign, "state": w.state(today) }))
            .collect();
        print_json(&rows)?;
        return Ok(0);
    }
    for w in all {
        let c = &w.campaign;
        println!("{}  {}  {}  {}", c.planned_on, c.short, w.state(today).label(), c.title);
    }
    Ok(0)
}
