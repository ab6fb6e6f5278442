//! What an attribute or a property may hold: text, number, true/false, a time, or something that is merely set.
//!
//! Knows nothing of CSV or JSON parsers: it takes single cells and scalars, and says how a value is coded in the
//! store. The one coding, read here and by the SQL of rules: text, numbers and true/false are themselves, a time is
//! `{"t":ms}`, anything else is `{"j":"its JSON text"}`. Missing values are not stored at all.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::time::Timestamp;

/// Longest name of an attribute or a property (decisions: cell types).
pub const ATTRIBUTE_NAME_BYTES_MAX: usize = 128;

/// Most significant digits of a number: any decimal of 15 digits survives a trip through a binary double, so SQLite's
/// comparison and ours agree. A sixteenth digit would not always survive.
pub const NUMBER_DIGITS_MAX: usize = 15;

/// Most decimal places, so that exact comparison stays within 128 bits. Cells have at most 14; JSON may need more.
const NUMBER_SCALE_MAX: usize = 20;

/// Whether a text may name an attribute or a property: 1 to 128 bytes without control characters, `"` or `\`.
///
/// The last two would change the meaning of a JSON path; the store relies on their absence.
pub fn is_attribute_name(name: &str) -> bool {
    (1..=ATTRIBUTE_NAME_BYTES_MAX).contains(&name.len())
        && !name.chars().any(|c| c.is_control() || c == '"' || c == '\\')
}

/// A decimal number of at most 15 significant digits below 10^15, held exactly: `units / 10^scale`.
///
/// Two numbers compare as decimals, never as doubles. SQLite compares the same way: a whole number is an INTEGER
/// there; another one is a REAL read from decimal text by one routine on both sides, and 15 digits keep apart
/// whatever rounding that routine does. The form is canonical (`1.50` is `1.5`, `-0` is `0`), so `==` is equality of
/// value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    units: i64,
    scale: u8,
}

impl Number {
    /// Reads the form of cells and rule literals: `-?(0|[1-9]\d*)(\.\d+)?` with at most 15 digits, leading zero
    /// included. `007`, `+1`, `.5`, `1e3` and longer ones are not numbers.
    pub fn parse(text: &str) -> Option<Number> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let plain = !whole.is_empty()
            && !fraction.is_empty()
            && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
            && (whole == "0" || !whole.starts_with('0'));
        let digits = unsigned.bytes().filter(u8::is_ascii_digit).count();
        if plain && digits <= NUMBER_DIGITS_MAX {
            Self::from_parts(text.starts_with('-'), whole, fraction, 0)
        } else {
            None
        }
    }

    /// Reads the text of a JSON number. Fractions and exponents with more than 15 significant digits are rounded to
    /// 15; whole numbers are never rounded, because they may be ids. `None` where it cannot be held.
    pub fn from_json(text: &str) -> Option<Number> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let exponent: i32 = exponent.parse().ok()?;
        let exact = Self::from_parts(mantissa.starts_with('-'), whole, fraction, exponent);
        if exact.is_some() || (fraction.is_empty() && exponent == 0) {
            return exact;
        }
        let rounded = format!(
            "{:.14e}",
            text.parse::<f64>().ok().filter(|f| f.is_finite() && *f != 0.0)?
        );
        let (mantissa, exponent) = rounded.split_once('e')?;
        let (whole, fraction) = mantissa.trim_start_matches('-').split_once('.')?;
        Self::from_parts(mantissa.starts_with('-'), whole, fraction, exponent.parse().ok()?)
    }

    /// `None` from 10^15 on, either side of zero.
    pub fn from_i64(value: i64) -> Option<Number> {
        Self::parse(&value.to_string())
    }

    /// The number as a whole one, where it is.
    pub fn as_integer(self) -> Option<i64> {
        (self.scale == 0).then_some(self.units)
    }

    /// The nearest double: for charts, and for JSON where a decimal fraction is due (the double of a number of 15
    /// digits is always shown as those digits again).
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(0.0)
    }

    /// The greatest whole number of millionths that is not above this number, and whether it is exactly this number.
    /// Amounts are compared with a literal through it, without rounding.
    pub fn floor_micros(self) -> (i128, bool) {
        let scaled = i128::from(self.units) * 1_000_000;
        let divisor = pow10(self.scale);
        (scaled.div_euclid(divisor), scaled.rem_euclid(divisor) == 0)
    }

    /// The number `whole.fraction × 10^exponent`, if it fits; the digits must be ASCII.
    fn from_parts(negative: bool, whole: &str, fraction: &str, exponent: i32) -> Option<Number> {
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_end_matches('0');
        if significant.trim_start_matches('0').is_empty() {
            return Some(Number { units: 0, scale: 0 });
        }
        // The value is `significant × 10^power`.
        let power = i64::from(exponent) - i64::try_from(fraction.len()).ok()?
            + i64::try_from(digits.len() - significant.len()).ok()?;
        let significant = significant.trim_start_matches('0');
        let zeros = usize::try_from(power.max(0)).ok()?;
        let scale = usize::try_from((-power).max(0)).ok()?;
        let too_long = significant
            .len()
            .checked_add(zeros)
            .is_none_or(|n| n > NUMBER_DIGITS_MAX);
        if too_long || scale > NUMBER_SCALE_MAX {
            return None;
        }
        let units: i64 = format!("{significant}{}", "0".repeat(zeros)).parse().ok()?;
        Some(Number {
            units: if negative { -units } else { units },
            scale: u8::try_from(scale).ok()?,
        })
    }
}

