//! One person of an export: every identity, time and attribute, in the form in which the API shows a profile.

use super::{Columns, Row};
use crate::plain::plain_json;
use domain::{
    csv::{Cell, push_row},
    profile::Profile,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The columns that every export has, before those of attributes.
pub(crate) const COLUMNS: [&str; 8] = [
    "id",
    "user_id",
    "email",
    "phone",
    "anonymous_ids",
    "first_seen",
    "last_seen",
    "created",
];
/// What stands between the anonymous ids of one person in a cell of CSV.
const BETWEEN_IDS: &str = "|";

/// The row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Person {
    id: String,
    user_id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    anonymous_ids: Vec<String>,
    first_seen: Option<String>,
    last_seen: Option<String>,
    created: String,
    attributes: BTreeMap<String, Json>,
}

impl From<Profile> for Person {
    fn from(it: Profile) -> Self {
        Self {
            id: it.id.to_string(),
            user_id: it.user_id,
            email: it.email,
            phone: it.phone,
            anonymous_ids: it.anonymous_ids,
            first_seen: it.first_seen.map(Timestamp::to_rfc3339),
            last_seen: it.last_seen.map(Timestamp::to_rfc3339),
            created: it.created.to_rfc3339(),
            attributes: it
                .attributes
                .into_iter()
                .map(|(name, value)| (name, plain_json(&value)))
                .collect(),
        }
    }
}

impl Person {
    /// The names of its attributes.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.keys().map(String::as_str)
    }
}

impl Row for Person {
    fn push_csv(&self, columns: &Columns, out: &mut String) {
        let devices = self.anonymous_ids.join(BETWEEN_IDS);
        let devices = (!devices.is_empty()).then_some(devices.as_str());
        let fixed = [
            Cell::Number(&self.id),
            self.user_id.as_deref().into(),
            self.email.as_deref().into(),
            self.phone.as_deref().into(),
            devices.into(),
            self.first_seen.as_deref().into(),
            self.last_seen.as_deref().into(),
            Cell::Text(&self.created),
        ];
        // Written out first: a cell only borrows what it shows.
        let own: Vec<Shown> = columns
            .attributes
            .iter()
            .map(|name| Shown::of(self.attributes.get(name)))
            .collect();
        let rest = columns.more.then(|| self.rest(columns));
        let rest = rest.as_ref().map(|rest| Cell::from(rest.as_deref()));
        push_row(
            out,
            fixed.into_iter().chain(own.iter().map(Shown::cell)).chain(rest),
        );
    }
}

impl Person {
    /// What has no column of its own, as JSON.
    fn rest(&self, columns: &Columns) -> Option<String> {
        let rest: BTreeMap<_, _> = self
            .attributes
            .iter()
            .filter(|(name, _)| !columns.attributes.contains(*name))
            .collect();
        (!rest.is_empty())
            .then(|| serde_json::to_string(&rest).ok())
            .flatten()
    }
}

/// An attribute as a cell shows it.
enum Shown {
    Text(String),
    Number(String),
    Nothing,
}

impl Shown {
    fn of(value: Option<&Json>) -> Self {
        match value {
            None | Some(Json::Null) => Self::Nothing,
            Some(Json::String(text)) => Self::Text(text.clone()),
            Some(Json::Number(number)) => Self::Number(number.to_string()),
            Some(other) => Self::Text(other.to_string()),
        }
    }

    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Text(text) => Cell::Text(text),
            Self::Number(digits) => Cell::Number(digits),
            Self::Nothing => Cell::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::COLUMNS_MAX;
    use super::*;
    use domain::id::ProfileId;
    use domain::value::Value;

    fn profile(attributes: &[(&str, Value)]) -> Person {
        Profile {
            id: ProfileId(7),
            user_id: Some("u7".to_owned()),
            email: None,
            phone: Some("+1555".to_owned()),
            anonymous_ids: vec!["a".to_owned(), "b".to_owned()],
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            first_seen: None,
            last_seen: Some(Timestamp::from_ms(0)),
            created: Timestamp::from_ms(1),
        }
        .into()
    }

    #[test]
    fn every_attribute_has_its_column_and_one_named_like_ours_is_told_apart() {
        let person = profile(&[
            ("email", Value::Text("=1+1".to_owned())),
            ("balance", Value::from_cell("-5.5").expect("a number")),
            ("vip", Value::Bool(true)),
        ]);
        let mut columns = Columns::fixed(&COLUMNS);
        person.attributes().for_each(|name| columns.add(name));
        let mut out = columns.head();
        person.push_csv(&columns, &mut out);
        assert_eq!(
            out,
            "id,user_id,email,phone,anonymous_ids,first_seen,last_seen,created,balance,attr.email,vip\r\n\
             7,u7,,'+1555,a|b,,1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.001Z,-5.5,'=1+1,true\r\n"
        );
    }

    #[test]
    fn attributes_without_number_do_not_fill_the_memory_and_none_is_lost() {
        let mut columns = Columns::fixed(&COLUMNS);
        (0..COLUMNS_MAX).for_each(|n| columns.add(&format!("c{n}")));
        columns.add("zz");
        let mut out = String::new();
        profile(&[("zz", Value::Bool(true))]).push_csv(&columns, &mut out);
        assert!(columns.head().ends_with(",more_attributes\r\n"));
        assert!(out.ends_with(",\"{\"\"zz\"\":true}\"\r\n"), "{out}");
    }

    #[test]
    fn a_line_of_a_stored_export_reads_back_as_it_was() {
        let person = profile(&[
            ("n", Value::from_cell("0.1").expect("a number")),
            ("t", Value::Time(Timestamp::from_ms(5))),
        ]);
        let line = serde_json::to_string(&person).expect("written");
        assert_eq!(serde_json::from_str::<Person>(&line).expect("read"), person);
    }
}
