//! What the three engines say differently, and the statement they all help to write.

use crate::schema::{Class, LiveField};

/// A row as text; `None` is NULL.
pub(crate) type Row = Vec<Option<String>>;

/// A value for a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bind {
    Text(String),
    Int(i64),
    /// Many texts for one placeholder, where the engine has arrays.
    Texts(Vec<String>),
}

/// A statement with its values. Values are only ever bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statement {
    pub sql: String,
    pub binds: Vec<Bind>,
}

/// How a column is compared with values that come as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compare {
    /// The column is text.
    Text,
    /// The column holds whole numbers; values that are none match nothing.
    Integer,
    /// The values come from a column of this same type.
    Same(String),
    /// The column is turned into text first, past any index.
    AsText,
}

impl Compare {
    /// For values that people gave.
    pub fn given(field: &LiveField) -> Self {
        match field.class() {
            Class::Text => Self::Text,
            Class::Integer => Self::Integer,
            _ => Self::AsText,
        }
    }

    /// For values read from another column.
    pub fn from(field: &LiveField, other: &LiveField) -> Self {
        match Self::given(field) {
            Self::AsText if field.sql_type == other.sql_type => Self::Same(field.sql_type.clone()),
            compare => compare,
        }
    }
}

/// Signs that people put into numbers and postcodes, and that say nothing.
const SIGNS: &str = " \t\r\n-().+/";
/// The same beyond ASCII: no-break spaces and typographic dashes.
const SIGNS_BEYOND: &str = "\u{a0}\u{2009}\u{202f}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}";
/// Spaces.
const SPACES: &str = " \t\r\n";
/// Spaces beyond ASCII.
const SPACES_BEYOND: &str = "\u{a0}\u{202f}";

/// What an engine says in its own way.
pub(crate) trait Dialect {
    /// An identifier in quotes.
    fn quote(&self, name: &str) -> String;

    /// A table in quotes, with its schema where there is one.
    fn table(&self, name: &str) -> String {
        self.quote(name)
    }

    /// The placeholder of the `n`th value, from 1.
    fn mark(&self, n: usize) -> String;

    /// A column as text to be read.
    fn read(&self, field: &LiveField) -> String;

    /// A column as text to be compared.
    fn text(&self, column: &str, field: &LiveField) -> String;

    /// A number as text.
    fn number(&self, expr: &str) -> String {
        expr.to_owned()
    }

    /// `expr` is like one of the patterns, whose own parts come from [`like`].
    fn like_any(&self, w: &mut Writer<'_>, expr: &str, patterns: &[String]) -> String {
        let ways: Vec<String> = patterns.iter().map(|p| w.like(expr, p.clone())).collect();
        format!("({})", ways.join(" OR "))
    }

    /// `expr` without any of these characters, none of which is a quote or a backslash.
    fn strip(&self, expr: &str, signs: &str) -> String {
        signs.chars().fold(expr.to_owned(), |expr, sign| format!("replace({expr}, '{sign}', '')"))
    }

    /// Whether characters beyond ASCII can be told to the database.
    fn unicode(&self) -> bool {
        true
    }

    /// `column` has one of the values.
    fn among(
        &self,
        w: &mut Writer<'_>,
        column: &str,
        compare: &Compare,
        values: &[String],
    ) -> String {
        in_list(self, w, column, compare, values)
    }

    /// The columns together have one of the tuples of values.
    fn tuples(
        &self,
        w: &mut Writer<'_>,
        columns: &[(String, Compare)],
        tuples: &[Vec<String>],
    ) -> String {
        if let [(column, compare)] = columns {
            let values: Vec<String> = tuples.iter().filter_map(|t| t.first().cloned()).collect();
            return self.among(w, column, compare, &values);
        }
        let mut rows = Vec::new();
        'tuple: for tuple in tuples {
            let mut marks = Vec::new();
            for ((_, compare), value) in columns.iter().zip(tuple) {
                let Some(bind) = bind_one(compare, value) else { continue 'tuple };
                marks.push(bind);
            }
            let marks: Vec<String> = marks.into_iter().map(|b| w.bind(b)).collect();
            rows.push(format!("({})", marks.join(", ")));
        }
        if rows.is_empty() {
            return "1 = 0".to_owned();
        }
        let columns: Vec<String> =
            columns.iter().map(|(c, compare)| self.column_for(c, compare)).collect();
        format!("({}) IN ({})", columns.join(", "), self.rows(&rows))
    }

    /// A list of row values to stand after IN.
    fn rows(&self, rows: &[String]) -> String {
        rows.join(", ")
    }

    /// A column of another kind as text.
    fn cast(&self, column: &str) -> String;

