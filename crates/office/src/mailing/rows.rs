//! Lists in other forms than text. A workbook is hostile until read: that is done in a limited
//! process, which hands rows over as CSV.

use std::path::Path;

use candour_screening::{Format, Outcome, Outs, Plan, Shape, inspect};

use super::screen::{Ready, told};
use crate::error::{Error, Result};
use crate::office::Office;

/// Screens a list of any form that is known.
///
/// # Errors
/// The list, its columns or the files.
pub fn screen_any(
    _office: &Office,
    ready: &Ready,
    list: &Path,
    plan: &Plan,
    outs: &Outs,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome> {
    ready.screen(list, plan, outs, progress)
}

/// What a workbook looks like.
///
/// # Errors
/// It can't be read.
pub fn shape(list: &Path) -> Result<Shape> {
    let shape = inspect(list).map_err(|e| told(&e))?;
    if shape.format == Format::Csv {
        return Ok(shape);
    }
    Err(Error::invalid("list", "Save the list as CSV"))
}
