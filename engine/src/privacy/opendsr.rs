//! This server as an OpenDSR 2.0 processor: its domain, the operator's certificate, and what is signed with its key. Knows no
//! route and no header; those are the door's.
//!
//! What is signed is the body as its bytes, by RSA (PKCS #1 v1.5) or ECDSA (P-256), both with SHA-256 (FIPS 186-4, as the
//! specification asks for), through ring. A controller that has only OpenSSL checks it by
//! `openssl dgst -sha256 -verify KEY -signature SIGNATURE BODY`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    privacy::request::{Request, RequestState},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{fmt, sync::Arc};
use tokio_rustls::rustls::{
    SignatureScheme,
    client::verify_server_name,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    server as peer_server,
    sign::{CertifiedKey, Signer, SigningKey},
};

/// The version of the specification.
pub const API_VERSION: &str = "2.0";
/// What it signs with: the first that fits the key.
const SCHEMES: [SignatureScheme; 2] = [
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_NISTP256_SHA256,
];

/// The operator's settings, read and found to fit together.
#[derive(Clone)]
pub struct Processor {
    domain: String,
    origin: String,
    certificate: Vec<u8>,
    key: Arc<dyn SigningKey>,
    wait_ms: i64,
}

/// Keeps the key out of logs.
impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor")
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

impl Processor {
    /// Reads certificate and key, both PEM. `origin`: where this server is reached, such as `https://opendsr.example.org`;
    /// `wait_ms`: how long a request waits before it is carried out, so that it can be taken back.
    ///
    /// # Errors
    /// A sentence saying what does not fit.
    pub fn read(
        domain: &str,
        origin: &str,
        certificate: &[u8],
        key: &[u8],
        wait_ms: i64,
    ) -> Result<Self, String> {
        let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| "The OpenDSR certificate is no PEM file.".to_owned())?;
        let first = chain
            .first()
            .ok_or_else(|| "The OpenDSR certificate file has no certificate in it.".to_owned())?;
        let parsed = peer_server::ParsedCertificate::try_from(first)
            .map_err(|_| "The OpenDSR certificate cannot be read.".to_owned())?;
        let name = ServerName::try_from(domain.to_owned())
            .map_err(|_| format!("{domain} is no domain that a certificate can have."))?;
        verify_server_name(&parsed, &name)
            .map_err(|_| format!("The OpenDSR certificate is not issued for {domain}."))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| "The OpenDSR key is no private key in a PEM file.".to_owned())?;
        let key = ring::sign::any_supported_type(&key)
            .map_err(|_| "The OpenDSR key must be RSA of 2,048 to 8,192 bits, or ECDSA P-256.".to_owned())?;
        if key.choose_scheme(&SCHEMES).is_none() {
            return Err("The OpenDSR key must be RSA of 2,048 to 8,192 bits, or ECDSA P-256.".to_owned());
        }
        CertifiedKey::new(chain.clone(), key.clone())
            .keys_match()
            .map_err(|_| "The OpenDSR key does not belong to the certificate.".to_owned())?;
        Ok(Self {
            domain: domain.to_owned(),
            origin: origin.trim_end_matches('/').to_owned(),
            certificate: certificate.to_vec(),
            key,
            wait_ms,
        })
    }

    /// The domain of the certificate.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The certificate as the operator gave it, with those above it.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Where the certificate can be had.
    #[must_use]
    pub fn certificate_url(&self) -> String {
        format!("{}/opendsr/v2/certificate.pem", self.origin)
    }

    /// How long a request waits before it is carried out.
    pub(crate) const fn wait_ms(&self) -> i64 {
        self.wait_ms
    }

    /// Base64 of the signature over these bytes.
    ///
    /// # Errors
    /// A sentence; no key that was read refuses to sign.
    pub fn sign(&self, body: &[u8]) -> Result<String, String> {
        let signer: Option<Box<dyn Signer>> = self.key.choose_scheme(&SCHEMES);
        let signer = signer.ok_or_else(|| "The OpenDSR key cannot sign.".to_owned())?;
        let signature = signer.sign(body);
        signature
            .map(|bytes| STANDARD.encode(bytes))
            .map_err(|error| format!("The OpenDSR key did not sign: {error}."))
    }
}

/// How a request stands, as a controller reads it.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The controller's token.
    pub controller_id: String,
    /// When it is expected to be over, or was.
    pub expected_completion_time: String,
    /// Only in a callback: the address that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_callback_url: Option<String>,
    /// The controller's own id.
    pub subject_request_id: String,
    /// One of the four states that the specification knows.
    pub request_status: &'static str,
    /// The version of the specification.
    pub api_version: &'static str,
    /// Where the answer can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_url: Option<String>,
    /// People found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_count: Option<i64>,
    /// What the specification has no word for: that a request was refused, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Value>,
}

impl Status {
    /// Of a request. `callback`: the address that is called.
    #[must_use]
    pub fn of(request: &Request, processor: &Processor, callback: Option<&str>, now: Timestamp) -> Self {
        let outside = request.outside_id.clone().unwrap_or_default();
        let refusal = request.basis.map(|basis| {
            json!({ processor.domain(): {
                "status": RequestState::Declined.as_str(),
                "legal_basis": basis.article(request.regulation),
                "reason": request.reason,
            } })
        });
        let results = request
            .answer_ready(now)
            .then(|| format!("{}/opendsr/v2/requests/{outside}/results", processor.origin));
        Self {
            controller_id: request.controller.clone().unwrap_or_default(),
            expected_completion_time: expected(request).to_rfc3339(),
            status_callback_url: callback.map(str::to_owned),
            subject_request_id: outside,
            request_status: word(request.state),
            api_version: API_VERSION,
            results_url: results,
            results_count: request.records,
            extensions: refusal,
        }
    }
}

/// When a request is expected to be over, or was: it is carried out as soon as it need not wait any longer, and in any case
/// within the term.
#[must_use]
pub fn expected(request: &Request) -> Timestamp {
    request.ended_at.or(request.run_at).unwrap_or(request.due_at)
}

/// The specification has no word for a request that was refused: nothing more will happen, as with one that was cancelled, and
/// the extension says the rest. It is never called completed.
const fn word(state: RequestState) -> &'static str {
    match state {
        RequestState::Declined => RequestState::Cancelled.as_str(),
        other => other.as_str(),
    }
}
