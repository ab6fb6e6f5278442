//! Turns away rows about people who are not let in again. The one place for every door through which people come; it is
//! asked in the transaction that would write them, before anything else.
//!
//! A suppressed user_id, e-mail or phone turns the row away; a suppressed anonymous_id is taken out of the row, and turns it
//! away where it stands alone. What is turned away leaves a number behind and nothing else.

use super::{RowError, apply::Applied, window::Known};
use crate::{
    error::Result,
    store::{
        Conn, dangling,
        erasure_log::ErasureLog,
        ingest::{KeyId, KeyMap, Row},
        suppressed::{self, Standing, Stopped},
    },
};
use domain::{event::PURCHASE, id::DatasetId, profile::IdentityKind, time::Timestamp};
use std::borrow::Cow;

/// What a report says of a row that is turned away.
pub(super) const REASON: &str = "suppressed";

/// The rows that may come in. Where `log` is given, the rest is counted, and entries of people whom a running job has
/// deleted are taken out first; without it nothing is written.
pub(super) async fn turn_away(
    conn: &mut Conn,
    log: Option<&ErasureLog>,
    dataset: DatasetId,
    rows: Vec<Row>,
    known: &Known,
    (now, applied): (Timestamp, &mut Applied),
) -> Result<Vec<Row>> {
    let keys: Vec<KeyId> = rows.iter().flat_map(|row| &row.keys).map(|key| key.id()).collect();
    if let Some(log) = log {
        dangling::settle(conn, log, dataset, &keys, now).await?;
    }
    let list = match &known.list {
        Some((seq, list)) if suppressed::seq(conn).await? == *seq => Cow::Borrowed(list),
        _ => Cow::Owned(suppressed::on_list(conn, dataset, &keys).await?),
    };
    if list.is_empty() {
        return Ok(rows);
    }
    let mut stopped: KeyMap<Stopped> = KeyMap::default();
    let let_in = rows
        .into_iter()
        .filter_map(|row| match sorted(row, &list, now) {
            Ok(row) => Some(row),
            Err((row, by)) => {
                let purchase = row.event.is_some_and(|event| &*event.kind == PURCHASE);
                let of_key = stopped.entry(by).or_default();
                of_key.rows += 1;
                of_key.purchases += i64::from(purchase);
                applied.suppressed_purchases += i64::from(purchase);
                applied.suppressed.push(RowError {
                    line: super::wire(row.line),
                    reason: REASON.to_owned(),
                });
                None
            }
        })
        .collect();
    if log.is_some() && !stopped.is_empty() {
        suppressed::count(conn, dataset, &list, &stopped, now).await?;
    }
    Ok(let_in)
}

/// The row as it may come in, or the row with the identity that turns it away.
fn sorted(mut row: Row, list: &KeyMap<Standing>, now: Timestamp) -> Result<Row, (Row, KeyId)> {
    let dated = row.event.as_ref().map(|event| event.at).or(row.dated);
    let stops = |key: KeyId| {
        list.get(&key)
            .is_some_and(|standing| standing.stops(dated.map(Timestamp::from_ms), now))
    };
    let mut refused = row.keys.iter().map(|key| key.id()).filter(|key| stops(*key));
    let Some(by) = refused.next() else { return Ok(row) };
    drop(refused);
    // Strongest first: an anonymous id comes last, and a row has at most one of a kind.
    if by.kind == IdentityKind::AnonymousId && row.keys.len() > 1 {
        row.keys.retain(|key| key.id() != by);
        Ok(row)
    } else {
        Err((row, by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ingest::{Key, NewEvent};
    use domain::suppression::{Reason, Refusal, Suppress};
    use std::sync::Arc;

    const DELETED: Timestamp = Timestamp::from_ms(1_000_000);
    const NOW: Timestamp = Timestamp::from_ms(2_000_000);

    fn key(kind: IdentityKind) -> Key {
        Key {
            kind,
            hash: [u8::try_from(kind.number()).expect("small"); 16],
            value: String::new(),
        }
    }

    fn row(kinds: &[IdentityKind], at: Option<i64>) -> Row {
        Row {
            keys: kinds.iter().map(|kind| key(*kind)).collect(),
            event: at.map(|at| NewEvent {
                kind: Arc::from("visit"),
                at,
                message: None,
                value: None,
                quantity: None,
                campaign: None,
                properties: None,
            }),
            ..Row::default()
        }
    }

    fn list(kind: IdentityKind, suppress: Suppress) -> KeyMap<Standing> {
        let refusal: Refusal = suppress.refusal(DELETED).expect("it refuses");
        let standing = Standing {
            refusal,
            late_until: None,
            source: (Reason::Job, 1),
        };
        std::iter::once((key(kind).id(), standing)).collect()
    }

    #[test]
    fn any_strong_identity_turns_the_row_away_and_an_anonymous_one_is_taken_out() {
        use IdentityKind::{AnonymousId, Email, Phone, UserId};
        for kind in [UserId, Email, Phone] {
            let list = list(kind, Suppress::Forever);
            let turned = sorted(row(&[UserId, Email, Phone, AnonymousId], None), &list, NOW);
            assert_eq!(turned.map_err(|(_, by)| by.kind).err(), Some(kind));
        }
        let list = list(AnonymousId, Suppress::Forever);
        let left = sorted(row(&[UserId, AnonymousId], None), &list, NOW).expect("comes in");
        assert_eq!(left.keys.iter().map(|key| key.kind).collect::<Vec<_>>(), [UserId]);
        assert!(sorted(row(&[AnonymousId], None), &list, NOW).is_err());
    }

    #[test]
    fn late_data_is_told_by_its_own_date() {
        let list = list(IdentityKind::UserId, Suppress::Late);
        let comes = |at| sorted(row(&[IdentityKind::UserId], at), &list, NOW).is_ok();
        assert!(!comes(Some(DELETED.ms() - 1)));
        assert!(comes(Some(DELETED.ms())));
        assert!(comes(None));
        let old = Row {
            dated: Some(DELETED.ms() - 1),
            ..row(&[IdentityKind::UserId], None)
        };
        assert!(sorted(old, &list, NOW).is_err());
    }

    #[test]
    fn when_all_data_is_let_in_again_late_data_may_still_be_refused() {
        let month = Suppress::Days30.refusal(DELETED).expect("it refuses");
        let later = DELETED.plus_ms(40 * domain::time::DAY_MS);
        let standing = Standing {
            refusal: month,
            late_until: Some(DELETED.plus_ms(domain::suppression::LATE_KEPT_MS)),
            source: (Reason::Job, 1),
        };
        assert!(standing.stops(Some(DELETED.plus_ms(-1)), later));
        assert!(!standing.stops(Some(DELETED), later));
        assert!(standing.stops(Some(DELETED), NOW));
    }
}
