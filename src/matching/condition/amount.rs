//! Money as a value of expressions. It never becomes a double, and never meets one.

use std::any::Any;
use std::cmp::Ordering;

use cel::ExecutionError;
use cel::common::traits::{Adder, Comparer, Multiplier, Negator, Subtractor};
use cel::common::types::{CelInt, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use rust_decimal::Decimal;

use super::error::{failed, not_applicable};
use super::money;

static MONEY_TYPE: Type = Type::new_unspecified_type("money");

/// An exact decimal amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Money(pub(super) Decimal);

impl StaticVal for Money {}

impl Val for Money {
    fn get_type(&self) -> &Type {
        &MONEY_TYPE
    }

    fn cel_type() -> &'static Type {
        &MONEY_TYPE
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

    fn as_multiplier<'b, 'v>(&'b self) -> Option<&'b (dyn Multiplier + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_negator<'b, 'v>(&'b self) -> Option<&'b (dyn Negator + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_subtractor<'b, 'v>(&'b self) -> Option<&'b (dyn Subtractor + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        amount(other) == Some(self.0)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// The amount that a money or an int stands for.
fn amount(value: &dyn Val) -> Option<Decimal> {
    let int = || {
        let int = value.downcast_ref::<CelInt>()?;
        Some(Decimal::from(*int.inner()))
    };
    let money = value.downcast_ref::<Money>().map(|money| money.0);
    money.or_else(int)
}

type Exact = fn(Decimal, Decimal) -> Option<Decimal>;

impl Money {
    fn with<'b, 'v>(
        self,
        other: &dyn Val,
        operator: &'static str,
        apply: Exact,
    ) -> Result<CowVal<'b, 'v>, ExecutionError> {
        let other = amount(other).ok_or_else(|| not_applicable(operator, &[&self, other]))?;
        exact(operator, apply(self.0, other))
    }
}

fn exact<'b, 'v>(
    operator: &str,
    amount: Option<Decimal>,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let money = amount.map(|amount| CowVal::owned(Money(amount)));
    money.ok_or_else(|| failed(operator, "no exact decimal holds the result"))
}

impl Adder for Money {
    fn add<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.with(other, "+", money::add)
    }
}

impl Subtractor for Money {
    fn sub<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.with(other, "-", money::subtract)
    }
}

impl Multiplier for Money {
    fn mul<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let times = other.downcast_ref::<CelInt>();
        let times = times.ok_or_else(|| not_applicable("*", &[self, other]))?;
        exact("*", money::multiply(self.0, *times.inner()))
    }
}

impl Negator for Money {
    fn negate<'v>(&self) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(Box::new(Self(-self.0)))
    }
}

impl Comparer for Money {
    fn compare(&self, other: &dyn Val) -> Result<Ordering, ExecutionError> {
        let other = amount(other).ok_or_else(|| not_applicable("<", &[self, other]))?;
        Ok(self.0.cmp(&other))
    }
}
