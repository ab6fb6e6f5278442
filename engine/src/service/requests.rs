//! Privacy requests as people and controllers enter them and look at them: the list with its clocks, one with its history, the
//! answer to an access request, and the register that a regulator asks for. What is done about one is `request_deeds`.

use super::Engine;
use crate::{
    error::{Error, Result},
    export::Download,
    privacy::{entry, look_up, opendsr::Processor},
    store::{
        self, Conn, Tx,
        requests::{NewRow, Outside, RequestRow},
    },
};
use domain::{
    access::{Actor, Permission},
    csv::{Cell, push_row},
    export::Format,
    id::{DatasetId, RequestId},
    page::{LIMIT_MAX, Page, PageRequest},
    privacy::{
        PersonRecord,
        request::{
            CALLBACKS_MAX, Deed, HistoryEntry, Manner, NewRequest, Request, RequestKind, Step, Told, Which,
        },
    },
    problem::{Code, Problem},
    profile::IdentityKind,
    time::{DAY_MS, Timestamp},
};
use futures_util::stream;

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

/// The answer to a request for access or portability.
#[derive(Debug)]
pub struct PersonAnswer {
    /// The request.
    pub request: Request,
    /// Everything that is known now.
    pub records: Vec<PersonRecord>,
    /// When it was put together.
    pub at: Timestamp,
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

    /// Everything that is known of the person who asks, as long as the answer can be had. Written down each time.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused` before it was carried out, `results_gone` afterwards.
    pub async fn request_answer(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RequestId,
    ) -> Result<PersonAnswer> {
        actor.require_in(Permission::Privacy, dataset)?;
        let store = &self.inner.store;
        let now = store.clock.now();
        let row = row_in(&mut *store.read().await?, dataset, id).await?;
        let request = self.privacy_request(actor, dataset, id).await?;
        if request.kind == RequestKind::Erasure {
            let message = "An erasure has no answer to download.";
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        if !request.state.ended() {
            let message = "The request has not been carried out yet, so there is no answer to download.";
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        if !request.answer_ready(now) {
            return Err(Problem::new(Code::ResultsGone).into());
        }
        let records = look_up(self, actor, &row).await?;
        let mut tx = store.write().await?;
        store::requests::step(&mut tx, id, now, &actor.name, Step::Downloaded, None).await?;
        let detail = serde_json::json!({ "records": records.len() });
        store::audit::insert(&mut tx, now, actor, entry(&row, "request.downloaded", detail)).await?;
        tx.commit().await?;
        Ok(PersonAnswer {
            request,
            records,
            at: now,
        })
    }

    /// The register of a dataset's requests as CSV: what the CCPA regulations (§ 7101) want kept, and what art. 5(2) of the GDPR
    /// is shown with. Names nobody. Newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn request_register(&self, actor: &Actor, dataset: DatasetId) -> Result<Download> {
        actor.require_in(Permission::Privacy, dataset)?;
        let now = self.inner.store.clock.now();
        let mut conn = self.inner.store.read().await?;
        let slug = store::datasets::slug(&mut conn, dataset).await?;
        let mut pieces = vec![head()];
        let mut before = 0;
        loop {
            let rows = store::requests::list(&mut conn, dataset, Which::All, before, LIMIT_MAX).await?;
            let Some(last) = rows.last() else { break };
            before = last.id;
            let mut out = String::new();
            for row in rows {
                let told = store::recipients::told_count(&mut conn, row.id()).await?;
                push(&mut out, &row.show()?, told, now);
            }
            pieces.push(out);
        }
        drop(conn);
        let mut tx = self.inner.store.write().await?;
        let entry = store::audit::Entry {
            action: "request.register",
            dataset: Some(dataset),
            object: "requests".to_owned(),
            detail: serde_json::json!({}),
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        let pieces = pieces.into_iter().map(|piece| Ok(piece.into_bytes()));
        Ok(Download {
            file_name: format!("{slug}-privacy-requests.csv"),
            media_type: Format::Csv.media_type(),
            rows: Box::pin(stream::iter(pieces)),
        })
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

/// The columns of the register.
const COLUMNS: [&str; 27] = [
    "request",
    "regulation",
    "kind",
    "manner",
    "controller_request_id",
    "received_at",
    "confirm_by",
    "confirmed_at",
    "identity_verified_at",
    "identity_verified_how",
    "first_due_at",
    "extended_by",
    "extended_at",
    "extension_reason",
    "due_at",
    "state",
    "ended_at",
    "ended_by",
    "days_taken",
    "on_time",
    "legal_basis",
    "reason",
    "people_found",
    "people_erased",
    "recipients_told",
    "recipients_not_told",
    "subject_names",
];

fn head() -> String {
    let mut out = String::new();
    push_row(&mut out, COLUMNS.map(Cell::Text));
    out
}

/// One line of the register.
fn push(out: &mut String, it: &Request, (told, untold): (i64, i64), now: Timestamp) {
    let time = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339).unwrap_or_default();
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let extended = it
        .extension
        .map(|by| format!("{by} {}", it.regulation.extension_unit()));
    let days = it
        .ended_at
        .map(|at| ((at.ms() - it.received_at.ms()) / DAY_MS).to_string());
    let cells: [String; COLUMNS.len()] = [
        it.id.number(),
        it.regulation.as_str().to_owned(),
        it.kind.as_str().to_owned(),
        it.manner.as_str().to_owned(),
        text(&it.outside_id),
        it.received_at.to_rfc3339(),
        time(it.confirm_by),
        time(it.confirmed_at),
        time(it.verified_at),
        text(&it.verified_how),
        it.first_due_at.to_rfc3339(),
        text(&extended),
        time(it.extended_at),
        text(&it.extension_reason),
        it.due_at.to_rfc3339(),
        it.state.as_str().to_owned(),
        time(it.ended_at),
        text(&it.ended_by),
        text(&days),
        if it.on_time(now) { "yes" } else { "no" }.to_owned(),
        it.basis
            .map(|basis| basis.article(it.regulation).to_owned())
            .unwrap_or_default(),
        text(&it.reason),
        number(it.records),
        number(it.account.map(|account| account.deleted)),
        told.to_string(),
        untold.to_string(),
        it.names.join(" "),
    ];
    push_row(
        out,
        cells.iter().map(|cell| match cell.as_str() {
            "" => Cell::Empty,
            text => Cell::Text(text),
        }),
    );
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
