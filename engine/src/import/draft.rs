//! One row in the making: fields are put in one by one, and the finished row is what the store takes. Says what is wrong
//! with a row without ever quoting it. Knows neither CSV nor JSON nor the store's tables.

use super::{ImportKind, field::Field};
use crate::store::{
    ingest::{Key, NewEvent, Row},
    keys::Keys,
};
use domain::{
    event::KIND_BYTES_MAX, id::DatasetId, micros::Micros, profile::IdentityKind, time::Timestamp,
    value::Value,
};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// Why a row is not taken.
pub(super) type Reason = Cow<'static, str>;

/// Longest id of a campaign or a message, in bytes.
const REFERENCE_BYTES_MAX: usize = 512;
/// What exports write where there is nothing. As an identity it would make one person of everybody.
const PLACEHOLDERS: [&str; 5] = ["#n/a", "n/a", "null", "undefined", "nan"];

/// What every row of an import has in common.
#[derive(Debug)]
pub(super) struct Maker {
    pub(super) kind: ImportKind,
    pub(super) dataset: DatasetId,
    pub(super) currency: String,
    pub(super) keys: Keys,
    /// Fields with one text for all rows.
    pub(super) set: Vec<(Field, String)>,
    kinds: HashMap<String, Arc<str>>,
}

impl Maker {
    pub(super) fn new(
        kind: ImportKind,
        dataset: DatasetId,
        currency: String,
        keys: Keys,
        set: Vec<(Field, String)>,
    ) -> Self {
        Self {
            kind,
            dataset,
            currency,
            keys,
            set,
            kinds: HashMap::new(),
        }
    }

    /// A row with what is set for all.
    pub(super) fn draft(&mut self) -> Result<Draft, Reason> {
        let mut draft = Draft::default();
        for at in 0..self.set.len() {
            let (field, text) = self.set[at].clone();
            draft.put(self, &field, &text)?;
        }
        Ok(draft)
    }

    /// The one copy of a kind's name: there are few kinds and many events.
    fn kind_name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.kinds.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = Arc::from(name);
        if self.kinds.len() < super::limits::EVENT_KINDS_MAX {
            self.kinds.insert(name.to_owned(), Arc::clone(&shared));
        }
        shared
    }
}

/// A row in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    identities: [Option<String>; IdentityKind::ALL.len()],
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    created: Option<Timestamp>,
    event: Option<Arc<str>>,
    at: Option<Timestamp>,
    value: Option<Micros>,
    quantity: Option<Micros>,
    campaign: Option<String>,
    message: Option<String>,
    named: Vec<(Arc<str>, Value)>,
    /// An identify message among events: changes the person and is no event.
    pub(super) person_only: bool,
}

