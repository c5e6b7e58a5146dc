//! Contact settings as a form: fields from the charter, and the charter from fields. Pure.

use super::contact::{AfterCap, Aim, Cap, Channel, Partner, Permissions, Purpose};
use super::rules::Charter;
use crate::error::{Error, Field, Result};
use crate::kit::forms::Filled;

/// More fieldsets than this of one kind are not read: no charter has them.
const MOST: usize = 60;

/// The settings of a form, and which purposes it takes away or renames.
pub struct Changed {
    /// The settings.
    pub permissions: Permissions,
    /// Short names that are no more, each with the field that says so.
    pub gone: Vec<(String, String)>,
}

/// The numbers of a form's fieldsets of one kind, `purpose-0`, `purpose-1` …
pub fn numbers(f: &Filled, kind: &str) -> Vec<usize> {
    (0..MOST).filter(|n| f.0.iter().any(|(name, _)| *name == format!("{kind}-{n}-was"))).collect()
}

/// The fields of the settings, with an empty purpose and an empty partner at the end to add.
pub fn filled(p: &Permissions) -> Filled {
    let mut f = Filled::default();
    let tick = |f: &mut Filled, name: &str, yes: bool| {
        if yes {
            f.set(name, "yes");
        }
    };
    tick(&mut f, "charity", p.charity);
    tick(&mut f, "pensions_firm", p.pensions_firm);
    tick(&mut f, "honour_mps", p.honour_mps);
    f.set("consent_months", p.consent_months.map_or(String::new(), |m| m.to_string()));
    f.set("certificate_days", p.certificate_days.to_string());
    f.set("bounces", p.bounces.to_string());
    f.set("unsubscribe_address", p.unsubscribe_address.clone().unwrap_or_default());
    for (n, one) in p.purposes.iter().map(Some).chain([None]).enumerate() {
        let at = |part: &str| format!("purpose-{n}-{part}");
        f.set(&at("was"), one.map_or("", |p| &p.short));
        let Some(one) = one else { continue };
        f.set(&at("short"), &one.short);
        f.set(&at("title"), &one.title);
        f.set(&at("about"), &one.about);
        f.set(&at("aim"), one.aim.word());
        f.set(&at("partner"), one.partner.clone().unwrap_or_default());
        f.0.extend(one.channels.iter().map(|c| (at("channel"), c.word().to_owned())));
        if let Some(day) = one.interest_assessed_until {
            f.set(&at("interest-day"), day.day().to_string());
            f.set(&at("interest-month"), day.month().to_string());
            f.set(&at("interest-year"), day.year().to_string());
        }
    }
    for c in &p.caps {
        f.set(&format!("cap-{}-messages", c.channel.word()), c.messages.to_string());
        f.set(&format!("cap-{}-days", c.channel.word()), c.days.to_string());
        tick(&mut f, &format!("cap-{}-defer", c.channel.word()), c.then == AfterCap::Defer);
    }
    for (n, one) in p.partners.iter().map(Some).chain([None]).enumerate() {
        let at = |part: &str| format!("partner-{n}-{part}");
        f.set(&at("was"), one.map_or("", |p| &p.short));
        let Some(one) = one else { continue };
        f.set(&at("short"), &one.short);
        f.set(&at("title"), &one.title);
        f.set(&at("email"), &one.email);
    }
    f
}

fn number(f: &Filled, name: &str, bad: &mut Vec<Field>) -> Option<u32> {
    let text = f.get(name);
    let read = text.parse().ok();
    if read.is_none() && !text.is_empty() {
        bad.push(Field::new(name.to_owned(), "Enter a whole number"));
    }
    read
}

/// A fieldset that is taken away, or the one to add that was left empty.
fn left_out(f: &Filled, at: &str) -> bool {
    let empty = |part: &str| f.get(&format!("{at}-{part}")).is_empty();
    f.ticked(&format!("{at}-remove"))
        || ["was", "short", "title", "about", "email"].into_iter().all(empty)
}

