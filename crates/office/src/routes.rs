//! Every route of the web faces, with who may use it. A route of the staff's that names nobody lets
//! nobody in ([`Needs`]).

use axum::extract::{DefaultBodyLimit, Path};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;

use crate::kit::forms::is_short_name;
use crate::kit::pages::Trouble;
use crate::kit::web::{self, Needs};
use crate::office::Office;
use crate::requests::pack::{desk as packs, desk_hand, portal as portal_fetch};
use crate::requests::review::{desk as review, desk_item};
use crate::requests::search::portal as holder;
use crate::requests::{
    desk, desk_acts as acts, desk_correct as correct, desk_letters as letters, desk_list, desk_new,
    portal, portal_ask as ask,
};
use crate::staff::{
    Permission as P, desk as staff, desk_account as account, desk_set_up as set_up,
};
use crate::{
    charter, holdings, house_settings, mailing, notices, permissions, proof, register, today,
};

/// What the public types is smaller still: nobody has signed in yet.
const ASKED: usize = 128 << 10;
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
        .route("/favicon.ico", get(web::icon))
        .route("/o/{org}/theme.css", get(web::theme))
        .fallback(not_found)
        .layer(from_fn_with_state(office.clone(), web::framed))
        .layer(from_fn(web::headers))
        .layer(CsrfLayer::new())
        .layer(CatchPanicLayer::new())
        .with_state(office)
}

fn public() -> Router<Office> {
    use permissions::portal as choose;
    Router::new()
        .route("/", get(portal::front))
        .route("/o/{org}", get(organisation))
        .route("/o/{org}/data-rights", get(portal::start))
        .route("/o/{org}/data-rights/about", get(portal::about))
        .route("/o/{org}/data-rights/ask", post(ask::begin))
        .route("/o/{org}/data-rights/ask/{step}", get(ask::step).post(ask::answer))
        .route("/o/{org}/data-rights/sent/{reference}", get(ask::sent))
        .route("/o/{org}/data-rights/status", get(portal::status_form).post(portal::status))
        .route("/o/{org}/privacy", get(notices::portal::privacy))
        .route("/o/{org}/accessibility", get(notices::portal::accessibility))
        .route("/robots.txt", get(notices::portal::robots))
        .route("/.well-known/security.txt", get(notices::portal::security))
        .route("/.well-known/gpc.json", get(notices::portal::gpc))
        .route("/.well-known/change-password", get(|| async { web::go("/office/account") }))
        .route("/o/{org}/stop", get(choose::stop_form).post(choose::stop))
        .route("/o/{org}/preferences", get(choose::ask_link).post(choose::send_link))
        .route("/preferences/{token}", get(choose::preferences).post(choose::choose))
        .route("/preferences/{token}/saved", get(choose::saved))
        .route("/preferences/{token}/unchanged", get(choose::unchanged))
        .route("/u/{token}", get(choose::unsubscribe_form).post(choose::unsubscribe))
        .route("/fetch/{token}", get(portal_fetch::form).post(portal_fetch::prove))
        .route("/fetch/{token}/save", post(portal_fetch::save))
        .layer(DefaultBodyLimit::max(ASKED))
        .route("/answer/{token}", get(holder::holder_form))
        .route(
            "/answer/{token}",
            post(holder::holder_answer).layer(DefaultBodyLimit::max(HANDED_IN)),
        )
}

fn sign_in() -> Router<Office> {
    Router::new()
        .route("/set-up/{token}", get(set_up::set_up_form).post(set_up::set_up))
        .route("/office/sign-in", get(staff::sign_in_form).post(staff::sign_in))
        .route("/office/code", get(staff::code_form).post(staff::code))
        .route("/office/link/{token}", get(staff::link_form).post(staff::link))
        .route("/office/sign-out", all_staff(post(staff::sign_out)))
}

/// A route for every member of staff.
fn all_staff(route: MethodRouter<Office>) -> MethodRouter<Office> {
    route.layer(Extension(Needs::Staff))
}

