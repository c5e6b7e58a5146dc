//! `candour request show`: what the desk's page of a case shows. Both read it with the same
//! functions.

use serde_json::{Value, json};

use super::acts::{self, Case};
use super::cli_letters::{Line, lines};
use super::desk::{FoundLine, child, clock_tag, found_line, handed, shown_tasks, steps};
use super::desk_tasks::{Task, tasks};
use super::rules::{State as Where, Wait};
use super::sql::{self, SearchRow};
use super::{letters, search};
use crate::charter::{self, Charter};
use crate::cli::{At, print_json};
use crate::error::Result;
use crate::holdings::{self, Holding};
use crate::kit::dates;
use crate::office::Office;
use crate::proof::{self, By, Told};
use crate::staff;
use candour_clock::RightsDates;
use candour_db::Tx;
use jiff::civil::Date;

/// A case as it is shown.
struct Shown {
    case: Case,
    /// "Due Friday 18 December 2026: 13 working days left".
    clock: String,
    when: RightsDates,
    charter: Charter,
    wait: Option<Wait>,
    /// The first day on which it may be closed as lapsed, once that was warned of.
    lapses: Option<Date>,
    /// The limit if the time ran from receipt after all, while something is waited for.
    counted: Option<Date>,
    tasks: Vec<Task>,
    searches: Vec<SearchRow>,
    known: Vec<Holding>,
    found: Vec<FoundLine>,
    packs: Vec<sql::PackRow>,
    handed: Vec<String>,
    letters: Vec<Line>,
    history: Vec<Told>,
    /// Who works on it.
    owner: Option<String>,
    /// Who proposes to refuse it.
    proposed_by: Option<String>,
    child: Option<String>,
}

fn shown(tx: &mut Tx<'_>, o: &Office, by: &By, reference: &str) -> Result<Shown> {
    let charter = charter::current(tx, &by.org)?;
    let case = acts::load_by_ref(tx, o, by, reference)?;
    let (id, r, today) = (case.row.id.clone(), case.request(), dates::day_of(by.now));
    let clock = acts::clockwork(o, &charter);
    let (when, wait) = (r.dates(&clock)?, r.wait(&clock)?);
    let counted = if r.not_started().is_some() { r.counted(&clock)?.limit } else { None };
    let searches = sql::searches(tx, &by.org, &id)?;
    let known = holdings::known(tx, &by.org)?;
    let packs = sql::packs(tx, &by.org, &id)?;
    let handovers = sql::handovers(tx, &by.org, &id)?;
    let progress = search::progress(tx, &by.org, &id)?;
    let held = letters::held(tx, &by.org, &id)?;
    let open = r.must_be_open("show").is_ok();
    let found = searches.iter().map(|s| found_line(s, &known)).collect::<Result<Vec<_>>>()?;
    let left = tasks(&case, &searches, &progress, packs.first(), held.as_deref());
    let mut name = |who: &str| -> Result<String> { Ok(staff::colleague(tx, &by.org, who)?.name) };
    let owner = case.row.owner.as_deref().map(&mut name).transpose()?;
    let proposed_by = match r.proposed.as_ref().map(|p| p.by.strip_prefix("staff:")) {
        Some(Some(who)) => Some(name(who)?),
        Some(None) => Some("the command line".to_owned()),
        None => None,
    };
    Ok(Shown {
        clock: clock_tag(o, &charter, &case.row, today).words,
        wait: wait.filter(|_| open),
        lapses: r.lapses_on(&clock).filter(|_| open),
        counted: counted.map(|d| d.on),
        // Whoever sits at the machine may do all of it.
        tasks: shown_tasks(left, &case, &found, (true, true)),
        found,
        handed: handovers.iter().map(|h| handed(h, &packs)).collect(),
        letters: lines(tx, by, &id)?,
        history: proof::history(tx, o.vault(), &by.org, &format!("case:{id}"))?,
        child: child(&case, &charter, today).filter(|_| open),
        owner,
        proposed_by,
        when,
        charter,
        searches,
        known,
        packs,
        case,
    })
}

