//! What a call asks for: how many rows, from where on, in which direction.

use std::sync::Arc;

use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};

use super::Subject;
use super::token::{self, Token};
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::{PageSpec, PositionSpec, SizeSpec};
use crate::definition::model::{OnBad, PositionKind, TokenBinding};
use crate::domain::order::decimal;
use crate::domain::quirk::Quirk;

/// How much of what a caller sent is said again, in characters.
const SHOWN_CHARS_MAX: usize = 200;

/// Numbers beyond this are taken as it: no list is as long.
const NUMBER_MAX: u64 = 1 << 53;

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
    let mut carried = Map::new();
    if spec.token_binding == TokenBinding::Carries {
        let brought = [&after, &before].into_iter().find_map(|at| match at {
            Some(At::Token(token)) => Some(token.carried.clone()),
            _ => None,
        });
        carried = rest;
        for name in [&spec.size, spec.size_before.as_ref().unwrap_or(&spec.size)] {
            if let Some((name, value)) = name
                .parameter
                .as_ref()
                .and_then(|name| input.get_key_value(name))
            {
                carried.insert(name.clone(), value.clone());
            }
        }
        for (name, value) in brought.unwrap_or_default() {
            carried.entry(name.clone()).or_insert_with(|| value.clone());
            input.entry(name).or_insert(value);
        }
    }
    let (size, requested) = reading.size(&spec.size, &input)?;
    let last = match &spec.size_before {
        None => None,
        Some(last) => match reading.size(last, &input)? {
            (last, Some(_)) => Some(last),
            (_, None) => None,
        },
    };
    let most = match &spec.most {
        None => None,
        Some(most) => match reading.size(most, &input)? {
            (most, Some(_)) => Some(most),
            (_, None) => None,
        },
    };
    let skip = match spec
        .skip
        .as_ref()
        .and_then(|name| Some((name, input.get(name)?)))
    {
        Some((name, value)) if !value.is_null() => match whole(value) {
            Some(rows) if rows >= 0 => bounded(rows),
            _ => return Err(reading.bad_size(name, value, "page_size_malformed", None)),
        },
        _ => 0,
    };
    Ok(Asked {
        size: quirk.clamp_size.map_or(size, |most| size.min(most.max(1))),
        requested,
        last,
        most,
        skip,
        after,
        before,
        input,
        bound,
        carried,
    })
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

/// A refusal by the first of several causes of which the profile, or the pack, says how it looks; by
/// the last, if none.
pub(super) fn refusal(
    view: &View<'_>,
    spec: &PageSpec,
    causes: &[&str],
    message: String,
) -> Refusal {
    let said = |cause: &&&str| {
        spec.refusals.causes.contains_key(**cause)
            || view.pack.refusals.causes.contains_key(**cause)
    };
    let cause = causes.iter().find(said).or(causes.last());
    let cause = cause.copied().unwrap_or("invalid_input");
    Refusal::new(cause, message).shaped(&spec.refusals)
}

/// What a caller sent, as a text that is not too long to be said again.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(SHOWN_CHARS_MAX).collect()
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

/// A whole number, or a text that spells one; what is too large for the type is the largest of it.
fn whole(value: &Value) -> Option<i128> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) => {
            let number = decimal(value).filter(rust_decimal::Decimal::is_integer);
            match number.and_then(|number| number.to_i128()) {
                Some(number) => return Some(number),
                None => value.to_string(),
            }
        }
        _ => return None,
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(match text.starts_with('-') {
        true => i128::MIN,
        false => i128::MAX,
    }))
}

fn bounded(number: i128) -> u64 {
    u64::try_from(number.max(0)).map_or(NUMBER_MAX, |number| number.min(NUMBER_MAX))
}

/// What parameters are read with.
struct Reading<'r, 'v> {
    view: &'r View<'v>,
    spec: &'r PageSpec,
    bound: &'r str,
    expired: bool,
}

impl Reading<'_, '_> {
    /// A size, and what the caller wrote for it.
    fn size(
        &self,
        size: &SizeSpec,
        input: &Map<String, Value>,
    ) -> Result<(u64, Option<Value>), Refusal> {
        let name = size.parameter.as_deref().unwrap_or("size");
        let mut raw = input.get(name).filter(|value| !value.is_null()).cloned();
        if let (None, Some(from)) = (&raw, &size.from) {
            let text = self.view.render(from)?;
            raw = Some(Value::String(text)).filter(|text| text != "");
        }
        let Some(raw) = raw else {
            return Ok((size.default, None));
        };
        let (bad, cause, nearest) = match whole(&raw) {
            None => (size.malformed, "page_size_malformed", size.default),
            Some(0) if size.min > 0 => (size.zero, "page_size_too_small", size.min),
            Some(number) if number < i128::from(size.min) => {
                (size.too_small, "page_size_too_small", size.min)
            }
            Some(number) if number > i128::from(size.max) => {
                (size.too_large, "page_size_too_large", size.max)
            }
            Some(number) => return Ok((bounded(number), Some(raw))),
        };
        match bad {
            OnBad::Refuse => Err(self.bad_size(name, &raw, cause, Some(size))),
            OnBad::Clamp => Ok((nearest, Some(raw))),
            OnBad::Default => Ok((size.default, Some(raw))),
        }
    }

