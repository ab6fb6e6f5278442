//! Delivers what stands in the outbox, one after the other, with pauses that grow, and gives up in the end. What the other
//! side said is kept for people to see.

use super::{mail, settings, webhook};
use crate::{
    error::Result,
    fault,
    service::Engine,
    store::{self, notices::Due},
};
use domain::notice::{Channel, DeliveryState, pause_ms};
use futures_util::future::BoxFuture;
use std::time::Duration;
use tokio::sync::watch;

/// It looks so often; an empty outbox costs one look into an index.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure of the database it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// A try takes this long at most.
const TRY_MAX: Duration = Duration::from_secs(15);
/// Characters that are kept of what the other side said.
const SAID_CHARS_MAX: usize = 300;

/// The task.
pub(crate) async fn run(engine: Engine, stop: watch::Receiver<bool>) {
    deliver(&engine, stop, "the outbox", |engine| Box::pin(one(engine))).await;
}

/// Makes one try after the other until told to stop. `one` makes one, if any is due, and says whether there was any; `what` is
/// its name in the log.
pub(crate) async fn deliver(
    engine: &Engine,
    mut stop: watch::Receiver<bool>,
    what: &str,
    one: impl for<'a> Fn(&'a Engine) -> BoxFuture<'a, Result<bool>> + Send,
) {
    while !*stop.borrow() {
        let done = tokio::select! {
            // A try that is cut off by a stop is made again after the next start.
            done = one(engine) => done,
            _ = stop.changed() => return,
        };
        let rest = match done {
            Ok(true) => continue,
            Ok(false) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, what, "it could not be looked at; it will be again");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}

/// What comes of a try after `tries` before it: the state, what the other side said, and the pause until the next one,
/// milliseconds, where there is one.
pub(crate) fn verdict(
    tried: std::result::Result<String, String>,
    tries: i64,
) -> (DeliveryState, String, Option<i64>) {
    match tried {
        Ok(said) => (DeliveryState::Sent, said, None),
        Err(said) => match pause_ms(tries + 1) {
            Some(pause) => (DeliveryState::Waiting, said, Some(pause)),
            None => (DeliveryState::GivenUp, said, None),
        },
    }
}

/// One delivery, if any is due. Says whether there was one.
async fn one(engine: &Engine) -> Result<bool> {
    let store = &engine.inner.store;
    let due = store::notices::due(&mut *store.read().await?, store.clock.now()).await?;
    let Some(due) = due else { return Ok(false) };
    let tried = attempt(engine, &due).await?;
    fault::stop_point("outbox.tried")?;
    let (state, said, pause) = verdict(tried, due.tries);
    if state != DeliveryState::Sent {
        tracing::warn!(
            delivery = due.key,
            channel = due.channel,
            "a notice could not be delivered"
        );
    }
    let next = pause.map(|ms| store.clock.now().plus_ms(ms));
    let mut tx = store.write().await?;
    store::notices::record(&mut tx, due.id, state, &said, next).await?;
    tx.commit().await?;
    Ok(true)
}

/// One try by the settings of now; gives what the other side said, or why it did not come to that.
pub(super) async fn attempt(engine: &Engine, due: &Due) -> Result<std::result::Result<String, String>> {
    let store = &engine.inner.store;
    let body: serde_json::Value = serde_json::from_str(&due.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    // What is set up is read before each match: in one's head, the reader would be kept while the other side takes its time.
    let tried = match Channel::parse(&due.channel) {
        Some(Channel::Mail) => {
            let server = settings::smtp(&mut *store.read().await?).await?;
            match server {
                None => Err("No mail server is set up any more.".to_owned()),
                Some(server) => {
                    let letter = mail::Letter {
                        to: &due.target,
                        subject: &text("title"),
                        text: &mail::text(&body),
                        key: &due.key,
                    };
                    timed(mail::send(&server, &letter)).await
                }
            }
        }
        Some(Channel::Webhook) => {
            let hook = settings::webhook(&mut *store.read().await?).await?;
            match hook {
                None => Err("No webhook is set up any more.".to_owned()),
                Some(hook) => {
                    let seconds = store.clock.now().ms() / 1_000;
                    timed(webhook::send(&hook, &due.key, seconds, &due.body)).await
                }
            }
        }
        None => Err("An unknown way.".to_owned()),
    };
    Ok(match tried {
        Ok(said) => Ok(cut(&said)),
        Err(said) => Err(cut(&said)),
    })
}

/// A try, given up when it takes too long.
pub(crate) async fn timed(
    deed: impl Future<Output = std::result::Result<String, String>>,
) -> std::result::Result<String, String> {
    match tokio::time::timeout(TRY_MAX, deed).await {
        Ok(done) => done,
        Err(_) => Err(format!("No answer within {} seconds.", TRY_MAX.as_secs())),
    }
}

/// One line, not too long.
pub(crate) fn cut(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(SAID_CHARS_MAX).collect()
}
