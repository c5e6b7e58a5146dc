//! The task list of a case: what is left to do, in order, and where it is done.

use super::acts::Case;
use super::rules::State as Where;
use super::search;
use super::sql::{PackRow, SearchRow};
use crate::kit::dates;

/// One step of the task list.
pub(super) struct Task {
    pub(super) title: &'static str,
    pub(super) note: String,
    pub(super) status: String,
    pub(super) class: &'static str,
    pub(super) link: Option<String>,
}

impl Task {
    /// Without its link, unless it leads to what is only looked at.
    pub(super) fn read_only(&mut self) {
        self.link = self.link.take().filter(|l| l.contains('#') || l.ends_with("/review"));
    }
}

/// Somebody acts for the person: their authority comes before everything else.
fn authority_task(c: &Case, base: &str) -> Option<Task> {
    let agent = c.body.asker.agent.as_ref().filter(|_| c.request().by_agent)?;
    let (status, class) = match c.request().authority {
        Some(on) => (format!("Shown on {}", dates::short(on)), "ok"),
        None => ("Needed first".into(), "soon"),
    };
    let link = c.request().authority.is_none().then(|| format!("{base}/authority"));
    Some(Task { title: "Authority to act", note: agent.name.clone(), status, class, link })
}

/// What keeps the next pack from being the whole answer, as things stand; and where nothing does
/// any more, what kept the last one.
fn blocks(state: &Where, p: &search::Progress, pack: Option<&PackRow>) -> String {
    if !matches!(state, Where::Searching | Where::Reviewing) {
        return String::new();
    }
    let some = |n: u64, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}.")),
        n => Some(format!("{n} {many}.")),
    };
    let waits = [
        some(p.unanswered(), "holding has not answered", "holdings have not answered"),
        some(p.partly, "holding was read only in part", "holdings were read only in part"),
        some(p.open, "item waits for a decision", "items wait for a decision"),
    ];
    let waits: Vec<String> = waits.into_iter().flatten().collect();
    match pack.filter(|k| !k.complete && waits.is_empty()) {
        None => waits.join(" "),
        Some(k) => match super::pack::blocks(k) {
            Ok(all) => format!("Make it again. Pack {} lacked: {}", k.number, all.join(" ")),
            Err(_) => String::new(),
        },
    }
}

/// How far the sending is, with where it goes on; none before there is anything to send.
fn release(state: &Where, held: Option<&str>) -> (Option<(String, &'static str)>, Option<String>) {
    let done = |s: &str| Some((s.to_owned(), "ok"));
    match (state, held) {
        (Where::Sent { .. }, Some(letter)) => {
            let status = ("Not gone yet: send the letter on".to_owned(), "late");
            (Some(status), Some(format!("/letters/{letter}")))
        }
        (Where::Sent { on }, None) => (done(&format!("Sent on {}", dates::short(*on))), None),
        (Where::Closed { outcome, .. }, _) => (done(outcome.words()), None),
        (Where::Ready, _) => {
            (Some(("Ready to send".to_owned(), "soon")), Some("/hand/send".to_owned()))
        }
        _ => (None, None),
    }
}

/// The step that is about the holdings.
const SEARCH: &str = "Search the holdings";

/// Says at the step of the search that holdings which the case still waits for are no longer kept:
/// nothing comes of waiting. It leads to setting the first of these searches aside, or to all of
/// them where somebody else has to do that.
pub(super) fn no_longer_kept(all: &mut [Task], c: &Case, gone: &[&str], may_set_aside: bool) {
    let state = &c.request().state;
    let searched = matches!(state, Where::Searching | Where::Reviewing | Where::Ready);
    let (Some(first), true) = (gone.first(), searched) else { return };
    let Some(task) = all.iter_mut().find(|t| t.title == SEARCH) else { return };
    task.note.push_str(match gone.len() {
        1 => ". One is no longer kept: set it aside, or take it up again",
        _ => ". Some are no longer kept: set each aside, or take it up again",
    });
    task.status = format!("{} no longer kept", gone.len());
    task.class = "late";
    if may_set_aside {
        task.link = Some(format!("/office/cases/{}/set-aside/{first}", c.row.reference));
    }
}

/// What is left to do, in order. `held` is the letter that tells of the answer, if it has not left.
pub(super) fn tasks(
    c: &Case,
    searches: &[SearchRow],
    p: &search::Progress,
    pack: Option<&PackRow>,
    held: Option<&str>,
) -> Vec<Task> {
    let base = format!("/office/cases/{}", c.row.reference);
    let state = &c.request().state;
    let settled = c.request().settled.as_ref();
    let done = |s: &str| (s.to_owned(), "ok");
    let waiting = ("Cannot start yet".to_owned(), "");
    let (identity, identity_class) = match state {
        _ if settled.is_some() => done("Completed"),
        Where::Identity { asked } => (format!("Asked on {}", dates::short(*asked)), "soon"),
        Where::Received => ("Not yet started".into(), ""),
        _ => waiting.clone(),
    };
    let n = searches.len() as u64;
    let (search, search_class) = match (settled.is_some(), p.done == n && n > 0) {
        (false, _) => waiting.clone(),
        (true, true) if p.partly > 0 => (format!("{} only in part", p.partly), "late"),
        (true, true) => done("Completed"),
        _ if p.failed > 0 => (format!("{} with trouble", p.failed), "late"),
        _ if p.asked > 0 => (format!("Waiting for {}", p.asked), "soon"),
        _ => ("In progress".into(), "soon"),
    };
    let (review, review_class) = match (p.done > 0, p.open) {
        (false, _) => waiting.clone(),
        (true, 0) if p.done == n => done("Completed"),
        (true, 0) => ("Nothing waits".into(), ""),
        (true, open) => (format!("{open} to decide"), "soon"),
    };
    let (packed, packed_class) = match pack {
        Some(k) if k.complete && *state != Where::Reviewing => done("Complete"),
        Some(k) => (format!("Part: {} to decide", k.left_out), "soon"),
        None if p.done > 0 => ("Not yet started".into(), ""),
        None => waiting.clone(),
    };
    let task =
        |title, note: String, (status, class): (String, &'static str), link: Option<&str>| Task {
            title,
            note,
            status,
            class,
            link: link.map(|l| format!("{base}{l}")),
        };
    let who = settled.map_or("Only ask where there is real doubt".into(), |s| s.how.clone());
    let identity_link = settled.is_none().then_some("/identity");
    let searched =
        format!("{} answered, {} waiting for a person, {} with trouble", p.done, p.asked, p.failed);
    let reviewed = format!("{} items, disclosed by default", p.items);
    let review_link = (p.items > 0).then_some("/review");
    let blocks = blocks(state, p, pack);
    let (release, send_link) = release(state, held);
    let mut all: Vec<Task> = authority_task(c, &base).into_iter().collect();
    all.extend([
        task("Know who is asking", who, (identity, identity_class), identity_link),
        task(SEARCH, searched, (search, search_class), Some("#found")),
        task("Review what was found", reviewed, (review, review_class), review_link),
        task("Make the pack", blocks, (packed, packed_class), Some("#packs")),
        task("Send it", String::new(), release.unwrap_or(waiting), send_link.as_deref()),
    ]);
    all
}
