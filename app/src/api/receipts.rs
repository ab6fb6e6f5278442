//! The receipt of a deletion. Proving one person by it is no server function: who that is comes in a post that the server answers
//! with the page itself, so that it stands in no address and nothing keeps it.

use super::{Answer, Reply};
use domain::{
    job::Job,
    receipt::{Proven, Receipt},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of a receipt's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReceiptView {
    /// The deletion.
    pub job: Job,
    /// Its receipt, or why there is none.
    pub receipt: Answer<Receipt>,
    /// Whether who looks may prove one person by it.
    pub may_prove: bool,
}

/// What the post came to, for the page that is its answer.
#[derive(Debug, Clone)]
pub struct ProofAnswer {
    /// What was typed.
    pub typed: String,
    /// The proof, or why there is none.
    pub result: Answer<Proven>,
}

/// A deletion with its receipt.
#[server]
pub async fn load_receipt(ds: String, id: String) -> Reply<ReceiptView> {
    use super::door::{Door, job_id, reply};
    use domain::{access::Permission, problem::Code, receipt::ReceiptOf};
    reply(async {
        let door = Door::open(&ds).await?;
        let id = job_id(&id)?;
        let job = door.engine.job(door.actor(), door.id(), id).await?;
        let found = door
            .engine
            .receipt(door.actor(), door.id(), ReceiptOf::Job(id))
            .await;
        let receipt = match found.map_err(engine::Error::into_problem) {
            Err(problem) if problem.code != Code::StateRefused => return Err(problem.into()),
            other => other,
        };
        Ok(ReceiptView {
            job,
            receipt,
            may_prove: door.actor().may(Permission::Privacy),
        })
    })
    .await
}
