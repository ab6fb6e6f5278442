//! What a controller sends (section 7.1), read strictly where it matters: an identity that cannot be looked up is refused, never
//! left out. What is not known is passed over, so that later versions and other processors' extensions do no harm. No sentence
//! here quotes what was sent: it may hold an identity.

use domain::{
    privacy::{
        clock::Regulation,
        request::{Manner, NewRequest, RequestKind, Subject},
    },
    problem::{Code, Problem},
    profile::IdentityKind,
    time::Timestamp,
};
use engine::NewOutside;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The identity types of section 5.1, and what they are here. Identifiers of devices are anonymous ids.
pub(super) const IDENTITY_TYPES: [(&str, IdentityKind); 11] = [
    ("controller_customer_id", IdentityKind::UserId),
    ("email", IdentityKind::Email),
    ("android_advertising_id", IdentityKind::AnonymousId),
    ("android_id", IdentityKind::AnonymousId),
    ("fire_advertising_id", IdentityKind::AnonymousId),
    ("ios_advertising_id", IdentityKind::AnonymousId),
    ("ios_vendor_id", IdentityKind::AnonymousId),
    ("microsoft_advertising_id", IdentityKind::AnonymousId),
    ("microsoft_publisher_id", IdentityKind::AnonymousId),
    ("roku_publisher_id", IdentityKind::AnonymousId),
    ("roku_advertising_id", IdentityKind::AnonymousId),
];
/// The one format: whoever is known by a hash alone cannot be looked up.
const RAW: &str = "raw";
/// Our one extension: the request is carried out without waiting.
const AT_ONCE: &str = "skip_waiting_period";

#[derive(Deserialize)]
struct Sent {
    regulation: Option<String>,
    subject_request_id: Option<String>,
    subject_request_type: Option<String>,
    subject_identities: Option<Vec<Identity>>,
    submitted_time: Option<String>,
    api_version: Option<String>,
    #[serde(default)]
    status_callback_urls: Vec<String>,
    extensions: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Identity {
    identity_type: Option<String>,
    identity_value: Option<String>,
    identity_format: Option<String>,
}

/// Reads a request. `domain`: this processor's, by which extensions are keyed.
pub(super) fn read(bytes: &[u8], domain: &str) -> Result<NewOutside, Problem> {
    let sent: Sent = serde_json::from_slice(bytes).map_err(|error| {
        // Without the reader's own words: they may quote what was sent.
        let (line, column) = (error.line(), error.column());
        let message =
            format!("The body is no OpenDSR request: it cannot be read at line {line}, column {column}.");
        Problem::because(Code::BadRequest, message)
    })?;
    check_version(sent.api_version.as_deref())?;
    let regulation = match sent.regulation.as_deref() {
        // Requests by the specification's predecessor, and its own example, have none.
        None => Regulation::Gdpr,
        Some(text) => Regulation::parse(text).ok_or_else(|| wrong("regulation must be gdpr or ccpa."))?,
    };
    let id = required(sent.subject_request_id, "subject_request_id")?;
    if !is_uuid_v4(&id) {
        return Err(wrong("subject_request_id must be a lower-case UUID, version 4."));
    }
    let kind = required(sent.subject_request_type, "subject_request_type")?;
    let kind = RequestKind::parse(&kind)
        .ok_or_else(|| wrong("subject_request_type must be access, portability or erasure."))?;
    let submitted = required(sent.submitted_time, "submitted_time")?;
    let submitted = Timestamp::parse_rfc3339(&submitted)
        .ok_or_else(|| wrong("submitted_time must be an RFC 3339 time, such as 2026-11-24T15:00:00Z."))?;
    let identities = sent.subject_identities.unwrap_or_default();
    if identities.is_empty() {
        return Err(wrong("subject_identities field is required."));
    }
    let subjects = identities
        .into_iter()
        .map(subject)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(NewOutside {
        id,
        new: NewRequest {
            kind,
            regulation,
            manner: Manner::OpenDsr,
            received_at: Some(submitted),
            subjects,
            verified_how: None,
        },
        callbacks: sent.status_callback_urls,
        digest: blake3::hash(bytes).as_bytes().to_vec(),
        at_once: at_once(sent.extensions.as_ref(), domain)?,
    })
}

fn check_version(version: Option<&str>) -> Result<(), Problem> {
    let major = version.map(|text| text.split('.').next().unwrap_or(""));
    match major {
        None | Some("1" | "2") => Ok(()),
        Some(_) => Err(wrong("api_version must be 2.0.")),
    }
}

fn subject(it: Identity) -> Result<Subject, Problem> {
    let name = required(it.identity_type, "identity_type")?;
    let known = IDENTITY_TYPES.into_iter().find(|(own, _)| *own == name);
    let (_, kind) = known.ok_or_else(|| wrong("identity_type is not one that /discovery names."))?;
    let format = required(it.identity_format, "identity_format")?;
    if format != RAW {
        return Err(wrong(
            "identity_format must be raw: a person who is known by a hash alone cannot be looked up.",
        ));
    }
    Ok(Subject {
        kind: Some(kind),
        value: required(it.identity_value, "identity_value")?,
    })
}

fn at_once(extensions: Option<&Map<String, Value>>, domain: &str) -> Result<bool, Problem> {
    let own = extensions.and_then(|all| all.get(domain));
    match own.map(|own| own.get(AT_ONCE)) {
        None | Some(None | Some(Value::Bool(false))) => Ok(false),
        Some(Some(Value::Bool(true))) => Ok(true),
        Some(Some(_)) => Err(wrong("skip_waiting_period must be true or false.")),
    }
}

fn required(field: Option<String>, name: &str) -> Result<String, Problem> {
    field
        .filter(|text| !text.is_empty())
        .ok_or_else(|| wrong(&format!("{name} field is required.")))
}

fn wrong(message: &str) -> Problem {
    Problem::because(Code::Invalid, message)
}

/// `xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx`, lower case.
fn is_uuid_v4(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
        _ => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_lower_case_and_of_version_4() {
        assert!(is_uuid_v4("a7551968-d5d6-44b2-9831-815ac9017798"));
        for bad in [
            "",
            "A7551968-d5d6-44b2-9831-815ac9017798",
            "a7551968-d5d6-14b2-9831-815ac9017798",
            "a7551968-d5d6-44b2-7831-815ac9017798",
            "a7551968d5d644b29831815ac9017798",
            "a7551968-d5d6-44b2-9831-815ac901779é",
        ] {
            assert!(!is_uuid_v4(bad), "{bad}");
        }
    }

    #[test]
    fn no_refusal_quotes_what_was_sent() {
        let secret = "johndoe@example.com";
        for body in [
            format!("{{\"subject_identities\":\"{secret}\"}}"),
            format!("[\"{secret}\"]"),
            format!("{{\"subject_request_id\":\"{secret}\"}}"),
            format!("{{\"regulation\":\"{secret}\"}}"),
        ] {
            let problem = read(body.as_bytes(), "opendsr.example.org").expect_err(&body);
            assert!(!problem.message.contains(secret), "{}", problem.message);
        }
    }
}
