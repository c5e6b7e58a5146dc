//! `candour-press`: one HTML page of Candour's on standard input, one PDF on standard output.
//!
//! The PDF keeps to PDF/A-2a and PDF/UA-1 at once, and the same page gives the same bytes. The
//! program opens no file and reaches nothing; see `limits.rs`. What it says on standard error
//! never holds a word of the page.
//!
//! It ends with 0 when the PDF was written; 2 when it was called wrongly; 3 when the page is not
//! one it can read; 4 when the page is too long; 5 when it could not be set. Too much time or
//! memory ends it by a signal, or with 5. Nothing is written unless the whole PDF is there.

mod limits;
mod model;
mod page;
mod signs;
mod world;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use clap::Parser;
use jiff::{Timestamp, tz::TimeZone};
use typst::foundations::Datetime;

/// One HTML page of Candour's on standard input, one accessible PDF on standard output.
///
/// Ends with 0 when the PDF was written, 2 when it was called wrongly, 3 when the page is not one
/// it can read, 4 when the page is too long, 5 when it could not be set.
#[derive(Parser)]
#[command(name = "candour-press", version)]
struct Cli {
    /// When the page was made, such as 2026-11-29T10:00:00Z. The PDF is dated so.
    #[arg(long)]
    made: Timestamp,
}

/// Longest page, in bytes.
const LONGEST: u64 = 4 << 20;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the page is longer than {LONGEST} bytes")]
    Long,
    #[error("the page is not text in UTF-8")]
    Text,
    #[error(transparent)]
    Page(#[from] page::Wrong),
    #[error(transparent)]
    Refused(#[from] world::Refused),
    #[error("the year of --made is out of reach")]
    Year,
    #[error("the system does not let this program limit itself")]
    Limits,
    #[error("standard input or output broke")]
    Streams,
}

impl Failed {
    fn code(&self) -> u8 {
        match self {
            Self::Year => 2,
            Self::Text | Self::Page(_) => 3,
            Self::Long => 4,
            Self::Refused(_) | Self::Limits | Self::Streams => 5,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // What a panic says may quote the page.
    std::panic::set_hook(Box::new(|at| {
        let place = at.location().map_or_else(String::new, |l| format!(" ({l})"));
        eprintln!("candour-press: the page could not be set{place}");
    }));
    match std::panic::catch_unwind(|| run(cli.made)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(e)) => {
            eprintln!("candour-press: {e}");
            ExitCode::from(e.code())
        }
        Err(_) => ExitCode::from(5),
    }
}

fn run(made: Timestamp) -> Result<(), Failed> {
    limits::alone().map_err(|_| Failed::Limits)?;
    let mut bytes = Vec::new();
    std::io::stdin().take(LONGEST + 1).read_to_end(&mut bytes).map_err(|_| Failed::Streams)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failed::Long);
    }
    let html = String::from_utf8(bytes).map_err(|_| Failed::Text)?;
    let pdf = press(&html, made)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&pdf).and_then(|()| out.flush()).map_err(|_| Failed::Streams)
}

/// The whole way of a page.
fn press(html: &str, made: Timestamp) -> Result<Vec<u8>, Failed> {
    let mut page = page::read(html)?;
    signs::fit(&mut page, &world::shows);
    model::settle(&mut page.blocks);
    page.each_run(&mut model::let_break);
    Ok(world::set(&page, datetime(made).ok_or(Failed::Year)?)?)
}

fn datetime(of: Timestamp) -> Option<Datetime> {
    let t = of.to_zoned(TimeZone::UTC);
    let part = |n: i8| u8::try_from(n).ok();
    let (month, day) = (part(t.month())?, part(t.day())?);
    let (hour, minute, second) = (part(t.hour())?, part(t.minute())?, part(t.second())?);
    Datetime::from_ymd_hms(t.year().into(), month, day, hour, minute, second)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
