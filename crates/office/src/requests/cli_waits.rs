//! `candour request ask`, `record`, `remind`, `warn`: what is wanted from the person, what came of
//! it, and what that does to the dates. The same acts as the desk's, in `acts_wait`.

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::acts::{self, AskedFee};
use super::cli::{Of, carry, search_in, told};
use super::desk_acts::{pence, who_decides};
use super::search::{self, Answer};
use crate::cli::words;
use crate::error::Result;
use crate::kit::dates;
use crate::kit::forms::{COPIED, LONG};
use crate::proof::By;

/// What is wanted from the person.
#[derive(Subcommand)]
pub enum WaitCommand {
    /// Ask the person for something, by letter.
    #[command(subcommand)]
    Ask(AskCommand),
    /// Record what came: an authority, an answer, a payment, what paper records hold.
    #[command(subcommand)]
    Record(RecordCommand),
    /// Remind them of what is waited for, by letter; once a week at most.
    Remind(Of),
    /// Warn them by letter that the request will be closed if nothing comes.
    Warn(Of),
}

/// What can be asked for.
#[derive(Subcommand)]
pub enum AskCommand {
    /// What settles who is asking; only on real doubt. The time starts when it comes.
    #[command(
        after_help = "Example:\n  candour request ask identity RR-2026-0001 \\\n      --doubt 'The address is not one we hold for this name'\nWhen it comes: candour request settle RR-2026-0001 --how '…' --on 2026-12-04"
    )]
    Identity {
        #[command(flatten)]
        of: Of,
        /// Why there is reasonable doubt: the letter says so; - for standard input.
        #[arg(long)]
        doubt: String,
    },
    /// Which information they mean. The clock stops until they answer, if it still runs.
    #[command(
        after_help = "Example:\n  candour request ask clarification RR-2026-0001 \\\n      --question 'Which of your two memberships do you mean?'\nWhen they answer: candour request record answer RR-2026-0001 --answer '…'"
    )]
    Clarification {
        #[command(flatten)]
        of: Of,
        /// The question, as the letter puts it; - for standard input.
        #[arg(long)]
        question: String,
    },
    /// A fee, for a request that is manifestly unfounded or excessive. The time starts when it is
    /// paid.
    #[command(
        after_help = "Example:\n  candour request ask fee RR-2026-0001 --amount 12.50 \\\n      --reason 'The fifth copy this year; 30 minutes of copying' --pay 'By card, on 020 7946 0100'"
    )]
    Fee {
        #[command(flatten)]
        of: Of,
        /// In pounds: 12.50.
        #[arg(long, value_name = "POUNDS")]
        amount: String,
        /// Why it is excessive, and how the amount was worked out; - for standard input.
        #[arg(long)]
        reason: String,
        /// How it can be paid.
        #[arg(long)]
        pay: String,
    },
}

/// What can come.
#[derive(Subcommand)]
pub enum RecordCommand {
    /// What shows that somebody may act for the person. The time starts with it.
    #[command(
        after_help = "Example:\n  candour request record authority RR-2026-0001 \\\n      --what 'Letter signed by the person' --on 2026-11-24"
    )]
    Authority {
        #[command(flatten)]
        of: Of,
        /// What shows it; - for standard input.
        #[arg(long)]
        what: String,
        #[command(flatten)]
        on: OnDay,
    },
    /// Their answer to our question: the clock runs on.
    #[command(
        after_help = "Example:\n  candour request record answer RR-2026-0001 --on 2026-12-04 \\\n      --answer 'The one in Exwick'"
    )]
    Answer {
        #[command(flatten)]
        of: Of,
        /// What they answered; - for standard input.
        #[arg(long)]
        answer: String,
        #[command(flatten)]
        on: OnDay,
    },
    /// The fee was paid: the time starts on that day.
    #[command(
        after_help = "Example:\n  candour request record payment RR-2026-0001 --on 2026-12-04"
    )]
    Payment {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        on: OnDay,
    },
    /// Who decides for a child, before anything goes out.
    #[command(
        after_help = "Example:\n  candour request record child RR-2026-0001 --who child \\\n      --why 'She is 14 and says clearly what she wants'"
    )]
    Child {
        #[command(flatten)]
        of: Of,
        /// The child, or whoever acts for them.
        #[arg(long, value_parser = ["child", "other"])]
        who: String,
        /// Who decided this, and why; - for standard input.
        #[arg(long)]
        why: String,
    },
    /// What somebody found, or did not find, in a holding on paper.
    #[command(
        after_help = "Examples:\n  candour request record paper RR-2026-0001 cabinet --nothing\n  candour request record paper RR-2026-0001 cabinet --words - < copied.txt"
    )]
    Paper {
        #[command(flatten)]
        of: Of,
        /// Short name of the holding.
        holding: String,
        /// They looked and found nothing.
        #[arg(long)]
        nothing: bool,
        /// Where they looked and what they found, copied down; - for standard input.
        #[arg(long, default_value = "", required_unless_present = "nothing")]
        words: String,
    },
}

