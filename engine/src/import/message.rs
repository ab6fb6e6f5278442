//! What a message of the tracking API means, in a file as well as live: whom, and which event or which attributes. What only
//! the sending library needs (context, integrations, sentAt …) is not kept.
//!
//! The properties of an event are about the event: a property called `email` is an invited friend's as often as the
//! sender's, so none of them is read as an identity. The traits of a person are, for they are about the person.

use super::{
    ImportKind,
    draft::{self, Draft, Maker, Reason},
    field::Field,
    object::{Names, Pairs, pairs, put, put_object, string, value},
};
use crate::store::ingest::{Key, Row};
use domain::{
    event::{PAGE_VIEW, PURCHASE},
    micros::Micros,
    profile::IdentityKind,
    time::Timestamp,
    tracking::{MessageKind, known_event},
    value::is_attribute_name,
};
use serde_json::value::RawValue;
use std::sync::Arc;

/// A sender's clock may be ahead of ours by so much, milliseconds; a time beyond is taken for none.
const AHEAD_MS_MAX: i64 = 3_600_000;

/// A message as it came live.
#[derive(Debug)]
pub(super) struct Message {
    /// Whom it means, and what it says.
    pub(super) row: Row,
    /// What kind of message it is.
    pub(super) kind: MessageKind,
    /// The other identity of an alias, which may be an anonymous id or a user id.
    pub(super) previous: Option<[Key; 2]>,
    /// Whether it says no time, or one that cannot be, so that it was given the time of its coming.
    pub(super) timeless: bool,
}

/// Reads a message. `kind` is what its address says; `None`: it says so itself. `now` is the time of its coming.
pub(super) fn read(
    maker: &mut Maker,
    names: &mut Names,
    text: &str,
    (kind, place, now): (Option<MessageKind>, u64, Timestamp),
) -> Result<Message, Reason> {
    let pairs = pairs(text)?;
    let said = || find(&pairs, "type").and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let kind = match kind {
        Some(kind) => kind,
        None => said()
            .and_then(|text| MessageKind::parse(&text))
            .ok_or("type is none of identify, track, page, screen, alias and group")?,
    };
    let mut draft = maker.draft()?;
    let previous = match kind {
        MessageKind::Alias => Some(alias(&mut draft, maker, names, &pairs)?),
        _ => {
            put_message(&mut draft, maker, names, &pairs, kind)?;
            None
        }
    };
    // What has not happened yet says that the sender's clock is wrong. It must not make people seen in the future.
    let timeless = draft.time().is_none_or(|at| at.ms() - now.ms() > AHEAD_MS_MAX);
    if timeless {
        draft.put(maker, &Field::Timestamp, &now.to_rfc3339())?;
    }
    let row = draft.finish(maker, place).map_err(|reason| {
        if reason.starts_with("no identity") {
            "userId or anonymousId is needed".into()
        } else {
            reason
        }
    })?;
    let timeless = timeless && row.event.as_ref().is_some_and(|event| event.message.is_some());
    Ok(Message {
        row,
        kind,
        previous,
        timeless,
    })
}

/// The type of a message in a file; plain objects have none, or no `userId` beside it.
pub(super) fn type_in_file(pairs: &Pairs<'_>) -> Option<String> {
    if find(pairs, "userId").is_none() && find(pairs, "anonymousId").is_none() {
        return None;
    }
    serde_json::from_str(find(pairs, "type")?.get()).ok()
}

/// Puts a message of a file. One about two people has no line of its own to stand in, so it is not taken there.
pub(super) fn put_in_file(
    draft: &mut Draft,
    maker: &mut Maker,
    names: &mut Names,
    pairs: &Pairs<'_>,
    kind: &str,
) -> Result<(), Reason> {
    let kind = MessageKind::parse(kind).ok_or("a message of an unknown type")?;
    match (kind, maker.kind) {
        (MessageKind::Alias, _) => Err("alias messages are not taken from files".into()),
        (MessageKind::Track | MessageKind::Page | MessageKind::Screen, ImportKind::Profiles) => {
            Err("an event: send it to the import of events".into())
        }
        _ => put_message(draft, maker, names, pairs, kind),
    }
}

fn find<'a>(pairs: &Pairs<'a>, name: &str) -> Option<&'a RawValue> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, raw)| *raw)
}

/// Whether a value is there at all.
fn present(raw: &RawValue) -> bool {
    !raw.get().starts_with('n')
}

/// Puts any message but an alias.
fn put_message(
    draft: &mut Draft,
    maker: &mut Maker,
    names: &mut Names,
    pairs: &Pairs<'_>,
    kind: MessageKind,
) -> Result<(), Reason> {
    for name in ["userId", "anonymousId"] {
        if let Some(raw) = find(pairs, name) {
            put(draft, maker, names, name, raw)?;
        }
    }
    let object = |name: &str| find(pairs, name).filter(|raw| raw.get().starts_with('{'));
    match kind {
        MessageKind::Identify => {
            draft.person_only = maker.kind == ImportKind::Events;
            // When it was sent says of which moment it speaks: a suppressed person may be refused what is from before.
            if let Some(raw) = find(pairs, "timestamp").filter(|raw| raw.get().starts_with('"')) {
                draft.put(maker, &Field::Timestamp, &string(raw)?)?;
            }
            if let Some(traits) = object("traits") {
                put_traits(draft, maker, traits)?;
            }
            return Ok(());
        }
        MessageKind::Group => {
            draft.person_only = maker.kind == ImportKind::Events;
            return put_group(draft, find(pairs, "groupId"), object("traits"));
        }
        MessageKind::Track => {
            let raw = find(pairs, "event")
                .filter(|raw| present(raw))
                .ok_or("event is empty")?;
            let name = string(raw).map_err(|_| "event is no text")?;
            match known_event(&name) {
                Some(known) => {
                    draft.put(maker, &Field::Event, known)?;
                    named(draft, "event_name", raw)?;
                }
                None => draft.put(maker, &Field::Event, &name)?,
            }
        }
        MessageKind::Page | MessageKind::Screen => {
            draft.put(maker, &Field::Event, PAGE_VIEW)?;
            for name in ["name", "category"] {
                if let Some(raw) = find(pairs, name).filter(|raw| present(raw)) {
                    named(draft, name, raw)?;
                }
            }
        }
        MessageKind::Alias => return Err("an alias says nothing that is kept".into()),
    }
    if let Some(properties) = object("properties") {
        put_properties(draft, maker, names, properties)?;
    }
    put_when(draft, maker, names, pairs)
}

