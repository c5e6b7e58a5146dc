//! One signed POST. The address is looked up once, checked, and that very address is connected to:
//! a name that answers otherwise the second time gains nothing. Redirects are not followed and
//! nothing of the answer is kept but its status.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::ssl::{SslConnector, SslMethod, SslStream};

use super::rules::{Target, may_call};
use crate::error::{Error, Result};

/// A step of a call, or in words how it failed.
type Told<T> = std::result::Result<T, String>;

/// The whole call is over by then.
const PATIENCE: Duration = Duration::from_secs(15);
/// The status line is somewhere in here.
const HEAD: usize = 4096;

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken, with its status.
    Taken(u16),
    /// Gone for good (410).
    Gone,
    /// Not taken; it may be at the next try.
    Trouble(String),
    /// Not to be called at all.
    Refused(String),
}

/// A secret as the receiver is given it.
pub fn secret(bytes: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// A body with what vouches for it.
pub struct Signed {
    id: String,
    timestamp: i64,
    signature: String,
    body: String,
}

impl Signed {
    /// Signs a body: HMAC-SHA256 of id, timestamp and body, as Standard Webhooks has it; with each
    /// secret, blanks between, while a receiver changes over.
    ///
    /// # Errors
    /// A secret is not one of ours.
    pub fn new(id: &str, now: Timestamp, secrets: &[&str], body: String) -> Result<Self> {
        let timestamp = now.as_second();
        let mut signatures = Vec::new();
        for secret in secrets {
            let raw = secret.strip_prefix("whsec_").and_then(|s| STANDARD.decode(s).ok());
            let raw = raw.ok_or_else(|| Error::fault("a hook's secret can't be read"))?;
            let key = PKey::hmac(&raw)?;
            let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
            signer.update(format!("{id}.{timestamp}.{body}").as_bytes())?;
            signatures.push(format!("v1,{}", STANDARD.encode(signer.sign_to_vec()?)));
        }
        Ok(Self { id: id.to_owned(), timestamp, signature: signatures.join(" "), body })
    }

    fn request(&self, to: &Target) -> String {
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: candour\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\nwebhook-id: \
             {}\r\nwebhook-timestamp: {}\r\nwebhook-signature: {}\r\n\r\n{}",
            to.path,
            to.authority,
            self.body.len(),
            self.id,
            self.timestamp,
            self.signature,
            self.body
        )
    }
}

/// Makes the call.
pub fn post(to: &Target, signed: &Signed, loopback: bool) -> Outcome {
    let until = Instant::now() + PATIENCE;
    let address = match address(to, loopback) {
        Ok(address) => address,
        Err(outcome) => return outcome,
    };
    match call(to, address, &signed.request(to), until) {
        Ok(status @ 200..=299) => Outcome::Taken(status),
        Ok(410) => Outcome::Gone,
        Ok(status @ 300..=399) => {
            Outcome::Trouble(format!("answered {status}: redirects are not followed"))
        }
        Ok(status) => Outcome::Trouble(format!("answered {status}")),
        Err(words) => Outcome::Trouble(words),
    }
}

/// The address to connect to. One inside among those of a name is reason enough to refuse it.
fn address(to: &Target, loopback: bool) -> std::result::Result<SocketAddr, Outcome> {
    let unknown = || Outcome::Trouble("its name can't be found".to_owned());
    let found: Vec<SocketAddr> =
        (to.host.as_str(), to.port).to_socket_addrs().map_err(|_| unknown())?.collect();
    if found.iter().any(|a| !may_call(a.ip(), loopback)) {
        let why = "Its name leads into a private network: calls there are refused";
        return Err(Outcome::Refused(why.to_owned()));
    }
    found.first().copied().ok_or_else(unknown)
}

/// A line, plain or encrypted.
enum Line {
    Plain(TcpStream),
    Tls(Box<SslStream<TcpStream>>),
}

impl Line {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(s) => s,
            Self::Tls(s) => s.get_ref(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(s) => s.write_all(bytes),
            Self::Tls(s) => s.write_all(bytes),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(s) => s.read(into),
            Self::Tls(s) => s.read(into),
        }
    }
}

fn call(to: &Target, at: SocketAddr, request: &str, until: Instant) -> Told<u16> {
    let io = |e: std::io::Error| format!("the line broke: {}", e.kind());
    let socket = TcpStream::connect_timeout(&at, left(until)?)
        .map_err(|e| format!("can't be reached: {}", e.kind()))?;
    socket.set_read_timeout(Some(left(until)?)).map_err(io)?;
    socket.set_write_timeout(Some(left(until)?)).map_err(io)?;
    let mut line = match to.tls {
        false => Line::Plain(socket),
        true => Line::Tls(Box::new(encrypted(&to.host, socket)?)),
    };
    line.write(request.as_bytes()).map_err(io)?;
    let (mut head, mut piece) = (Vec::new(), [0; 512]);
    while !head.contains(&b'\n') && head.len() < HEAD {
        // A receiver that drips byte by byte gets no more time than any other.
        line.socket().set_read_timeout(Some(left(until)?)).map_err(io)?;
        let n = line.read(&mut piece).map_err(io)?;
        if n == 0 {
            break;
        }
        head.extend_from_slice(piece.get(..n).unwrap_or_default());
    }
    status(&head).ok_or_else(|| "did not answer as a web server does".to_owned())
}

fn left(until: Instant) -> Told<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err("took too long".to_owned()) } else { Ok(left) }
}

fn status(head: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(head.split(|b| *b == b'\n').next()?).ok()?;
    let mut words = text.split_whitespace();
    words.next().filter(|w| w.starts_with("HTTP/1."))?;
    words.next()?.parse().ok().filter(|s| (100..600).contains(s))
}

fn encrypted(host: &str, socket: TcpStream) -> Told<SslStream<TcpStream>> {
    let broken = |_| "TLS could not be set up".to_owned();
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(broken)?;
    if let Some(file) = openssl_probe::probe().cert_file {
        // Roots that can't be read leave none: the connection then fails, as it must.
        let _ = builder.set_ca_file(file);
    }
    builder
        .build()
        .connect(host, socket)
        .map_err(|_| "its certificate is not trusted, or TLS failed".to_owned())
}
