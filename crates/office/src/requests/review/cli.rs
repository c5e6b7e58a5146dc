//! `candour request review`: what was found, and deciding about it.

use std::collections::HashMap;

use clap::Args;
use serde_json::json;

use crate::charter;
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::holdings;
use crate::requests::cli::case_id;
use crate::requests::review::{self, Decided, Decision, Items, More, Questions};
use crate::requests::sql;

/// How something is decided.
#[derive(Args)]
pub struct HowArgs {
    /// Why; needed unless it is disclosed.
    #[arg(long, default_value = "")]
    reason: String,
    /// The ground of the law: needed with exempt, third-party when passages are taken out.
    #[arg(long, default_value = "")]
    ground: String,
    /// With redact: words to take out, wherever in the item they stand; may come several times.
    /// What the search marked is taken out only if no words and no lines are given.
    #[arg(long)]
    words: Vec<String>,
    /// With redact: lines to take out, as FIELD:FROM-TO, counted from 1.
    #[arg(long)]
    lines: Option<String>,
    /// About another person: can it be made anonymous, have they agreed, is it reasonable to
    /// disclose it anyway? As yes,no,no. Needed with --words, --lines, and exempt --ground
    /// third-party.
    #[arg(long, value_name = "YES/NO,YES/NO,YES/NO")]
    three_questions: Option<String>,
    /// With disclose or not-theirs: answers whether it is this person for every record that hangs
    /// on the same doubtful one. Those with another reason for a look still wait.
    #[arg(long)]
    linked: bool,
}

impl HowArgs {
    fn decided(self, word: &str, seen: String) -> Result<Decided> {
        let decision = Decision::from_word(word).ok_or_else(|| {
            Error::invalid("decide", "Decide disclose, redact, not-theirs, cannot-copy or exempt")
        })?;
        let ground = match (word, self.ground.as_str()) {
            ("exempt", "") => return Err(Error::invalid("ground", "Name the ground: --ground")),
            (review::NOT_THEIRS | review::CANNOT_COPY, _) => word.to_owned(),
            (_, ground) => ground.to_owned(),
        };
        let lines = self.lines.as_deref().map(lines).transpose()?;
        let questions = self.three_questions.as_deref().map(questions).transpose()?;
        let more = More { words: self.words, lines };
        let (reason, marks, linked) = (self.reason, Vec::new(), self.linked);
        // The command names the item as it was listed; nothing of an earlier decision was shown.
        let known = None;
        Ok(Decided { decision, ground, reason, marks, more, questions, seen, known, linked })
    }
}

fn lines(text: &str) -> Result<(String, usize, usize)> {
    let wrong = || Error::invalid("lines", "Write lines as FIELD:FROM-TO, such as text:2-4");
    let (field, range) = text.rsplit_once(':').ok_or_else(wrong)?;
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    let number = |n: &str| n.trim().parse::<usize>().map_err(|_| wrong());
    Ok((field.to_owned(), number(from)?, number(to)?))
}

fn questions(text: &str) -> Result<Questions> {
    let answers: Option<Vec<bool>> = text
        .split(',')
        .map(|a| match a.trim() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })
        .collect();
    match answers.as_deref() {
        Some(&[anonymous, consent, reasonable]) => Ok(Questions { anonymous, consent, reasonable }),
        _ => Err(Error::invalid("three-questions", "Answer yes or no three times: no,no,no")),
    }
}

/// An item as it is named on the command line: end of its spool's id, colon, number. When the
/// holding is searched again its items get new names, so that nobody decides about another one
/// than was listed.
fn item_name(spool: &str, n: u64) -> String {
    format!("{}:{n}", &spool[spool.len().saturating_sub(6)..])
}

/// Lists what was found: what waits for a person, or all of it.
///
/// # Errors
/// As the office.
pub fn list_items(at: &At, reference: &str, all: bool) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let id = case_id(&office, &by, reference)?;
    let (searches, findings, titles, charter) = office.read(|tx| {
        let s = sql::searches(tx, &by.org, &id)?;
        let findings = sql::findings(tx, &by.org, &id)?;
        Ok((s, findings, holdings::known(tx, &by.org)?, charter::current(tx, &by.org)?))
    })?;
    let mut rows = Vec::new();
    let of: HashMap<_, _> = findings.iter().map(|f| ((f.search.as_str(), f.item), f)).collect();
    for s in &searches {
        let title = titles.iter().find(|h| h.id == s.holding).map_or("", |h| h.title.as_str());
        for found in Items::open(&office, &by.org, s, 0)? {
            let (n, item) = found?;
            let f = of.get(&(s.id.as_str(), n)).copied();
            if !all && f.is_none_or(|f| !review::waits(f, &charter)) {
                continue;
            }
            let decision = f
                .map_or("disclose", |f| if f.is_outside() { review::OUTSIDE } else { &f.decision });
            rows.push((
                item_name(s.blob.as_deref().unwrap_or_default(), n),
                title,
                item.title(),
                decision,
                f.map_or("", |f| &f.why).to_owned(),
            ));
        }
    }
    if at.json {
        let list: Vec<_> = rows
            .iter()
            .map(|(n, h, t, d, w)| json!({"item": n, "holding": h, "title": t, "decision": d, "why": w}))
            .collect();
        print_json(&list)?;
    } else {
        for (name, holding, title, decision, why) in rows {
            println!("{name:10} {decision:9} {holding}: {title}  {why}");
        }
    }
    Ok(0)
}

/// Decides about one item.
///
/// # Errors
/// As [`review::decide()`], or what was typed can't be read.
pub fn decide_one(at: &At, reference: &str, item: &str, word: &str, how: HowArgs) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let id = case_id(&office, &by, reference)?;
    let wrong = || {
        let message = "There is no such item, or its holding was searched again: see candour \
                       request review";
        Error::invalid("item", message)
    };
    let (end, n) = item.split_once(':').ok_or_else(wrong)?;
    let n = n.parse().map_err(|_| wrong())?;
    let searches = office.read_one(|tx| sql::searches(tx, &by.org, &id))?;
    let spool = |s: &sql::SearchRow| s.blob.clone().filter(|b| b.ends_with(end));
    let (s, seen) = searches.iter().find_map(|s| Some((s, spool(s)?))).ok_or_else(wrong)?;
    let again = review::decide(&office, &by, reference, &s.id, n, &how.decided(word, seen)?)?;
    if again {
        eprintln!(
            "Other holdings are to be searched again, by what this record teaches: candour request \
             find {reference}"
        );
    }
    let open = office.read(|tx| crate::requests::search::progress(tx, &by.org, &id))?.open;
    eprintln!("{open} left to decide");
    Ok(0)
}
