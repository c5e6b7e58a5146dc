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
    /// Where [`Known`] has the act, if it does.
    pub act_place: Option<usize>,
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

/// Takes an entry's bytes apart, refusing every byte that the canonical form would not have.
pub(crate) fn scan(bytes: &[u8]) -> Result<View<'_>, Fault> {
    scan_knowing(bytes, &mut Known::default())
}

/// Does the same for one entry after another, quicker where acts and citations come again.
pub(crate) fn scan_knowing<'a>(bytes: &'a [u8], known: &mut Known) -> Result<View<'a>, Fault> {
    if bytes.len() > LONGEST {
        return Err(Fault { byte: LONGEST, what: "an entry of at most 65,535 bytes" });
    }
    let mut c = Cursor { bytes, at: 0 };
    c.literal(b"{\"v\":1,\"id\":\"", "an opening {\"v\":1,\"id\":\"")?;
    let id = c.fixed::<UUID>(is_uuid, "a lower-case UUID")?;
    c.literal(b"\",\"at\":\"", "the field \"at\"")?;
    let at = c.fixed::<STAMP>(is_stamp, "a UTC time such as 2026-01-31T09:30:00.000Z")?;
    c.literal(b"\",\"actor\":\"", "the field \"actor\"")?;
    let actor = c.run(actor_len(c.rest()), ACTOR)?;
    c.literal(b"\",\"act\":\"", "the field \"act\"")?;
    let from = c.rest();
    let (act, act_place) = match known.acts.hit(from) {
        Some((place, length)) => (c.run(Some(length - 1), ACT)?, Some(place)),
        None => {
            let act = c.run(act_len(from), ACT)?;
            known.acts.learn(from, act.len(), b'"');
            (act, None)
        }
    };
    c.literal(b"\",\"about\":[", "the field \"about\"")?;
    let about = c.list::<false>(REFERENCE)?;
    c.literal(b",\"law\":[", "the field \"law\"")?;
    let from = c.rest();
    let law = match known.laws.hit(from) {
        Some((_, length)) => &c.run(Some(length), LAW)?[..length - 1],
        None => {
            let law = c.list::<true>(LAW)?;
            known.laws.learn(from, law.len(), b']');
            law
        }
    };
    let commit = c.commit()?;
    c.literal(b"}", "the closing }")?;
    if c.at != bytes.len() {
        return Err(c.fault("the end of the entry"));
    }
    Ok(View { id, at, actor, act, act_place, about, law, commit })
}

/// Acts and lists of citations that were found good: a log has a few dozen of each, and comparing
/// is quicker than judging them byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Known {
    acts: Remembered<0>,
    laws: Remembered<8>,
}

/// Good strings with the byte that ended them, each at the place that sixteen of its bytes, from
/// byte `FROM` on, point to. What comes first to a place stays: a log made to have many different
/// ones gains nothing, and costs no memory.
#[derive(Debug, Default)]
struct Remembered<const FROM: usize>(Vec<Vec<u8>>);

impl Known {
    /// How many places there are, from 0.
    pub const PLACES: usize = 256;

    /// A memory to fill; the default one stays empty.
    pub fn learning() -> Self {
        let places = || vec![Vec::new(); Self::PLACES];
        Self { acts: Remembered(places()), laws: Remembered(places()) }
    }

    /// The act at a place that [`View::act_place`] named.
    pub fn act(&self, place: usize) -> &[u8] {
        self.acts.0.get(place).and_then(|act| act.strip_suffix(b"\"")).unwrap_or_default()
    }
}

