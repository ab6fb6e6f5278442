//! The plan of faults: read from one line of text, looked up at every stop point.
//!
//! A plan is words with commas between them. `NAME:N=DEED` does the deed at the N-th passing of a point (`*`: of any
//! point; `N+`: from the N-th on); the deeds are `kill` (SIGKILL), `pause` (SIGSTOP), `end` (SIGTERM, a clean
//! stop), `fail` (the step gives an error) and `power` (what was not synced is kept, dropped or torn as `seed=N` draws it,
//! and the process is killed). Points are those of the engine and, in a plan that names one or loses power, the writes,
//! truncations and syncs of its files (`io.write`, `io.truncate`, `io.sync`). `slices=N` allows N rows to a slice or batch at most. Any other word must be one of `WORDS`.

use crate::error::{Error, Result};
use rustix::process::{Signal, getpid, kill_process};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

/// What can be planted besides stops.
const WORDS: [&str; 6] = [
    "skip-scrub",
    "skip-recheck",
    "lose-counter",
    "take-neighbour",
    "keep-events",
    "lose-hashes",
];

static PLAN: OnceLock<Plan> = OnceLock::new();
static PASSED: Mutex<Option<Passed>> = Mutex::new(None);

/// A plan as read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    stops: Vec<Stop>,
    words: Vec<&'static str>,
    slice_max: Option<i64>,
    seed: u64,
}

impl Plan {
    /// Whether the failing file system is needed.
    fn looks_at_io(&self) -> bool {
        let io = |stop: &Stop| stop.name.as_ref().is_some_and(|name| name.starts_with("io."));
        self.stops.iter().any(|stop| io(stop) || stop.deed == Deed::Power)
    }
}

/// What is done at which passing of which point.
#[derive(Debug, PartialEq, Eq)]
struct Stop {
    /// `None`: any point.
    name: Option<String>,
    at: u64,
    /// Also at every later passing.
    onward: bool,
    deed: Deed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Kill,
    Pause,
    End,
    Fail,
    Power,
}

/// How often points were passed.
#[derive(Debug, Default)]
struct Passed {
    any: u64,
    each: HashMap<&'static str, u64>,
}

/// Arms this process. The first plan stays.
///
/// # Errors
/// A sentence naming the word that cannot be read.
pub fn arm(text: &str) -> std::result::Result<(), String> {
    let plan = read(text)?;
    tracing::warn!(plan = text, "this process follows a plan of faults");
    if plan.looks_at_io() {
        faults::vfs::tell(at_io);
        if plan.stops.iter().any(|stop| stop.deed == Deed::Power) {
            faults::vfs::power::remember();
        }
    }
    PLAN.get_or_init(|| plan);
    Ok(())
}

/// A call of the file system cannot be failed from here; the plan's other deeds happen all the same.
fn at_io(call: &'static str) {
    if let Err(error) = pass(call) {
        tracing::warn!(%error, "a call of the file system is failed by arming it, not by a plan");
    }
}

/// The failing file system, where the plan or a test wants it for this directory.
pub(super) fn vfs(file: &Path) -> Option<&'static str> {
    if PLAN.get().is_some_and(Plan::looks_at_io) {
        faults::vfs::watch(file.parent()?);
    }
    faults::vfs::of(file)
}

fn read(text: &str) -> std::result::Result<Plan, String> {
    let mut plan = Plan::default();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        if let Some(known) = WORDS.iter().find(|known| **known == word.replace('_', "-")) {
            plan.words.push(known);
        } else if let Some(rows) = word.strip_prefix("slices=") {
            let rows = rows.parse().ok().filter(|rows| *rows > 0);
            plan.slice_max = Some(rows.ok_or_else(|| unreadable(word))?);
        } else if let Some(seed) = word.strip_prefix("seed=") {
            plan.seed = seed.parse().map_err(|_| unreadable(word))?;
        } else {
            plan.stops.push(stop(word).ok_or_else(|| unreadable(word))?);
        }
    }
    Ok(plan)
}

fn unreadable(word: &str) -> String {
    format!(
        "LETHE_FAULT: {word:?} is neither NAME:N=kill|pause|end|fail|power nor slices=N nor seed=N nor one of {WORDS:?}."
    )
}

fn stop(word: &str) -> Option<Stop> {
    let (place, deed) = word.split_once('=')?;
    let (name, at) = place.split_once(':')?;
    let onward = at.ends_with('+');
    Some(Stop {
        name: (name != "*").then(|| name.to_owned()),
        at: at.trim_end_matches('+').parse().ok()?,
        onward,
        deed: match deed {
            "kill" => Deed::Kill,
            "pause" => Deed::Pause,
            "end" => Deed::End,
            "fail" => Deed::Fail,
            "power" => Deed::Power,
            _ => return None,
        },
    })
}

/// Whether a word stands in the plan.
pub(super) fn says(word: &str) -> bool {
    PLAN.get().is_some_and(|plan| plan.words.contains(&word))
}

/// The greatest slice that the plan allows.
pub(super) fn slice_max() -> i64 {
    PLAN.get().and_then(|plan| plan.slice_max).unwrap_or(i64::MAX)
}

/// A point is passed: does what the plan says, if anything.
///
/// # Errors
/// The planted one.
pub(super) fn pass(name: &'static str) -> Result<()> {
    let Some(plan) = PLAN.get().filter(|plan| !plan.stops.is_empty()) else {
        return Ok(());
    };
    let (any, each) = count(name);
    let due = |stop: &&Stop| {
        let passed = match &stop.name {
            None => any,
            Some(wanted) if wanted == name => each,
            Some(_) => return false,
        };
        passed == stop.at || stop.onward && passed > stop.at
    };
    let Some(stop) = plan.stops.iter().find(due) else {
        return Ok(());
    };
    tracing::warn!(name, any, each, deed = ?stop.deed, "a planned fault");
    match stop.deed {
        Deed::Kill => signal(Signal::KILL),
        Deed::Pause => signal(Signal::STOP),
        Deed::End => signal(Signal::TERM),
        Deed::Power => {
            if let Err(error) = faults::vfs::power::fail(plan.seed, || signal(Signal::KILL)) {
                tracing::error!(%error, "the power could not fail");
            }
        }
        Deed::Fail => {
            return Err(Error::Io {
                what: format!("the stop point {name}"),
                source: std::io::Error::other("planted"),
            });
        }
    }
    Ok(())
}

fn count(name: &'static str) -> (u64, u64) {
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let passed = passed.get_or_insert_default();
    passed.any += 1;
    let each = passed.each.entry(name).or_default();
    *each += 1;
    (passed.any, *each)
}

fn signal(signal: Signal) {
    if let Err(error) = kill_process(getpid(), signal) {
        tracing::error!(%error, "the planned signal could not be sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_or_its_word_is_named() {
        let plan = read("*:17=kill, batch.deleted:3+=fail,skip_scrub,slices=6").expect("reads");
        assert_eq!(plan.words, ["skip-scrub"]);
        assert_eq!(plan.slice_max, Some(6));
        assert_eq!(
            plan.stops,
            [
                Stop {
                    name: None,
                    at: 17,
                    onward: false,
                    deed: Deed::Kill
                },
                Stop {
                    name: Some("batch.deleted".to_owned()),
                    at: 3,
                    onward: true,
                    deed: Deed::Fail
                }
            ]
        );
        for wrong in ["x", "*:1=stop", "*:x=kill", "slices=0", "slices=all"] {
            assert!(read(wrong).is_err_and(|said| said.contains(wrong)), "{wrong}");
        }
    }
}
