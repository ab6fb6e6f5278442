//! Rows of privacy requests, of who they are about, and of what happened to them.

use super::{Conn, jobs::to_json};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, RequestId},
    privacy::{
        ErasureDone,
        basis::Basis,
        clock::Regulation,
        request::{HistoryEntry, Manner, Request, RequestKind, RequestState, Step, Subject, Which},
    },
    profile::IdentityKind,
    time::Timestamp,
};
use sqlx::{FromRow, QueryBuilder, Sqlite};

/// A request as stored.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct RequestRow {
    pub(crate) id: i64,
    pub(crate) dataset_id: i64,
    dataset: String,
    kind: String,
    regulation: String,
    manner: String,
    state: String,
    created_by: String,
    created_at: i64,
    pub(crate) received_at: i64,
    confirm_by: Option<i64>,
    confirmed_at: Option<i64>,
    due_at: i64,
    first_due_at: i64,
    extension: Option<i64>,
    extension_reason: Option<String>,
    extended_at: Option<i64>,
    verified_how: Option<String>,
    verified_by: Option<String>,
    verified_at: Option<i64>,
    pub(crate) run_at: Option<i64>,
    subjects: String,
    trouble: Option<String>,
    pub(crate) tries: i64,
    account: Option<String>,
    records: Option<i64>,
    basis: Option<String>,
    reason: Option<String>,
    ended_by: Option<String>,
    ended_at: Option<i64>,
    results_until: Option<i64>,
    forgotten_at: Option<i64>,
    pub(crate) outside_id: Option<String>,
    pub(crate) controller: Option<String>,
    pub(crate) digest: Option<Vec<u8>>,
    callbacks: Option<String>,
    untold: i64,
}

const SELECT: &str = "SELECT r.*, d.slug AS dataset,
   (SELECT count(*) FROM privacy_deliveries p WHERE p.request_id = r.id AND p.state <> 'sent') AS untold
 FROM privacy_requests r JOIN datasets d ON d.id = r.dataset_id WHERE ";

fn word<T>(found: Option<T>, id: i64, what: &str) -> Result<T> {
    found.ok_or_else(|| Error::Corrupt(format!("privacy request {id} has an unknown {what}")))
}

impl RequestRow {
    pub(crate) fn id(&self) -> RequestId {
        RequestId(self.id)
    }

    pub(crate) fn dataset(&self) -> DatasetId {
        DatasetId(self.dataset_id)
    }

    pub(crate) fn state(&self) -> Result<RequestState> {
        word(RequestState::parse(&self.state), self.id, "state")
    }

    pub(crate) fn kind(&self) -> Result<RequestKind> {
        word(RequestKind::parse(&self.kind), self.id, "kind")
    }

    pub(crate) fn regulation(&self) -> Result<Regulation> {
        word(Regulation::parse(&self.regulation), self.id, "regulation")
    }

    /// Whether somebody has made sure who asks.
    pub(crate) fn verified(&self) -> bool {
        self.verified_at.is_some()
    }

    /// Until when it must be answered without an extension.
    pub(crate) fn first_due_at(&self) -> Timestamp {
        Timestamp::from_ms(self.first_due_at)
    }

    /// The addresses that are called at every change of state.
    pub(crate) fn callbacks(&self) -> Result<Vec<String>> {
        let Some(text) = &self.callbacks else {
            return Ok(Vec::new());
        };
        word(serde_json::from_str(text).ok(), self.id, "list of callbacks")
    }

