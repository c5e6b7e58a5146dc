//! A `candour serve` of a test's own, spoken to over plain HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::Office;

/// A running server; stopped at the end.
pub struct Served {
    child: Child,
    at: SocketAddr,
    outbox: std::path::PathBuf,
}

impl Served {
    /// Starts one on a free port and waits until it answers.
    pub fn start(office: &Office) -> Self {
        let settings = office.path("candour.toml");
        let kept = std::fs::read_to_string(&settings).unwrap_or_default();
        if !kept.contains("public_url") {
            std::fs::write(&settings, format!("public_url = \"http://test.example\"\n{kept}"))
                .unwrap();
        }
        let mut child = office
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let at = loop {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "serve ended before it was ready");
            if let Some(rest) = line.split("http://").nth(1) {
                let end = rest.find('/').unwrap_or(rest.len());
                break rest[..end].trim().parse().unwrap();
            }
        };
        // What it says later is read away, so that it never waits for us.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { child, at, outbox: office.path("outbox") }
    }

    /// One request; answers status and body.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        let (status, _, body) = self.exchange(method, path, headers, body);
        (status, body)
    }

    /// One request; answers status, head and body.
    pub fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String, String) {
        let mut to = TcpStream::connect(self.at).unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.at);
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        to.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        to.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (status, head.to_owned(), body.to_owned())
    }

    /// The path of the link to their choices that somebody asks for, from the first letter.
    pub fn preference_link(&self, email: &str) -> String {
        let form = "application/x-www-form-urlencoded";
        self.post("/o/test/preferences", form, &format!("email={email}"));
        let letter = self.letters(1).concat().replace("=\r\n", "").replace("=3D", "=");
        let at = letter.find("/preferences/").unwrap();
        letter[at..].chars().take_while(|c| !c.is_whitespace() && *c != '<').collect()
    }

    /// A page.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.send("GET", path, &[], "")
    }

    /// A form.
    pub fn post(&self, path: &str, media: &str, body: &str) -> (u16, String) {
        self.send("POST", path, &[("Content-Type", media)], body)
    }

    /// Posts a form and kills the server after a while, with no chance to tidy up.
    pub fn post_and_die(
        &mut self,
        path: &str,
        media: &str,
        body: &str,
        pause: std::time::Duration,
    ) {
        let mut to = TcpStream::connect(self.at).unwrap();
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {media}\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.at,
            body.len()
        );
        to.write_all(text.as_bytes()).unwrap();
        let end = std::time::Instant::now() + pause;
        while std::time::Instant::now() < end {
            std::thread::yield_now();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// A machine's request to the test organisation.
    pub fn api(&self, token: &str, what: &str, body: &Value) -> (u16, Value) {
        self.api_with(token, what, body, &[])
    }

    /// The same with more headers.
    pub fn api_with(
        &self,
        token: &str,
        what: &str,
        body: &Value,
        more: &[(&str, &str)],
    ) -> (u16, Value) {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.push(("Content-Type", "application/json"));
        headers.extend_from_slice(more);
        let path = format!("/api/o/test/{what}");
        let (status, text) = self.send("POST", &path, &headers, &body.to_string());
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Letters in the outbox, once there are so many; gives up after a minute.
    pub fn letters(&self, wanted: usize) -> Vec<String> {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let files = std::fs::read_dir(&self.outbox).into_iter().flatten().flatten();
            let all: Vec<String> = files
                .filter(|f| f.path().extension().is_some_and(|e| e == "eml"))
                .map(|f| std::fs::read_to_string(f.path()).unwrap())
                .collect();
            if all.len() >= wanted {
                return all;
            }
            assert!(std::time::Instant::now() < end, "{} letters of {wanted} came", all.len());
            std::thread::yield_now();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
