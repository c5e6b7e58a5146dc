//! tmp
pub fn write_notices() -> anyhow::Result<()> {
    Ok(())
}
