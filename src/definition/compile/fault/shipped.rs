//! The fault plans that Sparring ships: the files of `stubs/faults`, as they were when it was built.

use std::sync::{Arc, LazyLock};

use super::{Around, Rules};
use crate::definition::compile::report::{Place, Report};
use crate::definition::model::FaultPlan;
use crate::definition::source::{self, Source};

/// The files, by the names of the plans.
const FILES: &[(&str, &str)] = &[];

/// A plan that ships.
#[derive(Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub plan: FaultPlan,
    /// Where that stands.
    pub(super) place: Place,
}

impl Preset {
    /// Its rules, for what is served.
    pub fn rules(&self, around: Around<'_>, report: &mut Report) -> Rules {
        super::plan(&self.plan, Some(self.name), around, &self.place, report)
    }
}

/// The plans that ship, by their names. A file with a mistake gives nothing: a test sees to it that none
/// has one.
#[must_use]
pub fn presets() -> &'static [Preset] {
    static READ: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        FILES
            .iter()
            .filter_map(|(name, text)| {
                let source = Source {
                    path: format!("faults/{name}.yaml").into(),
                    text: (*text).into(),
                };
                let document = Arc::new(source::parse(Arc::new(source)).ok()?);
                let plan = serde_json::from_value(document.value.clone()).ok()?;
                let place = Place::root(&document);
                Some(Preset { name, plan, place })
            })
            .collect()
    });
    &READ
}
