//! Receipts: how a statement becomes a file that nobody can change unseen, and a tree over the people that proves one of them
//! without naming any. Verifying needs no data directory and no server; what a receipt says is `domain::receipt`.
//!
//! `canonical` (the one form of the JSON), `sign` (the installation's key), `merkle` (the tree), `entries` (its entries out of the
//! erased identities, and their key), `seal` (writing a receipt), `proof` (one person), `verify` (offline), `keep` (the end of the term).

mod canonical;
pub(crate) mod entries;
pub(crate) mod keep;
mod merkle;
mod proof;
mod seal;
mod sign;
mod verify;

pub(crate) use proof::prove;
pub(crate) use seal::seal;
pub(crate) use sign::Signer;
pub use verify::{ProvenPerson, Verified, verify};

use std::fmt::Write as _;

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The bytes of lower-case hex of exactly this length.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    let mut out = [0; N];
    if digits.len() != N * 2 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

/// A hex digit; upper case is none, so that a hash has one text.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_has_one_form() {
        assert_eq!(unhex::<2>("0aff"), Some([10, 255]));
        assert_eq!(hex(&[10, 255]), "0aff");
        for bad in ["0aF0", "0af", "0aff00", "0xff", "", "é1"] {
            assert_eq!(unhex::<2>(bad), None, "{bad}");
        }
    }
}
