//! What codes mean, one on each line: "A = Active". Pure.

use std::collections::BTreeMap;

use crate::error::Field;
use crate::kit::forms::LINE;

/// Most codes of one field.
const MOST: usize = 200;

/// As they are shown to be filled in.
pub fn lines(codes: &BTreeMap<String, String>) -> String {
    let line =
        |(code, means): (&String, &String)| format!("{code} = {means}").trim_end().to_owned();
    codes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// As they were filled in under this name. A code without a meaning still waits for one.
///
/// # Errors
/// What to mend, at the field.
pub fn read(name: &str, text: &str) -> Result<BTreeMap<String, String>, Field> {
    let wrong = |what: String| Err(Field::new(name.to_owned(), what));
    let mut codes = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        // A code may have the sign in it; spaces around it part the two.
        let parts = line.split_once(" = ").or_else(|| Some((line.strip_suffix(" =")?, "")));
        let parts = parts.or_else(|| line.split_once('='));
        let Some((code, means)) = parts.map(|(c, m)| (c.trim(), m.trim())) else {
            return wrong("Write each code on a line of its own, as: A = Active".into());
        };
        if code.is_empty() {
            return wrong("Write the code before the =, as: A = Active".into());
        }
        if code.chars().count() > LINE || means.chars().count() > LINE {
            return wrong(format!("Shorten codes and meanings to {LINE} letters at most"));
        }
        if codes.insert(code.to_owned(), means.to_owned()).is_some() {
            return wrong(format!("{code} is there twice: keep one of the two"));
        }
    }
    if codes.len() > MOST {
        return wrong(format!("Keep to {MOST} codes at most: this is for short lists"));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_back() {
        let given = "A = Active\n\n  L=Lapsed, not paid \r\nx=y = odd\non hold =\nO =\nu=v =\n";
        let codes = read("f", given).unwrap();
        let want = [
            ("A", "Active"),
            ("L", "Lapsed, not paid"),
            ("O", ""),
            ("on hold", ""),
            ("u=v", ""),
            ("x=y", "odd"),
        ];
        let want = want.map(|(c, m)| (c.to_owned(), m.to_owned())).into();
        assert_eq!(codes, want);
        assert_eq!(read("f", &lines(&codes)).unwrap(), codes);
        assert_eq!(read("f", "").unwrap(), BTreeMap::new());
    }

    #[test]
    fn what_cannot_be_read_is_told_at_the_field() {
        let long = format!("A = {}", "x".repeat(LINE + 1));
        let many: String = (0..=MOST).map(|n| format!("{n} = x\n")).collect();
        for (text, words) in [
            ("Active", "line of its own"),
            (" = Active", "before the ="),
            ("A = 1\nA = 2", "twice"),
            (&long, "Shorten"),
            (&many, "at most"),
        ] {
            let no = read("f3-codes", text).unwrap_err();
            assert!(no.name == "f3-codes" && no.message.contains(words), "{text}: {no:?}");
        }
    }
}