    /// As shown; who it is about is the caller's to add.
    pub(crate) fn show(self) -> Result<Request> {
        let at = Timestamp::from_ms;
        let account: Option<Option<ErasureDone>> = self
            .account
            .as_deref()
            .map(|text| serde_json::from_str(text).ok());
        let basis = self.basis.as_deref().map(Basis::parse);
        Ok(Request {
            id: self.id(),
            kind: self.kind()?,
            regulation: self.regulation()?,
            manner: word(Manner::parse(&self.manner), self.id, "manner")?,
            state: self.state()?,
            account: account.map(|it| word(it, self.id, "account")).transpose()?,
            basis: basis.map(|it| word(it, self.id, "ground")).transpose()?,
            names: word(
                serde_json::from_str(&self.subjects).ok(),
                self.id,
                "list of names",
            )?,
            dataset: self.dataset,
            created_by: self.created_by,
            created_at: at(self.created_at),
            received_at: at(self.received_at),
            confirm_by: self.confirm_by.map(at),
            confirmed_at: self.confirmed_at.map(at),
            due_at: at(self.due_at),
            first_due_at: at(self.first_due_at),
            extension: self.extension,
            extension_reason: self.extension_reason,
            extended_at: self.extended_at.map(at),
            verified_how: self.verified_how,
            verified_by: self.verified_by,
            verified_at: self.verified_at.map(at),
            run_at: self.run_at.map(at),
            subjects: Vec::new(),
            trouble: self.trouble,
            records: self.records,
            reason: self.reason,
            ended_by: self.ended_by,
            ended_at: self.ended_at.map(at),
            results_until: self.results_until.map(at),
            forgotten_at: self.forgotten_at.map(at),
            outside_id: self.outside_id,
            controller: self.controller,
            untold: self.untold,
        })
    }
}

/// A new request.
#[derive(Debug)]
pub(crate) struct NewRow<'a> {
    pub(crate) dataset: DatasetId,
    pub(crate) kind: RequestKind,
    pub(crate) regulation: Regulation,
    pub(crate) manner: Manner,
    pub(crate) actor: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) received_at: Timestamp,
    pub(crate) confirmed_at: Option<Timestamp>,
    pub(crate) verified_how: Option<&'a str>,
    pub(crate) run_at: Option<Timestamp>,
    pub(crate) names: &'a [String],
    pub(crate) subjects: &'a [Subject],
    pub(crate) outside: Option<Outside<'a>>,
}

/// What only OpenDSR has.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    pub(crate) id: &'a str,
    pub(crate) controller: &'a str,
    pub(crate) digest: &'a [u8],
    pub(crate) callbacks: &'a [String],
}

/// Writes one down with who it is about. A unique violation says that the dataset has one with this outside id.
pub(crate) async fn insert(conn: &mut Conn, new: &NewRow<'_>) -> Result<RequestId> {
    let due = new.regulation.due(new.received_at).ms();
    let verified = new.verified_how.map(|_| new.now.ms());
    let outside = new.outside.as_ref();
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO privacy_requests (dataset_id, kind, regulation, manner, state, created_by, created_at, received_at, confirm_by,
           confirmed_at, due_at, first_due_at, verified_how, verified_by, verified_at, run_at, subjects, outside_id, controller, digest, callbacks)
         VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $10, $11, CASE WHEN $11 IS NULL THEN NULL ELSE $5 END, $12, $13, $14, $15, $16, $17, $18)
         RETURNING id",
    )
    .bind(new.dataset.0)
    .bind(new.kind.as_str())
    .bind(new.regulation.as_str())
    .bind(new.manner.as_str())
    .bind(new.actor)
    .bind(new.now.ms())
    .bind(new.received_at.ms())
    .bind(new.regulation.confirm_by(new.received_at).map(Timestamp::ms))
    .bind(new.confirmed_at.map(Timestamp::ms))
    .bind(due)
    .bind(new.verified_how)
    .bind(verified)
    .bind(new.run_at.map(Timestamp::ms))
    .bind(to_json(&new.names)?)
    .bind(outside.map(|it| it.id))
    .bind(outside.map(|it| it.controller))
    .bind(outside.map(|it| it.digest))
    .bind(outside.map(|it| to_json(&it.callbacks)).transpose()?)
    .fetch_one(&mut *conn)
    .await?;
    for (no, subject) in (0_i64..).zip(new.subjects) {
        sqlx::query("INSERT INTO privacy_identities (request_id, no, kind, value) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(no)
            .bind(subject.kind.map(IdentityKind::number))
            .bind(&subject.value)
            .execute(&mut *conn)
            .await?;
    }
    Ok(RequestId(id))
}

