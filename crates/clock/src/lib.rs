//! When a thing is due, and why.
//!
//! A clock takes the facts of a case (received on, asked on, answered on) and answers a date with
//! the steps that led to it, each in plain English with its source. It never asks what day it is.
//!
//! Three things are data and none of them is code: the bank holidays ([`Calendar`]), the numbers
//! and articles of the rules with the days from which and until which they held ([`rules`]), and
//! the facts. A case is judged by the rule in force on its own day. Where the list of holidays
//! ends, so does the arithmetic: [`ClockError::BeyondCalendar`] says which list to add.
//!
//! [`RightsClock`] is the clock of a rights request; the other rules are functions. [`answer`] asks
//! any of them by name, and [`check_vectors`] checks a file of expected dates against all of them.

mod calendar;
mod complaints;
mod consultations;
mod door;
mod error;
mod fees;
mod incidents;
mod information;
mod marketing;
mod rights;
mod rules;
mod steps;
mod vectors;
mod words;

pub use calendar::{Calendar, Division, Place};
pub use complaints::complaint_acknowledgement;
pub use consultations::{
    Review, art14_notice, casework_after_poll, dpia_review, exam_marks, health_opinion_valid_to,
    penalty_decision, prior_consultation_reply, review,
};
pub use door::{Answer, answer, rule_names};
pub use error::ClockError;
pub use fees::{FeePayer, fee_amount, fee_expiry};
pub use incidents::{DueAt, breach_72h_outer, breach_to_regulator, pecr_breach_to_regulator};
pub use information::{InformationRequest, Regime, information_request};
pub use marketing::{
    charity_soft_opt_in, consent_review, indirect_consent_max, objection_ceiling, objection_reply,
    tps_block_from, tps_screen_valid_to,
};
pub use rights::{Pause, RightsClock, RightsDates, State};
pub use rules::{Rule, rule_on, rules};
pub use steps::{Due, Step};
pub use vectors::{Checked, Mismatch, check_vectors};
pub use words::{civil_date, day, moment};
