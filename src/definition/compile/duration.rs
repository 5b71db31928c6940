//! Lengths of time as packs write them: `500ms`, `15m`, `1h 30m`, `3d`.

use super::report::{Place, Report};
use crate::domain::time::parse_length_ms;

/// The longest length of time that a pack may name, in milliseconds: a hundred years.
const MILLIS_MAX: i64 = 100 * 366 * 24 * 3_600_000;

/// Reads a length of time in whole milliseconds. A day has 24 hours.
pub(super) fn millis(text: &str, place: &Place, report: &mut Report) -> Option<u64> {
    match parse_length_ms(text) {
        Some(millis) if (0..=MILLIS_MAX).contains(&millis) => u64::try_from(millis).ok(),
        _ => {
            report.error(
                place,
                format!("`{text}` is no length of time"),
                "expected such as 500ms, 15m, 1h or 3d",
            );
            None
        }
    }
}
