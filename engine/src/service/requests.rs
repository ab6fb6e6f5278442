//! Privacy requests as people and controllers enter them and look at them: the list with its clocks, one with its history. What
//! is done about one is `request_deeds`, what leaves of them as a file `request_files`.

use super::Engine;
use crate::{
    error::{Error, Result},
    privacy::{entry, opendsr::Processor},
    store::{
        self, Conn, Tx,
        requests::{NewRow, Outside, RequestRow},
    },
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, RequestId},
    page::{LIMIT_MAX, Page, PageRequest},
    privacy::request::{CALLBACKS_MAX, Deed, HistoryEntry, Manner, NewRequest, Request, Step, Told, Which},
    problem::{Code, Problem},
    profile::IdentityKind,
};

/// How the identity of somebody who comes by OpenDSR was verified.
const BY_CONTROLLER: &str = "By the controller, who sent the request by OpenDSR.";
/// A controller's clock may be ahead by so much.
const SKEW_MS: i64 = 5 * 60_000;
/// Longest address of a callback, in bytes.
const CALLBACK_BYTES_MAX: usize = 2_000;

/// A request as a controller sends it by OpenDSR.
#[derive(Debug)]
pub struct NewOutside {
    /// Its own id of it.
    pub id: String,
    /// What is asked for, by which law, by whom.
    pub new: NewRequest,
    /// Addresses to be called at every change of state.
    pub callbacks: Vec<String>,
    /// Of the body as it came.
    pub digest: Vec<u8>,
    /// Whether it is to be carried out without waiting, so that it cannot be taken back.
    pub at_once: bool,
}

impl Engine {
    /// Makes this server an OpenDSR processor. Said once, before it serves.
    pub fn set_processor(&self, processor: Processor) {
        // A second one would change nothing; there is none.
        let _ = self.inner.processor.set(processor);
    }

    /// This server as an OpenDSR processor, where that is set up.
    #[must_use]
    pub fn processor(&self) -> Option<&Processor> {
        self.inner.processor.get()
    }

    /// Enters a request that came by any way but OpenDSR.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`.
    pub async fn create_request(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        new: NewRequest,
    ) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let now = self.inner.store.clock.now();
        let new = new.checked(now)?;
        let names = self.names_of(dataset, &new);
        let row = NewRow {
            dataset,
            kind: new.kind,
            regulation: new.regulation,
            manner: new.manner,
            actor: &actor.name,
            now,
            received_at: new.received_at.unwrap_or(now),
            confirmed_at: None,
            verified_how: new.verified_how.as_deref(),
            run_at: None,
            names: &names,
            subjects: &new.subjects,
            outside: None,
        };
        let mut tx = self.inner.store.write().await?;
        let id = store::requests::insert(&mut tx, &row).await?;
        self.entered(&mut tx, actor, id).await?;
        tx.commit().await?;
        self.privacy_request(actor, dataset, id).await
    }

    /// Enters a request that a controller sends by OpenDSR. The same again gets the same one.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `not_set_up`, `invalid`, `request_exists`.
    pub async fn create_outside(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        outside: NewOutside,
    ) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let processor = self.processor().ok_or_else(not_set_up)?;
        let now = self.inner.store.clock.now();
        let mut new = outside.new;
        // Clocks differ a little: what is a moment ahead arrived now.
        if new
            .received_at
            .is_some_and(|at| at > now && at.ms() - now.ms() <= SKEW_MS)
        {
            new.received_at = Some(now);
        }
        let new = new.checked(now)?;
        check_callbacks(&outside.callbacks)?;
        let names = self.names_of(dataset, &new);
        let wait_ms = if outside.at_once { 0 } else { processor.wait_ms() };
        let controller = actor.name.strip_prefix("token:").unwrap_or(&actor.name);
        let row = NewRow {
            dataset,
            kind: new.kind,
            regulation: new.regulation,
            manner: Manner::OpenDsr,
            actor: &actor.name,
            now,
            received_at: new.received_at.unwrap_or(now),
            confirmed_at: Some(now),
            verified_how: Some(BY_CONTROLLER),
            run_at: Some(now.plus_ms(wait_ms)),
            names: &names,
            subjects: &new.subjects,
            outside: Some(Outside {
                id: &outside.id,
                controller,
                digest: &outside.digest,
                callbacks: &outside.callbacks,
            }),
        };
        let mut tx = self.inner.store.write().await?;
        let id = match store::requests::insert(&mut tx, &row).await {
            Ok(id) => id,
            Err(error) if error.unique_violation() => {
                drop(tx);
                return self
                    .same_again_outside(dataset, &outside.id, &outside.digest)
                    .await;
            }
            Err(error) => return Err(error),
        };
        self.entered(&mut tx, actor, id).await?;
        tx.commit().await?;
        self.inner.requests.notify_one();
        self.privacy_request(actor, dataset, id).await
    }

    async fn same_again_outside(&self, dataset: DatasetId, id: &str, digest: &[u8]) -> Result<Request> {
        let mut conn = self.inner.store.read().await?;
        let row = store::requests::by_outside_id(&mut conn, dataset, id).await?;
        let same = |row: &RequestRow| row.digest.as_deref() == Some(digest);
        let row = row
            .filter(same)
            .ok_or_else(|| Problem::new(Code::RequestExists).on("subject_request_id"))?;
        row.show()
    }

    async fn entered(&self, tx: &mut Tx, actor: &Actor, id: RequestId) -> Result<()> {
        let now = self.inner.store.clock.now();
        let row = row(tx, id).await?;
        store::requests::step(tx, id, now, &actor.name, Step::Received, None).await?;
        let detail = serde_json::json!({ "kind": row.kind()?, "regulation": row.regulation()?, "verified": row.verified() });
        store::audit::insert(tx, now, actor, entry(&row, "request.received", detail)).await
    }

    /// Keyed names of the identities, by which the record shows that two requests are about the same one.
    fn names_of(&self, dataset: DatasetId, new: &NewRequest) -> Vec<String> {
        let keys = &self.inner.store.keys;
        new.subjects
            .iter()
            .map(|it| keys.pseudonym(dataset, it.kind.unwrap_or(IdentityKind::UserId), &it.value))
            .collect()
    }

    /// Requests of a dataset. Open ones: the most pressing first, up to 1,000.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn privacy_requests(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        which: Which,
        mut page: PageRequest,
    ) -> Result<Page<Request>> {
        actor.require_in(Permission::Privacy, dataset)?;
        if which == Which::Open {
            // In the order of their terms there is no number to go on from.
            page = PageRequest {
                limit: Some(LIMIT_MAX),
                cursor: None,
            };
        }
        let mut conn = self.inner.store.read().await?;
        let rows = store::requests::list(&mut conn, dataset, which, page.after(), page.rows()).await?;
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            shown.push(show(&mut conn, row).await?);
        }
        Ok(Page::from_fetched(shown, page.rows(), |it| it.id.to_string()))
    }

    /// How many requests of a dataset are open, and how many of these are past their term.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn open_requests(&self, actor: &Actor, dataset: DatasetId) -> Result<(i64, i64)> {
        actor.require_in(Permission::Privacy, dataset)?;
        let now = self.inner.store.clock.now();
        store::requests::open(&mut *self.inner.store.read().await?, dataset, now).await
    }

    /// One request.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn privacy_request(&self, actor: &Actor, dataset: DatasetId, id: RequestId) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let row = row_in(&mut conn, dataset, id).await?;
        show(&mut conn, row).await
    }

    /// The one with the controller's own id.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn outside_request(&self, actor: &Actor, dataset: DatasetId, outside: &str) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let row = store::requests::by_outside_id(&mut conn, dataset, outside).await?;
        show(&mut conn, row.ok_or_else(missing)?).await
    }

    /// What happened to a request, in order, and who was told of it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn request_history(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RequestId,
    ) -> Result<(Vec<HistoryEntry>, Vec<Told>)> {
        actor.require_in(Permission::Privacy, dataset)?;
        let mut conn = self.inner.store.read().await?;
        row_in(&mut conn, dataset, id).await?;
        Ok((
            store::requests::history(&mut conn, id).await?,
            store::recipients::told(&mut conn, id).await?,
        ))
    }
}

