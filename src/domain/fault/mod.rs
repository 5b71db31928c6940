//! Faults on purpose: in what ways a reply goes wrong, when, and with what settings.

mod mode;
mod when;
mod with;

pub use mode::{Mode, Phase, Surface};
pub use when::{Burst, InState, Moment, Ramp, When};
pub use with::{Garbage, Kind, LostAs, RetryAfter, Token, ToolFlaw, With};
