//! Texts as wholes: their words, their layout, their formats, and forms.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::given::{decimal, whole};
use super::java::double_text;
use super::text::decode_form;
use super::{Answer, Given, Helper, Role, VariablePlace, complain};
use crate::render::{TEMPLATE_OUTPUT_MAX, many};

pub(super) const HELPERS: &[Helper] = &[
    Helper::transform("slugify", slugify),
    Helper::transform("stripTags", strip_tags),
    Helper::value("wordWrap", word_wrap),
    Helper::value("stringFormat", string_format),
    Helper::value("formData", form_data).assigning(VariablePlace::Position(1)),
    Helper::value("systemValue", system_value),
    Helper::new("log", Role::Transform, |_| Ok(Value::Null)),
];

/// The letters, small, and the digits, with a hyphen for each blank between them.
fn slugify(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace());
    let kept: String = kept.flat_map(char::to_lowercase).collect();
    Ok(kept
        .trim()
        .chars()
        .map(|c| if c.is_whitespace() { '-' } else { c })
        .collect::<String>()
        .into())
}

/// The text without what stands between angle brackets.
fn strip_tags(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    let mut kept = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some((before, tag)) = rest.split_once('<') {
        kept.push_str(before);
        let Some((_, behind)) = tag.split_once('>') else {
            kept.push('<');
            rest = tag;
            continue;
        };
        rest = behind;
    }
    kept.push_str(rest);
    Ok(kept.into())
}

/// Lines of so many characters, broken at blanks. A word that is longer has a line of its own.
fn word_wrap(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    let width = given.argument(1).and_then(whole);
    let Some(width) = width.and_then(|width| usize::try_from(width).ok()) else {
        return complain("wordWrap needs a length");
    };
    let mut wrapped = String::with_capacity(text.len());
    let mut length = 0;
    for word in text.split(' ') {
        let size = word.chars().count();
        if !wrapped.is_empty() {
            let fits = length + 1 + size <= width;
            wrapped.push(if fits { ' ' } else { '\n' });
            length = if fits { length + 1 } else { 0 };
        }
        wrapped.push_str(word);
        length += size;
    }
    Ok(wrapped.into())
}

/// One place of a format: `%-5.2f`.
#[derive(Default)]
struct Spot<'f> {
    index: Option<usize>,
    flags: &'f str,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

/// The widest place.
const WIDTH_MAX: usize = 10_000;

/// The most digits behind the point.
const PRECISION_MAX: usize = 100;

/// `{{stringFormat '%s has %d' name count}}`: what Java's `String.format` knows of texts and numbers.
fn string_format(given: &mut Given<'_>) -> Answer {
    let format = given.text(0);
    let mut made = String::new();
    let mut rest = &*format;
    let mut next = 0;
    while let Some((text, behind)) = rest.split_once('%') {
        made.push_str(text);
        let Some((spot, behind)) = spot(behind) else {
            return complain(format!("{format} is not a format"));
        };
        rest = behind;
        match spot.conversion {
            '%' => made.push('%'),
            'n' => made.push('\n'),
            _ => {
                let index = spot.index.unwrap_or_else(|| {
                    next += 1;
                    next
                });
                let Some(value) = given.positional.get(index) else {
                    return complain(format!("Format specifier '%{}'", spot.conversion));
                };
                let Some(text) = filled(given, &spot, value) else {
                    return complain(format!(
                        "{} does not fit %{}",
                        given.printed(value),
                        spot.conversion
                    ));
                };
                pad(&mut made, &spot, &text);
            }
        }
        if made.len() > TEMPLATE_OUTPUT_MAX {
            return Err(crate::render::RenderError::OutputTooLong.into());
        }
    }
    made.push_str(rest);
    Ok(made.into())
}

/// The place that `text` starts with, behind its per cent sign, and what follows it.
fn spot(text: &str) -> Option<(Spot<'_>, &str)> {
    let number = |text: &str| {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = text[..digits].parse::<usize>().ok();
        (number, digits)
    };
    let mut spot = Spot::default();
    let mut rest = text;
    if let (Some(index), digits) = number(rest)
        && let Some(behind) = rest[digits..].strip_prefix('$')
    {
        spot.index = Some(index);
        rest = behind;
    }
    let behind = rest.trim_start_matches(['-', '+', ' ', '0', ',', '(', '#']);
    spot.flags = &rest[..rest.len() - behind.len()];
    let (width, digits) = number(behind);
    spot.width = width.unwrap_or(0);
    rest = &behind[digits..];
    if let Some(behind) = rest.strip_prefix('.') {
        let (precision, digits) = number(behind);
        spot.precision = Some(precision?);
        rest = &behind[digits..];
    }
    spot.conversion = rest.chars().next()?;
    let fits = spot.width <= WIDTH_MAX && spot.precision.unwrap_or(0) <= PRECISION_MAX;
    fits.then(|| (spot, &rest[spot_length(rest)..]))
}

