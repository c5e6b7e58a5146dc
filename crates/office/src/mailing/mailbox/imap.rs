//! A small IMAP4rev1 client (RFC 3501, MOVE of RFC 6851): signs in, fetches, moves. Why it is our
//! own: docs/decisions/0010-own-imap-client.md. Encrypted unless the server is this machine; what
//! the server says is never repeated in an error, since it may name people.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod, SslStream};

use super::{ASIDE, Done, MOST, PROCESSED};
use crate::error::{Error, Result};
use crate::permissions::mail::LARGEST;
use crate::settings::{Mailbox, Secret};

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest line of an answer, in bytes.
const LINE: u64 = 1 << 20;

/// Hands over each message and moves it by what became of it; answers how many wait aside.
pub fn each(
    host: &str,
    mailbox: &Mailbox,
    take: &mut dyn FnMut(Option<&[u8]>) -> Result<Done>,
) -> Result<u64> {
    let mut c = Client::connect(host, mailbox)?;
    let secret = mailbox.secret()?;
    let secret = secret.as_ref().map_or("", Secret::reveal);
    let user = quoted(mailbox.user.as_deref().unwrap_or_default())?;
    c.ask(&format!("LOGIN {user} {}", quoted(secret)?), "the sign-in")?;
    let may_move = c
        .ask("CAPABILITY", "CAPABILITY")?
        .iter()
        .any(|a| a.text.split(' ').any(|w| w.trim_end().eq_ignore_ascii_case("MOVE")));
    for folder in [PROCESSED, ASIDE] {
        // It says no when the folder is there; if it can't be made, the move will tell.
        let _ = c.ask(&format!("create {folder}"), "a new folder");
    }
    let folder = quoted(mailbox.folder.as_deref().unwrap_or("INBOX"))?;
    c.ask(&format!("select {folder}"), "opening the folder")?;
    let found = c.ask("UID SEARCH UNDELETED", "the search")?;
    let uids = found
        .iter()
        .filter_map(|a| a.text.strip_prefix("* SEARCH"))
        .flat_map(str::split_whitespace);
    let uids: Vec<u32> = uids.filter_map(|w| w.parse().ok()).take(MOST).collect();
    for uid in uids {
        let message = c.message(uid)?;
        let to = match take(message.as_deref())? {
            Done::Processed => PROCESSED,
            Done::Aside => ASIDE,
        };
        if may_move {
            c.ask(&format!("UID MOVE {uid} {to}"), "the move")?;
        } else {
            c.ask(&format!("UID COPY {uid} {to}"), "the copy")?;
            c.ask(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"), "the flag")?;
            c.ask("EXPUNGE", "the removal")?;
        }
    }
    let waits = c.ask(&format!("STATUS {ASIDE} (MESSAGES)"), "the count")?;
    let n = waits.iter().find_map(|a| number_after(&a.text, "(MESSAGES "));
    let _ = c.ask("LOGOUT", "LOGOUT");
    Ok(n.unwrap_or(0))
}

/// The number that follows a word.
fn number_after(text: &str, word: &str) -> Option<u64> {
    let rest = &text[text.find(word)? + word.len()..];
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A string as IMAP quotes it.
fn quoted(text: &str) -> Result<String> {
    if text.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err(Error::invalid(
            "mailbox",
            "User, password and folder of the mailbox must be plain letters, digits and signs",
        ));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A line, plain or encrypted.
enum Line {
    Plain(TcpStream),
    Tls(Box<SslStream<TcpStream>>),
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(s) => s.read(into),
            Self::Tls(s) => s.read(into),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(s) => s.write(bytes),
            Self::Tls(s) => s.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(s) => s.flush(),
            Self::Tls(s) => s.flush(),
        }
    }
}

/// One untagged answer: its line, and the bytes of a literal in it.
struct Said {
    text: String,
    literal: Option<Vec<u8>>,
}

struct Client {
    line: BufReader<Line>,
    tag: u32,
    name: String,
}

impl Client {
    fn connect(host: &str, mailbox: &Mailbox) -> Result<Self> {
        let port = mailbox.port.unwrap_or(if mailbox.plain { 143 } else { 993 });
        let name = format!("{host}:{port}");
        let broken = |why: &str| Error::Unavailable(format!("the mailbox at {name}: {why}"));
        let all: Vec<SocketAddr> =
            (host, port).to_socket_addrs().map_err(|_| broken("no such host"))?.collect();
        if mailbox.plain && !all.iter().map(SocketAddr::ip).all(|ip| IpAddr::is_loopback(&ip)) {
            return Err(broken("without encryption only this machine itself may be asked"));
        }
        let at = all.first().ok_or_else(|| broken("no such host"))?;
        let socket = TcpStream::connect_timeout(at, PATIENCE)
            .map_err(|e| broken(&format!("can't be reached: {}", e.kind())))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let line = match mailbox.plain {
            true => Line::Plain(socket),
            false => Line::Tls(Box::new(encrypted(host, socket).map_err(broken)?)),
        };
        let mut c = Self { line: BufReader::new(line), tag: 0, name };
        let greeting = c.read_line()?;
        if greeting.starts_with("* OK") { Ok(c) } else { Err(c.trouble("the greeting")) }
    }

    fn trouble(&self, step: &str) -> Error {
        Error::Unavailable(format!("the mailbox at {} does not answer well to {step}", self.name))
    }

    fn read_line(&mut self) -> Result<String> {
        let mut bytes = Vec::new();
        (&mut self.line).take(LINE).read_until(b'\n', &mut bytes).map_err(|e| {
            Error::Unavailable(format!("the mailbox at {}: {}", self.name, e.kind()))
        })?;
        if !bytes.ends_with(b"\n") {
            return Err(self.trouble("a question: the line broke"));
        }
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// Sends a command; answers what came before its OK.
    fn ask(&mut self, command: &str, step: &str) -> Result<Vec<Said>> {
        self.tag += 1;
        let tag = format!("c{}", self.tag);
        let sent = write!(self.line.get_mut(), "{tag} {command}\r\n");
        sent.and_then(|()| self.line.get_mut().flush()).map_err(|e| {
            Error::Unavailable(format!("the mailbox at {}: {}", self.name, e.kind()))
        })?;
        let mut all = Vec::new();
        loop {
            let text = self.read_line()?;
            if let Some(rest) = text.strip_prefix(&format!("{tag} ")) {
                let ok = rest.to_ascii_uppercase().starts_with("OK");
                return if ok { Ok(all) } else { Err(self.trouble(step)) };
            }
            let literal = match literal(&text) {
                None => None,
                Some(n) if n > LARGEST + 1 => return Err(self.trouble(step)),
                Some(n) => {
                    let mut bytes = vec![0; usize::try_from(n).unwrap_or(0)];
                    self.line.read_exact(&mut bytes).map_err(|_| self.trouble(step))?;
                    // What follows the literal ends the answer.
                    self.read_line()?;
                    Some(bytes)
                }
            };
            all.push(Said { text, literal });
        }
    }

    /// A message, unread as before; none if it is too large to be looked at.
    fn message(&mut self, uid: u32) -> Result<Option<Vec<u8>>> {
        let told = self.ask(&format!("UID FETCH {uid} (RFC822.SIZE)"), "a size")?;
        let size = told.iter().find_map(|a| number_after(&a.text, "RFC822.SIZE "));
        if size.is_none_or(|n| n > LARGEST) {
            return Ok(None);
        }
        let told = self.ask(&format!("UID FETCH {uid} (BODY.PEEK[])"), "a message")?;
        let body = told.into_iter().find_map(|a| a.literal);
        body.map(Some).ok_or_else(|| self.trouble("a message"))
    }
}

/// The length of the literal that a line announces: `… {123}`.
fn literal(line: &str) -> Option<u64> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}

fn encrypted(
    host: &str,
    socket: TcpStream,
) -> std::result::Result<SslStream<TcpStream>, &'static str> {
    let broken = |_| "TLS could not be set up";
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(broken)?;
    if let Some(file) = openssl_probe::probe().cert_file {
        // Roots that can't be read leave none: the connection then fails, as it must.
        let _ = builder.set_ca_file(file);
    }
    let connector = builder.build();
    connector.connect(host, socket).map_err(|_| "its certificate is not trusted, or TLS failed")
}
