//! Metrics as text.

use prometheus_client::encoding::text::{encode, encode_registry};
use prometheus_client::registry::Registry;

use super::gather::Gathered;
use crate::service::Service;

/// The media type of the newer form.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The media type of the older form.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A form in which metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// What monitors read before that.
    Plain,
}

impl Format {
    /// The form that a reader wants who accepts this.
    #[must_use]
    pub fn accepted(accept: &str) -> Self {
        match accept.contains("application/openmetrics-text") {
            true => Self::OpenMetrics,
            false => Self::Plain,
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => OPEN_METRICS,
            Self::Plain => PLAIN,
        }
    }
}

impl Service {
    /// All metrics, as they are now.
    #[must_use]
    pub fn metrics_text(&self, format: Format) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Gathered::of(self)));
        let mut text = String::new();
        // A string takes whatever is written.
        let written = match format {
            Format::OpenMetrics => encode(&mut text, &registry),
            Format::Plain => encode_registry(&mut text, &registry),
        };
        debug_assert!(written.is_ok());
        match format {
            Format::OpenMetrics => text,
            Format::Plain => older(&text),
        }
    }
}

/// The same in the older form, in which the family of a counter is called as its series are.
fn older(text: &str) -> String {
    let counters: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut older = String::with_capacity(text.len() + 1024);
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        let (mark, kind, name, rest) = (words.next(), words.next(), words.next(), words.next());
        match (mark, kind, name, rest) {
            (Some("#"), Some(kind), Some(name), Some(rest)) if counters.contains(&name) => {
                older.push_str(&format!("# {kind} {name}_total {rest}\n"));
            }
            _ => {
                older.push_str(line);
                older.push('\n');
            }
        }
    }
    older
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_form_that_it_accepts() {
        let prometheus = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5,*/*;q=0.1";
        for (accept, expected) in [
            ("", Format::Plain),
            ("*/*", Format::Plain),
            ("text/plain;version=0.0.4", Format::Plain),
            (prometheus, Format::OpenMetrics),
        ] {
            assert_eq!(Format::accepted(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn in_the_older_form_a_counter_is_called_as_its_series() {
        let newer = "# HELP a_b Some # words.\n# TYPE a_b counter\na_b_total{x=\"# TYPE a_b counter\"} 1\n# HELP c c\n# TYPE c gauge\nc 1\n";
        let expected = "# HELP a_b_total Some # words.\n# TYPE a_b_total counter\na_b_total{x=\"# TYPE a_b counter\"} 1\n# HELP c c\n# TYPE c gauge\nc 1\n";
        assert_eq!(older(newer), expected);
    }
}
