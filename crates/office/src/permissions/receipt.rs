//! The receipt of a consent: the fields of ISO/IEC TS 27560 in the terms of the W3C's Data Privacy
//! Vocabulary, as JSON-LD that is plain JSON to whoever wants no more.

use candour_screening::PREMISES;
use serde_json::{Value, json};

use super::acts;
use super::records::{ConsentRow, Use, Wording};
use super::sql;
use super::tell::{in_words, title_in_charter};
use crate::charter::{self, Channel, Charter};
use crate::error::{Error, Result};
use crate::kit::sha256_hex;
use crate::office::Office;
use crate::people;
use crate::register::{self, Activity, Transfers};

/// What each field is in the vocabulary. Fields that it has no word for are left out of the linked
/// reading by the context itself.
fn context() -> Value {
    json!({
        "dpv": "https://w3id.org/dpv#",
        "dct": "http://purl.org/dc/terms/",
        "schema_version": "dct:conformsTo",
        "record_id": "dct:identifier",
        "pii_principal_id": "dpv:hasDataSubject",
        "processing": "dpv:hasProcess",
        "privacy_notice": "dpv:hasNotice",
        "language": "dct:language",
        "purposes": "dpv:hasPurpose",
        "lawful_basis": "dpv:hasLegalBasis",
        "pii_information": "dpv:hasPersonalData",
        "pii_controllers": "dpv:hasDataController",
        "collection_method": "dpv:hasProcessing",
        "processing_method": "dpv:hasProcessing",
        "storage_locations": "dpv:hasStorageCondition",
        "retention_period": "dpv:hasDuration",
        "processing_locations": "dpv:hasLocation",
        "recipient_third_parties": "dpv:hasRecipient",
        "privacy_rights": "dpv:hasRight",
        "jurisdiction": "dpv:hasJurisdiction",
        "authority_party": "dpv:hasAuthority",
        "parties": "dpv:hasEntity",
        "events": "dpv:hasConsentStatus",
        "event_time": "dct:date",
        "validity_duration": "dpv:hasDuration",
        "event_state": { "@id": "dpv:hasConsentStatus", "@type": "@id" },
        "state": { "@id": "dpv:hasConsentStatus", "@type": "@id" },
    })
}

/// The receipt of a consent record. The person's identifiers are not in it: the record's id is.
///
/// # Errors
/// Not found, or of the database.
pub fn receipt(office: &Office, org: &str, id: &str) -> Result<Value> {
    office.read(|tx| {
        let row = sql::consent_by_id(tx, org, id)?;
        let (_, wording, _) = sql::wording_of(tx, org, &row.wording, Some(row.wording_version))?
            .ok_or(Error::NotFound("the wording"))?;
        let charter = charter::current(tx, org)?;
        let proof = acts::proof_of(tx, office.vault(), org, &row)?;
        let ids = people::ids_of(tx, org, &row.person)?;
        let kinds = ids.into_iter().map(|(_, kind)| kind).filter(|k| k != PREMISES).collect();
        let activity = activity(register::activities(tx, org)?, &charter, &row);
        let o = &charter.organisation;
        let authority = proof.and_then(|p| p.representative).map(|(_, authority)| authority);
        Ok(json!({
            "@context": context(),
            "@type": "dpv:ConsentRecord",
            "@id": format!("urn:uuid:{}", row.id),
            "schema_version": "ISO/IEC TS 27560:2023",
            "record_id": row.id,
            "pii_principal_id": row.person,
            "processing": processing(&charter, &row, &wording, activity.as_ref(), kinds, authority),
            "parties": [{
                "id": "controller", "name": o.legal_name, "role": "dpv:DataController",
                "contact": charter.contact.email, "phone": charter.contact.phone,
                "address": charter.contact.post, "type": charter.contact.role,
            }, {
                "id": "authority", "name": charter.law.regulator, "role": "dpv:DataProtectionAuthority",
                "contact": charter.law.regulator_contact,
            }],
            "events": events(&row),
            "state": state_term(&row.state),
        }))
    })
}

/// The entry of the processing register that the consent is for: of its short name or title, and
/// resting on consent.
fn activity(all: Vec<Activity>, charter: &Charter, row: &ConsentRow) -> Option<Activity> {
    let title = Use::from_word(&row.use_kind)
        .and_then(|kind| title_in_charter(charter, kind, &row.use_what));
    all.into_iter().find(|a| {
        a.basis.is_consent()
            && (a.short == row.use_what
                || title.is_some_and(|t| a.title == t || a.recipients.iter().any(|r| r == t)))
    })
}

