//! Who can get in, and how.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::acts::{self, NewStaff, SignIn};
use super::{Role, code_app, rules, set_up, sql};
use crate::charter::Charter;
use crate::error::{Error, Result};
use crate::office::Office;
use crate::proof::By;

const PASSWORD: &str = "tin lantern orchard";

/// An office with an officer, whose clock can be moved.
struct Bench {
    office: Office,
    org: String,
    clock: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        drop(Office::init(dir.path(), None).unwrap());
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(at.as_second()));
        let hand = clock.clone();
        let now = move || Timestamp::from_second(hand.load(Ordering::SeqCst)).unwrap();
        let office = Office::open_at(dir.path(), None, Box::new(now)).unwrap();
        let org = office.found(Charter::parse(include_str!("../demo/charter.toml")).unwrap());
        Self { office, org: org.unwrap(), clock, _dir: dir }
    }

    fn add_by(&self, by: &By, name: &str, role: Role) -> Result<String> {
        let new = NewStaff {
            name: name.into(),
            email: format!("{name}@harbour.example"),
            role,
            password: Some(PASSWORD.into()),
        };
        let (vault, by) = (self.office.vault().clone(), by.clone());
        self.office.write(move |tx| acts::add(tx, &vault, &by, &new))
    }

    fn add(&self, name: &str, role: Role) -> By {
        let id = self.add_by(&self.command(), name, role).unwrap();
        By { actor: format!("staff:{id}"), role, ..self.command() }
    }

    fn command(&self) -> By {
        self.office.by_command(&self.org)
    }

    fn link(&self, by: &By, of: &By) -> Result<String> {
        let (by, id) = (by.clone(), of.actor_id().to_owned());
        let vault = self.office.vault().clone();
        self.office.write(move |tx| acts::sign_in_link(tx, &vault, &by, &id))
    }

    fn code(&self, secret: &[u8]) -> String {
        let seconds = self.office.now().as_second() as u64;
        rules::totp(secret, "app").unwrap().generate(seconds).to_string()
    }

    fn turn_on_code_app(&self, of: &By) -> Vec<u8> {
        let secret = code_app::new_secret().unwrap();
        let (vault, by) = (self.office.vault().clone(), of.clone());
        let (s, code) = (secret.clone(), self.code(&secret));
        self.office.write(move |tx| code_app::turn_on(tx, &vault, &by, &s, &code)).unwrap();
        secret
    }

    fn later(&self, minutes: i64) {
        self.clock.fetch_add(minutes * 60, Ordering::SeqCst);
    }
}

#[test]
fn a_link_of_the_desk_still_asks_for_the_code() {
    let b = Bench::new();
    let (ruth, ann) = (b.add("ruth", Role::Officer), b.add("ann", Role::Officer));
    let secret = b.turn_on_code_app(&ruth);
    let token = b.link(&ann, &ruth).unwrap();
    let half = match acts::sign_in_by_link(&b.office, &token, "test").unwrap() {
        SignIn::CodeNext(half) => half,
        SignIn::Done(_) => panic!("signed in without the code"),
    };
    let (_, session) = acts::who(&b.office, &half).unwrap().unwrap();
    assert!(!session.complete);
    assert!(acts::sign_in_by_link(&b.office, &token, "test").is_err(), "a link works once");
    b.later(1);
    acts::give_code(&b.office, &half, &b.code(&secret), None).unwrap();
    assert!(acts::who(&b.office, &half).unwrap().unwrap().1.complete);
    // Without a code app there is nothing more to ask.
    let token = b.link(&ruth, &ann).unwrap();
    assert!(matches!(acts::sign_in_by_link(&b.office, &token, "t").unwrap(), SignIn::Done(_)));
    // The command line gets in with a lost telephone, too.
    let token = b.link(&b.command(), &ruth).unwrap();
    assert!(matches!(acts::sign_in_by_link(&b.office, &token, "t").unwrap(), SignIn::Done(_)));
}

