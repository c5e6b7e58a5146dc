//! The people of the sample society. Three of them are written by hand; the rest are dealt from a
//! fixed generator, so that every run gives the same society. Telephone numbers come from the
//! ranges kept for drama, domains are the example ones, and the postcodes only look like some.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

/// How many members the society has.
pub const MEMBERS: u32 = 10_000;
/// Row number of the member who asks: HM-004711.
pub const AMARA: u32 = 4711;
/// Her husband: the same address and landline, another person.
pub const HUSBAND: u32 = 4712;
/// A member of the same name, who lives where she used to live.
pub const NAMESAKE: u32 = 7302;
/// A telephone that nobody but her household has.
pub const LANDLINE: &str = "01632 960123";

/// A small generator of fixed sequences (SplitMix64): no randomness, the same on every machine.
pub struct Dice(u64);

impl Dice {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `n` - 1.
    pub fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.next() % u64::from(n.max(1))).unwrap_or(0)
    }

    /// One of a list.
    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(u32::try_from(list.len()).unwrap_or(1)) as usize]
    }

    /// A day between two years, both included.
    pub fn day(&mut self, from: i16, to: i16) -> Date {
        let years = u32::try_from(to - from + 1).unwrap_or(1);
        let days = i64::from(self.below(years * 365));
        date(from, 1, 1).checked_add(days.days()).unwrap_or(date(from, 1, 1))
    }
}

const FORENAMES: &[&str] = &[
    "Adrian", "Agnes", "Alan", "Beatrice", "Bernard", "Bethan", "Callum", "Catrin", "Ceri",
    "Clara", "Colin", "Daphne", "Deborah", "Declan", "Desmond", "Dilys", "Edith", "Edwin",
    "Elspeth", "Emeka", "Farida", "Fergus", "Fiona", "Gareth", "Gillian", "Giles", "Gwen",
    "Hamish", "Harriet", "Imran", "Ingrid", "Isla", "Jasper", "Jocelyn", "Kenneth", "Kirsty",
    "Leila", "Lionel", "Lorna", "Magnus", "Maureen", "Morag", "Nadia", "Nigel", "Oonagh", "Oswald",
    "Pavel", "Pearl", "Quentin", "Rashid", "Rhona", "Roland", "Saskia", "Selwyn", "Shona",
    "Stella", "Sunita", "Trevor", "Ursula", "Vernon", "Wanda", "Winifred", "Yusuf", "Zelda",
];

const SURNAMES: &[&str] = &[
    "Ablett",
    "Ashdown",
    "Balfour",
    "Barraclough",
    "Beddoes",
    "Birtwhistle",
    "Blenkin",
    "Bowyer",
    "Brackley",
    "Cadwell",
    "Chilcott",
    "Clamp",
    "Coldridge",
    "Crabtree",
    "Dalgleish",
    "Darby",
    "Denholm",
    "Drabble",
    "Dunnock",
    "Eccles",
    "Elphick",
    "Entwistle",
    "Fairbrother",
    "Farrow",
    "Flinders",
    "Gathercole",
    "Gledhill",
    "Goodacre",
    "Gosling",
    "Greenhalgh",
    "Haddow",
    "Hallett",
    "Heslop",
    "Holroyd",
    "Ibbotson",
    "Inchbald",
    "Jellicoe",
    "Kettley",
    "Kirkbride",
    "Lamplugh",
    "Larwood",
    "Lathom",
    "Lockyer",
    "Maddock",
    "Mapplebeck",
    "Midgley",
    "Musgrave",
    "Netherway",
    "Oakshott",
    "Ollerton",
    "Pargeter",
    "Peverell",
    "Pinder",
    "Postlethwaite",
    "Ramsbottom",
    "Rastrick",
    "Rudge",
    "Sallow",
    "Scholey",
    "Shipley",
    "Skelhorn",
    "Stannard",
    "Tattersall",
    "Thackray",
    "Threlfall",
    "Tindle",
    "Ullathorne",
    "Varley",
    "Wadlow",
    "Wagstaff",
    "Whitlock",
    "Winstanley",
    "Wrathall",
    "Yelland",
];

const STREETS: &[&str] = &[
    "Chapel Road",
    "Church Street",
    "Ferry Road",
    "Fore Street",
    "Garden Terrace",
    "High Street",
    "Market Street",
    "Old Ferry Road",
    "Orchard Close",
    "Park Avenue",
    "Quay Street",
    "School Lane",
    "Station Road",
    "The Green",
    "Tower Hill",
    "Vicarage Road",
];

const TOWNS: &[&str] = &["Exwick", "Saltmouth", "Little Haven", "Upper Quay", "Westerby"];

/// Area codes with the first digits of the numbers kept for drama in them.
const LANDLINES: &[(&str, &str)] = &[
    ("01632", "960"),
    ("0113 496", "0"),
    ("0114 496", "0"),
    ("0115 496", "0"),
    ("0116 496", "0"),
    ("0117 496", "0"),
    ("0121 496", "0"),
    ("0131 496", "0"),
    ("0141 496", "0"),
    ("0151 496", "0"),
    ("0161 496", "0"),
    ("0191 498", "0"),
    ("020 7946", "0"),
];

