//! Letters on their way: sealed in the database, sent by a job, or kept in a folder when no mail
//! server is set up. No pictures, no tracking, nothing personal beyond what the letter says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use candour_db::Tx;
use jiff::Timestamp;
use jiff::civil::Date;
use lettre::message::{Mailbox, MultiPart, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Refusal, Result};
use crate::kit::vault::{KeyId, Vault};
use crate::kit::{jobs, new_id};
use crate::settings::{Post, Security};

pub mod sql;

pub use sql::LetterRow;

/// A written letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Which letter: `acknowledgement`.
    pub name: String,
    /// To: address; without one it is printed and posted.
    pub to: Option<String>,
    /// From: name and address of the organisation's contact.
    pub from: (String, String),
    /// Subject: holds the reference and nothing personal.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The case's reference, for threading.
    pub thread: String,
}

/// The end of the name of a letter that can't be read any more once it is sent: its key was made
/// for it alone, since whoever it is about may be erased.
pub const ONCE: &str = "-once";

/// The letter whose link lets whoever has it choose as the person themselves: its words are for
/// nobody else.
pub const PREFERENCES: &str = "preference-link";

/// How letters leave.
#[derive(Debug, Clone)]
pub enum Transport {
    /// Through a mail server.
    Smtp(Post),
    /// Into a folder, because no mail server is set up.
    Folder(PathBuf),
}

impl Transport {
    /// By the mail server that is set, if one is.
    pub fn by(post: Option<&Post>, data: &Path) -> Self {
        match post {
            Some(post) => Self::Smtp(post.clone()),
            None => Self::Folder(data.join("outbox")),
        }
    }

    /// How far a letter has come that was handed over: a folder sends nothing.
    pub fn reached(&self) -> &'static str {
        match self {
            Self::Smtp(_) => "sent",
            Self::Folder(_) => "outbox",
        }
    }

    /// Hands over one letter.
    ///
    /// # Errors
    /// The mail server is not there or says no; the letter waits and is tried again.
    pub fn send(&self, id: &str, letter: &Letter) -> Result<()> {
        let message = mime(id, letter)?;
        match self {
            Self::Folder(dir) => {
                std::fs::create_dir_all(dir)?;
                let path = dir.join(format!("{id}.eml"));
                let part = dir.join(format!("{id}.part"));
                std::fs::write(&part, message.formatted())?;
                std::fs::rename(part, path)?;
                Ok(())
            }
            Self::Smtp(post) => {
                let mailer = mailer(post, PATIENCE)?;
                // The server's words may repeat the address, so they are not passed on.
                mailer.send(&message).map(drop).map_err(|e| {
                    let what =
                        if e.is_permanent() { "refused the letter" } else { "can't be reached" };
                    Error::Unavailable(format!(
                        "The mail server {}:{} {what}",
                        post.host, post.port
                    ))
                })
            }
        }
    }
}

/// What became of a message to try the mail server with. Nothing of what the server said but the
/// code of its answer: whoever may name any host learns nothing else about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// The server took it, with this code.
    Taken(u16),
    /// The server said no, with this code (RFC 5321, 4.2).
    Refused(u16),
    /// Nobody there answered as a mail server does, in the way that was asked for.
    NoAnswer,
}

impl Tried {
    /// In a sentence.
    pub fn words(self) -> String {
        let why = match self {
            Self::Taken(code) => {
                return format!("The mail server took the message (its answer: {code})");
            }
            Self::NoAnswer => {
                return "Nobody answered there as a mail server does. Look at host, port, encryption and \
                        user again"
                    .into();
            }
            Self::Refused(530) => "it wants a user and a password first",
            Self::Refused(534 | 535 | 538) => "it did not accept the user and password",
            Self::Refused(550..=554) => "it does not take mail from or to this address",
            Self::Refused(400..=499) => "it has no time or room just now: try again later",
            Self::Refused(_) => "it did not accept the message",
        };
        let Self::Refused(code) = self else { return why.into() };
        format!("The mail server answered {code}: {why}")
    }
}

/// Sends a letter at once, and says what the server made of it.
///
/// # Errors
/// The letter can't be written, or the password file can't be read.
pub fn try_out(post: &Post, id: &str, letter: &Letter) -> Result<Tried> {
    let message = mime(id, letter)?;
    // A name that TLS can't check is a server that does not answer.
    let mailer = match mailer(post, SHORT_PATIENCE) {
        Err(Error::Fault(_)) => return Ok(Tried::NoAnswer),
        made => made?,
    };
    Ok(match mailer.send(&message) {
        Ok(said) => Tried::Taken(u16::from(said.code())),
        Err(e) => e.status().map_or(Tried::NoAnswer, |code| Tried::Refused(u16::from(code))),
    })
}

