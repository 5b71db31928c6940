//! What is refused before the library sees it.
//!
//! The library's parser recurses for every block and every parenthesis, and looks up the line of
//! every tag from the start of the text. Here tags are only told apart, so that both stay bounded.
//! Whatever could be read in two ways is refused: a template never nests deeper than it seems.

use super::{BLOCK_DEPTH_MAX, CALL_DEPTH_MAX, TEMPLATE_BYTES_MAX};

/// The most that the distances of all tags from the start may come to, in bytes.
pub(super) const TAG_DISTANCE_MAX: usize = 64 * 1024 * 1024;

/// What is wrong, and where, in bytes from the start.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) offset: usize,
}

fn mistake<T>(offset: usize, message: impl Into<String>) -> Result<T, Mistake> {
    Err(Mistake {
        message: message.into(),
        offset,
    })
}

/// Refuses `source` if the library had better not read it.
pub(super) fn check(source: &str) -> Result<(), Mistake> {
    if source.len() > TEMPLATE_BYTES_MAX {
        return mistake(0, format!("it is longer than {TEMPLATE_BYTES_MAX} bytes"));
    }
    let mut open = OpenBlocks::default();
    let mut distance = 0;
    let mut at = 0;
    while let Some(found) = source[at..].find("{{") {
        let start = at + found;
        let backslashes = source[at..start].bytes().rev().take_while(|b| *b == b'\\');
        if backslashes.count() == 1 {
            at = start
                + if source[start..].starts_with("{{{{") {
                    4
                } else {
                    2
                };
            continue;
        }
        distance += start;
        if distance > TAG_DISTANCE_MAX {
            return mistake(start, "it has too many tags for its length");
        }
        at = tag(source, start, &mut open)?;
    }
    Ok(())
}

/// The blocks that are open: for each, how many levels it and its `else if` branches are deep.
#[derive(Default)]
struct OpenBlocks {
    levels: Vec<usize>,
    depth: usize,
}

impl OpenBlocks {
    fn open(&mut self, offset: usize) -> Result<(), Mistake> {
        self.levels.push(0);
        self.deepen(offset)
    }

    fn deepen(&mut self, offset: usize) -> Result<(), Mistake> {
        if let Some(levels) = self.levels.last_mut() {
            *levels += 1;
            self.depth += 1;
        }
        if self.depth > BLOCK_DEPTH_MAX {
            return mistake(
                offset,
                format!("blocks nest no deeper than {BLOCK_DEPTH_MAX}, each else counted"),
            );
        }
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= self.levels.pop().unwrap_or(0);
    }
}

/// Looks at the tag that starts at `start`, and tells where it ends.
fn tag(source: &str, start: usize, open: &mut OpenBlocks) -> Result<usize, Mistake> {
    let inside = &source[start + 2..];
    if inside.starts_with("{{") {
        return mistake(start, "raw blocks in four braces are not supported");
    }
    if let Some(comment) = inside.strip_prefix('!') {
        let end = match comment.trim_start_matches(BLANKS).strip_prefix("--") {
            Some(text) => text.find("--}}").map(|end| (text, end + 4)),
            None => None,
        };
        let end = end.or_else(|| comment.find("}}").map(|end| (comment, end + 2)));
        return match end {
            // Both texts are tails of the source.
            Some((text, length)) => Ok(source.len() - text.len() + length),
            None => mistake(start, "this comment is never closed"),
        };
    }
    let content = inside.trim_start_matches(BLANKS);
    let content = content.strip_prefix('~').unwrap_or(content);
    let content = content.trim_start_matches(BLANKS);
    match content.as_bytes().first() {
        Some(b'#') => match content[1..].trim_start_matches(BLANKS).as_bytes().first() {
            Some(b'>' | b'*') => {
                return mistake(start, "partials and decorators are not supported");
            }
            _ => open.open(start)?,
        },
        Some(b'>' | b'*') => {
            return mistake(start, "partials and decorators are not supported");
        }
        Some(b'/') => open.close(),
        Some(b'^') => open.deepen(start)?,
        _ if content.starts_with("else") => open.deepen(start)?,
        _ => {}
    }
    let is_triple = content.starts_with('{');
    let content = &content[usize::from(is_triple)..];
    let length = end_of(content).map_err(|mistake| Mistake {
        offset: start,
        ..mistake
    })?;
    let rest = &content[length..];
    let rest = match is_triple {
        true => rest[1..].trim_start_matches(BLANKS).trim_start_matches('~'),
        false => rest,
    };
    let rest = rest.trim_start_matches(BLANKS);
    match rest.strip_prefix("}}") {
        Some(rest) => Ok(source.len() - rest.len()),
        None => mistake(start, "this tag is not closed as it was opened"),
    }
}

/// What the parser takes for blanks inside a tag.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Where the first brace stands that closes the tag with this content.
fn end_of(content: &str) -> Result<usize, Mistake> {
    let mut calls = 0;
    let mut at = 0;
    while let Some(character) = content[at..].chars().next() {
        match character {
            '}' => return Ok(at),
            '{' => return mistake(0, "a brace has no place in a tag"),
            '\'' | '"' => at += quoted(&content[at + 1..], character)?,
            '[' => at += bracketed(&content[at + 1..])?,
            '(' => {
                calls += 1;
                if calls > CALL_DEPTH_MAX {
                    return mistake(0, format!("calls nest no deeper than {CALL_DEPTH_MAX}"));
                }
            }
            ')' => calls = calls.saturating_sub(1),
            _ => {}
        }
        at += character.len_utf8();
    }
    mistake(0, "this tag is never closed")
}

/// How many bytes are up to the closing quote, that included.
fn quoted(text: &str, quote: char) -> Result<usize, Mistake> {
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return Ok(at + 1),
            _ => {}
        }
    }
    mistake(0, "this tag holds a text that is never closed")
}

/// How many bytes are up to the closing bracket, that included. A bracket may be a name or a list,
/// which read quotes in two ways.
fn bracketed(text: &str) -> Result<usize, Mistake> {
    match text.split_once(']') {
        Some((name, _)) if name.contains(['\'', '"', '[', '{', '}']) => mistake(
            0,
            "brackets hold a name or a position; lists are made by the helper array",
        ),
        Some((name, _)) => Ok(name.len() + 1),
        None => mistake(0, "this tag holds a bracket that is never closed"),
    }
}
