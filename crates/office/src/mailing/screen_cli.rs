//! `candour screen` and `candour certificate`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use candour_screening::{At as Place, Column, Format, Kind, Outcome, Outs, Plan, Shape, inspect};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::screen::{self, Certificate, For};
use super::{certificates, rows, table};
use crate::charter::{self, Channel};
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::permissions::{Attested, Class};
use crate::proof::By;

const EXAMPLES: &str = "Examples:
  candour screen list.csv --channel email --purpose events            what the columns seem to hold
  candour screen list.csv --channel email --purpose events --column E-mail --out allowed.csv
  candour screen list.csv --channel post --purpose events --column 'Line 1+Line 2+Town+Postcode' \\
    --column 'Member no=member-number' --out allowed.csv

Writes three lists: those who may be contacted as they came and in the same order, those who may not
with the reason of each, and rows that could not be read; and a certificate with its proof.";

/// `candour screen`
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct ScreenArgs {
    /// The list: CSV, XLSX, ODS or Parquet.
    list: PathBuf,
    /// By which channel the send goes.
    #[arg(long)]
    channel: Channel,
    /// For which purpose of the charter.
    #[arg(long)]
    purpose: Option<String>,
    /// What sort of message.
    #[arg(long, default_value = "marketing")]
    class: Class,
    /// What you attest of everybody on the list of whom nothing is recorded.
    #[arg(long)]
    attested: Option<Attested>,
    /// On which day the send goes out; today if not given.
    #[arg(long)]
    on: Option<Date>,
    /// A column of identifiers by its heading or number, NAME or NAME=KIND (email, phone, address,
    /// member-number). The first is the one that is contacted. An address in several columns is
    /// NAME+NAME+NAME. Without it nothing is screened: what the columns seem to hold is shown.
    #[arg(long = "column", value_name = "NAME[=KIND]")]
    columns: Vec<String>,
    /// The list has no row of headings.
    #[arg(long)]
    no_header: bool,
    /// Where the allowed rows go. The other files stand beside it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    replace: bool,
    /// Screen although a column does not look like its kind.
    #[arg(long)]
    force: bool,
    /// Count only; write nothing, certify nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    at: At,
}

/// Certificates of screenings.
#[derive(Subcommand)]
pub enum CertificateCommand {
    /// Whether a file is as it was certified, and still covered today. Exit code 1 if not.
    Check {
        /// The file of allowed rows.
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// The latest certificates.
    List {
        #[command(flatten)]
        at: At,
    },
    /// Print one.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        at: At,
    },
}

/// Reads `NAME`, `NAME=KIND`, or several names of one address with `+` between.
pub fn column(text: &str, channel: Channel) -> Result<Column> {
    let (name, kind) = match text.rsplit_once('=') {
        Some((name, kind)) => (
            name,
            Kind::from_name(kind).ok_or_else(|| {
                Error::invalid("column", "A kind is email, phone, address or member-number")
            })?,
        ),
        None => (text, channel.address()),
    };
    let one = |name: &str| match name.parse::<usize>() {
        Ok(n) if n > 0 => Place::Number(n),
        _ => Place::Name(name.to_owned()),
    };
    // Only an address stands in several columns: a heading of another kind may hold the sign.
    let parts: Vec<&str> = name.split('+').collect();
    let joined = kind == Kind::Address && parts.len() > 1;
    let at = if joined { Place::Joined(parts.into_iter().map(one).collect()) } else { one(name) };
    Ok(Column { at, kind })
}

/// Where the other files stand: beside the allowed one.
pub fn beside(out: &Path, what: &str) -> PathBuf {
    let stem = out.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    out.with_file_name(format!("{stem}.{what}"))
}

/// Runs `candour screen`.
///
/// # Errors
/// As the office, or the list or its columns.
pub fn run(a: &ScreenArgs) -> Result<u8> {
    if a.columns.is_empty() {
        return show(a);
    }
    let (office, by) = a.at.open_org()?;
    let what = For {
        channel: a.channel,
        class: a.class,
        purpose: a.purpose.clone(),
        attested: a.attested,
        on: a.on.unwrap_or_else(|| dates::day_of(by.now)),
    };
    let columns = a.columns.iter().map(|c| column(c, a.channel)).collect::<Result<Vec<_>>>()?;
    let mut plan = Plan::new(columns);
    plan.header = !a.no_header;
    plan.force = a.force;
    plan.workbook = a.out.as_ref().is_some_and(|o| o.extension().is_some_and(|e| e == "xlsx"));
    let outs = outs(a)?;
    let ready = screen::ready(&office, &by, &what)?;
    let bar = progress(a.at.json);
    let mut tick = |done: u64, of: u64| {
        bar.set_length(of);
        bar.set_position(done);
    };
    let out = rows::screen_any(&ready, &a.list, &plan, &outs, &mut tick);
    bar.finish_and_clear();
    let out = out?;
    let mut certificate = ready.certificate(&by, &legal_name(&office, &by)?, &what, &out);
    if let Outs::Files { allowed, .. } = &outs {
        // Only a count: what was screened stands without it.
        certificate.rows.doubled = table::doubled(allowed, &plan, out.allowed).ok().flatten();
    }
    finish(a, &office, &by, &certificate, &out)
}

fn legal_name(office: &Office, by: &By) -> Result<String> {
    Ok(office.read(|tx| charter::current(tx, &by.org))?.organisation.legal_name)
}

