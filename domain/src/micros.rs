//! Money and quantities: whole millionths, so that sums are exact (decisions: numbers).
//!
//! Knows no currency: a dataset has one, and an event of another is turned away at the door.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many millionths make one.
pub const MICROS_PER_UNIT: i64 = 1_000_000;

/// A decimal with six places, held as a whole number of millionths.
///
/// Serialised as the millionths, which is what our own pages and records exchange; the REST wire shows decimals and
/// converts by `to_decimal_string`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(i64);

/// Why a text is not an amount. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MicrosError {
    /// Not of the form `-?digits[.digits]`; exponents, `NaN`, signs other than a leading minus and blanks are not taken.
    #[error("not a plain decimal number")]
    NotANumber,
    /// A seventh place that is not zero would be lost.
    #[error("more than six decimals")]
    TooManyDecimals,
    /// Outside ±9,223,372,036,854.775807.
    #[error("too large")]
    Overflow,
}

impl Micros {
    /// Nothing.
    pub const ZERO: Micros = Micros(0);

    /// Takes millionths.
    pub const fn from_micros(micros: i64) -> Micros {
        Micros(micros)
    }

    /// Gives millionths, as stored in columns that end in `_micros`.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads a plain decimal such as `-12.5`; zeros beyond the sixth place are taken, other digits are refused.
    ///
    /// # Errors
    /// [`MicrosError`] says what is wrong without quoting the text.
    pub fn parse(text: &str) -> Result<Micros, MicrosError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(MicrosError::NotANumber),
            None => (digits, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(MicrosError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 6 {
            return Err(MicrosError::TooManyDecimals);
        }
        let digits = whole
            .bytes()
            .chain(fraction.bytes())
            .chain((fraction.len()..6).map(|_| b'0'));
        // Summed with its sign, because the least i64 has no positive counterpart.
        let mut micros: i64 = 0;
        for digit in digits.map(|b| i64::from(b - b'0')) {
            let signed = if negative { -digit } else { digit };
            micros = micros
                .checked_mul(10)
                .and_then(|m| m.checked_add(signed))
                .ok_or(MicrosError::Overflow)?;
        }
        Ok(Micros(micros))
    }

    /// The shortest decimal that says the same: `12.5`, `-0.000001`, `3`.
    pub fn to_decimal_string(self) -> String {
        let unit = MICROS_PER_UNIT.unsigned_abs();
        let (whole, rest) = (self.0.unsigned_abs() / unit, self.0.unsigned_abs() % unit);
        let sign = if self.0 < 0 { "-" } else { "" };
        if rest == 0 {
            return format!("{sign}{whole}");
        }
        let fraction = format!("{rest:06}");
        format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }

    /// For ratios and charts only: large amounts lose their last places.
    #[expect(clippy::cast_precision_loss, reason = "the loss is what the name says")]
    pub fn to_f64_lossy(self) -> f64 {
        self.0 as f64 / MICROS_PER_UNIT as f64
    }

    /// The sum, or `None` where it does not fit.
    pub const fn checked_add(self, other: Micros) -> Option<Micros> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Micros(sum)),
            None => None,
        }
    }

    /// The difference, or `None` where it does not fit.
    pub const fn checked_sub(self, other: Micros) -> Option<Micros> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Micros(difference)),
            None => None,
        }
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_decimal_string())
    }
}

impl FromStr for Micros {
    type Err = MicrosError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Micros::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_plain_decimals() {
        for (text, micros, shown) in [
            ("11.77", 11_770_000, "11.77"),
            ("12.00", 12_000_000, "12"),
            ("-0.000001", -1, "-0.000001"),
            ("0.1000000000", 100_000, "0.1"),
            ("007", 7_000_000, "7"),
            ("-0", 0, "0"),
            ("9223372036854.775807", i64::MAX, "9223372036854.775807"),
            ("-9223372036854.775808", i64::MIN, "-9223372036854.775808"),
        ] {
            let read = Micros::parse(text).unwrap();
            assert_eq!(
                (read.micros(), read.to_string().as_str()),
                (micros, shown),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_would_be_lost_or_guessed() {
        for text in [
            "", "-", ".5", "5.", "1e3", "NaN", "inf", "+1", " 1", "1,5", "0x10", "--1", "1.2.3", "１",
        ] {
            assert_eq!(Micros::parse(text), Err(MicrosError::NotANumber), "{text}");
        }
        assert_eq!(Micros::parse("0.0000001"), Err(MicrosError::TooManyDecimals));
        assert_eq!(Micros::parse("9223372036854.775808"), Err(MicrosError::Overflow));
        assert_eq!(Micros::parse("-9223372036854.775809"), Err(MicrosError::Overflow));
    }

    #[test]
    fn sums_are_exact_or_refused() {
        let cent = Micros::parse("0.1").unwrap();
        let three = cent.checked_add(cent).and_then(|m| m.checked_add(cent)).unwrap();
        assert_eq!(three, Micros::parse("0.3").unwrap());
        assert_eq!(
            Micros::from_micros(i64::MAX).checked_add(Micros::from_micros(1)),
            None
        );
        assert_eq!(
            Micros::from_micros(i64::MIN).checked_sub(Micros::from_micros(1)),
            None
        );
    }
}