/// A route for roles that may do one of these. What it changes may need more: its act says so.
fn whoever(may: &'static [P], route: MethodRouter<Office>) -> MethodRouter<Office> {
    route.layer(Extension(Needs::OneOf(may)))
}

const SEE: &[P] = &[P::SeeCases];
const WORK: &[P] = &[P::WorkCases, P::ReleaseCases];

fn cases() -> Router<Office> {
    let opener = |route| whoever(&[P::OpenCase], route);
    Router::new()
        .route("/office", all_staff(get(today::desk::today)))
        .route("/office/cases", whoever(SEE, get(desk_list::cases)))
        .route("/office/cases/find", whoever(SEE, post(desk_list::find)))
        .route("/office/letters", whoever(SEE, get(letters::letters)))
        .route("/office/letters/{id}", whoever(SEE, get(letters::of_no_case)))
        .route("/office/letters/{id}", whoever(WORK, post(letters::again)))
        .route("/office/cases/new", opener(get(desk_new::new).post(desk_new::log)))
        .merge(one_case())
        .layer(DefaultBodyLimit::max(FORM))
}

fn one_case() -> Router<Office> {
    const CASE: &str = "/office/cases/{reference}";
    let at = |rest: &str| format!("{CASE}{rest}");
    let item = at("/items/{search}/{n}");
    Router::new()
        .route(CASE, whoever(SEE, get(desk::case)))
        .route(&at("/review"), whoever(SEE, get(review::bench)))
        .route(&item, whoever(SEE, get(desk_item::item)))
        .route(&item, whoever(WORK, post(desk_item::decide)))
        .route(&at("/items/{search}/{n}/agree"), whoever(WORK, post(desk_item::agree)))
        .route(&at("/items/{search}/{n}/original"), whoever(SEE, get(packs::original)))
        .route(&at("/letters/{id}"), whoever(SEE, get(letters::letter)))
        .route(&at("/letters/{id}"), whoever(WORK, post(letters::posted)))
        .route(&at("/letters/{id}/pdf"), whoever(SEE, get(letters::pdf)))
        .route(&at("/hand/{hand}"), whoever(WORK, get(desk_hand::form).post(desk_hand::act)))
        .route(&at("/search"), whoever(WORK, post(acts::search_again)))
        .route(&at("/assign"), whoever(WORK, post(acts::assign)))
        .route(&at("/pack"), whoever(WORK, post(packs::make)))
        .route(&at("/packs/{n}"), whoever(SEE, get(packs::pack)))
        .route(&at("/packs/{n}/files"), whoever(SEE, get(packs::first)))
        .route(&at("/packs/{n}/files/{file}"), whoever(SEE, get(packs::file)))
        .route(&at("/packs/{n}/zip"), whoever(SEE, get(packs::zip)))
        .route(&at("/packs/{n}/protected"), whoever(WORK, post(packs::protected)))
        .route(&at("/correct"), whoever(WORK, get(correct::form).post(correct::correct)))
        .route(&at("/{act}"), whoever(WORK, get(acts::form).post(acts::act)))
        .route(&at("/{act}/{search}"), whoever(WORK, get(acts::form).post(acts::act)))
}

