//! One message: who, when, about what, its text and what hangs on it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Address, HeaderValue, Message, MessageParser, MimeHeaders as _, PartType};
use sha2::{Digest as _, Sha256};

use crate::documents::{html, sniff};

/// Messages within messages that are opened.
const DEEPEST: usize = 6;
/// Headers that hold addresses, with those that a server adds.
const DELIVERY: [&str; 4] = ["Delivered-To", "Envelope-To", "X-Original-To", "X-Envelope-To"];

/// A message taken apart.
#[derive(Debug, Default)]
pub(super) struct Letter {
    pub id: Option<String>,
    pub subject: String,
    pub date: Option<String>,
    /// Header and what it says, decoded.
    pub parties: Vec<(String, String)>,
    /// Header and bare address.
    pub addresses: Vec<(String, String)>,
    /// What a reader sees.
    pub text: String,
    /// The same text in other forms, and messages within this one.
    pub more: String,
    pub attachments: Vec<Attachment>,
}

/// A file that hangs on a message.
#[derive(Debug)]
pub(super) struct Attachment {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Letter {
    /// Take a message apart. What is no message is all text.
    pub(super) fn read(raw: &[u8]) -> Self {
        let parse = || MessageParser::default().parse(raw).map(|m| Self::of(&m, 0));
        let parsed = catch_unwind(AssertUnwindSafe(parse)).ok().flatten();
        let mut letter = parsed.unwrap_or_default();
        // What has no proper beginning is also read as it stands: a parser drops such lines.
        if !super::looks_like_message(raw) {
            let text = sniff::decode(raw);
            let into =
                if letter.text.trim().is_empty() { &mut letter.text } else { &mut letter.more };
            line(into, &text);
        }
        letter
    }

    fn of(message: &Message<'_>, depth: usize) -> Self {
        let mut letter = Self {
            id: message.message_id().map(str::to_owned),
            subject: message.subject().unwrap_or_default().to_owned(),
            date: message.date().map(mail_parser::DateTime::to_rfc3339),
            ..Self::default()
        };
        letter.headers(message);
        letter.bodies(message);
        for (nth, id) in (1..).zip(&message.attachments) {
            let Some(part) = message.part(*id) else { continue };
            let name = part.attachment_name().unwrap_or_default();
            let name = if name.is_empty() { format!("attachment {nth}") } else { name.to_owned() };
            let bytes = match &part.body {
                PartType::Message(inner) if depth < DEEPEST => {
                    letter.inner(Self::of(inner, depth + 1));
                    Vec::new()
                }
                PartType::Message(inner) => inner.raw_message.to_vec(),
                PartType::Multipart(_) => continue,
                _ => part.contents().to_vec(),
            };
            letter.attachments.push(Attachment { name, bytes });
        }
        letter
    }

    fn headers(&mut self, message: &Message<'_>) {
        for header in message.headers() {
            let name = header.name();
            match header.value() {
                HeaderValue::Address(value) => {
                    self.parties.push((name.to_owned(), written(value)));
                    let addresses = value.iter().filter_map(|a| a.address());
                    self.addresses.extend(addresses.map(|a| (name.to_owned(), a.to_owned())));
                }
                HeaderValue::Text(value)
                    if DELIVERY.iter().any(|d| d.eq_ignore_ascii_case(name)) =>
                {
                    self.addresses.push((name.to_owned(), value.trim().to_owned()));
                }
                _ => {}
            }
        }
    }

    fn bodies(&mut self, message: &Message<'_>) {
        let text = |id: &u32| match message.part(*id).map(|p| &p.body) {
            Some(PartType::Text(text)) => Some(text.clone().into_owned()),
            Some(PartType::Html(page)) => Some(html::text(page)),
            _ => None,
        };
        for piece in message.text_body.iter().filter_map(text) {
            line(&mut self.text, &piece);
        }
        let others = message.html_body.iter().filter(|id| !message.text_body.contains(id));
        for piece in others.filter_map(text) {
            line(&mut self.more, &piece);
        }
    }

    /// Take in a message within this one.
    fn inner(&mut self, inner: Self) {
        line(&mut self.more, &inner.whole());
        self.attachments.extend(inner.attachments);
    }

    /// Everything that can be read in it, attachments apart.
    pub(super) fn whole(&self) -> String {
        let mut out = String::new();
        for (header, value) in &self.parties {
            line(&mut out, &format!("{header}: {value}"));
        }
        line(&mut out, &self.subject);
        line(&mut out, &self.text);
        line(&mut out, &self.more);
        for attachment in &self.attachments {
            line(&mut out, &attachment.name);
        }
        out
    }

    /// What tells the message apart: a hash of its own id, or else of what no mail program
    /// changes when it files or flags it.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        if let Some(id) = &self.id {
            return hash(&[id.as_bytes()]);
        }
        let date = self.date.as_deref().unwrap_or("");
        let mut parts = vec![date.as_bytes(), self.subject.as_bytes(), self.text.as_bytes()];
        parts.extend(self.addresses.iter().map(|(_, address)| address.as_bytes()));
        hash(&parts)
    }
}

/// Half a SHA-256 of the parts, a zero byte after each.
pub(super) fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let mut out = [0; 16];
    out.copy_from_slice(&hash.finalize()[..16]);
    out
}

fn line(out: &mut String, text: &str) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(text);
}

/// Addresses as written: "Amara Quill <amara@example.com>, …".
fn written(value: &Address<'_>) -> String {
    let one = |a: &mail_parser::Addr<'_>| match (a.name(), a.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => String::new(),
    };
    value.iter().map(one).collect::<Vec<_>>().join(", ")
}
