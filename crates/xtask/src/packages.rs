//! The programs that tests need, and the Debian packages that bring them.
//!
//! Each need is looked for by what it does, not by the package's name: a machine that has it from
//! elsewhere is left alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::tool;

/// One need: the packages that meet it, and how to tell that it is met.
struct Need {
    packages: &'static [&'static str],
    met: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need { packages: &["postgresql"], met: || postgres_folder().is_some() },
    Need { packages: &["mariadb-server"], met: || has("mariadbd") && has("mariadb-install-db") },
    Need {
        packages: &["dovecot-imapd"],
        met: || has("dovecot") && Path::new("/usr/lib/dovecot/imap").exists(),
    },
    Need { packages: &["python3", "python3-aiosmtpd"], met: || python("aiosmtpd").is_some() },
    Need {
        packages: &["python3", "python3-cryptography"],
        met: || python("cryptography").is_some(),
    },
    // smtpd: a whole mail server, for a newsletter from list to mailbox.
    Need { packages: &["opensmtpd"], met: || smtpd().is_some() },
    Need { packages: &["golang-go"], met: || has("go") },
    Need {
        packages: &["golang-golang-x-mod-dev"],
        met: || Path::new("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog").exists(),
    },
    Need { packages: &["poppler-utils"], met: || has("pdftotext") },
    Need { packages: &["procps"], met: || has("ps") },
    Need { packages: &["chromium"], met: || browser().is_some() },
    Need { packages: &["nodejs"], met: || has("node") },
    Need { packages: &["npm"], met: || has("npm") },
];

fn has(name: &str) -> bool {
    tool::which(name).is_some()
}

/// OpenSMTPD's server: Debian keeps it where only root looks.
pub fn smtpd() -> Option<PathBuf> {
    tool::which("smtpd").or_else(|| {
        let path = PathBuf::from("/usr/sbin/smtpd");
        path.exists().then_some(path)
    })
}

/// The folder of the newest PostgreSQL's programs: Debian keeps them off the PATH.
pub fn postgres_folder() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, bin)| bin);
    newest.or_else(|| tool::which("initdb").and_then(|p| p.parent().map(Path::to_owned)))
}

/// A Python that can import this module.
pub fn python(module: &str) -> Option<PathBuf> {
    ["python3", "/usr/bin/python3"].into_iter().find_map(|name| {
        let mut command = Command::new(name);
        command.args(["-c", &format!("import {module}")]);
        command.output().ok()?.status.success().then(|| PathBuf::from(name))
    })
}

/// A Chromium or Chrome.
pub fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CANDOUR_CHROMIUM") {
        return Some(PathBuf::from(path));
    }
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(tool::which)
}

/// Installs what is missing. `false` if we may not: then the line to run has been printed.
pub fn install() -> Result<bool> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(true);
    }
    tool::heading(&format!("installing {}", missing.join(" ")));
    let words: Vec<&str> = ["apt-get", "install", "-y", "--no-install-recommends"]
        .into_iter()
        .chain(missing)
        .collect();
    let Some(prefix) = privilege() else {
        eprintln!("These packages are missing, and installing them needs root. Run:");
        eprintln!("  sudo {}", words.join(" "));
        return Ok(false);
    };
    if !has("apt-get") {
        eprintln!("Install what gives you: {}", words[4..].join(", "));
        return Ok(false);
    }
    if apt(prefix, &words)? {
        return Ok(true);
    }
    // A package that can't be found: the lists may be old or not there yet.
    if !apt(prefix, &["apt-get", "update"])? || !apt(prefix, &words)? {
        anyhow::bail!("{} failed", words.join(" "));
    }
    Ok(true)
}

fn missing() -> Vec<&'static str> {
    let mut all: Vec<&str> =
        NEEDS.iter().filter(|n| !(n.met)()).flat_map(|n| n.packages.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What goes before a command that needs root; `None` if we may not.
fn privilege() -> Option<&'static [&'static str]> {
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    let sudo = Command::new("sudo").args(["-n", "true"]).output();
    sudo.is_ok_and(|o| o.status.success()).then_some(&["sudo", "-n"])
}

fn apt(prefix: &[&str], words: &[&str]) -> Result<bool> {
    // RUNLEVEL=1 keeps packages from starting the servers they bring; ours are started by us.
    let env = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"];
    let all: Vec<&str> = prefix.iter().chain(&env).chain(words).copied().collect();
    tool::ok(Command::new(all[0]).args(&all[1..]).stdout(std::io::stderr()))
}
