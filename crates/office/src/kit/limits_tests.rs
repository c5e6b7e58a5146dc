use super::*;

fn limits(header: Option<&str>) -> Limits {
    Limits { client_header: header.map(str::to_owned), ..Limits::default() }
}

fn client(header: Option<&str>, told: &[&str], peer: &str) -> Option<String> {
    let mut headers = HeaderMap::new();
    for t in told {
        headers.append("x-forwarded-for", t.parse().unwrap());
    }
    let peer = peer.parse().ok();
    Client::of(&limits(header), &headers, peer).0.map(|ip| ip.to_string())
}

#[test]
fn a_header_is_trusted_only_when_the_settings_name_it() {
    let forged = ["198.51.100.7"];
    assert_eq!(client(None, &forged, "203.0.113.9").unwrap(), "203.0.113.9");
    assert_eq!(client(None, &forged, "127.0.0.1"), None, "a proxy on this machine");
    assert_eq!(client(None, &[], "::ffff:127.0.0.1"), None);
    assert_eq!(client(None, &[], ""), None);
    let some = Some("X-Forwarded-For");
    assert_eq!(client(some, &forged, "127.0.0.1").unwrap(), "198.51.100.7");
    // What a client writes in it stands before what the proxy adds.
    let two = ["192.0.2.1, 198.51.100.8"];
    assert_eq!(client(some, &two, "127.0.0.1").unwrap(), "198.51.100.8");
    let lines = ["192.0.2.1", "198.51.100.9"];
    assert_eq!(client(some, &lines, "127.0.0.1").unwrap(), "198.51.100.9");
    assert_eq!(client(some, &["unknown"], "203.0.113.9").unwrap(), "203.0.113.9");
    assert_eq!(client(some, &["2001:db8:1:2:3:4:5:6"], "::1").unwrap(), "2001:db8:1:2::");
    assert_eq!(client(some, &["::ffff:198.51.100.9"], "::1").unwrap(), "198.51.100.9");
}

fn office() -> (tempfile::TempDir, Office) {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::init(dir.path(), None).unwrap();
    (dir, office)
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + minute * 60).unwrap()
}

#[test]
fn an_hour_is_counted_and_then_begins_anew() {
    let (_dir, office) = office();
    let counts = [0, 10, 59, 60, 61].map(|minute| {
        let ends = at(minute) + WINDOW;
        office.chore(move |tx| count(tx, &[1; 32], at(minute), ends)).unwrap()
    });
    let expected = [(1, at(60)), (2, at(60)), (3, at(60)), (1, at(120)), (2, at(120))];
    assert_eq!(counts, expected);
}

#[test]
fn the_table_of_tries_is_bounded_and_swept() {
    let (_dir, office) = office();
    let mark = |n: u64| {
        let mut m = [0; 32];
        m[..8].copy_from_slice(&n.to_be_bytes());
        m
    };
    let locked = [255; 32];
    office
        .chore(move |tx| {
            for _ in 0..6 {
                wrong(tx, locked, at(0), |n, now| (n > 4).then_some(now + WINDOW))?;
            }
            for n in 0..MOST + 500 {
                count(tx, &mark(n), at(1), at(2))?;
            }
            Ok(())
        })
        .unwrap();
    let kept = office.read(sql::tries).unwrap();
    assert!((MOST / 2..=MOST).contains(&kept), "{kept}");
    assert!(office.read(|tx| not_locked(tx, locked, at(1))).is_err(), "locks are kept longest");
    office.chore(|tx| sql::drop_old_tries(tx, at(3))).unwrap();
    assert_eq!(office.read(sql::tries).unwrap(), 1, "only the lock is left");
    office.chore(|tx| sql::drop_old_tries(tx, at(25 * 60))).unwrap();
    assert_eq!(office.read(sql::tries).unwrap(), 0);
}

#[test]
fn what_the_settings_leave_out_has_its_default() {
    let text = "client_header = \"x-real-ip\"\n[client]\nask = 3\n[all]\nsign_in = 9\n";
    let l: Limits = toml::from_str(text).unwrap();
    assert_eq!((l.most(What::Ask), l.most(What::SignIn)), ((3, 500), (120, 9)));
    assert!(toml::from_str::<Limits>("[client]\nasks = 3\n").is_err());
}

#[test]
fn a_try_that_was_right_takes_back_itself_only() {
    let (_dir, office) = office();
    let until = |n: i64, now: Timestamp| (n >= 3).then_some(now + WINDOW * i32::from(n as u8));
    let begin = || office.chore(move |tx| begin(tx, [1; 32], at(0), until));
    let back = |t: Try| office.chore(move |tx| take_back(tx, t)).unwrap();
    let locked = || office.read(|tx| sql::locked_until(tx, [1; 32])).unwrap();
    let (right, _wrong) = (begin().unwrap(), begin().unwrap());
    let third = begin().unwrap();
    assert_eq!(third.locked, Some(at(180)));
    assert!(matches!(begin(), Err(Error::TooMany(_))), "three are on their way");
    // The lock of another try stays, whoever was right before it.
    back(right);
    assert_eq!(locked(), Some(at(180)));
    back(third);
    assert_eq!(locked(), None);
    assert_eq!(begin().unwrap().locked, None, "the second of those that were wrong");
}
