//! What permissions hold about somebody, in words: for the answer to an access request. Reads only.

use candour_db::Tx;

use super::receipts::shown_stop;
use super::sql;
use super::tell::in_words;
use crate::charter::Charter;
use crate::error::Result;
use crate::people::Hash16;

/// One thing that is held: what it is, and its parts by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// "Consent", "Stop", …
    pub what: &'static str,
    /// Names and values, in words.
    pub parts: Vec<(&'static str, String)>,
}

/// The stops on an address or number.
///
/// # Errors
/// Of the database.
pub fn of_address(
    tx: &mut Tx<'_>,
    org: &str,
    charter: &Charter,
    hash: Hash16,
) -> Result<Vec<Held>> {
    let stops = sql::stop_history(tx, org, hash)?;
    let held = stops.iter().map(|s| {
        let s = shown_stop(charter, s);
        let state = if s.lifted { "lifted by a later yes" } else { "stands" };
        Held {
            what: "Contact was stopped",
            parts: vec![
                ("Of", s.what),
                ("By", s.channel.to_owned()),
                ("Why", s.reason),
                ("Since", s.on.to_string()),
                ("State", state.to_owned()),
            ],
        }
    });
    Ok(held.collect())
}

/// The consents of a person, and how their details were got.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut Tx<'_>, org: &str, charter: &Charter, person: &str) -> Result<Vec<Held>> {
    let mut all = Vec::new();
    for c in sql::consents_of(tx, org, person)? {
        let mut parts = vec![
            ("To", in_words(charter, &c)),
            ("State", c.state.clone()),
            ("On", c.given_on.to_string()),
            ("How", c.method.clone()),
            ("Wording", format!("{} {}", c.wording, c.wording_version)),
        ];
        parts.extend(c.until.map(|u| ("Until", u.to_string())));
        all.push(Held { what: "Consent", parts });
    }
    for g in sql::grounds_of(tx, org, person)? {
        let from = if g.ground == "sale" { "a sale" } else { "your support" };
        let offered = if g.refusal_offered { "yes" } else { "no" };
        let parts = vec![
            ("From", from.to_owned()),
            ("On", g.on.to_string()),
            ("A way to refuse was offered", offered.to_owned()),
        ];
        all.push(Held { what: "How we got your details", parts });
    }
    Ok(all)
}
