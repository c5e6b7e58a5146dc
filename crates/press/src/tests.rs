//! Pages of our kind through the whole program, looked at with the tools that others have.

use std::process::Command;

use proptest::prelude::*;

use super::*;

const MADE: &str = "2026-11-29T10:00:00Z";

fn page(main: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><title>Our answer – RR-2026-0001</title></head>\
         <body><header><p class=\"org\">Little Society</p><p class=\"ref\">RR-2026-0001</p></header>\
         <main><h1>Our answer</h1>{main}</main>\
         <footer><p>For Mary Ann alone.</p></footer></body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn pdf(html: &str) -> Vec<u8> {
    press(html, MADE.parse().unwrap()).unwrap()
}

/// What one of poppler's programs says about a PDF.
fn told(program: &str, args: &[&str], pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let mut command = Command::new(program);
    command.args(args).arg(file.path());
    if program == "pdftotext" {
        command.arg("-");
    }
    let out = command.output().expect("poppler-utils is not installed");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// The words of page `n`, or of all; one blank between two.
fn words_of(pdf: &[u8], n: Option<u32>) -> String {
    let n = n.map(|n| n.to_string());
    // As the file has them, not as they would be sorted by where they stand.
    let raw = ["-raw"].into_iter();
    let args: Vec<&str> =
        raw.chain(n.iter().flat_map(|n| ["-f", n.as_str(), "-l", n.as_str()])).collect();
    told("pdftotext", &args, pdf).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_pdf_says_what_it_is() {
    let info = told("pdfinfo", &[], &pdf(&page("<p>Hello</p>")));
    let says = |key: &str| {
        let line = info.lines().find_map(|l| l.strip_prefix(&format!("{key}:")));
        line.unwrap_or_default().trim().to_owned()
    };
    assert_eq!(says("Title"), "Our answer – RR-2026-0001");
    assert_eq!(says("Tagged"), "yes");
    assert_eq!(says("JavaScript"), "no");
    assert!(says("Page size").contains("A4"), "{info}");
    assert!(says("CreationDate").contains("Nov 29") && says("CreationDate").contains("2026"));
}

#[test]
fn it_names_its_language_and_both_standards() {
    let raw = String::from_utf8_lossy(&pdf(&page("<p>Hello</p>"))).into_owned();
    assert!(raw.contains("<pdfaid:part>2</pdfaid:part>"), "no PDF/A-2 in its properties");
    assert!(raw.contains("<pdfaid:conformance>A</pdfaid:conformance>"));
    assert!(raw.contains("<pdfuaid:part>1</pdfuaid:part>"));
    assert!(raw.contains("en-GB"));
}

#[test]
fn the_structure_is_what_the_page_meant() {
    let pdf = pdf(&page(
        "<h2>Where</h2><p>A <b>loud</b> word</p><ul><li>one</li></ul>\
         <blockquote>mine</blockquote><p><a href=\"https://example.org\">out</a></p>\
         <table><thead><tr><th>Place</th><th>Found</th></tr></thead>\
         <tbody><tr><th>Shed</th><td>3</td></tr></tbody></table>",
    ));
    let tree = told("pdfinfo", &["-struct-text"], &pdf);
    let meant = [
        "Document",
        "H1",
        "H2",
        "L",
        "LI",
        "Lbl",
        "LBody",
        "BlockQuote",
        "Link",
        "Table",
        "TR",
        "TH",
        "TH",
        "TR",
        "TH",
        "TD",
    ];
    let shown: Vec<&str> = tree
        .lines()
        .filter_map(|l| l.trim().split([' ', ':']).next())
        .filter(|kind| meant.contains(kind))
        .collect();
    assert_eq!(shown, meant, "{tree}");
}

#[test]
fn words_come_in_the_order_of_the_page() {
    let pdf = pdf(&page(
        "<p>Dear Mary,</p><h2>Where we looked</h2><p>In every place.</p>\
         <div class=\"card\"><h2>In short</h2><dl><div><dt>Why we use it</dt><dd>To answer \
         <span class=\"small\">Art 15</span></dd></div></dl></div>\
         <table><caption>Places</caption><thead><tr><th>Place</th><th>Found</th></tr></thead>\
         <tbody><tr><th>Shed</th><td class=\"num\">3</td></tr></tbody></table>\
         <p class=\"small sources\">Sources: the Act.</p>",
    ));
    assert_eq!(
        words_of(&pdf, None),
        "Little Society RR-2026-0001 Our answer Dear Mary, Where we looked In every place. \
         In short Why we use it To answer Art 15 Places Place Found Shed 3 Sources: the Act. \
         For Mary Ann alone. RR-2026-0001 Page 1 of 1"
    );
}

#[test]
fn a_long_table_has_its_head_on_every_page() {
    let rows: String =
        (1..=120).map(|n| format!("<tr><th>Row {n}</th><td>what is in it</td></tr>")).collect();
    let pdf = pdf(&page(&format!(
        "<table><thead><tr><th>Number</th><th>Substance</th></tr></thead><tbody>{rows}</tbody></table>"
    )));
    let second = words_of(&pdf, Some(2));
    assert!(second.starts_with("Number Substance Row "), "{second}");
    assert!(second.contains("RR-2026-0001 Page 2 of"), "{second}");
    let all = words_of(&pdf, None);
    assert!(all.contains("Row 1 ") && all.contains("Row 120 "));
}

#[test]
fn the_same_page_gives_the_same_bytes() {
    let html = page("<p>Hello</p><table><tbody><tr><td>1</td></tr></tbody></table>");
    assert_eq!(pdf(&html), pdf(&html));
    let later = press(&html, "2026-11-29T10:00:01Z".parse().unwrap()).unwrap();
    assert_ne!(pdf(&html), later);
}

#[test]
fn letters_of_many_languages_are_shown() {
    let text = "ŵ ŷ Siân Łódź Ærø İstanbul Țara Ελλάδα Київ Nguyễn €5 ½ “so” → ✓";
    let said = words_of(&pdf(&page(&format!("<h2>{text}</h2><p><b>{text}</b> {text}</p>"))), None);
    assert_eq!(said.matches(text).count(), 3, "{said}");
    assert!(!said.contains(signs::MARK), "{said}");
}

#[test]
fn what_has_no_letter_is_marked_and_told() {
    let said = words_of(&pdf(&page("<p>Ask 你好 and \u{1f600} today \u{0}\u{1}</p>")), None);
    assert!(said.contains("Ask \u{fffd}\u{fffd} and \u{fffd} today"), "{said}");
    assert!(said.contains("U+4F60, U+597D, U+1F600"), "{said}");
    assert!(said.contains("The page it was made from has them."), "{said}");
}

#[test]
fn a_letter_shows_its_addressee_in_the_window() {
    let html = page(
        "<address class=\"to\">Mr A Window<br>1 The Road<br>EX4 2AA</address>\
         <address class=\"from\">Our Office<br>2 The Lane</address>\
         <p>29 November 2026</p><p>Dear Mr Window,</p>",
    );
    let pdf = pdf(&html);
    let boxes = told("pdftotext", &["-bbox"], &pdf);
    let at = |word: &str| {
        let line = boxes.lines().find(|l| l.contains(&format!(">{word}<"))).unwrap();
        let number = |key: &str| -> f64 {
            let rest = line.split(&format!("{key}=\"")).nth(1).unwrap();
            // Points to millimetres.
            rest.split('"').next().unwrap().parse::<f64>().unwrap() * 25.4 / 72.0
        };
        (number("xMin"), number("yMin"), number("xMax"), number("yMax"))
    };
    for word in ["Mr", "Window", "Road", "EX4", "2AA"] {
        let (left, top, right, bottom) = at(word);
        assert!(left >= 20.0 && right <= 100.0, "{word} is not in the window: {left} to {right}");
        assert!(top >= 51.0 && bottom <= 86.0, "{word} is not in the window: {top} to {bottom}");
    }
    let (left, ..) = at("Lane");
    assert!(left > 110.0, "the sender shows through the window: {left}");
    let (_, top, ..) = at("Dear");
    assert!(top > 99.0, "the letter begins above the fold: {top}");
}

/// Words that mean something to Typst, to HTML or to a page's layout.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("#panic()".to_owned()),
        Just("$x^2$ _a_ *b* `c` = d @e <f> ~ -- ... \\ // /* http://x.y".to_owned()),
        Just("#import \"@preview/x:1\": y; #read(\"/etc/passwd\")".to_owned()),
        Just("\"quotes\" 'more' “and” \u{2019} \\u{41} \\n".to_owned()),
        Just(
            "\u{202e}edirrevo \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}"
                .into()
        ),
        Just("\u{0}\u{1}\u{1b}[31m\u{7f}\u{85}\u{ad}\u{200d}\u{feff}\u{fffe}\u{e000}".to_owned()),
        Just("Z\u{351}\u{36b}\u{343}\u{32a}a\u{320}\u{331}l\u{489}go".to_owned()),
        Just("नमस्ते ไทย 한국어 ខ្មែរ 😀👨‍👩‍👧 🇬🇧 ﷽ ﬁ ½ Ⅷ ①".to_owned()),
        (1_usize..700).prop_map(|n| "W".repeat(n)),
        any::<String>(),
        "[ -~]{0,80}",
    ];
    prop::collection::vec(piece, 1..6).prop_map(|all| all.join(" "))
}

