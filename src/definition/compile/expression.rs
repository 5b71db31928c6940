//! Expressions and templates: compiled with the names that are in scope.

use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde_json::{Map, Value};

use super::Names;
use super::report::{Place, Report};
use crate::definition::model::Cel;
use crate::domain::cause::REFUSAL_NAMES;
use crate::matching::condition::Expression;
use crate::render::{Document, Escape, Template, TemplateError};

/// Why a name that a step before seems to give is none.
pub(super) const PERHAPS: &str = "a step with `when` may be passed over, and gives no record";

/// The names that expressions may use.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    names: Vec<String>,
    /// The collections that expressions may look into.
    collections: Arc<[String]>,
    /// Whether there is a `record` only where the `when` of a step before holds.
    pub(super) perhaps: bool,
}

impl Scope {
    /// The names that every call has.
    pub(super) fn of_call(names: &Names) -> Self {
        Self {
            names: ["input", "request", "tool", "agent", "credential"]
                .map(str::to_owned)
                .to_vec(),
            collections: names.collections.keys().cloned().collect(),
            perhaps: false,
        }
    }

    /// The names that stand for a record alone.
    pub(super) fn of_record(names: &Names) -> Self {
        Self {
            names: vec!["record".to_owned()],
            collections: names.collections.keys().cloned().collect(),
            perhaps: false,
        }
    }

    /// These names alone.
    pub(super) fn of_names(names: &[&str]) -> Self {
        Self {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            collections: Arc::default(),
            perhaps: false,
        }
    }

    /// The name that stands for a line of a body alone.
    pub(super) fn of_line(names: &Names) -> Self {
        Self {
            names: vec!["line".to_owned()],
            ..Self::of_record(names)
        }
    }

    /// The same names and one more.
    pub(super) fn with(&self, name: &str) -> Self {
        let mut scope = self.clone();
        scope.add(name);
        scope
    }

    /// The names that templates of refusals and of limits see, where these are at hand.
    pub(super) fn of_refusal(&self) -> Self {
        let mut scope = self.clone();
        REFUSAL_NAMES.iter().for_each(|name| scope.add(name));
        scope
    }

    /// Which names there are, in words.
    pub(super) fn listed(&self) -> String {
        format!("the names here are {}", self.names.join(", "))
    }

    /// Takes in one more name.
    pub(super) fn add(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Compiles an expression.
    pub(super) fn expression(
        &self,
        cel: &Cel,
        place: &Place,
        report: &mut Report,
    ) -> Option<Expression> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        match Expression::compile(&cel.0, &names) {
            Ok(expression) => {
                for name in looked_into(&cel.0) {
                    if !self.collections.iter().any(|known| known == name) {
                        let known = self.collections.iter().map(String::as_str);
                        report.unknown(place, "collection", name, known);
                    }
                }
                Some(expression)
            }
            Err(error) => {
                let message = error.to_string();
                let label = match self.perhaps && message.contains("`record`") {
                    true => PERHAPS.to_owned(),
                    false => self.listed(),
                };
                report.error_within(place, &cel.0, error.offset, message, label);
                None
            }
        }
    }

    /// Compiles an expression that may be left out.
    pub(super) fn optional(
        &self,
        cel: Option<&Cel>,
        place: &Place,
        report: &mut Report,
    ) -> Option<Expression> {
        cel.and_then(|cel| self.expression(cel, place, report))
    }
}

