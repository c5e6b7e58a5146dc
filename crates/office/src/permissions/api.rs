//! The machine face: who asks, contact decisions. JSON in and out; errors as RFC 9457 problems that
//! never repeat a value. What machines tell stands in `told.rs`.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, RawPathParams, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{self, Ask, Decision};
use super::live::{self, Now, One, needs_registers};
use crate::error::{Error, Result};
use crate::kit::links;
use crate::office::Office;
use crate::proof::By;
use crate::staff::Role;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Questions in one batch, at most.
pub(crate) const MOST: usize = 10_000;

/// An error on its way to a machine (RFC 9457).
pub struct Problem(Error);

impl<E: Into<Error>> From<E> for Problem {
    fn from(e: E) -> Self {
        Self(e.into())
    }
}

impl axum::response::IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, kind) = match &self.0 {
            Error::NotFound(_) => (StatusCode::NOT_FOUND, "not-found"),
            Error::Refused(_) | Error::Conflict => (StatusCode::CONFLICT, "refused"),
            Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Error::Denied("token") => (StatusCode::UNAUTHORIZED, "unauthorised"),
            Error::Denied(_) => (StatusCode::FORBIDDEN, "denied"),
            Error::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too-many"),
            Error::Holding(_) | Error::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            Error::Fault(e) => {
                tracing::error!("{e:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, "fault")
            }
        };
        let errors: Vec<Value> = match &self.0 {
            Error::Invalid(fields) => fields
                .iter()
                .map(|f| json!({ "pointer": format!("/{}", f.name), "detail": f.message }))
                .collect(),
            _ => Vec::new(),
        };
        let detail = match &self.0 {
            Error::Fault(_) => "Something went wrong on our side".to_owned(),
            Error::Denied("token") => "Send the program's token as: Authorization: Bearer …".into(),
            other => other.to_string(),
        };
        let body = json!({
            "type": format!("/api/problems#{kind}"),
            "title": status.canonical_reason().unwrap_or("Problem"),
            "status": status.as_u16(),
            "detail": detail,
            "errors": errors,
        });
        let mut response = (status, body.to_string()).into_response();
        let h = response.headers_mut();
        if let Ok(v) = "application/problem+json".parse() {
            h.insert(header::CONTENT_TYPE, v);
        }
        if status == StatusCode::UNAUTHORIZED
            && let Ok(v) = "Bearer".parse()
        {
            h.insert(header::WWW_AUTHENTICATE, v);
        }
        response
    }
}

/// The answer of every handler here.
pub type Answer = std::result::Result<Response, Problem>;

pub(crate) fn answer(value: &impl Serialize) -> Answer {
    // Most answers fit, so it need not grow.
    let mut body = Vec::with_capacity(512);
    serde_json::to_writer(&mut body, value).map_err(Error::from)?;
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    Ok(response)
}

pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|e| {
        // Serde's words may repeat a value, its place does not.
        let what = match e.classify() {
            serde_json::error::Category::Data => "a field is missing, unknown or of another kind",
            _ => "this is not JSON",
        };
        Error::invalid("body", format!("{what} (line {}, column {})", e.line(), e.column()))
    })
}

/// Who asks: the program whose token came with the request, as it stands now.
pub(crate) async fn who(office: &Office, short: &str, headers: &HeaderMap) -> Result<Program> {
    let bearer = Bearer::of(headers);
    let (one, now) = now(office, short, &bearer, false).await?;
    let id = bearer.mailer(&now)?;
    let org = one.org().to_owned();
    let by = By { org, actor: format!("mailer:{id}"), role: Role::Mailer, now: office.now() };
    Ok(Program { by, now })
}

/// A program that asks of the organisation which the address names.
pub struct Program {
    /// It acts.
    pub by: By,
    /// The facts as they stand.
    pub now: Arc<Now>,
}

impl FromRequestParts<Office> for Program {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Office,
    ) -> std::result::Result<Self, Problem> {
        let unknown = Error::NotFound("the organisation");
        let Ok(named) = RawPathParams::from_request_parts(parts, office).await else {
            return Err(unknown.into());
        };
        match named.iter().find(|(name, _)| *name == "org") {
            Some((_, org)) => Ok(who(office, org, &parts.headers).await?),
            None => Err(unknown.into()),
        }
    }
}

/// The hash of the token that came with a request, if one did.
pub struct Bearer(Option<[u8; 32]>);

