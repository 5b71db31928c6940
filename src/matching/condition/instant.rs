//! Instants as values of expressions.

use std::any::Any;
use std::cmp::Ordering;

use cel::ExecutionError;
use cel::common::traits::{Adder, Comparer, Subtractor};
use cel::common::types::{CelInt, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use jiff::{SignedDuration, Timestamp};

use super::error::{failed, not_applicable};

static INSTANT_TYPE: Type = Type::new_unspecified_type("instant");

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Instant(pub(super) Timestamp);

impl StaticVal for Instant {}

impl Val for Instant {
    fn get_type(&self) -> &Type {
        &INSTANT_TYPE
    }

    fn cel_type() -> &'static Type {
        &INSTANT_TYPE
    }

    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_comparer(&self) -> Option<&dyn Comparer> {
        Some(self)
    }

    fn as_subtractor<'b, 'v>(&'b self) -> Option<&'b (dyn Subtractor + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl Instant {
    fn shifted<'b, 'v>(
        self,
        operator: &str,
        seconds: Option<i64>,
    ) -> Result<CowVal<'b, 'v>, ExecutionError> {
        let by = seconds.map(SignedDuration::from_secs);
        let shifted = by.and_then(|by| self.0.checked_add(by).ok());
        let shifted = shifted.map(|at| CowVal::owned(Self(at)));
        shifted.ok_or_else(|| failed(operator, "the time is out of range"))
    }
}

impl Adder for Instant {
    fn add<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let seconds = other.downcast_ref::<CelInt>();
        let seconds = seconds.ok_or_else(|| not_applicable("+", &[self, other]))?;
        self.shifted("+", Some(*seconds.inner()))
    }
}

impl Subtractor for Instant {
    fn sub<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(other) = other.downcast_ref::<Self>() {
            let between = self.0.duration_since(other.0);
            return Ok(CowVal::owned(CelInt::from(between.as_secs())));
        }
        let seconds = other.downcast_ref::<CelInt>();
        let seconds = seconds.ok_or_else(|| not_applicable("-", &[self, other]))?;
        self.shifted("-", seconds.inner().checked_neg())
    }
}

impl Comparer for Instant {
    fn compare(&self, other: &dyn Val) -> Result<Ordering, ExecutionError> {
        let instant = other.downcast_ref::<Self>();
        let instant = instant.ok_or_else(|| not_applicable("<", &[self, other]))?;
        Ok(self.0.cmp(&instant.0))
    }
}