fn contact() -> Router<Office> {
    use mailing::campaigns::desk as campaigns;
    use mailing::desk as programs;
    use mailing::screenings::desk as screen;
    use mailing::templates::desk as messages;
    const SEE: &[P] = &[P::SeePermissions];
    const PLAN: &[P] = &[P::ScreenLists];
    // An officer acknowledges, approves and lets in; a case worker plans and screens.
    const CHANGE: &[P] = &[P::ScreenLists, P::ManagePermissions];
    let list = DefaultBodyLimit::max(LIST);
    Router::new()
        .route("/office/campaigns", whoever(SEE, get(campaigns::list)))
        .route("/office/campaigns/new", whoever(PLAN, get(campaigns::new).post(campaigns::plan)))
        .route("/office/campaigns/{short}", whoever(SEE, get(campaigns::one)))
        .route("/office/campaigns/{short}", whoever(CHANGE, post(campaigns::act)))
        .route("/office/campaigns/{short}/sent", whoever(PLAN, post(campaigns::sent)).layer(list))
        .route("/office/campaigns/{short}/lapses.csv", whoever(PLAN, get(campaigns::lapses_file)))
        .route("/office/messages", whoever(SEE, get(messages::list)))
        .route("/office/messages/new", whoever(PLAN, get(messages::new).post(messages::save_new)))
        .route("/office/messages/{short}", whoever(SEE, get(messages::one)))
        .route("/office/messages/{short}", whoever(CHANGE, post(messages::act)))
        .route("/office/programs", whoever(SEE, get(programs::programs)))
        .route("/office/programs", whoever(&[P::ManagePermissions], post(programs::act)))
        .merge(wishes())
        .layer(DefaultBodyLimit::max(FORM))
        .route("/office/screen", whoever(SEE, get(screen::start)))
        .route("/office/screen", whoever(PLAN, post(screen::upload)).layer(list))
        .route("/office/screen/{id}", whoever(SEE, get(screen::one)))
        .route("/office/screen/{id}", whoever(PLAN, post(screen::run)))
        .route("/office/screen/{id}/{file}", whoever(PLAN, get(screen::file)))
}

/// What people said about being contacted.
fn wishes() -> Router<Office> {
    use permissions::imports::desk as old;
    use permissions::{desk as who, desk_registers as registers, desk_words as words};
    const SEE: &[P] = &[P::SeePermissions];
    const RECORD: &[P] = &[P::RecordPermissions];
    const MANAGE: &[P] = &[P::ManagePermissions];
    let list = DefaultBodyLimit::max(LIST);
    let wording = get(words::wording_form).post(words::set_wording);
    Router::new()
        .route("/office/permissions", whoever(SEE, get(who::overview)))
        .route("/office/permissions/look", whoever(SEE, post(who::look)))
        .route("/office/permissions/record", whoever(RECORD, post(who::record)))
        .route("/office/permissions/wordings/new", whoever(MANAGE, wording))
        .route("/office/permissions/import", whoever(MANAGE, get(old::start)))
        .route("/office/permissions/import", whoever(MANAGE, post(old::bring)).layer(list))
        .route("/office/permissions/import/{id}", whoever(MANAGE, get(old::one).post(old::act)))
        .route("/office/permissions/import/{id}/bad-rows", whoever(MANAGE, get(old::bad_rows)))
        .route("/office/permissions/registers", whoever(SEE, get(registers::list)))
        .route(
            "/office/permissions/registers",
            whoever(MANAGE, post(registers::import)).layer(list),
        )
        .route("/office/permissions/registers/{short}", whoever(SEE, get(registers::one)))
        .route(
            "/office/permissions/registers/{short}/bad-lines",
            whoever(SEE, get(registers::bad_lines)),
        )
        .route("/office/permissions/consents/{id}", whoever(SEE, get(words::consent)))
        .route("/office/permissions/receipts/{id}", whoever(SEE, get(words::receipt)))
        .route("/office/permissions/looked/{sealed}", whoever(SEE, get(who::looked)))
        .route("/office/permissions/{id}", whoever(SEE, get(who::person)))
        .route("/office/permissions/{id}/letter", whoever(SEE, get(who::letter)))
}

