//! Starting a deletion: the checks in their order, the recount, and the one transaction that makes the job.

use super::{Engine, estimate::Ask, jobs::check_rate, recurring::definition, when};
use crate::{
    error::{Error, Result},
    quiet,
    store::{
        self,
        jobs::{JobRow, NewJob},
        rule_sql::RuleScope,
    },
};
use domain::{
    access::{Actor, Permission},
    guard::grouped,
    id::{DatasetId, JobId, RecurringId},
    job::{Counts, Intent, Job, JobSpec, JobState, JobStatus, OnActiveCampaign, Progress, WAIT_SECONDS_MAX},
    problem::{Code, Problem},
    rule::{Rule, print_redacted},
    segment::{Segment, SegmentState, name_confirms},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// What makes a repeated request one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key that the caller chose.
    pub key: String,
    /// The hash of the request's body.
    pub body_hash: [u8; 32],
}

/// The answer to a start.
#[derive(Debug, Clone, PartialEq)]
pub enum Started {
    /// A new job.
    New(Job),
    /// The job that an earlier request with the same key made.
    Repeated(Job),
}

impl Started {
    /// The job, new or not.
    #[must_use]
    pub fn job(self) -> Job {
        match self {
            Self::New(job) | Self::Repeated(job) => job,
        }
    }
}

/// The standing confirmation by which a job is started, looked at in the transaction that makes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'a> {
    pub(crate) recurring: RecurringId,
    /// What was confirmed, see `definition`.
    pub(crate) definition: &'a [u8],
}

/// A checked request.
struct Checked {
    segment: Segment,
    /// Which rules were counted.
    versions: BTreeMap<i64, i64>,
    rule: Option<Rule>,
    /// The rule as it may stand in records: identity literals as keyed hashes.
    shown: Option<String>,
    count: i64,
    /// About how many events they have.
    events: i64,
    now: Timestamp,
}

impl Engine {
    /// Confirms a deletion. Nothing is deleted when any check refuses.
    ///
    /// The order: who asks, a repeated request, quiet hours, the start, consent, the typed name, numbers in range, the dataset's one place, the
    /// segment's own job, the plan hash, the recount, an all-matching rule, running campaigns. The plan hash and the
    /// place are looked at once more inside the transaction.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `idempotency_mismatch`, `start_past`, `start_too_far`, `consent_required`, `name_mismatch`,
    /// `invalid`, `job_active`,
    /// `segment_busy`, `plan_changed`, `count_moved`, `nobody_matches`, `force_required`, `campaign_active`.
    pub async fn start_job(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        spec: JobSpec,
        once: Option<Idempotency>,
    ) -> Result<Started> {
        self.start_by(actor, dataset, spec, once, None).await
    }

