//! By which ways notices leave the console: one's own address, the mail server, the webhook, and a test of each.

use super::Reply;
use domain::notice::{Delivery, NotificationSettings};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NotificationsView {
    /// What is set up, as far as this person may see it.
    pub settings: NotificationSettings,
    /// Whether they may change it for everybody.
    pub administers: bool,
    /// A secret for a new webhook: shown on this page and never again.
    pub fresh_secret: Option<String>,
    /// The test that was just made.
    pub tested: Option<Delivery>,
}

/// What the form of the mail server sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SmtpForm {
    /// Its name.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: String,
    /// How the connection is kept private.
    pub smtp_tls: String,
    /// The name to log in with.
    pub smtp_user: String,
    /// The password; empty: the one that is there.
    pub smtp_secret: String,
    /// The sender's address.
    pub smtp_from: String,
}

/// What is set up. `tested`: the key of the test that was just made.
#[server]
pub async fn show_notifications(tested: String) -> Reply<NotificationsView> {
    use super::door::{Door, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open("").await?;
        let (engine, actor) = (&door.engine, door.actor());
        let administers = actor.may(Permission::Administer) && actor.dataset.is_none();
        let tested = match tested.as_str() {
            key if !key.is_empty() && administers => engine.delivery(actor, key).await?,
            _ => None,
        };
        Ok(NotificationsView {
            settings: engine.notification_settings(actor).await?,
            fresh_secret: administers.then(|| engine.new_webhook_secret()),
            administers,
            tested,
        })
    })
    .await
}

/// Says where one's own notices go by e-mail.
#[server]
pub async fn set_address(#[server(default)] address: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths::NOTIFICATIONS;
    let page = back::Back::to(NOTIFICATIONS).keep("address", &address);
    back::post(page, async {
        let door = door::Door::open("").await?;
        door.engine.set_notice_address(door.actor(), &address).await?;
        Ok(back::done(NOTIFICATIONS, "address"))
    })
    .await
}

/// Sets the mail server.
#[server]
pub async fn set_smtp(form: SmtpForm) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths::NOTIFICATIONS;
    use domain::notice::{SmtpSettings, SmtpTls};
    let page = back::Back::to(NOTIFICATIONS)
        .keep("smtp_host", &form.smtp_host)
        .keep("smtp_port", &form.smtp_port)
        .keep("smtp_tls", &form.smtp_tls)
        .keep("smtp_user", &form.smtp_user)
        .keep("smtp_from", &form.smtp_from);
    back::post(page, async {
        let door = door::Door::open("").await?;
        let server = SmtpSettings {
            host: form.smtp_host.trim().to_owned(),
            // What is no port is 0, which is refused by name.
            port: form.smtp_port.trim().parse().unwrap_or(0),
            tls: SmtpTls::parse(&form.smtp_tls).unwrap_or(SmtpTls::Starttls),
            user: form.smtp_user.trim().to_owned(),
            secret: form.smtp_secret.clone(),
            from: form.smtp_from.trim().to_owned(),
        };
        door.engine.set_smtp(door.actor(), Some(server)).await?;
        Ok(back::done(NOTIFICATIONS, "smtp"))
    })
    .await
}

/// Sets the webhook, with the secret that the page has shown.
#[server]
pub async fn set_webhook(
    #[server(default)] webhook_url: String,
    #[server(default)] webhook_secret: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths::NOTIFICATIONS;
    let page = back::Back::to(NOTIFICATIONS)
        .keep("webhook_url", &webhook_url)
        .keep("webhook_secret", &webhook_secret);
    back::post(page, async {
        let door = door::Door::open("").await?;
        door.engine
            .set_webhook(door.actor(), Some((webhook_url, webhook_secret)))
            .await?;
        Ok(back::done(NOTIFICATIONS, "webhook"))
    })
    .await
}

/// Takes a way out of use: `mail` or `webhook`.
#[server]
pub async fn remove_channel(channel: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths::NOTIFICATIONS;
    use domain::notice::Channel;
    back::post(back::Back::to(NOTIFICATIONS), async {
        let door = door::Door::open("").await?;
        match door::channel(&channel)? {
            Channel::Mail => door.engine.set_smtp(door.actor(), None).await?,
            Channel::Webhook => door.engine.set_webhook(door.actor(), None).await?,
        }
        Ok(back::done(NOTIFICATIONS, "removed"))
    })
    .await
}

/// Sends a test now; the page says what happened.
#[server]
pub async fn send_test(channel: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths::{NOTIFICATIONS, with_query};
    back::post(back::Back::to(NOTIFICATIONS), async {
        let door = door::Door::open("").await?;
        let made = door
            .engine
            .send_test(door.actor(), door::channel(&channel)?)
            .await?;
        Ok(with_query(NOTIFICATIONS, &[("tested", made.key.as_str())]))
    })
    .await
}
