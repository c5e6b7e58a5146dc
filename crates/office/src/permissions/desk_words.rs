//! The officer's pages about words: the receipt of a consent, the wordings it is asked for with.

use askama::Template;
use axum::extract::{Form, Path, State};

use super::records::{Use, Wording};
use super::tell::use_in_words;
use super::{acts, receipt};
use crate::charter::{Channel, Charter};
use crate::error::{Error, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, download, mend, page};
use crate::office::Office;
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

/// `GET /office/permissions/receipts/{id}`: the receipt as a file.
pub async fn receipt(State(office): State<Office>, me: Signed, Path(id): Path<String>) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let made = office.run(move |o| receipt::receipt(o, &me.by.org, &id)).await?;
    let text = serde_json::to_vec_pretty(&made)?;
    Ok(download("consent-receipt.json", "application/json", text))
}

#[derive(Template)]
#[template(path = "permissions/pages/receipt.html")]
struct ReceiptPage {
    d: Desk,
    id: String,
    rows: Vec<(&'static str, String)>,
    text: String,
    if_refused: String,
    events: Vec<(String, String)>,
}

/// `GET /office/permissions/consents/{id}`: the receipt as a page, with the words the person saw.
pub async fn consent(State(office): State<Office>, me: Signed, Path(id): Path<String>) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office
        .run(move |o| {
            let r = receipt::receipt(o, &me.by.org, &id)?;
            let (proof, asks) = o.read(|tx| {
                let (org, row) = (&me.by.org, super::sql::consent_by_id(tx, &me.by.org, &id)?);
                let asked =
                    super::sql::wording_of(tx, org, &row.wording, Some(row.wording_version))?;
                let asks = asked.map(|(_, w, _)| w.asks_in_words()).unwrap_or_default();
                Ok((acts::proof_of(tx, o.vault(), org, &row)?.unwrap_or_default(), asks))
            })?;
            let for_them = proof.representative.map(|(who, _)| who).unwrap_or_default();
            let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
            let p = &r["processing"];
            let events = r["events"].as_array().cloned().unwrap_or_default();
            Ok(ReceiptPage {
                d: Desk::new(&me, "Permissions", "Consent record"),
                rows: vec![
                    ("What for", text(&p["purposes"][0]["purpose"])),
                    ("Channels that the words ask about", asks),
                    ("State", text(&r["state"]).trim_start_matches("dpv:").to_owned()),
                    ("Basis", text(&p["lawful_basis"])),
                    ("Privacy notice shown", text(&p["privacy_notice"])),
                    ("How it came", text(&p["collection_method"])),
                    ("Until", text(&p["valid_until"])),
                    ("What proves it", proof.evidence),
                    ("Who took the answer", proof.collector),
                    ("Who answered for them", for_them),
                    ("With what authority", text(&p["represented_by"])),
                ],
                text: text(&p["wording"]["text"]),
                if_refused: text(&p["wording"]["if_refused"]),
                events: events
                    .iter()
                    .map(|e| (text(&e["event_time"]), text(&e["event_state"])))
                    .collect(),
                id,
            })
        })
        .await?;
    page(&view)
}

#[derive(Template)]
#[template(path = "permissions/pages/wording.html")]
struct WordingPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    /// What a consent can be for: the value of the choice, and its words.
    uses: Vec<(String, String)>,
    channels: Vec<(&'static str, &'static str)>,
}

fn wording_page(me: &Signed, f: Filled, w: Wrong) -> WordingPage {
    WordingPage {
        d: Desk::new(me, "Permissions", "Add a wording"),
        f,
        w,
        uses: uses(&me.charter),
        channels: Channel::ALL.iter().map(|c| (c.word(), c.label())).collect(),
    }
}

/// Each purpose and partner of the charter by its title, then what is named in words.
fn uses(charter: &Charter) -> Vec<(String, String)> {
    let p = &charter.permissions;
    let contact = p.purposes.iter().map(|x| (Use::Contact, x.short.as_str()));
    let share = p.partners.iter().map(|x| (Use::Share, x.short.as_str()));
    let named = [
        (Use::Publish, "Publishing something, in a directory for example"),
        (Use::Research, "Answers to a survey"),
        (Use::Other, "Something else"),
    ];
    let of_charter = contact
        .chain(share)
        .map(|(kind, what)| (format!("{}:{what}", kind.word()), use_in_words(charter, kind, what)));
    of_charter.chain(named.map(|(kind, words)| (kind.word().into(), words.into()))).collect()
}

/// `GET /office/permissions/wordings/new`
pub async fn wording_form(me: Signed) -> Answer {
    me.by.role.may(Permission::ManagePermissions)?;
    page(&wording_page(&me, Filled::default(), Wrong::default()))
}

/// `POST /office/permissions/wordings/new`: a new version where the short name is there already.
pub async fn set_wording(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    let act = |o: &Office, me: &Signed, (): &(), f: &Filled| {
        let w = wording_from(f)?;
        let (by, vault) = (me.by.clone(), o.vault().clone());
        o.write(move |tx| acts::set_wording(tx, &vault, &by, &w))?;
        Ok(On::saying("/office/permissions", "The wording has been saved."))
    };
    carry_out(&office, me, (), Filled(pairs), act, |_, me, (), f, e| {
        mend(&wording_page(me, f, Wrong::of(e)?))
    })
    .await
}

fn wording_from(f: &Filled) -> Result<Wording> {
    f.check_lengths(|_| forms::LONG)?;
    let (kind, what) = match f.get("use").split_once(':') {
        Some((kind, what)) => (kind, what),
        None => (f.get("use"), f.get("use_what").trim()),
    };
    Ok(Wording {
        short: f.get("short").to_owned(),
        use_kind: Use::from_word(kind)
            .ok_or_else(|| Error::invalid("use", "Choose what the consent is for"))?,
        use_what: what.to_owned(),
        channels: f.all("channels").into_iter().filter_map(Channel::from_word).collect(),
        text: f.get("text").to_owned(),
        if_refused: f.get("if_refused").to_owned(),
        notice: f.get("notice").to_owned(),
        explicit: f.ticked("explicit"),
        language: "en-GB".into(),
    })
}
