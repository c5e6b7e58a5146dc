//! A club database for measuring: members, their addresses and messages, in SQLite and PostgreSQL.
//! One member, Amara, is sought; how many rows are hers is known.

use std::fmt::Write as _;

/// Whom the search is for, as she wrote it; the club has it in other letter case.
pub const EMAIL: &str = "amara.quill@example.org";
/// Amara's messages.
const HERS: u64 = 40;

/// Rows that a search has to find: herself, her address, her messages.
pub const FOUND: u64 = 2 + HERS;

/// Which engine the statements are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// The statements that make a club of so many members, ten messages each.
pub fn sql(engine: Engine, members: u64) -> String {
    let series = |to: u64| match engine {
        Engine::Postgres => format!("SELECT i FROM generate_series(1, {to}) AS s (i)"),
        Engine::Sqlite => format!(
            "WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {to}) \
             SELECT i FROM s"
        ),
    };
    let (some, many) = (series(members), series(members * 10));
    let hers = members / 2;
    let mut out = String::from(
        "CREATE TABLE members (id BIGINT PRIMARY KEY, email TEXT, first_name TEXT,
           last_name TEXT, phone TEXT, joined TEXT);
         CREATE TABLE addresses (id BIGINT PRIMARY KEY, member_id BIGINT, line1 TEXT, postcode TEXT);
         CREATE TABLE messages (id BIGINT PRIMARY KEY, member_id BIGINT, sent TEXT, body TEXT);\n",
    );
    let _ = write!(
        out,
        "INSERT INTO members SELECT i, 'member' || i || '@example.org', 'First' || i % 997,
           'Last' || i % 4999, '+447700' || (900000 + i % 1000), '2019-04-01' FROM ({some}) AS n;
         INSERT INTO addresses SELECT i, i, i || ' Quay Street', 'EX' || i % 20 || ' 4AA'
           FROM ({some}) AS n;
         INSERT INTO messages SELECT i, i % {members} + 1, '2024-01-01',
           'A message of the usual length, number ' || i || ', about seats, fees and the garden party'
           FROM ({many}) AS n;
         DELETE FROM messages WHERE member_id = {hers};
         UPDATE members SET email = 'Amara.Quill@Example.org', first_name = 'Amara',
           last_name = 'Quill' WHERE id = {hers};
         UPDATE messages SET member_id = {hers} WHERE id <= {HERS};
         CREATE INDEX addresses_member ON addresses (member_id);
         CREATE INDEX messages_member ON messages (member_id);
         ANALYZE;\n"
    );
    out
}

/// Whose request is heavy.
pub const HEAVY: &str = "heavy@example.org";
/// Her name, as the club has it; under another name all of it would wait to be looked at.
pub fn heavy_name(members: u64) -> String {
    let hers = members / 4;
    format!("First{} Last{}", hers % 997, hers % 4999)
}

/// Her long messages.
const LONG: u64 = 40_000;
/// Rows that are hers: herself and the messages.
pub const HEAVY_ROWS: u64 = LONG + 1;
/// In one of so many messages somebody else is named.
const NAMED: u64 = 50;
/// Rows of hers that a person has to look at: those, and herself for a telephone number that the
/// map does not name as hers.
pub const HEAVY_OPEN: u64 = LONG / NAMED + 1;

/// What the messages are put together from.
const PHRASES: [&str; 12] = [
    "The pontoon will be closed for repairs until the end of the month.",
    "Please bring a towel and a change of clothes for the afternoon.",
    "Your subscription is due on the first of next month as usual.",
    "We have moved the meeting to the small hall upstairs.",
    "Parking is behind the boathouse; the gate is locked at nine.",
    "The new rota is on the board beside the kitchen door.",
    "Tea and cake will be served after the prize giving.",
    "If the weather is poor we shall decide on the day.",
    "The treasurer asks for receipts before the year ends.",
    "Lockers that are not labelled will be emptied in spring.",
    "Thank you for helping at the garden party in July.",
    "Crew lists for the regatta close on Friday evening.",
];

/// Statements for PostgreSQL that make a club consistent and indexed, as most are that run for
/// years, with one member about whom there is very much.
pub fn heavy(members: u64) -> String {
    let hers = members / 4;
    let phrases: Vec<String> = PHRASES.iter().map(|p| format!("'{p}'")).collect();
    format!(
        "UPDATE members SET email = lower(email);
         CREATE INDEX members_email ON members (email);
         DELETE FROM messages WHERE member_id = {hers};
         DELETE FROM addresses WHERE member_id = {hers};
         UPDATE members SET email = '{HEAVY}' WHERE id = {hers};
         INSERT INTO messages SELECT {members} * 100 + i, {hers}, '2024-01-01',
           (SELECT string_agg(phrases[1 + (i * 7 + k * k * 13 + k * (i % 11)) % {many}], ' ')
            FROM generate_series(1, 36) AS k)
           || CASE WHEN i % {NAMED} = 0 THEN ' Bram Novak will bring the chairs.' ELSE '' END
           FROM generate_series(1, {LONG}) AS i, (SELECT ARRAY[{all}] AS phrases) AS p;
         ANALYZE;\n",
        many = PHRASES.len(),
        all = phrases.join(", ")
    )
}

/// What asks for the rows of the heavy request, each table on its own.
pub fn heavy_rows(members: u64) -> [String; 2] {
    let hers = members / 4;
    [
        format!("SELECT * FROM members WHERE id = {hers}"),
        format!("SELECT * FROM messages WHERE member_id = {hers}"),
    ]
}

/// The club's data map, below a head that says where it is.
pub const MAP: &str = r#"
[[collection]]
name = "members"
holds = "person"
activity = "membership"
on_erasure = "delete"
field = [
  { name = "email", category = "contact", identifier = "email" },
  { name = "first_name", category = "name", identifier = "name" },
  { name = "last_name", category = "name", identifier = "name" },
]

[[collection]]
name = "addresses"
holds = "linked"
activity = "membership"
on_erasure = "delete"
link = [{ fields = ["member_id"], to = "members", to_fields = ["id"], confirmed = true }]

[[collection]]
name = "messages"
holds = "linked"
activity = "membership"
on_erasure = "delete"
link = [{ fields = ["member_id"], to = "members", to_fields = ["id"], confirmed = true }]
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_that_are_hers_are_as_many_as_said() {
        let c = rusqlite::Connection::open_in_memory().unwrap();
        c.execute_batch(&sql(Engine::Sqlite, 400)).unwrap();
        let count = |sql: &str| c.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM members"), 400);
        let hers = count("SELECT id FROM members WHERE lower(email) = 'amara.quill@example.org'");
        let sql = |t: &str| format!("SELECT count(*) FROM {t} WHERE member_id = {hers}");
        let found = 1 + count(&sql("addresses")) + count(&sql("messages"));
        assert_eq!(found, i64::try_from(FOUND).unwrap());
    }
}
