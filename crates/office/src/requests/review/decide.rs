//! What a person decides about an item: disclose it, take passages out, leave it out. A decision
//! is about the item that was shown, rests on a ground, and some need a second person.

use candour_connectors::Body;
use candour_db::Tx;
use serde::{Deserialize, Serialize};

use super::grounds::{self, CANNOT_COPY, NOT_THEIRS, THIRD_PARTY};
use super::hanging;
use super::marking::{self, More};
use crate::charter::{self, Charter};
use crate::error::{Error, Refusal, Result};
use crate::holdings;
use crate::kit::dates;
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::requests::acts::{self, Case, act_on};
use crate::requests::gate::{self, Outcome};
use crate::requests::review::{Item, Mark, item, item_key};
use crate::requests::search::still_searched;
use crate::requests::search::taught;
use crate::requests::sql::{self, FindingRow, SearchRow};
use crate::staff::Permission;

/// What can be decided about an item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Decision {
    /// It goes into the pack as it is.
    #[default]
    Disclose,
    /// It goes in with the marked passages taken out.
    Redact,
    /// It stays out.
    Exclude,
}

impl Decision {
    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disclose => "disclose",
            Self::Redact => "redact",
            Self::Exclude => "exclude",
        }
    }

    /// Reads the word of a form: `not-theirs`, `cannot-copy` and `exempt` all leave an item out.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "disclose" => Some(Self::Disclose),
            "redact" => Some(Self::Redact),
            NOT_THEIRS | CANNOT_COPY | "exempt" => Some(Self::Exclude),
            _ => None,
        }
    }
}

/// The three questions about information on another person (DPA 2018 Sch 2 para 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Questions {
    /// Can it be made anonymous in a gentler way?
    pub anonymous: bool,
    /// Has the other person agreed to its disclosure?
    pub consent: bool,
    /// Is it reasonable to disclose it without their agreement?
    pub reasonable: bool,
}

impl Questions {
    fn in_words(self) -> String {
        let yes = |b| if b { "yes" } else { "no" };
        format!(
            "can it be made anonymous: {}; has the other person agreed: {}; is it reasonable to \
             disclose it anyway: {}",
            yes(self.anonymous),
            yes(self.consent),
            yes(self.reasonable)
        )
    }

    /// The questions with their answers, as a person reads them.
    pub fn answers(self) -> [(&'static str, bool); 3] {
        let [a, c, r] = QUESTIONS;
        [(a, self.anonymous), (c, self.consent), (r, self.reasonable)]
    }

    /// The law lets information about another person out if they agreed or if it is reasonable,
    /// and keeps back no more than what shows who they are.
    fn allow(self, decision: Decision) -> Result<()> {
        let why = match self {
            Self { consent: true, .. } => {
                "the other person has agreed, so this may not be kept back: disclose it"
            }
            Self { reasonable: true, .. } => {
                "it is reasonable to disclose this anyway, so it may not be kept back"
            }
            Self { anonymous: true, .. } if decision == Decision::Exclude => {
                "it can be made anonymous, so it may not be left out as a whole: disclose it \
                 without some passages"
            }
            _ => return Ok(()),
        };
        let source_ = "DPA 2018 Sch 2 para 16";
        Err(Refusal { act: "keep back", why: why.into(), source_ }.into())
    }
}

/// The three questions, as a person reads them.
pub const QUESTIONS: [&str; 3] = [
    "Could it be made anonymous in a gentler way?",
    "Has the other person agreed?",
    "Is it reasonable to disclose it anyway?",
];

/// A decision with its reason.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    /// Which.
    pub decision: Decision,
    /// The ground: empty for what is disclosed, and for passages about other people; what is left
    /// out is `not-theirs` or a ground of the law.
    pub ground: String,
    /// Why; needed unless it is disclosed.
    pub reason: String,
    /// Passages to take out, of those that were marked; empty means all, unless more are marked.
    pub marks: Vec<Mark>,
    /// Passages that nobody had marked.
    pub more: More,
    /// Answers to the three questions; needed with passages marked by hand about other people, and
    /// with what is left out as a whole for another person's sake.
    pub questions: Option<Questions>,
    /// The spool it was shown from; a decision about an older one is refused. Empty: the newest.
    pub seen: String,
    /// What was known of its decision when it was shown, of [`stamp`]: one that somebody took
    /// meanwhile is not written over unseen. None: nothing was shown.
    pub known: Option<String>,
    /// Whether it is this person is answered for all that hangs on the same doubtful record.
    pub linked: bool,
}

