//! The officer's pages: looking somebody up, why they may be contacted, recording what they said by
//! telephone or letter. No address ever stands in a URL.

use askama::Template;
use axum::extract::{Form, Path, State};
use candour_screening::Kind;

use super::acts::{self, NewConsent};
use super::receipts::{self, Shown};
use super::records::{Ground, Proof, Through};
use super::sought;
use super::stops::{self, NewStop};
use super::terms::What;
use super::{persons, sql, standing, tell, terms::Register, withdrawals};
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, mend, page};
use crate::office::Office;
use crate::people::{self, Known, Written};
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

struct RegisterView {
    name: &'static str,
    as_of: String,
    numbers: u64,
    until: String,
    old: bool,
}

struct WordingView {
    short: String,
    version: i64,
    what: String,
    asks: String,
    text: String,
    since: String,
}

#[derive(Template)]
#[template(path = "permissions/pages/overview.html")]
struct OverviewPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    persons: u64,
    given: u64,
    refused: u64,
    withdrawn: u64,
    stops: u64,
    lapsing: usize,
    registers: Vec<RegisterView>,
    wordings: Vec<WordingView>,
    may_manage: bool,
    may_set: bool,
    purposes: bool,
}

fn overview_page(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<OverviewPage> {
    let today = dates::day_of(me.by.now);
    let soon = today.checked_add(jiff::SignedDuration::from_hours(24 * 30)).unwrap_or(today);
    let org = &me.by.org;
    o.read(|tx| {
        let registers = sql::registers(tx, org)?;
        let wordings = sql::wordings(tx, org)?;
        Ok(OverviewPage {
            d: Desk::new(me, "Permissions", "Permissions"),
            persons: people::count(tx, org)?,
            given: sql::count_consents(tx, org, "given")?,
            refused: sql::count_consents(tx, org, "refused")?,
            withdrawn: sql::count_consents(tx, org, "withdrawn")?,
            stops: sql::count_stops(tx, org)?,
            lapsing: sql::lapsing(tx, org, soon, 10_000)?.len(),
            registers: registers
                .iter()
                .filter_map(|r| {
                    let until = candour_clock::tps_screen_valid_to(r.as_of).ok()?.on;
                    Some(RegisterView {
                        name: Register::from_word(&r.register)?.label(),
                        as_of: dates::long(r.as_of),
                        numbers: r.numbers,
                        until: dates::long(until),
                        old: until < today,
                    })
                })
                .collect(),
            wordings: wordings
                .into_iter()
                .map(|(version, w, at)| WordingView {
                    version,
                    what: tell::use_in_words(&me.charter, w.use_kind, &w.use_what),
                    asks: w.asks_in_words(),
                    text: w.text,
                    short: w.short,
                    since: dates::long(dates::day_of(at)),
                })
                .collect(),
            may_manage: me.by.role.may(Permission::ManagePermissions).is_ok(),
            may_set: me.by.role.may(Permission::SetCharter).is_ok(),
            purposes: !me.charter.permissions.purposes.is_empty(),
            f,
            w,
        })
    })
}

/// `GET /office/permissions`
pub async fn overview(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view =
        office.run(move |o| overview_page(o, &me, Filled::default(), Wrong::default())).await?;
    page(&view)
}

/// The identifier of the look-up form.
fn looked_for(f: &Filled) -> Result<(Kind, String)> {
    let raw = f.get("address").to_owned();
    let kind = match f.get("kind") {
        "phone" => Kind::Phone,
        "address" => Kind::Address,
        "member-number" => Kind::MemberNumber,
        _ => Kind::Email,
    };
    if raw.is_empty() {
        return Err(Error::invalid("address", "Enter an address or number"));
    }
    Ok((kind, raw))
}

fn hash_for(o: &Office, me: &Signed, f: &Filled) -> Result<Written> {
    let (kind, raw) = looked_for(f)?;
    let hasher = people::hasher(o.vault(), &me.by.org)?;
    people::written(&hasher, kind, &raw).map_err(|e| e.at("address"))
}

struct WordingChoice {
    value: String,
    label: String,
}

#[derive(Template)]
#[template(path = "permissions/pages/person.html")]
struct PersonPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    /// Id of the person; empty for an address nobody is known by.
    id: String,
    identifiers: Vec<(String, String)>,
    facts: Vec<String>,
    shown: Shown,
    goes_on: Vec<String>,
    wordings: Vec<WordingChoice>,
    channels: Vec<(&'static str, &'static str)>,
    purposes: Vec<(String, String)>,
    may_record: bool,
    may_erase: bool,
}

