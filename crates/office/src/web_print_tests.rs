//! A letter of a case as PDF, through the front door.

use std::io::{Read as _, Write as _};
use std::path::Path;

use super::*;
use crate::kit::press::tests::{real, script};
use crate::requests::pack::tests_words_of as words_of;

fn served(press: &Path) -> Served {
    Served::set_up(&format!("press = {:?}\n", press.display().to_string()))
}

/// A case with a letter on paper: its address and its text.
fn letter(s: &Served, me: &str) -> (String, String) {
    let reference = s.logged(|a| a.addresses = vec!["4 Quay Street, Exwick".into()], 0);
    let list = s.get(me, "/office/letters");
    let at = list.split("href=\"").find(|l| l.contains("/letters/")).unwrap();
    let at = at.split('"').next().unwrap().to_owned();
    (at, s.letters(&reference).remove(0).2)
}

/// Head and body as bytes: a PDF is no text.
fn bytes_of(s: &Served, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut c = TcpStream::connect(s.at).unwrap();
    let host = s.at;
    write!(c, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut all = Vec::new();
    c.read_to_end(&mut all).unwrap();
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&all[..end]).to_lowercase(), all.split_off(end + 4))
}

const LINK: &str = "Letter as PDF, to print";

#[test]
fn a_letter_can_be_had_as_pdf_with_the_same_words() {
    let Some(program) = real() else { return };
    let s = served(&program);
    let me = s.signed_in("ruth", Role::Officer);
    let (at, text) = letter(&s, &me);
    assert!(s.get(&me, &at).contains(LINK));
    let (head, pdf) = bytes_of(&s, &format!("{at}/pdf"), &me);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    for must in ["attachment; filename=\"letter.pdf\"", "application/pdf", "no-store"] {
        assert!(head.contains(must), "{must}: {head}");
    }
    let said = words_of(&pdf);
    // A long address of a page may have been parted at the end of a line.
    let squeezed: String = said.split_whitespace().collect();
    let mut rest = squeezed.as_str();
    for word in text.split_whitespace() {
        let at = rest.find(word).unwrap_or_else(|| panic!("{word} is not in its place: {said}"));
        rest = &rest[at + word.len()..];
    }
    // The same letter gives the same file.
    assert_eq!(bytes_of(&s, &format!("{at}/pdf"), &me).1, pdf);
}

#[test]
fn only_who_sees_the_case_has_its_letters_as_pdf() {
    let dir = tempfile::tempdir().unwrap();
    let s = served(&script(dir.path(), "cat >/dev/null; echo %PDF-1.7; echo %%EOF"));
    let me = s.signed_in("ruth", Role::Officer);
    let (at, _) = letter(&s, &me);
    let pdf = format!("{at}/pdf");
    assert_eq!(s.send("GET", &pdf, &me, "").status, 200);
    assert_eq!(s.send("GET", &pdf, "", "").status, 303);
    assert_eq!(s.send("GET", &pdf, &s.signed_in("hal", Role::Holder), "").status, 403);
    // A letter of one case is not to be had by the address of another.
    let other = s.logged(|a| a.name = "Bram Novak".into(), 0);
    let id = at.rsplit('/').next().unwrap();
    let crossed = format!("/office/cases/{other}/letters/{id}/pdf");
    assert_eq!(s.send("GET", &crossed, &me, "").status, 404);
}

#[test]
fn without_a_press_or_with_a_broken_one_the_letter_is_as_it_was() {
    let s = served(Path::new(""));
    let me = s.signed_in("ruth", Role::Officer);
    let (at, _) = letter(&s, &me);
    assert!(!s.get(&me, &at).contains(LINK));
    assert_eq!(s.send("GET", &format!("{at}/pdf"), &me, "").status, 404);
    let dir = tempfile::tempdir().unwrap();
    let s = served(&script(dir.path(), "echo secret >&2; exit 1"));
    let me = s.signed_in("ruth", Role::Officer);
    let (at, _) = letter(&s, &me);
    assert!(s.get(&me, &at).contains(LINK));
    let got = s.send("GET", &format!("{at}/pdf"), &me, "");
    assert_eq!(got.status, 503, "{}", got.text);
    assert!(
        got.text.contains("gave up with code 1") && !got.text.contains("secret"),
        "{}",
        got.text
    );
}
