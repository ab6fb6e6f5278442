//! What leaves of privacy requests as a file: the answer to a person, and the register that a regulator asks for.

use super::{Engine, requests::row_in};
use crate::{
    error::Result,
    export::Download,
    privacy::{entry, look_up},
    store,
};
use domain::{
    access::{Actor, Permission},
    csv::{Cell, push_row},
    export::Format,
    id::{DatasetId, RequestId},
    page::LIMIT_MAX,
    privacy::{
        PersonRecord,
        request::{Request, RequestKind, Step, Which},
    },
    problem::{Code, Problem},
    time::{DAY_MS, Timestamp},
};
use futures_util::stream;

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
