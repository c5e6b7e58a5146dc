//! A Rust source file, read just well enough for the house rules: where its strings are, what is
//! code, which functions it has and how long they are. No parser; rustfmt has laid the code out.

use std::path::{Path, PathBuf};

/// The root of the repository that cargo tests, wherever this was built.
pub fn root() -> PathBuf {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo");
    Path::new(&here).ancestors().nth(2).unwrap().to_owned()
}

/// Every file below a folder whose name ends so, in order; build output and packages left out.
pub fn files(below: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                }
            } else if name.ends_with(end) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A string literal, unescaped.
pub struct Literal {
    /// Line of its first quote.
    pub line: usize,
    /// What it says.
    pub text: String,
}

/// A function with a body.
pub struct Function {
    /// Line of its name.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Lines from its name to its closing brace.
    pub length: usize,
}

/// One file.
pub struct Source {
    /// Path from the root.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Strings emptied and comments blanked; every other byte at its place.
    pub code: String,
    /// Strings emptied (shorter lines), comments kept.
    pub no_strings: String,
    /// Its strings.
    pub literals: Vec<Literal>,
}

impl Source {
    /// Reads a file.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        Self::of(shown, text)
    }

    /// Takes a text apart.
    pub fn of(path: String, text: String) -> Self {
        let mut s = Self {
            path,
            code: String::new(),
            no_strings: String::new(),
            literals: Vec::new(),
            text: String::new(),
        };
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            at = s.step(&chars, at);
        }
        s.text = text;
        s
    }

    fn step(&mut self, c: &[char], at: usize) -> usize {
        let next = c.get(at + 1).copied();
        match c[at] {
            '/' if next == Some('/') => {
                let end = (at..c.len()).find(|i| c[*i] == '\n').unwrap_or(c.len());
                self.comment(&c[at..end]);
                end
            }
            '/' if next == Some('*') => {
                let end = (at + 2..c.len()).find(|i| c[*i] == '/' && c[*i - 1] == '*');
                let end = end.map_or(c.len(), |i| i + 1);
                self.comment(&c[at..end]);
                end
            }
            'r' if matches!(next, Some('"' | '#')) && !word(c, at.wrapping_sub(1)) => {
                let hashes = c[at + 1..].iter().take_while(|h| **h == '#').count();
                match c.get(at + 1 + hashes) {
                    Some('"') => self.raw(c, at, hashes),
                    _ => self.plain(c[at], at),
                }
            }
            '"' => self.string(c, at),
            // A char, not a lifetime: '"' and '{' would confuse what follows.
            '\'' if next == Some('\\') => {
                let end = (at + 3..c.len()).find(|i| c[*i] == '\'').unwrap_or(c.len() - 1);
                self.blank(&c[at..=end]) + end + 1
            }
            '\'' if c.get(at + 2) == Some(&'\'') => self.blank(&c[at..at + 3]) + at + 3,
            other => self.plain(other, at),
        }
    }

    fn plain(&mut self, c: char, at: usize) -> usize {
        self.code.push(c);
        self.no_strings.push(c);
        at + 1
    }

    fn comment(&mut self, c: &[char]) {
        self.code.extend(c.iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        self.no_strings.extend(c);
    }

    /// Leaves a char literal's place empty. Answers 0, to be added to.
    fn blank(&mut self, c: &[char]) -> usize {
        self.code.extend(c.iter().map(|_| ' '));
        self.no_strings.extend(c);
        0
    }

    fn string(&mut self, c: &[char], at: usize) -> usize {
        let line = self.line();
        let mut text = String::new();
        let mut i = at + 1;
        while i < c.len() && c[i] != '"' {
            if c[i] == '\\' {
                i += 1;
                match c[i] {
                    // A line that goes on: its indent does not count.
                    '\n' => {
                        while c.get(i + 1).is_some_and(|c| c.is_whitespace()) {
                            i += 1;
                        }
                    }
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    other => text.push(other),
                }
            } else {
                text.push(c[i]);
            }
            i += 1;
        }
        self.gap(&c[at..(i + 1).min(c.len())]);
        self.literals.push(Literal { line, text });
        i + 1
    }

    fn raw(&mut self, c: &[char], at: usize, hashes: usize) -> usize {
        let line = self.line();
        let start = at + hashes + 2;
        let closes = |i: &usize| c[*i] == '"' && (1..=hashes).all(|n| c.get(*i + n) == Some(&'#'));
        let end = (start..c.len()).find(closes).unwrap_or(c.len());
        let after = (end + 1 + hashes).min(c.len());
        self.literals.push(Literal { line, text: c[start..end].iter().collect() });
        self.gap(&c[at..after]);
        after
    }

    fn gap(&mut self, c: &[char]) {
        self.code.extend(c.iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        self.no_strings.extend(c.iter().filter(|c| **c == '\n'));
    }

    fn line(&self) -> usize {
        self.code.matches('\n').count() + 1
    }

    /// Whether the whole file is tests.
    pub fn is_test(&self) -> bool {
        let p = &self.path;
        p.contains("/tests/") || p.contains("/examples/") || p.ends_with("tests.rs")
    }

    /// The line at which the file's own tests begin, or the one after its end.
    pub fn tests_from(&self) -> usize {
        let lines: Vec<&str> = self.code.lines().collect();
        let inner = |i: &usize| {
            lines[*i].trim() == "#[cfg(test)]"
                && lines.get(i + 1).is_some_and(|l| l.trim_end().ends_with('{'))
        };
        (0..lines.len()).find(inner).unwrap_or(lines.len()) + 1
    }

    /// Its functions that have a body.
    pub fn functions(&self) -> Vec<Function> {
        let bytes = self.code.as_bytes();
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("fn ") {
            if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') {
                continue;
            }
            let name: String = self.code[at + 3..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let Some(open) = body(bytes, at) else { continue };
            let close = matching(bytes, open);
            let line = self.code[..at].matches('\n').count() + 1;
            let length = self.code[at..close].matches('\n').count() + 1;
            if !name.is_empty() {
                found.push(Function { line, name, length });
            }
        }
        found
    }
}

fn word(c: &[char], at: usize) -> bool {
    c.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_')
}

/// Where a function's body opens; `None` for one that has none.
fn body(bytes: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, b) in bytes.iter().enumerate().skip(from) {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(i),
            _ if depth < 0 => return None,
            _ => {}
        }
    }
    None
}

fn matching(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0;
    for (i, b) in bytes.iter().enumerate().skip(open) {
        match b {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i;
        }
    }
    bytes.len()
}
