//! What the command line asks of the engine: one enum and one function. The process that holds the data directory runs
//! it, be that the command itself or, through the local socket, the server: the same answer either way.

mod access;
mod data;
mod jobs;
mod limits;
mod privacy;
mod segments;
mod suppressions;

use crate::wire;
use domain::{access::Actor, page::PageRequest, problem::Problem};
use engine::Engine;
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use tokio::io::AsyncRead;

/// The bytes that come with a command: an import's file.
pub(crate) type Input = Pin<Box<dyn AsyncRead + Send>>;

/// One command. Datasets go by short name, segments by id or name, jobs by number or id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    DatasetCreate {
        slug: String,
        name: Option<String>,
    },
    DatasetList,
    Import {
        dataset: String,
        import: ImportWords,
    },
    UserAdd {
        name: String,
        role: String,
        dataset: Option<String>,
        password: String,
    },
    UserList,
    UserPassword {
        name: String,
        password: String,
    },
    UserDisable {
        name: String,
    },
    TokenCreate {
        name: String,
        dataset: Option<String>,
        scope: String,
    },
    TokenList,
    TokenRevoke {
        key_id: String,
    },
    SegmentList {
        dataset: String,
        show_disabled: bool,
    },
    SegmentShow {
        dataset: String,
        segment: String,
    },
    SegmentCreate {
        dataset: String,
        segment: wire::NewSegment,
    },
    SegmentPreview {
        dataset: String,
        rule: String,
    },
    SegmentRefresh {
        dataset: String,
        segment: String,
    },
    SegmentEnable {
        dataset: String,
        segment: String,
    },
    SegmentDisable {
        dataset: String,
        segment: String,
    },
    SegmentClone {
        dataset: String,
        segment: String,
        name: String,
    },
    JobStart {
        dataset: String,
        segment: String,
        start: Box<wire::StartJob>,
    },
    JobList {
        dataset: String,
        page: PageRequest,
    },
    JobShow {
        job: String,
    },
    JobPause {
        job: String,
    },
    JobResume {
        job: String,
    },
    JobCancel {
        job: String,
        alone: bool,
    },
    PrivacyLookup {
        dataset: String,
        identity: String,
    },
    PrivacyDelete {
        dataset: String,
        identities: Vec<String>,
    },
    SuppressionList {
        dataset: String,
        page: PageRequest,
    },
    SuppressionLookup {
        dataset: String,
        identity: String,
    },
    SuppressionAdd {
        dataset: String,
        new: wire::NewSuppression,
    },
    SuppressionLift {
        dataset: String,
        lift: wire::Lift,
    },
    Recheck {
        dataset: String,
    },
    LimitsShow,
    LimitsSet {
        job_seconds_max: Option<String>,
        proof_days: Option<String>,
    },
}

/// How a file is to be read, in the words of contract.md 2; REST uses the same as query parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ImportWords {
    /// `profiles`, `events`, `lists` or `campaigns`.
    pub(crate) kind: String,
    /// The manual segment that a list fills.
    pub(crate) list: Option<String>,
    /// `replace`, `add` or `remove`.
    pub(crate) mode: Option<String>,
    /// `FIELD=COLUMN`.
    pub(crate) map: Vec<String>,
    /// `FIELD=TEXT`.
    pub(crate) set: Vec<String>,
    /// Whether one bad row stops it.
    pub(crate) strict: bool,
    /// Whether to look only.
    pub(crate) dry_run: bool,
    /// A hash of the whole file, where it is known beforehand: then an interrupted import goes on where it stopped.
    pub(crate) content_hash: Option<[u8; 32]>,
}

/// The answer to a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Nothing more to say.
    Done(String),
    Dataset(wire::Dataset),
    Datasets(Vec<wire::Dataset>),
    Imported(wire::Imported),
    User(wire::User),
    Users(Vec<wire::User>),
    NewToken(wire::NewToken),
    Tokens(Vec<wire::Token>),
    Segment(wire::Segment),
    Segments(Vec<wire::Segment>),
    Preview(wire::Preview),
    Job(Box<wire::Job>),
    Jobs(wire::Page<wire::Job>),
    Limits(wire::Limits),
    Person(Box<wire::Person>),
    Erased(wire::Erased),
    Suppressions(wire::Page<wire::Suppression>),
    Rechecks(wire::Page<wire::Recheck>),
}

/// Runs a command.
///
/// # Errors
/// As the service behind it; what failed inside is logged here and answered as `internal`.
pub(crate) async fn run(
    engine: &Engine,
    actor: &Actor,
    command: Command,
    input: Input,
) -> Result<Outcome, Problem> {
    let outcome = match command {
        Command::DatasetCreate { .. } | Command::DatasetList | Command::Import { .. } => {
            data::run(engine, actor, command, input).await
        }
        Command::UserAdd { .. }
        | Command::UserList
        | Command::UserPassword { .. }
        | Command::UserDisable { .. }
        | Command::TokenCreate { .. }
        | Command::TokenList
        | Command::TokenRevoke { .. } => access::run(engine, actor, command).await,
        Command::SegmentList { .. }
        | Command::SegmentShow { .. }
        | Command::SegmentCreate { .. }
        | Command::SegmentPreview { .. }
        | Command::SegmentRefresh { .. }
        | Command::SegmentEnable { .. }
        | Command::SegmentDisable { .. }
        | Command::SegmentClone { .. } => segments::run(engine, actor, command).await,
        Command::JobStart { .. }
        | Command::JobList { .. }
        | Command::JobShow { .. }
        | Command::JobPause { .. }
        | Command::JobResume { .. }
        | Command::JobCancel { .. } => jobs::run(engine, actor, command).await,
        Command::PrivacyLookup { .. } | Command::PrivacyDelete { .. } => {
            privacy::run(engine, actor, command).await
        }
        Command::SuppressionList { .. }
        | Command::SuppressionLookup { .. }
        | Command::SuppressionAdd { .. }
        | Command::SuppressionLift { .. }
        | Command::Recheck { .. } => suppressions::run(engine, actor, command).await,
        Command::LimitsShow | Command::LimitsSet { .. } => limits::run(engine, actor, command).await,
    };
    outcome.map_err(engine::Error::into_problem)
}

/// Reached only if `run` hands a command to the wrong family.
fn misplaced() -> engine::Error {
    Problem::new(domain::problem::Code::Internal).into()
}

/// The dataset of a user or token: `all` and nothing mean all.
async fn scope(
    engine: &Engine,
    actor: &Actor,
    dataset: Option<&str>,
) -> engine::Result<Option<domain::id::DatasetId>> {
    match dataset {
        None | Some("all") => Ok(None),
        Some(slug) => Ok(Some(engine.dataset(actor, slug).await?.id)),
    }
}
