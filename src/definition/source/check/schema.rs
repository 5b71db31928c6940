//! Reads the keywords of a JSON Schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::REFERRALS_MAX;

/// The types of JSON Schema, in the order in which a message names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    List,
    Object,
    Null,
}

impl Kind {
    /// The kind of a value. A number is an integer when it is written as one: `1.0` is not.
    pub(super) fn of(value: &Value) -> Kind {
        match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Boolean,
            Value::String(_) => Kind::String,
            Value::Array(_) => Kind::List,
            Value::Object(_) => Kind::Object,
            Value::Number(number) => {
                let digits = number.as_str().trim_start_matches('-');
                if digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    Kind::Integer
                } else {
                    Kind::Number
                }
            }
        }
    }

    /// The kinds of some values, each once.
    pub(super) fn of_all(values: &[&Value]) -> Vec<Kind> {
        let kinds: BTreeSet<_> = values.iter().map(|value| Kind::of(value)).collect();
        kinds.into_iter().collect()
    }

    /// Whether an author recognizes a value by itself rather than by its kind.
    pub(super) fn is_told_by_value(value: &Value) -> bool {
        !matches!(Kind::of(value), Kind::List | Kind::Object | Kind::Null)
    }

    /// Whether a value is of this kind.
    pub(super) fn admits(self, value: &Value) -> bool {
        let found = Kind::of(value);
        found == self || (self == Kind::Number && found == Kind::Integer)
    }

    fn named(name: &Value) -> Option<Kind> {
        Some(match name.as_str()? {
            "string" => Kind::String,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "array" => Kind::List,
            "object" => Kind::Object,
            "null" => Kind::Null,
            _ => return None,
        })
    }
}

/// The kinds that the keyword `type` allows; `None` where it allows all.
pub(super) fn declared_kinds(keywords: &Map<String, Value>) -> Option<Vec<Kind>> {
    match keywords.get("type")? {
        Value::Array(names) => names.iter().map(Kind::named).collect(),
        name => Kind::named(name).map(|kind| vec![kind]),
    }
}

/// The only values that `const` or `enum` allow.
pub(super) fn literals(keywords: &Map<String, Value>) -> Option<Vec<&Value>> {
    match (keywords.get("const"), keywords.get("enum")) {
        (Some(only), _) => Some(vec![only]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        _ => None,
    }
}

/// The items of a keyword that holds a list.
pub(super) fn list<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    match keywords.get(keyword) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// The object that a keyword holds.
pub(super) fn object<'a>(
    keywords: &'a Map<String, Value>,
    keyword: &str,
) -> Option<&'a Map<String, Value>> {
    keywords.get(keyword)?.as_object()
}

/// The keys of an object of schemas.
pub(super) fn names(properties: &Map<String, Value>) -> Vec<&str> {
    properties.keys().map(String::as_str).collect()
}

/// The keys that `required` names.
pub(super) fn required(keywords: &Map<String, Value>) -> impl Iterator<Item = &str> {
    list(keywords, "required").iter().filter_map(Value::as_str)
}

/// A whole schema, within which references are followed.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    root: &'a Value,
}

impl<'a> Schema<'a> {
    pub(super) fn new(root: &'a Value) -> Schema<'a> {
        Schema { root }
    }

    /// The schema that `$ref` names, if it is within this one.
    pub(super) fn target(self, keywords: &Map<String, Value>) -> Option<&'a Value> {
        let reference = keywords.get("$ref")?.as_str()?;
        let pointer = percent_decoded(reference.strip_prefix('#')?)?;
        self.root.pointer(&pointer)
    }

