//! Logging in: passwords, sessions, and the delay after wrong tries. Users and tokens are made in `accounts`.
//!
//! Design notes. A cookie is 256 random bits, so its SHA-256 is enough in the database. Passwords are argon2id, hashed
//! off the async threads and two at a time, so that a flood of log-ins cannot take the machine. Whether a user exists
//! cannot be told from the answer nor from the time it takes: an unknown name is checked against a hash of nobody.

use super::{Engine, tries::Tries};
use crate::{
    error::{Error, Result},
    store::{self, audit::Entry},
};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    access::{Actor, Powers, SessionInfo},
    id::UserId,
    problem::{Code, Problem},
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};
use std::{fmt, sync::LazyLock};

/// A session that was not used for so long is over: a working day, so that a marketer logs in once.
const IDLE_MS: i64 = 8 * 3_600_000;
/// A session is over after so long whatever happens.
const SESSION_MS: i64 = 12 * 3_600_000;
/// That something was used is written down at most this often.
pub(super) const TOUCH_MS: i64 = 60_000;
/// Counts older than this are refreshed in the background when somebody logs in.
const COUNT_OLD_MS: i64 = 60_000;

/// A fresh session: the only time that the cookie is seen.
pub struct NewSession {
    /// What the browser keeps.
    pub cookie: String,
    /// Who is logged in.
    pub info: SessionInfo,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Logs in. Stale counts are refreshed in the background, so that what the person sees is of now.
    ///
    /// # Errors
    /// `login_failed`, whatever is wrong; `too_many_tries`.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<NewSession> {
        let now = self.inner.store.clock.now();
        self.check_tries(name, now)?;
        let found = store::access::login(&mut *self.inner.store.read().await?, name).await?;
        // Counted before it is known, so that many tries at once are many tries.
        self.tries().failed(name, now);
        let right = self
            .password_is(found.as_ref().map(|login| login.password_hash.clone()), password)
            .await?;
        let Some(login) = found.filter(|login| right && login.enabled()) else {
            self.log_refused(name, now).await?;
            return Err(Problem::new(Code::LoginFailed).into());
        };
        self.tries().succeeded(name);
        let session = self.begin_session(name, login.id(), now).await?;
        let (engine, actor) = (self.clone(), session.info.actor.clone());
        tokio::spawn(async move { engine.refresh_for(&actor).await });
        Ok(session)
    }

    async fn begin_session(&self, name: &str, user: UserId, now: Timestamp) -> Result<NewSession> {
        let cookie = random_text();
        let hash = secret_hash(&cookie);
        let mut tx = self.inner.store.write().await?;
        let (expires_at, idle_since) = (now.plus_ms(SESSION_MS), now.minus_ms(IDLE_MS));
        store::access::insert_session(&mut tx, &hash, user, now, expires_at, idle_since).await?;
        // Read back in the same transaction: whoever was disabled meanwhile does not get in.
        let found = store::access::session(&mut tx, &hash).await?;
        let info = info(found.ok_or_else(|| Problem::new(Code::LoginFailed))?);
        store::audit::insert(&mut tx, now, &info.actor, user_entry("user.log_in", name)).await?;
        tx.commit().await?;
        Ok(NewSession { cookie, info })
    }

    /// A refused log-in is a deed too. The name is kept only where such a user exists: people type passwords there.
    async fn log_refused(&self, name: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.inner.store.write().await?;
        let known = store::access::target(&mut tx, name).await?.is_some();
        let actor = Actor {
            name: "nobody".to_owned(),
            ..Actor::system()
        };
        let entry = user_entry("user.log_in_refused", if known { name } else { "?" });
        store::audit::insert(&mut tx, now, &actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn refresh_for(&self, actor: &Actor) {
        let Ok(_once) = self.inner.memory.refreshing.try_lock() else {
            return;
        };
        let refreshed = async {
            for dataset in self.datasets(actor).await? {
                let old = self.inner.store.clock.now().minus_ms(COUNT_OLD_MS);
                self.refresh_stale_counts(dataset.id, old).await?;
            }
            crate::error::Result::<()>::Ok(())
        };
        if let Err(error) = refreshed.await {
            tracing::warn!(%error, "counts could not be refreshed after a log-in");
        }
    }

    /// Whose session this cookie is; `None` where it is nobody's any more.
    ///
    /// # Errors
    /// Failures of the database.
    pub async fn session(&self, cookie: &str) -> Result<Option<SessionInfo>> {
        let hash = secret_hash(cookie);
        let now = self.inner.store.clock.now();
        let found = store::access::session(&mut *self.inner.store.read().await?, &hash).await?;
        let Some(session) = found.filter(|s| now < s.expires_at && now.ms() - s.used_at.ms() < IDLE_MS)
        else {
            return Ok(None);
        };
        if now.ms() - session.used_at.ms() >= TOUCH_MS {
            let mut tx = self.inner.store.write().await?;
            store::access::touch_session(&mut tx, &hash, now).await?;
            tx.commit().await?;
        }
        Ok(Some(info(session)))
    }

    /// Takes the password once more, before a deed that asks for it.
    ///
    /// # Errors
    /// `unauthenticated` where the session is over, `password_wrong`, `too_many_tries`.
    pub async fn confirm_password(&self, cookie: &str, password: &str) -> Result<()> {
        let session = self
            .session(cookie)
            .await?
            .ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        let now = self.inner.store.clock.now();
        self.check_tries(&session.user_name, now)?;
        let found = store::access::login(&mut *self.inner.store.read().await?, &session.user_name).await?;
        self.tries().failed(&session.user_name, now);
        if !self
            .password_is(found.map(|login| login.password_hash), password)
            .await?
        {
            return Err(Problem::new(Code::PasswordWrong).on("password").into());
        }
        self.tries().succeeded(&session.user_name);
        let mut tx = self.inner.store.write().await?;
        store::access::password_given(&mut tx, &secret_hash(cookie), now).await?;
        let entry = user_entry("user.password_confirmed", &session.user_name);
        store::audit::insert(&mut tx, now, &session.actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends the session. A cookie of nobody is no error.
    ///
    /// # Errors
    /// Failures of the database.
    pub async fn log_out(&self, cookie: &str) -> Result<()> {
        let Some(session) = self.session(cookie).await? else {
            return Ok(());
        };
        let mut tx = self.inner.store.write().await?;
        store::access::end_session(&mut tx, &secret_hash(cookie)).await?;
        let entry = user_entry("user.log_out", &session.user_name);
        store::audit::insert(&mut tx, self.inner.store.clock.now(), &session.actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    fn check_tries(&self, name: &str, now: Timestamp) -> Result<()> {
        match self.tries().wait_ms(name, now) {
            0 => Ok(()),
            wait_ms => {
                let seconds = (wait_ms + 999) / 1000;
                let message = format!("Too many tries. Wait {seconds} seconds, then try again.");
                Err(Problem::because(Code::TooManyTries, message)
                    .number("retry_after", seconds)
                    .into())
            }
        }
    }

    fn tries(&self) -> std::sync::MutexGuard<'_, Tries> {
        self.inner
            .memory
            .tries
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether the password is the one of the hash; without a hash it takes as long and is not.
    async fn password_is(&self, hash: Option<String>, password: &str) -> Result<bool> {
        let password = password.to_owned();
        self.hashing(move || {
            let text = hash.as_deref().unwrap_or(NOBODY.as_str());
            let stored = PasswordHash::new(text)
                .map_err(|_| Error::Corrupt("a password hash cannot be read".to_owned()))?;
            Ok(hasher()?.verify_password(password.as_bytes(), &stored).is_ok() && hash.is_some())
        })
        .await
    }

    /// The hash of a new password.
    pub(super) async fn hash_password(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.hashing(move || hash(password.as_bytes())).await
    }

    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let stopped = |_| Error::Corrupt("hashing a password was interrupted".to_owned());
        let _turn = self
            .inner
            .memory
            .hashing
            .acquire()
            .await
            .map_err(|_| Error::Corrupt("closing".to_owned()))?;
        tokio::task::spawn_blocking(work).await.map_err(stopped)?
    }
}

/// A hash that no password has: what an unknown name is checked against.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(&rand::random::<[u8; 32]>()).unwrap_or_default());

fn hasher() -> Result<Argon2<'static>> {
    // OWASP's second choice: 19 MiB, two passes, one lane.
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| Error::Corrupt(format!("argon2: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String> {
    let hash = hasher()?
        .hash_password(password)
        .map_err(|e| Error::Corrupt(format!("hashing a password: {e}")))?;
    Ok(hash.to_string())
}

/// 256 random bits as text.
pub(super) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is kept of a random secret.
pub(super) fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

pub(super) fn user_entry(action: &'static str, name: &str) -> Entry {
    Entry {
        action,
        dataset: None,
        object: format!("user:{name}"),
        detail: serde_json::json!({}),
    }
}

fn info(session: store::access::Session) -> SessionInfo {
    SessionInfo {
        actor: Actor {
            name: session.user_name.clone(),
            powers: Powers::Person { role: session.role },
            dataset: session.dataset,
        },
        user_name: session.user_name,
        role: session.role,
        password_at: session.password_at,
        expires_at: session.expires_at,
    }
}
