//! Numbers of up to 38 digits, exactly. Nothing here rounds: what cannot be held has no result.
//!
//! The decimals of the ledger have 28 digits, which is less than key/value stores promise. Here a
//! number is its digits without zeros at the end, as an integer below 10^38, which 128 bits hold, and
//! a power of ten.

use std::cmp::Ordering;
use std::fmt;

/// The most digits of a number.
const DIGITS_MAX: u32 = 38;

/// The power of ten of the first digit of the largest number.
const MAGNITUDE_MAX: i64 = 125;

/// The power of ten of the first digit of the smallest number above zero.
const MAGNITUDE_MIN: i64 = -130;

/// Why a text is no number that can be held, or an operation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    NotANumber,
    TooLarge,
    TooSmall,
    TooManyDigits,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "The parameter cannot be converted to a numeric value",
            Self::TooLarge => {
                "Number overflow. Attempting to store a number with magnitude larger than supported \
                 range"
            }
            Self::TooSmall => {
                "Number underflow. Attempting to store a number with magnitude smaller than \
                 supported range"
            }
            Self::TooManyDigits => {
                "Attempting to store more than 38 significant digits in a Number"
            }
        })
    }
}

/// An exact decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    is_negative: bool,
    /// Its digits, of which the last is not zero, unless the number is.
    digits: u128,
    /// The power of ten of the last digit.
    exponent: i64,
}

impl Number {
    /// Reads digits, perhaps with a sign, a point and an exponent.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, exponent(power)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::NotANumber);
        }
        let zeros_behind = all().rev().take_while(|byte| *byte == b'0').count();
        let significant = all().count() - zeros_behind;
        let mut digits = 0_u128;
        for byte in all().take(significant) {
            let digit = u128::from(byte - b'0');
            let more = digits
                .checked_mul(10)
                .and_then(|ten| ten.checked_add(digit));
            digits = more.ok_or(Problem::TooManyDigits)?;
        }
        let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        let last = power - count(fraction.len()) + count(zeros_behind);
        Self::of(is_negative, digits, last)
    }

    /// The number of these digits, which may have zeros at the end.
    fn of(is_negative: bool, mut digits: u128, mut exponent: i64) -> Result<Self, Problem> {
        if digits == 0 {
            return Ok(Self {
                is_negative: false,
                digits,
                exponent: 0,
            });
        }
        while digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        let number = Self {
            is_negative,
            digits,
            exponent,
        };
        match number.magnitude() {
            too_large if too_large > MAGNITUDE_MAX => Err(Problem::TooLarge),
            too_small if too_small < MAGNITUDE_MIN => Err(Problem::TooSmall),
            _ if digits.ilog10() >= DIGITS_MAX => Err(Problem::TooManyDigits),
            _ => Ok(number),
        }
    }

    /// The number of a count.
    pub(super) fn of_count(count: usize) -> Self {
        let digits = u128::try_from(count).unwrap_or(u128::MAX);
        // A count has at most twenty digits.
        Self::of(false, digits, 0).unwrap_or(Self {
            is_negative: false,
            digits: 0,
            exponent: 0,
        })
    }

    /// The power of ten of the first digit.
    fn magnitude(&self) -> i64 {
        self.exponent + i64::from(self.digits.checked_ilog10().unwrap_or(0))
    }

    /// The digits as they are when the last stands for this power of ten, which is no greater than
    /// that of the number; nothing, where that needs too many.
    fn digits_at(&self, exponent: i64) -> Option<u128> {
        let power = u32::try_from(self.exponent - exponent).ok()?;
        self.digits.checked_mul(10_u128.checked_pow(power)?)
    }

    /// The sum.
    pub(super) fn plus(self, other: Self) -> Result<Self, Problem> {
        if self.digits == 0 {
            return Ok(other);
        }
        if other.digits == 0 {
            return Ok(self);
        }
        let exponent = self.exponent.min(other.exponent);
        let aligned = (self.digits_at(exponent), other.digits_at(exponent));
        // The last digit of the other is no zero, so nothing is gained behind: it is too long.
        let (Some(ours), Some(theirs)) = aligned else {
            return Err(Problem::TooManyDigits);
        };
        if self.is_negative == other.is_negative {
            let sum = ours.checked_add(theirs).ok_or(Problem::TooManyDigits)?;
            return Self::of(self.is_negative, sum, exponent);
        }
        match ours.cmp(&theirs) {
            Ordering::Less => Self::of(other.is_negative, theirs - ours, exponent),
            _ => Self::of(self.is_negative, ours - theirs, exponent),
        }
    }

    /// The difference.
    pub(super) fn minus(self, other: Self) -> Result<Self, Problem> {
        self.plus(Self {
            is_negative: !other.is_negative && other.digits != 0,
            ..other
        })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits, number.is_negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        };
        let unsigned = || {
            self.magnitude().cmp(&other.magnitude()).then_with(|| {
                // Numbers of one magnitude are at most 38 digits apart.
                let exponent = self.exponent.min(other.exponent);
                self.digits_at(exponent).cmp(&other.digits_at(exponent))
            })
        };
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            -1 => unsigned().reverse(),
            _ => unsigned(),
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    /// Without an exponent, and without zeros that say nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        let digits = self.digits.to_string();
        let behind = usize::try_from(-self.exponent).unwrap_or(0);
        let zeros = usize::try_from(self.exponent).unwrap_or(0);
        if digits.len() > behind {
            let (whole, fraction) = digits.split_at(digits.len() - behind);
            write!(f, "{whole}{}", "0".repeat(zeros))?;
            return match fraction {
                "" => Ok(()),
                fraction => write!(f, ".{fraction}"),
            };
        }
        write!(f, "0.{}{digits}", "0".repeat(behind - digits.len()))
    }
}

