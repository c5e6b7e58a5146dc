//! Each trouble that a database can give, as a fault that names the place and the remedy and holds
//! nothing personal.

#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

mod house;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use candour_connectors::{
    Connector, DataMap, Fault, FaultKind, HoldingKind, Kind, Limits, Seek, Tls, open,
};
use house::{Basket, House, find, houses, limits, mysql_house, pg_house, seek};

const MEMBERS: &str = "CREATE TABLE members (id int PRIMARY KEY, email varchar(80));\n\
    INSERT INTO members VALUES (1, 'amara@example.com');\n";
const MAP: &str = "[[collection]]\nname = \"members\"\nholds = \"person\"\n\
    field = [{ name = \"email\", category = \"contact\", identifier = \"email\" }]\n";

fn amara() -> Seek {
    seek(&[(Kind::Email, "amara@example.com")])
}

/// A fault is of use, and safe to be logged.
fn sound(fault: &Fault) {
    let text = fault.to_string();
    assert!(fault.place.starts_with("club"), "{text}");
    assert!(!fault.what.is_empty() && fault.remedy.ends_with('.'), "{text}");
    assert!(!text.to_lowercase().contains("amara"), "{text}");
}

fn refused(house: &House, map: &DataMap, limits: Limits) -> Fault {
    let fault = open(map, house.path(), limits).err().expect("it should not open");
    sound(&fault);
    fault
}

/// The fault that a search ends with.
fn stopped(connector: &mut dyn Connector, map: &DataMap) -> Fault {
    let mut basket = Basket::default();
    let fault = connector
        .find(map, &amara(), &mut basket)
        .expect_err(&format!("{:?} should stop", map.kind));
    sound(&fault);
    fault
}

/// The faults that a search goes on after.
fn missed(house: &House, map: &DataMap) -> Vec<Fault> {
    let (basket, _) = find(house, map, &amara());
    basket.missed.iter().for_each(sound);
    basket.missed
}

fn servers() -> Vec<House> {
    pg_house().into_iter().chain(mysql_house()).collect()
}

#[test]
fn a_wrong_password_is_denied() {
    for house in servers() {
        std::fs::write(house.path().join("secret"), "wrong\n").expect("a file");
        let fault = refused(&house, &house.map(MAP), limits());
        assert_eq!(fault.kind, FaultKind::Denied, "{fault}");
        assert!(fault.remedy.contains("password_file"), "{fault}");
        std::fs::remove_file(house.path().join("secret")).expect("it was there");
        let fault = refused(&house, &house.map(MAP), limits());
        assert_eq!((fault.kind, &*fault.place), (FaultKind::Map, "club, password_file"));
    }
}

#[test]
fn a_database_that_is_not_there_is_the_maps_fault() {
    for house in servers() {
        let mut map = house.map(MAP);
        map.source.database = Some("no_such_database".to_owned());
        let fault = refused(&house, &map, limits());
        assert_eq!(fault.kind, FaultKind::Map, "{:?}: {fault}", house.kind);
    }
}

#[test]
fn a_closed_port_is_unreachable() {
    for house in servers() {
        let mut map = house.map(MAP);
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        map.source.port = Some(free.local_addr().expect("an address").port());
        drop(free);
        let fault = refused(&house, &map, limits());
        assert_eq!(fault.kind, FaultKind::Unreachable, "{:?}: {fault}", house.kind);
    }
}

#[test]
fn a_server_that_says_nothing_is_unreachable() {
    for house in servers() {
        let mut map = house.map(MAP);
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        map.source.port = Some(silent.local_addr().expect("an address").port());
        let hasty = Limits { connect: Duration::from_millis(100), ..limits() };
        let fault = refused(&house, &map, hasty);
        assert_eq!(fault.kind, FaultKind::Unreachable, "{:?}: {fault}", house.kind);
        assert!(fault.what.contains("does not answer"), "{fault}");
    }
}

