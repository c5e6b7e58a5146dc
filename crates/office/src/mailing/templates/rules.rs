//! What a template is, and when its class may be approved. Pure.

use jiff::Timestamp;
use serde::Serialize;

use super::tells::Told;
use crate::error::{Error, Field, Refusal, Result};
use crate::kit::forms::is_short_name;
use crate::permissions::Class;
use crate::proof::By;
use crate::staff::{Permission, Role};

/// One version of a template.
#[derive(Debug, Clone, Serialize)]
pub struct Template {
    /// Short name: lower case, digits, dashes.
    pub short: String,
    /// Version, from 1.
    pub version: i64,
    /// What people call it.
    pub title: String,
    /// The class it claims.
    pub class: Class,
    /// Its text.
    pub text: String,
    /// What spoke against the class when it was proposed.
    pub tells: Vec<Told>,
    /// Who approved the class.
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<Timestamp>,
    /// Why, against the tell-tales.
    pub reason: Option<String>,
    /// Who proposed it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}

/// A template as proposed.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// Short name.
    pub short: String,
    /// What people call it.
    pub title: String,
    /// The class it claims.
    pub class: Option<Class>,
    /// Its text.
    pub text: String,
}

/// Whether a word can be a short name. "new" leads to a form.
pub fn plain(short: &str) -> bool {
    short != "new" && is_short_name(short)
}

impl Proposal {
    /// Checks what was typed, and answers the class.
    ///
    /// # Errors
    /// The fields to mend.
    pub fn check(&self) -> Result<Class> {
        let mut bad = Vec::new();
        if !plain(&self.short) {
            let words = "The short name has lower case letters, digits and dashes only, at most 40";
            bad.push(Field::new("short", words));
        }
        if self.title.trim().is_empty() || self.title.len() > 200 {
            bad.push(Field::new("title", "Enter what people call this message"));
        }
        if self.text.trim().is_empty() {
            bad.push(Field::new("text", "Enter the text of the message"));
        }
        if self.text.len() > 200_000 {
            bad.push(Field::new("text", "The text is too long: at most 200,000 characters"));
        }
        match self.class {
            Some(class) if bad.is_empty() => Ok(class),
            Some(_) => Err(Error::Invalid(bad)),
            None => {
                bad.push(Field::new("class", "Choose what sort of message it is"));
                Err(Error::Invalid(bad))
            }
        }
    }
}

impl Template {
    /// Approved, in this version.
    pub fn is_approved(&self) -> bool {
        self.approved_at.is_some()
    }

