//! Reads one of our own HTML pages. An element it does not know is an error, so that nothing is
//! lost without a word; what is left out on purpose is the style and the way back to the contents.

use scraper::node::Node;
use scraper::{ElementRef, Html};

use crate::model::{Block, Cell, Envelope, FrameKind, Inline, Page, Style, Table, Voice};

/// Why a page cannot be set. Never holds anything the page says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// An element that has no place where it stands.
    #[error("the page has an element <{0}> where none is known")]
    Element(String),
    /// A cell over several rows or columns.
    #[error("the page has a table cell over several rows or columns")]
    Span,
    /// No language.
    #[error("the page does not say its language: <html lang> is missing")]
    Language,
    /// No title.
    #[error("the page has no <title>")]
    Title,
    /// Elements in elements in elements.
    #[error("the page has elements more than {DEPTH} deep")]
    Deep,
}

/// How deep elements may lie in each other.
const DEPTH: usize = 40;
/// Longest address of a link that is kept as one.
const ADDRESS: usize = 2000;
/// Longest title; the rest is cut.
const TITLE: usize = 300;

type Read<T> = Result<T, Wrong>;

/// Reads a page.
///
/// # Errors
/// See [`Wrong`].
pub fn read(html: &str) -> Read<Page> {
    let tree = Html::parse_document(html);
    let root = tree.root_element();
    let lang = root.attr("lang").map(str::trim).filter(|l| is_language(l));
    let mut page = Page {
        lang: lang.ok_or(Wrong::Language)?.to_owned(),
        title: String::new(),
        brand: None,
        org: String::new(),
        reference: String::new(),
        envelope: None,
        blocks: Vec::new(),
        foot: Vec::new(),
    };
    for part in root.child_elements() {
        match name(part) {
            "head" => head(part, &mut page)?,
            "body" => body(part, &mut page)?,
            other => return Err(Wrong::Element(shown(other))),
        }
    }
    if page.title.is_empty() {
        return Err(Wrong::Title);
    }
    Ok(page)
}

fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let plain = |p: &str| p.chars().all(|c| c.is_ascii_alphabetic());
    (2..=3).contains(&first.len())
        && plain(first)
        && parts.next().is_none_or(|region| region.len() == 2 && plain(region))
        && parts.next().is_none()
}

fn head(of: ElementRef<'_>, page: &mut Page) -> Read<()> {
    for e in of.child_elements() {
        match name(e) {
            "title" => {
                let text: String = e.text().collect();
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                page.title = text.chars().take(TITLE).collect();
            }
            "meta" if e.attr("name") == Some("theme-color") => {
                page.brand = e.attr("content").filter(|c| is_colour(c)).map(str::to_owned);
            }
            "meta" | "style" => {}
            other => return Err(Wrong::Element(shown(other))),
        }
    }
    Ok(())
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit())
}

fn body(of: ElementRef<'_>, page: &mut Page) -> Read<()> {
    for e in of.child_elements() {
        match name(e) {
            "header" => {
                for p in e.child_elements() {
                    let said = line(p)?;
                    match class(p) {
                        "org" => page.org = said,
                        "ref" => page.reference = said,
                        _ => return Err(Wrong::Element(shown(name(p)))),
                    }
                }
            }
            "main" => {
                let letter = e.child_elements().filter(|a| name(*a) == "address");
                for a in letter {
                    let envelope = page.envelope.get_or_insert_with(Envelope::default);
                    match class(a) {
                        "to" => envelope.to = run(a, false, 0)?,
                        "from" => envelope.from = run(a, false, 0)?,
                        _ => return Err(Wrong::Element("address".into())),
                    }
                }
                page.blocks = flow(e, 0)?;
            }
            "footer" => page.foot = flow(e, 0)?,
            other => return Err(Wrong::Element(shown(other))),
        }
    }
    Ok(())
}

/// A line of a page's head, as plain words.
fn line(of: ElementRef<'_>) -> Read<String> {
    Ok(crate::model::words(&run(of, false, 0)?).replace('\n', " "))
}

fn name<'a>(e: ElementRef<'a>) -> &'a str {
    e.value().name()
}

/// The class, as it is written: our pages have one or two.
fn class<'a>(e: ElementRef<'a>) -> &'a str {
    e.attr("class").unwrap_or_default()
}

fn has(e: ElementRef<'_>, class: &str) -> bool {
    e.value().classes().any(|c| c == class)
}

/// The name of an element, fit for a message: it comes from the page.
fn shown(name: &str) -> String {
    let plain = !name.is_empty() && name.len() <= 20;
    match plain && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        true => name.to_owned(),
        false => "?".to_owned(),
    }
}

fn deeper(depth: usize) -> Read<usize> {
    if depth >= DEPTH { Err(Wrong::Deep) } else { Ok(depth + 1) }
}

fn is_inline(name: &str) -> bool {
    matches!(name, "a" | "b" | "strong" | "i" | "em" | "span" | "br" | "code")
}

