//! What is set and taken in the browser: mail server and address, the whole log, preference
//! registers, old files.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::permissions::records::{Use, Wording};
use crate::{charter, house_settings};

/// A mail server of this test's own: answers every sender with `answer`, and hands over what it was
/// sent.
fn mail_server(answer: &'static str) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (send, received) = channel();
    std::thread::spawn(move || {
        for line in listener.incoming() {
            let _ = send.send(talk(line.unwrap(), answer));
        }
    });
    (port, received)
}

fn talk(mut out: TcpStream, answer: &str) -> String {
    let mut lines = BufReader::new(out.try_clone().unwrap());
    let (mut all, mut line, mut data) = (String::new(), String::new(), false);
    out.write_all(b"220 here\r\n").unwrap();
    while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
        all += &line;
        let said = match line.trim_end() {
            "." => "250 kept",
            _ if data => "",
            l if l.starts_with("EHLO") => "250-here\r\n250 AUTH PLAIN",
            l if l.starts_with("AUTH") => "235 yes",
            l if l.starts_with("MAIL") => answer,
            "DATA" => "354 go on",
            _ => "250 yes",
        };
        data = (data || line.trim_end() == "DATA") && line.trim_end() != ".";
        if !said.is_empty() && write!(out, "{said}\r\n").is_err() {
            break;
        }
        line.clear();
    }
    all
}

const MAIL: &str = "/office/settings/mail";

fn mine(field: &str) -> String {
    format!("&{field}={}", PASSWORD.replace(' ', "+"))
}

/// The form for a mail server of this machine that asks for a user.
fn mail_form(port: u16) -> String {
    format!(
        "act=mail&mail-host=127.0.0.1&mail-port={port}&mail-security=none&mail-user=office&\
         mail-password=brass+kettle"
    )
}

#[test]
fn a_mail_server_is_set_with_ones_own_password_and_tried() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let (port, received) = mail_server("250 yes");
    let post = |form: &str| s.send("POST", MAIL, &me, form);
    assert!(s.send("GET", "/office", &me, "").text.contains("Set a mail server"));
    for form in [mail_form(port), mail_form(port) + "&mail-mine=wrong+guess"] {
        let no = post(&form);
        assert_eq!(no.status, 422, "{}", no.text);
        assert!(no.text.contains("href=\"#mail-mine\""), "{}", no.text);
        assert!(no.text.contains(&format!("value=\"{port}\"")), "what was typed stays");
        assert!(!no.text.contains("kettle") && !no.text.contains("wrong guess"), "{}", no.text);
    }
    assert!(s.office.reach().post.is_none() && s.office.transport().reached() == "outbox");
    let done = post(&(mail_form(port) + &mine("mail-mine")));
    assert_eq!(done.status, 303, "{}", done.text);
    let page = s.send("GET", MAIL, &me, "").text;
    assert!(page.contains("127.0.0.1, port") && page.contains("as office"), "{page}");
    let ledger = s.send("GET", "/office/ledger", &me, "").text;
    assert!(ledger.contains("house.mail-set"), "{ledger}");
    assert!(!page.contains("kettle") && !ledger.contains("kettle"));
    let tried = post("act=test");
    assert!(tried.text.contains("took the message (its answer: 250)"), "{}", tried.text);
    let sent = received.recv().unwrap();
    assert!(sent.contains("RCPT TO:<ruth@harbour.example>"), "{sent}");
    assert!(sent.contains("AG9mZmljZQBicmFzcyBrZXR0bGU="), "user and password: {sent}");
    assert!(!s.send("GET", "/office", &me, "").text.contains("Set a mail server"));
    // Another process on the same office has it at its next look, without a restart.
    let other = Office::open(s.office.data(), None).unwrap();
    assert_eq!(other.transport().reached(), "sent");
    let away = format!("act=no-mail{}", mine("mail-mine"));
    assert_eq!(post(&away).status, 303);
    assert_eq!(other.transport().reached(), "sent", "it has not looked yet");
    other.renew_reach().unwrap();
    assert_eq!(other.transport().reached(), "outbox");
}

