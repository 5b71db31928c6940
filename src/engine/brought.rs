//! What a call brings along: the names that its expressions and templates see, whose it is, and whom it
//! is made for.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Matched;
use super::door::Entered;
use super::steps::Run;
use super::unknown::named;
use crate::behaviours::auth::{self, Identity};
use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::{Produce, Tool};
use crate::domain::call::Call;
use crate::state::SandboxState;

/// The names that every call has, with their values.
pub(super) fn variables(call: &Call, matched: &Matched<'_>, entered: &Entered<'_>) -> Variables {
    let input = entered.input.clone().unwrap_or_else(|_| json!({}));
    let mut variables = Map::from_iter([
        ("input".to_owned(), input),
        ("tool".to_owned(), named(entered).into()),
    ]);
    let prefix = &entered.pack.prefix;
    if entered.stub.is_some() {
        variables.insert("request".into(), request(call, Some(matched), prefix));
    } else if entered.pack.uses_request || entered.tool.is_some_and(|tool| pages(tool)) {
        variables.insert("request".into(), request(call, None, prefix));
    }
    variables
}

/// Whether it answers with pages: profiles may tell where the call went.
fn pages(tool: &Tool) -> bool {
    matches!(tool.produce, Produce::Page(_))
}

/// The request as templates see it, in WireMock's words, and with the prefix of its pack.
pub(super) fn request(call: &Call, matched: Option<&Matched<'_>>, prefix: &str) -> Value {
    let mut query = Map::new();
    for (name, value) in call.query() {
        query
            .entry(name.into_owned())
            .or_insert_with(|| value.into_owned().into());
    }
    let mut headers = Map::new();
    for (name, value) in &call.headers {
        if let Ok(value) = value.to_str() {
            headers.entry(name.as_str()).or_insert_with(|| value.into());
        }
    }
    let segments: Vec<&str> = call.path().split('/').skip(1).collect();
    let variables = matched
        .map(|matched| &matched.variables)
        .into_iter()
        .flatten();
    let path_variables: Map<String, Value> = variables
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let mut request = json!({
        "method": call.method.as_str(),
        "url": call.target,
        "path": call.path(),
        "pathSegments": segments,
        "query": query,
        "headers": headers,
        "baseUrl": call.base_url,
        "prefix": prefix,
        "pathVariables": path_variables,
    });
    if matched.is_some() {
        // A tool's templates have the input; a stub's may want the body as it came.
        request["body"] = String::from_utf8_lossy(&call.body).into();
    }
    request
}

/// Whose a call is. A pack that checks nothing takes a credential for what it is.
pub(super) fn identity(
    call: &Call,
    run: &Run<'_>,
    state: &SandboxState,
) -> Result<Identity, Refusal> {
    match &run.pack.auth {
        Some(spec) => auth::identify(&run.view(state), spec, call),
        None => Ok(Identity::of_key(call.credential().map(Cow::into_owned))),
    }
}

/// Whom a call is made for. An expression that fails on a bad input names nobody.
pub(super) fn agent(tool: &Tool, view: &View<'_>) -> Option<Arc<str>> {
    let value = tool.agent.as_ref()?.eval(view).ok()?;
    let agent = value.as_str().filter(|agent| !agent.is_empty())?;
    Some(agent.into())
}
