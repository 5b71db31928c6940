//! The functions at the end of a path.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::eval::Scope;
use super::{Found, JsonPath};
use crate::matching::json_equal::compare_numbers;

/// A function with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Argument>,
}

/// What a function gets besides the value before it.
#[derive(Debug, Clone)]
pub(super) enum Argument {
    Literal(Value),
    Path(JsonPath),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `length()`, `size()`: of an array or object, null for anything else. An argument is a path
    /// within the value, and what it finds is counted.
    Length,
    Min,
    Max,
    Average,
    Sum,
    Keys,
    Concat,
    Append,
}

impl Function {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "length" | "size" => Self::Length,
            "min" => Self::Min,
            "max" => Self::Max,
            "avg" => Self::Average,
            "sum" => Self::Sum,
            "keys" => Self::Keys,
            "concat" => Self::Concat,
            "append" => Self::Append,
            _ => return None,
        })
    }

    /// Whether `$..path.function()` is one result over all that the path finds. For the others it
    /// is a result each.
    pub(super) fn gathers(self) -> bool {
        !matches!(self, Self::Keys | Self::Append)
    }
}

impl Call {
    /// The function's result for the value before it; `None` if it has none, as the largest of no
    /// numbers.
    pub(super) fn invoke(&self, value: &Value, scope: Scope<'_, '_>) -> Option<Value> {
        scope.visit().ok()?;
        match self.function {
            Function::Length => Some(self.length(value, scope)),
            Function::Keys => Some(value.as_object().map_or(Value::Null, |fields| {
                fields.keys().cloned().map(Value::String).collect()
            })),
            Function::Append => {
                let mut appended = value.clone();
                if let Value::Array(items) = &mut appended {
                    items.extend(self.argument_values(value, scope)?);
                }
                Some(appended)
            }
            Function::Concat => {
                let own = value.as_array().into_iter().flatten();
                let own: String = own.filter_map(Value::as_str).collect();
                let more: String = self
                    .flat_arguments(value, scope)?
                    .iter()
                    .map(text)
                    .collect();
                Some(Value::String(own + &more))
            }
            Function::Min => self.extreme(value, scope, Ordering::Less),
            Function::Max => self.extreme(value, scope, Ordering::Greater),
            Function::Sum => self.total(value, scope).and_then(|(sum, _)| decimal(sum)),
            Function::Average => self
                .total(value, scope)
                .and_then(|(sum, count)| sum.checked_div(count))
                .and_then(decimal),
        }
    }

    fn length(&self, value: &Value, scope: Scope<'_, '_>) -> Value {
        let counted = match self.arguments.first() {
            Some(Argument::Path(path)) => match scope.over(value).find(path, value) {
                Found::Many(found) => Some(found.len()),
                Found::One(Value::Array(items)) => Some(items.len()),
                _ => None,
            },
            _ => None,
        };
        let own = match value {
            Value::Array(items) => Some(items.len()),
            Value::Object(fields) => Some(fields.len()),
            _ => None,
        };
        counted.or(own).map_or(Value::Null, Value::from)
    }

    /// The values of the arguments. `@` in one is the value before the function.
    fn argument_values(&self, value: &Value, scope: Scope<'_, '_>) -> Option<Vec<Value>> {
        let evaluate = |argument: &Argument| match argument {
            Argument::Literal(literal) => Some(literal.clone()),
            Argument::Path(path) => scope.find(path, value).into_value(),
        };
        self.arguments.iter().map(evaluate).collect()
    }

    /// The arguments, with the elements of arrays in place of the arrays.
    fn flat_arguments(&self, value: &Value, scope: Scope<'_, '_>) -> Option<Vec<Value>> {
        let mut flat = Vec::new();
        for value in self.argument_values(value, scope)? {
            match value {
                Value::Array(items) => flat.extend(items),
                value => flat.push(value),
            }
        }
        Some(flat)
    }

    /// The numbers in an array, and those in the arguments.
    fn numbers(&self, value: &Value, scope: Scope<'_, '_>) -> Option<Vec<Number>> {
        let own = value.as_array().into_iter().flatten().cloned();
        let values = own.chain(self.flat_arguments(value, scope)?);
        let numbers = values.filter_map(|value| match value {
            Value::Number(number) => Some(number),
            _ => None,
        });
        Some(numbers.collect())
    }

    fn extreme(&self, value: &Value, scope: Scope<'_, '_>, wanted: Ordering) -> Option<Value> {
        let better = |best: Number, number: Number| {
            if compare_numbers(&number, &best) == wanted {
                number
            } else {
                best
            }
        };
        let best = self.numbers(value, scope)?.into_iter().reduce(better)?;
        match exact(&best) {
            Some(number) => decimal(number),
            None => Some(Value::Number(best)),
        }
    }

    /// The sum and the count of all numbers; `None` if there are none, or if one is beyond the 28
    /// digits of a decimal.
    fn total(&self, value: &Value, scope: Scope<'_, '_>) -> Option<(Decimal, Decimal)> {
        let numbers = self.numbers(value, scope)?;
        let count = u64::try_from(numbers.len())
            .ok()
            .filter(|count| *count > 0)?;
        let sum = numbers
            .iter()
            .try_fold(Decimal::ZERO, |sum, number| sum.checked_add(exact(number)?))?;
        Some((sum, Decimal::from(count)))
    }
}

fn exact(number: &Number) -> Option<Decimal> {
    let text = number.as_str();
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}

/// Jayway's results are doubles, and a whole one prints as `30.0`: templates show it.
fn decimal(value: Decimal) -> Option<Value> {
    let value = value.normalize();
    let text = if value.scale() == 0 {
        format!("{value}.0")
    } else {
        value.to_string()
    };
    text.parse().ok().map(Value::Number)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
