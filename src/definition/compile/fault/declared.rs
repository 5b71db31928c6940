//! Rules that stand in definition files: in a pack, at its tools, at stubs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Around, At, Recorded, Rules, rule, with_id};
use crate::definition::compile::merged::PackSource;
use crate::definition::compile::report::{Place, Report};
use crate::definition::compiled::{Pack, Stub};
use crate::definition::model::{FaultRule, OwnFault};
use crate::state::faults::Rule;

/// The rules of all files, each with its place: an id stands for one of them.
#[derive(Debug, Default)]
pub struct Declared {
    /// The rules, in the order of the files.
    pub rules: Vec<Rule>,
    ids: BTreeMap<Arc<str>, Place>,
}

impl Declared {
    /// Takes in the rules of a pack and of its tools.
    pub fn of_pack(
        &mut self,
        source: &PackSource,
        pack: &Arc<Pack>,
        around: Around<'_>,
        report: &mut Report,
    ) {
        let mut nth = 0;
        for (file, place) in &source.files {
            for (at, model) in file.faults.iter().enumerate() {
                nth += 1;
                let place = place.at("faults").at(at);
                let made = one(model, At::Pack(pack), around, &place, report);
                let name = format!("{}.{nth}", pack.name);
                self.take(made, &name, &place, report);
            }
            for (tool, model) in &file.tools {
                let Some(compiled) = pack.tools.get(tool.as_str()) else {
                    continue;
                };
                for (at, model) in model.faults.iter().enumerate() {
                    let place = place.at("tools").at(tool).at("faults").at(at);
                    let own = At::Tool(pack, compiled);
                    let made = one(&model.rule(), own, around, &place, report);
                    let name = format!("{}.{tool}.{}", pack.name, at + 1);
                    self.take(made, &name, &place, report);
                }
            }
        }
    }

    /// Takes in the rules of a pack's stub.
    pub fn of_stub(&mut self, stub: &Stub, place: &Place, report: &mut Report) {
        for (at, rule) in stub.faults.iter().enumerate() {
            let place = place.at("faults").at(at);
            self.take(Some(rule.clone()), "", &place, report);
        }
    }

    /// Takes in rules that stand in no definition file.
    pub fn of_plan(&mut self, rules: Vec<Rule>, place: &Place, report: &mut Report) {
        for rule in rules {
            self.take(Some(rule), "", place, report);
        }
    }

    fn take(&mut self, made: Option<Rule>, name: &str, place: &Place, report: &mut Report) {
        let Some(made) = made else { return };
        let made = match made.id.is_empty() {
            true => with_id(made, name),
            false => made,
        };
        let place = place.at("id");
        match self.ids.get(&made.id) {
            Some(first) => report.twice("fault rule", &made.id, first, &place),
            None => drop(self.ids.insert(made.id.clone(), place)),
        }
        self.rules.push(made);
    }
}

/// The rules that stand at a stub. They are called after it, where they bring no id.
pub fn of_stub(
    models: &[OwnFault],
    stub: &Stub,
    packs: &[Arc<Pack>],
    place: &Place,
    report: &mut Report,
) -> Vec<Rule> {
    let around = Around {
        packs,
        stubs: &[],
        recorded: &Recorded::default(),
    };
    let owner = stub.pack.is_none().then(|| stub.id.clone());
    let mut rules = Vec::new();
    for (at, model) in models.iter().enumerate() {
        let place = place.at("faults").at(at);
        let made = one(&model.rule(), At::Stub(stub), around, &place, report);
        rules.extend(made.map(|rule| {
            let rule = Rule {
                owner: owner.clone(),
                ..rule
            };
            match rule.id.is_empty() {
                true => with_id(rule, &format!("{}.{}", stub.id, at + 1)),
                false => rule,
            }
        }));
    }
    rules
}

fn one(
    model: &FaultRule,
    at: At<'_>,
    around: Around<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Rule> {
    let mut rules = Rules::default();
    rule(model, at, around, place, &mut rules, report);
    rules.rules.pop()
}