/// How long a mail server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take while somebody waits for the page.
const SHORT_PATIENCE: Duration = Duration::from_secs(10);

fn mailer(post: &Post, patience: Duration) -> Result<SmtpTransport> {
    let bad = |_| Error::Unavailable("TLS to the mail server could not be set up".into());
    let tls = || TlsParameters::new(post.host.clone()).map_err(bad);
    let security = match post.security {
        Security::None => Tls::None,
        Security::Starttls => Tls::Required(tls()?),
        Security::Tls => Tls::Wrapper(tls()?),
    };
    let mut b = SmtpTransport::builder_dangerous(&post.host)
        .port(post.port)
        .tls(security)
        .timeout(Some(patience));
    if let (Some(user), Some(secret)) = (&post.user, post.secret()?) {
        b = b.credentials(Credentials::new(user.clone(), secret.reveal().to_owned()));
    }
    Ok(b.build())
}

fn mime(id: &str, letter: &Letter) -> Result<Message> {
    let address = |a: &str| {
        a.parse().map_err(|_| Error::invalid("email", "This address can't receive e-mail"))
    };
    let to = letter.to.as_deref().ok_or_else(|| Error::fault("a letter without an address"))?;
    let domain = letter.from.1.rsplit('@').next().unwrap_or("localhost");
    let html = to_html(letter);
    Message::builder()
        .from(Mailbox::new(Some(letter.from.0.clone()), address(&letter.from.1)?))
        .to(Mailbox::new(None, address(to)?))
        .subject(&letter.subject)
        .message_id(Some(format!("<{id}@{domain}>")))
        .references(format!("<{}@{domain}>", letter.thread))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(letter.text.clone(), html))
        .map_err(|e| Error::fault(format!("letter: {e}")))
}

/// RFC 3834: written by a program, so that no other program answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> std::result::Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The same words as simple HTML: paragraphs, lists of "- " lines, links.
pub fn to_html(letter: &Letter) -> String {
    let mut body = String::new();
    for block in letter.text.split("\n\n") {
        let lines: Vec<&str> = block.lines().collect();
        if !lines.is_empty() && lines.iter().all(|l| l.starts_with("- ")) {
            body.push_str("<ul>");
            for l in lines {
                body.push_str(&format!("<li>{}</li>", linked(&l[2..])));
            }
            body.push_str("</ul>\n");
        } else {
            let lines: Vec<String> = lines.iter().map(|l| linked(l)).collect();
            body.push_str(&format!("<p>{}</p>\n", lines.join("<br>")));
        }
    }
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"font:16px/1.5 sans-serif;max-width:38em\">{body}</body></html>",
        escape(&letter.subject)
    )
}

fn linked(line: &str) -> String {
    let words: Vec<String> = line
        .split(' ')
        .map(|w| {
            let safe = escape(w);
            if w.starts_with("http://") || w.starts_with("https://") {
                format!("<a href=\"{safe}\">{safe}</a>")
            } else {
                safe
            }
        })
        .collect();
    words.join(" ")
}

/// HTML-escapes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn place(id: &str) -> String {
    format!("letter\u{0}{id}")
}

/// Puts a letter on its way: sealed, and a job to send it. Answers its id.
///
/// # Errors
/// Of the key or the database.
pub fn put(
    tx: &mut Tx<'_>,
    vault: &Vault,
    org: &str,
    case: Option<&str>,
    key: &KeyId,
    letter: &Letter,
    now: Timestamp,
) -> Result<String> {
    let id = new_id(now);
    let sealed = vault.seal(tx, org, key, &place(&id), &serde_json::to_vec(letter)?)?;
    let state = if letter.to.is_some() { "waiting" } else { "to-print" };
    let row = LetterRow {
        id: id.clone(),
        org: org.to_owned(),
        case: case.map(str::to_owned),
        name: letter.name.clone(),
        key: key.clone(),
        sealed,
        state: state.into(),
        made: now,
        posted: None,
        posted_by: None,
    };
    sql::insert_letter(tx, &row)?;
    if letter.to.is_some() {
        jobs::queue(tx, org, "letter", &id, now)?;
    }
    Ok(id)
}

