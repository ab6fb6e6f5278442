//! The key with which this installation signs: Ed25519, made at the first start, 0600 in keys/. And the two forms in which a
//! public key is handed out: PEM (RFC 8410), which other tools read too, and hex.

use super::{hex, merkle::sha256, unhex};
use crate::{
    error::{Error, Result},
    store::keys::secret,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::{fmt, path::Path};

/// The bytes in front of a public key of Ed25519 in its DER form: a sequence, the algorithm 1.3.101.112, a bit string (RFC 8410,
/// section 4).
const DER: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// A public key.
pub(super) type PublicKey = [u8; 32];
/// A signature.
pub(super) type Signature = [u8; 64];

/// The installation's key for receipts.
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Reads the key of a data directory, or makes one when there is none.
    pub(crate) fn load_or_create(dir: &Path) -> Result<Self> {
        let seed = secret(&dir.join("keys"), "receipt.key")?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| {
            Error::Start("The key for receipts cannot be used. Restore it from a backup.".to_owned())
        })?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Ok(Self { pair, public })
    }

    /// The public half.
    pub(super) const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs.
    pub(super) fn sign(&self, text: &str) -> String {
        hex(self.pair.sign(text.as_bytes()).as_ref())
    }

    /// The public key as PEM.
    pub(crate) fn pem(&self) -> String {
        let der: Vec<u8> = DER.into_iter().chain(self.public).collect();
        format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", STANDARD.encode(der))
    }

    /// What is compared by eye.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.public)
    }
}

/// SHA-256 of a public key, in hex.
pub(super) fn fingerprint(public: &PublicKey) -> String {
    hex(&sha256(public))
}

/// Whether the key signed the text.
pub(super) fn signed(public: &PublicKey, text: &str, signature: &Signature) -> bool {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(text.as_bytes(), signature)
        .is_ok()
}

/// A public key as somebody has it: PEM, or 64 hex digits.
pub(super) fn read_public(file: &[u8]) -> Option<PublicKey> {
    let text = std::str::from_utf8(file).ok()?.trim();
    if let Some(public) = unhex(text) {
        return Some(public);
    }
    let inside = text.strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let joined: String = inside.split_ascii_whitespace().collect();
    let der = STANDARD.decode(joined).ok()?;
    der.strip_prefix(&DER)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_key_is_made_once_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = Signer::load_or_create(dir.path()).expect("made");
        let again = Signer::load_or_create(dir.path()).expect("read");
        assert_eq!(first.public(), again.public());
        let file = dir.path().join("keys/receipt.key");
        let mode = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(read_public(first.pem().as_bytes()).as_ref(), Some(first.public()));
        assert_eq!(
            read_public(hex(first.public()).as_bytes()).as_ref(),
            Some(first.public())
        );
        std::fs::write(&file, "short").expect("written");
        assert!(matches!(Signer::load_or_create(dir.path()), Err(Error::Start(_))));
    }

    #[test]
    fn a_signature_is_that_of_rfc_8032() {
        // RFC 8032, section 7.1, test 2.
        let seed =
            unhex::<32>("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").expect("hex");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key");
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        let signer = Signer { pair, public };
        assert_eq!(
            hex(signer.public()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        let signature = signer.sign("r");
        assert_eq!(
            signature,
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        let signature = unhex(&signature).expect("hex");
        assert!(signed(&public, "r", &signature) && !signed(&public, "s", &signature));
    }
}