impl Decided {
    fn ground(&self) -> &str {
        match (self.decision, self.ground.as_str()) {
            (Decision::Disclose, _) => "",
            (Decision::Redact, "") => THIRD_PARTY,
            (Decision::Exclude, "") => NOT_THEIRS,
            (_, ground) => ground,
        }
    }

    fn check(&self, today: jiff::civil::Date) -> Result<()> {
        if self.linked {
            hanging::check(self.decision, self.ground())?;
        }
        if self.decision == Decision::Disclose {
            return Ok(());
        }
        if self.reason.trim().is_empty() {
            return Err(Error::invalid("reason", "Say why it is not disclosed in full"));
        }
        let ground = self.ground();
        let theirs = self.decision == Decision::Exclude && ground == NOT_THEIRS;
        if !theirs && grounds::find(ground, today).is_none() {
            return Err(Error::invalid("ground", "Choose the ground from the list"));
        }
        if ground != THIRD_PARTY {
            return Ok(());
        }
        match self.questions {
            Some(q) => q.allow(self.decision),
            None if self.decision == Decision::Redact && self.more.is_empty() => Ok(()),
            None => Err(Error::invalid("questions", "Answer the three questions")),
        }
    }

    /// Only a file that the check of outgoing files stops, and that has no text to give instead,
    /// is one that can't be copied.
    fn check_item(&self, item: &Item) -> Result<()> {
        if self.ground() != CANNOT_COPY || self.decision != Decision::Exclude || stuck(item) {
            return Ok(());
        }
        let message = "This can be given: its file passes the check, or it has a text";
        Err(Error::invalid("decision", message))
    }

    fn marks(&self, item: &Item) -> Result<Vec<Mark>> {
        let all = self.marks.is_empty() && self.more.is_empty();
        let mut marks = if all { item.others.clone() } else { self.marks.clone() };
        marks.extend(marking::marks(item, &self.more)?);
        if self.decision == Decision::Redact && marks.is_empty() {
            let message = "Nothing is marked: mark what is to be taken out";
            return Err(Error::invalid("decision", message));
        }
        Ok(marks)
    }
}

/// What is sealed beside a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Why, in the words that the person reads.
    pub reason: String,
    /// The three questions, where they were asked.
    #[serde(default)]
    pub questions: Option<Questions>,
}

/// Whether a thing is a file that can't be copied safely and has no text to give instead.
fn stuck(item: &Item) -> bool {
    match &item.body {
        Body::Document { name, media, text, raw } => {
            let stops = || gate::check(name, media, raw).outcome == Outcome::Stopped;
            text.trim().is_empty() && stops()
        }
        Body::Row { .. } | Body::Message { .. } => false,
    }
}

/// What tells one decision on an item from another: two people may have the same item before them.
pub fn stamp(f: Option<&FindingRow>) -> String {
    let Some(f) = f.filter(|f| f.decision != "open") else { return "open".into() };
    // A reason is sealed anew each time; the rest is for those without one.
    let of = format!("{} {} {:?} {:?}", f.decision, f.reason, f.decided_at, f.approved_by);
    crate::kit::sha256_hex(of.as_bytes())[..16].to_owned()
}

/// Refuses to write over what somebody else decided meanwhile.
fn still_known(f: Option<&FindingRow>, known: Option<&str>) -> Result<()> {
    if known.is_none_or(|k| k == stamp(f)) { Ok(()) } else { Err(Error::Conflict) }
}

/// The item's key tells it apart: its number may be another one in a later search.
/// A reason for all that hangs on a record is sealed once, by that record's key.
fn reason_place(search: &str, key: &str) -> String {
    format!("reason\u{0}{search}\u{0}{key}")
}