/// What a letter is called on screens and in the history: the one table of names. A letter that is
/// not in it is called by its name.
pub fn title(name: &str) -> &str {
    let name = name.strip_suffix(ONCE).unwrap_or(name);
    match name {
        "acknowledgement" => "Acknowledgement",
        "new-code" => "New code for the status page",
        "identity" => "Question who is asking",
        "clarification" => "Question what is looked for",
        "reminder" => "Reminder",
        "warning" => "Warning that it will be closed",
        "fee" => "Request for a fee",
        "extension" => "Extension",
        "refusal" => "Refusal",
        "closed" => "The request is closed",
        "died" => "The request ended with a death",
        "ask-holder" => "Question to whoever keeps records",
        "staff-due" => "Reminder of a date, to staff",
        "ready" => "The answer is ready",
        "not-fetched" => "The answer has not been fetched",
        "fetch-code" => "Code for fetching the answer",
        "stop-to-person" => "What has stopped, to the person",
        "stop-to-company" => "A stop, to the company they are held for",
        "stop-to-partner" => "A stop, to a partner",
        PREFERENCES => "Link to the preferences, to the person",
        other => other,
    }
}

/// What a letter's state is called on screens, with the class of its tag.
pub fn state_words(state: &str) -> (&'static str, &'static str) {
    match state {
        "sent" => ("Sent by e-mail", "ok"),
        "posted" => ("Posted", "ok"),
        "to-print" => ("To print and post", "soon"),
        "outbox" => ("In the outbox folder, not sent", "soon"),
        "failed" => ("Could not be sent", "late"),
        _ => ("On its way", ""),
    }
}

/// Notes that a letter was posted or handed over, by whom and on which day.
///
/// # Errors
/// It has left already, or is on its way by e-mail.
pub fn posted(tx: &mut Tx<'_>, org: &str, row: &LetterRow, on: Date, by: &str) -> Result<()> {
    if sql::posted(tx, org, &row.id, on, by)? {
        return Ok(());
    }
    Err(left(row, "record that a letter was posted"))
}

fn left(row: &LetterRow, act: &'static str) -> Error {
    let (now, _) = state_words(&row.state);
    Refusal {
        act,
        why: format!("this letter has left already ({}) or is about to", now.to_lowercase()),
        source_: "house rule: a letter leaves once",
    }
    .into()
}

/// Puts a letter on its way by e-mail again.
///
/// # Errors
/// It has left, or is on its way.
pub fn again(tx: &mut Tx<'_>, org: &str, row: &LetterRow, now: Timestamp) -> Result<()> {
    if !sql::again(tx, org, &row.id)? {
        return Err(left(row, "send a letter again"));
    }
    jobs::queue(tx, org, "letter", &row.id, now)
}

/// Opens a letter.
///
/// # Errors
/// Not found, or its key has been destroyed.
pub fn open(tx: &mut Tx<'_>, vault: &Vault, org: &str, id: &str) -> Result<(LetterRow, Letter)> {
    let row = sql::a_letter(tx, org, id)?;
    let plain = vault.open(tx, org, &row.key, &place(id), &row.sealed)?;
    Ok((row, serde_json::from_slice(&plain)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            name: "sample".into(),
            to: Some("a@example.org".into()),
            from: ("The Society".into(), "office@example.org".into()),
            subject: "Your request RR-2026-0001".into(),
            text: "Dear <you>,\n\n- one\n- two\n\nSee https://x.example/a?b=1&c=2 now".into(),
            thread: "RR-2026-0001".into(),
        }
    }

    #[test]
    fn words_become_safe_html() {
        let html = to_html(&letter());
        assert!(html.contains("Dear &lt;you&gt;"));
        assert!(html.contains("<ul><li>one</li><li>two</li></ul>"));
        assert!(html.contains("<a href=\"https://x.example/a?b=1&amp;c=2\">"));
    }

    #[test]
    fn a_letter_says_that_a_program_wrote_it() {
        let text = String::from_utf8(mime("7", &letter()).unwrap().formatted()).unwrap();
        assert!(text.contains("Auto-Submitted: auto-generated"), "{text}");
        assert!(text.contains("Message-ID: <7@example.org>"), "{text}");
        assert!(text.contains("References: <RR-2026-0001@example.org>"), "{text}");
    }
}
