//! The judge: looks at a data directory before and after, and says which of the eight invariants were broken. It reads
//! the files with its own queries and believes no number of the engine that it can count itself.
//!
//! 1. matched = deleted + spared + held + failed + gone + left, and nobody is left of a completed job.
//! 2. Rows before + inserted − deleted − deleted by others = rows after.
//! 3. Whoever was not a target, or was and is not counted as deleted, is there unchanged, with all that is theirs.
//! 4. Nobody who is counted as deleted exists, and nothing belongs to a profile that does not.
//! 5. The batches are without a gap and their sums are the job's counters; the chain of their leaves is whole.
//! 6. Both files are sound by SQLite's own check. The warehouse has marked exactly those whom a job deleted, and counts right
//!    what it keeps of them.
//! 7. Where a scrub is claimed, the log is empty; dead bytes are counted by `lethe scan`, which the caller runs.
//! 8. The hashes of exactly those who are counted as deleted are kept (`kept`).

use crate::kept;
use sha2::{Digest as _, Sha256};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection,
    sqlite::SqliteConnectOptions,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

/// A person as stored: a hash over the row and all that belongs to it, and how many events there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    hash: [u8; 32],
    events: i64,
}

/// Everybody, as they were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// By profile id.
    pub people: BTreeMap<i64, Person>,
    /// Whose identities are whose.
    keys: BTreeMap<kept::Key, i64>,
}

/// What others than the jobs did meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Meanwhile {
    /// People who came.
    pub inserted: BTreeSet<i64>,
    /// People whom another door deleted.
    pub deleted: BTreeSet<i64>,
    /// People who were changed and no longer match: they must be there, changed or not.
    pub must_stay: BTreeSet<i64>,
    /// Another process has the files open, so that the log cannot have been emptied at the stop.
    pub open_elsewhere: bool,
}

/// Collects what was broken.
#[derive(Debug, Default)]
struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, holds: bool, invariant: u8, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(format!("invariant {invariant}: {}", what()));
        }
    }
}

pub(crate) type Result<T, E = String> = std::result::Result<T, E>;

pub(crate) fn said(what: &'static str) -> impl FnOnce(sqlx::Error) -> String {
    move |error| format!("{what}: {error}")
}

async fn open(dir: &Path, file: &str) -> Result<SqliteConnection> {
    SqliteConnectOptions::new()
        .filename(dir.join(file))
        .busy_timeout(Duration::from_secs(20))
        .pragma("query_only", "ON")
        .connect()
        .await
        .map_err(said("opening the file"))
}

async fn number(conn: &mut SqliteConnection, sql: &'static str) -> Result<i64> {
    sqlx::query_scalar(sql).fetch_one(conn).await.map_err(said(sql))
}

/// Looks at everybody.
///
/// # Errors
/// The file cannot be read.
pub async fn look(dir: &Path) -> Result<Before> {
    let mut conn = open(dir, "lethe.db").await?;
    let people = everybody(&mut conn).await?;
    let keys = kept::look(&mut conn).await?;
    close(conn).await?;
    Ok(Before { people, keys })
}

async fn close(conn: SqliteConnection) -> Result<()> {
    conn.close().await.map_err(said("closing the file"))
}

/// The tables of a person, each as (profile, row as text), in key order. Memberships of rule segments are notes of the
/// jobs themselves and no part of a person.
const PARTS: [&str; 4] = [
    "SELECT id, json_array(dataset_id, bucket, first_seen_at, last_seen_at, created_at, changed_seq, attributes) FROM profiles ORDER BY id",
    "SELECT profile_id, json_array(kind, value) FROM identities ORDER BY profile_id, kind, value",
    "SELECT profile_id, json_array(at, eid, kind_id, value_micros, quantity_micros, campaign_id, properties) FROM events ORDER BY profile_id, at, eid",
    "SELECT m.profile_id, json_array(m.segment_id, m.member, m.joined_at) FROM memberships m JOIN segments s ON s.id = m.segment_id
     WHERE s.kind <> 'rule' ORDER BY m.profile_id, m.segment_id",
];

