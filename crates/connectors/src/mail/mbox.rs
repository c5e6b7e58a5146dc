//! Mailboxes in one file, message by message, however large the file.

use std::io::{self, BufRead};

/// Most bytes kept of one message.
pub(super) const MOST_MESSAGE: usize = 64 << 20;
/// Bytes of a line that are taken at a time.
const PIECE: usize = 64 << 10;

/// Reads a mailbox from its beginning.
pub(super) struct Mbox<R> {
    from: R,
    line: Vec<u8>,
    /// A separator was read and its message is next.
    begun: bool,
}

impl<R: BufRead> Mbox<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, line: Vec::new(), begun: false }
    }

    /// The next message into `message`; whether it was too long and is cut; `None` at the end.
    pub(super) fn next(&mut self, message: &mut Vec<u8>) -> io::Result<Option<bool>> {
        message.clear();
        message.shrink_to(8 << 20);
        let (mut cut, mut blank, mut whole) = (false, true, true);
        loop {
            let starts = whole;
            whole = self.piece()?;
            if self.line.is_empty() {
                let last = std::mem::take(&mut self.begun);
                return Ok(last.then_some(cut));
            }
            if starts && blank && self.line.starts_with(b"From ") && self.separates()? {
                if std::mem::replace(&mut self.begun, true) {
                    return Ok(Some(cut));
                }
                blank = false;
                continue;
            }
            // What stands before the first separator belongs to a message too.
            self.begun = true;
            blank = matches!(self.line.as_slice(), b"\n" | b"\r\n");
            let kept = if starts { unquoted(&self.line) } else { &self.line };
            let left = MOST_MESSAGE.saturating_sub(message.len());
            cut |= kept.len() > left;
            message.extend_from_slice(&kept[..kept.len().min(left)]);
        }
    }

    /// Read to the end of the line, or a piece of it; whether the line ended.
    fn piece(&mut self) -> io::Result<bool> {
        self.line.clear();
        while self.line.len() < PIECE {
            let available = match self.from.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok(true);
            }
            let end = memchr::memchr(b'\n', available);
            let take = end.map_or(available.len(), |at| at + 1).min(PIECE);
            self.line.extend_from_slice(&available[..take]);
            self.from.consume(take);
            if self.line.ends_with(b"\n") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a "From " line after an empty one begins a message: it has the date of a
    /// postmark, or a header follows. A sentence of a letter has neither.
    fn separates(&mut self) -> io::Result<bool> {
        Ok(postmarked(&self.line) || header_line(self.from.fill_buf()?))
    }
}

/// Weekday and month, one after the other.
fn postmarked(line: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let words: Vec<&[u8]> = line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).collect();
    words.windows(2).any(|w| DAYS.contains(&w[0]) && MONTHS.contains(&w[1]))
}

/// Whether the bytes begin with a header that messages begin with.
fn header_line(next: &[u8]) -> bool {
    let Some(colon) = next.iter().take(40).position(|b| *b == b':') else { return false };
    super::known_header(&next[..colon])
}

/// A line without the `>` that the mailbox put before a "From ".
fn unquoted(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    if marks > 0 && line[marks..].starts_with(b"From ") { &line[1..] } else { line }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(mailbox: &[u8], capacity: usize) -> Vec<String> {
        let mut mbox = Mbox::new(io::BufReader::with_capacity(capacity, mailbox));
        let (mut message, mut out) = (Vec::new(), Vec::new());
        while let Some(cut) = mbox.next(&mut message).expect("memory can be read") {
            assert!(!cut);
            out.push(String::from_utf8_lossy(&message).into_owned());
        }
        out
    }

    const STAMP: &str = "From a@example.org Mon Jan  1 10:00:00 2024\n";

    #[test]
    fn splits_at_postmarks_after_empty_lines() {
        let mailbox = format!("{STAMP}Subject: 1\n\none\n\n{STAMP}Subject: 2\n\ntwo\n");
        assert_eq!(
            split(mailbox.as_bytes(), 8192),
            ["Subject: 1\n\none\n\n", "Subject: 2\n\ntwo\n"]
        );
        assert!(split(b"", 8192).is_empty());
    }

    #[test]
    fn a_sentence_that_begins_with_from_is_no_message() {
        let body = "Dear all,\n\nFrom now on we meet on Mondays.\nFrom me\n\nFrom the office: x\n";
        let mailbox = format!("{STAMP}Subject: 1\n\n{body}>From quoted\n>>From twice\n");
        let expected = format!("Subject: 1\n\n{body}From quoted\n>From twice\n");
        assert_eq!(split(mailbox.as_bytes(), 8192), [expected]);
    }

    #[test]
    fn a_bare_separator_needs_a_header_after_it() {
        let mailbox = "From \r\nSubject: 1\r\n\r\none\r\n\r\nFrom - \r\nReceived: x\r\n\r\ntwo";
        assert_eq!(
            split(mailbox.as_bytes(), 8192),
            ["Subject: 1\r\n\r\none\r\n\r\n", "Received: x\r\n\r\ntwo"]
        );
    }

    #[test]
    fn a_line_without_end_is_kept_in_pieces() {
        let mailbox = format!("{STAMP}Subject: 1\n\n{}From x\n", "y".repeat(3 * PIECE));
        let messages = split(mailbox.as_bytes(), 4096);
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].len(), "Subject: 1\n\nFrom x\n".len() + 3 * PIECE);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(lines in proptest::collection::vec("[a-zF>]{0,9}", 0..40)) {
            let body: String = lines.iter().map(|l| format!("{l}\n")).collect();
            let mailbox = format!("{STAMP}{body}");
            prop_assert_eq!(split(mailbox.as_bytes(), 8192).concat(), body);
        }

        #[test]
        fn hostile_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            split(&bytes, 64);
        }
    }
}
