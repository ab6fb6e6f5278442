//! Bugs that a plan of faults plants in a batch, so that the tests' oracle is seen to find them. Only under the feature
//! `faults`; never in a release.

use super::{Conn, jobs::JobRow};
use crate::{error::Result, fault::planted};
use domain::job::Tally;

/// Does to a batch whatever the plan says, after its people were deleted and before that is recorded. `first`: the first of
/// them.
pub(crate) async fn bugs(conn: &mut Conn, job: &JobRow, first: i64, tally: &mut Tally) -> Result<()> {
    if planted("lose-counter") {
        tally.deleted -= 1;
    }
    if planted("take-neighbour") {
        sqlx::query("DELETE FROM profiles WHERE id = (SELECT min(p.id) FROM profiles p WHERE p.id > $2 AND NOT EXISTS (SELECT 1 FROM job_targets t WHERE t.job_id = $1 AND t.profile_id = p.id))")
            .bind(job.set())
            .bind(first)
            .execute(&mut *conn)
            .await?;
    }
    if planted("keep-events") {
        sqlx::query(
            "INSERT INTO events (profile_id, at, eid, kind_id) SELECT $1, 0, 0, min(id) FROM event_kinds",
        )
        .bind(first)
        .execute(conn)
        .await?;
    }
    Ok(())
}