    /// Follows references as long as nothing else stands beside them but annotations.
    pub(super) fn resolve(self, schema: &'a Value) -> &'a Value {
        let mut current = schema;
        for _ in 0..REFERRALS_MAX {
            let Value::Object(keywords) = current else {
                break;
            };
            let is_only_reference = ["type", "properties", "required", "anyOf", "oneOf", "allOf"]
                .iter()
                .all(|keyword| !keywords.contains_key(*keyword));
            match self.target(keywords) {
                Some(target) if is_only_reference => current = target,
                _ => break,
            }
        }
        current
    }

    /// The kinds of value that a schema can admit at all; `None` where it can admit all.
    pub(super) fn kinds(self, schema: &'a Value) -> Option<BTreeSet<Kind>> {
        self.kinds_within(schema, 0)
    }

    fn kinds_within(self, schema: &'a Value, referrals: usize) -> Option<BTreeSet<Kind>> {
        let Value::Object(keywords) = self.resolve(schema) else {
            return (schema == &Value::Bool(false)).then(BTreeSet::new);
        };
        if referrals > REFERRALS_MAX {
            return None;
        }
        if let Some(kinds) = declared_kinds(keywords) {
            return Some(kinds.into_iter().collect());
        }
        if let Some(literals) = literals(keywords) {
            return Some(literals.into_iter().map(Kind::of).collect());
        }
        for union in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = keywords.get(union) {
                let kinds: Option<Vec<_>> = branches
                    .iter()
                    .map(|branch| self.kinds_within(branch, referrals + 1))
                    .collect();
                return kinds.map(|kinds| kinds.into_iter().flatten().collect());
            }
        }
        list(keywords, "allOf")
            .iter()
            .chain(self.target(keywords))
            .find_map(|part| self.kinds_within(part, referrals + 1))
    }

    /// The only values that a schema allows, `null` left out; `None` where it allows others.
    pub(super) fn literals(self, schema: &'a Value) -> Option<Vec<&'a Value>> {
        self.literals_within(schema, 0)
    }

    fn literals_within(self, schema: &'a Value, referrals: usize) -> Option<Vec<&'a Value>> {
        let keywords = self.resolve(schema).as_object()?;
        if referrals > REFERRALS_MAX {
            return None;
        }
        if declared_kinds(keywords).is_some_and(|kinds| kinds == [Kind::Null]) {
            return Some(Vec::new());
        }
        if let Some(mut values) = literals(keywords) {
            values.retain(|value| !value.is_null());
            return Some(values);
        }
        let union = keywords.get("anyOf").or_else(|| keywords.get("oneOf"))?;
        let branches = union.as_array()?.iter();
        let values: Option<Vec<_>> = branches
            .map(|branch| self.literals_within(branch, referrals + 1))
            .collect();
        values.map(|values| values.into_iter().flatten().collect())
    }

    /// The only values that an object's schema allows under a key that it needs, as the tag of a
    /// union has it.
    pub(super) fn tag(self, schema: &'a Value, key: &str) -> Option<Vec<&'a Value>> {
        let mut current = schema;
        for _ in 0..REFERRALS_MAX {
            let keywords = current.as_object()?;
            if let Some(property) = object(keywords, "properties").and_then(|all| all.get(key)) {
                let is_needed = required(keywords).any(|name| name == key);
                return literals(self.resolve(property).as_object()?).filter(|_| is_needed);
            }
            current = self.target(keywords)?;
        }
        None
    }

    /// The keys that a schema names anywhere for an object, the branches of unions included;
    /// `None` where it allows keys that it does not name.
    pub(super) fn known_names(self, keywords: &'a Map<String, Value>) -> Option<BTreeSet<&'a str>> {
        let mut names = BTreeSet::new();
        self.gather_names(keywords, &mut names, 0).then_some(names)
    }

    fn gather_names(
        self,
        keywords: &'a Map<String, Value>,
        names: &mut BTreeSet<&'a str>,
        referrals: usize,
    ) -> bool {
        let allows_others = keywords.contains_key("patternProperties")
            || keywords
                .get("additionalProperties")
                .is_some_and(|schema| schema != &Value::Bool(false));
        if allows_others || referrals > REFERRALS_MAX {
            return false;
        }
        names.extend(
            object(keywords, "properties")
                .map(self::names)
                .unwrap_or_default(),
        );
        ["allOf", "anyOf", "oneOf"]
            .iter()
            .flat_map(|keyword| list(keywords, keyword))
            .chain(self.target(keywords))
            .filter_map(Value::as_object)
            .all(|part| self.gather_names(part, names, referrals + 1))
    }
}

/// Undoes the percent-encoding that a fragment of a URI may have.
fn percent_decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}
