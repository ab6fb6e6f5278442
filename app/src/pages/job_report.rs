//! What one deletion changed: every metric before and after, the accumulated apart from the aggregated, and why.

use crate::{
    api::{frame::Frame, reports::load_job_report},
    components::{BasisBadge, DropTable, Here, LineTable, Place, moment, one_or_many, page},
    paths,
    ui::{Banner, Card, Empty, Glyph, PageTop, Tone},
};
use domain::{
    metric::Basis,
    report::{JobReport, Line},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn JobReportPage() -> impl IntoView {
    let here = Here::read(Place::Deletions);
    let load = load_job_report(here.ds.clone(), here.id.clone());
    page(here, load, |frame, data| view! { <Content frame data /> })
}

#[component]
fn Content(frame: Frame, data: JobReport) -> impl IntoView {
    let job = paths::job(frame.ds(), data.job);
    let crumbs = vec![
        ("Deletions".to_owned(), paths::jobs(frame.ds())),
        (format!("{}: {}", data.job.number(), data.segment_name), job),
    ];
    let sub = times(&frame, &data);
    let title = format!("What {} changed", data.job.number());
    let body = if data.lines.is_empty() || data.before_at.is_none() && data.after_at.is_none() {
        let text = if data.over {
            "This deletion ended before anything was measured: it deleted nobody, or ran under a release that measured nothing."
        } else {
            "The figures before are measured the moment before anybody is deleted; those after, when the job is sealed."
        };
        view! { <section class="card"><Empty glyph=Glyph::Chart title="Nothing has been measured" text /></section> }
            .into_any()
    } else {
        let (totals, people): (Vec<Line>, Vec<Line>) = data
            .lines
            .into_iter()
            .partition(|line| line.basis == Basis::Accumulated);
        let own = frame.clone();
        let drops = (!data.drops.is_empty()).then(|| {
            view! {
                <Card title="Impressions of campaigns">
                    <div class="body basis"><p>"Projected: what the people on the list had in the 30 days before the deletion was confirmed. Measured: what the deleted people had in the 30 days before the job was sealed; that much is missing from the figures now."</p></div>
                    <DropTable frame=own drops=data.drops.clone() />
                </Card>
            }
        });
        view! {
            {data.worked_out.then(worked_out)}
            {drops}
            <Part frame=frame.clone() basis=Basis::Aggregated title="People who are there" lines=people />
            <Part frame basis=Basis::Accumulated title="Ever recorded" lines=totals />
        }
        .into_any()
    };
    view! {
        <PageTop title crumbs sub=move || sub.clone() />
        {body}
    }
    .into_any()
}

fn times(frame: &Frame, data: &JobReport) -> String {
    let deleted = one_or_many(data.deleted, "profile", "profiles");
    let before = data
        .before_at
        .map(|at| format!(" Before: {}.", moment(at, frame.now)));
    let after = match data.after_at {
        Some(at) => format!(" After: {}.", moment(at, frame.now)),
        None if data.over => String::new(),
        None => " After: when the job ends.".to_owned(),
    };
    format!("{deleted} deleted.{}{after}", before.unwrap_or_default())
}

fn worked_out() -> impl IntoView {
    view! {
        <Banner tone=Tone::Info title="The aggregated figures before were worked out">
            <p>"There were too many people to count in front of a job that starts at once. The figures before are those after, with what the deleted people counted for, which the warehouse’s copy of them tells exactly. The accumulated ones were read before."</p>
        </Banner>
    }
}

/// The metrics of one basis.
#[component]
fn Part(frame: Frame, basis: Basis, title: &'static str, lines: Vec<Line>) -> impl IntoView {
    view! {
        <Card title note=move || view! { <BasisBadge basis /> }>
            <div class="body basis"><p>{basis.sentence()}</p></div>
            <LineTable frame caption=title lines />
        </Card>
    }
    .into_any()
}