    /// The same, by a standing confirmation where there is one: refused with `plan_changed` where its rule is not the one that was
    /// confirmed, and with `state_refused` where it has been stopped.
    pub(crate) async fn start_by(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        mut spec: JobSpec,
        once: Option<Idempotency>,
        standing: Option<Standing<'_>>,
    ) -> Result<Started> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        if spec.export {
            actor.require_in(Permission::Export, dataset)?;
        }
        if let Some(earlier) = self.repeated(actor, once.as_ref()).await? {
            return Ok(Started::Repeated(earlier));
        }
        spec.quiet_hours = spec.quiet_hours.map(quiet::checked).transpose()?;
        when::check_start(&mut spec, self.inner.store.clock.now())?;
        // On a full disk the ballast is given up here: else the job that is to make room could not be written down.
        self.inner.health.look();
        let checked = match self.check_start(actor, dataset, &spec).await {
            Ok(checked) => checked,
            Err(refused) => return self.first_answer(actor, once.as_ref(), refused).await,
        };
        let store = &self.inner.store;
        let start_at = start_at(&spec, checked.now);
        let ask = Ask {
            profiles: checked.count,
            events: checked.events,
            max_rate: spec.max_rate,
            quiet_hours: spec.quiet_hours.clone(),
            start_at: Some(start_at),
        };
        let expected = self.expected(dataset, spec.segment_id, &ask).await?;
        let mut tx = store.write().await?;
        let plan_hash = match still(&mut tx, dataset, (&spec, &checked), standing).await {
            Ok(plan_hash) => plan_hash,
            Err(refused) => {
                drop(tx);
                return self.first_answer(actor, once.as_ref(), refused).await;
            }
        };
        // Of a disabled segment the stored members go, whoever its rule would match now (fact S2).
        let live = checked.segment.state == SegmentState::Enabled;
        let rule = checked.rule.as_ref().filter(|_| live);
        let stored = rule.map(ToString::to_string);
        let first = ahead(&mut tx, dataset).await?;
        let new = NewJob {
            dataset,
            segment_name: &checked.segment.name,
            rule: stored.as_deref(),
            rule_shown: checked.shown.as_deref(),
            spec: &spec,
            plan_hash: &plan_hash,
            requested_by: &actor.name,
            key: once
                .as_ref()
                .map(|once| (once.key.as_str(), once.body_hash.as_slice())),
            now: checked.now,
            start_at,
            takes_place: start_at <= checked.now && !(spec.queue && first.is_some()),
        };
        let id = match store::jobs::insert(&mut tx, &new).await {
            Ok(id) => id,
            Err(error) if error.unique_violation() => {
                drop(tx);
                return self.lost_race(actor, dataset, &spec, once.as_ref(), error).await;
            }
            Err(error) => return Err(error),
        };
        store::frozen_rules::keep(&mut tx, (dataset, id), rule).await?;
        store::plans::make(&mut tx, id, &expected, checked.now).await?;
        let detail = serde_json::json!({ "segment": spec.segment_id, "count": checked.count, "plan_hash": plan_hash, "consent": true, "start_at": start_at, "jobs": expected.len() });
        self.audit_job(&mut tx, actor, "job.confirmed", dataset, id, detail)
            .await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        self.inner.copy.notify_one();
        Ok(Started::New(self.job_anywhere(actor, id).await?))
    }

    /// Does every check of a start and writes nothing: the job as it would begin, with id 0.
    ///
    /// # Errors
    /// As `start_job`.
    pub async fn dry_run(&self, actor: &Actor, dataset: DatasetId, mut spec: JobSpec) -> Result<Job> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        spec.quiet_hours = spec.quiet_hours.map(quiet::checked).transpose()?;
        when::check_start(&mut spec, self.inner.store.clock.now())?;
        let checked = self.check_start(actor, dataset, &spec).await?;
        let slug = store::datasets::slug(&mut *self.inner.store.read().await?, dataset).await?;
        let counts = Counts::of(checked.count, 0, 0, 0, 0, 0);
        Ok(Job {
            id: JobId(0),
            dataset: slug,
            segment_id: checked.segment.id,
            rule: checked.shown,
            segment_name: checked.segment.name,
            state: JobState::Freezing,
            status: JobStatus::Freezing,
            intent: Intent::Run,
            intent_by: None,
            reason_paused: None,
            requested_by: actor.name.clone(),
            reason: spec.reason.clone(),
            created_at: checked.now,
            start_local: None,
            start_at: start_at(&spec, checked.now),
            started_at: None,
            finished_at: None,
            end_reason: None,
            phases: Vec::new(),
            plan: None,
            estimated: None,
            took_ms: None,
            counts,
            events_deleted: 0,
            progress: Progress::of(JobState::Freezing, &counts, false, 0, None),
            max_rate: spec.max_rate,
            quiet_hours: spec.quiet_hours,
            work_ms: 0,
            verified_at: None,
            scrubbed_at: None,
            erasure: None,
            warehouse_kept: None,
            suppress: spec.suppress,
            export_asked: spec.export,
            export: None,
            as_of: checked.now,
        })
    }

    /// The job that an earlier request with the same key made, where there is one.
    async fn repeated(&self, actor: &Actor, once: Option<&Idempotency>) -> Result<Option<Job>> {
        let Some(once) = once else { return Ok(None) };
        let found = store::jobs::by_key(&mut *self.inner.store.read().await?, &actor.name, &once.key).await?;
        match found {
            Some((id, hash)) if hash == once.body_hash => Ok(Some(self.job_anywhere(actor, id).await?)),
            Some(_) => Err(Problem::new(Code::IdempotencyMismatch)
                .on("Idempotency-Key")
                .into()),
            None => Ok(None),
        }
    }

    /// A refusal, unless the first of two equal requests has made the job since: then this one gets its answer.
    async fn first_answer(
        &self,
        actor: &Actor,
        once: Option<&Idempotency>,
        refused: Error,
    ) -> Result<Started> {
        let earlier = self.repeated(actor, once).await?;
        earlier.map(Started::Repeated).ok_or(refused)
    }

    async fn check_start(&self, actor: &Actor, dataset: DatasetId, spec: &JobSpec) -> Result<Checked> {
        let segment = self
            .segment(
                &Actor {
                    name: actor.name.clone(),
                    ..Actor::system()
                },
                dataset,
                spec.segment_id,
            )
            .await?;
        check_typed(spec, &segment)?;
        let mut view = self.inner.store.view().await?;
        check_place(&mut view, dataset, spec, &segment).await?;
        check_plan(
            spec,
            &super::usage::plan_hash(&mut view, dataset, spec.segment_id).await?,
        )?;
        let now = self.inner.store.clock.now();
        let catalogue = store::segments::catalogue(&mut view, dataset).await?;
        let versions = store::beneath::versions(&catalogue, [spec.segment_id.0]);
        let segments = catalogue.defs;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now,
            segments: &segments,
        };
        let (count, events) = store::estimates::members(&mut view, &scope, spec.segment_id).await?;
        let rule = segments.get(&spec.segment_id.0).and_then(|def| def.rule.clone());
        check_count(spec, &segment, count)?;
        if !spec.force
            && rule
                .as_ref()
                .is_some_and(domain::rule::matches_everyone_trivially)
        {
            return Err(Problem::new(Code::ForceRequired)
                .on("force")
                .number("count", count)
                .into());
        }
        let running = super::usage::running_campaigns(&mut view, dataset, spec.segment_id).await?;
        if spec.on_active_campaign == OnActiveCampaign::Block && !running.is_empty() {
            let names = running
                .iter()
                .map(|name| format!("“{name}”"))
                .collect::<Vec<_>>()
                .join(", ");
            let message = format!(
                "Running campaigns use this segment: {names}. Pause them first, or confirm that you have seen it."
            );
            return Err(Problem::because(Code::CampaignActive, message)
                .on("on_active_campaign")
                .list("campaigns", running)
                .into());
        }
        let keys = &self.inner.store.keys;
        let name_of = |id: i64| catalogue.names.get(&id).cloned();
        let shown = rule
            .as_ref()
            .map(|rule| print_redacted(rule, name_of, |kind, value| keys.pseudonym(dataset, kind, value)));
        Ok(Checked {
            segment,
            versions,
            rule,
            shown,
            count,
            events,
            now,
        })
    }

    /// The insert met a unique index: somebody was quicker. The same request gets the first answer.
    async fn lost_race(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        spec: &JobSpec,
        once: Option<&Idempotency>,
        error: Error,
    ) -> Result<Started> {
        if let Some(earlier) = self.repeated(actor, once).await? {
            return Ok(Started::Repeated(earlier));
        }
        let mut conn = self.inner.store.read().await?;
        if let Some(holder) = store::jobs::holder(&mut conn, dataset).await? {
            return Err(job_active(&holder).into());
        }
        match store::jobs::of_segment(&mut conn, spec.segment_id).await? {
            Some(own) => Err(segment_busy(&own).into()),
            None => Err(error),
        }
    }
}

