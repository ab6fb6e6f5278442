//! For tests alone: people put in by plain SQL, without the importer.

use super::{Conn, Store};
use domain::{
    id::{DatasetId, ProfileId},
    profile::IdentityKind,
    time::DAY_MS,
};

/// A person to be.
#[derive(Debug, Default)]
pub(crate) struct TestPerson<'a> {
    pub(crate) identities: &'a [(IdentityKind, &'a str)],
    /// JSON, in the stored coding.
    pub(crate) attributes: &'a str,
    /// Kind, days ago, value in units, campaign.
    pub(crate) events: &'a [(&'a str, i64, Option<i64>, Option<&'a str>)],
}

/// Puts a person in.
pub(crate) async fn add(store: &Store, dataset: DatasetId, person: &TestPerson<'_>) -> ProfileId {
    let mut tx = store.write().await.expect("a writer");
    let now = store.clock.now().ms();
    let id = draw_id(&mut tx, dataset).await;
    let seq: i64 =
        sqlx::query_scalar("UPDATE installation SET change_seq = change_seq + 1 RETURNING change_seq")
            .fetch_one(&mut *tx)
            .await
            .expect("a number");
    let attributes = if person.attributes.is_empty() {
        "{}"
    } else {
        person.attributes
    };
    let last_seen = person.events.iter().map(|event| now - event.1 * DAY_MS).max();
    sqlx::query("INSERT INTO profiles (id, dataset_id, bucket, last_seen_at, created_at, changed_seq, attributes) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id).bind(dataset.0).bind(id % 10_000).bind(last_seen).bind(now).bind(seq).bind(attributes)
        .execute(&mut *tx).await.expect("a profile");
    log_change(&mut tx, id).await;
    for (kind, value) in person.identities {
        let hash = store.keys.identity_hash(dataset, *kind, value);
        sqlx::query("INSERT INTO identities VALUES ($1, $2, $3)")
            .bind(id)
            .bind(kind.number())
            .bind(*value)
            .execute(&mut *tx)
            .await
            .expect("an identity");
        sqlx::query("INSERT OR REPLACE INTO identity_lookup VALUES ($1, $2, $3, $4)")
            .bind(dataset.0)
            .bind(kind.number())
            .bind(hash.as_slice())
            .bind(id)
            .execute(&mut *tx)
            .await
            .expect("a look-up");
    }
    for (no, (kind, days, value, campaign)) in (0_i64..).zip(person.events) {
        sqlx::query("INSERT OR IGNORE INTO event_kinds (dataset_id, name) VALUES ($1, $2)")
            .bind(dataset.0)
            .bind(*kind)
            .execute(&mut *tx)
            .await
            .expect("a kind");
        let micros = value.map(|units| units * 1_000_000);
        sqlx::query("INSERT INTO events (profile_id, at, eid, kind_id, value_micros, campaign_id) SELECT $1, $2, $3, id, $4, $5 FROM event_kinds WHERE dataset_id = $6 AND name = $7")
            .bind(id).bind(now - days * DAY_MS).bind(no).bind(micros).bind(*campaign).bind(dataset.0).bind(*kind)
            .execute(&mut *tx).await.expect("an event");
        sqlx::query("INSERT INTO totals SELECT $1, $2, id, $3, 1, $4, 0 FROM event_kinds WHERE dataset_id = $1 AND name = $5 ON CONFLICT DO UPDATE SET events = events + 1, value_micros = value_micros + excluded.value_micros")
            .bind(dataset.0).bind((now - days * DAY_MS).div_euclid(DAY_MS)).bind(campaign.unwrap_or("")).bind(micros.unwrap_or(0)).bind(*kind)
            .execute(&mut *tx).await.expect("a total");
    }
    tx.commit().await.expect("a commit");
    ProfileId(id)
}

/// Logs a change of a person under the number that they carry.
async fn log_change(conn: &mut Conn, id: i64) {
    sqlx::query("INSERT INTO change_log (seq, dataset_id, profile_id) SELECT changed_seq, dataset_id, id FROM profiles WHERE id = $1")
        .bind(id)
        .execute(conn)
        .await
        .expect("a change in the log");
}

async fn draw_id(conn: &mut Conn, dataset: DatasetId) -> i64 {
    let drawn: Option<i64> = sqlx::query_scalar("UPDATE profile_blocks SET next_id = next_id + 1 WHERE dataset_id = $1 AND next_id <= last_id RETURNING next_id - 1")
        .bind(dataset.0).fetch_optional(&mut *conn).await.expect("an id");
    if let Some(id) = drawn {
        return id;
    }
    let first: i64 = sqlx::query_scalar(
        "UPDATE installation SET next_block = next_block + 1 RETURNING (next_block - 1) * 1048576",
    )
    .fetch_one(&mut *conn)
    .await
    .expect("a block");
    sqlx::query("INSERT INTO profile_blocks VALUES ($1, $1 + 1048575, $1 + 1, $2)")
        .bind(first)
        .bind(dataset.0)
        .execute(conn)
        .await
        .expect("a block");
    first
}

/// Changes a person's attributes as an import would.
pub(crate) async fn set_attributes(store: &Store, id: ProfileId, attributes: &str) {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("UPDATE installation SET change_seq = change_seq + 1")
        .execute(&mut *tx)
        .await
        .expect("a number");
    sqlx::query("UPDATE profiles SET attributes = $2, changed_seq = (SELECT change_seq FROM installation) WHERE id = $1").bind(id.0).bind(attributes).execute(&mut *tx).await.expect("a change");
    log_change(&mut tx, id.0).await;
    tx.commit().await.expect("a commit");
}

/// Takes a person away as a batch of a job would: the look-up keeps its dead entries.
pub(crate) async fn remove(store: &Store, id: ProfileId) {
    let mut tx = store.write().await.expect("a writer");
    for delete in [
        "DELETE FROM events WHERE profile_id = $1",
        "DELETE FROM identities WHERE profile_id = $1",
        "DELETE FROM memberships WHERE profile_id = $1",
        "DELETE FROM profiles WHERE id = $1",
    ] {
        sqlx::query(delete)
            .bind(id.0)
            .execute(&mut *tx)
            .await
            .expect("a deletion");
    }
    tx.commit().await.expect("a commit");
}

/// Puts a person on a list.
pub(crate) async fn join(store: &Store, segment: domain::id::SegmentId, id: ProfileId) {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("INSERT INTO memberships (profile_id, segment_id, joined_at) VALUES ($1, $2, 0)")
        .bind(id.0)
        .bind(segment.0)
        .execute(&mut *tx)
        .await
        .expect("a membership");
    sqlx::query("UPDATE segments SET version = version + 1 WHERE id = $1")
        .bind(segment.0)
        .execute(&mut *tx)
        .await
        .expect("a version");
    tx.commit().await.expect("a commit");
}

/// How many members are stored for a segment.
pub(crate) async fn stored_members(store: &Store, segment: domain::id::SegmentId) -> i64 {
    let mut conn = store.read().await.expect("a reader");
    sqlx::query_scalar("SELECT count(*) FROM memberships WHERE segment_id = $1")
        .bind(segment.0)
        .fetch_one(&mut *conn)
        .await
        .expect("a count")
}

/// An unfinished job of a segment (`state` freezing), or a finished one that says how fast it was.
pub(crate) async fn job(
    store: &Store,
    dataset: DatasetId,
    segment: i64,
    state: &str,
    deleted: i64,
    work_ms: i64,
) {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("INSERT INTO jobs (dataset_id, segment_id, segment_name, spec, plan_hash, state, requested_by, now_at, confirmed_count, freeze_seq, freeze_upto, deleted, work_ms, created_at, start_at, updated_at) VALUES ($1, $2, 's', '{}', '', $3, 'x', 0, 0, 0, 0, $4, $5, 0, 0, 0)")
        .bind(dataset.0).bind(segment).bind(state).bind(deleted).bind(work_ms).execute(&mut *tx).await.expect("a job");
    tx.commit().await.expect("a commit");
}

/// Ends every job of a segment.
pub(crate) async fn end_jobs(store: &Store, segment: i64) {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("UPDATE jobs SET state = 'cancelled' WHERE segment_id = $1")
        .bind(segment)
        .execute(&mut *tx)
        .await
        .expect("an end");
    tx.commit().await.expect("a commit");
}

/// Makes the dataset's blocks full, so that the next person gets an id of a new one.
pub(crate) async fn fill_blocks(store: &Store, dataset: DatasetId) {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("UPDATE profile_blocks SET next_id = last_id + 1 WHERE dataset_id = $1")
        .bind(dataset.0)
        .execute(&mut *tx)
        .await
        .expect("full blocks");
    tx.commit().await.expect("a commit");
}
/// Everything that an event leaves behind of a person, and of the dataset's totals, as text to compare: no ids and no
/// numbers that are drawn.
pub(crate) async fn traces(store: &Store, dataset: DatasetId, id: ProfileId) -> String {
    let mut conn = store.read().await.expect("a reader");
    let person: (Option<i64>, Option<i64>, i64) =
        sqlx::query_as("SELECT first_seen_at, last_seen_at, events FROM profiles WHERE id = $1")
            .bind(id.0)
            .fetch_one(&mut *conn)
            .await
            .expect("a person");
    let events: Vec<(i64, String, Option<String>)> = sqlx::query_as(
        "SELECT e.at, k.name, e.campaign_id FROM events e JOIN event_kinds k ON k.id = e.kind_id WHERE e.profile_id = $1",
    )
    .bind(id.0)
    .fetch_all(&mut *conn)
    .await
    .expect("events");
    let logged: Vec<(bool, bool)> = sqlx::query_as(
        "SELECT event_at IS NULL, seq = (SELECT changed_seq FROM profiles WHERE id = $1) FROM change_log WHERE profile_id = $1",
    )
    .bind(id.0)
    .fetch_all(&mut *conn)
    .await
    .expect("the log");
    let totals: Vec<(i64, String, String, i64)> = sqlx::query_as(
        "SELECT t.day, k.name, t.campaign_id, t.events FROM totals t JOIN event_kinds k ON k.id = t.kind_id WHERE t.dataset_id = $1",
    )
    .bind(dataset.0)
    .fetch_all(&mut *conn)
    .await
    .expect("totals");
    format!("{person:?} {events:?} {logged:?} {totals:?}")
}

/// Takes a person's profile away and leaves the rest for later, as the first bit of somebody with very many events does.
pub(crate) async fn begin_to_remove(store: &Store, id: ProfileId) {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("DELETE FROM profiles WHERE id = $1")
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .expect("a deletion");
    tx.commit().await.expect("a commit");
}

/// Everything that stands in the audit log.
pub(crate) async fn audit_text(store: &Store) -> String {
    let mut conn = store.read().await.expect("a reader");
    let rows: Vec<String> = sqlx::query_scalar("SELECT action || ' ' || object || ' ' || detail FROM audit")
        .fetch_all(&mut *conn)
        .await
        .expect("the audit log");
    rows.join("\n")
}

/// Makes these people the targets of the one job, whose wish is `spec`, in JSON. Gives its number.
pub(crate) async fn targets(store: &Store, spec: &str, people: &[ProfileId]) -> domain::id::JobId {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("UPDATE jobs SET spec = $1, range_upto = 9223372036854775807")
        .bind(spec)
        .execute(&mut *tx)
        .await
        .expect("a wish");
    for id in people {
        sqlx::query("INSERT INTO job_targets (job_id, profile_id) SELECT id, $1 FROM jobs")
            .bind(id.0)
            .execute(&mut *tx)
            .await
            .expect("a target");
    }
    tx.commit().await.expect("a commit");
    domain::id::JobId(number(store, "SELECT id FROM jobs").await)
}

/// Takes the look-up entries of a person out.
pub(crate) async fn forget_lookups(store: &Store, id: ProfileId) {
    let mut tx = store.write().await.expect("a writer");
    sqlx::query("DELETE FROM identity_lookup WHERE profile_id = $1")
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .expect("entries go");
    tx.commit().await.expect("a commit");
}

/// One number.
pub(crate) async fn number(store: &Store, sql: &'static str) -> i64 {
    let mut conn = store.read().await.expect("a reader");
    sqlx::query_scalar(sql).fetch_one(&mut *conn).await.expect(sql)
}
