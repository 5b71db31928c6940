//! Reading what is to be recorded, as it comes over the admin API.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::request_pattern;
use crate::definition::compiled::{BodyPattern, Extract, RecordSpec};
use crate::definition::model::{BodyPatternSpec, RecordSpec as Model};
use crate::matching::pattern::RequestPattern;

/// What is wrong with what is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where: a JSON pointer.
    pub pointer: String,
    /// What.
    pub message: String,
}

impl Wrong {
    fn at(pointer: &str, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            message: message.into(),
        }
    }
}

/// Reads what is to be recorded, and how.
///
/// # Errors
/// The first mistake.
pub fn record_spec(document: Value) -> Result<RecordSpec, Wrong> {
    if !document.is_object() {
        return Err(Wrong::at("/", "expected an object"));
    }
    let model: Model = serde_path_to_error::deserialize(document).map_err(|error| {
        let path = error.path().to_string();
        let mut pointer = match path.as_str() {
            "." => String::new(),
            path => format!("/{}", path.replace('.', "/")),
        };
        let message = error.inner().to_string();
        // serde names an unknown field only in its message.
        let named = message.strip_prefix("unknown field `");
        if let Some(named) = named.and_then(|rest| rest.split('`').next())
            && !pointer.ends_with(&format!("/{named}"))
        {
            pointer = format!("{pointer}/{named}");
        }
        Wrong::at(if pointer.is_empty() { "/" } else { &pointer }, message)
    })?;
    if let Some(name) = model.transformers.iter().flatten().next() {
        let message = format!("{name:?} is unknown: there are no transformers of stub mappings");
        return Err(Wrong::at("/transformers", message));
    }
    let mut filters = model.filters.unwrap_or_default();
    let ids = ids(filters.shift_remove("ids"))?;
    let allow_non_proxied = match filters.shift_remove("allowNonProxied") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(allowed)) => allowed,
        Some(_) => {
            return Err(Wrong::at(
                "/filters/allowNonProxied",
                "expected true or false",
            ));
        }
    };
    let capture = model.capture_headers.unwrap_or_default().into_iter();
    Ok(RecordSpec {
        target: model.target_base_url.filter(|target| !target.is_empty()),
        filter: filter(filters)?,
        ids,
        allow_non_proxied,
        capture: capture
            .map(|(name, header)| (name, header.unwrap_or_default().case_insensitive))
            .collect(),
        body: body(&model.request_body_pattern.unwrap_or_default())?,
        extract: extract(model.extract_body_criteria.as_ref())?,
        ids_only: ids_only(model.output_format.as_deref())?,
        persist: model.persist.unwrap_or(true),
        scenarios: model.repeats_as_scenarios.unwrap_or(true),
    })
}

fn ids(given: Option<Value>) -> Result<Option<BTreeSet<Uuid>>, Wrong> {
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Ok(None);
    };
    let Value::Array(given) = given else {
        return Err(Wrong::at("/filters/ids", "expected a list of UUIDs"));
    };
    let id = |(at, id): (usize, &Value)| {
        let read = id.as_str().and_then(|id| Uuid::try_parse(id).ok());
        read.ok_or_else(|| Wrong::at(&format!("/filters/ids/{at}"), format!("{id} is no UUID")))
    };
    given
        .iter()
        .enumerate()
        .map(id)
        .collect::<Result<_, _>>()
        .map(Some)
}

fn filter(filters: Map<String, Value>) -> Result<Option<RequestPattern>, Wrong> {
    if filters.is_empty() {
        return Ok(None);
    }
    let pattern = request_pattern(&Value::Object(filters).to_string());
    pattern.map(Some).map_err(|mistakes| {
        let message = mistakes.first().map(|mistake| mistake.message.clone());
        Wrong::at("/filters", message.unwrap_or_default())
    })
}

/// How a stub looks at the body. A matcher that is unknown is as none, as in WireMock; an option that
/// another matcher would want is a mistake.
fn body(model: &BodyPatternSpec) -> Result<BodyPattern, Wrong> {
    let (order, extra, case) = (
        model.ignore_array_order,
        model.ignore_extra_elements,
        model.case_insensitive,
    );
    let (pattern, strange) = match model.matcher.as_deref() {
        Some("equalTo") => {
            let pattern = BodyPattern::Text {
                case_insensitive: case,
            };
            (
                pattern,
                [("ignoreArrayOrder", order), ("ignoreExtraElements", extra)],
            )
        }
        Some("equalToJson") => {
            let pattern = BodyPattern::Json {
                ignore_array_order: order,
                ignore_extra_elements: extra,
            };
            (pattern, [("caseInsensitive", case), ("", None)])
        }
        Some("equalToXml") => {
            let strange = order.or(extra).or(case);
            (BodyPattern::Xml, [("matcher", strange), ("", None)])
        }
        _ => {
            let pattern = BodyPattern::Auto {
                ignore_array_order: order.unwrap_or(true),
                ignore_extra_elements: extra.unwrap_or(true),
                case_insensitive: case.unwrap_or(false),
            };
            (pattern, [("", None), ("", None)])
        }
    };
    match strange.iter().find(|(_, given)| given.is_some()) {
        None => Ok(pattern),
        Some((key, _)) => Err(Wrong::at(
            &format!("/requestBodyPattern/{key}"),
            "the matcher has no such option",
        )),
    }
}

