//! The walk itself: every step is an act of the office as any other face would make it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::cast::{OFFICER, asker, officer, wants};
use super::prove::{self, Proved};
use super::told::{Voice, count, free, shown};
use super::{contact, maps, society};
use crate::charter::{self, Charter};
use crate::cli::print_json;
use crate::error::{Error, Result};
use crate::kit::{dates, links};
use crate::office::Office;
use crate::proof::By;
use crate::register::{self, RegisterFile};
use crate::requests::acts::{self, Case, NewCase};
use crate::requests::cli::{Bars, write_pack};
use crate::requests::search::{self, Connections, Record};
use crate::requests::sql::{self, PackRow, SearchRow};
use crate::requests::{Body, Right, Settled, State, Via, pack};
use crate::staff;
use crate::{holdings, serve, work};

/// Where the office is served unless said otherwise.
const HOME: &str = "127.0.0.1:8420";

const EXAMPLES: &str = "\
Examples:
  candour demo                        the walk, then the office in the browser
  candour demo --no-serve --json      the walk only, its outcome as JSON
  candour demo --listen 127.0.0.1:9000

Everything stays in the folder; delete it and nothing is left. Run it again and a new request is
answered in the same office.";

/// `candour demo`
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// The folder for the sample office and its holdings.
    #[arg(long, default_value = "candour-demo", value_name = "DIR")]
    dir: PathBuf,
    /// End after the walk, without the office in the browser.
    #[arg(long)]
    no_serve: bool,
    /// For machines: one JSON object on standard output.
    #[arg(long)]
    json: bool,
    /// Where to serve the office.
    #[arg(long, default_value = HOME, value_name = "ADDRESS")]
    listen: SocketAddr,
}

/// Runs `candour demo`.
///
/// # Errors
/// The folder can't be written, the address is taken, or a step fails; the next run goes on
/// where this one stopped.
pub fn run(a: &DemoArgs) -> Result<u8> {
    let mut walk = Walk::new(&a.dir, a.listen, a.json);
    walk.voice
        .plain("Candour: an access request, from the question to the proof, on a sample society.");
    if !a.no_serve {
        walk.listen = free(a.listen)?;
    }
    std::fs::create_dir_all(&a.dir)?;
    let done = walk.all()?;
    if a.json {
        print_json(&done.json())?;
    }
    if !a.no_serve {
        walk.open_browser(&done)?;
        serve::log_to_stderr();
        serve::serve(&done.office, walk.listen, 2)?;
    } else {
        walk.say_how_to_open(&done)?;
    }
    Ok(0)
}

/// The steps in their order, each of which finds its own way when it was made before.
pub(super) struct Walk {
    dir: PathBuf,
    listen: SocketAddr,
    json: bool,
    voice: Voice,
}

/// What the walk leaves behind.
struct Done {
    office: Office,
    org: String,
    case: Case,
    holdings: usize,
    found: search::Progress,
    pack: PackRow,
    zip: PathBuf,
    folder: PathBuf,
    screened: Option<contact::Screened>,
    proved: Proved,
}

impl Walk {
    /// A walk in a folder. It says nothing on standard output if that is for `json`.
    pub(super) fn new(dir: &Path, listen: SocketAddr, json: bool) -> Self {
        Self { dir: dir.to_owned(), listen, json, voice: Voice::new(json) }
    }

    fn all(&mut self) -> Result<Done> {
        self.society()?;
        let (office, org) = self.office()?;
        let holdings = self.holdings(&office, &org)?;
        let case = self.request(&office, &org)?;
        let case = self.identity(&office, &org, &case)?;
        let found = self.search(&office, &org, &case)?;
        let (pack, zip, folder) = self.pack(&office, &org, &case)?;
        self.voice.step("The mailing list, screened");
        let by = office.by_command(&org);
        let screened = contact::screened(&office, &by, &self.dir, &self.voice)?;
        self.voice.step("The proof");
        let proved = prove::ledger(&office, &office.by_command(&org), &self.dir, &self.voice)?;
        // Only now is this run's request done: a run that died before goes on with it.
        let _ = std::fs::remove_file(self.unfinished());
        let done = Done { office, org, case, holdings, found, pack, zip, folder, screened, proved };
        self.summary(&done)?;
        Ok(done)
    }

    pub(super) fn society(&mut self) -> Result<()> {
        self.voice.step("A society with records");
        let place = shown(&self.dir.join("holdings"));
        if society::make(&self.dir)? {
            let n = society::people::MEMBERS;
            self.voice.say(format!("{n} members, invented, in {place}:"));
            self.voice.say("a database, a mailing list, a workbook, two mailboxes, papers;");
            self.voice.say("and a filing cabinet, which only a person can search.");
        } else {
            self.voice.say(format!("It is there from an earlier run, in {place}: left as it is."));
        }
        Ok(())
    }

