//! Mutants: the same API, wrong in one place, as real APIs are.
//!
//! [`Target`] is what is known of something that is called: of a tool out of its pack, of an endpoint out
//! of a cassette, of both out of the calls of a run. [`make()`] makes every mutant that fits it, with the
//! reason why real APIs do such a thing; [`choose()`] ranks them, drops those that a caller cannot tell from
//! another, and caps what is left. [`verdict`] says what became of one when it was run, and [`report`] tells
//! people and machines. All of it is pure: who runs commands is `cli::mutate`.

mod choose;
mod fields;
pub mod injection;
mod likely;
mod make;
mod members;
mod pack;
mod recorded;
pub mod report;
mod target;
#[cfg(test)]
mod tests;
pub mod verdict;
mod words;

use serde_json::{Map, Value};

pub use choose::{Limits, choose};
pub use likely::{Coping, Likely, NOT_MADE, TABLE};
pub use make::{RULE_ID, make};
pub use pack::targets_of_packs;
pub use recorded::targets_of_cassette;
pub use target::{Aim, Field, Kind, Paged, Sample, Target};

/// An API that is wrong in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// What it is called, the same from run to run: `lost_reply.charge`, `null_field.get_user.email`.
    pub id: String,
    /// The fault's mode.
    pub mode: &'static str,
    /// The tool or endpoint in which it is wrong.
    pub target: String,
    /// Where in its answer, if it is wrong in one place of it.
    pub place: Option<String>,
    /// What happens, in a sentence.
    pub title: String,
    /// Why real APIs do this.
    pub why: String,
    /// What a test that notices it looks at.
    pub hint: String,
    /// What a caller may do about it that is as good as noticing it.
    pub coping: Coping,
    /// How likely real APIs do this, against others: more is likelier.
    pub rank: i32,
    /// What a caller sees: two mutants of a target that agree here are one.
    pub(crate) seen_as: String,
    /// The fault rule, as the admin API takes it.
    pub rule: Map<String, Value>,
}
