//! What is written when something is done about a privacy request, and what is taken away when its time has come. What may be
//! done in which state is `domain::privacy::request`'s to say.

use super::{Conn, jobs::to_json};
use crate::error::Result;
use domain::{
    id::RequestId,
    privacy::{
        ErasureDone,
        basis::Basis,
        request::{RECORD_MONTHS, RequestState},
    },
    time::Timestamp,
};

/// Says that receipt was confirmed. False where it had been.
pub(crate) async fn confirmed(conn: &mut Conn, id: RequestId, at: Timestamp) -> Result<bool> {
    let done =
        sqlx::query("UPDATE privacy_requests SET confirmed_at = $2 WHERE id = $1 AND confirmed_at IS NULL")
            .bind(id.0)
            .bind(at.ms())
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Says how the identity was verified.
pub(crate) async fn verified(
    conn: &mut Conn,
    id: RequestId,
    how: &str,
    by: &str,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE privacy_requests SET verified_how = $2, verified_by = $3, verified_at = $4 WHERE id = $1",
    )
    .bind(id.0)
    .bind(how)
    .bind(by)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Extends the term. `by`: in the regulation's unit.
pub(crate) async fn extended(
    conn: &mut Conn,
    id: RequestId,
    (by, due): (i64, Timestamp),
    reason: &str,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE privacy_requests SET extension = $2, due_at = $3, extension_reason = $4, extended_at = $5 WHERE id = $1",
    )
    .bind(id.0)
    .bind(by)
    .bind(due.ms())
    .bind(reason)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// It is being carried out; should this process end before that is done, the next one goes on at once.
pub(crate) async fn started(conn: &mut Conn, id: RequestId, at: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE privacy_requests SET state = 'in_progress', run_at = $2, trouble = NULL WHERE id = $1",
    )
    .bind(id.0)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// It could not be carried out; it is tried again then, or when somebody says so.
pub(crate) async fn failed(
    conn: &mut Conn,
    id: RequestId,
    why: &str,
    again: Option<Timestamp>,
) -> Result<()> {
    sqlx::query("UPDATE privacy_requests SET trouble = $2, run_at = $3, tries = tries + 1 WHERE id = $1")
        .bind(id.0)
        .bind(why)
        .bind(again.map(Timestamp::ms))
        .execute(conn)
        .await?;
    Ok(())
}

/// How a request ends.
#[derive(Debug, Default)]
pub(crate) struct End<'a> {
    pub(crate) account: Option<ErasureDone>,
    pub(crate) records: Option<i64>,
    pub(crate) refusal: Option<(Basis, &'a str)>,
    pub(crate) results_until: Option<Timestamp>,
}

/// It has ended.
pub(crate) async fn ended(
    conn: &mut Conn,
    id: RequestId,
    state: RequestState,
    end: &End<'_>,
    by: &str,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE privacy_requests SET state = $2, ended_by = $3, ended_at = $4, account = $5, records = $6, basis = $7, reason = $8,
           results_until = $9, run_at = NULL, trouble = NULL WHERE id = $1",
    )
    .bind(id.0)
    .bind(state.as_str())
    .bind(by)
    .bind(at.ms())
    .bind(end.account.as_ref().map(to_json).transpose()?)
    .bind(end.records)
    .bind(end.refusal.map(|(basis, _)| basis.as_str()))
    .bind(end.refusal.map(|(_, reason)| reason))
    .bind(end.results_until.map(Timestamp::ms))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes away who it is about. False where that had been done.
pub(crate) async fn forget(conn: &mut Conn, id: RequestId, at: Timestamp) -> Result<bool> {
    sqlx::query("DELETE FROM privacy_identities WHERE request_id = $1")
        .bind(id.0)
        .execute(&mut *conn)
        .await?;
    let done =
        sqlx::query("UPDATE privacy_requests SET forgotten_at = $2 WHERE id = $1 AND forgotten_at IS NULL")
            .bind(id.0)
            .bind(at.ms())
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Ended requests with whose identities nothing is left to be done: the time of the answer is over, and every recipient has been
/// told or given up.
pub(crate) async fn forgettable(conn: &mut Conn, now: Timestamp) -> Result<Vec<RequestId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM privacy_requests r WHERE forgotten_at IS NULL AND ended_at IS NOT NULL
           AND coalesce(results_until, 0) <= $1
           AND NOT EXISTS (SELECT 1 FROM privacy_deliveries d
             WHERE d.request_id = r.id AND d.recipient_id IS NOT NULL AND d.state = 'waiting')
         ORDER BY id LIMIT 100",
    )
    .bind(now.ms())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}

/// Completed requests whose answer can still be downloaded.
pub(crate) async fn answerable(conn: &mut Conn, now: Timestamp) -> Result<Vec<RequestId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM privacy_requests WHERE forgotten_at IS NULL AND results_until > $1 ORDER BY id",
    )
    .bind(now.ms())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RequestId).collect())
}

/// Takes away the records that have been kept for as long as the law wants. Gives their numbers.
pub(crate) async fn remove_old(conn: &mut Conn, now: Timestamp) -> Result<Vec<RequestId>> {
    let before = now.minus_months(RECORD_MONTHS);
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM privacy_requests WHERE ended_at < $1 ORDER BY id LIMIT 100")
            .bind(before.ms())
            .fetch_all(&mut *conn)
            .await?;
    for id in &ids {
        for delete in [
            "DELETE FROM privacy_identities WHERE request_id = $1",
            "DELETE FROM privacy_history WHERE request_id = $1",
            "DELETE FROM privacy_deliveries WHERE request_id = $1",
            "DELETE FROM privacy_requests WHERE id = $1",
        ] {
            sqlx::query(delete).bind(*id).execute(&mut *conn).await?;
        }
    }
    Ok(ids.into_iter().map(RequestId).collect())
}
