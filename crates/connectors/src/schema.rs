//! What is really there: tables and columns of a holding as the holding itself tells them.

/// The live schema of a holding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// Tables and views, by name.
    pub collections: Vec<LiveCollection>,
}

/// A table or view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveCollection {
    /// Its name.
    pub name: String,
    /// A view shows rows of other tables: it may be mapped, but need not be.
    pub view: bool,
    /// Its columns, in order.
    pub fields: Vec<LiveField>,
    /// Columns of the primary key.
    pub key: Vec<String>,
    /// Declared foreign keys.
    pub references: Vec<Reference>,
    /// Leading columns of each index, in the index's order.
    pub indexes: Vec<Vec<String>>,
    /// About how many rows, if the engine keeps count.
    pub rows_estimate: Option<u64>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveField {
    /// Its name.
    pub name: String,
    /// The engine's own word for its type, fit to be used in a cast.
    pub sql_type: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether no two rows may have the same value in it.
    pub unique: bool,
}

/// A declared foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Columns of this table.
    pub fields: Vec<String>,
    /// The table pointed at.
    pub to: String,
    /// Columns pointed at, in the same order.
    pub to_fields: Vec<String>,
}

/// What a type is good for, over all engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Dates without time.
    Date,
    /// Bytes.
    Binary,
    /// Anything else; compared as text.
    Other,
}

impl Schema {
    /// The table or view of this name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&LiveCollection> {
        self.collections.iter().find(|c| c.name == name)
    }
}

impl LiveCollection {
    /// The column of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&LiveField> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// Take note of an index.
    pub(crate) fn add_index(&mut self, fields: Vec<String>, primary: bool, unique: bool) {
        if let ([only], true) = (fields.as_slice(), unique)
            && let Some(field) = self.fields.iter_mut().find(|f| f.name == *only)
        {
            field.unique = true;
        }
        if primary {
            self.key.clone_from(&fields);
        }
        self.indexes.push(fields);
    }

    /// Whether an index begins with this column.
    #[must_use]
    pub fn indexed(&self, field: &str) -> bool {
        self.indexes.iter().any(|i| i.first().is_some_and(|f| f == field))
    }
}

impl LiveField {
    /// What its type is good for.
    #[must_use]
    pub fn class(&self) -> Class {
        let t = self.sql_type.to_ascii_lowercase();
        let base = t.split(['(', ' ']).next().unwrap_or("");
        match base {
            "int" | "integer" | "bigint" | "smallint" | "tinyint" | "mediumint" | "int2"
            | "int4" | "int8" | "serial" | "bigserial" => Class::Integer,
            "text" | "varchar" | "char" | "character" | "nvarchar" | "nchar" | "clob"
            | "tinytext" | "mediumtext" | "longtext" | "citext" | "name" | "bpchar" => Class::Text,
            "date" => Class::Date,
            "bytea" | "blob" | "tinyblob" | "mediumblob" | "longblob" | "binary" | "varbinary" => {
                Class::Binary
            }
            _ => Class::Other,
        }
    }
}
