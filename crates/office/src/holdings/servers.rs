//! Servers that may be named in the browser as the place of a holding: those that `candour.toml`
//! names, and no other.
//!
//! Not this machine either. What answers on it only to itself is guarded by nothing but that: often
//! the office's own database is there. Its sockets are refused for the same reason (`folders.rs`).
//! So whoever may add a holding can have the office connect to nothing that whoever runs the
//! machine has not named, and learns nothing about the network by trying.

use std::net::IpAddr;

use candour_connectors::{DataMap, Fault, FaultKind, HoldingKind};

use super::places::{AT_THE_MACHINE, Whose};
use crate::error::Result;
use crate::office::Office;
use crate::settings::Server;

/// The port that a kind of server has by habit; none for what is no server.
pub fn usual(kind: HoldingKind) -> Option<u16> {
    match kind {
        HoldingKind::Postgres => Some(5432),
        HoldingKind::Mysql => Some(3306),
        _ => None,
    }
}

/// The servers that an organisation may name.
///
/// # Errors
/// Of the database.
pub fn of(office: &Office, org: &str) -> Result<Vec<Server>> {
    let named = &office.settings().servers;
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let Some(whose) = Whose::of(office, org)? else { return Ok(Vec::new()) };
    Ok(named.iter().filter(|s| whose.has(s.organisation.as_deref())).cloned().collect())
}

/// Whether both name one host: as names in any case, or as the same network address.
fn same(a: &str, b: &str) -> bool {
    let plain = |name: &str| name.trim().trim_end_matches('.').to_ascii_lowercase();
    let address = |name: &str| name.trim().parse::<IpAddr>().ok();
    match (address(a), address(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => plain(a) == plain(b),
        _ => false,
    }
}

/// The key of the source that names a server which this organisation may not name, with what to
/// say. Nothing is asked of the network for it.
///
/// # Errors
/// Of the database.
pub fn outside(office: &Office, org: &str, map: &DataMap) -> Result<Option<(&'static str, Fault)>> {
    let Some(usual) = usual(map.kind) else { return Ok(None) };
    let host = map.source.host.as_deref().unwrap_or_default();
    // A socket is a file: where it lies was looked at.
    if host.starts_with('/') {
        return Ok(None);
    }
    let port = map.source.port.unwrap_or(usual);
    let mut there = of(office, org)?;
    there.retain(|s| same(&s.host, host));
    if there.iter().any(|s| s.port.unwrap_or(usual) == port) {
        return Ok(None);
    }
    let (key, what) = match there.is_empty() {
        true => ("host", "this server may not be named in the browser"),
        false => ("port", "this port of the server may not be named in the browser"),
    };
    let remedy =
        format!("Have whoever runs this machine name it under [[servers]] {AT_THE_MACHINE}");
    let fault = Fault::new(FaultKind::Map, format!("{}, {key}", map.holding), what, remedy);
    Ok(Some((key, fault)))
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn one_host_is_told_by_its_name_or_its_address() {
        for (a, b) in [
            ("Club-DB.example.org", "club-db.example.org."),
            ("10.0.0.7", "10.0.0.7"),
            ("::1", "0:0:0:0:0:0:0:1"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("club-db", "club-db.example.org"),
            ("localhost", "127.0.0.1"),
            ("127.0.0.1", "127.1"),
            ("10.0.0.7", "10.0.0.70"),
            ("club-db", ""),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }
}
