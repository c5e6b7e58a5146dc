//! Preference registers in the browser: how old each is, what is blocked meanwhile, and a newer
//! file brought in.

use askama::Template;
use axum::extract::{Multipart, Path, State};
use jiff::civil::Date;

use super::imports::bad_rows::Table;
use super::records::RegisterRow;
use super::registers::{self, Brought};
use super::sql;
use super::terms::Register;
use crate::error::{Error, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, download, mend, page, piped};
use crate::kit::{dates, upload};
use crate::office::Office;
use crate::proof;
use crate::staff::Permission;

/// Where the pages are.
const HERE: &str = "/office/permissions/registers";

/// How one register stands.
struct Standing {
    register: Register,
    /// The day of its file, with how long ago that is.
    of: Option<(String, String)>,
    numbers: u64,
    /// Until when it covers.
    until: String,
    fresh: bool,
    /// A purpose of the charter needs it.
    needed: bool,
}

impl Standing {
    fn new(register: Register, row: Option<&RegisterRow>, needed: bool, today: Date) -> Self {
        let until = row.and_then(|r| candour_clock::tps_screen_valid_to(r.as_of).ok());
        let until = until.map(|due| due.on);
        Self {
            register,
            of: row.map(|r| (dates::long(r.as_of), age(r.as_of, today))),
            numbers: row.map_or(0, |r| r.numbers),
            until: until.map_or(String::new(), dates::long),
            fresh: until.is_some_and(|d| d >= today),
            needed,
        }
    }

    /// What is blocked now, or will be.
    fn blocked(&self) -> &'static str {
        match self.register {
            Register::Tps => {
                "calls to individuals who have not said yes, and to people of whom it is not known \
                 whether they are individuals"
            }
            Register::Ctps => {
                "calls to companies and public bodies that have not said yes, and to people of \
                 whom it is not known whether they are individuals"
            }
            Register::Fps => "faxes to companies and public bodies that have not said yes",
            Register::Mps => "letters on a legitimate interest, while the settings honour the MPS",
        }
    }
}

fn age(day: Date, today: Date) -> String {
    match (today - day).get_days() {
        0 => "today".into(),
        1 => "1 day old".into(),
        n => format!("{n} days old"),
    }
}

#[derive(Template)]
#[template(path = "permissions/pages/registers.html")]
struct RegistersPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    all: Vec<Standing>,
    may: bool,
    /// There is a later file: this one takes its place only when that is confirmed.
    older: bool,
}

fn standings(o: &Office, me: &Signed) -> Result<Vec<Standing>> {
    let rows = o.read(|tx| sql::registers(tx, &me.by.org))?;
    let today = dates::day_of(me.by.now);
    let needed = registers::needed(&me.charter.permissions);
    let one = |(register, needed): (Register, bool)| {
        let row = rows.iter().find(|r| r.register == register.word());
        Standing::new(register, row, needed, today)
    };
    Ok(needed.into_iter().map(one).collect())
}

