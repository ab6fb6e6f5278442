//! Which field of a row a column is: the names that are known, and what other products' exports call them. Knows names
//! only, no cells.

use domain::{
    problem::{Code, Problem},
    profile::IdentityKind,
    value::is_attribute_name,
};
use std::{collections::HashSet, sync::Arc};

use super::{ImportKind, ImportOptions, limits::COLUMNS_MAX};

/// What a column, or a field of an object, means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Field {
    /// An identity.
    Identity(IdentityKind),
    /// When the person was first seen.
    FirstSeen,
    /// When the person was last seen.
    LastSeen,
    /// When the record was created.
    Created,
    /// The kind of the event.
    Event,
    /// When the event happened.
    Timestamp,
    /// Its value.
    Value,
    /// Its quantity.
    Quantity,
    /// The campaign that it belongs to.
    Campaign,
    /// What makes it one and the same event when it is sent twice.
    Message,
    /// The currency of its value.
    Currency,
    /// An attribute of the person, or a property of the event.
    Named(Arc<str>),
    /// A JSON object of attributes or properties.
    Bag,
    /// Not read.
    Ignored,
}

/// Names of identities, in every kind of import; stronger names first.
const IDENTITIES: &[(&str, Field)] = &[
    ("user_id", Field::Identity(IdentityKind::UserId)),
    ("userid", Field::Identity(IdentityKind::UserId)),
    ("external_id", Field::Identity(IdentityKind::UserId)),
    ("externalid", Field::Identity(IdentityKind::UserId)),
    ("customer_id", Field::Identity(IdentityKind::UserId)),
    ("email", Field::Identity(IdentityKind::Email)),
    ("email_address", Field::Identity(IdentityKind::Email)),
    ("e_mail", Field::Identity(IdentityKind::Email)),
    ("emailaddress", Field::Identity(IdentityKind::Email)),
    ("phone", Field::Identity(IdentityKind::Phone)),
    ("phone_number", Field::Identity(IdentityKind::Phone)),
    ("mobile", Field::Identity(IdentityKind::Phone)),
    ("mobile_phone", Field::Identity(IdentityKind::Phone)),
    ("mobile_phone_number", Field::Identity(IdentityKind::Phone)),
    ("anonymous_id", Field::Identity(IdentityKind::AnonymousId)),
    ("anonymousid", Field::Identity(IdentityKind::AnonymousId)),
];

/// Names that mean a person only where the file has no better one: a contact's number in another system must not meet a
/// customer who has the same number in the shop.
const IDENTITIES_OF_LAST_RESORT: &[&str] = &["id", "record_id", "contact_id", "uuid"];

/// Further names in files of profiles.
const PROFILE: &[(&str, Field)] = &[
    ("first_seen_at", Field::FirstSeen),
    ("first_seen", Field::FirstSeen),
    ("first_active", Field::FirstSeen),
    ("last_seen_at", Field::LastSeen),
    ("last_seen", Field::LastSeen),
    ("last_active", Field::LastSeen),
    ("last_activity_date", Field::LastSeen),
    ("created_at", Field::Created),
    ("created", Field::Created),
    ("create_date", Field::Created),
    ("date_added", Field::Created),
    ("profile_created_on", Field::Created),
    ("optin_time", Field::Created),
    ("attributes", Field::Bag),
    ("traits", Field::Bag),
];

/// Names of attributes that other products write in their own way.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("first_name", "first_name"),
    ("firstname", "first_name"),
    ("fname", "first_name"),
    ("last_name", "last_name"),
    ("lastname", "last_name"),
    ("lname", "last_name"),
];

/// Further names in files of events.
const EVENT: &[(&str, Field)] = &[
    ("event", Field::Event),
    ("event_name", Field::Event),
    ("timestamp", Field::Timestamp),
    ("value", Field::Value),
    ("quantity", Field::Quantity),
    ("campaign_id", Field::Campaign),
    ("campaignid", Field::Campaign),
    ("message_id", Field::Message),
    ("messageid", Field::Message),
    ("currency", Field::Currency),
    ("properties", Field::Bag),
];

