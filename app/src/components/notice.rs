//! Word of what was done, and of what was refused, at the top of the page that a form led to.

use super::Typed;
use crate::ui::{Banner, Tone};
use leptos::prelude::*;

/// What was done, by its code in the address. Nothing is shown for codes that are not ours, nor for what a job's page says by
/// itself: that it was started, paused, resumed or cancelled.
fn done(code: &str) -> Option<&'static str> {
    Some(match code {
        "limits" => "The limit has been set",
        "proof_days" => "The term has been set; it holds for receipts that are signed from now on",
        "quiet" => "The quiet hours have been set; they hold from the next batch on",
        "brought_forward" => "The waiting is over: the deletion starts now",
        "recurring" => "The recurring deletion has been confirmed",
        "recurring_stopped" => "The recurring deletion is stopped: nothing is due any more",
        "address" => "Your address has been saved",
        "smtp" => "The mail server has been saved",
        "webhook" => "The webhook has been saved",
        "removed" => "That has been removed",
        "rate" => "The speed limit has been set",
        "created" => "The segment has been created",
        "changed" => "The segment has been changed",
        "counted" => "Counted just now",
        "counting" => "It is being counted. The page shows the new number when it is there",
        "cloned" => "The segment has been cloned. This is the copy",
        "segment_deleted" => "The segment has been removed. Its people stay",
        "member_added" => "The person is a member now",
        "member_removed" => "The person is no member any more",
        "member_there" => "The person was a member already",
        "member_none" => "The person was no member",
        "enabled" => "The segment is enabled: people join it again",
        "disabled" => "The segment is disabled: nobody joins it",
        "status" => "The campaign's status has been changed",
        "campaign_created" => "The campaign has been created",
        "campaign_changed" => "The campaign has been changed",
        "hold_set" => "The legal hold is in force",
        "hold_ended" => "The legal hold has been ended: its people can be deleted again",
        "use_removed" => "It has been removed from what other systems run",
        "figures" => {
            "The figures are being counted anew, or have been just now: each says when it was counted"
        }
        "keep" => "How long the warehouse keeps deleted people has been set",
        "suppressed" => "The identity is on the list: data about it is refused from now on",
        "recheck" => {
            "It is being looked whether deleted people live again. Reload the page to see what was found"
        }
        "lifted" => "The suppression has been lifted: data about that identity is let in again",
        "wiped" => "The export has been wiped",
        "request_made" => "The request has been entered: its clock is running",
        "request_confirmed" => "It is on record that receipt was confirmed",
        "request_verified" => "It is on record how the identity was verified",
        "request_extended" => "The term has been extended",
        "request_run" => "The request has been carried out",
        "request_cancelled" => "The request has been cancelled",
        "request_declined" => "The request has been declined",
        "recipient_added" => "The recipient will be told of every erasure from now on",
        "recipient_removed" => "The recipient is told nothing any more",
        "logged_out" => "You are logged out",
        _ => return None,
    })
}

/// Both kinds of word. A refusal names the box that it is about and leads there.
#[component]
pub fn Notices(
    /// The page's address.
    typed: Typed,
) -> impl IntoView {
    let good = done(&typed.get("done")).map(|title| view! { <Banner tone=Tone::Ok title /> });
    let bad = typed.problem().map(|code| {
        let field = typed.get("field");
        // The segment is what the page is about and has no box on it.
        let known = field.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            && !field.is_empty()
            && field != "segment";
        let link = known.then(|| view! { <p><a href=format!("#{field}")>"Go to the box concerned"</a></p> });
        view! {
            <Banner tone=Tone::Bad title="That was not done" role="alert">
                <p>{typed.sentence(code)}</p>
                {link}
            </Banner>
        }
    });
    view! { {good} {bad} }.into_any()
}
