//! Decides about one due moment: start, refuse, skip or stop.

use crate::{
    calendar::{self, Due},
    error::{Error, Result},
    fault, notify,
    service::{Engine, Idempotency, Standing, definition},
    store::{
        self,
        notices::NewNotice,
        recurring::{NewRun, RecurringRow},
    },
};
use domain::{
    access::{Actor, Permission},
    guard::grouped,
    id::{DatasetId, JobId},
    job::{JobSpec, RETRY_PASSES},
    notice::NoticeKind,
    problem::Code,
    recurring::{MISSED_MS_MAX, RecurringSpec, RunOutcome},
    segment::SegmentState,
    time::Timestamp,
};

/// What became of a due moment.
#[derive(Debug)]
enum Decision {
    Started {
        job: JobId,
        matched: i64,
    },
    Nobody,
    Refused {
        matched: Option<i64>,
        why: String,
    },
    Skipped {
        why: String,
    },
    /// Refused, and so will every later one be.
    Stopped {
        why: String,
    },
}

/// Decides, writes it down and says when it is due next, in one transaction with the notice.
pub(super) async fn decide(engine: &Engine, row: &RecurringRow) -> Result<()> {
    let spec = row.spec()?;
    let now = engine.inner.store.clock.now();
    let due = Due::of(&spec.recurrence)?;
    // After some time without a server several may have passed: one is made up for.
    let due_at = due.last(now).unwrap_or(now);
    let first = Timestamp::from_ms(row.next_at.unwrap_or(now.ms()));
    let missed = (due_at > first).then(|| {
        let shown = calendar::shown(first, &spec.recurrence.zone).unwrap_or_else(|| first.date_time_short());
        format!("The server was down when it was due on {shown}; this run makes up for it.")
    });
    let decision = if now.ms() - due_at.ms() > MISSED_MS_MAX {
        Decision::Skipped {
            why: "The server was down when it was due, for more than a day. Nobody was deleted; the next run is as planned."
                .to_owned(),
        }
    } else {
        decision(engine, row, &spec, due_at).await?
    };
    fault::stop_point("recurring.decided")?;
    write(engine, row, due_at, due.next(now), missed, decision).await
}

async fn decision(
    engine: &Engine,
    row: &RecurringRow,
    spec: &RecurringSpec,
    due_at: Timestamp,
) -> Result<Decision> {
    let store = &engine.inner.store;
    let dataset = DatasetId(row.dataset_id);
    let once = once(row, due_at);
    let started = store::jobs::by_key(&mut *store.read().await?, &row.created_by, &once.key).await?;
    if let Some((job, _)) = started {
        // An earlier process started it and was gone before it could say so.
        let found = store::jobs::find(&mut *store.read().await?, job).await?;
        let matched = found.map_or(0, |job| job.confirmed_count);
        return Ok(Decision::Started { job, matched });
    }
    let stopped = |why: String| Ok(Decision::Stopped { why });
    let Some(actor) = engine.actor_named(&row.created_by).await? else {
        return stopped(format!(
            "{} confirmed it and can no longer log in.",
            row.created_by
        ));
    };
    if actor.require_in(Permission::DeleteInBulk, dataset).is_err() {
        return stopped(format!(
            "{} confirmed it and is no longer allowed to delete in this dataset.",
            row.created_by
        ));
    }
    let segment = match engine
        .segment(&actor_to_look(&actor), dataset, spec.segment_id)
        .await
    {
        Ok(segment) => segment,
        Err(Error::Problem(problem)) if problem.code == Code::NotFound => {
            return stopped("The segment no longer exists.".to_owned());
        }
        Err(error) => return Err(error),
    };
    let catalogue = store::segments::catalogue(&mut *store.read().await?, dataset).await?;
    if definition(&catalogue, spec.segment_id) != row.definition {
        return stopped(
            "The segment's rule, or one that it refers to, is not the one that was confirmed. Confirm the recurring deletion anew."
                .to_owned(),
        );
    }
    if segment.state == SegmentState::Disabled {
        let why = "The segment is disabled, so nobody who matches it now is in it. Enable it, and the next run goes through.";
        return Ok(Decision::Refused {
            matched: None,
            why: why.to_owned(),
        });
    }
    start(engine, row, spec, (&actor, &segment.name, once)).await
}

/// Counts, and starts the job where the ceiling allows it.
async fn start(
    engine: &Engine,
    row: &RecurringRow,
    spec: &RecurringSpec,
    (actor, name, once): (&Actor, &str, Idempotency),
) -> Result<Decision> {
    let dataset = DatasetId(row.dataset_id);
    let matched = engine.members_now(dataset, spec.segment_id).await?;
    if matched == 0 {
        return Ok(Decision::Nobody);
    }
    if matched > spec.ceiling {
        return Ok(Decision::Refused {
            matched: Some(matched),
            why: format!(
                "{} people match, and at most {} were confirmed for one run. Nobody was deleted.",
                grouped(matched),
                grouped(spec.ceiling)
            ),
        });
    }
    let standing = Standing {
        recurring: row.id(),
        definition: &row.definition,
    };
    let wish = job_spec(row, spec, name, matched);
    let job = engine
        .start_by(actor, dataset, wish, Some(once), Some(standing))
        .await;
    match job {
        Ok(started) => Ok(Decision::Started {
            job: started.job().id,
            matched,
        }),
        Err(Error::Problem(problem)) => match problem.code {
            Code::NobodyMatches => Ok(Decision::Nobody),
            // The number moved between two counts, or a rule since it was compared: looked at again at the next look.
            Code::CountMoved | Code::PlanChanged => Err(problem.into()),
            _ => Ok(Decision::Refused {
                matched: Some(matched),
                why: problem.message,
            }),
        },
        Err(error) => Err(error),
    }
}

