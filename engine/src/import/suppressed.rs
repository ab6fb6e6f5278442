//! Turns away rows about people who are not let in again. The one place for every door through which people come; it is
//! asked in the transaction that would write them, before anything else.
//!
//! A suppressed user_id, e-mail or phone turns the row away; a suppressed anonymous_id is taken out of the row, and turns it
//! away where it stands alone. What is turned away leaves a number behind and nothing else.

use super::{RowError, apply::Applied, window::Known};
use crate::{
    error::Result,
    store::{
        Conn, Tx, dangling,
        ingest::{Key, KeyId, KeyMap, Row},
        suppressed::{self, Standing, Stopped},
    },
};
use domain::{event::PURCHASE, id::DatasetId, profile::IdentityKind, time::Timestamp};
use std::borrow::Cow;

/// What a report says of a row that is turned away.
pub(super) const REASON: &str = "suppressed";

/// The rows that may come in. The others are counted; entries of people whom a running job has deleted are taken out first.
pub(super) async fn let_in(
    tx: &mut Tx,
    dataset: DatasetId,
    rows: Vec<Row>,
    known: &Known,
    (now, applied): (Timestamp, &mut Applied),
) -> Result<Vec<Row>> {
    dangling::settle(tx, dataset, &ids(&rows), now).await?;
    let list = match &known.list {
        Some((seq, list)) if suppressed::seq(tx).await? == *seq => Cow::Borrowed(list),
        _ => Cow::Owned(suppressed::on_list(tx, dataset, &ids(&rows)).await?),
    };
    let mut stopped = KeyMap::default();
    let rows = sort_out(rows, &list, now, &mut stopped, applied);
    if !stopped.is_empty() {
        suppressed::count(tx, dataset, &list, &stopped, now).await?;
    }
    Ok(rows)
}

/// The rows that would come in. Writes nothing.
pub(super) async fn foresee(
    conn: &mut Conn,
    dataset: DatasetId,
    rows: Vec<Row>,
    (now, applied): (Timestamp, &mut Applied),
) -> Result<Vec<Row>> {
    let list = suppressed::on_list(conn, dataset, &ids(&rows)).await?;
    Ok(sort_out(rows, &list, now, &mut KeyMap::default(), applied))
}

fn ids(rows: &[Row]) -> Vec<KeyId> {
    rows.iter().flat_map(|row| &row.keys).map(Key::id).collect()
}

/// Parts the rows that may come in from the others, which are noted.
fn sort_out(
    rows: Vec<Row>,
    list: &KeyMap<Standing>,
    now: Timestamp,
    stopped: &mut KeyMap<Stopped>,
    applied: &mut Applied,
) -> Vec<Row> {
    if list.is_empty() {
        return rows;
    }
    let mut let_in = Vec::with_capacity(rows.len());
    for mut row in rows {
        let Some(by) = refused_by(&mut row, list, now) else {
            let_in.push(row);
            continue;
        };
        let purchase = i64::from(row.event.is_some_and(|event| &*event.kind == PURCHASE));
        let of_key = stopped.entry(by).or_default();
        of_key.rows += 1;
        of_key.purchases += purchase;
        applied.suppressed += 1;
        applied.suppressed_purchases += purchase;
        applied.errors.push(RowError {
            line: super::wire(row.line),
            reason: REASON.to_owned(),
        });
    }
    let_in
}

/// The identity that turns a row away; `None`: it may come in, without its anonymous id where that is suppressed.
fn refused_by(row: &mut Row, list: &KeyMap<Standing>, now: Timestamp) -> Option<KeyId> {
    let dated = row.event.as_ref().map(|event| event.at).or(row.dated);
    let stops = |key: &KeyId| {
        list.get(key)
            .is_some_and(|standing| standing.stops(dated.map(Timestamp::from_ms), now))
    };
    let by = row.keys.iter().map(Key::id).find(stops)?;
    // Strongest first: an anonymous id comes last, and a row has at most one of a kind.
    if by.kind == IdentityKind::AnonymousId && row.keys.len() > 1 {
        row.keys.retain(|key| key.id() != by);
        return None;
    }
    Some(by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ingest::NewEvent;
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
            let by = refused_by(&mut row(&[UserId, Email, Phone, AnonymousId], None), &list, NOW);
            assert_eq!(by.map(|by| by.kind), Some(kind));
        }
        let list = list(AnonymousId, Suppress::Forever);
        let mut two = row(&[UserId, AnonymousId], None);
        assert_eq!(refused_by(&mut two, &list, NOW), None);
        assert_eq!(two.keys.iter().map(|key| key.kind).collect::<Vec<_>>(), [UserId]);
        assert!(refused_by(&mut row(&[AnonymousId], None), &list, NOW).is_some());
    }

    #[test]
    fn late_data_is_told_by_its_own_date() {
        let list = list(IdentityKind::UserId, Suppress::Late);
        let comes = |at| refused_by(&mut row(&[IdentityKind::UserId], at), &list, NOW).is_none();
        assert!(!comes(Some(DELETED.ms() - 1)));
        assert!(comes(Some(DELETED.ms())));
        assert!(comes(None));
        let mut old = Row {
            dated: Some(DELETED.ms() - 1),
            ..row(&[IdentityKind::UserId], None)
        };
        assert!(refused_by(&mut old, &list, NOW).is_some());
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
