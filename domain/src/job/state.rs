//! What a job may become, and who may say so.
//!
//! People write the *intent*. The runner, and nothing else, moves the *state*. `JobState::next` is the one transition
//! table: the runner's SQL guards, the buttons on the pages and the tests all read it.

use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// The target set is being fixed.
    Freezing,
    /// A second person must agree.
    AwaitingApproval,
    /// Waits for its time.
    Scheduled,
    /// Waits for the dataset's one place.
    Queued,
    /// People are being deleted, batch by batch.
    Deleting,
    /// Dead entries of the identity look-up are being taken away.
    Sweeping,
    /// It is being checked who is left.
    Verifying,
    /// Freed space is being wiped.
    Scrubbing,
    /// Counts, report and receipt are being made.
    Sealing,
    /// Everyone who was to go is gone.
    Completed,
    /// Some who were to go are still there, each with a reason.
    CompletedWithLeftovers,
    /// Stopped by a person; what was deleted stays deleted.
    Cancelled,
    /// Stopped by a failure; what was deleted stays deleted.
    Failed,
}

impl JobState {
    /// Every state, in order of life.
    pub const ALL: [JobState; 13] = [
        Self::Freezing,
        Self::AwaitingApproval,
        Self::Scheduled,
        Self::Queued,
        Self::Deleting,
        Self::Sweeping,
        Self::Verifying,
        Self::Scrubbing,
        Self::Sealing,
        Self::Completed,
        Self::CompletedWithLeftovers,
        Self::Cancelled,
        Self::Failed,
    ];

    /// What may follow. From `Deleting` on, a cancel or a failure still sweeps, verifies, scrubs and seals what was
    /// deleted; before it, they end the job at once and change nothing else.
    #[must_use]
    pub const fn next(self) -> &'static [JobState] {
        use JobState as S;
        match self {
            S::Freezing => &[
                S::AwaitingApproval,
                S::Scheduled,
                S::Queued,
                S::Deleting,
                S::Cancelled,
                S::Failed,
            ],
            S::AwaitingApproval => &[S::Scheduled, S::Queued, S::Deleting, S::Cancelled, S::Failed],
            S::Scheduled => &[S::Queued, S::Deleting, S::Cancelled, S::Failed],
            S::Queued => &[S::Deleting, S::Cancelled, S::Failed],
            S::Deleting => &[S::Sweeping],
            S::Sweeping => &[S::Verifying],
            S::Verifying => &[S::Deleting, S::Scrubbing],
            S::Scrubbing => &[S::Sealing],
            S::Sealing => &[S::Completed, S::CompletedWithLeftovers, S::Cancelled, S::Failed],
            S::Completed | S::CompletedWithLeftovers | S::Cancelled | S::Failed => &[],
        }
    }

    /// Whether `next` may follow.
    #[must_use]
    pub fn may_become(self, next: JobState) -> bool {
        self.next().contains(&next)
    }

    /// Whether it is over.
    #[must_use]
    pub const fn terminal(self) -> bool {
        self.next().is_empty()
    }

    /// Whether nobody has been deleted yet and nothing else changed.
    #[must_use]
    pub const fn before_deleting(self) -> bool {
        matches!(
            self,
            Self::Freezing | Self::AwaitingApproval | Self::Scheduled | Self::Queued
        )
    }

    /// Whether it always holds the dataset's one place (an immediate job holds it from confirmation).
    #[must_use]
    pub const fn holds_place(self) -> bool {
        !self.before_deleting() && !self.terminal()
    }

    /// Whether a person may still pause it: up to the check of who is left; what follows is bookkeeping.
    #[must_use]
    pub const fn may_pause(self) -> bool {
        self.before_deleting() || matches!(self, Self::Deleting | Self::Sweeping | Self::Verifying)
    }

    /// Whether a person may still cancel it: while anyone may be left to decide about.
    #[must_use]
    pub const fn may_cancel(self) -> bool {
        self.before_deleting() || matches!(self, Self::Deleting)
    }

    /// The text form, as stored and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Freezing => "freezing",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Deleting => "deleting",
            Self::Sweeping => "sweeping",
            Self::Verifying => "verifying",
            Self::Scrubbing => "scrubbing",
            Self::Sealing => "sealing",
            Self::Completed => "completed",
            Self::CompletedWithLeftovers => "completed_with_leftovers",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What people want of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Go on.
    Run,
    /// Stop before the next batch and keep the place.
    Hold,
    /// End. Beats every other wish: there is no way back from it.
    Cancel,
}

impl Intent {
    /// The text form, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Hold => "hold",
            Self::Cancel => "cancel",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Run, Self::Hold, Self::Cancel]
            .into_iter()
            .find(|intent| intent.as_str() == text)
    }

    /// Whether a job in `state` with this intent may be given `wish`.
    #[must_use]
    pub fn may_become(self, wish: Intent, state: JobState) -> bool {
        match (self, wish) {
            (Self::Run, Self::Hold) => state.may_pause(),
            (Self::Hold, Self::Run) => !state.terminal(),
            (Self::Run | Self::Hold, Self::Cancel) => state.may_cancel(),
            _ => false,
        }
    }
}

