//! What a campaign is, in which state, and which certificate covers it. Pure.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::charter::Channel;
use crate::mailing::certificates::{self, Certified};
use crate::mailing::templates::Template;
use crate::permissions::Attested;

/// A campaign as kept.
#[derive(Debug, Clone, Serialize)]
pub struct Campaign {
    /// Id.
    pub id: String,
    /// Short name.
    pub short: String,
    /// What people call it.
    pub title: String,
    /// What the list is called; never the list itself.
    pub list: String,
    /// For which purpose of the charter; empty for service and notices.
    pub purpose: String,
    /// By which channel.
    pub channel: Channel,
    /// Which message.
    pub template: String,
    /// In which version.
    pub template_version: i64,
    /// What is attested of those nothing is recorded of.
    pub attested: Option<Attested>,
    /// The day of the send.
    pub planned_on: Date,
    /// The certificate bound to it.
    pub certificate: Option<String>,
    /// When it was sent.
    pub sent_on: Option<Date>,
    /// How many it reached, if that was told.
    pub reached: Option<u64>,
    /// SHA-256 of the list that was used, if it was compared with the certificate.
    pub sent_sha256: Option<String>,
    /// Why it was sent although no certificate covered it.
    pub reason: Option<String>,
    /// Who looked at that.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<Timestamp>,
    /// Who planned it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
}

/// What was sent of one class of message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// On screens.
    pub class: &'static str,
    /// Sends.
    pub sends: u64,
    /// Of these, with a list that was compared with its certificate.
    pub compared: u64,
    /// How many they reached, as far as that was told.
    pub reached: u64,
}

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// To come, not covered yet.
    Planned,
    /// A certificate covers it.
    Screened,
    /// Its day has passed and nobody said that it was sent.
    Overdue,
    /// Sent with the list that its certificate covers.
    Sent,
    /// Sent under a certificate, but nobody showed the list that was used; nobody has looked at it.
    NotCompared,
    /// The same; an officer has looked at it.
    NotComparedAcknowledged,
    /// Sent without one; nobody has looked at it yet.
    Uncovered,
    /// Sent without one; an officer has looked at it.
    Acknowledged,
}

impl State {
    /// On screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Planned => "Planned",
            Self::Screened => "Screened",
            Self::Overdue => "Overdue",
            Self::Sent => "Sent",
            Self::NotCompared => "Sent, not compared with its certificate",
            Self::NotComparedAcknowledged => {
                "Sent, not compared with its certificate, acknowledged"
            }
            Self::Uncovered => "Sent without a certificate",
            Self::Acknowledged => "Sent without a certificate, acknowledged",
        }
    }

    /// How loud its tag is.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Screened | Self::Sent => "ok",
            Self::Planned => "",
            Self::Overdue | Self::Acknowledged | Self::NotComparedAcknowledged => "soon",
            Self::Uncovered | Self::NotCompared => "late",
        }
    }
}

/// Why a certificate does not cover this campaign on this day; `None` when it does. `file` is the
/// SHA-256 of the list that is about to be used, where it is known.
pub fn trouble(
    c: &Campaign,
    t: &Template,
    cert: &Certified,
    file: Option<&str>,
    day: Date,
) -> Option<&'static str> {
    if !t.is_approved() {
        return Some("The class of the message is not approved yet");
    }
    if cert.channel != c.channel.word() {
        return Some("The certificate is of another channel");
    }
    if cert.class != t.class.word() {
        return Some("The certificate is of another class of message");
    }
    if cert.purpose != c.purpose {
        return Some("The certificate is of another purpose");
    }
    if cert.attested() != c.attested {
        return Some("The certificate was made with another attestation: screen the list again");
    }
    if day < cert.on {
        return Some("The certificate is of a later day: the list was screened for that day");
    }
    certificates::trouble(cert, file, day)
}

