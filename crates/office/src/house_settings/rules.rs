//! What the forms of the house settings may say: the mail server, the public address, the mailbox.

use std::net::IpAddr;

use axum::http::Uri;

use crate::error::{Error, Result};
use crate::kit::reach::Set;
use crate::settings::{Mailbox, Post, Secret, Security};

/// The longest host name (RFC 1035, 2.3.4).
const HOST: usize = 253;
/// The longest user or password that is taken.
const SECRET: usize = 512;

/// Where a server is and who signs in there, as typed.
#[derive(Debug, Clone, Copy)]
pub struct Server<'a> {
    /// What the fields' names begin with: `mail`.
    pub fields: [&'static str; 5],
    /// Host name or network address.
    pub host: &'a str,
    /// Port; empty for the usual one.
    pub port: &'a str,
    /// User, or empty.
    pub user: &'a str,
    /// Password; empty to keep the one that is set.
    pub password: &'a str,
}

/// Fields of the mail server: host, port, user, password, encryption.
pub const MAIL: [&str; 5] =
    ["mail-host", "mail-port", "mail-user", "mail-password", "mail-security"];
/// Fields of the mailbox: host, port, user, password, folder.
pub const MAILBOX: [&str; 5] =
    ["mailbox-host", "mailbox-port", "mailbox-user", "mailbox-password", "mailbox-folder"];

