//! The program as others start it: what it writes, how it ends, what it lets itself do.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests only")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const SECRET: &str = "Zebedee-Quillfeather";

fn pressed(args: &[&str], page: &[u8]) -> Output {
    fed(Command::new(env!("CARGO_BIN_EXE_candour-press")).args(args), page)
}

fn fed(command: &mut Command, page: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(page);
    child.wait_with_output().unwrap()
}

const MADE: [&str; 2] = ["--made", "2026-11-29T10:00:00Z"];

fn page(main: &str) -> Vec<u8> {
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><title>{SECRET}</title></head>\
         <body><header><p class=\"org\">Us</p></header><main>{main}</main></body></html>"
    )
    .into_bytes()
}

fn refused(out: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{said}");
    assert!(out.stdout.is_empty(), "something was written all the same");
    assert!(!said.contains(SECRET) && !said.contains("Zebedee"), "{said}");
    said
}

#[test]
fn a_page_gives_a_pdf_and_no_word_beside_it() {
    let out = pressed(&MADE, &page(&format!("<p>{SECRET}</p>")));
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(out.stdout.starts_with(b"%PDF-1.7"));
    assert_eq!(out.stderr, b"");
}

#[test]
fn an_element_it_does_not_know_is_named_and_nothing_else() {
    let main = format!("<p>{SECRET}</p><marquee title=\"{SECRET}\">{SECRET}</marquee>");
    let said = refused(&pressed(&MADE, &page(&main)), 3);
    assert!(said.contains("<marquee>"), "{said}");
    let named =
        format!("<{SECRET}>x</{SECRET}>").replace("Quillfeather", "Quillfeather-of-the-Hill");
    assert!(refused(&pressed(&MADE, &page(&named)), 3).contains("<?>"));
}

#[test]
fn what_is_no_page_is_refused() {
    refused(&pressed(&MADE, b""), 3);
    refused(&pressed(&MADE, b"\xff\xfe\x00"), 3);
    let said = refused(&pressed(&MADE, SECRET.as_bytes()), 3);
    assert!(said.contains("language"), "{said}");
}

#[test]
fn a_page_that_is_too_long_is_refused() {
    let long = page(&format!("<p>{}</p>", SECRET.repeat(250_000)));
    let said = refused(&pressed(&MADE, &long), 4);
    assert!(said.contains("longer than"), "{said}");
}

/// The program under a ceiling of the shell's: lower than its own, so that it is reached soon.
fn under(ceiling: &str, page: &[u8]) -> Output {
    let program = env!("CARGO_BIN_EXE_candour-press");
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{ceiling}; exec {program} {}", MADE.join(" "))]);
    fed(&mut shell, page)
}

#[test]
fn a_page_that_takes_too_much_writes_nothing() {
    use std::os::unix::process::ExitStatusExt as _;
    // Small to read, and more than the time and the memory to set it.
    let row = "<tr><td>a<td>b<td>c<td>d<td>e<td>f<td>g</tr>";
    let long = page(&format!("<table><tbody>{}</table>", row.repeat(20_000)));
    let out = under("ulimit -S -t 1", &long);
    assert_eq!(out.status.signal(), Some(libc::SIGXCPU), "{:?}", out.status);
    assert_eq!(out.stdout, b"");
    let out = under("ulimit -v 400000", &long);
    // Whoever asked for memory last is told no: an allocation, or a new thread.
    assert!(out.status.signal().is_some() || out.status.code() == Some(5), "{:?}", out.status);
    assert_eq!(out.stdout, b"");
    assert!(!String::from_utf8_lossy(&out.stderr).contains(SECRET));
}

#[test]
fn it_limits_itself_before_it_reads() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_candour-press"))
        .args(MADE)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It waits for a page that does not come, once it has limited itself.
    let about =
        |what: &str| std::fs::read_to_string(format!("/proc/{}/{what}", child.id())).unwrap();
    let limited = (0..1_000_000).any(|_| {
        std::thread::yield_now();
        about("status").lines().any(|l| l == "Seccomp:\t2")
    });
    let limits = about("limits");
    let most = |name: &str| {
        let line = limits.lines().find_map(|l| l.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    assert!(limited, "no seccomp");
    let all = ["Max cpu time", "Max address space", "Max core file size", "Max open files"];
    assert_eq!(all.map(most), ["60", "2147483648", "0", "3"]);
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn it_is_told_when_the_page_was_made() {
    refused(&pressed(&[], &page("<p>a</p>")), 2);
    refused(&pressed(&["--made", "yesterday"], &page("<p>a</p>")), 2);
    refused(&pressed(&["--made", "-009999-01-02T01:59:59Z"], &page("<p>a</p>")), 2);
}

#[test]
fn it_tells_how_it_is_used() {
    let help = String::from_utf8(pressed(&["--help"], b"").stdout).unwrap();
    assert!(help.contains("--made") && help.contains("standard input"), "{help}");
    let version = String::from_utf8(pressed(&["--version"], b"").stdout).unwrap();
    assert!(version.starts_with("candour-press 0."), "{version}");
}
