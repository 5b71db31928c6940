//! Patterns of events: an event's name, the beginning of one (`order.*`), or `*`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A pattern that some event fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventPattern(Arc<str>);

impl FromStr for EventPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let beginning = text.strip_suffix('*');
        let is_one = match beginning {
            Some("") => true,
            _ => is_event(beginning.unwrap_or(text)),
        };
        match is_one {
            true => Ok(Self(text.into())),
            false => Err(format!(
                "{text:?} fits no event: expected a name, the beginning of one such as order.*, or *"
            )),
        }
    }
}

impl TryFrom<String> for EventPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<EventPattern> for String {
    fn from(pattern: EventPattern) -> Self {
        pattern.0.as_ref().to_owned()
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl EventPattern {
    /// Whether an event of this name fits.
    #[must_use]
    pub fn fits(&self, event: &str) -> bool {
        fits(&self.0, event)
    }
}

/// The longest name of an event, in bytes.
const EVENT_BYTES_MAX: usize = 200;

/// Whether an event can have this name.
#[must_use]
pub fn is_event(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
    (1..=EVENT_BYTES_MAX).contains(&name.len()) && name.chars().all(plain)
}

/// Whether an event's name fits a pattern that nobody has checked, such as one in a record: a text
/// that is no pattern fits nothing.
#[must_use]
pub fn fits(pattern: &str, event: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => event.starts_with(beginning),
        None => pattern == event,
    }
}

/// Whether an event fits one of these patterns; it does, if there is none.
#[must_use]
pub fn any_fits(patterns: &[EventPattern], event: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_or_the_beginning_of_one() {
        for (pattern, event, fits) in [
            ("order.paid", "order.paid", true),
            ("order.paid", "order.paid.twice", false),
            ("order.*", "order.paid", true),
            ("order.*", "orders.paid", false),
            ("order*", "orders.paid", true),
            ("*", "order.paid", true),
        ] {
            let pattern: EventPattern = pattern.parse().expect("a pattern");
            assert_eq!(pattern.fits(event), fits, "{pattern} {event}");
        }
    }

    #[test]
    fn what_no_event_fits_is_no_pattern() {
        for text in [
            "",
            "*.paid",
            "order.*.paid",
            "**",
            "order paid",
            "order.\u{e9}",
            " *",
        ] {
            assert!(text.parse::<EventPattern>().is_err(), "{text}");
            assert!(!fits(text, "order.paid"), "{text}");
        }
    }
}
