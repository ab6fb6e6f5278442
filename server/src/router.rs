//! What answers where, and what every request passes on its way. From the outside in: a request id, the trace, the
//! security headers, the net under panics; then, for pages and server functions alone, the guard against other sites, the
//! session and the body's limit. The token doors take no cookie, so they need no such guard.

use crate::{
    assets, foreground, members_file, privacy_files, receipt_files, rest, security, session, session_files,
    tracking,
};
use axum::{
    Router,
    body::Body,
    extract::MatchedPath,
    http::{HeaderName, Request, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use domain::{access::SessionInfo, problem::Code};
use engine::{Engine, clock::Clock};
use futures_util::{StreamExt as _, stream};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list, render_app_async_with_context};
use std::any::Any;
use tower_http::{
    catch_panic::CatchPanicLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::{DefaultOnRequest, DefaultOnResponse, TraceLayer},
};
use tracing::Level;

/// The largest body of a form or a server function.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bodies up to this size are read whole before anyone answers.
const BODY_BYTES_WHOLE: usize = 64 * 1024;
/// The header that a request is known by.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the doors share.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The engine.
    pub(crate) engine: Engine,
    /// The clock.
    pub(crate) clock: Clock,
    /// The address by which browsers reach the server.
    pub(crate) public_origin: Option<String>,
    /// Whether they come by TLS.
    pub(crate) https: bool,
    /// The waiting period that the delete page offers first.
    pub(crate) page_wait_seconds: i64,
    /// The forms that were refused lately.
    pub(crate) forms: app::KeptForms,
}

impl Site {
    /// The name of the session's cookie.
    pub(crate) const fn session_cookie(&self) -> &'static str {
        app::session_cookie(self.https)
    }
}

/// Everything that the server answers.
///
/// # Errors
/// The public address is no origin.
pub(crate) fn build(site: &Site) -> Result<Router, String> {
    Ok(pages(site)?
        .merge(assets::routes())
        .route("/favicon.ico", get(async || Redirect::permanent("/favicon.svg")))
        .merge(rest::routes(&site.engine))
        .merge(tracking::routes(&site.engine))
        .layer(middleware::from_fn(whole))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(site.https, security::headers))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(DefaultOnRequest::new().level(Level::TRACE))
                .on_response(DefaultOnResponse::new().level(Level::DEBUG)),
        )
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, RandomId)))
}

/// The console: pages and the server functions that they call.
fn pages(site: &Site) -> Result<Router, String> {
    let options = LeptosOptions::builder().output_name("lethe").build();
    let page = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let context = {
        let site = site.clone();
        move || page_context(&site)
    };
    let gate = || middleware::from_fn_with_state(site.clone(), session::gate);
    // A file takes as long as it is large: that says nothing about how long people wait for pages.
    let files = members_file::routes(site).layer(gate());
    let receipts = receipt_files::routes(site, context.clone(), page.clone());
    Ok(Router::new()
        .leptos_routes_with_context(
            &options,
            generate_route_list(page.clone()),
            context.clone(),
            page.clone(),
        )
        .fallback(render_app_async_with_context(context, page))
        .with_state(options)
        .merge(session_files::routes(site))
        .merge(receipts)
        .merge(privacy_files::routes(site))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(gate())
        .layer(middleware::from_fn_with_state(
            site.engine.clone(),
            foreground::all,
        ))
        .merge(files)
        .layer(security::csrf(site.public_origin.as_deref())?))
}

/// Runs before every page and server function: who is there, the engine, and the page's policy.
fn page_context(site: &Site) {
    let session =
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<Option<SessionInfo>>().cloned());
    provide_context(session.flatten());
    provide_context(site.engine.clone());
    provide_context(app::Settings {
        clock: site.clock,
        forms: site.forms.clone(),
        page_wait_seconds: site.page_wait_seconds,
        secure: site.https,
    });
    // A server function has no nonce: it answers data, no page.
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Some(policy) = security::page_policy(&nonce)
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Reads a small body whole before anyone answers. A refusal that left it unread would make the server end a connection
/// on which the client means to send its next request. A large one streams on from where this stopped.
async fn whole(request: Request<Body>, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let mut head = Vec::new();
    let mut bytes = 0;
    while bytes <= BODY_BYTES_WHOLE {
        match rest.next().await {
            Some(Ok(chunk)) => {
                bytes += chunk.len();
                head.push(chunk);
            }
            Some(Err(_)) => return StatusCode::BAD_REQUEST.into_response(),
            None => {
                return next
                    .run(Request::from_parts(parts, Body::from(head.concat())))
                    .await;
            }
        }
    }
    let body = Body::from_stream(stream::iter(head.into_iter().map(Ok)).chain(rest));
    next.run(Request::from_parts(parts, body)).await
}

/// A request's span names the route, never the address: that may hold an identity.
fn span(request: &Request<Body>) -> tracing::Span {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str);
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or("");
    tracing::info_span!("request", method = %request.method(), route, id)
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request ended in a panic");
    (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal.sentence()).into_response()
}

/// Sixteen random hex digits.
#[derive(Debug, Clone, Copy)]
struct RandomId;

impl MakeRequestId for RandomId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        format!("{:016x}", rand::random::<u64>())
            .parse()
            .ok()
            .map(RequestId::new)
    }
}
