//! Receipts as people use them: reading one, proving one person by it without keeping who that was, and the end of its term. Also
//! the signing of privacy requests; jobs are signed by the runner.

use super::{Engine, require_everywhere};
use crate::{
    error::{Error, Result},
    fault,
    receipt::{
        self,
        entries::{self, Made, Making},
    },
    store::{self, Conn, audit::Entry, receipts::ReceiptRow},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, JobId, RequestId},
    privacy::request::RequestKind,
    problem::{Code, Problem},
    receipt::{
        PROOF_DAYS, Proven, Receipt, ReceiptOf, RequestFacts, Statement, destroyed_at, of_request, proof_days,
    },
    time::Timestamp,
};

/// Rows of keyed hashes that are destroyed in one transaction: each has a megabyte at most, which is written over.
const FORGOTTEN_AT_ONCE: i64 = 4;

impl Engine {
    /// A receipt.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `state_refused` with the reason where there is none.
    pub async fn receipt(&self, actor: &Actor, dataset: DatasetId, of: ReceiptOf) -> Result<Receipt> {
        let row = self.receipt_row(actor, dataset, of).await?;
        shown(&row)
    }

    /// A receipt as it was signed: its file's name and text.
    ///
    /// # Errors
    /// As [`Engine::receipt`].
    pub async fn receipt_file(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        of: ReceiptOf,
    ) -> Result<(String, String)> {
        let row = self.receipt_row(actor, dataset, of).await?;
        Ok((shown(&row)?.file_name(), row.file))
    }

    /// The public key by which receipts of this installation are verified, as PEM. It is for everyone.
    #[must_use]
    pub fn receipt_key(&self) -> String {
        self.inner.signer.pem()
    }