/// What stands in an element that holds blocks; bare words become paragraphs.
fn flow(of: ElementRef<'_>, depth: usize) -> Read<Vec<Block>> {
    let depth = deeper(depth)?;
    let mut blocks = Vec::new();
    let mut bare = Gather::new(false);
    for child in of.children() {
        match (child.value(), ElementRef::wrap(child)) {
            (Node::Text(t), _) => bare.add(t),
            (_, Some(e)) if is_inline(name(e)) => bare.element(e, depth)?,
            (_, Some(e)) => {
                close(&mut bare, &mut blocks);
                block(e, depth, &mut blocks)?;
            }
            _ => {}
        }
    }
    close(&mut bare, &mut blocks);
    Ok(blocks)
}

fn close(bare: &mut Gather, blocks: &mut Vec<Block>) {
    let of = std::mem::replace(bare, Gather::new(false)).end();
    if !of.is_empty() {
        blocks.push(Block::Paragraph { voice: Voice::Plain, of });
    }
}

fn block(e: ElementRef<'_>, depth: usize, blocks: &mut Vec<Block>) -> Read<()> {
    match name(e) {
        "h1" | "h2" | "h3" | "h4" => {
            let level = name(e).as_bytes()[1] - b'0';
            blocks.push(Block::Heading { level, of: run(e, false, depth)? });
        }
        "p" if has(e, "back") => {}
        "p" => {
            let voice = match class(e) {
                c if c.contains("sources") => Voice::Sources,
                "small" => Voice::Small,
                "quiet" => Voice::Quiet,
                _ => Voice::Plain,
            };
            let of = run(e, false, depth)?;
            if !of.is_empty() {
                blocks.push(Block::Paragraph { voice, of });
            }
        }
        "blockquote" => {
            let of = vec![Block::Paragraph { voice: Voice::Plain, of: run(e, true, depth)? }];
            blocks.push(Block::Quote { of });
        }
        "ul" | "ol" => blocks.push(list(e, depth)?),
        "dl" => {
            let terms = terms(e, depth)?;
            blocks.push(match has(e, "card") {
                true => Block::Frame { kind: FrameKind::Card, of: vec![terms] },
                false => terms,
            });
        }
        "div" if has(e, "text") => {
            let of = vec![Block::Paragraph { voice: Voice::Plain, of: run(e, true, depth)? }];
            blocks.push(Block::Frame { kind: FrameKind::Text, of });
        }
        "div" | "section" => {
            let of = flow(e, depth)?;
            let kind = match (has(e, "card"), has(e, "part")) {
                (true, _) => FrameKind::Card,
                (_, true) => FrameKind::Part,
                _ => {
                    blocks.extend(of);
                    return Ok(());
                }
            };
            blocks.push(Block::Frame { kind, of });
        }
        "table" => blocks.push(Block::Table(table(e, depth)?)),
        // Already read: it belongs to the envelope.
        "address" if depth == 1 => {}
        other => return Err(Wrong::Element(shown(other))),
    }
    Ok(())
}

fn list(of: ElementRef<'_>, depth: usize) -> Read<Block> {
    let mut items = Vec::new();
    for e in of.child_elements() {
        match name(e) {
            "li" => items.push(flow(e, depth)?),
            other => return Err(Wrong::Element(shown(other))),
        }
    }
    Ok(Block::List { ordered: name(of) == "ol", items })
}

/// The rows of a `<dl>`, each in a `<div>` of its own or not.
fn terms(of: ElementRef<'_>, depth: usize) -> Read<Block> {
    let depth = deeper(depth)?;
    let mut rows: Vec<(Vec<Inline>, Vec<Inline>)> = Vec::new();
    let mut each = |e: ElementRef<'_>| {
        match name(e) {
            "dt" => rows.push((run(e, false, depth)?, Vec::new())),
            "dd" => {
                let mut said = run(e, true, depth)?;
                if has(e, "none") {
                    said = vec![Inline::Styled { style: Style::Empty, of: said }];
                }
                match rows.last_mut() {
                    Some((_, meaning)) if meaning.is_empty() => *meaning = said,
                    Some((_, meaning)) => {
                        meaning.push(Inline::Break);
                        meaning.extend(said);
                    }
                    None => rows.push((Vec::new(), said)),
                }
            }
            other => return Err(Wrong::Element(shown(other))),
        }
        Ok(())
    };
    for e in of.child_elements() {
        match name(e) {
            "div" => e.child_elements().try_for_each(&mut each)?,
            _ => each(e)?,
        }
    }
    Ok(Block::Terms { rows })
}

fn table(of: ElementRef<'_>, depth: usize) -> Read<Table> {
    let mut table = Table::default();
    for part in of.child_elements() {
        match name(part) {
            "caption" => table.caption = run(part, false, depth)?,
            "thead" => table.head.extend(rows(part, depth)?),
            "tbody" => table.rows.extend(rows(part, depth)?),
            other => return Err(Wrong::Element(shown(other))),
        }
    }
    table.settle();
    Ok(table)
}