#[test]
fn nothing_of_a_server_is_told_but_the_code_of_its_answer() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let set = |port: u16| {
        let form = mail_form(port) + &mine("mail-mine");
        assert_eq!(s.send("POST", MAIL, &me, &form).status, 303);
        s.send("POST", MAIL, &me, "act=test").text
    };
    let (port, _received) = mail_server("550 ann@example.org is not known to redis 7.2");
    let said = set(port);
    assert!(said.contains("answered 550") && said.contains("does not take mail"), "{said}");
    assert!(!said.contains("redis") && !said.contains("ann@"), "{said}");
    // What listens and is no mail server reads like what does not listen at all.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let odd = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = odd.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for line in odd.incoming() {
            let _ = line.unwrap().write_all(b"-ERR unknown command\r\n");
        }
    });
    let told = |text: String| {
        let from = text.find("<div class=\"wrong\"").expect("a message");
        text[from..].split("</div>").next().unwrap().to_owned()
    };
    assert_eq!(told(set(port)), told(set(closed)));
}

#[test]
fn what_stands_in_candour_toml_counts_and_is_shown_as_it_is() {
    let file =
        "public_url = \"http://office.test\"\n[post]\nhost = \"mail.example.org\"\nport = 25\n";
    let s = Served::set_up(file);
    let me = s.signed_in("ruth", Role::Officer);
    let page = s.send("GET", MAIL, &me, "").text;
    assert!(page.contains("mail.example.org, port 25") && page.contains("candour.toml"), "{page}");
    assert!(!page.contains("name=\"mail-host\"") && !page.contains("name=\"address\""), "{page}");
    for form in [
        mail_form(1025) + &mine("mail-mine"),
        format!("act=address&address=http://other.test{}", mine("address-mine")),
    ] {
        let no = s.send("POST", MAIL, &me, &form);
        assert!(no.status == 422 && no.text.contains("what stands there counts"), "{}", no.text);
    }
    assert_eq!(s.office.address(), "http://office.test");
    assert_eq!(s.office.reach().post.as_ref().unwrap().host, "mail.example.org");
}

#[test]
fn one_of_several_organisations_does_not_settle_it_for_the_others() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let mut second = Charter::parse(include_str!("demo/charter.toml")).unwrap();
    second.organisation.short = "shed".into();
    let shed = s.office.found(second).unwrap();
    let page = s.send("GET", MAIL, &me, "").text;
    assert!(page.contains("candour set mail") && !page.contains("name=\"mail-host\""), "{page}");
    let no = s.send("POST", MAIL, &me, &(mail_form(1025) + &mine("mail-mine")));
    assert!(no.status == 422 && no.text.contains("several organisations"), "{}", no.text);
    assert!(s.office.reach().post.is_none());
    // Whoever runs the machine does, and it stands in everybody's history.
    let url = crate::kit::reach::Set::Address(Some("https://rights.example.org".into()));
    house_settings::set(&s.office, &s.by, &url).unwrap();
    assert_eq!(s.office.address(), "https://rights.example.org");
    for org in [s.by.org.as_str(), &shed] {
        let read = |tx: &mut candour_db::Tx<'_>| {
            crate::proof::history(tx, s.office.vault(), org, &format!("org:{org}"))
        };
        let told = s.office.read(read).unwrap();
        let said: Vec<_> = told.iter().filter_map(|t| t.said.as_deref()).collect();
        assert!(said.contains(&"Public address https://rights.example.org"), "{said:?}");
    }
}

#[test]
fn an_address_for_https_is_not_typed_by_a_slip() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let form = format!("act=address&address=https://Rights.example.org/{}", mine("address-mine"));
    let no = s.send("POST", MAIL, &me, &form);
    assert!(no.status == 422 && no.text.contains("name=\"sure\""), "{}", no.text);
    assert_eq!(s.office.reach().public_url, None);
    for (form, headers) in [
        (format!("{form}&sure=yes"), String::new()),
        (form.clone(), "Origin: https://rights.example.org\r\n".into()),
    ] {
        let s = Served::new();
        let me = s.signed_in("ruth", Role::Officer);
        // As a proxy passes it on: the name that people typed.
        let mut all = format!("{me}{headers}");
        if !headers.is_empty() {
            all += "Sec-Fetch-Site: same-origin\r\n";
        }
        let done = s.send("POST", MAIL, &all, &form);
        assert_eq!(done.status, 303, "{}", done.text);
        assert_eq!(s.office.address(), "https://rights.example.org");
        assert!(done.head.contains("set-cookie: __host-candour="), "the session goes on");
        assert_eq!(s.send("GET", MAIL, &me, "").status, 303, "and only under its new name");
    }
}

