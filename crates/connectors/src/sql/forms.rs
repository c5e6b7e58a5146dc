//! The ways in which a column writes its telephone numbers and postcodes. Where a census knows all
//! of them, what is sought can be written in each, and the column's own index finds it.

/// More ways than these are no habit: the column holds text of all sorts.
pub(crate) const MOST: usize = 64;
/// Digits that one telephone number may have, its country's included (ITU-T E.164), and the two
/// zeros before it.
const DIGITS: usize = 17;

/// Whether a way of writing, with a 9 for each digit, holds one telephone number at the most.
pub(crate) fn is_of_one(form: &str) -> bool {
    form.chars().filter(char::is_ascii_digit).count() <= DIGITS
}

/// Every writing of a telephone number (in E.164) in these ways.
pub(crate) fn telephones(normal: &str, forms: &[String]) -> Vec<String> {
    let full = normal.trim_start_matches('+');
    let mut digits = vec![full.to_owned(), format!("00{full}")];
    if let Some(national) = full.strip_prefix("44") {
        // As people write it here, without its zero as spreadsheets do, and "+44 (0)".
        digits.extend(["0", "", "440", "00440"].map(|before| format!("{before}{national}")));
    }
    let mut all: Vec<String> =
        forms.iter().flat_map(|form| digits.iter().filter_map(|d| filled(form, d))).collect();
    all.sort();
    all.dedup();
    all
}

/// The form with these digits in its places, if there are as many.
fn filled(form: &str, digits: &str) -> Option<String> {
    let places = form.chars().filter(char::is_ascii_digit).count();
    let mut digits = digits.chars();
    if places != digits.clone().count() {
        return None;
    }
    let place = |c: char| if c.is_ascii_digit() { digits.next().unwrap_or(c) } else { c };
    Some(form.chars().map(place).collect())
}

/// Every writing of squeezed postcodes that a column in normal form may hold: in capitals or small,
/// with its space or without.
pub(crate) fn postcodes(squeezed: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for code in squeezed {
        let (out, inward) = code.split_at(code.len().saturating_sub(3));
        for written in [code.clone(), format!("{out} {inward}")] {
            all.push(written.to_uppercase());
            all.push(written);
        }
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_every_way_the_column_knows() {
        let forms =
            ["99999 999999", "+99 9999 999999", "+99 (9)9999-999999", "9999999999", "", "x"]
                .map(str::to_owned);
        let written = telephones("+447700900123", &forms);
        let expected = ["+44 (0)7700-900123", "+44 7700 900123", "07700 900123", "7700900123"]
            .map(str::to_owned);
        assert_eq!(written, expected);
        assert_eq!(telephones("+33612345678", &["9999 999999999".into()]), ["0033 612345678"]);
        assert!(is_of_one("+99 (9)9999 999999 ext") && !is_of_one("99999 999999 / 99999 999999"));
    }

    #[test]
    fn a_postcode_is_written_in_four_ways() {
        assert_eq!(postcodes(&["ex42aa".into()]), ["EX4 2AA", "EX42AA", "ex4 2aa", "ex42aa"]);
    }
}
