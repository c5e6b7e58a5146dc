//! Which row names the columns, and what the columns are called.

use candour_screening::likely_kind;

use super::Row;
use crate::map::Collection;
use crate::words;
use crate::worker::Cells;

/// Rows at the top among which the header is looked for: titles and dates may stand above it.
pub(super) const TOP_ROWS: usize = 30;

/// The columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The row that names them; 0 if none does.
    pub row: u64,
    /// Column from 0, and its name; no two alike.
    pub names: Vec<(u32, String)>,
    /// How many cells the row has, as far as the file tells.
    pub width: Option<usize>,
}

impl Head {
    /// Find the header among the first rows. A map that knows the columns decides; else the row
    /// whose words read most like names of fields.
    pub(super) fn find(rows: &[Row], map: Option<&Collection>) -> Self {
        let widest = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
        let mut best: Option<(usize, &Row)> = None;
        for row in rows.iter().filter(|r| could_be(r, widest)) {
            let known = |name: &str| map.is_some_and(|m| m.field(name).is_some());
            let score = |(_, value): &(u32, String)| match clean(value) {
                name if known(&name) => 100,
                name if words::read(&name).is_some() => 1,
                _ => 0,
            };
            let score: usize = row.cells.iter().map(score).sum();
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, row));
            }
        }
        match best {
            Some((_, row)) => {
                Self { row: row.number, names: named(&row.cells, rows), width: row.width }
            }
            None => Self {
                row: 0,
                names: named(&Vec::new(), rows),
                width: rows.iter().filter_map(|r| r.width).max(),
            },
        }
    }

    /// The place of a column among the names.
    pub(super) fn at(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|(_, n)| n == name)
    }

    /// The values of a row in the order of the names.
    pub(super) fn values(&self, row: &Row) -> Vec<Option<String>> {
        let cell = |at: &u32| row.cells.iter().find(|(column, _)| column == at);
        self.names.iter().map(|(at, _)| cell(at).map(|(_, value)| value.clone())).collect()
    }

    /// All of a row, with cells that stand where no column has a name.
    pub(super) fn fields(&self, row: &Row) -> Vec<(String, Option<String>)> {
        let names = self.names.iter().map(|(_, name)| name.clone());
        let mut fields: Vec<_> = names.zip(self.values(row)).collect();
        let known = |at: &u32| self.names.iter().any(|(column, _)| column == at);
        let extra = row.cells.iter().filter(|(at, _)| !known(at));
        fields.extend(extra.map(|(at, value)| (nameless(*at), Some(value.clone()))));
        fields
    }
}

/// Whether a row can be the one that names the columns: most of them, and with no value in it.
fn could_be(row: &Row, widest: usize) -> bool {
    let names: Vec<String> = row.cells.iter().map(|(_, value)| clean(value)).collect();
    let value = |name: &String| {
        let digits = name.chars().filter(char::is_ascii_digit).count();
        let telling = name.contains('@') || (digits > 0 && digits * 2 >= name.chars().count());
        telling
            || name.chars().count() > 60
            || likely_kind(&[name])
                .is_some_and(|(k, _)| !matches!(k, crate::Kind::Name | crate::Kind::Address))
    };
    names.len() * 2 > widest.max(1) && !names.iter().any(value)
}

/// The names of columns: those of the header, and a number for every column that has values but
/// no name.
fn named(header: &Cells, rows: &[Row]) -> Vec<(u32, String)> {
    let mut columns: Vec<u32> = header.iter().map(|(at, _)| *at).collect();
    if header.is_empty() {
        columns = rows.iter().flat_map(|r| r.cells.iter().map(|(at, _)| *at)).collect();
        columns.sort_unstable();
        columns.dedup();
    }
    let mut names: Vec<(u32, String)> = Vec::with_capacity(columns.len());
    for at in columns {
        let given = header.iter().find(|(column, _)| *column == at).map(|(_, v)| clean(v));
        let base = given.filter(|n| !n.is_empty()).unwrap_or_else(|| nameless(at));
        let mut name = base.clone();
        let mut again = 2;
        while names.iter().any(|(_, n)| *n == name) {
            name = format!("{base} ({again})");
            again += 1;
        }
        names.push((at, name));
    }
    names
}

fn nameless(at: u32) -> String {
    format!("column {}", at + 1)
}

/// A name without line breaks and spaces around it.
fn clean(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[&[&str]]) -> Vec<Row> {
        let row = |(number, cells): (u64, &&[&str])| Row {
            number,
            cells: (0..)
                .zip(cells.iter().map(|c| (*c).to_owned()))
                .filter(|(_, c)| !c.is_empty())
                .collect(),
            width: Some(cells.len()),
        };
        (1..).zip(text).map(row).collect()
    }

    fn found(text: &[&[&str]]) -> (u64, Vec<String>) {
        let head = Head::find(&rows(text), None);
        (head.row, head.names.into_iter().map(|(_, n)| n).collect())
    }

    #[test]
    fn finds_the_row_that_names_the_columns() {
        let plain: &[&[&str]] = &[&["Name", "E-mail"], &["Amara Quill", "amara@example.com"]];
        assert_eq!(found(plain), (1, vec!["Name".to_owned(), "E-mail".to_owned()]));
        let titled: &[&[&str]] = &[
            &["Members of the club"],
            &["as of 1 May"],
            &["No", "First name", "Surname", "E-mail"],
            &["7", "Amara", "Quill", "amara@example.com"],
        ];
        assert_eq!(found(titled).0, 3);
        let none: &[&[&str]] = &[&["7", "amara@example.com"], &["8", "bram@example.com"]];
        assert_eq!(found(none), (0, vec!["column 1".to_owned(), "column 2".to_owned()]));
    }

    #[test]
    fn names_are_told_apart() {
        let doubled: &[&[&str]] = &[&["E-mail", "E-mail", "", "Note"], &["a@b.org", "", "x", "y"]];
        let head = Head::find(&rows(doubled), None);
        let names: Vec<&str> = head.names.iter().map(|(_, n)| n.as_str()).collect();
        assert_eq!(names, ["E-mail", "E-mail (2)", "Note"]);
        let fields = head.fields(&rows(doubled)[1]);
        assert_eq!(fields.last(), Some(&("column 3".to_owned(), Some("x".to_owned()))));
    }
}
