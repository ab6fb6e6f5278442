//! The binary: reads the command line, opens the data and serves the console.

mod assets;

use axum::{
    Router,
    http::{HeaderValue, header},
};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use std::{io, process::ExitCode};

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Rendering on the server has been seen to hang on one worker.
        .worker_threads(std::thread::available_parallelism().map_or(4, |n| n.get().max(4)))
        .enable_all()
        .build();
    match runtime.and_then(|runtime| runtime.block_on(serve())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, router()).await
}

fn router() -> Router {
    let options = LeptosOptions::builder().output_name("lethe").build();
    let page = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    Router::new()
        .leptos_routes_with_context(
            &options,
            generate_route_list(page.clone()),
            page_headers,
            page.clone(),
        )
        .fallback(render_app_async_with_context(page_headers, page))
        .with_state(options)
        .merge(assets::routes())
}

/// Runs before every page and server function: only scripts that carry this response's nonce may run.
fn page_headers() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return; // a server function answers data, no page
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