/// One of a dataset.
pub(crate) async fn find(conn: &mut Conn, id: RequestId) -> Result<Option<RequestRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(SELECT);
    q.push("r.id = ").push_bind(id.0);
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// The one of a dataset with the controller's own id.
pub(crate) async fn by_outside_id(
    conn: &mut Conn,
    dataset: DatasetId,
    outside: &str,
) -> Result<Option<RequestRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(SELECT);
    q.push("r.dataset_id = ").push_bind(dataset.0);
    q.push(" AND r.outside_id = ").push_bind(outside.to_owned());
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// Up to `rows + 1` of a dataset. Open ones: the most pressing first, all of them. Others: newest first, below number `before`
/// (0: from the newest).
pub(crate) async fn list(
    conn: &mut Conn,
    dataset: DatasetId,
    which: Which,
    before: i64,
    rows: u32,
) -> Result<Vec<RequestRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(SELECT);
    q.push("r.dataset_id = ").push_bind(dataset.0);
    if before > 0 {
        q.push(" AND r.id < ").push_bind(before);
    }
    q.push(match which {
        Which::Open => " AND r.ended_at IS NULL ORDER BY r.due_at, r.id",
        Which::Ended => " AND r.ended_at IS NOT NULL ORDER BY r.id DESC",
        Which::All => " ORDER BY r.id DESC",
    });
    q.push(" LIMIT ").push_bind(i64::from(rows) + 1);
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// How many of a dataset are open, and how many of these are past their term.
pub(crate) async fn open(conn: &mut Conn, dataset: DatasetId, now: Timestamp) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE due_at < $2) FROM privacy_requests WHERE dataset_id = $1 AND ended_at IS NULL",
    )
    .bind(dataset.0)
    .bind(now.ms())
    .fetch_one(conn)
    .await?)
}

/// The next one that the server is to carry out by itself.
pub(crate) async fn due(conn: &mut Conn, now: Timestamp) -> Result<Option<RequestRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(SELECT);
    q.push("r.ended_at IS NULL AND r.run_at <= ").push_bind(now.ms());
    q.push(" ORDER BY r.run_at, r.id LIMIT 1");
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// Erasures that are over, with no dead byte of them left in the files, and that have no receipt yet: the oldest first.
pub(crate) async fn unsealed(conn: &mut Conn) -> Result<Vec<RequestRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(SELECT);
    q.push(
        "r.kind = 'erasure' AND r.ended_at IS NOT NULL
           AND EXISTS (SELECT 1 FROM erasures e WHERE e.request_id = r.id AND e.people > 0)
           AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.request_id = r.id AND e.scrubbed_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM receipts x WHERE x.source = 'request' AND x.source_id = r.id)
         ORDER BY r.id LIMIT 100",
    );
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// Who it is about; nobody once that has been forgotten.
pub(crate) async fn subjects(conn: &mut Conn, id: RequestId) -> Result<Vec<Subject>> {
    let rows: Vec<(Option<i64>, String)> =
        sqlx::query_as("SELECT kind, value FROM privacy_identities WHERE request_id = $1 ORDER BY no")
            .bind(id.0)
            .fetch_all(conn)
            .await?;
    rows.into_iter()
        .map(|(kind, value)| {
            let kind = kind.map(|kind| word(IdentityKind::from_number(kind), id.0, "kind of identity"));
            Ok(Subject {
                kind: kind.transpose()?,
                value,
            })
        })
        .collect()
}

/// Writes a step down.
pub(crate) async fn step(
    conn: &mut Conn,
    id: RequestId,
    at: Timestamp,
    actor: &str,
    step: Step,
    note: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO privacy_history (request_id, at, actor, step, note) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id.0)
    .bind(at.ms())
    .bind(actor)
    .bind(step.as_str())
    .bind(note)
    .execute(conn)
    .await?;
    Ok(())
}

/// Its history, in order.
pub(crate) async fn history(conn: &mut Conn, id: RequestId) -> Result<Vec<HistoryEntry>> {
    let rows: Vec<(i64, String, String, Option<String>)> =
        sqlx::query_as("SELECT at, actor, step, note FROM privacy_history WHERE request_id = $1 ORDER BY id")
            .bind(id.0)
            .fetch_all(conn)
            .await?;
    rows.into_iter()
        .map(|(at, actor, step, note)| {
            let step = word(Step::parse(&step), id.0, "step")?;
            Ok(HistoryEntry {
                at: Timestamp::from_ms(at),
                actor,
                step,
                note,
            })
        })
        .collect()
}
