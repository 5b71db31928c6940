//! Projecting: the parts of an item that paths name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::evaluate::Item;
use super::tree::{Path, Step};
use super::value::{held, of_type};

/// What is wanted of a value: all of it, or parts.
#[derive(Default)]
struct Wanted<'p> {
    all: bool,
    names: BTreeMap<&'p str, Wanted<'p>>,
    indexes: BTreeMap<usize, Wanted<'p>>,
}

impl<'p> Wanted<'p> {
    fn add(&mut self, steps: &'p [Step]) {
        match steps.split_first() {
            None => self.all = true,
            Some((Step::Name(name), rest)) => self.names.entry(name).or_default().add(rest),
            Some((Step::Index(index), rest)) => self.indexes.entry(*index).or_default().add(rest),
        }
    }

    fn of_value(&self, value: &Value) -> Option<Value> {
        if self.all {
            return Some(value.clone());
        }
        if let Some(Value::Object(members)) = held(value, "M") {
            let picked = self.of_members(members);
            return (!picked.is_empty()).then(|| of_type("M", Value::Object(picked)));
        }
        let items = held(value, "L")?.as_array()?;
        let wanted = self.indexes.iter();
        let picked = wanted.filter_map(|(index, wanted)| wanted.of_value(items.get(*index)?));
        let picked: Vec<Value> = picked.collect();
        (!picked.is_empty()).then(|| of_type("L", Value::Array(picked)))
    }

    fn of_members(&self, members: &Item) -> Item {
        let all = members.iter();
        let picked = all.filter_map(|(name, member)| {
            let wanted = self.names.get(name.as_str())?;
            Some((name.clone(), wanted.of_value(member)?))
        });
        picked.collect()
    }
}

/// The parts of an item at these paths, within the maps and lists in which they stand. Elements of a
/// list close ranks.
pub(super) fn picked<'p>(paths: impl IntoIterator<Item = &'p Path>, item: &Item) -> Item {
    let mut wanted = Wanted::default();
    for path in paths {
        wanted.add(&path.0);
    }
    wanted.of_members(item)
}
