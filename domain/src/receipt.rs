//! Receipts: the signed statement of what a deletion did, what it left, and how it was checked. Its form is fixed here:
//! what stands in it is signed as canonical JSON, so it holds integers and texts and nothing else (decisions 21). Knows no
//! key, no hash function and no file.

mod job;
mod request;

pub use job::{Sealed, of_job};
pub use request::{RequestFacts, of_request};

use crate::{
    id::{JobId, RequestId},
    problem::{Code, Problem},
    profile::IdentityKind,
    time::{DAY_MS, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of the statement; grows when a field changes its meaning.
pub const FORM: i64 = 1;
/// Days after which the keys of a receipt's entries are destroyed where nothing else is set: two years and the leap day that
/// may be in them, because CCPA asks for records of 24 months (11 CCR 7101).
pub const PROOF_DAYS: i64 = 731;
/// The longest term, days: ten years.
pub const PROOF_DAYS_MAX: i64 = 3_653;
/// What stands in place of the receipt before where there is none: the hash of nothing, in hex.
pub const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// How the tree over the people is made.
pub const TREE: &str = "RFC 6962 tree, SHA-256, of HMAC-SHA256 entries";
/// How receipts are signed.
pub const SIGNATURE: &str = "Ed25519";

/// Whose receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOf {
    /// A deletion in bulk.
    Job(JobId),
    /// A privacy request.
    Request(RequestId),
}

impl ReceiptOf {
    /// The word under which it is stored, as in the table of erased identities.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Job(_) => "job",
            Self::Request(_) => "request",
        }
    }

    /// The stored number.
    #[must_use]
    pub const fn id(self) -> i64 {
        match self {
            Self::Job(id) => id.0,
            Self::Request(id) => id.0,
        }
    }

    /// The number that people see and quote: `D-1001`, `P-12`.
    #[must_use]
    pub fn number(self) -> String {
        match self {
            Self::Job(id) => id.number(),
            Self::Request(id) => id.number(),
        }
    }

    /// From what is stored.
    #[must_use]
    pub fn from_stored(word: &str, id: i64) -> Option<Self> {
        match word {
            "job" => Some(Self::Job(JobId(id))),
            "request" => Some(Self::Request(RequestId(id))),
            _ => None,
        }
    }
}

/// What is signed. Fields that do not apply are left out. Times are RFC 3339, hashes lower-case hex.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The form: [`FORM`].
    pub lethe_receipt: i64,
    /// What wrote it: name and version.
    pub product: String,
    /// Its number in the chain of this installation, from 1 without a gap.
    pub no: i64,
    /// SHA-256 of the file of the receipt before, [`FIRST`] for the first.
    pub previous: String,
    /// What it is about.
    pub about: About,
    /// What kind of deletion it was, a sentence.
    pub purpose: String,
    /// The rule as it was, literals of identity fields hashed; left out where the segment has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The hash of what was confirmed: segment, definition, uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Why, in the words of who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it ended: a state.
    pub ended: String,
    /// Why it ended so, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<String>,
    /// Counts by name. Of a job: matched = deleted + spared + held + failed + gone + left.
    pub counts: BTreeMap<String, i64>,
    /// Moments by name: asked_at, started_at, verified_at, scrubbed_at, sealed_at.
    pub times: BTreeMap<String, String>,
    /// Who did what: asked, approved.
    pub people: Vec<Deed>,
    /// What became of each store, what is kept there, why and until when.
    pub stores: Vec<StoreLine>,
    /// Copies of these people that left the store in files.
    pub exports: Vec<ExportLine>,
    /// How it was checked.
    pub verification: BTreeMap<String, i64>,
    /// The tree over the identities that went.
    pub entries: Entries,
    /// What the receipt says and what it cannot say.
    pub limits: Vec<String>,
    /// The key that signed it.
    pub key: Key,
}

/// What a receipt is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `deletion_job` or `privacy_request`.
    pub kind: String,
    /// The number that people quote.
    pub number: String,
    /// The dataset's short name.
    pub dataset: String,
    /// The segment's name at confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The law that the request was made under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regulation: Option<String>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// `asked` or `approved`.
    pub did: String,
    /// A user's name, `token:KEY_ID`, `cli:UID`, `system`.
    pub name: String,
    /// When, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What became of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreLine {
    /// Which.
    pub store: String,
    /// `deleted`, `zero_left`, `not_proven`, `kept`, `kept_without_people`, `nothing`, `outside`.
    pub became: String,
    /// How many profiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profiles: Option<i64>,
    /// How many events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<i64>,
    /// Until when it is kept; left out where it is kept without a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why, a sentence.
    pub why: String,
}

/// The store that campaigns and segments see.
const LIVE: &str = "Profiles, identities, events, memberships";
/// The copy that deletion in bulk leaves.
const WAREHOUSE: &str = "Data warehouse";
/// What proofs are made of.
const HASHES: &str = "Keyed hashes of the deleted identities";

impl StoreLine {
    /// Without figures and without a term.
    fn plain(store: &str, became: &str, why: &str) -> Self {
        Self {
            store: store.to_owned(),
            became: became.to_owned(),
            profiles: None,
            events: None,
            until: None,
            why: why.to_owned(),
        }
    }

