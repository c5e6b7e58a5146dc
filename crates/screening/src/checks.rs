//! Check digits and grammars: the arithmetic that tells an identifier from a look-alike.

/// Luhn's check over ASCII digits, as payment cards use it. False for anything but digits.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0u32;
    for (place, byte) in digits.iter().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let digit = u32::from(byte - b'0');
        sum += match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, twice) if twice > 9 => twice - 9,
            (_, twice) => twice,
        };
    }
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// True where every byte is the same: `0000000000` passes most check digits and is nobody's.
pub(crate) fn all_same(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

/// A payment card number: 13 to 19 digits with a good check digit.
pub(crate) fn card(digits: &[u8]) -> bool {
    (13..=19).contains(&digits.len()) && luhn(digits) && !all_same(digits)
}

/// A card number in a range and length that issuers use. Stricter than [`card`], for free text.
pub(crate) fn issued_card(digits: &[u8]) -> bool {
    if !card(digits) {
        return false;
    }
    let lead = |n: usize| {
        digits[..n].iter().fold(0u32, |sum, byte| sum * 10 + u32::from(byte.saturating_sub(b'0')))
    };
    let length = digits.len();
    match digits[0] {
        b'4' => matches!(length, 16 | 19),
        b'5' => length == 16 && (51..=55).contains(&lead(2)),
        b'2' => length == 16 && (2221..=2720).contains(&lead(4)),
        b'3' => match lead(2) {
            34 | 37 => length == 15,
            35 => length == 16,
            36 | 38 | 39 => length == 14,
            30 => length == 14,
            _ => false,
        },
        b'6' => length >= 16,
        _ => false,
    }
}

/// An NHS number: ten digits, the last a weighted check modulo 11.
pub(crate) fn nhs(digits: &[u8]) -> bool {
    if digits.len() != 10 || !digits.iter().all(u8::is_ascii_digit) || all_same(digits) {
        return false;
    }
    let sum: u32 =
        digits[..9].iter().zip((2..=10).rev()).map(|(byte, by)| u32::from(byte - b'0') * by).sum();
    let check = (11 - sum % 11) % 11;
    check != 10 && check == u32::from(digits[9] - b'0')
}

/// A National Insurance number in capitals without spaces: two prefix letters, six digits, A to D.
pub(crate) fn national_insurance(number: &[u8]) -> bool {
    let [first, second, digits @ .., suffix] = number else { return false };
    let first_ok = first.is_ascii_uppercase() && !b"DFIQUV".contains(first);
    let second_ok = second.is_ascii_uppercase() && !b"DFIOQUV".contains(second);
    let never = [*b"BG", *b"GB", *b"NK", *b"KN", *b"TN", *b"NT", *b"ZZ"];
    first_ok
        && second_ok
        && !never.contains(&[*first, *second])
        && digits.len() == 6
        && digits.iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(suffix)
}

/// An IBAN in capitals without spaces: country length where known, and the remainder modulo 97.
pub(crate) fn iban(number: &[u8]) -> bool {
    if number.len() < 15 || number.len() > 34 || !number.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    if !number[..2].iter().all(u8::is_ascii_uppercase)
        || !number[2..4].iter().all(u8::is_ascii_digit)
    {
        return false;
    }
    if let Some(length) = iban_length([number[0], number[1]])
        && number.len() != length
    {
        return false;
    }
    let mut rest = 0u32;
    for byte in number[4..].iter().chain(&number[..4]) {
        rest = match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            b'A'..=b'Z' => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
            _ => return false,
        };
    }
    rest == 1
}

/// How long an IBAN of this country is, for the countries a UK office meets most.
pub(crate) fn iban_length(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"NL" => 18,
        b"SI" => 19,
        b"AT" | b"EE" | b"LT" | b"LU" => 20,
        b"CH" | b"HR" | b"LV" => 21,
        b"BG" | b"DE" | b"GB" | b"IE" => 22,
        b"GI" => 23,
        b"CZ" | b"ES" | b"RO" | b"SE" | b"SK" => 24,
        b"PT" => 25,
        b"IS" | b"TR" => 26,
        b"FR" | b"GR" | b"IT" => 27,
        b"CY" | b"HU" | b"PL" => 28,
        b"MT" => 31,
        _ => return None,
    })
}

/// A postcode in capitals without its space; answers where the inward part begins.
pub(crate) fn postcode(code: &[u8]) -> Option<usize> {
    if code == b"GIR0AA" {
        return Some(3);
    }
    let cut = code.len().checked_sub(3).filter(|cut| (2..=4).contains(cut))?;
    let (out, inward) = code.split_at(cut);
    let inward_ok = inward[0].is_ascii_digit()
        && inward[1..].iter().all(|b| b.is_ascii_uppercase() && !b"CIKMOV".contains(b));
    let first = |b: &u8| b.is_ascii_uppercase() && !b"QVX".contains(b);
    let second = |b: &u8| b.is_ascii_uppercase() && !b"IJZ".contains(b);
    let out_ok = match out {
        [a, n] => first(a) && n.is_ascii_digit(),
        [a, n, m] if n.is_ascii_digit() => {
            first(a) && (m.is_ascii_digit() || b"ABCDEFGHJKPSTUW".contains(m))
        }
        [a, b, n] => first(a) && second(b) && n.is_ascii_digit(),
        [a, b, n, m] => {
            first(a)
                && second(b)
                && n.is_ascii_digit()
                && (m.is_ascii_digit() || b"ABEHMNPRVWXY".contains(m))
        }
        _ => false,
    };
    (inward_ok && out_ok).then_some(cut)
}

/// True where the letters before the first digit are a postcode area that exists.
pub(crate) fn postcode_area(code: &[u8]) -> bool {
    let letters = code.iter().take_while(|b| b.is_ascii_uppercase()).count();
    std::str::from_utf8(&code[..letters]).is_ok_and(|area| AREAS.binary_search(&area).is_ok())
}

/// Postcode areas of the United Kingdom, the Crown dependencies and British Forces, sorted.
const AREAS: [&str; 126] = [
    "AB", "AL", "B", "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "CA", "CB", "CF",
    "CH", "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY",
    "E", "EC", "EH", "EN", "EX", "FK", "FY", "G", "GIR", "GL", "GU", "GY", "HA", "HD", "HG", "HP",
    "HR", "HS", "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L", "LA", "LD",
    "LE", "LL", "LN", "LS", "LU", "M", "ME", "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW",
    "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S", "SA", "SE", "SG", "SK",
    "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR",
    "TS", "TW", "UB", "W", "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE",
];

/// True where this day stands in the calendar, for years 1800 to 2199.
pub(crate) fn civil_day(year: u16, month: u8, day: u8) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1800..2200).contains(&year) && (1..=last).contains(&day)
}
