//! Numbers of documents that are no ints.

use std::any::Any;
use std::fmt;

use cel::common::traits::{Adder, Comparer, Divider, Multiplier, Negator, Subtractor};
use cel::common::types::{CelDouble, DOUBLE_TYPE, Type};
use cel::common::value::Val;
use serde_json::{Number, Value as Json};

use super::super::money;
use super::{Probe, number};

/// A number that is no int: a double to the language, which keeps its text.
pub(super) struct JsonNumber<'a> {
    double: CelDouble,
    number: &'a Number,
}

impl<'a> JsonNumber<'a> {
    pub(super) fn new(number: &'a Number) -> Self {
        // The grammar of JSON is a part of what `f64` reads; beyond its range it is infinite.
        let double = number.as_str().parse().unwrap_or(f64::NAN);
        Self {
            double: CelDouble::from(double),
            number,
        }
    }
}

impl fmt::Debug for JsonNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

impl Val for JsonNumber<'_> {
    fn get_type(&self) -> &Type {
        &DOUBLE_TYPE
    }

    fn cel_type() -> &'static Type {
        &DOUBLE_TYPE
    }

    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        self.double.as_adder()
    }

    fn as_comparer(&self) -> Option<&dyn Comparer> {
        self.double.as_comparer()
    }

    fn as_divider<'b, 'v>(&'b self) -> Option<&'b (dyn Divider + 'v)>
    where
        Self: 'v,
    {
        self.double.as_divider()
    }

    fn as_multiplier<'b, 'v>(&'b self) -> Option<&'b (dyn Multiplier + 'v)>
    where
        Self: 'v,
    {
        self.double.as_multiplier()
    }

    fn as_negator<'b, 'v>(&'b self) -> Option<&'b (dyn Negator + 'v)>
    where
        Self: 'v,
    {
        self.double.as_negator()
    }

    fn as_subtractor<'b, 'v>(&'b self) -> Option<&'b (dyn Subtractor + 'v)>
    where
        Self: 'v,
    {
        self.double.as_subtractor()
    }

    /// Two numbers of documents are compared by their texts, so that large ids stay apart.
    fn equals(&self, other: &dyn Val) -> bool {
        if Probe::answer(other, || Json::Number(self.number.clone())) {
            return false;
        }
        let exact = |number: &Number| money::parse(number.as_str());
        let other_number = number(other);
        let decimals = (exact(self.number), other_number.as_ref().and_then(exact));
        match decimals {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.double.equals(other),
        }
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self::new(self.number))
    }

    /// To the language it *is* a double: whatever asks for one finds it.
    fn as_any(&self) -> Option<&dyn Any> {
        Some(&self.double)
    }
}
