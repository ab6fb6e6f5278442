//! Verifies a receipt, or the proof for one person, with nothing but the file and a public key: no data directory, no server, no
//! database. Strict: what is not exactly as it was signed is refused with a sentence that says what does not hold.

use super::{
    canonical::{self, Json},
    hex,
    merkle::{self, sha256},
    proof::{self, CHECK},
    sign::{PublicKey, Signature, fingerprint, read_public, signed},
    unhex,
};
use domain::{
    profile::IdentityKind,
    receipt::{FORM, SIGNATURE, Statement, TREE},
};

/// Bytes of a file at most: receipts and proofs are a few thousand.
const FILE_BYTES_MAX: usize = 4 << 20;

/// What holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What the receipt states.
    pub statement: Statement,
    /// SHA-256 of the receipt's file in its canonical form, hex: what the receipt after it names as `previous`.
    pub hash: String,
    /// Of the key that signed it.
    pub fingerprint: String,
    /// Whether that key was given, or taken from the file itself.
    pub key_given: bool,
    /// The person, where the file is the proof for one.
    pub person: Option<ProvenPerson>,
}

/// A person who is among those that the receipt is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenPerson {
    /// What kind of identity was given.
    pub kind: IdentityKind,
    /// Its entry, from 1.
    pub entry: i64,
    /// When the proof was made, RFC 3339.
    pub made_at: String,
}

/// Verifies the bytes of a receipt's file, or of a proof's; the latter with the identity that it is to be about. `key`: the bytes
/// of a public key's file, PEM or 64 hex digits; without one the key in the file is used, which proves only that the file was not
/// changed by somebody without that key.
///
/// # Errors
/// A sentence that says what does not hold.
pub fn verify(file: &[u8], key: Option<&[u8]>, identity: Option<&str>) -> Result<Verified, String> {
    if file.len() > FILE_BYTES_MAX {
        return Err("The file is too large for a receipt.".to_owned());
    }
    let given = key
        .map(|key| read_public(key).ok_or("The key file holds no Ed25519 public key: PEM, or 64 hex digits."))
        .transpose()?;
    let json = canonical::read(file)?;
    if let Some(proof) = json.get("proof") {
        let identity = identity.ok_or("This is the proof for one person: say for whom with --identity.")?;
        let envelope = proof.get("receipt").ok_or("The proof holds no receipt.")?;
        let mut verified = receipt(envelope, given.as_ref())?;
        verified.person = Some(person(&json, proof, &verified.statement, identity)?);
        return Ok(verified);
    }
    if identity.is_some() {
        return Err(
            "This is a receipt, which names nobody: for one person give the proof that was made for them."
                .to_owned(),
        );
    }
    receipt(&json, given.as_ref())
}

/// The receipt in its envelope.
fn receipt(envelope: &Json, given: Option<&PublicKey>) -> Result<Verified, String> {
    let body = envelope
        .get("receipt")
        .ok_or("The file is no receipt of Lethe.")?;
    if body.get("lethe_receipt").and_then(Json::integer) != Some(FORM) {
        return Err("The receipt is of a form that this version does not know.".to_owned());
    }
    let statement: Statement = serde_json::from_str(&body.write())
        .map_err(|_| "The receipt lacks fields that every receipt has.".to_owned())?;
    let own: PublicKey = unhex(&statement.key.public).ok_or("The receipt names no public key.")?;
    if given.is_some_and(|given| *given != own) {
        return Err(format!(
            "The receipt was signed with another key than the one given: its fingerprint is {}.",
            fingerprint(&own)
        ));
    }
    check_signature(envelope, "receipt", body, &own)?;
    let forms = (statement.key.form.as_str(), statement.entries.form.as_str());
    if forms != (SIGNATURE, TREE) || statement.key.fingerprint != fingerprint(&own) {
        return Err(
            "The receipt is signed, but what it says of its key or its tree is not known here.".to_owned(),
        );
    }
    Ok(Verified {
        statement,
        hash: hex(&sha256(envelope.write().as_bytes())),
        fingerprint: fingerprint(&own),
        key_given: given.is_some(),
        person: None,
    })
}

/// The envelope holds the body and its signature, and nothing else.
fn check_signature(envelope: &Json, name: &str, body: &Json, key: &PublicKey) -> Result<(), String> {
    let signature = envelope.get("signature").and_then(Json::text);
    let signature: Signature = signature
        .filter(|_| envelope.has_only(&[name, "signature"]))
        .and_then(unhex)
        .ok_or_else(|| format!("The {name} is not in its envelope with one signature."))?;
    if signed(key, &body.write(), &signature) {
        Ok(())
    } else {
        Err(format!(
            "The signature does not fit: the {name} was changed after it was signed, or by another key."
        ))
    }
}

/// The person's entry leads to the root that the receipt states, and the identity is the one that was meant.
fn person(
    envelope: &Json,
    proof: &Json,
    statement: &Statement,
    identity: &str,
) -> Result<ProvenPerson, String> {
    let key: PublicKey = unhex(&statement.key.public).ok_or("The receipt names no public key.")?;
    check_signature(envelope, "proof", proof, &key)?;
    if proof.get("lethe_proof").and_then(Json::integer) != Some(proof::FORM) {
        return Err("The proof is of a form that this version does not know.".to_owned());
    }
    let broken = || "The proof lacks fields that every proof has.".to_owned();
    let text = |json: &Json, name: &str| {
        json.get(name)
            .and_then(Json::text)
            .map(str::to_owned)
            .ok_or_else(broken)
    };
    let entry: [u8; 32] = unhex(&text(proof, "entry")?).ok_or_else(broken)?;
    let at = proof.get("at").and_then(Json::integer).ok_or_else(broken)?;
    let Some(Json::List(steps)) = proof.get("path") else {
        return Err(broken());
    };
    let path: Vec<merkle::Hash> = steps
        .iter()
        .map(|step| step.text().and_then(unhex))
        .collect::<Option<_>>()
        .ok_or_else(broken)?;
    let root: merkle::Hash = unhex(&statement.entries.root).ok_or_else(broken)?;
    let place = (u64::try_from(at), u64::try_from(statement.entries.size));
    let (Ok(place), Ok(size)) = place else {
        return Err(broken());
    };
    if !merkle::leads_to(merkle::leaf(&entry), place, size, &path, &root) {
        return Err("The entry of the proof does not lead to the root that the receipt states.".to_owned());
    }
    let whose = proof.get("identity").ok_or_else(broken)?;
    if text(whose, "check")? != CHECK {
        return Err("The proof checks identities in a way that this version does not know.".to_owned());
    }
    let kind = text(whose, "kind")?;
    let kind = IdentityKind::ALL
        .into_iter()
        .find(|own| own.as_str() == kind)
        .ok_or_else(broken)?;
    let salt: [u8; 16] = unhex(&text(whose, "salt")?).ok_or_else(broken)?;
    let hash: [u8; 32] = unhex(&text(whose, "hash")?).ok_or_else(broken)?;
    let same = kind
        .canonical(identity)
        .and_then(|identity| proof::check(&salt, kind, &identity))
        .is_some_and(|own| own == hash);
    if !same {
        return Err("The proof is for somebody else than the identity that was given.".to_owned());
    }
    Ok(ProvenPerson {
        kind,
        entry: at + 1,
        made_at: text(proof, "made_at")?,
    })
}