fn rows(of: ElementRef<'_>, depth: usize) -> Read<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    for tr in of.child_elements() {
        if name(tr) != "tr" {
            return Err(Wrong::Element(shown(name(tr))));
        }
        let mut row = Vec::new();
        for e in tr.child_elements() {
            let header = match name(e) {
                "th" => true,
                "td" => false,
                other => return Err(Wrong::Element(shown(other))),
            };
            if e.attr("colspan").or(e.attr("rowspan")).is_some_and(|n| n != "1") {
                return Err(Wrong::Span);
            }
            row.push(Cell { header, number: has(e, "num"), of: run(e, false, depth)? });
        }
        rows.push(row);
    }
    Ok(rows)
}

/// What stands in an element that holds words; `pre`: line ends and spaces count.
fn run(of: ElementRef<'_>, pre: bool, depth: usize) -> Read<Vec<Inline>> {
    let mut all = Gather::new(pre);
    all.children(of, depth)?;
    Ok(all.end())
}

/// Gathers words as a browser does: white space is one space, none at the start of a line.
struct Gather {
    pre: bool,
    /// The last thing was white space, or nothing was yet.
    spaced: bool,
    out: Vec<Inline>,
}

impl Gather {
    fn new(pre: bool) -> Self {
        Self { pre, spaced: true, out: Vec::new() }
    }

    fn children(&mut self, of: ElementRef<'_>, depth: usize) -> Read<()> {
        let depth = deeper(depth)?;
        for child in of.children() {
            match (child.value(), ElementRef::wrap(child)) {
                (Node::Text(t), _) => self.add(t),
                (_, Some(e)) => self.element(e, depth)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, text: &str) {
        let mut said = String::new();
        for c in text.chars() {
            match c {
                '\n' | '\u{2028}' | '\u{2029}' if self.pre => {
                    self.words(&mut said);
                    self.out.push(Inline::Break);
                }
                '\r' if self.pre => {}
                '\t' if self.pre => said.push_str("    "),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' if !self.pre => {
                    if !self.spaced {
                        said.push(' ');
                    }
                    self.spaced = true;
                }
                c => {
                    said.push(c);
                    self.spaced = false;
                }
            }
        }
        self.words(&mut said);
    }

    fn words(&mut self, said: &mut String) {
        if !said.is_empty() {
            self.out.push(Inline::text(std::mem::take(said)));
        }
    }

    /// An element among words.
    fn element(&mut self, e: ElementRef<'_>, depth: usize) -> Read<()> {
        let style = match name(e) {
            "br" => {
                self.out.push(Inline::Break);
                self.spaced = true;
                return Ok(());
            }
            "b" | "strong" => Some(Style::Strong),
            "i" | "em" => Some(Style::Emphasis),
            "span" if has(e, "tag") && has(e, "ok") => Some(Style::TagOk),
            "span" if has(e, "tag") && has(e, "soon") => Some(Style::TagSoon),
            "span" if has(e, "tag") => Some(Style::Tag),
            "span" if has(e, "small") => Some(Style::Small),
            "span" if has(e, "hash") => Some(Style::Hash),
            "code" => Some(Style::Hash),
            "span" | "a" => None,
            other => return Err(Wrong::Element(shown(other))),
        };
        let outside = std::mem::take(&mut self.out);
        self.children(e, depth)?;
        let of = std::mem::replace(&mut self.out, outside);
        match (style, e.attr("href").filter(|_| name(e) == "a")) {
            _ if of.is_empty() => {}
            (Some(style), _) => self.out.push(Inline::Styled { style, of }),
            (None, Some(to)) if leads_out(to) => {
                self.out.push(Inline::Link { to: to.to_owned(), of });
            }
            // The title of a page beside this one; of a file, its name.
            (None, Some(to)) if crate::model::words(&of) != to => {
                self.out.push(Inline::Styled { style: Style::Emphasis, of });
            }
            _ => self.out.extend(of),
        }
        Ok(())
    }

    fn end(mut self) -> Vec<Inline> {
        trim(&mut self.out);
        self.out
    }
}

/// White space and line ends at the end of a run show nothing.
fn trim(run: &mut Vec<Inline>) {
    while let Some(last) = run.last_mut() {
        match last {
            Inline::Text { text } => {
                text.truncate(text.trim_end_matches([' ', '\n']).len());
                if !text.is_empty() {
                    return;
                }
            }
            Inline::Break => {}
            _ => return,
        }
        run.pop();
    }
}

/// Whether a link leads anywhere from a PDF that stands alone. One to a file beside the page does
/// not: readers refuse to follow it, and on paper or in an e-mail the file is not there. So it is
/// set as a title is.
fn leads_out(to: &str) -> bool {
    let schemes = ["https://", "http://", "mailto:"];
    to.len() <= ADDRESS
        && schemes.iter().any(|s| to.starts_with(s) && to.len() > s.len())
        && to.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
