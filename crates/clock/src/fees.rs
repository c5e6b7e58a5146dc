//! The yearly data protection fee: SI 2018/480, amounts as amended by SI 2025/63.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::rules::{Rule, rule_on, rule_standing};
use crate::steps::{Step, Working, day_before, months_after, warn};
use crate::words::{count, day};
use crate::{ClockError, Due};

/// What decides the fee of a controller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeePayer {
    /// Turnover of the last financial year, whole pounds.
    pub turnover: i64,
    /// Members of staff, yearly average, part-timers as one each.
    pub staff: i64,
    /// A charity pays tier 1 whatever its size.
    pub charity: bool,
    /// A small occupational pension scheme pays tier 1 whatever its size.
    pub small_pension: bool,
    /// A public authority counts staff only.
    pub public_authority: bool,
    /// First day of the fee period; the fee in force today if unknown.
    pub period_start: Option<Date>,
    /// Whether the period was paid for: one begun and paid under old rates keeps them.
    pub paid: bool,
    /// Paid by direct debit.
    pub direct_debit: bool,
}

/// The fee in whole pounds, with the steps that led to it (SI 2018/480 reg 3).
pub fn fee_amount(payer: &FeePayer) -> Result<(i64, Vec<Step>), ClockError> {
    if payer.turnover < 0 || payer.staff < 0 {
        return Err(ClockError::Contradiction("turnover and staff cannot be less than nothing"));
    }
    let standing = rule_standing("ico_fee_amount")?;
    let (rule, saved) = match payer.period_start {
        Some(start) if payer.paid => (rule_on("ico_fee_amount", start)?, true),
        _ => (standing, false),
    };
    let (tier, why) = tier(payer, rule)?;
    let mut fee = rule.number(tier)?;
    let mut steps = vec![Step::new(format!("{why}: £{fee}."), &rule.source)];
    if saved && rule != standing {
        let text = "The period began before the rates of today and was paid, so it keeps its rate.";
        steps.push(Step::new(text, &standing.source));
    }
    if payer.direct_debit {
        let debit = rule_standing("ico_fee_amount.debit")?;
        let off = debit.number("pounds")?;
        fee -= off;
        steps.push(Step::new(format!("£{off} less by direct debit: £{fee}."), &debit.source));
        warn(&mut steps, debit);
    }
    Ok((fee, steps))
}

fn tier(payer: &FeePayer, rule: &Rule) -> Result<(&'static str, String), ClockError> {
    if payer.charity || payer.small_pension {
        let what = if payer.charity { "A charity" } else { "A small occupational pension scheme" };
        return Ok(("tier1", format!("{what} is always in tier 1")));
    }
    for (tier, staff, turnover, number) in
        [("tier1", "staff1", "turnover1", 1), ("tier2", "staff2", "turnover2", 2)]
    {
        let (staff, turnover) = (rule.number(staff)?, rule.number(turnover)?);
        if payer.staff <= staff {
            return Ok((tier, format!("At most {staff} members of staff: tier {number}")));
        }
        if payer.turnover <= turnover && !payer.public_authority {
            return Ok((tier, format!("A turnover of at most £{turnover}: tier {number}")));
        }
    }
    Ok(("tier3", "Above the bounds of the lower tiers: tier 3".into()))
}

/// The last day of a fee period that began on this day: renew on or before it.
pub fn fee_expiry(period_start: Date, months: Option<u32>) -> Result<Due, ClockError> {
    let rule = rule_on("ico_fee_expiry", period_start)?;
    let months = months.map_or_else(|| rule.number("months"), |n| Ok(i64::from(n)))?;
    let last = day_before(months_after(period_start, months)?)?;
    let first = format!("The period began on {}.", day(period_start));
    let mut work = Working::from(last, first, rule);
    let span = count(months, "month");
    work.say(format!("It lasts {span}, its first day included: to {}.", day(last)));
    Ok(work.due())
}
