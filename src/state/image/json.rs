//! JSON that may be deeper than what comes over the wire: a record stands inside of an effect or a row,
//! and steps put records into records.

use serde::de::DeserializeOwned;

use super::ImageError;

/// How deep JSON may be that is read. What is in a state is far from it; it keeps garbled bytes from
/// using up the stack.
pub const DEPTH_MAX: usize = 4_096;

/// Reads what `serde_json` has written, however deep it is, up to [`DEPTH_MAX`]. It needs a large stack:
/// [`STACK_BYTES`](super::STACK_BYTES).
///
/// # Errors
/// When it is no JSON, or none of this kind.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ImageError> {
    if depth(bytes) > DEPTH_MAX {
        return Err(ImageError::garbled("it is too deep"));
    }
    let mut from = serde_json::Deserializer::from_slice(bytes);
    from.disable_recursion_limit();
    let read = T::deserialize(&mut from).map_err(ImageError::garbled)?;
    from.end().map_err(ImageError::garbled)?;
    Ok(read)
}

/// How many brackets are open at the most. Bytes that are no JSON may have any.
fn depth(bytes: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'[' | b'{' => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            b'"' => {
                while let Some(inside) = rest.next() {
                    match inside {
                        b'\\' => drop(rest.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_depth_is_that_of_brackets_outside_of_texts() {
        for (text, expected) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a":[1,{"b":2}],"c":[]}"#, 3),
            (r#"["[[[\"[[","]"]"#, 1),
            ("]]][", 1),
            (r#"["\"#, 1),
        ] {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_deeper_than_the_wire_lets_through_is_read_and_a_bomb_is_not() {
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        let read = |text: String| from_json::<Value>(text.as_bytes()).is_ok();
        let check = move || {
            assert!(read(nested(200)) && read(nested(DEPTH_MAX)));
            assert!(!read(nested(DEPTH_MAX + 1)) && !read("[".repeat(1_000_000)));
            assert!(!read("[1] 2".to_owned()));
        };
        let thread = std::thread::Builder::new().stack_size(super::super::STACK_BYTES);
        let done = thread.spawn(check).expect("a thread").join();
        done.expect("it is checked");
    }
}
