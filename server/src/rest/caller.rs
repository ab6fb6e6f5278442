//! Who calls: `Authorization: Basic base64(key_id:secret)` or `Bearer key_id.secret`, and nothing else.

use super::answer::Refused;
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    access::Actor,
    dataset::Dataset,
    problem::{Code, Problem},
};
use engine::Engine;

/// Whoever sent a valid token, and the engine to serve them.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) engine: Engine,
    pub(super) actor: Actor,
}

impl Caller {
    /// The dataset of the address. Another than the token's does not exist for it.
    pub(super) async fn dataset(&self, slug: &str) -> Result<Dataset, Refused> {
        Ok(self.engine.dataset(&self.actor, slug).await?)
    }
}

impl FromRequestParts<Engine> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Refused> {
        let refused = || Refused(Problem::new(Code::Unauthenticated));
        let sent = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let (key_id, secret) = sent.and_then(credentials).ok_or_else(refused)?;
        let actor = engine
            .authenticate_token(&key_id, &secret)
            .await?
            .ok_or_else(refused)?;
        Ok(Self {
            engine: engine.clone(),
            actor,
        })
    }
}

/// Key id and secret out of the header.
pub(crate) fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, rest) = header.split_once(' ')?;
    let (text, mark) = if scheme.eq_ignore_ascii_case("basic") {
        (String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?, ':')
    } else if scheme.eq_ignore_ascii_case("bearer") {
        (rest.trim().to_owned(), '.')
    } else {
        return None;
    };
    let (key_id, secret) = text.split_once(mark)?;
    Some((key_id.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let want = Some(("lk_1".to_owned(), "s".to_owned()));
        assert_eq!(credentials("Bearer lk_1.s"), want);
        assert_eq!(credentials("basic bGtfMTpz"), want);
        for bad in ["", "Bearer", "Bearer lk_1", "Basic !", "Digest lk_1.s"] {
            assert_eq!(credentials(bad), None, "{bad}");
        }
    }
}
