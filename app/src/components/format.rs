//! Numbers and times as people read them. Times are UTC and say so.

use domain::{
    guard::grouped,
    micros::{MICROS_PER_UNIT, Micros},
    time::{DAY_MS, Timestamp},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// `10:32 UTC` of today, `9 Nov 2026, 10:32 UTC` of another day.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    if at.day() == now.day() {
        format!("{} UTC", at.time_hm())
    } else {
        at.date_time_short()
    }
}

/// `10:32:05 UTC`: for what changes by the second.
pub fn stamp(at: Timestamp) -> String {
    let seconds = at.ms().rem_euclid(MINUTE_MS) / 1_000;
    format!("{}:{seconds:02} UTC", at.time_hm())
}

/// `12 Jan 1997`, or a dash where there is none.
pub fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), Timestamp::date_short)
}

/// `14 min ago`, `just now`, `3 days ago`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.ms().saturating_sub(at.ms()) {
        ..MINUTE_MS => "just now".to_owned(),
        ms @ MINUTE_MS..HOUR_MS => format!("{} min ago", ms / MINUTE_MS),
        ms @ HOUR_MS..DAY_MS => format!("{} ago", one_or_many(ms / HOUR_MS, "hour", "hours")),
        ms => format!("{} ago", one_or_many(ms / DAY_MS, "day", "days")),
    }
}

/// A length of time that is over: `0.4 s`, `12 s`, `1 min 9 s`, `2 h 5 min`.
pub fn gap(from: Timestamp, to: Timestamp) -> String {
    let ms = to.ms().saturating_sub(from.ms()).max(0);
    match ms {
        ..100 => "under 0.1 s".to_owned(),
        100..10_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        10_000..MINUTE_MS => format!("{} s", ms / 1_000),
        MINUTE_MS..HOUR_MS => format!("{} min {} s", ms / MINUTE_MS, ms % MINUTE_MS / 1_000),
        _ => format!("{} h {} min", ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS),
    }
}

/// `1 profile`, `18,196 profiles`.
pub fn one_or_many(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// `512 bytes`, `4.1 MB`, `10 GB`: decimal units, two digits at least.
pub fn size(bytes: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes < 10 * unit => {
            format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
        }
        Some((unit, name)) => format!("{} {name}", grouped(bytes / unit)),
        None => one_or_many(bytes, "byte", "bytes"),
    }
}

/// `$1,234.50`.
pub fn money(amount: Micros, currency: &str) -> String {
    let cents = (amount.micros().unsigned_abs() + 5_000) / 10_000;
    let whole = i64::try_from(cents / 100).unwrap_or(i64::MAX);
    let sign = if amount.micros() < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}{}.{:02}", symbol(currency), grouped(whole), cents % 100)
}

/// `$2.50 M` for tiles; below a million in full.
pub fn money_short(amount: Micros, currency: &str) -> String {
    let units = amount.micros() / MICROS_PER_UNIT;
    if units < 1_000_000 {
        return money(amount, currency);
    }
    let hundredths = (units + 5_000) / 10_000;
    format!(
        "{}{}.{:02} M",
        symbol(currency),
        grouped(hundredths / 100),
        hundredths % 100
    )
}

fn symbol(currency: &str) -> String {
    match currency {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        other => format!("{other}\u{a0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_rounded_to_cents_and_grouped() {
        let amount = |text| Micros::parse(text).unwrap_or(Micros::ZERO);
        assert_eq!(money(amount("1234.505"), "USD"), "$1,234.51");
        assert_eq!(money(amount("-0.5"), "EUR"), "\u{2212}€0.50");
        assert_eq!(money_short(amount("2500315.63"), "USD"), "$2.50 M");
    }

    #[test]
    fn sizes_are_said_in_the_fitting_unit() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(4_199_000), "4.1 MB");
        assert_eq!(size(12_345_678_901), "12 GB");
    }

    #[test]
    fn lengths_of_time_are_said_in_the_fitting_unit() {
        let from = Timestamp::from_ms(0);
        assert_eq!(gap(from, Timestamp::from_ms(420)), "0.4 s");
        assert_eq!(gap(from, Timestamp::from_ms(69_000)), "1 min 9 s");
        assert_eq!(ago(from, Timestamp::from_ms(14 * 60_000)), "14 min ago");
    }
}
