//! The language that says who is in a segment: its words, its limits, and the one error it gives.
//!
//! Rules are text. [`parse()`] is the only gate: what it returns is within the limits, has its types checked, and prints
//! back as the same rule ([`Rule`] displays its canonical text). SQL is made elsewhere, in one place; [`eval()`] says
//! what a rule means, and the SQL is tested against it.
//!
//! # Grammar
//!
//! ```text
//! rule      = [ or ]                                   nothing at all: everyone
//! or        = and { "or" and }
//! and       = unary { "and" unary }
//! unary     = "not" unary | "(" or ")" | condition
//! condition = field test | measure test
//!           | "in" "segment" ( text | "#" digits )     "#12" is the stored form, a name is what people write
//!           | "bucket" "(" percent "," percent ")"     0 <= FROM < TO <= 100, two decimals, TO exclusive
//! field     = "user_id" | "email" | "phone" | "anonymous" | "first_seen" | "last_seen" | "created"
//!           | "attr" "." name
//! test      = op value | "between" value "and" value   both ends included
//!           | [ "not" ] "in" "(" value { "," value } ")" | "is" [ "not" ] "set"
//! op        = "=" | "!=" | "<" | "<=" | ">" | ">=" | "before" | "after"
//!           | "contains" | "starts_with" | "ends_with"
//! value     = text | number | "true" | "false" | moment
//! moment    = date | date-time | digits unit "ago"
//! unit      = "minutes" | "hours" | "days" | "weeks" | "months" | "years"       the singular too
//! measure   = "count" "(" name inner ")" | "sum" "(" name "." ( "value" | "quantity" ) inner ")"
//!           | "first" "(" name inner ")" | "last" "(" name inner ")"
//! inner     = [ "where" name test { "and" name test } ] [ "," window ]
//! window    = "last" digits "days" | "between" moment "and" moment              from and at the first, before the last
//! name      = letters, digits and "_", not beginning with a digit | text
//! text      = '"' any characters, \" and \\ for those two '"'
//! number    = [ "-" ] digits [ "." digits ]            no exponent, no leading zeros, up to 15 digits
//! ```
//!
//! Keywords are taken in any case; names and texts are case-sensitive. `not` binds tighter than `and`, `and` tighter
//! than `or`. What cannot be meant is refused with its place and the nearest valid word ([`RuleError`]); most useful:
//!
//! * `last_seen = 2017-10-01`: a bare date is a whole day, so equality asks for `between`;
//! * `user_id = 1042`: identities are text, which stands in quotes;
//! * `attr.zip = 007`: a number has no leading zeros, so this is text too;
//! * `attr.city contains ""`: would match every text, which nobody means.
//!
//! # Meaning
//!
//! A condition is true or false, never unknown. What is missing satisfies nothing but `is not set`, so `x != "a"` and
//! `x not in ("a")` are false without an x, while `not (x = "a")` is true. Values of different types are never equal,
//! ordered or contained: `x != 5` is true of a text, `x < 5` is false. Arrays and objects satisfy only `is set`.
//! Text compares by its bytes. E-mail literals are canonical (trimmed, NFC, ASCII
//! lower case). A date is 00:00 UTC; months and years go by the UTC calendar, clamped; a day of a window is 24 hours,
//! and `last N days` leaves out its first moment and takes "now". `anonymous` is true of those with nothing but
//! anonymous ids. `count` and `sum` of nothing are 0, `sum` skips events without the amount; `first` and `last` of
//! nothing are missing. In `where`, `campaign_id`, `value` and `quantity` are the event's own.
//!
//! # Examples
//!
//! ```
//! for text in [
//!     r#"attr.income in ("Under 15K", "15-24K")"#,
//!     "last(purchase) before 2017-10-01",
//!     "count(purchase, last 365 days) = 0 and email is set",
//!     "sum(purchase.value) > 500",
//!     r#"count(impression where campaign_id = "summer", last 30 days) >= 3"#,
//!     r#"not in segment "VIP" and last_seen before 2 years ago"#,
//!     r#"(anonymous = true and bucket(0, 12.5)) or attr."Any name" between -1 and 2.5"#,
//!     r#"count("Order Completed" where sku = "A" and value >= 10, between 2017-01-01 and 2018-01-01) < 2"#,
//! ] {
//!     let rule = domain::rule::parse(text).map_err(|e| format!("{text}: {e}"))?;
//!     assert_eq!(rule.to_string(), text);
//! }
//! let error = domain::rule::parse("emial is set").unwrap_err();
//! assert_eq!(error.suggestion.as_deref(), Some("email"));
//! # Ok::<(), String>(())
//! ```

mod ast;
pub mod draft;
mod eval;
mod excerpt;
mod figure;
mod inspect;
mod lex;
mod literal;
mod nearest;
mod parse;
mod percent;
mod print;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use ast::{
    Aggregate, AggregateKind, Condition, Field, Filter, Literal, Measure, Moment, Op, Property, Rule,
    SegmentRef, Test, Unit, Window,
};
pub use eval::{EvalContext, Person, PersonEvent, eval};
pub use excerpt::Excerpt;
pub use inspect::{
    UnknownSegment, matches_everyone_trivially, reads_campaign, resolve_names, segments_of,
    uses_relative_time,
};
pub use nearest::nearest;
pub use parse::{parse, parse_as_written, parse_with_segments};
pub use percent::{HUNDREDTHS_MAX, hundredths, percent};
pub use print::{print_named, print_redacted};

/// Longest rule, in bytes: room for a thousand ids in a list, and small enough to be read by every page that shows it.
pub const RULE_LENGTH_MAX: usize = 65_536;
/// Deepest nesting of parentheses and `not`: people do not read deeper, and it keeps SQLite's expression depth (1,000)
/// out of reach, together with what each level may hold and segments within segments.
pub const RULE_DEPTH_MAX: usize = 32;
/// Most conditions in a rule, those behind `where` included: each costs a few of SQLite's 32,766 variables, and time
/// for every profile of a scan.
pub const RULE_CONDITIONS_MAX: usize = 500;
/// Most values of one list; longer ones belong in a list segment.
pub const LIST_VALUES_MAX: usize = 1_000;
/// Most values in a whole rule: a rule by itself always fits SQLite's 32,766 variables.
pub const RULE_VALUES_MAX: usize = 10_000;
/// Longest text in quotes, in bytes: longer than any identity or name that can be stored.
pub const TEXT_BYTES_MAX: usize = 1_024;
/// Longest kind of event, in bytes.
pub const EVENT_KIND_BYTES_MAX: usize = 128;
/// Greatest N in `last N days`: a century; older data than that is reached by `between`.
pub const WINDOW_DAYS_MAX: u32 = 36_500;
/// Greatest N in `N days ago`: a century counted in minutes is below it.
pub const AGO_AMOUNT_MAX: u32 = 99_999_999;

/// What is wrong with the text of a rule, and where.
///
/// It quotes the text, so it goes back to who wrote it and never into a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("expected {expected} at character {}, found {found}{}", position.saturating_add(1), did_you_mean(suggestion.as_ref()))]
pub struct RuleError {
    /// Index of the character (not byte) at which it went wrong, from 0; the sentence counts from 1.
    pub position: u32,
    /// What could stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// The nearest valid word, or what was probably meant.
    pub suggestion: Option<String>,
}

fn did_you_mean(suggestion: Option<&String>) -> String {
    suggestion
        .map(|word| format!("; did you mean {word}?"))
        .unwrap_or_default()
}
