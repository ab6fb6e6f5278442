//! What estimates rest on: finished jobs, a trial that is rolled back, and how good earlier estimates were.

use super::{
    Conn, Tx, batch,
    jobs::{json, to_json},
    rule_sql::{RuleScope, push_dataset_scan, push_segment},
};
use crate::error::Result;
use domain::{
    estimate::{Checked, Finished, ROWS_A_PERSON, Trial},
    id::{DatasetId, ProfileId, SegmentId},
    job::{JobState, Phase},
};
use sqlx::QueryBuilder;
use std::time::{Duration, Instant};

/// Finished jobs handed to the estimate, which takes those that say something about speed.
const JOBS_LOOKED_AT: i64 = 20;
/// Deleting takes at most this many times the work of its batches where nothing held it up. What is more was waiting.
const WALL_TO_WORK_MAX: i64 = 2;
/// Fixing the list takes no longer than deleting it, or than this, milliseconds. What is more was waiting.
const FREEZING_MS_MIN: i64 = 1_000;
/// People of a trial at most.
pub(crate) const TRIAL_PEOPLE: u32 = 512;
/// Fewer people than this say nothing.
const TRIAL_PEOPLE_MIN: usize = 50;
/// People deleted between two looks at the clock: one statement a table.
const TRIAL_STEP: usize = 128;
/// Events deleted between two looks at the clock, by what is known of each person's. Who has more of them ends the trial: they
/// would hold the lock by themselves.
const TRIAL_STEP_EVENTS: i64 = 2_000;
/// So many rows say something, however few people they belong to.
const TRIAL_ROWS_MIN: i64 = 5_000;
/// No step of a trial begins later than this: with the last one it holds the write lock for no more than 50 ms.
const TRIAL_TIME: Duration = Duration::from_millis(35);

/// How many are in the segment, and about how many events they have.
pub(crate) async fn members(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    segment: SegmentId,
) -> Result<(i64, i64)> {
    let mut q = QueryBuilder::new("SELECT count(*), coalesce(sum(p.events), 0) ");
    push_dataset_scan(&mut q, scope.dataset_id);
    q.push(" AND ");
    push_segment(&mut q, segment.0, scope)?;
    Ok(q.build_query_as().fetch_one(conn).await?)
}

/// About how many people a dataset has, without counting them: ids that were drawn for it, less those whom jobs deleted.
pub(crate) async fn people(conn: &mut Conn, dataset: DatasetId) -> Result<i64> {
    let sql = "SELECT coalesce((SELECT sum(next_id - first_id) FROM profile_blocks WHERE dataset_id = $1), 0)
                    - coalesce((SELECT sum(deleted) FROM jobs WHERE dataset_id = $1), 0)";
    let people: i64 = sqlx::query_scalar(sql).bind(dataset.0).fetch_one(conn).await?;
    Ok(people.max(0))
}

/// A finished job, as far as its speed goes.
#[derive(sqlx::FromRow)]
struct FinishedRow {
    dataset_id: i64,
    profiles: i64,
    events: i64,
    work_ms: i64,
    phases: String,
    /// Whether people made it slower or paused it.
    held_up: bool,
}

impl FinishedRow {
    fn show(&self) -> Result<Finished> {
        let phases: Vec<Phase> = json(&self.phases, "phases")?;
        let length = |name: JobState| -> Option<i64> {
            let lengths = phases.iter().filter(|phase| phase.name == name);
            let lengths: Vec<i64> = lengths
                .filter_map(|phase| Some((phase.finished_at?.ms() - phase.started_at.ms()).max(0)))
                .collect();
            (!lengths.is_empty()).then(|| lengths.iter().sum())
        };
        let wall = length(JobState::Deleting).unwrap_or(self.work_ms);
        let deleting_ms = if self.held_up {
            self.work_ms
        } else {
            wall.clamp(self.work_ms, self.work_ms.saturating_mul(WALL_TO_WORK_MAX))
        };
        let after: Option<i64> = [
            JobState::Sweeping,
            JobState::Verifying,
            JobState::Scrubbing,
            JobState::Sealing,
        ]
        .into_iter()
        .map(length)
        .sum();
        let freezing = length(JobState::Freezing)
            .unwrap_or(0)
            .min(deleting_ms.max(FREEZING_MS_MIN));
        Ok(Finished {
            profiles: self.profiles,
            rows: self.profiles * ROWS_A_PERSON + self.events,
            deleting_ms,
            around_ms: after.map(|after| after + freezing),
        })
    }
}

