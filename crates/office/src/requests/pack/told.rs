//! What the letter has to tell, and what is still to come.

use super::content::Content;
use super::plan::Plan;
use crate::kit::dates;
use crate::kit::forms::sentence;

/// What is still to come, for the box on a part pack.
#[derive(Debug, Clone)]
pub struct Rest {
    /// Items that wait for a person.
    pub waiting: u64,
    /// Holdings that have not answered.
    pub unanswered: u64,
    /// Holdings of which parts could not be read.
    pub partly: u64,
    /// The register does not say yet what it has to tell.
    pub register: bool,
    /// The day by which we answer, if it is not over.
    pub by: Option<String>,
}

impl Rest {
    /// What is still to come; `None` when the pack is complete.
    pub fn of(plan: &Plan, stuck: u64, register: bool) -> Option<Self> {
        let (waiting, unanswered) = (plan.open() + stuck, plan.unanswered());
        let partly = plan.partly();
        let by =
            plan.case.row.act_by.or(plan.case.row.limit).filter(|d| *d >= dates::day_of(plan.made));
        let any = waiting + unanswered + partly > 0 || register;
        any.then(|| Self { waiting, unanswered, partly, register, by: by.map(dates::full) })
    }
}

/// What the letter has to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Nothing was found anywhere.
    Nothing,
    /// Something was found and nothing of it goes out.
    Withheld,
    /// All that was found lies outside the time they named.
    Outside,
    /// Only the information about the processing was asked for.
    About,
    /// A copy is enclosed.
    Enclosed,
    /// Nothing is enclosed yet.
    NotYet,
}

impl Told {
    /// From what was found and what went in.
    pub fn of(plan: &Plan, content: &Content, rest: bool) -> Self {
        match (plan.found(), content.items) {
            (0, _) if rest => Self::NotYet,
            (0, _) => Self::Nothing,
            _ if !plan.copies() => Self::About,
            (_, 0) if rest => Self::NotYet,
            (n, 0) if n == content.outside_count() + content.doubtful_outside => Self::Outside,
            (_, 0) => Self::Withheld,
            _ => Self::Enclosed,
        }
    }

    /// Title of the letter.
    pub fn title(self) -> &'static str {
        match self {
            Self::Nothing => "We found no information about you",
            Self::About => "How we use your information",
            Self::Withheld | Self::Outside => "Our answer to your request",
            Self::Enclosed => "Your information: our answer",
            Self::NotYet => "How far we are with your request",
        }
    }
}

/// What they asked for beside the words of their request.
pub fn terms(plan: &Plan) -> Vec<String> {
    let w = &plan.case.body.wants;
    let mut all = Vec::new();
    if let Some(time) = w.period().words() {
        let left = match w.about_only {
            true => "",
            false => {
                " We leave out e-mails dated outside this time; nothing else is left out for its \
                 date."
            }
        };
        all.push(format!("{}.{left}", sentence(&time)));
    }
    if !w.not_wanted.trim().is_empty() {
        all.push(format!("You do not need: {}", w.not_wanted.trim()));
    }
    if w.about_only {
        all.push("Only how we use your information, no copies.".into());
    }
    all
}

/// What lies outside the time they named; empty if nothing does.
pub fn outside(content: &Content) -> String {
    const OUT: &str = "dated outside the time you named";
    let theirs = match content.outside_count() {
        0 => String::new(),
        1 => format!("1 e-mail {OUT} is not enclosed. You can have it: just ask us."),
        n => format!("{n} e-mails {OUT} are not enclosed. You can have them: just ask us."),
    };
    let doubtful = match content.doubtful_outside {
        0 => String::new(),
        1 => format!(
            "1 e-mail {OUT} may be about you or about somebody else: ask us, and we shall look."
        ),
        n => format!(
            "{n} e-mails {OUT} may be about you or about somebody else: ask us, and we shall look."
        ),
    };
    [theirs, doubtful].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
}
