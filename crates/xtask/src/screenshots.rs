//! tmp
pub fn run(_: &std::path::Path) -> anyhow::Result<u8> {
    Ok(0)
}
