//! The receipt of a deletion or of a privacy request: what went, what was kept and why, who asked, how it was checked; and the
//! proof for one person. Prints to one sheet.

use crate::{
    api::{
        frame::Frame,
        receipts::{ProofAnswer, ReceiptView, Whose, load_receipt, load_request_receipt},
    },
    components::{
        CountsTable, Here, HowItCame, HowToCheck, JobBadge, Place, ProveForm, RequestBadge, StoresTable, page,
    },
    paths,
    ui::{Card, Empty, Glyph, PageTop},
};
use domain::receipt::{Receipt, short_fingerprint};
use leptos::{nonce::use_nonce, prelude::*};

/// Printing needs the browser's program, so the button is shown by it alone.
const PRINT: &str = "for(const b of document.querySelectorAll('[data-print]')){b.hidden=false;b.addEventListener('click',()=>print())}";

/// The page of a deletion's.
#[component]
pub fn ReceiptPage() -> impl IntoView {
    let here = Here::read(Place::Deletions);
    let answer = use_context::<ProofAnswer>();
    let load = load_receipt(here.ds.clone(), here.id.clone());
    page(here, load, |frame, data| view! { <Content frame data answer /> })
}

/// The page of a privacy request's.
#[component]
pub fn RequestReceiptPage() -> impl IntoView {
    let here = Here::read(Place::Privacy);
    let answer = use_context::<ProofAnswer>();
    let load = load_request_receipt(here.ds.clone(), here.id.clone());
    page(here, load, |frame, data| view! { <Content frame data answer /> })
}

/// Where it belongs.
fn crumbs(ds: &str, whose: &Whose) -> Vec<(String, String)> {
    match whose {
        Whose::Job(job) => vec![
            ("Deletions".to_owned(), paths::jobs(ds)),
            (
                format!("{}: {}", job.id.number(), job.segment_name),
                paths::job(ds, job.id),
            ),
        ],
        Whose::Request(it) => vec![
            ("Privacy requests".to_owned(), paths::privacy(ds)),
            (
                format!("{}: {}", it.id.number(), it.kind.title()),
                paths::request(ds, it.id),
            ),
        ],
    }
}

#[component]
fn Content(frame: Frame, data: ReceiptView, answer: Option<ProofAnswer>) -> impl IntoView {
    let of = data.whose.of();
    let whose = data.whose.clone();
    let crumbs = crumbs(frame.ds(), &whose);
    let title = format!("Receipt {}", of.number());
    let Ok(receipt) = data.receipt.clone() else {
        let text = data
            .receipt
            .err()
            .map(|problem| problem.message)
            .unwrap_or_default();
        return view! {
            <PageTop title crumbs />
            <section class="card"><Empty glyph=Glyph::Lock title="There is no receipt" text /></section>
        }
        .into_any();
    };
    let signed = format!(
        "{} Signed {}, key {}.",
        receipt.statement.purpose,
        receipt.sealed_at.date_time_short(),
        short_fingerprint(&receipt.statement.key.fingerprint)
    );
    let file = paths::receipt_file(frame.ds(), of);
    let acts = move || {
        view! {
            <button type="button" class="btn" data-print hidden>"Print"</button>
            <a class="btn primary" href=file.clone() download>"Download receipt"</a>
        }
    };
    let badge = move || match whose.clone() {
        Whose::Job(job) => view! { <JobBadge job=*job /> }.into_any(),
        Whose::Request(it) => view! { <RequestBadge state=it.state /> }.into_any(),
    };
    let may = data.may_prove;
    view! {
        <PageTop title crumbs acts sub=move || view! { {badge()} " " {signed.clone()} } />
        <section class="card"><CountsTable counts=receipt.statement.counts.clone() /></section>
        <div class="grid two receipt">
            <Stores receipt=receipt.clone() />
            <div>
                <Origin receipt=receipt.clone() />
                <ProveForm frame receipt=receipt.clone() may answer />
            </div>
        </div>
        <HowToCheck receipt />
        <script nonce=use_nonce()>{PRINT}</script>
    }
    .into_any()
}

#[component]
fn Stores(receipt: Receipt) -> impl IntoView {
    view! { <Card title="What was deleted, and what was not"><StoresTable statement=receipt.statement /></Card> }
}

#[component]
fn Origin(receipt: Receipt) -> impl IntoView {
    view! { <Card title="How it came about"><HowItCame receipt /></Card> }
}
