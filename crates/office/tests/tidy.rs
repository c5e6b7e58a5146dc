//! The house rules of STYLE.md that a machine can keep. Each failure names the file, the line and
//! the reason.
//!
//! Where the code broke a rule on the day the rule came, the place stands in a list with its
//! count. A count may only fall: a test also fails when the list promises more than there is.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests only")]

#[path = "tidy/source.rs"]
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use candour_db::{Db, Key, Migration, Place};
use source::{Source, files, root};

/// Lines of a function.
const FUNCTION: usize = 70;
/// Lines of a file, its own tests left out.
const FILE: usize = 500;
/// Lines of a file of tests.
const TEST_FILE: usize = 1000;
/// Columns outside string literals.
const COLUMNS: usize = 100;

/// Areas of the office: each keeps its own tables.
const AREAS: [&str; 12] = [
    "charter",
    "holdings",
    "house_settings",
    "mailing",
    "notices",
    "people",
    "permissions",
    "proof",
    "register",
    "requests",
    "staff",
    "today",
];

/// Longer files of 22 November 2026, by length. To be split.
const LONG_FILES: &[(&str, usize)] = &[];

/// Longer functions of 22 November 2026, by name. To be split.
const LONG_FUNCTIONS: &[(&str, usize)] = &[];

/// Wider lines of 22 November 2026, by file.
const WIDE_LINES: &[(&str, usize)] = &[];

/// Uses of another area's tables of 22 November 2026, by file. To go through `mod.rs`.
const FOREIGN_SQL: &[(&str, usize)] = &[
    ("crates/office/src/demo/cast.rs", 1),
    ("crates/office/src/demo/walk.rs", 3),
    ("crates/office/src/kit/web.rs", 1),
    ("crates/office/src/measure.rs", 2),
    ("crates/office/src/office.rs", 1),
    ("crates/office/src/proof/desk.rs", 1),
    ("crates/office/src/requests/acts.rs", 1),
    ("crates/office/src/requests/desk.rs", 1),
    ("crates/office/src/requests/cli.rs", 1),
    ("crates/office/src/requests/pack/plan.rs", 1),
    ("crates/office/src/today/desk.rs", 2),
    ("crates/office/src/work.rs", 1),
];

/// Public items of the office without a doc comment of 22 November 2026, by file.
const UNDOCUMENTED: &[(&str, usize)] = &[];

/// Letters that no test rendered on 22 November 2026.
const UNRENDERED: &[&str] = &[];

/// Files that the docs name and that were still to come on 22 November 2026.
const PROMISED: &[&str] = &[];

fn sources(below: &str) -> Vec<Source> {
    files(&root().join(below), ".rs").iter().map(|p| Source::read(p)).collect()
}

/// The office's own files, tests left out.
fn office() -> Vec<Source> {
    sources("crates/office/src").into_iter().filter(|s| !s.is_test()).collect()
}

fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

/// Compares what there is with what a list allows.
fn ratchet(found: &BTreeMap<String, usize>, allowed: &[(&str, usize)], rule: &str) {
    let mut broken = Vec::new();
    for (path, n) in found {
        let limit = allowed.iter().find(|(p, _)| p == path).map_or(0, |(_, n)| *n);
        if *n > limit {
            broken.push(format!("{path}: {n}, and the list allows {limit}"));
        }
    }
    for (path, limit) in allowed {
        let n = found.get(*path).copied().unwrap_or(0);
        if n < *limit {
            broken.push(format!("{path}: better than its list says: write {n} instead of {limit}"));
        }
    }
    none(&broken, rule);
}

#[test]
fn functions_fit_a_screen() {
    let (mut long, mut places) = (BTreeMap::new(), String::new());
    for s in sources("crates").iter().filter(|s| !s.is_test()) {
        let own_tests = s.tests_from();
        for f in s.functions().iter().filter(|f| f.length > FUNCTION && f.line < own_tests) {
            places.push_str(&format!("\n    {}:{}: {}", s.path, f.line, f.name));
            long.insert(f.name.clone(), f.length);
        }
    }
    ratchet(&long, LONG_FUNCTIONS, &format!("A function fits a screen, 70 lines. Longer:{places}"));
}

