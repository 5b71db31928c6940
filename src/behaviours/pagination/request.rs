//! What a call asks for: how many rows, from where on, in which direction.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Subject;
use super::parameter::{Reading, UNNAMED, refusal};
use super::token::{self, Token};
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::{PageSpec, SizeSpec};
use crate::definition::model::{PositionKind, TokenBinding};
use crate::domain::quirk::Quirk;

/// What a call asks for.
#[derive(Debug)]
pub(super) struct Asked {
    /// How many rows.
    pub(super) size: u64,
    /// What the caller wrote for that, if anything.
    pub(super) requested: Option<Value>,
    /// How many rows from the end, where that is another parameter.
    pub(super) last: Option<u64>,
    /// How many rows in all.
    pub(super) most: Option<u64>,
    /// How many rows to pass over.
    pub(super) skip: u64,
    /// Where it begins.
    pub(super) after: Option<At>,
    /// Where it ends.
    pub(super) before: Option<At>,
    /// The input, with what a token brought along.
    pub(super) input: Map<String, Value>,
    /// What its tokens are bound to.
    pub(super) bound: String,
    /// What its tokens bring along.
    pub(super) carried: Map<String, Value>,
}

/// A position as a call gives it.
#[derive(Debug)]
pub(super) enum At {
    /// A token, and where it stood.
    Token(Token),
    /// The key of a record.
    Key(String),
    /// After so many rows.
    Rows(u64),
    /// The number of a page.
    Page(u64),
}

/// Reads what a call asks for.
///
/// # Errors
/// As the profile refuses what it does not take.
pub(super) fn read(
    view: &View<'_>,
    spec: &PageSpec,
    subject: &Subject<'_>,
    quirk: &Quirk,
) -> Result<Asked, Refusal> {
    let input = view.variables.get("input").and_then(Value::as_object);
    let mut input = input.cloned().unwrap_or_default();
    check_parameters(spec, subject, &input)?;
    let mut rest = input.clone();
    for name in own(spec) {
        rest.shift_remove(name);
    }
    let bound = bound(spec, subject, &rest);
    let reading = Reading {
        view,
        spec,
        call: subject.call,
        bound: &bound,
        expired: quirk.expire_token,
    };
    let mut after = reading.position(spec.after.as_ref(), &input)?;
    let mut before = None;
    if two_way(spec) {
        if matches!(&after, Some(At::Token(token)) if token.back) {
            before = after.take();
        }
    } else {
        before = reading.position(spec.before.as_ref(), &input)?;
    }
    let positioned = after.is_some() || before.is_some();
    if !positioned {
        let missing = spec.requires.iter().find(|name| !given(&input, name));
        if let Some(name) = missing {
            let message = format!("`{name}` is missing");
            let refusal = refusal(view, spec, &["missing_parameter"], message);
            return Err(refusal.with("parameter", name.as_str()));
        }
    }
    let mut carried = match spec.token_binding {
        TokenBinding::Carries => {
            let brought = [&after, &before].into_iter().find_map(|at| match at {
                Some(At::Token(token)) => Some(&token.carried),
                _ => None,
            });
            carry(spec, rest, &mut input, brought)
        }
        _ => Map::new(),
    };
    let (size, requested) = reading.size(&spec.size, &input)?;
    let carries = spec.token_binding == TokenBinding::Carries && spec.size.parameter.is_none();
    if let (true, Some(requested)) = (carries, &requested) {
        carried.insert(UNNAMED.into(), requested.clone());
    }
    let if_given = |size: &Option<SizeSpec>| match size {
        None => Ok(None),
        Some(size) => {
            let (size, requested) = reading.size(size, &input)?;
            Ok(requested.map(|_| size))
        }
    };
    Ok(Asked {
        size: quirk.clamp_size.map_or(size, |most| size.min(most.max(1))),
        requested,
        last: if_given(&spec.size_before)?,
        most: if_given(&spec.most)?,
        skip: reading.skip(&input)?,
        after,
        before,
        input,
        bound,
        carried,
    })
}

