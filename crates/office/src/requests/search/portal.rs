//! The page behind the link in a letter to a post: what to look for in paper records, and its
//! answer. No account, no script.

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _};

use super::aside::still_searched;
use super::paper::{self, Answer as HandIn};
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Portal;
use crate::kit::web::{Answer, Failure, mend, page};
use crate::kit::{dates, links};
use crate::office::Office;
use crate::proof::{By, POST};
use crate::requests::acts;
use crate::requests::sql;
use crate::staff::Role;

#[derive(Template)]
#[template(path = "requests/pages/holder.html")]
pub(in crate::requests) struct HolderPage {
    p: Portal,
    token: String,
    reference: String,
    holding: String,
    pub(in crate::requests) name: String,
    known: Vec<String>,
    due: String,
    f: Filled,
    w: Wrong,
    done: bool,
}

/// What a post is asked to look for, as long as the case is searched.
pub(in crate::requests) fn holder_page(
    o: &Office,
    token: &str,
    f: Filled,
    w: Wrong,
) -> Result<HolderPage> {
    let now = o.now();
    o.read(|tx| {
        let (org, search) = links::look(tx, token, "paper", now)?;
        let by = By { org, actor: "public".into(), role: Role::Public, now };
        let s = sql::a_search(tx, &by.org, &search)?;
        let case = acts::load(tx, o, &by, &s.case)?;
        // Once the case is over, nobody who finds the letter is told whom it was about.
        still_searched(&case)?;
        let h = crate::holdings::by_id(tx, &by.org, &s.holding)?;
        let c = charter::current(tx, &by.org)?;
        let a = &case.body.asker;
        let mut known: Vec<String> = a.other_names.clone();
        for list in [&a.addresses, &a.postcodes, &a.numbers, &a.emails, &a.phones] {
            known.extend(list.iter().cloned());
        }
        known.extend(case.body.learned.iter().map(|l| l.as_given.clone()));
        Ok(HolderPage {
            p: Portal::new(&c, "Please look in your records", None),
            token: token.to_owned(),
            reference: case.row.reference.clone(),
            holding: h.title,
            name: a.name.clone(),
            known,
            due: s.due.map(dates::full).unwrap_or_default(),
            f,
            w,
            done: false,
        })
    })
}

/// What is left of a link whose case is over, or whose records are no longer kept: it says so,
/// where to ask, and nothing about whom it was (UK GDPR Art 5(1)(c), (f)).
#[derive(Template)]
#[template(path = "requests/pages/holder_ended.html")]
struct EndedPage {
    p: Portal,
    role: String,
    phone: Option<String>,
    /// The case goes on without these records.
    no_longer: Option<String>,
}

/// The page of a link whose case has been answered or closed, or whose records are no longer kept;
/// `None` while they are searched.
fn ended(o: &Office, token: &str) -> Result<Option<EndedPage>> {
    let now = o.now();
    o.read(|tx| {
        let (org, search) = links::look(tx, token, "paper", now)?;
        let s = sql::a_search(tx, &org, &search)?;
        // The row alone tells: its content may have been destroyed since.
        let no_longer = match sql::case_by_id(tx, &org, &s.case)?.request.state.open() {
            true => {
                let h = crate::holdings::by_id(tx, &org, &s.holding)?;
                if h.ended.is_none() {
                    return Ok(None);
                }
                Some(h.title)
            }
            false => None,
        };
        let c = charter::current(tx, &org)?;
        let p = Portal::new(&c, "This link has ended", None);
        Ok(Some(EndedPage { p, role: c.contact.role, phone: c.contact.phone, no_longer }))
    })
}

type Shown = std::result::Result<HolderPage, EndedPage>;

fn shown(o: &Office, token: &str, f: Filled, w: Wrong) -> Result<Shown> {
    match ended(o, token)? {
        Some(over) => Ok(Err(over)),
        None => holder_page(o, token, f, w).map(Ok),
    }
}

/// There is nothing here any more, and the page says why.
fn gone(view: &EndedPage) -> Answer {
    Ok((StatusCode::GONE, Html(view.render()?)).into_response())
}

/// `GET /answer/{token}`: what a post is asked to look for.
pub async fn holder_form(State(office): State<Office>, Path(token): Path<String>) -> Answer {
    match office.run(move |o| shown(o, &token, Filled::default(), Wrong::default())).await? {
        Ok(view) => page(&view),
        Err(over) => gone(&over),
    }
}

/// What the form asks, beside the copies.
const FIELDS: [&str; 2] = ["found", "words"];

