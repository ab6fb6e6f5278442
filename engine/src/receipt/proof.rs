//! The proof that one person's identity is among those that a receipt is about. The file holds the receipt, the person's entry with
//! its path to the root, and a check by which whoever knows the identity sees that it is meant: a slow salted hash, because with
//! the file at hand identities can be tried. That entry and identity belong together is what the signature states: the keys by
//! which it could be worked out never leave the server. Holds no readable identifier.

use super::{
    canonical, entries, hex,
    seal::{canonical as of_ours, signed_file},
    sign::Signer,
};
use crate::{
    error::{Error, Result},
    store::{Store, keys::HASH_BYTES},
};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::{id::DatasetId, profile::IdentityKind, receipt::ReceiptOf, time::Timestamp};

/// The form of the file.
pub(super) const FORM: i64 = 1;
/// How the check is made. Whoever changes it keeps this one readable.
pub(super) const CHECK: &str = "Argon2id v19, 19456 KiB, 2 passes, 1 lane";

/// A person's proof.
#[derive(Debug)]
pub(crate) struct Person {
    /// What kind of identity it is.
    pub(crate) kind: IdentityKind,
    /// Its entry, from 0.
    pub(crate) at: i64,
    /// The file.
    pub(crate) file: String,
}

/// The check of an identity. Takes some hundredths of a second on purpose.
pub(super) fn check(salt: &[u8], kind: IdentityKind, identity: &str) -> Option<[u8; 32]> {
    let params = Params::new(19 * 1024, 2, 1, None).ok()?;
    let text = format!("{}\0{identity}", kind.as_str());
    let mut out = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(text.as_bytes(), salt, &mut out)
        .ok()?;
    Some(out)
}

/// Makes the proof for whoever has this identity, whichever kind it is of. `None`: it is not among those that the receipt is
/// about.
pub(crate) async fn prove(
    store: &Store,
    signer: &Signer,
    (of, dataset): (ReceiptOf, DatasetId),
    (receipt, size): (&str, i64),
    identity: &str,
    now: Timestamp,
) -> Result<Option<Person>> {
    let wanted: Vec<(i64, [u8; HASH_BYTES])> = IdentityKind::ALL
        .into_iter()
        .filter_map(|kind| {
            Some((
                kind.number(),
                store
                    .keys
                    .identity_hash(dataset, kind, &kind.canonical(identity)?),
            ))
        })
        .collect();
    let Some(found) = entries::find(store, of, size, &wanted).await? else {
        return Ok(None);
    };
    let kind = IdentityKind::from_number(found.kind)
        .ok_or_else(|| Error::Corrupt("an unknown kind of identity".to_owned()))?;
    let salt: [u8; 16] = rand::random();
    let text = kind.canonical(identity).unwrap_or_default();
    let check = tokio::task::spawn_blocking(move || check(&salt, kind, &text)).await;
    let check = check
        .ok()
        .flatten()
        .ok_or_else(|| Error::Corrupt("the check of an identity could not be made".to_owned()))?;
    let receipt = canonical::read(receipt.as_bytes())
        .map_err(|why| Error::Corrupt(format!("a stored receipt: {why}")))?;
    let mut body = of_ours(&serde_json::json!({
        "lethe_proof": FORM,
        "made_at": now.to_rfc3339(),
        "identity": { "kind": kind.as_str(), "check": CHECK, "salt": hex(&salt), "hash": hex(&check) },
        "entry": hex(&found.entry),
        "at": found.at,
        "path": found.path.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
    }))?;
    if let canonical::Json::Object(fields) = &mut body {
        fields.push(("receipt".to_owned(), receipt));
    }
    Ok(Some(Person {
        kind,
        at: found.at,
        file: signed_file(signer, "proof", body),
    }))
}
