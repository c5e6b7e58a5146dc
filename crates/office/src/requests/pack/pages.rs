//! The pages of a pack. Each stands alone: one small style inside, no script, nothing fetched.

use askama::Template;

use super::content::{Content, Line, Removal, Table};
use super::cut::REMOVED;
use super::own;
use super::plan::{Part, Plan};
use super::processing::Use;
use super::told::{Rest, Told, outside, terms};
use crate::kit::dates;
use crate::requests::review::CANNOT_COPY;
use crate::requests::search::Missed;

/// The frame of every page.
#[derive(Debug, Clone)]
pub struct Frame {
    pub(super) title: String,
    pub(super) org: String,
    pub(super) reference: String,
    pub(super) person: String,
    pub(super) made: String,
    pub(super) number: u64,
    /// Which part of the answer it is, if there are several.
    pub(super) part: u64,
    pub(super) brand: String,
    /// "../" in a folder, "" beside the read-me.
    pub(super) root: &'static str,
    /// Not empty when there is a way up to the read-me.
    pub(super) up: &'static str,
}

impl Frame {
    /// The frame of a page; `root` leads to the read-me.
    pub fn of(plan: &Plan, title: &str, root: &'static str) -> Self {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            title: if title.is_empty() { "(no title)".into() } else { title },
            org: plan.charter.organisation.legal_name.clone(),
            reference: plan.case.row.reference.clone(),
            person: plan.case.body.asker.name.clone(),
            made: dates::long(dates::day_of(plan.made)),
            number: plan.number,
            part: plan.earlier + 1,
            brand: plan.charter.theme.brand.clone(),
            root,
            up: "yes",
        }
    }
}

/// One holding in the letter.
pub struct LookedIn {
    title: String,
    how: String,
    found: u64,
    missed: Vec<String>,
    reason: String,
}

impl LookedIn {
    fn of(p: &Part) -> Self {
        let mut by: Vec<&str> = Vec::new();
        for place in &p.record.searched.places {
            for how in &place.by {
                if !by.contains(&how.as_str()) {
                    by.push(how);
                }
            }
        }
        let mut how = match (by.len(), p.holding.post.as_deref()) {
            (_, Some(post)) if p.holding.is_paper() => format!("By hand, by the {}", small(post)),
            (0, _) => "Every record".to_owned(),
            (1..=6, _) => sentence(&by.join("; ")),
            (n, _) => format!("{}; and {} more ways", sentence(&by[..6].join("; ")), n - 6),
        };
        let at: Option<u64> = p.record.searched.places.iter().map(|l| l.looked_at).sum();
        if let Some(n) = at.filter(|n| *n > 0) {
            how.push_str(&format!(" ({n} looked at)"));
        }
        let title = p.holding.title.clone();
        let missed = p.missed().iter().map(Missed::told).collect();
        let reason = p.search.reason.clone().unwrap_or_default();
        Self { title, how, found: p.found(), missed, reason }
    }
}

fn sentence(text: &str) -> String {
    let mut c = text.chars();
    c.next().map_or(String::new(), |f| f.to_uppercase().collect::<String>() + c.as_str())
}

fn small(text: &str) -> String {
    let mut c = text.chars();
    c.next().map_or(String::new(), |f| f.to_lowercase().collect::<String>() + c.as_str())
}

/// The letter.
#[derive(Template)]
#[template(path = "requests/pack/pages/letter.html")]
pub struct Letter {
    f: Frame,
    outcome: Told,
    part: Option<Rest>,
    dear: String,
    agent: Option<String>,
    asked: String,
    via: &'static str,
    found: u64,
    /// There is a schedule.
    listed: bool,
    proofs: bool,
    what: String,
    terms: Vec<String>,
    /// What lies outside the time they named; empty if nothing does.
    outside: String,
    searched_by: String,
    learned: usize,
    looked: Vec<LookedIn>,
    /// Something was not read: a place set aside, or parts of one.
    unread: bool,
    /// Somewhere nothing could be looked up by what is known of the person.
    unasked: bool,
    aside: Vec<(String, String)>,
    waiting: Vec<String>,
    enclosed: Vec<String>,
    pages: Vec<(String, String)>,
    left: Vec<String>,
    removed_sign: &'static str,
    role: String,
    role_full: String,
    name: Option<String>,
    email: String,
    phone: Option<String>,
    post: String,
    regulator: String,
    regulator_contact: String,
}

