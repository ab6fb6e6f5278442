//! Where the log goes: standard error, so that answers stay clean. No identity of a person and no query string is ever
//! logged: that is on those who write the events.

use tracing_subscriber::EnvFilter;

/// Starts logging; a filter that cannot be read counts as `info`. A second start is ignored.
pub(crate) fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