async fn everybody(conn: &mut SqliteConnection) -> Result<BTreeMap<i64, Person>> {
    let mut hashers: BTreeMap<i64, (blake3::Hasher, i64)> = BTreeMap::new();
    for (part, sql) in PARTS.into_iter().enumerate() {
        let rows = sqlx::query(sql).fetch_all(&mut *conn).await.map_err(said(sql))?;
        for row in rows {
            let id: i64 = row.try_get(0).map_err(said(sql))?;
            let text: String = row.try_get(1).map_err(said(sql))?;
            // The profile itself comes first: a child without one is found by invariant 4, not here.
            if part == 0 {
                hashers.insert(id, (blake3::Hasher::new(), 0));
            }
            if let Some((hasher, events)) = hashers.get_mut(&id) {
                *events += i64::from(part == 2);
                hasher.update(format!("{part}{text}\n").as_bytes());
            }
        }
    }
    let finished = |(id, (hasher, events)): (i64, (blake3::Hasher, i64))| {
        let hash = *hasher.finalize().as_bytes();
        (id, Person { hash, events })
    };
    Ok(hashers.into_iter().map(finished).collect())
}

/// A job as stored.
#[derive(Debug)]
struct Job {
    id: i64,
    state: String,
    counts: BTreeMap<&'static str, i64>,
    events: i64,
    batches: i64,
    /// The greatest id that has been decided about.
    decided: i64,
    begun: bool,
    scrubbed: bool,
    targets: BTreeSet<i64>,
    outcomes: BTreeMap<i64, String>,
}

/// The parts of the sum, in the order of the columns.
const PARTS_OF_SUM: [&str; 6] = ["matched", "deleted", "spared", "held", "failed", "gone"];

impl Job {
    fn count(&self, name: &str) -> i64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    fn left(&self) -> i64 {
        PARTS_OF_SUM[1..]
            .iter()
            .fold(self.count("matched"), |left, part| left - self.count(part))
    }

    fn over(&self) -> bool {
        matches!(
            self.state.as_str(),
            "completed" | "completed_with_leftovers" | "cancelled" | "failed"
        )
    }

    /// Whom the job counts as deleted: decided about, and no other outcome stands beside them.
    fn deleted(&self) -> impl Iterator<Item = i64> {
        let decided = self.targets.iter().filter(|id| **id <= self.decided);
        decided.filter(|id| !self.outcomes.contains_key(id)).copied()
    }
}

async fn jobs(conn: &mut SqliteConnection) -> Result<Vec<Job>> {
    let sql = "SELECT id, state, matched, deleted, spared, held, failed, gone, events_deleted, batches,
                 CASE WHEN pass = 1 THEN cursor ELSE min(freeze_upto, range_upto) END, started_at IS NOT NULL, scrubbed_at IS NOT NULL FROM jobs ORDER BY id";
    let mut jobs = Vec::new();
    for row in sqlx::query(sql).fetch_all(&mut *conn).await.map_err(said(sql))? {
        let at = |column: usize| row.try_get::<i64, _>(column).map_err(said("reading a job"));
        let mut counts = BTreeMap::new();
        for (nth, part) in PARTS_OF_SUM.into_iter().enumerate() {
            counts.insert(part, at(nth + 2)?);
        }
        let id = at(0)?;
        // The set of a plan lies under its first job's number; each job has a range of it.
        let targets = sqlx::query_scalar(
            "SELECT t.profile_id FROM jobs j JOIN job_targets t ON t.job_id = coalesce(j.plan_id, j.id)
               AND t.profile_id > j.range_after AND t.profile_id <= j.range_upto WHERE j.id = $1",
        )
        .bind(id);
        let targets: Vec<i64> = targets.fetch_all(&mut *conn).await.map_err(said("targets"))?;
        let outcomes =
            sqlx::query_as("SELECT profile_id, outcome FROM job_outcomes WHERE job_id = $1").bind(id);
        let outcomes: Vec<(i64, String)> = outcomes.fetch_all(&mut *conn).await.map_err(said("outcomes"))?;
        jobs.push(Job {
            id,
            state: row.try_get(1).map_err(said("reading a job"))?,
            counts,
            events: at(8)?,
            batches: at(9)?,
            decided: at(10)?,
            begun: at(11)? == 1,
            scrubbed: at(12)? == 1,
            targets: targets.into_iter().collect(),
            outcomes: outcomes.into_iter().collect(),
        });
    }
    Ok(jobs)
}