    /// Says whether this class may be approved by this person, and answers the reason to keep.
    ///
    /// # Errors
    /// Denied; approved already; one's own proposal, for a deputy; a binding tell-tale; or others
    /// without a reason.
    pub fn approve(&self, by: &By, reason: Option<&str>) -> Result<Option<String>> {
        by.role.may(Permission::ManagePermissions)?;
        let refuse = |why: &str, source_| {
            Err(Refusal { act: "approve", why: why.to_owned(), source_ }.into())
        };
        if self.is_approved() {
            return refuse("This version is approved already", "House rule on classes of message");
        }
        if by.role != Role::Officer && by.actor == self.set_by {
            return refuse(
                "You proposed this version yourself: ask the officer or another deputy",
                "House rule on classes of message: two pairs of eyes",
            );
        }
        if let Some(t) = self.tells.iter().find(|t| t.tell.binds()) {
            let why = format!("{}: mend the text and propose it again", t.tell.sentence());
            return refuse(&why, t.tell.source());
        }
        let reason = reason.map(str::trim).filter(|r| !r.is_empty());
        if !self.tells.is_empty() && reason.is_none() {
            return Err(Error::invalid(
                "reason",
                "Something in the text speaks against this class: enter why it holds all the same",
            ));
        }
        Ok(reason.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tells;
    use super::*;

    fn by(role: Role, actor: &str) -> By {
        By { org: "o".into(), actor: actor.into(), role, now: Timestamp::UNIX_EPOCH }
    }

    fn template(class: Class, text: &str) -> Template {
        Template {
            short: "t".into(),
            version: 1,
            title: "T".into(),
            class,
            text: text.into(),
            tells: tells::tells(class, text, &["Society"]),
            approved_by: None,
            approved_at: None,
            reason: None,
            set_by: "staff:dana".into(),
            set_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Who asks × what the text is like, as words.
    #[test]
    fn who_may_approve_what() {
        let texts = [
            ("clean service", template(Class::Service, "Your receipt.")),
            ("service with an offer", template(Class::Service, "Your receipt. Book now!")),
            ("marketing without opt-out", template(Class::Marketing, "Book now! The Society")),
            ("marketing", template(Class::Marketing, "Book now! The Society. Unsubscribe: x")),
        ];
        let who = [
            ("officer", by(Role::Officer, "staff:dana"), None),
            ("officer, reason", by(Role::Officer, "staff:olu"), Some("It is a rebooking")),
            ("deputy, own", by(Role::Deputy, "staff:dana"), Some("It is a rebooking")),
            ("deputy, another's", by(Role::Deputy, "staff:dev"), None),
            ("case worker", by(Role::CaseWorker, "staff:cas"), Some("Please")),
        ];
        let mut table = String::new();
        for (what, t) in &texts {
            for (name, by, reason) in &who {
                let answer = match t.approve(by, *reason) {
                    Ok(None) => "approved".to_owned(),
                    Ok(Some(r)) => format!("approved: {r}"),
                    Err(e) => e.to_string(),
                };
                table.push_str(&format!("{what} | {name} | {answer}\n"));
            }
        }
        insta::assert_snapshot!(table, @r"
        clean service | officer | approved
        clean service | officer, reason | approved: It is a rebooking
        clean service | deputy, own | You proposed this version yourself: ask the officer or another deputy (House rule on classes of message: two pairs of eyes)
        clean service | deputy, another's | approved
        clean service | case worker | your role does not allow this: managing permissions
        service with an offer | officer | Something in the text speaks against this class: enter why it holds all the same
        service with an offer | officer, reason | approved: It is a rebooking
        service with an offer | deputy, own | You proposed this version yourself: ask the officer or another deputy (House rule on classes of message: two pairs of eyes)
        service with an offer | deputy, another's | Something in the text speaks against this class: enter why it holds all the same
        service with an offer | case worker | your role does not allow this: managing permissions
        marketing without opt-out | officer | Marketing must say how to stop it: mend the text and propose it again (PECR reg 23)
        marketing without opt-out | officer, reason | Marketing must say how to stop it: mend the text and propose it again (PECR reg 23)
        marketing without opt-out | deputy, own | You proposed this version yourself: ask the officer or another deputy (House rule on classes of message: two pairs of eyes)
        marketing without opt-out | deputy, another's | Marketing must say how to stop it: mend the text and propose it again (PECR reg 23)
        marketing without opt-out | case worker | your role does not allow this: managing permissions
        marketing | officer | approved
        marketing | officer, reason | approved: It is a rebooking
        marketing | deputy, own | You proposed this version yourself: ask the officer or another deputy (House rule on classes of message: two pairs of eyes)
        marketing | deputy, another's | approved
        marketing | case worker | your role does not allow this: managing permissions
        ");
    }

    #[test]
    fn approved_is_approved_once() {
        let mut t = template(Class::Service, "Your receipt.");
        t.approved_at = Some(Timestamp::UNIX_EPOCH);
        assert!(matches!(t.approve(&by(Role::Officer, "x"), None), Err(Error::Refused(_))));
    }

    #[test]
    fn a_proposal_names_every_field_to_mend() {
        let Err(Error::Invalid(bad)) = Proposal::default().check() else { panic!("taken") };
        let names: Vec<_> = bad.iter().map(|f| f.name.clone()).collect();
        assert_eq!(names, ["short", "title", "text", "class"]);
    }
}
