//! Looking through the XML parts of office files, and writing them again without some elements.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

/// An element as it is looked at: names without their prefix.
pub struct Element<'a> {
    /// Local name.
    pub name: &'a str,
    /// Attributes: full name and value, as written.
    attributes: Vec<(String, String)>,
}

impl Element<'_> {
    /// The value of an attribute by its local name.
    pub fn get(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| self::local(k) == local).map(|(_, v)| v.as_str())
    }

    /// An attribute that says yes: "1", "true", "on".
    pub fn yes(&self, local: &str) -> bool {
        matches!(self.get(local), Some("1" | "true" | "on"))
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn attributes(e: &BytesStart<'_>) -> Option<Vec<(String, String)>> {
    let mut all = Vec::new();
    for a in e.attributes().with_checks(false) {
        let a = a.ok()?;
        all.push((a.key.as_ref().to_owned(), a.value.into_owned()));
    }
    Some(all)
}

/// Calls `each` for every element. `None` when the part is not XML in UTF-8, or declares
/// entities: such a part is for nobody to trust.
pub fn scan(xml: &[u8], each: &mut dyn FnMut(&Element<'_>)) -> Option<()> {
    let mut reader =
        Reader::from_str(std::str::from_utf8(xml).ok()?.trim_start_matches('\u{feff}'));
    loop {
        match reader.read_event().ok()? {
            Event::Start(e) | Event::Empty(e) => {
                let name = e.local_name().as_ref().to_owned();
                each(&Element { name: &name, attributes: attributes(&e)? });
            }
            Event::DocType(_) => return None,
            Event::Eof => return Some(()),
            _ => {}
        }
    }
}

/// Writes the part again without the elements that `drop` names (with all that is in them) and
/// without the attributes that `shed` names (element, attribute's full name).
pub fn strip(
    xml: &[u8],
    drop: &dyn Fn(&Element<'_>) -> bool,
    shed: &dyn Fn(&str, &str) -> bool,
) -> Option<Vec<u8>> {
    let mut reader =
        Reader::from_str(std::str::from_utf8(xml).ok()?.trim_start_matches('\u{feff}'));
    let mut out = Writer::new(Vec::with_capacity(xml.len()));
    // How deep we are inside a dropped element.
    let mut inside = 0_u32;
    loop {
        let event = reader.read_event().ok()?;
        match event {
            Event::Eof => return Some(out.into_inner()),
            Event::DocType(_) => return None,
            Event::Start(_) if inside > 0 => inside += 1,
            Event::End(_) if inside > 0 => inside -= 1,
            _ if inside > 0 => {}
            Event::Start(e) => match kept(&e, drop, shed)? {
                Some(e) => out.write_event(Event::Start(e)).ok()?,
                None => inside = 1,
            },
            Event::Empty(e) => {
                if let Some(e) = kept(&e, drop, shed)? {
                    out.write_event(Event::Empty(e)).ok()?;
                }
            }
            // Remarks between the elements say nothing that is shown.
            Event::Comment(_) => {}
            other => out.write_event(other).ok()?,
        }
    }
}

/// The element without shed attributes; `Some(None)` when it is dropped.
#[allow(clippy::option_option, reason = "unreadable, dropped, kept")]
fn kept(
    e: &BytesStart<'_>,
    drop: &dyn Fn(&Element<'_>) -> bool,
    shed: &dyn Fn(&str, &str) -> bool,
) -> Option<Option<BytesStart<'static>>> {
    let name = e.local_name().as_ref().to_owned();
    let all = attributes(e)?;
    let element = Element { name: &name, attributes: all };
    if drop(&element) {
        return Some(None);
    }
    if !element.attributes.iter().any(|(k, _)| shed(&name, k)) {
        return Some(Some(e.to_owned()));
    }
    let mut new = BytesStart::new(e.name().as_ref().to_owned());
    for (k, v) in element.attributes.iter().filter(|(k, _)| !shed(&name, k)) {
        // The value is as written: escaped already, so it goes back raw.
        new.push_attribute((k.as_str(), quick_xml::escape::unescape(v).ok()?.as_ref()));
    }
    Some(Some(new))
}
