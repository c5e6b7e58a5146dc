use super::*;

fn charter() -> Charter {
    Charter::parse(include_str!("../../demo/charter.toml")).unwrap()
}

fn letter(to: Option<&str>, text: &str) -> Letter {
    Letter {
        name: "acknowledgement".into(),
        to: to.map(str::to_owned),
        from: ("The Society & Co".into(), "dpo@example.org".into()),
        subject: "Your request RR-2026-0001".into(),
        text: text.into(),
        thread: "RR-2026-0001".into(),
    }
}

const TEXT: &str = "Mary <b>Ann</b>\n1 Quay Street, Topsham\nEX4 2AA\n\n29 November 2026\n\
                    Our reference: RR-2026-0001\n\nDear Mary,\n\nTwo ways:\n\n- one\n- two\n\n\
                    Yours\nRuth & Co\n";

/// The words of a page in their order, without its elements.
fn words(html: &str) -> Vec<String> {
    let body = html.split_once("<main>").unwrap().1;
    let text = crate::requests::pack::cut::text_of_html(body);
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_letter_on_paper_shows_its_addressee_and_says_the_rest_in_order() {
    let html = printed(&charter(), &letter(None, TEXT)).unwrap();
    let to = "<address class=\"to\">Mary &#60;b&#62;Ann&#60;/b&#62;<br>1 Quay Street,<br>Topsham<br>\
              EX4 2AA<br></address>";
    assert!(html.contains(to), "{html}");
    assert!(html.contains("<p>29 November 2026<br>Our reference: RR-2026-0001<br></p>"), "{html}");
    assert!(html.contains("<ul><li>one</li><li>two</li></ul>"), "{html}");
    let said = words(&html);
    let mut rest = said.iter();
    for word in TEXT.split_whitespace().filter(|w| *w != "-") {
        assert!(rest.any(|w| w == word), "{word} is missing or out of order: {said:?}");
    }
}

#[test]
fn one_that_went_by_email_has_nobody_in_the_window() {
    let text = TEXT.split_once("\n\n").unwrap().1;
    let html = printed(&charter(), &letter(Some("mary@example.org"), text)).unwrap();
    assert!(html.contains("<address class=\"to\"></address>"), "{html}");
    assert!(html.contains("<p>29 November 2026<br>"), "{html}");
    // A letter of another form is printed as it stands.
    let html = printed(&charter(), &letter(None, "To the secretary,\n\nPlease look.\n")).unwrap();
    assert!(html.contains("<p>To the secretary,</p>\n<p>Please look.</p>"), "{html}");
}