fn check_callbacks(urls: &[String]) -> Result<()> {
    if urls.len() > CALLBACKS_MAX {
        let message = format!("At most {CALLBACKS_MAX} addresses are called back.");
        return Err(Problem::because(Code::Invalid, message)
            .on("status_callback_urls")
            .into());
    }
    for url in urls {
        let fits =
            url.len() <= CALLBACK_BYTES_MAX && crate::notify::host_of(url, "status_callback_urls").is_ok();
        if !fits {
            let message = "A callback address begins with https:// or http:// and has no user name in it.";
            return Err(Problem::because(Code::Invalid, message)
                .on("status_callback_urls")
                .into());
        }
    }
    Ok(())
}

/// As shown, with who it is about as long as that is known.
pub(super) async fn show(conn: &mut Conn, row: RequestRow) -> Result<Request> {
    let subjects = store::requests::subjects(conn, row.id()).await?;
    let mut shown = row.show()?;
    shown.subjects = subjects;
    Ok(shown)
}

pub(super) async fn row(conn: &mut Conn, id: RequestId) -> Result<RequestRow> {
    store::requests::find(conn, id).await?.ok_or_else(missing)
}

/// One of a dataset.
pub(super) async fn row_in(conn: &mut Conn, dataset: DatasetId, id: RequestId) -> Result<RequestRow> {
    let found = store::requests::find(conn, id).await?;
    found.filter(|row| row.dataset() == dataset).ok_or_else(missing)
}

/// One of a dataset about which this may be done now.
pub(super) async fn row_for(
    conn: &mut Conn,
    dataset: DatasetId,
    id: RequestId,
    deed: Deed,
) -> Result<RequestRow> {
    let row = row_in(conn, dataset, id).await?;
    row.state()?.check(deed)?;
    Ok(row)
}

fn missing() -> Error {
    Problem::not_found("privacy request").into()
}

fn not_set_up() -> Problem {
    let message = "OpenDSR is not set up on this server: the operator names a certificate and its key first.";
    Problem::because(Code::NotSetUp, message)
}