/// Runs `candour request show`.
///
/// # Errors
/// Not found, or its content has been destroyed.
pub fn show(at: &At, reference: &str) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let s = office.read(|tx| shown(tx, &office, &by, reference))?;
    if at.json {
        print_json(&s.json())?;
    } else {
        s.print();
    }
    Ok(0)
}

impl Shown {
    fn json(&self) -> Value {
        let r = self.case.request();
        let short = |s: &SearchRow| self.known.iter().find(|h| h.id == s.holding);
        let search = |s: &SearchRow| {
            let short = short(s).map_or("", |h| h.short.as_str());
            json!({"holding": s.holding, "short": short, "state": s.state, "items": s.items,
                   "trouble": s.trouble, "reason": s.reason})
        };
        let task = |t: &Task| json!({"title": t.title, "status": t.status, "note": t.note});
        let pack = |k: &sql::PackRow| {
            json!({"number": k.number, "made": k.made, "items": k.items, "left_out": k.left_out,
                   "complete": k.complete})
        };
        let told = |t: &Told| {
            json!({"entry": t.idx, "at": t.at, "act": t.act, "by": t.actor, "law": t.law,
                   "said": t.said})
        };
        let waiting = self.wait.map(|w| {
            json!({"for": w.what.words(), "since": w.since, "words": w.words(),
                   "lapses": self.lapses, "limit_if_counted_from_receipt": self.counted})
        });
        json!({
            "reference": self.case.row.reference,
            "request": r,
            "stands": self.clock,
            "waiting": waiting,
            "dates": self.when,
            "tasks": self.tasks.iter().map(task).collect::<Vec<_>>(),
            "asker": self.case.body.asker,
            "wants": self.case.body.wants,
            "owner": self.owner,
            "searches": self.searches.iter().map(search).collect::<Vec<_>>(),
            "packs": self.packs.iter().map(pack).collect::<Vec<_>>(),
            "handed": self.handed,
            "letters": self.letters.iter().map(Line::json).collect::<Vec<_>>(),
            "refusal": self.case.body.refusal,
            "history": self.history.iter().map(told).collect::<Vec<_>>(),
        })
    }

    fn print(&self) {
        let (case, r) = (&self.case, self.case.request());
        println!("{} {} – {}", case.row.reference, r.right.label(), r.state.label());
        println!("  {}", self.clock);
        self.print_waits();
        println!("\nAsked");
        self.print_asked();
        println!("\nDates");
        let days = [("Our promise", &self.when.promise), ("The law", &self.when.limit)];
        for (what, due) in days {
            if let Some(due) = due {
                println!("  {what}: {}", dates::full(due.on));
            }
        }
        if self.when.limit.is_none() && r.must_be_open("show").is_ok() {
            println!("  The law: no date while we wait");
        }
        for step in steps(&self.when, &self.charter) {
            println!("  {} [{}]", step.text, step.source);
        }
        println!("\nLeft to do");
        for t in &self.tasks {
            let note = if t.note.is_empty() { String::new() } else { format!(" – {}", t.note) };
            println!("  {:24} {}{note}", t.title, t.status);
        }
        self.print_found();
        if !self.packs.is_empty() {
            println!("\nPacks");
        }
        for k in &self.packs {
            let state = if k.complete { "complete" } else { "part" };
            println!("  {}  {} items, {state}, made {}", k.number, k.items, dates::moment(k.made));
        }
        self.handed.iter().for_each(|h| println!("  {h}"));
        println!("\nLetters");
        self.letters.iter().for_each(|l| println!("  {}", l.words()));
        println!("\nHistory");
        for t in self.history.iter().rev() {
            println!("  {}  {}", dates::moment(t.at), t.said.as_deref().unwrap_or(&t.act));
        }
    }

