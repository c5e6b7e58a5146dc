//! How a text list is cut into rows and fields.

use memchr::{memchr, memchr2};

/// The quotation mark of every list: the only one that spreadsheets and databases write.
pub(crate) const QUOTE: u8 = b'"';

/// The two bytes that part fields and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Between two fields.
    pub delimiter: u8,
    /// At the end of a row: a line feed, or a carriage return where the list has no line feed.
    pub end: u8,
}

/// Where a reader of rows stands between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A field begins here; only here does a quotation mark open one.
    Begin,
    /// In a field without quotation marks, or behind one.
    Plain,
    Quoted,
    /// Behind a mark inside quotes: the end of the field, or the first of two.
    Mark,
}

/// Finds where rows end in bytes that come in parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scanner {
    state: State,
    /// Where in the last part the last quote opened, if it did so there.
    pub opened: Option<usize>,
}

impl Scanner {
    /// At the beginning of a row.
    pub fn new() -> Scanner {
        Scanner { state: State::Begin, opened: None }
    }

    /// True while a quote is open.
    pub fn in_quotes(&self) -> bool {
        self.state == State::Quoted
    }

    /// Where the row ends, behind its end byte, if it ends in `bytes[from..]`.
    pub fn row_end(&mut self, bytes: &[u8], from: usize, dialect: Dialect) -> Option<usize> {
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            match self.state {
                State::Plain => {
                    at += memchr2(dialect.delimiter, dialect.end, &bytes[at..])?;
                    self.state = State::Begin;
                    if bytes[at] == dialect.end {
                        return Some(at + 1);
                    }
                }
                State::Quoted => match memchr(QUOTE, &bytes[at..]) {
                    Some(mark) => {
                        at += mark;
                        self.state = State::Mark;
                    }
                    None => return None,
                },
                State::Mark if byte == QUOTE => self.state = State::Quoted,
                State::Begin if byte == QUOTE => {
                    self.state = State::Quoted;
                    self.opened = Some(at);
                }
                State::Mark | State::Begin => {
                    self.state = State::Plain;
                    // The byte itself may part fields: it is looked at again.
                    continue;
                }
            }
            at += 1;
        }
        None
    }
}

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
    /// It began with a quotation mark.
    pub quoted: bool,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowSpan {
    /// Behind its text.
    pub text_end: usize,
    /// Behind its end byte: where the next begins.
    pub next: usize,
    /// How many fields it has.
    pub fields: usize,
}

impl Dialect {
    /// The row that begins at `from`, with the spans of its first `wanted` fields.
    pub fn row(
        self,
        block: &[u8],
        from: usize,
        quotes: bool,
        wanted: usize,
        spans: &mut Vec<Span>,
    ) -> RowSpan {
        spans.clear();
        if quotes {
            return self.quoted_row(block, from, wanted, spans);
        }
        self.plain_row(block, from, wanted, spans)
    }

    /// A row of a block without quotation marks, eight bytes at a time.
    fn plain_row(self, block: &[u8], from: usize, wanted: usize, spans: &mut Vec<Span>) -> RowSpan {
        let (delimiters, ends) = (eight(self.delimiter), eight(self.end));
        let (mut start, mut fields, mut at) = (from, 1, from);
        loop {
            let (word, len) = match block[at..].first_chunk() {
                Some(word) => (u64::from_le_bytes(*word), 8),
                None => last_word(&block[at..]),
            };
            let mut hits = zeros(word ^ delimiters) | zeros(word ^ ends);
            hits &= u64::MAX.unbounded_shr(64 - 8 * len);
            while hits != 0 {
                // At most seven, so that it fits.
                let mark = at + (hits.trailing_zeros() / 8) as usize;
                if block[mark] == self.end {
                    let text_end = self.text_end(block, from, mark, mark + 1);
                    if fields <= wanted {
                        spans.push(Span {
                            start: start.min(text_end),
                            end: text_end,
                            quoted: false,
                        });
                    }
                    return RowSpan { text_end, next: mark + 1, fields };
                }
                if fields <= wanted {
                    spans.push(Span { start, end: mark, quoted: false });
                }
                (start, fields, hits) = (mark + 1, fields + 1, hits & (hits - 1));
            }
            at += len as usize;
            if len < 8 {
                if fields <= wanted {
                    spans.push(Span { start, end: at, quoted: false });
                }
                return RowSpan { text_end: at, next: at, fields };
            }
        }
    }

    /// Without the carriage return that stands before a line feed.
    fn text_end(self, block: &[u8], from: usize, end: usize, next: usize) -> usize {
        let returned = next > end && self.end == b'\n' && end > from && block[end - 1] == b'\r';
        end - usize::from(returned)
    }