fn outs(a: &ScreenArgs) -> Result<Outs> {
    if a.dry_run {
        return Ok(Outs::Dry);
    }
    let Some(out) = &a.out else {
        return Err(Error::invalid("out", "Say where the allowed rows go: --out, or --dry-run"));
    };
    let certificate = beside(out, "certificate.json");
    if certificate.exists() && !a.replace {
        return Err(Error::invalid("out", "There is a certificate of this name already"));
    }
    Ok(Outs::Files {
        allowed: out.clone(),
        blocked: beside(out, "blocked.csv"),
        unreadable: beside(out, "unreadable.csv"),
        replace: a.replace,
    })
}

fn progress(quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    match ProgressStyle::with_template("  {bar:40} {percent:>3} %  {bytes_per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn finish(a: &ScreenArgs, office: &Office, by: &By, c: &Certificate, out: &Outcome) -> Result<u8> {
    if let (false, Some(path)) = (a.dry_run, &a.out)
        && let Err(e) = certify(office, by, c, path)
    {
        // A list that nothing vouches for must not look like one that is.
        for file in [path.clone(), beside(path, "blocked.csv"), beside(path, "unreadable.csv")] {
            let _ = std::fs::remove_file(file);
        }
        return Err(e);
    }
    if a.at.json {
        print_json(c)?;
        return Ok(0);
    }
    println!("{:>12} rows", c.rows.all);
    println!("{:>12} allowed", c.rows.allowed);
    println!("{:>12} blocked", c.rows.blocked);
    println!("{:>12} could not be read", c.rows.unreadable);
    if let Some(words) = table::doubled_in_words(c.rows.doubled) {
        eprintln!("{words}.");
    }
    for (code, text, n) in &c.reasons {
        println!("{n:>12}   {code}: {text}");
    }
    for (fault, n) in &out.faults {
        println!("{n:>12}   {fault}");
    }
    if let (false, Some(path)) = (a.dry_run, &a.out) {
        eprintln!(
            "{} may be used until {}; its certificate stands beside it",
            path.display(),
            dates::long(c.valid_until)
        );
    }
    Ok(0)
}

fn certify(office: &Office, by: &By, c: &Certificate, out: &Path) -> Result<()> {
    let (body, proof) = screen::certify(office, by, c)?;
    write_whole(&beside(out, "certificate.tlog-proof"), proof.as_bytes())?;
    write_whole(&beside(out, "certificate.json"), body.as_bytes())
}

/// Writes a small file so that it is there whole or not at all.
///
/// # Errors
/// It can't be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    let mut file = std::fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)?;
    Ok(())
}

/// Shows what the columns seem to hold, to be confirmed by naming them.
fn show(a: &ScreenArgs) -> Result<u8> {
    let shape = inspect(&a.list).map_err(|e| screen::told(&e))?;
    let shape = match shape.format {
        Format::Csv => shape,
        _ => rows::shape(&a.list)?,
    };
    if a.at.json {
        print_json(&shape)?;
        return Ok(2);
    }
    print_shape(&shape);
    eprintln!("Name the column that is contacted: --column NAME. Nothing has been screened.");
    Ok(2)
}

fn print_shape(shape: &Shape) {
    println!("{:?}, {:?}, about {} rows", shape.format, shape.encoding, shape.rows_estimate);
    for (i, (name, guess)) in shape.header.iter().zip(&shape.columns).enumerate() {
        let what = match guess.kind {
            Some(k) => format!("{}, {} % of {}", k.name(), guess.per_cent, guess.filled),
            None => "no identifier".to_owned(),
        };
        println!("{:>4}  {name:30}  {what}", i + 1);
    }
    for d in &shape.doubled {
        println!("Two columns are called {d}: give a number");
    }
    if shape.no_header {
        println!("The first row looks like a person: add --no-header and give numbers");
    }
}

/// SHA-256 of a file.
pub fn sum_of(path: &Path) -> Result<String> {
    let mut file = std::fs::File::open(path).map_err(|e| {
        Error::invalid("file", format!("{} can't be read: {}", path.display(), e.kind()))
    })?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&piece[..n]);
    }
}

/// Runs `candour certificate`.
///
/// # Errors
/// As the office, or not found.
pub fn certificate(command: CertificateCommand) -> Result<u8> {
    match command {
        CertificateCommand::Check { file, at } => {
            let (office, by) = at.open_org()?;
            let sum = sum_of(&file)?;
            let found = office.read(|tx| certificates::by_file(tx, &by.org, &sum))?;
            let trouble = match &found {
                None => Some("No certificate covers this file: it was changed, or never screened"),
                Some(c) => certificates::trouble(c, Some(&sum), dates::day_of(by.now)),
            };
            if at.json {
                print_json(&json!({ "covered": trouble.is_none(), "trouble": trouble,
                                    "certificate": found.as_ref().map(|c| &c.id) }))?;
            } else {
                println!("{}", trouble.unwrap_or("Covered"));
            }
            Ok(u8::from(trouble.is_some()))
        }
        CertificateCommand::List { at } => {
            let (office, by) = at.open_org()?;
            for c in office.read(|tx| certificates::latest(tx, &by.org, 100))? {
                println!(
                    "{}  {} {} {}  until {}",
                    c.id, c.channel, c.class, c.purpose, c.valid_until
                );
            }
            Ok(0)
        }
        CertificateCommand::Show { id, at } => {
            let (office, by) = at.open_org()?;
            println!("{}", office.read(|tx| certificates::by_id(tx, &by.org, &id))?.body);
            Ok(0)
        }
    }
}