/// Decides about an item. A ready pack is ready no more. Answers whether other holdings are
/// searched again, by what a doubtful record teaches that is theirs after all.
///
/// # Errors
/// Denied, not found in this case, no reason or ground, nothing to take out, the holding was
/// searched again since the item was shown, somebody decided about it meanwhile, or the case has
/// been sent.
pub fn decide(
    office: &Office,
    by: &By,
    reference: &str,
    search: &str,
    n: u64,
    d: &Decided,
) -> Result<bool> {
    by.role.may(Permission::WorkCases)?;
    let today = dates::day_of(by.now);
    d.check(today)?;
    let (s, item) = item(office, by, reference, search, n)?;
    still_shown(&s, if d.seen.is_empty() { s.blob.as_deref() } else { Some(&d.seen) })?;
    d.check_item(&item)?;
    let (marks, key) = (d.marks(&item)?, item_key(&item.place, &item.locator));
    let content = crate::requests::search::content(&item.body)?;
    let sealed = Sealed { reason: d.reason.trim().to_owned(), questions: d.questions };
    let plain = serde_json::to_vec(&sealed)?;
    let learned = taught::by_decision(office, by, &s, (n, &item), (d.decision, d.linked))?;
    let (office2, by2, linked, known) = (office.clone(), by.clone(), d.linked, d.known.clone());
    let (decision, ground) = (d.decision, d.ground().to_owned());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &s.case)?;
        still_searched(&case)?;
        still_shown(&sql::a_search(tx, &by2.org, &s.id)?, s.blob.as_deref())?;
        let old = sql::a_finding(tx, &by2.org, &s.id, n)?;
        still_known(old.as_ref(), known.as_deref())?;
        let (vault, place) = (office2.vault(), reason_place(&s.id, &key));
        let row = FindingRow {
            decision: decision.word().into(),
            reason: hex::encode(vault.seal(tx, &by2.org, &case.row.key, &place, &plain)?),
            marks: serde_json::to_string(&marks)?,
            ground: ground.clone(),
            ..FindingRow::open(&s.id, n, &key, &content, old.as_ref().map_or("", |f| &f.why))
        };
        sql::insert_findings(tx, &by2.org, &s.case, [row.clone()])?;
        sql::decide(tx, &by2.org, &row, &by2.actor, by2.now)?;
        case.row.request = case.row.request.clone().reopened();
        acts::save(tx, &office2, &by2, case.clone())?;
        let mut said =
            format!("{}: {}", item_title(tx, &by2.org, &s, n)?, in_words(decision, &ground));
        if !sealed.reason.is_empty() {
            said.push_str(&format!(", {}", sealed.reason));
        }
        if linked {
            let one = hanging::rooted(old)?;
            let place = reason_place(&s.id, &one.root);
            let not_theirs = match decision {
                Decision::Exclude => {
                    Some(hex::encode(vault.seal(tx, &by2.org, &case.row.key, &place, &plain)?))
                }
                Decision::Disclose | Decision::Redact => None,
            };
            said.push_str(&hanging::answer(tx, &by2, &one, not_theirs)?);
        }
        if let Some(q) = sealed.questions {
            said.push_str(&format!(" ({})", q.in_words()));
        }
        let again = taught::search_on(tx, &office2, &by2, &s, learned.clone())?;
        if again {
            said.push_str("; other holdings are searched by what it teaches");
        }
        let law = grounds::source(&ground, today);
        Ok(Recorded::new(&by2, again, act_on(&case, "request.item-decided", law, said)))
    })
}

/// A decision in words.
pub fn in_words(decision: Decision, ground: &str) -> &'static str {
    match (decision, ground) {
        (Decision::Disclose, _) => "disclosed in full",
        (Decision::Redact, _) => "disclosed without some passages",
        (Decision::Exclude, NOT_THEIRS) => "left out, not about this person",
        (Decision::Exclude, CANNOT_COPY) => "left out, its file can’t be copied safely",
        (Decision::Exclude, _) => "left out, exempt",
    }
}

