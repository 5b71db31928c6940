//! Expressions and templates: compiled with the names that are in scope.

use serde_json::{Map, Value};

use super::report::{Place, Report};
use crate::definition::model::Cel;
use crate::matching::condition::Expression;
use crate::render::{Document, Escape, Template};

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

/// Compiles a template.
pub(super) fn template(source: &str, place: &Place, report: &mut Report) -> Option<Template> {
    match Template::compile(source, Escape::None) {
        Ok(template) => Some(template),
        Err(error) => {
            report.error(place, format!("template: {error}"), "in this template");
            None
        }
    }
}

/// Compiles a document whose strings are templates.
pub(super) fn document(value: &Value, place: &Place, report: &mut Report) -> Option<Document> {
    match Document::compile(value, Escape::None) {
        Ok(document) => Some(document),
        Err(error) => {
            let place = place.below(&error.pointer);
            report.error(
                &place,
                format!("template: {}", error.error),
                "in this template",
            );
            None
        }
    }
}

/// Compiles the members of a record.
pub(super) fn members(
    members: &Map<String, Value>,
    place: &Place,
    report: &mut Report,
) -> Option<Document> {
    document(&Value::Object(members.clone()), place, report)
}
