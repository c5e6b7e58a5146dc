//! What mail servers report about messages: that one could not be delivered (RFC 3464), that its
//! reader called it unwanted (RFC 5965). Pure: untrusted bytes in, what they claim out.

use mail_parser::{Message, MessageParser, MimeHeaders as _};

/// What a report claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Nobody will ever read mail at these addresses.
    Bounced(Vec<String>),
    /// Trouble that may pass, or a message that arrived.
    Passing,
    /// The reader called it unwanted; the addresses it went to, where they are named.
    Complaint(Vec<String>),
}

/// Reads a message as a report, with what may be the token of the message it is about; `None` when
/// it is none.
pub fn read(message: &Message<'_>) -> Option<(Report, Vec<String>)> {
    let kind = message.content_type()?;
    if kind.ctype() != "multipart" || kind.subtype() != Some("report") {
        return None;
    }
    let (mut report, mut original) = (None, None);
    for part in &message.parts {
        let Some(t) = part.content_type() else { continue };
        match (t.ctype(), t.subtype().unwrap_or_default()) {
            ("message", "delivery-status" | "global-delivery-status") => {
                report = Some(delivery(&text(part.contents())));
            }
            ("message", "feedback-report") => report = Some(feedback(&text(part.contents()))),
            ("message", "rfc822" | "global") | ("text", "rfc822-headers") => {
                original = MessageParser::default().parse_headers(part.contents());
            }
            _ => {}
        }
    }
    let mut tokens = Vec::new();
    if let Some(o) = &original {
        let header = o.header_raw("List-Unsubscribe").unwrap_or_default();
        tokens.extend(words(header).map(str::to_owned));
        let to = o.to().and_then(|a| a.first()).and_then(|a| a.address());
        if let (Some(Report::Complaint(who)), Some(to)) = (&mut report, to)
            && who.is_empty()
        {
            who.push(to.to_owned());
        }
    }
    report.map(|r| (r, tokens))
}

/// Words long enough to be a sealed token.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .filter(|w| w.len() > 60)
        .take(50)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// The fields of one block, names in lower case, folded lines joined.
fn fields(block: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = out.last_mut() {
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            out.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    out
}

fn field<'a>(all: &'a [(String, String)], name: &str) -> Option<&'a str> {
    all.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// `rfc822; ann@example.org`, or the address alone.
fn address(value: &str) -> String {
    let bare = value.rsplit_once(';').map_or(value, |(_, a)| a);
    bare.trim().trim_matches(['<', '>']).to_owned()
}

/// RFC 3464: a block about the message, then one for each recipient.
fn delivery(text: &str) -> Report {
    let mut dead = Vec::new();
    for block in text.split("\n\n") {
        let f = fields(block);
        let failed = field(&f, "action").is_some_and(|a| a.eq_ignore_ascii_case("failed"));
        let who = field(&f, "original-recipient").or_else(|| field(&f, "final-recipient"));
        if let (true, Some(who)) = (failed && is_final(field(&f, "status").unwrap_or("")), who) {
            dead.push(address(who));
        }
    }
    if dead.is_empty() { Report::Passing } else { Report::Bounced(dead) }
}

/// Whether a status (RFC 3463) says that there is no such mailbox. A full one (5.2.2), and a
/// message that the server did not like (5.3, 5.6, 5.7), say nothing of the address.
fn is_final(status: &str) -> bool {
    let mut parts = status.split('.').map(str::trim);
    let (class, subject, detail) = (parts.next(), parts.next(), parts.next());
    match (class, subject, detail) {
        (Some("5"), Some("1"), _) => true,
        (Some("5"), Some("2"), detail) => detail != Some("2"),
        (Some("5"), Some("0" | "4"), _) => true,
        _ => false,
    }
}

/// RFC 5965: one block.
fn feedback(text: &str) -> Report {
    let f = fields(text);
    match field(&f, "feedback-type").map(str::to_ascii_lowercase).as_deref() {
        None | Some("not-spam" | "virus") => Report::Passing,
        Some(_) => {
            let who = f.iter().filter(|(n, _)| n == "original-rcpt-to");
            Report::Complaint(who.map(|(_, v)| address(v)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Option<(Report, Vec<String>)> {
        read(&MessageParser::default().parse(text.as_bytes()).unwrap())
    }

    fn bounce(action: &str, status: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; \
             report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             Sorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; \
             mx.example\r\n\r\nFinal-Recipient: rfc822; ann@example.org\r\nAction: {action}\r\n\
             Status: {status}\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             List-Unsubscribe: <https://x.example/u/{}>\r\nSubject: Talks\r\n--b--\r\n",
            "t".repeat(80)
        )
    }

    #[test]
    fn only_a_mailbox_that_is_gone_is_a_bounce_for_good() {
        let dead = Report::Bounced(vec!["ann@example.org".to_owned()]);
        for (action, status, report) in [
            ("failed", "5.1.1", dead.clone()),
            ("Failed", "5.2.1", dead.clone()),
            ("failed", "5.0.0", dead),
            ("failed", "5.2.2", Report::Passing),
            ("failed", "5.7.1", Report::Passing),
            ("failed", "4.4.1", Report::Passing),
            ("delayed", "5.1.1", Report::Passing),
            ("delivered", "2.1.5", Report::Passing),
        ] {
            let (told, tokens) = read_text(&bounce(action, status)).unwrap();
            assert_eq!(told, report, "{action} {status}");
            assert_eq!(tokens, ["t".repeat(80)]);
        }
    }

    #[test]
    fn a_complaint_names_its_recipient_or_the_message_does() {
        let report = |kind: &str, who: &str| {
            let text = format!(
                "From: fbl@isp.example\r\nContent-Type: multipart/report; \
                 report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: \
                 text/plain\r\n\r\nx\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
                 Feedback-Type: {kind}\r\n{who}Version: 1\r\n\r\n--b\r\nContent-Type: \
                 message/rfc822\r\n\r\nFrom: news@us.example\r\nTo: bo@example.org\r\nSubject: \
                 Talks\r\n\r\nHello\r\n--b--\r\n"
            );
            read_text(&text).unwrap().0
        };
        let one = |who: &str| Report::Complaint(vec![who.to_owned()]);
        assert_eq!(
            report("abuse", "Original-Rcpt-To: <ann@example.org>\r\n"),
            one("ann@example.org")
        );
        assert_eq!(report("abuse", ""), one("bo@example.org"));
        assert_eq!(report("not-spam", ""), Report::Passing);
    }

    #[test]
    fn other_mail_is_no_report() {
        assert!(read_text("From: ann@example.org\r\nSubject: stop\r\n\r\nPlease").is_none());
        assert!(
            read_text("From: x\r\nContent-Type: multipart/report; boundary=b\r\n\r\n").is_none()
        );
    }
}
