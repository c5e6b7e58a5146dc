//! Both engines keep the same promises. PostgreSQL's address comes from the environment;
//! `cargo xtask test` starts one and says where it is.

#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

use std::any::Any;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use candour_db::{Db, DbError, Finisher, Key, Migration, Place, Trouble, Tx, Value, bind};
use tempfile::TempDir;

const SQL: &str = "
CREATE TABLE things (
    id TEXT PRIMARY KEY, n BIGINT, words TEXT, bytes BYTEA, yes BOOLEAN);
CREATE TABLE parts (
    thing TEXT NOT NULL REFERENCES things (id), n BIGINT NOT NULL CHECK (n > 0),
    PRIMARY KEY (thing, n));
CREATE TABLE log (n BIGINT PRIMARY KEY, what TEXT NOT NULL);
";
const MIGRATIONS: &[Migration] = &[Migration { name: "0001_things", sql: SQL }];

/// A place of its own for one test, gone at its end.
struct Home {
    place: Place,
    dir: TempDir,
    on_server: Option<(String, String)>,
}

impl Home {
    fn sqlite() -> Self {
        let dir = TempDir::new().expect("a folder");
        let place = Place::Sqlite { path: dir.path().join("office.db"), key: Some(Key([7; 32])) };
        Self { place, dir, on_server: None }
    }

    fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(admin) = std::env::var("CANDOUR_TEST_POSTGRES") else {
            let skip = std::env::var("CANDOUR_SKIP_SERVERS").is_ok_and(|v| v == "1");
            assert!(skip, "CANDOUR_TEST_POSTGRES is not set: run through cargo xtask test");
            return None;
        };
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("candour_db_{}_{nth}", std::process::id());
        let (base, _) = admin.rsplit_once('/').expect("a URL with a database");
        let url = format!("{base}/{name}");
        run_on(&admin, &format!("CREATE DATABASE {name}"));
        let dir = TempDir::new().expect("a folder");
        Some(Self { place: Place::Postgres { url }, dir, on_server: Some((admin, name)) })
    }

    fn open(&self) -> Db {
        self.open_with(keep_notes())
    }

    fn open_with(&self, finisher: Finisher) -> Db {
        Db::open(&self.place, MIGRATIONS, finisher).expect("it opens")
    }

    /// Statements that only this server knows.
    fn raw(&self, sql: &str) {
        if let Place::Postgres { url } = &self.place {
            run_on(url, sql);
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some((admin, name)) = &self.on_server
            && !std::thread::panicking()
        {
            run_on(admin, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn run_on(url: &str, sql: &str) {
    let mut c = postgres::Client::connect(url, postgres::NoTls).expect("the test server");
    c.batch_execute(sql).expect("good statements");
}

fn homes() -> Vec<Home> {
    [Some(Home::sqlite()), Home::postgres()].into_iter().flatten().collect()
}

/// Writes each note, a text, into the log with the next number.
fn keep_notes() -> Finisher {
    Arc::new(|tx: &mut Tx<'_>, notes: Vec<Box<dyn Any + Send>>| {
        for note in notes {
            let what = note.downcast::<String>().expect("a text");
            let next = tx.count("SELECT count(*) AS n FROM log", &[])?;
            tx.exec("INSERT INTO log (n, what) VALUES ($1, $2)", bind![next, *what])?;
        }
        Ok(())
    })
}

fn put(tx: &mut Tx<'_>, id: &str) -> Result<u64, DbError> {
    tx.exec("INSERT INTO things (id) VALUES ($1)", bind![id])
}

fn count(db: &Db, table: &str) -> u64 {
    let sql = format!("SELECT count(*) AS n FROM {table}");
    db.read(|tx| tx.count(&sql, &[])).expect("a count")
}

fn logged(db: &Db) -> Vec<String> {
    db.read(|tx| tx.rows("SELECT what FROM log ORDER BY n", &[], |r| r.text("what")))
        .expect("the log")
}

/// Adds a row and answers when it is kept.
fn add(db: &Db, id: &'static str) {
    let sql = "INSERT INTO things (id) VALUES ($1)";
    db.write(move |tx| tx.exec(sql, bind![id]).map(drop)).expect("a row");
}

#[test]
fn a_read_is_of_one_moment() {
    const SQL: &str = "SELECT count(*) AS n FROM things";
    for home in homes() {
        let db = home.open();
        add(&db, "one");
        let seen: Result<_, DbError> = db.read(|tx| {
            let before = tx.count(SQL, &[])?;
            // Somebody commits between two statements of the same read.
            add(&db, "two");
            Ok((before, tx.count(SQL, &[])?, tx.count("SELECT count(*) AS n FROM log", &[])?))
        });
        assert_eq!(seen.expect("three counts"), (1, 1, 0), "{:?}", home.place);
        assert_eq!(count(&db, "things"), 2, "the next read sees it: {:?}", home.place);
    }
}

/// Two handles stand for two processes: each has a writer, a pool and locks of its own.
#[test]
fn a_mark_changes_with_every_commit_and_with_nothing_else() {
    let home = Home::sqlite();
    let (here, there) = (home.open(), home.open());
    let mark = || here.mark().expect("an index beside the database");
    let mut before = mark();
    for n in 0..5000_u32 {
        let id = format!("thing {n}");
        let seen = mark();
        there.write(move |tx| put(tx, &id)).expect("a row");
        assert!(mark() != seen, "commit {n} is not seen");
        if n % 500 == 0 {
            // The log starts again from its beginning, and the index with it.
            there.write(|tx| tx.exec("DELETE FROM things", &[])).expect("no rows");
            assert!(mark() != before, "what was committed since is not seen");
            before = mark();
            count(&here, "things");
            let twice = there.write(|tx| put(tx, "same").and_then(|_| put(tx, "same")));
            assert!(twice.is_err() && mark() == before, "nothing was committed");
        }
    }
    drop(there);
    assert!(mark() == mark());
    add(&here, "after");
    assert_eq!(count(&home.open(), "things"), count(&here, "things"));
    if let Some(server) = Home::postgres() {
        assert!(server.open().mark().is_none());
    }
}

#[test]
fn a_read_does_not_write_and_leaves_its_connection_whole() {
    const PUT: &str = "INSERT INTO things (id) VALUES ('x')";
    for home in homes() {
        let db = home.open();
        let put = db.read(|tx| tx.exec(PUT, &[]));
        assert!(put.is_err(), "{:?}", home.place);
        let sql = format!("{PUT} RETURNING id");
        let put: Result<Vec<String>, DbError> = db.read(|tx| tx.rows(&sql, &[], |r| r.text("id")));
        assert!(put.is_err(), "{:?}", home.place);
        let wrong = db.read(|tx| tx.count("SELECT count(*) AS n FROM nowhere", &[]));
        assert!(wrong.is_err());
        assert_eq!(count(&db, "things"), 0, "{:?}", home.place);
        add(&db, "one");
        assert_eq!(count(&db, "things"), 1, "{:?}", home.place);
    }
}

#[test]
fn a_read_of_one_statement_has_no_second() {
    const SQL: &str = "SELECT count(*) AS n FROM things";
    for home in homes() {
        let db = home.open();
        add(&db, "one");
        assert_eq!(db.read_one(|tx| tx.count(SQL, &[])).expect("a count"), 1);
        let twice = db.read_one(|tx| {
            tx.count(SQL, &[])?;
            tx.count(SQL, &[])
        });
        assert!(twice.expect_err("a refusal").what.contains("read_one"), "{:?}", home.place);
    }
}

#[test]
fn migrations_run_once_and_a_changed_one_is_refused() {
    for home in homes() {
        drop(home.open());
        let again = home.open();
        assert_eq!(count(&again, "migrations"), 1);
        let changed = [Migration { name: "0001_things", sql: "CREATE TABLE other (n BIGINT);" }];
        let refused = Db::open(&home.place, &changed, keep_notes());
        let said = refused.err().expect("a refusal").what;
        assert!(said.contains("0001_things was changed after it ran"), "{said}");
    }
}

#[test]
fn many_may_migrate_at_once() {
    for home in homes() {
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| drop(home.open()));
            }
        });
        assert_eq!(count(&home.open(), "migrations"), 1);
    }
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    for home in homes() {
        let bad = "CREATE TABLE half (n BIGINT); CREATE TABLE half (n BIGINT);";
        let list = [MIGRATIONS[0], Migration { name: "0002_bad", sql: bad }];
        assert!(Db::open(&home.place, &list, keep_notes()).is_err(), "{:?}", home.place);
        let db = home.open();
        assert_eq!(count(&db, "migrations"), 1);
        assert!(db.prepare_only("SELECT n FROM half").is_err(), "{:?}", home.place);
    }
}