/// Judges a directory that nobody has open, all of whose jobs are over.
///
/// # Errors
/// Every invariant that is broken, one a line.
pub async fn judge(dir: &Path, before: &Before, meanwhile: &Meanwhile) -> Result<()> {
    let log = std::fs::metadata(dir.join("lethe.db-wal")).map_or(0, |file| file.len());
    let mut conn = open(dir, "lethe.db").await?;
    let mut broken = Broken::default();
    let after = everybody(&mut conn).await?;
    let jobs = jobs(&mut conn).await?;
    let gone: BTreeSet<i64> = jobs.iter().flat_map(Job::deleted).collect();
    for job in &jobs {
        sums(&mut broken, job);
        batches(&mut broken, &mut conn, job).await?;
        let events: i64 = job
            .deleted()
            .filter_map(|id| before.people.get(&id))
            .map(|person| person.events)
            .sum();
        broken.unless(events == job.events, 5, || {
            format!(
                "job {} counts {} events, its people had {events}",
                job.id, job.events
            )
        });
        let emptied = log == 0 || meanwhile.open_elsewhere;
        broken.unless(!job.scrubbed || emptied, 7, || {
            format!("{log} bytes are in the log after a scrub")
        });
    }
    people(&mut broken, before, &after, &gone, meanwhile);
    children(&mut broken, &mut conn, jobs.iter().any(|job| job.begun)).await?;
    for sentence in kept::judge(&mut conn, dir, &before.keys, &gone).await? {
        broken.unless(false, 8, || sentence);
    }
    sound(&mut broken, &mut conn, "lethe.db").await?;
    close(conn).await?;
    let mut copy = open(dir, "warehouse.db").await?;
    sound(&mut broken, &mut copy, "warehouse.db").await?;
    copied(&mut broken, &mut copy, before, &gone).await?;
    marked(&mut broken, &mut copy, &jobs).await?;
    close(copy).await?;
    if broken.0.is_empty() {
        return Ok(());
    }
    Err(broken.0.join("\n"))
}

fn sums(broken: &mut Broken, job: &Job) {
    let id = job.id;
    broken.unless(job.over(), 1, || {
        format!("job {id} is {} and not over", job.state)
    });
    broken.unless(
        job.counts.values().all(|part| *part >= 0) && job.left() >= 0,
        1,
        || {
            format!(
                "job {id} counts below nothing: {:?}, left {}",
                job.counts,
                job.left()
            )
        },
    );
    broken.unless(job.state != "completed" || job.left() == 0, 1, || {
        format!("job {id} is completed and {} are left", job.left())
    });
    if job.begun {
        let targets = i64::try_from(job.targets.len()).unwrap_or(i64::MAX);
        broken.unless(targets == job.count("matched"), 1, || {
            format!(
                "job {id} matched {} and has {targets} targets",
                job.count("matched")
            )
        });
        let deleted = i64::try_from(job.deleted().count()).unwrap_or(i64::MAX);
        broken.unless(deleted == job.count("deleted"), 1, || {
            format!(
                "job {id} counts {} deleted, its ledger says {deleted}",
                job.count("deleted")
            )
        });
    }
    for outcome in ["spared", "held", "failed", "gone"] {
        let found = job.outcomes.values().filter(|found| *found == outcome).count();
        broken.unless(i64::try_from(found) == Ok(job.count(outcome)), 1, || {
            format!(
                "job {id} counts {} {outcome}, its ledger says {found}",
                job.count(outcome)
            )
        });
    }
}

