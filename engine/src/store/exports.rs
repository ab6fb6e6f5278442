//! The SQL of exports and results: the people of a target set in slices, the row of a stored export, the keyed hashes by
//! which results name people. Of a job in a plan, the set is its part. Knows no file.

use super::{
    Conn,
    ingest::{json, many},
    jobs::JobRow,
};
use crate::error::{Error, Result};
use domain::{
    export::Export,
    id::{JobId, ProfileId},
    job::{Became, Leftover, Outcome},
    profile::{IdentityKind, Profile},
    time::Timestamp,
};

/// Part of a target set.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    /// The last target that was looked at; `None`: nobody is left.
    pub(crate) last: Option<i64>,
    /// Those of them who exist, in the order of their numbers.
    pub(crate) people: Vec<Profile>,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    target: i64,
    first_seen_at: Option<i64>,
    last_seen_at: Option<i64>,
    created_at: Option<i64>,
    attributes: Option<String>,
    identities: String,
}

impl PersonRow {
    fn profile(self) -> Result<Option<Profile>> {
        let (Some(created_at), Some(attributes)) = (self.created_at, self.attributes) else {
            return Ok(None);
        };
        let unreadable = |_| {
            Error::Corrupt(format!(
                "the attributes of profile {} cannot be read",
                self.target
            ))
        };
        let mut profile = Profile {
            id: ProfileId(self.target),
            user_id: None,
            email: None,
            phone: None,
            anonymous_ids: Vec::new(),
            attributes: serde_json::from_str(&attributes).map_err(unreadable)?,
            first_seen: self.first_seen_at.map(Timestamp::from_ms),
            last_seen: self.last_seen_at.map(Timestamp::from_ms),
            created: Timestamp::from_ms(created_at),
        };
        let mut identities: Vec<(i64, String)> = many(self.identities)?;
        identities.sort_unstable();
        for (kind, value) in identities {
            match IdentityKind::from_number(kind) {
                Some(IdentityKind::UserId) => profile.user_id = Some(value),
                Some(IdentityKind::Email) => profile.email = Some(value),
                Some(IdentityKind::Phone) => profile.phone = Some(value),
                Some(IdentityKind::AnonymousId) => profile.anonymous_ids.push(value),
                None => {}
            }
        }
        Ok(Some(profile))
    }
}

/// The next `rows` of the target set above `after`.
pub(crate) async fn slice(conn: &mut Conn, job: JobId, after: i64, rows: i64) -> Result<Slice> {
    let found: Vec<PersonRow> = sqlx::query_as(
        "SELECT t.profile_id AS target, p.first_seen_at, p.last_seen_at, p.created_at, p.attributes,
           (SELECT json_group_array(json_array(i.kind, i.value)) FROM identities i WHERE i.profile_id = t.profile_id) AS identities
         FROM (SELECT t.profile_id FROM jobs j CROSS JOIN job_targets t ON t.job_id = coalesce(j.plan_id, j.id)
             AND t.profile_id > max(j.range_after, $2) AND t.profile_id <= j.range_upto WHERE j.id = $1 ORDER BY t.profile_id LIMIT $3) t
         LEFT JOIN profiles p ON p.id = t.profile_id ORDER BY t.profile_id",
    )
    .bind(job.0)
    .bind(after)
    .bind(rows)
    .fetch_all(conn)
    .await?;
    let last = found.last().map(|row| row.target);
    let people = found.into_iter().filter_map(|row| row.profile().transpose());
    Ok(Slice {
        last,
        people: people.collect::<Result<_>>()?,
    })
}

/// Keeps the keyed hashes of these people. Written anew where an interrupted export had written them before.
pub(crate) async fn keep_names(conn: &mut Conn, job: JobId, names: &[(i64, String)]) -> Result<()> {
    sqlx::query(
        "INSERT INTO job_target_names (job_id, profile_id, name)
         SELECT $1, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($2) WHERE TRUE
         ON CONFLICT (job_id, profile_id) DO UPDATE SET name = excluded.name",
    )
    .bind(job.0)
    .bind(json(&names)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down that the export is complete; one that was wiped before is forgotten.
pub(crate) async fn written(conn: &mut Conn, job: JobId, export: &Export) -> Result<()> {
    sqlx::query(
        "INSERT INTO job_exports (job_id, people, bytes, written_at, kept_until) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (job_id) DO UPDATE SET people = excluded.people, bytes = excluded.bytes, written_at = excluded.written_at,
           kept_until = excluded.kept_until, wiped_at = NULL, wiped_by = NULL",
    )
    .bind(job.0)
    .bind(export.people)
    .bind(export.bytes)
    .bind(export.written_at.ms())
    .bind(export.kept_until.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down that the file was wiped. False where that was known already.
pub(crate) async fn wiped(conn: &mut Conn, job: JobId, by: &str, at: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE job_exports SET wiped_at = $2, wiped_by = $3 WHERE job_id = $1 AND wiped_at IS NULL",
    )
    .bind(job.0)
    .bind(at.ms())
    .bind(by)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stored exports that still exist and whose time has come, each with its dataset.
pub(crate) async fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<(JobId, i64)>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT x.job_id, j.dataset_id FROM job_exports x JOIN jobs j ON j.id = x.job_id
         WHERE x.wiped_at IS NULL AND x.kept_until <= $1 ORDER BY x.job_id",
    )
    .bind(now.ms())
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(job, dataset)| (JobId(job), dataset))
        .collect())
}