#[test]
fn parameters_are_bound_by_their_number() {
    for home in homes() {
        let db = home.open();
        let made: Result<u64, DbError> = db.write(|tx| {
            tx.exec(
                "INSERT INTO things (words, id, n) VALUES ($3, $1, $2)",
                bind!["one", 2_i64, "three"],
            )
        });
        assert_eq!(made.expect("a row"), 1);
        let sql = "SELECT id, words FROM things WHERE words = $2 AND (id = $1 OR words = $1)";
        let got: Option<(String, String)> = db
            .read(|tx| {
                tx.row(sql, bind!["one", "three"], |r| {
                    Ok::<_, DbError>((r.text("id")?, r.text("words")?))
                })
            })
            .expect("an answer");
        assert_eq!(got, Some(("one".into(), "three".into())));
        let short = db.read(|tx| tx.count(sql, bind!["one"]));
        assert_eq!(short.expect_err("a value is missing").trouble, Trouble::Shape);
    }
}

#[test]
fn many_rows_go_in_by_few_statements() {
    for home in homes() {
        let db = home.open();
        let what = |n: i64| format!("row {n}");
        let put = move |tx: &mut Tx<'_>, to: i64| {
            let rows = (1..=to).map(|n| [n.into(), what(n).into()]);
            tx.insert("INSERT INTO log (n, what) VALUES ($1, $2) ON CONFLICT (n) DO NOTHING", rows)
        };
        // One of 32, one of 8, and three.
        assert_eq!(db.write(move |tx| put(tx, 43)).expect("rows"), 43);
        assert_eq!(db.write(move |tx| put(tx, 50)).expect("rows"), 7);
        assert_eq!(logged(&db), (1..=50).map(what).collect::<Vec<_>>());
        assert_eq!(db.write(move |tx| put(tx, 0)).expect("no rows"), 0);
    }
}

#[test]
fn all_five_kinds_come_back_as_they_went() {
    for home in homes() {
        let db = home.open();
        let words = "Zoë \u{1F409} 'quoted' \"double\" $1 % \\ \n\t end".to_owned();
        let bytes: Vec<u8> = (0..=255).collect();
        let (w, b) = (words.clone(), bytes.clone());
        let done: Result<(), DbError> = db.write(move |tx| {
            let sql = "INSERT INTO things (id, n, words, bytes, yes) VALUES ($1, $2, $3, $4, $5)";
            tx.exec(sql, bind!["full", i64::MIN, &w, b.clone(), true])?;
            tx.exec(
                sql,
                bind!["none", None::<i64>, None::<String>, None::<Vec<u8>>, None::<bool>],
            )?;
            tx.exec(sql, bind!["empty", i64::MAX, "", Vec::<u8>::new(), false])?;
            Ok(())
        });
        done.expect("three rows");
        let read = |id: &str| {
            db.read(|tx| {
                tx.row("SELECT n, words, bytes, yes FROM things WHERE id = $1", bind![id], |r| {
                    let yes = r.bool("yes").ok();
                    Ok::<_, DbError>((
                        r.int_opt("n")?,
                        r.text_opt("words")?,
                        r.bytes_opt("bytes")?,
                        yes,
                    ))
                })
            })
            .expect("an answer")
            .expect("a row")
        };
        assert_eq!(read("full"), (Some(i64::MIN), Some(words), Some(bytes), Some(true)));
        assert_eq!(read("none"), (None, None, None, None));
        assert_eq!(read("empty"), (Some(i64::MAX), Some("".into()), Some(vec![]), Some(false)));
    }
}

#[test]
fn a_broken_rule_is_told_from_other_trouble() {
    for home in homes() {
        let db = home.open();
        let try_it = |sql: &'static str| -> Trouble {
            let r: Result<u64, DbError> = db.write(move |tx| tx.exec(sql, &[]));
            r.expect_err(sql).trouble
        };
        let ok: Result<u64, DbError> = db.write(|tx| put(tx, "a"));
        ok.expect("a row");
        assert_eq!(try_it("INSERT INTO things (id) VALUES ('a')"), Trouble::Constraint);
        assert_eq!(try_it("INSERT INTO parts VALUES ('nobody', 1)"), Trouble::Constraint);
        assert_eq!(try_it("INSERT INTO parts VALUES ('a', 0)"), Trouble::Constraint);
        assert_eq!(try_it("INSERT INTO parts VALUES ('a', NULL)"), Trouble::Constraint);
        assert_ne!(try_it("INSERT INTO no_such_table VALUES (1)"), Trouble::Constraint);
    }
}

