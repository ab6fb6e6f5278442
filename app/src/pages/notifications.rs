//! By which ways notices leave the console: one's own address for everybody; mail server and webhook for administrators.

use crate::{
    api::{
        frame::Frame,
        notifications::{NotificationsView, show_notifications},
    },
    components::{
        DeliveriesTable, Here, MailForm, Notices, OwnAddress, Place, SettingsTabs, Typed, WebhookForm, page,
    },
    paths,
    ui::{Banner, Card, Empty, Glyph, PageTop, Tone},
};
use domain::notice::DeliveryState;
use leptos::prelude::*;

/// The page.
#[component]
pub fn NotificationsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Settings), Typed::read());
    let load = show_notifications(typed.get("tested"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: NotificationsView, typed: Typed) -> impl IntoView {
    let tested = data.tested.clone().map(|test| {
        let said = test.said.unwrap_or_default();
        let (tone, title) = match test.state {
            DeliveryState::Sent => (Tone::Ok, format!("The test went out: {}", test.channel.title())),
            DeliveryState::Waiting | DeliveryState::GivenUp => (
                Tone::Bad,
                format!("The test did not go out: {}", test.channel.title()),
            ),
        };
        view! { <Banner tone title role="status"><p>{said}</p></Banner> }
    });
    let administers = data.administers;
    let settings = data.settings.clone();
    let table = if settings.deliveries.is_empty() {
        view! { <Empty glyph=Glyph::Bell title="Nothing has left the console yet" text="Each e-mail and each request is listed here, with what the other side said." /> }.into_any()
    } else {
        view! { <DeliveriesTable rows=settings.deliveries.clone() now=frame.now /> }.into_any()
    };
    view! {
        <PageTop title="Notifications" sub=|| "Every notice is in the console, under Notices. Here it is set how else it reaches people." />
        <SettingsTabs open=paths::NOTIFICATIONS />
        {tested}
        <Notices typed=typed.clone() />
        <div class="grid two">
            <div>
                <OwnAddress settings=settings.clone() typed=typed.clone() />
                {administers.then(|| view! { <WebhookForm url=settings.webhook_url.clone() secret=data.fresh_secret.clone().unwrap_or_default() typed=typed.clone() /> })}
            </div>
            <div>{administers.then(|| view! { <MailForm settings=settings.clone() typed=typed.clone() /> })}</div>
        </div>
        {administers.then(|| view! { <Card title="Last deliveries">{table}</Card> })}
    }
    .into_any()
}
