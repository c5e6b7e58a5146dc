//! Text out of HTML, for searching: what a reader sees, and addresses that links point at.

use mail_parser::decoders::html::html_to_text;

/// Elements after which nothing runs on.
const BLOCKS: &[&str] = &[
    "p",
    "br",
    "div",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "section",
    "article",
    "header",
    "footer",
    "blockquote",
    "pre",
    "dt",
    "dd",
    "option",
    "title",
];
/// Elements whose content nobody reads.
const UNREAD: &[&str] = &["script", "style"];

/// The text of a page. Damaged HTML gives what can be made out.
pub(crate) fn text(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        push(&mut out, &rest[..open]);
        let tag = &rest[open..];
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        // "a < b", or many in a row: no tag. Told before its end is looked for, so that a page of
        // nothing else is read once and not once for each.
        if !tag[1..].starts_with(|c: char| c.is_ascii_alphanumeric() || "!?/".contains(c)) {
            push(&mut out, "<");
            rest = &tag[1..];
            continue;
        }
        let Some(close) = tag.find('>') else {
            push(&mut out, tag);
            return out;
        };
        let inside = &tag[1..close];
        rest = &tag[close + 1..];
        let name = inside.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name[..end].to_ascii_lowercase();
        if UNREAD.contains(&name.as_str()) && !inside.starts_with('/') {
            rest = after(rest, &name);
        } else if BLOCKS.contains(&name.as_str()) {
            out.push('\n');
        } else if (name == "td" || name == "th") && !inside.starts_with('/') {
            out.push('\t');
        } else if name == "a"
            && let Some(address) = address(inside)
        {
            out.push(' ');
            push(&mut out, address);
            out.push(' ');
        }
    }
    push(&mut out, rest);
    out
}

/// What follows the end of an element that is not read.
fn after<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest[from..].find("</") {
        let tag = from + at + 2;
        let same = rest.get(tag..tag + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name));
        if same {
            return rest[tag..].find('>').map_or("", |close| &rest[tag + close + 1..]);
        }
        from = tag;
    }
    ""
}

/// The e-mail address or telephone that a link points at.
fn address(tag: &str) -> Option<&str> {
    let lower = tag.to_ascii_lowercase();
    let at = ["mailto:", "tel:"].iter().find_map(|s| lower.find(s).map(|at| at + s.len()))?;
    let address = &tag[at..];
    let end = address.find(['"', '\'', ' ', '?', '>']).unwrap_or(address.len());
    Some(&address[..end])
}

/// Text without tags; entities become what they stand for.
fn push(out: &mut String, text: &str) {
    if !text.contains('&') {
        out.push_str(text);
        return;
    }
    for (nth, piece) in text.split('&').enumerate() {
        let entity = piece.find(';').filter(|end| nth > 0 && *end <= 32);
        let Some(end) = entity else {
            out.push_str(if nth > 0 { "&" } else { "" });
            out.push_str(piece);
            continue;
        };
        match &piece[..end] {
            "nbsp" => out.push(' '),
            name => out.push_str(&html_to_text(&format!("&{name};"))),
        }
        out.push_str(&piece[end + 1..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read once, not once for each sign: a page of nothing else once took hours.
    #[test]
    fn a_page_of_signs_is_read_once() {
        let signs = "<".repeat(4 << 20) + ">";
        assert_eq!(text(&signs), signs);
    }

    #[test]
    fn reads_what_a_reader_sees() {
        for (html, expected) in [
            ("plain", "plain"),
            ("<b>Am</b>ara", "Amara"),
            ("<td>one</td><td>two</td>", "\tone\ttwo"),
            ("<p>one<p>two", "\none\ntwo"),
            ("caf&eacute; &#x4f; &amp;lt; R&D", "café O &lt; R&D"),
            ("a < b", "a < b"),
            ("x<script>var a = '<b>';</script>y", "xy"),
            ("x<!-- <b>hidden</b> -->y", "xy"),
            ("<a href=\"mailto:a@example.org?subject=x\">write</a>", " a@example.org write"),
            ("broken <a href", "broken <a href"),
            ("Zoë<style>p{}", "Zoë"),
            ("&unknownthing; &", "&unknownthing; &"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }
}