#[test]
fn files_are_short() {
    let mut long = BTreeMap::new();
    for s in &sources("crates") {
        let (lines, limit) = match s.is_test() {
            true => (s.text.lines().count(), TEST_FILE),
            false => (s.tests_from() - 1, FILE),
        };
        if lines > limit {
            long.insert(s.path.clone(), lines);
        }
    }
    let mut broken = Vec::new();
    for (path, lines) in &long {
        let limit = LONG_FILES.iter().find(|(p, _)| p == path).map(|(_, n)| *n);
        if limit.is_none_or(|limit| *lines > limit) {
            broken.push(format!("{path}: {lines} lines; its list says {limit:?}"));
        }
    }
    for (path, _) in LONG_FILES.iter().filter(|(p, _)| !long.contains_key(*p)) {
        broken.push(format!("{path}: short now; take it off the list"));
    }
    none(&broken, "A file has at most 500 lines, one of tests 1000");
}

#[test]
fn lines_are_short() {
    let (mut wide, mut places) = (BTreeMap::new(), String::new());
    for s in &sources("crates") {
        for (n, line) in s.no_strings.lines().enumerate() {
            if line.chars().count() > COLUMNS {
                places.push_str(&format!("\n    {}:{}", s.path, n + 1));
                *wide.entry(s.path.clone()).or_insert(0) += 1;
            }
        }
    }
    let rule = format!("A line has at most 100 columns outside its strings. Wider:{places}");
    ratchet(&wide, WIDE_LINES, &rule);
}

fn is_sql(text: &str) -> bool {
    let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "];
    verbs.iter().any(|v| text.trim_start().starts_with(v))
}

#[test]
fn sql_stands_only_in_sql_rs() {
    let mut broken = Vec::new();
    // The sample society's club database is somebody else's, not the office's.
    let own = |s: &&Source| !s.path.ends_with("/sql.rs") && !s.path.ends_with("society/club.rs");
    for s in office().iter().filter(own) {
        let own_tests = s.tests_from();
        for l in s.literals.iter().filter(|l| is_sql(&l.text) && l.line < own_tests) {
            broken.push(format!("{}:{}: a statement outside sql.rs", s.path, l.line));
        }
    }
    none(&broken, "SQL stands in an area's sql.rs: one place to read what it keeps");
}

#[test]
fn no_statement_asks_for_every_column() {
    let mut broken = Vec::new();
    for s in sources("crates/office").iter().chain(&sources("crates/db")) {
        for l in s.literals.iter().filter(|l| l.text.contains("SELECT *")) {
            // This file has to name it.
            if !s.path.ends_with("tests/tidy.rs") {
                broken.push(format!("{}:{}: SELECT * breaks when a column comes", s.path, l.line));
            }
        }
    }
    none(&broken, "A statement names its columns");
}

#[test]
fn rules_are_pure() {
    let banned = ["candour_db", "kit::web", "crate::office", "::now(", "std::fs", "std::env"];
    let mut broken = Vec::new();
    let rules = office();
    let rules: Vec<&Source> = rules.iter().filter(|s| s.path.ends_with("/rules.rs")).collect();
    assert!(rules.len() >= 5, "the areas' rules were not found");
    for s in rules {
        for (n, line) in s.code.lines().enumerate().take(s.tests_from() - 1) {
            for b in banned.iter().filter(|b| line.contains(**b)) {
                broken.push(format!("{}:{}: {b}", s.path, n + 1));
            }
        }
    }
    none(&broken, "rules.rs can be read and tested without database, web, clock or files");
}

#[test]
fn one_place_asks_for_the_time() {
    let clocks = ["Timestamp::now(", "Zoned::now(", "SystemTime::now("];
    let mut broken = Vec::new();
    for s in sources("crates").iter().filter(|s| !s.is_test()) {
        if s.path == "crates/office/src/settings.rs" || s.path.starts_with("crates/xtask/") {
            continue;
        }
        for (n, line) in s.code.lines().enumerate().take(s.tests_from() - 1) {
            if clocks.iter().any(|c| line.contains(c)) {
                broken.push(format!("{}:{}: asks the machine for the time", s.path, n + 1));
            }
        }
    }
    none(&broken, "The instant is an argument; settings.rs alone asks for it");
}

