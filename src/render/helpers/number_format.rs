//! Numbers as people write them: the patterns of Java's `DecimalFormat`, in English.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::given::decimal;
use super::{Answer, Given, Helper, complain};

pub(super) const HELPERS: &[Helper] = &[Helper::value("numberFormat", number_format)];

/// The most digits that a pattern may ask for on either side of the point.
const DIGITS_MAX: usize = 100;

/// How a number is written.
#[derive(Debug, Clone, Default)]
struct Layout {
    prefix: String,
    suffix: String,
    /// Prefix and suffix of a negative number; a minus before the others if there are none.
    negative: Option<(String, String)>,
    integer_min: usize,
    fraction_min: usize,
    fraction_max: usize,
    /// How many digits stand between two commas; none if there are no commas.
    group: Option<usize>,
    /// 100 for per cent, 1000 for per mille.
    factor: u16,
}

/// `{{numberFormat 1234.5 '#,##0.00'}}`; a pattern, or one of `integer`, `percent`, `currency`.
fn number_format(given: &mut Given<'_>) -> Answer {
    let Some(number) = given.argument(0).and_then(decimal) else {
        return Ok(Value::Null);
    };
    let pattern = given.argument(1).or_else(|| given.option("format"));
    let pattern = pattern.map(|pattern| given.printed(pattern));
    let pattern = match pattern.as_deref() {
        None | Some("number") => "#,##0.###",
        Some("integer") => "#,##0",
        Some("percent") => "#,##0%",
        Some("currency") => "$#,##0.00",
        Some(pattern) => pattern,
    };
    let Some(mut layout) = layout(&pattern.replace('¤', "$")) else {
        return complain(format!("{pattern} is not a pattern for numbers"));
    };
    if given.option("groupingUsed").is_some() {
        layout.group = given
            .flag("groupingUsed")
            .then_some(layout.group.unwrap_or(3));
    }
    let digits = |name: &str| match given.whole_option(name)? {
        None => Ok(None),
        Some(count) => match usize::try_from(count) {
            Ok(count) if count <= DIGITS_MAX => Ok(Some(count)),
            _ => complain(format!("{name} must be from 0 to {DIGITS_MAX}")),
        },
    };
    if let Some(count) = digits("minimumIntegerDigits")? {
        layout.integer_min = count;
    }
    if let Some(count) = digits("maximumFractionDigits")? {
        layout.fraction_max = count;
        layout.fraction_min = layout.fraction_min.min(count);
    }
    if let Some(count) = digits("minimumFractionDigits")? {
        layout.fraction_min = count;
        layout.fraction_max = layout.fraction_max.max(count);
    }
    let rounding = given
        .option_text("roundingMode")
        .map(|mode| mode.to_lowercase());
    let strategy = match rounding.as_deref() {
        None | Some("half_even") => RoundingStrategy::MidpointNearestEven,
        Some("half_up") => RoundingStrategy::MidpointAwayFromZero,
        Some("half_down") => RoundingStrategy::MidpointTowardZero,
        Some("up") => RoundingStrategy::AwayFromZero,
        Some("down") => RoundingStrategy::ToZero,
        Some("ceiling") => RoundingStrategy::ToPositiveInfinity,
        Some("floor") => RoundingStrategy::ToNegativeInfinity,
        Some(mode) => return complain(format!("{mode} is not a way to round")),
    };
    match write(&layout, number, strategy) {
        Some(text) => Ok(text.into()),
        None => complain("the number is too large"),
    }
}

/// What `pattern` asks for; none if it is no pattern.
fn layout(pattern: &str) -> Option<Layout> {
    let (positive, negative) = match pattern.split_once(';') {
        Some((positive, negative)) => (positive, Some(negative)),
        None => (pattern, None),
    };
    let (prefix, digits, suffix) = affixes(positive);
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let group = integer.rfind(',').map(|comma| integer.len() - comma - 1);
    let fraction_min = fraction.bytes().take_while(|b| *b == b'0').count();
    let is_digits = !digits.is_empty()
        && group != Some(0)
        && digits.len() <= DIGITS_MAX
        && !fraction[fraction_min..].contains(|c| c != '#')
        && !integer.trim_start_matches(['#', ',']).contains(['#', '.']);
    let factor = match () {
        () if positive.contains('%') => 100,
        () if positive.contains('‰') => 1000,
        () => 1,
    };
    is_digits.then(|| Layout {
        prefix: unquoted(prefix),
        suffix: unquoted(suffix),
        negative: negative.map(|negative| {
            let (prefix, _, suffix) = affixes(negative);
            (unquoted(prefix), unquoted(suffix))
        }),
        integer_min: integer.bytes().filter(|b| *b == b'0').count(),
        fraction_min,
        fraction_max: fraction.len(),
        group,
        factor,
    })
}

/// Cuts a pattern into what stands before its digits, its digits, and what stands after.
fn affixes(pattern: &str) -> (&str, &str, &str) {
    let is_digit = |c| matches!(c, '#' | '0' | ',' | '.');
    let mut is_quoted = false;
    let start = pattern
        .find(|c| {
            is_quoted ^= c == '\'';
            !is_quoted && is_digit(c)
        })
        .unwrap_or(pattern.len());
    let (prefix, rest) = pattern.split_at(start);
    let end = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
    let (digits, suffix) = rest.split_at(end);
    (prefix, digits, suffix)
}

/// An affix without its quotes; two of them in a row are one.
fn unquoted(affix: &str) -> String {
    affix
        .split("''")
        .map(|part| part.replace('\'', ""))
        .collect::<Vec<_>>()
        .join("'")
}

fn write(layout: &Layout, number: Decimal, strategy: RoundingStrategy) -> Option<String> {
    // A decimal has at most 28 places.
    let places = u32::try_from(layout.fraction_max).ok()?.min(28);
    let number = number
        .checked_mul(Decimal::from(layout.factor))?
        .round_dp_with_strategy(places, strategy);
    let text = number.abs().to_string();
    let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut fraction = fraction.trim_end_matches('0').to_owned();
    while fraction.len() < layout.fraction_min {
        fraction.push('0');
    }
    let integer = match integer {
        "0" if layout.integer_min == 0 && !fraction.is_empty() => "",
        _ => integer,
    };
    let integer = format!("{integer:0>width$}", width = layout.integer_min);
    let mut out = String::new();
    let is_negative = number.is_sign_negative() && !number.is_zero();
    let (prefix, suffix) = match &layout.negative {
        Some((prefix, suffix)) if is_negative => (prefix, suffix),
        _ => {
            out.push_str(if is_negative { "-" } else { "" });
            (&layout.prefix, &layout.suffix)
        }
    };
    out.push_str(prefix);
    for (position, digit) in integer.char_indices() {
        let left = integer.len() - position;
        if position > 0 && layout.group.is_some_and(|group| left.is_multiple_of(group)) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(&fraction);
    }
    out.push_str(suffix);
    Some(out)
}
