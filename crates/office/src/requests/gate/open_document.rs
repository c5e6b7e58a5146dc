//! ODT and ODS.

use super::parts::{self, Part, Walk};
use super::sheet::{Tally, Then};
use super::xml::{self, Element};
use super::{Checked, Kind};

/// Looks through an ODT or ODS.
pub fn check(kind: Kind, raw: &[u8]) -> Checked {
    parts::walk(kind, raw, &Walk { pictures: "Pictures/", look, clean })
}

fn goes(name: &str) -> Option<(&'static str, bool)> {
    let starts = |piece: &str| name.starts_with(piece);
    if name == "meta.xml" || name == "settings.xml" || name == "manifest.rdf" {
        return Some(("properties of the file", false));
    }
    if starts("Thumbnails/") || starts("Configurations2/") || name == "layout-cache" {
        return Some(("a small picture and settings", false));
    }
    if starts("Versions/") || name == "VersionList.xml" {
        return Some(("earlier versions", true));
    }
    (starts("META-INF/") && name != "META-INF/manifest.xml")
        .then_some(("signatures, which no longer fit", false))
}

fn look(all: &[Part], tally: &mut Tally) -> Option<()> {
    for p in all {
        let starts = |piece: &str| p.name.starts_with(piece);
        if starts("Basic/") || starts("Scripts/") {
            tally.add("programs (macros)", Then::Stopped, false);
        } else if starts("Object ") || starts("ObjectReplacements/") || p.name.ends_with(".bin") {
            tally.add("embedded files", Then::Stopped, true);
        } else if let Some((what, read)) = goes(&p.name) {
            tally.add(what, Then::Cleaned, read);
        } else if p.name.ends_with(".xml") {
            xml::scan(&p.data, &mut |e| element(e, tally))?;
        }
    }
    Some(())
}

fn element(e: &Element<'_>, tally: &mut Tally) {
    match e.name {
        "encryption-data" => tally.add("a password", Then::Stopped, false),
        "changed-region" | "deletion" | "cell-content-change" | "insertion" => {
            tally.add("tracked changes", Then::Stopped, true);
        }
        "annotation" => tally.add("comments", Then::Cleaned, true),
        "table-properties" if e.get("display") == Some("false") => {
            tally.add("hidden sheets", Then::Stopped, true);
        }
        "table-row" if matches!(e.get("visibility"), Some("collapse" | "filter")) => {
            tally.add("hidden rows", Then::Stopped, true);
        }
        "table-column" if matches!(e.get("visibility"), Some("collapse" | "filter")) => {
            tally.add("hidden columns", Then::Stopped, true);
        }
        "hidden-text" | "hidden-paragraph" => tally.add("hidden text", Then::Stopped, true),
        "text-properties" | "section" if e.get("display") == Some("none") => {
            tally.add("hidden text", Then::Stopped, true);
        }
        "named-range" | "named-expression" => tally.add("names for cells", Then::Noted, false),
        "table-source" | "dde-source" | "cell-range-source" | "database-source-table" => {
            tally.add("links to other files", Then::Stopped, true);
        }
        "event-listener" => tally.add("programs (macros)", Then::Stopped, false),
        "a" => {}
        _ if e.get("href").is_some_and(outside) => {
            tally.add("parts that are fetched from elsewhere", Then::Stopped, false);
        }
        _ => {}
    }
}

/// Whether a reference leads out of the file.
fn outside(href: &str) -> bool {
    href.contains("://") || href.starts_with("//") || href.starts_with("../")
}

fn clean(mut all: Vec<Part>) -> Option<Vec<u8>> {
    parts::remove(&mut all, &|name| goes(name).is_some())?;
    for p in &mut all {
        if p.name == "content.xml" || p.name == "styles.xml" {
            let dropped = |e: &Element<'_>| matches!(e.name, "annotation" | "annotation-end");
            let shed = |_: &str, attribute: &str| attribute.ends_with("rsid");
            p.data = xml::strip(&p.data, &dropped, &shed)?;
        } else if p.name == "META-INF/manifest.xml" {
            // Folders that are empty now.
            let folder = |e: &Element<'_>| {
                e.name == "file-entry"
                    && e.get("full-path").is_some_and(|f| f.len() > 1 && f.ends_with('/'))
            };
            p.data = xml::strip(&p.data, &folder, &|_, _| false)?;
        }
    }
    parts::write(&all)
}
