//! One notice as a signed request. Knows the address and the secret, and nothing of what the notice is about.
//!
//! The receiver reckons HMAC-SHA256 over `TIMESTAMP.BODY` (the header `Lethe-Timestamp`, a full stop, the bytes of the body)
//! with the secret as it was shown, and compares the lower-case hex with what follows `v1=` in `Lethe-Signature`. It refuses
//! a timestamp that is too old, and takes each `Lethe-Delivery` once. `docs/notifications.md` says so to operators.
//!
//! A name is resolved once and what it resolves to is looked at: addresses of the link itself (by which clouds hand out
//! credentials) are never called. Private networks are: a self-hosted receiver stands in one. Redirects are not followed.

use super::settings::Webhook;
use domain::problem::{Code, Problem};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::Full;
use hyper::{
    Request, Uri,
    body::{Body, Bytes},
    header,
};
use hyper_util::rt::TokioIo;
use sha2::Sha256;
use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

/// Longest address, in bytes.
const URL_BYTES_MAX: usize = 2_000;

/// Where a webhook goes.
#[derive(Debug)]
pub(super) struct Address {
    uri: Uri,
    host: String,
    port: u16,
    tls: bool,
}

impl Address {
    /// Reads it.
    ///
    /// # Errors
    /// `invalid` on `webhook_url`: only http and https, and no name or password in it.
    pub(super) fn read(url: &str) -> Result<Self, Problem> {
        let refused = |message: &str| Problem::because(Code::Invalid, message).on("webhook_url");
        let general =
            "Type an address that begins with https:// or http://, such as https://hooks.example.org/lethe.";
        let uri: Uri = url
            .parse()
            .ok()
            .filter(|_| url.len() <= URL_BYTES_MAX)
            .ok_or_else(|| refused(general))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(refused(general)),
        };
        let authority = uri.authority().ok_or_else(|| refused(general))?;
        if authority.as_str().contains('@') {
            return Err(refused(
                "The address holds no user name and no password: the signature says who sends it.",
            ));
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(refused(general));
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { uri, host, port, tls })
    }

    /// The host's name or number.
    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

/// Sends it. Gives what the receiver said, or why it did not take it.
pub(super) async fn send(hook: &Webhook, key: &str, seconds: i64, body: &str) -> Result<String, String> {
    let headers = [
        ("lethe-delivery", key.to_owned()),
        ("lethe-timestamp", seconds.to_string()),
        (
            "lethe-signature",
            format!("v1={}", signature(&hook.secret, seconds, body)?),
        ),
    ];
    post(&hook.url, &headers, body).await
}

/// Sends JSON with these headers. Gives what the receiver said, or why it did not take it.
pub(super) async fn post(
    url: &str,
    headers: &[(&'static str, String)],
    body: &str,
) -> Result<String, String> {
    let address = Address::read(url).map_err(|problem| problem.message)?;
    let path = address.uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = address.uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::post(path)
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("Lethe/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .map_err(|error| format!("The request could not be written: {error}."))?;
    let stream = connect(&address).await?;
    let status = if address.tls {
        let name = ServerName::try_from(address.host.clone());
        let name = name.map_err(|_| format!("{} is no name that a certificate can have.", address.host))?;
        let stream = connector()?.connect(name, stream).await;
        ask(
            stream.map_err(|error| format!("TLS to {} failed: {error}.", address.host))?,
            request,
        )
        .await?
    } else {
        ask(stream, request).await?
    };
    if (200..300).contains(&status) {
        Ok(format!("{} answered {status}.", address.host))
    } else if (300..400).contains(&status) {
        Err(format!(
            "{} answered {status}; redirects are not followed.",
            address.host
        ))
    } else {
        Err(format!("{} answered {status}.", address.host))
    }
}

/// The lower-case hex of HMAC-SHA256 over `TIMESTAMP.BODY`.
fn signature(secret: &str, seconds: i64, body: &str) -> Result<String, String> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mut mac = mac.map_err(|_| "The secret cannot be used.".to_owned())?;
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body.as_bytes());
    let mut hex = String::new();
    for byte in mac.finalize().into_bytes() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

/// A connection to the first address that takes one.
async fn connect(address: &Address) -> Result<TcpStream, String> {
    let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
    let found: Vec<SocketAddr> = found
        .map_err(|error| format!("{} cannot be found: {error}.", address.host))?
        .collect();
    if found.iter().any(|at| forbidden(at.ip())) {
        return Err(format!(
            "{} leads to an address that is never called.",
            address.host
        ));
    }
    let mut why = format!("{} has no address.", address.host);
    for at in found {
        match TcpStream::connect(at).await {
            Ok(stream) => return Ok(stream),
            Err(error) => why = format!("{}:{} cannot be reached: {error}.", address.host, address.port),
        }
    }
    Err(why)
}

/// Addresses of the link itself, of nobody, and of many at once.
fn forbidden(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast(),
    }
}

fn connector() -> Result<TlsConnector, String> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS is not possible: {error}."))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// One request on one connection; the answer's status. Its body is not read: nothing in it could change anything.
async fn ask<S, B>(stream: S, request: Request<B>) -> Result<u16, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let broken = |error: hyper::Error| format!("The connection broke: {error}.");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let going = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    going.abort();
    Ok(answer.map_err(broken)?.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_are_taken() {
        let read = |url: &str| Address::read(url).map(|at| (at.host, at.port, at.tls)).ok();
        assert_eq!(
            read("https://hooks.example.org/x?y=1"),
            Some(("hooks.example.org".to_owned(), 443, true))
        );
        assert_eq!(read("http://[::1]:8080/x"), Some(("::1".to_owned(), 8080, false)));
        for bad in [
            "",
            "hooks.example.org",
            "/x",
            "ftp://a/b",
            "file:///etc/passwd",
            "https://ada:pw@example.org/",
            "https://",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_link_itself_is_never_called() {
        for ip in [
            "169.254.169.254",
            "0.0.0.0",
            "fe80::1",
            "::ffff:169.254.169.254",
            "224.0.0.1",
            "::",
        ] {
            assert!(forbidden(ip.parse().expect(ip)), "{ip}");
        }
        for ip in ["127.0.0.1", "10.0.0.7", "192.168.1.1", "::1", "93.184.216.34"] {
            assert!(!forbidden(ip.parse().expect(ip)), "{ip}");
        }
    }

    #[test]
    fn the_signature_is_what_others_reckon() {
        // printf 7.x | openssl dgst -sha256 -hmac Jefe
        let mac = signature("Jefe", 7, "x").expect("a signature");
        assert_eq!(
            mac,
            "90855e9032d6166b9ee389b66d32d3423879e259ee44a45208c6599dd22283b2"
        );
    }
}
