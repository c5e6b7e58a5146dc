//! The command line: noun, then verb. Data goes to standard output, words about it to standard
//! error. Each area's own commands stand in its `cli.rs`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::kit::forms;
use crate::office::Office;
use crate::{
    charter, clocks, demo, holdings, house, house_settings, mailing, measure, permissions, proof,
    register, requests, restore, serve, staff,
};

const EXAMPLES: &str = "\
Examples:
  candour demo                                 a sample office, and the office in the browser
  candour init --data office                   a new office in the folder `office`
  candour serve --data office                  the office in the browser
  candour deadline rights_month --received 2026-11-25
  candour request find RR-2026-0001 --data office
  candour ledger export --out bundle --data office

Exit codes:
  0 done   1 a check found something   2 something to mend in what was typed   3 not found
  4 refused, denied or changed meanwhile   5 something outside is not there   70 our mistake

The data folder is `--data`, else $CANDOUR_DATA, else ./candour-data.";

/// Candour: a data protection office in one program.
#[derive(Parser)]
#[command(name = "candour", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command on an office takes.
#[derive(Args, Clone)]
pub struct At {
    /// The data folder.
    #[arg(long, env = "CANDOUR_DATA", default_value = "candour-data", value_name = "DIR")]
    pub data: PathBuf,
    /// The office's database, if it is PostgreSQL: postgres://user:secret@host/name. Better in
    /// candour.toml or the environment than on the command line.
    #[arg(long, env = "CANDOUR_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// Short name of the organisation, if the office has several.
    #[arg(long, value_name = "SHORT")]
    pub org: Option<String>,
    /// For machines: JSON on standard output.
    #[arg(long)]
    pub json: bool,
}

impl At {
    /// Opens the office.
    ///
    /// # Errors
    /// No office there, or it can't be opened.
    pub fn open(&self) -> Result<Office> {
        Office::open(&self.data, self.database.as_deref())
    }

    /// Opens the office and finds the organisation.
    ///
    /// # Errors
    /// As [`At::open`], or there is none or more than one organisation.
    pub fn open_org(&self) -> Result<(Office, crate::proof::By)> {
        let office = self.open()?;
        let org = office.read(|tx| charter::only_org(tx, self.org.as_deref()))?;
        let by = office.by_command(&org);
        Ok((office, by))
    }
}

/// The nouns.
#[derive(Subcommand)]
pub enum Command {
    /// A sample society with real holdings: an access request answered, then the office.
    Demo(demo::DemoArgs),
    /// Make a new office: key file, settings, tables.
    Init(house::InitArgs),
    /// Serve the office and the public pages.
    Serve(serve::ServeArgs),
    /// The organisation's charter, as a file.
    #[command(subcommand)]
    Charter(charter::cli::CharterCommand),
    /// The mail server, the public address and the mailbox, for the whole machine.
    #[command(subcommand)]
    Set(house_settings::cli::SetCommand),
    /// The processing register, as a file.
    #[command(subcommand)]
    Register(register::cli::RegisterCommand),
    /// Holdings and their data maps.
    #[command(subcommand)]
    Holding(holdings::cli::HoldingCommand),
    /// Rights requests.
    #[command(subcommand)]
    Request(requests::cli::RequestCommand),
    /// Consents, stops and other grounds: who may be contacted.
    #[command(subcommand)]
    Permission(permissions::cli::PermissionCommand),
    /// May we contact this address, by this channel, for this purpose, today?
    MayContact(permissions::cli::MayContactArgs),
    /// Screen a list before a send: who on it may be contacted.
    Screen(mailing::screen_cli::ScreenArgs),
    /// Certificates of screenings.
    #[command(subcommand)]
    Certificate(mailing::screen_cli::CertificateCommand),
    /// Messages, each with its class.
    #[command(subcommand)]
    Template(mailing::templates::cli::TemplateCommand),
    /// What is sent to which list, with which certificate.
    #[command(subcommand)]
    Campaign(mailing::campaigns::cli::CampaignCommand),
    /// Programs elsewhere that are told of changes.
    #[command(subcommand)]
    Hook(mailing::hooks::cli::HookCommand),
    /// Programs that send for the organisation.
    #[command(subcommand)]
    Mailer(mailing::cli::MailerCommand),
    /// Staff accounts.
    #[command(subcommand)]
    Staff(staff::cli::StaffCommand),
    /// When a thing is due, and why.
    Deadline(clocks::DeadlineArgs),
    /// The evidence ledger.
    #[command(subcommand)]
    Ledger(proof::cli::LedgerCommand),
    /// Check this office: key, database, holidays, mail, holdings, ledger.
    Doctor(house::DoctorArgs),
    /// Back up the office (SQLite), without its key.
    Backup(house::BackupArgs),
    /// Put a backup into a data folder; erasures and stops since then hold all the same.
    Restore(restore::RestoreArgs),
    /// Carry out again what the journal says, after PostgreSQL was put back by its own tools.
    Replay(restore::ReplayArgs),
    /// Move an office from SQLite to PostgreSQL.
    Move(house::MoveArgs),
    /// Figures of this machine, for `cargo xtask bench`. Give it a fresh office.
    #[command(hide = true)]
    Measure(measure::MeasureArgs),
    /// Parse one hostile file in a limited process. Used by the program itself.
    #[command(hide = true)]
    ExtractWorker,
}

