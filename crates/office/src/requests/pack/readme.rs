//! The first page of a pack: what is in the folder, how to keep it safe, what to do when something
//! does not open.

use askama::Template;

use super::content::Content;
use super::pages::Frame;
use super::plan::Plan;
use super::told::{Rest, outside};
use crate::kit::dates;

/// The pages beside the read-me, without the ending of their names, and what they are.
const PAGES: [(&str, &str); 5] = [
    ("01-letter", "Our letter to you"),
    ("02-about-our-processing", "How we use your information, and your rights"),
    ("03-schedule", "A list of everything enclosed"),
    ("04-removed-and-why", "What was left out, and why"),
    ("05-codes-and-terms", "What codes and terms mean"),
];

/// A line of the first page: what is there, and its path.
struct InFolder {
    what: String,
    path: String,
    /// A page to open, not a folder or a file for programs.
    opens: bool,
}

/// The first page.
#[derive(Template)]
#[template(path = "requests/pack/pages/readme.html")]
pub struct ReadMe {
    f: Frame,
    part: Option<Rest>,
    asked: String,
    /// Copies were asked for.
    copies: bool,
    outside: String,
    files: Vec<InFolder>,
    /// The list of everything enclosed is too long for a PDF copy.
    long: bool,
    email: String,
    phone: Option<String>,
}

impl ReadMe {
    /// The first page, listing what is there.
    pub fn of(
        plan: &Plan,
        part: Option<Rest>,
        paths: &[String],
        content: &Content,
        long: bool,
    ) -> Self {
        let has = |start: &str| paths.iter().any(|p| p.starts_with(start));
        let line = |path: &str, what: &str, opens| InFolder {
            what: what.to_owned(),
            path: path.to_owned(),
            opens,
        };
        let mut files = Vec::new();
        for (stem, what) in PAGES {
            for (ending, what) in [("html", what), ("pdf", "The same as PDF, to print or to keep")]
            {
                let path = format!("{stem}.{ending}");
                if has(&path) {
                    files.push(line(&path, what, true));
                }
            }
        }
        for (page, title) in &content.pages {
            files.push(line(page, &format!("{title}: records, to read"), true));
        }
        for (folder, what) in [
            ("data/", "The same records as files for a spreadsheet or program"),
            ("documents/", "Messages, letters and other documents"),
            ("proof/", "Proof of when we did what"),
        ] {
            if has(folder) {
                files.push(line(folder, what, false));
            }
        }
        let manifest = "Every file with its fingerprint, for programs";
        files.push(line("manifest.json", manifest, false));
        Self {
            f: Frame { up: "", ..Frame::of(plan, "Read me first", "") },
            part,
            asked: dates::full(plan.case.request().received),
            copies: plan.copies(),
            outside: outside(content),
            files,
            long,
            email: plan.charter.contact.email.clone(),
            phone: plan.charter.contact.phone.clone(),
        }
    }
}
