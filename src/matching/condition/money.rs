//! Exact arithmetic on amounts of money. No operation rounds: what cannot be held exactly has no
//! result.

use rust_decimal::Decimal;

/// Digits after the point that a [`Decimal`] can hold.
const SCALE_MAX: i32 = 28;

/// Reads an amount: digits, perhaps with a sign, a point and an exponent, as in JSON numbers.
///
/// The scale is kept (`1.50` has two decimals). `None` if the text is anything else, or needs more
/// digits than a [`Decimal`] holds.
pub(super) fn parse(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let amount = Decimal::from_str_exact(mantissa).ok()?;
    if exponent == 0 {
        return Some(amount);
    }
    if amount.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i32::try_from(amount.scale()).ok()?.checked_sub(exponent)?;
    if scale > SCALE_MAX {
        return None;
    }
    let up = u32::try_from(scale.checked_neg()?).unwrap_or(0);
    let mantissa = amount.mantissa().checked_mul(10_i128.checked_pow(up)?)?;
    exact(mantissa, u32::try_from(scale).unwrap_or(0))
}

fn exact(mantissa: i128, scale: u32) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// The mantissa of `amount` when written with `scale` decimals, of which it has no more.
fn mantissa_at(amount: Decimal, scale: u32) -> Option<i128> {
    let factor = 10_i128.checked_pow(scale.checked_sub(amount.scale())?)?;
    amount.mantissa().checked_mul(factor)
}

/// `left + right`, or `None` if no [`Decimal`] holds it exactly.
pub(super) fn add(left: Decimal, right: Decimal) -> Option<Decimal> {
    let scale = left.scale().max(right.scale());
    let sum = mantissa_at(left, scale)?.checked_add(mantissa_at(right, scale)?)?;
    exact(sum, scale)
}

/// `left - right`, or `None` if no [`Decimal`] holds it exactly.
pub(super) fn subtract(left: Decimal, right: Decimal) -> Option<Decimal> {
    add(left, -right)
}

/// `amount * times`, or `None` if no [`Decimal`] holds it exactly.
pub(super) fn multiply(amount: Decimal, times: i64) -> Option<Decimal> {
    exact(
        amount.mantissa().checked_mul(i128::from(times))?,
        amount.scale(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let cases = [
            ("0", Some("0")),
            ("1.50", Some("1.50")),
            ("-0.10", Some("-0.10")),
            ("12345678901234567890.12", Some("12345678901234567890.12")),
            ("1e3", Some("1000")),
            ("1.25E-2", Some("0.0125")),
            ("1.5e1", Some("15")),
            ("0e99999999", Some("0")),
            ("1e-28", Some("0.0000000000000000000000000001")),
            ("1e-29", None),
            ("1e29", None),
            ("1e99999999999", None),
            ("1e-2147483648", None),
            (
                "79228162514264337593543950335",
                Some("79228162514264337593543950335"),
            ),
            ("79228162514264337593543950336", None),
            ("0.12345678901234567890123456789", None),
            ("", None),
            (".", None),
            ("1.", None),
            (".5", None),
            ("+1", None),
            ("--1", None),
            ("1_000", None),
            ("1,000.00", None),
            ("1.2.3", None),
            ("$1", None),
            (" 1", None),
            ("NaN", None),
            ("１", None),
        ];
        for (text, expected) in cases {
            let found = parse(text).map(|amount| amount.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact_or_has_no_result() {
        let amount = |text: &str| parse(text).unwrap();
        assert_eq!(add(amount("0.1"), amount("0.2")), Some(amount("0.3")));
        assert_eq!(subtract(amount("1"), amount("0.01")), Some(amount("0.99")));
        assert_eq!(multiply(amount("0.10"), 3), Some(amount("0.30")));
        // `Decimal` itself would round this sum to 28 digits.
        assert_eq!(
            add(amount("1234567890123456789012345678"), amount("0.01")),
            None
        );
        assert_eq!(multiply(amount("79228162514264337593543950335"), 2), None);
    }
}
