//! The document as plain data: what is said, in which order, and what each piece is. How it looks
//! is the template's business.

use serde::Serialize;

/// A whole document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Page {
    /// Language, as in HTML: `en-GB`.
    pub lang: String,
    /// Title of the file.
    pub title: String,
    /// Colour of the rule at the top, `#rrggbb`.
    pub brand: Option<String>,
    /// Whose paper it is.
    pub org: String,
    /// What the foot of every page names: the case.
    pub reference: String,
    /// There when it is a letter that goes into an envelope.
    pub envelope: Option<Envelope>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// Small print at the very end.
    pub foot: Vec<Block>,
}

/// What shows through the window of an envelope, and who wrote.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Envelope {
    /// Addressee.
    pub to: Vec<Inline>,
    /// Sender.
    pub from: Vec<Inline>,
}

/// A piece that stands by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Block {
    /// A heading; 1 is the highest.
    Heading {
        /// Level, without gaps: see [`settle`].
        level: u8,
        /// Its words.
        of: Vec<Inline>,
    },
    /// A paragraph.
    Paragraph {
        /// How loud it is.
        voice: Voice,
        /// Its words.
        of: Vec<Inline>,
    },
    /// Somebody's own words.
    Quote {
        /// Paragraphs of it.
        of: Vec<Block>,
    },
    /// A list.
    List {
        /// It counts.
        ordered: bool,
        /// Its points.
        items: Vec<Vec<Block>>,
    },
    /// A frame around others.
    Frame {
        /// What kind.
        kind: FrameKind,
        /// What is in it.
        of: Vec<Block>,
    },
    /// Names with what they mean.
    Terms {
        /// Each name with its meaning.
        rows: Vec<(Vec<Inline>, Vec<Inline>)>,
    },
    /// A table.
    Table(Table),
}

/// A table; every row has as many cells as there are columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: Vec<Inline>,
    /// Rows at the top of every page.
    pub head: Vec<Vec<Cell>>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Share of each column in the width.
    pub widths: Vec<f64>,
}

/// A cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cell {
    /// It names its row or column.
    pub header: bool,
    /// It holds a number, so it stands to the right.
    pub number: bool,
    /// Its words.
    pub of: Vec<Inline>,
}

/// How loud a paragraph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// As usual.
    Plain,
    /// In a lighter colour.
    Quiet,
    /// Smaller and lighter.
    Small,
    /// Smaller and lighter, below a line.
    Sources,
}

/// A kind of frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameKind {
    /// Things that belong together.
    Card,
    /// To be noticed: what is still missing.
    Part,
    /// A text of somebody else's, as it stands.
    Text,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Inline {
    /// Words.
    Text {
        /// As they are.
        text: String,
    },
    /// A new line.
    Break,
    /// A long word may be broken here; shows nothing.
    Chance,
    /// Words with a manner.
    Styled {
        /// Which.
        style: Style,
        /// The words.
        of: Vec<Inline>,
    },
    /// A way to somewhere outside.
    Link {
        /// Address, with its scheme.
        to: String,
        /// The words.
        of: Vec<Inline>,
    },
}

/// A manner of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Important.
    Strong,
    /// Stressed.
    Emphasis,
    /// Beside the point.
    Small,
    /// There is nothing here.
    Empty,
    /// A fingerprint.
    Hash,
    /// A label.
    Tag,
    /// A label for what is well.
    TagOk,
    /// A label for what needs a look.
    TagSoon,
}

impl Inline {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// The words alone, line by line.
pub fn words(of: &[Inline]) -> String {
    let mut all = String::new();
    for i in of {
        match i {
            Inline::Text { text } => all.push_str(text),
            Inline::Break => all.push('\n'),
            Inline::Chance => {}
            Inline::Styled { of, .. } | Inline::Link { of, .. } => all.push_str(&words(of)),
        }
    }
    all
}

impl Page {
    /// Every run of pieces in it, to be changed in place.
    pub fn each_run(&mut self, change: &mut impl FnMut(&mut Vec<Inline>)) {
        if let Some(e) = &mut self.envelope {
            change(&mut e.to);
            change(&mut e.from);
        }
        for b in self.blocks.iter_mut().chain(&mut self.foot) {
            each_run(b, change);
        }
    }

