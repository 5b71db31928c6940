//! When two values are equal, and what a list holds.
//!
//! The crate compares a list only with its own kind of list; a literal must equal a document's list
//! on either side. And comparing money with a text, for want of a `money(…)`, would be silently
//! false: it is an error.

use cel::ExecutionError;
use cel::common::types::Kind;
use cel::common::value::Val;

use super::error::{failed, not_applicable};

/// Whether two values are equal, looking at most `levels` deep.
pub(super) fn equal(
    left: &dyn Val,
    right: &dyn Val,
    levels: usize,
) -> Result<bool, ExecutionError> {
    let too_deep = || failed("==", "a value is nested too deep to be compared");
    match (left.get_type().kind(), right.get_type().kind()) {
        (Kind::List, Kind::List) => {
            lists_equal(left, right, levels.checked_sub(1).ok_or_else(too_deep)?)
        }
        (Kind::Map, Kind::Map) => {
            maps_equal(left, right, levels.checked_sub(1).ok_or_else(too_deep)?)
        }
        (Kind::Unspecified, Kind::String | Kind::Double)
        | (Kind::String | Kind::Double, Kind::Unspecified) => {
            Err(not_applicable("==", &[left, right]))
        }
        (_, Kind::Unspecified) => Ok(right.equals(left)),
        _ => Ok(left.equals(right)),
    }
}

fn lists_equal(left: &dyn Val, right: &dyn Val, levels: usize) -> Result<bool, ExecutionError> {
    let (Some(left), Some(right)) = (left.as_iterable(), right.as_iterable()) else {
        return Ok(false);
    };
    let (mut left, mut right) = (left.iter(), right.iter());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ok(true),
            (Some(left), Some(right)) if equal(left, right, levels)? => {}
            _ => return Ok(false),
        }
    }
}

fn maps_equal(left: &dyn Val, right: &dyn Val, levels: usize) -> Result<bool, ExecutionError> {
    let size = |map: &dyn Val| map.as_sizer().map(|sizer| *sizer.size().inner());
    let (Some(keys), Some(ours), Some(theirs)) =
        (left.as_iterable(), left.as_indexer(), right.as_indexer())
    else {
        return Ok(false);
    };
    if size(left) != size(right) {
        return Ok(false);
    }
    let mut keys = keys.iter();
    while let Some(key) = keys.next() {
        let (Ok(ours), Ok(theirs)) = (ours.get(key), theirs.get(key)) else {
            return Ok(false);
        };
        if !equal(&*ours, &*theirs, levels)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a list holds an equal of `value`, or a map has it as a key.
pub(super) fn holds(
    whole: &dyn Val,
    value: &dyn Val,
    levels: usize,
) -> Result<bool, ExecutionError> {
    let refuse = || not_applicable("in", &[value, whole]);
    if whole.get_type().kind() == Kind::List {
        let mut items = whole.as_iterable().ok_or_else(refuse)?.iter();
        while let Some(item) = items.next() {
            if equal(item, value, levels)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    whole.as_container().ok_or_else(refuse)?.contains(value)
}
