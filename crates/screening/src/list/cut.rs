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
        Cutter { source, dialect, longest, carry, line: 1, ended: false, long: None }
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
            self.fill(&mut bytes, PIECE)?;
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
        while !self.ended && bytes.len() < PIECE {
            let more = PIECE - bytes.len();
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
            self.fill(&mut bytes, PIECE)?;
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
            self.fill(&mut bytes, PIECE)?;
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
