//! How the demo speaks: numbered steps and plain lines, tables, and one JSON object for machines.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use crate::error::{Error, Result};

/// Says what happens: to people on standard output, beside a JSON answer on standard error.
pub struct Voice {
    json: bool,
    step: u32,
}

impl Voice {
    /// A voice for people, or one that keeps standard output free.
    pub fn new(json: bool) -> Self {
        Self { json, step: 0 }
    }

    fn line(&self, text: &str) {
        if self.json {
            eprintln!("{text}");
        } else {
            println!("{text}");
        }
    }

    /// The next numbered step.
    pub fn step(&mut self, title: &str) {
        self.step += 1;
        self.line(&format!("\n{}. {title}", self.step));
    }

    /// A line of the step.
    pub fn say(&self, text: impl AsRef<str>) {
        self.line(&format!("   {}", text.as_ref()));
    }

    /// A line that belongs to no step.
    pub fn plain(&self, text: impl AsRef<str>) {
        self.line(text.as_ref());
    }

    /// A table: the first row names the columns; numbers stand to the right.
    pub fn table(&self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |at: usize| {
            rows.iter().filter_map(|r| r.get(at)).map(|c| c.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let number = cell.bytes().all(|b| b.is_ascii_digit());
                let room = " ".repeat(width.saturating_sub(cell.chars().count()));
                let (before, after) =
                    if number { (room.as_str(), "") } else { ("", room.as_str()) };
                line.push_str(&format!("{before}{cell}{after}  "));
            }
            self.say(line.trim_end());
        }
    }
}

/// "1 item", "2 items".
pub fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A path for people: as it was given.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Makes sure that an address can be listened on, before anything else is done; port 0 becomes a
/// free one, because links with the port in them are printed first.
///
/// # Errors
/// The address is taken.
pub fn free(address: SocketAddr) -> Result<SocketAddr> {
    match TcpListener::bind(address) {
        Ok(listener) => Ok(listener.local_addr()?),
        Err(e) => {
            let other = if address.port() == 8421 { 8422 } else { 8421 };
            Err(Error::Unavailable(format!(
                "{address} can’t be listened on ({}). Choose another one: candour demo --listen \
                 {}:{other}, or leave the browser out: candour demo --no-serve",
                e.kind(),
                address.ip()
            )))
        }
    }
}
