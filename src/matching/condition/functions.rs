//! The functions of packs that need no sandbox, and the environment that knows them.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelString, DYN_TYPE, Kind};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::signature::{hex, md5, sha256};

use super::amount::Money;
use super::equality::{equal, holds};
use super::error::{failed, not_applicable};
use super::instant::Instant;
use super::{ELEMENTS_MAX, ELEMENTS_NESTED_MAX, VALUE_DEPTH_MAX, json, money, time};

type Arguments<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Outcome<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;
type Function = for<'b, 'v> fn(Arguments<'b, 'v>) -> Outcome<'b, 'v>;

/// `a == b` and `a != b`, where an operand may be a list, a map, money or an instant.
pub(super) const EQUAL: &str = "@==";
/// The negation of [`EQUAL`].
pub(super) const NOT_EQUAL: &str = "@!=";
/// `a in b`.
pub(super) const HOLDS: &str = "@in_";
/// What a macro runs over.
pub(super) const ELEMENTS: &str = "@elements";
/// What a macro runs over that is nested, or has another nested in it.
pub(super) const ELEMENTS_NESTED: &str = "@elements_nested";
/// `string(x)`, which the crate has too, but not for the values of packs.
pub(super) const STRING: &str = "@string";

/// Digits after the point to which `round` can round.
const ROUND_DIGITS_MAX: u32 = 15;

#[rustfmt::skip]
const FUNCTIONS: [(&str, usize, Function); 17] = [
    (EQUAL, 2, |arguments| Ok(CowVal::owned(CelBool::from(are_equal(&arguments)?)))),
    (NOT_EQUAL, 2, |arguments| Ok(CowVal::owned(CelBool::from(!are_equal(&arguments)?)))),
    (HOLDS, 2, |arguments| is_held(&arguments)),
    (ELEMENTS, 1, |arguments| elements(arguments, ELEMENTS_MAX)),
    (ELEMENTS_NESTED, 1, |arguments| elements(arguments, ELEMENTS_NESTED_MAX)),
    (STRING, 1, string),
    ("dig", 3, dig),
    ("instant", 1, instant),
    ("lower", 1, |arguments| edit("lower", &arguments, |text| text.to_lowercase())),
    ("max", 2, |arguments| choose("max", arguments, Ordering::is_lt)),
    ("md5", 1, |arguments| edit("md5", &arguments, |text| hex(&md5(text.as_bytes())))),
    ("min", 2, |arguments| choose("min", arguments, Ordering::is_gt)),
    ("money", 1, amount),
    ("round", 2, |arguments| round(&arguments)),
    ("sha256", 1, |arguments| edit("sha256", &arguments, |text| hex(&sha256(&[text.as_bytes()])))),
    ("trim", 1, |arguments| edit("trim", &arguments, |text| text.trim().to_owned())),
    ("upper", 1, |arguments| edit("upper", &arguments, |text| text.to_uppercase())),
];

/// The crate's standard library, without optional values, and the functions of packs.
pub(super) static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    for (name, arguments, function) in FUNCTIONS {
        env.add_overload(
            name,
            name,
            (0..arguments).map(|_| DYN_TYPE).collect(),
            function,
        )
        .expect("each function is declared once");
    }
    Arc::new(env)
});

fn refuse(function: &str, arguments: &[CowVal<'_, '_>]) -> ExecutionError {
    let arguments: Vec<&dyn Val> = arguments.iter().map(|value| &**value).collect();
    not_applicable(function, &arguments)
}

pub(super) fn text(value: &dyn Val) -> Option<&str> {
    value.downcast_ref::<CelString>().map(CelString::inner)
}

fn are_equal(arguments: &[CowVal<'_, '_>]) -> Result<bool, ExecutionError> {
    match arguments {
        [left, right] => equal(&**left, &**right, VALUE_DEPTH_MAX),
        _ => Err(refuse("==", arguments)),
    }
}

fn is_held<'b, 'v>(arguments: &[CowVal<'b, 'v>]) -> Outcome<'b, 'v> {
    match arguments {
        [value, whole] => {
            let held = holds(&**whole, &**value, VALUE_DEPTH_MAX)?;
            Ok(CowVal::owned(CelBool::from(held)))
        }
        _ => Err(refuse("in", arguments)),
    }
}

/// The elements of a list or the keys of a map, in an order that is the same at each evaluation.
fn elements<'b, 'v>(mut arguments: Arguments<'b, 'v>, most: i64) -> Outcome<'b, 'v> {
    let Some(range) = arguments.pop() else {
        return Err(refuse(ELEMENTS, &arguments));
    };
    let count = range.as_sizer().map_or(0, |sizer| *sizer.size().inner());
    if count > most {
        let message = format!("a macro runs over at most {most} elements here; found {count}");
        return Err(failed("all, exists, filter, map", message));
    }
    match range.downcast_ref::<CelMap>() {
        Some(map) => {
            let keys = json::sorted_keys(map).into_iter();
            let keys: Vec<Box<dyn Val + 'v>> =
                keys.map(|key| key.inner().clone_as_boxed()).collect();
            Ok(CowVal::owned(CelList::from(keys)))
        }
        None => Ok(range),
    }
}

fn string<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [value] = arguments.as_slice() else {
        return Err(refuse("string", &arguments));
    };
    let text = if let Some(money) = value.downcast_ref::<Money>() {
        Some(money.0.to_string())
    } else if let Some(instant) = value.downcast_ref::<Instant>() {
        Some(instant.0.to_string())
    } else {
        json::number(&**value).map(|number| number.to_string())
    };
    match (text, ENV.find_overload("string", &arguments)) {
        (Some(text), _) => Ok(CowVal::owned(CelString::from(text))),
        (None, Some(function)) => function(arguments),
        (None, None) => Err(refuse("string", &arguments)),
    }
}

