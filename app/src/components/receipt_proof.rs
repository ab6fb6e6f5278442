//! The form by which a privacy officer proves one person's deletion, and what it came to. A plain post to the page itself: what was
//! typed stands in no address and is kept nowhere.

use crate::{
    api::{frame::Frame, receipts::ProofAnswer},
    paths,
    ui::{Banner, Card, TextField, Tone},
};
use domain::{
    guard::grouped,
    problem::Code,
    profile::IdentityKind,
    receipt::{Proven, Receipt, ReceiptOf},
};
use leptos::prelude::*;

/// The form.
#[component]
pub fn ProveForm(
    /// Who asks, and where.
    frame: Frame,
    /// Its receipt.
    receipt: Receipt,
    /// Whether who looks may prove.
    may: bool,
    /// What the post came to whose answer this page is.
    answer: Option<ProofAnswer>,
) -> impl IntoView {
    let over = receipt
        .destroyed_at
        .or((receipt.proofs_until <= frame.now).then_some(receipt.proofs_until));
    let inside = if let Some(at) = over {
        let text = format!(
            "The keys were destroyed at the end of their term, on {}. The receipt still holds; no proof for a person can be made any more.",
            at.date_short()
        );
        view! { <p>{text}</p> }.into_any()
    } else if may {
        let until = receipt.proofs_until.date_short();
        view! { <Form frame=frame.clone() of=receipt.of until answer /> }.into_any()
    } else {
        view! { <p>"Privacy officers and administrators can prove that one person is among the deleted."</p> }
            .into_any()
    };
    view! {
        <div id="prove" class="prove">
            <Card title="Prove one person's deletion"><div class="body stackup">{inside}</div></Card>
        </div>
    }
    .into_any()
}

#[component]
fn Form(frame: Frame, of: ReceiptOf, until: String, answer: Option<ProofAnswer>) -> impl IntoView {
    let typed = answer
        .as_ref()
        .map(|answer| answer.typed.clone())
        .unwrap_or_default();
    let error = answer.as_ref().and_then(|answer| match &answer.result {
        Err(problem) if problem.code == Code::Invalid => Some(problem.message.clone()),
        _ => None,
    });
    let found = answer.as_ref().is_some_and(|answer| answer.result.is_ok());
    let focus = answer.is_some() && !found;
    let word = answer.and_then(|answer| match answer.result {
        Ok(proven) => Some(proven_banner(&proven, of).into_any()),
        Err(problem) if problem.code == Code::Invalid => None,
        Err(problem) => {
            let title = if problem.code == Code::NotInReceipt {
                format!("Not among those whom {} deleted", of.number())
            } else {
                "That was not done".to_owned()
            };
            Some(
                view! { <Banner tone=Tone::Warn role="status" title><p>{problem.message}</p></Banner> }
                    .into_any(),
            )
        }
    });
    let file = found.then(|| {
        view! { <button class="btn" name="act" value="file">"Download proof"</button> }
    });
    let hint = "User id, e-mail address, phone number or anonymous id. It is looked for and then forgotten: it stands in no log, no record and no address.";
    view! {
        {word}
        <form class="stackup" method="post" action=format!("{}#prove", paths::receipt(frame.ds(), of))>
            <TextField name="identity" label="Exact identity of the person" value=typed error hint focus />
            <div class="acts">
                <button class="btn" name="act" value="show">"Look for this person"</button>
                {file}
            </div>
        </form>
        <p class="hint">{format!("Proofs can be made until {until}; then the keys are destroyed.")}</p>
    }
    .into_any()
}

fn proven_banner(proven: &Proven, of: ReceiptOf) -> impl IntoView + use<> {
    let title = format!("Among those whom {} deleted", of.number());
    let kind = match proven.kind {
        IdentityKind::UserId => "user id",
        IdentityKind::Email => "e-mail address",
        IdentityKind::Phone => "phone number",
        IdentityKind::AnonymousId => "anonymous id",
    };
    let text = format!(
        "This {kind} is entry {} of {}. The proof is a file that leads from it to the root on the signed receipt and holds no readable identifier. Whoever gets it checks it offline and has to know the identity.",
        grouped(proven.entry),
        grouped(proven.of)
    );
    view! { <Banner tone=Tone::Ok role="status" title><p>{text}</p></Banner> }
}
