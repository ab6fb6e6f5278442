//! The forms of the page of notifications. Secrets are typed or copied here and never shown again.

use super::{Typed, moment};
use crate::ui::{Card, SelectField, TextField};
use domain::{
    notice::{Channel, Delivery, DeliveryState, NotificationSettings, SmtpTls},
    time::Timestamp,
};
use leptos::prelude::*;

/// Where one's own notices go.
#[component]
pub fn OwnAddress(
    /// What is set up.
    settings: NotificationSettings,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let value = typed
        .returned("address")
        .unwrap_or_else(|| settings.own_address.clone().unwrap_or_default());
    let hint = if settings.mail_ready {
        "Empty: your notices stay in the console."
    } else {
        "Empty: your notices stay in the console. No mail server is set yet, so none leaves before an administrator sets one."
    };
    view! {
        <Card title="Your e-mail">
            <form class="body stackup" method="post" action="/fn/set_address">
                <TextField
                    name="address"
                    label="Send my notices to"
                    kind="email"
                    autocomplete="email"
                    hint=hint.to_owned()
                    value
                    error=typed.error("address")
                    focus=typed.at("address")
                />
                <div class="acts"><button class="btn">"Save address"</button></div>
            </form>
        </Card>
    }
    .into_any()
}

/// The mail server.
#[component]
pub fn MailForm(
    /// What is set up.
    settings: NotificationSettings,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let server = settings.smtp.clone();
    let value = |name: &str, of: Option<String>| typed.returned(name).or(of).unwrap_or_default();
    let text = |name: &'static str, label: &'static str, of: Option<String>| {
        view! { <TextField name=format!("form[{name}]") label value=value(name, of) error=typed.error(name) focus=typed.at(name) /> }
    };
    let ways = SmtpTls::ALL.map(|tls| (tls.as_str().to_owned(), tls.title().to_owned()));
    let of = server.as_ref();
    let host = text("smtp_host", "Server", of.map(|server| server.host.clone()));
    let port = of.map_or(587, |server| server.port).to_string();
    let port = text("smtp_port", "Port", Some(port));
    let tls = of
        .map_or(SmtpTls::Starttls, |server| server.tls)
        .as_str()
        .to_owned();
    let tls = value("smtp_tls", Some(tls));
    let user = text(
        "smtp_user",
        "User name at the mail server",
        of.map(|server| server.user.clone()),
    );
    let from = text("smtp_from", "Sender", of.map(|server| server.from.clone()));
    let more = of.map(|_| after(Channel::Mail));
    let secret = if of.is_some_and(|server| server.has_secret) {
        "Empty: the one that is kept. It is never shown."
    } else {
        "It is kept and never shown."
    };
    view! {
        <Card title="E-mail server">
            <form class="body stackup" method="post" action="/fn/set_smtp" autocomplete="off">
                <div class="pair">
                    {host}
                    {port}
                </div>
                <SelectField
                    name="form[smtp_tls]"
                    label="Encryption"
                    options=ways.to_vec()
                    value=tls
                />
                {user}
                <TextField name="form[smtp_secret]" label="Password at the mail server" kind="password" autocomplete="new-password" hint=secret.to_owned() />
                {from}
                <div class="acts"><button class="btn">"Save mail server"</button></div>
            </form>
            {more}
        </Card>
    }
    .into_any()
}

/// What can be done with a way out that is set up.
fn after(channel: Channel) -> impl IntoView {
    let form = |action: &'static str, name: &'static str, class: &'static str| {
        view! {
            <form method="post" action=action>
                <input type="hidden" name="channel" value=channel.as_str() />
                <button class=class>{name}</button>
            </form>
        }
    };
    let (test, remove) = match channel {
        Channel::Mail => ("Send a test e-mail", "Remove mail server"),
        Channel::Webhook => ("Send a test request", "Remove webhook"),
    };
    view! {
        <div class="foot">
            {form("/fn/send_test", test, "btn small")}
            {form("/fn/remove_channel", remove, "btn small to-danger")}
        </div>
    }
}

/// The webhook. The secret comes with the page and is sent back with the address: whoever set it up has seen it, once.
#[component]
pub fn WebhookForm(
    /// Where it goes now.
    url: Option<String>,
    /// A fresh secret.
    secret: String,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let value = typed
        .returned("webhook_url")
        .or_else(|| url.clone())
        .unwrap_or_default();
    // The secret that somebody has copied by now is the one that counts, so a refused form brings it back.
    let secret = typed.returned("webhook_secret").unwrap_or(secret);
    let state = match &url {
        Some(_) => "A secret is kept and is not shown. Saving replaces it by the one below.",
        None => "Every notice is sent as one signed request.",
    };
    view! {
        <Card title="Webhook">
            <form class="body stackup" method="post" action="/fn/set_webhook" autocomplete="off">
                <p class="hint">{state}</p>
                <TextField
                    name="webhook_url"
                    label="Address"
                    kind="url"
                    value
                    error=typed.error("webhook_url")
                    focus=typed.at("webhook_url")
                />
                <TextField
                    name="webhook_secret"
                    label="New signing secret"
                    value=secret
                    hint="Copy it to the receiver before you save. It is shown this once: the page makes another one whenever it is loaded anew."
                    error=typed.error("webhook_secret")
                    focus=typed.at("webhook_secret")
                />
                <details class="more">
                    <summary>"How the receiver checks it"</summary>
                    <p class="hint">
                        "Lethe-Signature is v1= and the hex of HMAC-SHA256, with the secret, over Lethe-Timestamp, a full stop and the body. Lethe-Delivery is the same at every try: a request may come twice. Anything but 2xx is tried again, with pauses that grow, for about a day."
                    </p>
                </details>
                <div class="acts"><button class="btn">"Save webhook"</button></div>
            </form>
            {url.is_some().then(|| after(Channel::Webhook))}
        </Card>
    }
    .into_any()
}

/// What has left the console lately.
#[component]
pub fn DeliveriesTable(
    /// The deliveries, newest first.
    rows: Vec<Delivery>,
    /// The time.
    now: Timestamp,
) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|row| {
            let class = match row.state {
                DeliveryState::Sent => "badge ok",
                DeliveryState::Waiting => "badge warn",
                DeliveryState::GivenUp => "badge bad",
            };
            let next = row.next_at.map(|at| format!("Again {}", moment(at, now)));
            view! {
                <tr>
                    <th scope="row">{row.title}<small>{row.channel.title()} ", " {row.target}</small></th>
                    <td data-label="State"><span class=class>{row.state.title()}</span><small>{next}</small></td>
                    <td class="n" data-label="Tries">{row.tries}</td>
                    <td data-label="Said">{row.said}</td>
                    <td data-label="Written">{moment(row.created_at, now)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"Deliveries, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Notice"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="n">"Tries"</th>
                    <th scope="col">"What the other side said"</th>
                    <th scope="col">"Written"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}
