//! Compares a document with a JSON Schema and tells every difference in an author's words.
//!
//! The schemas are those that `schemars` writes (draft 2020-12), whole within one value. Of the
//! draft this knows what such schemas use: types, properties, required, additional and pattern
//! properties, unevaluated properties, items, prefix items, enum, const, anyOf, oneOf, allOf, not,
//! `$ref` within the schema, and the bounds of numbers, texts, lists and objects. Annotations and
//! `format` mean nothing here, and a keyword that is unknown forbids nothing.
//!
//! A general validator says of a union «none matched»; here the branch that the author meant is
//! found first ([`union`]) and its mistakes are told.

mod numbers;
mod schema;
#[cfg(test)]
mod tests;
mod union;
mod violation;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use regex::Regex;
use serde_json::{Map, Value};

use super::{Diagnostic, Document, nearest};
use schema::{Kind, Schema};
use violation::{Problem, Step, Unit, Violation};

/// How often a schema may refer on to another for one and the same value: a schema that refers to
/// itself without going into the value would never end.
const REFERRALS_MAX: usize = 64;

/// Every place at which the document differs from the schema, in the order of the text.
///
/// A mistake in a value that several aliases share is reported once. A `$ref` that leads nowhere
/// and a pattern that is no regular expression forbid nothing: they are mistakes of the schema's
/// author, not of the document's.
pub fn check(document: &Document, schema: &Value) -> Vec<Diagnostic> {
    let mut checker = Checker {
        root: schema,
        path: Vec::new(),
        referrals: 0,
        patterns: BTreeMap::new(),
        tried: BTreeMap::new(),
    };
    let violations = checker.apply(schema, &document.value);
    violation::diagnostics(document, &violations)
}

struct Checker<'a> {
    root: &'a Value,
    /// From the document's root to the value that is looked at.
    path: Vec<Step<'a>>,
    referrals: usize,
    patterns: BTreeMap<&'a str, Option<Regex>>,
    /// What each branch of a union found in each value, both by their addresses: within nested
    /// unions the same question comes again and again.
    tried: BTreeMap<(usize, usize), Rc<Vec<Violation<'a>>>>,
}

