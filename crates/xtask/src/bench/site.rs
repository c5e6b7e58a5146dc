//! A PostgreSQL server with a club on it, and what it costs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::cost::times;
use crate::guard::Guard;
use crate::{club, packages, tool};

/// A server of our own, stopped when dropped.
pub struct Site {
    url: String,
    postmaster: String,
    /// Children of the server at rest.
    rest: usize,
    _guard: Guard,
}

impl Site {
    /// Starts the test servers.
    pub fn start() -> Result<Self> {
        let guard = Guard::start(false)?;
        let of = |name: &str| {
            let found = guard.env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
            found.with_context(|| format!("the servers did not say {name}"))
        };
        let (url, postmaster) = (of("CANDOUR_TEST_POSTGRES")?, of("CANDOUR_TEST_POSTGRES_PID")?);
        let rest = children(&postmaster)?;
        Ok(Self { url, postmaster, rest, _guard: guard })
    }

    fn server(&self) -> Result<Server<'_>> {
        Server::of(&self.url).context("an address of another form")
    }

    /// The server's own client, ready for `-c` or `-f`.
    pub fn psql(&self) -> Result<Command> {
        self.server()?.psql()
    }

    /// Runs statements; answers what they say, bare.
    pub fn run(&self, sql: &str) -> Result<String> {
        let mut script = tempfile::NamedTempFile::new_in(tool::target())?;
        std::io::Write::write_all(&mut script, sql.as_bytes())?;
        tool::output(self.psql()?.args(["-A", "-t", "-f"]).arg(script.path()))
    }

    /// The club's data map, with its password file beside it in this folder.
    pub fn map(&self, dir: &Path) -> Result<String> {
        let server = self.server()?;
        fs::write(dir.join("secret"), server.secret)?;
        Ok(format!(
            "holding = \"club\"\ntitle = \"Club\"\nkind = \"postgres\"\n[source]\nhost = \"{}\"\n\
             port = {}\ndatabase = \"postgres\"\nuser = \"{}\"\npassword_file = \"secret\"\n{}",
            server.host,
            server.port,
            server.user,
            club::MAP
        ))
    }

    /// Processor seconds of the server and of every session that has ended. A session's time
    /// counts only when the server has taken note of its end, a moment after its client has gone;
    /// so this waits until no more children are left than there were at rest.
    pub fn cpu(&self) -> Result<f64> {
        let until = Instant::now() + Duration::from_secs(10);
        while children(&self.postmaster)? > self.rest && Instant::now() < until {
            std::thread::yield_now();
        }
        Ok(times(&self.postmaster)?.iter().sum())
    }
}

/// An address like `postgres://user:secret@host:port/name`, taken apart.
struct Server<'a> {
    user: &'a str,
    secret: &'a str,
    host: &'a str,
    port: &'a str,
}

impl<'a> Server<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (account, place) = url.split_once("://")?.1.rsplit_once('@')?;
        let ((user, secret), (place, _)) = (account.split_once(':')?, place.split_once('/')?);
        let (host, port) = place.split_once(':')?;
        Some(Self { user, secret, host, port })
    }

    fn psql(&self) -> Result<Command> {
        let bin = packages::postgres_folder().context("PostgreSQL is not installed")?;
        let mut c = Command::new(bin.join("psql"));
        c.env("PGPASSWORD", self.secret).stdin(Stdio::null());
        c.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.host, "-p", self.port]);
        c.args(["-U", self.user, "-d", "postgres"]);
        Ok(c)
    }
}

fn children(pid: &str) -> Result<usize> {
    let all = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(all.split_whitespace().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let s = Server::of("postgres://candour:se:cret@127.0.0.1:5432/postgres").unwrap();
        assert_eq!((s.user, s.secret, s.host, s.port), ("candour", "se:cret", "127.0.0.1", "5432"));
        assert!(Server::of("127.0.0.1").is_none());
    }
}