impl Server<'_> {
    fn host(&self) -> Result<String> {
        let host = self.host.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let named = host.len() <= HOST && host.chars().all(plain);
        if host.is_empty() {
            return Err(Error::invalid(self.fields[0], "Enter the server’s name"));
        }
        if !named && host.parse::<IpAddr>().is_err() {
            let message = "Enter a name like mail.example.org, without https:// and without a port";
            return Err(Error::invalid(self.fields[0], message));
        }
        Ok(host.to_ascii_lowercase())
    }

    fn port(&self, usual: u16) -> Result<u16> {
        match self.port.trim() {
            "" => Ok(usual),
            text => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                let message = format!("Enter a number from 1 to 65535, such as {usual}");
                Error::invalid(self.fields[1], message)
            }),
        }
    }

    /// User and password. A password that is kept goes to the server it was set for and to no
    /// other: whoever may name a host must not get to read it.
    fn signs_in(&self, kept: Option<&Secret>) -> Result<(Option<String>, Option<Secret>)> {
        let user = Some(self.user.trim().to_owned()).filter(|u| !u.is_empty());
        let long = |text: &str| text.len() > SECRET || text.chars().any(char::is_control);
        if long(self.user) {
            return Err(Error::invalid(self.fields[2], "Enter the user name on the mail server"));
        }
        if long(self.password) {
            return Err(Error::invalid(self.fields[3], "This can’t be a password"));
        }
        let typed = Some(self.password).filter(|p| !p.is_empty()).map(Secret::new);
        match (user, typed, kept) {
            (None, None, _) => Ok((None, None)),
            (None, Some(_), _) => {
                Err(Error::invalid(self.fields[2], "Enter the user that this password belongs to"))
            }
            (Some(user), Some(typed), _) => Ok((Some(user), Some(typed))),
            (Some(user), None, Some(kept)) => Ok((Some(user), Some(kept.clone()))),
            (Some(_), None, None) => {
                let message = "Enter the password: one that was set before is kept only while \
                               server and user stay the same";
                Err(Error::invalid(self.fields[3], message))
            }
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The mail server as typed; `old` is the one that is set.
///
/// # Errors
/// The fields to mend.
pub fn mail_of(typed: &Server<'_>, security: &str, old: Option<&Post>) -> Result<Post> {
    let host = typed.host()?;
    let security = Security::from_word(security).ok_or_else(|| {
        Error::invalid(typed.fields[4], "Choose how the line to the server is encrypted")
    })?;
    let port = typed.port(if security == Security::Tls { 465 } else { 587 })?;
    if security == Security::None && !is_this_machine(&host) {
        let message = "Without encryption only a server on this machine can be used (localhost): \
                       letters are personal data";
        return Err(Error::invalid(typed.fields[4], message));
    }
    let user = typed.user.trim();
    let same = |o: &&Post| {
        (o.host.as_str(), o.port, o.security, o.user.as_deref())
            == (host.as_str(), port, security, Some(user))
    };
    let kept = old.filter(same).and_then(|o| o.password.as_ref());
    let (user, password) = typed.signs_in(kept)?;
    Ok(Post { host, port, security, user, password_file: None, password })
}

/// The mailbox as typed, on an IMAP server whose line is encrypted from the first byte.
///
/// # Errors
/// The fields to mend.
pub fn mailbox_of(
    typed: &Server<'_>,
    folder: &str,
    org: &str,
    old: Option<&Mailbox>,
) -> Result<Mailbox> {
    let host = typed.host()?;
    let port = typed.port(993)?;
    let user = typed.user.trim();
    if user.is_empty() {
        return Err(Error::invalid(typed.fields[2], "Enter the user name of the mailbox"));
    }
    let same = |o: &&Mailbox| {
        (o.host.as_deref(), o.port.unwrap_or(993), o.user.as_deref())
            == (Some(host.as_str()), port, Some(user))
    };
    let kept = old.filter(same).and_then(|o| o.password.as_ref());
    let (user, password) = typed.signs_in(kept)?;
    let folder = Some(folder.trim().to_owned()).filter(|f| !f.is_empty());
    if folder.as_ref().is_some_and(|f| f.len() > HOST || f.chars().any(char::is_control)) {
        return Err(Error::invalid(typed.fields[4], "Enter the folder’s name, such as INBOX"));
    }
    let (host, port, org) = (Some(host), Some(port), Some(org.to_owned()));
    Ok(Mailbox { org, host, port, user, password, folder, ..Mailbox::default() })
}

/// The public address as typed, in its one form: scheme, host, and a port if it is not the usual.
///
/// # Errors
/// The field to mend.
pub fn address_of(text: &str) -> Result<String> {
    let bad = |message: &'static str| Error::invalid("address", message);
    let like = "Enter an address like https://rights.example.org, without anything after the name";
    let uri: Uri = text.trim().trim_end_matches('/').parse().map_err(|_| bad(like))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(bad(like));
    };
    let rest = uri.path_and_query().map_or("/", |p| p.as_str());
    let host = authority.host().to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.[]:".contains(c);
    let tidy = rest == "/" && !authority.as_str().contains('@') && host.chars().all(plain);
    if !tidy || host.is_empty() || !matches!(scheme, "http" | "https") {
        return Err(bad(like));
    }
    let bare = host.trim_matches(['[', ']']);
    if scheme == "http" && !is_inside(bare) {
        return Err(bad(
            "Enter an address that begins with https://: what people type there is personal data. \
             Only inside your own network http:// will do",
        ));
    }
    let usual = if scheme == "https" { 443 } else { 80 };
    Ok(match authority.port_u16().filter(|p| *p != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// This machine, or a private network.
fn is_inside(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => {
            let ends = [".local", ".lan", ".internal", ".localhost", ".test", ".home.arpa"];
            !host.contains('.') || ends.iter().any(|e| host.ends_with(e))
        }
    }
}

/// What is said of a setting in the history: never its password.
pub fn in_words(what: &Set) -> String {
    let signs_in = |user: &Option<String>| if user.is_some() { ", with a user" } else { "" };
    match what {
        Set::Post(Some(p)) => format!(
            "Mail server {}:{}, {}{}",
            p.host,
            p.port,
            p.security.label(),
            signs_in(&p.user)
        ),
        Set::Post(None) => "No mail server any more".into(),
        Set::Address(Some(url)) => format!("Public address {url}"),
        Set::Address(None) => "No public address any more".into(),
        Set::Mailbox(Some(m)) => {
            format!("Mailbox for unsubscribes on {}", m.host.as_deref().unwrap_or_default())
        }
        Set::Mailbox(None) => "No mailbox for unsubscribes any more".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed<'a>(host: &'a str, user: &'a str, password: &'a str) -> Server<'a> {
        Server { fields: MAIL, host, port: "", user, password }
    }

    fn named(e: Error) -> String {
        let Error::Invalid(fields) = e else { panic!("{e}") };
        fields[0].name.to_string()
    }

    #[test]
    fn a_kept_password_goes_to_its_own_server_only() {
        let set = mail_of(&typed("Mail.Example.org", "office", "tin"), "starttls", None).unwrap();
        assert_eq!((set.host.as_str(), set.port), ("mail.example.org", 587));
        let again = |host, user, security| mail_of(&typed(host, user, ""), security, Some(&set));
        let kept = again("mail.example.org", "office", "starttls").unwrap();
        assert_eq!(kept.password, Some(Secret::new("tin")));
        for (host, user, security) in [
            ("evil.example.org", "office", "starttls"),
            ("mail.example.org", "other", "starttls"),
            ("mail.example.org", "office", "tls"),
        ] {
            assert_eq!(named(again(host, user, security).unwrap_err()), "mail-password");
        }
        assert_eq!(again("mail.example.org", "", "starttls").unwrap().password, None);
    }

    #[test]
    fn a_mail_server_elsewhere_is_encrypted() {
        let none = |host| mail_of(&typed(host, "", ""), "none", None);
        assert!(none("localhost").is_ok() && none("127.0.0.1").is_ok() && none("::1").is_ok());
        assert_eq!(named(none("mail.example.org").unwrap_err()), "mail-security");
        for host in ["", "https://mail.example.org", "mail.example.org:25", "a b", "x\r\ny"] {
            assert_eq!(named(none(host).unwrap_err()), "mail-host", "{host}");
        }
    }

    #[test]
    fn a_public_address_has_one_form() {
        for (typed, kept) in [
            ("https://Rights.Example.org/", "https://rights.example.org"),
            ("https://rights.example.org:443", "https://rights.example.org"),
            ("https://rights.example.org:8443", "https://rights.example.org:8443"),
            ("http://127.0.0.1:8420", "http://127.0.0.1:8420"),
            ("http://[::1]:8420", "http://[::1]:8420"),
            ("http://office.lan", "http://office.lan"),
        ] {
            assert_eq!(address_of(typed).unwrap(), kept);
        }
        for bad in [
            "",
            "rights.example.org",
            "ftp://rights.example.org",
            "https://rights.example.org/office",
            "https://rights.example.org?x",
            "https://a@rights.example.org",
            "http://rights.example.org",
            "https://",
        ] {
            assert!(address_of(bad).is_err(), "{bad}");
        }
    }
}