fn machines(office: &Office) -> Router<Office> {
    use mailing::api as sends;
    use permissions::{api, once, told, told_back, told_people};
    let repeatable = Router::new()
        .route("/api/o/{org}/suppressions", post(told::suppress))
        .route("/api/o/{org}/campaigns/{short}/sent", post(sends::sent))
        .route("/api/o/{org}/certificates/check", post(sends::check))
        .route("/api/o/{org}/consents/{id}/withdraw", post(told::withdraw))
        .route("/api/o/{org}/consents/find", post(told_people::find))
        .route("/api/o/{org}/grounds", post(told_people::ground))
        .route("/api/o/{org}/people", post(told_people::person))
        .route("/api/o/{org}/companies", get(told_people::companies))
        .route("/api/o/{org}/events", post(told_back::events))
        .route("/api/o/{org}/inbound-mail", post(told_back::inbound))
        .route("/api/o/{org}/unsubscribe-headers", post(told::unsubscribe_headers))
        .layer(from_fn_with_state(office.clone(), once::once));
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
    use holdings::{desk as hold, desk_place as place, desk_table as table};
    use house_settings::desk as mail;
    use proof::desk as ledger;
    use register::desk as reg;
    const SEE: &[P] = &[P::SeeHoldings];
    const KEEP: &[P] = &[P::ManageHoldings];
    const LEDGER: &[P] = &[P::SeeLedger];
    const SET: &[P] = &[P::SetCharter];
    let map = get(hold::map_form).post(hold::set_map);
    let one_table = get(table::table).post(table::save_table);
    let change = get(place::change_form).post(place::change);
    let end = get(place::end_form).post(place::end);
    // The proof of an entry belongs to the case it stands under, too.
    let proof = whoever(&[P::SeeLedger, P::SeeCases], get(ledger::proof));
    Router::new()
        .route("/office/register", whoever(SEE, get(reg::list)))
        .route("/office/register/new", whoever(KEEP, get(reg::new).post(reg::save_new)))
        .route("/office/register/{short}", whoever(SEE, get(reg::one)))
        .route("/office/register/{short}", whoever(KEEP, post(reg::save)))
        .route("/office/holdings", whoever(SEE, get(hold::list)))
        .route("/office/holdings/new", whoever(KEEP, get(place::new).post(place::add)))
        .route("/office/holdings/{short}", whoever(SEE, get(hold::one)))
        .route("/office/holdings/{short}/change", whoever(KEEP, change))
        .route("/office/holdings/{short}/end", whoever(KEEP, end))
        .route("/office/holdings/{short}/take-up", whoever(KEEP, post(place::take_up)))
        .route("/office/holdings/{short}/map", whoever(KEEP, map))
        .route("/office/holdings/{short}/map/{n}", whoever(KEEP, one_table))
        .route("/office/holdings/{short}/scan", whoever(KEEP, post(hold::scan)))
        .route("/office/holdings/{short}/check", whoever(KEEP, post(hold::check)))
        .route("/office/ledger", whoever(LEDGER, get(ledger::ledger)))
        .route("/office/ledger/checkpoint", whoever(LEDGER, get(ledger::checkpoint)))
        .route("/office/ledger/whole", whoever(LEDGER, get(ledger::whole)))
        .route("/office/ledger/key", whoever(LEDGER, get(ledger::key)))
        .route("/office/ledger/proof/{position}", proof)
        .route("/office/ledger/entry/{position}", whoever(LEDGER, get(ledger::entry)))
        .route("/office/staff", all_staff(get(staff::list)))
        .route("/office/staff", whoever(&[P::ManageStaff], post(staff::add)))
        .route("/office/staff/{id}", all_staff(get(staff::one).post(staff::change)))
        .route("/office/account", all_staff(get(account::account).post(account::change_account)))
        .route("/office/settings", all_staff(get(settings::form)))
        .route("/office/settings", whoever(SET, post(settings::save)))
        .route("/office/settings/contact", all_staff(get(contact::contact)))
        .route("/office/settings/contact", whoever(SET, post(contact::save_contact)))
        .route("/office/settings/mail", whoever(SET, get(mail::form).post(mail::save)))
        .layer(DefaultBodyLimit::max(FORM))
}

/// What leads nowhere; an address with a slash too many at its end leads where it would without.
async fn not_found(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_end_matches('/');
    let whole = path.starts_with('/') && !path.starts_with("//") && path.len() < uri.path().len();
    if whole && method == Method::GET {
        return Redirect::permanent(path).into_response();
    }
    Trouble::not_found().shown(StatusCode::NOT_FOUND)
}

/// The organisation's own address leads to its page.
async fn organisation(Path(org): Path<String>) -> Response {
    match is_short_name(&org) {
        true => Redirect::permanent(&format!("/o/{org}/data-rights")).into_response(),
        false => Trouble::not_found().shown(StatusCode::NOT_FOUND),
    }
}
