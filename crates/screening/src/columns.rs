//! What a column of a table holds, guessed from samples.

use crate::{Kind, checks, normalise, words};

/// The share of samples, in per cent, that must pass before a guess is worth saying.
const ENOUGH: usize = 60;

/// What a column holds, guessed from samples, with the per cent of filled samples that pass.
///
/// `None` if no kind reaches 60 per cent. Member numbers have no grammar and are never guessed.
pub fn likely_kind(samples: &[&str]) -> Option<(Kind, u8)> {
    let filled: Vec<&str> = samples.iter().copied().filter(|s| !s.trim().is_empty()).collect();
    let mut best: Option<(Kind, usize)> = None;
    // In order of strictness: a looser grammar wins only by passing more samples.
    for kind in [
        Kind::Email,
        Kind::NationalInsurance,
        Kind::BankAccount,
        Kind::Card,
        Kind::Postcode,
        Kind::NhsNumber,
        Kind::Phone,
        Kind::Born,
        Kind::Address,
        Kind::Name,
    ] {
        let passed = filled.iter().filter(|sample| holds(kind, sample)).count();
        if best.is_none_or(|(_, most)| passed > most) {
            best = Some((kind, passed));
        }
    }
    let (kind, passed) = best?;
    let share = passed * 100 / filled.len().max(1);
    (share >= ENOUGH).then_some((kind, u8::try_from(share).unwrap_or(100)))
}

fn holds(kind: Kind, sample: &str) -> bool {
    let Ok(normal) = normalise(kind, sample) else { return false };
    let digits = sample.bytes().filter(u8::is_ascii_digit).count();
    let words = || normal.split(' ');
    match kind {
        // Ten bare digits are a number of anything, but for mobiles that lost their zero.
        Kind::Phone => sample.trim_start().starts_with(['0', '+', '(', '7']) || digits == 12,
        // Columns of recent dates are dates of orders and payments more often than of birth.
        Kind::Born => normal.as_str() < "2015",
        Kind::Card => checks::issued_card(normal.as_bytes()),
        Kind::Address => {
            let street = ["st", "rd", "ave", "ln", "cl", "cres", "gdns", "flat", "ter", "sq", "dr"];
            digits > 0 && words().count() > 2 && words().any(|word| street.contains(&word))
        }
        Kind::Name => {
            let spelt = sample.chars().all(|c| c.is_alphabetic() || " .,'-\u{2019}".contains(c));
            let known = words().any(|w| words::forename(w).is_some());
            spelt && words().count() <= 5 && (known || words().count() > 1)
        }
        _ => true,
    }
}