impl Draft {
    /// Puts a text into a field. Empty texts are missing values and change nothing.
    pub(super) fn put(&mut self, maker: &mut Maker, field: &Field, text: &str) -> Result<(), Reason> {
        if let Field::Named(name) = field {
            self.named
                .extend(Value::from_cell(text).map(|value| (Arc::clone(name), value)));
            return Ok(());
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        match field {
            Field::Identity(kind) => self.identities[slot(*kind)] = Some(identity(*kind, text)?),
            Field::FirstSeen => self.first_seen = Some(time("first_seen_at", text)?),
            Field::LastSeen => self.last_seen = Some(time("last_seen_at", text)?),
            Field::Created => self.created = Some(time("created_at", text)?),
            Field::Timestamp => self.at = Some(time("timestamp", text)?),
            Field::Event => {
                reference("event", text, KIND_BYTES_MAX)?;
                self.event = Some(maker.kind_name(text));
            }
            Field::Value => self.value = Some(amount("value", text)?),
            Field::Quantity => self.quantity = Some(amount("quantity", text)?),
            Field::Campaign => {
                self.campaign = Some(reference("campaign_id", text, REFERENCE_BYTES_MAX)?.to_owned())
            }
            Field::Message => {
                self.message = Some(reference("message_id", text, REFERENCE_BYTES_MAX)?.to_owned())
            }
            Field::Currency if !text.eq_ignore_ascii_case(&maker.currency) => {
                return Err(format!("the currency is not the dataset's ({})", maker.currency).into());
            }
            Field::Currency | Field::Bag | Field::Ignored | Field::Named(_) => {}
        }
        Ok(())
    }

    /// Puts a typed value under a name.
    pub(super) fn put_named(&mut self, name: &Arc<str>, value: Value) {
        self.named.push((Arc::clone(name), value));
    }

    /// The kind of the event, where one has been put.
    pub(super) fn kind(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// The event's time, where one has been put.
    pub(super) const fn time(&self) -> Option<Timestamp> {
        self.at
    }

    /// The finished row.
    pub(super) fn finish(self, maker: &Maker, line: u64) -> Result<Row, Reason> {
        let keys: Vec<Key> = IdentityKind::ALL
            .into_iter()
            .zip(self.identities)
            .filter_map(|(kind, value)| value.map(|value| Key::new(&maker.keys, maker.dataset, kind, value)))
            .collect();
        if keys.is_empty() {
            return Err("no identity: user_id, email, phone and anonymous_id are all empty".into());
        }
        let seen = [self.first_seen, self.last_seen]
            .into_iter()
            .flatten()
            .map(Timestamp::ms);
        let mut row = Row {
            line,
            keys,
            seen: bounds(seen),
            created: self.created.map(Timestamp::ms),
            ..Row::default()
        };
        if maker.kind == ImportKind::Events && !self.person_only {
            let kind = self.event.ok_or("event is empty")?;
            let at = self.at.ok_or("timestamp is empty")?.ms();
            row.event = Some(NewEvent {
                kind,
                at,
                message: self.message.map(|id| message_number(&id)),
                value: self.value.map(Micros::micros),
                quantity: self.quantity.map(Micros::micros),
                campaign: self.campaign,
                properties: named_json(self.named),
            });
            row.seen = Some((at, at));
        } else {
            row.attributes = self.named;
            row.dated = self.at.or(self.last_seen).map(Timestamp::ms);
        }
        Ok(row)
    }
}

/// Where a kind stands in `IdentityKind::ALL`.
fn slot(kind: IdentityKind) -> usize {
    IdentityKind::ALL
        .iter()
        .position(|other| *other == kind)
        .unwrap_or(0)
}

/// An identity in its canonical form.
pub(super) fn identity(kind: IdentityKind, text: &str) -> Result<String, Reason> {
    let name = kind.as_str();
    if PLACEHOLDERS
        .iter()
        .any(|placeholder| text.eq_ignore_ascii_case(placeholder))
    {
        return Err(format!("{name} is a placeholder, not an identity").into());
    }
    let value = kind
        .canonical(text)
        .ok_or_else(|| format!("{name} is longer than 512 bytes or has control characters"))?;
    let address = |value: &str| {
        value
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
    };
    if kind == IdentityKind::Email && !address(&value) {
        return Err("email is not an address".into());
    }
    Ok(value)
}

fn time(name: &str, text: &str) -> Result<Timestamp, Reason> {
    Timestamp::parse_import(text).ok_or_else(|| {
        format!("{name} is no date that is read here: RFC 3339, YYYY-MM-DD or YYYY-MM-DD HH:MM:SS").into()
    })
}

fn amount(name: &str, text: &str) -> Result<Micros, Reason> {
    Micros::parse(text).map_err(|error| format!("{name} is {error}").into())
}

fn reference<'a>(name: &str, text: &'a str, bytes_max: usize) -> Result<&'a str, Reason> {
    if text.len() > bytes_max || text.chars().any(char::is_control) {
        return Err(format!("{name} is longer than {bytes_max} bytes or has control characters").into());
    }
    Ok(text)
}

/// The number of an event that has a message_id: the first 8 bytes of its hash.
pub(crate) fn message_number(id: &str) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(id.as_bytes()).as_bytes()[..8]);
    i64::from_le_bytes(first)
}

fn bounds(times: impl Iterator<Item = i64>) -> Option<(i64, i64)> {
    times.fold(None, |bounds, at| {
        Some(bounds.map_or((at, at), |(first, last): (i64, i64)| {
            (first.min(at), last.max(at))
        }))
    })
}

/// Named values as the JSON object that is stored, by name; of two of one name the later counts.
pub(super) fn named_json(mut named: Vec<(Arc<str>, Value)>) -> Option<String> {
    if named.is_empty() {
        return None;
    }
    // Backwards, as the first of a name is kept.
    named.reverse();
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    named.dedup_by(|(later, _), (kept, _)| later == kept);
    // Cannot fail: the names are text and the values are serialisable.
    let mut json = serde_json::to_string(&Named(&named)).ok()?;
    // A window holds many of them.
    json.shrink_to_fit();
    Some(json)
}

struct Named<'a>(&'a [(Arc<str>, Value)]);

impl serde::Serialize for Named<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (&**name, value)))
    }
}
