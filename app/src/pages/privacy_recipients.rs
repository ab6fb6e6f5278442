//! Whom a dataset's data was disclosed to: each is told of every erasure, as art. 19 of the GDPR asks.

use crate::{
    api::{
        frame::Frame,
        privacy::{RecipientsView, list_recipients},
    },
    components::{Here, Notices, Place, PostButton, Typed, moment, page},
    paths,
    ui::{Card, Empty, Glyph, PageTop, TextField},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn PrivacyRecipientsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Privacy), Typed::read());
    let load = list_recipients(here.ds.clone());
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: RecipientsView, typed: Typed) -> impl IntoView {
    let crumbs = vec![("Privacy requests".to_owned(), paths::privacy(frame.ds()))];
    let list = if data.rows.is_empty() {
        view! { <Empty glyph=Glyph::Horn title="Nobody is told of erasures" text="Enter each system or company that gets data of these people from here. It is told by a signed request whenever somebody has been erased." /> }.into_any()
    } else {
        view! { <List frame=frame.clone() data=data.clone() /> }.into_any()
    };
    view! {
        <PageTop title="Recipients" crumbs sub=|| "Whoever was given data of these people is told when one of them has been erased." />
        <Notices typed=typed.clone() />
        <div class="grid wide-left">
            <div><Card title="Told of every erasure">{list}</Card></div>
            <div><AddForm frame secret=data.secret typed /></div>
        </div>
    }
    .into_any()
}

#[component]
fn List(frame: Frame, data: RecipientsView) -> impl IntoView {
    let rows = data
        .rows
        .into_iter()
        .map(|it| {
            view! {
                <tr>
                    <th scope="row">{it.name}<small>{it.url}</small></th>
                    <td data-label="Entered">{it.created_by}<small>{moment(it.created_at, frame.now)}</small></td>
                    <td class="n"><PostButton action="remove_recipient" name="Remove" ds=frame.ds() id=it.id.to_string() class="btn small to-danger" /></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"Recipients, by name"</caption>
            <thead>
                <tr>
                    <th scope="col">"Recipient"</th>
                    <th scope="col">"Entered"</th>
                    <th scope="col"><span class="unseen">"Remove"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// The secret comes with the page and is sent back with the address: whoever sets it up has seen it, once.
#[component]
fn AddForm(frame: Frame, secret: String, typed: Typed) -> impl IntoView {
    view! {
        <Card title="Add a recipient">
            <form class="body stackup" method="post" action="/fn/add_recipient" autocomplete="off">
                <input type="hidden" name="ds" value=frame.ds().to_owned() />
                <TextField name="name" label="Name" value=typed.get("name") error=typed.error("name").map(|_| "Type a name that no other recipient has, of 1 to 120 characters.".to_owned()) focus=typed.at("name") />
                <TextField
                    name="url"
                    label="Address"
                    kind="url"
                    value=typed.get("url")
                    error=typed.error("url")
                    focus=typed.at("url")
                />
                <TextField
                    name="secret"
                    label="New signing secret"
                    value=secret
                    hint="Copy it to the recipient before you save. It is shown this once."
                    error=typed.error("secret")
                    focus=typed.at("secret")
                />
                <details class="more">
                    <summary>"What it is sent, and how it checks that"</summary>
                    <p class="hint">
                        "JSON with the person's identities as the request named them, the number of the request and the time of the erasure. Lethe-Signature is v1= and the hex of HMAC-SHA256, with the secret, over Lethe-Timestamp, a full stop and the body. Anything but 2xx is tried again, with pauses that grow, for about a day."
                    </p>
                </details>
                <div class="acts"><button class="btn primary">"Add recipient"</button></div>
            </form>
        </Card>
    }
    .into_any()
}
