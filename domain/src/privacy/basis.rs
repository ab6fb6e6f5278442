//! On what grounds a privacy request may be refused. The person is told the ground; a regulator reads it in the register.

use super::{clock::Regulation, request::RequestKind};
use serde::{Deserialize, Serialize};

/// A ground of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The data is needed for legal claims; a legal hold among them. GDPR art. 17(3)(e); CCPA § 1798.145(a).
    LegalClaims,
    /// A law requires that the data is kept. GDPR art. 17(3)(b); CCPA § 1798.105(d)(8).
    LegalObligation,
    /// The request is manifestly unfounded or excessive. GDPR art. 12(5); CCPA § 1798.145(h)(3).
    Unfounded,
    /// Nobody could make sure that the person is who they say. GDPR art. 12(2) and 12(6); CCPA § 1798.130(a)(2).
    Unverified,
    /// An answer would harm somebody else's rights. GDPR art. 15(4) and 20(4); CCPA § 1798.145(k).
    OthersRights,
}

impl Basis {
    /// Every ground.
    pub const ALL: [Self; 5] = [
        Self::LegalClaims,
        Self::LegalObligation,
        Self::Unfounded,
        Self::Unverified,
        Self::OthersRights,
    ];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LegalClaims => "legal_claims",
            Self::LegalObligation => "legal_obligation",
            Self::Unfounded => "unfounded",
            Self::Unverified => "unverified",
            Self::OthersRights => "others_rights",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::LegalClaims => "Needed for legal claims",
            Self::LegalObligation => "A law requires that it is kept",
            Self::Unfounded => "Manifestly unfounded or excessive",
            Self::Unverified => "The identity could not be verified",
            Self::OthersRights => "It would harm the rights of others",
        }
    }

    /// Where the regulation says so.
    #[must_use]
    pub const fn article(self, regulation: Regulation) -> &'static str {
        match (regulation, self) {
            (Regulation::Gdpr, Self::LegalClaims) => "GDPR art. 17(3)(e)",
            (Regulation::Gdpr, Self::LegalObligation) => "GDPR art. 17(3)(b)",
            (Regulation::Gdpr, Self::Unfounded) => "GDPR art. 12(5)",
            (Regulation::Gdpr, Self::Unverified) => "GDPR art. 12(2) and 12(6)",
            (Regulation::Gdpr, Self::OthersRights) => "GDPR art. 15(4) and 20(4)",
            (Regulation::Ccpa, Self::LegalClaims) => "CCPA § 1798.145(a)",
            (Regulation::Ccpa, Self::LegalObligation) => "CCPA § 1798.105(d)(8)",
            (Regulation::Ccpa, Self::Unfounded) => "CCPA § 1798.145(h)(3)",
            (Regulation::Ccpa, Self::Unverified) => "CCPA § 1798.130(a)(2)",
            (Regulation::Ccpa, Self::OthersRights) => "CCPA § 1798.145(k)",
        }
    }

    /// Whether it can be a ground for refusing such a request: that data must be kept is no reason to refuse a look at it, and
    /// an erasure gives nothing away.
    #[must_use]
    pub const fn fits(self, kind: RequestKind) -> bool {
        match self {
            Self::LegalClaims | Self::LegalObligation => matches!(kind, RequestKind::Erasure),
            Self::OthersRights => !matches!(kind, RequestKind::Erasure),
            Self::Unfounded | Self::Unverified => true,
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.as_str() == text)
    }
}
