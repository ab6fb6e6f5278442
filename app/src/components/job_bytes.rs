//! What became of the bytes: pages read back, dead bytes found and wiped, and how far that goes.

use super::{moment, one_or_many, size};
use crate::{api::frame::Frame, ui::Card};
use domain::{erasure::Erasure, guard::grouped, job::Job};
use leptos::prelude::*;

/// The bytes of a deletion, once its scrub has begun.
#[component]
pub fn Bytes(
    /// Who asks, and where.
    frame: Frame,
    /// The deletion.
    job: Job,
) -> impl IntoView {
    job.erasure.clone().map(|erasure| {
        let left = left(&job, &erasure, &frame);
        let read = format!("{}, {}", grouped(erasure.pages), size(erasure.pages * erasure.page_bytes));
        let wiped = format!(
            "{} on {}",
            one_or_many(erasure.wiped.total(), "byte", "bytes"),
            one_or_many(erasure.pages_wiped, "page", "pages")
        );
        let pages = (erasure.pages > 0).then(|| view! { <dt>"Pages read back"</dt><dd>{read}</dd> });
        view! {
            <Card title="Bytes of the deleted">
                <div class="body">
                    <dl class="kv">
                        {pages}
                        <dt>"Dead bytes found and wiped"</dt><dd>{wiped}</dd>
                        <dt>"Left"</dt><dd>{left}</dd>
                    </dl>
                    <p class="hint">
                        "Dead bytes are what deleting and moving rows leaves in the database file, its log and its free pages. \
                        This is about the file, not the medium: copies on blocks that a disk has replaced, in snapshots and in backups are outside of it."
                    </p>
                </div>
            </Card>
        }
    })
}

fn left(job: &Job, erasure: &Erasure, frame: &Frame) -> String {
    match erasure.proven_at {
        Some(at) => format!("none, as of {}", moment(at, frame.now)),
        None if job.state.terminal() => "not proven".to_owned(),
        None => "not yet proven".to_owned(),
    }
}
