//! What names of fields tell: "surname", "dob", "MobileNo", "guest_name".
//!
//! A reading of a name is a proposal, tested on samples by a scan; nothing is searched
//! on the strength of it alone.

use serde::{Deserialize, Serialize};

use crate::{Category, Kind};

/// Which part of a person's name a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NamePart {
    /// The whole name.
    Full,
    /// Forenames.
    Given,
    /// Middle names.
    Middle,
    /// Surname.
    Family,
    /// A name formerly used, whole or surname.
    Former,
}

/// What the name of a field says of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Category of data.
    pub category: Category,
    /// Identifier, if it should be one.
    pub identifier: Option<Kind>,
    /// Part of a name, if it is one.
    pub part: Option<NamePart>,
    /// About somebody else than the row.
    pub others: bool,
    /// Whether the words leave no doubt.
    pub sure: bool,
}

/// One line of the dictionary: any of the words, and what they mean.
struct Entry(&'static [&'static str], Category, Option<Kind>, Option<NamePart>);

/// Words of one token or several joined; the first line that fits decides. A word of six letters
/// or more also fits inside a longer run-together name.
#[rustfmt::skip] // One entry, few lines: a dictionary to read, not a column of words.
const DICTIONARY: &[Entry] = &{
    use Category as C;
    use Kind as K;
    use NamePart as N;
    [
        Entry(&["password", "passwd", "passhash", "pwhash", "salt", "secret", "token", "apikey"],
            C::Credential, None, None),
        Entry(&["consent", "optin", "optout", "gdpr", "unsubscribed", "preference", "donotcall",
            "newsletter", "mailing"], C::Preference, None, None),
        Entry(&["email", "mail", "emailaddress"], C::Contact, Some(K::Email), None),
        Entry(&["phone", "telephone", "tel", "telno", "mobile", "mob", "mobileno", "cell",
            "landline", "fax"], C::Contact, Some(K::Phone), None),
        Entry(&["nhs", "nhsno", "nhsnumber"], C::Health, Some(K::NhsNumber), None),
        Entry(&["nino", "ninumber", "nationalinsurance", "natins", "nationalinsuranceno"],
            C::Official, Some(K::NationalInsurance), None),
        Entry(&["nationalid", "passport", "drivinglicence", "licenceno", "taxref", "utr",
            "idcard", "visa"], C::Official, None, None),
        Entry(&["cardnumber", "cardno"], C::Financial, Some(K::Card), None),
        Entry(&["iban", "bankaccount"], C::Financial, Some(K::BankAccount), None),
        Entry(&["memberno", "membernumber", "memberref", "membershipno", "membershipnumber",
            "customerno", "customernumber", "customerref", "clientno", "clientnumber", "clientref",
            "employeeno", "employeenumber", "staffno", "staffnumber", "payrollno",
            "payrollnumber", "supporterno", "supporternumber", "donorno", "studentno",
            "studentnumber", "patientno", "personref"],
            C::Identifying, Some(K::MemberNumber), None),
        Entry(&["maidenname", "formername", "previousname", "birthname", "formersurname"],
            C::Name, Some(K::Name), Some(N::Former)),
        Entry(&["forename", "forenames", "firstname", "givenname", "givennames", "fname",
            "christianname", "knownas", "preferredname"], C::Name, Some(K::Name), Some(N::Given)),
        Entry(&["surname", "lastname", "familyname", "lname", "sname"],
            C::Name, Some(K::Name), Some(N::Family)),
        Entry(&["middlename", "middlenames"], C::Name, Some(K::Name), Some(N::Middle)),
        Entry(&["fullname", "displayname", "personname", "membername", "customername",
            "clientname", "contactname", "holdername", "accountholder", "donorname", "payername",
            "guestname", "attendeename", "delegatename", "spousename", "partnername",
            "parentname", "guardianname", "carername", "childname", "ownername", "authorname",
            "sendername", "recipientname", "refereename", "staffname", "employeename",
            "tenantname", "nextofkin", "emergencycontact"], C::Name, Some(K::Name), Some(N::Full)),
        Entry(&["initials", "salutation", "honorific", "postnominals"], C::Name, None, None),
        Entry(&["dob", "dateofbirth", "birthdate", "birthday", "born", "dateborn"],
            C::Birth, Some(K::Born), None),
        Entry(&["birthyear", "yearofbirth", "birthplace", "placeofbirth", "age"],
            C::Birth, None, None),
        Entry(&["ipaddress", "ip", "useragent", "cookie", "device", "session", "username",
            "login", "macaddress"], C::Online, None, None),
        Entry(&["postcode", "postalcode", "zip", "zipcode", "pcode"],
            C::Address, Some(K::Postcode), None),
        Entry(&["fulladdress", "postaladdress", "homeaddress", "address", "addr"],
            C::Address, Some(K::Address), None),
        Entry(&["address1", "address2", "address3", "addressline", "addrline", "line1", "line2",
            "line3", "street", "town", "city", "county", "country", "locality", "uprn"],
            C::Address, None, None),
        Entry(&["ethnic", "ethnicity", "race"], C::Ethnicity, None, None),
        Entry(&["religion", "faith", "belief"], C::Belief, None, None),
        Entry(&["political", "party"], C::Politics, None, None),
        Entry(&["union", "tradeunion"], C::Union, None, None),
        Entry(&["orientation", "sexuality"], C::Sexuality, None, None),
        Entry(&["disability", "disabilities", "medical", "health", "diet", "dietary", "allergy",
            "allergies", "diagnosis", "medication", "accessneeds"], C::Health, None, None),
        Entry(&["conviction", "convictions", "criminal", "offence", "dbs"],
            C::Criminal, None, None),
        Entry(&["gender", "sex", "nationality", "language", "pronouns", "marital"],
            C::Demographic, None, None),
        Entry(&["sortcode", "accountno", "accountnumber", "bic", "swift", "amount", "price",
            "fee", "fees", "payment", "paid", "donation", "gift", "salary", "invoice", "balance",
            "currency", "giftaid", "subscription"], C::Financial, None, None),
        Entry(&["job", "jobtitle", "employer", "occupation", "department", "grade", "appraisal"],
            C::Employment, None, None),
        Entry(&["qualification", "qualifications", "course", "school", "training", "degree"],
            C::Education, None, None),
        Entry(&["spouse", "children", "dependants", "relationship", "household"],
            C::Family, None, None),
        Entry(&["photo", "photograph", "picture", "portrait", "avatar", "image"],
            C::Image, None, None),
        Entry(&["latitude", "longitude", "lat", "lng", "lon", "gps", "location"],
            C::Location, None, None),
        Entry(&["subject", "body", "message", "letter", "sent", "direction", "reply"],
            C::Communication, None, None),
        Entry(&["note", "notes", "comment", "comments", "remark", "remarks", "opinion",
            "feedback", "description"], C::Opinion, None, None),
        Entry(&["booking", "booked", "event", "attended", "attendance", "order", "visit",
            "purchase", "activity"], C::Behaviour, None, None),
        Entry(&["status", "joined", "joinedat", "membership", "renewal", "renewed", "expires",
            "lapsed", "account", "tier"], C::Account, None, None),
    ]
};