#[test]
fn an_area_keeps_its_tables_to_itself() {
    let mut found = BTreeMap::new();
    for s in &office() {
        let own = s.path.strip_prefix("crates/office/src/").unwrap_or_default();
        let own = own.split('/').next().unwrap_or_default();
        let uses: usize = AREAS
            .iter()
            .filter(|a| **a != own)
            .map(|a| s.code.matches(&format!("{a}::sql")).count())
            .sum();
        if uses > 0 {
            found.insert(s.path.clone(), uses);
        }
    }
    ratchet(&found, FOREIGN_SQL, "Another area's tables are reached through its mod.rs");
}

/// Whether a doc comment stands right above, over attributes of one or more lines.
fn documented(above: &[&str]) -> bool {
    let mut attribute = false;
    for line in above.iter().rev().map(|l| l.trim_start()) {
        attribute |= line == ")]";
        if line.starts_with("///") {
            return true;
        }
        if !attribute && !line.starts_with("#[") {
            return false;
        }
        attribute &= !line.starts_with("#[");
    }
    false
}

#[test]
fn every_public_item_says_what_it_is() {
    let mut found = BTreeMap::new();
    let mut first = String::new();
    for s in &office() {
        let lines: Vec<&str> = s.text.lines().collect();
        for (n, line) in lines.iter().enumerate().take(s.tests_from() - 1) {
            let item = line.trim_start().strip_prefix("pub ");
            let item = item.and_then(|i| i.split([' ', '<', '(']).next());
            let kinds = ["fn", "async", "struct", "enum", "trait", "const", "type", "static"];
            if !item.is_some_and(|i| kinds.contains(&i)) {
                continue;
            }
            if !documented(&lines[..n]) {
                *found.entry(s.path.clone()).or_insert(0) += 1;
                first.push_str(&format!("\n    {}:{}", s.path, n + 1));
            }
        }
    }
    let rule = format!("A public item has a doc comment. Without one:{first}");
    ratchet(&found, UNDOCUMENTED, &rule);
}

#[test]
fn every_letter_is_rendered_in_a_test() {
    let dir = root().join("crates/office/src/requests/letters");
    let own = "crates/office/src/requests/letters.rs";
    let mut tests = String::new();
    for s in &sources("crates/office") {
        let from = if s.is_test() { 0 } else { s.tests_from() - 1 };
        for line in s.code.lines().skip(from) {
            // Beside the letters a bare name will do; elsewhere it says whose it is.
            tests.push_str(&if s.path == own {
                line.replace(' ', " letters::")
            } else {
                line.into()
            });
            tests.push('\n');
        }
    }
    let letters = std::fs::read_to_string(root().join(own)).unwrap();
    let mut broken = Vec::new();
    for file in files(&dir, ".txt") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let path = format!("\"requests/letters/{name}.txt\"");
        // Those that are only part of others are rendered with them.
        let Some((_, after)) = letters.split_once(&path) else { continue };
        let function = after.split("pub fn ").nth(1).and_then(|f| f.split(['(', '<']).next());
        let function = function.unwrap_or_default();
        let rendered = tests.contains(&format!("letters::{function}("));
        match (rendered, UNRENDERED.contains(&name.as_str())) {
            (false, false) => broken.push(format!("{}: no test calls {function}", file.display())),
            (true, true) => broken.push(format!("{name}: rendered now; take it off the list")),
            _ => {}
        }
    }
    none(&broken, "Each letter is rendered in a test");
}

/// Every statement of every sql.rs, with where it stands.
fn statements() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for s in office().into_iter().filter(|s| s.path.ends_with("/sql.rs")) {
        for l in s.literals.iter().filter(|l| is_sql(&l.text)) {
            all.push((format!("{}:{}", s.path, l.line), l.text.clone()));
        }
    }
    assert!(all.len() > 80, "only {} statements were found", all.len());
    all
}

fn migrations() -> Vec<Migration> {
    let leak = |s: String| -> &'static str { Box::leak(s.into_boxed_str()) };
    files(&root().join("migrations"), ".sql")
        .iter()
        .map(|p| Migration {
            name: leak(p.file_stem().unwrap().to_string_lossy().into_owned()),
            sql: leak(std::fs::read_to_string(p).unwrap()),
        })
        .collect()
}

