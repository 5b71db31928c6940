//! A reply whose references are replaced by what they refer to, as the caller wants it.

use serde_json::{Value, json};

use super::draft::Draft;
use super::steps::Run;
use crate::behaviours::expand::expand;
use crate::behaviours::{Refusal, View, field_of};
use crate::definition::compiled::Tool;
use crate::domain::reply::{Body, Reply};
use crate::domain::trace::Trace;
use crate::matching::condition::Expression;

/// Replaces references in a reply, and in its body as JSON.
///
/// # Errors
/// `invalid_input`, where no paths are given but something else; `cannot_expand`, where one leads to no
/// reference.
pub(super) fn answer(
    tool: &Tool,
    (mut reply, document): (Reply, Option<Value>),
    run: &Run<'_>,
    draft: &Draft,
    trace: &mut Trace,
) -> Result<(Reply, Option<Value>), Refusal> {
    let Some(wanted) = &tool.expand else {
        return Ok((reply, document));
    };
    let view = run.view(draft.state());
    let paths = paths(wanted, &view)?;
    if paths.is_empty() {
        return Ok((reply, document));
    }
    let read = || match &reply.body {
        Body::Bytes(bytes) => serde_json::from_slice(bytes).ok(),
        _ => None,
    };
    let Some(mut body) = document.or_else(read) else {
        return Ok((reply, None));
    };
    expand(&view, &paths, &mut body)?;
    trace.note("expand", "ok", json!(paths));
    reply.body = Body::Bytes(body.to_string().into());
    Ok((reply, Some(body)))
}

fn paths(wanted: &Expression, view: &View<'_>) -> Result<Vec<String>, Refusal> {
    let field = field_of(wanted.source());
    let wrong = || Refusal::invalid_field(field, "expected a list of paths");
    let text = |path: Value| match path {
        Value::String(path) => Ok(path),
        _ => Err(wrong()),
    };
    match view.eval_optional(wanted)? {
        None => Ok(Vec::new()),
        Some(Value::Array(paths)) => paths.into_iter().map(text).collect(),
        Some(one) => text(one).map(|path| vec![path]),
    }
}
