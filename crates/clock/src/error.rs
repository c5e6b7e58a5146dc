use jiff::civil::Date;

/// Why no date can be worked out. Says what was wrong and what to do; holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The list of bank holidays does not reach the year that is needed.
    #[error(
        "the bank holidays of {place} are known for {first} to {last}, and this date needs {year}; \
         add the list for {year} (GOV.UK publishes it) and work it out again"
    )]
    BeyondCalendar {
        /// The part of the United Kingdom whose list is too short.
        place: &'static str,
        /// The year that is needed.
        year: i16,
        /// First year known, 0 if none.
        first: i16,
        /// Last year known, 0 if none.
        last: i16,
    },
    /// A line of a list of bank holidays or of a vectors file cannot be read.
    #[error("line {line}: {problem}")]
    List {
        /// The line, counted from 1 with the heading.
        line: u64,
        /// What is wrong with it and what is expected.
        problem: String,
    },
    /// No rule has this name.
    #[error("there is no rule named {0}; `rule_names` lists those there are")]
    UnknownRule(String),
    /// The rule was not in force on the day of the case.
    #[error("the rule {name} was not in force on {on}")]
    NotInForce {
        /// The rule's name.
        name: String,
        /// The day of the case.
        on: Date,
    },
    /// A fact is given in a form that cannot be read.
    #[error("`{fact}` cannot be read; write {expected}")]
    Unreadable {
        /// The fact's name.
        fact: String,
        /// What to write, with an example.
        expected: &'static str,
    },
    /// A fact that the rule cannot do without.
    #[error("`{0}` is missing, and the rule needs it")]
    Missing(&'static str),
    /// A fact that this rule does not know, probably mistyped.
    #[error("the rule {rule} takes no `{fact}`; it takes {known}")]
    UnknownFact {
        /// The rule's name.
        rule: String,
        /// The fact's name as given.
        fact: String,
        /// The facts that the rule takes.
        known: String,
    },
    /// Facts that cannot both be so, or to which the rule does not apply.
    #[error("{0}")]
    Contradiction(&'static str),
    /// A date outside what the calendar can express.
    #[error("the date lies too far away to be worked out")]
    TooFar,
}
