//! Random values, drawn from the chance of the render.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::given::{decimal, number};
use super::{Answer, Fault, Given, Helper, complain};

pub(super) const HELPERS: &[Helper] = &[
    Helper::value("randomValue", random_value).drawing(),
    Helper::value("randomInt", random_int).drawing(),
    Helper::value("randomDecimal", random_decimal).drawing(),
    Helper::value("pickRandom", pick_random).drawing(),
];

/// The longest random text.
const LENGTH_MAX: usize = 1 << 20;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const HEXADECIMAL: &[u8] = b"0123456789abcdef";
const ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Many numbers from one draw, by SplitMix64.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, or 0. The high half of the product is uniform but for a part in
    /// 2^64 / `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }
}

/// `{{randomValue type='ALPHANUMERIC' length=36 uppercase=false}}`.
fn random_value(given: &mut Given<'_>) -> Answer {
    let length = given.whole_option("length")?.unwrap_or(36);
    let length = match usize::try_from(length) {
        Ok(length) if length <= LENGTH_MAX => length,
        _ => return complain(format!("length must be from 0 to {LENGTH_MAX}")),
    };
    let mut stream = Stream(given.draw());
    let kind = given.option_text("type");
    let text = match kind.as_deref().unwrap_or("ALPHANUMERIC") {
        "ALPHANUMERIC" => from_alphabet(&mut stream, ALPHANUMERIC, length),
        "ALPHABETIC" => from_alphabet(&mut stream, LETTERS, length),
        "NUMERIC" => from_alphabet(&mut stream, DIGITS, length),
        "HEXADECIMAL" => from_alphabet(&mut stream, HEXADECIMAL, length),
        "UUID" => uuid(&mut stream),
        // The printable ASCII characters: without the blank here, with it for any other type.
        "ALPHANUMERIC_AND_SYMBOLS" => from_range(&mut stream, 33, length),
        _ => from_range(&mut stream, 32, length),
    };
    Ok(if given.flag("uppercase") {
        text.to_ascii_uppercase()
    } else {
        text.to_ascii_lowercase()
    }
    .into())
}

fn from_alphabet(stream: &mut Stream, alphabet: &[u8], length: usize) -> String {
    let bound = alphabet.len() as u64;
    (0..length)
        .filter_map(|_| alphabet.get(usize::try_from(stream.below(bound)).ok()?))
        .map(|byte| char::from(*byte))
        .collect()
}

fn from_range(stream: &mut Stream, first: u8, length: usize) -> String {
    let bound = u64::from(127 - first);
    (0..length)
        .filter_map(|_| u8::try_from(stream.below(bound)).ok())
        .map(|step| char::from(first + step))
        .collect()
}

/// A UUID of version 4 (RFC 9562 section 5.4).
fn uuid(stream: &mut Stream) -> String {
    let high = stream.next() & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = stream.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// `{{randomInt lower=5 upper=9}}`: from `lower` on, and below `upper`.
fn random_int(given: &mut Given<'_>) -> Answer {
    let lower = given.whole_option("lower")?.unwrap_or(i64::from(i32::MIN));
    let upper = given.whole_option("upper")?.unwrap_or(i64::from(i32::MAX));
    if lower >= upper {
        return complain("bound must be greater than origin");
    }
    let step = Stream(given.draw()).below(upper.abs_diff(lower));
    Ok(Value::from(lower.wrapping_add_unsigned(step)))
}

/// `{{randomDecimal lower=1 upper=2}}`, with two decimals more than the finer bound has, and at
/// least ten. Without bounds, from 0 to 1,000,000: the range of Java's doubles helps nobody.
fn random_decimal(given: &mut Given<'_>) -> Answer {
    let lower = bound(given, "lower", Decimal::ZERO)?;
    let upper = bound(given, "upper", Decimal::from(1_000_000))?;
    if lower >= upper {
        return complain("bound must be greater than origin");
    }
    let scale = lower.scale().max(upper.scale()).saturating_add(2).max(10);
    let draw = given.draw() >> 1;
    let made = upper
        .checked_sub(lower)
        .zip(Decimal::from(draw).checked_div(Decimal::from(i64::MAX)))
        .and_then(|(width, part)| width.checked_mul(part))
        .and_then(|step| lower.checked_add(step));
    match made {
        Some(made) => {
            let made = made.round_dp_with_strategy(scale, RoundingStrategy::ToZero);
            Ok(number(made.normalize()))
        }
        None => complain("the bounds are too large"),
    }
}

fn bound(given: &Given<'_>, name: &str, standard: Decimal) -> Result<Decimal, Fault> {
    match given.option(name).map(decimal) {
        None => Ok(standard),
        Some(Some(bound)) => Ok(bound),
        Some(None) => complain(format!("{name} must be a number")),
    }
}

/// `{{pickRandom 'a' 'b'}}` or `{{pickRandom list count=2}}`.
fn pick_random(given: &mut Given<'_>) -> Answer {
    const USAGE: &str =
        "Must specify either a single list argument or a set of single value arguments.";
    if given.argument(0).is_none() {
        return complain(USAGE);
    }
    let count = given.whole_option("count")?;
    let mut stream = Stream(given.draw());
    let mut below = |bound: usize| usize::try_from(stream.below(bound as u64)).unwrap_or(0);
    let Some(count) = count
        .and_then(|count| usize::try_from(count).ok())
        .filter(|n| *n > 0)
    else {
        // One item is picked without copying the list.
        return match given.list(0) {
            Some([]) => complain("bound must be positive"),
            Some(list) => Ok(list[below(list.len())].clone()),
            None => Ok(given.take(below(given.positional.len()))),
        };
    };
    let mut items: Vec<Value> = match given.list(0) {
        Some(list) => list.to_vec(),
        None => given.positional.iter().copied().cloned().collect(),
    };
    let count = count.min(items.len());
    for place in 0..count {
        let other = place + below(items.len() - place);
        items.swap(place, other);
    }
    items.truncate(count);
    Ok(Value::Array(items))
}
