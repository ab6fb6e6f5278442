//! The keyed hash of identities: the look-up finds a person by it, and no table but `identities` holds the value itself.

use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, ProfileId},
    profile::IdentityKind,
};
use std::{fmt, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

/// Bytes of the hash that are kept: enough that two of a billion identities do not meet by chance.
pub(crate) const HASH_BYTES: usize = 16;

/// The installation's secret.
#[derive(Clone)]
pub(crate) struct Keys {
    identity: [u8; 32],
}

/// Reads 32 secret bytes out of a file, or draws them where there is none. The file is 0600 and is there to stay before they are
/// used.
pub(crate) fn secret(folder: &Path, name: &str) -> Result<[u8; 32]> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| {
            Error::Start(format!(
                "{} is damaged: it must have 32 bytes. Restore it from a backup.",
                path.display()
            ))
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let drawn: [u8; 32] = rand::random();
            std::fs::create_dir_all(folder).map_err(Error::io(format!("making {}", folder.display())))?;
            let partial = folder.join(format!("{name}.partial"));
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&partial)
                .map_err(Error::io(format!("making {name}")))?;
            file.write_all(&drawn)
                .and_then(|()| file.sync_all())
                .map_err(Error::io(format!("writing {name}")))?;
            std::fs::rename(&partial, &path)
                .and_then(|()| std::fs::File::open(folder)?.sync_all())
                .map_err(Error::io(format!("placing {name}")))?;
            Ok(drawn)
        }
        Err(e) => Err(Error::Io {
            what: format!("reading {}", path.display()),
            source: e,
        }),
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Reads the secret of a data directory, or makes one when there is none. The file is 0600.
    pub(crate) fn load_or_create(dir: &Path) -> Result<Self> {
        let identity = secret(&dir.join("keys"), "identity.key")?;
        Ok(Self { identity })
    }

    /// The look-up key of a canonical identity.
    pub(crate) fn identity_hash(
        &self,
        dataset: DatasetId,
        kind: IdentityKind,
        canonical: &str,
    ) -> [u8; HASH_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.identity);
        hasher.update(&dataset.0.to_le_bytes());
        hasher.update(&kind.number().to_le_bytes());
        hasher.update(canonical.as_bytes());
        let mut out = [0; HASH_BYTES];
        hasher.finalize_xof().fill(&mut out);
        out
    }

    /// The name of a profile in files about a job: 32 hex digits, the same for the same profile everywhere in the
    /// installation, and of no use without its key. The text in front keeps it apart from hashes of identities.
    pub(crate) fn profile_name(&self, profile: ProfileId) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.identity);
        hasher.update(b"name of a profile");
        hasher.update(&profile.0.to_le_bytes());
        let mut out = [0; HASH_BYTES];
        hasher.finalize_xof().fill(&mut out);
        out.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A short stable name for an identity literal in records that must not hold it: `#` and 12 hex digits.
    pub(crate) fn pseudonym(&self, dataset: DatasetId, kind: IdentityKind, canonical: &str) -> String {
        let hash = self.identity_hash(dataset, kind, canonical);
        let mut out = String::from("#");
        for byte in hash.iter().take(6) {
            out.push_str(&format!("{byte:02x}"));
        }
        out
    }
}
