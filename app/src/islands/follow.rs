//! Following a job: asks the server again and again until the job is over, then loads the page anew.

use super::wait;
use crate::{
    api::{flat, jobs::poll_job},
    components::JobView,
    paths::with_query,
};
use domain::problem::Code;
use leptos::prelude::*;

/// Between polls while the job changes by the second; at first and near the end.
const QUICK_MS: u32 = 1_000;
/// Between polls once it has gone on for a while, or waits.
const SLOW_MS: u32 = 3_000;
/// Polls at the quick pace before the slow one.
const QUICK_POLLS: u32 = 60;
/// From this percent on the pace is quick again.
const LAST_PERCENT: i64 = 90;
/// Between the end and the page that shows the result, so that the end is read out.
const END_MS: u32 = 1_500;

/// To the log-in, which leads back to this page.
pub(super) fn log_in_again() {
    let back = window().location().pathname().unwrap_or_default();
    let login = with_query("/login", &[("next", &back)]);
    let _ = window().location().replace(&login);
}

/// Asks again and again until the job is over.
pub(super) fn follow(ds: String, id: String, job: RwSignal<JobView>, lost: RwSignal<bool>) {
    if cfg!(not(feature = "hydrate")) || job.with_untracked(|job| job.over) {
        return;
    }
    leptos::task::spawn_local(async move {
        let mut polls = 0_u32;
        loop {
            let quick = job.with_untracked(|job| {
                job.quick && (polls < QUICK_POLLS || job.percent.unwrap_or(0) >= LAST_PERCENT)
            });
            wait(if quick { QUICK_MS } else { SLOW_MS }).await;
            polls = polls.saturating_add(1);
            match flat(poll_job(ds.clone(), id.clone()).await) {
                Ok(next) => {
                    lost.set(false);
                    let over = next.over;
                    job.set(next);
                    if over {
                        break;
                    }
                }
                // Nothing comes back by waiting: the log-in leads back to this page.
                Err(problem) if problem.code == Code::Unauthenticated => return log_in_again(),
                Err(_) => lost.set(true),
            }
        }
        wait(END_MS).await;
        // The address without its query: "accepted" would be stale word.
        if let Ok(path) = window().location().pathname() {
            let _ = window().location().replace(&path);
        }
    });
}
