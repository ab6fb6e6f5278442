//! Reads figures over events: `count(…)`, `sum(…)`, `first(…)`, `last(…)`, with `where` and their window.

use super::ast::{Aggregate, AggregateKind, Condition, Filter, Literal, Measure, Moment, Property, Window};
use super::lex::TokenKind;
use super::literal::Type;
use super::parse::Parser;
use super::{EVENT_KIND_BYTES_MAX, RuleError, WINDOW_DAYS_MAX};

impl Parser {
    /// A figure and what is asked of it; `word` says which and is next.
    pub(super) fn aggregate(&mut self, word: &str) -> Result<Condition, RuleError> {
        self.advance();
        self.need_symbol("(")?;
        let event = self.event_kind()?;
        let kind = match word {
            "count" => AggregateKind::Count,
            "sum" => {
                self.need_symbol(".")?;
                match self.peek_word().map(str::to_ascii_lowercase).as_deref() {
                    Some("value") => AggregateKind::Sum(Measure::Value),
                    Some("quantity") => AggregateKind::Sum(Measure::Quantity),
                    _ => return Err(self.expected_one_of("`value` or `quantity`", &["value", "quantity"])),
                }
            }
            "first" => AggregateKind::First,
            _ => AggregateKind::Last,
        };
        if matches!(kind, AggregateKind::Sum(_)) {
            self.advance();
        }
        let mut filters = Vec::new();
        if self.take_word("where") {
            filters.push(self.filter()?);
            while self.take_word("and") {
                filters.push(self.filter()?);
            }
        }
        let window = if self.take_symbol(",") {
            Some(self.window()?)
        } else {
            None
        };
        if !self.take_symbol(")") {
            let (expected, words): (_, &[&str]) = match (&window, filters.is_empty()) {
                (Some(_), _) => ("`)`", &[]),
                (None, true) => (
                    "`where`, `,` or `)` (a kind of several words stands in quotes)",
                    &["where"],
                ),
                (None, false) => ("`and`, `,` or `)`", &["and"]),
            };
            return Err(self.expected_one_of(expected, words));
        }
        let of = match kind {
            AggregateKind::Count | AggregateKind::Sum(_) => Type::Figure,
            AggregateKind::First | AggregateKind::Last => Type::Moment,
        };
        let test = self.test(of)?;
        Ok(Condition::Aggregate {
            aggregate: Aggregate {
                kind,
                event,
                filters,
                window,
            },
            test,
        })
    }

    fn event_kind(&mut self) -> Result<String, RuleError> {
        let kind = match &self.peek().kind {
            TokenKind::Word(name) | TokenKind::Text(name) => name.clone(),
            _ => return Err(self.expected("a kind of event, such as purchase")),
        };
        if kind.is_empty() || kind.len() > EVENT_KIND_BYTES_MAX {
            return Err(self.expected(&format!("a kind of event of 1 to {EVENT_KIND_BYTES_MAX} bytes")));
        }
        self.advance();
        Ok(kind)
    }

    fn filter(&mut self) -> Result<Filter, RuleError> {
        self.count_condition()?;
        let name = self.attribute_name("the name of a property")?;
        let (property, of) = match name.as_str() {
            "campaign_id" => (Property::CampaignId, Type::Text),
            "value" => (Property::Measure(Measure::Value), Type::Number),
            "quantity" => (Property::Measure(Measure::Quantity), Type::Number),
            _ => (Property::Other(name), Type::Any),
        };
        Ok(Filter {
            property,
            test: self.test(of)?,
        })
    }

    fn window(&mut self) -> Result<Window, RuleError> {
        if self.take_word("last") {
            let days = match self.peek().kind {
                TokenKind::Number(number) => number.as_integer().and_then(|days| u32::try_from(days).ok()),
                _ => None,
            };
            let Some(days) = days.filter(|days| (1..=WINDOW_DAYS_MAX).contains(days)) else {
                return Err(self.expected(&format!("a whole number of days from 1 to {WINDOW_DAYS_MAX}")));
            };
            self.advance();
            if !(self.take_word("days") || self.take_word("day")) {
                return Err(self.expected_one_of("`days`", &["days"]));
            }
            return Ok(Window::LastDays(days));
        }
        if self.take_word("between") {
            let from = self.window_moment()?;
            self.need_word("and")?;
            return Ok(Window::Between(from, self.window_moment()?));
        }
        Err(self.expected_one_of("`last N days` or `between DATE and DATE`", &["last", "between"]))
    }

    fn window_moment(&mut self) -> Result<Moment, RuleError> {
        match self.value(Type::Time)? {
            Literal::Time(moment) => Ok(moment),
            _ => Err(self.expected("a date")),
        }
    }
}