/// On which day.
#[derive(Args)]
pub struct OnDay {
    /// The day it came; today if not given (2026-03-27).
    #[arg(long, value_name = "DAY")]
    on: Option<Date>,
}

impl OnDay {
    fn or_today(&self, by: &By) -> Date {
        self.on.unwrap_or_else(|| dates::day_of(by.now))
    }
}

/// Runs one of them.
///
/// # Errors
/// As the office.
pub fn run(command: WaitCommand) -> Result<u8> {
    match command {
        WaitCommand::Ask(c) => ask(c),
        WaitCommand::Record(c) => record(c),
        WaitCommand::Remind(of) => carry(&of, acts::remind),
        WaitCommand::Warn(of) => carry(&of, acts::warn),
    }
}

fn ask(command: AskCommand) -> Result<u8> {
    match command {
        AskCommand::Identity { of, doubt } => {
            let doubt = words("doubt", &doubt, LONG)?;
            carry(&of, move |tx, o, by, id| acts::ask_identity(tx, o, by, id, &doubt))
        }
        AskCommand::Clarification { of, question } => {
            let question = words("question", &question, LONG)?;
            carry(&of, move |tx, o, by, id| acts::clarify(tx, o, by, id, &question))
        }
        AskCommand::Fee { of, amount, reason, pay } => {
            let fee = AskedFee {
                pence: pence(&amount)?,
                reason: words("reason", &reason, LONG)?,
                pay: words("pay", &pay, LONG)?,
            };
            carry(&of, move |tx, o, by, id| acts::ask_fee(tx, o, by, id, &fee))
        }
    }
}

fn record(command: RecordCommand) -> Result<u8> {
    match command {
        RecordCommand::Authority { of, what, on } => {
            let what = words("what", &what, LONG)?;
            carry(&of, move |tx, o, by, id| {
                acts::record_authority(tx, o, by, id, &what, on.or_today(by))
            })
        }
        RecordCommand::Answer { of, answer, on } => {
            let answer = words("answer", &answer, LONG)?;
            carry(&of, move |tx, o, by, id| {
                acts::clarified(tx, o, by, id, &answer, on.or_today(by))
            })
        }
        RecordCommand::Payment { of, on } => {
            carry(&of, move |tx, o, by, id| acts::fee_paid(tx, o, by, id, on.or_today(by)))
        }
        RecordCommand::Child { of, who, why } => {
            let why = words("why", &why, LONG)?;
            let who = who_decides(&who)?;
            carry(&of, move |tx, o, by, id| acts::child(tx, o, by, id, (who, &why)))
        }
        RecordCommand::Paper { of, holding, nothing, words: found } => {
            let words = words("words", &found, COPIED)?;
            let answer = Answer { nothing, words, files: Vec::new() };
            told(&of, |o, by, id| {
                let search = search_in(o, by, id, &holding)?;
                search::answer(o, by, &search.id, &answer)
            })
        }
    }
}
