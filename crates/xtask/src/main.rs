//! office
fn main() {}
