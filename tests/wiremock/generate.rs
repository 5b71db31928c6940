//! Cases made at random from a seed.

use crate::case::Case;

/// The generated cases.
pub(crate) fn cases() -> Vec<Case> {
    Vec::new()
}