fn people(
    broken: &mut Broken,
    before: &Before,
    after: &BTreeMap<i64, Person>,
    gone: &BTreeSet<i64>,
    meanwhile: &Meanwhile,
) {
    let came = before.people.len() + meanwhile.inserted.len();
    let left = gone.len() + meanwhile.deleted.difference(gone).count();
    broken.unless(came == left + after.len(), 2, || {
        format!(
            "{came} people before and new, {left} deleted, but {} are there",
            after.len()
        )
    });
    for (id, was) in &before.people {
        let is = after.get(id);
        if gone.contains(id) {
            broken.unless(is.is_none(), 4, || {
                format!("{id} is counted as deleted and is there")
            });
            broken.unless(!meanwhile.must_stay.contains(id), 3, || {
                format!("{id} no longer matched and was deleted")
            });
        } else if !meanwhile.deleted.contains(id) {
            broken.unless(is.is_some(), 3, || {
                format!("{id} was not to be deleted and is gone")
            });
            let changed = is.is_some_and(|is| is != was) && !meanwhile.must_stay.contains(id);
            broken.unless(!changed, 3, || format!("{id} stayed, but not as they were"));
        }
    }
    for id in &meanwhile.inserted {
        broken.unless(after.contains_key(id), 3, || format!("the newcomer {id} is gone"));
    }
}

async fn children(broken: &mut Broken, conn: &mut SqliteConnection, swept: bool) -> Result<()> {
    for table in ["events", "identities", "memberships", "identity_lookup"] {
        if table == "identity_lookup" && !swept {
            continue;
        }
        let sql = format!(
            "SELECT count(*) FROM {table} c WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.id = c.profile_id)"
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql));
        let orphans: i64 = query.fetch_one(&mut *conn).await.map_err(said("orphans"))?;
        broken.unless(orphans == 0, 4, || {
            format!("{orphans} rows of {table} belong to nobody")
        });
    }
    // The other way round: everybody who is there can still be found.
    let lost = number(
        conn,
        "SELECT count(*) FROM identities i WHERE NOT EXISTS (SELECT 1 FROM identity_lookup l WHERE l.profile_id = i.profile_id AND l.kind = i.kind)",
    )
    .await?;
    broken.unless(lost == 0, 4, || {
        format!("{lost} identities of living people are not in the look-up")
    });
    Ok(())
}

/// The columns of a batch in the order of its row, the leaf after them.
const BATCHES: &str = "SELECT job_id, no, pass, epoch, first_id, last_id, deleted, spared, held, failed, gone, events, ms, at, leaf
                       FROM job_batches WHERE job_id = $1 ORDER BY no";
/// Numbers of a batch's row.
const NUMBERS: usize = 14;

async fn batches(broken: &mut Broken, conn: &mut SqliteConnection, job: &Job) -> Result<()> {
    let rows = sqlx::query(BATCHES)
        .bind(job.id)
        .fetch_all(conn)
        .await
        .map_err(said(BATCHES))?;
    let mut sums = [0_i64; 6];
    let mut before: Vec<u8> = Vec::new();
    for (nth, row) in rows.iter().enumerate() {
        let mut numbers = [0_i64; NUMBERS];
        for (column, number) in numbers.iter_mut().enumerate() {
            *number = row.try_get(column).map_err(said("reading a batch"))?;
        }
        broken.unless(i64::try_from(nth + 1) == Ok(numbers[1]), 5, || {
            format!("job {} lacks batch {}", job.id, nth + 1)
        });
        for (sum, number) in sums.iter_mut().zip(&numbers[6..]) {
            *sum += number;
        }
        let leaf: Option<Vec<u8>> = row.try_get(NUMBERS).map_err(said("reading a leaf"))?;
        broken.unless(leaf.as_ref() == Some(&chained(&before, &numbers)), 5, || {
            format!("the chain of job {} breaks at batch {}", job.id, nth + 1)
        });
        before = leaf.unwrap_or_default();
    }
    broken.unless(i64::try_from(rows.len()) == Ok(job.batches), 5, || {
        format!(
            "job {} counts {} batches and has {}",
            job.id,
            job.batches,
            rows.len()
        )
    });
    let counted = ["deleted", "spared", "held", "failed", "gone"].map(|part| job.count(part));
    broken.unless(sums[..5] == counted && sums[5] == job.events, 5, || {
        format!(
            "the batches of job {} add up to {sums:?}, it counts {counted:?} and {} events",
            job.id, job.events
        )
    });
    Ok(())
}