fn pow10(exponent: u8) -> i128 {
    10_i128.pow(u32::from(exponent))
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        // Below 10^15 × 10^20, which 128 bits hold.
        let left = i128::from(self.units) * pow10(other.scale);
        left.cmp(&(i128::from(other.units) * pow10(self.scale)))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    /// A plain decimal without exponent, as a cell or a rule would write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        match digits.split_at_checked(digits.len() - scale) {
            Some((whole, fraction)) if scale > 0 => write!(f, "{sign}{whole}.{fraction}"),
            _ => write!(f, "{sign}{digits}"),
        }
    }
}

/// A value that is there. Missing ones are absent from their map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text; compared by bytes.
    Text(String),
    /// A decimal number.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// A moment.
    Time(Timestamp),
    /// Arrays, objects and whatever else cannot be compared: its JSON text. It satisfies only `is set`.
    Other(String),
}

impl Value {
    /// Types a cell of a CSV file by its content (decisions: cell types): empty is missing; `true`, `false`; numbers
    /// of up to 15 digits without leading zeros; RFC 3339 dates and times; else text, kept as it is (`007`, `#N/A`).
    pub fn from_cell(cell: &str) -> Option<Value> {
        match cell {
            "" => None,
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => Some(match Number::parse(cell) {
                Some(number) => Value::Number(number),
                None => Value::from_json_text(cell),
            }),
        }
    }

    /// Takes a JSON string: text, unless it is an RFC 3339 date or time. The empty string is text here.
    pub fn from_json_text(text: &str) -> Value {
        match Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_date(text)) {
            Some(time) => Value::Time(time),
            None => Value::Text(text.to_owned()),
        }
    }

    /// Takes a JSON number as written; one that [`Number`] cannot hold (a whole number of 16 digits) is kept as text,
    /// as it would be in a cell.
    pub fn from_json_number(text: &str) -> Value {
        match Number::from_json(text) {
            Some(number) => Value::Number(number),
            None => Value::Text(text.to_owned()),
        }
    }
}

impl fmt::Display for Value {
    /// For pages: text as it is, times in RFC 3339, the rest as JSON writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) | Value::Other(text) => f.write_str(text),
            Value::Number(number) => number.fmt(f),
            Value::Bool(flag) => flag.fmt(f),
            Value::Time(time) => time.fmt(f),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(number) => match number.as_integer() {
                Some(whole) => serializer.serialize_i64(whole),
                None => serializer.serialize_f64(number.to_f64()),
            },
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Time(time) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("t", &time.ms())?;
                map.end()
            }
            Value::Other(json) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("j", json)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StoredValue)
    }
}

/// Reads the stored coding back.
struct StoredValue;

