//! Tell-tales: what in a text speaks against the class it claims. Pure.
//!
//! They don't decide: a person does, and says why. Two of them bind, since the law leaves no room:
//! marketing by e-mail must say who sends it and how to stop it (PECR reg 23).

use serde::{Deserialize, Serialize};

use crate::permissions::Class;

/// Something in a text that speaks against its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tell {
    /// Special offers, discounts, pressure of time.
    Offer,
    /// A price that invites.
    Price,
    /// Asks to buy or to book.
    Buy,
    /// Asks for money for a cause.
    Donate,
    /// Asks to join or to renew with an advantage.
    Join,
    /// Asks to support aims.
    Aims,
    /// Follows readers through links.
    Tracking,
    /// Promotes by the way: other products, partners, social media.
    ByTheWay,
    /// Asks whether more may be sent.
    AsksConsent,
    /// Urges how to vote.
    UrgesVote,
    /// A notice to members that is about no meeting, ballot or rule.
    NoGovernance,
    /// No way to stop it.
    NoOptOut,
    /// No name of the sender.
    NoSender,
}

/// A tell-tale and the words that gave it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which.
    pub tell: Tell,
    /// The words; empty if it is their lack.
    pub words: String,
}

impl Tell {
    /// What it says against the class, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Offer => "An offer or a discount promotes: that is marketing",
            Self::Price => "A price that invites promotes: that is marketing",
            Self::Buy => "Asking people to buy or book something new is marketing",
            Self::Donate => "Asking for money for a cause is fundraising, and that is marketing",
            Self::Join => "Asking people to join or come back is marketing",
            Self::Aims => "Promoting aims and campaigns is marketing too",
            Self::Tracking => "Links that measure a campaign are found in marketing",
            Self::ByTheWay => "One promoting line makes the whole message marketing",
            Self::AsksConsent => "Asking whether more may be sent is itself marketing",
            Self::UrgesVote => "A notice says what is voted on; urging how to vote promotes",
            Self::NoGovernance => "Nothing here is about a meeting, a ballot or the rules",
            Self::NoOptOut => "Marketing must say how to stop it",
            Self::NoSender => "Marketing must say who sends it",
        }
    }

    /// Where it is written.
    pub fn source(self) -> &'static str {
        match self {
            Self::NoOptOut | Self::NoSender => "PECR reg 23",
            Self::NoGovernance | Self::UrgesVote => "House rule on classes of message",
            _ => "PECR reg 2(1), direct marketing",
        }
    }

    /// No reason can outweigh it.
    pub fn binds(self) -> bool {
        matches!(self, Self::NoOptOut | Self::NoSender)
    }
}

/// Words of each tell-tale, in lower case; whole words only.
const WORDS: &[(Tell, &[&str])] = &[
    (
        Tell::Offer,
        &[
            "special offer",
            "exclusive offer",
            "limited offer",
            "offer ends",
            "limited time",
            "discount",
            "discounts",
            "% off",
            "per cent off",
            "half price",
            "two for one",
            "2 for 1",
            "free trial",
            "early bird",
            "promo code",
            "discount code",
            "while stocks last",
            "don't miss",
            "last chance",
        ],
    ),
    (Tell::Price, &["only £", "just £", "from £", "save £", "now £", "under £", "tickets £"]),
    (
        Tell::Buy,
        &[
            "book now",
            "book your place",
            "book your tickets",
            "book today",
            "buy now",
            "buy your",
            "order now",
            "shop now",
            "sign up today",
            "register now",
            "get your tickets",
            "reserve your place",
            "upgrade now",
        ],
    ),
    (
        Tell::Donate,
        &[
            "donate",
            "make a donation",
            "make a gift",
            "please give",
            "give today",
            "gift in your will",
            "leave a legacy",
            "our appeal",
        ],
    ),
    (
        Tell::Join,
        &["join us", "join now", "join today", "become a member", "become a supporter", "rejoin"],
    ),
    (
        Tell::Aims,
        &[
            "support our",
            "back our campaign",
            "sign our petition",
            "sign the petition",
            "write to your mp",
            "help us campaign",
            "our campaign",
        ],
    ),
    (Tell::Tracking, &["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"]),
    (
        Tell::ByTheWay,
        &[
            "you may also like",
            "you might also like",
            "recommended for you",
            "follow us on",
            "our newsletter",
            "from our partners",
            "from our sponsors",
            "why not try",
        ],
    ),
    (
        Tell::AsksConsent,
        &[
            "like to hear from us",
            "want to hear from us",
            "may we keep in touch",
            "can we keep in touch",
            "stay in touch",
            "let's keep in touch",
            "opt in",
            "opt-in",
            "happy for us to contact you",
            "happy for us to email you",
            "agree to receive",
            "consent to receive",
        ],
    ),
];