/// When it happened, and what makes it one and the same message when it is sent twice.
fn put_when(
    draft: &mut Draft,
    maker: &mut Maker,
    names: &mut Names,
    pairs: &Pairs<'_>,
) -> Result<(), Reason> {
    if let Some(raw) = find(pairs, "messageId") {
        put(draft, maker, names, "messageId", raw)?;
    }
    // The second is what a library sends beside the first, or instead of it.
    let when = ["timestamp", "originalTimestamp"];
    match when
        .iter()
        .find_map(|name| find(pairs, name).filter(|raw| present(raw)))
    {
        Some(raw) => put(draft, maker, names, "timestamp", raw),
        None => Ok(()),
    }
}

/// The properties of an event: its value, its quantity and its campaign where they are such, and all of them by name.
fn put_properties(
    draft: &mut Draft,
    maker: &mut Maker,
    names: &mut Names,
    raw: &RawValue,
) -> Result<(), Reason> {
    let all = pairs(raw.get())?;
    for (key, raw) in all.iter().filter(|(_, raw)| present(raw)) {
        let own = match &**key {
            "value" | "quantity" => amount(raw),
            "campaign_id" | "campaignId" => !matches!(raw.get().as_bytes().first(), Some(b'{' | b'[')),
            "currency" => raw.get().starts_with('"'),
            _ => false,
        };
        if own {
            put(draft, maker, names, key, raw)?;
        } else {
            named(draft, key, raw)?;
        }
    }
    if draft.kind() != Some(PURCHASE) {
        return Ok(());
    }
    // What an order came to: its revenue, else its total, else its value.
    let paid = ["revenue", "total"]
        .iter()
        .find_map(|name| find(&all, name).filter(|raw| amount(raw)));
    match paid {
        Some(raw) => put(draft, maker, names, "value", raw),
        None => Ok(()),
    }
}

/// Whether a value is a number, or text that is one.
fn amount(raw: &RawValue) -> bool {
    match raw.get().as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => true,
        Some(b'"') => string(raw).is_ok_and(|text| Micros::parse(text.trim()).is_ok()),
        _ => false,
    }
}

/// Keeps a value under its name.
fn named(draft: &mut Draft, name: &str, raw: &RawValue) -> Result<(), Reason> {
    let name = name.trim();
    if !is_attribute_name(name) {
        return Err("a name is empty, longer than 128 bytes, or has quotation marks, backslashes or control characters".into());
    }
    draft.put_named(&Arc::from(name), value(raw)?);
    Ok(())
}

/// Traits are attributes also where the file is one of events.
fn put_traits(draft: &mut Draft, maker: &mut Maker, raw: &RawValue) -> Result<(), Reason> {
    let kind = std::mem::replace(&mut maker.kind, ImportKind::Profiles);
    let put = put_object(draft, maker, &mut Names::default(), raw.get());
    maker.kind = kind;
    put
}

/// The group that somebody belongs to, and what is known of it, as attributes: `group_id`, `group_name` …
fn put_group(draft: &mut Draft, id: Option<&RawValue>, traits: Option<&RawValue>) -> Result<(), Reason> {
    let id = id.filter(|raw| present(raw)).ok_or("groupId is empty")?;
    named(draft, "group_id", id)?;
    if let Some(traits) = traits {
        for (key, raw) in pairs(traits.get())?.iter().filter(|(_, raw)| present(raw)) {
            named(draft, &format!("group_{}", key.trim()), raw)?;
        }
    }
    Ok(())
}

/// An alias: who it is from here on, and who that was; gives the latter.
fn alias(
    draft: &mut Draft,
    maker: &mut Maker,
    names: &mut Names,
    pairs: &Pairs<'_>,
) -> Result<[Key; 2], Reason> {
    draft.person_only = true;
    let user = find(pairs, "userId")
        .filter(|raw| present(raw))
        .ok_or("userId is empty")?;
    put(draft, maker, names, "userId", user)?;
    let previous = ["previousId", "anonymousId"];
    let previous = previous
        .iter()
        .find_map(|name| find(pairs, name).filter(|raw| present(raw)));
    let previous = previous.ok_or("previousId is empty")?;
    // A number is as good as its text, as for userId.
    let text = match previous.get().starts_with('"') {
        true => string(previous)?,
        false => previous.get().to_owned(),
    };
    let key = |kind: IdentityKind| {
        let value = draft::identity(kind, &text).map_err(|_| "previousId is no identity")?;
        Ok::<Key, Reason>(Key::new(&maker.keys, maker.dataset, kind, value))
    };
    Ok([key(IdentityKind::AnonymousId)?, key(IdentityKind::UserId)?])
}
