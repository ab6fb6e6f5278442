//! From rows to text, and from a place in that text back to its row.

use super::{
    Asked, FilterRow, Group, Mode, Node, Row, Span, Subject,
    plain::{literal, literals, number},
    property_type,
};
use crate::rule::literal::Type;
use crate::rule::print::{name, quoted};

/// The text of rows. Where they are unfinished it cannot be read, and the parser says where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Where each row and each group begins, in characters: the place of the part, and its first character. In order.
    starts: Vec<(String, u32)>,
}

impl Written {
    /// The place of the part that a character of the text belongs to.
    pub fn part_at(&self, position: u32) -> Option<&str> {
        let found = self.starts.iter().rev().find(|(_, start)| *start <= position);
        found.map(|(place, _)| place.as_str())
    }
}

impl Group {
    /// The text of the rows. It is not canonical; what it parses to, prints as it should.
    pub fn write(&self) -> Written {
        let mut out = Written {
            text: String::new(),
            starts: Vec::new(),
        };
        let turned = matches!(self.mode, Mode::NotAll | Mode::NoneOf);
        if turned || !self.parts.is_empty() {
            out.group(self, "", true);
        }
        out
    }
}

impl Written {
    fn group(&mut self, group: &Group, place: &str, outermost: bool) {
        let turned = matches!(group.mode, Mode::NotAll | Mode::NoneOf);
        let between = match group.mode {
            Mode::All | Mode::NotAll => " and ",
            Mode::Any | Mode::NoneOf => " or ",
        };
        // A group of nothing must not read as if it were not there.
        let wrapped = turned || (!outermost && group.parts.len() != 1);
        self.text.push_str(match (turned, wrapped) {
            (true, _) => "not (",
            (false, true) => "(",
            (false, false) => "",
        });
        for (i, part) in group.parts.iter().enumerate() {
            if i > 0 {
                self.text.push_str(between);
            }
            let place = if place.is_empty() {
                i.to_string()
            } else {
                format!("{place}.{i}")
            };
            let start = u32::try_from(self.text.chars().count()).unwrap_or(u32::MAX);
            self.starts.push((place.clone(), start));
            match part {
                Node::Group(inner) => self.group(inner, &place, false),
                Node::Row(row) => self.text.push_str(&row.write()),
            }
        }
        if wrapped {
            self.text.push(')');
        }
    }
}

impl Row {
    /// The text of the row by itself.
    pub fn write(&self) -> String {
        let condition = self.condition();
        match (self.negated, self.subject) {
            (true, _) => format!("not ({condition})"),
            (false, Subject::Text) => format!("({condition})"),
            (false, _) => condition,
        }
    }

    fn condition(&self) -> String {
        match self.subject {
            Subject::Text => self.name.clone(),
            Subject::Segment => format!("in segment {}", quoted(&self.name)),
            Subject::Bucket => format!("bucket({}, {})", number(&self.value), number(&self.other)),
            subject => {
                let of = subject.type_of().unwrap_or(Type::Any);
                let test = test(of, self.asked, &self.value, &self.other);
                format!("{}{test}", self.subject_text())
            }
        }
    }

    fn subject_text(&self) -> String {
        // What has no name yet must not take the next word for it.
        let named = name(self.name.trim());
        let (begin, end) = match self.subject {
            Subject::Attribute => return format!("attr.{named}"),
            Subject::Count => ("count(", ""),
            Subject::SumValue => ("sum(", ".value"),
            Subject::SumQuantity => ("sum(", ".quantity"),
            Subject::First => ("first(", ""),
            Subject::Last => ("last(", ""),
            other => return other.word().to_owned(),
        };
        let filters: Vec<String> = self.filters.iter().map(FilterRow::write).collect();
        let filters = if filters.is_empty() {
            String::new()
        } else {
            format!(" where {}", filters.join(" and "))
        };
        let time = |typed: &str| literal(Type::Time, typed);
        let span = match self.span {
            Span::Ever => String::new(),
            Span::LastDays => format!(", last {} days", number(&self.from)),
            Span::Between => format!(", between {} and {}", time(&self.from), time(&self.to)),
        };
        format!("{begin}{named}{end}{filters}{span})")
    }
}

impl FilterRow {
    fn write(&self) -> String {
        let property = self.property.trim();
        let test = test(property_type(property), self.asked, &self.value, &self.other);
        format!("{}{test}", name(property))
    }
}

fn test(of: Type, asked: Asked, value: &str, other: &str) -> String {
    let word = asked.word();
    match asked {
        Asked::IsSet | Asked::IsNotSet => format!(" {word}"),
        Asked::In | Asked::NotIn => format!(" {word} ({})", literals(of, value)),
        Asked::Between => format!(" between {} and {}", literal(of, value), literal(of, other)),
        _ => format!(" {word} {}", literal(of, value)),
    }
}
