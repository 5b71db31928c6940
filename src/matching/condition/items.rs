//! Functions over item expressions and search texts: their arguments become JSON, and so does what
//! they give.

use std::borrow::Cow;

use cel::ExecutionError;
use cel::common::value::Val;
use serde_json::Value as Json;

use crate::matching::item_expression::{self as items, ExpressionKind, Given};
use crate::matching::search;

use super::error::failed;
use super::made::{self, Made};
use super::{VALUE_DEPTH_MAX, json};

/// The functions of this file.
pub(super) const FUNCTIONS: [&str; 12] = [
    "itemAttributes",
    "itemInvalid",
    "itemMatches",
    "itemPicked",
    "itemProblem",
    "itemStored",
    "itemTouched",
    "itemUnused",
    "itemUpdateProblem",
    "itemUpdated",
    "searchMatches",
    "searchTerms",
];

/// What one of [`FUNCTIONS`], or of those that make things, gives; nothing, if the arguments are not
/// such as it takes.
pub(super) fn call(function: &str, arguments: &[&dyn Val]) -> Option<Result<Made, ExecutionError>> {
    let arguments: Result<Vec<Json>, _> = arguments
        .iter()
        .map(|value| json::to_json(*value, VALUE_DEPTH_MAX))
        .collect();
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(error) => return Some(Err(failed(function, error))),
    };
    let given = match made::FUNCTIONS.contains(&function) {
        true => made::call(function, &arguments)?,
        false => evaluated(function, &arguments)?.map(Made::Json),
    };
    Some(given.map_err(|message| failed(function, message)))
}

/// A function over JSON. An expression that is null is none, and asks for nothing.
fn evaluated(function: &str, arguments: &[Json]) -> Option<Result<Json, String>> {
    let of = |names, values| Given { names, values };
    let object = |item: Cow<'_, serde_json::Map<String, Json>>| Json::Object(item.into_owned());
    Some(match (function, arguments) {
        ("itemMatches", [expression, names, values, item]) => {
            let (expression, item) = (optional(expression)?, items::item(item)?);
            match expression {
                None => Ok(true.into()),
                Some(source) => items::matches(source, of(names, values), &item).map(Json::Bool),
            }
        }
        ("itemUpdated", [expression, names, values, item]) => {
            let (expression, item) = (optional(expression)?, items::item(item)?);
            match expression {
                None => Ok(object(item)),
                Some(source) => items::updated(source, of(names, values), &item).map(Json::Object),
            }
        }
        ("itemTouched", [expression, names, values, item]) => {
            let (source, item) = (
                optional(expression)?.unwrap_or_default(),
                items::item(item)?,
            );
            items::touched(source, of(names, values), &item).map(Json::Object)
        }
        ("itemPicked", [expression, names, item]) => {
            let (expression, item) = (optional(expression)?, items::item(item)?);
            match expression {
                None => Ok(object(item)),
                Some(source) => items::picked(source, names, &item).map(Json::Object),
            }
        }
        ("itemProblem", [kind, expression, names, values]) => {
            let expression = optional(expression)?;
            kind_of(kind)?.map(|kind| {
                let problem =
                    expression.and_then(|source| items::problem(kind, source, of(names, values)));
                problem.unwrap_or_default().into()
            })
        }
        ("itemUpdateProblem", [expression, names, values, item]) => {
            let (expression, item) = (optional(expression)?, items::item(item)?);
            let problem = expression
                .and_then(|source| items::update_problem(source, of(names, values), &item));
            Ok(problem.unwrap_or_default().into())
        }
        ("itemUnused", [expressions, names, values]) => {
            let sources: Option<Vec<Option<&str>>> =
                expressions.as_array()?.iter().map(optional).collect();
            let sources: Vec<&str> = sources?.into_iter().flatten().collect();
            let unused = items::unused(&sources, of(names, values));
            Ok(unused.unwrap_or_default().into())
        }
        ("itemAttributes", [kind, expression, names, values]) => {
            let expression = optional(expression)?;
            kind_of(kind)?.and_then(|kind| match expression {
                None => Ok(Json::Array(Vec::new())),
                Some(source) => items::attributes(kind, source, of(names, values)).map(Json::from),
            })
        }
        ("itemInvalid", [item]) => {
            let problem = items::invalid(&*items::item(item)?);
            Ok(problem.unwrap_or_default().into())
        }
        ("itemStored", [item]) => Ok(Json::Object(items::stored(&*items::item(item)?))),
        ("searchMatches", [terms, record]) => {
            // A text may come as it is.
            let read = terms.as_str().map(search::terms);
            Ok(search::matches(read.as_ref().unwrap_or(terms), record).into())
        }
        ("searchTerms", [text]) => Ok(search::terms(text.as_str()?)),
        _ => return None,
    })
}

/// An expression, or that there is none; nothing, if it is neither text nor null.
#[expect(clippy::option_option, reason = "null is an answer of its own")]
fn optional(value: &Json) -> Option<Option<&str>> {
    match value {
        Json::Null => Some(None),
        Json::String(text) => Some(Some(text)),
        _ => None,
    }
}

fn kind_of(value: &Json) -> Option<Result<ExpressionKind, String>> {
    let name = value.as_str()?;
    Some(ExpressionKind::named(name).ok_or_else(|| {
        format!(
            "there is no kind `{name}`; expected condition, filter, keyCondition, update or \
             projection"
        )
    }))
}
