//! What can be typed. Only shapes and help texts: nothing is done here.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

/// Deletes customer profiles in bulk, by segment, safely: console, API and command line in one binary.
#[derive(Debug, Parser)]
#[command(
    name = "lethe",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(after_help = "Example: lethe demo")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) deed: Deed,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The data directory [default: ./lethe-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The settings file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Answer in JSON, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Deed {
    /// Serve the console and the API
    #[command(after_help = "Example: lethe serve --data /var/lib/lethe --listen 127.0.0.1:3000")]
    Serve {
        #[command(flatten)]
        listen: Listen,
        /// Show the settings as they hold, secrets hidden, and end
        #[arg(long)]
        print_config: bool,
    },
    /// Serve with sample data and a sample administrator
    #[command(after_help = "Example: lethe demo --profiles 1000000")]
    Demo {
        #[command(flatten)]
        listen: Listen,
        /// Made-up profiles on top of the real sample
        #[arg(long, value_name = "N", default_value_t = 0)]
        profiles: u64,
    },
    /// Import profiles, events or lists, or what other systems run on segments: CSV, NDJSON, .gz of both
    #[command(after_help = "Example: lethe import events purchases.csv --dataset main --set event=purchase")]
    Import(Import),
    /// Datasets: isolated stores of profiles
    #[command(
        subcommand,
        after_help = "Example: lethe dataset create shop --name \"The shop\""
    )]
    Dataset(Dataset),
    /// People who log in
    #[command(subcommand, after_help = "Example: lethe user list")]
    User(User),
    /// Tokens for machines
    #[command(
        subcommand,
        after_help = "Example: lethe token create nightly --dataset main --scope bulk"
    )]
    Token(Token),
    /// Segments
    #[command(subcommand, after_help = "Example: lethe segment list --dataset main")]
    Segment(Segment),
    /// Deletion jobs
    #[command(subcommand, after_help = "Example: lethe job list --dataset main")]
    Job(Job),
    /// Single persons: look one up, erase some, for legal requests
    #[command(
        subcommand,
        after_help = "Example: lethe privacy lookup ada@example.org --dataset main"
    )]
    Privacy(Privacy),
    /// Limits of the whole installation
    #[command(subcommand, after_help = "Example: lethe limits show")]
    Limits(Limits),
    /// Receipts of deletions
    #[command(
        subcommand,
        after_help = "Example: lethe receipt verify lethe-main-D-1001-receipt.json --key lethe-receipt-key.pem"
    )]
    Receipt(super::receipt::Receipt),
    /// Identities whose data is refused, and whether deleted people live again
    #[command(subcommand, after_help = "Example: lethe suppression list --dataset main")]
    Suppression(super::suppression::Suppression),
    /// Read the database files back and look for dead bytes; ends with 0 only where no byte of deleted people is left
    #[command(
        after_help = "Example: lethe scan --data /var/lib/lethe\n\nOpens the files itself and read-only. Stop the server first: while it writes, its log holds pages.\nBytes of tables that are about nobody and of the warehouse, which is kept on purpose, are shown and do not fail."
    )]
    Scan,
    /// Measure Lethe on this machine, and against SQLite's own shell
    #[command(
        after_help = "Example: lethe bench --profiles 100000 --only deletion,preview\n\nMakes its own people in a directory of its own and takes everything away at the end. Exits 0 whatever the figures\nare; what they mean stands in docs/benchmarks.md."
    )]
    Bench(crate::bench::Args),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Listen {
    /// Where to listen [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// The address by which browsers reach the server, such as https://lethe.example.org
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) public_origin: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ImportKind {
    Profiles,
    Events,
    Lists,
    /// What other systems run on segments: campaigns, journeys, triggers, promotions, exports
    Campaigns,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What the file holds
    pub(crate) kind: ImportKind,
    /// The file; - for standard input
    pub(crate) file: PathBuf,
    /// The dataset
    #[arg(long, value_name = "SLUG")]
    pub(crate) dataset: String,
    /// The list that is filled
    #[arg(long, value_name = "NAME")]
    pub(crate) list: Option<String>,
    /// The list becomes exactly the file
    #[arg(long, group = "mode", requires = "list")]
    pub(crate) replace: bool,
    /// The file's people join the list
    #[arg(long, group = "mode", requires = "list")]
    pub(crate) add: bool,
    /// The file's people leave the list
    #[arg(long, group = "mode", requires = "list")]
    pub(crate) remove: bool,
    /// Take a field from a column of another name
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    pub(crate) map: Vec<String>,
    /// Give a field the same text in every row
    #[arg(long, value_name = "FIELD=TEXT", value_parser = pair)]
    pub(crate) set: Vec<String>,
    /// Stop at the first bad row
    #[arg(long)]
    pub(crate) strict: bool,
    /// Read and count only; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn pair(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((field, _)) if !field.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("write it as FIELD=VALUE".to_owned()),
    }
}

