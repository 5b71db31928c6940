//! The fault plans that Sparring ships: the files of `stubs/faults`, as they were when it was built.

use std::sync::{Arc, LazyLock};

use super::{Around, Rules};
use crate::definition::compile::report::{Place, Report};
use crate::definition::model::FaultPlan;
use crate::definition::source::{self, Source};

/// The files, by the names of the plans.
const FILES: &[(&str, &str)] = &[
    (
        "agent-dies-mid-escrow",
        include_str!("../../../../stubs/faults/agent-dies-mid-escrow.yaml"),
    ),
    (
        "expired-token-on-page-2",
        include_str!("../../../../stubs/faults/expired-token-on-page-2.yaml"),
    ),
    (
        "flaky-30",
        include_str!("../../../../stubs/faults/flaky-30.yaml"),
    ),
    (
        "latency-spike-during-payment",
        include_str!("../../../../stubs/faults/latency-spike-during-payment.yaml"),
    ),
    (
        "lost-confirmation",
        include_str!("../../../../stubs/faults/lost-confirmation.yaml"),
    ),
    (
        "partial-batch",
        include_str!("../../../../stubs/faults/partial-batch.yaml"),
    ),
    (
        "provider-outage",
        include_str!("../../../../stubs/faults/provider-outage.yaml"),
    ),
    (
        "rate-limit-mid-sequence",
        include_str!("../../../../stubs/faults/rate-limit-mid-sequence.yaml"),
    ),
    (
        "schema-drift-between-versions",
        include_str!("../../../../stubs/faults/schema-drift-between-versions.yaml"),
    ),
    (
        "stale-balance",
        include_str!("../../../../stubs/faults/stale-balance.yaml"),
    ),
    (
        "webhook-double-delivery",
        include_str!("../../../../stubs/faults/webhook-double-delivery.yaml"),
    ),
];

/// A plan that ships.
#[derive(Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub plan: FaultPlan,
    /// Where that stands.
    place: Place,
}

impl Preset {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::compile::fault::Recorded;
    use crate::definition::model::fault_plan_schema;

    #[test]
    fn every_shipped_plan_is_read_whole_and_described() {
        for (name, text) in FILES {
            let source = Source {
                path: format!("{name}.yaml").into(),
                text: (*text).into(),
            };
            let document = source::parse(Arc::new(source)).expect("a document");
            let mistakes = source::check(&document, fault_plan_schema());
            let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            assert!(shown.is_empty(), "{}", shown.join("\n"));
        }
        assert_eq!(presets().len(), FILES.len());
        for preset in presets() {
            let plan = &preset.plan;
            assert!(
                plan.title.is_some() && plan.description.is_some(),
                "{preset:?}"
            );
        }
    }

    #[test]
    fn every_shipped_plan_compiles_with_nothing_served() {
        for preset in presets() {
            let mut report = Report::default();
            let around = Around {
                packs: &[],
                stubs: &[],
                recorded: &Recorded::default(),
            };
            let rules = preset.rules(around, &mut report);
            let mistakes = report.diagnostics.iter();
            let shown: Vec<String> = mistakes.map(ToString::to_string).collect();
            assert!(shown.is_empty(), "{}", shown.join("\n"));
            assert!(!rules.rules.is_empty(), "{}", preset.name);
        }
    }
}
