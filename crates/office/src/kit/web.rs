//! What the web faces share: who is asking, answers, errors as pages, security headers, assets.

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use rust_embed::RustEmbed;

use crate::charter::{self, Charter};
use crate::error::Error;
use crate::kit::forms::Wrong;
use crate::kit::pages::Trouble;
use crate::office::Office;
use crate::proof::By;
use crate::staff::acts as staff;
use crate::staff::sql::{SessionRow, StaffRow};
use crate::staff::{Permission, Role};

/// The answer of every handler.
pub type Answer = Result<Response, Failure>;

/// An error on its way to a page.
pub struct Failure(pub Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(e: E) -> Self {
        Self(e.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Refused(_) | Error::Conflict => StatusCode::CONFLICT,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Denied(_) => StatusCode::FORBIDDEN,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Holding(_) | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if let Error::Fault(e) = &self.0 {
            tracing::error!("{e:#}");
        }
        let response = Trouble::of(&self.0).shown(status);
        match self.0 {
            Error::TooMany(minutes) => wait(response, minutes),
            _ => response,
        }
    }
}

/// Renders a page.
///
/// # Errors
/// Of the template.
pub fn page(page: &impl askama::Template) -> Answer {
    Ok(Html(page.render()?).into_response())
}

/// Renders a page with fields to mend: status 422, so that machines see it too.
///
/// # Errors
/// Of the template.
pub fn mend(page: &impl askama::Template) -> Answer {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
}

/// Shows a form again after an error, with what was typed: 422 when there are fields to mend, 429
/// and when to come back when there were too many tries.
///
/// # Errors
/// One that is not for a form, or of the template.
pub fn refuse<T: askama::Template>(e: Error, show: impl FnOnce(Wrong) -> T) -> Answer {
    let minutes = match e {
        Error::TooMany(minutes) => Some(minutes),
        _ => None,
    };
    let response = mend(&show(Wrong::of(e)?))?;
    Ok(match minutes {
        Some(minutes) => wait(response, minutes),
        None => response,
    })
}

/// Says in the headers that it was too often, and after how many seconds to try again.
fn wait(mut response: Response, minutes: i64) -> Response {
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(header::RETRY_AFTER, (minutes * 60).into());
    response
}

/// On to another page after a change: the browser's back button then never repeats it.
///
/// # Errors
/// Never; the type fits the other answers.
pub fn go(to: &str) -> Answer {
    Ok(Redirect::to(to).into_response())
}

/// On to another page, which says once what was done.
///
/// # Errors
/// The message can't be kept.
pub async fn go_saying(office: &Office, me: &Signed, to: &str, said: &'static str) -> Answer {
    let id = me.session.id.clone();
    office.run(move |o| staff::set_banner(o, &id, Some(said))).await?;
    go(to)
}

/// A file to be saved.
pub fn download(name: &str, media: &'static str, bytes: impl Into<axum::body::Body>) -> Response {
    let safe: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let disposition = format!("attachment; filename=\"{safe}\"");
    let mut response = bytes.into().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(v) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, v);
    }
    response
}

/// A page out of a pack, as its reader will have it: its own style, and nothing else that acts.
pub fn their_page(html: String) -> Response {
    const ONLY_STYLE: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
                              base-uri 'none'; frame-ancestors 'none'";
    let mut response = Html(html).into_response();
    let only = HeaderValue::from_static(ONLY_STYLE);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, only);
    response
}

/// A reader as a body: pieces are read on a thread that may block, a few ahead of the network.
pub fn stream(mut reader: impl std::io::Read + Send + 'static) -> axum::body::Body {
    let (send, receive) = tokio::sync::mpsc::channel::<std::io::Result<Vec<u8>>>(2);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = vec![0; 1 << 16];
            let read = reader.read(&mut piece).map(|n| {
                piece.truncate(n);
                piece
            });
            let last = !matches!(&read, Ok(p) if !p.is_empty());
            let failed = read.is_err();
            if (!last || failed) && send.blocking_send(read).is_err() {
                return;
            }
            if last {
                return;
            }
        }
    });
    body_of(receive)
}

