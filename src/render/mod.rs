//! Templates: the values of packs and stubs that are made from the call they answer.
//!
//! [`Template`] is one text, [`Document`] a JSON value whose strings are templates. The language is
//! Handlebars as the crate `handlebars` has it, with WireMock's helpers. Both are compiled once,
//! when definitions load, and what is wrong with them is refused there.
//!
//! Where this differs from handlebars.java, which WireMock embeds: lines that hold nothing but a
//! block tag leave no line behind; inside `each` and `with` a name is looked up in that block only
//! (`../name` or `@root.name` reach outward); a backslash in a quoted argument is doubled;
//! `{{#name}}` sections, partials, decorators and raw blocks are refused; a name that is a helper's
//! is that helper (`this.size` is the member). An object or a list prints as JSON. A date that one
//! helper hands to another is text in ISO 8601. Zones are UTC and fixed offsets.
//!
//! What never lives here: a clock, a random number generator, anything that waits. The time and
//! the chance of a render are arguments ([`RenderEnv`]), so that a render can be repeated.

mod call;
mod compile;
mod document;
mod guard;
mod helpers;
mod output;
mod path;
mod run;
mod template;

#[cfg(test)]
mod tests;

pub use document::{Document, DocumentError};
pub use template::{Template, TemplateError};

use crate::domain::chance::Chance;

/// The longest template, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 1024 * 1024;

/// The most bytes that one render may produce.
pub const TEMPLATE_OUTPUT_MAX: usize = 10 * 1024 * 1024;

/// The most work that one render may do, in units of roughly one byte copied. It stops loops that
/// print nothing, which [`TEMPLATE_OUTPUT_MAX`] cannot.
pub const TEMPLATE_WORK_MAX: u64 = 32 * 1024 * 1024;

/// How deep blocks may nest in a template; each `else if` counts as one more level.
pub const BLOCK_DEPTH_MAX: usize = 32;

/// How deep helper calls in parentheses may nest in a tag.
pub const CALL_DEPTH_MAX: usize = 16;

/// How deep a document, or a value that a template builds, may nest.
pub const VALUE_DEPTH_MAX: usize = 128;

/// How the values that a template prints are escaped. `{{{x}}}` and `{{&x}}` never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Escape {
    /// Values are printed as they are: WireMock's default, and that of packs.
    #[default]
    None,
    /// The characters that HTML gives a meaning become entities.
    Html,
}

/// The source of chance of a render.
///
/// It must be a pure function: the same label and index always give the same number, and
/// different ones give numbers that look unrelated.
pub trait Draw: Sync {
    /// A number drawn uniformly from all of `u64`. `label` names the helper that asks, `index`
    /// counts the draws of one render from 0.
    fn draw(&self, label: &str, index: u32) -> u64;
}

impl Draw for Chance {
    fn draw(&self, label: &str, index: u32) -> u64 {
        Chance::draw(self, label, index)
    }
}

/// All that a render may know besides its model.
#[derive(Clone, Copy)]
pub struct RenderEnv<'e> {
    /// The time that `now` tells.
    pub now: jiff::Timestamp,
    /// Where random values come from.
    pub chance: &'e dyn Draw,
}

/// Why a render was given up. A helper's complaint is no such reason: as in WireMock it is printed
/// in place, as `[ERROR: …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    /// More text than [`TEMPLATE_OUTPUT_MAX`].
    OutputTooLong,
    /// More work than [`TEMPLATE_WORK_MAX`].
    TooMuchWork,
    /// A template built a value that nests deeper than [`VALUE_DEPTH_MAX`].
    ValueTooDeep,
    /// A path inside a block asks a list for a name.
    NotAPosition(String),
    /// The library's own complaint, which no rule above foresees.
    Library(String),
}

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutputTooLong => {
                write!(
                    f,
                    "the template printed more than {TEMPLATE_OUTPUT_MAX} bytes"
                )
            }
            Self::TooMuchWork => f.write_str("the template did not come to an end in time"),
            Self::ValueTooDeep => {
                write!(
                    f,
                    "the template built a value deeper than {VALUE_DEPTH_MAX} levels"
                )
            }
            Self::NotAPosition(name) => {
                write!(f, "the template asks a list for its member '{name}'")
            }
            Self::Library(message) => write!(f, "the template failed: {message}"),
        }
    }
}

impl std::error::Error for RenderError {}
