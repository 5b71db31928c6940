//! About how many bytes of memory a trace takes: a part of what the bound of a call log is held against.

use std::mem::size_of;

use crate::domain::trace::{Trace, TraceLine};
use crate::state::size::json;

/// The lines of a trace.
pub(super) fn trace(trace: &Trace) -> usize {
    let lines = trace.0.iter();
    lines
        .map(|line| size_of::<TraceLine>() + line.step.len() + json(&line.detail))
        .sum()
}
