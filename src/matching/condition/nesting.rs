//! How deep a source nests, before the parser sees it: the parser recurses, with large frames.

use super::NESTING_MAX;
use super::error::ExpressionError;

/// Refuses a source whose brackets and conditionals nest deeper than [`NESTING_MAX`].
///
/// Text literals and comments are passed over. What is no CEL may be misread here; the parser
/// refuses it afterwards.
pub(super) fn check(source: &str) -> Result<(), ExpressionError> {
    // The conditionals that are open in each open bracket: `a ? b : c ? d : e` nests to the right.
    let mut open = vec![0_usize];
    let mut depth = 0;
    let mut at = 0;
    while let Some(byte) = source.as_bytes().get(at) {
        match byte {
            b'(' | b'[' | b'{' => {
                open.push(0);
                depth += 1;
            }
            b'?' => {
                if let Some(conditionals) = open.last_mut() {
                    *conditionals += 1;
                }
                depth += 1;
            }
            b',' => depth -= open.last_mut().map_or(0, std::mem::take),
            b')' | b']' | b'}' if open.len() > 1 => {
                depth -= 1 + open.pop().unwrap_or(0);
            }
            b'\'' | b'"' => {
                at = literal_end(source, at).ok_or_else(|| ExpressionError {
                    offset: at,
                    message: "this quote is not closed".to_owned(),
                })?;
                continue;
            }
            b'/' if source.as_bytes().get(at + 1) == Some(&b'/') => {
                at = source[at..].find('\n').map_or(source.len(), |end| at + end);
                continue;
            }
            _ => {}
        }
        if depth > NESTING_MAX {
            let message = format!("the expression is nested more than {NESTING_MAX} levels deep");
            return Err(ExpressionError {
                offset: at,
                message,
            });
        }
        at += 1;
    }
    Ok(())
}

/// Where the text literal ends whose quote is at `start`; `None` if nothing closes it.
fn literal_end(source: &str, start: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let raw = start > 0 && matches!(bytes[start - 1], b'r' | b'R');
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let closing: &[u8] = if triple { &[quote; 3] } else { &[quote] };
    let mut at = start + closing.len();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !raw => at += 2,
            b'\n' if !triple => return None,
            _ if bytes[at..].starts_with(closing) => return Some(at + closing.len()),
            _ => at += 1,
        }
    }
    None
}
