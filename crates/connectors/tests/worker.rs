//! The child that reads files: what it cannot reach, and what becomes of files that attack it.

#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

mod files;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use candour_connectors::worker::{self, Bounds, Worker};
use candour_connectors::{FaultKind, HoldingKind, Limits, open};
use files::*;

/// Tests of this file choose their own worker, one after the other.
fn with(worker: Worker) -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    worker::set(worker);
    one
}

fn usual() -> Worker {
    Worker::new(program(), Vec::new())
}

/// Search a folder with these files.
fn searched(files: &[(&str, Vec<u8>)]) -> Kept {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        put(dir.path(), name, bytes);
    }
    let map = map(HoldingKind::Documents, dir.path());
    let limits = Limits::at(jiff::Timestamp::UNIX_EPOCH);
    let mut kept = Kept::default();
    let mut connector = open(&map, dir.path(), limits).expect("the folder opens");
    connector.find(&map, &amara(), &mut kept).expect("the search goes on");
    kept.clean();
    kept
}

/// Deflated, a stream of this many lines of nothing.
fn endless(lines: usize) -> Vec<u8> {
    let zip = zipped(&[("x", "BT (zanzibarra) Tj ET\n".repeat(lines).as_bytes())]);
    // The deflated bytes stand between the local header (30 and a name of 1) and the directory.
    let end = zip.windows(4).position(|w| w == b"PK\x01\x02").expect("a directory");
    let mut zlib = b"\x78\x9c".to_vec();
    zlib.extend_from_slice(&zip[31..end]);
    zlib
}

fn good() -> (&'static str, Vec<u8>) {
    ("z good.docx", docx(&run("amara@example.com"), &[]))
}

#[test]
fn a_file_that_never_ends_is_stopped_by_processor_time() {
    let content = pdf_of(&endless(4_000_000), "/Filter /FlateDecode");
    for pdftotext in [usual().pdftotext, None] {
        let bounds = Bounds { cpu: 1, ..Bounds::default() };
        let _one = with(Worker { bounds, pdftotext, ..usual() });
        let kept = searched(&[("a.pdf", content.clone()), good()]);
        let fault = &kept.missed[0];
        assert_eq!(fault.kind, FaultKind::Limit, "{:?}", kept.faults());
        assert_eq!(kept.locators(), ["z good.docx"]);
    }
}

#[test]
fn a_child_that_says_nothing_is_ended_at_the_deadline() {
    let bounds = Bounds { wall: Duration::from_millis(200), ..Bounds::default() };
    let tail = Worker {
        program: PathBuf::from("/usr/bin/tail"),
        args: vec!["-f".to_owned(), "/dev/null".to_owned()],
        bounds,
        pdftotext: None,
    };
    let _one = with(tail);
    let kept = searched(&[("a.docx", docx("x", &[])), ("b.txt", b"amara@example.com".to_vec())]);
    assert!(kept.fault("took too long").place.contains("file 1"));
    assert_eq!(kept.locators(), ["b.txt"]);
}

#[test]
fn a_file_that_wants_all_memory_is_stopped() {
    let bounds = Bounds { memory: 100 << 20, ..Bounds::default() };
    let _one = with(Worker { bounds, ..usual() });
    let body = "<w:t>zanzibarra </w:t>".repeat(2_500_000);
    let mut kept = searched(&[("a.docx", docx(&body, &[])), good()]);
    assert_eq!(kept.locators(), ["z good.docx"]);
    let fault = kept.missed.remove(0);
    assert_eq!(fault.kind, FaultKind::Limit, "{fault}");
}

#[test]
fn bombs_are_refused() {
    let _one = with(usual());
    let zeros = vec![b' '; 100 << 20];
    let plain = zipped(&[("word/document.xml", &zeros)]);
    // A directory that lies: the size it gives is small.
    let mut lying = plain.clone();
    let size = (zeros.len() as u32).to_le_bytes();
    let small = 1000u32.to_le_bytes();
    let places: Vec<usize> =
        lying.windows(4).enumerate().filter(|(_, w)| *w == size).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        lying[at..at + 4].copy_from_slice(&small);
    }
    let names: Vec<String> = (0..25_000).map(|n| format!("word/p{n}.xml")).collect();
    let mut many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), b"".as_slice())).collect();
    many.push(("word/document.xml", b"<w:t>x</w:t>"));
    let nested = docx("", &[]);
    let inner = zipped(&[("word/document.xml", &nested), ("x", &plain)]);
    let deep = docx(&"<w:p>".repeat(500_000), &[]);
    let kept = searched(&[
        ("1.docx", plain),
        ("2.docx", lying),
        ("3.docx", zipped(&many)),
        ("4.docx", inner),
        ("5.docx", deep),
        good(),
    ]);
    assert_eq!(kept.locators(), ["z good.docx"]);
    for nth in [1, 3] {
        let fault = kept.fault(&format!("file {nth} of"));
        assert!(fault.what.contains("unpacks to far more"), "{fault}");
    }
    kept.fault("file 2 of"); // Damaged or too large: what the directory says cannot be.
}

