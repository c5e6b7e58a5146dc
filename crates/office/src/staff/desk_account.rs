//! One's own account: password, code app, sessions.

use askama::Template;
use axum::extract::{Form, State};
use fast_qr::QRBuilder;
use fast_qr::convert::svg::SvgBuilder;

use super::desk::{SessionLine, raw, session_lines};
use super::rules;
use super::sql::{self, StaffRow};
use super::{acts, code_app};
use crate::error::{Error, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;

type Pairs = Form<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "staff/pages/account.html")]
struct AccountPage {
    d: Desk,
    s: StaffRow,
    sessions: Vec<SessionLine>,
    secret: String,
    qr: String,
    letters: String,
    w: Wrong,
}

fn account_page(o: &Office, me: &Signed, secret: Option<&str>, w: Wrong) -> Result<AccountPage> {
    let sessions = o.read_one(|tx| sql::sessions_of(tx, &me.by.org, &me.me.id))?;
    let bytes = match secret.and_then(|s| hex::decode(s).ok()).filter(|s| s.len() == 20) {
        Some(bytes) => bytes,
        None => code_app::new_secret()?,
    };
    let totp = rules::totp(&bytes, &me.me.email)?;
    let url = totp.to_url().map_err(|e| Error::fault(format!("code app: {e}")))?;
    // For whoever cannot scan: the same secret, to be typed.
    let typed = url.split("secret=").nth(1).and_then(|s| s.split('&').next()).unwrap_or_default();
    let groups: Vec<String> =
        typed.chars().collect::<Vec<_>>().chunks(4).map(String::from_iter).collect();
    let letters = groups.join(" ");
    let code = QRBuilder::new(url.as_bytes()).build();
    let qr = code.map(|c| SvgBuilder::default().to_str(&c)).unwrap_or_default();
    Ok(AccountPage {
        d: Desk::new(me, "Staff", "Your account"),
        s: me.me.clone(),
        sessions: session_lines(sessions, &me.session.id),
        secret: hex::encode(&bytes),
        qr,
        letters,
        w,
    })
}

/// `GET /office/account`
pub async fn account(State(office): State<Office>, me: Signed) -> Answer {
    let view = office.run(move |o| account_page(o, &me, None, Wrong::default())).await?;
    page(&view)
}

/// `POST /office/account`: password, code app, end a session.
pub async fn change_account(
    State(office): State<Office>,
    me: Signed,
    Form(pairs): Pairs,
) -> Answer {
    let act = |o: &Office, me: &Signed, (): &(), f: &Filled| {
        account_from(o, me, f)?;
        Ok(On::saying("/office/account", "Saved."))
    };
    carry_out(&office, me, (), Filled(pairs), act, |o, me, (), f, e| {
        mend(&account_page(o, me, Some(f.get("secret")), Wrong::of(e)?)?)
    })
    .await
}

fn account_from(o: &Office, me: &Signed, f: &Filled) -> Result<()> {
    let (by, vault) = (me.by.clone(), o.vault().clone());
    match f.get("act") {
        "password" => {
            let (old, new) = (raw(f, "old"), raw(f, "password"));
            acts::set_password(o, &by, &me.session.id, &old, &new)
        }
        "code-app" => {
            let secret = hex::decode(f.get("secret")).unwrap_or_default();
            let code = f.get("code").to_owned();
            // Whoever turns it on keeps everybody else out.
            acts::confirmed(o, &by, "mine", &raw(f, "mine"))?;
            o.write(move |tx| code_app::turn_on(tx, &vault, &by, &secret, &code))
        }
        "move-code-app" => {
            let secret = hex::decode(f.get("secret")).unwrap_or_default();
            let (mine, present) = (raw(f, "mine"), f.get("present"));
            code_app::move_to(o, &by, (&mine, present), (&secret, f.get("code")))
        }
        "end" => {
            let (id, session) = (me.me.id.clone(), f.get("session").to_owned());
            o.write(move |tx| acts::end_session(tx, &by, &id, &session))
        }
        _ => Err(Error::NotFound("the act")),
    }
}
