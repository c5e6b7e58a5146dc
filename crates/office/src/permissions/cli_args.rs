//! What the commands on permissions take.

use candour_screening::Kind;
use clap::Args;
use jiff::civil::Date;

use crate::charter::Channel;
use crate::cli::At;
use crate::error::{Error, Result};
use crate::office::Office;
use crate::people::{self, Known, Written};
use crate::proof::By;

/// Who it is about. Values on a command line can be seen by others on the same machine: - reads one
/// line of standard input instead.
#[derive(Args, Clone, Debug, Default)]
pub struct Who {
    /// E-mail address.
    #[arg(long)]
    pub(super) email: Option<String>,
    /// Telephone number.
    #[arg(long)]
    pub(super) phone: Option<String>,
    /// Postal address in one line, with its postcode.
    #[arg(long)]
    pub(super) address: Option<String>,
    /// Member number.
    #[arg(long)]
    pub(super) member_number: Option<String>,
}

impl Who {
    pub(super) fn identifiers(&self) -> Result<Vec<(Kind, String)>> {
        let given = [
            (Kind::Email, &self.email),
            (Kind::Phone, &self.phone),
            (Kind::Address, &self.address),
            (Kind::MemberNumber, &self.member_number),
        ];
        let mut out = Vec::new();
        for (kind, value) in given {
            if let Some(v) = value {
                out.push((kind, if v == "-" { line_of_input()? } else { v.clone() }));
            }
        }
        if out.is_empty() {
            return Err(Error::invalid(
                "identifier",
                "Give --email, --phone, --address or --member-number",
            ));
        }
        Ok(out)
    }

    pub(super) fn hashes(&self, office: &Office, by: &By) -> Result<Vec<Written>> {
        let hasher = people::hasher(office.vault(), &by.org)?;
        let ids = self.identifiers()?;
        ids.iter().map(|(kind, raw)| people::written(&hasher, *kind, raw)).collect()
    }
}

pub(super) fn line_of_input() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// More about who it is.
#[derive(Args, Clone, Debug, Default)]
pub struct About {
    /// Name.
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Kind of subscriber: individual (also sole traders and partnerships) or corporate.
    #[arg(long, value_parser = ["individual", "corporate"])]
    pub(super) subscriber: Option<String>,
    /// A member of the body.
    #[arg(long)]
    pub(super) member: Option<bool>,
    /// Short name of the company for which they are held.
    #[arg(long)]
    pub(super) company: Option<String>,
}

impl About {
    pub(super) fn known(&self, who: &Who) -> Result<Known> {
        Ok(Known {
            name: self.name.clone(),
            identifiers: who.identifiers()?,
            subscriber: self.subscriber.clone(),
            member: self.member,
            company: self.company.clone(),
        })
    }
}

/// `candour permission consent`
#[derive(Args)]
#[command(
    after_help = "Example:\n  candour permission consent --email - --wording events-email --channel email --answer yes \\\n    --on 2026-11-20 --method phone --evidence 'note of the call, 20 November'"
)]
pub struct ConsentArgs {
    #[command(flatten)]
    pub(super) who: Who,
    #[command(flatten)]
    pub(super) about: About,
    /// Which wording they saw or heard.
    #[arg(long)]
    pub(super) wording: String,
    /// Which version of it; the latest if not given.
    #[arg(long)]
    pub(super) version: Option<i64>,
    /// By which channel they may be contacted, for contact.
    #[arg(long)]
    pub(super) channel: Option<Channel>,
    /// Yes or no.
    #[arg(long, value_parser = ["yes", "no"])]
    pub(super) answer: String,
    /// When they answered; today if not given.
    #[arg(long)]
    pub(super) on: Option<Date>,
    /// How the answer came: form, phone, letter, in-person, email.
    #[arg(long)]
    pub(super) method: String,
    /// What proves it.
    #[arg(long)]
    pub(super) evidence: String,
    /// Who took the answer.
    #[arg(long, default_value = "")]
    pub(super) collector: String,
    /// Who answered for them, if somebody did.
    #[arg(long, requires = "authority")]
    pub(super) representative: Option<String>,
    /// With what authority.
    #[arg(long)]
    pub(super) authority: Option<String>,
    #[command(flatten)]
    pub(super) at: At,
}

/// `candour permission stop`
#[derive(Args)]
pub struct StopArgs {
    #[command(flatten)]
    pub(super) who: Who,
    /// Only this channel.
    #[arg(long)]
    pub(super) channel: Option<Channel>,
    /// Only this purpose; all marketing if not given.
    #[arg(long, conflicts_with = "everything")]
    pub(super) purpose: Option<String>,
    /// Everything, service messages included.
    #[arg(long)]
    pub(super) everything: bool,
    /// Why.
    #[arg(long, default_value = "objection", value_parser = ["objection", "bounce", "complaint", "vulnerable", "other"])]
    pub(super) reason: String,
    /// Since when; today if not given.
    #[arg(long)]
    pub(super) on: Option<Date>,
    #[command(flatten)]
    pub(super) at: At,
}

/// `candour permission ground`
#[derive(Args)]
pub struct GroundArgs {
    #[command(flatten)]
    pub(super) who: Who,
    #[command(flatten)]
    pub(super) about: About,
    /// sale: they bought or negotiated. support: they supported the charity.
    #[arg(long, value_parser = ["sale", "support"])]
    pub(super) ground: String,
    /// When.
    #[arg(long)]
    pub(super) on: Date,
    /// A simple, free way to refuse was offered then and is in every message.
    #[arg(long)]
    pub(super) refusal_offered: bool,
    #[command(flatten)]
    pub(super) at: At,
}