#[test]
fn a_spreadsheet_that_repeats_a_value_without_end_is_stopped() {
    let bounds = Bounds { memory: 150 << 20, ..Bounds::default() };
    let _one = with(Worker { bounds, ..usual() });
    let rows = "<table:table-row table:number-rows-repeated=\"1048500\"><table:table-cell \
        table:number-columns-repeated=\"16384\" office:value-type=\"string\">\
        <text:p>zanzibarra</text:p></table:table-cell></table:table-row>";
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), "a.ods", ods(rows));
    let map = map(HoldingKind::Workbook, dir.path());
    let limits = Limits::at(jiff::Timestamp::UNIX_EPOCH);
    let mut kept = Kept::default();
    let mut connector = open(&map, dir.path(), limits).expect("the folder opens");
    connector.find(&map, &amara(), &mut kept).expect("the search goes on");
    assert_eq!(kept.clean().missed.len(), 1, "{:?}", kept.faults());
    let stopped = matches!(kept.missed[0].kind, FaultKind::Limit | FaultKind::Damaged);
    assert!(stopped, "{:?}", kept.faults());
}

#[test]
fn one_bad_file_harms_no_other() {
    let _one = with(usual());
    let mut files = Vec::new();
    for nth in 0..30 {
        let bad = match nth % 3 {
            0 => zipped(&[("word/document.xml", b"<w:t>zanzibarra</")]),
            1 => b"PK\x03\x04zanzibarra".to_vec(),
            _ => zipped(&[("xl/workbook.xml", b"<workbook><sheets/></workbook>")]),
        };
        files.push((format!("{nth:02} bad.xlsx"), bad));
        files.push((format!("{nth:02} good.docx"), docx(&run("amara@example.com"), &[])));
    }
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    let kept = searched(&files);
    assert_eq!(kept.items.len(), 30, "{:?}", kept.faults());
    assert!(kept.missed.len() >= 20, "{:?}", kept.faults());
}

#[test]
fn without_a_program_files_are_told_as_unread() {
    let _one = with(Worker { program: PathBuf::from("/no/such/program"), ..usual() });
    let kept = searched(&[good(), ("a.txt", b"amara@example.com".to_vec())]);
    assert_eq!(kept.fault("could not be started").kind, FaultKind::Ours);
    assert_eq!(kept.locators(), ["a.txt"]);
}

#[test]
fn a_pdf_is_read_with_and_without_the_outside_program() {
    for pdftotext in [usual().pdftotext, None] {
        let _one = with(Worker { pdftotext, ..usual() });
        let kept = searched(&[("a.pdf", pdf(&["ring 07700 900123", "or write"]))]);
        assert_eq!(kept.items.len(), 1, "{:?}", kept.faults());
        assert!(text_of(&kept.items[0]).contains("or write"));
    }
}

#[test]
fn random_bytes_in_the_shape_of_files_do_no_harm() {
    let _one = with(Worker { pdftotext: None, ..usual() });
    let whole = [docx(&run("x"), &[]), pdf(&["x"]), locked()];
    let mut files = Vec::new();
    let mut seed = 7u64;
    for nth in 0..60usize {
        let mut bytes = whole[nth % whole.len()].clone();
        for _ in 0..8 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = usize::try_from(seed >> 33).expect("it fits") % bytes.len();
            bytes[at] = (seed >> 24) as u8;
        }
        files.push((format!("{nth:02}"), bytes));
    }
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    searched(&files);
}

/// Started by hand, it says that it is not for people, and does nothing.
#[test]
fn the_command_is_of_no_use_to_people() {
    let mut child = Command::new(program())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let _ = child.stdin.take().expect("its input").write_all(b"x"); // It may be gone already.
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

/// What a child that was taken over could do: nothing. Asked of the kernel, of a child at rest.
#[test]
fn a_child_says_what_holds_it() {
    let _one = with(usual());
    let guard = worker::guard().expect("the child answers");
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    assert_eq!(guard.seccomp, status.contains("Seccomp:"), "{guard:?}");
    // Where the kernel tells its list of guards, it is the same.
    if let Ok(list) = std::fs::read_to_string("/sys/kernel/security/lsm") {
        assert_eq!(guard.landlock > 0, list.contains("landlock"), "{guard:?}");
    }
}

#[test]
fn a_child_can_open_nothing_and_start_nothing() {
    let mut child = Command::new(program())
        .env_clear()
        .env("CANDOUR_WORKER", r#"{"cpu":5,"memory":1073741824,"pdftotext":null}"#)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Ask it something, so that it is known to have locked itself in.
    let request = br#"{"ask":"text","size":0}"#;
    let mut input = child.stdin.take().expect("its input");
    input.write_all(&(request.len() as u32).to_be_bytes()).expect("a pipe");
    input.write_all(request).expect("a pipe");
    input.flush().expect("a pipe");
    let mut first = [0u8; 4];
    std::io::Read::read_exact(child.stdout.as_mut().expect("its output"), &mut first)
        .expect("an answer");
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", child.id()));
    let status = read("status").expect("its status");
    let limits = read("limits").expect("its limits");
    child.kill().expect("it is there");
    child.wait().expect("it ends");
    let line = |text: &str, name: &str| {
        text.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}")).to_owned()
    };
    let words = |line: String| line.split_whitespace().last().map(str::to_owned);
    assert_eq!(words(line(&status, "NoNewPrivs")), Some("1".to_owned()));
    assert_eq!(words(line(&status, "Seccomp:")), Some("2".to_owned()));
    for (name, most) in [
        ("Max cpu time", "5"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
        ("Max address space", "1073741824"),
        ("Max open files", "16"),
    ] {
        let line = line(&limits, name);
        let soft = line[name.len()..].split_whitespace().next();
        assert_eq!(soft, Some(most), "{line}");
    }
}