    /// Accumulated totals do not move when people go.
    fn totals() -> Self {
        let why = "Sums by day and campaign, which name nobody.";
        Self::plain("Campaign and revenue totals", "kept_without_people", why)
    }

    /// The log that a restored backup is played against.
    fn log() -> Self {
        let why = "Keyed hashes, so that a restored backup does not bring these people back.";
        Self::plain("Log of deletions beside the database", "kept", why)
    }

    /// What no deletion reaches.
    fn outside() -> Self {
        let why = "Copies outside of the data directory are not reached by a deletion.";
        Self::plain("Backups, snapshots, files taken away", "outside", why)
    }
}

/// A file with these people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportLine {
    /// `stored`: kept by the server; `handed_out`: somebody took it away.
    pub what: String,
    /// Who took it away, or had it wiped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was written or taken away.
    pub at: String,
    /// How many people are in it.
    pub people: i64,
    /// When it is wiped at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<String>,
    /// When it was wiped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wiped_at: Option<String>,
}

/// The tree over the identities that went. An entry is HMAC-SHA256, under a key of this receipt alone, of the kind's number
/// as one byte and the 16-byte keyed hash of the identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries {
    /// [`TREE`].
    pub form: String,
    /// How many entries.
    pub size: i64,
    /// The root.
    pub root: String,
    /// When the key and the hashes are destroyed: from then on no proof for a person can be made. The root stays.
    pub destroyed_at: String,
}

/// The key that signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// [`SIGNATURE`].
    pub form: String,
    /// The public key, 32 bytes in hex.
    pub public: String,
    /// SHA-256 of the public key, in hex: what is compared by eye.
    pub fingerprint: String,
}

/// A receipt as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Whose.
    pub of: ReceiptOf,
    /// What was signed.
    pub statement: Statement,
    /// SHA-256 of its file, in hex: what the receipt after it names.
    pub hash: String,
    /// When it was signed.
    pub sealed_at: Timestamp,
    /// When its keys are destroyed.
    pub proofs_until: Timestamp,
    /// When they were destroyed; `None`: proofs can be made.
    pub destroyed_at: Option<Timestamp>,
}

impl Receipt {
    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let about = &self.statement.about;
        format!("lethe-{}-{}-receipt.json", about.dataset, about.number)
    }
}

/// A person who is among those that a receipt is about, with the file that proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// What kind of identity was given.
    pub kind: IdentityKind,
    /// Its entry, from 1.
    pub entry: i64,
    /// Of how many.
    pub of: i64,
    /// The name of the file.
    pub file_name: String,
    /// The file: a receipt, an entry, a path. Holds no readable identifier.
    pub file: String,
}

/// Reads a typed term: whole days.
///
/// # Errors
/// `invalid` on `proof_days`, with what is allowed.
pub fn proof_days(text: &str) -> Result<i64, Problem> {
    let days = text.trim().parse().ok();
    days.filter(|days| (1..=PROOF_DAYS_MAX).contains(days))
        .ok_or_else(|| {
            let message = format!("The term is a whole number of days from 1 to {PROOF_DAYS_MAX}.");
            Problem::because(Code::Invalid, message).on("proof_days")
        })
}

/// When the keys of a receipt are destroyed that was sealed then.
#[must_use]
pub const fn destroyed_at(sealed_at: Timestamp, days: i64) -> Timestamp {
    sealed_at.plus_ms(days.saturating_mul(DAY_MS))
}

/// The first eight hex digits of a fingerprint, in two groups, to tell keys apart at a glance: `7f3a 91c0`.
#[must_use]
pub fn short_fingerprint(fingerprint: &str) -> String {
    let digits: Vec<char> = fingerprint.chars().take(8).collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// What every receipt says about itself.
fn limits() -> Vec<String> {
    [
        "It proves that whoever holds the key stated this at that time, in this order, and that nothing of it was changed since. It cannot prove that no copy exists elsewhere.",
        "The entries of the tree are keyed hashes: no readable identifiers, but still personal data to whoever holds the keys. The keys stay on the server and are destroyed at the end of the term.",
        "Zero dead bytes is a statement about the database file, not about the medium: blocks that a disk has replaced, snapshots and backups are outside of it.",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_whole_days() {
        assert_eq!(proof_days(" 30 "), Ok(30));
        for bad in ["", "0", "-1", "1.5", "3654"] {
            assert_eq!(proof_days(bad).map_err(|p| p.code), Err(Code::Invalid), "{bad}");
        }
        assert_eq!(short_fingerprint("7f3a91c022d19a4eff"), "7f3a 91c0");
    }

    #[test]
    fn whose_it_is_is_read_back() {
        for of in [ReceiptOf::Job(JobId(1001)), ReceiptOf::Request(RequestId(7))] {
            assert_eq!(ReceiptOf::from_stored(of.word(), of.id()), Some(of));
        }
        assert_eq!(ReceiptOf::from_stored("x", 1), None);
    }
}
