//! Texts: their case, their length, their encodings.

use std::fmt::Write as _;

use serde_json::Value;

use super::given::whole;
use super::{Answer, Given, Helper, complain, holds};
use crate::domain::signature::{hex, md5, sha256};
use crate::render::{Dialect, TEMPLATE_OUTPUT_MAX};

pub(super) const HELPERS: &[Helper] = &[
    Helper::transform("trim", |given| Ok(given.text(0).trim().to_owned().into())),
    Helper::transform("upper", |given| Ok(given.text(0).to_uppercase().into())),
    Helper::transform("lower", |given| Ok(given.text(0).to_lowercase().into())),
    Helper::transform("capitalize", capitalize),
    Helper::transform("capitalizeFirst", |given| {
        Ok(with_first_upper(&given.text(0)).into())
    }),
    Helper::transform("base64", base64),
    Helper::transform("urlEncode", url_encode),
    Helper::transform(
        "md5",
        |given| Ok(hex(&md5(given.text(0).as_bytes())).into()),
    ),
    Helper::transform("sha256", |given| {
        Ok(hex(&sha256(&[given.text(0).as_bytes()])).into())
    }),
    Helper::value("replace", |given| {
        let (text, from, to) = (given.text(0), given.text(1), given.text(2));
        let count = if from.is_empty() {
            0
        } else {
            text.matches(&*from).count()
        };
        if text.len().saturating_add(count.saturating_mul(to.len())) > TEMPLATE_OUTPUT_MAX {
            return Err(crate::render::RenderError::OutputTooLong.into());
        }
        Ok(if count == 0 {
            text.into_owned()
        } else {
            text.replace(&*from, &to)
        }
        .into())
    }),
    Helper::value("cut", |given| {
        let (text, gone) = (given.text(0), given.text(1));
        let gone = if gone.is_empty() { " " } else { &gone };
        Ok(text.replace(gone, "").into())
    }),
    Helper::value("substring", substring),
    Helper::value("abbreviate", abbreviate),
    Helper::value("ljust", |given| justify(given, |_| 0)),
    Helper::value("rjust", |given| justify(given, |missing| missing)),
    Helper::value("center", |given| justify(given, |missing| missing / 2)),
    Helper::value("yesno", yes_no),
    Helper::value("defaultIfEmpty", default_if_empty),
    Helper::value("default", default),
    // Every container has another name; a reply that is to be repeated has only this one.
    Helper::value("hostname", |_| Ok("localhost".to_owned().into())),
];

fn with_first_upper(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    first
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(characters)
        .collect()
}

/// Every word with a capital; `fully=true` takes the other letters down.
fn capitalize(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    let text = match given.flag("fully") {
        true => text.to_lowercase(),
        false => text.into_owned(),
    };
    let mut is_start = true;
    let mut made = String::with_capacity(text.len());
    for character in text.chars() {
        match is_start {
            true => made.extend(character.to_uppercase()),
            false => made.push(character),
        }
        is_start = character.is_whitespace();
    }
    Ok(made.into())
}

fn substring(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    let bound = |position| given.argument(position).map(whole);
    let (Some(Some(start)), end) = (bound(1), bound(2)) else {
        return complain("substring needs the position to start at");
    };
    let start = usize::try_from(start).unwrap_or(0);
    let end = end
        .flatten()
        .map_or(usize::MAX, |end| usize::try_from(end).unwrap_or(0));
    let length = end.saturating_sub(start);
    Ok(text
        .chars()
        .skip(start)
        .take(length)
        .collect::<String>()
        .into())
}

fn abbreviate(given: &mut Given<'_>) -> Answer {
    const DOTS: &str = "...";
    let text = given.text(0);
    let Some(width) = given.argument(1).and_then(whole) else {
        return complain("abbreviate needs a width");
    };
    let width = usize::try_from(width).unwrap_or(0).max(DOTS.len() + 1);
    if text.chars().count() <= width {
        return Ok(text.into_owned().into());
    }
    let kept: String = text.chars().take(width - DOTS.len()).collect();
    Ok((kept + DOTS).into())
}

