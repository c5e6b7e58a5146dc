//! Telephone numbers to E.164, for the United Kingdom where no country is written.
//!
//! Only the shape of the numbering plan is looked at: ranges open and close faster than a table is
//! brought up to date, and a number that stands in a membership list was once dialled.

use crate::normal::NotNormal;

/// The E.164 form of a cleaned writing. Errors say what to do; they never repeat the number.
pub(crate) fn e164(clean: &str) -> Result<String, NotNormal> {
    let written = clean.strip_prefix("tel:").unwrap_or(clean).trim();
    // A number cell read as a decimal.
    let written = written.strip_suffix(".0").unwrap_or(written);
    if rounded_by_a_spreadsheet(written) {
        return Err(NotNormal::Rounded);
    }
    let dialled = Dialled::read(without_extension(written)).ok_or(NotNormal::Phone)?;
    if let Some(national) = dialled.uk() {
        return Ok(format!("+44{national}"));
    }
    let abroad = dialled.abroad().ok_or(NotNormal::Phone)?;
    Ok(format!("+{abroad}"))
}

/// `4.47E+11`: the digits after the first few are gone, and no guess brings them back.
fn rounded_by_a_spreadsheet(written: &str) -> bool {
    let Some((digits, power)) = written.split_once(['E', 'e']) else { return false };
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    number(&digits.replacen(['.', ','], "", 1)) && number(power.trim_start_matches('+'))
}

/// The number before "ext. 12", "x12" or "#12": an extension is no part of E.164.
fn without_extension(written: &str) -> &str {
    let Some(at) = written.find(['e', 'E', 'x', 'X', '#']) else { return written };
    let word = written[at..].trim_end_matches(|c: char| c.is_ascii_digit());
    let word = word.trim_end_matches([' ', '.', ':']).to_ascii_lowercase();
    if matches!(word.as_str(), "x" | "#" | "ext" | "extn" | "extension") {
        written[..at].trim_end_matches([' ', ','])
    } else {
        written
    }
}

/// What was dialled, signs taken away.
struct Dialled {
    digits: String,
    /// A plus stood before it.
    plus: bool,
}

impl Dialled {
    /// `None` if anything but digits and the usual signs stands in the number.
    fn read(written: &str) -> Option<Dialled> {
        // "(0)" after a country code is not dialled from abroad.
        let bracketed = written.starts_with('+') || written.starts_with("00");
        let mut dialled = Dialled { digits: String::with_capacity(16), plus: false };
        let mut rest = written;
        while let Some(c) = rest.chars().next() {
            if bracketed && let Some(after) = rest.strip_prefix("(0)") {
                rest = after;
                continue;
            }
            match c {
                '0'..='9' if dialled.digits.len() < 20 => dialled.digits.push(c),
                '+' if dialled.digits.is_empty() && !dialled.plus => dialled.plus = true,
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return None,
            }
            rest = &rest[c.len_utf8()..];
        }
        Some(dialled)
    }

    /// The digits after the country code 44, if it is a UK number.
    fn uk(&self) -> Option<&str> {
        let digits = self.digits.as_str();
        let rest = if self.plus {
            digits.strip_prefix("44")?
        } else if let Some(abroad) = digits.strip_prefix("00") {
            abroad.strip_prefix("44")?
        } else if let Some(national) = digits.strip_prefix('0') {
            return uk_national(national.as_bytes()).then_some(national);
        } else if digits.len() >= 12 {
            digits.strip_prefix("44")?
        } else {
            // The leading zero was lost in a spreadsheet; only the usual ten digits are trusted.
            return uk_plan(digits.as_bytes()).then_some(digits);
        };
        let national = rest.strip_prefix('0').unwrap_or(rest);
        uk_national(national.as_bytes()).then_some(national)
    }

    /// Country code and number, for a number written with a plus or 00.
    fn abroad(&self) -> Option<&str> {
        let digits = match self.plus {
            true => self.digits.as_str(),
            false => self.digits.strip_prefix("00")?,
        };
        let uk = digits.starts_with("44");
        let long_enough = (8..=15).contains(&digits.len());
        (!uk && long_enough && country_code(digits.as_bytes())).then_some(digits)
    }
}

/// UK numbers of ten, nine and seven digits after the trunk zero.
fn uk_national(national: &[u8]) -> bool {
    uk_plan(national) || uk_short(national)
}

/// The UK numbering plan for numbers of ten digits after the trunk zero, which is nearly all.
pub(crate) fn uk_plan(national: &[u8]) -> bool {
    if national.len() != 10 || !national.iter().all(u8::is_ascii_digit) {
        return false;
    }
    match national[0] {
        b'1' => national[1] != b'0',
        b'2' => b"03489".contains(&national[1]),
        b'3' => b"0347".contains(&national[1]),
        b'5' => b"56".contains(&national[1]),
        b'7' => true,
        b'8' => b"047".contains(&national[1]),
        b'9' => b"018".contains(&national[1]),
        _ => false,
    }
}

/// The older, shorter UK numbers: nine digits in some areas and at 0500 and 0800, seven at two.
pub(crate) fn uk_short(national: &[u8]) -> bool {
    /// Areas that still have numbers of five digits.
    const SHORT_AREAS: [&[u8; 4]; 40] = [
        b"1204", b"1208", b"1254", b"1276", b"1297", b"1298", b"1363", b"1364", b"1384", b"1386",
        b"1404", b"1420", b"1460", b"1461", b"1480", b"1488", b"1524", b"1527", b"1562", b"1566",
        b"1606", b"1629", b"1635", b"1647", b"1659", b"1695", b"1697", b"1726", b"1744", b"1750",
        b"1768", b"1827", b"1837", b"1884", b"1900", b"1905", b"1935", b"1946", b"1949", b"1995",
    ];
    if !national.iter().all(u8::is_ascii_digit) {
        return false;
    }
    match national.len() {
        9 => {
            national.starts_with(b"500")
                || national.starts_with(b"800")
                || SHORT_AREAS.iter().any(|area| national.starts_with(*area))
        }
        7 => national == b"8001111" || national.starts_with(b"845464"),
        _ => false,
    }
}

/// True if the digits begin with a country code in use (ITU-T E.164, assigned codes).
fn country_code(digits: &[u8]) -> bool {
    let lead = |n: usize| digits[..n].iter().fold(0u16, |sum, b| sum * 10 + u16::from(b - b'0'));
    match digits[0] {
        b'1' | b'7' => digits.len() == 11,
        b'0' => false,
        _ => two_digit_code(lead(2)) || three_digit_code(lead(3)),
    }
}

fn two_digit_code(code: u16) -> bool {
    matches!(
        code,
        20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86
            | 90..=95 | 98
    )
}

fn three_digit_code(code: u16) -> bool {
    matches!(
        code,
        211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290 | 291 | 297..=299 | 350..=359
            | 370..=378 | 380..=383 | 385..=387 | 389 | 420 | 421 | 423 | 500..=509 | 590..=599
            | 670 | 672..=683 | 685..=692 | 800 | 808 | 850 | 852 | 853 | 855 | 856 | 870 | 878
            | 880..=883 | 886 | 888 | 960..=968 | 970..=977 | 979 | 992..=996 | 998
    )
}