/// A member, as the society's records have them.
#[derive(Debug, Clone)]
pub struct Member {
    /// Row number; the member number is made of it.
    pub id: u32,
    /// "Ms"; empty for many.
    pub title: &'static str,
    /// Forename.
    pub forename: String,
    /// Surname.
    pub surname: String,
    /// Surname before marriage.
    pub maiden: Option<&'static str>,
    /// E-mail address as typed.
    pub email: String,
    /// Mobile, in one of the formats people type.
    pub mobile: String,
    /// Landline.
    pub landline: String,
    /// Date of birth.
    pub born: Date,
    /// First line of the address.
    pub line1: String,
    /// Town.
    pub town: &'static str,
    /// Postcode.
    pub postcode: String,
    /// Day of joining.
    pub joined: Date,
}

impl Member {
    /// "HM-004711".
    pub fn number(&self) -> String {
        format!("HM-{:06}", self.id)
    }

    /// Forename and surname.
    pub fn name(&self) -> String {
        format!("{} {}", self.forename, self.surname)
    }
}

/// The member of a row number: always the same one.
pub fn member(id: u32) -> Member {
    let mut dice = Dice::new(u64::from(id));
    let forename = dice.pick(FORENAMES);
    let surname = dice.pick(SURNAMES);
    let domain = dice.pick(&["com", "org", "net"]);
    let email = format!("{forename}.{surname}{id}@example.{domain}").to_lowercase();
    let m = Member {
        id,
        title: dice.pick(&["", "", "Mr", "Mrs", "Ms", "Dr"]),
        forename: forename.to_owned(),
        surname: surname.to_owned(),
        maiden: None,
        email,
        mobile: mobile(&mut dice),
        landline: landline(&mut dice),
        born: dice.day(1935, 2004),
        line1: format!("{} {}", 1 + dice.below(180), dice.pick(STREETS)),
        town: dice.pick(TOWNS),
        postcode: postcode(&mut dice),
        joined: dice.day(2004, 2025),
    };
    cast(m)
}

/// The members who are written by hand.
fn cast(m: Member) -> Member {
    let home = |line1: &str, postcode: &str, m: Member| Member {
        line1: line1.into(),
        town: "Exwick",
        postcode: postcode.into(),
        surname: "Quill".into(),
        ..m
    };
    match m.id {
        AMARA => Member {
            title: "Mrs",
            forename: "Amara".into(),
            maiden: Some("Fenwick"),
            email: "Amara.Quill@Example.org".into(),
            mobile: "07700 900123".into(),
            landline: LANDLINE.into(),
            born: date(1984, 3, 17),
            joined: date(2014, 5, 2),
            ..home("14 Harbour Terrace", "EX4 2QL", m)
        },
        HUSBAND => Member {
            title: "Mr",
            forename: "Tobias".into(),
            email: "tobias.quill@example.net".into(),
            mobile: "07700 900124".into(),
            landline: LANDLINE.into(),
            born: date(1981, 11, 30),
            joined: date(2018, 6, 9),
            ..home("14 Harbour Terrace", "EX4 2QL", m)
        },
        NAMESAKE => Member {
            title: "Miss",
            forename: "Amara".into(),
            email: "a.quill.mill@example.com".into(),
            mobile: "07700 900456".into(),
            landline: "01632 960456".into(),
            born: date(2001, 8, 4),
            joined: date(2021, 9, 1),
            ..home("5 Mill Lane", "EX4 3PN", m)
        },
        _ => m,
    }
}

/// A mobile as people type it; the numbers of the cast are nobody else's.
fn mobile(dice: &mut Dice) -> String {
    let n = match dice.below(1000) {
        123 | 124 | 456 => 789,
        n => n,
    };
    match dice.below(5) {
        0 => format!("07700900{n:03}"),
        1 => format!("+44 7700 900{n:03}"),
        2 => format!("07700-900-{n:03}"),
        _ => format!("07700 900{n:03}"),
    }
}

fn landline(dice: &mut Dice) -> String {
    let (area, first) = LANDLINES[dice.below(13) as usize];
    let n = match dice.below(1000) {
        123 | 140 | 456 => 789,
        n => n,
    };
    format!("{area} {first}{n:03}")
}

/// A postcode outside EX4, where the cast live.
fn postcode(dice: &mut Dice) -> String {
    let out = dice.pick(&["EX1", "EX2", "EX3", "EX5", "EX6", "EX7", "EX8"]);
    const LETTERS: &[&str] = &["A", "B", "D", "E", "F", "G", "H", "J", "L", "N", "P", "R"];
    format!("{out} {}{}{}", 1 + dice.below(9), dice.pick(LETTERS), dice.pick(LETTERS))
}
