//! Whose work is in the program, and under which licence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{press, tool};

const NOTICES: &str = "THIRD-PARTY.md";
/// The programs that are handed out: what they are made of has to be named.
const HANDED_OUT: [&str; 3] = ["candour-office", "candour-verify", "candour-press"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    authors: Vec<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dep>,
}

#[derive(Deserialize)]
struct Dep {
    pkg: String,
    dep_kinds: Vec<DepKind>,
}

#[derive(Deserialize)]
struct DepKind {
    kind: Option<String>,
}

/// What is in the lock file of a workspace, by its manifest.
fn metadata(manifest: &str) -> Result<Metadata> {
    let mut cargo = tool::cargo();
    cargo.args(["metadata", "--format-version=1", "--locked", "--manifest-path", manifest]);
    serde_json::from_str(&tool::output(&mut cargo)?).context("cargo metadata")
}

/// The office and its kin, and the press.
fn both() -> Result<[Metadata; 2]> {
    Ok([metadata("Cargo.toml")?, metadata(press::MANIFEST)?])
}

fn allowed() -> Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Deny {
        licenses: Licences,
    }
    #[derive(Deserialize)]
    struct Licences {
        allow: BTreeSet<String>,
    }
    let deny: Deny = toml::from_str(&fs::read_to_string("deny.toml")?).context("deny.toml")?;
    Ok(deny.licenses.allow)
}

/// Whether every dependency, also of tests and of other systems, comes under an allowed licence.
pub fn check() -> Result<bool> {
    let allowed = allowed()?;
    let mut well = true;
    let all = both()?;
    for p in all.iter().flat_map(|m| &m.packages).filter(|p| p.source.is_some()) {
        let expression = p.license.as_deref().unwrap_or("none named");
        match passes(expression, &allowed) {
            Ok(true) => {}
            Ok(false) => {
                eprintln!("{} {}: {expression} is not on the list in deny.toml", p.name, p.version);
                well = false;
            }
            Err(e) => {
                eprintln!("{} {}: {e}", p.name, p.version);
                well = false;
            }
        }
    }
    Ok(well)
}

/// Whether a licence expression can be met from the list. Older crates write `/` for OR.
fn passes(expression: &str, allowed: &BTreeSet<String>) -> Result<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = any_of(&words, &mut at, allowed)?;
    if at < words.len() {
        bail!("“{expression}” can't be read as a licence");
    }
    Ok(met)
}

fn any_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> Result<bool> {
    let mut met = all_of(words, at, allowed)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all_of(words, at, allowed)?;
    }
    Ok(met)
}

fn all_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> Result<bool> {
    let mut met = one(words, at, allowed)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed)?;
    }
    Ok(met)
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> Result<bool> {
    let word = words.get(*at).context("a licence expression ends too early")?;
    *at += 1;
    if *word == "(" {
        let met = any_of(words, at, allowed)?;
        if words.get(*at) != Some(&")") {
            bail!("a licence expression has an open bracket");
        }
        *at += 1;
        return Ok(met);
    }
    // An exception only adds permissions to the licence before it.
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    Ok(allowed.contains(*word))
}

/// Whether the notices name what the lock file names.
pub fn notices_are_fresh() -> Result<bool> {
    let there = fs::read_to_string(NOTICES).unwrap_or_default();
    let fresh = there == notices(&both()?);
    if !fresh {
        eprintln!("{NOTICES} is not what the lock files say. Run: cargo xtask notices");
    }
    Ok(fresh)
}

/// Writes the notices.
pub fn write_notices() -> Result<()> {
    fs::write(NOTICES, notices(&both()?)).context(NOTICES)
}