/// `POST /answer/{token}`
pub async fn holder_answer(
    State(office): State<Office>,
    Path(token): Path<String>,
    mut form: Multipart,
) -> Answer {
    // Whose answer it is, and that it is still waited for, is known before any of it is read.
    let looked = token.clone();
    if let Some(over) = office.run(move |o| ended(o, &looked)).await? {
        return gone(&over);
    }
    let mut f = Filled::default();
    let mut files = Vec::new();
    let broken =
        |_| Failure(Error::invalid("form", "The form did not arrive whole: send it again"));
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned).filter(|n| !n.is_empty());
        let media = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let bytes = part.bytes().await.map_err(broken)?;
        match file {
            Some(file) if !bytes.is_empty() => files.push((file, media, bytes.to_vec())),
            Some(_) => {}
            None if FIELDS.contains(&&*name) => f.set(&name, String::from_utf8_lossy(&bytes)),
            None => {}
        }
    }
    let (token, f, done) = office
        .run(move |o| {
            let done = take_answer(o, &token, &f, files);
            Ok((token, f, done))
        })
        .await?;
    match done {
        Ok((charter, reference)) => page(&HolderPage {
            p: Portal::new(&charter, "Thank you", None),
            token,
            reference,
            holding: String::new(),
            name: String::new(),
            known: Vec::new(),
            due: String::new(),
            f,
            w: Wrong::default(),
            done: true,
        }),
        Err(e) => {
            let w = Wrong::of(e)?;
            match office.run(move |o| shown(o, &token, f, w)).await? {
                Ok(view) => mend(&view),
                Err(over) => gone(&over),
            }
        }
    }
}

fn take_answer(
    o: &Office,
    token: &str,
    f: &Filled,
    files: Vec<(String, String, Vec<u8>)>,
) -> Result<(charter::Charter, String)> {
    let now = o.now();
    let (org, search) = o.read(|tx| links::look(tx, token, "paper", now))?;
    let by = By { org, actor: POST.into(), role: Role::Public, now };
    let nothing = match f.get("found") {
        "nothing" => true,
        "something" => false,
        _ => return Err(Error::invalid("found", "Choose whether you found anything")),
    };
    if nothing && !files.is_empty() {
        return Err(Error::invalid(
            "found",
            "You handed in copies, but chose that you found nothing",
        ));
    }
    let files = files.into_iter().map(|(name, _, raw)| {
        // What the browser says of a file is not looked at; what it is, is.
        let media = media_of(&name, &raw).ok_or_else(other_file)?;
        Ok((name, media.to_owned(), raw))
    });
    let files = files.collect::<Result<Vec<_>>>()?;
    f.check_lengths(|_| forms::COPIED)?;
    let answer = HandIn { nothing, words: f.get("words").to_owned(), files };
    paper::answer(o, &by, &search, &answer)?;
    o.read(|tx| {
        let case = sql::a_search(tx, &by.org, &search)?.case;
        let reference = sql::case_by_id(tx, &by.org, &case)?.reference;
        Ok((charter::current(tx, &by.org)?, reference))
    })
}

fn other_file() -> Error {
    Error::invalid(
        "files",
        "Hand in PDF, JPEG, PNG or text files only: one of these is something else, or is not what \
         its name says. Scan or print it to PDF, and choose the files again",
    )
}

/// What a copy is, if it is one of the kinds that are taken: its name and its first bytes agree.
fn media_of(name: &str, raw: &[u8]) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let head = &raw[..raw.len().min(1024)];
    match ending.to_ascii_lowercase().as_str() {
        "pdf" => head.windows(5).any(|w| w == b"%PDF-").then_some("application/pdf"),
        "jpg" | "jpeg" => head.starts_with(&[0xff, 0xd8, 0xff]).then_some("image/jpeg"),
        "png" => head.starts_with(b"\x89PNG\r\n\x1a\n").then_some("image/png"),
        // Text of any age and alphabet, but no program: none is without control characters.
        "txt" => (!raw.iter().any(|b| *b < 9 || (14..32).contains(b))).then_some("text/plain"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::media_of;

    #[test]
    fn a_copy_is_what_its_name_says_or_is_not_taken() {
        assert_eq!(media_of("scan.PDF", b"%PDF-1.7 ..."), Some("application/pdf"));
        assert_eq!(media_of("a.b.jpeg", b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(media_of("card.png", b"\x89PNG\r\n\x1a\n"), Some("image/png"));
        assert_eq!(media_of("note.txt", "Schöne Grüße\r\n\tx".as_bytes()), Some("text/plain"));
        for (name, raw) in [
            ("prog.exe", &b"MZ\x90\0"[..]),
            ("prog.pdf", b"MZ\x90\0"),
            ("scan.png", b"\xff\xd8\xff\xe0"),
            ("prog.txt", b"MZ\x90\0\x03"),
            ("letter.docx", b"PK\x03\x04"),
            ("none", b"text"),
        ] {
            assert_eq!(media_of(name, raw), None, "{name}");
        }
    }
}
