//! Identifiers: their kinds, normal forms, keyed hashes, and finding them in text. Pure.

use serde::{Deserialize, Serialize};

/// The kinds of identifier Candour knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A member, customer or employee number the organisation gave.
    MemberNumber,
    /// A name of a person. Never enough on its own.
    Name,
    /// A UK postcode. Never enough on its own.
    Postcode,
    /// A postal address in one line.
    Address,
    /// A date of birth. Never enough on its own.
    Born,
    /// A National Insurance number.
    NationalInsurance,
    /// An NHS number.
    NhsNumber,
    /// A bank account: IBAN, or sort code and account number.
    BankAccount,
    /// A payment card number.
    Card,
}
