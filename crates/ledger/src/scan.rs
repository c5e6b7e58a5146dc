//! One pass over the canonical bytes of an entry: accepts them or says where they depart.
//!
//! There is no second parser: [`crate::Entry::parse`] and the verifier's hot path both go through
//! [`scan`]. Strings may not hold quotes, backslashes or control characters, so no value ever needs
//! an escape and each entry has exactly one encoding.

/// The parts of one entry, borrowed from its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub id: &'a [u8],
    pub at: &'a [u8; STAMP],
    pub actor: &'a [u8],
    pub act: &'a [u8],
    /// What stands between the brackets; [`items`] takes it apart.
    pub about: &'a [u8],
    /// What stands between the brackets; [`items`] takes it apart.
    pub law: &'a [u8],
    pub commit: Option<&'a [u8; COMMIT]>,
}

/// Where the bytes depart from the canonical form, and what was expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub byte: usize,
    pub what: &'static str,
}

/// Length of a time stamp such as `2026-01-31T09:30:00.000Z`.
pub(crate) const STAMP: usize = 24;
/// Length of a UUID in text.
pub(crate) const UUID: usize = 36;
/// Length of a SHA-256 hash in hexadecimal.
pub(crate) const COMMIT: usize = 64;
/// The longest entry in bytes: a bundle gives its length in two bytes.
pub(crate) const LONGEST: usize = u16::MAX as usize;
/// The longest act, and the longest reference, in bytes.
pub(crate) const LONGEST_NAME: usize = 128;
/// The longest citation of law, in bytes.
pub(crate) const LONGEST_LAW: usize = 256;

const WORD: u8 = 1; // a-z 0-9 - _
const IDENT: u8 = 2; // A-Z a-z 0-9 . _ - / :
const TEXT: u8 = 4; // printable ASCII without quote and backslash
const HIGH: u8 = 8; // part of a UTF-8 sequence

const CLASS: [u8; 256] = {
    let mut class = [0u8; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        let lower = b.is_ascii_lowercase() || b.is_ascii_digit();
        if lower || b == b'-' || b == b'_' {
            class[i] |= WORD;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b':') {
            class[i] |= IDENT;
        }
        if matches!(b, 0x20..=0x7e) && b != b'"' && b != b'\\' {
            class[i] |= TEXT;
        }
        if b >= 0x80 {
            class[i] |= HIGH;
        }
        i += 1;
    }
    class
};

/// Takes an entry's bytes apart, refusing every byte that the canonical form would not have.
pub(crate) fn scan(bytes: &[u8]) -> Result<View<'_>, Fault> {
    if bytes.len() > LONGEST {
        return Err(Fault { byte: LONGEST, what: "an entry of at most 65,535 bytes" });
    }
    let mut c = Cursor { bytes, at: 0 };
    c.literal(b"{\"v\":1,\"id\":\"", "an opening {\"v\":1,\"id\":\"")?;
    let id = c.fixed::<UUID>(is_uuid, "a lower-case UUID")?;
    c.literal(b"\",\"at\":\"", "the field \"at\"")?;
    let at = c.fixed::<STAMP>(is_stamp, "a UTC time such as 2026-01-31T09:30:00.000Z")?;
    c.literal(b"\",\"actor\":\"", "the field \"actor\"")?;
    let actor = c.run(actor_len, ACTOR)?;
    c.literal(b"\",\"act\":\"", "the field \"act\"")?;
    let act = c.run(act_len, ACT)?;
    c.literal(b"\",\"about\":[", "the field \"about\"")?;
    let about = c.list(reference_len, REFERENCE)?;
    c.literal(b",\"law\":[", "the field \"law\"")?;
    let law = c.list(law_len, LAW)?;
    let commit = c.commit()?;
    c.literal(b"}", "the closing }")?;
    if c.at != bytes.len() {
        return Err(c.fault("the end of the entry"));
    }
    Ok(View { id, at, actor, act, about, law, commit })
}

/// What an actor must look like.
pub(crate) const ACTOR: &str = "an opaque actor such as public or staff:018f2c";
/// What an act must look like.
pub(crate) const ACT: &str = "a dotted lower-case act such as request.received";
/// What a reference must look like.
pub(crate) const REFERENCE: &str = "a reference such as case:018f2c";
/// What a citation must look like.
pub(crate) const LAW: &str = "a citation of 1 to 256 bytes without quotes or control characters";

