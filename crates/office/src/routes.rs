//! Every route of the web faces, on one screen.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;

use crate::kit::pages::Trouble;
use crate::kit::web;
use crate::office::Office;
use crate::requests::{
    desk, desk_acts as acts, desk_new, desk_pack as packs, desk_review as review, portal,
    portal_answer as holder,
};
use crate::staff::{desk as staff, desk_account as account};
use crate::{charter, holdings, mailing, permissions, proof, register, today};

/// Forms are small; only handed-in copies are larger.
const FORM: usize = 1 << 20;
const HANDED_IN: usize = 50 << 20;
/// A list to be screened.
const LIST: usize = 1 << 30;
/// A batch of 10,000 questions.
const BATCH: usize = 8 << 20;

/// The whole web face of an office.
pub fn all(office: Office) -> Router {
    Router::new()
        .merge(public())
        .merge(sign_in())
        .merge(cases())
        .merge(house())
        .merge(contact())
        .merge(machines(&office))
        .route("/assets/{name}", get(web::asset))
        .route("/o/{org}/theme.css", get(web::theme))
        .fallback(not_found)
        .layer(from_fn(web::headers))
        .layer(CsrfLayer::new())
        .layer(CatchPanicLayer::new())
        .with_state(office)
}

fn public() -> Router<Office> {
    use permissions::portal as choose;
    Router::new()
        .route("/", get(portal::front))
        .route("/o/{org}/data-rights", get(portal::start))
        .route("/o/{org}/data-rights/about", get(portal::about))
        .route("/o/{org}/data-rights/ask", post(portal::begin))
        .route("/o/{org}/data-rights/ask/{step}", get(portal::step).post(portal::answer))
        .route("/o/{org}/data-rights/sent/{reference}", get(portal::sent))
        .route("/o/{org}/data-rights/status", get(portal::status_form).post(portal::status))
        .route("/o/{org}/stop", get(choose::stop_form).post(choose::stop))
        .route("/o/{org}/preferences", get(choose::ask_link).post(choose::send_link))
        .route("/preferences/{token}", get(choose::preferences).post(choose::choose))
        .route("/preferences/{token}/saved", get(choose::saved))
        .route("/u/{token}", get(choose::unsubscribe_form).post(choose::unsubscribe))
        .route("/fetch/{token}", get(portal::fetch_form).post(portal::fetch))
        .route("/answer/{token}", get(holder::holder_form))
        .route(
            "/answer/{token}",
            post(holder::holder_answer).layer(DefaultBodyLimit::max(HANDED_IN)),
        )
}

fn sign_in() -> Router<Office> {
    Router::new()
        .route("/set-up/{token}", get(staff::set_up_form).post(staff::set_up))
        .route("/office/sign-in", get(staff::sign_in_form).post(staff::sign_in))
        .route("/office/code", get(staff::code_form).post(staff::code))
        .route("/office/link/{token}", get(staff::link_form).post(staff::link))
        .route("/office/sign-out", post(staff::sign_out))
}

fn cases() -> Router<Office> {
    Router::new()
        .route("/office", get(today::desk::today))
        .route("/office/cases", get(desk::cases))
        .route("/office/cases/new", get(desk_new::new).post(desk_new::log))
        .route("/office/cases/{reference}", get(desk::case))
        .route("/office/cases/{reference}/review", get(review::bench))
        .route(
            "/office/cases/{reference}/items/{search}/{n}",
            get(review::item).post(review::decide),
        )
        .route("/office/cases/{reference}/items/{search}/{n}/original", get(packs::original))
        .route("/office/cases/{reference}/letters/{id}", get(acts::letter))
        .route("/office/cases/{reference}/search", post(acts::search_again))
        .route("/office/cases/{reference}/assign", post(acts::assign))
        .route("/office/cases/{reference}/pack", post(packs::make))
        .route("/office/cases/{reference}/packs/{n}", get(packs::pack))
        .route("/office/cases/{reference}/packs/{n}/zip", get(packs::zip))
        .route("/office/cases/{reference}/packs/{n}/protected", post(packs::protected))
        .route("/office/cases/{reference}/{act}", get(acts::form).post(acts::act))
        .route("/office/cases/{reference}/{act}/{search}", get(acts::form).post(acts::act))
        .layer(DefaultBodyLimit::max(FORM))
}