fn span(text: &str) -> Result<(String, String), String> {
    match text.split_once('-') {
        Some((from, to)) => Ok((from.to_owned(), to.to_owned())),
        None => Err("write it as FROM-TO, such as 22:00-06:00".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dataset {
    /// Make a dataset
    #[command(after_help = "Example: lethe dataset create shop --name \"The shop\"")]
    Create {
        /// Its short name: lower-case letters, digits, hyphens
        slug: String,
        /// Its name as shown
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// List the datasets
    #[command(after_help = "Example: lethe dataset list --json")]
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Let a person log in
    #[command(
        after_help = "Example: lethe user add ada --role administrator --password-stdin < password.txt"
    )]
    Add {
        /// The name they log in with
        name: String,
        /// administrator, approver, privacy, editor or viewer
        #[arg(long)]
        role: String,
        /// The one dataset they may see, or all
        #[arg(long, value_name = "SLUG|all", default_value = "all")]
        dataset: String,
        /// Read the password from standard input, one line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List the people who log in
    #[command(after_help = "Example: lethe user list --json")]
    List,
    /// Give a person a new password; ends their sessions
    #[command(after_help = "Example: lethe user passwd ada --password-stdin < password.txt")]
    Passwd {
        /// Their name
        name: String,
        /// Read the password from standard input, one line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Shut a person out; ends their sessions
    #[command(after_help = "Example: lethe user disable ada")]
    Disable {
        /// Their name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token; its secret is shown this once
    #[command(after_help = "Example: lethe token create nightly --dataset main --scope bulk")]
    Create {
        /// What it is for
        name: String,
        /// Its one dataset, or all
        #[arg(long, value_name = "SLUG|all")]
        dataset: String,
        /// admin, bulk, privacy, ingest or read
        #[arg(long)]
        scope: String,
    },
    /// List the tokens, without their secrets
    #[command(after_help = "Example: lethe token list --json")]
    List,
    /// End a token
    #[command(after_help = "Example: lethe token revoke lk_0123456789")]
    Revoke {
        /// Its key id
        key_id: String,
    },
}

/// The dataset that a command is about.
#[derive(Debug, Args)]
pub(crate) struct InDataset {
    /// The dataset
    #[arg(long, value_name = "SLUG")]
    pub(crate) dataset: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Segment {
    /// List the segments
    #[command(after_help = "Example: lethe segment list --dataset main --show-disabled")]
    List {
        #[command(flatten)]
        at: InDataset,
        /// The disabled ones too
        #[arg(long)]
        show_disabled: bool,
    },
    /// Show a segment
    #[command(after_help = "Example: lethe segment show \"Lapsed customers\" --dataset main")]
    Show {
        /// Its name or id
        segment: String,
        #[command(flatten)]
        at: InDataset,
    },
    /// Make a segment
    #[command(
        after_help = "Example: lethe segment create Lapsed --dataset main --kind rule --rule 'last(purchase) before 2 years ago'"
    )]
    Create {
        /// Its name
        name: String,
        #[command(flatten)]
        at: InDataset,
        /// rule, manual or list
        #[arg(long)]
        kind: String,
        /// The rule, for rule segments
        #[arg(long, value_name = "TEXT")]
        rule: Option<String>,
    },
    /// Count who a rule would match; writes nothing
    #[command(after_help = "Example: lethe segment preview --dataset main --rule 'email is set'")]
    Preview {
        #[command(flatten)]
        at: InDataset,
        /// The rule
        #[arg(long, value_name = "TEXT")]
        rule: String,
    },
    /// Count a segment's members now
    #[command(after_help = "Example: lethe segment refresh \"Lapsed customers\" --dataset main")]
    Refresh {
        /// Its name or id
        segment: String,
        #[command(flatten)]
        at: InDataset,
    },
    /// Make a segment with the rule or the members of another one
    #[command(after_help = "Example: lethe segment clone Lapsed --dataset main --name \"Lapsed, trial\"")]
    Clone {
        /// Its name or id
        segment: String,
        #[command(flatten)]
        at: InDataset,
        /// The name of the copy
        #[arg(long)]
        name: String,
    },
    /// Keep everyone from joining a segment; its members stay
    #[command(after_help = "Example: lethe segment disable \"Lapsed customers\" --dataset main")]
    Disable {
        /// Its name or id
        segment: String,
        #[command(flatten)]
        at: InDataset,
    },
    /// Let people join a disabled segment again
    #[command(after_help = "Example: lethe segment enable \"Lapsed customers\" --dataset main")]
    Enable {
        /// Its name or id
        segment: String,
        #[command(flatten)]
        at: InDataset,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Delete everyone in a segment
    #[command(
        after_help = "Example: lethe job start --dataset main --segment Lapsed --confirm-name Lapsed --confirm-count 18196 --consent --wait"
    )]
    Start(Box<StartJob>),
    /// List the jobs of a dataset, newest first
    #[command(after_help = "Example: lethe job list --dataset main")]
    List {
        #[command(flatten)]
        at: InDataset,
        /// Rows at most
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        /// Where the page before ended
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a job
    #[command(after_help = "Example: lethe job show D-1001")]
    Show {
        /// Its number or id
        job: String,
    },
    /// Follow a job until it ends
    #[command(after_help = "Example: lethe job watch D-1001")]
    Watch {
        /// Its number or id
        job: String,
    },
    /// Stop a job before its next batch; it keeps its place
    #[command(after_help = "Example: lethe job pause D-1001")]
    Pause {
        /// Its number or id
        job: String,
    },
    /// Let a paused job go on
    #[command(after_help = "Example: lethe job resume D-1001")]
    Resume {
        /// Its number or id
        job: String,
    },
    /// End a job, and those behind it in its plan; who was deleted stays deleted
    #[command(after_help = "Example: lethe job cancel D-1001")]
    Cancel {
        /// Its number or id
        job: String,
        /// Leave the jobs behind it in its plan as they are
        #[arg(long)]
        alone: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Privacy {
    /// Show everything that is known of a person, in the store and in the warehouse
    #[command(after_help = "Example: lethe privacy lookup ada@example.org --dataset main --json")]
    Lookup {
        /// Any identity: user id, e-mail, phone or anonymous id
        #[arg(value_name = "ID")]
        identity: String,
        #[command(flatten)]
        at: InDataset,
    },
    /// Erase persons from the store and the warehouse, for good; they are not let in again
    #[command(after_help = "Example: lethe privacy delete ada@example.org --dataset main")]
    Delete {
        /// Any identity of each: user id, e-mail, phone or anonymous id
        #[arg(value_name = "ID", required = true)]
        identities: Vec<String>,
        #[command(flatten)]
        at: InDataset,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Limits {
    /// Show the limits
    #[command(after_help = "Example: lethe limits show --json")]
    Show,
    /// Set the longest job (what would take longer is done in several jobs, one after another) or the term of proofs
    #[command(after_help = "Example: lethe limits set --job-seconds-max 43200")]
    Set {
        /// Seconds, or default for five days
        #[arg(long, value_name = "N|default", required_unless_present = "proof_days")]
        job_seconds_max: Option<String>,
        /// Days after which the keys of new receipts are destroyed, or default for 731
        #[arg(long, value_name = "N|default")]
        proof_days: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StartJob {
    #[command(flatten)]
    pub(crate) at: InDataset,
    /// The segment's name or id
    #[arg(long, value_name = "NAME")]
    pub(crate) segment: String,
    /// The segment's exact name, typed again
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) confirm_name: String,
    /// The number of profiles as last seen
    #[arg(long, value_name = "N")]
    pub(crate) confirm_count: Option<String>,
    /// I understand that deleted users cannot be recovered
    #[arg(long)]
    pub(crate) consent: bool,
    /// How far the number may have moved since
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) count_tolerance: i64,
    /// Waiting period
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) wait_seconds: i64,
    /// Profiles a second at most
    #[arg(long, value_name = "N")]
    pub(crate) max_rate: Option<i64>,
    /// Hours of every day in which nobody is deleted; the job rests and goes on by itself
    #[arg(long, value_name = "FROM-TO", value_parser = span, requires = "zone")]
    pub(crate) quiet_hours: Option<(String, String)>,
    /// The time zone of the quiet hours, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", requires = "quiet_hours")]
    pub(crate) zone: Option<String>,
    /// What is refused of them afterwards: late (data from before the deletion), 30d, forever or none
    #[arg(long, value_name = "WORD")]
    pub(crate) suppress: Option<String>,
    /// About running campaigns: block, pause or proceed
    #[arg(long, value_name = "WORD")]
    pub(crate) on_active_campaign: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Wait behind a running job instead of being refused
    #[arg(long)]
    pub(crate) queue: bool,
    /// Needed where the rule matches everyone
    #[arg(long)]
    pub(crate) force: bool,
    /// Write the people to a file first; kept for seven days at most
    #[arg(long)]
    pub(crate) export: bool,
    /// Check and count only; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Return when the job has ended
    #[arg(long)]
    pub(crate) wait: bool,
}