fn view(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<RegistersPage> {
    Ok(RegistersPage {
        d: Desk::new(me, "Permissions", "Preference registers"),
        all: standings(o, me)?,
        may: me.by.role.may(Permission::ManagePermissions).is_ok(),
        older: w.at("older").is_some() || f.ticked("older"),
        f,
        w,
    })
}

/// `GET /office/permissions/registers`
pub async fn list(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office.run(move |o| view(o, &me, Filled::default(), Wrong::default())).await?;
    page(&view)
}

/// `POST /office/permissions/registers`: a file takes the place of the one before.
pub async fn import(State(office): State<Office>, me: Signed, parts: Multipart) -> Answer {
    me.by.role.may(Permission::ManagePermissions)?;
    let place = upload::folder(&office)?;
    let path = place.path().join("register");
    let (f, bytes) = upload::received(parts, "file", &path).await?;
    let act = move |o: &Office, me: &Signed, _: &_, f: &Filled| {
        let register = import_from(o, me, f, (bytes > 0).then_some(path.as_path()))?;
        let said = "The register has been imported. It counts from now on.";
        Ok(On::saying(format!("{HERE}/{}", register.word()), said))
    };
    // The folder goes when the form is done with.
    carry_out(&office, me, place, f, act, |o, me, _, f, e| mend(&view(o, me, f, Wrong::of(e)?)?))
        .await
}

fn import_from(
    o: &Office,
    me: &Signed,
    f: &Filled,
    file: Option<&std::path::Path>,
) -> Result<Register> {
    let register = Register::from_word(f.get("register"))
        .ok_or_else(|| Error::invalid("register", "Choose which register the file is of"))?;
    let as_of = f.date("as_of").map_err(|e| Error::Invalid(vec![e]))?;
    let as_of = as_of.ok_or_else(|| Error::invalid("as_of", "Enter the day of the file"))?;
    let file = file.ok_or_else(|| Error::invalid("file", "Choose the file"))?;
    let about = Brought { register, as_of, older: f.ticked("older") };
    registers::import(o, &me.by, about, std::fs::File::open(file)?)?;
    Ok(register)
}

#[derive(Template)]
#[template(path = "permissions/pages/register.html")]
struct RegisterPage {
    d: Desk,
    s: Standing,
    /// What the last import came to, if there was one.
    made: String,
    new: Option<u64>,
    unreadable: Option<u64>,
    lines: String,
    /// All of them can be had as a file.
    kept: bool,
    sha256: String,
    /// Every import: when, and what was said.
    history: Vec<(String, String, u64)>,
}

/// `GET /office/permissions/registers/{short}`: what its last import came to, and those before.
pub async fn one(State(office): State<Office>, me: Signed, Path(word): Path<String>) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let register = Register::from_word(&word).ok_or(Error::NotFound("the register"))?;
    let view = office.run(move |o| one_page(o, &me, register)).await?;
    page(&view)
}

fn one_page(o: &Office, me: &Signed, register: Register) -> Result<RegisterPage> {
    let subject = format!("preference-register:{}", register.word());
    let (row, told) = o.read(|tx| {
        let row = sql::register_of(tx, &me.by.org, register.word())?;
        Ok((row, proof::history(tx, o.vault(), &me.by.org, &subject)?))
    })?;
    let needed = registers::needed(&me.charter.permissions);
    let needed = needed.into_iter().any(|(r, needed)| r == register && needed);
    let s = Standing::new(register, row.as_ref(), needed, dates::day_of(me.by.now));
    let text = |f: fn(&RegisterRow) -> String| row.as_ref().map_or_else(String::new, f);
    let kept = match &row {
        Some(row) => registers::has_bad_lines(o, &me.by.org, row)?,
        None => false,
    };
    Ok(RegisterPage {
        kept,
        d: Desk::new(me, "Permissions", register.label()),
        made: text(|r| dates::moment(r.made)),
        new: row.as_ref().and_then(|r| r.new),
        unreadable: row.as_ref().and_then(|r| r.unreadable),
        lines: text(|r| r.lines.clone()),
        sha256: text(|r| r.sha256.clone()),
        history: told
            .into_iter()
            .map(|t| (dates::moment(t.at), t.said.unwrap_or_default(), t.idx))
            .collect(),
        s,
    })
}

/// `GET /office/permissions/registers/{short}/bad-lines`: every line of its file without an entry,
/// as CSV.
pub async fn bad_lines(
    State(office): State<Office>,
    me: Signed,
    Path(word): Path<String>,
) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let register = Register::from_word(&word).ok_or(Error::NotFound("the register"))?;
    let org = me.by.org.clone();
    let row = office
        .run(move |o| {
            let row = o.read(|tx| sql::register_of(tx, &me.by.org, register.word()))?;
            row.ok_or(Error::NotFound("the register"))
        })
        .await?;
    let body = piped(&office, move |o, out| {
        let mut table = Table::new(out)?;
        registers::list_bad_lines(o, &org, &row, &mut table)?;
        table.end().map(drop)
    });
    Ok(download(&format!("{}-bad-lines.csv", register.word()), "text/csv; charset=utf-8", body))
}
