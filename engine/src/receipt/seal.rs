//! Writes a receipt: number and chain, tree and key join the statement, all of it is signed and stored in the transaction of
//! whatever it is about. Knows nothing of what is stated.

use super::{
    canonical::{Json, from_serde},
    entries::Tree,
    hex,
    merkle::sha256,
    sign::Signer,
};
use crate::{
    error::{Error, Result},
    store::{
        Tx,
        receipts::{self, NewReceipt},
    },
};
use domain::{
    id::DatasetId,
    receipt::{Entries, FIRST, Key, ReceiptOf, SIGNATURE, Statement, TREE},
    time::Timestamp,
};

/// Signs and stores. Gives the receipt's number.
pub(crate) async fn seal(
    tx: &mut Tx,
    signer: &Signer,
    (of, dataset): (ReceiptOf, DatasetId),
    mut statement: Statement,
    tree: &Tree,
    (sealed_at, proofs_until): (Timestamp, Timestamp),
) -> Result<i64> {
    let (before, previous) = match receipts::last(tx).await? {
        Some((no, hash)) => (no, hex(&hash)),
        None => (0, FIRST.to_owned()),
    };
    statement.product = concat!("Lethe ", env!("CARGO_PKG_VERSION")).to_owned();
    statement.no = before + 1;
    statement.previous = previous;
    statement.entries = Entries {
        form: TREE.to_owned(),
        size: tree.size,
        root: hex(&tree.root),
        destroyed_at: proofs_until.to_rfc3339(),
    };
    statement.key = Key {
        form: SIGNATURE.to_owned(),
        public: hex(signer.public()),
        fingerprint: signer.fingerprint(),
    };
    let file = signed_file(signer, "receipt", canonical(&statement)?);
    let receipt = NewReceipt {
        no: statement.no,
        of,
        dataset,
        file: &file,
        hash: &sha256(file.as_bytes()),
        sealed_at,
        proofs_until,
        parts: &tree.parts,
    };
    receipts::insert(tx, &receipt).await?;
    Ok(statement.no)
}

/// The canonical form of something of ours.
pub(super) fn canonical(it: &impl serde::Serialize) -> Result<Json> {
    let value = serde_json::to_value(it).map_err(|e| Error::Corrupt(format!("writing a receipt: {e}")))?;
    from_serde(value).ok_or_else(|| Error::Corrupt("a receipt holds integers and texts alone".to_owned()))
}

/// A signed file: the body under its name, and the signature over the body's canonical text.
pub(super) fn signed_file(signer: &Signer, name: &str, body: Json) -> String {
    let signature = signer.sign(&body.write());
    let fields = vec![
        (name.to_owned(), body),
        ("signature".to_owned(), Json::Text(signature)),
    ];
    Json::Object(fields).write()
}
