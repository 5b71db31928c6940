//! Where templates write to: memory, and not without end.

// The type alone: the library's trait asks for it.
use std::io::Error;

use handlebars::Output;

use super::{RenderError, TEMPLATE_OUTPUT_MAX};

/// A text of at most [`TEMPLATE_OUTPUT_MAX`] bytes.
#[derive(Default)]
pub(super) struct BoundedText {
    pub(super) text: String,
}

impl Output for BoundedText {
    fn write(&mut self, segment: &str) -> Result<(), Error> {
        if segment.len() > TEMPLATE_OUTPUT_MAX - self.text.len() {
            return Err(Error::other(RenderError::OutputTooLong));
        }
        self.text.push_str(segment);
        Ok(())
    }
}