/// Runs a command; the answer is the exit code.
///
/// # Errors
/// What it answers instead.
pub fn run(cli: Cli) -> Result<u8> {
    match cli.command {
        Command::Demo(a) => demo::run(&a),
        Command::Init(a) => house::init(&a),
        Command::Serve(a) => serve::run(&a),
        Command::Charter(a) => charter::cli::run(a),
        Command::Set(a) => house_settings::cli::run(a),
        Command::Register(a) => register::cli::run(a),
        Command::Holding(a) => holdings::cli::run(a),
        Command::Request(a) => requests::cli::run(a),
        Command::Permission(a) => permissions::cli::run(a),
        Command::MayContact(a) => permissions::cli::may_contact(&a),
        Command::Screen(a) => mailing::screen_cli::run(&a),
        Command::Certificate(a) => mailing::screen_cli::certificate(a),
        Command::Template(a) => mailing::templates::cli::run(a),
        Command::Campaign(a) => mailing::campaigns::cli::run(a),
        Command::Hook(a) => mailing::hooks::cli::run(a),
        Command::Mailer(a) => mailing::cli::run(a),
        Command::Staff(a) => staff::cli::run(a),
        Command::Deadline(a) => clocks::run(&a),
        Command::Ledger(a) => proof::cli::run(a),
        Command::Doctor(a) => house::doctor(&a),
        Command::Backup(a) => house::backup(&a),
        Command::Restore(a) => restore::restore(&a),
        Command::Replay(a) => restore::replay(&a),
        Command::Move(a) => house::move_office(&a),
        Command::Measure(a) => measure::run(&a),
        // Taken up in main.rs, before anything else is opened.
        Command::ExtractWorker => Ok(0),
    }
}

/// Prints JSON on standard output.
///
/// # Errors
/// It can't be written as JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Standard input, once: a second `-` on the same line would be read as nothing.
fn standard_input() -> Result<String> {
    use std::io::Read as _;
    use std::sync::atomic::{AtomicBool, Ordering};
    static READ: AtomicBool = AtomicBool::new(false);
    if READ.swap(true, Ordering::Relaxed) {
        return Err(Error::invalid("file", "Only one thing can come from standard input (-)"));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// Reads a file, or standard input for "-".
///
/// # Errors
/// It can't be read.
pub fn read_text(path: &std::path::Path) -> Result<String> {
    if path.as_os_str() == "-" {
        return standard_input();
    }
    std::fs::read_to_string(path).map_err(|e| {
        Error::invalid("file", format!("{} can't be read: {}", path.display(), e.kind()))
    })
}

/// What somebody says in an option, or on standard input for "-": long words, and those that
/// should not stand in a shell's history. At most so many letters as a form takes.
///
/// # Errors
/// Too long, or it can't be read.
pub fn words(name: &'static str, given: &str, most: usize) -> Result<String> {
    let text = if given == "-" { standard_input()? } else { given.to_owned() };
    let text = text.trim().to_owned();
    forms::fit(&[(name, &text, most)])?;
    Ok(text)
}
