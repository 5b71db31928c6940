//! Parameters: sizes and positions as callers write them, and how they are refused.

use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};

use super::request::At;
use super::token::{self, Token};
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::{PageSpec, PositionSpec, SizeSpec};
use crate::definition::model::{OnBad, PositionKind};
use crate::domain::call::Call;
use crate::domain::order::decimal;

/// How much of what a caller sent is said again, in characters.
const SHOWN_CHARS_MAX: usize = 200;

/// What a size is called that is no parameter, where a token brings it along.
pub(super) const UNNAMED: &str = "$size";

/// Numbers beyond this are taken as it: no list is as long.
const NUMBER_MAX: u64 = 1 << 53;

/// What parameters are read with.
pub(super) struct Reading<'r, 'v> {
    pub(super) view: &'r View<'v>,
    pub(super) spec: &'r PageSpec,
    pub(super) call: &'r Call,
    /// What its tokens are bound to.
    pub(super) bound: &'r str,
    /// Whether all tokens have expired.
    pub(super) expired: bool,
}

impl Reading<'_, '_> {
    /// A size, and what the caller wrote for it.
    pub(super) fn size(
        &self,
        size: &SizeSpec,
        input: &Map<String, Value>,
    ) -> Result<(u64, Option<Value>), Refusal> {
        let name = size.parameter.as_deref().unwrap_or(UNNAMED);
        let mut raw = input.get(name).filter(|value| !value.is_null()).cloned();
        if let (None, Some(from)) = (&raw, &size.from) {
            let text = self.view.render(from)?;
            raw = Some(Value::String(text)).filter(|text| text != "");
        }
        let Some(raw) = raw else {
            return Ok((size.default, None));
        };
        let is_text =
            size.strict && raw.is_string() && self.call.query().all(|(given, _)| given != name);
        let number = if is_text { None } else { whole(&raw) };
        let (bad, cause, nearest) = match number {
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

    /// How many rows to pass over.
    pub(super) fn skip(&self, input: &Map<String, Value>) -> Result<u64, Refusal> {
        let name = self.spec.skip.as_deref().unwrap_or_default();
        match input.get(name).filter(|value| !value.is_null()) {
            None => Ok(0),
            Some(value) => rows(value, 0)
                .ok_or_else(|| self.bad_size(name, value, "page_size_malformed", None)),
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
    pub(super) fn position(
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
        let found = match (found, raw) {
            (Ok(at), Some(raw)) if !self.as_written(spec, &at, &value, raw)? => Err("malformed"),
            (found, _) => found,
        };
        match (found, spec.malformed) {
            (Ok(at), _) => Ok(Some(at)),
            (Err("expired"), _) => Err(self.bad_position(name, what, "expired")),
            (Err(reason), OnBad::Refuse) => Err(self.bad_position(name, what, reason)),
            (Err(_), _) => Ok(None),
        }
    }

    /// Whether a position that was read out of what the caller gave is written as pages write it: in
    /// anything else, what was read may not be what was meant.
    fn as_written(
        &self,
        spec: &PositionSpec,
        at: &At,
        read: &Value,
        given: &Value,
    ) -> Result<bool, Refusal> {
        let (Some(_), Some(document)) = (&spec.from, &spec.value) else {
            return Ok(true);
        };
        let cursor = match at {
            At::Token(_) => read.clone(),
            At::Key(key) => key.as_str().into(),
            At::Rows(number) | At::Page(number) => (*number).into(),
        };
        let mut variables = self.view.variables.clone();
        variables.insert("cursor".into(), cursor);
        let seen = View {
            variables: &variables,
            ..*self.view
        };
        Ok(seen.fill(document)? == *given)
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

    fn bad_position(&self, name: &str, value: &Value, reason: &str) -> Refusal {
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
    let digits = text.strip_prefix('-').unwrap_or(&text);
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
