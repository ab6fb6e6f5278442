//! `erasures.log`: every identity that was ever taken out, as its keyed hash, in a file beside the database. It outlives
//! the database: after an older backup was put back, it says who had been deleted since. It is only ever appended to, and
//! is on the disk before the transaction that it speaks of commits. What a transaction wrote here that was then taken back
//! is written once more when it is done again, so a hash may stand here twice. Knows no table.
//!
//! A record is, numbers little-endian: `ERA1`, dataset (8 bytes), source (1: a job, 2: a privacy request), kind of
//! identity, two zero bytes, number of the source (8), time (8), count of hashes (4), the first 16 bytes of BLAKE3 over all
//! that comes before it and the hashes, then the hashes, 16 bytes each.

use super::keys::HASH_BYTES;
use crate::error::{Error, Result};
use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The file's name in the data directory.
pub(crate) const FILE: &str = "erasures.log";
/// What a record begins with.
const MAGIC: [u8; 4] = *b"ERA1";
/// Bytes of a record before its hashes.
const HEAD_BYTES: usize = 52;
/// Bytes of the check.
const CHECK_BYTES: usize = 16;
/// Bytes of a record at most: more than a slice of the sweep takes. A head that says more is none.
const RECORD_BYTES_MAX: u64 = 1 << 26;

/// What a record speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) dataset: i64,
    /// 1: a job, 2: a privacy request.
    pub(crate) source: u8,
    pub(crate) source_id: i64,
    pub(crate) kind: u8,
    pub(crate) at: i64,
}

/// The file. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct ErasureLog {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Opened, and looked through for a torn end, when it is first written to: most starts delete nobody.
    file: Mutex<Option<File>>,
}

impl ErasureLog {
    /// The log of a data directory. Touches no file.
    pub(crate) fn of(dir: &Path) -> Self {
        Self {
            inner: Arc::new(Inner {
                path: dir.join(FILE),
                file: Mutex::new(None),
            }),
        }
    }

    /// Appends a record and waits until the disk has it.
    pub(crate) async fn append(&self, head: Head, hashes: &[u8]) -> Result<()> {
        let record = record(head, hashes);
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.append(&record))
            .await
            .map_err(|_| Error::Corrupt("writing the log of erasures ended unexpectedly".to_owned()))?
    }
}

impl Inner {
    fn append(&self, record: &[u8]) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match file.take() {
            Some(open) => open,
            None => open(&self.path)?,
        };
        // After a failure the file is opened anew and its torn end cut off: what the system still holds of it is unknown.
        let mut writer = &open;
        writer
            .write_all(record)
            .and_then(|()| open.sync_data())
            .map_err(Error::Log)?;
        *file = Some(open);
        Ok(())
    }
}

fn record(head: Head, hashes: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + hashes.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&head.dataset.to_le_bytes());
    bytes.extend_from_slice(&[head.source, head.kind, 0, 0]);
    bytes.extend_from_slice(&head.source_id.to_le_bytes());
    bytes.extend_from_slice(&head.at.to_le_bytes());
    let count = u32::try_from(hashes.len() / HASH_BYTES).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&count.to_le_bytes());
    let check = check(&bytes, hashes);
    bytes.extend_from_slice(&check);
    bytes.extend_from_slice(hashes);
    bytes
}

fn check(head: &[u8], hashes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head).update(hashes);
    let mut out = [0; CHECK_BYTES];
    hasher.finalize_xof().fill(&mut out);
    out
}

/// Opens the file, makes it when there is none, and cuts off a record that was not written to its end.
fn open(path: &Path) -> Result<File> {
    let mut file = File::options()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::Log)?;
    let length = file.metadata().map_err(Error::Log)?.len();
    let whole = whole(&file, length).map_err(Error::Log)?;
    if whole < length {
        if !torn(&file, whole, length).map_err(Error::Log)? {
            return Err(Error::Corrupt(format!(
                "{FILE} is damaged at byte {whole}: what follows is no record. Restore it from a backup"
            )));
        }
        tracing::warn!(
            bytes = length - whole,
            "the last record of the log of erasures was not written to its end; it is cut off and written again"
        );
        file.set_len(whole)
            .and_then(|()| file.sync_all())
            .map_err(Error::Log)?;
    }
    if length == 0
        && let Some(dir) = path.parent()
    {
        // The name must be on the disk as well as the bytes.
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::Log)?;
    }
    file.seek(SeekFrom::End(0)).map_err(Error::Log)?;
    Ok(file)
}

