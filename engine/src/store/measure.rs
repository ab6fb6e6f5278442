//! Counting what reports show, a slice of people at a time: from the store, or, of people whom a job deleted, from the
//! warehouse's copy of them. Both go by the same statements, so that what went and what stays are counted alike.
//!
//! Design notes. A slice holds so few people that their events stay in the connection's page cache while the statements
//! pass over them one after the other. Between slices nothing is open: a count never keeps the log from being emptied. A
//! person is counted in the slice that their number lies in, once, whatever happens to others meanwhile. Sums of values
//! are taken in whole units and rests, because SQLite's own sum would fail where it overflows.

use super::{Conn, profiles::micros_from_parts};
use crate::error::Result;
use domain::{
    id::{DatasetId, JobId},
    metric::{Accumulated, Aggregated, CampaignSum, DID_ACT, DID_BUY, DID_VIEW, KINDS, Kind, KindSum},
    series::{BUCKETS, Series, first_day},
    time::{DAY_MS, Timestamp},
};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::BTreeMap;

/// The moment of counting: windows of days end there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(pub(crate) Timestamp);

impl At {
    const fn days_ago(self, days: i64) -> i64 {
        self.0.minus_ms(days * DAY_MS).ms()
    }
}

/// Where people are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// In the store; the numbers of the dataset's kinds, in the order of `KINDS`, 0 where it has none.
    Store { dataset: DatasetId, kinds: &'a [i64; 6] },
    /// In the warehouse: whom this job deleted.
    Deleted(JobId),
}

/// The numbers of a dataset's kinds, in the order of `KINDS`; 0 where it has none.
pub(crate) async fn kinds(conn: &mut Conn, dataset: DatasetId) -> Result<[i64; 6]> {
    let all = super::ingest_events::kinds(conn, dataset).await?;
    Ok(KINDS.map(|name| all.get(name).copied().unwrap_or(0)))
}

/// The aggregated figures of the people with ids above the first and up to the second.
pub(crate) async fn slice(
    conn: &mut Conn,
    source: Source<'_>,
    (after, upto): (i64, i64),
    at: At,
) -> Result<Aggregated> {
    let mut sums = Aggregated::default();
    people(conn, source, (after, upto), at, &mut sums).await?;
    events(conn, source, (after, upto), at, &mut sums).await?;
    did(conn, source, (after, upto), &mut sums).await?;
    Ok(sums)
}

async fn people(
    conn: &mut Conn,
    source: Source<'_>,
    range: (i64, i64),
    at: At,
    sums: &mut Aggregated,
) -> Result<()> {
    let mut q = QueryBuilder::new("SELECT count(*), coalesce(sum(");
    q.push(match source {
        Source::Store { .. } => {
            "EXISTS (SELECT 1 FROM identities i WHERE i.profile_id = p.id AND i.kind <= 3)"
        }
        Source::Deleted(_) => "EXISTS (SELECT 1 FROM json_each(p.identities) i WHERE i.value ->> 0 <= 3)",
    });
    q.push("), 0)");
    for days in [7, 30] {
        q.push(", count(CASE WHEN p.last_seen_at > ")
            .push_bind(at.days_ago(days));
        q.push(" AND p.last_seen_at <= ")
            .push_bind(at.0.ms())
            .push(" THEN 1 END)");
    }
    match source {
        Source::Store { dataset, .. } => {
            q.push(" FROM profiles p WHERE p.id > ").push_bind(range.0);
            q.push(" AND p.id <= ").push_bind(range.1);
            q.push(" AND p.dataset_id = ").push_bind(dataset.0);
        }
        Source::Deleted(job) => {
            q.push(" FROM main.deleted_people d CROSS JOIN main.profiles p ON p.id = d.profile_id WHERE ");
            push_deleted(&mut q, job, range);
        }
    }
    (sums.profiles, sums.named, sums.active_7d, sums.active_30d) = q.build_query_as().fetch_one(conn).await?;
    Ok(())
}

