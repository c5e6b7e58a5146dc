//! Who takes part in the walk: the member who asks, and the officer who will have to decide.

use crate::error::Result;
use crate::office::Office;
use crate::people::Asker;
use crate::proof::By;
use crate::requests::Wants;
use crate::staff::acts::NewStaff;
use crate::staff::{self, Role};

/// The address that the officer signs in with.
pub(super) const OFFICER: &str = "ruth.osei@harbour.example";

/// What she writes into the form. Her old e-mail address is not in it: the search learns it.
pub fn asker() -> Asker {
    Asker {
        name: "Amara Quill".into(),
        other_names: vec!["Amara Fenwick".into()],
        emails: vec!["amara.quill@example.org".into()],
        phones: vec!["07700 900 123".into(), "01632 960 123".into()],
        addresses: vec!["14 Harbour Terrace, Exwick".into(), "3 Mill Lane, Exwick".into()],
        postcodes: vec!["EX4 2QL".into(), "EX4 3PN".into()],
        numbers: vec!["HM-004711".into()],
        ..Asker::default()
    }
}

/// What she wants.
pub fn wants() -> Wants {
    Wants {
        what: "Everything you hold about me, with letters and e-mails that mention me.".into(),
        format: "download".into(),
        ..Wants::default()
    }
}

/// The officer's account, made on the first run.
///
/// # Errors
/// Of the database.
pub fn officer(office: &Office, by: &By) -> Result<String> {
    if let Some(row) = office.read(|tx| staff::sql::by_email(tx, OFFICER))? {
        return Ok(row.id);
    }
    let new = NewStaff {
        name: "Ruth Osei".into(),
        email: OFFICER.into(),
        role: Role::Officer,
        password: None,
    };
    let (vault, by) = (office.vault().clone(), by.clone());
    office.write(move |tx| staff::acts::add(tx, &vault, &by, &new))
}
