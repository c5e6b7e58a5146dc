//! Every statement on mailing.

use candour_db::{Tx, bind};

use crate::error::Result;
use crate::kit::{jobs, new_id};
use crate::proof::By;

/// Announces a change to every hook that listens for it, in the transaction of the change. The
/// announcement carries the id of the thing, nothing personal.
pub fn announce(tx: &mut Tx<'_>, by: &By, event: &'static str, about: &str) -> Result<()> {
    let hooks: Vec<(String, String)> = tx.rows(
        "SELECT id, events FROM hooks WHERE org = $1 AND ended_at IS NULL",
        bind![by.org.as_str()],
        |r| Ok::<_, candour_db::DbError>((r.text("id")?, r.text("events")?)),
    )?;
    for (hook, events) in hooks {
        if !events.split(' ').any(|e| e == event) {
            continue;
        }
        let id = new_id(by.now);
        tx.exec(
            "INSERT INTO hook_calls (id, org, hook, event, about, state, tries, made_at)
             VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6)",
            bind![id.as_str(), by.org.as_str(), hook, event, about, by.now],
        )?;
        jobs::queue(tx, &by.org, "hook", &id, by.now)?;
    }
    Ok(())
}