fn person_page(
    o: &Office,
    me: &Signed,
    id: &str,
    looked: Option<Written>,
    f: Filled,
    w: Wrong,
) -> Result<PersonPage> {
    let org = &me.by.org;
    let (mut name, mut identifiers, mut facts) = (String::new(), Vec::new(), Vec::new());
    let mut hashes: Vec<Written> = looked.into_iter().collect();
    if !id.is_empty() {
        o.read(|tx| {
            let row = people::by_id(tx, org, id)?;
            let known = people::open(tx, o.vault(), org, &row)?;
            let hasher = people::hasher(o.vault(), org)?;
            for (kind, raw) in &known.identifiers {
                hashes.push(people::written(&hasher, *kind, raw)?);
            }
            identifiers = known
                .identifiers
                .iter()
                .map(|(k, raw)| (crate::kit::forms::sentence(people::kind_word(*k)), raw.clone()))
                .collect();
            name = known.name.unwrap_or_default();
            facts.push(format!("Subscriber: {}", row.subscriber));
            facts.push(if row.member { "A member".into() } else { "Not known as a member".into() });
            facts.extend(row.company.map(|c| format!("Held for the company {c}")));
            Ok(())
        })?;
    }
    let shown = receipts::of_hashes(o, org, &hashes)?;
    let goes_on = if id.is_empty() { Vec::new() } else { standing::of(o, org, id)?.goes_on };
    let title = match (name.as_str(), id) {
        ("", "") => "Nothing is known by this address".to_owned(),
        ("", _) => "A person without a name".to_owned(),
        (n, _) => n.to_owned(),
    };
    Ok(PersonPage {
        d: Desk::new(me, "Permissions", title),
        f,
        w,
        id: id.to_owned(),
        identifiers,
        facts,
        shown,
        goes_on,
        wordings: wording_choices(o, org)?,
        channels: Channel::ALL.iter().map(|c| (c.word(), c.label())).collect(),
        purposes: me
            .charter
            .permissions
            .purposes
            .iter()
            .map(|p| (p.short.clone(), p.title.clone()))
            .collect(),
        may_record: me.by.role.may(Permission::RecordPermissions).is_ok(),
        may_erase: me.by.role.may(Permission::ReleaseCases).is_ok(),
    })
}

fn wording_choices(o: &Office, org: &str) -> Result<Vec<WordingChoice>> {
    let all = o.read(|tx| sql::wordings(tx, org))?;
    Ok(all
        .into_iter()
        .map(|(v, w, _)| WordingChoice {
            value: format!("{}/{v}", w.short),
            label: match w.channels_in_words() {
                c if c.is_empty() => format!("{}, version {v}: {}", w.short, w.text),
                c => format!("{}, version {v}, by {c}: {}", w.short, w.text),
            },
        })
        .collect())
}

/// `POST /office/permissions/look`: a person's page, or what can be done for an unknown address.
pub async fn look(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let f = Filled(pairs);
    let (me, f, found) = office
        .run(move |o| {
            let found = hash_for(o, &me, &f).and_then(|told| {
                let org = &me.by.org;
                let first = o.read(|tx| people::by_hash(tx, org, told.hash))?.into_iter().next();
                Ok(first.map(|p| p.id))
            });
            Ok((me, f, found))
        })
        .await?;
    match found {
        Ok(Some(id)) => go(&format!("/office/permissions/{id}")),
        Ok(None) => {
            // Nobody: the address goes on sealed, so that the page can be loaded again.
            let org = me.by.org.clone();
            let sealed = office.run(move |o| sought::seal(o.vault(), &org, &f)).await?;
            go(&format!("/office/permissions/looked/{sealed}"))
        }
        Err(e) => {
            let w = Wrong::of(e)?;
            mend(&office.run(move |o| overview_page(o, &me, f, w)).await?)
        }
    }
}