fn start_at(spec: &JobSpec, now: Timestamp) -> Timestamp {
    let waited = Timestamp::from_ms(now.ms() + spec.wait_seconds * 1000);
    spec.start_at.map_or(waited, |at| at.max(waited))
}

fn check_typed(spec: &JobSpec, segment: &Segment) -> Result<()> {
    if !spec.consent {
        return Err(Problem::new(Code::ConsentRequired).on("consent").into());
    }
    if !name_confirms(&spec.confirm_name, &segment.name) {
        return Err(Problem::new(Code::NameMismatch).on("confirm_name").into());
    }
    check_rate(spec.max_rate)?;
    if !(0..=WAIT_SECONDS_MAX).contains(&spec.wait_seconds) {
        return Err(
            Problem::because(Code::Invalid, "The waiting period is 0 seconds to a year.")
                .on("wait_seconds")
                .into(),
        );
    }
    if spec.count_tolerance < 0 || spec.confirm_count < 0 {
        return Err(
            Problem::because(Code::Invalid, "Counts and tolerances are not negative.")
                .on("count_tolerance")
                .into(),
        );
    }
    Ok(())
}

/// One running job per dataset (fact S8), unless the person asks to queue or the job is to wait for its time anyway.
async fn check_place(
    conn: &mut store::Conn,
    dataset: DatasetId,
    spec: &JobSpec,
    segment: &Segment,
) -> Result<()> {
    let waits = spec.queue || spec.wait_seconds > 0 || spec.start_at.is_some();
    if let Some(first) = ahead(conn, dataset).await?.filter(|_| !waits) {
        return Err(job_active(&first).into());
    }
    match store::jobs::of_segment(conn, segment.id).await? {
        Some(own) => Err(segment_busy(&own).into()),
        None => Ok(()),
    }
}