fn contact() -> Router<Office> {
    use mailing::campaigns::desk as campaigns;
    use mailing::desk as programs;
    use mailing::screenings::desk as screen;
    use mailing::templates::desk as messages;
    use permissions::{desk as who, desk_words as words};
    Router::new()
        .route("/office/campaigns", get(campaigns::list))
        .route("/office/campaigns/new", get(campaigns::new).post(campaigns::plan))
        .route("/office/campaigns/{short}", get(campaigns::one).post(campaigns::act))
        .route("/office/campaigns/{short}/lapses.csv", get(campaigns::lapses_file))
        .route("/office/messages", get(messages::list))
        .route("/office/messages/new", get(messages::new).post(messages::save_new))
        .route("/office/messages/{short}", get(messages::one).post(messages::act))
        .route("/office/programs", get(programs::programs).post(programs::act))
        .layer(DefaultBodyLimit::max(FORM))
        .route(
            "/office/campaigns/{short}/sent",
            post(campaigns::sent).layer(DefaultBodyLimit::max(LIST)),
        )
        .route("/office/permissions", get(who::overview))
        .route("/office/permissions/look", post(who::look))
        .route("/office/permissions/record", post(who::record))
        .route(
            "/office/permissions/wordings/new",
            get(words::wording_form).post(words::set_wording),
        )
        .route("/office/permissions/consents/{id}", get(words::consent))
        .route("/office/permissions/receipts/{id}", get(words::receipt))
        .route("/office/permissions/looked/{sealed}", get(who::looked))
        .route("/office/permissions/{id}", get(who::person))
        .route("/office/permissions/{id}/letter", get(who::letter))
        .route("/office/screen", get(screen::start))
        .route("/office/screen", post(screen::upload).layer(DefaultBodyLimit::max(LIST)))
        .route("/office/screen/{id}", get(screen::one).post(screen::run))
        .route("/office/screen/{id}/{file}", get(screen::file))
}

fn machines(office: &Office) -> Router<Office> {
    use mailing::api as sends;
    use permissions::{api, once, told, told_people};
    let repeatable = Router::new()
        .route("/api/o/{org}/suppressions", post(told::suppress))
        .route("/api/o/{org}/campaigns/{short}/sent", post(sends::sent))
        .route("/api/o/{org}/certificates/check", post(sends::check))
        .route("/api/o/{org}/consents/{id}/withdraw", post(told::withdraw))
        .route("/api/o/{org}/consents/find", post(told_people::find))
        .route("/api/o/{org}/grounds", post(told_people::ground))
        .route("/api/o/{org}/people", post(told_people::person))
        .route("/api/o/{org}/companies", get(told_people::companies))
        .route("/api/o/{org}/events", post(told::events))
        .route("/api/o/{org}/inbound-mail", post(told::inbound))
        .route("/api/o/{org}/unsubscribe-headers", post(told::unsubscribe_headers))
        .layer(axum::middleware::from_fn_with_state(office.clone(), once::once));
    Router::new()
        .merge(repeatable)
        .route("/health", get(api::health))
        .route("/api/openapi.json", get(api::openapi))
        .route("/api/problems", get(api::problems))
        .route("/api/o/{org}/contact-decisions", post(api::decide))
        .route("/api/o/{org}/suppressions/{id}", get(told::suppression))
        .route("/api/o/{org}/consents", post(told::consent))
        .route("/api/o/{org}/consents/{id}/receipt", get(told::receipt))
        .layer(DefaultBodyLimit::max(BATCH))
}

fn house() -> Router<Office> {
    use charter::{desk as settings, desk_contact as contact};
    use holdings::desk as hold;
    use proof::desk as ledger;
    use register::desk as reg;
    Router::new()
        .route("/office/register", get(reg::list))
        .route("/office/register/new", get(reg::new).post(reg::save_new))
        .route("/office/register/{short}", get(reg::one).post(reg::save))
        .route("/office/holdings", get(hold::list))
        .route("/office/holdings/new", get(hold::new).post(hold::add))
        .route("/office/holdings/{short}", get(hold::one))
        .route("/office/holdings/{short}/map", get(hold::map_form).post(hold::set_map))
        .route("/office/holdings/{short}/scan", post(hold::scan))
        .route("/office/holdings/{short}/check", post(hold::check))
        .route("/office/ledger", get(ledger::ledger))
        .route("/office/ledger/checkpoint", get(ledger::checkpoint))
        .route("/office/ledger/proof/{position}", get(ledger::proof))
        .route("/office/ledger/entry/{position}", get(ledger::entry))
        .route("/office/staff", get(staff::list).post(staff::add))
        .route("/office/staff/{id}", get(staff::one).post(staff::change))
        .route("/office/account", get(account::account).post(account::change_account))
        .route("/office/settings", get(settings::form).post(settings::save))
        .route("/office/settings/contact", get(contact::contact).post(contact::save_contact))
        .layer(DefaultBodyLimit::max(FORM))
}

async fn not_found() -> axum::response::Response {
    let page = Trouble::not_found();
    match askama::Template::render(&page) {
        Ok(html) => (axum::http::StatusCode::NOT_FOUND, axum::response::Html(html)).into_response(),
        Err(_) => axum::http::StatusCode::NOT_FOUND.into_response(),
    }
}
