//! What can be typed after `lethe bench`. Only shapes and help texts: nothing is done here.

use clap::{Args, Subcommand, ValueEnum, value_parser};
use serde::Serialize;
use std::path::PathBuf;

/// Fewer people than this say nothing; more than this do not fit the numbers of one set of people.
const PROFILES: std::ops::RangeInclusive<u64> = 1_000..=50_000_000;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    /// A part of it that runs in a process of its own
    #[command(subcommand)]
    pub(crate) part: Option<Part>,
    /// How many people; for several numbers, everything is measured with each
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = value_parser!(u64).range(PROFILES), default_value = "100000,1000000")]
    pub(crate) profiles: Vec<u64>,
    /// How often each figure is taken; the median is shown
    #[arg(long, value_name = "R", value_parser = value_parser!(u8).range(1..=100), default_value_t = 3)]
    pub(crate) runs: u8,
    /// Where to work: about 2.5 GB are needed for a million people
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    pub(crate) dir: PathBuf,
    /// What to measure [default: all of it]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) only: Vec<Measure>,
    /// Leave the files that were made
    #[arg(long)]
    pub(crate) keep: bool,
}

/// What can be measured, in the order in which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// Counting before a deletion
    Preview,
    /// Deleting half of the people, and wiping what they leave
    Deletion,
    /// What was expected of a third deletion of one size, and what it took
    Estimate,
    /// The console and the API, idle and while a deletion runs
    Reads,
    /// Erasing single persons while a deletion runs
    Privacy,
    /// Reading files in
    Import,
    /// From start to first page, and memory at rest
    Start,
    /// Live data in, by the tracking API
    Tracking,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// Deletes whoever was last seen before a day, and says what that took
    #[command(name = "run-job", hide = true)]
    RunJob {
        /// The day
        #[arg(long, value_name = "DATE")]
        before: String,
        /// Begin a write every few milliseconds, and say how long it waits
        #[arg(long)]
        probe: bool,
        /// Refuse these people's late data afterwards
        #[arg(long)]
        suppress: bool,
    },
    /// Deletes whoever was last seen before each of three days, one after another
    #[command(name = "run-three", hide = true)]
    RunThree {
        /// The days
        #[arg(long, value_name = "DATE,…", value_delimiter = ',')]
        before: Vec<String>,
    },
}