impl Bearer {
    fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        Self(sent.and_then(|v| v.strip_prefix("Bearer ")).map(|token| links::hash(token.trim())))
    }

    /// The id of the program whose token it is.
    fn mailer<'a>(&self, now: &'a Now) -> Result<&'a str> {
        let id = self.0.and_then(|hash| now.mailers.get(&hash));
        id.map(String::as_str).ok_or(Error::Denied("token"))
    }
}

/// Spares a decision a copy of every header.
impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// The organisation of a short name and the facts as they stand, for whoever sends a token.
async fn now(
    office: &Office,
    short: &str,
    bearer: &Bearer,
    registers: bool,
) -> Result<(Arc<One>, Arc<Now>)> {
    bearer.0.ok_or(Error::Denied("token"))?;
    let one = office.live().of_short(office, short).await.map_err(|e| match e {
        Error::NotFound(_) => Error::Denied("token"),
        other => other,
    })?;
    let now = live::now(office, &one, registers).await?;
    Ok((one, now))
}

/// One question or many.
enum Asked {
    Many(Vec<Ask>),
    One(Box<Ask>),
}

#[derive(Deserialize)]
struct Many {
    questions: Vec<Ask>,
}

impl Asked {
    fn parse(body: &[u8]) -> Result<Self> {
        match parse::<Ask>(body) {
            Ok(one) => Ok(Self::One(Box::new(one))),
            // Its complaint is of the shape that was meant.
            Err(_) if memmem::find(body, b"\"questions\"").is_some() => {
                Ok(Self::Many(parse::<Many>(body)?.questions))
            }
            Err(e) => Err(e),
        }
    }

    fn needs_registers(&self) -> bool {
        match self {
            Self::One(a) => needs_registers(a.channel),
            Self::Many(all) => all.iter().any(|a| needs_registers(a.channel)),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Each {
    Decision(Decision),
    Bad { error: String },
}

/// `POST /api/o/{org}/contact-decisions`: one question, or `{"questions": […]}`.
pub async fn decide(
    State(office): State<Office>,
    Path(org): Path<String>,
    bearer: Bearer,
    body: Bytes,
) -> Answer {
    // Parsed before the look, so that the look is as fresh as can be; told after it, since only who
    // sends a token hears more.
    let asked = Asked::parse(&body);
    let needed = asked.as_ref().is_ok_and(Asked::needs_registers);
    let (_, now) = now(&office, &org, &bearer, needed).await?;
    bearer.mailer(&now)?;
    match asked? {
        Asked::One(one) => answer(&ask::answer(&now, &one)?),
        Asked::Many(questions) if questions.len() > MOST => Err(Error::invalid(
            "questions",
            format!("At most {MOST} questions in one batch: send the rest in another"),
        )
        .into()),
        Asked::Many(questions) => {
            let decided = tokio::task::spawn_blocking(move || {
                questions
                    .iter()
                    .map(|q| match ask::answer(&now, q) {
                        Ok(d) => Each::Decision(d),
                        Err(e) => Each::Bad { error: e.to_string() },
                    })
                    .collect::<Vec<_>>()
            });
            let decisions = decided.await.map_err(|_| Error::fault("a batch panicked"))?;
            answer(&json!({ "decisions": decisions }))
        }
    }
}

/// `GET /health`: the same server answering a constant.
pub async fn health() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], "{\"ok\":true}").into_response()
}

/// `GET /api/openapi.json`: what machines may ask and tell (OpenAPI 3.1).
pub async fn openapi() -> Response {
    const TEXT: &str = include_str!("openapi.json");
    ([(header::CONTENT_TYPE, "application/json")], TEXT).into_response()
}

#[derive(askama::Template)]
#[template(path = "permissions/pages/problems.html")]
struct ProblemsPage;

/// `GET /api/problems`: what each kind of problem means and what to do.
pub async fn problems() -> crate::kit::web::Answer {
    crate::kit::web::page(&ProblemsPage)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every route of the machine face is described, and nothing else.
    #[test]
    fn the_description_and_the_routes_agree() {
        let text: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let mut described: Vec<&str> =
            text["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let routes = include_str!("../routes.rs");
        let mut there: Vec<&str> = routes.split('"').filter(|s| s.starts_with("/api/o/")).collect();
        described.sort_unstable();
        there.sort_unstable();
        there.dedup();
        assert_eq!(described, there);
    }
}
