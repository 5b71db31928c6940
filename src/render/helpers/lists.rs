//! Lists: making, changing, joining and asking them.

use std::borrow::Cow;

use serde_json::Value;

use super::given::whole;
use super::logic::decide;
use super::{Answer, Fault, Given, Helper, Role, complain};
use crate::render::kind::Kind;
use crate::render::path::Segment;
use crate::render::{Dialect, RenderError};

pub(super) const HELPERS: &[Helper] = &[
    Helper::value("array", |given| {
        Ok(given.positional.iter().copied().cloned().collect())
    }),
    Helper::value("range", range),
    Helper::value("arrayAdd", array_add),
    Helper::value("arrayRemove", array_remove),
    Helper::new("arrayJoin", Role::Join, array_join),
    Helper::value("join", join),
    Helper::value("size", size),
    Helper::test("contains", contains),
    Helper::value("lookup", lookup),
];

/// The longest range.
const RANGE_MAX: u64 = 100_000;

/// `{{range 1 3}}`: 1, 2, 3.
fn range(given: &mut Given<'_>) -> Answer {
    let bound = |position| given.argument(position).and_then(whole);
    let (Some(lower), Some(upper)) = (bound(0), bound(1)) else {
        return complain(
            "The range helper requires both lower and upper bounds as integer parameters",
        );
    };
    if lower <= upper && upper.abs_diff(lower) >= RANGE_MAX {
        return complain(format!("a range has at most {RANGE_MAX} numbers"));
    }
    Ok((lower..=upper).map(Value::from).collect())
}

/// Takes the list that is the first argument.
fn taken(given: &mut Given<'_>) -> Result<Vec<Value>, Fault> {
    match given.take(0) {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        value if Kind::of(&value).list().is_some() => {
            Ok(Kind::of(&value).list().unwrap_or_default().to_vec())
        }
        _ => complain(format!(
            "the first parameter of {} must be a list",
            given.helper
        )),
    }
}

/// The position that `datum` says; none for `end` or nothing.
fn position(given: &Given<'_>, length: usize) -> Result<Option<usize>, Fault> {
    let Some(value) = given.option("position") else {
        return Ok(None);
    };
    let position = match &*given.printed(value).to_ascii_lowercase() {
        "start" => 0,
        "end" => return Ok(None),
        _ => match whole(value) {
            Some(position) => position,
            None => return complain("position must be 'start', 'end' or an integer"),
        },
    };
    match usize::try_from(position) {
        Ok(position) if position <= length => Ok(Some(position)),
        _ => complain(
            "position must be greater than or equal to 0 and less than or equal to the size of \
             the list",
        ),
    }
}

/// `{{arrayAdd list item position='start'}}`.
fn array_add(given: &mut Given<'_>) -> Answer {
    if given.dialect == Dialect::WireMock && given.argument(0).is_none() {
        return Ok(Value::Array(Vec::new()));
    }
    let mut items = taken(given)?;
    if given.positional.len() < 2 {
        return complain("Missing required parameter: additional value to add to list");
    }
    let item = given.take(1);
    let place = position(given, items.len())?;
    items.insert(place.unwrap_or(items.len()), item);
    Ok(Value::Array(items))
}

/// `{{arrayRemove list position=0}}`; without a position, the last item goes.
fn array_remove(given: &mut Given<'_>) -> Answer {
    let mut items = taken(given)?;
    let place = position(given, items.len())?;
    let place = place.unwrap_or(items.len().saturating_sub(1));
    if place < items.len() {
        items.remove(place);
    }
    Ok(Value::Array(items))
}

/// `{{arrayJoin ',' list prefix='[' suffix=']'}}`; items may also follow one by one.
fn array_join(given: &mut Given<'_>) -> Answer {
    let Some(Value::String(separator)) = given.argument(0) else {
        return complain("Separator parameter must be a String");
    };
    if given.argument(1).is_none() {
        return complain("The parameter must be list");
    }
    let texts: Vec<_> = match given.list(1) {
        Some(items) => items.iter().map(|item| given.printed(item)).collect(),
        None => given.positional[1..]
            .iter()
            .map(|value| given.printed(value))
            .collect(),
    };
    joined(given, &texts, separator)
}

/// `{{join list ','}}` or `{{join 'a' 'b' ','}}`.
fn join(given: &mut Given<'_>) -> Answer {
    let Some((separator, values)) = given.positional.split_last() else {
        return complain("join needs a separator");
    };
    let texts: Vec<_> = match given.list(0) {
        Some(items) => items.iter().map(|item| given.printed(item)).collect(),
        None => values.iter().map(|value| given.printed(value)).collect(),
    };
    joined(given, &texts, &given.printed(separator))
}

/// The texts with the separator between them, and `prefix=` and `suffix=` around.
fn joined(given: &Given<'_>, texts: &[Cow<'_, str>], separator: &str) -> Answer {
    if texts.is_empty() {
        return Ok(String::new().into());
    }
    let length = separator.len().saturating_mul(texts.len());
    if length > crate::render::TEMPLATE_OUTPUT_MAX {
        return Err(RenderError::OutputTooLong.into());
    }
    let affix = |name| given.option_text(name).unwrap_or_default();
    Ok(format!(
        "{}{}{}",
        affix("prefix"),
        texts.join(separator),
        affix("suffix")
    )
    .into())
}

/// `{{size value}}`: of a list or an object its members, of a text its characters.
fn size(given: &mut Given<'_>) -> Answer {
    let Some(value) = given.argument(0) else {
        return Ok(Value::Null);
    };
    let kind = Kind::of(value);
    let variables = match kind {
        Kind::Path(path) => path.variables.map_or(0, serde_json::Map::len),
        _ => 0,
    };
    let size = match (kind.list(), kind.object(), value) {
        (Some(items), ..) => items.len() + variables,
        (None, Some(members), _) => members.len(),
        (None, None, Value::String(text)) => text.chars().count(),
        _ => return Ok(Value::Null),
    };
    Ok(Value::from(size))
}

/// `{{contains 'text' 'part'}}` or `{{contains list item}}`.
fn contains(given: &mut Given<'_>) -> Answer {
    if given.positional.len() < 2 {
        return complain(
            "You must specify the string or array to be matched and the regular expression",
        );
    }
    let truth = match (given.argument(0), given.argument(1)) {
        (Some(whole), Some(part)) => match given.list(0) {
            Some(items) => items
                .iter()
                .any(|item| given.printed(item) == given.printed(part)),
            None => given.printed(whole).contains(&*given.printed(part)),
        },
        _ => false,
    };
    decide(given, truth)
}

/// `{{lookup value key}}`: a member by name, or an item by position.
fn lookup(given: &mut Given<'_>) -> Answer {
    let segment = Segment::new(&given.text(1));
    let found = given.argument(0).and_then(|value| segment.of(value));
    Ok(match found {
        Some(found) if !found.is_null() => found.into_owned(),
        // WireMock gives back where it has looked.
        _ if given.dialect == Dialect::WireMock => given.take(0),
        _ => Value::Null,
    })
}
