//! Cuts a list into pieces of whole rows.

use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr};

use super::dialect::{Dialect, QUOTE, Scanner};
use super::source::Source;
use super::{Digest, ScreenError};

/// Bytes that a piece has, about: a few of them fit a processor's cache.
const PIECE: usize = 256 * 1024;

/// What a piece holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Whole rows. Only the last of the list may lack its end.
    Rows,
    /// A part of a row that is longer than a row may be.
    Long {
        /// The row begins here.
        first: bool,
        /// The row ends here.
        last: bool,
    },
}

/// Some rows.
pub(crate) struct Piece {
    pub what: What,
    pub bytes: Vec<u8>,
    /// The line of the list on which it begins, from 1.
    pub line: u64,
    /// A quotation mark stands in it.
    pub quotes: bool,
    /// Bytes of the list read so far.
    pub read: u64,
}

/// Cuts a list into pieces, in flat memory whatever is in it.
pub(crate) struct Cutter<R> {
    source: Source<R>,
    dialect: Dialect,
    longest: usize,
    /// Bytes that are asked for at once.
    size: usize,
    /// The beginning of the next piece.
    carry: Vec<u8>,
    line: u64,
    ended: bool,
    /// In a row too long: where its scanner stands, and the line of the quote it opened last.
    long: Option<(Scanner, u64)>,
}

fn lines(bytes: &[u8], end: u8) -> u64 {
    u64::try_from(memchr_iter(end, bytes).count()).unwrap_or(0)
}

impl<R: Read> Cutter<R> {
    /// Rows longer than `longest` bytes come in parts.
    pub fn new(source: Source<R>, dialect: Dialect, longest: usize) -> Cutter<R> {
        let carry = Vec::new();
        let (size, line) = (PIECE, 1);
        Cutter { source, dialect, longest, size, carry, line, ended: false, long: None }
    }

    /// What the list was. To be asked when [`Cutter::next`] has answered `None`.
    pub fn digest(self) -> Digest {
        self.source.digest()
    }

    fn fill(&mut self, bytes: &mut Vec<u8>, more: usize) -> Result<(), ScreenError> {
        self.ended |= !self.source.fill(bytes, more).map_err(ScreenError::reading)?;
        Ok(())
    }

    /// Takes the first `len` bytes of the list off: a mark of its encoding, the header.
    pub fn take(&mut self, len: usize) -> Result<Vec<u8>, ScreenError> {
        let mut bytes = std::mem::take(&mut self.carry);
        while bytes.len() < len && !self.ended {
            self.fill(&mut bytes, self.size)?;
        }
        self.carry = bytes.split_off(len.min(bytes.len()));
        self.line += lines(&bytes, self.dialect.end);
        Ok(bytes)
    }

    /// The next piece, in this buffer; `None` at the end of the list.
    pub fn next(&mut self, mut bytes: Vec<u8>) -> Result<Option<Piece>, ScreenError> {
        bytes.clear();
        bytes.append(&mut self.carry);
        if self.long.is_some() {
            return self.long_part(bytes);
        }
        while !self.ended && bytes.len() < self.size {
            let more = self.size - bytes.len();
            self.fill(&mut bytes, more)?;
        }
        loop {
            let quotes = memchr(QUOTE, &bytes).is_some();
            let (cut, open) = match quotes {
                true => self.cut_quoted(&bytes),
                false => (memrchr(self.dialect.end, &bytes).map_or(0, |at| at + 1), None),
            };
            if self.ended {
                if let Some(at) = open {
                    return Err(self.never_closes(&bytes, at));
                }
                let piece = self.piece(What::Rows, bytes, quotes);
                return Ok(Some(piece).filter(|p| !p.bytes.is_empty()));
            }
            if cut > 0 {
                self.carry.extend_from_slice(&bytes[cut..]);
                bytes.truncate(cut);
                return Ok(Some(self.piece(What::Rows, bytes, quotes)));
            }
            if bytes.len() > self.longest {
                return Ok(Some(self.long_begins(bytes, quotes)));
            }
            self.fill(&mut bytes, self.size)?;
        }
    }

    fn piece(&mut self, what: What, bytes: Vec<u8>, quotes: bool) -> Piece {
        let line = self.line;
        self.line += lines(&bytes, self.dialect.end);
        Piece { what, bytes, line, quotes, read: self.source.read }
    }

    /// Behind the last whole row, and the quote that is open at the end.
    fn cut_quoted(&self, bytes: &[u8]) -> (usize, Option<usize>) {
        let mut cut = 0;
        loop {
            let mut scanner = Scanner::new();
            match scanner.row_end(bytes, cut, self.dialect) {
                Some(next) => cut = next,
                None => return (cut, scanner.opened.filter(|_| scanner.in_quotes())),
            }
        }
    }

    fn never_closes(&self, bytes: &[u8], at: usize) -> ScreenError {
        ScreenError::QuoteNeverCloses { line: self.line + lines(&bytes[..at], self.dialect.end) }
    }

