//! Programs in the place of `candour-press` that fail in every way it could.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A program that runs this shell script.
pub fn script(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("press");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// The real program; `cargo xtask test` names it. `None`: what needs it is left out.
pub fn real() -> Option<PathBuf> {
    if std::env::var_os("CANDOUR_SKIP_SERVERS").is_some() {
        return std::env::var_os("CANDOUR_TEST_PRESS").map(PathBuf::from);
    }
    let named = std::env::var_os("CANDOUR_TEST_PRESS");
    Some(named.expect("no press: run the tests through `cargo xtask test`").into())
}

const PAGE: &str = "<!doctype html><html lang=\"en-GB\"><title>A</title><main><p>Hello</main>";

fn pressed(text: &str) -> Result<Vec<u8>, Trouble> {
    let dir = tempfile::tempdir().unwrap();
    let press = Press { deadline: Duration::from_secs(30), ..Press::at(script(dir.path(), text)) };
    press.pdf(PAGE, Timestamp::UNIX_EPOCH)
}

#[test]
fn what_it_writes_is_answered() {
    let said = pressed("cat >/dev/null; printf '%%PDF-1.7 %s %%%%EOF\\n' \"$*\"").unwrap();
    assert_eq!(said, b"%PDF-1.7 --made 1970-01-01T00:00:00Z %%EOF\n");
}

#[test]
fn it_is_given_the_page_and_no_environment() {
    let said = pressed("echo %PDF-; cat; env | grep -c CARGO; echo %%EOF").unwrap();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("<p>Hello"), "{said}");
    assert!(said.ends_with("\n0\n%%EOF\n") || said.ends_with("0\n%%EOF\n"), "{said}");
}

#[test]
fn every_failure_is_told_apart() {
    assert_eq!(pressed("exit 1"), Err(Trouble::GaveUp(1)));
    assert_eq!(pressed("printf '%%PDF-1.7 %%%%EOF'; exit 5"), Err(Trouble::GaveUp(5)));
    assert_eq!(pressed("kill -9 $$"), Err(Trouble::Ended));
    assert_eq!(pressed("cat"), Err(Trouble::NoPdf));
    assert_eq!(pressed("echo %PDF-1.7 cut short"), Err(Trouble::NoPdf));
    assert_eq!(pressed("cat /dev/zero"), Err(Trouble::TooLarge));
    let none = Press::at("/nowhere/candour-press".into());
    assert_eq!(none.pdf(PAGE, Timestamp::UNIX_EPOCH), Err(Trouble::NotStarted));
}

#[test]
fn one_that_hangs_is_ended_with_what_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let seen = dir.path().join("pid");
    let text = format!("sleep 1000 & echo $! > {}; wait", seen.display());
    let program = script(dir.path(), &text);
    let press = Press { deadline: Duration::from_secs(3), ..Press::at(program) };
    assert_eq!(press.pdf(PAGE, Timestamp::UNIX_EPOCH), Err(Trouble::TooSlow));
    let pid = std::fs::read_to_string(seen).unwrap();
    // Gone, or waiting to be cleared away; it may still be on its way out.
    let ended = (0..1_000_000).any(|_| {
        std::thread::yield_now();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        state.is_ok_and(|s| s.contains(") Z ")) || !Path::new("/proc").join(pid.trim()).exists()
    });
    assert!(ended, "what it started goes on");
}

#[test]
fn a_long_page_does_not_stop_it() {
    let dir = tempfile::tempdir().unwrap();
    let press = Press::at(script(dir.path(), "echo %PDF-; cat; echo %%EOF"));
    let long = "x".repeat(1 << 20);
    assert_eq!(press.pdf(&long, Timestamp::UNIX_EPOCH).unwrap().len(), long.len() + 12);
}

#[test]
fn the_settings_name_it_or_switch_it_off() {
    let named = Press::find(Some(Path::new("/opt/press"))).unwrap();
    assert_eq!(named.program(), Path::new("/opt/press"));
    assert!(Press::find(Some(Path::new(""))).is_none());
    // Nothing stands beside the program of the tests.
    assert!(Press::find(None).is_none());
}

#[test]
fn the_real_one_makes_a_pdf() {
    let Some(program) = real() else { return };
    let press = Press::at(program);
    let pdf = press.pdf(PAGE, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(press.pdf(PAGE, Timestamp::UNIX_EPOCH).unwrap(), pdf);
    assert_eq!(press.pdf("<p>no page", Timestamp::UNIX_EPOCH), Err(Trouble::GaveUp(3)));
}