/// `GET /office/permissions/looked/{sealed}`: what can be done for an address nobody is known by.
pub async fn looked(
    State(office): State<Office>,
    me: Signed,
    Path(sealed): Path<String>,
) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office
        .run(move |o| {
            let f = sought::open(o.vault(), &me.by.org, &sealed)?;
            let looked = hash_for(o, &me, &f)?;
            person_page(o, &me, "", Some(looked), f, Wrong::default())
        })
        .await?;
    page(&view)
}

/// `GET /office/permissions/{id}`
pub async fn person(State(office): State<Office>, me: Signed, Path(id): Path<String>) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office
        .run(move |o| person_page(o, &me, &id, None, Filled::default(), Wrong::default()))
        .await?;
    page(&view)
}

#[derive(Template)]
#[template(path = "permissions/pages/letter.html")]
struct LetterPage {
    d: Desk,
    id: String,
    blocks: Vec<Vec<String>>,
}

/// `GET /office/permissions/{id}/letter`: what stands now, as a letter to print for somebody who
/// has no e-mail address.
pub async fn letter(State(office): State<Office>, me: Signed, Path(id): Path<String>) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office
        .run(move |o| {
            let text = tell::letter_to_person(o, &me.by.org, &id)?;
            let lines = |block: &str| block.lines().map(str::to_owned).collect();
            let blocks = text.split("\n\n").map(lines).collect();
            Ok(LetterPage { d: Desk::new(&me, "Permissions", "Letter to print"), id, blocks })
        })
        .await?;
    page(&view)
}

/// `POST /office/permissions/record`: a stop, an answer, a ground, an erasure, a withdrawal.
pub async fn record(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    let act = |o: &Office, me: &Signed, (): &(), f: &Filled| {
        record_from(o, me, f).map(|(to, said)| On::saying(to, said))
    };
    carry_out(&office, me, (), Filled(pairs), act, |o, me, (), f, e| {
        let (w, id) = (Wrong::of(e)?, f.get("person").to_owned());
        let looked = if id.is_empty() { hash_for(o, me, &f).ok() } else { None };
        mend(&person_page(o, me, &id, looked, f, w)?)
    })
    .await
}

/// Who the form is about: a known person by id, or the address looked up.
fn about(o: &Office, me: &Signed, f: &Filled) -> Result<Known> {
    let id = f.get("person");
    if id.is_empty() {
        let (kind, raw) = looked_for(f)?;
        return Ok(Known {
            name: f.some("name"),
            identifiers: vec![(kind, raw)],
            subscriber: f.some("subscriber"),
            ..Known::default()
        });
    }
    o.read(|tx| {
        let row = people::by_id(tx, &me.by.org, id)?;
        people::open(tx, o.vault(), &me.by.org, &row)
    })
}