/// A power of ten. One that is far out of range is as good as any other that is.
fn exponent(text: &str) -> Result<i64, Problem> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::NotANumber);
    }
    const FAR: i64 = 1_000_000_000;
    let power = digits.parse().unwrap_or(FAR).min(FAR);
    Ok(if is_negative { -power } else { power })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is read and written again.
    fn again(text: &str) -> String {
        Number::parse(text).map_or_else(|problem| format!("{problem:?}"), |it| it.to_string())
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        let nines = "9".repeat(38);
        let largest = format!("{nines}{}", "0".repeat(88));
        let smallest = format!("0.{}1", "0".repeat(129));
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("0.000", "0"),
            ("0e999999999999", "0"),
            ("1.50", "1.5"),
            ("+1.50", "1.5"),
            ("007", "7"),
            ("-12.340", "-12.34"),
            ("1e3", "1000"),
            ("1.25E-2", "0.0125"),
            (".5", "0.5"),
            ("5.", "5"),
            (
                "12345678901234567890123456789012345678",
                "12345678901234567890123456789012345678",
            ),
            (
                "1234567890123456789012345678901234567.8",
                "1234567890123456789012345678901234567.8",
            ),
            ("123456789012345678901234567890123456789", "TooManyDigits"),
            (&nines, &nines),
            ("9.9999999999999999999999999999999999999E+125", &largest),
            ("1e-130", &smallest),
            ("1e126", "TooLarge"),
            ("1e-131", "TooSmall"),
            ("1e99999999999999999999", "TooLarge"),
            ("-1e-99999999999999999999", "TooSmall"),
            ("", "NotANumber"),
            (".", "NotANumber"),
            ("-", "NotANumber"),
            ("1e", "NotANumber"),
            ("1e1.5", "NotANumber"),
            ("--1", "NotANumber"),
            (" 1", "NotANumber"),
            ("1_000", "NotANumber"),
            ("NaN", "NotANumber"),
            ("１", "NotANumber"),
        ] {
            assert_eq!(again(text), expected, "{text}");
        }
    }

    #[test]
    fn sums_are_exact_or_have_no_result() {
        let half = format!("0.{}1", "0".repeat(36));
        for (left, right, sum, difference) in [
            ("0.1", "0.2", "0.3", "-0.1"),
            ("10", "-3", "7", "13"),
            ("5", "5", "10", "0"),
            ("0", "-2", "-2", "2"),
            (
                "1e20",
                "1e-17",
                "100000000000000000000.00000000000000001",
                "99999999999999999999.99999999999999999",
            ),
            (
                "1e20",
                "1e-18",
                "TooManyDigits",
                "99999999999999999999.999999999999999999",
            ),
            ("1e125", "1e-130", "TooManyDigits", "TooManyDigits"),
            (
                "9.9999999999999999999999999999999999999e125",
                "1e88",
                "TooLarge",
                "99999999999999999999999999999999999998".to_owned().as_str(),
            ),
            (
                "1",
                &half,
                &format!("1.{}1", "0".repeat(36)),
                &format!("0.{}", "9".repeat(37)),
            ),
        ] {
            let (left, right) = (Number::parse(left), Number::parse(right));
            let (left, right) = (left.expect("a number"), right.expect("a number"));
            let told = |it: Result<Number, Problem>| {
                it.map_or_else(|problem| format!("{problem:?}"), |it| it.to_string())
            };
            assert_eq!(told(left.plus(right)), sum, "{left} + {right}");
            if difference.len() < 38 {
                assert_eq!(told(left.minus(right)), difference, "{left} - {right}");
            }
        }
    }

    #[test]
    fn numbers_have_one_order() {
        let texts = [
            "-1e125", "-20", "-3", "-2.5", "-1e-130", "0", "1e-130", "0.1", "0.11", "1", "2.5",
            "3", "10", "1e38", "1e125",
        ];
        let numbers: Vec<Number> = texts
            .iter()
            .map(|text| Number::parse(text).expect(text))
            .collect();
        for (at, one) in numbers.iter().enumerate() {
            for (also, other) in numbers.iter().enumerate() {
                assert_eq!(one.cmp(other), at.cmp(&also), "{one} {other}");
            }
        }
    }

    proptest! {
        #[test]
        fn small_numbers_behave_as_integers_do(left in any::<i64>(), right in any::<i64>()) {
            let number = |it: i64| Number::parse(&it.to_string()).expect("a number");
            let sum = number(left).plus(number(right)).expect("a sum").to_string();
            prop_assert_eq!(sum, (i128::from(left) + i128::from(right)).to_string());
            let less = number(left).minus(number(right)).expect("a difference").to_string();
            prop_assert_eq!(less, (i128::from(left) - i128::from(right)).to_string());
            prop_assert_eq!(number(left).cmp(&number(right)), left.cmp(&right));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+.eE0-9]{0,60}") {
            if let Ok(number) = Number::parse(&text) {
                prop_assert_eq!(Number::parse(&number.to_string()), Ok(number));
            }
        }
    }
}
