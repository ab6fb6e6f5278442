//! Notices and their ways out as people use them: reading, marking as read, setting up e-mail and webhook, and a test that
//! says what happened. Secrets are written and used, never shown.

use super::{new_key, outbox};
use crate::{
    error::{Error, Result},
    service::Engine,
    store::{self, Conn, audit::Entry, notices::NewDelivery},
};
use domain::{
    access::{Actor, Permission},
    id::NoticeId,
    notice::{
        Channel, Delivery, DeliveryState, Notice, NotificationSettings, SECRET_CHARS_MIN, SmtpSettings,
        SmtpShown, is_address,
    },
    page::{Page, PageRequest},
    problem::{Code, Problem},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The mail server, as JSON.
const SMTP: &str = "notify_smtp";
/// The webhook, as JSON.
const WEBHOOK: &str = "notify_webhook";
/// Deliveries that the page lists.
const DELIVERIES: u32 = 20;

/// Where webhooks go, and what they are signed with.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: String,
}

/// Keeps the secret out of logs.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The mail server, where one is set.
pub(super) async fn smtp(conn: &mut Conn) -> Result<Option<SmtpSettings>> {
    read(conn, SMTP).await
}

/// The webhook, where one is set.
pub(super) async fn webhook(conn: &mut Conn) -> Result<Option<Webhook>> {
    read(conn, WEBHOOK).await
}

async fn read<T: serde::de::DeserializeOwned>(conn: &mut Conn, name: &str) -> Result<Option<T>> {
    let text = store::settings::get(conn, name).await?;
    // Without the parser's words: they could quote a secret.
    let parsed = text.map(|text| serde_json::from_str(&text));
    parsed
        .transpose()
        .map_err(|_| Error::Corrupt(format!("the setting {name} cannot be read")))
}

