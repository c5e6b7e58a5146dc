//! What a second person has to know before they agree, and what somebody decided meanwhile.

use candour_db::Tx;

use super::decide::{Sealed, in_words};
use super::grounds;
use crate::error::Result;
use crate::kit::dates;
use crate::requests::review::Decision;
use crate::requests::sql::FindingRow;
use crate::staff::{self, Permission, StaffRow};

/// A decision that waits for a second person.
pub struct ToAgree {
    /// Who decided.
    pub by: String,
    /// When.
    pub at: String,
    /// What, in words.
    pub what: &'static str,
    /// The ground in words, and where it stands in the law.
    pub ground: (&'static str, &'static str),
    /// Why, as the person reads it.
    pub reason: String,
    /// The three questions with their answers, if they were asked.
    pub answers: Vec<(&'static str, bool)>,
    /// Nobody else in the organisation may agree.
    pub nobody_else: bool,
}

impl ToAgree {
    /// Of a decision.
    ///
    /// # Errors
    /// Of the database.
    pub fn of(tx: &mut Tx<'_>, org: &str, f: &FindingRow, sealed: &Sealed) -> Result<Self> {
        let decider = f.decided_by.as_deref().unwrap_or_default();
        let may = |s: &StaffRow| {
            s.left.is_none()
                && s.role.may(Permission::ReleaseCases).is_ok()
                && format!("staff:{}", s.id) != decider
        };
        Ok(Self {
            by: actor(tx, org, decider)?,
            at: f.decided_at.map(dates::moment).unwrap_or_default(),
            what: what(f),
            ground: (grounds::says(&f.ground), grounds::law(&f.ground)),
            reason: sealed.reason.clone(),
            answers: sealed.questions.map(|q| q.answers().to_vec()).unwrap_or_default(),
            nobody_else: !staff::colleagues(tx, org)?.iter().any(may),
        })
    }
}

/// What somebody decided while a page was open: "Ruth Osei decided “disclosed in full” on …".
///
/// # Errors
/// Of the database.
pub fn meanwhile(tx: &mut Tx<'_>, org: &str, f: Option<&FindingRow>) -> Result<String> {
    let Some(f) = f.filter(|f| f.decision != "open") else {
        return Ok("What was decided before is decided no more".into());
    };
    let by = actor(tx, org, f.decided_by.as_deref().unwrap_or_default())?;
    let at = f.decided_at.map(dates::moment).unwrap_or_default();
    let agreed = match f.approved_by.as_deref() {
        Some(second) => format!("; {} agreed", actor(tx, org, second)?),
        None => String::new(),
    };
    Ok(format!("{by} decided “{}” on {at}{agreed}", what(f)))
}

fn what(f: &FindingRow) -> &'static str {
    let decision = match f.decision.as_str() {
        "disclose" => Decision::Disclose,
        "redact" => Decision::Redact,
        _ => Decision::Exclude,
    };
    in_words(decision, &f.ground)
}

/// Who did it, by name where it was a member of staff.
fn actor(tx: &mut Tx<'_>, org: &str, actor: &str) -> Result<String> {
    Ok(match actor.split_once(':') {
        Some(("staff", id)) => match staff::colleague(tx, org, id) {
            Ok(s) => s.name,
            Err(_) => "A colleague who has left".into(),
        },
        _ => "Somebody at the command line".into(),
    })
}