/// Passes bytes on between a client and the server, until told to hold back the answers.
fn go_between(host: &str, port: u16) -> (u16, Arc<AtomicBool>) {
    let door = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mine = door.local_addr().expect("an address").port();
    let (held, server) = (Arc::new(AtomicBool::new(false)), (host.to_owned(), port));
    let hold = held.clone();
    std::thread::spawn(move || {
        for client in door.incoming().flatten() {
            let server = TcpStream::connect(&server).expect("the server");
            let (mut up, mut down) =
                (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
            let hold = hold.clone();
            std::thread::spawn(move || io::copy(&mut &client, &mut up));
            std::thread::spawn(move || {
                let (mut from, mut bytes) = (server, [0; 4096]);
                while let Ok(n @ 1..) = from.read(&mut bytes) {
                    if !hold.load(Ordering::SeqCst) && down.write_all(&bytes[..n]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (mine, held)
}

#[test]
fn a_server_that_falls_silent_is_unreachable_and_stays_so() {
    for house in servers() {
        house.sql(MEMBERS);
        let mut map = house.map(MAP);
        let source = &mut map.source;
        source.tls = Some(Tls::Disable);
        let host = source.host.clone().unwrap_or_default();
        let (port, held) = go_between(&host, source.port.unwrap_or_default());
        source.port = Some(port);
        let hasty = Limits {
            connect: Duration::from_secs(2),
            statement: Duration::from_secs(1),
            ..limits()
        };
        let mut connector = open(&map, house.path(), hasty).expect("it opens");
        let mut basket = Basket::default();
        connector.find(&map, &amara(), &mut basket).expect("it searches");
        assert_eq!(basket.found.len(), 1);
        held.store(true, Ordering::SeqCst);
        for _ in 0..2 {
            let fault = stopped(connector.as_mut(), &map);
            assert_eq!(fault.kind, FaultKind::Unreachable, "{:?}: {fault}", house.kind);
        }
    }
}

#[test]
fn a_missing_table_is_missed_with_what_hangs_on_it_and_the_rest_goes_on() {
    for house in houses() {
        house.sql(MEMBERS);
        house.sql("CREATE TABLE bookings (id int PRIMARY KEY, person_id int)");
        let gone = MAP.replace("members", "people");
        let hangs = "[[collection]]\nname = \"bookings\"\nholds = \"linked\"\nlink = [{ fields = \
            [\"person_id\"], to = \"people\", to_fields = [\"id\"], confirmed = true }]\n";
        let map = house.map(&format!("{gone}{hangs}{MAP}"));
        let (basket, searched) = find(&house, &map, &amara());
        basket.missed.iter().for_each(sound);
        let places: Vec<_> = basket.missed.iter().map(|f| (f.kind, &*f.place)).collect();
        let expected = [(FaultKind::Drift, "club, people"), (FaultKind::Drift, "club, bookings")];
        assert_eq!(places, expected, "{:?}", house.kind);
        assert_eq!(basket.told(), ["members id=1: strong e-mail, as written"]);
        assert_eq!(searched.places.len(), 1, "what was not looked in is not in the record");
    }
}

#[test]
fn a_linked_table_whose_parent_drifted_is_told_as_not_searched() {
    for house in houses() {
        house.sql("CREATE TABLE members (id int PRIMARY KEY, mail varchar(80))");
        house.sql("CREATE TABLE bookings (id int PRIMARY KEY, member_id int)");
        let hangs = "[[collection]]\nname = \"bookings\"\nholds = \"linked\"\nlink = [{ fields = \
            [\"member_id\"], to = \"members\", to_fields = [\"id\"], confirmed = true }]\n";
        let map = house.map(&format!("{MAP}{hangs}"));
        let missed = missed(&house, &map);
        assert_eq!((missed[0].kind, &*missed[0].place), (FaultKind::Drift, "club, members.email"));
        assert!(missed[0].what.contains("perhaps renamed to mail"), "{}", missed[0]);
        assert_eq!((missed[1].kind, &*missed[1].place), (FaultKind::Map, "club, bookings"));
        assert_eq!(missed.len(), 2, "{:?}", house.kind);
    }
}

#[test]
fn a_linked_table_without_confirmed_link_is_told_as_not_searched() {
    for house in houses() {
        house.sql(MEMBERS);
        house.sql("CREATE TABLE bookings (id int PRIMARY KEY, member_id int)");
        let hangs = "[[collection]]\nname = \"bookings\"\nholds = \"linked\"\nlink = [{ fields = \
            [\"member_id\"], to = \"members\", to_fields = [\"id\"], confirmed = false }]\n";
        let missed = missed(&house, &house.map(&format!("{MAP}{hangs}")));
        assert_eq!((missed[0].kind, &*missed[0].place), (FaultKind::Map, "club, bookings"));
    }
}

#[test]
fn a_field_that_no_search_needs_may_be_gone() {
    for house in houses() {
        house.sql(MEMBERS);
        let more = MAP.replace("[{ name", "[{ name = \"notes\", category = \"opinion\" }, { name");
        let (basket, _) = find(&house, &house.map(&more), &amara());
        assert_eq!((basket.missed.len(), basket.found.len()), (0, 1), "the check tells of it");
    }
}

#[test]
fn a_sample_of_a_table_or_field_that_is_not_there_is_drift() {
    for house in houses() {
        house.sql(MEMBERS);
        let map = house.map(MAP);
        let mut connector = house.open(&map);
        let fault = connector.sample("people", 1).expect_err("no such table");
        assert_eq!((fault.kind, &*fault.place), (FaultKind::Drift, "club, people"));
        let fault = connector.census("members", "mail", Kind::Email).expect_err("no such field");
        assert_eq!((fault.kind, &*fault.place), (FaultKind::Drift, "club, members.mail"));
    }
}

#[test]
fn reading_for_too_long_is_a_limit() {
    for house in houses() {
        let endless = match house.kind {
            HoldingKind::Sqlite => {
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                 SELECT 'nobody' || i AS email FROM n WHERE i < 0"
            }
            HoldingKind::Postgres => "SELECT pg_sleep(600)::text AS email",
            _ => "SELECT CAST(benchmark(1000000000000, md5(1)) AS CHAR) AS email",
        };
        house.sql(&format!("CREATE VIEW members AS {endless}"));
        let hasty = Limits { statement: Duration::from_millis(200), ..limits() };
        let map = house.map(MAP);
        let mut connector = open(&map, house.path(), hasty).expect("it opens");
        let fault = stopped(connector.as_mut(), &map);
        assert_eq!((fault.kind, &*fault.place), (FaultKind::Limit, "club, members"));
    }
}

#[test]
fn a_locked_table_is_busy_and_the_session_lives_on() {
    let hasty = Limits { lock: Duration::from_millis(100), ..limits() };
    if let Some(house) = pg_house() {
        house.sql(MEMBERS);
        let map = house.map(MAP);
        let mut connector = open(&map, house.path(), hasty.clone()).expect("it opens");
        let mut other = house.pg();
        let mut lock = other.transaction().expect("a transaction");
        lock.batch_execute("LOCK TABLE members IN ACCESS EXCLUSIVE MODE").expect("a lock");
        let mut basket = Basket::default();
        connector.find(&map, &amara(), &mut basket).expect("the rest goes on");
        sound(&basket.missed[0]);
        assert_eq!(basket.missed[0].kind, FaultKind::Busy);
        lock.rollback().expect("it lets go");
        let mut basket = Basket::default();
        connector.find(&map, &amara(), &mut basket).expect("it searches again");
        assert_eq!((basket.missed.len(), basket.found.len()), (0, 1));
    }
}

#[test]
fn a_table_that_may_not_be_read_is_denied_and_the_rest_goes_on() {
    for house in servers() {
        house.sql(MEMBERS);
        house.sql("CREATE TABLE staff (id int PRIMARY KEY, email varchar(80))");
        let (user, mut map) = house.reader("members");
        map_user(&mut map, &house, &user);
        let mut basket = Basket::default();
        let mut connector = open(&map, house.path(), limits()).expect("it opens");
        connector.find(&map, &amara(), &mut basket).expect("the rest goes on");
        let tested = connector.test().expect("it can be tried out");
        assert!(tested.notes.iter().all(|n| !n.contains("write")), "{tested:?}");
        house.drop_reader(&user);
        basket.missed.iter().for_each(sound);
        // MySQL hides what may not be read, so that it looks gone.
        let kind = match house.kind {
            HoldingKind::Postgres => FaultKind::Denied,
            _ => FaultKind::Drift,
        };
        assert_eq!((basket.missed[0].kind, &*basket.missed[0].place), (kind, "club, staff"));
        assert_eq!(basket.found.len(), 1, "{:?}", house.kind);
    }
}

/// Log in as `user`, with a map that also names a table the user may not read.
fn map_user(map: &mut DataMap, house: &House, user: &str) {
    *map = house.map(&format!("{}{MAP}", MAP.replace("members", "staff")));
    map.source.user = Some(user.to_owned());
}

#[test]
fn an_error_that_quotes_a_value_is_not_passed_on() {
    if let Some(house) = pg_house() {
        house.sql(MEMBERS);
        house.sql("CREATE VIEW people AS SELECT id, email, email::int AS n FROM members");
        let map = house.map(&MAP.replace("members", "people"));
        let mut connector = house.open(&map);
        let fault = stopped(connector.as_mut(), &map);
        assert!(fault.what.contains("22P02"), "{fault}");
    }
}

#[test]
fn nothing_can_be_written() {
    if let Some(house) = pg_house() {
        house.sql(MEMBERS);
        house.sql(
            "CREATE FUNCTION spoil() RETURNS text LANGUAGE sql AS \
             $$ DELETE FROM members RETURNING email $$;\n\
             CREATE VIEW people AS SELECT 1 AS id, spoil() AS email",
        );
        let map = house.map(&MAP.replace("members", "people"));
        let mut connector = house.open(&map);
        let fault = stopped(connector.as_mut(), &map);
        assert!(fault.what.contains("25006"), "{fault}");
        let left = house.pg().query("SELECT id FROM members", &[]).expect("it reads");
        assert_eq!(left.len(), 1);
    }
}

#[test]
fn a_file_that_is_not_there_or_no_file_is_unreachable() {
    let house = House::sqlite();
    let fault = refused(&house, &house.map(MAP), limits());
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
    let mut map = house.map(MAP);
    map.source.path = Some(".".into());
    let fault = refused(&house, &map, limits());
    assert!(fault.what.contains("not a file"), "{fault}");
    assert!(!house.path().join("club.db").exists(), "it must not be made either");
}

#[test]
fn a_file_that_is_no_database_is_damaged() {
    let house = House::sqlite();
    let noise = "amara@example.com,Amara Quill\n".repeat(500);
    std::fs::write(house.path().join("club.db"), noise).expect("a file");
    let fault = refused(&house, &house.map(MAP), limits());
    assert_eq!(fault.kind, FaultKind::Damaged, "{fault}");
}

#[test]
fn a_damaged_file_is_told() {
    let house = House::sqlite();
    house.sql(MEMBERS);
    let file = house.path().join("club.db");
    let mut bytes = std::fs::read(&file).expect("the file");
    for byte in &mut bytes[4096..] {
        *byte = 0xff;
    }
    std::fs::write(&file, bytes).expect("the file");
    let missed = missed(&house, &house.map(MAP));
    assert_eq!(missed[0].kind, FaultKind::Damaged, "{}", missed[0]);
}

#[test]
fn a_file_that_another_program_has_locked_is_busy() {
    let house = House::sqlite();
    house.sql(MEMBERS);
    let other = house.file();
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let hasty = Limits { lock: Duration::from_millis(50), ..limits() };
    let fault = refused(&house, &house.map(MAP), hasty.clone());
    assert_eq!(fault.kind, FaultKind::Busy, "{fault}");
    other.execute_batch("ROLLBACK").expect("it lets go");
    let map = house.map(MAP);
    let mut connector = open(&map, house.path(), hasty).expect("it opens");
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    assert_eq!(stopped(connector.as_mut(), &map).kind, FaultKind::Busy);
}

#[test]
fn encryption_is_as_the_map_says() {
    for house in servers() {
        house.sql(MEMBERS);
        let mut map = house.map(MAP);
        map.source.tls = Some(Tls::Disable);
        let tested = house.open(&map).test().expect("it can be tried out");
        assert!(!tested.encrypted, "{tested:?}");
        assert!(tested.notes.iter().any(|n| n.contains("not encrypted")), "{tested:?}");
        map.source.tls = Some(Tls::Prefer);
        let offered = house.open(&map).test().expect("it can be tried out").encrypted;
        map.source.tls = Some(Tls::Require);
        match open(&map, house.path(), limits()) {
            Ok(mut connector) => {
                assert!(offered && connector.test().expect("it can be tried out").encrypted);
            }
            Err(fault) => {
                sound(&fault);
                assert!(!offered && fault.kind == FaultKind::Denied, "{fault}");
            }
        }
        map.source.tls = Some(Tls::VerifyFull);
        let fault = refused(&house, &map, limits());
        assert_eq!(fault.kind, FaultKind::Denied, "no authority signed for it: {fault}");
        map.source.ca_file = Some("no.pem".into());
        let fault = refused(&house, &map, limits());
        assert_eq!((fault.kind, &*fault.place), (FaultKind::Map, "club, ca_file"));
    }
}

#[test]
fn every_house_can_be_tried_out() {
    for house in houses() {
        house.sql(MEMBERS);
        let map = house.map(MAP);
        let tested = house.open(&map).test().expect("it can be tried out");
        let (name, _) = tested.server.split_once(' ').expect("name and version");
        match house.kind {
            HoldingKind::Sqlite => assert_eq!(name, "SQLite"),
            HoldingKind::Postgres => assert_eq!(name, "PostgreSQL"),
            _ => assert!(["MySQL", "MariaDB"].contains(&name), "{tested:?}"),
        }
        assert_eq!(tested.collections, 1);
        let writes = tested.notes.iter().any(|n| n.contains("write"));
        assert_eq!(writes, house.kind != HoldingKind::Sqlite, "an administrator may: {tested:?}");
    }
}