fn spot_length(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

/// The text of `value` for a place.
fn filled(given: &Given<'_>, spot: &Spot<'_>, value: &Value) -> Option<String> {
    let conversion = spot.conversion;
    let integer = || whole(value).filter(|_| value.is_number());
    let text = match conversion.to_ascii_lowercase() {
        's' => {
            let text = match value {
                Value::Null => "null".into(),
                _ => given.printed(value),
            };
            text.chars()
                .take(spot.precision.unwrap_or(usize::MAX))
                .collect()
        }
        'b' => {
            (*value == Value::Bool(true) || !(value.is_null() || value.is_boolean())).to_string()
        }
        'c' => given.printed(value).into_owned(),
        'd' => signed(spot, &integer()?.unsigned_abs().to_string(), integer()? < 0),
        'x' => format!("{:x}", integer()?),
        'o' => format!("{:o}", integer()?),
        'f' => {
            let number = decimal(value).filter(|_| value.is_number())?;
            let precision = u32::try_from(spot.precision.unwrap_or(6)).ok()?;
            let rounded = number.round_dp_with_strategy(
                precision,
                rust_decimal::RoundingStrategy::MidpointAwayFromZero,
            );
            let text = format!("{:.*}", precision as usize, rounded.abs());
            signed(
                spot,
                &text,
                rounded.is_sign_negative() && !rounded.is_zero(),
            )
        }
        'e' => {
            let number = value.as_number()?.as_str().parse::<f64>().ok()?;
            let text = format!("{:.*e}", spot.precision.unwrap_or(6), number.abs());
            let (mantissa, exponent) = text.split_once('e')?;
            let exponent: i32 = exponent.parse().ok()?;
            let sign = if exponent < 0 { '-' } else { '+' };
            let text = format!("{mantissa}e{sign}{:02}", exponent.abs());
            signed(spot, &text, number < 0.0)
        }
        'g' => double_text(value.as_number()?.as_str().parse::<f64>().ok()?),
        _ => return None,
    };
    Some(match conversion.is_ascii_uppercase() {
        true => text.to_uppercase(),
        false => text,
    })
}

/// A number's digits, grouped if that is wanted, with its sign.
fn signed(spot: &Spot<'_>, digits: &str, is_negative: bool) -> String {
    let grouped = match spot.flags.contains(',') {
        true => {
            let (integer, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
            let mut grouped = String::new();
            for (at, digit) in integer.chars().enumerate() {
                if at > 0 && (integer.len() - at).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            grouped + fraction
        }
        false => digits.to_owned(),
    };
    let sign = match is_negative {
        true => "-",
        false if spot.flags.contains('+') => "+",
        false if spot.flags.contains(' ') => " ",
        false => "",
    };
    let missing = spot.width.saturating_sub(grouped.len() + sign.len());
    let zeros = match spot.flags.contains('0') {
        true => "0".repeat(missing),
        false => String::new(),
    };
    format!("{sign}{zeros}{grouped}")
}

/// Writes a text as wide as its place is.
fn pad(made: &mut String, spot: &Spot<'_>, text: &str) {
    let missing = spot.width.saturating_sub(text.chars().count());
    let blanks = " ".repeat(missing);
    match spot.flags.contains('-') {
        true => made.extend([text, &blanks]),
        false => made.extend([&*blanks, text]),
    }
}

/// `{{formData request.body 'name' urlDecode=true}}`: the fields of a form, or a variable of that
/// name.
fn form_data(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    let decodes = given.flag("urlDecode");
    let mut fields: IndexMap<&str, Vec<Value>> = IndexMap::new();
    for field in text.split('&') {
        let mut parts = field.split('=');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
            continue;
        };
        // Java splits off no empty text at the end.
        if value.is_empty() && parts.all(str::is_empty) {
            continue;
        }
        let value = value.trim();
        let value = match decodes {
            true => match decode_form(value) {
                Some(value) => value,
                None => return complain(format!("{value} is not URL encoded")),
            },
            false => value.to_owned(),
        };
        fields.entry(name).or_default().push(value.into());
    }
    let fields = fields.into_iter();
    let fields: Map<String, Value> = fields
        .map(|(name, values)| (name.to_owned(), many(values)))
        .collect();
    Ok(Value::Object(fields))
}

/// `{{systemValue key='wiremock.x' default='y'}}`: the default, for nothing of the machine is known
/// here. WireMock permits names that start with `wiremock`, unless it is told otherwise.
fn system_value(given: &mut Given<'_>) -> Answer {
    let key = given.option_text("key").unwrap_or_default();
    if key.is_empty() {
        return complain("The key cannot be empty");
    }
    let is_permitted = key
        .get(.."wiremock".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("wiremock"));
    if !is_permitted {
        return complain(format!("Access to {key} is denied"));
    }
    let kind = given.option_text("type");
    Ok(match kind.as_deref() {
        None | Some("ENVIRONMENT" | "PROPERTY") => {
            given.option("default").cloned().unwrap_or(Value::Null)
        }
        Some(_) => Value::from(""),
    })
}