/// Whoever has the dataset's place, or waits for it already: a place that is free for a moment is the next one's in the queue.
async fn ahead(conn: &mut store::Conn, dataset: DatasetId) -> Result<Option<JobRow>> {
    match store::jobs::holder(conn, dataset).await? {
        Some(holder) => Ok(Some(holder)),
        None => store::jobs::first_queued(conn, dataset).await,
    }
}

/// Looks once more, in the transaction that makes the job: what the page showed, the rules that were counted, and a standing
/// confirmation with its rule. Gives the plan hash.
async fn still(
    tx: &mut store::Tx,
    dataset: DatasetId,
    (spec, checked): (&JobSpec, &Checked),
    standing: Option<Standing<'_>>,
) -> Result<String> {
    let plan_hash = super::usage::plan_hash(tx, dataset, spec.segment_id).await?;
    check_plan(spec, &plan_hash)?;
    let catalogue = store::segments::catalogue(tx, dataset).await?;
    let mut same = store::beneath::versions(&catalogue, [spec.segment_id.0]) == checked.versions;
    if let Some(standing) = standing {
        same &= definition(&catalogue, spec.segment_id) == standing.definition;
        let found = store::recurring::find(tx, standing.recurring).await?;
        if found.is_none_or(|it| it.stopped()) {
            let message = format!("{} has been stopped.", standing.recurring.number());
            return Err(Problem::because(Code::StateRefused, message).into());
        }
    }
    if same {
        Ok(plan_hash)
    } else {
        Err(Problem::new(Code::PlanChanged)
            .text("plan_hash", plan_hash)
            .into())
    }
}

fn job_active(holder: &JobRow) -> Problem {
    let number = JobId(holder.id).number();
    let message = format!(
        "{number} (“{}”) is running in this dataset. One deletion runs at a time: wait for it, or queue this one behind it.",
        holder.segment_name
    );
    Problem::because(Code::JobActive, message)
        .text("job", holder.id.to_string())
        .text("number", number)
        .text("segment", holder.segment_name.clone())
}

fn segment_busy(own: &JobRow) -> Problem {
    let number = JobId(own.id).number();
    Problem::because(
        Code::SegmentBusy,
        format!("{number} of this segment is not finished yet."),
    )
    .text("job", own.id.to_string())
    .text("number", number)
}

fn check_plan(spec: &JobSpec, plan_hash: &str) -> Result<()> {
    plan_shown(spec.plan_hash.as_deref(), plan_hash)
}

/// Refuses what was shown by another plan hash than that of now; `None`: nothing was shown.
pub(super) fn plan_shown(seen: Option<&str>, plan_hash: &str) -> Result<()> {
    match seen {
        Some(seen) if seen != plan_hash => Err(Problem::new(Code::PlanChanged)
            .text("plan_hash", plan_hash)
            .into()),
        _ => Ok(()),
    }
}

fn check_count(spec: &JobSpec, segment: &Segment, count: i64) -> Result<()> {
    if (count - spec.confirm_count).abs() > spec.count_tolerance {
        let message = format!(
            "“{}” has {} profiles now; you confirmed {}. Look again before you confirm.",
            segment.name,
            grouped(count),
            grouped(spec.confirm_count)
        );
        return Err(Problem::because(Code::CountMoved, message)
            .on("confirm_count")
            .number("count", count)
            .into());
    }
    if count == 0 {
        return Err(Problem::new(Code::NobodyMatches).into());
    }
    Ok(())
}
