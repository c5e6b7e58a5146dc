//! The servers that tests talk to, each on a free port of 127.0.0.1, with its data in a temporary
//! folder: PostgreSQL, MariaDB, Dovecot (IMAP) and a mail server that keeps what it is handed.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{packages, tool};

/// The password of every test account. The servers live for one run and listen on loopback only.
const SECRET: &str = "only-for-tests";
/// A server that does not answer by then will not.
const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// One running server.
struct Server {
    child: Child,
    /// How it is asked to stop at once but in order.
    stop: Signal,
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { return };
        // Each one that fails here has gone by itself.
        let _ = kill_process(pid, self.stop);
        let until = Instant::now() + Duration::from_secs(20);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// All of them, with their folder.
pub struct Servers {
    running: Vec<Server>,
    env: Vec<(&'static str, String)>,
    dir: PathBuf,
    keep: bool,
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Stopped side by side: the slowest sets the time.
        std::thread::scope(|scope| {
            for server in self.running.drain(..) {
                scope.spawn(move || drop(server));
            }
        });
        if self.keep {
            eprintln!("Kept: {}", self.dir.display());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Where one server lives and who runs it.
struct House {
    dir: PathBuf,
    port: u16,
    account: Option<Account>,
}

/// An account of this machine: servers refuse to run as root.
#[derive(Clone)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// The first of these accounts that there is; `None` when we are nobody special ourselves.
    fn first(names: &[&str]) -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let all = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
        let find = |name: &&str| {
            all.lines().find_map(|l| {
                let f: Vec<&str> = l.split(':').collect();
                let (uid, gid) = (f.get(2)?.parse().ok()?, f.get(3)?.parse().ok()?);
                (f[0] == *name).then(|| Self { name: (*name).to_owned(), uid, gid })
            })
        };
        let found = names.iter().find_map(find);
        found.map(Some).with_context(|| format!("no account {} here", names.join(" or ")))
    }
}

impl House {
    fn new(base: &Path, name: &str, port: u16, accounts: &[&str]) -> Result<Self> {
        let dir = base.join(name);
        fs::create_dir(&dir)?;
        let account = if accounts.is_empty() { None } else { Account::first(accounts)? };
        let house = Self { dir, port, account };
        house.own(&house.dir)?;
        Ok(house)
    }

    /// Hands a path to the account that runs the server.
    fn own(&self, path: &Path) -> Result<()> {
        if let Some(a) = &self.account {
            chown(path, Some(a.uid), Some(a.gid))?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text)?;
        self.own(&path)?;
        Ok(path)
    }

    /// A command as the server's account, its output in the house's log.
    fn command(&self, program: &Path) -> Result<Command> {
        let log = File::options().create(true).append(true).open(self.path("log"))?;
        let mut c = Command::new(program);
        c.current_dir(&self.dir).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        c.env("LC_ALL", "C.UTF-8").env("HOME", &self.dir).process_group(0);
        if let Some(a) = &self.account {
            c.uid(a.uid).gid(a.gid);
        }
        Ok(c)
    }

