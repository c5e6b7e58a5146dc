//! A letter leaves through a real mail server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Kept, Office};

#[test]
fn the_acknowledgement_reaches_the_mail_server() {
    if std::env::var("CANDOUR_SKIP_SERVERS").is_ok() {
        return;
    }
    let server = std::env::var("CANDOUR_TEST_SMTP").expect("run through `cargo xtask test`");
    let kept = std::env::var("CANDOUR_TEST_SMTP_DIR").expect("run through `cargo xtask test`");
    let address = server.rsplit("//").next().unwrap().trim_end_matches('/');
    let (host, port) = address.rsplit_once(':').unwrap();
    let office = Office::new(Kept::Sqlite, 0);
    let settings = format!("[post]\nhost = \"{host}\"\nport = {port}\nsecurity = \"none\"\n");
    std::fs::write(office.path("candour.toml"), settings).unwrap();
    // An address of this run only, so that letters of other tests are told apart.
    let address = format!("post-{}@example.org", uuid::Uuid::new_v4().simple());
    let reference = office.ok(&["request", "open", "--name", "Amara Quill", "--email", &address]);
    let mut serve = office
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let letter = loop {
        let mut all = std::fs::read_dir(&kept).unwrap().flatten();
        let found = all.find_map(|f| {
            let text = std::fs::read_to_string(f.path()).ok()?;
            text.contains(&address).then_some(text)
        });
        if found.is_some() || Instant::now() > until {
            break found;
        }
        std::thread::yield_now();
    };
    serve.kill().unwrap();
    serve.wait().unwrap();
    let letter = letter.expect("the letter did not arrive");
    assert!(letter.contains(&format!("Subject: Your request {}", reference.trim())), "{letter}");
    assert!(letter.contains("Auto-Submitted: auto-generated"), "{letter}");
}
