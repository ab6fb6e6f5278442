//! Privacy requests: looking, entering, and what is done about one.

use super::Reply;
use domain::{
    page::Page,
    privacy::request::{HistoryEntry, Recipient, Request, Told},
    time::Timestamp,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the page of all requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestsView {
    /// The requests shown.
    pub rows: Page<Request>,
    /// How many are open.
    pub open: i64,
    /// How many of these are past their term.
    pub overdue: i64,
    /// How many recipients are told of erasures.
    pub recipients: usize,
}

/// The data of one's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestView {
    /// The request.
    pub it: Request,
    /// What happened to it, in order.
    pub history: Vec<HistoryEntry>,
    /// Who was told of it.
    pub told: Vec<Told>,
    /// How many recipients are told of erasures.
    pub recipients: usize,
    /// Whether its receipt has been signed: not before the dead bytes of the erasure have been wiped.
    pub receipt: bool,
    /// Whether the password must be given once more before somebody is erased.
    pub password_needed: bool,
}

/// The data of the page of recipients.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecipientsView {
    /// Who there is.
    pub rows: Vec<Recipient>,
    /// A fresh secret for the next one.
    pub secret: String,
}

/// What the form of a new request sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestFields {
    /// The dataset.
    pub ds: String,
    /// What is asked for.
    pub kind: String,
    /// By which law.
    pub regulation: String,
    /// How it came.
    pub manner: String,
    /// The day on which it came.
    pub received_at: String,
    /// How the person is known.
    pub user_id: String,
    /// The same.
    pub email: String,
    /// The same.
    pub phone: String,
    /// The same.
    pub anonymous_id: String,
    /// How the identity was verified; empty: not yet.
    pub verified_how: String,
}

/// The open requests, the most pressing first, or the ended ones, newest first.
#[server]
pub async fn list_requests(ds: String, show: String, cursor: String) -> Reply<RequestsView> {
    use super::door::{Door, reply};
    use domain::{page::PageRequest, privacy::request::Which};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        let which = match show.as_str() {
            "ended" => Which::Ended,
            _ => Which::Open,
        };
        let rows = engine.privacy_requests(actor, ds, which, page).await?;
        let (open, overdue) = engine.open_requests(actor, ds).await?;
        Ok(RequestsView {
            rows,
            open,
            overdue,
            recipients: engine.recipients(actor, ds).await?.len(),
        })
    })
    .await
}

/// What is to be known before one is entered: the day of today, and that the person may.
#[server]
pub async fn draft_request(ds: String) -> Reply<Timestamp> {
    use super::door::{Door, now, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        door.actor().require_in(Permission::Privacy, door.id())?;
        Ok(now())
    })
    .await
}

/// One request.
#[server]
pub async fn show_request(ds: String, id: String) -> Reply<RequestView> {
    use super::door::{self, Door, reply};
    use domain::{job::PASSWORD_FRESH_MS, receipt::ReceiptOf};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let id = door::request_id(&id)?;
        let (history, told) = engine.request_history(actor, ds, id).await?;
        Ok(RequestView {
            it: engine.privacy_request(actor, ds, id).await?,
            history,
            told,
            recipients: engine.recipients(actor, ds).await?.len(),
            receipt: engine.receipt(actor, ds, ReceiptOf::Request(id)).await.is_ok(),
            password_needed: door::now().ms() - door.session.password_at.ms() > PASSWORD_FRESH_MS,
        })
    })
    .await
}

/// Enters one, or says why not.
#[server]
pub async fn create_request(form: RequestFields) -> Result<(), ServerFnError> {
    use super::{back, door, privacy_form};
    use crate::paths;
    back::post(privacy_form::back(&form), async {
        let door = door::Door::open(&form.ds).await?;
        let new = privacy_form::new(&form)?;
        let made = door.engine.create_request(door.actor(), door.id(), new).await?;
        Ok(back::done(&paths::request(&form.ds, made.id), "request_made"))
    })
    .await
}

/// Says that receipt was confirmed.
#[server]
pub async fn confirm_request(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door, privacy_form};
    back::post(privacy_form::back_to(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        let request = door::request_id(&id)?;
        let done = door
            .engine
            .confirm_request(door.actor(), door.id(), request)
            .await;
        done.map_err(privacy_form::refused)?;
        Ok(privacy_form::done(&ds, &id, "request_confirmed"))
    })
    .await
}

