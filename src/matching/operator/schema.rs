//! JSON that a schema takes.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use super::Subject;

/// The version of JSON Schema in which a schema without `$schema` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaVersion {
    /// Draft 4.
    V4,
    /// Draft 6.
    V6,
    /// Draft 7.
    V7,
    /// 2019-09.
    V201909,
    /// 2020-12.
    #[default]
    V202012,
}

/// So often a pattern in a schema may try again on one text.
const BACKTRACKS_MAX: usize = 100_000;
/// So large a pattern in a schema may become, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// So many schemas may apply to one and the same value by way of one reference.
const APPLIED_MAX: u32 = 10_000;

/// A compiled schema.
#[derive(Clone, Debug)]
pub struct Schema {
    source: Value,
    validator: Validator,
    /// How many properties it names: what its distance is measured by.
    properties: usize,
}

impl Schema {
    /// Compiles a schema. Formats are checked up to draft 7 and are remarks after it, and
    /// `nullable: true` lets a null pass, as in WireMock.
    ///
    /// # Errors
    /// A sentence, when it is no schema, refers to what is not in it, or to itself without end.
    pub fn compile(source: Value, version: SchemaVersion) -> Result<Self, String> {
        let draft = draft(&source, version)?;
        let nullable = with_nulls(&source);
        check_references(&nullable)?;
        let checks_formats = matches!(draft, Draft::Draft4 | Draft::Draft6 | Draft::Draft7);
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(BACKTRACKS_MAX)
            .size_limit(PATTERN_BYTES_MAX);
        let validator = jsonschema::options()
            .with_draft(draft)
            .should_validate_formats(checks_formats)
            .with_pattern_options(patterns)
            .build(&nullable)
            .map_err(|error| format!("not a JSON Schema: {error}"))?;
        Ok(Self {
            properties: properties(&source),
            source,
            validator,
        })
    }

    /// The schema as it was given.
    #[must_use]
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Whether the schema takes a value. What is no JSON is a text, and so may be a number or a
    /// truth value.
    pub(super) fn takes(&self, subject: &Subject<'_>) -> bool {
        match subject.json() {
            Some(json) if self.validator.is_valid(json) => true,
            Some(Value::String(_) | Value::Array(_) | Value::Object(_)) => false,
            _ => self.validator.is_valid(&as_text(subject)),
        }
    }

    /// The number of mistakes over that of properties.
    #[expect(clippy::cast_precision_loss, reason = "a share for ranking, no amount")]
    pub(super) fn distance(&self, subject: &Subject<'_>) -> f64 {
        if self.properties == 0 {
            return 1.0;
        }
        let text = as_text(subject);
        let mistakes = match subject.json() {
            Some(json @ (Value::String(_) | Value::Array(_) | Value::Object(_))) => {
                self.validator.iter_errors(json).count()
            }
            _ => self.validator.iter_errors(&text).count(),
        };
        mistakes as f64 / self.properties as f64
    }
}

fn as_text(subject: &Subject<'_>) -> Value {
    Value::String(subject.as_str().to_owned())
}

fn draft(source: &Value, version: SchemaVersion) -> Result<Draft, String> {
    let Some(named) = source.get("$schema").and_then(Value::as_str) else {
        return Ok(match version {
            SchemaVersion::V4 => Draft::Draft4,
            SchemaVersion::V6 => Draft::Draft6,
            SchemaVersion::V7 => Draft::Draft7,
            SchemaVersion::V201909 => Draft::Draft201909,
            SchemaVersion::V202012 => Draft::Draft202012,
        });
    };
    let drafts = [
        ("draft-04/schema", Draft::Draft4),
        ("draft-06/schema", Draft::Draft6),
        ("draft-07/schema", Draft::Draft7),
        ("draft/2019-09/schema", Draft::Draft201909),
        ("draft/2020-12/schema", Draft::Draft202012),
    ];
    let address = named.trim_end_matches('#');
    let address = address
        .strip_prefix("https://json-schema.org/")
        .or_else(|| address.strip_prefix("http://json-schema.org/"));
    let known = drafts.into_iter().find(|(path, _)| address == Some(path));
    known.map(|(_, draft)| draft).ok_or_else(|| {
        format!(
            "`{named}` is no version of JSON Schema: there are drafts 4, 6, 7, 2019-09 and 2020-12"
        )
    })
}