/// What tokens bring along: the first call's parameters, which hold where this call says nothing, and
/// its sizes.
fn carry(
    spec: &PageSpec,
    rest: Map<String, Value>,
    input: &mut Map<String, Value>,
    brought: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let mut carried = rest;
    let sizes = [Some(&spec.size), spec.size_before.as_ref()];
    for name in sizes
        .into_iter()
        .flatten()
        .filter_map(|size| size.parameter.as_ref())
    {
        if let Some(value) = input.get(name) {
            carried.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in brought.into_iter().flatten() {
        carried.entry(name).or_insert_with(|| value.clone());
        input.entry(name).or_insert_with(|| value.clone());
    }
    carried
}

/// Whether one parameter says where to go on in both directions.
pub(super) fn two_way(spec: &PageSpec) -> bool {
    match (&spec.after, &spec.before) {
        (Some(after), Some(before)) => {
            after.kind == PositionKind::Token
                && before.kind == PositionKind::Token
                && after.parameter == before.parameter
        }
        _ => false,
    }
}

/// The parameters that say how to page, and not what is listed.
pub(super) fn own(spec: &PageSpec) -> impl Iterator<Item = &str> {
    let sizes = [
        Some(&spec.size),
        spec.size_before.as_ref(),
        spec.most.as_ref(),
    ];
    let sizes = sizes.into_iter().flatten();
    let sizes = sizes.filter_map(|size| size.parameter.as_deref());
    sizes.chain(placing(spec))
}

/// The parameters that say where to go on.
pub(super) fn placing(spec: &PageSpec) -> impl Iterator<Item = &str> {
    let positions = [spec.after.as_ref(), spec.before.as_ref()];
    let positions = positions.into_iter().flatten();
    let positions = positions.filter_map(|position| position.parameter.as_deref());
    positions.chain(spec.skip.as_deref())
}

fn given(input: &Map<String, Value>, name: &str) -> bool {
    input.get(name).is_some_and(|value| !value.is_null())
}

fn check_parameters(
    spec: &PageSpec,
    subject: &Subject<'_>,
    input: &Map<String, Value>,
) -> Result<(), Refusal> {
    for group in &spec.exclusive {
        let there: Vec<&str> = group
            .iter()
            .map(String::as_str)
            .filter(|name| given(input, name))
            .collect();
        if there.len() > 1 {
            let message = format!("only one of {} may be given", there.join(", "));
            let parameter = there[0].to_owned();
            return Err(Refusal::new("conflicting_parameters", message)
                .with("parameters", there)
                .with("parameter", parameter)
                .shaped(&spec.refusals));
        }
    }
    let Some(alone) = &spec.alone else {
        return Ok(());
    };
    let position = placing(spec).find(|name| given(input, name));
    let Some(position) = position else {
        return Ok(());
    };
    let allowed = |name: &String| alone.contains(name) || placing(spec).any(|own| own == name);
    if let Some(other) = subject.given.iter().find(|name| !allowed(name)) {
        let message = format!("`{other}` cannot be passed beside `{position}`");
        return Err(Refusal::new("conflicting_parameters", message)
            .with("parameter", other.as_str())
            .with("position", position)
            .with("parameters", vec![other.as_str(), position])
            .shaped(&spec.refusals));
    }
    Ok(())
}

fn bound(spec: &PageSpec, subject: &Subject<'_>, rest: &Map<String, Value>) -> String {
    let tool = subject.tool.to_string();
    let rest = Value::Object(rest.clone());
    match spec.token_binding {
        TokenBinding::Query => token::bound(&tool, &rest),
        TokenBinding::Caller => {
            let caller = subject.call.credential().unwrap_or_default();
            token::bound(&format!("{tool}\n{caller}"), &rest)
        }
        TokenBinding::None | TokenBinding::Carries => token::bound(&tool, &Value::Null),
    }
}

/// The names of members that a call gave, without the variables of its path.
#[must_use]
pub fn given_names(input: &Value, path: &[(String, String)]) -> Arc<[String]> {
    let names = input.as_object().into_iter().flat_map(Map::keys);
    let in_path = |name: &&String| path.iter().any(|(variable, _)| variable == *name);
    names.filter(|name| !in_path(name)).cloned().collect()
}