    /// Proves that whoever has this identity is among those that a receipt is about. Nothing is kept of who that was; that a proof
    /// was asked for is written to the audit log.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `state_refused` where there is no receipt, or its term is over; `invalid` for no identity;
    /// `not_in_receipt`.
    pub async fn prove(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        of: ReceiptOf,
        identity: &str,
    ) -> Result<Proven> {
        actor.require_in(Permission::Privacy, dataset)?;
        let row = self.receipt_row(actor, dataset, of).await?;
        let shown = shown(&row)?;
        let now = self.inner.store.clock.now();
        let until = shown.destroyed_at.unwrap_or(shown.proofs_until);
        if shown.destroyed_at.is_some() || until <= now {
            let message = format!(
                "The keys of this receipt were destroyed at the end of their term, on {}: no proof for a person can be made any more.",
                until.date_short()
            );
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        if identity.trim().is_empty() {
            let message = "Type the user id, e-mail address, phone number or anonymous id of the person.";
            return Err(Problem::because(Code::Invalid, message).on("identity").into());
        }
        let size = shown.statement.entries.size;
        let (store, signer) = (&self.inner.store, &self.inner.signer);
        let found = receipt::prove(store, signer, (of, dataset), (&row.file, size), identity, now).await?;
        let mut tx = store.write().await?;
        let entry = Entry {
            action: "receipt.proof_asked",
            dataset: Some(dataset),
            object: object(of),
            detail: serde_json::json!({ "found": found.is_some() }),
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        let person = found.ok_or_else(|| Problem::new(Code::NotInReceipt).on("identity"))?;
        Ok(Proven {
            kind: person.kind,
            entry: person.at + 1,
            of: size,
            file_name: shown.file_name().replace("-receipt.json", "-proof.json"),
            file: person.file,
        })
    }

    /// Signs the receipt of a privacy request whose identities are in `erased`. Gives its number; that of the receipt which is there
    /// already where it was signed before. Call once its scrub is through, or is given up.
    ///
    /// # Errors
    /// The database, or the key's file.
    pub async fn sign_request(
        &self,
        dataset: DatasetId,
        request: RequestId,
        facts: &RequestFacts,
    ) -> Result<i64> {
        let (store, of) = (&self.inner.store, ReceiptOf::Request(request));
        let mut making = Making::begin(store, of)?;
        let tree = loop {
            match making.step(store).await? {
                Made::More(more) => making = *more,
                Made::Tree(tree) => break tree,
            }
        };
        let now = store.clock.now();
        let mut tx = store.write().await?;
        if let Some(row) = store::receipts::find(&mut tx, of).await? {
            return Ok(shown(&row)?.statement.no);
        }
        let until = self.proofs_until(&mut tx, now).await?;
        let statement = of_request(facts, now, until);
        let place = (of, dataset);
        let no = receipt::seal(&mut tx, &self.inner.signer, place, statement, &tree, (now, until)).await?;
        fault::stop_point("request.signed")?;
        tx.commit().await?;
        Ok(no)
    }

    /// Sets the days after which the keys of receipts are destroyed that are signed from now on; nothing typed: the usual term.
    ///
    /// # Errors
    /// `forbidden` also for who is bound to one dataset, `invalid`.
    pub async fn set_proof_days(&self, actor: &Actor, days: &str) -> Result<()> {
        require_everywhere(actor, Permission::Administer)?;
        let days = Some(days)
            .filter(|text| !text.trim().is_empty())
            .map(proof_days)
            .transpose()?;
        let store = &self.inner.store;
        let mut tx = store.write().await?;
        match days {
            Some(days) => {
                store::settings::put(&mut tx, store::settings::PROOF_DAYS, &days.to_string()).await?
            }
            None => store::settings::remove(&mut tx, store::settings::PROOF_DAYS).await?,
        }
        let entry = Entry {
            action: "settings.changed",
            dataset: None,
            object: "settings:limits".to_owned(),
            detail: serde_json::json!({ "proof_days": days }),
        };
        store::audit::insert(&mut tx, store.clock.now(), actor, entry).await?;
        tx.commit().await
    }

    /// When the keys of a receipt are destroyed that is signed now.
    pub(crate) async fn proofs_until(&self, conn: &mut Conn, now: Timestamp) -> Result<Timestamp> {
        let days = store::settings::number(conn, store::settings::PROOF_DAYS).await?;
        Ok(destroyed_at(now, days.unwrap_or(PROOF_DAYS)))
    }

    /// Destroys what proofs are made of where the term is over: the keyed hashes first, then the key, and that it was done is
    /// written last, so that what a crash leaves in between is found and done again. Gives how many receipts.
    ///
    /// # Errors
    /// A file cannot be wiped, or the database fails.
    pub async fn destroy_due_proofs(&self) -> Result<usize> {
        let store = &self.inner.store;
        let mut done = 0;
        loop {
            let due = store::receipts::due(&mut *store.read().await?, store.clock.now()).await?;
            let Some(row) = due else { return Ok(done) };
            let of = row.of()?;
            loop {
                let mut tx = store.write().await?;
                let more = store::receipts::forget_some(&mut tx, of, FORGOTTEN_AT_ONCE).await?;
                tx.commit().await?;
                fault::stop_point("receipt.forgotten")?;
                if !more {
                    break;
                }
            }
            self.blocking("destroying the key of a receipt", move |dir| {
                entries::destroy_key(dir, of)
            })
            .await?;
            fault::stop_point("receipt.key_destroyed")?;
            let now = store.clock.now();
            let mut tx = store.write().await?;
            store::receipts::destroyed(&mut tx, of, now).await?;
            let entry = Entry {
                action: "receipt.proofs_destroyed",
                dataset: Some(DatasetId(row.dataset_id)),
                object: object(of),
                detail: serde_json::json!({}),
            };
            store::audit::insert(&mut tx, now, &Actor::system(), entry).await?;
            tx.commit().await?;
            done += 1;
        }
    }

    async fn receipt_row(&self, actor: &Actor, dataset: DatasetId, of: ReceiptOf) -> Result<ReceiptRow> {
        // Whoever answers for people's requests needs receipts and may not see more than that.
        let permission = if actor.may(Permission::Privacy) {
            Permission::Privacy
        } else {
            Permission::View
        };
        actor.require_in(permission, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let found = store::receipts::find(&mut conn, of).await?;
        match found.filter(|row| row.dataset_id == dataset.0) {
            Some(row) => Ok(row),
            None => Err(none(&mut conn, dataset, of).await?.into()),
        }
    }
}

/// Why there is no receipt.
async fn none(conn: &mut Conn, dataset: DatasetId, of: ReceiptOf) -> Result<Problem> {
    let message = match of {
        ReceiptOf::Job(id) => none_of_job(conn, dataset, id).await?,
        ReceiptOf::Request(id) => none_of_request(conn, dataset, id).await?,
    };
    Ok(message.map_or_else(
        || Problem::not_found(of.word()),
        |message| Problem::because(Code::StateRefused, message),
    ))
}

async fn none_of_job(conn: &mut Conn, dataset: DatasetId, id: JobId) -> Result<Option<String>> {
    let job = store::jobs::find(conn, id)
        .await?
        .filter(|job| job.dataset_id == dataset.0);
    let Some(job) = job else { return Ok(None) };
    let number = id.number();
    Ok(Some(if !job.state()?.terminal() {
        format!("{number} is not over. Its receipt is signed when it is sealed.")
    } else if !job.begun() {
        format!("{number} ended before anybody was deleted, so there is nothing to give a receipt for.")
    } else {
        format!("{number} ended under a release of Lethe that signed no receipts.")
    }))
}

async fn none_of_request(conn: &mut Conn, dataset: DatasetId, id: RequestId) -> Result<Option<String>> {
    let row = store::requests::find(conn, id).await?;
    let Some(row) = row.filter(|row| row.dataset() == dataset) else {
        return Ok(None);
    };
    let (number, it) = (id.number(), row.show()?);
    let erased = store::erasures::of_request(conn, id).await?.deleted;
    Ok(Some(match it.kind {
        RequestKind::Access | RequestKind::Portability => {
            format!("{number} asked for what is known of a person. Receipts are for erasures.")
        }
        RequestKind::Erasure if !it.state.ended() => {
            format!(
                "{number} is not over. Its receipt is signed when no byte of the person is left in the files."
            )
        }
        RequestKind::Erasure if erased == 0 => {
            format!("{number} ended and nobody was erased, so there is nothing to give a receipt for.")
        }
        RequestKind::Erasure => {
            format!(
                "{number} is carried out. Its receipt is signed within a minute, when no byte of the person is left in the files."
            )
        }
    }))
}

/// What the audit log calls it.
fn object(of: ReceiptOf) -> String {
    format!("{}:{}", of.word(), of.id())
}

/// The file, of which only the statement is looked at here.
#[derive(serde::Deserialize)]
struct SignedFile {
    receipt: Statement,
}

fn shown(row: &ReceiptRow) -> Result<Receipt> {
    let file: SignedFile = serde_json::from_str(&row.file)
        .map_err(|e| Error::Corrupt(format!("the receipt of {} {}: {e}", row.source, row.source_id)))?;
    Ok(Receipt {
        of: row.of()?,
        statement: file.receipt,
        hash: receipt::hex(&row.hash),
        sealed_at: Timestamp::from_ms(row.sealed_at),
        proofs_until: Timestamp::from_ms(row.proofs_until),
        destroyed_at: row.destroyed_at.map(Timestamp::from_ms),
    })
}