/// The strings of a list that [`scan`] has accepted. None of them can hold a quote, so the three
/// bytes `","` only ever stand between two of them.
pub(crate) fn items(list: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(list);
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    inner.map(|t| t.split("\",\"").map(str::to_owned).collect()).unwrap_or_default()
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn fault(&self, what: &'static str) -> Fault {
        Fault { byte: self.at, what }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    #[inline(always)]
    fn literal(&mut self, text: &[u8], what: &'static str) -> Result<(), Fault> {
        if !self.rest().starts_with(text) {
            return Err(self.fault(what));
        }
        self.at += text.len();
        Ok(())
    }

    #[inline(always)]
    fn fixed<const N: usize>(
        &mut self,
        good: fn(&[u8; N]) -> bool,
        what: &'static str,
    ) -> Result<&'a [u8; N], Fault> {
        match self.rest().first_chunk::<N>() {
            Some(chunk) if good(chunk) => {
                self.at += N;
                Ok(chunk)
            }
            _ => Err(self.fault(what)),
        }
    }

    /// As many bytes as `length` accepts, at least one. The caller then expects the closing quote,
    /// so a string with a byte too many is refused there.
    #[inline(always)]
    fn run(
        &mut self,
        length: impl Fn(&[u8]) -> Option<usize>,
        what: &'static str,
    ) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        let n = length(rest).ok_or(self.fault(what))?;
        self.at += n;
        Ok(&rest[..n])
    }

    /// Strings with commas between them, up to and with the closing bracket.
    #[inline(always)]
    fn list(
        &mut self,
        length: impl Fn(&[u8]) -> Option<usize>,
        what: &'static str,
    ) -> Result<&'a [u8], Fault> {
        let start = self.at;
        if self.rest().first() == Some(&b']') {
            self.at += 1;
            return Ok(&self.bytes[start..start]);
        }
        loop {
            self.literal(b"\"", "a string or the end of the list")?;
            self.run(&length, what)?;
            match self.rest() {
                [b'"', b',', ..] => self.at += 2,
                [b'"', b']', ..] => {
                    self.at += 2;
                    return Ok(&self.bytes[start..self.at - 1]);
                }
                _ => return Err(self.fault(what)),
            }
        }
    }

    #[inline(always)]
    fn commit(&mut self) -> Result<Option<&'a [u8; COMMIT]>, Fault> {
        if self.rest().first() != Some(&b',') {
            return Ok(None);
        }
        self.literal(b",\"commit\":\"", "the field \"commit\"")?;
        let commit = self.fixed::<COMMIT>(is_hash, "64 lower-case hexadecimal digits")?;
        self.literal(b"\"", "the end of the field \"commit\"")?;
        Ok(Some(commit))
    }
}

fn is_hex(b: u8) -> bool {
    b.is_ascii_digit() | (b'a'..=b'f').contains(&b)
}

/// A SHA-256 hash in lower-case hexadecimal.
#[inline(always)]
pub(crate) fn is_hash(text: &[u8; COMMIT]) -> bool {
    text.iter().fold(true, |good, &b| good & is_hex(b))
}

/// A UUID in lower-case hexadecimal with its four hyphens.
#[inline(always)]
pub(crate) fn is_uuid(text: &[u8; UUID]) -> bool {
    let hyphens = [8, 13, 18, 23].iter().all(|&i| text[i] == b'-');
    let mut digits = *text;
    for i in [8, 13, 18, 23] {
        digits[i] = b'0';
    }
    hyphens & digits.iter().fold(true, |good, &b| good & is_hex(b))
}

/// A UTC time to the millisecond on a day that exists; no leap seconds.
#[inline(always)]
pub(crate) fn is_stamp(text: &[u8; STAMP]) -> bool {
    const FORM: &[u8; STAMP] = b"0000-00-00T00:00:00.000Z";
    let mut good = true;
    for i in 0..STAMP {
        good &= if FORM[i] == b'0' { text[i].is_ascii_digit() } else { text[i] == FORM[i] };
    }
    let two = |i: usize| u32::from(text[i] & 15) * 10 + u32::from(text[i + 1] & 15);
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => 0,
    };
    good && (1..=days).contains(&day) && two(11) < 24 && two(14) < 60 && two(17) < 60
}

#[inline(always)]
fn count(bytes: &[u8], class: u8) -> usize {
    bytes.iter().take_while(|&&b| CLASS[usize::from(b)] & class != 0).count()
}

/// Length of an actor at the start of `bytes`: a word, alone or with a colon and an identifier.
#[inline(always)]
pub(crate) fn actor_len(bytes: &[u8]) -> Option<usize> {
    let word = count(bytes, WORD);
    match bytes.get(word) {
        Some(b':') => reference_len(bytes),
        _ if bytes.first()?.is_ascii_lowercase() && word <= LONGEST_NAME => Some(word),
        _ => None,
    }
}

/// Length of a reference at the start of `bytes`: a word, a colon, an identifier. Neither spaces
/// nor `@` are allowed, so that a name or an e-mail address cannot slip in.
#[inline(always)]
pub(crate) fn reference_len(bytes: &[u8]) -> Option<usize> {
    let word = count(bytes, WORD);
    let all = count(bytes, IDENT);
    let shaped = bytes.first()?.is_ascii_lowercase() && bytes.get(word) == Some(&b':');
    (shaped && all > word + 1 && all <= LONGEST_NAME).then_some(all)
}

/// Length of an act at the start of `bytes`: two words or more with dots between them.
#[inline(always)]
pub(crate) fn act_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut words = 0;
    loop {
        let rest = bytes.get(at..)?;
        if !rest.first()?.is_ascii_lowercase() {
            return None;
        }
        at += count(rest, WORD);
        words += 1;
        if bytes.get(at) != Some(&b'.') {
            return (words > 1 && at <= LONGEST_NAME).then_some(at);
        }
        at += 1;
    }
}

/// Length of a citation at the start of `bytes`.
#[inline(always)]
pub(crate) fn law_len(bytes: &[u8]) -> Option<usize> {
    let plain = count(bytes, TEXT);
    let all = match bytes.get(plain) {
        Some(b) if *b >= 0x80 => {
            let all = plain + count(&bytes[plain..], TEXT | HIGH);
            let text = std::str::from_utf8(&bytes[..all]).ok()?;
            if text.chars().any(char::is_control) {
                return None;
            }
            all
        }
        _ => plain,
    };
    (1..=LONGEST_LAW).contains(&all).then_some(all)
}