/// `Email Address`, `E-Mail` and `email_address` are one.
fn normal(name: &str) -> String {
    name.trim()
        .chars()
        .map(|c| {
            if c == ' ' || c == '-' {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

fn rank(table: &[(&str, Field)], name: &str) -> Option<(usize, Field)> {
    table
        .iter()
        .enumerate()
        .find(|(_, (known, _))| *known == name)
        .map(|(rank, (_, field))| (rank, field.clone()))
}

/// The field that a name means by itself, and how strong that name is for it: a lower number wins.
fn known(kind: ImportKind, name: &str) -> Option<(usize, Field)> {
    let name = normal(name);
    rank(IDENTITIES, &name).or_else(|| match kind {
        ImportKind::Profiles => rank(PROFILE, &name).or_else(|| {
            let (at, (_, attribute)) = ATTRIBUTES
                .iter()
                .enumerate()
                .find(|(_, (known, _))| *known == name)?;
            Some((at, Field::Named(Arc::from(*attribute))))
        }),
        ImportKind::Events => rank(EVENT, &name),
        ImportKind::Lists => None,
    })
}

/// The field that a person names in `--map` and `--set`.
pub(super) fn asked(kind: ImportKind, name: &str, option: &str) -> Result<Field, Problem> {
    match known(kind, name) {
        Some((_, field)) => Ok(field),
        None if kind != ImportKind::Lists && is_attribute_name(name.trim()) => {
            Ok(Field::Named(Arc::from(name.trim())))
        }
        None => Err(Problem::because(
            Code::Invalid,
            format!("`{name}` is no field of this kind of file."),
        )
        .on(option)),
    }
}

/// The field of an object's key. `None`: the key cannot be a name.
pub(super) fn of_key(kind: ImportKind, key: &str) -> Option<Field> {
    if let Some((_, field)) = known(kind, key) {
        return Some(field);
    }
    let name = key.trim();
    is_attribute_name(name).then(|| {
        if kind == ImportKind::Lists {
            Field::Ignored
        } else {
            Field::Named(Arc::from(name))
        }
    })
}

/// What each column of a header means, and remarks for the report. Header cells are never quoted in a refusal: a file
/// without a header begins with a person.
pub(super) fn of_header(
    header: &[&str],
    kind: ImportKind,
    options: &ImportOptions,
) -> Result<(Vec<Field>, Vec<String>), Problem> {
    let mut fields: Vec<Option<Field>> = vec![None; header.len().min(COLUMNS_MAX)];
    let mut taken = HashSet::new();
    for (name, _) in &options.set {
        taken.insert(asked(kind, name, "set")?);
    }
    for (name, column) in &options.map {
        let field = asked(kind, name, "map")?;
        let at = find(header, column).ok_or_else(|| {
            Problem::because(Code::Invalid, format!("The file has no column `{column}`.")).on("map")
        })?;
        if fields[at].is_some() || !taken.insert(field.clone()) {
            let message = format!("`{name}` or `{column}` is named twice.");
            return Err(Problem::because(Code::Invalid, message).on("map"));
        }
        fields[at] = Some(field);
    }
    guess(header, kind, &mut fields, &mut taken);
    let mut remarks = Vec::new();
    let fields = name_the_rest(header, kind, fields, &mut taken, &mut remarks)?;
    require(kind, &fields, options)?;
    Ok((fields, remarks))
}

fn find(header: &[&str], column: &str) -> Option<usize> {
    let exact = header.iter().position(|name| name.trim() == column.trim());
    exact.or_else(|| header.iter().position(|name| normal(name) == normal(column)))
}

/// Gives each known field to the column with the strongest name for it.
fn guess(header: &[&str], kind: ImportKind, fields: &mut [Option<Field>], taken: &mut HashSet<Field>) {
    let mut guesses: Vec<(usize, usize, Field)> = Vec::new();
    for (at, name) in header.iter().enumerate().filter(|(at, _)| fields[*at].is_none()) {
        guesses.extend(known(kind, name).map(|(rank, field)| (rank, at, field)));
    }
    guesses.sort_by_key(|(rank, at, _)| (*rank, *at));
    for (_, at, field) in guesses {
        if taken.insert(field.clone()) {
            fields[at] = Some(field);
        }
    }
    if taken.iter().any(|field| matches!(field, Field::Identity(_))) {
        return;
    }
    let last_resort = |name: &&str| header.iter().position(|column| normal(column) == *name);
    if let Some(at) = IDENTITIES_OF_LAST_RESORT.iter().find_map(last_resort) {
        fields[at] = Some(Field::Identity(IdentityKind::UserId));
    }
}

/// Every other column is an attribute or a property under its own name.
fn name_the_rest(
    header: &[&str],
    kind: ImportKind,
    fields: Vec<Option<Field>>,
    taken: &mut HashSet<Field>,
    remarks: &mut Vec<String>,
) -> Result<Vec<Field>, Problem> {
    let mut out = Vec::with_capacity(fields.len());
    for (at, field) in fields.into_iter().enumerate() {
        let (name, number) = (header[at].trim(), at + 1);
        out.push(match field {
            Some(field) => field,
            None if name.is_empty() => {
                remarks.push(format!("Column {number} has no name and is not read."));
                Field::Ignored
            }
            None if kind == ImportKind::Lists => {
                remarks.push(format!("Column {number} is not read: a list takes identities alone."));
                Field::Ignored
            }
            None if !is_attribute_name(name) => {
                let message = format!("The name of column {number} is longer than 128 bytes or has quotation marks, backslashes or control characters.");
                return Err(Problem::because(Code::Invalid, message));
            }
            None => {
                let field = Field::Named(Arc::from(name));
                if !taken.insert(field.clone()) {
                    return Err(Problem::because(Code::Invalid, format!("Column {number} has the name of another column.")));
                }
                field
            }
        });
    }
    Ok(out)
}

fn require(kind: ImportKind, fields: &[Field], options: &ImportOptions) -> Result<(), Problem> {
    let set: Vec<Field> = options
        .set
        .iter()
        .filter_map(|(name, _)| asked(kind, name, "set").ok())
        .collect();
    let has = |wanted: &dyn Fn(&Field) -> bool| fields.iter().chain(&set).any(wanted);
    if !has(&|field| matches!(field, Field::Identity(_))) {
        let message = "No column is an identity: user_id, email, phone or anonymous_id. Say which one is with --map, such as --map \"user_id=Customer No\".";
        return Err(Problem::because(Code::Invalid, message).on("map"));
    }
    if kind == ImportKind::Events {
        for (field, name) in [(Field::Event, "event"), (Field::Timestamp, "timestamp")] {
            if !has(&|other| *other == field) {
                let message = format!(
                    "No column is `{name}`. Say which one is with --map {name}=COLUMN, or give a fixed one with --set {name}=TEXT."
                );
                return Err(Problem::because(Code::Invalid, message).on("map"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(header: &str, kind: ImportKind, options: &ImportOptions) -> Result<Vec<Field>, Problem> {
        of_header(&header.split(',').collect::<Vec<_>>(), kind, options).map(|(fields, _)| fields)
    }

    #[test]
    fn exports_of_other_products_map_by_themselves() {
        let (user, mail, phone) = (
            Field::Identity(IdentityKind::UserId),
            Field::Identity(IdentityKind::Email),
            Field::Identity(IdentityKind::Phone),
        );
        let named = |name: &str| Field::Named(Arc::from(name));
        for (header, expected) in [
            (
                "Email Address,First Name,Last Name,OPTIN_TIME",
                vec![
                    mail.clone(),
                    named("first_name"),
                    named("last_name"),
                    Field::Created,
                ],
            ),
            (
                "Record ID,First Name,Email,Phone Number,Create Date",
                vec![
                    named("Record ID"),
                    named("first_name"),
                    mail.clone(),
                    phone.clone(),
                    Field::Created,
                ],
            ),
            (
                "id,firstname,email,mobile,phone,date_added",
                vec![
                    named("id"),
                    named("first_name"),
                    mail.clone(),
                    named("mobile"),
                    phone.clone(),
                    Field::Created,
                ],
            ),
            (
                "Email,Klaviyo ID,External ID,First Active,Last Active",
                vec![
                    mail.clone(),
                    named("Klaviyo ID"),
                    user.clone(),
                    Field::FirstSeen,
                    Field::LastSeen,
                ],
            ),
            (
                "uuid,email,name,attributes,status,created_at",
                vec![
                    named("uuid"),
                    mail.clone(),
                    named("name"),
                    Field::Bag,
                    named("status"),
                    Field::Created,
                ],
            ),
            ("id,name", vec![user.clone(), named("name")]),
        ] {
            let found = fields(header, ImportKind::Profiles, &ImportOptions::default()).unwrap();
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn map_and_set_come_before_guesses() {
        let options = ImportOptions {
            map: vec![
                ("timestamp".into(), "Purchase Date".into()),
                ("value".into(), "total price".into()),
            ],
            set: vec![("event".into(), "purchase".into())],
            ..ImportOptions::default()
        };
        let found = fields(
            "Customer ID,Purchase Date,Total Price,Event",
            ImportKind::Events,
            &options,
        )
        .unwrap();
        let named = Field::Named(Arc::from("Event"));
        assert_eq!(
            found,
            [
                Field::Identity(IdentityKind::UserId),
                Field::Timestamp,
                Field::Value,
                named
            ]
        );
        assert!(
            fields("Customer ID,Total Price", ImportKind::Events, &options)
                .unwrap_err()
                .message
                .contains("Purchase Date")
        );
    }

    #[test]
    fn a_header_that_cannot_be_meant_is_refused_without_quoting_it() {
        for (header, kind) in [
            ("ada@example.com,Ada", ImportKind::Profiles),
            ("email,Ada,Ada", ImportKind::Profiles),
            ("email,A\"da", ImportKind::Profiles),
            ("email,event,value", ImportKind::Events),
        ] {
            let problem = fields(header, kind, &ImportOptions::default()).unwrap_err();
            assert!(!problem.message.to_lowercase().contains("ada"), "{header}");
        }
    }
}