#[test]
fn only_who_sets_the_charter_sees_or_sets_the_mail_server() {
    let s = Served::new();
    for role in [Role::Deputy, Role::CaseWorker, Role::Auditor, Role::Holder] {
        let me = s.signed_in(role.word(), role);
        assert_eq!(s.send("GET", MAIL, &me, "").status, 403, "{role}");
        let form = mail_form(1025) + &mine("mail-mine");
        assert_eq!(s.send("POST", MAIL, &me, &form).status, 403, "{role}");
    }
    let me = s.signed_in("abe", Role::Administrator);
    assert_eq!(s.send("GET", MAIL, &me, "").status, 200);
}

#[test]
fn the_whole_log_is_taken_away_as_one_file() {
    let s = Served::new();
    let me = s.signed_in("ada", Role::Auditor);
    let got = s.bytes("/office/ledger/whole", &me);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ledger.zip");
    std::fs::write(&file, &got).unwrap();
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&file).unwrap()).unwrap();
    zip.extract(dir.path().join("ledger")).unwrap();
    let key = s.send("GET", "/office/ledger/key", &me, "").text;
    let found =
        candour_ledger::verify_bundle(&dir.path().join("ledger"), &[key.trim()], None).unwrap();
    assert!(found.size > 1, "{found:?}");
    let left: Vec<_> = std::fs::read_dir(s.office.data()).unwrap().flatten().collect();
    assert!(!left.iter().any(|f| f.file_name().to_string_lossy().contains("tmp")), "{left:?}");
    let me = s.signed_in("cas", Role::CaseWorker);
    assert_eq!(s.send("GET", "/office/ledger/whole", &me, "").status, 403);
}

/// Sends a form with a file.
fn bring(s: &Served, me: &str, path: &str, fields: &[(&str, &str)], file: &str) -> Got {
    let field = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().map(field).collect();
    let body = format!(
        "{fields}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\
         {file}\r\n--b--\r\n"
    );
    let kind = format!("{me}Content-Type: multipart/form-data; boundary=b\r\n");
    s.send("POST", path, &kind, &body)
}

fn led_to(got: &Got) -> String {
    assert_eq!(got.status, 303, "{}", got.text);
    got.head.lines().find_map(|l| l.strip_prefix("location: ")).unwrap().to_owned()
}

#[test]
fn a_register_is_imported_and_its_page_says_what_came_of_it() {
    const HERE: &str = "/office/permissions/registers";
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let day = crate::kit::dates::day_of(s.by.now);
    let put = |days: i64, file: &str, more: &[(&str, &str)]| {
        let day = day.saturating_sub(jiff::Span::new().days(days));
        let [d, m, y] = [day.day().to_string(), day.month().to_string(), day.year().to_string()];
        let fields: [(&str, &str); 4] =
            [("register", "tps"), ("as_of-day", &d), ("as_of-month", &m), ("as_of-year", &y)];
        bring(&s, &me, HERE, &[&fields[..], more].concat(), file)
    };
    let none = s.send("GET", HERE, &me, "").text;
    assert!(none.contains("Not imported") && none.contains("Blocked now: calls"), "{none}");
    for (days, file, said) in [
        (0, "Ann,Exwick\nBo,Exwick\n", "no file of the Telephone Preference Service"),
        (-2, "020 7946 0001\n", "in the future"),
    ] {
        let no = put(days, file, &[]);
        assert!(no.status == 422 && no.text.contains(said), "{}", no.text);
        assert!(no.text.contains("value=\"tps\" checked"), "what was chosen stays");
    }
    let to = led_to(&put(3, "number\n020 7946 0001\n020 7946 0002\nnobody", &[]));
    let page = s.send("GET", &to, &me, "").text;
    for said in ["3 days old", "<dd>2</dd>", "such as a heading: 1, 4.", "Covers until"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains(&format!("href=\"{to}/bad-lines\"")), "{page}");
    let all = s.send("GET", &format!("{to}/bad-lines"), &me, "").text;
    assert!(all.contains("\r\n1,This line holds no telephone number\r\n4,"), "{all}");
    assert_eq!(s.send("GET", &format!("{HERE}/mps/bad-lines"), &me, "").status, 404);
    let no = put(10, "020 7946 0003\n", &[]);
    assert!(no.status == 422 && no.text.contains("name=\"older\""), "{}", no.text);
    led_to(&put(30, "020 7946 0003\n", &[("older", "yes")]));
    let page = s.send("GET", &to, &me, "").text;
    assert!(page.contains("Too old") && page.contains("in place of a later file"), "{page}");
    let list = s.send("GET", HERE, &me, "").text;
    assert!(list.contains("30 days old") && list.contains("Blocked now"), "{list}");
    let work: Vec<_> = std::fs::read_dir(s.office.data().join("work")).unwrap().collect();
    assert!(work.is_empty(), "nothing stays in the clear: {work:?}");
    let me = s.signed_in("cas", Role::CaseWorker);
    let seen = s.send("GET", HERE, &me, "");
    assert!(seen.status == 200 && !seen.text.contains("type=\"file\""), "{}", seen.text);
    assert_eq!(bring(&s, &me, HERE, &[("register", "tps")], "020 7946 0001\n").status, 403);
}

