//! `candour request open`, `correct`, `period`, `assign`: what is logged of a request, whose it is
//! and who works on it.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::acts::{self, Corrected, NewCase};
use super::body::{Body, Period};
use super::cli::{Of, carry, told};
use super::rules::{Right, Via};
use super::search::period;
use crate::cli::{At, print_json, read_text, words};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::LONG;
use crate::people::Asker;
use crate::staff::{self, Permission};

const OPEN_EXAMPLES: &str = "\
Example:
  candour request open --name 'Amara Quill' --email amara@example.org --via letter \\
      --received 2026-11-20 --what 'my membership record'
Personal data on a command line stays in your shell's history: for real use prefer --from FILE, a
JSON file. Of the person: name, other_names, emails, phones, addresses, postcodes, numbers, born,
agent (name, relation, email, address: who acts for them). Of what they want: what, not_wanted,
about_only (true: no copies), from and to (the time asked for), format (download, post, in person),
adjustments, deadline. For example
  {\"name\": \"Amara Quill\", \"emails\": [\"amara@example.org\"], \"born\": \"1980-04-01\"}";

/// The ways a request comes in.
const WAYS: [&str; 6] = ["form", "email", "letter", "phone", "in-person", "social-media"];

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
    /// What they want, in their words; - for standard input.
    #[arg(long, default_value = "")]
    what: String,
    /// How it came.
    #[arg(long, default_value = "email", value_parser = WAYS)]
    via: String,
    /// The day it was received; today if not given.
    #[arg(long, value_name = "DAY")]
    received: Option<Date>,
    #[command(flatten)]
    at: At,
}

/// What a file may say, and nothing else: whoever misspells a field hears of it.
fn fields(body: &Body) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for part in [serde_json::to_value(&body.asker)?, serde_json::to_value(&body.wants)?] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Ok(all)
}

/// Reads a JSON object. What stands in such a file is personal: errors name places and fields, and
/// never repeat what was written.
fn object(file: &Path) -> Result<Map<String, Value>> {
    let bad = |why: String| Error::invalid("from", format!("{}: {why}", file.display()));
    match serde_json::from_str(&read_text(file)?) {
        Ok(Value::Object(given)) => Ok(given),
        Ok(_) => Err(bad("it has to be one JSON object, { … }".into())),
        Err(e) => Err(bad(format!("no JSON at line {}, column {}", e.line(), e.column()))),
    }
}

/// Takes in what a file says of the person and of what they want; what it does not name stays.
fn take_in(body: &mut Body, given: Map<String, Value>) -> Result<()> {
    let mut all = fields(body)?;
    let known: Vec<String> = all.keys().cloned().collect();
    for (name, value) in given {
        let Some(name) = known.iter().find(|k| **k == name) else {
            let known = known.join(", ");
            let message = format!("The file names a field that there is not. There are: {known}");
            return Err(Error::invalid("from", message));
        };
        fits(name, &value)?;
        all.insert(name.clone(), value);
        let whole = Value::Object(all.clone());
        let read = (serde_json::from_value(whole.clone()), serde_json::from_value(whole));
        let (Ok(asker), Ok(wants)) = read else {
            let message = format!(
                "The field {name} can’t hold this: emails, phones and the like are lists, days are \
                 like 2026-11-20, about_only is true or false, agent has fields of its own"
            );
            return Err(Error::invalid("from", message));
        };
        (body.asker, body.wants) = (asker, wants);
    }
    let born = body.asker.born.as_ref().is_some_and(|b| b.parse::<Date>().is_err());
    if born {
        return Err(Error::invalid("born", "Enter the date of birth like 1980-04-01"));
    }
    match body.wants.format.as_str() {
        "" | "download" | "post" | "in person" => Ok(()),
        _ => Err(Error::invalid("format", "The format is download, post or in person")),
    }
}

/// Whether no text of a field is longer than a form takes.
fn fits(name: &str, value: &Value) -> Result<()> {
    match value {
        Value::String(text) if text.chars().count() > LONG => {
            let message = format!("Shorten “{name}” to {LONG} letters at most");
            Err(Error::invalid(name.to_owned(), message))
        }
        Value::Array(all) => all.iter().try_for_each(|v| fits(name, v)),
        Value::Object(all) => all.values().try_for_each(|v| fits(name, v)),
        _ => Ok(()),
    }
}

fn via_of(word: &str) -> Result<Via> {
    Via::from_word(word).ok_or_else(|| Error::invalid("via", "There is no such way in"))
}

impl OpenArgs {
    fn body(&self) -> Result<Body> {
        let mut body = Body::default();
        match &self.from {
            Some(file) => take_in(&mut body, object(file)?)?,
            None => {
                body.asker = Asker {
                    name: self.name.clone().unwrap_or_default(),
                    emails: self.email.clone(),
                    phones: self.phone.clone(),
                    postcodes: self.postcode.clone(),
                    numbers: self.number.clone(),
                    ..Asker::default()
                };
            }
        }
        if !self.what.is_empty() {
            body.wants.what = words("what", &self.what, LONG)?;
        }
        Ok(body)
    }
}

