//! Normal forms: one writing per identifier.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::{Kind, checks, names, phone};

/// Longest value looked at, in bytes: an address block fits, a pasted document does not.
const LONGEST: usize = 1024;

/// Why a value has no normal form. Says what is wrong and what to do, never the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNormal {
    /// Nothing is left once spaces and punctuation are taken away.
    #[error("it is empty")]
    Empty,
    /// Longer than any identifier.
    #[error("it is longer than 1,024 bytes; give one identifier at a time")]
    TooLong,
    /// Not the shape of an e-mail address.
    #[error("an e-mail address has a name, one @ and a domain, as in name@example.org")]
    Email,
    /// The part after the @ cannot be a domain.
    #[error("the part after the @ is not a domain name, such as example.org")]
    EmailDomain,
    /// No telephone number.
    #[error(
        "it is not a full telephone number; write it with its area code, \
         or with + and the country code"
    )]
    Phone,
    /// A spreadsheet turned the number into a power of ten.
    #[error(
        "a spreadsheet has rounded it (as in 4.47E+11) and its last digits are lost; \
         format the column as text and export it again"
    )]
    Rounded,
    /// A member number needs at least one letter or digit.
    #[error("a member number needs at least one letter or digit")]
    MemberNumber,
    /// Not the shape of a UK postcode.
    #[error("it is not a full UK postcode, such as AB1 2CD")]
    Postcode,
    /// No day of the calendar, or no order of day and month that can be told.
    #[error("it is not a date; write the day first, as in 13/07/1980, or 1980-07-13")]
    Born,
    /// The year has two digits.
    #[error("the year has two digits, so its century is not known; write all four")]
    BornCentury,
    /// Not a National Insurance number.
    #[error(
        "a National Insurance number has two letters in use, six digits \
         and a last letter from A to D"
    )]
    NationalInsurance,
    /// Not ten digits.
    #[error("an NHS number has ten digits")]
    NhsLength,
    /// The check digit is wrong.
    #[error("the check digit is wrong; one digit is mistyped or two are swapped")]
    CheckDigit,
    /// Not a bank account.
    #[error("write an IBAN, or a sort code of six digits and an account number of eight")]
    BankAccount,
    /// Not the length of a card number.
    #[error("a card number has 13 to 19 digits")]
    CardLength,
}

/// The one normal form of `raw` read as `kind`, or why there is none.
///
/// Taking the normal form of a normal form changes nothing.
pub fn normalise(kind: Kind, raw: &str) -> Result<String, NotNormal> {
    if raw.len() > LONGEST {
        return Err(NotNormal::TooLong);
    }
    let clean = clean(raw);
    let clean = clean.trim();
    if clean.is_empty() {
        return Err(NotNormal::Empty);
    }
    match kind {
        Kind::Email => email(clean),
        Kind::Phone => phone::e164(clean),
        Kind::MemberNumber => member_number(clean),
        Kind::Name => filled(names::fold(clean)),
        Kind::Postcode => postcode(clean),
        Kind::Address => filled(address(clean)),
        Kind::Born => born(clean),
        Kind::NationalInsurance => national_insurance(clean),
        Kind::NhsNumber => nhs(clean),
        Kind::BankAccount => bank_account(clean),
        Kind::Card => card(clean),
    }
}

/// Compatibility forms joined (NFKC), invisible characters gone, dashes and apostrophes plain.
fn clean(raw: &str) -> Cow<'_, str> {
    if raw.is_ascii() {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.nfkc().filter(|c| !invisible(*c)).map(plain).collect())
}

/// Characters that spreadsheets and web pages leave in a cell and nobody sees.
fn invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
    )
}

fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => '\'',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// The characters that remain when spaces, dashes and dots go, in capitals.
fn packed(clean: &str) -> String {
    clean.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).flat_map(char::to_uppercase).collect()
}

fn filled(folded: String) -> Result<String, NotNormal> {
    if folded.is_empty() { Err(NotNormal::Empty) } else { Ok(folded) }
}

fn email(clean: &str) -> Result<String, NotNormal> {
    let mut written = clean;
    if let (Some(open), Some(inside)) = (clean.rfind('<'), clean.strip_suffix('>')) {
        written = inside.get(open + 1..).unwrap_or_default();
    }
    if let Some(scheme) = written.get(..7)
        && scheme.eq_ignore_ascii_case("mailto:")
    {
        written = written[7..].split('?').next().unwrap_or_default();
    }
    let written = written.trim();
    let (local, domain) = written.rsplit_once('@').ok_or(NotNormal::Email)?;
    if local.is_empty() || local.len() > 64 || local.chars().any(not_in_local) {
        return Err(NotNormal::Email);
    }
    let local = if local.is_ascii() { local.to_ascii_lowercase() } else { small(local) };
    if local.chars().any(not_in_local) {
        return Err(NotNormal::Email);
    }
    Ok(format!("{local}@{}", domain_to_ascii(domain)?))
}