impl<const FROM: usize> Remembered<FROM> {
    #[inline(always)]
    fn place(rest: &[u8]) -> Option<usize> {
        let (first, after) = rest.get(FROM..)?.split_first_chunk()?;
        let (first, second) = (u64::from_le_bytes(*first), after.first_chunk()?);
        let mixed = first ^ u64::from_le_bytes(*second).rotate_left(32);
        Some((mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize)
    }

    /// Place and length of the string that stands here, with the byte that ends it, if it is known.
    #[inline(always)]
    fn hit(&self, rest: &[u8]) -> Option<(usize, usize)> {
        let place = Self::place(rest)?;
        let known = self.0.get(place)?;
        (!known.is_empty() && rest.starts_with(known)).then_some((place, known.len()))
    }

    /// Remembers the good string of this length that stands here, if `end` ends it.
    #[cold]
    fn learn(&mut self, rest: &[u8], length: usize, end: u8) {
        let place = Self::place(rest).and_then(|place| self.0.get_mut(place));
        if let (Some(place), Some(string)) = (place, rest.get(..=length))
            && place.is_empty()
            && string.len() <= LONGEST_NAME
            && string.last() == Some(&end)
        {
            string.clone_into(place);
        }
    }
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
    #[cold]
    fn fault(&self, what: &'static str) -> Fault {
        Fault { byte: self.at, what }
    }

    #[inline(always)]
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
        good: impl FnOnce(&[u8; N]) -> bool,
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

    /// The next `length` bytes. The caller then expects the closing quote, so that a string with a
    /// byte too many is refused there.
    #[inline(always)]
    fn run(&mut self, length: Option<usize>, what: &'static str) -> Result<&'a [u8], Fault> {
        let (run, _) =
            length.and_then(|n| self.rest().split_at_checked(n)).ok_or_else(|| self.fault(what))?;
        self.at += run.len();
        Ok(run)
    }

    /// Citations or else references, with commas between them, up to and with the closing bracket.
    #[inline(always)]
    fn list<const LAWS: bool>(&mut self, what: &'static str) -> Result<&'a [u8], Fault> {
        let start = self.at;
        if self.rest().first() == Some(&b']') {
            self.at += 1;
            return Ok(&self.bytes[start..start]);
        }
        loop {
            self.literal(b"\"", "a string or the end of the list")?;
            let rest = self.rest();
            self.run(if LAWS { law_len(rest) } else { reference_len(rest) }, what)?;
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

// Every byte of a log goes through the tests below. Those of fixed length are comparisons over an
// array, which the compiler turns into vector instructions; the others look each byte up.

const WORD: u8 = 1; // a-z 0-9 - _
const DOTTED: u8 = 2; // a word's bytes and the dot
const IDENT: u8 = 4; // A-Z a-z 0-9 . _ - / :
const TEXT: u8 = 8; // printable ASCII without quote and backslash
const HIGH: u8 = 16; // part of a longer UTF-8 sequence

const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        let word = b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let ident = word || b.is_ascii_uppercase() || matches!(b, b'.' | b'/' | b':');
        let text = matches!(b, b' '..=b'~') && b != b'"' && b != b'\\';
        class[i] = if word { WORD } else { 0 }
            | if word || b == b'.' { DOTTED } else { 0 }
            | if ident { IDENT } else { 0 }
            | if text { TEXT } else { 0 }
            | if b >= 0x80 { HIGH } else { 0 };
        i += 1;
    }
    class
};

/// How many bytes at the start are of a class.
#[inline(always)]
fn count(bytes: &[u8], class: u8) -> usize {
    bytes.iter().take_while(|&&b| CLASS[usize::from(b)] & class != 0).count()
}

#[inline(always)]
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
    let hyphens = [text[8], text[13], text[18], text[23]];
    let mut digits = *text;
    digits[8] = b'0';
    digits[13] = b'0';
    digits[18] = b'0';
    digits[23] = b'0';
    let good = digits.iter().fold(true, |good, &b| good & is_hex(b));
    good & (u32::from_ne_bytes(hyphens) == u32::from_ne_bytes(*b"----"))
}

/// A UTC time to the millisecond on a day that exists; no leap seconds.
#[inline(always)]
pub(crate) fn is_stamp(text: &[u8; STAMP]) -> bool {
    const FORM: &[u8; STAMP] = b"0000-00-00T00:00:00.000Z";
    let mut good = true;
    for i in 0..STAMP {
        // A digit may be up to nine above the form's 0; everything else must be as it stands.
        let span = if FORM[i] == b'0' { 9 } else { 0 };
        good &= text[i].wrapping_sub(FORM[i]) <= span;
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
    let day = (1..=days).contains(&day);
    good & day & (two(11) < 24) & (two(14) < 60) & (two(17) < 60)
}

/// Length of an actor at the start of `bytes`: a word, alone or with a colon and an identifier.
#[inline(always)]
pub(crate) fn actor_len(bytes: &[u8]) -> Option<usize> {
    name_len(bytes, false)
}

/// Length of a reference at the start of `bytes`: a word, a colon, an identifier. Neither spaces
/// nor `@` are allowed, so that a name or an e-mail address cannot slip in.
#[inline(always)]
pub(crate) fn reference_len(bytes: &[u8]) -> Option<usize> {
    name_len(bytes, true)
}

#[inline(always)]
fn name_len(bytes: &[u8], must_refer: bool) -> Option<usize> {
    let kind = count(bytes, WORD);
    let mut all = kind;
    let mut good = bytes.first()?.is_ascii_lowercase();
    if bytes.get(kind) == Some(&b':') {
        all += 1 + ident_len(&bytes[kind + 1..]);
        good &= all > kind + 1;
    } else {
        good &= !must_refer;
    }
    (good && all <= LONGEST_NAME).then_some(all)
}

/// Length of an identifier at the start of `bytes`. Most are a UUID, which takes a few comparisons.
#[inline(always)]
fn ident_len(bytes: &[u8]) -> usize {
    match bytes.first_chunk::<UUID>() {
        Some(id) if is_uuid(id) => UUID + count(&bytes[UUID..], IDENT),
        _ => count(bytes, IDENT),
    }
}

/// Length of an act at the start of `bytes`: two words or more with dots between them.
#[inline(always)]
pub(crate) fn act_len(bytes: &[u8]) -> Option<usize> {
    let all = count(bytes, DOTTED);
    let act = &bytes[..all];
    let (mut dots, mut good, mut start) = (0, true, true);
    for &b in act {
        good &= !start | b.is_ascii_lowercase();
        start = b == b'.';
        dots += usize::from(start);
    }
    (good && !start && dots > 0 && all <= LONGEST_NAME).then_some(all)
}

/// Length of a citation at the start of `bytes`.
#[inline(always)]
pub(crate) fn law_len(bytes: &[u8]) -> Option<usize> {
    let plain = count(bytes, TEXT);
    let all = match bytes.get(plain) {
        Some(b) if *b >= 0x80 => plain + high_len(&bytes[plain..])?,
        _ => plain,
    };
    (1..=LONGEST_LAW).contains(&all).then_some(all)
}

/// Length of a citation from its first byte that is not ASCII.
#[cold]
fn high_len(bytes: &[u8]) -> Option<usize> {
    let all = count(bytes, TEXT | HIGH);
    let citation = std::str::from_utf8(&bytes[..all]).ok()?;
    (!citation.chars().any(char::is_control)).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(act: &str, about: &str, law: &str) -> Vec<u8> {
        format!(
            "{{\"v\":1,\"id\":\"018f3c2e-7b1a-7c3d-9e4f-0a1b2c3d4e5f\",\
             \"at\":\"2026-01-31T09:30:00.000Z\",\"actor\":\"public\",\"act\":\"{act}\",\
             \"about\":[{about}],\"law\":[{law}],\"commit\":\"{}\"}}",
            "0".repeat(64)
        )
        .into_bytes()
    }

    /// Whatever a scanner has seen before, it judges and takes apart as one that has seen nothing.
    #[test]
    fn knowing_changes_nothing() {
        let lines = [
            line("request.received", "\"case:1\"", "\"UK GDPR Art 12A(3)\""),
            line("request.received.late", "", "\"UK GDPR Art 12A(3)\",\"DPA 2018 s 45\""),
            line("request.received", "", "\"UK GDPR Art 12A(3) first part\""),
            line("a.b", "", ""),
            line("a.b", "", "\"FOIA s 1\""),
        ];
        let mut known = Known::learning();
        for line in lines.iter().chain(&lines) {
            let fresh = scan(line).unwrap();
            let view = scan_knowing(line, &mut known).unwrap();
            assert_eq!((view.act, view.about, view.law), (fresh.act, fresh.about, fresh.law));
            if let Some(place) = view.act_place {
                assert_eq!(known.act(place), fresh.act);
            }
        }
        let learnt = scan_knowing(&lines[0], &mut known).unwrap();
        assert!(learnt.act_place.is_some(), "nothing was learnt");
        for line in &lines {
            for at in 0..line.len() {
                for byte in *b"\"\\,.:[]{}a0Z \x00\x7f\xc3" {
                    let mut changed = line.clone();
                    changed[at] = byte;
                    let (fresh, other) = (scan(&changed), scan_knowing(&changed, &mut known));
                    assert_eq!(fresh.map(|v| (v.act, v.law)), other.map(|v| (v.act, v.law)));
                }
            }
        }
    }
}