/// What people see: the state, or what stands in its way. Derived, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// See the state of this name.
    Freezing,
    /// See the state of this name.
    AwaitingApproval,
    /// See the state of this name.
    Scheduled,
    /// See the state of this name.
    Queued,
    /// See the state of this name.
    Deleting,
    /// See the state of this name.
    Sweeping,
    /// See the state of this name.
    Verifying,
    /// See the state of this name.
    Scrubbing,
    /// See the state of this name.
    Sealing,
    /// See the state of this name.
    Completed,
    /// See the state of this name.
    CompletedWithLeftovers,
    /// See the state of this name.
    Cancelled,
    /// See the state of this name.
    Failed,
    /// Will stop before the next batch.
    Pausing,
    /// Stopped; keeps the place.
    Paused,
    /// Will end after the open batch.
    Cancelling,
    /// The server was restarted and has not taken it up again yet.
    Interrupted,
    /// Waits for something that ends by itself; the reason says what.
    Waiting,
}

impl JobStatus {
    /// Works it out. `paused`: the runner has acknowledged the hold. `orphaned`: an older process worked on it.
    #[must_use]
    pub const fn of(state: JobState, intent: Intent, paused: bool, waiting: bool, orphaned: bool) -> Self {
        if !state.terminal() {
            match intent {
                Intent::Cancel => return Self::Cancelling,
                Intent::Hold if paused => return Self::Paused,
                Intent::Hold => return Self::Pausing,
                Intent::Run if orphaned => return Self::Interrupted,
                Intent::Run if waiting => return Self::Waiting,
                Intent::Run => {}
            }
        }
        match state {
            JobState::Freezing => Self::Freezing,
            JobState::AwaitingApproval => Self::AwaitingApproval,
            JobState::Scheduled => Self::Scheduled,
            JobState::Queued => Self::Queued,
            JobState::Deleting => Self::Deleting,
            JobState::Sweeping => Self::Sweeping,
            JobState::Verifying => Self::Verifying,
            JobState::Scrubbing => Self::Scrubbing,
            JobState::Sealing => Self::Sealing,
            JobState::Completed => Self::Completed,
            JobState::CompletedWithLeftovers => Self::CompletedWithLeftovers,
            JobState::Cancelled => Self::Cancelled,
            JobState::Failed => Self::Failed,
        }
    }

    /// As shown on a badge.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Freezing => "Fixing the list",
            Self::AwaitingApproval => "Awaiting approval",
            Self::Scheduled => "Scheduled",
            Self::Queued => "Queued",
            Self::Deleting => "Deleting",
            Self::Sweeping => "Cleaning up",
            Self::Verifying => "Checking who is left",
            Self::Scrubbing => "Wiping freed space",
            Self::Sealing => "Finishing",
            Self::Completed => "Completed",
            Self::CompletedWithLeftovers => "Completed with leftovers",
            Self::Cancelled => "Cancelled",
            Self::Failed => "Failed",
            Self::Pausing => "Pausing",
            Self::Paused => "Paused",
            Self::Cancelling => "Cancelling",
            Self::Interrupted => "Interrupted",
            Self::Waiting => "Waiting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_and_every_live_one_leads_to_an_end() {
        for state in JobState::ALL {
            assert_eq!(JobState::parse(state.as_str()), Some(state));
            let mut reached = vec![state];
            let mut i = 0;
            while i < reached.len() {
                for next in reached[i].next() {
                    if !reached.contains(next) {
                        reached.push(*next);
                    }
                }
                i += 1;
            }
            assert!(reached.iter().any(|s| s.terminal()), "{state:?}");
        }
    }

    #[test]
    fn once_deleting_has_begun_every_way_to_an_end_sweeps_verifies_and_seals() {
        for state in [
            JobState::Deleting,
            JobState::Sweeping,
            JobState::Verifying,
            JobState::Scrubbing,
        ] {
            assert!(state.next().iter().all(|next| !next.terminal()), "{state:?}");
        }
    }

    #[test]
    fn a_cancel_beats_a_resume() {
        for state in JobState::ALL {
            assert!(!Intent::Cancel.may_become(Intent::Run, state));
            assert!(!Intent::Cancel.may_become(Intent::Hold, state));
        }
        assert!(Intent::Hold.may_become(Intent::Cancel, JobState::Deleting));
        assert!(!Intent::Run.may_become(Intent::Cancel, JobState::Completed));
    }

    #[test]
    fn the_place_is_held_from_deleting_to_sealing() {
        let holding: Vec<_> = JobState::ALL.into_iter().filter(|s| s.holds_place()).collect();
        assert_eq!(holding.len(), 5);
    }
}
