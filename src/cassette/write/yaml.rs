//! Writes values as YAML in blocks, so that every YAML reader gives them back exactly, and a change
//! of one line changes one line.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::definition::source::BINARY;

/// A key longer than this is written with `?`: readers look for its colon in so many characters only.
const KEY_CHARS_MAX: usize = 500;

/// How long the lines of base64 are.
const BASE64_COLUMNS: usize = 76;

/// A list or an object as lines, each indented by so many spaces and ended.
pub(super) fn block(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    match value {
        Value::Array(items) => list(items, indent, &mut text),
        Value::Object(members) => object(members, indent, &mut text),
        scalar => {
            text.push_str(&inline(scalar));
            text.push('\n');
        }
    }
    text
}

fn list(items: &[Value], indent: usize, text: &mut String) {
    for item in items {
        margin(indent, text);
        match item {
            Value::Object(members) if !members.is_empty() && !members.contains_key(BINARY) => {
                // The first member stands beside the dash.
                let inner = block(item, indent + 2);
                text.push_str("- ");
                text.push_str(&inner[indent + 2..]);
            }
            _ => {
                text.push('-');
                after(item, indent, text);
            }
        }
    }
}

fn object(members: &Map<String, Value>, indent: usize, text: &mut String) {
    for (name, member) in members {
        margin(indent, text);
        if name.len() > KEY_CHARS_MAX {
            text.push_str("? ");
            text.push_str(&double_quoted(name));
            text.push('\n');
            margin(indent, text);
        } else {
            text.push_str(&one_line(name));
        }
        text.push(':');
        after(member, indent, text);
    }
}

/// What follows a key or a dash.
fn after(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            list(items, indent + 2, text);
        }
        Value::Object(members) => match members.get(BINARY) {
            Some(Value::String(encoded)) => binary(encoded, indent + 2, text),
            _ if members.is_empty() => text.push_str(" {}\n"),
            _ => {
                text.push('\n');
                object(members, indent + 2, text);
            }
        },
        Value::String(content) if is_literal(content) => literal(content, indent + 2, text),
        scalar => {
            text.push(' ');
            text.push_str(&inline(scalar));
            text.push('\n');
        }
    }
}

fn margin(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(content) => one_line(content),
        other => other.to_string(),
    }
}

/// A text in one line, in the plainest of the forms in which it is exact.
fn one_line(content: &str) -> String {
    if is_plain(content) {
        content.to_owned()
    } else if content.contains(['"', '\\']) && content.chars().all(is_printable) {
        format!("'{}'", content.replace('\'', "''"))
    } else {
        double_quoted(content)
    }
}

/// JSON, with an escape for whatever a reader of YAML might not take as it is.
fn double_quoted(content: &str) -> String {
    let json = Value::from(content).to_string();
    if json.chars().all(is_printable) {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match is_printable(letter) {
            true => text.push(letter),
            false if u32::from(letter) <= 0xffff => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            false => {
                let _ = write!(text, "\\U{:08x}", u32::from(letter));
            }
        }
    }
    text
}

/// Whether a text means itself without quotes, to readers of YAML 1.1 and 1.2 alike.
fn is_plain(content: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let begins = |letter: char| letter.is_ascii_alphabetic() || letter == '/';
    let is_inner = |letter: char| letter.is_ascii_graphic() || letter == ' ';
    let is_word = || WORDS.iter().any(|word| content.eq_ignore_ascii_case(word));
    content.starts_with(begins)
        && content.chars().all(is_inner)
        && !content.contains(": ")
        && !content.contains(" #")
        && !content.ends_with([':', ' '])
        && !is_word()
}

/// Whether readers of YAML take a character as it is, in quotes.
fn is_printable(letter: char) -> bool {
    match u32::from(letter) {
        0x20..=0x7e => true,
        0x2028 | 0x2029 | 0xfeff => false,
        // Not a character, in whatever plane.
        code if code & 0xfffe == 0xfffe => false,
        code => code >= 0xa0,
    }
}

/// Whether a text is exact as a block of lines: none is lost or grows, whatever editor saves it.
fn is_literal(content: &str) -> bool {
    let body = content.strip_suffix('\n').unwrap_or(content);
    let is_inner = |letter: char| is_printable(letter) || matches!(letter, '\n' | '\t');
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && body.chars().all(is_inner)
        && !body.lines().any(|line| line.ends_with([' ', '\t']))
}

fn literal(content: &str, indent: usize, text: &mut String) {
    text.push_str(match content.ends_with('\n') {
        true => " |\n",
        false => " |-\n",
    });
    for line in content.lines() {
        if !line.is_empty() {
            margin(indent, text);
        }
        text.push_str(line);
        text.push('\n');
    }
}

fn binary(encoded: &str, indent: usize, text: &mut String) {
    text.push_str(" !!binary |\n");
    for line in encoded.as_bytes().chunks(BASE64_COLUMNS) {
        margin(indent, text);
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
}
