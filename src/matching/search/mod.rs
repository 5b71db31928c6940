//! Search texts: `status:open label:"help wanted" -author:ann created>=5 some words`, as the search
//! boxes and search routes of many services take them. A text becomes a list of terms; what a field
//! means is for definitions to say.
//!
//! A term is a field, an operator and a value, or a word alone. Values may be quoted, with `'` or `"`,
//! and `\` before a quote. `-` or `NOT` before a term turns it around. Terms are joined by `AND`, or by
//! nothing, or all of them by `OR`: there are no parentheses. A key in brackets is a step of the field:
//! `metadata['key']` is `metadata.key`.

mod matches;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

pub use matches::matches;

/// The longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 4_096;

/// The most terms of a text.
pub const TERMS_MAX: usize = 100;

/// The operators behind a field, and behind its colon; where two begin alike, the longer stands first.
const OPERATORS: [&str; 7] = [":", "~", ">=", "<=", ">", "<", "="];
const BEHIND_COLON: [&str; 5] = [">=", "<=", ">", "<", "="];

/// One term.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    /// Empty, for a word alone.
    field: String,
    operator: &'static str,
    /// None, for `null` without quotes.
    value: Option<String>,
    /// The ends of a range `a..b`; empty, where one is `*`.
    range: Option<(String, String)>,
    negated: bool,
}

/// What a text asks for.
#[derive(Debug, Default)]
struct Terms {
    terms: Vec<Term>,
    /// Whether one of the terms is enough.
    any: bool,
}

/// The terms of a text as JSON: `terms` (each with `field`, `operator`, `value`, `negated`; of a range,
/// `from` and `to`), `any`, and `problem`, which is empty if all of the text was understood.
#[must_use]
pub fn terms(text: &str) -> Value {
    let (terms, problem) = match read(text) {
        Ok(terms) => (terms, String::new()),
        Err(problem) => (Terms::default(), problem),
    };
    let shown: Vec<Value> = terms.terms.iter().map(shown).collect();
    json!({ "terms": shown, "any": terms.any, "problem": problem })
}

fn shown(term: &Term) -> Value {
    let mut shown = json!({
        "field": term.field, "operator": term.operator, "value": term.value, "negated": term.negated,
    });
    if let Some((from, to)) = &term.range {
        shown["from"] = from.as_str().into();
        shown["to"] = to.as_str().into();
    }
    shown
}

fn read(text: &str) -> Result<Terms, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!("the text has more than {TEXT_BYTES_MAX} bytes"));
    }
    let mut found = Terms::default();
    // How each term is joined to the one before it.
    let (mut joint, mut ands) = (Joint::None, 0);
    let mut negated = false;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        match word {
            "AND" | "OR" => {
                if found.terms.is_empty() || joint != Joint::None || negated {
                    return Err(format!("`{word}` stands between terms"));
                }
                joint = if word == "OR" { Joint::Or } else { Joint::And };
                rest = behind.trim_start();
                continue;
            }
            "NOT" => {
                if negated {
                    return Err("`NOT` stands before a term".to_owned());
                }
                negated = true;
                rest = behind.trim_start();
                continue;
            }
            _ => {}
        }
        let (mut term, behind) = term(rest)?;
        term.negated ^= negated;
        match joint {
            Joint::Or => found.any = true,
            _ if found.terms.is_empty() => {}
            Joint::And | Joint::None => ands += 1,
        }
        found.terms.push(term);
        (joint, negated) = (Joint::None, false);
        rest = behind.trim_start();
    }
    if joint != Joint::None || negated {
        return Err("a term is missing at the end".to_owned());
    }
    if found.any && ands > 0 {
        return Err("terms are joined by AND or by OR, and not by both".to_owned());
    }
    if found.terms.len() > TERMS_MAX {
        return Err(format!("there are more than {TERMS_MAX} terms"));
    }
    Ok(found)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    None,
    And,
    Or,
}

/// The term at the beginning of a text, and what follows it.
fn term(text: &str) -> Result<(Term, &str), String> {
    let (negated, text) = match text.strip_prefix('-') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(char::is_whitespace) => (true, rest),
        _ => (false, text),
    };
    if text.starts_with(['(', ')']) {
        return Err("there are no parentheses".to_owned());
    }
    let (field, operator, behind) = field(text)?.unwrap_or((String::new(), ":", text));
    let (value, quoted, rest) = value(behind)?;
    let ends = value
        .split_once("..")
        .filter(|_| !quoted && !field.is_empty());
    let end = |end: &str| {
        if end == "*" {
            String::new()
        } else {
            end.to_owned()
        }
    };
    let range = ends.map(|(from, to)| (end(from), end(to)));
    let is_null = !quoted && !field.is_empty() && value == "null";
    let term = Term {
        operator: if range.is_some() { ".." } else { operator },
        value: (!is_null).then_some(value),
        field,
        range,
        negated,
    };
    Ok((term, rest))
}

/// The field and the operator at the beginning of a text, and what follows them; nothing, if a word
/// stands there alone.
fn field(text: &str) -> Result<Option<(String, &'static str, &str)>, String> {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@');
    let (name, mut rest) = text.split_at(text.find(|c| !in_name(c)).unwrap_or(text.len()));
    if name.is_empty() {
        return Ok(None);
    }
    let mut field = name.to_owned();
    while let Some(quoted) = rest.strip_prefix('[') {
        if !quoted.starts_with(['\'', '"']) {
            return Ok(None);
        }
        let (key, behind) = quotation(quoted)?;
        let Some(behind) = behind.strip_prefix(']') else {
            return Err(format!("the bracket behind `{field}` is not closed"));
        };
        field = format!("{field}.{key}");
        rest = behind;
    }
    let starts = |operators: &[&'static str], text: &str| {
        let mut operators = operators.iter().copied();
        operators.find(|operator| text.starts_with(operator))
    };
    let Some(operator) = starts(&OPERATORS, rest) else {
        return Ok(None);
    };
    let behind = &rest[operator.len()..];
    Ok(Some(match starts(&BEHIND_COLON, behind) {
        Some(second) if operator == ":" => (field, second, &behind[second.len()..]),
        _ => (field, operator, behind),
    }))
}

/// The value at the beginning of a text, whether a part of it is quoted, and what follows it.
fn value(text: &str) -> Result<(String, bool, &str), String> {
    let (mut value, mut quoted) = (String::new(), false);
    let mut rest = text;
    while let Some(first) = rest.chars().next().filter(|first| !first.is_whitespace()) {
        let opens = first == '"' || (first == '\'' && value.is_empty());
        if opens {
            let (part, behind) = quotation(rest)?;
            value.push_str(&part);
            quoted = true;
            rest = behind;
        } else {
            value.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok((value, quoted, rest))
}

/// What stands within the quotes at the beginning of a text, and what follows them.
fn quotation(text: &str) -> Result<(String, &str), String> {
    let mut characters = text.char_indices();
    let quote = characters.next().map_or('"', |(_, quote)| quote);
    let mut inside = String::new();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some((_, escaped)) if escaped == quote || escaped == '\\' => inside.push(escaped),
                Some((_, other)) => inside.extend(['\\', other]),
                None => break,
            },
            _ if character == quote => return Ok((inside, &text[at + quote.len_utf8()..])),
            _ => inside.push(character),
        }
    }
    Err(format!(
        "a quote is not closed: {}",
        text.chars().take(40).collect::<String>()
    ))
}
