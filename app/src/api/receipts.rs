//! The receipt of a deletion or of a privacy request. Proving one person by it is no server function: who that is comes in a post
//! that the server answers with the page itself, so that it stands in no address and nothing keeps it.

use super::{Answer, Reply};
use domain::{
    job::Job,
    privacy::request::Request,
    receipt::{Proven, Receipt, ReceiptOf},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Whose receipt it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Whose {
    /// A deletion's.
    Job(Box<Job>),
    /// A privacy request's.
    Request(Box<Request>),
}

impl Whose {
    /// The same, as a receipt names it.
    pub const fn of(&self) -> ReceiptOf {
        match self {
            Self::Job(job) => ReceiptOf::Job(job.id),
            Self::Request(request) => ReceiptOf::Request(request.id),
        }
    }
}

/// The data of a receipt's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReceiptView {
    /// Whose it is.
    pub whose: Whose,
    /// The receipt, or why there is none.
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
    reply(async {
        let door = Door::open(&ds).await?;
        let job = door.engine.job(door.actor(), door.id(), job_id(&id)?).await?;
        view(&door, Whose::Job(Box::new(job))).await
    })
    .await
}

/// A privacy request with its receipt.
#[server]
pub async fn load_request_receipt(ds: String, id: String) -> Reply<ReceiptView> {
    use super::door::{Door, reply, request_id};
    reply(async {
        let door = Door::open(&ds).await?;
        let (actor, id) = (door.actor(), request_id(&id)?);
        let request = door.engine.privacy_request(actor, door.id(), id).await?;
        view(&door, Whose::Request(Box::new(request))).await
    })
    .await
}

#[cfg(feature = "ssr")]
async fn view(door: &super::door::Door, whose: Whose) -> Result<ReceiptView, super::door::Refusal> {
    use domain::{access::Permission, problem::Code};
    let found = door.engine.receipt(door.actor(), door.id(), whose.of()).await;
    let receipt = match found.map_err(engine::Error::into_problem) {
        Err(problem) if problem.code != Code::StateRefused => return Err(problem.into()),
        other => other,
    };
    Ok(ReceiptView {
        whose,
        receipt,
        may_prove: door.actor().may(Permission::Privacy),
    })
}
