//! The office's mail: one mailbox in a single file, and the treasurer's as a Maildir.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::people::{AMARA, Dice, HUSBAND, MEMBERS, NAMESAKE, member};
use crate::error::Result;

const OFFICE: &str = "Members' office <office@harbour.example>";
const TREASURER: &str = "Treasurer <treasurer@harbour.example>";
const HER: &str = "Amara Quill <amara.quill@example.org>";

/// A message before it is written down.
struct Message<'a> {
    on: Date,
    from: &'a str,
    to: &'a str,
    cc: &'a str,
    subject: &'a str,
    text: &'a str,
}

/// How the text of a message is carried.
#[derive(Clone, Copy)]
enum Carried {
    Plain,
    Quoted,
    Base64,
}

/// Makes both mailboxes in a folder.
///
/// # Errors
/// The folder can't be written.
pub fn make(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join("office.mbox"), office())?;
    let treasurer = dir.join("treasurer");
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(treasurer.join(part))?;
    }
    for (n, raw) in (1_u32..).zip(treasury()) {
        let name = format!("{}.{n}.harbour:2,S", 1_700_000_000 + n * 3_600);
        std::fs::write(treasurer.join("cur").join(name), raw)?;
    }
    Ok(())
}

/// The text of a message with its headers, lines ended as mailboxes keep them.
fn written(id: u32, m: &Message<'_>, carried: Carried) -> String {
    let day = m.on.strftime("%a, %-d %b %Y");
    let mut out = String::new();
    let _ = write!(out, "From: {}\nTo: {}\n", m.from, m.to);
    if !m.cc.is_empty() {
        let _ = writeln!(out, "Cc: {}", m.cc);
    }
    let _ = write!(
        out,
        "Subject: {}\nDate: {day} 10:15:00 +0000\nMessage-ID: <{id}@mail.example.org>\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n",
        m.subject
    );
    let (name, body) = match carried {
        Carried::Plain => ("8bit", m.text.to_owned()),
        Carried::Quoted => ("quoted-printable", m.text.replace('=', "=3D").replace(' ', "=20")),
        Carried::Base64 => ("base64", STANDARD.encode(m.text)),
    };
    let _ = write!(out, "Content-Transfer-Encoding: {name}\n\n{body}\n");
    out
}

/// Messages between members and the office, those of the cast among them.
fn office() -> String {
    let mut dice = Dice::new(55);
    let mut out = String::new();
    let mut put = |id: u32, m: &Message<'_>, carried: Carried| {
        let stamp = m.on.strftime("%a %b %e 10:15:00 %Y");
        let raw = written(id, m, carried).replace("\nFrom ", "\n>From ");
        let _ = write!(out, "From mail@harbour.example {stamp}\n{raw}\n");
    };
    for n in 0..220 {
        let m = member(1 + (n * 7919 + 3) % MEMBERS);
        if [AMARA, HUSBAND, NAMESAKE].contains(&m.id) {
            continue;
        }
        let subject = dice.pick(&["Renewal", "Tickets", "Keys to the shed", "Walk on Sunday"]);
        let text = format!(
            "Hello,\n\nplease let me know whether this has been put right.\n\n{}\n{}, {}\n",
            m.name(),
            m.number(),
            m.mobile
        );
        let from = format!("{} <{}>", m.name(), m.email);
        let on = date(2023, 1, 3).saturating_add(i64::from(n * 4).days());
        let (to, cc) = (OFFICE, "");
        put(n, &Message { on, from: &from, to, cc, subject, text: &text }, Carried::Plain);
    }
    for (n, (m, carried)) in (900..).zip(about_her().into_iter().chain(by_others())) {
        put(n, &m, carried);
    }
    out
}