    /// Makes the office, or opens the one of an earlier run.
    pub(super) fn office(&mut self) -> Result<(Office, String)> {
        self.voice.step("An office for it");
        self.settings()?;
        let office = Office::init(&self.dir, None)?;
        let org = match office.read(charter::orgs)?.pop() {
            Some((org, _)) => {
                self.voice.say("The office is there: this is a new request in it.");
                org
            }
            None => {
                let org = office.found(Charter::parse(include_str!("charter.toml"))?)?;
                self.voice.say(format!("Kept in {}, encrypted.", shown(&self.dir)));
                org
            }
        };
        let name = office.read(|tx| charter::current(tx, &org))?.organisation.legal_name;
        self.voice.say(format!("Charter of {name}: it promises an answer within 28 days."));
        if office.read(|tx| register::activities(tx, &org))?.is_empty() {
            let file = RegisterFile::parse(include_str!("register.toml"))?;
            let (vault, by) = (office.vault().clone(), office.by_command(&org));
            office.write(move |tx| register::set_all(tx, &vault, &by, &file))?;
        }
        let n = office.read(|tx| register::activities(tx, &org))?.len();
        self.voice.say(format!("Register of processing: {}.", activities(n)));
        Ok((office, org))
    }

    /// Letters carry links, and links the address that is served.
    fn settings(&self) -> Result<()> {
        let path = self.dir.join("candour.toml");
        if !path.exists() && self.listen.to_string() != HOME {
            std::fs::write(path, format!("public_url = \"http://{}\"\n", self.listen))?;
        }
        Ok(())
    }

    fn holdings(&mut self, office: &Office, org: &str) -> Result<usize> {
        self.voice.step("Its holdings, and what they hold");
        let by = office.by_command(org);
        let mut problems = 0;
        let mut rows = vec![row(["Holding", "Kind", "Tables, sheets, folders", "Check"])];
        let all = maps::all()?;
        for d in &all {
            let found = maps::put(office, &by, d)?;
            problems += found.len();
            let holding = office.read(|tx| holdings::sql::by_short(tx, org, &d.short))?;
            let check = match (holding.is_paper(), found.len()) {
                (true, _) => format!("{} is asked", holding.post.as_deref().unwrap_or("its post")),
                (_, 0) => "map and holding agree".to_owned(),
                (_, n) => format!("{n} to look at"),
            };
            let kind = holdings::sql::kind_word(holding.map.kind);
            let collections = holding.map.collection.len().to_string();
            rows.push(row([holding.title.as_str(), kind, &collections, &check]));
        }
        self.voice.table(&rows);
        if problems > 0 {
            let hint = format!("candour holding check --data {}", shown(&self.dir));
            self.voice.say(format!("Something was changed since: look with {hint}"));
        }
        Ok(all.len())
    }

