//! Events of one person that were made here and not read from a file, written exactly as an import of them would: totals,
//! change log, last seen and all. Decides nothing about who gets events.

use super::{apply::Target, draft, window::Known};
use crate::{
    error::Result,
    store::{
        Tx,
        ingest::{Key, NewEvent, Row},
        ingest_events,
        keys::Keys,
    },
};
use domain::{
    id::DatasetId,
    problem::{Code, Problem},
    profile::IdentityKind,
    time::Timestamp,
    value::Value,
};
use std::sync::Arc;

/// An identity as an import takes it.
///
/// # Errors
/// `invalid` on the identity's own field; what was sent is not quoted.
pub(crate) fn key(keys: &Keys, dataset: DatasetId, kind: IdentityKind, text: &str) -> Result<Key, Problem> {
    let value = draft::identity(kind, text)
        .map_err(|reason| Problem::because(Code::Invalid, format!("{reason}.")).on(kind.as_str()))?;
    Ok(Key::new(keys, dataset, kind, value))
}

/// An event of a campaign, with one property where there is something to say.
pub(crate) fn campaign_event(
    kind: &Arc<str>,
    campaign: &str,
    property: Option<(&str, &str)>,
    at: Timestamp,
) -> NewEvent {
    let named = property.map(|(name, text)| (Arc::from(name), Value::Text(text.to_owned())));
    NewEvent {
        kind: Arc::clone(kind),
        at: at.ms(),
        message: None,
        value: None,
        quantity: None,
        campaign: Some(campaign.to_owned()),
        properties: draft::named_json(named.into_iter().collect()),
    }
}

/// Writes events of the person who has this identity. The caller has seen in the same transaction that there is one, else
/// one would be made, and commits.
pub(crate) async fn write(
    conn: &mut Tx,
    keys: &Keys,
    dataset: DatasetId,
    key: &Key,
    events: Vec<NewEvent>,
    now: Timestamp,
) -> Result<()> {
    let rows = events.into_iter().map(|event| Row {
        keys: vec![key.clone()],
        seen: Some((event.at, event.at)),
        event: Some(event),
        ..Row::default()
    });
    let kinds = ingest_events::kinds(conn, dataset).await?;
    let mut target = Target::new(dataset, keys.clone(), kinds);
    let applied = target
        .apply(conn, rows.collect(), &mut Known::default(), now)
        .await?;
    if applied.suppressed > 0 {
        let message = "Nothing was recorded: this person is suppressed.";
        return Err(Problem::because(Code::Invalid, message).into());
    }
    match applied.errors.into_iter().next() {
        // A dataset with too many kinds of events takes no new one.
        Some(refused) => Err(Problem::because(
            Code::Invalid,
            format!("Nothing was recorded: {}.", refused.reason),
        )
        .into()),
        None => Ok(()),
    }
}
