//! What mailing adds to Today and to the daily rounds.

use candour_db::Tx;
use jiff::civil::Date;
use jiff::{SignedDuration, Span};

use super::campaigns::{State, acts as campaigns, sql as campaign_sql};
use super::{hooks, mailbox, screenings, sql};
use crate::charter::Permissions;
use crate::error::Result;
use crate::kit::dates;
use crate::office::Office;
use crate::permissions;
use crate::proof::By;

/// Days after which a preference register is called old: a week before calls made with it would
/// go against PECR reg 21(3).
const OLD: i64 = 21;
/// A machine may repeat a request for this long and gets the same answer.
const REPEATS: SignedDuration = SignedDuration::from_hours(24 * 7);

/// What waits for somebody: a line and where it leads.
///
/// # Errors
/// Of the database.
pub fn pressing(
    tx: &mut Tx<'_>,
    org: &str,
    settings: &Permissions,
    today: Date,
) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    let in_days = |n: i64| today.saturating_add(Span::new().days(n));
    for c in campaign_sql::pressing(tx, org, in_days(7))? {
        let w = campaigns::whole(tx, org, c)?;
        let (title, day) = (&w.campaign.title, dates::short(w.campaign.planned_on));
        let words = match w.state(today) {
            State::Uncovered => format!("{title} was sent without a certificate"),
            State::NotCompared => {
                format!("{title} was sent, and its list not compared with its certificate")
            }
            State::Overdue => format!("{title} was planned for {day}: say whether it was sent"),
            State::Planned => format!("{title} goes out on {day} and has no certificate"),
            State::Screened
            | State::Sent
            | State::Acknowledged
            | State::NotComparedAcknowledged => continue,
        };
        out.push((words, format!("/office/campaigns/{}", w.campaign.short)));
    }
    if let Some((aside, trouble)) = mailbox::sql::state(tx, org)? {
        if let Some(words) = trouble {
            let words = format!("The mailbox for unsubscribes can’t be looked at: {words}");
            out.push((words, "/office/permissions".to_owned()));
        }
        if aside > 0 {
            let n = if aside == 1 { "1 message".to_owned() } else { format!("{aside} messages") };
            let words = format!(
                "{n} to the unsubscribe address could not be read: look in the folder Aside"
            );
            out.push((words, "/office/permissions".to_owned()));
        }
    }
    let lapsing = permissions::lapsing(tx, org, in_days(30), 1000)?.len();
    if lapsing > 0 {
        let words = match lapsing {
            1 => "1 consent lapses within 30 days".to_owned(),
            1000 => "1,000 or more consents lapse within 30 days".to_owned(),
            n => format!("{n} consents lapse within 30 days"),
        };
        out.push((words, "/office/permissions".to_owned()));
    }
    out.extend(old_registers(tx, org, settings, in_days(-OLD))?);
    for h in hooks::sql::all(tx, org)? {
        let lately = h.ended.is_none_or(|at| dates::day_of(at) >= in_days(-30));
        if h.trouble.is_some() && lately {
            let words = format!("The hook at {} does not get through", h.host);
            out.push((words, "/office/programs".to_owned()));
        }
    }
    Ok(out)
}

fn old_registers(
    tx: &mut Tx<'_>,
    org: &str,
    settings: &Permissions,
    oldest: Date,
) -> Result<Vec<(String, String)>> {
    let rows = permissions::imported_registers(tx, org)?;
    let mut out = Vec::new();
    let needed = permissions::registers::needed(settings);
    for (register, _) in needed.iter().filter(|(_, needed)| *needed) {
        let as_of = rows.iter().find(|r| r.register == register.word()).map(|r| r.as_of);
        let words = match as_of {
            None => format!("{}: not imported, and a purpose needs it", register.label()),
            Some(day) if day < oldest => {
                format!("{}: of {}, get a newer one", register.label(), dates::long(day))
            }
            Some(_) => continue,
        };
        out.push((words, "/office/permissions/registers".to_owned()));
    }
    Ok(out)
}

/// The daily rounds: consents that have lapsed are set so, what is no longer needed is swept up.
///
/// # Errors
/// Of the database.
pub fn rounds(office: &Office, by: &By) -> Result<()> {
    screenings::clear_folder(office);
    permissions::withdrawals::expire_due(office, by)?;
    permissions::persons::add_premises(office, by)?;
    let (org, now) = (by.org.clone(), by.now);
    office.chore(move |tx| {
        permissions::sweep(tx, &org, now)?;
        screenings::sweep(tx, &org, now)?;
        permissions::imports::sweep(tx, &org, now)?;
        sql::sweep_answers(tx, &org, now - REPEATS)
    })
}