#[test]
fn no_value_of_a_row_stands_in_a_complaint() {
    for home in homes() {
        let db = home.open();
        let twice: Result<u64, DbError> = db.write(|tx| {
            put(tx, "Amara Quill")?;
            put(tx, "Amara Quill")
        });
        let said = twice.expect_err("a rule").what;
        assert!(!said.contains("Quill"), "{said}");
    }
}

#[test]
fn one_that_fails_among_many_takes_nobody_with_it() {
    for home in homes() {
        let commits = Arc::new(AtomicU64::new(0));
        let (seen, keep) = (Arc::clone(&commits), keep_notes());
        let db = home.open_with(Arc::new(move |tx: &mut Tx<'_>, notes| {
            seen.fetch_add(1, Ordering::Relaxed);
            keep(tx, notes)
        }));
        // The first write holds the writer up until all others are about to queue.
        let about_to = Arc::new(AtomicU64::new(0));
        let waiting = Arc::clone(&about_to);
        let begun = Arc::new(AtomicU64::new(0));
        let begins = Arc::clone(&begun);
        let (first, second) = (db.clone(), db.clone());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let r: Result<u64, DbError> = first.write(move |tx| {
                    begins.store(1, Ordering::Relaxed);
                    while waiting.load(Ordering::Relaxed) < 64 {
                        std::thread::yield_now();
                    }
                    put(tx, "first")
                });
                r.expect("the first");
            });
            // Nobody else is let off before the first one is inside.
            while begun.load(Ordering::Relaxed) == 0 {
                std::thread::yield_now();
            }
            for i in 0..64_u64 {
                let (db, about_to) = (second.clone(), Arc::clone(&about_to));
                scope.spawn(move || {
                    about_to.fetch_add(1, Ordering::Relaxed);
                    let r: Result<u64, DbError> = db.write(move |tx| {
                        tx.note(format!("note {i}"));
                        // What one keeps is for those after it, unless it fails.
                        let kept = tx.remembered::<u64>("kept").map_or(0, |n| *n);
                        assert!(kept % 16 != 5, "{kept} had failed");
                        tx.remember("kept".into(), Arc::new(i));
                        assert_eq!(tx.remembered("kept").as_deref(), Some(&i));
                        put(tx, &format!("thing {i}"))?;
                        if i % 16 == 5 {
                            // A rule of the table, and then this closure's own refusal.
                            return put(tx, "first");
                        }
                        Ok(1)
                    });
                    assert_eq!(r.is_err(), i % 16 == 5, "{i}");
                });
            }
        });
        assert_eq!(count(&db, "things"), 1 + 60, "{:?}", home.place);
        let mut notes = logged(&db);
        notes.sort();
        notes.dedup();
        assert_eq!(notes.len(), 60, "the notes of those that failed are gone");
        assert!(!notes.contains(&"note 5".to_owned()));
        let commits = commits.load(Ordering::Relaxed);
        assert!(commits < 60, "60 writes shared no commit: {commits}");
    }
}

#[test]
fn the_finisher_runs_inside_the_commit() {
    for home in homes() {
        let refuse: Finisher = Arc::new(|tx: &mut Tx<'_>, notes: Vec<Box<dyn Any + Send>>| {
            // It sees what the closure wrote.
            assert_eq!(tx.count("SELECT count(*) AS n FROM things", &[])?, 1);
            tx.exec("INSERT INTO log (n, what) VALUES (1, 'begun')", &[])?;
            // A second row under the same number: what the engine says ends the commit.
            assert_eq!(notes.len(), 1);
            tx.exec("INSERT INTO log (n, what) VALUES (1, 'again')", &[]).map(drop)
        });
        let db = home.open_with(refuse);
        let r: Result<u64, DbError> = db.write(|tx| {
            tx.note(String::new());
            put(tx, "a")
        });
        assert_eq!(r.expect_err("the finisher refused").trouble, Trouble::Constraint);
        assert_eq!((count(&db, "things"), count(&db, "log")), (0, 0), "{:?}", home.place);
        let without: Result<u64, DbError> = db.write(|tx| put(tx, "b"));
        assert_eq!(without.expect("no note, no finisher"), 1);
    }
}

#[test]
fn who_goes_on_after_a_failed_statement_is_refused() {
    for home in homes() {
        let db = home.open();
        let careless = |tx: &mut Tx<'_>| {
            put(tx, "kept?")?;
            // Swallowed: PostgreSQL has given the transaction up by now.
            let _ = tx.exec("INSERT INTO parts VALUES ('nobody', 1)", &[]);
            Ok::<_, DbError>("done")
        };
        let answer = db.write(careless);
        assert_eq!(answer.is_ok(), count(&db, "things") == 1, "{:?}: {answer:?}", home.place);
        assert!(answer.is_err(), "{:?}: {answer:?}", home.place);
        let next: Result<u64, DbError> = db.write(|tx| put(tx, "next"));
        next.expect("the writer goes on");
    }
}