/// Says how the identity was verified.
#[server]
pub async fn verify_request(
    ds: String,
    id: String,
    #[server(default)] verified_how: String,
) -> Result<(), ServerFnError> {
    use super::{back, door, privacy_form};
    let page = privacy_form::back_to(&ds, &id).keep("verified_how", &verified_how);
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        let request = door::request_id(&id)?;
        let done = door
            .engine
            .verify_request(door.actor(), door.id(), request, &verified_how)
            .await;
        done.map_err(privacy_form::refused)?;
        Ok(privacy_form::done(&ds, &id, "request_verified"))
    })
    .await
}

/// Extends the term.
#[server]
pub async fn extend_request(
    ds: String,
    id: String,
    #[server(default)] by: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    use super::{back, door, privacy_form};
    let page = privacy_form::back_to(&ds, &id)
        .keep("by", &by)
        .keep("reason", &reason)
        .keep("deed", "extend");
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        let request = door::request_id(&id)?;
        let by = by.trim().parse().unwrap_or(0);
        let done = door
            .engine
            .extend_request(door.actor(), door.id(), request, by, &reason)
            .await;
        done.map_err(privacy_form::refused)?;
        Ok(privacy_form::done(&ds, &id, "request_extended"))
    })
    .await
}

/// Carries it out now.
#[server]
pub async fn run_request(
    ds: String,
    id: String,
    #[server(default)] consent: String,
    #[server(default)] password: String,
) -> Result<(), ServerFnError> {
    use super::{back, door, privacy_form, start};
    use domain::privacy::request::RequestKind;
    let page = privacy_form::back_to(&ds, &id).keep("consent", &consent);
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        let request = door::request_id(&id)?;
        let it = door
            .engine
            .privacy_request(door.actor(), door.id(), request)
            .await?;
        if it.kind == RequestKind::Erasure {
            start::fresh_password(&door, &password).await?;
        }
        let done = door
            .engine
            .run_request(door.actor(), door.id(), request, !consent.is_empty())
            .await;
        done.map_err(privacy_form::refused)?;
        Ok(privacy_form::done(&ds, &id, "request_run"))
    })
    .await
}

/// Takes it back.
#[server]
pub async fn cancel_request(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door, privacy_form};
    back::post(privacy_form::back_to(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        let request = door::request_id(&id)?;
        let done = door.engine.cancel_request(door.actor(), door.id(), request).await;
        done.map_err(privacy_form::refused)?;
        Ok(privacy_form::done(&ds, &id, "request_cancelled"))
    })
    .await
}

/// Refuses it.
#[server]
pub async fn decline_request(
    ds: String,
    id: String,
    #[server(default)] basis: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    use super::{back, door, privacy_form};
    let page = privacy_form::back_to(&ds, &id)
        .keep("basis", &basis)
        .keep("reason", &reason)
        .keep("deed", "decline");
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        let request = door::request_id(&id)?;
        let ground = privacy_form::basis(&basis)?;
        let done = door
            .engine
            .decline_request(door.actor(), door.id(), request, ground, &reason)
            .await;
        done.map_err(privacy_form::refused)?;
        Ok(privacy_form::done(&ds, &id, "request_declined"))
    })
    .await
}

/// Who is told of erasures.
#[server]
pub async fn list_recipients(ds: String) -> Reply<RecipientsView> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(RecipientsView {
            rows: door.engine.recipients(door.actor(), door.id()).await?,
            secret: door.engine.new_webhook_secret(),
        })
    })
    .await
}

/// Enters a recipient.
#[server]
pub async fn add_recipient(
    ds: String,
    #[server(default)] name: String,
    #[server(default)] url: String,
    #[server(default)] secret: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = back::Back::to(paths::recipients(&ds))
        .keep("name", &name)
        .keep("url", &url);
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .add_recipient(door.actor(), door.id(), &name, &url, &secret)
            .await?;
        Ok(back::done(&paths::recipients(&ds), "recipient_added"))
    })
    .await
}

/// Takes a recipient out of use.
#[server]
pub async fn remove_recipient(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    back::post(back::Back::to(paths::recipients(&ds)), async {
        let door = door::Door::open(&ds).await?;
        let recipient = door::id(&id, "recipient")?;
        door.engine
            .remove_recipient(door.actor(), door.id(), recipient)
            .await?;
        Ok(back::done(&paths::recipients(&ds), "recipient_removed"))
    })
    .await
}
