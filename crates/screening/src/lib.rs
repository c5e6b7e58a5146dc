//! Identifiers: their kinds, normal forms, keyed hashes, and finding them in text. Pure.
//!
//! Two writings of one e-mail address, telephone number or postcode have the same normal form,
//! and only normal forms are compared, hashed or stored for comparison. A weaker form (an e-mail
//! address without its plus tag, a member number without leading zeros) is offered apart: it finds
//! what a person must then confirm, and never decides. The [`premises`] of a postal address only
//! ever block: they are no [`Kind`], so nobody is found, known or taught by them.
//!
//! A list of many rows is screened against the hashes of those who may not be contacted: see
//! [`screen`].
//!
//! Nothing here reads a clock or the network, only [`screen`] and [`inspect`] read files, and no
//! error or explanation repeats a value.

use serde::{Deserialize, Serialize};

mod book;
mod checks;
mod columns;
mod keyed;
mod list;
mod names;
mod normal;
mod passages;
mod phone;
mod recognise;
mod words;

pub use book::Book;
pub use columns::likely_kind;
pub use keyed::{Hashes, KeyedHash, PREMISES, PREMISES_RULE};
pub use list::{
    At, Cell, Column, ColumnNote, Digest, Encoding, Fault, Format, Guess, Outcome, Outs, Plan,
    Reason, ScreenError, Shape, Verdict, Verdicts, inspect, screen, screen_rows,
};
pub use names::{NameFit, fit, fold};
pub use normal::{
    NotNormal, bank_account_uk, member_number_loose, normalise, premises, weak_email,
};
pub use passages::{Passage, Subject, about_others, again, is_english, own_places};
pub use recognise::{Hit, recognise};

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

impl Kind {
    /// Every kind, in the order in which they are declared.
    pub const ALL: [Kind; 11] = [
        Kind::Email,
        Kind::Phone,
        Kind::MemberNumber,
        Kind::Name,
        Kind::Postcode,
        Kind::Address,
        Kind::Born,
        Kind::NationalInsurance,
        Kind::NhsNumber,
        Kind::BankAccount,
        Kind::Card,
    ];

    /// The stable name in files and hashes, the same as in serde: `national-insurance`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Phone => "phone",
            Kind::MemberNumber => "member-number",
            Kind::Name => "name",
            Kind::Postcode => "postcode",
            Kind::Address => "address",
            Kind::Born => "born",
            Kind::NationalInsurance => "national-insurance",
            Kind::NhsNumber => "nhs-number",
            Kind::BankAccount => "bank-account",
            Kind::Card => "card",
        }
    }

    /// The kind that [`Kind::name`] gives this name to.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