fn record_from(o: &Office, me: &Signed, f: &Filled) -> Result<(String, &'static str)> {
    f.check_lengths(|_| forms::LONG)?;
    let known = about(o, me, f)?;
    let to = |id: &str| match id {
        "" => "/office/permissions".to_owned(),
        id => format!("/office/permissions/{id}"),
    };
    let back = to(f.get("person"));
    match f.get("act") {
        "stop" => {
            record_stop(o, me, f, &known)?;
            Ok((back, "Contact has been stopped. It counts from now on."))
        }
        "answer" => {
            let id = record_answer(o, me, f, known)?;
            Ok((to(&id), "The answer has been recorded."))
        }
        "ground" => {
            let on = f.date("ground-on").map_err(|e| Error::Invalid(vec![e]))?;
            let ground = Ground {
                ground: f.get("ground").to_owned(),
                on: on.ok_or_else(|| Error::invalid("ground-on", "Enter the day"))?,
                refusal_offered: f.ticked("refusal-offered"),
            };
            let (by, vault) = (me.by.clone(), o.vault().clone());
            let id = o.write(move |tx| persons::record_ground(tx, &vault, &by, &known, &ground))?;
            Ok((to(&id), "How the details were got has been recorded."))
        }
        "withdraw" => {
            let (by, vault) = (me.by.clone(), o.vault().clone());
            let id = f.get("consent").to_owned();
            o.write(move |tx| withdrawals::withdraw(tx, &vault, &by, &id, "withdrawal"))?;
            Ok((back, "The consent has been withdrawn. It counts from now on."))
        }
        "erase" => {
            if !f.ticked("sure") {
                return Err(Error::invalid("sure", "Tick the box: this can't be undone"));
            }
            let (by, vault) = (me.by.clone(), o.vault().clone());
            let id = f.get("person").to_owned();
            o.write(move |tx| persons::erase(tx, &vault, &by, &id))?;
            Ok((to(""), "The person has been erased. Keyed hashes stay on the stop list."))
        }
        _ => Err(Error::invalid("act", "Choose what to record")),
    }
}

fn record_stop(o: &Office, me: &Signed, f: &Filled, known: &Known) -> Result<()> {
    let hasher = people::hasher(o.vault(), &me.by.org)?;
    let channel = Channel::from_word(f.get("stop-channel"));
    let what = match f.get("stop-what") {
        "" => return Err(Error::invalid("stop-what", "Choose what to stop")),
        "marketing" => What::Marketing,
        "everything" => What::Everything,
        p => What::Purpose(p.to_owned()),
    };
    let wanted = |kind: Kind| channel.is_none_or(|c| c.address() == kind);
    let Some((kind, raw)) = known.identifiers.iter().find(|(k, _)| wanted(*k)) else {
        return Err(Error::invalid(
            "stop-channel",
            "Nothing is known that this channel reaches: choose every channel",
        ));
    };
    let told = people::written(&hasher, *kind, raw)?;
    let new = NewStop {
        hash: told.hash,
        kind: kind.name().into(),
        channel,
        what,
        reason: "objection",
        on: dates::day_of(me.by.now),
    };
    let (by, vault) = (me.by.clone(), o.vault().clone());
    o.write(move |tx| stops::stop_at(tx, &vault, &by, &new, told.premises)).map(drop)
}

fn record_answer(o: &Office, me: &Signed, f: &Filled, known: Known) -> Result<String> {
    let (wording, version) = f
        .get("wording")
        .rsplit_once('/')
        .and_then(|(w, v)| Some((w.to_owned(), v.parse().ok()?)))
        .ok_or_else(|| Error::invalid("wording", "Choose the words they were asked with"))?;
    let yes = match f.get("yes") {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::invalid("yes", "Choose yes or no")),
    };
    let on = f.date("on").map_err(|e| Error::Invalid(vec![e]))?;
    let representative = f.some("representative").zip(f.some("authority"));
    if f.some("representative").is_some() && representative.is_none() {
        return Err(Error::invalid("authority", "Enter with what authority"));
    }
    let new = NewConsent {
        who: known,
        wording,
        version: Some(version),
        channel: Channel::from_word(f.get("channel")),
        yes,
        on: on.unwrap_or_else(|| dates::day_of(me.by.now)),
        method: f.get("method").to_owned(),
        proof: Proof {
            evidence: f.get("evidence").to_owned(),
            collector: me.me.name.clone(),
            representative,
        },
        through: Through::Staff,
    };
    let (by, vault) = (me.by.clone(), o.vault().clone());
    let id = o.write(move |tx| acts::record_consent(tx, &vault, &by, &new))?;
    o.read(|tx| Ok(sql::consent_by_id(tx, &me.by.org, &id)?.person))
}