impl Letter {
    /// The letter of a pack.
    pub fn of(plan: &Plan, content: &Content, part: Option<Rest>) -> Self {
        let (body, c) = (&plan.case.body, &plan.charter.contact);
        let outcome = Told::of(plan, content, part.is_some());
        let agent = body.asker.agent.as_ref();
        let parts = || plan.parts.iter();
        let aside = parts().filter(|p| p.set_aside());
        Self {
            f: Frame::of(plan, outcome.title(), ""),
            outcome,
            part,
            dear: agent.map_or(&body.asker.name, |a| &a.name).clone(),
            agent: agent.map(|a| a.relation.clone()),
            asked: dates::full(plan.case.request().received),
            via: plan.case.request().via.words(),
            found: plan.found(),
            listed: !content.lines.is_empty(),
            proofs: !plan.proofs.is_empty(),
            what: body.wants.what.trim().to_owned(),
            terms: terms(plan),
            outside: outside(content),
            searched_by: searched_by(plan),
            learned: body.learned.len() + body.learned_postcodes.len(),
            looked: looked(plan),
            unread: parts().any(|p| p.set_aside() || p.record.gaps().next().is_some()),
            unasked: parts().any(Part::unasked),
            aside: aside
                .map(|p| (p.holding.title.clone(), p.search.reason.clone().unwrap_or_default()))
                .collect(),
            waiting: parts()
                .filter(|p| !p.done() && !p.set_aside())
                .map(|p| p.holding.title.clone())
                .collect(),
            enclosed: enclosed(content),
            pages: content.pages.clone(),
            left: left(content),
            removed_sign: REMOVED,
            role: small_role(&c.role),
            role_full: c.role.clone(),
            name: c.name.clone(),
            email: c.email.clone(),
            phone: c.phone.clone(),
            post: c.post.clone(),
            regulator: plan.charter.law.regulator.clone(),
            regulator_contact: plan.charter.law.regulator_contact.clone(),
        }
    }
}

/// Where we looked: each holding, and always this office's own records.
fn looked(plan: &Plan) -> Vec<LookedIn> {
    let own = LookedIn {
        title: own::TITLE.into(),
        how: own::HOW.into(),
        found: plan.own_records.held.len() as u64,
        missed: Vec::new(),
        reason: String::new(),
    };
    plan.parts.iter().filter(|p| p.done()).map(LookedIn::of).chain([own]).collect()
}

/// "data protection officer", but "DPO" stays.
fn small_role(role: &str) -> String {
    match role.chars().nth(1) {
        Some(c) if c.is_lowercase() => small(role),
        _ => role.to_owned(),
    }
}

fn searched_by(plan: &Plan) -> String {
    let a = &plan.case.body.asker;
    let lists = [&a.other_names, &a.emails, &a.phones, &a.postcodes, &a.numbers];
    let all: Vec<&str> = std::iter::once(&a.name)
        .chain(lists.into_iter().flatten())
        .map(|s| s.trim())
        .filter(|s| !s.is_empty())
        .collect();
    all.join(", ")
}

fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

fn enclosed(c: &Content) -> Vec<String> {
    let mut all = Vec::new();
    if c.rows > 0 {
        let tables =
            count(c.tables.len() as u64 + u64::from(c.own > 0), "table or list", "tables or lists");
        all.push(format!(
            "{} from {tables}, in the folder “data”.",
            count(c.rows, "record", "records")
        ));
    }
    if c.messages > 0 {
        all.push(format!(
            "{}, in the folder “documents”.",
            count(c.messages, "message", "messages")
        ));
    }
    if c.documents > 0 {
        let n = count(c.documents, "document", "documents");
        all.push(format!("{n}, in the folder “documents”."));
    }
    all
}

