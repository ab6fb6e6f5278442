//! Who is there: reads the session's cookie, sends the signed-out to the log-in, and keeps the current dataset. Knows the
//! cookie's name and the shape of addresses, nothing of passwords.

use crate::router::Site;
use app::{DATASET_COOKIE, paths};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{access::SessionInfo, problem::Code};

/// Server functions that the signed-out may call.
const OPEN_FUNCTIONS: [&str; 2] = ["/fn/log_in", "/fn/log_out"];
/// The page that the signed-out may see.
const LOGIN: &str = "/login";
/// How long it is kept: a year.
const DATASET_COOKIE_SECONDS: u32 = 31_536_000;
/// Sections of a dataset, which have a short form without it. The empty one is the overview.
const SECTIONS: [&str; 12] = [
    "",
    "profiles",
    "segments",
    "jobs",
    "recurring",
    "notices",
    "campaigns",
    "reports",
    "privacy",
    "suppressions",
    "imports",
    "warehouse",
];

/// Puts `Option<SessionInfo>` into the request and lets through who may pass.
pub(crate) async fn gate(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let session = match cookie(request.headers(), site.session_cookie()) {
        Some(cookie) => match site.engine.session(&cookie).await {
            Ok(session) => session,
            Err(error) => {
                tracing::error!(%error, "the session could not be looked up");
                return (StatusCode::SERVICE_UNAVAILABLE, Code::Internal.sentence()).into_response();
            }
        },
        None => None,
    };
    let path = request.uri().path();
    let open = path == LOGIN || OPEN_FUNCTIONS.contains(&path);
    if session.is_none() && !open {
        return signed_out(&request);
    }
    if let (Some(session), true) = (&session, is_read(request.method()))
        && let Some(rest) = short_form(path)
    {
        let to = current_dataset(&site, session, request.headers()).await;
        if let Some(slug) = to {
            return see_other(&with_query(&format!("/d/{slug}{rest}"), request.uri()));
        }
    }
    let seen =
        dataset_of(path).filter(|slug| cookie(request.headers(), DATASET_COOKIE).as_deref() != Some(slug));
    let seen = seen.map(str::to_owned);
    request.extensions_mut().insert::<Option<SessionInfo>>(session);
    let mut response = next.run(request).await;
    if let Some(slug) = seen.filter(|_| response.status().is_success()) {
        let text = format!(
            "{DATASET_COOKIE}={slug}; Path=/; Max-Age={DATASET_COOKIE_SECONDS}; HttpOnly; SameSite=Lax"
        );
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A page sends to the log-in and comes back afterwards; a form without JavaScript too, but to the page it stood on; a
/// call from the browser's program is told.
fn signed_out(request: &Request) -> Response {
    let function = request.uri().path().starts_with("/fn/");
    let wants_page =
        header_text(request.headers(), &header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    if function && !wants_page {
        return (StatusCode::UNAUTHORIZED, Code::Unauthenticated.sentence()).into_response();
    }
    let next = if is_read(request.method()) {
        request.uri().path_and_query().map(|it| it.as_str().to_owned())
    } else {
        stood_on(request.headers())
    };
    match next.as_deref() {
        None | Some("/") => see_other(LOGIN),
        Some(next) => see_other(&paths::with_query(LOGIN, &[("next", next)])),
    }
}

/// The page of ours that a form stood on, as the browser says it. The log-in follows nothing but paths of its own anyway.
fn stood_on(headers: &HeaderMap) -> Option<String> {
    let page: Uri = header_text(headers, &header::REFERER)?.parse().ok()?;
    let ours = page.authority()?.as_str() == header_text(headers, &header::HOST)?;
    let path = page.path_and_query().filter(|_| ours)?;
    // The form itself is not there any more: its page would say that it came back.
    (path.path() != LOGIN).then(|| path.path().to_owned())
}

/// The dataset that short forms lead to: the last one looked at, else the first.
async fn current_dataset(site: &Site, session: &SessionInfo, headers: &HeaderMap) -> Option<String> {
    let datasets = site.engine.datasets(&session.actor).await.ok()?;
    let last = cookie(headers, DATASET_COOKIE);
    let found = datasets
        .iter()
        .find(|dataset| Some(&dataset.slug) == last.as_ref());
    found
        .or_else(|| datasets.first())
        .map(|dataset| dataset.slug.clone())
}

/// The rest of a short form, with its slash; empty for the overview.
fn short_form(path: &str) -> Option<&str> {
    let path = path.trim_end_matches('/');
    let section = path
        .strip_prefix('/')
        .unwrap_or(path)
        .split('/')
        .next()
        .unwrap_or("");
    SECTIONS.contains(&section).then_some(path)
}

/// The dataset that a page belongs to.
fn dataset_of(path: &str) -> Option<&str> {
    let slug = path.strip_prefix("/d/")?.split('/').next()?;
    domain::dataset::check_slug(slug).is_ok().then_some(slug)
}

const fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn with_query(path: &str, uri: &Uri) -> String {
    uri.query()
        .map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)], Body::empty()).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The value of a cookie.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_the_sections_and_nothing_else() {
        assert_eq!(short_form("/"), Some(""));
        assert_eq!(short_form("/segments/12/delete"), Some("/segments/12/delete"));
        assert_eq!(short_form("/jobs/"), Some("/jobs"));
        assert_eq!(short_form("/d/main/jobs"), None);
        assert_eq!(short_form("/settings"), None);
        assert_eq!(short_form("/fn/start_job"), None);
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xsid=1; sid=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("ds=main"));
        assert_eq!(cookie(&headers, "sid").as_deref(), Some("2"));
        assert_eq!(cookie(&headers, "ds").as_deref(), Some("main"));
        assert_eq!(cookie(&headers, "id"), None);
    }
}