/// Does what waits to be done.
fn work(s: &Served) {
    let mut connections = search::Connections::default();
    while crate::work::once(&s.office, &mut connections).unwrap() {}
}

fn count(s: &Served, what: &str) -> u64 {
    use crate::permissions::sql;
    let org = &s.by.org;
    let read = |tx: &mut candour_db::Tx<'_>| match what {
        "stops" => sql::count_stops(tx, org),
        state => sql::count_consents(tx, org, state),
    };
    s.office.read(read).unwrap()
}

const IMPORT: &str = "/office/permissions/import";

#[test]
fn old_stops_are_looked_at_before_they_are_taken() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let no = bring(&s, &me, IMPORT, &[("what", "stops")], "");
    assert!(no.status == 422 && no.text.contains("href=\"#file\""), "{}", no.text);
    let file = "Name;E-mail\nAnn;ann@example.org\nBo;bo@@example\nCara;cara@example.org\n";
    let at = led_to(&bring(&s, &me, IMPORT, &[("what", "stops")], file));
    let columns = s.send("GET", &at, &me, "").text;
    for chosen in ["name=\"column\" value=\"2\" checked", "name=\"kind\" value=\"email\" checked"] {
        assert!(columns.contains(chosen), "{chosen}: {columns}");
    }
    let no = s.send("POST", &at, &me, "act=look&kind=email");
    assert!(no.status == 422 && no.text.contains("href=\"#column\""), "{}", no.text);
    assert_eq!(s.send("POST", &at, &me, "act=take").status, 422, "it was not looked at yet");
    led_to(&s.send("POST", &at, &me, "act=look&kind=email&column=2&purpose=walks"));
    let look = s.send("GET", &at, &me, "").text;
    assert!(look.contains("Take 2 rows") && look.contains("<td class=\"num\">3</td>"), "{look}");
    assert!(!look.contains("bo@@"), "an address is not repeated: {look}");
    let bad = s.send("GET", &format!("{at}/bad-rows"), &me, "");
    assert!(look.contains("Download it as CSV") && bad.status == 200, "{look}");
    assert!(bad.text.contains("line,what is wrong\r\n3,") && !bad.text.contains("bo@@"));
    assert_eq!(count(&s, "stops"), 0, "nothing is taken by a look");
    let again = s.send("GET", &format!("{at}?columns=yes"), &me, "").text;
    assert!(again.contains("value=\"walks\" selected"), "{again}");
    led_to(&s.send("POST", &at, &me, "act=take"));
    assert!(s.send("GET", &at, &me, "").text.contains("The file is being taken"));
    work(&s);
    assert_eq!(count(&s, "stops"), 2);
    let done = s.send("GET", &at, &me, "").text;
    assert!(
        done.contains("What came of the file") && done.contains("has been forgotten"),
        "{done}"
    );
    assert_eq!(s.send("POST", &at, &me, "act=take").status, 422, "it is taken once");
    let ledger = s.send("GET", "/office/ledger", &me, "").text;
    assert!(ledger.contains("stops: 2 rows taken, 1 could not be<br>"), "{ledger}");
    assert!(ledger.contains("<small>import.done</small>"), "{ledger}");
    assert!(s.send("GET", &format!("{at}/bad-rows"), &me, "").text.ends_with("\r\n"));
    let me = s.signed_in("cas", Role::CaseWorker);
    assert_eq!(s.send("GET", &at, &me, "").status, 403);
}

