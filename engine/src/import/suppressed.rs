//! Turns away rows about people who are not let in again. The one place for every door through which people come; it is
//! asked in the transaction that would write them, before anything else.
//!
//! A suppressed user_id, e-mail or phone turns the row away; a suppressed anonymous_id is taken out of the row, and turns it
//! away where it stands alone. Whoever was made one with another person has that one's user id as an anonymous id
//! (`store::merge`), so the row of a user id that nobody has is turned away by the same anonymous id as well. What is turned
//! away leaves a number behind and nothing else.

use super::{RowError, apply::Applied, window::Known};
use crate::{
    error::Result,
    store::{
        Conn, Tx, dangling,
        ingest::{self, Key, KeyId, KeyMap, Row},
        keys::Keys,
        suppressed::{self, Standing, Stopped},
    },
};
use domain::{event::PURCHASE, id::DatasetId, profile::IdentityKind, time::Timestamp};
use std::borrow::Cow;

/// What a report says of a row that is turned away.
pub(super) const REASON: &str = "suppressed";

/// What the list says of the identities of some rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed {
    standings: KeyMap<Standing>,
    /// User ids that nobody has and that somebody on the list had: each with the anonymous id that it has become.
    former: KeyMap<KeyId>,
}

impl Listed {
    /// Asks the store.
    pub(super) async fn of(
        conn: &mut Conn,
        (keys, dataset): (&Keys, DatasetId),
        rows: &[Row],
    ) -> Result<Self> {
        let mut asked = ids(rows);
        let mut became: KeyMap<(&Key, KeyId)> = KeyMap::default();
        if suppressed::any(conn, dataset, IdentityKind::AnonymousId).await? {
            let user_ids = rows.iter().flat_map(|row| &row.keys);
            for key in user_ids.filter(|key| key.kind == IdentityKind::UserId) {
                became.entry(key.id()).or_insert_with(|| {
                    let value = key.value.clone();
                    (
                        key,
                        Key::new(keys, dataset, IdentityKind::AnonymousId, value).id(),
                    )
                });
            }
            asked.extend(became.values().map(|(_, anonymous)| *anonymous));
        }
        asked.sort_unstable();
        asked.dedup();
        let standings = suppressed::on_list(conn, dataset, &asked).await?;
        became.retain(|_, (_, anonymous)| standings.contains_key(anonymous));
        let had: Vec<&Key> = became.values().map(|(key, _)| *key).collect();
        let owned = ingest::owners(conn, dataset, &had).await?;
        let former = became
            .into_iter()
            .filter(|(user_id, _)| !owned.contains_key(user_id))
            .map(|(user_id, (_, anonymous))| (user_id, anonymous))
            .collect();
        Ok(Self { standings, former })
    }

    /// Whether anything of an identity may be refused.
    pub(super) fn has(&self, key: &KeyId) -> bool {
        self.standings.contains_key(key) || self.former.contains_key(key)
    }
}

/// The rows that may come in. The others are counted; entries of people whom a running job has deleted are taken out first.
pub(super) async fn let_in(
    tx: &mut Tx,
    (keys, dataset): (&Keys, DatasetId),
    rows: Vec<Row>,
    known: &Known,
    (now, applied): (Timestamp, &mut Applied),
) -> Result<Vec<Row>> {
    dangling::settle(tx, dataset, &ids(&rows), now).await?;
    let list = match &known.list {
        Some((seq, list)) if suppressed::seq(tx).await? == *seq => Cow::Borrowed(list),
        _ => Cow::Owned(Listed::of(tx, (keys, dataset), &rows).await?),
    };
    let mut stopped = KeyMap::default();
    let rows = sort_out(rows, &list, now, &mut stopped, applied);
    if !stopped.is_empty() {
        suppressed::count(tx, dataset, &list.standings, &stopped, now).await?;
    }
    Ok(rows)
}

/// The rows that would come in. Writes nothing.
pub(super) async fn foresee(
    conn: &mut Conn,
    of: (&Keys, DatasetId),
    rows: Vec<Row>,
    (now, applied): (Timestamp, &mut Applied),
) -> Result<Vec<Row>> {
    let list = Listed::of(conn, of, &rows).await?;
    Ok(sort_out(rows, &list, now, &mut KeyMap::default(), applied))
}

fn ids(rows: &[Row]) -> Vec<KeyId> {
    rows.iter().flat_map(|row| &row.keys).map(Key::id).collect()
}

/// Parts the rows that may come in from the others, which are noted.
fn sort_out(
    rows: Vec<Row>,
    list: &Listed,
    now: Timestamp,
    stopped: &mut KeyMap<Stopped>,
    applied: &mut Applied,
) -> Vec<Row> {
    if list.standings.is_empty() {
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
fn refused_by(row: &mut Row, list: &Listed, now: Timestamp) -> Option<KeyId> {
    let dated = row.event.as_ref().map(|event| event.at).or(row.dated);
    let stops = |key: &KeyId| {
        let standing = list.standings.get(key);
        standing.is_some_and(|standing| standing.stops(dated.map(Timestamp::from_ms), now))
    };
    // Strongest first: an anonymous id comes last, and a row has at most one of a kind.
    let own = row.keys.iter().map(Key::id).find(stops);
    let weak = own.is_none_or(|by| by.kind == IdentityKind::AnonymousId && row.keys.len() > 1);
    if !weak {
        return own;
    }
    let former = row.keys.iter().filter_map(|key| list.former.get(&key.id()));
    if let Some(by) = former.copied().find(stops) {
        return Some(by);
    }
    row.keys.retain(|key| own != Some(key.id()));
    None
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

    fn list(kind: IdentityKind, suppress: Suppress) -> Listed {
        let refusal: Refusal = suppress.refusal(DELETED).expect("it refuses");
        let standing = Standing {
            refusal,
            late_until: None,
            source: (Reason::Job, 1),
        };
        Listed {
            standings: std::iter::once((key(kind).id(), standing)).collect(),
            former: KeyMap::default(),
        }
    }

    #[test]
    fn a_former_user_id_is_turned_away_by_the_anonymous_id_that_it_became() {
        use IdentityKind::{AnonymousId, Email, UserId};
        let mut list = list(AnonymousId, Suppress::Forever);
        list.former.insert(key(UserId).id(), key(AnonymousId).id());
        for kinds in [&[UserId][..], &[UserId, Email], &[UserId, AnonymousId]] {
            let by = refused_by(&mut row(kinds, None), &list, NOW);
            assert_eq!(by.map(|by| by.kind), Some(AnonymousId), "{kinds:?}");
        }
        assert_eq!(refused_by(&mut row(&[Email], None), &list, NOW), None);
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
