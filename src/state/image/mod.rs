//! The whole of a sandbox's state as bytes, and back: what a store writes down so that it need not
//! begin with the first effect again.
//!
//! An image comes in parts of about [`PART_BYTES`], so that no sandbox needs one large piece of memory.
//! A part is JSON: its number, and rows of one kind. Each type of the state says in a file `image.rs` of
//! its own what its rows are. What follows from other things, such as an index, is not written, but made
//! again. The last part has a digest of all.
//!
//! Everything is in it but [`past`](super::past): how it was before the latest calls follows from the
//! effects of those calls. Rows of datasets that are held in memory are written once per image; generated
//! ones are their recipe.
//!
//! Whoever reads an image, or an effect, gives it a large stack ([`STACK_BYTES`]): expressions of fault
//! rules are compiled again, and JSON may be deep.

mod error;
mod json;
mod part;
mod reader;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

pub use error::ImageError;
pub use json::{DEPTH_MAX, from_json};
pub use reader::Reader;
pub(in crate::state) use writer::Writer;

use super::SandboxState;

/// Of which form the images are that are written here. A reader refuses others.
pub const VERSION: u32 = 1;

/// How large a part is, about: one that has come so far is not added to.
pub const PART_BYTES: usize = 1 << 20;

/// The stack on which images and effects can be read, whatever is in them.
pub const STACK_BYTES: usize = 64 << 20;

/// Writes an image of a state: `part` is given one part after the other. Equal states give equal parts.
pub fn write(state: &SandboxState, part: &mut dyn FnMut(Vec<u8>)) {
    let mut writer = Writer::new(part);
    part::write(state, &mut writer);
    writer.finish();
}

/// A digest of everything that an image has: equal for equal states, and for no others.
#[must_use]
pub fn fingerprint(state: &SandboxState) -> String {
    let mut ignore = |_| {};
    let mut writer = Writer::new(&mut ignore);
    part::write(state, &mut writer);
    writer.finish()
}
