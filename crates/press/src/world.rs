//! The world that Typst sees: one template and the bundled faces. No file, no package, no network,
//! no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Dict, Duration, IntoValue as _};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt as _, World, WorldExt as _};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::model::Page;

const TEMPLATE: &str = include_str!("template.typ");
/// Of Typst's own faces; its others are for mathematics.
const FAMILIES: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let sans = [
        notosans::REGULAR_TTF,
        notosans::BOLD_TTF,
        notosans::ITALIC_TTF,
        notosans::BOLD_ITALIC_TTF,
    ];
    let own = typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data)));
    let own = own.filter(|f| FAMILIES.contains(&f.info().family.as_str()));
    sans.into_iter().flat_map(|data| Font::iter(Bytes::new(data))).chain(own).collect()
});

/// Whether one of the faces has every sign of this cluster.
pub fn shows(cluster: &str) -> bool {
    FONTS.iter().any(|f| cluster.chars().all(|c| f.info().coverage.contains(c.into())))
}

struct Bundled {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    template: Source,
}

impl World for Bundled {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main() { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Why a page could not be set: the lines of the template where it went wrong. What Typst says
/// about it may quote the page, so it is not passed on.
#[derive(Debug, thiserror::Error)]
#[error("the page could not be set as PDF/A-2a and PDF/UA-1 (template lines {0:?})")]
pub struct Refused(Vec<usize>);

/// Sets a page and answers the PDF.
///
/// # Errors
/// The layout or one of the two standards refused it.
pub fn set(page: &Page, made: Datetime) -> Result<Vec<u8>, Refused> {
    let mut inputs = Dict::new();
    let data = serde_json::to_string(page).map_err(|_| Refused(Vec::new()))?;
    inputs.insert("page".into(), data.into_value());
    let features = [Feature::A11yExtras].into_iter().collect();
    let library = Library::builder().with_inputs(inputs).with_features(features).build();
    let world = Bundled {
        library: LazyHash::new(library),
        book: LazyHash::new(FontBook::from_fonts(FONTS.iter())),
        template: Source::detached(TEMPLATE),
    };
    let pdf = typeset(&world, made);
    // Typst remembers what it worked out, of this page too, for a next time that never comes.
    comemo::evict(0);
    pdf
}

fn typeset(world: &Bundled, made: Datetime) -> Result<Vec<u8>, Refused> {
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]);
    let options = PdfOptions {
        creator: typst::foundations::Smart::Custom(Some("Candour".into())),
        timestamp: Some(Timestamp::new_utc(made)),
        standards: standards.map_err(|_| Refused(Vec::new()))?,
        ..PdfOptions::default()
    };
    let refused = |why: &[SourceDiagnostic]| {
        #[cfg(test)]
        eprintln!("{why:?}");
        let text = world.template.lines();
        let line = |d: &SourceDiagnostic| text.byte_to_line(world.range(d.span)?.start);
        Refused(why.iter().filter_map(line).map(|n| n + 1).collect())
    };
    let document = typst::compile::<PagedDocument>(world).output.map_err(|e| refused(&e))?;
    typst_pdf::pdf(&document, &options).map_err(|e| refused(&e))
}