const URGES: &[&str] = &["vote for", "vote yes", "vote no", "vote against", "please vote to"];

const GOVERNANCE: &[&str] = &[
    "vote",
    "votes",
    "voting",
    "ballot",
    "ballots",
    "annual general meeting",
    "agm",
    "general meeting",
    "members' meeting",
    "election",
    "elections",
    "nominations",
    "quorum",
    "resolution",
    "resolutions",
    "special resolution",
    "proxy",
    "rules",
    "articles of association",
    "constitution",
    "trustees' report",
];

const OPT_OUT: &[&str] = &[
    "unsubscribe",
    "opt out",
    "opt-out",
    "stop receiving",
    "stop these messages",
    "stop these emails",
    "reply stop",
    "text stop",
    "no longer wish to",
    "no longer want",
    "do not want to hear",
    "don't want to hear",
    "not want to receive",
    "tell us to stop",
    "change what you hear",
];

/// Sentences that name the way out only to bar it.
const BARRED: &[&str] = &[
    "cannot unsubscribe",
    "can't unsubscribe",
    "not possible to unsubscribe",
    "cannot opt out",
    "can't opt out",
    "unable to unsubscribe",
];

/// What in a text speaks against the class it claims. `senders` are the organisation's names.
pub fn tells(class: Class, text: &str, senders: &[&str]) -> Vec<Told> {
    let text = plain(text);
    let mut found = Vec::new();
    let mut note = |tell, words: &str| found.push(Told { tell, words: words.to_owned() });
    if class.is_marketing() {
        let barred = BARRED.iter().any(|w| holds(&text, w));
        if barred || !OPT_OUT.iter().any(|w| holds(&text, w)) {
            note(Tell::NoOptOut, "");
        }
        let named = |s: &&str| !s.trim().is_empty() && holds(&text, &plain(s));
        if !senders.iter().any(named) {
            note(Tell::NoSender, "");
        }
        return found;
    }
    for (tell, words) in WORDS {
        if let Some(word) = words.iter().find(|w| holds(&text, w)) {
            note(*tell, word);
        }
    }
    if let Some(word) = URGES.iter().find(|w| holds(&text, w)) {
        note(Tell::UrgesVote, word);
    }
    if class == Class::Governance && !GOVERNANCE.iter().any(|w| holds(&text, w)) {
        note(Tell::NoGovernance, "");
    }
    found
}