/// Where a campaign stands today.
pub fn state(c: &Campaign, t: &Template, cert: Option<&Certified>, today: Date) -> State {
    if c.sent_on.is_some() {
        return match (&c.reason, &c.sent_sha256, c.acknowledged_at) {
            (None, Some(_), _) => State::Sent,
            (None, None, None) => State::NotCompared,
            (None, None, Some(_)) => State::NotComparedAcknowledged,
            (Some(_), _, None) => State::Uncovered,
            (Some(_), _, Some(_)) => State::Acknowledged,
        };
    }
    if c.planned_on < today {
        return State::Overdue;
    }
    match cert {
        Some(cert) if trouble(c, t, cert, None, c.planned_on).is_none() => State::Screened,
        _ => State::Planned,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::permissions::Class;

    const PLANNED: Date = date(2026, 11, 25);

    fn campaign() -> Campaign {
        Campaign {
            id: "c".into(),
            short: "talks".into(),
            title: "Talks".into(),
            list: "Friends".into(),
            purpose: "events".into(),
            channel: Channel::Email,
            template: "talks".into(),
            template_version: 1,
            attested: None,
            planned_on: PLANNED,
            certificate: None,
            sent_on: None,
            reached: None,
            sent_sha256: None,
            reason: None,
            acknowledged_by: None,
            acknowledged_at: None,
            made_by: "staff:x".into(),
            made_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn template(approved: bool) -> Template {
        Template {
            short: "talks".into(),
            version: 1,
            title: "Talks".into(),
            class: Class::Marketing,
            text: String::new(),
            tells: Vec::new(),
            approved_by: None,
            approved_at: approved.then_some(Timestamp::UNIX_EPOCH),
            reason: None,
            set_by: "staff:x".into(),
            set_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn certificate() -> Certified {
        Certified {
            id: "z".into(),
            channel: "email".into(),
            class: "marketing".into(),
            purpose: "events".into(),
            on: date(2026, 11, 22),
            valid_until: date(2026, 11, 28),
            allowed_sha256: "aa".into(),
            body: String::new(),
            made_by: "staff:x".into(),
        }
    }

    #[test]
    fn a_certificate_covers_what_it_was_made_for_and_nothing_else() {
        let (c, ok) = (campaign(), template(true));
        let why = |cert: &Certified, t: &Template, file, day| trouble(&c, t, cert, file, day);
        assert_eq!(why(&certificate(), &ok, Some("aa"), PLANNED), None);
        let other = |f: fn(&mut Certified)| {
            let mut cert = certificate();
            f(&mut cert);
            why(&cert, &ok, None, PLANNED).unwrap_or("covered")
        };
        let last = date(2026, 11, 28);
        let early = date(2026, 11, 21);
        let table = [
            ("not approved", why(&certificate(), &template(false), None, PLANNED).unwrap()),
            ("channel", other(|x| x.channel = "sms".into())),
            ("class", other(|x| x.class = "service".into())),
            ("purpose", other(|x| x.purpose = "appeals".into())),
            ("attested", other(|x| x.body = r#"{"attested":"customers"}"#.into())),
            ("file", why(&certificate(), &ok, Some("bb"), PLANNED).unwrap()),
            ("last day", why(&certificate(), &ok, None, last).unwrap_or("covered")),
            ("after it", why(&certificate(), &ok, None, last.tomorrow().unwrap()).unwrap()),
            ("before its day", why(&certificate(), &ok, None, early).unwrap()),
        ];
        let text: String = table.iter().map(|(a, b)| format!("{a} | {b}\n")).collect();
        insta::assert_snapshot!(text, @r"
        not approved | The class of the message is not approved yet
        channel | The certificate is of another channel
        class | The certificate is of another class of message
        purpose | The certificate is of another purpose
        attested | The certificate was made with another attestation: screen the list again
        file | The list was changed after it was screened: screen it again
        last day | covered
        after it | The certificate has run out: screen the list again
        before its day | The certificate is of a later day: the list was screened for that day
        ");
    }

    /// Every state × the day: what the register shows.
    #[test]
    fn states_and_days() {
        let now = Some(Timestamp::UNIX_EPOCH);
        let reason = || Some("The server was down".to_owned());
        let compared = Some("aa".to_owned());
        let rows: [(&str, Campaign, bool); 8] = [
            ("nothing yet", campaign(), false),
            ("certificate", campaign(), true),
            (
                "certificate, planned too late for it",
                Campaign { planned_on: date(2026, 11, 29), ..campaign() },
                true,
            ),
            (
                "sent",
                Campaign { sent_on: Some(PLANNED), sent_sha256: compared, ..campaign() },
                true,
            ),
            ("sent, list not shown", Campaign { sent_on: Some(PLANNED), ..campaign() }, true),
            (
                "sent, list not shown, looked at",
                Campaign { sent_on: Some(PLANNED), acknowledged_at: now, ..campaign() },
                true,
            ),
            (
                "sent, reason",
                Campaign { sent_on: Some(PLANNED), reason: reason(), ..campaign() },
                false,
            ),
            (
                "sent, reason, looked at",
                Campaign {
                    sent_on: Some(PLANNED),
                    reason: reason(),
                    acknowledged_at: now,
                    ..campaign()
                },
                false,
            ),
        ];
        let mut table = String::new();
        for (what, c, with) in &rows {
            let cert = certificate();
            for day in [date(2026, 11, 24), PLANNED, date(2026, 12, 1)] {
                let s = state(c, &template(true), with.then_some(&cert), day);
                table.push_str(&format!("{what} | {day} | {}\n", s.label()));
            }
        }
        insta::assert_snapshot!(table, @r"
        nothing yet | 2026-11-24 | Planned
        nothing yet | 2026-11-25 | Planned
        nothing yet | 2026-12-01 | Overdue
        certificate | 2026-11-24 | Screened
        certificate | 2026-11-25 | Screened
        certificate | 2026-12-01 | Overdue
        certificate, planned too late for it | 2026-11-24 | Planned
        certificate, planned too late for it | 2026-11-25 | Planned
        certificate, planned too late for it | 2026-12-01 | Overdue
        sent | 2026-11-24 | Sent
        sent | 2026-11-25 | Sent
        sent | 2026-12-01 | Sent
        sent, list not shown | 2026-11-24 | Sent, not compared with its certificate
        sent, list not shown | 2026-11-25 | Sent, not compared with its certificate
        sent, list not shown | 2026-12-01 | Sent, not compared with its certificate
        sent, list not shown, looked at | 2026-11-24 | Sent, not compared with its certificate, acknowledged
        sent, list not shown, looked at | 2026-11-25 | Sent, not compared with its certificate, acknowledged
        sent, list not shown, looked at | 2026-12-01 | Sent, not compared with its certificate, acknowledged
        sent, reason | 2026-11-24 | Sent without a certificate
        sent, reason | 2026-11-25 | Sent without a certificate
        sent, reason | 2026-12-01 | Sent without a certificate
        sent, reason, looked at | 2026-11-24 | Sent without a certificate, acknowledged
        sent, reason, looked at | 2026-11-25 | Sent without a certificate, acknowledged
        sent, reason, looked at | 2026-12-01 | Sent without a certificate, acknowledged
        ");
    }
}