/// Runs `candour request open`.
///
/// # Errors
/// As the office, or fields to mend.
pub fn open(a: &OpenArgs) -> Result<u8> {
    let (via, body) = (via_of(&a.via)?, a.body()?);
    let (office, by) = a.at.open_org()?;
    let received = a.received.unwrap_or_else(|| dates::day_of(by.now));
    let new = NewCase { right: Right::Access, via, received, body };
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

const CORRECT_EXAMPLES: &str = "\
Examples:
  candour request correct RR-2026-0001 --received 2026-11-18 --why 'The postmark says so'
  candour request correct RR-2026-0001 --show > case.json     what is logged now; then mend it
  candour request correct RR-2026-0001 --from case.json --why 'The letter was misread'
The file has the fields of candour request open; what it does not name stays as it is.";

/// What was logged wrongly.
#[derive(Args)]
#[command(after_help = CORRECT_EXAMPLES)]
pub struct CorrectArgs {
    #[command(flatten)]
    of: Of,
    /// Print what is logged, as JSON, and change nothing.
    #[arg(long, conflicts_with_all = ["from", "received", "via", "why"])]
    show: bool,
    /// A JSON file with what is right; - for standard input.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The day it was received.
    #[arg(long, value_name = "DAY")]
    received: Option<Date>,
    /// How it came.
    #[arg(long, value_parser = WAYS)]
    via: Option<String>,
    /// What was wrong, and how you know; - for standard input.
    #[arg(long, default_value = "")]
    why: String,
}

/// Runs `candour request correct`.
///
/// # Errors
/// As the office, or fields to mend.
pub fn correct(a: &CorrectArgs) -> Result<u8> {
    let (office, by) = a.of.at.open_org()?;
    let case = office.read(|tx| acts::load_by_ref(tx, &office, &by, &a.of.reference))?;
    let r = case.request();
    if a.show {
        let mut all = fields(&case.body)?;
        all.insert("received".into(), json!(r.received));
        all.insert("via".into(), json!(r.via.word()));
        all.insert("version".into(), json!(case.row.version));
        print_json(&all)?;
        return Ok(0);
    }
    let mut given = a.from.as_deref().map(object).transpose()?.unwrap_or_default();
    let mut one = |name: &str| given.remove(name).filter(|v| !v.is_null());
    let (version, received, via) = (one("version"), one("received"), one("via"));
    let bad = |name: &'static str| {
        move |_: serde_json::Error| {
            Error::invalid(name, format!("The field {name} can’t hold this"))
        }
    };
    let version = version.map(serde_json::from_value).transpose().map_err(bad("version"))?;
    let received = received.map(serde_json::from_value).transpose().map_err(bad("received"))?;
    let via: Option<String> = via.map(serde_json::from_value).transpose().map_err(bad("via"))?;
    let mut body = case.body.clone();
    take_in(&mut body, given)?;
    let was = &case.body.wants;
    if (body.wants.from, body.wants.to) != (was.from, was.to) {
        let message = "The time asked for is changed with candour request period";
        return Err(Error::invalid("from", message));
    }
    let to = Corrected {
        via: a.via.as_ref().or(via.as_ref()).map_or(Ok(r.via), |word| via_of(word))?,
        received: a.received.or(received).unwrap_or(r.received),
        asker: body.asker,
        wants: body.wants,
        version: version.unwrap_or(case.row.version),
        why: words("why", &a.why, LONG)?,
    };
    carry(&a.of, move |tx, o, by, id| acts::correct(tx, o, by, id, &to))
}

/// The time asked for.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  candour request period RR-2026-0001 --from 2024-01-01 --reason 'Her e-mail of 27 November'\n  candour request period RR-2026-0001 --any --reason 'She wants all of it after all'"
)]
pub struct PeriodArgs {
    #[command(flatten)]
    of: Of,
    /// The first day.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The last day.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Any time.
    #[arg(long, conflicts_with_all = ["from", "to"], required_unless_present_any = ["from", "to"])]
    any: bool,
    /// When and how they asked for it; - for standard input.
    #[arg(long)]
    reason: String,
}

/// Runs `candour request period`.
///
/// # Errors
/// As the office, or something to mend.
pub fn period(a: &PeriodArgs) -> Result<u8> {
    let (to, why) = (Period { from: a.from, to: a.to }, words("reason", &a.reason, LONG)?);
    told(&a.of, |o, by, id| period::change(o, by, id, to, &why))
}

/// Who works on it.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  candour request assign RR-2026-0001 ruth@example.org\n  candour request assign RR-2026-0001 --nobody"
)]
pub struct AssignArgs {
    #[command(flatten)]
    of: Of,
    /// The address they sign in with.
    #[arg(required_unless_present = "nobody", conflicts_with = "nobody")]
    email: Option<String>,
    /// Nobody any more.
    #[arg(long)]
    nobody: bool,
}

/// Runs `candour request assign`.
///
/// # Errors
/// As the office, or they do not work on cases.
pub fn assign(a: &AssignArgs) -> Result<u8> {
    told(&a.of, |o, by, id| {
        let id = id.to_owned();
        let owner = match &a.email {
            None => None,
            Some(email) => {
                let all = o.read(|tx| staff::colleagues(tx, &by.org))?;
                let email = email.trim().to_lowercase();
                let found = all.into_iter().find(|s| s.left.is_none() && s.email == email);
                let found = found.ok_or(Error::NotFound("the account"))?;
                found.role.may(Permission::WorkCases).map_err(|_| {
                    Error::invalid("owner", "Choose somebody whose role lets them work on cases")
                })?;
                Some(found.id)
            }
        };
        let (office, by) = (o.clone(), by.clone());
        o.write(move |tx| acts::assign(tx, &office, &by, &id, owner.as_deref()))
    })
}