/// The words alone: how they are put into lines is the layout's business.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn everywhere(text: &str) -> String {
    let t = escaped(text);
    let cells = format!("<tr><th>{t}</th><td class=\"num\">{t}</td><td>x</td><td>y</td></tr>");
    page(&format!(
        "<address class=\"to\">{t}</address><h2>{t}</h2><p class=\"quiet\">{t} <b>{t}</b> \
         <span class=\"tag\">{t}</span> <span class=\"hash\">{t}</span> \
         <a href=\"https://example.org\">{t}</a></p><blockquote>{t}</blockquote>\
         <ul><li>{t}</li></ul><dl class=\"card\"><div><dt>{t}</dt><dd>{t}</dd></div></dl>\
         <table><caption>{t}</caption><thead>{cells}</thead><tbody>{cells}</tbody></table>"
    ))
    .replace("Little Society", &t)
    .replace("RR-2026-0001", &t)
}

/// Each case is a whole page, set.
fn few() -> ProptestConfig {
    ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn any_text_anywhere_gives_a_pdf(text in hostile()) {
        prop_assert!(press(&everywhere(&text), MADE.parse().unwrap()).is_ok());
    }

    // Without accents that stand alone, such as ^: poppler puts them on the next letter.
    #[test]
    fn plain_text_comes_out_as_it_went_in(text in "[!-\\]_a-}]{1,60}( [!-\\]_a-}]{1,60}){0,6}") {
        let said = words_of(&pdf(&page(&format!("<p>{}</p>", escaped(&text)))), None);
        prop_assert!(squeezed(&said).contains(&squeezed(&text)), "{text:?} in {said:?}");
    }
}
