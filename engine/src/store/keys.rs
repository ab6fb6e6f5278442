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

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Reads the secret of a data directory, or makes one when there is none. The file is 0600.
    pub(crate) fn load_or_create(dir: &Path) -> Result<Self> {
        let folder = dir.join("keys");
        let path = folder.join("identity.key");
        match std::fs::read(&path) {
            Ok(bytes) => {
                let identity = bytes.try_into().map_err(|_| {
                    Error::Start(format!(
                        "{} is damaged: it must have 32 bytes. Restore it from a backup.",
                        path.display()
                    ))
                })?;
                Ok(Self { identity })
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let identity: [u8; 32] = rand::random();
                std::fs::create_dir_all(&folder)
                    .map_err(Error::io(format!("making {}", folder.display())))?;
                let partial = folder.join("identity.key.partial");
                let mut file = std::fs::OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&partial)
                    .map_err(Error::io("making the identity key"))?;
                file.write_all(&identity)
                    .and_then(|()| file.sync_all())
                    .map_err(Error::io("writing the identity key"))?;
                std::fs::rename(&partial, &path).map_err(Error::io("placing the identity key"))?;
                Ok(Self { identity })
            }
            Err(e) => Err(Error::Io {
                what: format!("reading {}", path.display()),
                source: e,
            }),
        }
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
