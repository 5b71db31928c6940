//! Links to other pages (RFC 8288): the call's own URL with another position.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::request::placing;
use crate::definition::compiled::{PageSpec, PositionSpec};
use crate::domain::call::{Call, decode};

/// What a value of a query may not have in it: all but the unreserved (RFC 3986 §2.3).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Names of parameters keep what real APIs leave as it is in theirs.
const NAME: &AsciiSet = &VALUE.remove(b'[').remove(b']').remove(b'$');

/// What a caller's own spelling may not bring into a link.
const KEPT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\');

/// Makes links out of a call.
#[derive(Debug)]
pub(super) struct Links<'a> {
    pub(super) call: &'a Call,
    pub(super) spec: &'a PageSpec,
    /// Whether the call had its position in its path.
    pub(super) placed_in_path: bool,
    /// How many rows are wanted in all from there on, where the call said how many.
    pub(super) most: Option<u64>,
}

impl Links<'_> {
    /// The path and query with this position; without any, that of the first page. Nothing, where a
    /// position is no plain text.
    pub(super) fn to(&self, position: Option<(&PositionSpec, &Value)>) -> Option<String> {
        let mut path = self.call.path().trim_end_matches('/').to_owned();
        if self.placed_in_path {
            path.truncate(path.rfind('/').unwrap_or(0));
        }
        let position = match position {
            Some((spec, value)) => Some((spec, text(value)?)),
            None => None,
        };
        if let Some((spec, text)) = &position
            && spec.in_path
        {
            // What a first call asked for is known by the position.
            return Some(format!("{path}/{}", utf8_percent_encode(text, VALUE)));
        }
        let mut query = self.kept();
        if let Some((spec, text)) = position {
            let name = spec.parameter.as_deref()?;
            let name = utf8_percent_encode(name, NAME);
            query.push(format!("{name}={}", utf8_percent_encode(&text, VALUE)));
        }
        Some(match query.is_empty() {
            true => path,
            false => format!("{path}?{}", query.join("&")),
        })
    }

    /// Links as templates see them: absolute, and from the path on.
    pub(super) fn told(&self, links: &[(&str, Option<String>)]) -> (Value, Value) {
        let base = self.call.base_url.as_str();
        let host = base.split_once("://").map_or(base, |(_, rest)| rest);
        let prefix = host.find('/').map_or("", |at| &host[at..]);
        let mut absolute = Map::new();
        let mut paths = Map::new();
        for (name, link) in links {
            let link = link.as_ref();
            let whole = link.map(|link| format!("{base}{link}"));
            let path = link.map(|link| format!("{prefix}{link}"));
            absolute.insert((*name).to_owned(), whole.into());
            paths.insert((*name).to_owned(), path.into());
        }
        (json!(absolute), json!(paths))
    }

    /// The parameters that a link keeps, as the caller spelled them.
    fn kept(&self) -> Vec<String> {
        let query = self
            .call
            .target
            .split_once('?')
            .map_or("", |(_, query)| query);
        let most = self.spec.most.as_ref();
        let most = most.and_then(|most| Some((most.parameter.as_deref()?, self.most?)));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .filter_map(|pair| {
                let name = decode(pair.split_once('=').map_or(pair, |(name, _)| name), true);
                let keeps = &self.spec.shape.link_keeps;
                let kept = keeps
                    .as_ref()
                    .is_none_or(|keeps| keeps.iter().any(|keep| *keep == name));
                if !kept || placing(self.spec).any(|own| own == name) {
                    return None;
                }
                Some(match most {
                    Some((most, left)) if most == name => {
                        format!("{}={left}", utf8_percent_encode(most, NAME))
                    }
                    _ => utf8_percent_encode(pair, KEPT).to_string(),
                })
            })
            .collect()
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