/// The schema with `null` among the types of what is nullable: OpenAPI's word, which JSON Schema does
/// not know.
fn with_nulls(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(with_nulls).collect(),
        Value::Object(members) => {
            let mut members: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), with_nulls(value)))
                .collect();
            if members.get("nullable") == Some(&Value::Bool(true)) {
                if let Some(Value::String(kind)) = members.get("type") {
                    let kinds = Value::from(vec![kind.as_str(), "null"]);
                    members.insert("type".into(), kinds);
                }
                if let Some(Value::Array(options)) = members.get_mut("enum") {
                    options.push(Value::Null);
                }
            }
            Value::Object(members)
        }
        value => value.clone(),
    }
}

/// WireMock's count: the properties of the schema, and those of properties.
fn properties(schema: &Value) -> usize {
    let named = schema.get("properties").and_then(Value::as_object);
    let each = |property: &Value| 1 + properties(property);
    named.map_or(0, |named| named.values().map(each).sum())
}

/// Refuses a schema that refers to itself for one and the same value: applying it would not end.
fn check_references(root: &Value) -> Result<(), String> {
    let mut targets = Vec::new();
    collect(root, &mut targets);
    for target in targets {
        if let Some(schema) = root.pointer(&target) {
            let mut walk = Walk {
                root,
                open: vec![target],
                applied: 0,
            };
            walk.follow(schema)?;
        }
    }
    Ok(())
}

/// The pointers that a schema refers to within itself.
fn collect(schema: &Value, targets: &mut Vec<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| collect(item, targets)),
        Value::Object(members) => {
            targets.extend(target(members).filter(|target| !targets.contains(target)));
            members.values().for_each(|value| collect(value, targets));
        }
        _ => {}
    }
}

fn target(members: &Map<String, Value>) -> Option<String> {
    let reference = ["$ref", "$dynamicRef", "$recursiveRef"]
        .iter()
        .find_map(|name| members.get(*name)?.as_str())?;
    let pointer = reference.strip_prefix('#')?;
    let decoded = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
    Some(decoded.into_owned())
}

/// Goes through what applies to one and the same value.
struct Walk<'a> {
    root: &'a Value,
    /// The references on the way here.
    open: Vec<String>,
    applied: u32,
}

impl Walk<'_> {
    fn follow(&mut self, schema: &Value) -> Result<(), String> {
        let Value::Object(members) = schema else {
            return Ok(());
        };
        self.applied += 1;
        if self.applied > APPLIED_MAX {
            return Err("too many schemas apply to one value".into());
        }
        if let Some(target) = target(members) {
            if self.open.contains(&target) {
                return Err(format!(
                    "the schema refers to itself without end: `#{target}`"
                ));
            }
            if let Some(schema) = self.root.pointer(&target) {
                self.open.push(target);
                self.follow(schema)?;
                self.open.pop();
            }
        }
        let single = ["not", "if", "then", "else"];
        let lists = ["allOf", "anyOf", "oneOf"];
        let single = single.iter().filter_map(|name| members.get(*name));
        let lists = lists
            .iter()
            .filter_map(|name| members.get(*name)?.as_array());
        let dependent = members.get("dependentSchemas").and_then(Value::as_object);
        let dependent = dependent.into_iter().flat_map(Map::values);
        single
            .chain(lists.flatten())
            .chain(dependent)
            .try_for_each(|schema| self.follow(schema))
    }
}
