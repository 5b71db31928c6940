//! Variables of a template. What is printed and what is kept is decided where helpers are called.

use serde_json::Value;

use super::{Answer, Given, Helper, Role, VariablePlace};
use crate::render::Dialect;

pub(super) const HELPERS: &[Helper] = &[
    Helper::transform("val", val).assigning(VariablePlace::Name("assign")),
    // Its body comes first.
    Helper::new("assign", Role::Block, assign).assigning(VariablePlace::Position(0)),
];

/// `{{#assign 'name'}}text{{/assign}}`: in WireMock without the blanks around it.
fn assign(given: &mut Given<'_>) -> Answer {
    Ok(match (given.dialect, given.take(0)) {
        (Dialect::WireMock, Value::String(text)) => text.trim().into(),
        (_, text) => text,
    })
}

/// `{{val x or='y' assign='z'}}`: the value, or another if it is null; printed, or kept as a
/// variable. As a block, the value is the body.
fn val(given: &mut Given<'_>) -> Answer {
    let value = given.argument(0).or_else(|| given.option("or"));
    let value = value.or_else(|| given.option("default"));
    Ok(value.cloned().unwrap_or(Value::Null))
}
