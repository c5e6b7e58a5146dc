//! The contact decision over HTTP, beside the same server answering a constant, with a million
//! identifiers known (ten at `--size` for each of them); and what the book costs in memory.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::cost::memory;
use super::house::House;
use super::{Args, Goal, Line};

const CONTACT: &str = r#"
[permissions]
[[permissions.purpose]]
short = "news"
title = "News"
aim = "similar-products"
channels = ["email"]
"#;

/// Connections of the load; as many as a mailer with a pool would hold.
const CONNECTIONS: usize = 32;
/// Seconds of load for each of the two.
const SECONDS: u64 = 4;

struct Served(Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the part.
pub fn run(args: &Args) -> Result<Vec<Line>> {
    let known = args.size * 10;
    let house = House::new()?;
    let token = fill(&house, known)?;
    let served = serve(&house)?;
    let ask = |address: &str| {
        let body = format!(
            "{{\"address\":\"{address}\",\"channel\":\"email\",\"purpose\":\"news\",\
             \"attested\":\"customers\"}}"
        );
        post(&token, &body)
    };
    // The first question reads everything.
    let start = Instant::now();
    let first = once(&served.1, &ask("p1@example.org"))?;
    ensure!(first.contains("\"stopped\""), "the answer is wrong: {first}");
    let loaded = start.elapsed().as_secs_f64();
    let held = memory(served.0.id(), "VmRSS:").context("no memory is told")?;
    let other = once(&served.1, &ask("nobody@example.org"))?;
    ensure!(other.contains("soft-opt-in"), "the answer is wrong: {other}");
    let health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n".to_owned();
    let asks: Vec<String> =
        (0..1000).map(|i| ask(&format!("p{}@example.org", i * 7 % (2 * known)))).collect();
    let constant = load(&served.1, std::slice::from_ref(&health), "{\"ok\":true}")?;
    let decisions = load(&served.1, &asks, "\"allowed\":")?;
    let again = load(&served.1, std::slice::from_ref(&health), "{\"ok\":true}")?;
    let constant = constant.max(again);
    let p99 = idle(&served.1, &asks)?;
    let batch = batch(&served.1, &token, known)?;
    Ok(vec![
        Line::new(
            "contact decisions / the same server answering a constant",
            decisions / constant,
            Some(Goal::AtLeast(0.7)),
            format!("{decisions:.0}/s, {constant:.0}/s, {known} identifiers known"),
        ),
        Line::new(
            "contact decision, one connection: p99 in ms",
            p99 * 1000.0,
            Some(Goal::AtMost(2.0)),
            "5,000 questions one after another".into(),
        ),
        Line::new(
            "10,000 decisions in one batch: ms",
            batch * 1000.0,
            Some(Goal::AtMost(50.0)),
            "median of nine, over HTTP, answers counted".into(),
        ),
        Line::new(
            "identifiers known: bytes of memory for each",
            held * 1e6 / known as f64,
            None,
            format!("{held:.0} MB in all, read in {loaded:.1} s"),
        ),
    ])
}

/// Every second address of a file that is twice as long is stopped.
fn fill(house: &House, known: u64) -> Result<String> {
    let charter = house.said(&["charter", "show"])?;
    let kept = charter.split("[permissions]").next().unwrap_or_default();
    let path = house.dir().join("contact.toml");
    fs::write(&path, format!("{kept}{CONTACT}"))?;
    house.said(&["charter", "set", &path.display().to_string()])?;
    let list = house.dir().join("stops.txt");
    let mut text = String::from("email\n");
    for i in 0..known {
        text.push_str(&format!("p{}@example.org\n", 2 * i + 1));
    }
    fs::write(&list, text)?;
    house.said(&[
        "permission",
        "import-stops",
        &list.display().to_string(),
        "--column",
        "email",
    ])?;
    house.said(&["mailer", "add", "bench"])
}

fn serve(house: &House) -> Result<Served> {
    let mut command = house.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut said = BufReader::new(child.stderr.take().context("no standard error")?);
    let mut line = String::new();
    loop {
        line.clear();
        if said.read_line(&mut line)? == 0 {
            bail!("the office did not start");
        }
        if let Some(rest) = line.split("http://").nth(1) {
            let at = rest.split('/').next().unwrap_or_default().to_owned();
            std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
            return Ok(Served(child, at));
        }
    }
}

fn post(token: &str, body: &str) -> String {
    format!(
        "POST /api/o/northmoor/contact-decisions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \
         {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One connection that is kept.
struct Kept {
    to: TcpStream,
    buffer: Vec<u8>,
}

impl Kept {
    fn new(at: &str) -> Result<Self> {
        let to = TcpStream::connect(at)?;
        to.set_nodelay(true)?;
        Ok(Self { to, buffer: vec![0; 1 << 16] })
    }

    /// Sends and reads one answer whole.
    fn ask(&mut self, request: &str) -> Result<String> {
        self.to.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        loop {
            let n = self.to.read(&mut self.buffer)?;
            ensure!(n > 0, "the server hung up");
            answer.extend_from_slice(&self.buffer[..n]);
            let Some(head) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let top = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
            let length = top
                .lines()
                .find_map(|l| l.strip_prefix("content-length:"))
                .and_then(|l| l.trim().parse::<usize>().ok())
                .context("an answer without a length")?;
            if answer.len() >= head + 4 + length {
                ensure!(top.starts_with("http/1.1 200"), "not answered: {top}");
                return Ok(String::from_utf8_lossy(&answer[head + 4..]).into_owned());
            }
        }
    }
}

fn once(at: &str, request: &str) -> Result<String> {
    Kept::new(at)?.ask(request)
}

/// Answers a second over many connections, each asking again as soon as it is answered.
fn load(at: &str, requests: &[String], expected: &str) -> Result<f64> {
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    std::thread::scope(|s| {
        let mut all = Vec::new();
        for c in 0..CONNECTIONS {
            let (stop, done) = (&stop, &done);
            all.push(s.spawn(move || -> Result<()> {
                let mut kept = Kept::new(at)?;
                let mut i = c;
                while !stop.load(Ordering::Relaxed) {
                    let answer = kept.ask(&requests[i % requests.len()])?;
                    ensure!(answer.contains(expected), "the answer is wrong: {answer}");
                    done.fetch_add(1, Ordering::Relaxed);
                    i += CONNECTIONS;
                }
                Ok(())
            }));
        }
        std::thread::sleep(Duration::from_secs(SECONDS));
        stop.store(true, Ordering::Relaxed);
        all.into_iter().try_for_each(|t| t.join().unwrap_or_else(|_| bail!("a connection broke")))
    })?;
    Ok(done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64())
}

fn idle(at: &str, requests: &[String]) -> Result<f64> {
    let mut kept = Kept::new(at)?;
    let mut took = Vec::new();
    for i in 0..5000 {
        let start = Instant::now();
        kept.ask(&requests[i % requests.len()])?;
        took.push(start.elapsed().as_secs_f64());
    }
    took.sort_by(f64::total_cmp);
    Ok(took[took.len() * 99 / 100])
}

fn batch(at: &str, token: &str, known: u64) -> Result<f64> {
    let questions: Vec<String> = (0..10_000)
        .map(|i| {
            format!(
                "{{\"address\":\"p{}@example.org\",\"channel\":\"email\",\"purpose\":\"news\",\
                 \"attested\":\"customers\"}}",
                i * 13 % (2 * known)
            )
        })
        .collect();
    let request = post(token, &format!("{{\"questions\":[{}]}}", questions.join(",")));
    let mut kept = Kept::new(at)?;
    let mut took = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        let answer = kept.ask(&request)?;
        took.push(start.elapsed().as_secs_f64());
        let stopped = answer.matches("\"rule\":\"stopped\"").count();
        let open = answer.matches("\"rule\":\"soft-opt-in\"").count();
        ensure!(stopped + open == 10_000 && stopped >= 4_900, "{stopped} stopped, {open} open");
    }
    took.sort_by(f64::total_cmp);
    Ok(took[took.len() / 2])
}
