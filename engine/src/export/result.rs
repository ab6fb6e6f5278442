//! What became of each of the frozen set: one row a profile, in the order of their numbers.
//!
//! Deleting reads no identity and keeps no row of who went, so what can be said of the deleted afterwards is: the keyed hash
//! of the profile's number, which everybody has, and the keyed hash of the strongest identity where the job wrote an
//! export, which reads identities anyway. Of those who still exist the identity is read now.

use super::{Columns, Row, SLICE, Source};
use crate::{
    error::Result,
    service::Engine,
    store::{self, exports::ResultRow, jobs::JobRow},
};
use domain::{
    csv::{Cell, push_row},
    id::{DatasetId, JobId},
    job::Became,
    problem::Problem,
};
use serde::Serialize;

const COLUMNS: [&str; 4] = ["profile", "identity", "outcome", "reason"];
const PLAIN_COLUMNS: [&str; 2] = ["profile_id", "known_as"];

/// One row.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    /// The keyed hash of the profile.
    profile: String,
    /// The keyed hash of its strongest identity, where that is known.
    identity: Option<String>,
    outcome: &'static str,
    reason: String,
    /// The profile's number, of those who still exist, where plain ids were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_id: Option<String>,
    /// Its strongest identity, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_as: Option<String>,
}

impl Row for Line {
    fn push_csv(&self, columns: &Columns, out: &mut String) {
        let hashed = [
            Cell::Text(&self.profile),
            self.identity.as_deref().into(),
            Cell::Text(self.outcome),
            Cell::Text(&self.reason),
        ];
        let plain: [Cell<'_>; 2] = [self.profile_id.as_deref().into(), self.known_as.as_deref().into()];
        let wanted = columns.fixed.len() - hashed.len();
        push_row(out, hashed.into_iter().chain(plain.into_iter().take(wanted)));
    }
}

/// The results of a job, as far as it is.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) engine: Engine,
    pub(crate) job: JobId,
    /// Whether those who still exist are named.
    pub(crate) plain: bool,
    pub(crate) after: i64,
}

impl Results {
    fn line(&self, job: &JobRow, row: ResultRow) -> Result<Line> {
        let keys = &self.engine.inner.store.keys;
        let outcome = row.outcome.as_ref().map(|(outcome, _)| *outcome);
        let became = Became::of(outcome, row.profile, job.decided_upto());
        let reason = match row.outcome {
            Some((_, reason)) => reason,
            None => became.reason(job.state()?).to_owned(),
        };
        let named = || {
            let (kind, value) = row.identity.as_ref()?;
            Some(keys.pseudonym(DatasetId(job.dataset_id), *kind, value))
        };
        let here = self.plain && row.identity.is_some();
        Ok(Line {
            profile: keys.profile_name(row.profile),
            identity: row.kept_name.or_else(named),
            outcome: became.as_str(),
            reason,
            profile_id: here.then(|| row.profile.to_string()),
            known_as: row.identity.map(|(_, value)| value).filter(|_| here),
        })
    }
}

impl Source for Results {
    type Row = Line;

    async fn next(&mut self) -> Result<Vec<Line>> {
        // One view, so that how far the job is and what it has decided belong together.
        let mut view = self.engine.inner.store.view().await?;
        let job = store::jobs::find(&mut view, self.job)
            .await?
            .ok_or_else(|| Problem::not_found("job"))?;
        let rows = store::exports::results(&mut view, self.job, self.after, SLICE).await?;
        if let Some(last) = rows.last() {
            self.after = last.profile.0;
        }
        rows.into_iter().map(|row| self.line(&job, row)).collect()
    }

    async fn columns(&mut self) -> Result<Columns> {
        let mut names = COLUMNS.to_vec();
        names.extend(PLAIN_COLUMNS.iter().filter(|_| self.plain));
        Ok(Columns::fixed(&names))
    }
}