    /// Where the id of this run's request is kept until the run is done.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.dir.join("unfinished-request")
    }

    pub(super) fn request(&mut self, office: &Office, org: &str) -> Result<Case> {
        self.voice.step("A request");
        let by = office.by_command(org);
        let id = match self.stopped(office, &by) {
            Some(case) => {
                let reference = &case.row.reference;
                self.voice.say(format!("The last run was stopped: going on with {reference}."));
                case.row.id
            }
            None => self.ask(office, org)?,
        };
        let (case, charter) = office
            .read(|tx| Ok((acts::load(tx, office, &by, &id)?, charter::current(tx, org)?)))?;
        let dates = case.request().dates(&acts::clockwork(office, &charter))?;
        for (what, due) in [("The law’s limit", &dates.limit), ("Our promise", &dates.promise)] {
            let Some(due) = due else { continue };
            self.voice.say(format!("{what}: {}", dates::full(due.on)));
            for step in &due.because {
                let source = match step.source.as_str() {
                    "" => String::new(),
                    source => format!("  [{source}]"),
                };
                self.voice.say(format!("  - {}{source}", step.text));
            }
        }
        Ok(case)
    }

    /// The request of a run that was stopped before its end.
    fn stopped(&self, office: &Office, by: &By) -> Option<Case> {
        let id = std::fs::read_to_string(self.unfinished()).ok()?;
        office.read(|tx| acts::load(tx, office, by, id.trim())).ok()
    }

    /// Asks through the public form.
    fn ask(&self, office: &Office, org: &str) -> Result<String> {
        let by = office.by_public(org);
        let new = NewCase {
            right: Right::Access,
            via: Via::Form,
            received: dates::day_of(by.now),
            body: Body { asker: asker(), wants: wants(), ..Body::default() },
        };
        let o = office.clone();
        let opened = office.write(move |tx| acts::open_case(tx, &o, &by, &new))?;
        std::fs::write(self.unfinished(), &opened.id)?;
        self.voice.say(format!(
            "Amara Quill asks for everything held about her, through the public form: {}.",
            opened.reference
        ));
        self.voice.say(format!("Her status page opens with the code {}.", opened.secret));
        Ok(opened.id)
    }

    /// Settles who asks, by the link that went to an address already held.
    pub(super) fn identity(&mut self, office: &Office, org: &str, case: &Case) -> Result<Case> {
        const HOW: &str = "a link sent to an address we already hold";
        self.voice.step("Who is asking");
        let by = office.by_command(org);
        if case.request().state == State::Received {
            let settled = Settled { how: HOW.into(), on: dates::day_of(by.now) };
            let (o, b, id) = (office.clone(), by.clone(), case.row.id.clone());
            office.write(move |tx| acts::settle_identity(tx, &o, &b, &id, &settled))?;
        }
        self.voice.say(format!("Settled by {HOW}; nothing more was asked for."));
        let searches = office.read(|tx| sql::searches(tx, org, &case.row.id))?;
        self.voice.say(format!("The plan: {} to search.", count(searches.len() as u64, "holding")));
        office.read(|tx| acts::load(tx, office, &by, &case.row.id))
    }

    fn search(&mut self, office: &Office, org: &str, case: &Case) -> Result<search::Progress> {
        self.voice.step("The search");
        let by = office.by_command(org);
        let (mut connections, mut bars) = (Connections::default(), Bars::new(self.json));
        let found = search::find(office, &by, &case.row.id, &mut connections, &mut bars)?;
        // Letters on their way are taken along: without a mail server they go to a folder.
        while work::once(office, &mut connections)? {}
        let (searches, findings) = office.read(|tx| {
            Ok((sql::searches(tx, org, &case.row.id)?, sql::findings(tx, org, &case.row.id)?))
        })?;
        let titles = office.read(|tx| holdings::active(tx, org))?;
        let mut rows = vec![row(["Holding", "Items", "To decide", "How it matched"])];
        for s in &searches {
            let open = |f: &&sql::FindingRow| f.search == s.id && f.decision == "open";
            let open = findings.iter().filter(open).count().to_string();
            let title = titles.iter().find(|h| h.id == s.holding).map_or("", |h| h.title.as_str());
            rows.push(row([title, &s.items.to_string(), &open, &matched(s)?]));
        }
        self.voice.table(&rows);
        for trouble in searches.iter().filter_map(|s| s.trouble.as_deref()) {
            self.voice.say(format!("Note: {trouble}"));
        }
        Ok(found)
    }

    fn pack(
        &mut self,
        office: &Office,
        org: &str,
        case: &Case,
    ) -> Result<(PackRow, PathBuf, PathBuf)> {
        self.voice.step("The pack");
        let by = office.by_command(org);
        let made = pack::make(office, &by, &case.row.id)?;
        let packs = self.dir.join("packs");
        std::fs::create_dir_all(&packs)?;
        let folder = packs.join(format!("{}-pack-{}", case.row.reference, made.number));
        let zip = packs.join(format!("{}-pack-{}.zip", case.row.reference, made.number));
        write_pack(office, &by, &case.row.id, made.number, &zip)?;
        unpack(&zip, &folder)?;
        self.voice.say(format!("{} in it, {} bytes.", count(made.items, "item"), made.bytes));
        if made.complete {
            self.voice.say("It is complete.");
        } else {
            let n = count(made.left_out, "item");
            self.voice.say(format!("It is a part of the answer: {n} wait for a person’s eye and"));
            self.voice.say("are left out, and the filing cabinet has not answered.");
        }
        let lines = pack::gate_lines(pack::sheet(&made)?.files);
        let files = count(lines.len() as u64, "file");
        self.voice.say(format!("The gate looked for what hides in {files} before they went in:"));
        for line in &lines {
            let notes = if line.notes.is_empty() { "nothing hidden" } else { line.notes.as_str() };
            self.voice.say(format!("  - {}: {}; {notes}", line.file, line.result.to_lowercase()));
        }
        Ok((made, zip, folder))
    }

    fn summary(&mut self, done: &Done) -> Result<()> {
        let v = &mut self.voice;
        v.step("In short");
        let request = &done.case.row;
        if let Some(act_by) = request.act_by {
            v.say(format!("{} has to be answered by {}.", request.reference, dates::full(act_by)));
        }
        v.say(format!(
            "{} found, with {} looked through; {} wait for a person, as namesakes, household and \
             other people do.",
            count(done.found.items, "item"),
            count(done.holdings as u64, "holding"),
            done.found.open
        ));
        v.say(format!("The pack, to open in a browser: {}", shown(&start_page(&done.folder))));
        v.say(format!("The same as a file:             {}", shown(&done.zip)));
        if let Some(screened) = &done.screened {
            screened.tell(v);
        }
        v.say(format!("Letters that would have gone:   {}", shown(&self.dir.join("outbox"))));
        Ok(())
    }

    /// Says how the office is opened that nobody serves yet.
    fn say_how_to_open(&mut self, done: &Done) -> Result<()> {
        officer(&done.office, &done.office.by_command(&done.org))?;
        let data = done.office.data().display().to_string();
        let v = &mut self.voice;
        v.step("Your turn");
        v.say("To open the office in a browser:");
        v.say(format!("  candour serve --data {data}"));
        v.say("And, in another window, for a link that signs the officer in once:");
        v.say(format!("  candour staff link {OFFICER} --data {data}"));
        Ok(())
    }

    /// Prints the links that open the office, and the paper holding's question.
    fn open_browser(&mut self, done: &Done) -> Result<()> {
        let (office, base) = (&done.office, format!("http://{}", self.listen));
        let by = office.by_command(&done.org);
        let id = officer(office, &by)?;
        let (b, vault) = (by.clone(), office.vault().clone());
        let token = office.write(move |tx| staff::acts::sign_in_link(tx, &vault, &b, &id))?;
        let v = &mut self.voice;
        v.step("Your turn");
        v.say("Sign in as the officer, by this link, which works once:");
        v.say(format!("  {base}/office/link/{token}"));
        let searches = office.read(|tx| sql::searches(tx, &by.org, &done.case.row.id))?;
        if let Some(asked) = searches.into_iter().find(|s| s.state == "asked") {
            let lasts = jiff::SignedDuration::from_hours(24 * 90);
            let (org, now) = (by.org.clone(), by.now);
            let token =
                office.chore(move |tx| links::make(tx, &org, "paper", &asked.id, now, lasts))?;
            v.say("Answer for the filing cabinet, as its post would, without an account:");
            v.say(format!("  {base}/answer/{token}"));
        }
        v.say(format!("What the public sees: {base}/"));
        v.say("Stop with Ctrl-C.");
        Ok(())
    }
}