    /// Every piece of text in it, to be changed in place.
    pub fn each_text(&mut self, change: &mut impl FnMut(&mut String)) {
        for own in [&mut self.title, &mut self.org, &mut self.reference] {
            change(own);
        }
        self.each_run(&mut |run| each_text(run, change));
    }
}

fn each_run(block: &mut Block, change: &mut impl FnMut(&mut Vec<Inline>)) {
    match block {
        Block::Heading { of, .. } | Block::Paragraph { of, .. } => change(of),
        Block::Quote { of } | Block::Frame { of, .. } => {
            of.iter_mut().for_each(|b| each_run(b, change));
        }
        Block::List { items, .. } => {
            items.iter_mut().flatten().for_each(|b| each_run(b, change));
        }
        Block::Terms { rows } => rows.iter_mut().for_each(|(name, meaning)| {
            change(name);
            change(meaning);
        }),
        Block::Table(t) => {
            change(&mut t.caption);
            let rows = t.head.iter_mut().chain(&mut t.rows);
            rows.flatten().for_each(|cell| change(&mut cell.of));
        }
    }
}

fn each_text(run: &mut [Inline], change: &mut impl FnMut(&mut String)) {
    for i in run {
        match i {
            Inline::Text { text } => change(text),
            Inline::Styled { of, .. } | Inline::Link { of, .. } => each_text(of, change),
            Inline::Break | Inline::Chance => {}
        }
    }
}

/// Headings longer than this are no headings; a reader's outline could not show them.
const HEADING: usize = 400;

/// Makes the outline one that the standard for accessible PDF allows: it starts at 1 and leaves
/// no level out. What is no heading (nothing in it, or pages long) becomes a bold paragraph.
pub fn settle(blocks: &mut [Block]) {
    let mut last = 0;
    settle_from(blocks, &mut last);
}

fn settle_from(blocks: &mut [Block], last: &mut u8) {
    for b in blocks {
        match b {
            Block::Heading { level, of } => {
                let said = words(of);
                if said.trim().is_empty() || said.chars().count() > HEADING {
                    let of = vec![Inline::Styled { style: Style::Strong, of: std::mem::take(of) }];
                    *b = Block::Paragraph { voice: Voice::Plain, of };
                } else {
                    *level = (*level).min(*last + 1);
                    *last = *level;
                }
            }
            Block::Quote { of } | Block::Frame { of, .. } => settle_from(of, last),
            Block::List { items, .. } => items.iter_mut().for_each(|i| settle_from(i, last)),
            Block::Paragraph { .. } | Block::Terms { .. } | Block::Table(_) => {}
        }
    }
}

/// Longer words than this may be broken: an address, a fingerprint, a file's name.
const WORD: usize = 22;
/// Letters in a row that stay together in such a word; a longer row may be broken anywhere.
const ROW: usize = 20;
/// How many of those that may be broken stay together.
const TOGETHER: usize = 4;

/// Puts chances into long words, so that none runs over the edge. Nothing is added that could be
/// seen, searched for or copied.
pub fn let_break(run: &mut Vec<Inline>) {
    let mut out = Vec::with_capacity(run.len());
    for mut i in std::mem::take(run) {
        match &mut i {
            Inline::Text { text } => {
                pieces(text, &mut out);
                continue;
            }
            Inline::Styled { of, .. } | Inline::Link { of, .. } => let_break(of),
            Inline::Break | Inline::Chance => {}
        }
        out.push(i);
    }
    *run = out;
}

fn pieces(text: &str, out: &mut Vec<Inline>) {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut plain = String::new();
    let mut chance = |plain: &mut String| {
        out.push(Inline::text(std::mem::take(plain)));
        out.push(Inline::Chance);
    };
    for word in text.split_inclusive(char::is_whitespace) {
        if word.chars().count() <= WORD {
            plain.push_str(word);
            continue;
        }
        // After what parts a name or an address; else within a row that is too long.
        for row in word.split_inclusive(['/', '-', '_', '@', '?', '&', '=']) {
            let long = row.chars().count() > ROW;
            for (n, cluster) in row.graphemes(true).enumerate() {
                let space = cluster.starts_with(char::is_whitespace);
                if long && n > 0 && n % TOGETHER == 0 && !space {
                    chance(&mut plain);
                }
                plain.push_str(cluster);
            }
            if !row.ends_with(char::is_whitespace) {
                chance(&mut plain);
            }
        }
    }
    if !plain.is_empty() {
        out.push(Inline::text(plain));
    }
}

/// Characters that fit into a line of a table.
const LINE: f64 = 76.0;
/// A cell is not given more than this before it takes a second line.
const WIDEST: usize = 40;

impl Table {
    /// Fills short rows up and works out how wide each column should be: wide enough for its
    /// longest word first, then by what there is to say.
    pub fn settle(&mut self) {
        let rows = || self.head.iter().chain(&self.rows);
        let columns = rows().map(Vec::len).max().unwrap_or(0);
        let mut words_of = vec![3.0_f64; columns];
        let mut lines_of = vec![3.0_f64; columns];
        for row in rows() {
            for (n, cell) in row.iter().enumerate() {
                let said = words(&cell.of);
                let longest = said.split_whitespace().map(|w| w.chars().count()).max();
                let line = said.lines().map(|l| l.chars().count()).max().unwrap_or(0);
                words_of[n] = words_of[n].max(longest.unwrap_or(0).min(WORD) as f64);
                lines_of[n] = lines_of[n].max(line.min(WIDEST) as f64);
            }
        }
        // Room between columns counts as two characters.
        let least: f64 = words_of.iter().map(|w| w + 2.0).sum();
        let full: f64 = lines_of.iter().map(|w| w + 2.0).sum();
        let more =
            if full > least { ((LINE - least) / (full - least)).clamp(0.0, 1.0) } else { 0.0 };
        self.widths = words_of
            .iter()
            .zip(&lines_of)
            .map(|(word, line)| word + 2.0 + (line - word).max(0.0) * more)
            .collect();
        for row in self.head.iter_mut().chain(&mut self.rows) {
            row.resize_with(columns, Cell::default);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(level: u8, text: &str) -> Block {
        Block::Heading { level, of: vec![Inline::text(text)] }
    }

    fn levels(blocks: &[Block]) -> Vec<u8> {
        let mut all = Vec::new();
        for b in blocks {
            match b {
                Block::Heading { level, .. } => all.push(*level),
                Block::Frame { of, .. } => all.extend(levels(of)),
                _ => all.push(0),
            }
        }
        all
    }

    #[test]
    fn the_outline_starts_at_one_and_leaves_nothing_out() {
        let frame = Block::Frame { kind: FrameKind::Card, of: vec![heading(4, "c")] };
        let mut blocks =
            vec![heading(2, "a"), heading(3, "b"), frame, heading(1, "d"), heading(3, "e")];
        settle(&mut blocks);
        assert_eq!(levels(&blocks), [1, 2, 3, 1, 2]);
    }

    #[test]
    fn what_no_outline_could_show_is_no_heading() {
        let mut blocks =
            vec![heading(1, " "), heading(1, &"x".repeat(HEADING + 1)), heading(2, "a")];
        settle(&mut blocks);
        assert_eq!(levels(&blocks), [0, 0, 1]);
    }

    #[test]
    fn long_words_may_be_broken_and_lose_nothing() {
        let text = "short https://example.org/a-long-address e\u{301} 0123456789abcdefABCDEFGH end";
        let mut run = vec![Inline::Styled { style: Style::Strong, of: vec![Inline::text(text)] }];
        let_break(&mut run);
        assert_eq!(words(&run), text);
        let Inline::Styled { of, .. } = &run[0] else { panic!("{run:?}") };
        let parts: Vec<String> =
            of.split(|i| *i == Inline::Chance).map(words).filter(|w| !w.is_empty()).collect();
        let parted = "short https:/|/|example.org/|a-|long-|address é 0123|4567|89ab|cdef|ABCD|EFGH \
                      end";
        assert_eq!(parts.join("|").replace("e\u{301}", "é"), parted);
    }

    #[test]
    fn columns_hold_their_longest_word_and_share_the_rest() {
        let cell = |text: &str| Cell { of: vec![Inline::text(text)], ..Cell::default() };
        let long = "some words that take more than one line of a table, as they often do";
        let mut t = Table {
            rows: vec![
                vec![cell("1"), cell(long), cell(long)],
                vec![cell("2"), cell("Membership")],
            ],
            ..Table::default()
        };
        t.settle();
        assert_eq!(t.rows[1].len(), 3);
        assert_eq!(t.widths[0], 5.0);
        assert!(t.widths[1] > 30.0 && t.widths[2] > 30.0, "{:?}", t.widths);
        assert!(t.widths.iter().sum::<f64>() <= LINE + 0.01, "{:?}", t.widths);
    }
}