#[test]
fn nobody_opens_an_account_that_may_do_more_than_theirs() {
    let b = Bench::new();
    let ruth = b.add("ruth", Role::Officer);
    let lee = b.add("lee", Role::Deputy);
    let adam = b.add("adam", Role::Administrator);
    let cass = b.add("cass", Role::CaseWorker);
    let denied = |r: Result<()>| assert!(matches!(r, Err(Error::Denied(_))), "{r:?}");
    for of in [&ruth, &lee] {
        denied(b.link(&adam, of).map(drop));
        let (vault, by, id) = (b.office.vault().clone(), adam.clone(), of.actor_id().to_owned());
        denied(b.office.write(move |tx| acts::leave(tx, &vault, &by, &id)));
    }
    // Nor do they make themselves one, or raise somebody.
    for role in [Role::Officer, Role::Deputy] {
        denied(b.add_by(&adam, "new", role).map(drop));
        let (vault, by) = (b.office.vault().clone(), adam.clone());
        let id = adam.actor_id().to_owned();
        denied(b.office.write(move |tx| acts::set_role(tx, &vault, &by, &id, role)));
    }
    for of in [&cass, &lee, &ruth] {
        denied(b.link(&lee, of).map(drop));
    }
    b.link(&adam, &cass).unwrap();
    b.link(&ruth, &lee).unwrap();
    let own = b.link(&ruth, &ruth).unwrap_err();
    assert!(matches!(own, Error::Refused(_)), "{own}");
    b.link(&b.command(), &ruth).unwrap();
    let (vault, by, id) = (b.office.vault().clone(), ruth.clone(), cass.actor_id().to_owned());
    b.office.write(move |tx| acts::leave(tx, &vault, &by, &id)).unwrap();
    assert!(matches!(b.link(&ruth, &cass), Err(Error::NotFound(_))), "somebody who left");
    let kept = b.office.read(|tx| sql::by_id(tx, &b.org, adam.actor_id())).unwrap();
    assert_eq!(kept.role, Role::Administrator);
}