impl Engine {
    /// A person's notices, newest first.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn notices(&self, actor: &Actor, page: PageRequest) -> Result<Page<Notice>> {
        actor.require(Permission::View)?;
        let mut conn = self.inner.store.read().await?;
        let rows =
            store::notices::list(&mut conn, &actor.name, actor.dataset, page.after(), page.rows()).await?;
        Ok(Page::from_fetched(rows, page.rows(), |notice| {
            notice.id.to_string()
        }))
    }

    /// How many of a person's notices are not read.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn unread_notices(&self, actor: &Actor) -> Result<i64> {
        actor.require(Permission::View)?;
        store::notices::unread(&mut *self.inner.store.read().await?, &actor.name, actor.dataset).await
    }

    /// Marks a notice of one's own as read, or it and all older ones. One that is read stays so; somebody else's is not found
    /// and not touched.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn mark_notices_read(&self, actor: &Actor, id: NoticeId, and_older: bool) -> Result<()> {
        actor.require(Permission::View)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        store::notices::mark_read(&mut tx, &actor.name, id, and_older, now).await?;
        tx.commit().await
    }

    /// What is set up, as far as this person may see it.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn notification_settings(&self, actor: &Actor) -> Result<NotificationSettings> {
        actor.require(Permission::View)?;
        let mut conn = self.inner.store.read().await?;
        let server = smtp(&mut conn).await?;
        let mut shown = NotificationSettings {
            own_address: store::notices::address(&mut conn, &actor.name).await?,
            mail_ready: server.is_some(),
            ..NotificationSettings::default()
        };
        if administers(actor) {
            shown.smtp = server.map(|smtp| SmtpShown {
                has_secret: !smtp.secret.is_empty(),
                host: smtp.host,
                port: smtp.port,
                tls: smtp.tls,
                user: smtp.user,
                from: smtp.from,
            });
            shown.webhook_url = webhook(&mut conn).await?.map(|hook| hook.url);
            shown.deliveries = store::notices::deliveries(&mut conn, None, DELIVERIES).await?;
        }
        Ok(shown)
    }

    /// Says where one's own notices go by e-mail; an empty text keeps them in the console.
    ///
    /// # Errors
    /// `forbidden`, `invalid` on `address`.
    pub async fn set_notice_address(&self, actor: &Actor, address: &str) -> Result<()> {
        actor.require(Permission::View)?;
        let address = Some(address.trim()).filter(|text| !text.is_empty());
        if address.is_some_and(|text| !is_address(text)) {
            let message = "Type one e-mail address, such as ada@example.org, or leave the box empty.";
            return Err(Problem::because(Code::Invalid, message).on("address").into());
        }
        let detail = serde_json::json!({ "set": address.is_some() });
        let mut tx = self.inner.store.write().await?;
        store::notices::set_address(&mut tx, &actor.name, address).await?;
        self.audit_notify(&mut tx, actor, "notifications.address_set", detail)
            .await?;
        tx.commit().await
    }

    /// Sets the mail server; an empty secret keeps the one that is there for the same user. `None`: no e-mail any more.
    ///
    /// # Errors
    /// `forbidden`, `invalid`.
    pub async fn set_smtp(&self, actor: &Actor, server: Option<SmtpSettings>) -> Result<()> {
        require(actor)?;
        let mut tx = self.inner.store.write().await?;
        let detail = match server {
            None => {
                store::settings::remove(&mut tx, SMTP).await?;
                serde_json::json!({ "set": false })
            }
            Some(mut server) => {
                server.check()?;
                if server.secret.is_empty()
                    && let Some(before) = smtp(&mut tx).await?
                    && before.user == server.user
                    && before.host == server.host
                {
                    // Only for the same server: else whoever may set another one would be sent the password.
                    server.secret = before.secret;
                }
                store::settings::put(&mut tx, SMTP, &store::jobs::to_json(&server)?).await?;
                serde_json::json!({ "set": true, "host": server.host, "port": server.port, "tls": server.tls })
            }
        };
        self.audit_notify(&mut tx, actor, "notifications.smtp_set", detail)
            .await?;
        tx.commit().await
    }

    /// A new secret for a webhook, to be shown this once and sent with the address.
    #[must_use]
    pub fn new_webhook_secret(&self) -> String {
        format!(
            "whs_{:032x}{:016x}",
            rand::random::<u128>(),
            rand::random::<u64>()
        )
    }

    /// Sets the webhook's address and secret. `None`: no webhook any more.
    ///
    /// # Errors
    /// `forbidden`, `invalid` on `webhook_url` or `webhook_secret`.
    pub async fn set_webhook(&self, actor: &Actor, hook: Option<(String, String)>) -> Result<()> {
        require(actor)?;
        let mut tx = self.inner.store.write().await?;
        let detail = match hook {
            None => {
                store::settings::remove(&mut tx, WEBHOOK).await?;
                serde_json::json!({ "set": false })
            }
            Some((url, secret)) => {
                let (url, secret) = (url.trim().to_owned(), secret.trim().to_owned());
                let address = super::webhook::Address::read(&url)?;
                if secret.chars().count() < SECRET_CHARS_MIN || secret.chars().any(char::is_control) {
                    let message = format!("The secret has at least {SECRET_CHARS_MIN} characters.");
                    return Err(Problem::because(Code::Invalid, message)
                        .on("webhook_secret")
                        .into());
                }
                // The path may hold a secret of the receiver's.
                let host = address.host().to_owned();
                store::settings::put(&mut tx, WEBHOOK, &store::jobs::to_json(&Webhook { url, secret })?)
                    .await?;
                serde_json::json!({ "set": true, "host": host })
            }
        };
        self.audit_notify(&mut tx, actor, "notifications.webhook_set", detail)
            .await?;
        tx.commit().await
    }

    /// Sends a test now, once, and says what happened. An e-mail goes to one's own address.
    ///
    /// # Errors
    /// `forbidden`, `not_set_up`.
    pub async fn send_test(&self, actor: &Actor, channel: Channel) -> Result<Delivery> {
        require(actor)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let target = match channel {
            Channel::Mail if smtp(&mut tx).await?.is_none() => None,
            Channel::Mail => store::notices::address(&mut tx, &actor.name).await?,
            Channel::Webhook => webhook(&mut tx).await?.map(|hook| hook.url),
        };
        let target = target.ok_or_else(|| not_set_up(channel))?;
        let (key, title) = (new_key(), "A test from Lethe");
        let body = serde_json::json!({
            "id": key, "type": "test", "created_at": now.to_rfc3339(), "dataset": null, "recipient": actor.name, "title": title,
            "text": "If you read this, notices of deletions arrive here.", "job": null, "recurring": null,
        })
        .to_string();
        let new = NewDelivery {
            key: &key,
            notice: None,
            channel,
            target: &target,
            title,
            body: &body,
            next_at: None,
        };
        let id = store::notices::insert_delivery(&mut tx, &new, now).await?;
        let detail = serde_json::json!({ "channel": channel.as_str() });
        self.audit_notify(&mut tx, actor, "notifications.test", detail)
            .await?;
        tx.commit().await?;
        let due = store::notices::Due {
            id,
            key: key.clone(),
            channel: channel.as_str().to_owned(),
            target,
            body,
            tries: 0,
        };
        let (state, said) = match outbox::attempt(self, &due).await? {
            Ok(said) => (DeliveryState::Sent, said),
            Err(said) => (DeliveryState::GivenUp, said),
        };
        let mut tx = self.inner.store.write().await?;
        store::notices::record(&mut tx, id, state, &said, None).await?;
        let made = store::notices::deliveries(&mut tx, Some(&key), 1).await?;
        tx.commit().await?;
        made.into_iter()
            .next()
            .ok_or_else(|| Problem::not_found("delivery").into())
    }

    /// One delivery by its key, for whoever administers.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn delivery(&self, actor: &Actor, key: &str) -> Result<Option<Delivery>> {
        require(actor)?;
        let found = store::notices::deliveries(&mut *self.inner.store.read().await?, Some(key), 1).await?;
        Ok(found.into_iter().next())
    }

    async fn audit_notify(
        &self,
        tx: &mut store::Tx,
        actor: &Actor,
        action: &'static str,
        detail: serde_json::Value,
    ) -> Result<()> {
        let entry = Entry {
            action,
            dataset: None,
            object: "notifications".to_owned(),
            detail,
        };
        store::audit::insert(tx, self.inner.store.clock.now(), actor, entry).await
    }
}

fn not_set_up(channel: Channel) -> Problem {
    let message = match channel {
        Channel::Mail => "Set the mail server and your own address first.",
        Channel::Webhook => "Set the webhook's address first.",
    };
    Problem::because(Code::NotSetUp, message)
}

/// The settings are the installation's: who is bound to one dataset has no say in them.
fn administers(actor: &Actor) -> bool {
    actor.may(Permission::Administer) && actor.dataset.is_none()
}

fn require(actor: &Actor) -> Result<()> {
    if administers(actor) {
        Ok(())
    } else {
        Err(Problem::new(Code::Forbidden).into())
    }
}