    fn print_waits(&self) {
        let r = self.case.request();
        if let Some(wait) = self.wait.map(Wait::words).filter(|w| *w != self.clock) {
            println!("  {wait}");
        }
        if let Some(on) = self.lapses {
            println!("  They were warned: it may be closed as lapsed on {}", dates::full(on));
        }
        if let Some(on) = self.counted {
            println!(
                "  If the doubt was not reasonable, or we asked too late, the time has run from \
                 receipt: then the limit is {}",
                dates::full(on)
            );
        }
        let idle = r.question_open().is_some() && self.wait.is_none();
        if idle && r.must_be_open("show").is_ok() {
            println!("  Our question was asked after the time had ended, so it stops nothing");
        }
        if let (Some(p), Some(by)) = (&r.proposed, &self.proposed_by) {
            let reasons = self.case.body.refusal.clone().unwrap_or_default().for_record();
            println!("  {by} proposes to refuse it, because {}. {reasons}", p.ground.words());
        }
        if let Some(child) = &self.child {
            println!("  {child} Record who decided: candour request record child --help");
        }
        if let Some(owner) = &self.owner {
            println!("  {owner} works on it");
        }
    }

    fn print_asked(&self) {
        let (a, w) = (&self.case.body.asker, &self.case.body.wants);
        let line = |what: &str, said: &str| {
            if !said.is_empty() {
                println!("  {what}: {said}");
            }
        };
        line("Person", &a.name);
        line("Asked for", if w.what.is_empty() { "everything held" } else { &w.what });
        line("Not needed", &w.not_wanted);
        for (what, list) in [
            ("E-mail", &a.emails),
            ("Telephone", &a.phones),
            ("Address", &a.addresses),
            ("Postcode", &a.postcodes),
            ("Number", &a.numbers),
            ("Other name", &a.other_names),
        ] {
            list.iter().for_each(|v| line(what, v));
        }
        line("Date of birth", a.born.as_deref().unwrap_or_default());
        if let Some(agent) = &a.agent {
            let sep = if agent.relation.is_empty() { "" } else { ", " };
            line("Acted for by", &format!("{}{sep}{}", agent.name, agent.relation));
        }
        for l in &self.case.body.learned {
            line(&format!("Learned: {}", l.kind.name()), &l.as_given);
        }
        line("Copies", if w.about_only { "only how it is used, no copies" } else { "" });
        line("Time", &w.period().words().unwrap_or_else(|| "any".into()));
        line("Format", w.format_in_words());
        line("Adjustments", &w.adjustments);
        line("Their deadline", &w.deadline.map(dates::full).unwrap_or_default());
        if matches!(self.case.request().state, Where::Closed { .. } | Where::Sent { .. }) {
            return;
        }
        if !a.findable() {
            println!(
                "  Only a name is known, so what is found can be somebody else’s. Ask for what \
                 would help: an e-mail address, a telephone number, a member number, an address"
            );
        }
    }

    fn print_found(&self) {
        println!("\nHoldings");
        for (s, f) in self.searches.iter().zip(&self.found) {
            let holding = self.known.iter().find(|h| h.id == s.holding);
            let ended = holding.is_some_and(|h| h.ended.is_some());
            let kept = if ended { ", no longer kept" } else { "" };
            let short = holding.map_or("", |h| h.short.as_str());
            let how = if f.how.is_empty() { String::new() } else { format!(", {}", f.how) };
            let weak = if f.weak { ", weak" } else { "" };
            println!("  {short:16} {:10} {} items{how}{weak}{kept}", s.state, s.items);
            if !f.note.is_empty() {
                println!("    {}", f.note);
            }
            f.trouble.iter().for_each(|line| println!("    {line}"));
        }
        if self.searches.is_empty() {
            println!("  The search is planned when it is settled who is asking");
        }
    }
}
