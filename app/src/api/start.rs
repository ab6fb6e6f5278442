//! From the confirm form to what is asked of the engine, and back to the field that a refusal concerns.

use super::{
    Answer,
    back::Back,
    deletion::{Conditions, StartForm},
    door::{self, Door, Refusal},
};
use crate::paths;
use domain::{
    guard::share_needs_word,
    id::SegmentId,
    job::{JobSpec, OnActiveCampaign, QuietHours, RETRY_PASSES},
    problem::{Code, Problem},
    segment::typed_count,
    suppression::Suppress,
    time::Timestamp,
};
use engine::{Ask, Error, Idempotency};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The ways to start, as the form names them.
const STARTS: [&str; 4] = ["now", "wait", "at", "queue"];

/// Back to the delete page with all that was typed but the password.
pub(super) fn back(form: &StartForm) -> Back {
    let page = format!(
        "{}/{}/delete",
        paths::segments(&form.ds),
        paths::encode(&form.segment)
    );
    Back::to(page)
        .keep("confirm_name", &form.confirm_name)
        .keep("confirm_count", &form.confirm_count)
        .keep("consent", &form.consent)
        .keep("seen", &form.seen)
        .keep("everyone", &form.everyone)
        .keep("most", &form.most)
        .keep("start", &form.start)
        .keep("start_on", &form.start_on)
        .keep("start_zone", &form.start_zone)
        .keep("max_rate", &form.max_rate)
        .keep("quiet_from", &form.quiet_from)
        .keep("quiet_to", &form.quiet_to)
        .keep("quiet_zone", &form.quiet_zone)
        .keep(
            "spare_changed",
            if form.spare_changed.is_empty() {
                "no"
            } else {
                "yes"
            },
        )
        .keep("reason", &form.reason)
        .keep("export", &form.export)
        .keep("suppress", &form.suppress)
}

/// Takes the password where the log-in is older than five minutes.
pub(super) async fn password(door: &Door, form: &StartForm) -> Result<(), Refusal> {
    fresh_password(door, &form.password).await
}

/// The same out of any form.
pub(super) async fn fresh_password(door: &Door, password: &str) -> Result<(), Refusal> {
    if !door.password_needed() {
        return Ok(());
    }
    if password.is_empty() {
        return Err(Problem::new(Code::PasswordRequired).on("password").into());
    }
    let cookie = door::cookie().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    door.engine
        .confirm_password(&cookie, password)
        .await
        .map_err(refused)?;
    Ok(())
}

/// What is asked.
pub(super) fn spec(door: &Door, form: &StartForm) -> Result<JobSpec, Refusal> {
    let count = typed_count(&form.confirm_count)
        .ok_or_else(|| Problem::new(Code::CountInvalid).on("confirm_count"))?;
    // Nothing chosen must not mean "at once": a page that came back without its choice would delete sooner than was meant.
    if !STARTS.contains(&form.start.as_str()) {
        return Err(Problem::new(Code::Invalid).on("start").into());
    }
    Ok(JobSpec {
        segment_id: door::id(&form.segment, "segment")?,
        consent: !form.consent.is_empty(),
        confirm_name: form.confirm_name.clone(),
        confirm_count: count,
        count_tolerance: 0,
        plan_hash: Some(form.plan_hash.clone()).filter(|hash| !hash.is_empty()),
        reason: Some(form.reason.trim().to_owned()).filter(|reason| !reason.is_empty()),
        start_at: start_at(form)?,
        start_zone: Some(form.start_zone.trim().to_owned())
            .filter(|zone| matches!(form.start.as_str(), "at" | "wait") && !zone.is_empty()),
        wait_seconds: if form.start == "wait" {
            door::wait_seconds()
        } else {
            0
        },
        max_rate: door::rate(&form.max_rate)?,
        quiet_hours: quiet_hours(form)?,
        spare_changed: !form.spare_changed.is_empty(),
        retry_passes: RETRY_PASSES,
        on_active_campaign: if form.seen.is_empty() {
            OnActiveCampaign::Block
        } else {
            OnActiveCampaign::Proceed
        },
        queue: form.start == "queue",
        force: !form.everyone.is_empty() && door.actor().may(domain::access::Permission::DeleteInBulk),
        export: !form.export.is_empty(),
        suppress: suppress(&form.suppress)?,
    })
}