/// Reads the settings of a form.
///
/// # Errors
/// What can't be read: a number, a day.
pub fn read(f: &Filled) -> Result<Changed> {
    let (mut bad, mut gone) = (Vec::new(), Vec::new());
    let mut p = Permissions {
        charity: f.ticked("charity"),
        pensions_firm: f.ticked("pensions_firm"),
        honour_mps: f.ticked("honour_mps"),
        consent_months: number(f, "consent_months", &mut bad),
        unsubscribe_address: f.some("unsubscribe_address"),
        ..Permissions::default()
    };
    p.certificate_days = number(f, "certificate_days", &mut bad).unwrap_or(p.certificate_days);
    p.bounces = number(f, "bounces", &mut bad).unwrap_or(p.bounces);
    for n in numbers(f, "purpose") {
        let at = format!("purpose-{n}");
        let (was, out) = (f.get(&format!("{at}-was")), left_out(f, &at));
        if out && !was.is_empty() {
            gone.push((format!("{at}-remove"), was.to_owned()));
        }
        if out {
            continue;
        }
        let one = purpose(f, &at, &mut bad);
        if !was.is_empty() && was != one.short {
            gone.push((format!("{at}-short"), was.to_owned()));
        }
        p.purposes.push(one);
    }
    for n in numbers(f, "partner") {
        let get = |part: &str| f.get(&format!("partner-{n}-{part}")).to_owned();
        if !left_out(f, &format!("partner-{n}")) {
            let (short, title, email) = (get("short"), get("title"), get("email"));
            p.partners.push(Partner { short, title, email });
        }
    }
    p.caps = caps(f, &mut bad);
    if bad.is_empty() { Ok(Changed { permissions: p, gone }) } else { Err(Error::Invalid(bad)) }
}

fn purpose(f: &Filled, at: &str, bad: &mut Vec<Field>) -> Purpose {
    let name = |part: &str| format!("{at}-{part}");
    let aim = Aim::from_word(f.get(&name("aim")));
    if aim.is_none() {
        bad.push(Field::new(name("aim"), "Choose what it aims at"));
    }
    let until = f.date(&name("interest")).unwrap_or_else(|e| {
        bad.push(e);
        None
    });
    Purpose {
        short: f.get(&name("short")).to_owned(),
        title: f.get(&name("title")).to_owned(),
        about: f.get(&name("about")).to_owned(),
        aim: aim.unwrap_or(Aim::Other),
        channels: f.all(&name("channel")).into_iter().filter_map(Channel::from_word).collect(),
        partner: f.some(&name("partner")),
        interest_assessed_until: until,
    }
}

fn caps(f: &Filled, bad: &mut Vec<Field>) -> Vec<Cap> {
    let mut caps = Vec::new();
    for channel in Channel::ALL {
        let name = |part: &str| format!("cap-{}-{part}", channel.word());
        let given = f.some(&name("messages")).is_some() || f.some(&name("days")).is_some();
        let (messages, days) = (number(f, &name("messages"), bad), number(f, &name("days"), bad));
        // One of the two alone is told by the charter's own check, as nought.
        let (messages, days) = (messages.unwrap_or(0), days.unwrap_or(0));
        if given {
            let defer = f.ticked(&name("defer"));
            let then = if defer { AfterCap::Defer } else { AfterCap::Block };
            caps.push(Cap { channel, messages, days, then });
        }
    }
    caps
}

