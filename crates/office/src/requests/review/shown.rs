//! An item as the desk shows it: its texts cut at their marks, and each passage in its sentence.

use crate::error::Result;
use crate::kit::forms::Filled;
use crate::requests::review::{Item, Mark};
use crate::requests::sql::FindingRow;

/// A piece of a text: marked or not, with the number of its mark.
pub struct Piece {
    pub text: String,
    pub mark: Option<usize>,
}

/// A text of an item.
pub struct Part {
    pub field: String,
    pub pieces: Vec<Piece>,
    /// The lines with their numbers, if there is more than one.
    pub lines: Vec<String>,
}

/// A passage with the name of its box.
pub struct Passage {
    pub name: String,
    pub why: String,
    pub field: String,
    pub ticked: bool,
    /// What stands before it in its line.
    pub before: String,
    /// The passage itself.
    pub words: String,
    /// What stands behind it.
    pub after: String,
}

/// The name of a passage's box: where it is, so that it means the same passage when it comes back.
pub fn name(m: &Mark) -> String {
    format!("{}-{}-{}", m.start, m.end, m.field)
}

/// Cuts a text at its marks.
fn pieces(text: &str, field: &str, marks: &[Mark]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0;
    let good = |i: usize| i <= text.len() && text.is_char_boundary(i);
    for (i, m) in marks.iter().enumerate().filter(|(_, m)| m.field == field) {
        if m.start < at || m.start >= m.end || !good(m.start) || !good(m.end) {
            continue;
        }
        out.push(Piece { text: text[at..m.start].to_owned(), mark: None });
        out.push(Piece { text: text[m.start..m.end].to_owned(), mark: Some(i + 1) });
        at = m.end;
    }
    out.push(Piece { text: text[at..].to_owned(), mark: None });
    out
}

/// The passages that a machine marked and those that a person added, in the order of the text.
pub fn all_marks(item: &Item, row: Option<&FindingRow>) -> Result<Vec<Mark>> {
    let mut all = item.others.clone();
    if let Some(r) = row {
        let kept: Vec<Mark> = serde_json::from_str(&r.marks)?;
        all.extend(kept.into_iter().filter(|m| !item.others.contains(m)));
    }
    all.sort_by_key(|m| (m.start, m.end));
    Ok(all)
}

/// The texts of an item, cut at their marks.
pub fn parts(item: &Item, marks: &[Mark]) -> Vec<Part> {
    let part = |(field, text): (String, String)| {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let lines = if lines.len() > 1 { lines } else { Vec::new() };
        Part { pieces: pieces(&text, &field, marks), lines, field }
    };
    item.texts().into_iter().map(part).collect()
}

/// Characters that are shown on either side of a passage.
const AROUND: usize = 60;

/// What stands around a passage in its own line, and the passage.
fn around(text: &str, m: &Mark) -> (String, String, String) {
    let (Some(before), Some(words), Some(after)) =
        (text.get(..m.start), text.get(m.start..m.end), text.get(m.end..))
    else {
        return Default::default();
    };
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.split('\n').next().unwrap_or_default();
    let skip = before.chars().count().saturating_sub(AROUND);
    let cut = if skip > 0 { "…" } else { "" };
    let more = if after.chars().count() > AROUND { "…" } else { "" };
    let before: String = before.chars().skip(skip).collect();
    let after: String = after.chars().take(AROUND).collect();
    (format!("{cut}{before}"), words.to_owned(), format!("{after}{more}"))
}

/// The passages with their boxes, ticked as the form has them.
pub fn passages(item: &Item, marks: &[Mark], f: &Filled) -> Vec<Passage> {
    let (ticked, texts) = (f.all("mark"), item.texts());
    let passage = |m: &Mark| {
        let text = texts.iter().find(|(field, _)| *field == m.field);
        let (before, words, after) = text.map(|(_, t)| around(t, m)).unwrap_or_default();
        let (why, field) = (m.why.clone(), m.field.clone());
        let ticked = ticked.contains(&name(m).as_str());
        Passage { name: name(m), why, field, ticked, before, words, after }
    };
    marks.iter().map(passage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_shown_in_its_line() {
        let text = "One\nMrs Quill and Derek Plimmer disagree\nTwo";
        let m = Mark { field: "text".into(), start: 18, end: 31, why: "a name".into() };
        let shown = around(text, &m);
        assert_eq!(shown.0, "Mrs Quill and ");
        assert_eq!((shown.1.as_str(), shown.2.as_str()), ("Derek Plimmer", " disagree"));
        let long = format!("{}{text}", "x".repeat(100));
        let m = Mark { start: 100, end: 103, ..m };
        assert_eq!(around(&long, &m).0, format!("…{}", "x".repeat(60)));
    }
}