fn amount<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let amount = match arguments.as_slice() {
        [value] if value.downcast_ref::<Money>().is_some() => return Ok(arguments.remove(0)),
        [value] => {
            if let Some(int) = value.downcast_ref::<CelInt>() {
                Some(Decimal::from(*int.inner()))
            } else if let Some(text) = text(&**value) {
                Some(exact(text)?)
            } else {
                // Only a number with its text: a computed double is not exact.
                let number = json::number(&**value);
                number.map(|number| exact(number.as_str())).transpose()?
            }
        }
        _ => None,
    };
    let amount = amount.ok_or_else(|| refuse("money", &arguments))?;
    Ok(CowVal::owned(Money(amount)))
}

fn exact(text: &str) -> Result<Decimal, ExecutionError> {
    money::parse(text)
        .ok_or_else(|| failed("money", format!("`{text}` is not an exact decimal amount")))
}

fn instant<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    match arguments.as_slice() {
        [value] if value.downcast_ref::<Instant>().is_some() => Ok(arguments.remove(0)),
        [value] => {
            let text = text(&**value).ok_or_else(|| refuse("instant", &arguments))?;
            match time::parse_instant(text) {
                Some(instant) => Ok(CowVal::owned(Instant(instant))),
                None => {
                    let message = format!("`{text}` is not an RFC 3339 time");
                    Err(failed("instant", message))
                }
            }
        }
        _ => Err(refuse("instant", &arguments)),
    }
}

/// The value at a dotted path, or the default if something on the way is missing or null.
fn dig<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [object, path, default] =
        <[_; 3]>::try_from(arguments).map_err(|arguments| refuse("dig", &arguments))?;
    let Some(names) = text(&*path) else {
        return Err(refuse("dig", &[object, path, default]));
    };
    let mut found = Some(object);
    for name in names.split('.') {
        found = found.and_then(|whole| member(whole, name));
    }
    let present = found.filter(|value| value.get_type().kind() != Kind::NullType);
    Ok(present.unwrap_or(default))
}

fn member<'b, 'v>(whole: CowVal<'b, 'v>, name: &str) -> Option<CowVal<'b, 'v>> {
    let key: Box<dyn Val> = match whole.get_type().kind() {
        Kind::List => Box::new(CelInt::from(name.parse::<i64>().ok()?)),
        _ => Box::new(CelString::from(name.to_owned())),
    };
    match whole {
        CowVal::Borrowed(whole) => whole.as_indexer()?.get(&*key).ok(),
        CowVal::Owned(whole) => {
            let found = whole.as_indexer()?.get(&*key).ok()?;
            Some(CowVal::Owned(found.into_owned()))
        }
    }
}

fn edit<'b, 'v>(
    function: &str,
    arguments: &[CowVal<'b, 'v>],
    edit: fn(&str) -> String,
) -> Outcome<'b, 'v> {
    let text = arguments.first().and_then(|value| text(&**value));
    let edited = text.map(|text| CowVal::owned(CelString::from(edit(text))));
    edited.ok_or_else(|| refuse(function, arguments))
}

/// The first of two values, unless `second_wins` says otherwise of its order to the second.
fn choose<'b, 'v>(
    function: &str,
    arguments: Arguments<'b, 'v>,
    second_wins: fn(Ordering) -> bool,
) -> Outcome<'b, 'v> {
    let [first, second] =
        <[_; 2]>::try_from(arguments).map_err(|arguments| refuse(function, &arguments))?;
    let comparer = first.as_comparer();
    match comparer.and_then(|comparer| comparer.compare(&*second).ok()) {
        Some(order) if second_wins(order) => Ok(second),
        Some(_) => Ok(first),
        None => Err(refuse(function, &[first, second])),
    }
}

/// Rounds half away from zero: money to money, any other number to a double.
fn round<'b, 'v>(arguments: &[CowVal<'b, 'v>]) -> Outcome<'b, 'v> {
    let refuse = || refuse("round", arguments);
    let [value, digits] = arguments else {
        return Err(refuse());
    };
    let digits = digits.downcast_ref::<CelInt>().ok_or_else(refuse)?;
    let places = u32::try_from(*digits.inner()).ok();
    let places = places.filter(|places| *places <= ROUND_DIGITS_MAX);
    let places = places.ok_or_else(|| {
        let message = format!("rounds to 0 to {ROUND_DIGITS_MAX} digits");
        failed("round", message)
    })?;
    let half_up = |exact: Decimal| {
        exact.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
    };
    if let Some(money) = value.downcast_ref::<Money>() {
        return Ok(CowVal::owned(Money(half_up(money.0))));
    }
    // The shortest decimal text of the double is what its author wrote: 1.005 is rounded as 1.005,
    // not as the double nearest to it. What no decimal holds has no digits to round.
    let text = if let Some(int) = value.downcast_ref::<CelInt>() {
        int.inner().to_string()
    } else {
        let double = value.downcast_ref::<CelDouble>().ok_or_else(refuse)?;
        double.inner().to_string()
    };
    let rounded = text.parse().ok().map(|exact| half_up(exact).to_string());
    let double = rounded.unwrap_or(text).parse::<f64>().unwrap_or(f64::NAN);
    Ok(CowVal::owned(CelDouble::from(double)))
}