    /// The column as it takes part in a comparison.
    fn column_for(&self, column: &str, compare: &Compare) -> String {
        match compare {
            Compare::AsText => self.cast(column),
            _ => column.to_owned(),
        }
    }

    /// Whether two texts differ in any byte, also where the column's collation is forgiving.
    fn differs(&self, a: &str, b: &str) -> String {
        format!("{a} <> {b}")
    }

    /// Whether two texts are the same in every byte.
    fn equals(&self, a: &str, b: &str) -> String {
        format!("NOT ({})", self.differs(a, b))
    }

    /// `expr` with a 9 for each digit.
    fn digits_as_nines(&self, expr: &str) -> String {
        ('0'..='8').fold(expr.to_owned(), |expr, digit| format!("replace({expr}, '{digit}', '9')"))
    }

    /// Whether a text may have zeros that lead its digits. May say yes too often.
    fn padded(&self, expr: &str) -> String;
}

/// The bind for one value, or `None` if the column cannot hold such a value.
pub(crate) fn bind_one(compare: &Compare, value: &str) -> Option<Bind> {
    match compare {
        Compare::Integer => value.trim().parse().ok().map(Bind::Int),
        _ => Some(Bind::Text(value.to_owned())),
    }
}

/// `column IN (…)` with one placeholder a value, for engines without arrays.
pub(crate) fn in_list<D: Dialect + ?Sized>(
    d: &D,
    w: &mut Writer<'_>,
    column: &str,
    compare: &Compare,
    values: &[String],
) -> String {
    let binds: Vec<Bind> = values.iter().filter_map(|v| bind_one(compare, v)).collect();
    if binds.is_empty() {
        return "1 = 0".to_owned();
    }
    let marks: Vec<String> = binds.into_iter().map(|b| w.bind(b)).collect();
    format!("{} IN ({})", d.column_for(column, compare), marks.join(", "))
}

/// Collects the values of a statement while its text is written from left to right.
pub(crate) struct Writer<'d> {
    pub d: &'d dyn Dialect,
    pub binds: Vec<Bind>,
}

impl<'d> Writer<'d> {
    pub fn new(d: &'d dyn Dialect) -> Self {
        Self { d, binds: Vec::new() }
    }

    /// Bind a value; answers its placeholder.
    pub fn bind(&mut self, value: Bind) -> String {
        self.binds.push(value);
        self.d.mark(self.binds.len())
    }

    /// Lower case without spaces: e-mail addresses.
    pub fn fold(&self, expr: &str) -> String {
        let stripped = self.without(expr, SPACES, SPACES_BEYOND);
        format!("lower({stripped})")
    }

    /// Lower case without spaces and signs: numbers and postcodes.
    pub fn squeeze(&self, expr: &str) -> String {
        let stripped = self.without(expr, SIGNS, SIGNS_BEYOND);
        format!("lower({stripped})")
    }

    /// Capitals without spaces and dashes: member numbers in their normal form.
    pub fn capitals(&self, expr: &str) -> String {
        let stripped = self.without(expr, " \t\r\n-", "\u{a0}\u{2010}\u{2011}\u{2013}");
        format!("upper({stripped})")
    }

    fn without(&self, expr: &str, ascii: &str, beyond: &str) -> String {
        let beyond = if self.d.unicode() { beyond } else { "" };
        self.d.strip(expr, &format!("{ascii}{beyond}"))
    }

    /// `expr LIKE pattern`; the pattern's own parts come from [`like`].
    pub fn like(&mut self, expr: &str, pattern: String) -> String {
        let mark = self.bind(Bind::Text(pattern));
        format!("{expr} LIKE {mark} ESCAPE '!'")
    }

    /// `expr` has one of the texts.
    pub fn one_of(&mut self, expr: &str, values: &[String]) -> String {
        let d = self.d;
        d.among(self, expr, &Compare::Text, values)
    }

    /// The statement.
    pub fn done(self, sql: String) -> Statement {
        Statement { sql, binds: self.binds }
    }
}

/// A value for use inside a LIKE pattern, its own wildcards taken literally.
pub(crate) fn like(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(c);
    }
    out
}

/// What [`Writer::squeeze`] does, done here.
pub(crate) fn squeezed(value: &str) -> String {
    let sign = |c: char| SIGNS.contains(c) || SIGNS_BEYOND.contains(c);
    value.chars().filter(|c| !sign(*c)).flat_map(char::to_lowercase).collect()
}

/// What [`Writer::fold`] does, done here.
pub(crate) fn folded(value: &str) -> String {
    let space = |c: char| SPACES.contains(c) || SPACES_BEYOND.contains(c);
    value.chars().filter(|c| !space(*c)).flat_map(char::to_lowercase).collect()
}
