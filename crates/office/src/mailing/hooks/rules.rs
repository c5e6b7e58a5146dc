//! What can be announced, where a call may go, when it is tried again. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::Uri;
use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Result};

/// What is announced.
pub const EVENTS: [&str; 2] = ["suppression.added", "consent.withdrawn"];

/// Seconds until each further try, as Standard Webhooks has them.
const WAITS: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// A call is tried this often before it is given up and shown.
pub const TRIES: i64 = 10;

/// When to try again after the n-th failure. Up to a tenth later, each job by its own measure, so
/// that a receiver that was away is not met by all its calls at once.
pub fn next_try(now: Timestamp, tries: i64, job: &str) -> Timestamp {
    let n = usize::try_from(tries.clamp(1, 9) - 1).unwrap_or(0);
    let wait = WAITS.get(n).copied().unwrap_or(86_400) * 1000;
    let spread = job.bytes().fold(7_u32, |s, b| s.wrapping_mul(31).wrapping_add(u32::from(b)));
    now + SignedDuration::from_millis(wait + wait * i64::from(spread % 100) / 1000)
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The line is encrypted.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path and query.
    pub path: String,
    /// The host as the request names it.
    pub authority: String,
}

impl Target {
    /// Reads an address. `loopback` lets this machine itself be called, in the clear too.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str, loopback: bool) -> Result<Self> {
        let bad = |words: &str| Error::invalid("url", words);
        let uri: Uri = url.trim().parse().map_err(|_| bad("This is no web address"))?;
        let authority = uri.authority().ok_or_else(|| bad("Enter a whole address: https://…"))?;
        if authority.as_str().contains('@') {
            return Err(bad("Leave user and password out of the address"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let literal: Option<IpAddr> = host.parse().ok();
        let own = loopback && literal.is_some_and(|ip| ip.is_loopback());
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if own => false,
            _ => return Err(bad("The address must begin with https://")),
        };
        if literal.is_some_and(|ip| !may_call(ip, loopback)) {
            return Err(bad("This address is inside a private network: calls there are refused"));
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        Ok(Self { tls, host, port, path, authority: authority.as_str().to_owned() })
    }
}

/// Whether a call may go to this address: only to the open internet, so that nobody who can add a
/// hook can reach what stands behind our wall.
pub fn may_call(ip: IpAddr, loopback: bool) -> bool {
    if ip.is_loopback() {
        return loopback;
    }
    match ip {
        IpAddr::V4(ip) => open_v4(ip),
        IpAddr::V6(ip) => open_v6(ip),
    }
}

fn open_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    let protocol = a == 192 && b == 0 && c == 0;
    !(a == 0
        || a >= 224
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_documentation()
        || shared
        || benchmark
        || protocol)
}

fn open_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let inner = |hi: u16, lo: u16| {
        let ([a, b], [c, d]) = (hi.to_be_bytes(), lo.to_be_bytes());
        open_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(v4) = ip.to_ipv4_mapped() {
        return open_v4(v4);
    }
    match s[0] {
        // Carriers of IPv4: 6to4, NAT64; Teredo hides it and is refused.
        0x2002 => inner(s[1], s[2]),
        0x0064 if s[1] == 0xff9b && s[2..6] == [0; 4] => inner(s[6], s[7]),
        0x2001 if s[1] == 0 || s[1] == 0xdb8 => false,
        // Only what is given out for the open internet.
        first => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_follow_the_standard_with_a_little_spread() {
        let now = Timestamp::UNIX_EPOCH;
        let wait = |n| next_try(now, n, "job").as_millisecond();
        for (n, seconds) in (1..).zip(WAITS) {
            let ms = seconds * 1000;
            assert!((ms..=ms + ms / 10).contains(&wait(n)), "{n}: {}", wait(n));
        }
        let spread: std::collections::BTreeSet<_> =
            (0..20).map(|n| next_try(now, 3, &format!("job-{n}")).as_millisecond()).collect();
        assert!(spread.len() > 5, "calls are spread");
    }

    #[test]
    fn calls_go_to_the_open_internet_only() {
        for ip in ["81.2.69.142", "2a00:1450:4009::1", "::ffff:81.2.69.142", "2002:5102:458e::1"] {
            assert!(may_call(ip.parse().unwrap(), false), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:0:1::1",
        ] {
            assert!(!may_call(ip.parse().unwrap(), false), "{ip}");
        }
        assert!(may_call("127.0.0.1".parse().unwrap(), true));
        assert!(!may_call("10.0.0.1".parse().unwrap(), true), "the setting is for loopback only");
    }

    #[test]
    fn addresses_are_read_or_named() {
        let t = Target::parse("https://hooks.example:8443/in?x=1", false).unwrap();
        assert_eq!((t.host.as_str(), t.port, t.path.as_str()), ("hooks.example", 8443, "/in?x=1"));
        let bad = [
            ("http://hooks.example/", "https://"),
            ("http://127.0.0.1:80/", "https://"),
            ("https://10.0.0.1/", "private network"),
            ("https://[::1]/", "private network"),
            ("https://me:secret@hooks.example/", "Leave user"),
            ("/only/a/path", "whole address"),
            ("not an address", "no web address"),
        ];
        for (url, words) in bad {
            let e = Target::parse(url, false).unwrap_err().to_string();
            assert!(e.contains(words), "{url}: {e}");
        }
        assert!(!Target::parse("http://127.0.0.1:9/x", true).unwrap().tls);
    }
}