/// The packages that end up in what is handed out: no test's, no lint's.
fn handed_out(m: &Metadata) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Node> = m.resolve.nodes.iter().map(|n| (&*n.id, n)).collect();
    let mut reached = BTreeSet::new();
    let ours = m.packages.iter().filter(|p| HANDED_OUT.contains(&&*p.name));
    let mut todo: Vec<&str> = ours.map(|p| &*p.id).collect();
    while let Some(id) = todo.pop() {
        if reached.insert(id) {
            let deps = nodes.get(id).into_iter().flat_map(|n| &n.deps);
            let used = deps.filter(|d| {
                d.dep_kinds.iter().any(|k| k.kind.as_deref().is_none_or(|k| k == "build"))
            });
            todo.extend(used.map(|d| &*d.pkg));
        }
    }
    reached
}

/// The name of an author; what looks like an address is left out.
fn without_address(author: &str) -> String {
    let words = author.split_whitespace().filter(|w| !w.contains('@'));
    words.collect::<Vec<_>>().join(" ")
}

/// The rows of a table of packages.
fn table(m: &Metadata) -> String {
    let reached = handed_out(m);
    let mut lines: Vec<String> = m
        .packages
        .iter()
        .filter(|p| p.source.is_some() && reached.contains(&*p.id))
        .map(|p| {
            let licence = p.license.as_deref().unwrap_or("none named");
            let authors: Vec<String> = p.authors.iter().map(|a| without_address(a)).collect();
            let mut authors = authors.join(", ");
            if authors.is_empty() {
                authors = "its authors".into();
            }
            format!("| {} | {} | {licence} | {authors} |", p.name, p.version)
        })
        .collect();
    lines.sort();
    format!("| Package | Version | Licence | By |\n|---|---|---|---|\n{}\n", lines.join("\n"))
}

fn notices([office, press]: &[Metadata; 2]) -> String {
    format!(
        "# Third-party notices\n\n\
         Candour is built from the work of others, named here with their licences. Written by\n\
         `cargo xtask notices` from the lock files; do not edit by hand. The text of each licence\n\
         stands in the package of that name and version.\n\n\
         SQLite, SQLCipher and OpenSSL are compiled in through `libsqlite3-sys` and `openssl-src`:\n\
         SQLite is in the public domain; SQLCipher is copyright Zetetic LLC, under a licence of the\n\
         BSD kind; OpenSSL is copyright its authors, under Apache-2.0.\n\n\
         {}\n\
         ## The press\n\n\
         `candour-press` is built apart and stands on more. It carries faces to set text in: Noto\n\
         Sans (copyright Google), Libertinus Serif (copyright the Libertinus Project Authors), both\n\
         under the SIL Open Font License 1.1, and DejaVu Sans Mono (copyright Bitstream and Tavmjong\n\
         Bah), under the Bitstream Vera licence; with them come New Computer Modern (GUST Font\n\
         License) and faces by Foxit, which are not used. Their texts stand in `notosans` and\n\
         `typst-assets`.\n\n\
         {}",
        table(office),
        table(press)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes_here(expression: &str) -> bool {
        let allowed = ["MIT", "Apache-2.0", "Zlib"].map(str::to_owned).into();
        passes(expression, &allowed).unwrap()
    }

    #[test]
    fn expressions_are_met_from_the_list() {
        assert!(passes_here("MIT"));
        assert!(passes_here("GPL-3.0 OR MIT"));
        assert!(passes_here("GPL-3.0/Apache-2.0"));
        assert!(passes_here("(MIT OR GPL-3.0) AND Zlib"));
        assert!(passes_here("Apache-2.0 WITH LLVM-exception AND MIT"));
        assert!(!passes_here("MIT AND GPL-3.0"));
        assert!(!passes_here("GPL-3.0 OR MIT AND AGPL-3.0"));
        assert!(!passes_here("(MIT OR GPL-3.0) AND AGPL-3.0"));
        assert!(!passes_here("none"));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        let allowed = BTreeSet::from(["MIT".to_owned()]);
        for bad in ["", "MIT AND", "(MIT", "MIT MIT", "none named"] {
            assert!(passes(bad, &allowed).is_err(), "{bad}");
        }
    }
}