/// When the next stored export is due; `None`: there is none.
pub(crate) async fn next_due(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let at: Option<i64> =
        sqlx::query_scalar("SELECT min(kept_until) FROM job_exports WHERE wiped_at IS NULL")
            .fetch_one(conn)
            .await?;
    Ok(at.map(Timestamp::from_ms))
}

/// One of the frozen set, as the results tell of it.
#[derive(Debug)]
pub(crate) struct ResultRow {
    pub(crate) profile: ProfileId,
    /// Why it was not deleted, where that was written down.
    pub(crate) outcome: Option<(Outcome, String)>,
    /// The keyed hash that was kept, where an export was written.
    pub(crate) kept_name: Option<String>,
    /// The strongest identity, where it still exists.
    pub(crate) identity: Option<(IdentityKind, String)>,
}

/// The next `rows` of the results above `after`.
pub(crate) async fn results(conn: &mut Conn, job: JobId, after: i64, rows: i64) -> Result<Vec<ResultRow>> {
    type Row = (
        i64,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
    );
    let found: Vec<Row> = sqlx::query_as(
        "SELECT t.profile_id, o.outcome, o.reason, n.name,
           (SELECT json_array(i.kind, i.value) FROM identities i WHERE i.profile_id = t.profile_id ORDER BY i.kind, i.value LIMIT 1)
         FROM (SELECT t.profile_id FROM jobs j CROSS JOIN job_targets t ON t.job_id = coalesce(j.plan_id, j.id)
             AND t.profile_id > max(j.range_after, $2) AND t.profile_id <= j.range_upto WHERE j.id = $1 ORDER BY t.profile_id LIMIT $3) t
         LEFT JOIN job_outcomes o ON o.job_id = $1 AND o.profile_id = t.profile_id
         LEFT JOIN job_target_names n ON n.job_id = $1 AND n.profile_id = t.profile_id ORDER BY t.profile_id",
    )
    .bind(job.0)
    .bind(after)
    .bind(rows)
    .fetch_all(conn)
    .await?;
    let row = |(profile, outcome, reason, kept_name, identity): Row| -> Result<ResultRow> {
        let outcome = outcome.map(|text| known(&text).map(|outcome| (outcome, reason.unwrap_or_default())));
        let identity: Option<(i64, String)> = identity
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|_| Error::Corrupt(format!("the identity of profile {profile} cannot be read")))?;
        Ok(ResultRow {
            profile: ProfileId(profile),
            outcome: outcome.transpose()?,
            kept_name,
            identity: identity.and_then(|(kind, value)| Some((IdentityKind::from_number(kind)?, value))),
        })
    };
    found.into_iter().map(row).collect()
}

/// The targets that were held, failed or spared above `after`, and, of a job that is over, whose turn never came: up to
/// `rows + 1`, in id order. Whoever has an outcome lies at or below the job's cursor, whoever is left above it.
pub(crate) async fn leftovers(conn: &mut Conn, job: &JobRow, after: i64, rows: u32) -> Result<Vec<Leftover>> {
    let (state, decided) = (job.state()?, job.decided_upto());
    let wanted = i64::from(rows) + 1;
    let decided_found: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
        "SELECT o.profile_id, o.outcome, o.reason,
           (SELECT i.value FROM identities i WHERE i.profile_id = o.profile_id ORDER BY i.kind, i.value LIMIT 1)
         FROM job_outcomes o WHERE o.job_id = $1 AND o.profile_id > $2 AND o.outcome IN ('held', 'failed', 'spared')
         ORDER BY o.profile_id LIMIT $3",
    )
    .bind(job.id)
    .bind(after)
    .bind(wanted)
    .fetch_all(&mut *conn)
    .await?;
    let row = |(profile, outcome, reason, title): (i64, String, String, Option<String>)| {
        Ok(Leftover {
            profile: ProfileId(profile),
            title,
            outcome: Became::Not(known(&outcome)?),
            reason,
        })
    };
    let mut found: Vec<Leftover> = decided_found.into_iter().map(row).collect::<Result<_>>()?;
    let room = wanted - i64::try_from(found.len()).unwrap_or(wanted);
    if state.terminal() && room > 0 {
        let left: Vec<(i64, Option<String>)> = sqlx::query_as(
            "SELECT t.profile_id,
               (SELECT i.value FROM identities i WHERE i.profile_id = t.profile_id ORDER BY i.kind, i.value LIMIT 1)
             FROM job_targets t WHERE t.job_id = $1 AND t.profile_id > $2 AND t.profile_id <= $4 ORDER BY t.profile_id LIMIT $3",
        )
        .bind(job.set())
        .bind(after.max(decided))
        .bind(room)
        .bind(job.range_upto)
        .fetch_all(conn)
        .await?;
        found.extend(left.into_iter().map(|(profile, title)| Leftover {
            profile: ProfileId(profile),
            title,
            outcome: Became::Left,
            reason: Became::Left.reason(state).to_owned(),
        }));
    }
    Ok(found)
}

fn known(outcome: &str) -> Result<Outcome> {
    Outcome::parse(outcome).ok_or_else(|| Error::Corrupt(format!("unknown outcome {outcome}")))
}