/// Lower case of text beyond ASCII, repeated until it stands still, as case and form interact.
fn small(local: &str) -> String {
    let mut now: String = local.to_owned();
    for _ in 0..4 {
        let next: String =
            now.to_lowercase().nfkc().filter(|c| !invisible(*c)).map(plain).collect();
        if next == now {
            break;
        }
        now = next;
    }
    now
}

fn not_in_local(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "@<>()[],;:\\\"".contains(c)
}

fn domain_to_ascii(domain: &str) -> Result<String, NotNormal> {
    let domain = domain.trim_end_matches('.');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    // `xn--` labels must be checked, so they do not take the short way.
    let ascii = if domain.bytes().all(plain) && !domain.contains("--") {
        domain.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii_strict(domain).map_err(|_| NotNormal::EmailDomain)?
    };
    let label = |l: &str| (1..=63).contains(&l.len()) && !l.starts_with('-') && !l.ends_with('-');
    let top = ascii.rsplit('.').next().unwrap_or_default();
    let named = top.len() > 1 && !top.bytes().all(|b| b.is_ascii_digit());
    if ascii.len() > 253 || !ascii.contains('.') || !named || !ascii.split('.').all(label) {
        return Err(NotNormal::EmailDomain);
    }
    Ok(ascii)
}

/// The weaker key of a normal e-mail address: without its plus tag and, at Google's mail, its dots.
///
/// Weak: at other providers two such addresses may be two people. `None` if there is no `@`.
pub fn weak_email(normal: &str) -> Option<String> {
    let (local, domain) = normal.rsplit_once('@')?;
    let bare = match local.find('+') {
        Some(0) | None => local,
        Some(plus) => &local[..plus],
    };
    if matches!(domain, "gmail.com" | "googlemail.com") {
        return Some(format!("{}@gmail.com", bare.replace('.', "")));
    }
    Some(format!("{bare}@{domain}"))
}

fn member_number(clean: &str) -> Result<String, NotNormal> {
    let kept: String = clean
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .flat_map(char::to_uppercase)
        .nfkc()
        .collect();
    if kept.chars().any(char::is_alphanumeric) { Ok(kept) } else { Err(NotNormal::MemberNumber) }
}

/// A member number without the zeros that lead its digits: `M00123` and `M123` are one. Weak.
pub fn member_number_loose(normal: &str) -> String {
    let letters = normal.len() - normal.trim_start_matches(|c: char| !c.is_ascii_digit()).len();
    let (head, digits) = normal.split_at(letters);
    let rest = digits.trim_start_matches('0');
    // All zeros, or zeros before a letter: one zero stays, so that a number remains.
    let zero = if rest.len() < digits.len() && !rest.starts_with(|c: char| c.is_ascii_digit()) {
        "0"
    } else {
        ""
    };
    format!("{head}{zero}{rest}")
}

fn postcode(clean: &str) -> Result<String, NotNormal> {
    let mut code = packed(clean).into_bytes();
    // A typist's letter O or I where only a digit can stand.
    if let Some(place) = code.len().checked_sub(3) {
        match code[place] {
            b'O' => code[place] = b'0',
            b'I' => code[place] = b'1',
            _ => {}
        }
    }
    let cut = checks::postcode(&code).ok_or(NotNormal::Postcode)?;
    code.insert(cut, b' ');
    String::from_utf8(code).map_err(|_| NotNormal::Postcode)
}

fn national_insurance(clean: &str) -> Result<String, NotNormal> {
    let number = packed(clean);
    if checks::national_insurance(number.as_bytes()) {
        Ok(number)
    } else {
        Err(NotNormal::NationalInsurance)
    }
}

fn nhs(clean: &str) -> Result<String, NotNormal> {
    let number = packed(clean);
    if number.len() != 10 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotNormal::NhsLength);
    }
    if checks::nhs(number.as_bytes()) { Ok(number) } else { Err(NotNormal::CheckDigit) }
}

fn card(clean: &str) -> Result<String, NotNormal> {
    let number = packed(clean);
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    if !digits || !(13..=19).contains(&number.len()) {
        return Err(NotNormal::CardLength);
    }
    if checks::card(number.as_bytes()) { Ok(number) } else { Err(NotNormal::CheckDigit) }
}

fn bank_account(clean: &str) -> Result<String, NotNormal> {
    let number: String = packed(clean).chars().filter(|c| !matches!(c, '/' | ',' | ':')).collect();
    let number = number.strip_prefix("IBAN").unwrap_or(&number);
    if number.bytes().all(|b| b.is_ascii_digit()) && number.len() == 14 {
        return Ok(sort_and_account(number));
    }
    if !number.starts_with(|c: char| c.is_ascii_alphabetic()) || !number.is_ascii() {
        return Err(NotNormal::BankAccount);
    }
    if number.len() < 15 || number.len() > 34 {
        return Err(NotNormal::BankAccount);
    }
    if checks::iban(number.as_bytes()) { Ok(number.to_owned()) } else { Err(NotNormal::CheckDigit) }
}