/// An ordinary job, as the person would have asked for it. What may come in between the count and the freeze is bounded by
/// the ceiling, not by the count.
fn job_spec(row: &RecurringRow, spec: &RecurringSpec, name: &str, matched: i64) -> JobSpec {
    let number = row.id().number();
    let reason = match &spec.reason {
        Some(reason) => format!("Recurring deletion {number}: {reason}"),
        None => format!("Recurring deletion {number}"),
    };
    JobSpec {
        segment_id: spec.segment_id,
        consent: true,
        confirm_name: name.to_owned(),
        confirm_count: matched,
        count_tolerance: spec.ceiling - matched,
        plan_hash: None,
        reason: Some(reason),
        start_at: None,
        start_zone: Some(spec.recurrence.zone.clone()),
        wait_seconds: 0,
        max_rate: spec.max_rate,
        quiet_hours: spec.quiet_hours.clone(),
        spare_changed: true,
        retry_passes: RETRY_PASSES,
        on_active_campaign: spec.on_active_campaign,
        queue: true,
        export: false,
        force: false,
        suppress: spec.suppress,
    }
}

fn once(row: &RecurringRow, due_at: Timestamp) -> Idempotency {
    let key = format!("recurring:{}:{}", row.id, due_at.ms());
    Idempotency {
        body_hash: *blake3::hash(key.as_bytes()).as_bytes(),
        key,
    }
}

/// A bulk token may delete and a person may look; the segment itself is looked at in the server's own name.
fn actor_to_look(actor: &Actor) -> Actor {
    Actor {
        name: actor.name.clone(),
        ..Actor::system()
    }
}

async fn write(
    engine: &Engine,
    row: &RecurringRow,
    due_at: Timestamp,
    next: Option<Timestamp>,
    missed: Option<String>,
    decision: Decision,
) -> Result<()> {
    let store = &engine.inner.store;
    let (now, id, dataset) = (store.clock.now(), row.id(), DatasetId(row.dataset_id));
    let (outcome, matched, job, why) = match &decision {
        Decision::Started { job, matched } => (RunOutcome::Started, Some(*matched), Some(*job), None),
        Decision::Nobody => (RunOutcome::Nobody, Some(0), None, None),
        Decision::Refused { matched, why } => (RunOutcome::Refused, *matched, None, Some(why.as_str())),
        Decision::Skipped { why } => (RunOutcome::Skipped, None, None, Some(why.as_str())),
        Decision::Stopped { why } => (RunOutcome::Refused, None, None, Some(why.as_str())),
    };
    let mut tx = store.write().await?;
    // A person may have stopped it meanwhile: then only a job that was started is still written down.
    let current = store::recurring::find(&mut tx, id).await?.ok_or(Error::Fenced)?;
    if current.stopped() && job.is_none() {
        return Ok(());
    }
    let note = missed.as_deref().filter(|_| why.is_none()).or(why);
    let run = NewRun {
        recurring: id,
        due_at,
        decided_at: now,
        outcome,
        matched,
        job,
        note,
    };
    store::recurring::insert_run(&mut tx, &run).await?;
    let stops = match (&decision, next) {
        (Decision::Stopped { why }, _) => Some(why.as_str()),
        (_, None) => Some("No further moment can be reckoned."),
        (_, Some(next)) => {
            store::recurring::set_next(&mut tx, id, next).await?;
            None
        }
    };
    if let Some(reason) = stops {
        store::recurring::stop(&mut tx, id, "system", Some(reason), now).await?;
    }
    let detail = serde_json::json!({
        "due_at": due_at, "outcome": outcome.as_str(), "matched": matched, "job": job, "note": note, "stopped": stops.is_some(),
    });
    engine
        .audit_recurring(&mut tx, &Actor::system(), "recurring.run", dataset, id, detail)
        .await?;
    if let Some(why) = why {
        tell(&mut tx, row, due_at, now, &decision, why).await?;
    }
    tx.commit().await
}

/// Word to the person: a run that came to nothing is noticed, one that started a job is told of at the job's end.
async fn tell(
    tx: &mut store::Tx,
    row: &RecurringRow,
    due_at: Timestamp,
    now: Timestamp,
    decision: &Decision,
    why: &str,
) -> Result<()> {
    let (number, name) = (row.id().number(), &row.segment_name);
    let (kind, word) = match decision {
        Decision::Skipped { .. } => (NoticeKind::RunSkipped, "a run was skipped"),
        Decision::Stopped { .. } => (NoticeKind::RecurringStopped, "stopped"),
        _ => (NoticeKind::RunRefused, "a run was refused"),
    };
    let notice = NewNotice {
        cause: &format!("recurring:{}:{}", row.id, due_at.ms()),
        recipient: &row.created_by,
        dataset: DatasetId(row.dataset_id),
        kind,
        title: &format!("{number} “{name}”: {word}"),
        text: why,
        job: None,
        recurring: Some(row.id()),
    };
    notify::tell(tx, &notice, now).await
}
