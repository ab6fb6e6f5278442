//! Downloads of the console, by session, at addresses below the job's page. A refusal that can be helped leads back to that
//! page with its reason; the others are said here, with their status.

use crate::{download, router::Site};
use axum::{
    Router,
    extract::{FromRequestParts, Path, Query},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{
    access::SessionInfo,
    export::Format,
    id::JobId,
    problem::{Code, Problem},
};
use engine::{Download, Engine};
use serde::Deserialize;

/// The routes. They stand behind the session's gate, so somebody is there.
pub(crate) fn routes(site: &Site) -> Router {
    let mut router = Router::new();
    for format in [Format::Csv, Format::Ndjson] {
        let at = |what: &str| format!("/d/{{ds}}/jobs/{{id}}/{what}.{}", format.extension());
        router = router
            .route(
                &at("export"),
                get(async move |here: Here| {
                    let file = here.export(format).await;
                    here.answer(file)
                }),
            )
            .route(
                &at("results"),
                get(async move |here: Here| {
                    let file = here.results(format).await;
                    here.answer(file)
                }),
            );
    }
    router.with_state(site.engine.clone())
}

/// How results name people.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    /// `plain`: those who still exist by their ids.
    #[serde(default)]
    ids: String,
}

/// Who asks, and for what.
#[derive(Debug)]
struct Here {
    engine: Engine,
    session: Option<SessionInfo>,
    ds: String,
    job: String,
    plain: bool,
}

impl FromRequestParts<Engine> for Here {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, StatusCode> {
        let place = Path::<(String, String)>::from_request_parts(parts, engine).await;
        let Path((ds, job)) = place.map_err(|_| StatusCode::NOT_FOUND)?;
        let wish = Query::<Wish>::try_from_uri(&parts.uri).map_err(|_| StatusCode::BAD_REQUEST)?;
        Ok(Self {
            engine: engine.clone(),
            session: parts.extensions.get::<Option<SessionInfo>>().cloned().flatten(),
            ds,
            job,
            plain: wish.ids == "plain",
        })
    }
}

impl Here {
    async fn export(&self, format: Format) -> Result<Download, Problem> {
        let (session, dataset, job) = self.open().await?;
        let file = self.engine.export(&session.actor, dataset, job, format).await;
        file.map_err(engine::Error::into_problem)
    }

    async fn results(&self, format: Format) -> Result<Download, Problem> {
        let (session, dataset, job) = self.open().await?;
        let file = self
            .engine
            .results(&session.actor, dataset, job, format, self.plain)
            .await;
        file.map_err(engine::Error::into_problem)
    }

    async fn open(&self) -> Result<(&SessionInfo, domain::id::DatasetId, JobId), Problem> {
        let session = self
            .session
            .as_ref()
            .ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        let dataset = self.engine.dataset(&session.actor, &self.ds).await;
        let dataset = dataset.map_err(engine::Error::into_problem)?.id;
        let job = JobId::parse(&self.job).ok_or_else(|| Problem::not_found("job"))?;
        Ok((session, dataset, job))
    }

    fn answer(&self, file: Result<Download, Problem>) -> Response {
        let problem = match file {
            Ok(file) => return download::answer(file),
            Err(problem) => problem,
        };
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if problem.code == Code::StateRefused
            && let Some(job) = JobId::parse(&self.job)
            && let Ok(back) =
                HeaderValue::from_str(&format!("/d/{}/jobs/{job}?problem={}", self.ds, problem.code))
        {
            return (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response();
        }
        (status, format!("{}\n", problem.message)).into_response()
    }
}
