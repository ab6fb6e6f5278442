//! Lists of jobs by whether they are over. How a row is read is in `jobs`.

use super::{
    Conn,
    jobs::{JobRow, SELECT},
};
use crate::error::Result;
use domain::id::DatasetId;

/// A job that is over, by its state; the states are those of `JobState::terminal`.
const OVER: &str = "('completed', 'completed_with_leftovers', 'cancelled', 'failed')";

/// The jobs of a dataset that are not over: the one that holds the place first, then by their starts. With `plans_as_one`, a
/// plan is there by the one whose turn it is.
pub(crate) async fn unfinished(
    conn: &mut Conn,
    dataset: DatasetId,
    plans_as_one: bool,
) -> Result<Vec<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.dataset_id = ").push_bind(dataset.0);
    q.push(" AND j.state NOT IN ").push(OVER);
    if plans_as_one {
        q.push(" AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.plan_id = j.plan_id AND e.id < j.id AND e.state NOT IN ");
        q.push(OVER).push(")");
    }
    q.push(" ORDER BY j.holds_place IS NULL, j.start_at, j.id");
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// The last jobs of a dataset that have ended, the newest end first.
pub(crate) async fn ended(conn: &mut Conn, dataset: DatasetId, rows: u32) -> Result<Vec<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.dataset_id = ").push_bind(dataset.0);
    q.push(" AND j.state IN ").push(OVER);
    q.push(" ORDER BY j.finished_at DESC, j.id DESC LIMIT ")
        .push_bind(i64::from(rows));
    Ok(q.build_query_as().fetch_all(conn).await?)
}
