//! From the form of a campaign to what is asked of the engine, and back to the page with what was typed.

use super::{
    back::Back,
    campaigns::{ArmForm, CampaignForm},
};
use crate::components::{ARM_END, ARM_MARK, campaign_form::minute};
use domain::{
    campaign::{Arm, Campaign, CampaignChange, CampaignSpec, CampaignStatus},
    id::SegmentId,
    problem::{Code, Problem},
    time::Timestamp,
};

/// Back to the form's page with all that was typed.
pub(super) fn keep(back: Back, form: &CampaignForm) -> Back {
    let arms = form.arms.iter().filter(|arm| !empty(arm)).map(|arm| {
        let parts = [arm.name.as_str(), arm.from.as_str(), arm.to.as_str()];
        parts
            .map(|part| part.replace([ARM_MARK, ARM_END], " "))
            .join(&ARM_MARK.to_string())
    });
    let arms: Vec<String> = arms.collect();
    back.keep("id", &form.id)
        .keep("version", &form.version)
        .keep("name", &form.name)
        .keep("status", &form.status)
        .keep("include", form.include.join(","))
        .keep("exclude", form.exclude.join(","))
        .keep("starts_at", &form.starts_at)
        .keep("ends_at", &form.ends_at)
        .keep("arms", arms.join(&ARM_END.to_string()))
}

fn empty(arm: &ArmForm) -> bool {
    [&arm.name, &arm.from, &arm.to]
        .iter()
        .all(|part| part.trim().is_empty())
}

/// A status by its word.
pub(super) fn status(text: &str) -> Result<CampaignStatus, Problem> {
    CampaignStatus::parse(text).ok_or_else(|| Problem::new(Code::Invalid).on("status"))
}

fn segments(ids: &[String], field: &str) -> Result<Vec<SegmentId>, Problem> {
    ids.iter()
        .map(|id| id.parse().map_err(|_| Problem::new(Code::Invalid).on(field)))
        .collect()
}

fn arms(rows: &[ArmForm]) -> Result<Vec<Arm>, Problem> {
    let typed = rows.iter().filter(|arm| !empty(arm));
    typed
        .map(|arm| Arm::read(&arm.name, &arm.from, &arm.to))
        .collect()
}

/// A time out of the browser's box: with or without seconds, in UTC.
fn moment(text: &str, field: &str) -> Result<Option<Timestamp>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = [format!("{text}:00Z"), format!("{text}Z")];
    let mut read = read.iter().filter_map(|text| Timestamp::parse_rfc3339(text));
    read.next()
        .map(Some)
        .ok_or_else(|| Problem::new(Code::Invalid).on(field))
}

/// A new campaign.
pub(super) fn spec(form: &CampaignForm) -> Result<CampaignSpec, Problem> {
    Ok(CampaignSpec {
        id: Some(form.id.clone()),
        name: form.name.clone(),
        status: status(&form.status)?,
        include: segments(&form.include, "include")?,
        exclude: segments(&form.exclude, "exclude")?,
        starts_at: moment(&form.starts_at, "starts_at")?,
        ends_at: moment(&form.ends_at, "ends_at")?,
        arms: arms(&form.arms)?,
    })
}

/// What changes. A time that was left as the box showed it stays to the millisecond.
pub(super) fn change(form: &CampaignForm, was: &Campaign) -> Result<CampaignChange, Problem> {
    let time = |typed: &str, kept: Option<Timestamp>, field: &str| {
        if typed.trim() == minute(kept) {
            return Ok(None);
        }
        moment(typed, field).map(Some)
    };
    Ok(CampaignChange {
        name: Some(form.name.clone()),
        status: Some(status(&form.status)?),
        include: Some(segments(&form.include, "include")?),
        exclude: Some(segments(&form.exclude, "exclude")?),
        starts_at: time(&form.starts_at, was.starts_at, "starts_at")?,
        ends_at: time(&form.ends_at, was.ends_at, "ends_at")?,
        arms: Some(arms(&form.arms)?),
        version: Some(form.version.parse().unwrap_or(was.version)),
    })
}
