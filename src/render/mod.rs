//! Templates: the values of packs and stubs that are made from the call they answer.
//!
//! [`Template`] is one text, [`Document`] a JSON value whose strings are templates. The language is
//! Handlebars as the crate `handlebars` has it, with WireMock's helpers. Both are compiled once,
//! when definitions load, and what is wrong with them is refused there.
//!
//! There are two dialects. In a pack the language is the library's, and lists and objects print as
//! JSON. A stub's templates are read as WireMock reads them: a backslash in a quoted text stands for
//! itself, lines that hold nothing but a block tag stay, `{{#path}}` and `{{^path}}` are sections, and
//! values print as Java's do. In both a name within a block is looked up there and then outward (in a
//! pack it does not leave the blocks), and a name that is a helper's is that helper.
//!
//! Where the second differs from WireMock on purpose:
//! - What does not compile is refused when it is loaded; WireMock answers each call with status 500.
//! - A helper that cannot do what it is asked complains in its place, as `[ERROR: …]`, also where
//!   WireMock fails (nothing to trim, division by zero, an unknown zone), or does what is near: a
//!   substring ends where the text ends, an empty range is an empty list, a unit of time may be
//!   singular, a date without a zone is in UTC.
//! - Partials, `block`, decorators and raw blocks in four braces are refused; so are quotes in
//!   brackets, and quotes that are doubled.
//! - `request` prints as what it holds; in WireMock as the name and the address of an object.
//! - Where a helper is given nothing at all, WireMock takes the whole model for its argument.
//! - Numbers and dates are written in English; a zone's long name is its short one; texts are encoded
//!   as UTF-8 alone; a random decimal has fewer digits.
//!
//! What never lives here: a clock, a random number generator, anything that waits. The time and
//! the chance of a render are arguments ([`RenderEnv`]), so that a render can be repeated.

mod assigned;
mod call;
mod compile;
mod document;
mod guard;
mod helpers;
mod java;
mod kind;
mod output;
mod path;
mod run;
mod scope;
mod template;
mod turns;

#[cfg(test)]
mod tests;

pub use document::{Document, DocumentError};
pub use helpers::as_java_reads;
pub use kind::{many, names, path};
pub use path::{Lookup, Model};
pub use run::Session;
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

/// Whose templates these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Dialect {
    /// A pack's: the language as the library has it; lists and objects print as JSON.
    #[default]
    Pack,
    /// WireMock's: as handlebars.java has it; lists and objects print as Java's do.
    WireMock,
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
            Self::Library(message) => write!(f, "the template failed: {message}"),
        }
    }
}

impl std::error::Error for RenderError {}
