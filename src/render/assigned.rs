//! The variables that a template assigns.

use handlebars::template::{Parameter, Template as Parsed, TemplateElement};
use serde_json::Value;

use super::helpers;

/// Adds the names of the variables that `template` assigns.
pub(super) fn names_in(template: &Parsed, names: &mut Vec<String>) {
    for element in &template.elements {
        names_of(element, names);
    }
}

fn names_of(element: &TemplateElement, names: &mut Vec<String>) {
    let (TemplateElement::Expression(tag)
    | TemplateElement::HtmlExpression(tag)
    | TemplateElement::HelperBlock(tag)) = element
    else {
        return;
    };
    let variable = tag.name.as_name().and_then(helpers::find);
    let name = variable.and_then(|helper| helper.variable?.of_tag(tag));
    if let Some(Parameter::Literal(Value::String(name))) = name
        && !names.contains(name)
    {
        names.push(name.clone());
    }
    for parameter in tag.params.iter().chain(tag.hash.values()) {
        if let Parameter::Subexpression(call) = parameter {
            names_of(&call.element, names);
        }
    }
    for inner in tag.template.iter().chain(&tag.inverse) {
        names_in(inner, names);
    }
}
