//! What PostgreSQL says when it refuses, in our words.

use postgres::error::SqlState;

use super::{refused, silent};
use crate::{Fault, FaultKind};

/// An error of the server in words that hold nothing of the data: only its code is looked at.
pub(super) fn fault(place: &str, error: &postgres::Error) -> Fault {
    let Some(code) = error.code() else { return wire_fault(place, error) };
    let (kind, what, remedy) = match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => (
            FaultKind::Denied,
            "the server does not let this account in",
            "Check user and password_file in the data map.",
        ),
        SqlState::INVALID_CATALOG_NAME => (
            FaultKind::Map,
            "the server has no database of that name",
            "Check database in the data map.",
        ),
        SqlState::INSUFFICIENT_PRIVILEGE => (
            FaultKind::Denied,
            "the account may not read this",
            "Give the account the right to SELECT.",
        ),
        SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN | SqlState::INVALID_SCHEMA_NAME => (
            FaultKind::Drift,
            "a table or field of the map is gone",
            "Check the data map against the live schema, and search again.",
        ),
        SqlState::QUERY_CANCELED => (
            FaultKind::Limit,
            "reading took longer than the limit",
            "Raise the limit, or make an index for the fields that identify.",
        ),
        SqlState::LOCK_NOT_AVAILABLE => (
            FaultKind::Busy,
            "another session has locked the table",
            "Try again when that session is done.",
        ),
        SqlState::TOO_MANY_CONNECTIONS
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::T_R_SERIALIZATION_FAILURE => {
            (FaultKind::Busy, "the server is busy", "Try again in a little while.")
        }
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => return silent(place),
        SqlState::UNTRANSLATABLE_CHARACTER | SqlState::CHARACTER_NOT_IN_REPERTOIRE => (
            FaultKind::Damaged,
            "the table holds text that is not in the database's own encoding",
            "Have the database's keeper repair the encoding, or search a repaired copy.",
        ),
        _ => return refused(place, code.code()),
    };
    Fault::new(kind, place, what, remedy)
}

/// Trouble on the way to the server. The crate's own kinds are told by their fixed words.
fn wire_fault(place: &str, error: &postgres::Error) -> Fault {
    let words = error.to_string();
    if words.contains("TLS") {
        return Fault::new(
            FaultKind::Denied,
            place,
            "no encrypted connection that satisfies the map could be made",
            "Check tls and ca_file in the data map, and the server's certificate and its name.",
        );
    }
    if words.contains("authentication") || words.contains("configuration") {
        return Fault::new(
            FaultKind::Denied,
            place,
            "the server asks for a password, or in a way this program does not know",
            "Check user and password_file in the data map.",
        );
    }
    if words.contains("deserializing") {
        return Fault::new(
            FaultKind::Damaged,
            place,
            "the table holds text that is not UTF-8",
            "Have the database's keeper repair the encoding, or search a repaired copy.",
        );
    }
    silent(place)
}
