//! Expressions and templates: compiled with the names that are in scope.

use serde_json::{Map, Value};

use super::report::{Place, Report};
use crate::definition::model::Cel;
use crate::matching::condition::Expression;
use crate::render::{Document, Escape, Template, TemplateError};

/// The names that expressions may use.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    names: Vec<String>,
}

impl Scope {
    /// The names that every call has.
    pub(super) fn of_call() -> Self {
        Self {
            names: ["input", "request", "tool", "agent"]
                .map(str::to_owned)
                .to_vec(),
        }
    }

    /// The names that stand for a record alone.
    pub(super) fn of_record() -> Self {
        Self {
            names: vec!["record".to_owned()],
        }
    }

    /// The same names and one more.
    pub(super) fn with(&self, name: &str) -> Self {
        let mut scope = self.clone();
        scope.add(name);
        scope
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
            Ok(expression) => Some(expression),
            Err(error) => {
                let message = error.to_string();
                let label = format!("the names here are {}", names.join(", "));
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
            let source = value.pointer(&error.pointer).and_then(Value::as_str);
            let place = place.below(&error.pointer);
            report_template(source.unwrap_or_default(), &error.error, &place, report);
            None
        }
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
    if !known().any(|known| known == name) {
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