/// Words that say a field is about somebody else than the person the row is about.
const OTHERS: &[&str] = &[
    "guest",
    "payer",
    "emergency",
    "nok",
    "kin",
    "spouse",
    "partner",
    "parent",
    "guardian",
    "carer",
    "referee",
    "reference",
    "sender",
    "from",
    "recipient",
    "beneficiary",
    "witness",
    "author",
    "manager",
    "approver",
    "contact",
    "child",
    "sponsor",
    "proposer",
    "seconder",
];

/// Fields that serve the machine.
const SYSTEM: &[&str] = &[
    "id",
    "uuid",
    "guid",
    "rowid",
    "created",
    "createdat",
    "updated",
    "updatedat",
    "modified",
    "deleted",
    "version",
    "checksum",
    "sortorder",
];

/// Split a field's name into lower-case words: "DateOfBirth", "date_of_birth", "tel-no".
#[must_use]
pub fn tokens(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in name.chars() {
        let breaks = !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        if breaks && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// Whether the words appear in the tokens: as one token, as neighbours, or, if long, inside.
fn says(tokens: &[String], joined: &str, word: &str) -> bool {
    if tokens.iter().any(|t| t == word) || (word.len() >= 6 && joined.contains(word)) {
        return true;
    }
    (0..tokens.len()).any(|from| {
        let mut run = String::new();
        tokens[from..].iter().any(|t| {
            run.push_str(t);
            run == word
        })
    })
}

/// What the name of a field says, or `None` if it says nothing known.
#[must_use]
pub fn read(name: &str) -> Option<Reading> {
    let tokens = tokens(name);
    let joined = tokens.concat();
    let says = |word: &&str| says(&tokens, &joined, word);
    let others = OTHERS.iter().any(|w| tokens.iter().any(|t| t == w));
    if let Some(Entry(_, category, identifier, part)) =
        DICTIONARY.iter().find(|Entry(words, ..)| words.iter().any(says))
    {
        // "email_verified", "phone_type", "address_id" are about the thing, not the thing.
        const ABOUT: [&str; 9] =
            ["type", "verified", "confirmed", "valid", "id", "count", "status", "bounced", "at"];
        let about = tokens.len() > 1 && tokens.last().is_some_and(|t| ABOUT.contains(&t.as_str()));
        let identifier = identifier.filter(|_| !about);
        let part = part.filter(|_| !about);
        return Some(Reading { category: *category, identifier, part, others, sure: true });
    }
    if tokens.last().is_some_and(|t| t == "name") {
        // A lone "name" may be a person's or a product's: the collection and the samples decide.
        let (category, identifier) = (Category::Name, Some(Kind::Name));
        let part = Some(NamePart::Full);
        let sure = false;
        return (tokens.len() == 1 || others).then_some(Reading {
            category,
            identifier,
            part,
            others,
            sure,
        });
    }
    let system = SYSTEM.iter().any(|w| joined == *w || tokens.first().is_some_and(|t| t == w));
    let category = Category::System;
    (system || tokens.last().is_some_and(|t| t == "id")).then_some(Reading {
        category,
        identifier: None,
        part: None,
        others: false,
        sure: true,
    })
}

/// Which part of a name a field holds, by its name.
#[must_use]
pub fn part(name: &str) -> NamePart {
    read(name).and_then(|r| r.part).unwrap_or(NamePart::Full)
}

/// A word without its plural: "members" to "member", "addresses" to "address".
#[must_use]
pub fn singular(word: &str) -> String {
    let word = word.to_lowercase();
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if word == "people" {
        return "person".to_owned();
    }
    for ending in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usual_names() {
        let kind = |n: &str| read(n).and_then(|r| r.identifier);
        for (name, expected) in [
            ("email", Some(Kind::Email)),
            ("EmailAddress", Some(Kind::Email)),
            ("e_mail", Some(Kind::Email)),
            ("from_email", Some(Kind::Email)),
            ("email_verified", None),
            ("tel_no", Some(Kind::Phone)),
            ("MobileNo", Some(Kind::Phone)),
            ("hotel", None),
            ("dob", Some(Kind::Born)),
            ("date_of_birth", Some(Kind::Born)),
            ("birth_year", None),
            ("post_code", Some(Kind::Postcode)),
            ("NINO", Some(Kind::NationalInsurance)),
            ("nhs_number", Some(Kind::NhsNumber)),
            ("member_no", Some(Kind::MemberNumber)),
            ("member_id", None),
            ("iban", Some(Kind::BankAccount)),
            ("forename", Some(Kind::Name)),
            ("address_id", None),
            ("age", None),
            ("stage", None),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn knows_parts_of_names_and_other_people() {
        assert_eq!(part("last_name"), NamePart::Family);
        assert_eq!(part("Forenames"), NamePart::Given);
        assert_eq!(part("name"), NamePart::Full);
        assert_eq!(part("maiden_name"), NamePart::Former);
        assert!(read("guest_name").is_some_and(|r| r.others && r.part == Some(NamePart::Full)));
        assert!(read("payer_name").is_some_and(|r| r.others));
        assert!(read("surname").is_some_and(|r| !r.others));
        assert_eq!(read("event_name").map(|r| r.category), Some(Category::Behaviour));
        assert_eq!(read("product_name"), None);
        assert!(read("name").is_some_and(|r| !r.sure));
    }

    #[test]
    fn tells_machine_fields_and_special_categories() {
        assert_eq!(read("created_at").map(|r| r.category), Some(Category::System));
        assert_eq!(read("member_id").map(|r| r.category), Some(Category::System));
        assert_eq!(read("dietary_notes").map(|r| r.category), Some(Category::Health));
        assert_eq!(read("xyzzy"), None);
    }

    #[test]
    fn makes_singulars() {
        for (many, one) in [
            ("members", "member"),
            ("addresses", "address"),
            ("people", "person"),
            ("companies", "company"),
            ("status", "status"),
            ("boxes", "box"),
            ("houses", "house"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