/// A leaf of the chain, worked out anew: SHA-256 over a zero byte, the leaf before, and the row as a JSON array.
fn chained(before: &[u8], numbers: &[i64; NUMBERS]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(before);
    hasher.update(format!("{numbers:?}"));
    hasher.finalize().to_vec()
}

async fn sound(broken: &mut Broken, conn: &mut SqliteConnection, file: &str) -> Result<()> {
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *conn)
        .await
        .map_err(said("integrity_check"))?;
    broken.unless(found == "ok", 6, || format!("{file} is damaged: {found}"));
    let dangling = sqlx::query("PRAGMA foreign_key_check")
        .fetch_all(conn)
        .await
        .map_err(said("foreign_key_check"))?;
    broken.unless(dangling.is_empty(), 6, || {
        format!("{} rows of {file} refer to nothing", dangling.len())
    });
    Ok(())
}

/// The warehouse keeps whom the store deleted, with every event (fact S4): the job never outran the copy.
async fn copied(
    broken: &mut Broken,
    copy: &mut SqliteConnection,
    before: &Before,
    gone: &BTreeSet<i64>,
) -> Result<()> {
    let sql = "SELECT p.id, (SELECT count(*) FROM events e WHERE e.profile_id = p.id) FROM profiles p";
    let rows: Vec<(i64, i64)> = sqlx::query_as(sql).fetch_all(copy).await.map_err(said(sql))?;
    let kept: BTreeMap<i64, i64> = rows.into_iter().collect();
    for id in gone {
        let had = before.people.get(id).map_or(0, |person| person.events);
        let has = kept.get(id).copied();
        broken.unless(has.is_some_and(|has| has >= had), 2, || {
            format!("{id} had {had} events and the warehouse keeps {has:?}")
        });
    }
    Ok(())
}

/// The warehouse knows of each job whom it deleted, all and only those, and how many of their rows it keeps.
async fn marked(broken: &mut Broken, copy: &mut SqliteConnection, jobs: &[Job]) -> Result<()> {
    for job in jobs.iter().filter(|job| job.begun) {
        let sql = "SELECT profile_id FROM deleted_people WHERE job_id = $1";
        let marks = sqlx::query_scalar(sql).bind(job.id);
        let marks: Vec<i64> = marks.fetch_all(&mut *copy).await.map_err(said(sql))?;
        let marks: BTreeSet<i64> = marks.into_iter().collect();
        let deleted: BTreeSet<i64> = job.deleted().collect();
        broken.unless(marks == deleted, 6, || {
            format!(
                "job {} deleted {} people, {} are marked",
                job.id,
                deleted.len(),
                marks.len()
            )
        });
        let sql = "SELECT d.marked_at IS NOT NULL
                     AND d.profiles = (SELECT count(*) FROM deleted_people m JOIN profiles p ON p.id = m.profile_id WHERE m.job_id = $1)
                     AND d.events = (SELECT count(*) FROM deleted_people m JOIN events e ON e.profile_id = m.profile_id WHERE m.job_id = $1)
                   FROM deletions d WHERE d.job_id = $1";
        let right: Option<bool> = sqlx::query_scalar(sql)
            .bind(job.id)
            .fetch_optional(&mut *copy)
            .await
            .map_err(said(sql))?;
        broken.unless(right == Some(true), 6, || {
            format!("what is kept of job {} is counted wrong", job.id)
        });
    }
    Ok(())
}
