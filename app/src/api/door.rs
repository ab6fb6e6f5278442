//! Who asks, of which dataset: what every server function begins with. With `back`, the one place of the app that names
//! the engine outside of a server function's body.

use super::{Answer, Reply};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use domain::{
    access::{Actor, SessionInfo},
    dataset::Dataset,
    id::DatasetId,
    job::PASSWORD_FRESH_MS,
    problem::{Code, Problem},
    time::Timestamp,
};
use engine::{Engine, clock::Clock};
use leptos::prelude::*;

/// The cookie that names the dataset last looked at.
pub const DATASET_COOKIE: &str = "ds";

/// The name of the session's cookie: only over TLS can a browser promise that no other host set it.
#[must_use]
pub const fn session_cookie(secure: bool) -> &'static str {
    if secure { "__Host-sid" } else { "sid" }
}

/// What the server tells the console by context.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The clock, so that tests can fix it.
    pub clock: Clock,
    /// The waiting period that the delete page offers first, in seconds.
    pub page_wait_seconds: i64,
    /// The forms that were refused lately.
    pub forms: super::KeptForms,
    /// Whether browsers come by https, so that the session's cookie must never travel without it.
    pub secure: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            page_wait_seconds: 86_400,
            forms: super::KeptForms::default(),
            secure: false,
        }
    }
}

/// A refusal on its way out of a server function.
pub(super) struct Refusal(pub(super) Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<engine::Error> for Refusal {
    fn from(error: engine::Error) -> Self {
        Self(error.into_problem())
    }
}

/// Runs a server function's body.
pub(super) async fn reply<T>(body: impl Future<Output = Result<T, Refusal>>) -> Reply<T> {
    Ok(body.await.map_err(|refusal| refusal.0))
}

/// The engine and who asks.
pub(super) struct Door {
    pub(super) engine: Engine,
    pub(super) session: SessionInfo,
    pub(super) ds: Dataset,
}

impl Door {
    /// Opens it for a dataset by its short name; an empty name means the one last looked at, else the first that they may see.
    pub(super) async fn open(slug: &str) -> Result<Self, Refusal> {
        let engine = engine()?;
        let Some(session) = use_context::<Option<SessionInfo>>().flatten() else {
            return Err(Problem::new(Code::Unauthenticated).into());
        };
        let ds = if slug.is_empty() {
            let (all, last) = (
                engine.datasets(&session.actor).await?,
                named_cookie(DATASET_COOKIE),
            );
            let seen = all.iter().find(|ds| Some(&ds.slug) == last.as_ref());
            let found = seen.or(all.first()).cloned();
            found.ok_or_else(|| Problem::not_found("dataset"))?
        } else {
            engine.dataset(&session.actor, slug).await?
        };
        Ok(Self { engine, session, ds })
    }

    pub(super) const fn actor(&self) -> &Actor {
        &self.session.actor
    }

    pub(super) const fn id(&self) -> DatasetId {
        self.ds.id
    }

    /// Whether a deed that cannot be undone needs the password once more.
    pub(super) fn password_needed(&self) -> bool {
        now().ms() - self.session.password_at.ms() > PASSWORD_FRESH_MS
    }
}

/// The engine.
pub(super) fn engine() -> Answer<Engine> {
    use_context::<Engine>().ok_or_else(|| Problem::new(Code::NotReady))
}

/// What the server told.
pub(super) fn settings() -> Settings {
    use_context::<Settings>().unwrap_or_default()
}

/// The time.
pub(super) fn now() -> Timestamp {
    settings().clock.now()
}

/// The name of the session's cookie, and what goes with it.
fn cookie_form() -> (&'static str, &'static str) {
    let secure = settings().secure;
    let rest = if secure {
        "; Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "; Path=/; HttpOnly; SameSite=Lax"
    };
    (session_cookie(secure), rest)
}

/// Gives the browser the session's cookie, or takes it away.
pub(super) fn set_cookie(value: Option<&str>) {
    let (name, rest) = cookie_form();
    let text = match value {
        Some(value) => format!("{name}={value}{rest}"),
        None => format!("{name}=; Max-Age=0{rest}"),
    };
    if let (Some(response), Ok(value)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        HeaderValue::from_str(&text),
    ) {
        response.insert_header(header::SET_COOKIE, value);
    }
}

/// The value of the session's cookie, where there is one.
pub(super) fn cookie() -> Option<String> {
    named_cookie(cookie_form().0)
}

fn named_cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let headers = parts.headers.get_all(header::COOKIE);
    let pairs = headers
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut named = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(found, _)| *found == name);
    named.next().map(|(_, value)| value.to_owned())
}

/// Sets the status of the page that is being rendered.
pub(super) fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        StatusCode::from_u16(status),
    ) {
        response.set_status(status);
    }
}

/// An id that came as text. What is no number is no such thing.
pub(super) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Answer<T> {
    text.parse().map_err(|_| Problem::not_found(what))
}

/// The page of a segment whose id came as text.
pub(super) fn segment_page(ds: &str, id: &str) -> String {
    format!("{}/{}", crate::paths::segments(ds), crate::paths::encode(id))
}

/// A refusal that names a field by the engine's word, under the name of the box that it stands in.
pub(super) fn on_field(error: engine::Error, field: &str, named: &str) -> Refusal {
    let mut problem = error.into_problem();
    if problem.field.as_deref() == Some(field) {
        problem.field = Some(named.to_owned());
    }
    problem.into()
}

/// A typed speed limit; nothing typed means none.
pub(super) fn rate(text: &str) -> Answer<Option<i64>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let rate = domain::segment::typed_count(text).filter(|rate| *rate > 0);
    rate.map(Some)
        .ok_or_else(|| Problem::new(Code::Invalid).on("max_rate"))
}

/// The waiting period that the delete page offers: the setting, or a day where the setting is to start at once.
pub(super) fn wait_seconds() -> i64 {
    match settings().page_wait_seconds {
        0 => 86_400,
        seconds => seconds,
    }
}

/// A job's number, `1001` or `D-1001`.
pub(super) fn job_id(text: &str) -> Answer<domain::id::JobId> {
    domain::id::JobId::parse(text).ok_or_else(|| Problem::not_found("job"))
}

/// A recurring deletion's number, `3` or `R-3`.
pub(super) fn recurring_id(text: &str) -> Answer<domain::id::RecurringId> {
    domain::id::RecurringId::parse(text).ok_or_else(|| Problem::not_found("recurring deletion"))
}

/// A privacy request's number, `3` or `P-3`.
pub(super) fn request_id(text: &str) -> Answer<domain::id::RequestId> {
    domain::id::RequestId::parse(text).ok_or_else(|| Problem::not_found("privacy request"))
}

/// A way out of the console, by its name.
pub(super) fn channel(text: &str) -> Answer<domain::notice::Channel> {
    domain::notice::Channel::parse(text).ok_or_else(|| Problem::not_found("way out of the console"))
}

fn job_page(ds: &str, id: &str) -> String {
    format!("{}/{}", crate::paths::jobs(ds), crate::paths::encode(id))
}

/// A refused wish about a job goes back to its page.
pub(super) fn job_back(ds: &str, id: &str) -> super::back::Back {
    super::back::Back::to(job_page(ds, id))
}

/// So does a granted one, with word of it.
pub(super) fn job_done(ds: &str, id: &str, what: &str) -> String {
    super::back::done(&job_page(ds, id), what)
}