/// The second person agrees to a decision that keeps something back: to the one that they saw, if
/// `known` is its [`stamp`].
///
/// # Errors
/// Denied, not found, nothing to agree to, the one who decided asks, or it was decided anew.
pub fn approve(
    office: &Office,
    by: &By,
    (reference, search, n): (&str, &str, u64),
    known: Option<&str>,
) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    let s = office.read(|tx| crate::requests::review::search_of(tx, by, reference, search))?;
    let (office2, by2, today) = (office.clone(), by.clone(), dates::day_of(by.now));
    let known = known.map(str::to_owned);
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &s.case)?;
        still_searched(&case)?;
        still_shown(&sql::a_search(tx, &by2.org, &s.id)?, s.blob.as_deref())?;
        let charter = charter::current(tx, &by2.org)?;
        let no = |why: &str, source_| Refusal { act: "agree", why: why.into(), source_ };
        let f = sql::a_finding(tx, &by2.org, &s.id, n)?;
        still_known(f.as_ref(), known.as_deref())?;
        let Some(f) = f.filter(|f| f.decision != "open" && waits(f, &charter)) else {
            return Err(no("there is nothing to agree to here", "house rule: two agree").into());
        };
        if f.decided_by.as_deref() == Some(by2.actor.as_str()) {
            let why = "you decided this yourself: a second person has to agree";
            return Err(no(why, "UK GDPR Art 24(1); a setting of the charter").into());
        }
        sql::approve(tx, &by2.org, &s.id, n, &by2.actor, by2.now)?;
        case.row.request = case.row.request.reopened();
        acts::save(tx, &office2, &by2, case.clone())?;
        let said = format!("{}: a second person agreed", item_title(tx, &by2.org, &s, n)?);
        let law = grounds::source(&f.ground, today);
        Ok(Recorded::new(&by2, (), act_on(&case, "request.item-agreed", law, said)))
    })
}

/// Whether a finding waits for a person: to decide, or to agree as the second one.
pub fn waits(f: &FindingRow, charter: &Charter) -> bool {
    let two = charter.rights.second_approver
        && f.approved_by.is_none()
        && grounds::needs_two(f.decision == "exclude", &f.ground);
    f.decision == "open" || two
}

/// An item may be decided about only as it was shown, and not while its holding waits to be
/// searched again.
fn still_shown(s: &SearchRow, seen: Option<&str>) -> Result<()> {
    if s.state == "done" && s.blob.as_deref() == seen {
        return Ok(());
    }
    let why = match s.state.as_str() {
        "done" => "this holding was searched again since you looked: look at the item again",
        _ => "this holding is being searched again: look at the item again when that is done",
    };
    let source_ = "house rule: a decision is about what was shown";
    Err(Refusal { act: "decide", why: why.into(), source_ }.into())
}

/// "Item 3 of Club database".
pub(super) fn item_title(tx: &mut Tx<'_>, org: &str, s: &SearchRow, n: u64) -> Result<String> {
    // Holding and number, not the item's own title: the words of an act are read in lists.
    let all = holdings::known(tx, org)?;
    let title =
        all.iter().find(|h| h.id == s.holding).map_or("a holding that is gone", |h| &h.title);
    Ok(format!("Item {} of {title}", n + 1))
}

/// What was sealed beside a decision.
///
/// # Errors
/// The case's key is gone.
pub fn opened(
    tx: &mut Tx<'_>,
    office: &Office,
    org: &str,
    case: &Case,
    f: &FindingRow,
) -> Result<Sealed> {
    if f.reason.is_empty() {
        return Ok(Sealed::default());
    }
    let sealed = hex::decode(&f.reason).map_err(anyhow::Error::from)?;
    let vault = office.vault();
    let mut open = |place: String| vault.open(tx, org, &case.row.key, &place, &sealed);
    // Decisions of earlier versions were sealed under the item's number.
    let plain = open(reason_place(&f.search, &f.key))
        .or_else(|_| open(reason_place(&f.search, &f.root)))
        .or_else(|_| open(reason_place(&f.search, &f.item.to_string())))?;
    Ok(serde_json::from_slice(&plain).unwrap_or_else(|_| Sealed {
        reason: String::from_utf8_lossy(&plain).into_owned(),
        questions: None,
    }))
}