#[test]
fn two_handles_count_to_the_same_number() {
    for home in homes() {
        let (one, two) = (home.open(), home.open());
        let ok: Result<u64, DbError> = one.write(|tx| {
            put(tx, "a")?;
            tx.exec("UPDATE things SET n = 0", &[])
        });
        ok.expect("a row");
        std::thread::scope(|scope| {
            for db in [&one, &one, &two, &two] {
                scope.spawn(move || {
                    for _ in 0..25 {
                        let r: Result<u64, DbError> =
                            db.write(|tx| tx.exec("UPDATE things SET n = n + 1", &[]));
                        r.expect("an update");
                    }
                });
            }
        });
        let n = one.read(|tx| tx.count("SELECT n FROM things", &[]));
        assert_eq!(n.expect("a number"), 100, "{:?}", home.place);
    }
}

#[test]
fn a_serialisation_failure_is_tried_again() {
    let Some(home) = Home::postgres() else { return };
    let db = home.open();
    home.raw(
        "CREATE SEQUENCE tries;
         CREATE FUNCTION flaky() RETURNS bigint LANGUAGE plpgsql AS $$
         BEGIN
           IF nextval('tries') < 4 THEN RAISE EXCEPTION 'met' USING ERRCODE = '40001'; END IF;
           RETURN currval('tries');
         END $$;",
    );
    let seen = Arc::new(AtomicU64::new(0));
    let times = Arc::clone(&seen);
    let r: Result<u64, DbError> = db.write(move |tx| {
        times.fetch_add(1, Ordering::Relaxed);
        tx.note("once".to_owned());
        put(tx, "a")?;
        tx.count("SELECT flaky() AS n", &[])
    });
    assert_eq!(r.expect("the fourth time"), 4);
    assert_eq!(seen.load(Ordering::Relaxed), 4);
    assert_eq!(logged(&db), ["once"], "the notes of the tries before are gone");
}

#[test]
fn what_a_writer_has_looked_at_stays_so_until_its_commit() {
    let Some(home) = Home::postgres() else { return };
    let (one, two) = (home.open(), home.open());
    let looked = Arc::new(Barrier::new(2));
    std::thread::scope(|scope| {
        let (looked_, url) = (Arc::clone(&looked), home.place.clone());
        let first = scope.spawn(move || {
            one.write(move |tx| {
                let free = nobody_was_first(tx)?;
                looked_.wait();
                until_one_waits_or_writes(&url);
                if free { put(tx, "one").map(Some) } else { Ok(None) }
            })
        });
        looked.wait();
        let second = two.write(|tx| match nobody_was_first(tx)? {
            true => put(tx, "two").map(Some),
            false => Ok(None),
        });
        assert_eq!(first.join().expect("no panic").expect("its turn"), Some(1));
        assert_eq!(second.expect("its turn"), None, "both were first");
    });
}

fn nobody_was_first(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    Ok(tx.count("SELECT count(*) AS n FROM things", &[])? == 0)
}

/// Until another writer waits for its turn, or has written without one.
fn until_one_waits_or_writes(place: &Place) {
    let Place::Postgres { url } = place else { return };
    let mut c = postgres::Client::connect(url, postgres::NoTls).expect("the test server");
    let sql = "SELECT (SELECT count(*) FROM pg_stat_activity
                       WHERE wait_event_type = 'Lock' AND datname = current_database())
               + (SELECT count(*) FROM things)";
    while c.query_one(sql, &[]).expect("an answer").get::<_, i64>(0) == 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_writer_that_is_halted_does_not_keep_the_turn() {
    let Some(home) = Home::postgres() else { return };
    let left: Result<Option<String>, DbError> = home.open().write(|tx| {
        let sql = "SELECT current_setting('idle_in_transaction_session_timeout') AS v";
        tx.row(sql, &[], |r| r.text("v"))
    });
    assert_eq!(left.expect("a setting").as_deref(), Some("1min"));
}

