//! Arithmetic, in exact decimals.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::given::{decimal, number};
use super::{Answer, Given, Helper, as_java_reads, complain};
use crate::render::Dialect;

pub(super) const HELPERS: &[Helper] = &[
    Helper::value("math", math),
    Helper::value("isOdd", |given| parity(given, true, "odd")),
    Helper::value("isEven", |given| parity(given, false, "even")),
    Helper::value("stripes", |given| {
        let (place, standard) = match is_odd(given.argument(0)) {
            false => (1, "even"),
            true => (2, "odd"),
        };
        let text = given.argument(place).cloned();
        Ok(text.unwrap_or_else(|| standard.into()))
    }),
];

/// `{{math 1 '+' 2}}`. A quotient has as many decimals as the dividend, halves rounded up, which
/// is what WireMock's `BigDecimal.divide` does. What is no number counts as zero.
fn math(given: &mut Given<'_>) -> Answer {
    let [left, operator, right] = given.positional[..] else {
        return complain(
            "All maths functions require two operands and an operator as parameters e.g. 3 '+' 2",
        );
    };
    let operator = given.printed(operator);
    let left = decimal(left).unwrap_or_default();
    let right = decimal(right).unwrap_or_default();
    if matches!(&*operator, "/" | "%") && right.is_zero() {
        return complain("division by zero");
    }
    let made = match &*operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" | "x" => left.checked_mul(right),
        "/" => left.checked_div(right).map(|quotient| {
            let scale = left.scale();
            let mut quotient =
                quotient.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
            quotient.rescale(scale);
            quotient
        }),
        "%" => left.checked_rem(right),
        _ => return complain(format!("{operator} is not a valid mathematical operator")),
    };
    match made {
        Some(made) => {
            let mut made = number(made);
            if given.dialect == Dialect::WireMock {
                as_java_reads(&mut made);
            }
            Ok(made)
        }
        None => complain("the result is too large"),
    }
}

fn is_odd(value: Option<&Value>) -> bool {
    let number = value.and_then(decimal).unwrap_or_default();
    !(number.trunc() % Decimal::TWO).is_zero()
}

/// `{{isOdd n 'class'}}`: the text if `n` is odd, the third argument or nothing if it is not.
fn parity(given: &mut Given<'_>, wants_odd: bool, standard: &str) -> Answer {
    if is_odd(given.argument(0)) != wants_odd {
        return Ok(given.take(2));
    }
    let text = given.argument(1).cloned();
    Ok(text.unwrap_or_else(|| standard.into()))
}
