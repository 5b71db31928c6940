//! Who is told of a call once it is answered: the meter, and the call log.

use super::Sandbox;
use crate::log::Logged;

impl Sandbox {
    /// Tells of a call that was answered.
    pub(super) fn tell(&self, logged: Logged<'_>) {
        self.meter.called(&logged);
        self.log.add(logged);
    }
}
