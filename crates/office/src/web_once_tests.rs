//! A program whose answer is lost on the way asks again: the act stands once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;

use super::*;
use crate::charter::Channel;
use crate::mailing::mailers;
use crate::people::Known;
use crate::permissions::acts::{self as permissions, NewConsent};
use crate::permissions::records::{Proof, Through, Use, Wording};
use crate::permissions::{once, told, told_back, told_people};
use crate::proof;

/// The office falls over after the commit and before anything is told, while this is on.
async fn falls_over(on: State<Arc<AtomicBool>>, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    match on.swap(false, Ordering::SeqCst) {
        true => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        false => answer,
    }
}

#[test]
fn an_act_whose_answer_was_lost_is_not_done_again() {
    let mut s = Served::new();
    let on = Arc::new(AtomicBool::new(false));
    let app = axum::Router::new()
        .route("/api/o/{org}/suppressions", post(told::suppress))
        .route("/api/o/{org}/consents/{id}/withdraw", post(told::withdraw))
        .route("/api/o/{org}/events", post(told_back::events))
        .route("/api/o/{org}/inbound-mail", post(told_back::inbound))
        .route("/api/o/{org}/grounds", post(told_people::ground))
        .route("/api/o/{org}/people", post(told_people::person))
        .layer(from_fn_with_state(on.clone(), falls_over))
        .layer(from_fn_with_state(s.office.clone(), once::once))
        .with_state(s.office.clone());
    let listener = s._runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    s.at = listener.local_addr().unwrap();
    s._runtime.spawn(async move { axum::serve(listener, app).await });
    let (vault, by) = (s.office.vault().clone(), s.by.clone());
    let (_, token) = s.office.write(move |tx| mailers::add(tx, &vault, &by, "Letters")).unwrap();
    let headers = format!("Authorization: Bearer {token}\r\nIdempotency-Key: k\r\n");
    let size = || {
        let (vault, org, now) = (s.office.vault().clone(), s.by.org.clone(), s.office.now());
        s.office.chore(move |tx| proof::acts::checkpoint(tx, &vault, &org, now)).unwrap().0
    };
    let consent = consented(&s);
    let ground = r#"{"who":{"email":"cy@example.org"},"ground":"sale","on":"2026-01-02",
                     "refusal_offered":true}"#;
    let events = r#"{"events":[{"type":"bounce","address":"fay@example.org"},
        {"type":"delivered","address":"gus@example.org"},{"type":"odd","address":"x@example.org"}]}"#;
    let mail = "From: Hal <hal@example.org>\r\nSubject: please stop\r\n\r\nThank you";
    for (path, body, status) in [
        ("events", events, 200),
        ("inbound-mail", mail, 200),
        ("suppressions", r#"{"address":"bo@example.org"}"#, 200),
        ("grounds", ground, 201),
        ("people", r#"{"email":"dan@example.org"}"#, 201),
        (&format!("consents/{consent}/withdraw"), "{}", 200),
    ] {
        let path = format!("/api/o/harbour/{path}");
        on.store(true, Ordering::SeqCst);
        assert_eq!(s.send("POST", &path, &headers, body).status, 500);
        let after = size();
        let again = s.send("POST", &path, &headers, body);
        assert_eq!(again.status, status, "{path}: {}", again.text);
        assert_eq!(size(), after, "{path}: nothing more is on record");
        let told: Value = serde_json::from_str(&again.text).unwrap();
        let all = told["taken"] == 2 && told["errors"][0]["pointer"] == "/events/2";
        let same =
            all || told["added"] == 1 || told["person"].is_string() || told["ended"].is_array();
        assert!(same, "{told}");
    }
}

/// Somebody who said yes to walks by e-mail; answers the record's id.
fn consented(s: &Served) -> String {
    let wording = Wording {
        short: "walks".into(),
        use_kind: Use::Contact,
        use_what: "walks".into(),
        channels: vec![Channel::Email],
        text: "May we write to you about walks?".into(),
        if_refused: String::new(),
        notice: "1".into(),
        explicit: false,
        language: "en-GB".into(),
    };
    let email = (candour_screening::Kind::Email, "eve@example.org".into());
    let new = NewConsent {
        who: Known { identifiers: vec![email], ..Known::default() },
        wording: "walks".into(),
        version: None,
        channel: Some(Channel::Email),
        yes: true,
        on: crate::kit::dates::day_of(s.by.now),
        method: "form".into(),
        proof: Proof { evidence: "form 1".into(), collector: "desk".into(), ..Proof::default() },
        through: Through::Staff,
    };
    let (vault, by) = (s.office.vault().clone(), s.by.clone());
    s.office
        .write(move |tx| {
            permissions::set_wording(tx, &vault, &by, &wording)?;
            permissions::record_consent(tx, &vault, &by, &new)
        })
        .unwrap()
}