/// By kind and campaign, in one pass.
async fn events(
    conn: &mut Conn,
    source: Source<'_>,
    range: (i64, i64),
    at: At,
    sums: &mut Aggregated,
) -> Result<()> {
    let mut q = QueryBuilder::new("SELECT ");
    push_kind(&mut q, source);
    q.push(
        " AS k, coalesce(e.campaign_id, '') AS c, count(*), coalesce(sum(e.value_micros / 1000000), 0),
           coalesce(sum(e.value_micros % 1000000), 0), count(CASE WHEN e.at > ",
    );
    q.push_bind(at.days_ago(30))
        .push(" AND e.at <= ")
        .push_bind(at.0.ms());
    q.push(" THEN 1 END) ");
    push_events(&mut q, source, range);
    q.push(" GROUP BY k, c");
    type Row = (Option<i64>, String, i64, i64, i64, i64);
    let rows: Vec<Row> = q.build_query_as().fetch_all(conn).await?;
    for (kind, campaign, events, whole, rest, recent) in rows {
        sums.events += events;
        let Some(kind) = kind.and_then(known) else {
            continue;
        };
        sums.kinds[kind as usize].add(KindSum {
            events,
            value: micros_from_parts(whole, rest),
        });
        let own = match kind {
            _ if campaign.is_empty() => continue,
            Kind::Impression => CampaignSum {
                impressions: events,
                impressions_30d: recent,
                clicks: 0,
            },
            Kind::Click => CampaignSum {
                clicks: events,
                ..CampaignSum::default()
            },
            _ => continue,
        };
        sums.campaigns.entry(campaign).or_default().add(own);
    }
    Ok(())
}

/// How many people did what of the funnel.
async fn did(conn: &mut Conn, source: Source<'_>, range: (i64, i64), sums: &mut Aggregated) -> Result<()> {
    let bits = |kind: Kind| match kind {
        Kind::PageView => DID_VIEW,
        Kind::Visit | Kind::Action => DID_ACT,
        Kind::Purchase => DID_BUY,
        Kind::Impression | Kind::Click => 0,
    };
    let mut q = QueryBuilder::new("SELECT m, count(*) FROM (SELECT ");
    let column = column(source);
    for (nth, bit) in [DID_VIEW, DID_ACT, DID_BUY].into_iter().enumerate() {
        q.push(if nth == 0 { "max(" } else { " + max(" })
            .push(column)
            .push(" IN (");
        let mut list = q.separated(", ");
        for kind in Kind::ALL.into_iter().filter(|kind| bits(*kind) == bit) {
            match source {
                Source::Store { kinds, .. } => list.push_bind(kinds[kind as usize]),
                Source::Deleted(_) => list.push_bind(kind.name()),
            };
        }
        q.push(format_args!(")) * {bit}"));
    }
    q.push(" AS m ");
    push_events(&mut q, source, range);
    q.push(" GROUP BY e.profile_id) GROUP BY m");
    let rows: Vec<(i64, i64)> = q.build_query_as().fetch_all(conn).await?;
    for (mask, people) in rows {
        if let Some(own) = usize::try_from(mask).ok().and_then(|mask| sums.did.get_mut(mask)) {
            *own += people;
        }
    }
    Ok(())
}

/// The figures of a slice of the store by day.
pub(crate) async fn by_day(
    conn: &mut Conn,
    source: Source<'_>,
    range: (i64, i64),
    series: &mut Series,
) -> Result<()> {
    let mut q = QueryBuilder::new("SELECT ");
    push_kind(&mut q, source);
    q.push(format_args!(
        " AS k, {DAY} AS d, count(*), coalesce(sum(e.value_micros / 1000000), 0), coalesce(sum(e.value_micros % 1000000), 0) "
    ));
    push_events(&mut q, source, range);
    q.push(" GROUP BY k, d HAVING k IS NOT NULL");
    let rows: Vec<(i64, i64, i64, i64, i64)> = q.build_query_as().fetch_all(&mut *conn).await?;
    for (kind, day, events, whole, rest) in rows {
        if let Some(kind) = known(kind) {
            let value = micros_from_parts(whole, rest);
            series.kinds[kind as usize]
                .entry(day)
                .or_default()
                .add(KindSum { events, value });
        }
    }
    for (days, active) in BUCKETS.into_iter().zip(&mut series.active) {
        // The bucket as `domain::series::bucket_of` has it, rounded down before 1970 as well.
        let bucket = format!("({DAY} + 3) / {days} - (({DAY} + 3) % {days} < 0)");
        let mut q = QueryBuilder::new(format!(
            "SELECT w, count(*) FROM (SELECT DISTINCT e.profile_id, {bucket} AS w "
        ));
        push_events(&mut q, source, range);
        q.push(") GROUP BY w");
        let rows: Vec<(i64, i64)> = q.build_query_as().fetch_all(&mut *conn).await?;
        for (bucket, people) in rows {
            *active.entry(first_day(bucket, days)).or_default() += people;
        }
    }
    Ok(())
}

/// The UTC day of an event, rounded down before 1970 as well: as `Timestamp::day` has it.
const DAY: &str = "(e.at / 86400000 - (e.at % 86400000 < 0))";

fn known(kind: i64) -> Option<Kind> {
    usize::try_from(kind)
        .ok()
        .and_then(|at| Kind::ALL.get(at))
        .copied()
}

const fn column(source: Source<'_>) -> &'static str {
    match source {
        Source::Store { .. } => "e.kind_id",
        Source::Deleted(_) => "e.kind",
    }
}

/// Appends where the kind of `e` stands in `KINDS`; NULL for the others.
fn push_kind(q: &mut QueryBuilder<Sqlite>, source: Source<'_>) {
    q.push("CASE ").push(column(source));
    for (nth, name) in KINDS.into_iter().enumerate() {
        q.push(" WHEN ");
        match source {
            Source::Store { kinds, .. } => q.push_bind(kinds[nth]),
            Source::Deleted(_) => q.push_bind(name),
        };
        q.push(format_args!(" THEN {nth}"));
    }
    q.push(" END");
}

/// Appends `FROM … WHERE …` of the events `e` of the people.
fn push_events(q: &mut QueryBuilder<Sqlite>, source: Source<'_>, range: (i64, i64)) {
    match source {
        Source::Store { .. } => {
            q.push("FROM events e WHERE e.profile_id > ").push_bind(range.0);
            q.push(" AND e.profile_id <= ").push_bind(range.1);
        }
        Source::Deleted(job) => {
            q.push(
                "FROM main.deleted_people d CROSS JOIN main.events e ON e.profile_id = d.profile_id WHERE ",
            );
            push_deleted(q, job, range);
        }
    }
}

fn push_deleted(q: &mut QueryBuilder<Sqlite>, job: JobId, range: (i64, i64)) {
    q.push("d.job_id = ").push_bind(job.0);
    q.push(" AND d.profile_id > ").push_bind(range.0);
    q.push(" AND d.profile_id <= ").push_bind(range.1);
}

/// The accumulated figures of a dataset, all time.
pub(crate) async fn accumulated(conn: &mut Conn, dataset: DatasetId) -> Result<Accumulated> {
    let rows: Vec<(String, String, i64, i64, i64)> = sqlx::query_as(
        "SELECT k.name, t.campaign_id, sum(t.events), sum(t.value_micros / 1000000), sum(t.value_micros % 1000000)
         FROM totals t JOIN event_kinds k ON k.id = t.kind_id WHERE t.dataset_id = $1 GROUP BY t.kind_id, t.campaign_id",
    )
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let mut totals = Accumulated::default();
    for (name, campaign, events, whole, rest) in rows {
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == name) else {
            continue;
        };
        totals.kinds[kind as usize].add(KindSum {
            events,
            value: micros_from_parts(whole, rest),
        });
        if campaign.is_empty() {
            continue;
        }
        let mut own = CampaignSum::default();
        match kind {
            Kind::Impression => own.impressions = events,
            Kind::Click => own.clicks = events,
            _ => continue,
        }
        totals.campaigns.entry(campaign).or_default().add(own);
    }
    Ok(totals)
}

/// Accumulated figures of each known kind by day.
pub(crate) async fn accumulated_by_day(
    conn: &mut Conn,
    dataset: DatasetId,
) -> Result<[BTreeMap<i64, KindSum>; 6]> {
    let kinds = kinds(&mut *conn, dataset).await?;
    let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT kind_id, day, sum(events), sum(value_micros / 1000000), sum(value_micros % 1000000)
         FROM totals WHERE dataset_id = $1 GROUP BY day, kind_id",
    )
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let mut days: [BTreeMap<i64, KindSum>; 6] = Default::default();
    for (kind, day, events, whole, rest) in rows {
        if let Some(at) = kinds.iter().position(|own| *own == kind) {
            let value = micros_from_parts(whole, rest);
            days[at].entry(day).or_default().add(KindSum { events, value });
        }
    }
    Ok(days)
}

/// The greatest profile id that was given out in the dataset.
pub(crate) async fn last_id(conn: &mut Conn, dataset: DatasetId) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT coalesce(max(next_id) - 1, 0) FROM profile_blocks WHERE dataset_id = $1")
            .bind(dataset.0)
            .fetch_one(conn)
            .await?,
    )
}
