//! Plans: rules that belong together.

use super::{Around, At, Rules, rule, with_id};
use crate::definition::compile::report::{Place, Report};
use crate::definition::model::{FaultPlan, FaultRule};
use crate::state::faults::Rule;

/// Compiles a plan. A rule that brings no id gets one of `name`, if that is given: `NAME.1`, `NAME.2` …
pub fn plan(
    model: &FaultPlan,
    name: Option<&str>,
    around: Around<'_>,
    place: &Place,
    report: &mut Report,
) -> Rules {
    let before = report.diagnostics.len();
    let at = match model.elsewhere.is_empty() {
        true => At::Anywhere,
        false => At::Lenient,
    };
    let mut rules = all(&model.faults, at, around, &place.at("faults"), report);
    if !model.elsewhere.is_empty() {
        let elsewhere = &place.at("elsewhere");
        let others = all(&model.elsewhere, At::Anywhere, around, elsewhere, report);
        if rules.rules.is_empty() {
            rules = others;
            let warning =
                "none of the tools that the plan names is served: it does what it does elsewhere";
            for rule in &mut rules.rules {
                rule.warnings.insert(0, warning.into());
            }
        }
    }
    if report.diagnostics.len() > before {
        rules.rules.clear();
    }
    if let Some(name) = name {
        give_ids(&mut rules.rules, name);
    }
    rules
}

fn all(
    models: &[FaultRule],
    at: At<'_>,
    around: Around<'_>,
    place: &Place,
    report: &mut Report,
) -> Rules {
    let mut rules = Rules::default();
    for (index, model) in models.iter().enumerate() {
        rule(model, at, around, &place.at(index), &mut rules, report);
    }
    rules
}

/// Names those that have no id after `name` and their place.
fn give_ids(rules: &mut [Rule], name: &str) {
    let alone = rules.len() == 1;
    for (index, rule) in rules.iter_mut().enumerate() {
        if rule.id.is_empty() {
            let id = match alone {
                true => name.to_owned(),
                false => format!("{name}.{}", index + 1),
            };
            *rule = with_id(rule.clone(), &id);
        }
    }
}
