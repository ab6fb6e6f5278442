//! The directory `exports/` of the data directory: how a file in it is written, found and wiped. All of it blocks. Knows
//! names and bytes, nothing of what is in them.
//!
//! A file is written under another name, synced, and then renamed, so what has the real name is whole. Wiping overwrites
//! the bytes where they lie and takes the name away. That is about the file: copies on blocks that a disk has replaced, in
//! snapshots and in backups are outside of it.

use domain::id::JobId;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// The directory.
const DIR: &str = "exports";
/// The end of a whole file's name.
const WHOLE: &str = ".ndjson";
/// The end of the name of one that is being written.
const PARTIAL: &str = ".ndjson.partial";
/// What is overwritten at once.
const CHUNK_BYTES: usize = 64 * 1024;

fn named(data: &Path, job: JobId, end: &str) -> PathBuf {
    data.join(DIR).join(format!("{}{end}", job.number()))
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct Partial {
    file: File,
    from: PathBuf,
    to: PathBuf,
    bytes: u64,
}

impl Partial {
    /// Begins the export of a job; what an earlier try has left is wiped first. Directory and file are their owner's alone.
    pub(crate) fn begin(data: &Path, job: JobId) -> io::Result<Self> {
        let dir = data.join(DIR);
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        // One that was made by hand may be open to others.
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700))?;
        wipe(data, job)?;
        let (from, to) = (named(data, job, PARTIAL), named(data, job, WHOLE));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&from)?;
        Ok(Self {
            file,
            from,
            to,
            bytes: 0,
        })
    }

    /// Appends.
    pub(crate) fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        self.file.write_all(rows)?;
        self.bytes += rows.len() as u64;
        Ok(())
    }

    /// Puts the bytes on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Gives the file its real name; gives its size.
    pub(crate) fn place(self) -> io::Result<u64> {
        fs::rename(&self.from, &self.to)?;
        sync_dir(&self.to)?;
        Ok(self.bytes)
    }
}

/// Opens the whole file of a job.
pub(crate) fn open(data: &Path, job: JobId) -> io::Result<File> {
    File::open(named(data, job, WHOLE))
}

/// Wipes whatever a job has in the directory. False where that was nothing.
pub(crate) fn wipe(data: &Path, job: JobId) -> io::Result<bool> {
    let partial = wipe_file(&named(data, job, PARTIAL))?;
    Ok(wipe_file(&named(data, job, WHOLE))? || partial)
}

/// A file of the directory.
#[derive(Debug)]
pub(crate) struct Found {
    /// The job that its name says; `None`: it says none.
    pub(crate) job: Option<JobId>,
    /// Whether it is a whole file.
    pub(crate) whole: bool,
    path: PathBuf,
}

impl Found {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Wipes it.
    pub(crate) fn wipe(&self) -> io::Result<bool> {
        wipe_file(&self.path)
    }
}

/// Everything in the directory but further directories.
pub(crate) fn found(data: &Path) -> io::Result<Vec<Found>> {
    let entries = match fs::read_dir(data.join(DIR)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(PARTIAL).or_else(|| name.strip_suffix(WHOLE));
        found.push(Found {
            job: stem
                .and_then(JobId::parse)
                .filter(|job| stem == Some(job.number().as_str())),
            whole: name.ends_with(WHOLE),
            path: entry.path(),
        });
    }
    Ok(found)
}

/// Overwrites a file, syncs it and takes it away. What is no file, such as a link, is taken away alone.
fn wipe_file(path: &Path) -> io::Result<bool> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if meta.is_file() {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let zeros = [0; CHUNK_BYTES];
        let mut left = meta.len();
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
            file.write_all(&zeros[..part])?;
            left -= part as u64;
        }
        file.sync_all()?;
    }
    fs::remove_file(path)?;
    sync_dir(path)?;
    Ok(true)
}

/// Makes a change of names last.
fn sync_dir(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId(1001);

    fn written(data: &Path) -> u64 {
        let mut partial = Partial::begin(data, JOB).expect("begun");
        partial.write(b"secret\n").expect("written");
        partial.sync().expect("synced");
        partial.place().expect("placed")
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn file_and_directory_are_their_owners_alone_and_an_earlier_try_is_wiped() {
        let data = tempfile::tempdir().expect("a directory");
        Partial::begin(data.path(), JOB)
            .expect("begun")
            .write(b"half")
            .expect("written");
        fs::set_permissions(data.path().join(DIR), fs::Permissions::from_mode(0o755)).expect("opened");
        assert_eq!(written(data.path()), 7);
        let dir = data.path().join(DIR);
        assert_eq!((mode(&dir), mode(&dir.join("D-1001.ndjson"))), (0o700, 0o600));
        let found = found(data.path()).expect("found");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].job, found[0].whole), (Some(JOB), true));
    }

    #[test]
    fn wiping_overwrites_the_bytes_where_they_lie() {
        let data = tempfile::tempdir().expect("a directory");
        written(data.path());
        // A second name for the same bytes: what it shows after the wiping is what the disk has.
        let other = data.path().join("other");
        fs::hard_link(data.path().join(DIR).join("D-1001.ndjson"), &other).expect("linked");
        assert!(wipe(data.path(), JOB).expect("wiped"));
        assert_eq!(fs::read(&other).expect("read"), [0; 7]);
        assert!(!wipe(data.path(), JOB).expect("nothing"));
        assert!(open(data.path(), JOB).is_err());
    }

    #[test]
    fn a_name_that_is_not_ours_names_no_job_and_a_link_leads_nowhere() {
        let data = tempfile::tempdir().expect("a directory");
        written(data.path());
        let (dir, outside) = (data.path().join(DIR), data.path().join("outside"));
        fs::write(&outside, "keep").expect("written");
        fs::write(dir.join("notes.txt"), "x").expect("written");
        fs::write(dir.join("1001.ndjson"), "x").expect("written");
        std::os::unix::fs::symlink(&outside, dir.join("D-5.ndjson")).expect("linked");
        let found = found(data.path()).expect("found");
        assert_eq!(found.iter().filter(|one| one.job.is_none()).count(), 2);
        for one in &found {
            assert!(one.wipe().expect("wiped"));
        }
        assert_eq!(fs::read(&outside).expect("read"), b"keep");
    }
}