    fn quoted_row(
        self,
        block: &[u8],
        from: usize,
        wanted: usize,
        spans: &mut Vec<Span>,
    ) -> RowSpan {
        let (mut at, mut fields) = (from, 0);
        loop {
            let start = at;
            let quoted = block.get(at) == Some(&QUOTE);
            if quoted {
                at = after_quotes(block, at + 1);
            }
            let stop = memchr2(self.delimiter, self.end, &block[at..]);
            at = stop.map_or(block.len(), |stop| at + stop);
            fields += 1;
            let last = block.get(at) != Some(&self.delimiter);
            let next = (at + 1).min(block.len());
            let end = if last { self.text_end(block, start, at, next) } else { at };
            if spans.len() < wanted {
                spans.push(Span { start, end, quoted });
            }
            if last {
                return RowSpan { text_end: end, next, fields };
            }
            at = next;
        }
    }

    /// A field as it was meant: without its quotation marks, doubled ones made single.
    pub fn field<'a>(self, block: &'a [u8], span: Span, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let raw = &block[span.start..span.end];
        if !span.quoted {
            return raw;
        }
        let inside = after_quotes(block, span.start + 1).min(span.end);
        let closed = inside > span.start + 1 && block[inside - 1] == QUOTE;
        let body = &block[span.start + 1..inside - usize::from(closed)];
        if inside == span.end && memchr(QUOTE, body).is_none() {
            return body;
        }
        scratch.clear();
        let mut doubled = false;
        for byte in body {
            doubled = *byte == QUOTE && !doubled;
            if !doubled {
                scratch.push(*byte);
            }
        }
        scratch.extend_from_slice(&block[inside..span.end]);
        scratch
    }
}

/// One byte eight times.
fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of each byte that is zero, and no other bit.
fn zeros(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    !(((word & LOW) + LOW) | word | LOW)
}

/// Fewer than eight bytes as a word, and how many they are.
fn last_word(bytes: &[u8]) -> (u64, u32) {
    let mut word = [0; 8];
    let mut len = 0;
    for (to, byte) in word.iter_mut().zip(bytes) {
        *to = *byte;
        len += 1;
    }
    (u64::from_le_bytes(word), len)
}

/// Behind the mark that closes quotes opened before `at`, or the end where none does.
fn after_quotes(block: &[u8], mut at: usize) -> usize {
    while let Some(mark) = memchr(QUOTE, &block[at.min(block.len())..]) {
        at += mark + 1;
        if block.get(at) != Some(&QUOTE) {
            return at;
        }
        at += 1;
    }
    block.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMA: Dialect = Dialect { delimiter: b',', end: b'\n' };

    fn fields(row: &str) -> Vec<String> {
        let (mut spans, mut scratch) = (Vec::new(), Vec::new());
        let at = COMMA.row(row.as_bytes(), 0, row.contains('"'), 99, &mut spans);
        assert_eq!(at.fields, spans.len());
        let text = |s: &Span| COMMA.field(row.as_bytes(), *s, &mut scratch).to_vec();
        spans.iter().map(text).map(|f| String::from_utf8(f).unwrap()).collect()
    }

    #[test]
    fn quotes_are_read_as_spreadsheets_write_them() {
        assert_eq!(fields("a,b,\r\n"), ["a", "b", ""]);
        assert_eq!(fields("\"a,b\",\"c\"\"d\",\"e\nf\"\r\nnext"), ["a,b", "c\"d", "e\nf"]);
        // A mark inside a field without quotes is a mark.
        assert_eq!(fields("5\" pipe,x\n"), ["5\" pipe", "x"]);
        assert_eq!(fields("\"a\"b\"c,d\n"), ["ab\"c", "d"]);
        assert_eq!(fields("\"\",\"\"\"\"\n"), ["", "\""]);
    }

    #[test]
    fn fields_beyond_the_wanted_are_only_counted() {
        let mut spans = Vec::new();
        for row in ["a,b,c,d\n", "a,\"b\",c,d\n"] {
            let at = COMMA.row(row.as_bytes(), 0, row.contains('"'), 2, &mut spans);
            assert_eq!((at.fields, spans.len(), at.next), (4, 2, row.len()));
        }
    }

    proptest! {
        #[test]
        fn rows_without_quotes_are_read_alike(
            list in "[a,\\-\x0b\r\n\u{e9}]{0,60}", wanted in 1usize..5,
        ) {
            let (block, mut at) = (list.as_bytes(), 0);
            let (mut short, mut long) = (Vec::new(), Vec::new());
            while at < block.len() {
                let one = COMMA.row(block, at, false, wanted, &mut short);
                let other = COMMA.row(block, at, true, wanted, &mut long);
                prop_assert_eq!(&short, &long);
                prop_assert_eq!(
                    (one.text_end, one.next, one.fields),
                    (other.text_end, other.next, other.fields)
                );
                at = one.next;
            }
        }
    }

    #[test]
    fn a_row_end_is_found_across_parts() {
        let row = b"a,\"x\n\"\"y\",5\" z\nnext";
        for cut in 0..15 {
            let mut scanner = Scanner::new();
            assert_eq!(scanner.row_end(&row[..cut], 0, COMMA), None, "{cut}");
            assert_eq!(scanner.row_end(&row[cut..], 0, COMMA), Some(15 - cut), "{cut}");
        }
    }
}