/// The page names a hundred bad rows; the file names all of them, also those from before a taking
/// broke off.
#[test]
fn every_bad_row_of_an_import_can_be_had() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let mut file = "E-mail\n".to_owned();
    (0..150).for_each(|n| file += &format!("bad{n}@@example\ngood{n}@example.org\n"));
    let at = led_to(&bring(&s, &me, IMPORT, &[("what", "stops")], &file));
    led_to(&s.send("POST", &at, &me, "act=look&kind=email&column=1"));
    led_to(&s.send("POST", &at, &me, "act=look&kind=email&column=1"));
    let look = s.send("GET", &at, &me, "").text;
    assert!(look.contains("And 50 more.") && look.contains("Download all 150 as CSV"), "{look}");
    led_to(&s.send("POST", &at, &me, "act=take"));
    // As a process leaves it that dies after some rows.
    let (org, id) = (s.by.org.clone(), at.rsplit('/').next().unwrap().to_owned());
    s.office
        .chore(move |tx| crate::permissions::imports::sql::progress(tx, &org, &id, 101, 50))
        .unwrap();
    work(&s);
    let done = s.send("GET", &at, &me, "").text;
    assert!(done.contains("<dt>Rows taken</dt><dd>150</dd>"), "{done}");
    assert_eq!(count(&s, "stops"), 100, "those taken before are not taken again");
    let all = s.send("GET", &format!("{at}/bad-rows"), &me, "").text;
    let lines: Vec<&str> = all.lines().skip_while(|l| !l.starts_with("line,")).skip(1).collect();
    let named = lines.iter().filter_map(|l| l.split_once(','));
    let named: Vec<u64> = named.filter_map(|(n, _)| n.parse().ok()).collect();
    assert_eq!(named, (1..=150).map(|n| n * 2).collect::<Vec<u64>>(), "{all}");
    assert!(!all.contains("@@"), "nothing of what stands there");
    let mine = s.signed_in("cas", Role::CaseWorker);
    assert_eq!(s.send("GET", &format!("{at}/bad-rows"), &mine, "").status, 403);
    assert_eq!(s.send("GET", &format!("{IMPORT}/none/bad-rows"), &me, "").status, 404);
}

#[test]
fn old_consents_that_broke_off_go_on_where_they_were() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let wording = Wording {
        short: "old-walks".into(),
        use_kind: Use::Contact,
        use_what: "walks".into(),
        channels: vec![charter::Channel::Email],
        text: "May we write to you about walks?".into(),
        if_refused: String::new(),
        notice: "1".into(),
        explicit: false,
        language: "en-GB".into(),
    };
    let (by, vault) = (s.by.clone(), s.office.vault().clone());
    s.office
        .write(move |tx| crate::permissions::acts::set_wording(tx, &vault, &by, &wording))
        .unwrap();
    let file = "who,Answer,on\nann@example.org,yes,20/11/2025\nbo@example.org,no,2025-11-20\n\
                cara@example.org,perhaps,2025-11-20\ndov@example.org,yes,2025-11-21\n";
    let at = led_to(&bring(&s, &me, IMPORT, &[("what", "consents")], file));
    let columns = s.send("GET", &at, &me, "").text;
    assert!(columns.contains("<option value=\"2\" selected>Answer (column 2)"), "{columns}");
    let form = "act=look&wording=old-walks%2F1&channel=email&at.email=1&at.answer=2&at.on=3";
    let no = s.send("POST", &at, &me, form);
    assert!(no.status == 422 && no.text.contains("href=\"#at.method\""), "{}", no.text);
    let form = format!("{form}&same.method=letter&same.evidence=Cards+in+the+cabinet");
    led_to(&s.send("POST", &at, &me, &form));
    let look = s.send("GET", &at, &me, "").text;
    assert!(look.contains("Take 3 rows") && look.contains("neither yes nor no"), "{look}");
    assert_eq!(count(&s, "given"), 0);
    led_to(&s.send("POST", &at, &me, "act=take"));
    // As a process leaves it that dies after the first row.
    let (org, id) = (s.by.org.clone(), at.rsplit('/').next().unwrap().to_owned());
    s.office
        .chore(move |tx| crate::permissions::imports::sql::progress(tx, &org, &id, 2, 1))
        .unwrap();
    work(&s);
    assert_eq!((count(&s, "given"), count(&s, "refused")), (1, 1), "the first was not taken again");
    let done = s.send("GET", &at, &me, "").text;
    assert!(done.contains("<dt>Rows taken</dt><dd>3</dd>"), "{done}");
}
