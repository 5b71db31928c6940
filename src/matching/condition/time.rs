//! Windows of time and instants, as conditions write them.

use jiff::Timestamp;

const SECONDS: [(char, i64); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

/// Reads a window of time: `30s`, `5m`, `1h30m`, `1d`, `2w`, or ISO 8601 in whole seconds to weeks
/// (`PT5M`, `P1DT12H`). Units stand in order, each at most once.
///
/// Gives seconds, at least 1; `None` if the text is anything else.
pub fn parse_window(text: &str) -> Option<i64> {
    let seconds = match text.strip_prefix('P') {
        Some(period) => {
            let (date, time) = match period.split_once('T') {
                Some((date, time)) if !time.is_empty() => (date, time),
                Some(_) => return None,
                None => (period, ""),
            };
            let unit = |wanted: &'static str| {
                move |unit: char| wanted.contains(unit).then(|| unit.to_ascii_lowercase())
            };
            sum(date, unit("WD"))?.checked_add(sum(time, unit("HMS"))?)?
        }
        None => sum(text, Some)?,
    };
    (seconds > 0).then_some(seconds)
}

/// The seconds of `text`, a row of whole numbers with the units that `unit` allows.
fn sum(mut text: &str, unit: impl Fn(char) -> Option<char>) -> Option<i64> {
    let mut total = 0_i64;
    let mut units = SECONDS.iter();
    while !text.is_empty() {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let count: i64 = text[..digits].parse().ok()?;
        let letter = text[digits..].chars().next()?;
        let wanted = unit(letter)?;
        // The search goes on where the last unit stood, which keeps the order.
        let (_, seconds) = units.find(|(unit, _)| *unit == wanted)?;
        total = total.checked_add(count.checked_mul(*seconds)?)?;
        text = &text[digits + letter.len_utf8()..];
    }
    Some(total)
}

/// Reads an RFC 3339 time.
pub(super) fn parse_instant(text: &str) -> Option<Timestamp> {
    crate::domain::time::parse_instant(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_in_both_notations() {
        let cases = [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("1h", Some(3_600)),
            ("1h30m", Some(5_400)),
            ("1d", Some(86_400)),
            ("2w", Some(1_209_600)),
            ("PT5M", Some(300)),
            ("P1D", Some(86_400)),
            ("P1DT12H", Some(129_600)),
            ("P1W", Some(604_800)),
            ("", None),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("5", None),
            ("m", None),
            ("0s", None),
            ("-5m", None),
            ("+5m", None),
            ("5 m", None),
            ("5M", None),
            ("1.5h", None),
            ("PT5m", None),
            ("P5M", None),
            ("P1Y", None),
            ("5m1h", None),
            ("5m5m", None),
            ("5é", None),
            ("99999999999999999999s", None),
            ("9999999999999999w", None),
            ("9223372036854775807s", Some(i64::MAX)),
            ("1m9223372036854775807s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_window(text), expected, "{text}");
        }
    }
}
