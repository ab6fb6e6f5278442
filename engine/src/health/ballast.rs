//! The ballast: a file in the data directory that takes up space while there is enough of it, and is given up when the disk
//! is full. Deleting needs space (its log grows before the file shrinks), so without it a full disk could not be emptied.
//! It holds nothing and belongs in no backup.

use crate::error::{Error, Result};
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Its name in the data directory.
const NAME: &str = "ballast";
/// What is written at once where the file system cannot set space aside.
const CHUNK_BYTES: usize = 1024 * 1024;
/// The unit of `st_blocks`, whatever the file system's own block is (stat(2)).
const BLOCK_BYTES: u64 = 512;

/// The ballast of a data directory.
#[derive(Debug, Clone)]
pub(super) struct Ballast {
    path: PathBuf,
    /// How large it is to be; 0: there is none.
    bytes: u64,
}

impl Ballast {
    pub(super) fn new(dir: &Path, bytes: u64) -> Self {
        Self {
            path: dir.join(NAME),
            bytes,
        }
    }

    /// How large it is to be.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether it lies there and takes up its space.
    pub(super) fn stands(&self) -> bool {
        let found = std::fs::metadata(&self.path);
        found.is_ok_and(|file| file.len() == self.bytes && file.blocks() * BLOCK_BYTES >= self.bytes)
    }

    /// Makes it, unless it stands; takes away one that is not wanted. Blocks: call it where that is no harm.
    ///
    /// # Errors
    /// The file cannot be made. What was begun is taken away again.
    pub(super) fn make(&self) -> Result<()> {
        if self.bytes == 0 {
            return self.release().map(|_| ());
        }
        if self.stands() {
            return Ok(());
        }
        self.fill().inspect_err(|_| {
            // The space matters more than why it could not be taken away.
            let _ = self.release();
        })
    }

    fn fill(&self) -> Result<()> {
        let failed = || Error::io("making the ballast");
        let mut open = OpenOptions::new();
        open.create(true).truncate(true).write(true).mode(0o600);
        let mut file = open.open(&self.path).map_err(failed())?;
        let set_aside = rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, self.bytes);
        match set_aside {
            Ok(()) => Ok(()),
            // Not every file system can; and some compress zeros away, so what is written is noise.
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                write_noise(&mut file, self.bytes).map_err(failed())
            }
            Err(error) => Err(failed()(error.into())),
        }
    }

    /// Gives its space back. True where there was any.
    ///
    /// # Errors
    /// It is there and cannot be taken away.
    pub(super) fn release(&self) -> Result<bool> {
        match std::fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io("releasing the ballast")(error)),
        }
    }
}

fn write_noise(file: &mut File, bytes: u64) -> std::io::Result<()> {
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    rand::fill(&mut chunk[..]);
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        file.write_all(&chunk[..part])?;
        left -= u64::try_from(part).unwrap_or(left);
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const BYTES: u64 = 3 * 1024 * 1024 + 17;

    #[test]
    fn it_takes_up_space_for_its_owner_alone_and_gives_it_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let ballast = Ballast::new(dir.path(), BYTES);
        assert!(!ballast.stands());
        ballast.make().expect("made");
        assert!(ballast.stands(), "a hole would take up no space");
        let mode = std::fs::metadata(dir.path().join(NAME))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        ballast.make().expect("it stands");
        assert!(ballast.release().expect("released"));
        assert!(!ballast.stands() && !ballast.release().expect("nothing"));
    }

    #[test]
    fn one_of_another_size_is_made_anew_and_none_is_none() {
        let dir = tempfile::tempdir().expect("a directory");
        Ballast::new(dir.path(), BYTES).make().expect("made");
        let other = Ballast::new(dir.path(), 1024 * 1024);
        assert!(!other.stands());
        other.make().expect("made anew");
        assert!(other.stands());
        let none = Ballast::new(dir.path(), 0);
        none.make().expect("none");
        assert!(!dir.path().join(NAME).exists());
    }

    #[test]
    fn noise_is_written_in_full() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(NAME);
        let mut file = File::create(&path).expect("a file");
        write_noise(&mut file, BYTES).expect("written");
        assert_eq!(std::fs::metadata(&path).expect("there").len(), BYTES);
    }
}