/// Where the last whole record ends. Reads the heads, and of the last record all.
fn whole(file: &File, length: u64) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(64 << 10, file);
    reader.rewind()?;
    let (mut at, mut last) = (0, 0);
    while let Some(next) = step(&mut reader, at, length)? {
        last = at;
        at = next;
        let hashes = i64::try_from(next - last).unwrap_or(i64::MAX) - HEAD_BYTES as i64;
        reader.seek_relative(hashes)?;
    }
    if at > last && !good(file, last, at)? {
        return Ok(last);
    }
    Ok(at)
}

/// Reads the head at `at`; gives where its record ends, if it is a head and its record lies within the file.
fn step(reader: &mut BufReader<&File>, at: u64, length: u64) -> io::Result<Option<u64>> {
    let mut head = [0; HEAD_BYTES];
    match reader.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok(end(&head, at).filter(|end| *end <= length))
}

fn end(head: &[u8; HEAD_BYTES], at: u64) -> Option<u64> {
    let count: [u8; 4] = head[32..36].try_into().ok()?;
    let bytes = HEAD_BYTES as u64 + u64::from(u32::from_le_bytes(count)) * HASH_BYTES as u64;
    (head.starts_with(&MAGIC) && bytes <= RECORD_BYTES_MAX).then_some(at + bytes)
}

/// Whether the record between these places is as it was written.
fn good(mut file: &File, from: u64, to: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(to - from).read_to_end(&mut bytes)?;
    let Some((head, hashes)) = bytes.split_at_checked(HEAD_BYTES) else {
        return Ok(false);
    };
    let (head, said) = head.split_at(HEAD_BYTES - CHECK_BYTES);
    Ok(check(head, hashes) == said)
}

/// Whether what follows the last whole record is one that was cut off, or room that was made and never written.
fn torn(mut file: &File, whole: u64, length: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(whole))?;
    let mut rest = Vec::new();
    file.take(RECORD_BYTES_MAX + 1).read_to_end(&mut rest)?;
    if length - whole > RECORD_BYTES_MAX {
        return Ok(false);
    }
    let begun = match rest.first_chunk::<HEAD_BYTES>() {
        Some(head) => end(head, whole).is_some_and(|end| end >= length),
        None => true,
    };
    Ok(begun || rest.iter().all(|byte| *byte == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head {
        dataset: 1,
        source: 1,
        source_id: 1001,
        kind: 2,
        at: 5,
    };

    async fn written(records: usize) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let log = ErasureLog::of(dir.path());
        for no in 0..records {
            let hashes = vec![u8::try_from(no).expect("few"); HASH_BYTES * (no + 1)];
            log.append(HEAD, &hashes).await.expect("append");
        }
        let path = dir.path().join(FILE);
        (dir, path)
    }

    #[tokio::test]
    async fn a_record_that_was_torn_anywhere_is_cut_off_and_the_next_one_follows_the_last_whole_one() {
        let (dir, path) = written(3).await;
        let all = std::fs::read(&path).expect("read");
        let second = HEAD_BYTES * 2 + HASH_BYTES * 3;
        for length in second..all.len() {
            std::fs::write(&path, &all[..length]).expect("tear");
            let log = ErasureLog::of(dir.path());
            log.append(HEAD, &[9; HASH_BYTES]).await.expect("append");
            let now = std::fs::read(&path).expect("read");
            assert_eq!(now[..second], all[..second], "torn at {length}");
            assert_eq!(now[second..], record(HEAD, &[9; HASH_BYTES]), "torn at {length}");
        }
    }

    #[tokio::test]
    async fn room_that_was_never_written_and_a_wrong_last_record_are_cut_off_too() {
        let (dir, path) = written(2).await;
        let all = std::fs::read(&path).expect("read");
        let mut zeros = all.clone();
        zeros.extend([0; 300]);
        let mut wrong = all.clone();
        *wrong.last_mut().expect("bytes") ^= 1;
        for (bytes, kept) in [(zeros, all.len()), (wrong, HEAD_BYTES + HASH_BYTES)] {
            std::fs::write(&path, bytes).expect("damage");
            let log = ErasureLog::of(dir.path());
            log.append(HEAD, &[9; HASH_BYTES]).await.expect("append");
            let now = std::fs::read(&path).expect("read");
            assert_eq!(now.len(), kept + HEAD_BYTES + HASH_BYTES);
        }
    }

    #[tokio::test]
    async fn damage_in_the_middle_is_no_torn_end_and_nothing_is_cut_off() {
        let (dir, path) = written(3).await;
        let mut bytes = std::fs::read(&path).expect("read");
        bytes[HEAD_BYTES + HASH_BYTES] ^= 1;
        std::fs::write(&path, &bytes).expect("damage");
        let log = ErasureLog::of(dir.path());
        let said = log.append(HEAD, &[9; HASH_BYTES]).await;
        assert!(matches!(said, Err(Error::Corrupt(_))), "{said:?}");
        assert_eq!(std::fs::read(&path).expect("read"), bytes);
    }
}
