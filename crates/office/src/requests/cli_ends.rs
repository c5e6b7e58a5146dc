//! `candour request extend`, `refuse`, `approve`, `turn-down`, `close`, `withdraw`, `destroy`: more
//! time, and the ends of a request. The same acts as the desk's, in `acts_end`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde::Deserialize;

use super::acts::{self, Refusing, Teller};
use super::body::Reasons;
use super::cli::{Of, carry, case_id, told};
use super::pack;
use super::rules::{Ground, Outcome};
use crate::cli::{read_text, words};
use crate::error::{Error, Result};
use crate::kit::forms::{LINE, LONG, fit};

/// What extends or ends a request.
#[derive(Subcommand)]
pub enum EndCommand {
    /// Extend by two months, for complexity or number; the letter goes at once.
    #[command(
        after_help = "Example:\n  candour request extend RR-2026-0001 \\\n      --reason 'Six holdings, 4,000 e-mails that others are named in'"
    )]
    Extend {
        #[command(flatten)]
        of: Of,
        /// Why: the letter gives the reason; - for standard input.
        #[arg(long)]
        reason: String,
        /// What happens meanwhile, for the letter.
        #[arg(long, default_value = "")]
        meanwhile: String,
    },
    /// Propose to refuse the whole request; where the settings let one person decide, refuse it.
    Refuse(Box<RefuseArgs>),
    /// Approve a refusal that somebody else proposed; the letter goes.
    #[command(after_help = "Example:\n  candour request approve RR-2026-0001")]
    Approve(Of),
    /// Turn a proposed refusal down: the request goes on.
    #[command(
        after_help = "Example:\n  candour request turn-down RR-2026-0001 --note 'Most of it can be answered'"
    )]
    TurnDown {
        #[command(flatten)]
        of: Of,
        /// Why, for whoever proposed it; - for standard input.
        #[arg(long)]
        note: String,
    },
    /// Close a case, with the letter that says why.
    Close(Box<CloseArgs>),
    /// Close a case that was withdrawn.
    Withdraw(Of),
    /// Destroy the content of a closed case for ever; its history in the ledger stays provable.
    #[command(
        after_help = "Example:\n  candour request destroy RR-2026-0001 --confirm RR-2026-0001"
    )]
    Destroy {
        #[command(flatten)]
        of: Of,
        /// The reference once more, to be sure.
        #[arg(long, value_name = "REFERENCE")]
        confirm: String,
    },
}

/// The grounds of a refusal, each with its words.
fn grounds() -> PossibleValuesParser {
    let value = |g: Ground| clap::builder::PossibleValue::new(g.word()).help(g.words());
    PossibleValuesParser::new(Ground::ALL.map(value))
}

const REFUSE_EXAMPLE: &str = "\
Example:
  candour request refuse RR-2026-0001 --ground excessive \\
      --reasons 'The same request as in May and July; nothing has changed since'
One person proposes, another approves, unless the settings say that one is enough: then it is
refused at once. Whoever uses the command line is one person.";

/// `candour request refuse`
#[derive(Args)]
#[command(after_help = REFUSE_EXAMPLE)]
pub struct RefuseArgs {
    #[command(flatten)]
    of: Of,
    /// The ground in law.
    #[arg(long, value_parser = grounds())]
    ground: String,
    /// The facts, as the letter gives them; - for standard input.
    #[arg(long, default_value = "")]
    reasons: String,
    /// What stays inside, for the record.
    #[arg(long, default_value = "")]
    inside: String,
    /// The letter does not say why, because that may do harm; then say why in --inside.
    #[arg(long)]
    silent: bool,
}

const CLOSE_EXAMPLES: &str = "\
Examples:
  candour request close RR-2026-0002 --outcome duplicate --other RR-2026-0001
  candour request close RR-2026-0003 --outcome mistake --note 'A question about a parking space'
  candour request close RR-2026-0004 --outcome died --told-by teller.json

