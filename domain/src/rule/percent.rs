//! Percentages of the stored bucket, as hundredths: 0 to 10,000. One reader and one printer for rules and for the arms of
//! campaigns.

use crate::value::Number;

/// The end of the range: everyone is below it.
pub const HUNDREDTHS_MAX: u16 = 10_000;

/// A percentage of at most two decimals from 0 to 100, in hundredths; `None` where the number is none.
pub fn hundredths(number: Number) -> Option<u16> {
    let hundredths = match number.floor_micros() {
        (micros, true) if micros % 10_000 == 0 => u16::try_from(micros / 10_000).ok(),
        _ => None,
    };
    hundredths.filter(|hundredths| *hundredths <= HUNDREDTHS_MAX)
}

/// The percentage as short as it can be: `50`, `12.5`, `0.05`.
pub fn percent(hundredths: u16) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    match (rest, rest % 10) {
        (0, _) => whole.to_string(),
        (_, 0) => format!("{whole}.{}", rest / 10),
        _ => format!("{whole}.{rest:02}"),
    }
}