impl<'a> Checker<'a> {
    /// What is wrong with a value that should fit a schema.
    fn apply(&mut self, schema: &'a Value, value: &'a Value) -> Vec<Violation<'a>> {
        let keywords = match schema {
            Value::Bool(false) => return vec![self.violation(Problem::Forbidden)],
            Value::Object(keywords) if self.referrals < REFERRALS_MAX => keywords,
            _ => return Vec::new(),
        };
        self.referrals += 1;
        let violations = self.apply_keywords(keywords, value);
        self.referrals -= 1;
        violations
    }

    /// The same for a value one step deeper.
    fn apply_within(
        &mut self,
        step: Step<'a>,
        schema: &'a Value,
        value: &'a Value,
    ) -> Vec<Violation<'a>> {
        let referrals = std::mem::take(&mut self.referrals);
        self.path.push(step);
        let violations = self.apply(schema, value);
        self.path.pop();
        self.referrals = referrals;
        violations
    }

    fn violation(&self, problem: Problem<'a>) -> Violation<'a> {
        Violation {
            path: self.path.clone(),
            problem,
        }
    }

    fn apply_keywords(
        &mut self,
        keywords: &'a Map<String, Value>,
        value: &'a Value,
    ) -> Vec<Violation<'a>> {
        // A value of the wrong type, or none of the allowed ones, breaks many rules by one mistake.
        if let Some(problem) = wrong_kind_or_literal(keywords, value) {
            return vec![self.violation(problem)];
        }
        let mut violations = match value {
            Value::Null | Value::Bool(_) => Vec::new(),
            Value::Number(number) => {
                let problem = numbers::out_of_bounds(keywords, number);
                problem
                    .map(|problem| self.violation(problem))
                    .into_iter()
                    .collect()
            }
            Value::String(text) => self.apply_to_text(keywords, text),
            Value::Array(items) => self.apply_to_list(keywords, items),
            Value::Object(fields) => self.apply_to_object(keywords, fields),
        };
        if let Some(target) = Schema::new(self.root).target(keywords) {
            violations.extend(self.apply(target, value));
        }
        for part in schema::list(keywords, "allOf") {
            violations.extend(self.apply(part, value));
        }
        for union in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = keywords.get(union) {
                violations.extend(self.apply_union(branches, value));
            }
        }
        if let Some(forbidden) = keywords.get("not")
            && self.apply(forbidden, value).is_empty()
        {
            violations.push(self.violation(Problem::Forbidden));
        }
        if let (Some(Value::Bool(false)), Value::Object(fields)) =
            (keywords.get("unevaluatedProperties"), value)
            && let Some(valid) = Schema::new(self.root).known_names(keywords)
        {
            let valid: Vec<_> = valid.into_iter().collect();
            for key in fields.keys().filter(|key| !valid.contains(&key.as_str())) {
                violations.push(self.violation(Problem::UnknownKey {
                    key,
                    valid: valid.clone(),
                    patterns: Vec::new(),
                }));
            }
        }
        violations
    }

    fn apply_to_text(
        &mut self,
        keywords: &'a Map<String, Value>,
        text: &'a str,
    ) -> Vec<Violation<'a>> {
        let length = text.chars().count();
        let mut violations = self.apply_length(keywords, Unit::Characters, length);
        if let Some(pattern) = keywords.get("pattern").and_then(Value::as_str)
            && !self.matches(pattern, text)
        {
            violations.push(self.violation(Problem::NoMatch {
                pattern,
                found: text,
            }));
        }
        violations
    }

    fn apply_to_list(
        &mut self,
        keywords: &'a Map<String, Value>,
        items: &'a [Value],
    ) -> Vec<Violation<'a>> {
        let mut violations = self.apply_length(keywords, Unit::Items, items.len());
        let first_schemas = schema::list(keywords, "prefixItems");
        let other_schema = keywords.get("items");
        for (index, item) in items.iter().enumerate() {
            if let Some(schema) = first_schemas.get(index).or(other_schema) {
                violations.extend(self.apply_within(Step::Index(index), schema, item));
            }
        }
        if keywords.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = BTreeMap::new();
            for (index, item) in items.iter().enumerate() {
                if let Some(first) = seen.insert(item.to_string(), index) {
                    self.path.push(Step::Index(index));
                    violations.push(self.violation(Problem::Repeated { first }));
                    self.path.pop();
                }
            }
        }
        violations
    }

    fn apply_to_object(
        &mut self,
        keywords: &'a Map<String, Value>,
        fields: &'a Map<String, Value>,
    ) -> Vec<Violation<'a>> {
        let mut violations = self.apply_length(keywords, Unit::Keys, fields.len());
        let properties = schema::object(keywords, "properties");
        let patterns = schema::object(keywords, "patternProperties");
        let mut meant = BTreeSet::new();
        for (key, value) in fields {
            let step = Step::Key(key);
            let mut is_known = false;
            if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                is_known = true;
                violations.extend(self.apply_within(step, schema, value));
            }
            for (pattern, schema) in patterns.into_iter().flatten() {
                if self.matches(pattern, key) {
                    is_known = true;
                    violations.extend(self.apply_within(step, schema, value));
                }
            }
            if is_known {
                continue;
            }
            match keywords.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    let valid = properties.map(schema::names).unwrap_or_default();
                    meant.extend(nearest(key, valid.iter().copied()));
                    violations.push(self.violation(Problem::UnknownKey {
                        key,
                        valid,
                        patterns: patterns.map(schema::names).unwrap_or_default(),
                    }));
                }
                Some(schema) => violations.extend(self.apply_within(step, schema, value)),
                None => {}
            }
            if let Some(schema) = keywords.get("propertyNames") {
                violations.extend(self.apply_to_name(schema, key));
            }
        }
        for name in schema::required(keywords) {
            // A key that is only misspelt was reported already.
            if !fields.contains_key(name) && !meant.contains(name) {
                let any_of = vec![name];
                violations.push(self.violation(Problem::MissingKey { any_of }));
            }
        }
        violations
    }

    /// Of the rules for names, patterns and lengths are known.
    fn apply_to_name(&mut self, schema: &'a Value, key: &'a str) -> Vec<Violation<'a>> {
        let resolved = Schema::new(self.root).resolve(schema);
        let Value::Object(keywords) = resolved else {
            return Vec::new();
        };
        self.path.push(Step::Name(key));
        let violations = self.apply_to_text(keywords, key);
        self.path.pop();
        violations
    }

    fn apply_length(
        &self,
        keywords: &'a Map<String, Value>,
        unit: Unit,
        found: usize,
    ) -> Vec<Violation<'a>> {
        let (least, most) = match unit {
            Unit::Characters => ("minLength", "maxLength"),
            Unit::Items => ("minItems", "maxItems"),
            Unit::Keys => ("minProperties", "maxProperties"),
        };
        let bound = |keyword| keywords.get(keyword).and_then(Value::as_u64);
        let mut violations = Vec::new();
        if let Some(least) = bound(least).filter(|least| (found as u64) < *least) {
            violations.push(self.violation(Problem::TooFew { unit, least, found }));
        }
        if let Some(most) = bound(most).filter(|most| (found as u64) > *most) {
            violations.push(self.violation(Problem::TooMany { unit, most, found }));
        }
        violations
    }

    fn matches(&mut self, pattern: &'a str, text: &str) -> bool {
        let compiled = self
            .patterns
            .entry(pattern)
            .or_insert_with(|| Regex::new(pattern).ok());
        compiled.as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

/// What a value's type, or its being none of the values that are allowed, makes wrong.
fn wrong_kind_or_literal<'a>(
    keywords: &'a Map<String, Value>,
    found: &'a Value,
) -> Option<Problem<'a>> {
    let declared = schema::declared_kinds(keywords);
    let literals = schema::literals(keywords);
    let is_admitted = declared
        .as_ref()
        .is_none_or(|kinds| kinds.iter().any(|kind| kind.admits(found)));
    match literals {
        Some(allowed) if is_admitted && allowed.contains(&found) => None,
        // For a scalar the values say more than their type does; for a list of another type the
        // type does.
        Some(allowed)
            if Kind::is_told_by_value(found)
                || Kind::of_all(&allowed).contains(&Kind::of(found)) =>
        {
            Some(Problem::NotAllowed {
                allowed,
                or_kinds: Vec::new(),
                found,
            })
        }
        Some(allowed) => Some(Problem::WrongKind {
            expected: declared.unwrap_or_else(|| Kind::of_all(&allowed)),
            found,
        }),
        None if is_admitted => None,
        None => declared.map(|expected| Problem::WrongKind { expected, found }),
    }
}
