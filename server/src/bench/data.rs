//! The data that is measured with: made once for each number of people, then copied for each measurement that changes it.

use super::{Done, said};
use domain::{
    access::Actor,
    campaign::{CampaignSpec, CampaignStatus},
    id::{DatasetId, SegmentId},
    segment::{SegmentKind, SegmentSpec},
    time::Timestamp,
};
use engine::{BenchSpec, Engine, OpenOptions, clock::Clock};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// The people end here, so that they are the same whenever they are made.
const UNTIL: &str = "2025-11-24";
/// Another number makes other people.
const SEED: u64 = 17;
/// The dataset of a new data directory.
pub(super) const DATASET: &str = "main";
/// The segment of half of the people.
pub(super) const HALF: &str = "Half";
/// Free space that is left alone.
const FREE_BYTES_LEFT: u64 = 1_000_000_000;

/// A data directory that is closed, and what is known about it.
#[derive(Debug)]
pub(super) struct Base {
    dir: PathBuf,
    /// How many people.
    pub(super) profiles: u64,
    /// How many events.
    pub(super) events: i64,
    /// Whoever was last seen before this day is half of them.
    pub(super) before: Timestamp,
    /// How many that is.
    pub(super) half: i64,
    /// Bytes of the store's file.
    pub(super) file_bytes: u64,
    /// How the writing connection is set.
    pub(super) pragmas: Vec<(&'static str, String)>,
    /// A day before which one person in a hundred was last seen.
    pub(super) early: Timestamp,
    /// Days before which a sixth, a third and a half of the people were last seen.
    pub(super) thirds: [Timestamp; 3],
}

/// Who measures.
pub(super) fn actor() -> Actor {
    Actor::operator(rustix::process::getuid().as_raw())
}

/// Opens a data directory in this process.
pub(super) async fn open(dir: &Path) -> Done<(Engine, DatasetId)> {
    let options = OpenOptions {
        dir: dir.to_owned(),
        clock: Clock::system(),
    };
    let engine = Engine::open(options).await.map_err(said)?;
    let dataset = engine.dataset(&actor(), DATASET).await.map_err(said)?;
    Ok((engine, dataset.id))
}

/// Makes a segment of everyone last seen before a day, and counts it.
pub(super) async fn segment(
    engine: &Engine,
    dataset: DatasetId,
    name: &str,
    before: Timestamp,
) -> Done<(SegmentId, i64)> {
    let spec = SegmentSpec {
        name: name.to_owned(),
        kind: SegmentKind::Rule,
        rule: Some(rule(before)),
    };
    let made = engine
        .create_segment(&actor(), dataset, spec)
        .await
        .map_err(said)?;
    let counted = engine
        .refresh_count(&actor(), dataset, made.id)
        .await
        .map_err(said)?;
    let count = counted.count.ok_or("A segment was not counted.")?;
    Ok((made.id, count.value))
}

/// The rule of everyone last seen before a day.
pub(super) fn rule(before: Timestamp) -> String {
    format!("last_seen before {}", before.to_date())
}

impl Base {
    /// Makes the people, a segment of half of them and a campaign that leans on it, and closes the directory.
    pub(super) async fn make(dir: PathBuf, profiles: u64) -> Done<Self> {
        let until = Timestamp::parse_date(UNTIL).ok_or("The last day is no day.")?;
        let spec = BenchSpec {
            profiles,
            until,
            seed: SEED,
        };
        let before = spec.last_seen_of(500);
        let (engine, dataset) = open(&dir).await?;
        engine.load_bench(dataset, spec, |_| ()).await.map_err(said)?;
        let (id, half) = segment(&engine, dataset, HALF, before).await?;
        let campaign = CampaignSpec {
            id: None,
            name: "Newsletter".to_owned(),
            // One that runs would stand in the way of the deletion.
            status: CampaignStatus::Draft,
            include: vec![id],
            exclude: Vec::new(),
            starts_at: None,
            ends_at: None,
            arms: Vec::new(),
        };
        engine
            .create_campaign(&actor(), dataset, campaign)
            .await
            .map_err(said)?;
        let pragmas = engine.writer_pragmas().await.map_err(said)?;
        let (made, events) = engine.bare_totals().await.map_err(said)?;
        let bare = engine.bare_count(dataset, before).await.map_err(said)?;
        engine.close().await;
        if (u64::try_from(made), half) != (Ok(profiles), bare) {
            return Err(format!(
                "{made} people were made of {profiles}; {half} match the rule and {bare} the bare count."
            ));
        }
        Ok(Self {
            profiles,
            events,
            before,
            half,
            file_bytes: fs::metadata(dir.join("lethe.db")).map_err(said)?.len(),
            pragmas,
            early: spec.last_seen_of(10),
            thirds: [167, 333, 500].map(|permille| spec.last_seen_of(permille)),
            dir,
        })
    }

    /// The directory itself, for what changes nothing in it.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A copy of the whole directory.
    pub(super) fn copy(&self, name: &str) -> Done<Copied> {
        let copied = Copied(self.dir.with_file_name(name));
        copy_dir(&self.dir, &copied.0)?;
        Ok(copied)
    }

    /// A copy of the store's file alone, in a directory of its own.
    pub(super) fn copy_file(&self, name: &str) -> Done<Copied> {
        let copied = Copied(self.dir.with_file_name(name));
        fs::create_dir_all(&copied.0).map_err(said)?;
        copy_file(&self.dir.join("lethe.db"), &copied.0.join("lethe.db"))?;
        Ok(copied)
    }
}

/// A directory that goes when it is let go of.
#[derive(Debug)]
pub(super) struct Copied(PathBuf);

impl Copied {
    /// An empty one.
    pub(super) fn empty(beside: &Path, name: &str) -> Done<Self> {
        let copied = Self(beside.with_file_name(name));
        fs::create_dir_all(&copied.0).map_err(said)?;
        Ok(copied)
    }

    /// Where it is.
    pub(super) fn dir(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // What cannot be removed now goes with the whole working directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_dir(from: &Path, to: &Path) -> Done<()> {
    fs::create_dir_all(to).map_err(said)?;
    for entry in fs::read_dir(from).map_err(said)? {
        let entry = entry.map_err(said)?;
        let (kind, to) = (entry.file_type().map_err(said)?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_dir(&entry.path(), &to)?;
        } else if kind.is_file() {
            copy_file(&entry.path(), &to)?;
        }
    }
    Ok(())
}

/// Copies a file and waits until it is on the disk: else the system would write it out while something is measured.
fn copy_file(from: &Path, to: &Path) -> Done<()> {
    let bytes = fs::metadata(from).map_err(said)?.len();
    let at = to.parent().unwrap_or(to);
    let disk = rustix::fs::statvfs(at).map_err(said)?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) < bytes + FREE_BYTES_LEFT {
        return Err(format!(
            "{} has too little free space for a copy of {} MB: name another place with --dir, or fewer people.",
            at.display(),
            bytes / 1_000_000
        ));
    }
    fs::copy(from, to).map_err(said)?;
    File::open(to).and_then(|file| file.sync_all()).map_err(said)
}