impl Done {
    fn json(&self) -> serde_json::Value {
        json!({
            "reference": self.case.row.reference,
            "act_by": self.case.row.act_by,
            "limit": self.case.row.limit,
            "holdings": self.holdings,
            "items": self.found.items,
            "to_decide": self.found.open,
            "failed": self.found.failed,
            "asked": self.found.asked,
            "pack": {"file": self.zip, "folder": self.folder, "items": self.pack.items,
                     "left_out": self.pack.left_out, "complete": self.pack.complete,
                     "sha256": self.pack.sha256},
            "screened": self.screened.as_ref().map(contact::Screened::json),
            "ledger": {"bundle": self.proved.bundle, "entries": self.proved.entries,
                       "key": self.proved.key, "verified_by": self.proved.by},
        })
    }
}

/// How things matched in a holding: the three commonest reasons, or what it waits for.
fn matched(s: &SearchRow) -> Result<String> {
    match s.state.as_str() {
        "asked" => return Ok("a person has been asked".into()),
        "failed" => return Ok("trouble: see below".into()),
        "set-aside" => return Ok("holds no personal data".into()),
        _ => {}
    }
    Ok(serde_json::from_str::<Record>(&s.record)?.how())
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn activities(n: usize) -> String {
    if n == 1 { "1 activity".into() } else { format!("{n} activities") }
}

/// The page of the pack that a person opens first: pages are numbered in the order of reading.
fn start_page(folder: &Path) -> PathBuf {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let page = entries.filter(|p| p.extension().is_some_and(|e| e == "html")).min();
    page.unwrap_or_else(|| folder.to_owned())
}

/// Unpacks a pack beside its file, for opening in a browser.
fn unpack(zip: &Path, folder: &Path) -> Result<()> {
    let fault = |e: zip::result::ZipError| Error::fault(format!("the pack can’t be unpacked: {e}"));
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let mut archive = zip::ZipArchive::new(std::fs::File::open(zip)?).map_err(fault)?;
    archive.extract(folder).map_err(fault)
}