#[test]
fn a_wrong_key_is_told_as_such() {
    let home = Home::sqlite();
    drop(home.open());
    let Place::Sqlite { path, .. } = &home.place else { return };
    for key in [Some(Key([8; 32])), None] {
        let place = Place::Sqlite { path: path.clone(), key };
        let refused = Db::open(&place, MIGRATIONS, keep_notes());
        assert_eq!(refused.err().map(|e| e.trouble), Some(Trouble::Key));
    }
    let bytes = std::fs::read(path).expect("the file");
    assert!(!bytes.windows(6).any(|w| w == b"things"), "the file is not encrypted");
    let Some(server) = Home::postgres() else { return };
    let Place::Postgres { url } = &server.place else { return };
    let (head, tail) = url.rsplit_once('@').expect("an account");
    let (account, _) = head.rsplit_once(':').expect("a password");
    let place = Place::Postgres { url: format!("{account}:wrong@{tail}") };
    let refused = Db::open(&place, MIGRATIONS, keep_notes()).err().expect("a refusal");
    assert_eq!(refused.trouble, Trouble::Key);
    assert!(!refused.what.contains("wrong"), "{refused}");
}

#[test]
fn a_snapshot_opens_with_the_key_and_only_with_it() {
    let home = Home::sqlite();
    let db = home.open();
    let ok: Result<u64, DbError> = db.write(|tx| put(tx, "a"));
    ok.expect("a row");
    let path = home.dir.path().join("copy.db");
    db.snapshot(&path).expect("a copy");
    let ok: Result<u64, DbError> = db.write(|tx| put(tx, "after"));
    ok.expect("a row");
    let place = Place::Sqlite { path: path.clone(), key: Some(Key([7; 32])) };
    let copy = Db::open(&place, MIGRATIONS, keep_notes()).expect("it opens");
    assert_eq!(count(&copy, "things"), 1);
    let place = Place::Sqlite { path, key: Some(Key([9; 32])) };
    let refused = Db::open(&place, MIGRATIONS, keep_notes());
    assert_eq!(refused.err().map(|e| e.trouble), Some(Trouble::Key));
}

#[test]
fn every_value_moves_to_postgres() {
    let Some(to_home) = Home::postgres() else { return };
    let from_home = Home::sqlite();
    let (from, to) = (from_home.open(), to_home.open());
    let ok: Result<(), DbError> = from.write(|tx| {
        let sql = "INSERT INTO things (id, n, words, bytes, yes) VALUES ($1, $2, $3, $4, $5)";
        for i in 0..1203_i64 {
            let words = (i % 3 > 0).then(|| format!("wörter {i}"));
            let bytes = (i % 5 > 0).then(|| i.to_be_bytes().to_vec());
            let yes = (i % 4 > 0).then_some(i % 4 == 1);
            tx.exec(sql, bind![format!("t{i:05}"), i64::MAX - i, words, bytes, yes])?;
            tx.exec("INSERT INTO parts VALUES ($1, $2)", bind![format!("t{i:05}"), i + 1])?;
        }
        // A gap in SQLite's own row numbers.
        tx.exec("DELETE FROM parts WHERE n BETWEEN 600 AND 900", &[]).map(drop)
    });
    ok.expect("rows");
    let tables = ["things", "parts", "log"];
    let copied = candour_db::copy_all(&from, &to, &tables).expect("copied");
    let counts: Vec<u64> = copied.iter().map(|(_, n)| *n).collect();
    assert_eq!(counts, [1203, 902, 0]);
    type Line = (String, Option<i64>, Option<String>, Option<Vec<u8>>, Option<bool>);
    let all = |db: &Db| -> Vec<Line> {
        let sql = "SELECT id, n, words, bytes, yes FROM things ORDER BY id";
        db.read(|tx| {
            tx.rows(sql, &[], |r| {
                Ok::<_, DbError>((
                    r.text("id")?,
                    r.int_opt("n")?,
                    r.text_opt("words")?,
                    r.bytes_opt("bytes")?,
                    r.bool("yes").ok(),
                ))
            })
        })
        .expect("rows")
    };
    assert!(all(&from) == all(&to), "a value changed on the way");
    let again = candour_db::copy_all(&from, &to, &tables);
    assert!(again.expect_err("not empty").what.contains("has rows"));
}

#[test]
fn values_of_other_kinds_become_one_of_the_five() {
    let day: jiff::civil::Date = "2026-11-22".parse().expect("a date");
    let at: jiff::Timestamp = "2026-11-22T12:00:00.123Z".parse().expect("an instant");
    let expected = [Value::Text("2026-11-22".into()), Value::Int(1_795_348_800_123), Value::Null];
    assert_eq!(bind![day, at, None::<u32>], expected);
}