/// Fills a text up to `size=` characters with `pad=`; `before` says how many of those that are
/// missing go in front.
fn justify(given: &mut Given<'_>, before: fn(usize) -> usize) -> Answer {
    let text = given.text(0);
    let Some(size) = given.whole_option("size")? else {
        return complain(format!("{} needs a size", given.helper));
    };
    let size = usize::try_from(size).unwrap_or(0);
    if size > TEMPLATE_OUTPUT_MAX {
        return complain(format!("size must be at most {TEMPLATE_OUTPUT_MAX}"));
    }
    let pad = given.option_text("pad").and_then(|pad| pad.chars().next());
    let pad = String::from(pad.unwrap_or(' '));
    let missing = size.saturating_sub(text.chars().count());
    let front = before(missing);
    Ok((pad.repeat(front) + &text + &pad.repeat(missing - front)).into())
}

fn yes_no(given: &mut Given<'_>) -> Answer {
    let (name, standard) = match given.positional.first() {
        Some(value) if value.is_null() => ("maybe", "maybe"),
        Some(value) if given.printed(value) == "true" => ("yes", "yes"),
        _ => ("no", "no"),
    };
    let chosen = given.option(name).cloned();
    Ok(chosen.unwrap_or_else(|| standard.to_owned().into()))
}

/// `{{default a b}}`: `a` if it is there and is no empty text, else `b`.
fn default(given: &mut Given<'_>) -> Answer {
    let is_given = |value: &&Value| value.as_str() != Some("");
    let value = given.argument(0).filter(is_given);
    Ok(value.cloned().unwrap_or_else(|| given.take(1)))
}

/// The first argument that holds something.
fn default_if_empty(given: &mut Given<'_>) -> Answer {
    let count = match given.dialect {
        Dialect::Pack => given.positional.len(),
        // What follows the second is not looked at.
        Dialect::WireMock => 2,
    };
    let found = given
        .positional
        .iter()
        .take(count)
        .find(|value| holds(value));
    Ok(found.map_or(Value::Null, |value| (*value).clone()))
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    if given.flag("decode") {
        return match decode_base64(&text) {
            Some(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned().into()),
            None => complain("this is not base64"),
        };
    }
    let is_padded = given.option("padding").is_none() || given.flag("padding");
    let mut encoded = String::with_capacity(text.len() / 3 * 4 + 4);
    for chunk in text.as_bytes().chunks(3) {
        let bits = (chunk.iter()).fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = bits >> (18 - 6 * place) & 0x3f;
            encoded.push(char::from(BASE64[index as usize]));
        }
        if is_padded {
            encoded.push_str(&"=="[..3 - chunk.len()]);
        }
    }
    Ok(encoded.into())
}

/// The bytes that `text` encodes, in the standard or the URL alphabet, padded or not.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for character in text.trim_end().trim_end_matches('=').bytes() {
        let digit = match character {
            b'-' => 62,
            b'_' => 63,
            _ => BASE64.iter().position(|known| *known == character)?,
        };
        bits = bits << 6 | u32::try_from(digit).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    // A single digit left over encodes no byte.
    (count < 6).then_some(bytes)
}

/// Form encoding, as Java's `URLEncoder` has it: a blank becomes a plus.
fn url_encode(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    if given.flag("decode") {
        return match decode_form(&text) {
            Some(decoded) => Ok(decoded.into()),
            None => complain(format!("{text} is not URL encoded")),
        };
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'.' | b'-' | b'*' | b'_' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => _ = write!(encoded, "%{byte:02X}"),
        }
    }
    Ok(encoded.into())
}

/// The text that `text` encodes.
pub(super) fn decode_form(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high << 4 | low).ok()?
            }
            _ => byte,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