/// Six digits of sort code and eight of account, as people write them. Other input comes back.
pub(crate) fn sort_and_account(digits: &str) -> String {
    match (digits.get(..2), digits.get(2..4), digits.get(4..6), digits.get(6..)) {
        (Some(a), Some(b), Some(c), Some(rest)) => format!("{a}-{b}-{c} {rest}"),
        _ => digits.to_owned(),
    }
}

/// The sort code and account number inside a normal UK IBAN; `None` for any other account.
pub fn bank_account_uk(normal: &str) -> Option<String> {
    let inside = normal.strip_prefix("GB")?.get(6..)?;
    let digits = inside.len() == 14 && inside.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| sort_and_account(inside))
}

fn born(clean: &str) -> Result<String, NotNormal> {
    let day = clean.split(['T', ' ']).next().filter(|day| day.len() >= 8).unwrap_or(clean);
    let text =
        if day.bytes().all(|b| b.is_ascii_digit() || b"/-.".contains(&b)) { day } else { clean };
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|p| !p.is_empty() && *p != "of")
        .collect();
    let [a, b, c] = parts[..] else { return Err(NotNormal::Born) };
    let (year, month, day) = if a.len() == 4 && number(a).is_some() {
        (a, b, c)
    } else if month_number(a).is_some() {
        (c, a, b)
    } else {
        (c, b, a)
    };
    if year.len() == 2 && number(year).is_some() {
        return Err(NotNormal::BornCentury);
    }
    let day = day.trim_end_matches("st").trim_end_matches("nd");
    let day = number(day.trim_end_matches("rd").trim_end_matches("th")).ok_or(NotNormal::Born)?;
    let month = month_number(month).or_else(|| number(month)).ok_or(NotNormal::Born)?;
    let year = number(year).ok_or(NotNormal::Born)?;
    match (u8::try_from(month), u8::try_from(day)) {
        (Ok(m), Ok(d)) if checks::civil_day(year, m, d) => Ok(format!("{year:04}-{m:02}-{d:02}")),
        _ => Err(NotNormal::Born),
    }
}

fn number(digits: &str) -> Option<u16> {
    let plain = digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn month_number(word: &str) -> Option<u16> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS
        .iter()
        .position(|m| word.len() >= 3 && m.starts_with(word))
        .or((word == "sept").then_some(8))?;
    u16::try_from(at + 1).ok()
}

/// One line of address: case, marks, punctuation and the usual short words made equal.
fn address(clean: &str) -> String {
    let plain = names::letters_and_digits(clean);
    let mut words: Vec<&str> = plain.split(' ').filter(|w| !w.is_empty()).map(short).collect();
    loop {
        match words[..] {
            [.., "united", "kingdom"] => words.truncate(words.len() - 2),
            [.., "uk" | "gb" | "england" | "scotland" | "wales"] if words.len() > 1 => {
                words.truncate(words.len() - 1);
            }
            _ => break,
        }
    }
    let mut line = words.join(" ");
    // The postcode at the end loses its space, however it was written.
    if let [.., out, inward] = words[..] {
        let is = |code: &str| checks::postcode(code.to_ascii_uppercase().as_bytes()).is_some();
        if !is(inward) && is(&format!("{out}{inward}")) {
            line.truncate(line.len() - inward.len() - 1);
            line.push_str(inward);
        }
    }
    line
}

/// The premises of a normal postal address: what stands before its postcode and has a digit in it,
/// sorted, and the postcode, as in `2,4b|EX42AA`. `None` without a number or a UK postcode.
///
/// However much of street and town is written, it is the same. It never tells who somebody is:
/// flats that have letters only share it, and so do flat 2 at 4 and flat 4 at 2.
pub fn premises(normal: &str) -> Option<String> {
    let words: Vec<&str> = normal.split(' ').collect();
    // A postcode is one word or two; behind it may stand what is no part of it.
    let code = |end: usize| {
        let starts = [end.checked_sub(1), end.checked_sub(2)].into_iter().flatten();
        starts.into_iter().find_map(|at| Some((at, postcode(&words[at..end].concat()).ok()?)))
    };
    let (before, code) = (1..=words.len()).rev().find_map(code)?;
    let number = |word: &&&str| word.bytes().any(|b| b.is_ascii_digit());
    let mut numbers: Vec<&str> = words[..before].iter().filter(number).copied().collect();
    numbers.sort_unstable();
    (!numbers.is_empty()).then(|| format!("{}|{}", numbers.join(","), code.replace(' ', "")))
}

fn short(word: &str) -> &str {
    match word {
        "street" | "saint" | "str" => "st",
        "road" => "rd",
        "avenue" | "av" => "ave",
        "lane" => "ln",
        "drive" | "drv" => "dr",
        "close" => "cl",
        "court" | "crt" => "ct",
        "crescent" | "cresc" | "cr" => "cres",
        "gardens" | "gdn" => "gdns",
        "grove" | "grv" => "gr",
        "place" => "pl",
        "square" => "sq",
        "terrace" | "terr" => "ter",
        "house" => "hse",
        "apartment" | "apt" => "flat",
        "building" | "buildings" | "bldg" => "bldgs",
        "mount" => "mt",
        "park" => "pk",
        other => other,
    }
}

#[cfg(test)]
mod tests;
