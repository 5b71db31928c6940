//! Numbers by value: `1`, `1.0` and `10e-1` are one number, whatever their size. Compared on their
//! texts, digit by digit, so that no number is rounded and none is out of range.

use std::cmp::Ordering;

use serde_json::Number;

/// Orders two JSON numbers by value.
pub fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    compare_texts(left.as_str(), right.as_str())
        .unwrap_or_else(|| left.as_str().cmp(right.as_str()))
}

/// Orders two decimal texts by value; `None` if one of them is no number. Takes what Java's
/// `BigDecimal` takes, and so somewhat more than JSON: `+5`, `.5` and `5.` are numbers.
pub fn compare_texts(left: &str, right: &str) -> Option<Ordering> {
    Some(Decimal::parse(left)?.cmp(&Decimal::parse(right)?))
}

/// The one text that all writings of a number share, for use as a key.
pub(super) fn canonical(number: &Number) -> String {
    let Some(decimal) = Decimal::parse(number.as_str()) else {
        return number.to_string();
    };
    let digits: String = decimal.digits().map(char::from).collect();
    let digits = digits.trim_end_matches('0');
    let sign = if decimal.negative && !digits.is_empty() {
        "-"
    } else {
        ""
    };
    format!("{sign}{digits}e{}", decimal.magnitude)
}

/// `0.d₁d₂d₃… × 10^magnitude`, with d₁ not zero; zero has no digits and magnitude 0.
struct Decimal<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
    magnitude: i64,
}

impl<'t> Decimal<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let significant = fraction.trim_start_matches('0');
        let (fraction, shift) = if whole.is_empty() {
            let zeros = fraction.len() - significant.len();
            (significant, -i64::try_from(zeros).unwrap_or(i64::MAX))
        } else {
            (fraction, i64::try_from(whole.len()).unwrap_or(i64::MAX))
        };
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            negative: text.starts_with('-'),
            whole: whole.as_bytes(),
            fraction: fraction.as_bytes(),
            magnitude: if is_zero {
                0
            } else {
                exponent.saturating_add(shift)
            },
        })
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.iter().chain(self.fraction).copied()
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return negative_is_less(!other.negative),
            (false, true) => return negative_is_less(self.negative),
            (false, false) => {}
        }
        if self.negative != other.negative {
            return negative_is_less(self.negative);
        }
        let size = self
            .magnitude
            .cmp(&other.magnitude)
            .then_with(|| self.cmp_digits(other));
        if self.negative { size.reverse() } else { size }
    }

    fn cmp_digits(&self, other: &Self) -> Ordering {
        let length = |decimal: &Self| decimal.whole.len() + decimal.fraction.len();
        let digits = length(self).max(length(other));
        let padded = |decimal: &Self, index: usize| {
            let (whole, fraction) = (decimal.whole, decimal.fraction);
            *whole
                .get(index)
                .or_else(|| fraction.get(index.wrapping_sub(whole.len())))
                .unwrap_or(&b'0')
        };
        (0..digits)
            .map(|index| padded(self, index).cmp(&padded(other, index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

fn negative_is_less(negative: bool) -> Ordering {
    if negative {
        Ordering::Less
    } else {
        Ordering::Greater
    }
}

/// An exponent that does not fit is held at the largest one: such numbers are compared by sign.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -size } else { size })
}
