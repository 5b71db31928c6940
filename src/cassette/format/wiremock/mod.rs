//! WireMock's mappings: each a call by its exact URL and body, and its reply. Calls that come several
//! times are the states of a scenario, so that their replies come in order.

mod read;
mod write;

pub(in crate::cassette) use read::{Step, read_entry, read_head, read_step};
pub(in crate::cassette) use write::write;

/// The member of a mapping's `metadata` that carries what a mapping has no member for.
const OWN: &str = "sparring";

/// The state in which every scenario begins.
const STARTED: &str = "Started";