/// What is refused afterwards, as chosen; the default where nothing was.
pub(super) fn suppress(word: &str) -> Result<Suppress, Refusal> {
    let chosen = if word.is_empty() {
        Some(Suppress::default())
    } else {
        Suppress::parse(word)
    };
    chosen.ok_or_else(|| Problem::new(Code::Invalid).on("suppress").into())
}

/// The moment that was chosen, by the clock of the zone that was named.
fn start_at(form: &StartForm) -> Result<Option<Timestamp>, Refusal> {
    if form.start != "at" {
        return Ok(None);
    }
    let at = engine::read_local(&form.start_on, &form.start_zone);
    at.map(Some).map_err(|problem| refused(problem.into()))
}

/// The quiet hours, where either end of them was typed.
fn quiet_hours(form: &StartForm) -> Result<Option<QuietHours>, Refusal> {
    quiet(&form.quiet_from, &form.quiet_to, &form.quiet_zone)
}

/// The same out of any form.
pub(super) fn quiet(from: &str, to: &str, zone: &str) -> Result<Option<QuietHours>, Refusal> {
    typed_quiet(from, to, zone).map_err(|problem| refused(problem.into()))
}

fn typed_quiet(from: &str, to: &str, zone: &str) -> Answer<Option<QuietHours>> {
    if from.is_empty() && to.is_empty() {
        return Ok(None);
    }
    QuietHours::read(from, to, zone).map(Some)
}

/// What an estimate is asked about.
pub(super) fn asked(typed: &Conditions) -> Answer<Ask> {
    Ok(Ask {
        profiles: typed.profiles.max(0),
        events: typed.events.max(0),
        max_rate: door::rate(&typed.max_rate)?,
        quiet_hours: typed_quiet(&typed.quiet_from, &typed.quiet_to, &typed.quiet_zone)?,
        start_at: None,
    })
}

/// A very large share of the dataset goes only where somebody has said on the page that they saw it. Scripts are not asked:
/// they type a count as well, and see nobody's page.
/// Counted now, as the page counted it: the overview's figures may be older.
pub(super) async fn share(door: &Door, form: &StartForm, segment: SegmentId) -> Result<(), Refusal> {
    if !form.everyone.is_empty() {
        return Ok(());
    }
    let (profiles, of) = door.engine.share(door.actor(), door.id(), segment).await?;
    let everyone = profiles > 0 && profiles == of;
    let unseen = everyone || (share_needs_word(profiles, of) && form.most.is_empty());
    // Of everyone another box says so.
    let field = if everyone { "everyone" } else { "most" };
    if unseen {
        return Err(Problem::new(Code::ShareUnseen).on(field).into());
    }
    Ok(())
}

/// The page's key with a fingerprint of what was asked, the password aside.
pub(super) fn once(form: &StartForm) -> Option<Idempotency> {
    let asked = StartForm {
        password: String::new(),
        ..form.clone()
    };
    let text = format!("{asked:?}");
    let mut body_hash = [0; 32];
    for (part, seed) in body_hash.chunks_exact_mut(8).zip(0_u8..) {
        let mut hasher = DefaultHasher::new();
        (seed, &text).hash(&mut hasher);
        part.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    (!form.key.is_empty()).then(|| Idempotency {
        key: form.key.clone(),
        body_hash,
    })
}

/// Names the box that a refusal concerns, so that the page can put the words beside it and the cursor into it.
pub(super) fn refused(error: Error) -> Refusal {
    let mut problem = error.into_problem();
    let field = match problem.code {
        Code::Invalid => match problem.field.as_deref() {
            Some("quiet_hours.from") => Some("quiet_from"),
            Some("quiet_hours.to") => Some("quiet_to"),
            Some("quiet_hours.zone") => Some("quiet_zone"),
            Some("start_at") => Some("start_on"),
            _ => None,
        },
        Code::StartPast | Code::StartTooFar | Code::TimeSkipped => Some("start_on"),
        Code::NameMismatch => Some("confirm_name"),
        Code::CountInvalid | Code::CountMoved => Some("confirm_count"),
        Code::ConsentRequired => Some("consent"),
        Code::CampaignActive => Some("seen"),
        Code::ForceRequired => Some("everyone"),
        Code::PasswordRequired | Code::PasswordWrong => Some("password"),
        _ => None,
    };
    if let Some(field) = field {
        problem.field = Some(field.to_owned());
    }
    problem.into()
}
