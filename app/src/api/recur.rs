//! From the form of a recurring deletion to what is asked of the engine, and back to the field that a refusal concerns.

use super::{
    back::Back,
    door::{self, Refusal},
    recurring::RecurringFields,
    start::{quiet, refused, suppress},
};
use crate::paths;
use domain::{
    job::OnActiveCampaign,
    problem::{Code, Problem},
    recurring::{Recurrence, RecurringSpec},
    segment::typed_count,
};

/// Back to the page with all that was typed but the password.
pub(super) fn back(form: &RecurringFields) -> Back {
    let page = format!(
        "{}/new?segment={}",
        paths::recurring_list(&form.ds),
        paths::encode(&form.segment)
    );
    Back::to(page)
        .keep("every", &form.every)
        .keep("weekday", &form.weekday)
        .keep("day", &form.day)
        .keep("at", &form.at)
        .keep("zone", &form.zone)
        .keep("confirm_name", &form.confirm_name)
        .keep("ceiling", &form.ceiling)
        .keep("consent", &form.consent)
        .keep("after", &form.after)
        .keep("proceed", &form.proceed)
        .keep("max_rate", &form.max_rate)
        .keep("quiet_from", &form.quiet_from)
        .keep("quiet_to", &form.quiet_to)
        .keep("quiet_zone", &form.quiet_zone)
        .keep("reason", &form.reason)
        .keep("suppress", &form.suppress)
}

/// Names the box that a refusal concerns. That a rule matches everyone is about no box of this form: no tick allows it.
pub(super) fn refusal(error: engine::Error) -> Refusal {
    match error.into_problem() {
        problem if problem.code == Code::ForceRequired => problem.on("segment").into(),
        problem => refused(problem.into()),
    }
}

/// What is asked.
pub(super) fn spec(form: &RecurringFields) -> Result<RecurringSpec, Refusal> {
    let recurrence = Recurrence::read(&form.every, &form.weekday, &form.day, &form.at, &form.zone)
        .map_err(|problem| refused(problem.into()))?;
    let ceiling = typed_count(&form.ceiling).ok_or_else(|| Problem::new(Code::CountInvalid).on("ceiling"))?;
    Ok(RecurringSpec {
        segment_id: door::id(&form.segment, "segment")?,
        recurrence,
        consent: !form.consent.is_empty(),
        confirm_name: form.confirm_name.clone(),
        ceiling,
        plan_hash: Some(form.plan_hash.clone()).filter(|hash| !hash.is_empty()),
        enable_after: form.after == "enable",
        on_active_campaign: if form.proceed.is_empty() {
            OnActiveCampaign::Block
        } else {
            OnActiveCampaign::Proceed
        },
        max_rate: door::rate(&form.max_rate)?,
        quiet_hours: quiet(&form.quiet_from, &form.quiet_to, &form.quiet_zone)?,
        reason: Some(form.reason.trim().to_owned()).filter(|reason| !reason.is_empty()),
        suppress: suppress(&form.suppress)?,
    })
}
