use super::*;
use crate::model::words;

fn page(main: &str) -> String {
    format!(
        "<!doctype html><html lang=en-GB><head><meta charset=utf-8>\
         <meta name=theme-color content=#0b5d4e><title>A  page\n– RR-1</title>\
         <style>p{{color:red}}</style></head><body><header><p class=org>The Society</p>\
         <p class=ref>RR-1</p></header><main>{main}</main>\
         <footer><p>RR-1, pack 1.</p></footer></body></html>"
    )
}

fn blocks(main: &str) -> Vec<Block> {
    read(&page(main)).unwrap().blocks
}

fn plain(text: &str) -> Block {
    Block::Paragraph { voice: Voice::Plain, of: vec![Inline::text(text)] }
}

#[test]
fn the_frame_of_a_page_is_read() {
    let p = read(&page("<p>Hello</p>")).unwrap();
    assert_eq!((p.lang.as_str(), p.title.as_str()), ("en-GB", "A page – RR-1"));
    assert_eq!((p.org.as_str(), p.reference.as_str()), ("The Society", "RR-1"));
    assert_eq!(p.brand.as_deref(), Some("#0b5d4e"));
    assert_eq!(p.blocks, [plain("Hello")]);
    assert_eq!(p.foot, [plain("RR-1, pack 1.")]);
    assert_eq!(p.envelope, None);
}

#[test]
fn white_space_is_what_a_browser_makes_of_it() {
    let read = blocks("<p>\n one <b> two</b>\n\n three<br> four </p>");
    let Block::Paragraph { of, .. } = &read[0] else { panic!("{read:?}") };
    assert_eq!(words(of), "one two three\nfour");
    let read = blocks("<blockquote>a  b\n c</blockquote>");
    let Block::Quote { of } = &read[0] else { panic!("{read:?}") };
    let Block::Paragraph { of, .. } = &of[0] else { panic!("{read:?}") };
    assert_eq!(words(of), "a  b\n c");
}

#[test]
fn bare_words_between_blocks_are_kept() {
    assert_eq!(
        blocks("one<p>two</p>three<section>four</section>"),
        [plain("one"), plain("two"), plain("three"), plain("four")]
    );
}

#[test]
fn only_the_way_back_to_the_contents_is_left_out() {
    assert_eq!(blocks("<p class=back><a href=00-read-me.html>Contents</a></p>"), []);
}

#[test]
fn links_that_lead_out_stay_and_others_are_titles() {
    for out in ["https://example.org/a?b=c", "http://example.org", "mailto:dpo@example.org"] {
        let read = blocks(&format!("<p><a href=\"{out}\">there</a></p>"));
        let link = Inline::Link { to: out.into(), of: vec![Inline::text("there")] };
        assert_eq!(read, [Block::Paragraph { voice: Voice::Plain, of: vec![link] }]);
    }
    let long = format!("https://{}", "a".repeat(ADDRESS));
    for here in
        ["03-schedule.html", "javascript:x()", "https://", "https://a b", "file:///x", &long]
    {
        let title = Inline::Styled { style: Style::Emphasis, of: vec![Inline::text("there")] };
        let read = blocks(&format!("<p><a href=\"{here}\">there</a></p>"));
        assert_eq!(read, [Block::Paragraph { voice: Voice::Plain, of: vec![title] }]);
    }
    assert_eq!(blocks("<p><a href=\"data/a.csv\">data/a.csv</a></p>"), [plain("data/a.csv")]);
}

#[test]
fn a_table_has_its_head_its_headers_and_full_rows() {
    let read = blocks(
        "<div class=wide><table class=stack><caption>Places</caption>\
         <thead><tr><th scope=col>Place<th scope=col class=num>Found</tr></thead>\
         <tbody><tr><th scope=row>Club<td class=num>3</tr><tr><th>Shed</tr></tbody></table></div>",
    );
    let Block::Table(t) = &read[0] else { panic!("{read:?}") };
    assert_eq!(words(&t.caption), "Places");
    assert_eq!((t.head.len(), t.rows.len(), t.widths.len()), (1, 2, 2));
    assert!(t.rows[0][0].header && t.rows[0][1].number);
    assert_eq!(t.rows[1].len(), 2, "a short row is filled up");
}

#[test]
fn terms_keep_their_order_and_what_is_empty() {
    let read = blocks(
        "<dl class=card><div><dt>Name<dd>a\nb</div><div><dt>Born<dd class=none>(empty)</div></dl>",
    );
    let Block::Frame { of, .. } = &read[0] else { panic!("{read:?}") };
    let Block::Terms { rows } = &of[0] else { panic!("{read:?}") };
    let said: Vec<_> = rows.iter().map(|(n, m)| (words(n), words(m))).collect();
    assert_eq!(said, [("Name".into(), "a\nb".into()), ("Born".into(), "(empty)".to_owned())]);
}

#[test]
fn an_envelope_is_read_once() {
    let read = read(&page(
        "<address class=to>Mr A<br>1 Road</address><address class=from>Us</address><p>Dear</p>",
    ));
    let p = read.unwrap();
    let e = p.envelope.unwrap();
    assert_eq!((words(&e.to), words(&e.from)), ("Mr A\n1 Road".into(), "Us".into()));
    assert_eq!(p.blocks, [plain("Dear")]);
}

#[test]
fn an_element_that_is_not_known_is_named() {
    let all = [
        ("<video>x</video>", "video"),
        ("<p>a <svg></svg></p>", "svg"),
        ("<ul><p>x</p></ul>", "p"),
        ("<table><tfoot><tr><td>x</table>", "tfoot"),
        ("<p><script>x</script></p>", "script"),
        ("<dl><dt>a<ol></ol></dl>", "ol"),
        ("<section><address class=to>x</address></section>", "address"),
        ("<weird-and-much-too-long-name-to-tell>x", "?"),
    ];
    for (main, name) in all {
        assert_eq!(read(&page(main)), Err(Wrong::Element(name.into())), "{main}");
    }
}

#[test]
fn what_cannot_be_laid_out_as_it_is_meant_is_refused() {
    let spans = "<table><tbody><tr><td colspan=2>x</table>";
    assert_eq!(read(&page(spans)), Err(Wrong::Span));
    let deep = "<div class=card>".repeat(DEPTH + 1);
    assert_eq!(read(&page(&deep)), Err(Wrong::Deep));
    let deep = "<b>".repeat(DEPTH + 1);
    assert_eq!(read(&page(&format!("<p>{deep}x"))), Err(Wrong::Deep));
    assert_eq!(read("<title>a</title>"), Err(Wrong::Language));
    assert_eq!(read("<html lang='en GB'><title>a</title>"), Err(Wrong::Language));
    assert_eq!(read("<html lang=en><main>a"), Err(Wrong::Title));
}
