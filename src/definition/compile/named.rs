//! Steps that have a name: they are compiled wherever a step does them, with the names that are there.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;

use super::merged::Merged;
use super::report::{Place, Report};
use super::step::{Context, TAKEN, steps};
use crate::definition::compiled::Verb;
use crate::definition::model::{Cel, Step};
use crate::definition::source::Diagnostic;

/// How deep named steps may do others.
const DEPTH_MAX: usize = 8;

/// How many steps all that is named may come to in one pack, each counted wherever it is done.
const STEPS_MAX: usize = 20_000;

/// The named steps of a pack.
#[derive(Clone, Debug, Default)]
pub(super) struct NamedSteps {
    /// The steps of each name, and where they stand.
    by_name: IndexMap<String, (Vec<Step>, Place)>,
    /// How many steps have been compiled by name.
    compiled: Cell<usize>,
}

impl NamedSteps {
    pub(super) fn of(merged: &Merged<'_>) -> Self {
        let steps = merged.steps.iter();
        let by_name = steps.map(|(name, (steps, place))| {
            let steps: &Vec<Step> = steps;
            ((*name).to_owned(), (steps.clone(), place.clone()))
        });
        Self {
            by_name: by_name.collect(),
            compiled: Cell::new(0),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Reports names that nothing does, and steps that would never come to an end.
    pub(super) fn check(&self, all: &[&Step], report: &mut Report) {
        for (name, (_, place)) in &self.by_name {
            if !all.iter().any(|step| step.named.as_ref() == Some(name)) {
                let message = format!("nothing does `{name}`");
                report.error_at_key(place, message, format!("expected a step `do: {name}`"));
            }
            self.check_ends(name, place, report);
        }
    }

    /// Reports steps that do themselves, by way of others too: a cycle is told where the first of its names
    /// stands.
    fn check_ends(&self, name: &str, place: &Place, report: &mut Report) {
        let Some(cycle) = self.cycle(name) else {
            return;
        };
        let index = |name: &str| self.by_name.get_index_of(name);
        if cycle.iter().all(|other| index(name) <= index(other)) {
            let message = format!("steps do each other in a cycle: {}", cycle.join(" → "));
            report.error_at_key(place, message, "they would never come to an end");
        }
    }

    /// The shortest way from a name back to it.
    fn cycle<'s>(&'s self, name: &'s str) -> Option<Vec<&'s str>> {
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open = VecDeque::from([name]);
        while let Some(at) = open.pop_front() {
            let (steps, _) = self.by_name.get(at)?;
            for next in done_by(steps) {
                if next == name {
                    let mut way = vec![name, at];
                    while let Some(step) = way.last().and_then(|at| before.get(at)) {
                        way.push(step);
                    }
                    way.reverse();
                    return Some(way);
                }
                if self.by_name.contains_key(next) && !before.contains_key(next) {
                    before.insert(next, at);
                    open.push_back(next);
                }
            }
        }
        None
    }
}

/// The names that steps do, those of an `each` too.
fn done_by(steps: &[Step]) -> Vec<&str> {
    let mut names = Vec::new();
    for step in steps {
        names.extend(step.named.as_deref());
        if let Some(each) = &step.each {
            names.extend(done_by(&each.steps));
        }
    }
    names
}

/// Compiles a step that does named steps.
pub(super) fn named(
    name: &str,
    with: &IndexMap<String, Cel>,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let all = &context.names.named;
    let found = all.by_name.get(name);
    if found.is_none() {
        report.unknown(place, "steps", name, all.names());
    }
    let mut scope = context.scope.clone();
    let mut values = Some(Vec::new());
    for (name, cel) in with {
        let place = place.parent().at("with").at(name);
        if TAKEN.contains(&name.as_str()) {
            let message = format!("`{name}` has a meaning already");
            report.error_at_key(&place, message, "choose another name");
        }
        let value = context.scope.expression(cel, &place, report);
        values = values.zip(value).map(|(mut values, value)| {
            values.push((Arc::from(name.as_str()), value));
            values
        });
        scope.add(name);
    }
    let (models, steps_place) = found?;
    // A cycle is reported where it stands.
    if context.open.iter().any(|open| open == name) {
        return None;
    }
    let open: Vec<String> = context
        .open
        .iter()
        .cloned()
        .chain([name.to_owned()])
        .collect();
    let done = all.compiled.get().saturating_add(models.len());
    all.compiled.set(done);
    if open.len() > DEPTH_MAX || done > STEPS_MAX {
        let message =
            format!("named steps nest {DEPTH_MAX} deep and come to {STEPS_MAX} at the most");
        report.error(place, message, "too many");
        return None;
    }
    let mut inner = Context {
        scope,
        open,
        label: name.to_owned(),
        ..context.clone()
    };
    // They may be done in many places: a mistake is told once.
    let mut own = Report::default();
    let steps = steps(models, &mut inner, steps_place, &mut own);
    for mistake in own.diagnostics {
        let is_it = |told: &Diagnostic| {
            told.message == mistake.message
                && told.span == mistake.span
                && told.source == mistake.source
        };
        if !report.diagnostics.iter().any(is_it) {
            report.diagnostics.push(mistake);
        }
    }
    Some(Verb::Named {
        name: name.into(),
        with: values?,
        steps: steps?,
    })
}