/// A body that is written while it is sent. If the writing fails the connection breaks, so that
/// a cut file is never taken for a whole one.
pub fn piped<F>(office: &Office, write: F) -> axum::body::Body
where
    F: FnOnce(&Office, &mut dyn std::io::Write) -> crate::error::Result<()> + Send + 'static,
{
    struct Pipe(tokio::sync::mpsc::Sender<std::io::Result<Vec<u8>>>);
    impl std::io::Write for Pipe {
        fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
            let gone = |_| std::io::ErrorKind::BrokenPipe;
            self.0.blocking_send(Ok(buf.to_vec())).map_err(gone)?;
            Ok(buf.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (send, receive) = tokio::sync::mpsc::channel(4);
    let office = office.clone();
    tokio::task::spawn_blocking(move || {
        let mut to = std::io::BufWriter::with_capacity(1 << 16, Pipe(send.clone()));
        let done = write(&office, &mut to).and_then(|()| Ok(std::io::Write::flush(&mut to)?));
        if let Err(e) = done {
            tracing::error!("a file broke off while it was sent: {e}");
            let _ = send.blocking_send(Err(std::io::Error::other("broken off")));
        }
    });
    body_of(receive)
}

fn body_of(receive: tokio::sync::mpsc::Receiver<std::io::Result<Vec<u8>>>) -> axum::body::Body {
    let next = |mut r: tokio::sync::mpsc::Receiver<_>| async { r.recv().await.map(|p| (p, r)) };
    axum::body::Body::from_stream(futures_util::stream::unfold(receive, next))
}

/// What a route of the staff's demands before its page is even looked at. A route that says nothing
/// lets nobody in: [`Signed`] asks for it.
#[derive(Debug, Clone, Copy)]
pub enum Needs {
    /// Any member of staff: the page is about themselves, or shows each what they may see.
    Staff,
    /// A role that may do one of these.
    OneOf(&'static [Permission]),
}

fn nobody() -> Result<(), Error> {
    Err(Error::fault("a route of the staff’s does not say whom it is for"))
}

impl Needs {
    fn check(route: Option<&Self>, role: Role) -> Result<(), Error> {
        match route {
            Some(Self::Staff) => Ok(()),
            Some(Self::OneOf(any)) => {
                let asked = any.iter().map(|what| role.may(*what));
                asked.reduce(Result::or).unwrap_or_else(nobody)
            }
            None => nobody(),
        }
    }
}

/// A member of staff with a complete session and a role that the route is for. Anyone else is sent
/// to sign in, or told no.
pub struct Signed {
    /// Who acts, and for which organisation.
    pub by: By,
    /// The account.
    pub me: StaffRow,
    /// The session.
    pub session: SessionRow,
    /// The organisation's charter.
    pub charter: Charter,
}

/// Gives the pages of trouble the frame of the office for those who have signed in, so that they
/// are not led out of it.
pub async fn framed(State(office): State<Office>, request: Request, next: Next) -> Response {
    let staffs = request.uri().path().starts_with("/office");
    let headers = request.headers().clone();
    if staffs {
        // Another process may have set the public address, on which the name of a cookie hangs. If
        // it can't be read the page will say so better.
        let _ = office.run(|o| o.renew_reach().map(drop)).await;
    }
    let response = next.run(request).await;
    let Some(trouble) = response.extensions().get::<Trouble>().filter(|_| staffs).cloned() else {
        return response;
    };
    let Ok(signed) = Signed::known(&office, &headers).await else { return response };
    let Ok(html) = askama::Template::render(&trouble.at_desk(&signed)) else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, html.into())
}

impl Signed {
    /// Whoever has a complete session, whatever the route is for.
    async fn known(office: &Office, headers: &HeaderMap) -> Result<Self, Response> {
        let Some(token) = cookie(office, headers) else { return Err(sign_in()) };
        let found = office.run(move |o| staff::who(o, &token)).await;
        let (me, session) = match found {
            Ok(Some(found)) => found,
            Ok(None) => return Err(sign_in()),
            Err(e) => return Err(Failure(e).into_response()),
        };
        if !session.complete {
            return Err(Redirect::to("/office/code").into_response());
        }
        let org = me.org.clone();
        let charter = office.run(move |o| o.read_one(|tx| charter::current(tx, &org))).await;
        let charter = charter.map_err(|e| Failure(e).into_response())?;
        let by = By {
            org: me.org.clone(),
            actor: format!("staff:{}", me.id),
            role: me.role,
            now: office.now(),
        };
        Ok(Self { by, me, session, charter })
    }
}

impl FromRequestParts<Office> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, Response> {
        let signed = Self::known(office, &parts.headers).await?;
        let (me, session) = (&signed.me, &signed.session);
        Needs::check(parts.extensions.get(), me.role).map_err(|e| Failure(e).into_response())?;
        if session.banner.is_some() && parts.method == axum::http::Method::GET {
            let id = session.id.clone();
            let told = office.run(move |o| staff::set_banner(o, &id, None));
            told.await.map_err(|e| Failure(e).into_response())?;
        }
        Ok(signed)
    }
}

fn sign_in() -> Response {
    Redirect::to("/office/sign-in").into_response()
}

const COOKIE: &str = "candour";
const HOST_COOKIE: &str = "__Host-candour";
/// Kept after signing out, for 400 days: the longest that browsers keep one.
const DEVICE: &str = "candour-device";
const HOST_DEVICE: &str = "__Host-candour-device";

fn is_https(office: &Office) -> bool {
    office.reach().public_url.as_deref().is_some_and(|u| u.starts_with("https://"))
}

/// The session token of a request. Over https only the cookie that is bound to the host counts: a
/// neighbouring host could plant the other.
pub fn cookie(office: &Office, headers: &HeaderMap) -> Option<String> {
    named(if is_https(office) { HOST_COOKIE } else { COOKIE }, headers)
}

/// What says that somebody signed in with this browser before.
pub fn device(office: &Office, headers: &HeaderMap) -> Option<String> {
    named(if is_https(office) { HOST_DEVICE } else { DEVICE }, headers)
}

fn named(ours: &str, headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE);
    let pairs = all.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs
        .filter_map(|p| p.trim().split_once('='))
        .find(|(name, _)| *name == ours)
        .map(|(_, value)| value.to_owned())
}