    fn long_begins(&mut self, bytes: Vec<u8>, quotes: bool) -> Piece {
        let mut scanner = Scanner::new();
        scanner.row_end(&bytes, 0, self.dialect);
        let opened = scanner.opened.map_or(0, |at| lines(&bytes[..at], self.dialect.end));
        self.long = Some((scanner, self.line + opened));
        self.piece(What::Long { first: true, last: false }, bytes, quotes)
    }

    fn long_part(&mut self, mut bytes: Vec<u8>) -> Result<Option<Piece>, ScreenError> {
        if bytes.is_empty() && !self.ended {
            self.fill(&mut bytes, self.size)?;
        }
        let Some((mut scanner, mut opened)) = self.long.take() else { return Ok(None) };
        scanner.opened = None;
        let end = scanner.row_end(&bytes, 0, self.dialect);
        if let Some(at) = scanner.opened {
            opened = self.line + lines(&bytes[..at], self.dialect.end);
        }
        if end.is_none() && bytes.is_empty() && scanner.in_quotes() {
            return Err(ScreenError::QuoteNeverCloses { line: opened });
        }
        let last = end.is_some() || bytes.is_empty();
        if let Some(end) = end {
            self.carry = bytes.split_off(end);
        }
        if !last {
            self.long = Some((scanner, opened));
        }
        Ok(Some(self.piece(What::Long { first: false, last }, bytes, true)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMA: Dialect = Dialect { delimiter: b',', end: b'\n' };

    /// Pieces of a list that is asked for in parts of `size` bytes.
    fn pieces(list: &[u8], size: usize, longest: usize) -> Result<Vec<Piece>, ScreenError> {
        let mut cutter = Cutter::new(Source::new(list, None), COMMA, longest);
        cutter.size = size;
        let mut all = Vec::new();
        while let Some(piece) = cutter.next(Vec::new())? {
            all.push(piece);
        }
        Ok(all)
    }

    proptest! {
        #[test]
        fn pieces_are_whole_rows_wherever_parts_end(
            rows in prop::collection::vec("[ab,]{0,6}|\"([ab,\n]|\"\"){0,9}\"[ab,]{0,3}", 0..20),
            size in 1usize..40, longest in 1usize..30,
        ) {
            let list = rows.join("\n").into_bytes();
            let (mut ends, mut at, mut longs) = (vec![0], 0, Vec::new());
            while let Some(end) = Scanner::new().row_end(&list, at, COMMA) {
                ends.push(end);
                at = end;
            }
            ends.push(list.len());
            let (mut at, mut whole) = (0, true);
            for piece in pieces(&list, size, longest).unwrap() {
                prop_assert_eq!(&list[at..at + piece.bytes.len()], &piece.bytes[..]);
                prop_assert_eq!(piece.line, 1 + lines(&list[..at], b'\n'));
                prop_assert!(!whole || ends.contains(&at));
                at += piece.bytes.len();
                match piece.what {
                    What::Rows => prop_assert!(whole),
                    What::Long { first, last } => {
                        prop_assert_eq!(first, whole);
                        whole = last;
                        longs.push(piece.bytes.len());
                    }
                }
            }
            prop_assert_eq!(at, list.len());
            prop_assert!(whole);
            let most = ends.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
            prop_assert!(longs.is_empty() || most > longest);
        }
    }

    #[test]
    fn an_open_quote_is_told_by_its_line() {
        let list = b"a,b\nc,\"d\ne\"\nf,\"g\nh\ni,\"\"j\n";
        for (size, longest) in [(4, 100), (100, 100), (3, 5), (1, 1)] {
            match pieces(list, size, longest) {
                Err(ScreenError::QuoteNeverCloses { line }) => assert_eq!(line, 4),
                other => panic!("{:?}", other.map(|p| p.len())),
            }
        }
    }

    #[test]
    fn a_gigabyte_on_one_line_takes_no_memory() {
        const BYTES: u64 = 1 << 30;
        let list = b"id,email\n".chain(std::io::repeat(b'x').take(BYTES)).chain(&b"\n7,y\n"[..]);
        let mut cutter = Cutter::new(Source::new(list, None), COMMA, 1 << 20);
        let (mut bytes, mut long, mut buffer, mut after) = (0, 0, Vec::new(), Vec::new());
        while let Some(piece) = cutter.next(buffer).unwrap() {
            bytes += piece.bytes.len() as u64;
            long += u64::from(piece.what != What::Rows) * piece.bytes.len() as u64;
            assert!(piece.bytes.capacity() < 4 << 20, "{}", piece.bytes.capacity());
            assert!(cutter.carry.capacity() < 4 << 20);
            if piece.what == What::Rows {
                after = piece.bytes.clone();
            }
            buffer = piece.bytes;
        }
        assert_eq!((bytes, long), (BYTES + 14, BYTES + 1));
        assert_eq!((after.as_slice(), cutter.line), (&b"7,y\n"[..], 4));
    }
}
