//! From what was typed to the command that is run.

use super::args::{Dataset, Deed, Import, ImportKind, Job, Limits, Privacy, Segment, StartJob, Token, User};
use crate::{
    command::{Command, ImportWords},
    wire,
};
use domain::page::PageRequest;
use std::{
    fs::File,
    io::{self, BufRead as _},
    path::Path,
};

/// The command, or `None` where it is none that the engine runs.
///
/// # Errors
/// The password could not be read.
pub(super) fn command(deed: Deed) -> io::Result<Option<Command>> {
    Ok(Some(match deed {
        Deed::Serve { .. } | Deed::Demo { .. } | Deed::Scan | Deed::Bench(_) | Deed::Receipt(_) => {
            return Ok(None);
        }
        Deed::Import(import) => import_command(import),
        Deed::Dataset(Dataset::Create { slug, name }) => Command::DatasetCreate { slug, name },
        Deed::Dataset(Dataset::List) => Command::DatasetList,
        Deed::User(user) => user_command(user)?,
        Deed::Token(Token::Create { name, dataset, scope }) => Command::TokenCreate {
            name,
            dataset: Some(dataset),
            scope,
        },
        Deed::Token(Token::List) => Command::TokenList,
        Deed::Token(Token::Revoke { key_id }) => Command::TokenRevoke { key_id },
        Deed::Segment(segment) => segment_command(segment),
        Deed::Job(job) => job_command(job),
        Deed::Privacy(Privacy::Lookup { identity, at }) => Command::PrivacyLookup {
            dataset: at.dataset,
            identity,
        },
        Deed::Privacy(Privacy::Delete { identities, at }) => Command::PrivacyDelete {
            dataset: at.dataset,
            identities,
        },
        Deed::Suppression(it) => super::suppression::command(it),
        Deed::Limits(Limits::Show) => Command::LimitsShow,
        Deed::Limits(Limits::Set {
            job_seconds_max,
            proof_days,
        }) => Command::LimitsSet {
            job_seconds_max,
            proof_days,
        },
    }))
}

fn import_command(it: Import) -> Command {
    let mode = [(it.replace, "replace"), (it.add, "add"), (it.remove, "remove")];
    let kind = match it.kind {
        ImportKind::Profiles => "profiles",
        ImportKind::Events => "events",
        ImportKind::Lists => "lists",
        ImportKind::Campaigns => "campaigns",
    };
    let import = ImportWords {
        kind: kind.to_owned(),
        list: it.list,
        mode: mode
            .into_iter()
            .find(|(set, _)| *set)
            .map(|(_, word)| word.to_owned()),
        map: it.map,
        set: it.set,
        strict: it.strict,
        dry_run: it.dry_run,
        content_hash: hash_of(&it.file),
    };
    Command::Import {
        dataset: it.dataset,
        import,
    }
}

/// The hash of a file that can be read twice; a stream has none.
fn hash_of(file: &Path) -> Option<[u8; 32]> {
    if !file.is_file() {
        return None;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file).ok()?).ok()?;
    Some(*hasher.finalize().as_bytes())
}

fn user_command(user: User) -> io::Result<Command> {
    Ok(match user {
        User::Add {
            name, role, dataset, ..
        } => Command::UserAdd {
            name,
            role,
            dataset: Some(dataset),
            password: password()?,
        },
        User::List => Command::UserList,
        User::Passwd { name, .. } => Command::UserPassword {
            name,
            password: password()?,
        },
        User::Disable { name } => Command::UserDisable { name },
    })
}

/// The first line of standard input, without its end.
fn password() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn segment_command(segment: Segment) -> Command {
    match segment {
        Segment::List { at, show_disabled } => Command::SegmentList {
            dataset: at.dataset,
            show_disabled,
        },
        Segment::Show { segment, at } => Command::SegmentShow {
            dataset: at.dataset,
            segment,
        },
        Segment::Create { name, at, kind, rule } => Command::SegmentCreate {
            dataset: at.dataset,
            segment: wire::NewSegment { name, kind, rule },
        },
        Segment::Preview { at, rule } => Command::SegmentPreview {
            dataset: at.dataset,
            rule,
        },
        Segment::Refresh { segment, at } => Command::SegmentRefresh {
            dataset: at.dataset,
            segment,
        },
        Segment::Clone { segment, at, name } => Command::SegmentClone {
            dataset: at.dataset,
            segment,
            name,
        },
        Segment::Disable { segment, at } => Command::SegmentDisable {
            dataset: at.dataset,
            segment,
        },
        Segment::Enable { segment, at } => Command::SegmentEnable {
            dataset: at.dataset,
            segment,
        },
    }
}

fn job_command(job: Job) -> Command {
    match job {
        Job::Start(start) => start_command(*start),
        Job::List { at, limit, cursor } => Command::JobList {
            dataset: at.dataset,
            page: PageRequest { limit, cursor },
        },
        Job::Show { job } | Job::Watch { job } => Command::JobShow { job },
        Job::Pause { job } => Command::JobPause { job },
        Job::Resume { job } => Command::JobResume { job },
        Job::Cancel { job, alone } => Command::JobCancel { job, alone },
    }
}

fn start_command(it: StartJob) -> Command {
    let start = wire::StartJob {
        consent: it.consent,
        confirm_name: it.confirm_name,
        confirm_count: it.confirm_count.map(wire::TypedCount::Text),
        count_tolerance: it.count_tolerance,
        reason: it.reason,
        wait_seconds: it.wait_seconds,
        max_rate: it.max_rate,
        quiet_hours: it.quiet_hours.map(|(from, to)| wire::QuietHours {
            from,
            to,
            zone: it.zone.unwrap_or_default(),
        }),
        suppress: it.suppress,
        on_active_campaign: it.on_active_campaign,
        queue: it.queue,
        force: it.force,
        export: it.export,
        dry_run: it.dry_run,
        ..wire::StartJob::default()
    };
    Command::JobStart {
        dataset: it.at.dataset,
        segment: it.segment,
        start: Box::new(start),
    }
}