fn left(c: &Content) -> Vec<String> {
    let mut whole = 0;
    let mut passages = 0;
    let mut gate = 0;
    let mut attachments = 0;
    let mut stuck = 0;
    for (r, n) in &c.removed {
        match r {
            r if r.code == CANNOT_COPY => stuck += n,
            r if r.what.starts_with("an attachment") => attachments += n,
            r if r.by_gate => gate += n,
            r if r.what.starts_with("a passage") => passages += n,
            _ => whole += n,
        }
    }
    let mut all = Vec::new();
    if whole > 0 {
        all.push(format!("{} left out as a whole.", count(whole, "item was", "items were")));
    }
    if stuck > 0 {
        all.push(format!(
            "{} not enclosed, because {} can’t be copied safely. You can see what is there at our \
             premises: tell us when you would like to come.",
            count(stuck, "file is", "files are"),
            if stuck == 1 { "it" } else { "they" }
        ));
    }
    if passages > 0 {
        all.push(format!("{} taken out.", count(passages, "passage was", "passages were")));
    }
    if attachments > 0 {
        all.push(format!(
            "{} could not be checked and had to be left out. If you want to have them, \
             tell us and we will find another way.",
            count(attachments, "attachment of a message", "attachments of messages")
        ));
    }
    if gate > 0 {
        all.push(
            "Hidden parts of files, such as their properties, were taken out, or the text of a \
             file is given instead of the file."
                .into(),
        );
    }
    all
}

/// The information about the processing, UK GDPR Art 15(1) and (2).
#[derive(Template)]
#[template(path = "requests/pack/pages/processing.html")]
pub struct Processing {
    /// Frame.
    pub f: Frame,
    /// Something was found.
    pub used: bool,
    /// Copies are enclosed.
    pub copies: bool,
    /// What the register says.
    pub uses: Vec<Use>,
    /// Places that the register does not cover.
    pub uncovered: Vec<String>,
    /// This office itself holds something.
    pub own: bool,
    /// What stands where the register says nothing: never an assurance.
    pub unsaid: &'static str,
    /// Address for data protection.
    pub email: String,
    /// The regulator.
    pub regulator: String,
    /// How it is reached.
    pub regulator_contact: String,
}

/// The list of everything enclosed.
#[derive(Template)]
#[template(path = "requests/pack/pages/schedule.html")]
pub struct Schedule<'a> {
    /// Frame.
    pub f: Frame,
    /// Each entry.
    pub lines: &'a [Line],
}

/// What was left out.
#[derive(Template)]
#[template(path = "requests/pack/pages/removed.html")]
pub struct Removed<'a> {
    /// Frame.
    pub f: Frame,
    /// Each kind with how often.
    pub rows: Vec<(&'a Removal, u64)>,
    /// Address for data protection.
    pub email: String,
}

/// Codes and terms.
#[derive(Template)]
#[template(path = "requests/pack/pages/codes.html")]
pub struct Codes<'a> {
    /// Frame.
    pub f: Frame,
    /// What stands for a passage.
    pub removed_sign: &'static str,
    /// The tables.
    pub tables: &'a [Table],
}

/// Top of the page of a holding.
#[derive(Template)]
#[template(path = "requests/pack/pages/data_top.html")]
pub struct DataTop {
    /// Frame.
    pub f: Frame,
}

/// Heading of a table.
#[derive(Template)]
#[template(path = "requests/pack/pages/data_table.html")]
pub struct DataTable<'a> {
    /// Its name.
    pub table: &'a str,
    /// How many rows.
    pub rows: u64,
    /// How many are shown.
    pub most: u64,
    /// The CSV file beside the page.
    pub csv: String,
    /// The JSON file beside the page.
    pub json: String,
}

/// A row.
#[derive(Template)]
#[template(path = "requests/pack/pages/data_card.html")]
pub struct DataCard<'a> {
    /// Number.
    pub n: u64,
    /// Columns and values.
    pub fields: &'a [(String, Option<String>)],
}

/// End of the page of a holding.
#[derive(Template)]
#[template(path = "requests/pack/pages/data_foot.html")]
pub struct DataFoot {
    /// Frame.
    pub f: Frame,
}

/// A message or a document as a page.
#[derive(Template)]
#[template(path = "requests/pack/pages/thing.html")]
pub struct Thing<'a> {
    /// Frame.
    pub f: Frame,
    /// What to know about it.
    pub note: &'a str,
    /// From, to, date.
    pub head: Vec<(String, String)>,
    /// The text.
    pub text: String,
}

/// What the proof files are.
#[derive(Template)]
#[template(path = "requests/pack/pages/proof.txt", escape = "none")]
pub struct Proof<'a> {
    /// The case.
    pub reference: &'a str,
    /// Names of the files.
    pub names: Vec<&'a str>,
    /// The log's public key.
    pub key: &'a str,
}