fn processing(
    charter: &Charter,
    row: &ConsentRow,
    wording: &Wording,
    activity: Option<&Activity>,
    kinds: Vec<String>,
    authority: Option<String>,
) -> Value {
    let notice = format!("As in the privacy notice {}", wording.notice);
    let retention = activity.map_or(notice.clone(), |a| a.retention.clone());
    // Nobody is told that data stays here because nobody wrote down where it goes.
    let abroad: Option<Vec<String>> = match activity.and_then(|a| a.transfers.as_ref()) {
        Some(Transfers::To(all)) => {
            Some(all.iter().map(|t| format!("{}: {}", t.to, t.safeguard)).collect())
        }
        Some(Transfers::None(_)) => Some(Vec::new()),
        None => None,
    };
    let special = row.explicit;
    let pii = activity.map_or(kinds, |a| a.categories.clone());
    let pii: Vec<Value> = pii
        .iter()
        .map(|kind| {
            json!({ "pii_type": kind, "pii_attribute_id": null, "pii_optional": true,
                    "sensitive_pii": special, "special_pii": special })
        })
        .collect();
    json!({
        "privacy_notice": wording.notice,
        "language": wording.language,
        "purposes": [{ "purpose": in_words(charter, row), "type": row.use_kind, "id": row.use_what }],
        "channel": row.channel,
        "lawful_basis": if row.explicit { "UK GDPR Arts 6(1)(a), 9(2)(a)" } else { "UK GDPR Art 6(1)(a)" },
        "wording": { "id": row.wording, "version": row.wording_version, "text": wording.text,
                     "if_refused": wording.if_refused,
                     "sha256": sha256_hex(wording.text.as_bytes()) },
        "pii_information": pii,
        "pii_controllers": ["controller"],
        "collection_method": row.method,
        "processing_method": activity.map_or(notice.clone(), |a| a.purpose.clone()),
        "storage_locations": activity.map_or_else(|| vec![notice.clone()], |a| a.holdings.clone()),
        "retention_period": retention,
        "processing_locations": ["United Kingdom"],
        "geographic_restrictions": abroad,
        "services": [charter.organisation.name()],
        "recipient_third_parties": recipients(charter, row, activity),
        "withdrawal_method": withdrawal(charter, row.channel()),
        "privacy_rights": ["Access", "Rectification", "Erasure", "Restriction", "Portability",
                           "Withdrawal of consent", "Complaint to us", "Complaint to the regulator"],
        "codes_of_conduct": [],
        "impact_assessment": null,
        "jurisdiction": "United Kingdom",
        "authority_party": "authority",
        "valid_until": row.until,
        "represented_by": authority,
    })
}

fn withdrawal(charter: &Charter, channel: Option<Channel>) -> String {
    let by_link = if channel.is_some() { "by the link in any message, " } else { "" };
    let (short, to) = (&charter.organisation.short, &charter.contact.email);
    format!("At any time: {by_link}at /o/{short}/preferences, or by writing to {to}")
}

fn recipients(charter: &Charter, row: &ConsentRow, activity: Option<&Activity>) -> Vec<String> {
    let partners = charter.permissions.partners.iter();
    let mut all: Vec<String> = partners
        .filter(|p| row.use_kind == Use::Share.word() && p.short == row.use_what)
        .map(|p| p.title.clone())
        .collect();
    all.extend(
        activity.filter(|a| !a.no_recipients()).map(|a| a.recipients.clone()).unwrap_or_default(),
    );
    all.sort();
    all.dedup();
    all
}

fn events(row: &ConsentRow) -> Vec<Value> {
    let kind = match row.explicit {
        true => "dpv:ExplicitlyExpressedConsent",
        false => "dpv:ExpressedConsent",
    };
    let days = row.until.map(|until| format!("P{}D", (until - row.given_on).get_days()));
    row.events
        .iter()
        .map(|e| {
            json!({
                "event_time": e.at,
                "event_state": state_term(&e.state),
                "event_type": kind,
                "validity_duration": if e.state == "given" { days.clone() } else { None },
                "entity_id": if e.by == "public" { "data-subject" } else { "controller" },
                "method": e.method,
            })
        })
        .collect()
}

/// The term of a state in the Data Privacy Vocabulary.
fn state_term(state: &str) -> &'static str {
    match state {
        "given" => "dpv:ConsentGiven",
        "refused" => "dpv:ConsentRefused",
        "withdrawn" => "dpv:ConsentWithdrawn",
        "expired" => "dpv:ConsentExpired",
        _ => "dpv:ConsentUnknown",
    }
}