impl<'de> Visitor<'de> for StoredValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a stored value: text, number, true, false, {"t":ms} or {"j":"json"}"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Value, E> {
        Ok(Value::from_json_number(&whole.to_string()))
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Value, E> {
        Ok(Value::from_json_number(&whole.to_string()))
    }

    fn visit_f64<E: de::Error>(self, double: f64) -> Result<Value, E> {
        Ok(Value::from_json_number(&format!("{double:e}")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let value = match map.next_key::<String>()?.as_deref() {
            Some("t") => Value::Time(Timestamp::from_ms(map.next_value()?)),
            Some("j") => Value::Other(map.next_value()?),
            _ => return Err(de::Error::custom("a stored value has the one key t or j")),
        };
        match map.next_key::<String>()? {
            None => Ok(value),
            Some(_) => Err(de::Error::custom("a stored value has one key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn cells_are_typed_by_content() {
        let time = |text| Value::Time(Timestamp::parse_import(text).unwrap());
        for (cell, value) in [
            ("true", Value::Bool(true)),
            ("False", Value::Text("False".into())),
            ("12", Value::Number(number("12"))),
            ("-0.50", Value::Number(number("-0.5"))),
            ("123456789012345", Value::Number(number("123456789012345"))),
            ("1234567890123456", Value::Text("1234567890123456".into())),
            ("0.12345678901234", Value::Number(number("0.12345678901234"))),
            ("0.123456789012345", Value::Text("0.123456789012345".into())),
            ("2017-10-01", time("2017-10-01")),
            ("2017-10-01T10:00:00+02:00", time("2017-10-01 08:00")),
            ("2017-10-01 10:00", Value::Text("2017-10-01 10:00".into())),
            ("2017-02-30", Value::Text("2017-02-30".into())),
        ] {
            assert_eq!(Value::from_cell(cell), Some(value), "{cell}");
        }
        for cell in [
            "007", "#N/A", "+1", ".5", "5.", "1e3", "NaN", " 1", "-", "--1", "1-", "[1]", "null", "１",
        ] {
            assert_eq!(Value::from_cell(cell), Some(Value::Text(cell.into())), "{cell}");
        }
        assert_eq!(Value::from_cell(""), None);
    }

    #[test]
    fn json_numbers_are_held_exactly_or_rounded_or_text() {
        for (json, shown) in [
            ("1e3", "1000"),
            ("1.50", "1.5"),
            ("-0.0", "0"),
            ("0e99999", "0"),
            ("1.5e-7", "0.00000015"),
            ("0.30000000000000004", "0.3"),
            ("1234567.123456789123", "1234567.12345679"),
            ("100000000000000", "100000000000000"),
        ] {
            assert_eq!(
                Value::from_json_number(json),
                Value::Number(Number::from_json(json).unwrap())
            );
            assert_eq!(Number::from_json(json).unwrap().to_string(), shown, "{json}");
        }
        for json in [
            "1234567890123456789",
            "1e15",
            "1e300",
            "1e-300",
            "1e2147483647",
            "1e-2147483648",
            "1e9999999999",
        ] {
            assert_eq!(Value::from_json_number(json), Value::Text(json.into()), "{json}");
        }
        assert_eq!(Value::from_json_text("").to_string(), "");
        assert_eq!(
            Value::from_json_text("2017-10-01").to_string(),
            "2017-10-01T00:00:00.000Z"
        );
    }

    #[test]
    fn numbers_compare_as_decimals() {
        assert!(number("0.1") < number("0.10000000000001"));
        assert!(number("-2") < number("-1.5"));
        assert_eq!(number("1.50"), number("1.5"));
        assert_eq!(number("0.0000015").floor_micros(), (1, false));
        assert_eq!(number("-0.0000015").floor_micros(), (-2, false));
        assert_eq!(number("2.5").floor_micros(), (2_500_000, true));
        assert_eq!(Number::from_i64(1_000_000_000_000_000), None);
    }

    #[test]
    fn names_that_would_change_a_path_are_refused() {
        for good in ["a", "Any name", "$.x", "naïve", "'; DROP TABLE profiles; --"] {
            assert!(is_attribute_name(good), "{good}");
        }
        for bad in ["", "a\"b", "a\\b", "a\nb", "a\0b", &"x".repeat(129)] {
            assert!(!is_attribute_name(bad), "{bad:?}");
        }
    }

    fn numbers() -> impl Strategy<Value = Number> {
        (-999_999_999_999_999_i64..=999_999_999_999_999, 0..=14_usize).prop_map(|(units, scale)| {
            let digits = format!("{:0>15}", units.unsigned_abs());
            let (whole, fraction) = digits.split_at(15 - scale);
            Number::from_json(&format!(
                "{}{whole}.{fraction}0",
                if units < 0 { "-" } else { "" }
            ))
            .unwrap()
        })
    }

    fn values() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<String>().prop_map(Value::Text),
            numbers().prop_map(Value::Number),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|ms| Value::Time(Timestamp::from_ms(ms))),
            any::<String>().prop_map(Value::Other),
        ]
    }

    proptest! {
        #[test]
        fn the_stored_coding_gives_back_what_it_took(value in values()) {
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
        }

        #[test]
        fn shown_numbers_read_back(value in numbers()) {
            prop_assert_eq!(Number::from_json(&value.to_string()), Some(value));
        }
    }

    #[test]
    fn the_stored_coding_is_the_one_that_sql_reads() {
        let coded = |value: Value| serde_json::to_string(&value).unwrap();
        assert_eq!(coded(Value::Time(Timestamp::from_ms(7))), r#"{"t":7}"#);
        assert_eq!(coded(Value::Number(number("12.50"))), "12.5");
        assert_eq!(coded(Value::Number(number("12"))), "12");
        assert_eq!(coded(Value::Other("[1]".into())), r#"{"j":"[1]"}"#);
        for bad in ["null", "[1]", "{}", r#"{"t":1,"j":"x"}"#, r#"{"x":1}"#] {
            assert!(serde_json::from_str::<Value>(bad).is_err(), "{bad}");
        }
    }
}
