//! DOCX and XLSX.

use super::parts::{self, Part, Walk};
use super::sheet::{Tally, Then};
use super::xml::{self, Element};
use super::{Checked, Kind};

/// Looks through a DOCX or XLSX.
pub fn check(kind: Kind, raw: &[u8]) -> Checked {
    let pictures = match kind {
        Kind::Workbook => "xl/media/",
        _ => "word/media/",
    };
    parts::walk(kind, raw, &Walk { pictures, look, clean })
}

/// Parts that go: what they are, and whether the person's own data may be in them.
fn goes(name: &str) -> Option<(&'static str, bool)> {
    let low = name.to_lowercase();
    let file = low.rsplit('/').next().unwrap_or_default();
    if low.starts_with("docprops/") {
        return Some(("properties of the file", false));
    }
    if low.starts_with("customxml/") {
        return Some(("data behind the document", true));
    }
    if low.contains("/printersettings") {
        return Some(("settings of a printer", false));
    }
    let comments = file.starts_with("comments")
        || low.contains("/threadedcomments/")
        || low.contains("/persons/")
        || file == "people.xml"
        || (file.starts_with("vmldrawing") && !low.contains("_rels/"));
    comments.then_some(("comments", true))
}

/// Parts that stop the file.
fn stops(name: &str) -> Option<(&'static str, bool)> {
    let low = name.to_lowercase();
    let has = |piece: &str| low.contains(piece);
    if has("vbaproject") || has("/macrosheets/") {
        return Some(("programs (macros)", false));
    }
    if has("/embeddings/") || has("/activex/") || has("/ctrlprops/") || has("oleobject") {
        return Some(("embedded files", true));
    }
    if has("/externallinks/") {
        return Some(("links to other files, with their values", true));
    }
    if has("/pivotcache/") || has("/querytables/") || has("connections.xml") {
        return Some(("copies of data behind a table", true));
    }
    if has("/revisions/") {
        return Some(("earlier versions", true));
    }
    None
}

fn look(all: &[Part], tally: &mut Tally) -> Option<()> {
    for p in all {
        if let Some((what, read)) = stops(&p.name) {
            tally.add(what, Then::Stopped, read);
        } else if let Some((what, read)) = goes(&p.name) {
            tally.add(what, Then::Cleaned, read);
        }
        if p.name.ends_with(".vml") {
            xml::scan(&p.data, &mut |e| {
                if e.name == "ClientData" && e.get("ObjectType") != Some("Note") {
                    tally.add("controls in a sheet", Then::Stopped, false);
                }
            })?;
        } else if p.name.ends_with(".rels") {
            xml::scan(&p.data, &mut |e| relationship(e, tally))?;
        } else if p.name.ends_with(".xml") {
            xml::scan(&p.data, &mut |e| element(&p.name, e, tally))?;
        }
    }
    Some(())
}

fn relationship(e: &Element<'_>, tally: &mut Tally) {
    if e.get("TargetMode") != Some("External") {
        return;
    }
    let kind = e.get("Type").unwrap_or_default();
    if kind.ends_with("/attachedTemplate") {
        tally.add("the template of the document", Then::Cleaned, false);
    } else if !kind.ends_with("/hyperlink") {
        tally.add("parts that are fetched from elsewhere", Then::Stopped, false);
    }
}

fn element(part: &str, e: &Element<'_>, tally: &mut Tally) {
    let hidden = || e.yes("hidden");
    match e.name {
        "sheet" if matches!(e.get("state"), Some("hidden" | "veryHidden")) => {
            tally.add("hidden sheets", Then::Stopped, true);
        }
        "row" if part.starts_with("xl/worksheets") && hidden() => {
            tally.add("hidden rows", Then::Stopped, true);
        }
        "col" if part.starts_with("xl/worksheets") && hidden() => {
            tally.add("hidden columns", Then::Stopped, true);
        }
        "definedName" => tally.add("names for cells", Then::Noted, false),
        "vanish" if !matches!(e.get("val"), Some("0" | "false" | "off")) => {
            // In a style it hides nothing until a text uses it.
            let then = if part == "word/styles.xml" { Then::Noted } else { Then::Stopped };
            tally.add("hidden text", then, then == Then::Stopped);
        }
        "del" | "moveFrom" | "delText" if part.starts_with("word/") => {
            tally.add("deleted text that is still there", Then::Stopped, true);
        }
        "ins" | "moveTo" | "rPrChange" | "pPrChange" | "sectPrChange" | "tblPrChange"
            if part.starts_with("word/") =>
        {
            tally.add("tracked changes", Then::Stopped, true);
        }
        "commentReference" | "commentRangeStart" if part.starts_with("word/") => {
            tally.add("places of comments", Then::Cleaned, false);
        }
        "rsids" => tally.add("numbers of editing sessions", Then::Cleaned, false),
        "docVars" => tally.add("data behind the document", Then::Cleaned, true),
        "object" | "control" if part.starts_with("word/") => {
            tally.add("embedded files", Then::Stopped, true);
        }
        _ => {}
    }
}

const DROPPED: [&str; 9] = [
    "commentReference",
    "commentRangeStart",
    "commentRangeEnd",
    "annotationRef",
    "rsids",
    "docVars",
    "attachedTemplate",
    "legacyDrawing",
    "proofErr",
];

fn clean(mut all: Vec<Part>) -> Option<Vec<u8>> {
    parts::remove(&mut all, &|name| goes(name).is_some())?;
    for p in &mut all {
        if p.name.ends_with(".rels") {
            let template =
                |e: &Element<'_>| e.get("Type").is_some_and(|t| t.ends_with("/attachedTemplate"));
            p.data = xml::strip(&p.data, &template, &|_, _| false)?;
        } else if p.name.starts_with("word/") || p.name.starts_with("xl/worksheets/") {
            if !p.name.ends_with(".xml") {
                continue;
            }
            let dropped = |e: &Element<'_>| DROPPED.contains(&e.name);
            let shed = |element: &str, attribute: &str| {
                let local = attribute.rsplit(':').next().unwrap_or_default();
                local.starts_with("rsid") || (element == "pageSetup" && local == "id")
            };
            p.data = xml::strip(&p.data, &dropped, &shed)?;
        }
    }
    parts::write(&all)
}
