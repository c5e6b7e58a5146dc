//! PDF copies in a pack: there, not there, and made by programs that fail.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::bench::*;
use super::tests::full_pressed;
use super::*;
use crate::kit::press::tests::{real, script};
use crate::requests::Wants;
use crate::requests::review::Item;

const COPIES: [&str; 4] =
    ["01-letter.pdf", "02-about-our-processing.pdf", "03-schedule.pdf", "04-removed-and-why.pdf"];

fn text(files: &std::collections::BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

fn pdfs(files: &std::collections::BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    files.keys().map(String::as_str).filter(|n| n.ends_with(".pdf")).collect()
}

/// The words of a PDF as another program reads them.
pub fn words_of(pdf: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-raw", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    String::from_utf8_lossy(&out.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_pack_has_its_pages_as_pdf_too() {
    let Some(program) = real() else { return };
    let (pack, files) = full_pressed(&program).make();
    assert_eq!(pdfs(&files), COPIES);
    let sheet = sheet(&pack).unwrap();
    assert_eq!(sheet.warnings, Vec::<String>::new());
    assert_eq!((sheet.pdf_copies, sheet.read_again + 1), (4, files.len() as u64));
    let checked: Vec<_> = sheet.files.iter().filter(|f| f.kind == "PDF").collect();
    assert_eq!(checked.len(), 4);
    assert!(checked.iter().all(|c| c.outcome == gate::Outcome::Passed), "{checked:?}");
    let (readme, manifest) = (text(&files, "00-read-me.html"), text(&files, "manifest.json"));
    for name in COPIES {
        assert!(readme.contains(&format!("<a href=\"{name}\">")), "{name}");
        assert!(manifest.contains(&format!("\"path\": \"{name}\"")), "{name}");
        let raw = String::from_utf8_lossy(&files[name]).into_owned();
        assert!(raw.contains("<pdfuaid:part>1</pdfuaid:part>"), "{name} keeps its standard");
    }
    assert!(!readme.contains("too long"));
    let letter = words_of(&files["01-letter.pdf"]);
    for said in ["Dear Amara Quill", "<2019> & my letters", "Club database", "Page 1 of"] {
        assert!(letter.contains(said), "the letter lacks {said}: {letter}");
    }
    let removed = words_of(&files["04-removed-and-why.pdf"]);
    assert!(removed.contains("How often"), "{removed}");
    assert!(!removed.contains("Zebediah Farthing was there"));
}

#[test]
fn without_a_press_a_pack_is_as_it_was() {
    let (pack, files) = full_pressed(Path::new("")).make();
    assert_eq!(pdfs(&files), [""; 0]);
    let sheet = sheet(&pack).unwrap();
    assert_eq!((sheet.pdf_copies, sheet.warnings.len()), (0, 0));
    assert!(!text(&files, "00-read-me.html").contains("PDF"));
}

/// Packs with a program that is this script, and answers the one warning there must be.
fn failing(script_text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let (pack, files) = full_pressed(&script(dir.path(), script_text)).make();
    assert_eq!(pdfs(&files), [""; 0]);
    assert!(pack.complete && files.contains_key("01-letter.html"));
    let sheet = sheet(&pack).unwrap();
    assert_eq!(sheet.pdf_copies, 0);
    assert!(!text(&files, "00-read-me.html").contains(".pdf"));
    sheet.warnings.join("\n")
}

#[test]
fn a_press_that_fails_costs_the_copies_and_not_the_pack() {
    let said = failing("exit 1");
    assert!(said.starts_with("No PDF copy was made of 01-letter.html"), "{said}");
    assert_eq!(said.lines().count(), 1, "one failure is told once: {said}");
    let said = failing("head -c 100000 /dev/urandom");
    assert!(said.contains("wrote no PDF"), "{said}");
    let said = failing("kill -9 $$");
    assert!(said.contains("ended by its limits"), "{said}");
}

#[test]
fn a_copy_that_the_gate_stops_stays_out() {
    let bad = "echo '%PDF-1.7'; echo '1 0 obj << /S /JavaScript /JS (app) >> endobj'; echo %%EOF";
    let said = failing(bad);
    assert_eq!(said.matches("did not pass the check").count(), 4, "{said}");
}

#[test]
fn a_list_that_is_too_long_for_paper_gets_no_copy() {
    let dir = tempfile::tempdir().unwrap();
    let press = script(dir.path(), "cat >/dev/null; echo %PDF-1.7; echo %%EOF");
    let b = Bench::pressed(&[("post", "Post book")], Wants::default(), &press);
    let items: Vec<Item> =
        (0..=copies::MOST_ROWS).map(|n| note(&format!("{n}.txt"), "x")).collect();
    b.found("post", &items);
    let (_, files) = b.make();
    assert_eq!(pdfs(&files), ["01-letter.pdf", "02-about-our-processing.pdf"]);
    assert!(text(&files, "00-read-me.html").contains("has no PDF copy"));
}
