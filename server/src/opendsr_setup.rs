//! From the operator's settings to this server as an OpenDSR processor. What does not fit together stops the start, with a
//! sentence: a controller must not meet a server that signs with the wrong key.

use crate::config::{OpenDsr, Settings};
use engine::Processor;
use std::path::Path;

/// The processor; `None`: OpenDSR is not set up.
///
/// # Errors
/// A sentence saying what is missing or does not fit.
pub(crate) fn processor(settings: &Settings) -> Result<Option<Processor>, String> {
    let OpenDsr {
        domain,
        certificate,
        key,
        wait_seconds,
    } = &settings.opendsr;
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => {
            return Err("Set both opendsr_certificate and opendsr_key, or neither.".to_owned());
        }
    };
    let host = settings.public_origin.as_deref().and_then(host_of);
    let domain = domain.as_deref().or(host).ok_or_else(|| {
        "Set opendsr_domain to the domain that the OpenDSR certificate is issued for.".to_owned()
    })?;
    // The certificate is fetched from the domain that signs.
    let origin = match &settings.public_origin {
        Some(origin) if host == Some(domain) => origin.clone(),
        _ => format!("https://{domain}"),
    };
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| format!("The file {} cannot be read: {error}.", path.display()))
    };
    let wait_ms = wait_seconds.saturating_mul(1_000);
    Processor::read(domain, &origin, &read(certificate)?, &read(key)?, wait_ms).map(Some)
}

/// The host of an origin, without its port.
fn host_of(origin: &str) -> Option<&str> {
    let rest = origin.split_once("://")?.1;
    Some(rest.rsplit_once(':').map_or(rest, |(host, _)| host))
}
