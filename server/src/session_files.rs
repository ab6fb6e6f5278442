//! Downloads of the console, by session, below the page that offers them. A refusal that can be helped leads back to that
//! page with its reason; the others are said here, with their status. Knows nothing of what is in the files.

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
    id::{DatasetId, JobId},
    problem::{Code, Problem},
    warehouse::Table,
};
use engine::{Download, Engine};
use serde::Deserialize;

/// The routes. They stand behind the session's gate, so somebody is there.
pub(crate) fn routes(site: &Site) -> Router {
    let mut router = Router::new().route(
        "/d/{ds}/warehouse/{file}",
        get(async move |here: Here| {
            let file = here.warehouse().await;
            here.answer(file)
        }),
    );
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
    /// The rest of the address that the file is of: a job, or a file's name.
    of: String,
    plain: bool,
}

impl FromRequestParts<Engine> for Here {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, StatusCode> {
        let place = Path::<(String, String)>::from_request_parts(parts, engine).await;
        let Path((ds, of)) = place.map_err(|_| StatusCode::NOT_FOUND)?;
        let wish = Query::<Wish>::try_from_uri(&parts.uri).map_err(|_| StatusCode::BAD_REQUEST)?;
        Ok(Self {
            engine: engine.clone(),
            session: parts.extensions.get::<Option<SessionInfo>>().cloned().flatten(),
            ds,
            of,
            plain: wish.ids == "plain",
        })
    }
}

impl Here {
    async fn warehouse(&self) -> Result<Download, Problem> {
        let (session, dataset) = self.dataset().await?;
        let table = Table::of_file(&self.of).ok_or_else(|| Problem::not_found("table"))?;
        let file = self.engine.export_warehouse(&session.actor, dataset, table).await;
        file.map_err(engine::Error::into_problem)
    }

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

    async fn open(&self) -> Result<(&SessionInfo, DatasetId, JobId), Problem> {
        let (session, dataset) = self.dataset().await?;
        let job = JobId::parse(&self.of).ok_or_else(|| Problem::not_found("job"))?;
        Ok((session, dataset, job))
    }

    async fn dataset(&self) -> Result<(&SessionInfo, DatasetId), Problem> {
        let session = self
            .session
            .as_ref()
            .ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        let dataset = self.engine.dataset(&session.actor, &self.ds).await;
        Ok((session, dataset.map_err(engine::Error::into_problem)?.id))
    }

    fn answer(&self, file: Result<Download, Problem>) -> Response {
        let problem = match file {
            Ok(file) => return download::answer(file),
            Err(problem) => problem,
        };
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if problem.code == Code::StateRefused
            && let Some(job) = JobId::parse(&self.of)
            && let Ok(back) =
                HeaderValue::from_str(&format!("/d/{}/jobs/{job}?problem={}", self.ds, problem.code))
        {
            return (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response();
        }
        (status, format!("{}\n", problem.message)).into_response()
    }
}
