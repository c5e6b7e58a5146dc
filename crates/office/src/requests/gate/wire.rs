//! The gate in a child process: no file, no network, little memory and little time. What the child
//! makes of a file comes back as bytes: a head in JSON, then the bytes of files.

use candour_connectors::worker;
use serde::{Deserialize, Serialize};

use super::{Attachment, Checked, DEPTH, Finding, Kind, Outcome, check_at};

/// What the child is asked.
#[derive(Serialize, Deserialize)]
struct Asked {
    name: String,
    media: String,
}

/// What it answers, without the bytes of files.
#[derive(Serialize, Deserialize)]
struct Head {
    kind: Kind,
    outcome: Outcome,
    findings: Vec<Finding>,
    /// Length of the cleaned file.
    clean: Option<usize>,
    /// Name, length and check of each attachment.
    attachments: Vec<(String, usize, Head)>,
}

/// Opens a file as a stranger would and cleans or stops it, in a child process. Never fails: what
/// can't be opened is stopped.
pub fn check(name: &str, media: &str, raw: &[u8]) -> Checked {
    // Unit tests are not the program that has the child's sub-command.
    if cfg!(test) {
        return check_at(name, media, raw, DEPTH);
    }
    let asked = Asked { name: name.to_owned(), media: media.to_owned() };
    let words = serde_json::to_string(&asked).unwrap_or_default();
    // What broke the child is not looked at here.
    let stopped = |why: &str| Checked::stopped(Kind::Unknown, why);
    match worker::task(&words, raw) {
        Ok(answer) => decoded(&answer).unwrap_or_else(|| stopped("something that can’t be read")),
        Err(fault) => stopped(&format!("something that stopped its check: {}", fault.what)),
    }
}

/// What the child does.
pub fn in_child(words: &str, raw: &[u8]) -> Vec<u8> {
    let Ok(asked) = serde_json::from_str::<Asked>(words) else { return Vec::new() };
    encoded(&check_at(&asked.name, &asked.media, raw, DEPTH))
}

fn head(c: &Checked, bytes: &mut Vec<u8>) -> Head {
    if let Some(clean) = &c.clean {
        bytes.extend_from_slice(clean);
    }
    let attachments = c.attachments.iter().map(|a| {
        bytes.extend_from_slice(&a.raw);
        (a.name.clone(), a.raw.len(), head(&a.checked, bytes))
    });
    let attachments = attachments.collect();
    Head {
        kind: c.kind,
        outcome: c.outcome,
        findings: c.findings.clone(),
        clean: c.clean.as_ref().map(Vec::len),
        attachments,
    }
}

fn encoded(c: &Checked) -> Vec<u8> {
    let mut bytes = Vec::new();
    let head = serde_json::to_vec(&head(c, &mut bytes)).unwrap_or_default();
    let mut out = u32::try_from(head.len()).unwrap_or(0).to_be_bytes().to_vec();
    out.extend_from_slice(&head);
    out.extend_from_slice(&bytes);
    out
}

/// Reads an answer; a child that was taken over may have written anything.
fn decoded(answer: &[u8]) -> Option<Checked> {
    let (length, rest) = answer.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (head, mut bytes) = rest.split_at_checked(length)?;
    let checked = checked(serde_json::from_slice(head).ok()?, &mut bytes)?;
    bytes.is_empty().then_some(checked)
}

fn take(bytes: &mut &[u8], n: usize) -> Option<Vec<u8>> {
    let (these, rest) = bytes.split_at_checked(n)?;
    *bytes = rest;
    Some(these.to_vec())
}

fn checked(head: Head, bytes: &mut &[u8]) -> Option<Checked> {
    let clean = match head.clean {
        Some(n) => Some(take(bytes, n)?),
        None => None,
    };
    let mut attachments = Vec::new();
    for (name, n, its) in head.attachments {
        let raw = take(bytes, n)?;
        attachments.push(Attachment { name, raw, checked: checked(its, bytes)? });
    }
    let (kind, outcome, findings) = (head.kind, head.outcome, head.findings);
    Some(Checked { kind, outcome, findings, clean, attachments })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let raw = b"From: a@b.example\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\
            \r\nHello\r\n--b\r\nContent-Type: text/plain\r\n\
            Content-Disposition: attachment; filename=good.txt\r\n\r\nA note\r\n--b\r\n\
            Content-Type: application/octet-stream\r\nContent-Disposition: attachment; \
            filename=bad.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n";
        let words = r#"{"name":"message.eml","media":"message/rfc822"}"#;
        let answer = in_child(words, raw);
        let (here, there) =
            (check("message.eml", "message/rfc822", raw), decoded(&answer).unwrap());
        assert_eq!(format!("{here:?}"), format!("{there:?}"));
        assert_eq!(there.attachments.len(), 2);
        // Cut short or with more behind it, it is no answer.
        assert!(decoded(&answer[..answer.len() - 1]).is_none());
        assert!(decoded(&[answer, vec![0]].concat()).is_none());
        assert!(decoded(b"").is_none() && decoded(&[0xff; 8]).is_none());
    }
}