fn ids_only(format: Option<&str>) -> Result<bool, Wrong> {
    match format.map(str::to_ascii_lowercase).as_deref() {
        None | Some("full") => Ok(false),
        Some("ids") => Ok(true),
        Some(_) => Err(Wrong::at("/outputFormat", "Invalid output format")),
    }
}

fn extract(given: Option<&Value>) -> Result<Option<Extract>, Wrong> {
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Ok(None);
    };
    let of = |name: &str| match given.get(name) {
        None | Some(Value::Null) => Ok(u64::MAX),
        Some(Value::String(text)) => size(text),
        Some(number) => number
            .as_u64()
            .ok_or_else(|| format!("Invalid size: {number}")),
    };
    let wrong = |message: String| Wrong::at("/extractBodyCriteria", message);
    Ok(Some(Extract {
        text: of("textSizeThreshold").map_err(wrong)?,
        binary: of("binarySizeThreshold").map_err(wrong)?,
    }))
}

/// Reads a size as people write it: `2048`, `2 kb`, `1.5 M`.
fn size(text: &str) -> Result<u64, String> {
    let invalid = || format!("Invalid size string: {text:?}");
    let cleaned = text.trim().replace(',', ".").to_ascii_uppercase();
    let split = cleaned.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = cleaned.split_at(split.unwrap_or(cleaned.len()));
    let number: f64 = number.parse().map_err(|_| invalid())?;
    let scale = match unit.trim() {
        "" => 1u32,
        "K" | "KB" => 1 << 10,
        "M" | "MB" => 1 << 20,
        "G" | "GB" => 1 << 30,
        // WireMock reads one letter as a unit, whatever it is, and knows but three.
        unit if unit.len() <= 2 && unit.trim_end_matches('B').len() <= 1 => {
            return Err(format!("Invalid size unit: {}", &unit[..1]));
        }
        _ => return Err(invalid()),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size has no sign, and one beyond all bounds is the largest"
    )]
    Ok((number * f64::from(scale)).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<u64, &str>) {
        assert_eq!(size(text), expected.map_err(str::to_owned), "{text:?}");
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        check("4", Ok(4));
        check(" 2 kb ", Ok(2048));
        check("2k", Ok(2048));
        check("1,5 KB", Ok(1536));
        check("3 M", Ok(3 << 20));
        check("1gb", Ok(1 << 30));
        check("4 B", Err("Invalid size unit: B"));
        check("4 Q", Err("Invalid size unit: Q"));
        check("abc", Err("Invalid size string: \"abc\""));
        check("", Err("Invalid size string: \"\""));
        check("1.2.3", Err("Invalid size string: \"1.2.3\""));
        check("1 é", Err("Invalid size string: \"1 é\""));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (document, pointer) in [
            (r#"{"nonsense":5}"#, "/nonsense"),
            (r#"[]"#, "/"),
            (r#"{"captureHeaders":{"a":{"b":1}}}"#, "/captureHeaders/a/b"),
            (r#"{"outputFormat":"x"}"#, "/outputFormat"),
            (r#"{"repeatsAsScenarios":"yes"}"#, "/repeatsAsScenarios"),
            (r#"{"filters":{"ids":["x"]}}"#, "/filters/ids/0"),
            (
                r#"{"filters":{"allowNonProxied":"x"}}"#,
                "/filters/allowNonProxied",
            ),
            (r#"{"filters":{"urlPattern":"("}}"#, "/filters"),
            (r#"{"filters":[]}"#, "/filters"),
            (
                r#"{"extractBodyCriteria":{"textSizeThreshold":"4 Q"}}"#,
                "/extractBodyCriteria",
            ),
            (
                r#"{"requestBodyPattern":{"matcher":"equalTo","ignoreExtraElements":false}}"#,
                "/requestBodyPattern/ignoreExtraElements",
            ),
            (r#"{"transformers":["mine"]}"#, "/transformers"),
        ] {
            let value = serde_json::from_str(document).expect("JSON");
            let wrong = record_spec(value).expect_err(document);
            assert_eq!(wrong.pointer, pointer, "{document}: {}", wrong.message);
        }
    }
}