/// Messages of the office's mailbox that a search for her has to weigh.
fn about_her() -> Vec<(Message<'static>, Carried)> {
    let m = |on, from, to, cc, subject, text| Message { on, from, to, cc, subject, text };
    vec![
        (
            m(
                date(2026, 1, 9),
                HER,
                OFFICE,
                "",
                "Renewal question",
                "Hello,\n\nhas my renewal for 2026 arrived? My number is HM-004711.\n\n\
                 Amara Quill\n\
                 14 Harbour Terrace, Exwick EX4 2QL\n07700 900123\n",
            ),
            Carried::Plain,
        ),
        (
            m(
                date(2026, 1, 12),
                OFFICE,
                HER,
                "",
                "Re: Renewal question",
                "Dear Mrs Quill,\n\nyes, it has arrived, and your card is on its way.\n\n\
                 Members' office\n",
            ),
            Carried::Base64,
        ),
        (
            m(
                date(2016, 4, 2),
                "Amara Fenwick <amara.fenwick@example.com>",
                OFFICE,
                "",
                "Spring walk",
                "Hello,\n\nplease put me down for the spring walk.\n\nAmara Fenwick\n",
            ),
            Carried::Plain,
        ),
    ]
}

/// What others wrote in which she, her husband or her namesake stands.
fn by_others() -> Vec<(Message<'static>, Carried)> {
    let m = |on, from, to, cc, subject, text| Message { on, from, to, cc, subject, text };
    vec![
        (
            m(
                date(2025, 6, 20),
                "Hall warden <hall@harbour.example>",
                OFFICE,
                "",
                "Hall on 5 July",
                "The hall is taken on 5 July by A. Quill, 0044 7700 900 123.\n",
            ),
            Carried::Quoted,
        ),
        (
            m(
                date(2025, 6, 24),
                OFFICE,
                "Volunteers <volunteers@harbour.example>",
                "Amara Quill <Amara.Quill@example.org>, Jane Harcombe <jane.harcombe@example.net>",
                "Tea stall rota",
                "The rota for the tea stall is below. Thank you for helping.\n",
            ),
            Carried::Plain,
        ),
        (
            m(
                date(2025, 9, 1),
                "Derek Plimmer <derek.plimmer@example.com>",
                OFFICE,
                "",
                "Complaint about the slipway",
                "Amara Quill keeps telling people that my trailer blocks the slipway. It does\n\
                 not.\n\
                 \nDerek Plimmer\n",
            ),
            Carried::Plain,
        ),
        (
            m(
                date(2024, 10, 8),
                "Tobias Quill <tobias.quill@example.net>",
                OFFICE,
                "",
                "New bank details",
                "Hello,\n\nmy account has changed, please send me the form.\n\nTobias Quill\n\
                 01632 960123\n",
            ),
            Carried::Plain,
        ),
        (
            m(
                date(2025, 2, 14),
                "Amara Quill <a.quill.mill@example.com>",
                OFFICE,
                "",
                "Lost card",
                "Hello,\n\nI have lost my card, HM-007302.\n\nAmara Quill\n5 Mill Lane, EX4 3PN\n",
            ),
            Carried::Plain,
        ),
    ]
}

/// The treasurer's messages.
fn treasury() -> Vec<String> {
    let mut all = Vec::new();
    for n in 0..120 {
        let m = member(1 + (n * 6007 + 29) % MEMBERS);
        if [AMARA, HUSBAND, NAMESAKE].contains(&m.id) {
            continue;
        }
        let text = format!("A payment from member {} has arrived.\n", m.number());
        let on = date(2024, 1, 2).saturating_add(i64::from(n * 5).days());
        let (from, to) = ("Bank notices <notices@bank.example>", TREASURER);
        let m = Message { on, from, to, cc: "", subject: "Payment received", text: &text };
        all.push(written(2_000 + n, &m, Carried::Plain));
    }
    let m = |on, from, to, cc, subject, text| Message { on, from, to, cc, subject, text };
    let hers = [
        m(
            date(2026, 1, 31),
            "Bank notices <notices@bank.example>",
            TREASURER,
            "",
            "Direct debit collected",
            "Collected 54.00 from member hm 4711 by direct debit.\n",
        ),
        m(
            date(2024, 11, 18),
            TREASURER,
            "AMARA.QUILL@EXAMPLE.ORG",
            "",
            "Refund for the autumn walk",
            "Dear Mrs Quill,\n\nthe walk was called off; we have sent back your 12.00.\n\n\
             Treasurer\n",
        ),
        m(
            date(2018, 6, 25),
            TREASURER,
            "tobias.quill@example.net",
            HER,
            "Household membership",
            "Dear Mr Quill,\n\nthe household fee covers you and your wife from now on.\n\n\
             Treasurer\n",
        ),
    ];
    for (n, m) in (3_000..).zip(&hers) {
        all.push(written(n, m, Carried::Plain));
    }
    all
}
