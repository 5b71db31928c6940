//! Operators that read XML.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::expression;
use super::operator;
use crate::definition::compile::report::{Place, Report};
use crate::definition::model::{NamespaceAwareness as Awareness, Pattern};
use crate::matching::operator::Operator;
use crate::matching::xml::{Comparison, EqualToXml, NamespaceAwareness, Options, XPath};

pub(super) fn equal_to(
    model: &Pattern,
    expected: &str,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let beside = place.parent();
    let exempted = exempted(model, &beside.at("exemptedComparisons"), report);
    let options = Options {
        enable_placeholders: model.enable_placeholders.unwrap_or(false),
        opening: model.placeholder_opening_delimiter_regex.clone(),
        closing: model.placeholder_closing_delimiter_regex.clone(),
        exempted: exempted?,
        ignore_order_of_same_node: model.ignore_order_of_same_node.unwrap_or(false),
        namespace_awareness: match model.namespace_awareness {
            None | Some(Awareness::Strict) => NamespaceAwareness::Strict,
            Some(Awareness::Legacy) => NamespaceAwareness::Legacy,
            Some(Awareness::None) => NamespaceAwareness::None,
        },
    };
    match EqualToXml::compile(expected, options) {
        Ok(pattern) => Some(Operator::EqualToXml {
            source: expected.to_owned(),
            pattern: Box::new(pattern),
        }),
        Err(message) => {
            report.error(place, message, "expected XML");
            None
        }
    }
}

fn exempted(model: &Pattern, place: &Place, report: &mut Report) -> Option<Vec<Comparison>> {
    let names = model.exempted_comparisons.iter().flatten();
    let compiled: Vec<_> = names
        .enumerate()
        .map(|(at, name)| {
            let found = Comparison::named(name);
            if found.is_none() {
                let known = Comparison::NAMES.iter().map(|(name, _)| *name);
                report.unknown(&place.at(at), "comparison", name, known);
            }
            found
        })
        .collect();
    compiled.into_iter().collect()
}

/// An XPath, or one with an operator. The namespaces may stand beside it or in it.
pub(super) fn path(
    model: &Pattern,
    value: &Value,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let mut namespaces: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |model: &Pattern| {
        let given = model.x_path_namespaces.iter().flatten();
        namespaces.extend(given.map(|(prefix, address)| (prefix.clone(), address.clone())));
    };
    add(model);
    let (source, path_place, inner) = match value {
        Value::String(source) => (source.clone(), place.clone(), None),
        Value::Object(_) => {
            let (source, inner) = expression(value, place, report)?;
            add(&inner);
            let inner = operator(&inner, place, report)?;
            (source, place.at("expression"), Some(Box::new(inner)))
        }
        _ => {
            report.error(
                place,
                "expected an XPath, or an object with `expression`",
                "",
            );
            return None;
        }
    };
    match XPath::compile(&source, &namespaces) {
        Ok(path) => Some(Operator::MatchesXPath {
            path: Box::new(path),
            inner,
        }),
        Err(message) => {
            report.error(&path_place, message, "in this XPath");
            None
        }
    }
}
