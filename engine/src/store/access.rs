//! Rows of users and sessions. Secrets are hashes here; what they are hashes of never comes this far.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    access::{Role, UserRow},
    id::{DatasetId, UserId},
    time::Timestamp,
};

/// A user, as far as logging in goes. Not serialisable, so that the hash stays here.
#[derive(sqlx::FromRow)]
pub(crate) struct Login {
    id: i64,
    pub(crate) password_hash: String,
    disabled_at: Option<i64>,
}

impl Login {
    /// Their number.
    pub(crate) fn id(&self) -> UserId {
        UserId(self.id)
    }

    /// Whether they may log in.
    pub(crate) fn enabled(&self) -> bool {
        self.disabled_at.is_none()
    }
}

/// Whether anybody can log in at all, or could.
pub(crate) async fn any_user(conn: &mut Conn) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)")
        .fetch_one(conn)
        .await?)
}

/// A user by name, for logging in.
pub(crate) async fn login(conn: &mut Conn, name: &str) -> Result<Option<Login>> {
    Ok(
        sqlx::query_as("SELECT id, password_hash, disabled_at FROM users WHERE name = $1")
            .bind(name)
            .fetch_optional(conn)
            .await?,
    )
}

/// A user as somebody else's deed concerns them: number, role, the dataset they are bound to, whether enabled.
#[derive(sqlx::FromRow)]
pub(crate) struct Target {
    id: i64,
    role: String,
    dataset_id: Option<i64>,
    disabled_at: Option<i64>,
}

impl Target {
    /// Their number.
    pub(crate) fn id(&self) -> UserId {
        UserId(self.id)
    }

    /// The one dataset they may touch.
    pub(crate) fn dataset(&self) -> Option<DatasetId> {
        self.dataset_id.map(DatasetId)
    }

    /// Whether they may log in.
    pub(crate) fn enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Their role.
    pub(crate) fn role(&self) -> Result<Role> {
        role(&self.role)
    }

    /// Whether they may administer the whole installation now.
    pub(crate) fn administers_everything(&self) -> bool {
        self.role == Role::Administrator.as_str() && self.dataset_id.is_none() && self.disabled_at.is_none()
    }
}

/// A user by name.
pub(crate) async fn target(conn: &mut Conn, name: &str) -> Result<Option<Target>> {
    Ok(
        sqlx::query_as("SELECT id, role, dataset_id, disabled_at FROM users WHERE name = $1")
            .bind(name)
            .fetch_optional(conn)
            .await?,
    )
}

/// How many may administer the whole installation.
pub(crate) async fn administrators(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM users WHERE role = 'administrator' AND dataset_id IS NULL AND disabled_at IS NULL",
    )
    .fetch_one(conn)
    .await?)
}

/// Inserts a user; a unique violation says that the name is taken.
pub(crate) async fn insert_user(
    conn: &mut Conn,
    name: &str,
    role: Role,
    dataset: Option<DatasetId>,
    password_hash: &str,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO users (name, role, dataset_id, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(name)
    .bind(role.as_str())
    .bind(dataset.map(|dataset| dataset.0))
    .bind(password_hash)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a user another password.
pub(crate) async fn set_password(conn: &mut Conn, user: UserId, password_hash: &str) -> Result<()> {
    sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind(user.0)
        .bind(password_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a user from logging in.
pub(crate) async fn disable_user(conn: &mut Conn, user: UserId, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE users SET disabled_at = coalesce(disabled_at, $2) WHERE id = $1")
        .bind(user.0)
        .bind(at.ms())
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct StoredUser {
    name: String,
    role: String,
    dataset: Option<String>,
    created_at: i64,
    disabled_at: Option<i64>,
}

/// Users by name; of one dataset where it is named.
pub(crate) async fn users(conn: &mut Conn, dataset: Option<DatasetId>) -> Result<Vec<UserRow>> {
    let rows: Vec<StoredUser> = sqlx::query_as(
        "SELECT u.name, u.role, d.slug AS dataset, u.created_at, u.disabled_at
         FROM users u LEFT JOIN datasets d ON d.id = u.dataset_id WHERE $1 IS NULL OR u.dataset_id = $1 ORDER BY u.name",
    )
    .bind(dataset.map(|dataset| dataset.0))
    .fetch_all(conn)
    .await?;
    let show = |row: StoredUser| {
        Ok(UserRow {
            role: role(&row.role)?,
            name: row.name,
            dataset: row.dataset,
            created_at: Timestamp::from_ms(row.created_at),
            disabled_at: row.disabled_at.map(Timestamp::from_ms),
        })
    };
    rows.into_iter().map(show).collect()
}

fn role(text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| Error::Corrupt(format!("unknown role {text}")))
}

/// Begins a session, and takes away those that are over.
pub(crate) async fn insert_session(
    conn: &mut Conn,
    hash: &[u8],
    user: UserId,
    at: Timestamp,
    expires_at: Timestamp,
    idle_since: Timestamp,
) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR used_at <= $2")
        .bind(at.ms())
        .bind(idle_since.ms())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO sessions (hash, user_id, created_at, used_at, password_at, expires_at) VALUES ($1, $2, $3, $3, $3, $4)",
    )
    .bind(hash)
    .bind(user.0)
    .bind(at.ms())
    .bind(expires_at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// A session with its user.
#[derive(sqlx::FromRow)]
struct SessionRow {
    name: String,
    role: String,
    dataset_id: Option<i64>,
    used_at: i64,
    password_at: i64,
    expires_at: i64,
}

/// A session with its user.
pub(crate) struct Session {
    pub(crate) user_name: String,
    pub(crate) role: Role,
    pub(crate) dataset: Option<DatasetId>,
    pub(crate) used_at: Timestamp,
    pub(crate) password_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// The session of a cookie, of a user who may log in.
pub(crate) async fn session(conn: &mut Conn, hash: &[u8]) -> Result<Option<Session>> {
    let row: Option<SessionRow> = sqlx::query_as(
        "SELECT u.name, u.role, u.dataset_id, s.used_at, s.password_at, s.expires_at
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.hash = $1 AND u.disabled_at IS NULL",
    )
    .bind(hash)
    .fetch_optional(conn)
    .await?;
    let show = |row: SessionRow| {
        Ok(Session {
            role: role(&row.role)?,
            user_name: row.name,
            dataset: row.dataset_id.map(DatasetId),
            used_at: Timestamp::from_ms(row.used_at),
            password_at: Timestamp::from_ms(row.password_at),
            expires_at: Timestamp::from_ms(row.expires_at),
        })
    };
    row.map(show).transpose()
}

/// Notes that a session was used.
pub(crate) async fn touch_session(conn: &mut Conn, hash: &[u8], at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE sessions SET used_at = $2 WHERE hash = $1")
        .bind(hash)
        .bind(at.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the password was given once more.
pub(crate) async fn password_given(conn: &mut Conn, hash: &[u8], at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE sessions SET password_at = $2, used_at = $2 WHERE hash = $1")
        .bind(hash)
        .bind(at.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a session.
pub(crate) async fn end_session(conn: &mut Conn, hash: &[u8]) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE hash = $1")
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends every session of a user.
pub(crate) async fn end_sessions(conn: &mut Conn, user: UserId) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1")
        .bind(user.0)
        .execute(conn)
        .await?;
    Ok(())
}