teller.json holds who told you, to whom the letter goes: {\"name\": …, \"email\": …}.
Without it the letter goes to who acted for the person, if somebody did.";

/// `candour request close`
#[derive(Args)]
#[command(after_help = CLOSE_EXAMPLES)]
pub struct CloseArgs {
    #[command(flatten)]
    of: Of,
    /// How it ended; lapsed only after a warning, answered only after the answer was sent.
    #[arg(long, value_parser = ["answered", "withdrawn", "lapsed", "duplicate", "mistake", "died"])]
    outcome: String,
    /// What is to be kept of it, inside; - for standard input.
    #[arg(long, default_value = "")]
    note: String,
    /// With duplicate: the reference of the request that goes on.
    #[arg(long, value_name = "REFERENCE", default_value = "")]
    other: String,
    /// With died: a JSON file with name and e-mail address of who told us; - for standard input.
    #[arg(long, value_name = "FILE")]
    told_by: Option<PathBuf>,
}

/// Runs one of them.
///
/// # Errors
/// As the office.
pub fn run(command: EndCommand) -> Result<u8> {
    match command {
        EndCommand::Extend { of, reason, meanwhile } => {
            let (why, meanwhile) =
                (words("reason", &reason, LONG)?, words("meanwhile", &meanwhile, LONG)?);
            carry(&of, move |tx, o, by, id| acts::extend(tx, o, by, id, (&why, &meanwhile)))
        }
        EndCommand::Refuse(a) => refuse(&a),
        EndCommand::Approve(of) => carry(&of, acts::approve),
        EndCommand::TurnDown { of, note } => {
            let note = words("note", &note, LONG)?;
            carry(&of, move |tx, o, by, id| acts::unrefuse(tx, o, by, id, &note))
        }
        EndCommand::Close(a) => close(&a),
        EndCommand::Withdraw(of) => {
            carry(&of, |tx, o, by, id| acts::end(tx, o, by, id, Outcome::Withdrawn, ("", "")))
        }
        EndCommand::Destroy { of, confirm } => destroy(&of, &confirm),
    }
}

fn refuse(a: &RefuseArgs) -> Result<u8> {
    let ground = Ground::from_word(&a.ground)
        .ok_or_else(|| Error::invalid("ground", "Choose the ground"))?;
    let (told, inside) = (words("reasons", &a.reasons, LONG)?, words("inside", &a.inside, LONG)?);
    let why = Refusing { ground, reasons: Reasons { told, inside, tell: !a.silent } };
    carry(&a.of, move |tx, o, by, id| acts::propose_refusal(tx, o, by, id, &why))
}

fn close(a: &CloseArgs) -> Result<u8> {
    let note = words("note", &a.note, LONG)?;
    if a.told_by.is_some() && a.outcome != "died" {
        return Err(Error::invalid("told_by", "Only when the person has died somebody told us"));
    }
    let outcome = match a.outcome.as_str() {
        "answered" => return told(&a.of, pack::close),
        "died" => {
            let teller = a.told_by.as_deref().map(teller).transpose()?.unwrap_or_default();
            return carry(&a.of, move |tx, o, by, id| acts::died(tx, o, by, id, (&teller, &note)));
        }
        "lapsed" => Outcome::Lapsed,
        "duplicate" => Outcome::Duplicate,
        "mistake" => Outcome::Mistake,
        _ => Outcome::Withdrawn,
    };
    let other = a.other.clone();
    carry(&a.of, move |tx, o, by, id| acts::end(tx, o, by, id, outcome, (&note, &other)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TellerFile {
    name: String,
    #[serde(default)]
    email: String,
}

fn teller(file: &std::path::Path) -> Result<Teller> {
    // What a file like this holds is never repeated in an error.
    let TellerFile { name, email } = serde_json::from_str(&read_text(file)?).map_err(|_| {
        Error::invalid("told_by", "The file has to be JSON like {\"name\": …, \"email\": …}")
    })?;
    fit(&[("name", &name, LINE), ("email", &email, LINE)])?;
    Ok(Teller { name, email })
}

fn destroy(of: &Of, confirm: &str) -> Result<u8> {
    if confirm != of.reference {
        return Err(Error::invalid("confirm", "Write the same reference after --confirm"));
    }
    let (office, by) = of.at.open_org()?;
    let (id, o) = (case_id(&office, &by, &of.reference)?, office.clone());
    office.write(move |tx| acts::destroy(tx, &o, &by, &id))?;
    eprintln!("The content of {} is gone for ever.", of.reference);
    Ok(0)
}
