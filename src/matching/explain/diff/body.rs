//! A body, or that of a part, beside what it must be like. Only what does not fit is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Line;
use super::printed::{Printed, indented, pretty, pretty_xml, text_of};
use crate::domain::call::Call;
use crate::matching::json_path::Found;
use crate::matching::operator::{BodyOperator, Operator};
use crate::matching::seen::Seen;

/// A body that is longer than this, in bytes, is not shown, only its length.
const SHOWN_BYTES_MAX: usize = 256 << 10;

/// A body as text, as bytes, and as JSON where somebody has read it.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) json: Option<&'a Value>,
}

impl<'a> Text<'a> {
    /// The body of a call.
    pub(super) fn of(call: &'a Call, text: &'a str) -> Self {
        Self {
            text,
            bytes: &call.body,
            json: call.json(),
        }
    }
}

/// The lines about a body; `written` are its patterns in the definition, in the same order.
pub(super) fn lines(
    compiled: &[BodyOperator],
    written: Option<&Value>,
    body: &Text<'_>,
    seen: &Seen<'_>,
) -> Vec<Line> {
    if body.bytes.len() > SHOWN_BYTES_MAX {
        let told = format!("\n({} bytes, too many to show)", body.bytes.len());
        return vec![Line::new("Body", String::new(), told, false)];
    }
    let written = written.and_then(Value::as_array).into_iter().flatten();
    let pairs = compiled.iter().zip(written.map(Printed::of));
    let wrong = pairs.filter(|(operator, _)| !fits(operator, body, seen));
    let lines = wrong.filter_map(|(operator, written)| {
        let (wanted, found) = sides(&written?, operator, body);
        Some(Line::new("Body", wanted, found, false))
    });
    lines.collect()
}

fn fits(operator: &BodyOperator, body: &Text<'_>, seen: &Seen<'_>) -> bool {
    match operator {
        BodyOperator::Binary(bytes) => body.bytes == bytes,
        BodyOperator::Text(
            operator @ (Operator::MatchesJsonPath { .. } | Operator::MatchesXPath { .. }),
        ) => operator.test(Some(&seen.subject(body.text))),
        // WireMock asks again, with the text as it prints it: behind a line end.
        BodyOperator::Text(operator) => {
            operator.test(Some(&seen.subject(format!("\n{}", body.text))))
        }
    }
}

/// What a pattern wants of the body, and what the body is.
fn sides(written: &Printed<'_>, operator: &BodyOperator, body: &Text<'_>) -> (String, String) {
    let text = || body.text.to_owned();
    let (wanted, found) = match written.name {
        "matchesJsonPath" | "matchesXPath" => return at_path(written, operator, body),
        "binaryEqualTo" => return (written.expected(), STANDARD.encode(body.bytes)),
        "equalToJson" => (written.expected(), indented(body.text).unwrap_or_else(text)),
        "equalToXml" => (written.expected(), pretty_xml(body.text)),
        _ => (written.expected(), text()),
    };
    // A text that is nothing but a line end is one that is not there.
    let found = match found.is_empty() {
        true => "\n".to_owned(),
        false => format!("\n{found}"),
    };
    (format!("[{}]\n{wanted}", written.name), found)
}

/// The same of a pattern for what is found at a path.
fn at_path(written: &Printed<'_>, operator: &BodyOperator, body: &Text<'_>) -> (String, String) {
    let text = || body.text.to_owned();
    let Some(expression) = written.value.get("expression").and_then(Value::as_str) else {
        return (written.expected(), text());
    };
    let Some(inner) = Printed::of(written.value) else {
        return (expression.to_owned(), text());
    };
    let wanted = format!("{expression} [{}] {}", inner.name, inner.expected());
    let found = match operator {
        BodyOperator::Text(Operator::MatchesJsonPath { path, .. }) => {
            body.json.and_then(|json| in_json(path.find(json)))
        }
        BodyOperator::Text(Operator::MatchesXPath { path, .. }) => {
            path.find(body.text).into_iter().next()
        }
        _ => None,
    };
    (wanted, found.unwrap_or_else(text))
}

fn in_json(found: Found<'_>) -> Option<String> {
    let single = |value: &Value| match value {
        Value::Null => None,
        Value::Object(_) | Value::Array(_) => Some(pretty(value)),
        _ => Some(text_of(value)),
    };
    match found {
        Found::Missing => None,
        Found::One(value) => single(value),
        Found::Computed(value) => single(&value),
        Found::Many(values) if values.is_empty() => None,
        Found::Many(values) => {
            let values: Vec<String> = values.iter().map(|value| text_of(value)).collect();
            Some(format!("[{}]", values.join(", ")))
        }
    }
}