fn said(r: Result<SignIn>) -> String {
    r.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_locked_account_and_an_unknown_address_answer_alike() {
    let b = Bench::new();
    b.add("ruth", Role::Officer);
    let tries = ["ruth@harbour.example", "nobody@harbour.example", "no address"].map(|typed| {
        let b = &b;
        let wrong = move |_| said(acts::sign_in(&b.office, typed, "wrong password", "t", None));
        let mut all: Vec<String> = (0..7).map(wrong).collect();
        b.later(1);
        all.extend([wrong(0), wrong(0)]);
        b.later(-1);
        all
    });
    assert_eq!(tries[0], tries[1]);
    assert_eq!(tries[0], tries[2]);
    assert!(tries[0][4].contains("not right"), "{:?}", tries[0]);
    assert!(tries[0][5].contains("wait a minute"), "{:?}", tries[0]);
    assert!(tries[0][8].contains("wait 2 minutes"), "{:?}", tries[0]);
    // Letter case is no way round, and the right password opens once the wait is over.
    assert!(
        said(acts::sign_in(&b.office, "RUTH@harbour.example", PASSWORD, "t", None))
            .contains("wait")
    );
    b.later(5);
    acts::sign_in(&b.office, "Ruth@Harbour.example", PASSWORD, "t", None).unwrap();
    let again = said(acts::sign_in(&b.office, "ruth@harbour.example", "wrong", "t", None));
    assert!(again.contains("not right"), "forgotten after a success: {again}");
}

#[test]
fn a_right_password_gives_no_fresh_tries_for_the_code() {
    let b = Bench::new();
    let ruth = b.add("ruth", Role::Officer);
    let secret = b.turn_on_code_app(&ruth);
    let half = || match acts::sign_in(&b.office, "ruth@harbour.example", PASSWORD, "t", None) {
        Ok(SignIn::CodeNext(half)) => Ok(half),
        Ok(SignIn::Done(_)) => panic!("signed in without the code"),
        Err(e) => Err(e),
    };
    for n in 0..5 {
        let wrong = acts::give_code(&b.office, &half().unwrap(), "000000", None).unwrap_err();
        assert!(matches!(wrong, Error::Invalid(_)), "{n}: {wrong}");
    }
    assert!(matches!(half(), Err(Error::TooMany(1))));
    b.later(2);
    acts::give_code(&b.office, &half().unwrap(), &b.code(&secret), None).unwrap();
}

#[test]
fn a_code_app_moves_with_a_code_of_the_old_one_and_is_taken_away_by_the_command_line() {
    let b = Bench::new();
    let ruth = b.add("ruth", Role::Officer);
    let old = b.turn_on_code_app(&ruth);
    let new = code_app::new_secret().unwrap();
    let move_to = |password: &str, present: &str, code: &str| {
        let by = By { now: b.office.now(), ..ruth.clone() };
        code_app::move_to(&b.office, &by, (password, present), (&new, code))
    };
    let field = |done: Result<()>| match done {
        Err(Error::Invalid(bad)) => bad[0].name.clone().into_owned(),
        other => panic!("{other:?}"),
    };
    let (present, code) = (b.code(&old), b.code(&new));
    assert_eq!(field(move_to("another word", &present, &code)), "mine");
    assert_eq!(field(move_to(PASSWORD, "000000", &code)), "present");
    assert_eq!(field(move_to(PASSWORD, &present, "000000")), "code");
    move_to(PASSWORD, &present, &code).unwrap();
    b.later(1);
    let SignIn::CodeNext(half) =
        acts::sign_in(&b.office, "ruth@harbour.example", PASSWORD, "t", None).unwrap()
    else {
        panic!("the code is asked for")
    };
    assert!(acts::give_code(&b.office, &half, &b.code(&old), None).is_err(), "the old one is over");
    acts::give_code(&b.office, &half, &b.code(&new), None).unwrap();
    let (by, id) = (b.command(), ruth.actor_id().to_owned());
    b.office.write(move |tx| code_app::turn_off(tx, &by, &id)).unwrap();
    let signed = acts::sign_in(&b.office, "ruth@harbour.example", PASSWORD, "t", None).unwrap();
    assert!(matches!(signed, SignIn::Done(_)));
}

#[test]
fn a_browser_is_named_as_far_as_it_tells() {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                  Chrome/140.0.0.0 Safari/537.36";
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                  (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    let edge = format!("{chrome} Edg/140.0.0.0");
    for (agent, name) in [
        (firefox, "Firefox on Linux"),
        (chrome, "Chrome on Windows"),
        (edge.as_str(), "Edge on Windows"),
        (iphone, "Safari on an iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
    ] {
        assert_eq!(rules::browser(agent), name);
    }
}

#[test]
fn many_at_once_have_no_more_tries_than_one_after_the_other() {
    let b = Bench::new();
    b.add("ruth", Role::Officer);
    let together = std::sync::Barrier::new(12);
    let judged = std::thread::scope(|scope| {
        let guess = || {
            together.wait();
            said(acts::sign_in(&b.office, "ruth@harbour.example", "wrong password", "t", None))
        };
        let all: Vec<_> = (0..12).map(|_| scope.spawn(guess)).collect();
        let said = all.into_iter().map(|t| t.join().unwrap());
        said.filter(|words| words.contains("not right")).count()
    });
    assert_eq!(judged, 5);
    assert!(
        said(acts::sign_in(&b.office, "ruth@harbour.example", PASSWORD, "t", None))
            .contains("wait")
    );
}

#[test]
fn whoever_was_let_in_by_what_is_no_more_is_not() {
    let b = Bench::new();
    let (ruth, ann) = (b.add("ruth", Role::Officer), b.add("ann", Role::Officer));
    let row = |of: &By| b.office.read(|tx| sql::by_id(tx, &b.org, of.actor_id())).unwrap();
    let enters = |was: &sql::StaffRow| {
        let came = acts::Came::Link([1; 32]);
        acts::begin(&b.office, was, "t", true, came).map(drop)
    };
    let before = row(&ruth);
    enters(&before).unwrap();
    // While an old password was judged a new one was set.
    acts::set_password(&b.office, &ruth, "none", PASSWORD, "copper kettle meadow").unwrap();
    assert!(matches!(enters(&before), Err(Error::Conflict)));
    let before = row(&ruth);
    b.turn_on_code_app(&ruth);
    assert!(matches!(enters(&before), Err(Error::Conflict)), "the code would not be asked");
    let before = row(&ruth);
    let (vault, id) = (b.office.vault().clone(), ruth.actor_id().to_owned());
    b.office.write(move |tx| acts::leave(tx, &vault, &ann, &id)).unwrap();
    assert!(matches!(enters(&before), Err(Error::Conflict)));
    assert!(b.office.read(|tx| sql::sessions_of(tx, &b.org, ruth.actor_id())).unwrap().is_empty());
}

#[test]
fn a_new_office_is_set_up_once() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::init(dir.path(), None).unwrap();
    let token = set_up::set_up_token(&office).unwrap();
    let found = |short: &str| {
        // Both were let in before either was done.
        let charter = include_str!("../demo/charter.toml");
        let mut charter = Charter::parse(charter).unwrap();
        charter.organisation.short = short.into();
        let officer = NewStaff {
            name: short.into(),
            email: format!("{short}@harbour.example"),
            role: Role::Officer,
            password: Some(PASSWORD.into()),
        };
        set_up::found(&office, charter, officer)
    };
    set_up::may_set_up(&office, &token).unwrap();
    let org = found("one").unwrap();
    assert!(matches!(found("two"), Err(Error::NotFound(_))));
    assert_eq!(office.read(crate::charter::orgs).unwrap(), [(org, "one".to_owned())]);
    assert!(office.read(|tx| sql::by_email(tx, "two@harbour.example")).unwrap().is_none());
    acts::sign_in(&office, "one@harbour.example", PASSWORD, "t", None).unwrap();
}
