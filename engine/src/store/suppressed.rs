//! Which identities are on the list of those who are not let in, and what each of them has stopped. Asked in the
//! transaction of every door through which people come; see `import::suppressed` for what follows from the answer.

use super::{
    Conn,
    ingest::{KeyId, KeyMap, json, many},
    ingest_key::hex,
};
use crate::error::{Error, Result};
use domain::{
    id::DatasetId,
    profile::IdentityKind,
    suppression::{Reason, Refusal, Refuses},
    time::Timestamp,
};
use std::collections::HashMap;

/// Identities asked for in one query: bounds the text that is sent with it.
const ASKED_MAX: usize = 4_096;

/// What is refused of an identity on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) refusal: Refusal,
    /// Until when late data is refused where all data is refused for a shorter time.
    pub(crate) late_until: Option<Timestamp>,
    /// Who put it there, and the number of the deletion; 0 for what was entered by hand.
    pub(crate) source: (Reason, i64),
}

impl Standing {
    /// Whether data that comes in now, dated so, is refused.
    pub(crate) fn stops(&self, dated: Option<Timestamp>, now: Timestamp) -> bool {
        let late = self.late_until.is_some_and(|ends_at| {
            Refusal {
                refuses: Refuses::Late,
                ends_at: Some(ends_at),
                ..self.refusal
            }
            .stops(dated, now)
        });
        late || self.refusal.stops(dated, now)
    }
}

/// What an identity has stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// Rows and events, purchases included.
    pub(crate) rows: i64,
    pub(crate) purchases: i64,
}

/// The number of the last change of the list.
pub(crate) async fn seq(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT suppress_seq FROM installation")
        .fetch_one(conn)
        .await?)
}

/// Those of these identities that are on the list, also where it has come to its end.
pub(crate) async fn on_list(conn: &mut Conn, dataset: DatasetId, keys: &[KeyId]) -> Result<KeyMap<Standing>> {
    let mut found = KeyMap::default();
    for kind in IdentityKind::ALL {
        let of_kind: Vec<KeyId> = keys.iter().filter(|key| key.kind == kind).copied().collect();
        if of_kind.is_empty() || !any(conn, dataset, kind).await? {
            continue;
        }
        for asked in of_kind.chunks(ASKED_MAX) {
            look(conn, dataset, asked, &mut found).await?;
        }
    }
    Ok(found)
}

/// Whether the list has anybody of a kind.
pub(crate) async fn any(conn: &mut Conn, dataset: DatasetId, kind: IdentityKind) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM suppressions WHERE dataset_id = $1 AND kind = $2)";
    Ok(sqlx::query_scalar(sql)
        .bind(dataset.0)
        .bind(kind.number())
        .fetch_one(conn)
        .await?)
}

/// Looks identities of one kind up.
async fn look(
    conn: &mut Conn,
    dataset: DatasetId,
    asked: &[KeyId],
    found: &mut KeyMap<Standing>,
) -> Result<()> {
    let Some(kind) = asked.first().map(|key| key.kind) else {
        return Ok(());
    };
    let hashes: Vec<String> = asked.iter().map(hex).collect();
    type Found = (usize, String, i64, Option<i64>, Option<i64>, String, i64);
    let rows: Vec<Found> = many(
        sqlx::query_scalar(
            "SELECT json_group_array(json_array(j.key, s.refuses, s.added_at, s.ends_at, s.late_until, s.reason, coalesce(s.source_id, 0))) FROM json_each($1) j
             CROSS JOIN suppressions s ON s.dataset_id = $2 AND s.kind = $3 AND s.hash = unhex(j.value)",
        )
        .bind(json(&hashes)?)
        .bind(dataset.0)
        .bind(kind.number())
        .fetch_one(conn)
        .await?,
    )?;
    for (at, refuses, added_at, ends_at, late_until, reason, source_id) in rows {
        let unknown = || Error::Corrupt("a suppression refuses an unknown thing".to_owned());
        let refuses = Refuses::parse(&refuses).ok_or_else(unknown)?;
        let reason = Reason::parse(&reason).ok_or_else(unknown)?;
        let standing = Standing {
            refusal: Refusal {
                refuses,
                added_at: Timestamp::from_ms(added_at),
                ends_at: ends_at.map(Timestamp::from_ms),
            },
            late_until: late_until.map(Timestamp::from_ms),
            source: (reason, source_id),
        };
        found.extend(asked.get(at).map(|key| (*key, standing)));
    }
    Ok(())
}

/// Adds to what identities, and the deletions that put them on the list, have stopped.
pub(crate) async fn count(
    conn: &mut Conn,
    dataset: DatasetId,
    list: &KeyMap<Standing>,
    stopped: &KeyMap<Stopped>,
    now: Timestamp,
) -> Result<()> {
    let mut by_source: HashMap<(Reason, i64), Stopped> = HashMap::new();
    for (key, more) in stopped {
        if let Some(standing) = list.get(key) {
            let sum = by_source.entry(standing.source).or_default();
            sum.rows += more.rows;
            sum.purchases += more.purchases;
        }
    }
    for ((reason, source_id), sum) in by_source {
        sqlx::query(
            "UPDATE suppression_sources SET stopped = stopped + $4, stopped_purchases = stopped_purchases + $5, stopped_at = $6
             WHERE dataset_id = $1 AND reason = $2 AND source_id = $3",
        )
        .bind(dataset.0)
        .bind(reason.as_str())
        .bind(source_id)
        .bind(sum.rows)
        .bind(sum.purchases)
        .bind(now.ms())
        .execute(&mut *conn)
        .await?;
    }
    for kind in IdentityKind::ALL {
        let rows: Vec<(String, i64, i64)> = stopped
            .iter()
            .filter(|(key, _)| key.kind == kind)
            .map(|(key, stopped)| (hex(key), stopped.rows, stopped.purchases))
            .collect();
        if rows.is_empty() {
            continue;
        }
        sqlx::query(
            "UPDATE suppressions SET stopped = stopped + v.rows, stopped_purchases = stopped_purchases + v.purchases, stopped_at = $4
             FROM (SELECT unhex(value ->> 0) AS hash, value ->> 1 AS rows, value ->> 2 AS purchases FROM json_each($1)) v
             WHERE suppressions.dataset_id = $2 AND suppressions.kind = $3 AND suppressions.hash = v.hash",
        )
        .bind(json(&rows)?)
        .bind(dataset.0)
        .bind(kind.number())
        .bind(now.ms())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
