//! The live schema from a server's catalogue: four questions, the same answers from each engine.

use super::dialect::Row;
use crate::Fault;
use crate::schema::{LiveCollection, LiveField, Reference, Schema};

/// Asks one of the questions.
pub(super) type Ask<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<Row>, Fault>;

/// What a catalogue is asked. Truth is told as "true".
pub(super) struct Questions {
    /// Name, whether a view, about how many rows.
    pub tables: &'static str,
    /// Table, column, type, whether NOT NULL; in order.
    pub columns: &'static str,
    /// Table, index, whether primary, whether unique, column; in order.
    pub indexes: &'static str,
    /// Table, constraint, table pointed at, column, column pointed at; in order.
    pub references: &'static str,
}

/// Read the schema, with its declared keys if asked for.
pub(super) fn read(
    questions: &Questions,
    with_references: bool,
    ask: Ask<'_>,
) -> Result<Schema, Fault> {
    let mut schema = Schema::default();
    for row in ask(questions.tables)? {
        let [name, view, rows] = take(row);
        let (view, rows_estimate) = (view == "true", rows.parse().ok());
        let table = LiveCollection { name, view, rows_estimate, ..LiveCollection::default() };
        schema.collections.push(table);
    }
    for row in ask(questions.columns)? {
        let [table, name, sql_type, not_null] = take(row);
        let field = LiveField { name, sql_type, nullable: not_null != "true", unique: false };
        if let Some(table) = find(&mut schema, &table) {
            table.fields.push(field);
        }
    }
    let mut index = Index::default();
    for row in ask(questions.indexes)? {
        let [table, name, primary, unique, field] = take(row);
        if index.table != table || index.name != name {
            std::mem::take(&mut index).add_to(&mut schema);
            let (primary, unique) = (primary == "true", unique == "true");
            index = Index { table, name, primary, unique, fields: Vec::new() };
        }
        index.fields.push(field);
    }
    index.add_to(&mut schema);
    if with_references {
        references(&mut schema, ask(questions.references)?);
    }
    Ok(schema)
}

/// One index while its columns come in.
#[derive(Default)]
struct Index {
    table: String,
    name: String,
    primary: bool,
    unique: bool,
    fields: Vec<String>,
}

impl Index {
    fn add_to(self, schema: &mut Schema) {
        if let Some(table) = find(schema, &self.table) {
            table.add_index(self.fields, self.primary, self.unique);
        }
    }
}

fn references(schema: &mut Schema, rows: Vec<Row>) {
    let mut last = (String::new(), String::new());
    for row in rows {
        let [name, constraint, to, field, to_field] = take(row);
        let Some(table) = find(schema, &name) else { continue };
        if last.0 != name || last.1 != constraint {
            let (fields, to_fields) = (Vec::new(), Vec::new());
            table.references.push(Reference { fields, to, to_fields });
            last = (name, constraint);
        }
        if let Some(reference) = table.references.last_mut() {
            reference.fields.push(field);
            reference.to_fields.push(to_field);
        }
    }
}

fn find<'a>(schema: &'a mut Schema, name: &str) -> Option<&'a mut LiveCollection> {
    schema.collections.iter_mut().find(|c| c.name == name)
}

/// The first values of a row; NULL as empty.
fn take<const N: usize>(row: Row) -> [String; N] {
    let mut values = row.into_iter();
    std::array::from_fn(|_| values.next().flatten().unwrap_or_default())
}
