//! XML: looking into it, and laying it out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Given, Helper, complain};
use crate::matching::xml::{self, Found, XPath};
use crate::render::kind::node;
use crate::render::{Dialect, many};

pub(super) const HELPERS: &[Helper] = &[
    Helper::value("xPath", |given| x_path(given, "")),
    Helper::value("soapXPath", |given| x_path(given, "/Envelope/Body/")),
    Helper::transform("formatXml", format_xml),
];

/// `{{xPath request.body '/a/b/text()'}}`: what is found; as a text, the first of it.
fn x_path(given: &mut Given<'_>, prefix: &str) -> Answer {
    let text = match given.argument(0) {
        None => Cow::Borrowed("null"),
        Some(_) => given.text(0),
    };
    if given.argument(1).is_none() {
        return complain("The XPath expression cannot be empty");
    }
    let expression = given.text(1);
    given.charge(text.len() as u64)?;
    let path = XPath::compile(&format!("{prefix}{expression}"), &BTreeMap::new());
    // WireMock reads the document before it looks at the expression.
    let found = match &path {
        Ok(path) => path.evaluate(&text),
        Err(_) if xml::format(&text, false).is_none() => Err(xml::Error::NotXml),
        Err(_) => Err(xml::Error::Failed),
    };
    match found {
        Ok(found) => {
            let length: usize = found.iter().map(|found| found.text.len()).sum();
            given.charge(length as u64)?;
            Ok(nodes(found, given))
        }
        Err(xml::Error::NotXml) => complain(format!("{text} is not valid XML")),
        Err(xml::Error::Failed) => {
            complain(format!("{expression} is not a valid XPath expression"))
        }
    }
}

/// What was found, for print or for another helper.
fn nodes(found: Vec<Found>, given: &Given<'_>) -> Value {
    if given.dialect == Dialect::WireMock {
        return many(found.into_iter().map(shown).collect());
    }
    let is_list = given.is_argument && found.len() > 1;
    let mut found = found.into_iter().map(|found| Value::String(found.text));
    if is_list {
        return found.collect();
    }
    found.next().unwrap_or_else(|| Value::String(String::new()))
}

/// What was found, with what is known of the node.
fn shown(found: Found) -> Value {
    match found.node {
        None => found.text.into(),
        Some(it) => {
            let known = json!({ "name": it.name, "text": it.text, "attributes": it.attributes });
            node(found.text, known)
        }
    }
}

/// `{{formatXml text format='compact'}}`. As a block, the text is the body.
fn format_xml(given: &mut Given<'_>) -> Answer {
    let text = match given.argument(0) {
        Some(Value::String(text)) => text.trim(),
        _ => "",
    };
    if text.is_empty() {
        return complain(
            "formatXml should take a block of XML to format or a single parameter of type String",
        );
    }
    let in_lines = match given.option_text("format").as_deref() {
        None | Some("pretty") => true,
        Some("compact") => false,
        Some(other) => {
            return complain(format!(
                "formatXml: format [{other}] should be one of [pretty, compact]"
            ));
        }
    };
    match xml::format(text, in_lines) {
        Some(laid_out) => {
            given.charge(laid_out.len() as u64)?;
            Ok(laid_out.into())
        }
        None => complain("Input is not valid XML"),
    }
}