    fn bad_size(
        &self,
        name: &str,
        raw: &Value,
        cause: &'static str,
        size: Option<&SizeSpec>,
    ) -> Refusal {
        let value = shown(raw);
        let reason = match cause {
            "page_size_too_small" => "too_small",
            "page_size_too_large" => "too_large",
            _ => "malformed",
        };
        let (min, max) = size.map_or((0, NUMBER_MAX), |size| (size.min, size.max));
        let message = format!("`{name}` must be a whole number from {min} to {max}, not {value:?}");
        refusal(self.view, self.spec, &[cause, "invalid_page_size"], message)
            .with("parameter", name)
            .with("value", value)
            .with("raw", raw.clone())
            .with("min", min)
            .with("max", max)
            .with("reason", reason)
    }

    /// A position; nothing, where none is given.
    fn position(
        &self,
        spec: Option<&PositionSpec>,
        input: &Map<String, Value>,
    ) -> Result<Option<At>, Refusal> {
        let Some(spec) = spec else {
            return Ok(None);
        };
        let name = spec.parameter.as_deref().unwrap_or("cursor");
        let raw = match &spec.parameter {
            Some(name) => match input.get(name) {
                None => return Ok(None),
                Some(raw) => Some(raw),
            },
            None => None,
        };
        let value = match &spec.from {
            Some(from) => Value::String(self.view.render(from)?),
            None => raw.cloned().unwrap_or_default(),
        };
        let what = raw.unwrap_or(&value);
        let bad = match what {
            Value::Null => Some(spec.null),
            Value::String(text) if text.is_empty() => Some(spec.empty),
            _ => None,
        };
        match bad {
            Some(OnBad::Refuse) => return Err(self.bad_position(name, what, "empty")),
            Some(_) => return Ok(None),
            None => {}
        }
        let found = match spec.kind {
            PositionKind::Key => key(&value).map(At::Key).ok_or("malformed"),
            PositionKind::Token => self.token(spec, &value).map(At::Token),
            PositionKind::Offset => rows(&value, 0).map(At::Rows).ok_or("malformed"),
            PositionKind::Page => rows(&value, 1).map(At::Page).ok_or("malformed"),
        };
        match (found, spec.malformed) {
            (Ok(at), _) => Ok(Some(at)),
            (Err("expired"), _) => Err(self.bad_position(name, what, "expired")),
            (Err(reason), OnBad::Refuse) => Err(self.bad_position(name, what, reason)),
            (Err(_), _) => Ok(None),
        }
    }

    fn token(&self, spec: &PositionSpec, value: &Value) -> Result<Token, &'static str> {
        let text = value.as_str().ok_or("malformed")?;
        let text = text.strip_prefix(spec.prefix.as_str()).ok_or("malformed")?;
        let sealed = match &spec.offset_after {
            None => text,
            Some(separator) => text.rsplit_once(separator).ok_or("malformed")?.0,
        };
        let token = token::open(sealed, self.view.state.seed).ok_or("malformed")?;
        if let Some(separator) = &spec.offset_after {
            let token::Position::Rows(rows) = token.position else {
                return Err("malformed");
            };
            if text != format!("{sealed}{separator}{rows}") {
                return Err("malformed");
            }
        }
        if token.bound != self.bound {
            return Err("bound");
        }
        let age_ms = self
            .view
            .now()
            .as_millisecond()
            .saturating_sub(token.issued_ms);
        let lifetime = self.spec.token_lifetime_ms;
        let over = lifetime
            .is_some_and(|lifetime| u64::try_from(age_ms).is_ok_and(|age_ms| age_ms > lifetime));
        if over || self.expired {
            return Err("expired");
        }
        Ok(token)
    }

    pub(super) fn bad_position(&self, name: &str, value: &Value, reason: &str) -> Refusal {
        bad_position(self.view, self.spec, name, value, reason)
    }
}

/// The refusal of a position: `reason` is `malformed`, `bound` (to another query), `expired`, `empty`
/// or `gone`.
pub(super) fn bad_position(
    view: &View<'_>,
    spec: &PageSpec,
    name: &str,
    value: &Value,
    reason: &str,
) -> Refusal {
    let message = match reason {
        "expired" => format!("`{name}` has expired"),
        "bound" => format!("`{name}` was given for another query"),
        "gone" => format!("`{name}` names no record"),
        _ => format!("`{name}` is not valid"),
    };
    let causes: &[&str] = match reason {
        "expired" => &["expired_cursor", "invalid_cursor"],
        _ => &["invalid_cursor"],
    };
    let noun = view.pack.collections.get(&spec.collection);
    let noun = noun.map_or("record", |collection| collection.noun.as_str());
    refusal(view, spec, causes, message)
        .with("parameter", name)
        .with("value", shown(value))
        .with("raw", cut(value))
        .with("reason", reason)
        .with("noun", noun)
}

fn cut(value: &Value) -> Value {
    match value {
        Value::String(_) => shown(value).into(),
        Value::Array(_) | Value::Object(_) => Value::Null,
        other => other.clone(),
    }
}

fn key(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn rows(value: &Value, least: i128) -> Option<u64> {
    whole(value).filter(|number| *number >= least).map(bounded)
}

/// The names of members that a call gave, without the variables of its path.
#[must_use]
pub fn given_names(input: &Value, path: &[(String, String)]) -> Arc<[String]> {
    let names = input.as_object().into_iter().flat_map(Map::keys);
    let in_path = |name: &&String| path.iter().any(|(variable, _)| variable == *name);
    names.filter(|name| !in_path(name)).cloned().collect()
}
