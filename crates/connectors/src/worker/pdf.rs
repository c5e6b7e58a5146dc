//! PDF: where the outside program is, and what is read without it.

use std::path::PathBuf;

use super::wire::{MOST_TEXT, Media, Trouble};

/// The `pdftotext` of this machine.
pub(super) fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    let folders = std::env::split_paths(&path).filter(|p| p.is_absolute()).chain(usual);
    folders.map(|folder| folder.join("pdftotext")).find(|program| program.is_file())
}

/// Text of a PDF without an outside program. Runs in the child only: hostile files make the
/// library panic, recurse and loop.
pub(super) fn extract(bytes: &[u8]) -> Result<(Media, String, bool), Trouble> {
    let head = &bytes[..bytes.len().min(1024)];
    if memchr::memmem::find(head, b"%PDF-").is_none() {
        return Err(Trouble::Unknown);
    }
    let mut text = pdf_extract::extract_text_from_mem(bytes).map_err(|_| {
        let locked = memchr::memmem::rfind(bytes, b"/Encrypt").is_some();
        if locked { Trouble::Encrypted } else { Trouble::Damaged }
    })?;
    let cut = text.len() > MOST_TEXT;
    if cut {
        let end = (0..=MOST_TEXT).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
    }
    Ok((Media::Pdf, text, cut))
}