/// The cookie that carries a session. Over https it is bound to the host and never sent in clear;
/// on a plain loopback address browsers would drop such a cookie, so there it has a plain name.
pub fn set_cookie(office: &Office, token: &str) -> HeaderValue {
    let text = if is_https(office) {
        format!("{HOST_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax")
    } else {
        format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax")
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// An answer that carries a session on to another page.
pub fn go_with_session(office: &Office, token: &str, to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().append(header::SET_COOKIE, set_cookie(office, token));
    response
}

/// An answer by which the browser is known from now on.
pub fn with_device(office: &Office, mut response: Response, device: &str) -> Response {
    let (name, secure) = match is_https(office) {
        true => (HOST_DEVICE, "; Secure"),
        false => (DEVICE, ""),
    };
    let text = format!("{name}={device}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax{secure}");
    if let Ok(v) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, v);
    }
    response
}

/// An answer that ends the session in the browser.
pub fn go_without_session(to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    for name in [COOKIE, HOST_COOKIE] {
        let secure = if name == HOST_COOKIE { "; Secure" } else { "" };
        let text = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}");
        if let Ok(v) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, v);
        }
    }
    response
}

/// The organisation of a public page, by its short name in the address.
pub struct Public {
    /// A member of the public acting towards this organisation.
    pub by: By,
    /// Its charter.
    pub charter: Charter,
}

impl Public {
    /// Finds the organisation, for its form: it may be closed. Nothing else closes with it: a stop
    /// stays one press away, and a link in a letter goes on working.
    ///
    /// # Errors
    /// No such organisation, or its form is closed.
    pub async fn asking(office: &Office, short: String) -> Result<Self, Failure> {
        let public = Self::of(office, short).await?;
        if public.charter.channels.portal {
            Ok(public)
        } else {
            Err(Error::NotFound("the page").into())
        }
    }

    /// Finds the organisation.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn of(office: &Office, short: String) -> Result<Self, Failure> {
        let found = office
            .run(move |o| {
                o.read(|tx| {
                    let org = charter::only_org(tx, Some(&short))?;
                    let charter = charter::current(tx, &org)?;
                    Ok((org, charter))
                })
            })
            .await?;
        let (org, charter) = found;
        Ok(Self { by: office.by_public(&org), charter })
    }
}

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// A file of the program's own: the stylesheet, the icon.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = Assets::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let media = file.metadata.mimetype().to_owned();
    let mut response = axum::body::Body::from(file.data.into_owned()).into_response();
    let h = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "no-cache".into()),
    ] {
        if let Ok(v) = HeaderValue::from_str(&value) {
            h.insert(name, v);
        }
    }
    response
}

/// The icon, for browsers that ask for it where none of our pages says it is.
pub async fn icon(headers: HeaderMap) -> Response {
    asset(Path("icon.svg".to_owned()), headers).await
}

/// An organisation's two colours, as a stylesheet of one rule.
pub async fn theme(State(office): State<Office>, Path(short): Path<String>) -> Answer {
    let charter = office
        .run(move |o| {
            o.read(|tx| {
                let org = charter::only_org(tx, Some(&short))?;
                charter::current(tx, &org)
            })
        })
        .await?;
    let t = charter.theme;
    let css = format!(":root{{--brand:{};--brand-ink:{}}}", t.brand, t.brand_ink);
    Ok(([(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "no-cache")], css)
        .into_response())
}

/// Headers of every answer. No script is ever loaded; nothing comes from elsewhere.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let h = response.headers_mut();
    // A page that is somebody's file says a narrower one itself.
    h.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ));
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ];
    for (name, value) in fixed {
        h.insert(name, HeaderValue::from_static(value));
    }
    // Pages hold personal data: no copy stays in a shared or a forgotten browser.
    h.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
