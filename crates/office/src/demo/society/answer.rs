//! The answer key: everything in the sample society that a search for the member who asks has to
//! find, and what has to become of it before anybody has looked. For tests; it uses nothing else
//! of the program.

/// What becomes of an item that nobody has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is hers and about nobody else: it goes into the pack.
    Included,
    /// A person has to look first: it stays out.
    ForAPerson,
}

/// One item of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// Title of the holding.
    pub holding: &'static str,
    /// Title of the item: place and row, subject, or name of the file.
    pub item: &'static str,
    /// What becomes of it.
    pub fate: Fate,
}

const CLUB: &str = "Club database";
const NEWS: &str = "Newsletter list";
const BOOKINGS: &str = "Hall and stall bookings";
const MAIL: &str = "Society mail";
const LETTERS: &str = "Letters and minutes";

/// Hers alone.
const INCLUDED: &[(&str, &str)] = &[
    (CLUB, "members, id=4711"),
    (CLUB, "addresses, id=4711"),
    (CLUB, "addresses, id=14711"),
    (CLUB, "payments, id=47110"),
    (CLUB, "payments, id=47111"),
    (CLUB, "payments, id=47112"),
    (CLUB, "payment_audit, id=47111"),
    (CLUB, "event_bookings, id=47110"),
    (CLUB, "correspondence, id=47110"),
    (CLUB, "correspondence, id=47111"),
    (CLUB, "committee_notes, id=47110"),
    (NEWS, "newsletter.csv, 705"),
    (BOOKINGS, "Hall hire, 124"),
    (BOOKINGS, "Summer fair stalls, 66"),
    (MAIL, "Renewal question"),
    (MAIL, "Re: Renewal question"),
    // Found only by the old address that the stall list teaches.
    (MAIL, "Spring walk"),
    (MAIL, "Refund for the autumn walk"),
    (LETTERS, "booking-form-2025-07-05.pdf"),
    (LETTERS, "2018-07-04-change-of-name.odt"),
    (LETTERS, "2026-02-03-renewal-HM-004711.docx"),
];

/// Hers, but somebody else is named in it.
const OTHERS_NAMED: &[(&str, &str)] = &[
    (CLUB, "event_bookings, id=47111"),
    (CLUB, "correspondence, id=47112"),
    (CLUB, "committee_notes, id=47111"),
    (MAIL, "Tea stall rota"),
    (MAIL, "Household membership"),
    // Between other people, who speak of her.
    (MAIL, "Hall on 5 July"),
    (LETTERS, "2025-03-11-committee.pdf"),
];

/// Her name without more, or a number that is hers but for its zeros: hers perhaps.
const PERHAPS: &[(&str, &str)] = &[
    (MAIL, "Complaint about the slipway"),
    (MAIL, "Direct debit collected"),
    (LETTERS, "thank-you.html"),
    (LETTERS, "2025-09-09-committee.docx"),
    (LETTERS, "2025-08-30-about-the-slipway.txt"),
];

/// Her husband's: found because they share a landline.
const HUSBAND: &[(&str, &str)] = &[
    (CLUB, "members, id=4712"),
    (CLUB, "addresses, id=4712"),
    (CLUB, "payments, id=47120"),
    (CLUB, "event_bookings, id=47120"),
    (CLUB, "correspondence, id=47120"),
    (NEWS, "newsletter.csv, 706"),
    (BOOKINGS, "Hall hire, 125"),
    (MAIL, "New bank details"),
    (LETTERS, "2024-10-08-bank-details.txt"),
];

/// The other member of her name, at the postcode she left.
const NAMESAKE: &[(&str, &str)] = &[
    (CLUB, "members, id=7302"),
    (CLUB, "addresses, id=7302"),
    (CLUB, "payments, id=73020"),
    (CLUB, "event_bookings, id=73020"),
    (NEWS, "newsletter.csv, 707"),
    (MAIL, "Lost card"),
];

/// Words that point at other people: none of them may stand in what is included.
pub const NOT_HERS: &[&str] = &[
    "Plimmer",
    "Harcombe",
    "Oakes",
    "Tobias",
    "HM-004712",
    "HM-007302",
    "a.quill.mill",
    "tobias.quill",
    "900124",
    "900456",
    "5 Mill Lane",
];

/// The whole key, in order.
pub fn expected() -> Vec<Expected> {
    let included = INCLUDED.iter().map(|(holding, item)| (holding, item, Fate::Included));
    let looked_at = [OTHERS_NAMED, PERHAPS, HUSBAND, NAMESAKE].into_iter().flatten();
    let looked_at = looked_at.map(|(holding, item)| (holding, item, Fate::ForAPerson));
    let all = included.chain(looked_at);
    let mut all: Vec<_> =
        all.map(|(holding, item, fate)| Expected { holding, item, fate }).collect();
    all.sort_unstable();
    all
}