    fn log(&self) -> String {
        let text = fs::read(self.path("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn prepare(&self, command: &mut Command) -> Result<()> {
        if tool::ok(command)? {
            return Ok(());
        }
        bail!("{} failed:\n{}", tool::shown(command), self.log())
    }

    /// Starts the server and waits until its port answers.
    fn start(&self, command: &mut Command, stop: Signal) -> Result<Server> {
        let name = tool::shown(command);
        let child = command.spawn().with_context(|| format!("{name} can't be started"))?;
        let mut server = Server { child, stop };
        let until = Instant::now() + PATIENCE;
        loop {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("{name} ended with {status}:\n{}", self.log());
            }
            if Instant::now() > until {
                bail!("{name} does not answer:\n{}", self.log());
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
}

/// What one server gives: itself, and what tests are told.
type Started = Result<(Server, Vec<(&'static str, String)>)>;

impl Servers {
    /// Starts all of them side by side.
    pub fn start(keep: bool) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("candour-servers-").tempdir()?.keep();
        // Other accounts must be able to walk through.
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o711))?;
        let mut all = Self { running: Vec::new(), env: Vec::new(), dir: dir.clone(), keep };
        let [pg, my, imap, smtp, post] = ports()?;
        let dir = &dir;
        let started: Vec<Started> = std::thread::scope(|scope| {
            let mut threads = vec![
                scope.spawn(move || postgres(dir, pg)),
                scope.spawn(move || mariadb(dir, my)),
                scope.spawn(move || dovecot(dir, imap)),
                scope.spawn(move || mail(dir, smtp)),
            ];
            // It changes accounts for each delivery, which only root can.
            if rustix::process::geteuid().is_root() {
                threads.push(scope.spawn(move || opensmtpd(dir, post)));
            }
            let failed = |_| Err(anyhow::anyhow!("a starting thread panicked"));
            threads.into_iter().map(|t| t.join().unwrap_or_else(failed)).collect()
        });
        let mut trouble = None;
        for one in started {
            match one {
                Ok((server, env)) => {
                    all.running.push(server);
                    all.env.extend(env);
                }
                Err(e) => trouble = Some(e),
            }
        }
        trouble.map_or(Ok(all), Err)
    }

    /// What tests are told.
    pub fn env(&self) -> &[(&'static str, String)] {
        &self.env
    }
}

/// Free ports, all different: each is held until all are known.
fn ports<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

fn postgres(base: &Path, port: u16) -> Started {
    let bin = packages::postgres_folder().context("PostgreSQL is not installed")?;
    let house = House::new(base, "postgres", port, &["postgres", "nobody"])?;
    let secret = house.write("secret", SECRET)?;
    let mut init = house.command(&bin.join("initdb"))?;
    init.args(["--username=candour", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]);
    init.args(["--locale=C.UTF-8", "-D", "data"]).arg(format!("--pwfile={}", secret.display()));
    house.prepare(&mut init)?;
    let mut server = house.command(&bin.join("postgres"))?;
    server.args(["-D", "data", "-h", "127.0.0.1", "-p"]).arg(port.to_string());
    server.arg("-k").arg(&house.dir);
    // The data is thrown away at the end, so nothing waits for the disk.
    for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
        server.args(["-c", setting]);
    }
    server.args(["-c", "max_connections=300", "-c", "autovacuum=off"]);
    let server = house.start(&mut server, Signal::INT)?;
    wait_for_postgres(&house, &bin)?;
    let url = format!("postgres://candour:{SECRET}@127.0.0.1:{port}/postgres");
    let postmaster = server.child.id().to_string();
    Ok((server, vec![("CANDOUR_TEST_POSTGRES", url), ("CANDOUR_TEST_POSTGRES_PID", postmaster)]))
}

/// Its port opens a moment before it lets anyone in.
fn wait_for_postgres(house: &House, bin: &Path) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut ready = house.command(&bin.join("pg_isready"))?;
        ready.args(["-q", "-h", "127.0.0.1", "-p"]).arg(house.port.to_string());
        if tool::ok(&mut ready)? {
            return Ok(());
        }
        if Instant::now() > until {
            bail!("PostgreSQL lets nobody in:\n{}", house.log());
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

fn mariadb(base: &Path, port: u16) -> Started {
    let house = House::new(base, "mariadb", port, &["mysql", "nobody"])?;
    let data = house.path("data");
    let mut init = house.command(&tool::need("mariadb-install-db")?)?;
    init.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
    init.arg(format!("--datadir={}", data.display()));
    house.prepare(&mut init)?;
    // Run before the port opens; accounts without a name would otherwise come first.
    let first = house.write(
        "first.sql",
        &format!(
            "DELETE FROM mysql.global_priv WHERE User = '';\nFLUSH PRIVILEGES;\n\
             CREATE USER 'candour'@'%' IDENTIFIED BY '{SECRET}';\n\
             GRANT ALL ON *.* TO 'candour'@'%' WITH GRANT OPTION;\nCREATE DATABASE candour;\n"
        ),
    )?;
    let mut server = house.command(&tool::need("mariadbd")?)?;
    server.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
    server.arg(format!("--init-file={}", first.display()));
    server.arg(format!("--socket={}", house.path("socket").display()));
    server.arg(format!("--pid-file={}", house.path("pid").display()));
    server.arg(format!("--port={port}"));
    server.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"]);
    server.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"]);
    server.args(["--character-set-server=utf8mb4", "--innodb-fast-shutdown=2"]);
    let server = house.start(&mut server, Signal::TERM)?;
    let url = format!("mysql://candour:{SECRET}@127.0.0.1:{port}/candour");
    Ok((server, vec![("CANDOUR_TEST_MYSQL", url)]))
}

fn dovecot(base: &Path, port: u16) -> Started {
    let program = tool::need("dovecot")?;
    let house = House::new(base, "dovecot", port, &[])?;
    // Started as root it drops to accounts of its own; mailboxes belong to one of them.
    let mail = House::new(base, "mailboxes", port, &["mail", "nobody"])?;
    let (me, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let (uid, gid) =
        mail.account.as_ref().map_or((me.as_raw(), group.as_raw()), |a| (a.uid, a.gid));
    let accounts = match &mail.account {
        Some(_) => String::new(),
        None => {
            let user = tool::output(Command::new("id").arg("-un"))?;
            let user = user.trim();
            format!("default_internal_user = {user}\ndefault_login_user = {user}\n")
        }
    };
    let owner = mail.account.as_ref().map_or("ourselves", |a| &a.name);
    let dir = house.dir.display();
    let conf = format!(
        "# Mailboxes belong to {owner}.\n\
         base_dir = {dir}/run\nstate_dir = {dir}/state\nlog_path = {dir}/log\n\
         protocols = imap\nlisten = 127.0.0.1\nssl = no\ndisable_plaintext_auth = no\n\
         {accounts}\
         mail_location = maildir:{mailboxes}/%u\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n\
         passdb {{\n  driver = static\n  args = password={SECRET}\n}}\n\
         userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={mailboxes}/%u\n}}\n\
         service anvil {{\n  chroot =\n}}\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {port}\n  }}\n  \
         inet_listener imaps {{\n    port = 0\n  }}\n}}\n",
        mailboxes = mail.dir.display(),
    );
    let conf = house.write("dovecot.conf", &conf)?;
    // Its helpers run under other accounts and read the configuration through their own folder.
    fs::set_permissions(&house.dir, fs::Permissions::from_mode(0o755))?;
    let mut server = house.command(&program)?;
    server.arg("-F").arg("-c").arg(conf);
    let server = house.start(&mut server, Signal::TERM)?;
    let url = format!("imap://amara:{SECRET}@127.0.0.1:{port}");
    Ok((server, vec![("CANDOUR_TEST_IMAP", url)]))
}

fn mail(base: &Path, port: u16) -> Started {
    let python = packages::python("aiosmtpd").context("aiosmtpd is not installed")?;
    let house = House::new(base, "smtp", port, &["nobody"])?;
    // A Maildir: `new` fills with one file for each message.
    let inbox = house.path("inbox");
    let mut server = house.command(&python)?;
    server.args(["-m", "aiosmtpd", "-n", "-l"]).arg(format!("127.0.0.1:{port}"));
    server.args(["-c", "aiosmtpd.handlers.Mailbox"]).arg(&inbox);
    let server = house.start(&mut server, Signal::TERM)?;
    Ok((
        server,
        vec![
            ("CANDOUR_TEST_SMTP", format!("smtp://127.0.0.1:{port}")),
            ("CANDOUR_TEST_SMTP_DIR", inbox.join("new").display().to_string()),
        ],
    ))
}

/// A mail server that delivers: a mailbox for every address, whatever its domain.
fn opensmtpd(base: &Path, port: u16) -> Started {
    let program = packages::smtpd().context("OpenSMTPD is not installed")?;
    let house = House::new(base, "opensmtpd", port, &[])?;
    let boxes = House::new(base, "delivered", port, &["nobody"])?;
    fs::set_permissions(&house.dir, fs::Permissions::from_mode(0o755))?;
    let conf = format!(
        "queue ttl 1m\ntable all {{ \"@\" = nobody }}\nlisten on 127.0.0.1 port {port}\n\
         action deliver maildir \"{boxes}/%{{rcpt}}\" virtual <all>\n\
         match from any for any action deliver\n",
        boxes = boxes.dir.display(),
    );
    let conf = house.write("smtpd.conf", &conf)?;
    let mut server = house.command(&program)?;
    server.arg("-d").arg("-f").arg(conf);
    let server = house.start(&mut server, Signal::TERM)?;
    Ok((
        server,
        vec![
            ("CANDOUR_TEST_MTA", format!("127.0.0.1:{port}")),
            ("CANDOUR_TEST_MTA_DIR", boxes.dir.display().to_string()),
        ],
    ))
}