/// The collections that an expression names by a literal. Where a text could be mistaken for a call,
/// nothing is found: only what is surely wrong is to be reported.
fn looked_into(text: &str) -> impl Iterator<Item = &str> {
    static LOOK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?:^|[^.\w])(?:record|exists)\s*\(\s*(?:'([^'"]*)'|"([^'"]*)")\s*,"#).ok()
    });
    let plain = !text.contains('\\') && !text.contains("//") && !text.contains("'''");
    let plain = plain && !text.contains("\"\"\"");
    let looks = LOOK.iter().filter(move |_| plain);
    looks
        .flat_map(|look| look.captures_iter(text))
        .filter_map(|found| found.get(1).or(found.get(2)))
        .filter(|name| !within_literal(text, name.start().saturating_sub(1)))
        .map(|name| name.as_str())
}

fn within_literal(text: &str, offset: usize) -> bool {
    let mut open = None;
    for c in text[..offset].chars().filter(|c| matches!(c, '\'' | '"')) {
        match open {
            None => open = Some(c),
            Some(quote) if quote == c => open = None,
            Some(_) => {}
        }
    }
    open.is_some()
}

/// The text of an expression that is nothing but a literal text.
pub(super) fn literal(cel: &Cel) -> Option<&str> {
    let text = cel.0.trim();
    let inner = ['\'', '"'].iter().find_map(|quote| {
        let inner = text.strip_prefix(*quote)?;
        inner.strip_suffix(*quote)
    })?;
    (!inner.contains(['\'', '"', '\\'])).then_some(inner)
}

/// Compiles a template. With a scope, the names in it are checked.
pub(super) fn template(
    source: &str,
    scope: Option<&Scope>,
    place: &Place,
    report: &mut Report,
) -> Option<Template> {
    match Template::compile(source, Escape::None) {
        Ok(template) => {
            for name in template.names() {
                check_name(name, scope, place, report);
            }
            Some(template)
        }
        Err(error) => {
            report_template(source, &error, place, report);
            None
        }
    }
}

/// Compiles a template as WireMock reads it: a name that stands for nothing prints nothing.
pub(super) fn stub_template(source: &str, place: &Place, report: &mut Report) -> Option<Template> {
    Template::of_wiremock(source)
        .map_err(|error| report_template(source, &error, place, report))
        .ok()
}

/// Compiles a document whose strings are templates. With a scope, the names in it are checked.
pub(super) fn document(
    value: &Value,
    scope: Option<&Scope>,
    place: &Place,
    report: &mut Report,
) -> Option<Document> {
    match Document::compile(value, Escape::None) {
        Ok(document) => {
            for (pointer, name) in document.names() {
                check_name(name, scope, &place.below(&pointer), report);
            }
            Some(document)
        }
        Err(error) => {
            // The document ends at its first mistake; its author wants to see all of them.
            let before = report.diagnostics.len();
            texts(value, scope, place, report);
            if report.diagnostics.len() == before {
                report_template("", &error.error, &place.below(&error.pointer), report);
            }
            None
        }
    }
}

/// Reports the mistakes of each text of a document.
fn texts(value: &Value, scope: Option<&Scope>, place: &Place, report: &mut Report) {
    match value {
        Value::String(text) => drop(template(text, scope, place, report)),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                texts(item, scope, &place.at(at), report);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                texts(member, scope, &place.at(name), report);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Compiles the members of a record.
pub(super) fn members(
    members: &Map<String, Value>,
    scope: &Scope,
    place: &Place,
    report: &mut Report,
) -> Option<Document> {
    document(&Value::Object(members.clone()), Some(scope), place, report)
}

/// A name that stands for nothing would print nothing, or drop its member, without a word.
fn check_name(name: &str, scope: Option<&Scope>, place: &Place, report: &mut Report) {
    let Some(scope) = scope else {
        return;
    };
    let known = || scope.names.iter().map(String::as_str).chain(["now"]);
    if name == "record" && scope.perhaps && !known().any(|known| known == name) {
        report.error(place, "there is no `record` here", PERHAPS);
    } else if !known().any(|known| known == name) {
        report.unknown(place, "name", name, known());
    }
}

fn report_template(source: &str, error: &TemplateError, place: &Place, report: &mut Report) {
    let message = format!("template: {error}");
    let line = source
        .lines()
        .nth(error.line.saturating_sub(1))
        .unwrap_or_default();
    let column = line.char_indices().nth(error.column.saturating_sub(1));
    // A text of several lines is folded or indented in the file, so only one of a line is pointed into.
    if error.line == 1 && !source.contains('\n') {
        let offset = column.map_or(0, |(offset, _)| offset);
        report.error_within(place, source, offset, message, "in this template");
    } else {
        report.error(place, message, "in this template");
    }
}
