//! `candour demo`.
use crate::error::Result;
use clap::Args;
/// The demo.
#[derive(Args)]
pub struct DemoArgs {}
/// Runs it.
pub fn run(_: &DemoArgs) -> Result<u8> {
    Ok(0)
}
