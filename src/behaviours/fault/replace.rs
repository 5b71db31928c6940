//! What takes the place of a reply.

use http::StatusCode;

use super::Injected;
use crate::domain::chance::Chance;
use crate::domain::reply::Reply;
use crate::state::faults::Rule;

/// An error that the pack, or the server for a stub without one, puts into words.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// An error of this status, and what it says, if the rule says it.
    Status(StatusCode, Option<&'a str>),
    /// The refusal of a named cause.
    Cause {
        /// The cause.
        cause: &'a str,
        /// What it says.
        message: &'a str,
    },
    /// The refusal of a rate limit.
    RateLimited {
        /// After how many seconds the caller may come back, if it is told.
        retry_after: Option<u64>,
        /// What it says.
        message: &'a str,
    },
}

/// What a rule of the phase `Replace` answers instead of a reply; nothing, if it cannot here. `shape` puts an
/// error into words.
pub fn replace(
    rule: &Rule,
    clean: &Reply,
    shape: &mut dyn FnMut(Shape<'_>) -> Reply,
    chance: &Chance,
) -> Option<Injected> {
    let _ = (rule, clean, shape, chance);
    None
}