/// Lower case, one blank between words, one kind of apostrophe.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase().replace(['\u{2019}', '\u{2018}', '\u{2bc}'], "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text holds these words as whole words.
fn holds(text: &str, words: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    let (first, last) = (words.starts_with(letter), words.ends_with(letter));
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(letter);
        let after = text[at + words.len()..].chars().next().is_some_and(letter);
        !(first && before || last && after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &[&str] = &["Harbour Members' Society"];

    fn found(class: Class, text: &str) -> Vec<Tell> {
        tells(class, text, US).into_iter().map(|t| t.tell).collect()
    }

    #[test]
    fn what_people_asked_for_passes_as_service() {
        let texts = [
            "Dear member, we have received your payment of £45.00. Your receipt number is 20417. \
             Please keep this message. Harbour Members\u{2019} Society",
            "The talk you booked for 4 March has moved to the library, same time. If you can't \
             come any more, reply to this message and we'll refund the £12 you paid.",
            "Your membership ends on 31 March. To keep it, pay the subscription by then; if you \
             do nothing it ends by itself. Join the meeting about it at https://meet.example/77",
            "Thank you for your donation of £20. This is your receipt for Gift Aid.",
            "Someone asked for a new password for your account. Only £ signs and letters are \
             not enough: choose twelve characters or more.",
        ];
        // The last one is a harmless text with an unlucky turn: a person says so in a reason.
        for (n, text) in texts.iter().enumerate() {
            let told = found(Class::Service, text);
            let expected: &[Tell] = if n == 4 { &[Tell::Price] } else { &[] };
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn promotion_in_the_clothes_of_service_is_told() {
        let cases = [
            ("Your booking is confirmed. Book now for June and get 20% off!", Tell::Offer),
            ("Your booking is confirmed. Book\n  NOW for June.", Tell::Buy),
            ("Here is your receipt. Evening tickets from £15.", Tell::Price),
            ("Here is your receipt. Please donate to the roof fund.", Tell::Donate),
            ("Your account is closed. Join us again any time.", Tell::Join),
            ("Your ticket is attached. Support our campaign for clean water.", Tell::Aims),
            ("Track it: https://a.example/t?id=9&utm_source=mail&utm_campaign=may", Tell::Tracking),
            ("Your order is on its way. You might also like these.", Tell::ByTheWay),
            ("We are tidying our records. Would you like to hear from us?", Tell::AsksConsent),
        ];
        for (text, tell) in cases {
            assert!(found(Class::Service, text).contains(&tell), "{tell:?}: {text}");
        }
    }

    #[test]
    fn a_notice_to_members_is_about_the_society_and_neutral() {
        let notice = "Notice is given that the annual general meeting is held on 12 May at 7pm. \
                      Members elect three trustees; the ballot closes on 10 May.";
        assert_eq!(found(Class::Governance, notice), []);
        let social = "The summer party is on 3 July in the garden. Bring a dish.";
        assert_eq!(found(Class::Governance, social), [Tell::NoGovernance]);
        let urging = "The ballot on the new rules opens today. Vote yes to save the pier.";
        assert_eq!(found(Class::Governance, urging), [Tell::UrgesVote]);
        let mixed = "The AGM is on 12 May. Early bird seats for the concert after it: book now.";
        assert_eq!(found(Class::Governance, mixed), [Tell::Offer, Tell::Buy]);
    }

    #[test]
    fn marketing_says_who_and_how_to_stop() {
        let good = "Our May talks are here. Harbour Members\u{2019} Society, 1 Quay Street. \
                    Unsubscribe: https://a.example/u/1";
        for class in [Class::Marketing, Class::ConsentRequest] {
            assert_eq!(found(class, good), [], "offers are what marketing is for");
            assert_eq!(found(class, "Our May talks are here."), [Tell::NoOptOut, Tell::NoSender]);
        }
        let barred = "Harbour Members' Society. You cannot unsubscribe from these messages.";
        assert_eq!(found(Class::Marketing, barred), [Tell::NoOptOut]);
    }

    #[test]
    fn words_are_whole() {
        let text = "The donated books are in the joint library; the adopting council agrees.";
        assert_eq!(found(Class::Service, text), []);
    }

    #[test]
    fn every_tell_has_its_sentence_and_source() {
        for (tell, words) in WORDS {
            assert!(!tell.sentence().is_empty() && !tell.source().is_empty());
            for w in *words {
                assert_eq!(plain(w), *w, "words are kept as texts are compared");
            }
        }
        assert!(Tell::NoOptOut.binds() && Tell::NoSender.binds() && !Tell::Offer.binds());
    }
}