/// Whether the charter holds together; what does not is named by the fields of the form.
///
/// # Errors
/// The fields to mend.
pub fn check(charter: &Charter, f: &Filled) -> Result<()> {
    let Err(e) = charter.check() else { return Ok(()) };
    let Error::Invalid(mut bad) = e else { return Err(e) };
    let kept = |kind: &str| -> Vec<usize> {
        let there = |n: &usize| !left_out(f, &format!("{kind}-{n}"));
        numbers(f, kind).into_iter().filter(there).collect()
    };
    for field in &mut bad {
        // The charter counts what it has; the form also what is taken away.
        let mut parts = field.name.splitn(3, '-');
        let (kind, n, part) = (parts.next(), parts.next(), parts.next());
        let n = n.and_then(|n| n.parse::<usize>().ok());
        if let (Some(kind), Some(n), Some(part)) = (kind, n, part)
            && let Some(shown) = kept(kind).get(n)
        {
            field.name = format!("{kind}-{shown}-{part}").into();
        }
    }
    Err(Error::Invalid(bad))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charter::rules::sample;

    fn settings() -> Permissions {
        let purpose = |short: &str, aim, channels: &[Channel]| Purpose {
            short: short.into(),
            title: format!("About {short}"),
            about: "A sentence.".into(),
            aim,
            channels: channels.to_vec(),
            partner: None,
            interest_assessed_until: None,
        };
        let mut permissions = Permissions {
            charity: true,
            consent_months: Some(24),
            certificate_days: 3,
            bounces: 2,
            honour_mps: false,
            pensions_firm: true,
            unsubscribe_address: Some("stop@harbour.example".into()),
            purposes: vec![
                purpose("news", Aim::CharitablePurpose, &[Channel::Email, Channel::Post]),
                purpose("shop", Aim::SimilarProducts, &[Channel::AutomatedCall]),
                purpose("boats", Aim::ThirdParty, &[Channel::Sms]),
            ],
            caps: vec![Cap {
                channel: Channel::Email,
                messages: 4,
                days: 30,
                then: AfterCap::Defer,
            }],
            partners: vec![Partner {
                short: "crew".into(),
                title: "The crew".into(),
                email: "crew@example.org".into(),
            }],
        };
        permissions.purposes[0].interest_assessed_until = Some(jiff::civil::date(2027, 3, 1));
        permissions.purposes[2].partner = Some("crew".into());
        permissions
    }

    fn names(e: Error) -> Vec<String> {
        let Error::Invalid(bad) = e else { panic!("{e}") };
        bad.into_iter().map(|f| f.name.into_owned()).collect()
    }

    #[test]
    fn file_and_form_say_the_same() {
        for p in [settings(), Permissions::default(), sample().permissions] {
            let charter = Charter { permissions: p.clone(), ..sample() };
            charter.check().unwrap();
            let f = filled(&Charter::parse(&charter.to_toml().unwrap()).unwrap().permissions);
            let read = read(&f).unwrap();
            assert_eq!(read.permissions, p);
            assert_eq!(read.gone, []);
        }
    }

    #[test]
    fn what_is_taken_away_or_renamed_is_told() {
        let mut f = filled(&settings());
        f.set("purpose-0-remove", "yes");
        f.set("purpose-1-short", "stall");
        let read = read(&f).unwrap();
        let gone = [("purpose-0-remove", "news"), ("purpose-1-short", "shop")];
        assert_eq!(read.gone, gone.map(|(a, b)| (a.to_owned(), b.to_owned())));
        let shorts: Vec<_> = read.permissions.purposes.iter().map(|p| p.short.as_str()).collect();
        assert_eq!(shorts, ["stall", "boats"]);
    }

    #[test]
    fn errors_stand_at_the_fields_of_the_form() {
        let mut f = filled(&settings());
        f.set("purpose-0-remove", "yes");
        f.set("purpose-1-short", "The Shop");
        f.set("purpose-3-title", "Walks");
        f.set("purpose-3-aim", "other");
        f.set("partner-0-email", "nowhere");
        f.set("cap-post-days", "10");
        f.set("unsubscribe_address", "stop");
        let charter = Charter { permissions: read(&f).unwrap().permissions, ..sample() };
        assert_eq!(
            names(check(&charter, &f).unwrap_err()),
            [
                "purpose-1-short",
                "purpose-3-short",
                "purpose-3-channel",
                "partner-0-email",
                "cap-post-messages",
                "unsubscribe_address"
            ]
        );
        f.set("consent_months", "two");
        f.set("purpose-1-interest-day", "31");
        f.set("purpose-3-aim", "");
        let all = names(read(&f).err().unwrap());
        assert_eq!(all, ["consent_months", "purpose-1-interest", "purpose-3-aim"]);
    }
}