fn prepare_all(place: &Place) {
    let finisher: candour_db::Finisher = std::sync::Arc::new(|_, _| Ok(()));
    let db = Db::open(place, &migrations(), finisher).unwrap();
    let mut broken = Vec::new();
    for (at, sql) in statements() {
        if let Err(e) = db.prepare_only(&sql) {
            broken.push(format!("{at}: {e}\n      {}", sql.replace('\n', " ")));
        }
    }
    none(&broken, &format!("Every statement can be prepared on {place:?}"));
}

#[test]
fn every_statement_can_be_prepared_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let key = Some(Key([1; 32]));
    prepare_all(&Place::Sqlite { path: dir.path().join("tidy.db"), key });
}

#[test]
fn every_statement_can_be_prepared_on_postgres() {
    if std::env::var_os("CANDOUR_SKIP_SERVERS").is_some() {
        return;
    }
    let server = std::env::var("CANDOUR_TEST_POSTGRES")
        .expect("no test server: run the tests through `cargo xtask test`");
    let name = format!("candour_tidy_{}", std::process::id());
    let mut admin = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    prepare_all(&Place::Postgres { url: format!("{base}/{name}") });
    admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
}

/// What looks like a path of this repository.
fn is_path(text: &str) -> bool {
    let ends = [".rs", ".md", ".toml", ".sql", ".csv", ".html", ".css", ".txt", ".mjs", ".json"];
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let roots = ["crates/", "docs/", "migrations/", "tests/", ".ci/"];
    // `NNNN` stands for a number to be chosen.
    text.chars().all(plain)
        && !text.contains("NNNN")
        && (roots.iter().any(|r| text.starts_with(r))
            || (text.contains('/') && ends.iter().any(|e| text.ends_with(e))))
}

/// Words in backticks and targets of links, with their lines.
fn pointers(text: &str) -> Vec<(usize, String, bool)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (n, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for quoted in line.split('`').skip(1).step_by(2) {
            found.push((n + 1, quoted.to_owned(), false));
        }
        for link in line.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or_default();
            let outside = target.contains(':') || target.is_empty();
            if !outside {
                found.push((n + 1, target.to_owned(), true));
            }
        }
    }
    found
}

#[test]
fn every_path_in_the_docs_exists() {
    let mut broken = Vec::new();
    let all = files(&root(), ".md");
    assert!(all.len() > 3, "the docs were not found");
    for file in all {
        let text = std::fs::read_to_string(&file).unwrap();
        let shown = file.strip_prefix(root()).unwrap().display().to_string();
        let here = file.parent().unwrap_or(Path::new("."));
        for (line, path, link) in pointers(&text) {
            if !link && !is_path(&path) {
                continue;
            }
            // Rust files are named from the crate at hand, too.
            let office = root().join("crates/office");
            let bases = [here.to_owned(), root(), office.clone(), office.join("src")];
            let there = bases.iter().any(|b| b.join(&path).exists());
            match (there, PROMISED.contains(&path.as_str())) {
                (false, false) => broken.push(format!("{shown}:{line}: {path} is not there")),
                (true, true) => broken.push(format!("{path}: has come; take it off the list")),
                _ => {}
            }
        }
    }
    none(&broken, "A path named in a Markdown file exists");
}

#[test]
fn the_reader_of_sources_reads_them_well() {
    let text = "fn a() {\n    let s = \"{ \\\"fn b\\\" // {\";\n    let c = '{';\n    let r = r#\"{\"#;\n\
                    /* { */\n}\n\nfn b<'a>(x: &'a str) -> [u8; 3]\nwhere\n    X: Y,\n{\n}\ntrait T {\n\
                    fn none(&self) -> [u8; 2];\n}\n";
    let s = Source::of("x.rs".into(), text.into());
    let told: Vec<_> = s.functions().iter().map(|f| (f.name.clone(), f.line, f.length)).collect();
    assert_eq!(told, [("a".to_owned(), 1, 6), ("b".to_owned(), 8, 5)]);
    let strings: Vec<&str> = s.literals.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(strings, ["{ \"fn b\" // {", "{"]);
    assert_eq!(s.code.lines().count(), text.lines().count());
}
