//! JSON as values of expressions. A document is never converted as a whole: objects and lists stay
//! references into it, and a scalar is read when it is reached. No JSON is parsed here.

mod array;
mod number;
mod object;
mod output;

use std::any::Any;
use std::sync::OnceLock;

use cel::common::traits::Iterator as CelIterator;
use cel::common::types::{CelBool, CelInt, CelNull, CelString, Kind, Type};
use cel::common::value::{StaticVal, Val};
use serde_json::{Number, Value as Json};

pub(super) use output::{sorted_keys, to_json};

use array::JsonArray;
use number::JsonNumber;
use object::JsonObject;

/// The value that a piece of JSON stands for.
pub(super) fn value<'v>(json: &'v Json) -> Box<dyn Val + 'v> {
    match json {
        Json::Null => Box::new(CelNull),
        Json::Bool(bool) => Box::new(CelBool::from(*bool)),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Box::new(CelInt::from(int)),
            None => Box::new(JsonNumber::new(number)),
        },
        Json::String(text) => Box::new(CelString::from(text.as_str())),
        Json::Array(items) => Box::new(JsonArray::new(items)),
        Json::Object(members) => Box::new(JsonObject::new(members)),
    }
}

/// Asks a value for the JSON behind it: borrowing values cannot be downcast, but they can compare.
#[derive(Debug, Default)]
struct Probe(OnceLock<Json>);

impl Probe {
    /// Gives `json` to `other`, if that is a probe.
    fn answer(other: &dyn Val, json: impl FnOnce() -> Json) -> bool {
        let Some(probe) = other.downcast_ref::<Self>() else {
            return false;
        };
        probe.0.get_or_init(json);
        true
    }
}

impl StaticVal for Probe {}

impl Val for Probe {
    fn get_type(&self) -> &Type {
        Self::cel_type()
    }

    fn cel_type() -> &'static Type {
        static PROBE_TYPE: Type = Type::new_unspecified_type("json");
        &PROBE_TYPE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(Self(self.0.clone()))
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// The JSON of a document that `value` stands for; `None` for one that the expression made, and for
/// texts, ints, bools and null, which are plain CEL values.
fn document(value: &dyn Val) -> Option<Json> {
    if !matches!(
        value.get_type().kind(),
        Kind::Double | Kind::List | Kind::Map
    ) {
        return None;
    }
    let probe = Probe::default();
    value.equals(&probe);
    probe.0.into_inner()
}

/// The number of a document that `value` stands for, with its text.
pub(super) fn number(value: &dyn Val) -> Option<Number> {
    if value.get_type().kind() != Kind::Double {
        return None;
    }
    match document(value)? {
        Json::Number(number) => Some(number),
        _ => None,
    }
}

/// Passes over the values of a list.
struct Elements<'b, 'a>(std::slice::Iter<'b, Box<dyn Val + 'a>>);

impl<'b, 'a: 'v, 'v> CelIterator<'b, 'v> for Elements<'b, 'a> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        let next = self.0.next()?;
        Some(next.as_ref())
    }
}

fn size(count: usize) -> CelInt {
    CelInt::from(i64::try_from(count).unwrap_or(i64::MAX))
}