/// The newest finished jobs of the dataset, newest first; of the installation, where the dataset has none.
pub(crate) async fn finished_jobs(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<Finished>> {
    let rows: Vec<FinishedRow> = sqlx::query_as(
        "SELECT dataset_id, deleted + spared + held + failed + gone AS profiles, events_deleted AS events, work_ms, phases,
           (max_rate IS NOT NULL OR json_extract(spec, '$.max_rate') IS NOT NULL
             OR json_extract(spec, '$.quiet_hours') IS NOT NULL OR quiet_set = 1 OR paused_ms > 0) AS held_up
         FROM jobs WHERE state IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed') AND work_ms > 0
         ORDER BY (dataset_id = $2) DESC, id DESC LIMIT $1",
    )
    .bind(JOBS_LOOKED_AT)
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let here: Vec<Finished> = shown(rows.iter().filter(|row| row.dataset_id == dataset.0))?;
    if here
        .iter()
        .any(|job| job.profiles >= domain::estimate::PROFILES_MIN)
    {
        Ok(here)
    } else {
        shown(rows.iter())
    }
}

fn shown<'a>(rows: impl Iterator<Item = &'a FinishedRow>) -> Result<Vec<Finished>> {
    rows.map(FinishedRow::show).collect()
}

/// What was expected of the newest jobs of the dataset that ran to their end, and what they took, newest first. Those whose
/// limit or quiet hours were changed on the way are left out: nobody can have expected that.
pub(crate) async fn checked(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<Checked>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT estimate, took_ms FROM jobs
         WHERE dataset_id = $1 AND state IN ('completed', 'completed_with_leftovers') AND estimate IS NOT NULL AND took_ms IS NOT NULL
           AND max_rate IS json_extract(spec, '$.max_rate') AND quiet_set = 0
         ORDER BY id DESC LIMIT $2",
    )
    .bind(dataset.0)
    .bind(JOBS_LOOKED_AT)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(estimate, took_ms)| {
            Ok(Checked {
                estimated: json(&estimate, "estimate")?,
                took_ms,
            })
        })
        .collect()
}

/// Whether a job has a dataset's place, in any of them: then nobody tries anything out beside it.
pub(crate) async fn job_runs(conn: &mut Conn) -> Result<bool> {
    let found: Option<i64> = sqlx::query_scalar("SELECT id FROM jobs WHERE holds_place = 1 LIMIT 1")
        .fetch_optional(conn)
        .await?;
    Ok(found.is_some())
}

/// Deletes these people for as long as a trial may take, and takes all of it back. `None`: too few to say anything, or a job
/// runs.
pub(crate) async fn try_out(mut tx: Tx, people: &[ProfileId]) -> Result<Option<Trial>> {
    let ids: Vec<i64> = people.iter().map(|id| id.0).collect();
    if ids.len() < TRIAL_PEOPLE_MIN || job_runs(&mut tx).await? {
        tx.take_back().await?;
        return Ok(None);
    }
    let events: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT id, events FROM profiles WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id",
    )
    .bind(to_json(&ids)?)
    .fetch_all(&mut *tx)
    .await?;
    let begun = Instant::now();
    let (mut rows, mut tried) = (0, 0);
    for some in steps(&events) {
        let deleted = batch::delete(&mut tx, &some).await?;
        rows += deleted.profiles * ROWS_A_PERSON + deleted.events;
        tried += some.len();
        if begun.elapsed() >= TRIAL_TIME {
            break;
        }
    }
    let micros = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
    tx.take_back().await?;
    let enough = rows > 0 && (tried >= TRIAL_PEOPLE_MIN || rows >= TRIAL_ROWS_MIN);
    Ok(enough.then_some(Trial { rows, micros }))
}

/// The steps of a trial over people with so many events each: none has more than a step may have.
fn steps(people: &[(i64, i64)]) -> Vec<Vec<i64>> {
    let (mut steps, mut step, mut sum) = (Vec::new(), Vec::new(), 0);
    for (id, events) in people
        .iter()
        .take_while(|(_, events)| *events <= TRIAL_STEP_EVENTS)
    {
        if step.len() >= TRIAL_STEP || sum + events > TRIAL_STEP_EVENTS {
            steps.push(std::mem::take(&mut step));
            sum = 0;
        }
        step.push(*id);
        sum += events;
    }
    steps.push(step);
    steps.retain(|step| !step.is_empty());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_of_a_trial_deletes_more_than_it_may() {
        let few: Vec<(i64, i64)> = (1..=300).map(|id| (id, 3)).collect();
        let lengths: Vec<usize> = steps(&few).iter().map(Vec::len).collect();
        assert_eq!(lengths, [128, 128, 44]);
        let many: Vec<(i64, i64)> = (1..=5).map(|id| (id, 900)).collect();
        assert_eq!(steps(&many), [vec![1, 2], vec![3, 4], vec![5]]);
        let heavy = [(1, 3), (2, 1_000_000), (3, 3)];
        assert_eq!(steps(&heavy), [vec![1]], "it ends before who has a million");
        assert_eq!(steps(&heavy[1..]), Vec::<Vec<i64>>::new());
    }
}
