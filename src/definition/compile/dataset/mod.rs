//! Datasets: what a collection opens with, from a file or generated, with every check done.
//!
//! Files are read elsewhere: here their texts come as data ([`Data`]).

mod fields;
mod key;
mod machine;
mod read;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::merged::Merged;
use super::report::{Place, Report};
use crate::definition::compiled::Machine;
use crate::definition::model::{self, Generate};
use crate::definition::source::Source;
use crate::domain::chance::Chance;
use crate::state::dataset::fake::Keys;
use crate::state::dataset::generated::Recipe;
use crate::state::dataset::{Dataset, Generated, Rows};

/// How many rows can be generated at the most.
const ROWS_MAX: u64 = 1_000_000_000;

/// The data files of a pack, by what `from` calls them; or why there is none.
pub type Data = BTreeMap<String, Result<Arc<Source>, String>>;

/// What the datasets of a pack are compiled from.
pub(super) struct Context<'a> {
    pub(super) pack: &'a str,
    pub(super) merged: &'a Merged<'a>,
    pub(super) data: &'a Data,
    pub(super) machines: &'a BTreeMap<Arc<str>, Machine>,
}

impl<'a> Context<'a> {
    /// The machine over a collection.
    fn machine(&self, collection: &str) -> Option<&'a Machine> {
        let mut machines = self.machines.values();
        machines.find(|machine| &*machine.collection == collection)
    }
}

/// The datasets of all collections that have one.
pub(super) fn datasets<'a>(
    context: &Context<'a>,
    report: &mut Report,
) -> BTreeMap<&'a str, Arc<Dataset>> {
    let mut datasets = BTreeMap::new();
    // Those of files first: what is generated may refer to their keys.
    for (name, (model, place)) in &context.merged.collections {
        check_sources(model, place, report);
        if let Some(from) = &model.from
            && let Some(rows) = from_file(context, name, model, from, place, report)
        {
            datasets.insert(*name, Arc::new(Dataset::Rows(rows)));
        }
    }
    for (name, (model, place)) in &context.merged.collections {
        if let Some(generate) = &model.generate
            && model.from.is_none()
        {
            let keys = |collection: &str| keys_of(context, &datasets, collection);
            let made = generated(context, name, model, generate, place, &keys, report);
            datasets.extend(made.map(|made| (*name, Arc::new(Dataset::Generated(made)))));
        }
    }
    datasets
}

fn check_sources(model: &model::Collection, place: &Place, report: &mut Report) {
    if model.from.is_some() && model.generate.is_some() {
        report.error_at_key(
            &place.at("generate"),
            "the rows come `from` a file already",
            "expected one of `from` and `generate`",
        );
    }
    let is_csv = |from: &String| read::Format::of(from) == Some(read::Format::Csv);
    if !model.types.is_empty() && !model.from.as_ref().is_some_and(is_csv) {
        report.error_at_key(
            &place.at("types"),
            "only cells of a CSV file need types",
            "expected `from` with a file *.csv",
        );
    }
}

fn from_file(
    context: &Context<'_>,
    name: &str,
    model: &model::Collection,
    from: &str,
    place: &Place,
    report: &mut Report,
) -> Option<Rows> {
    let place_from = place.at("from");
    let source = match context.data.get(from) {
        Some(Ok(source)) => source,
        Some(Err(why)) => {
            report.error(
                &place_from,
                why.as_str(),
                "expected a file in the pack's folder",
            );
            return None;
        }
        // Whoever compiles a pack has read what it names.
        None => {
            report.error(
                &place_from,
                format!("`{from}` was not read"),
                "expected a file",
            );
            return None;
        }
    };
    let mut rows = read::rows(model, source, place, report)?;
    if let Some(machine) = context.machine(name) {
        machine::fit_rows(machine, &mut rows, source, &place_from, report);
    }
    let rows = rows.into_iter().map(read::FileRow::into_row);
    Some(Rows::from(rows.collect::<Vec<_>>()))
}

fn generated(
    context: &Context<'_>,
    name: &str,
    model: &model::Collection,
    generate: &Generate,
    place: &Place,
    keys: &dyn Fn(&str) -> Option<Keys>,
    report: &mut Report,
) -> Option<Generated> {
    let before = report.diagnostics.len();
    let place = place.at("generate");
    if generate.count > ROWS_MAX {
        let message = format!("found {} rows", generate.count);
        let label = format!("expected at most {ROWS_MAX}");
        report.error(&place.at("count"), message, label);
    }
    key::check(&generate.key, generate.count, &place.at("key"), report);
    let scope = fields::Scope {
        keys,
        collections: context.merged.collections.keys().copied().collect(),
        key_member: &model.key,
    };
    let mut fields = fields::fields(&generate.fields, &scope, &place.at("fields"), report);
    if let Some(machine) = context.machine(name) {
        machine::fit_fields(machine, &mut fields, generate.count, &place, report);
    }
    (report.diagnostics.len() == before).then(|| {
        Generated::from(Recipe {
            count: generate.count,
            seed: seed(context.pack, name, generate),
            key_member: model.key.as_str().into(),
            key: key::maker(&generate.key),
            fields,
        })
    })
}

/// A seed that is left out comes from the names alone, so that it is the same everywhere.
fn seed(pack: &str, collection: &str, generate: &Generate) -> u64 {
    let named = || Chance::new(0, &format!("{pack}.{collection}"), 0).draw("dataset", 0);
    generate.seed.unwrap_or_else(named)
}

/// The keys of the rows that a collection opens with.
fn keys_of(
    context: &Context<'_>,
    files: &BTreeMap<&str, Arc<Dataset>>,
    collection: &str,
) -> Option<Keys> {
    let (model, _) = context.merged.collections.get(collection)?;
    if let Some(generate) = model
        .generate
        .as_ref()
        .filter(|generate| generate.count > 0)
    {
        return Some(Keys::Made {
            maker: key::maker(&generate.key),
            seed: seed(context.pack, collection, generate),
            count: generate.count,
        });
    }
    let listed: Arc<[Arc<str>]> = match files.get(collection) {
        Some(file) => (0..file.len()).filter_map(|row| file.key(row)).collect(),
        // A file with mistakes is told of already.
        None if model.from.is_some() => Arc::from(["".into()]),
        None => {
            let keys = model.records.iter().map(|record| record.get(&model.key));
            keys.filter_map(|key| Some(key?.as_str()?.into())).collect()
        }
    };
    (!listed.is_empty()).then_some(Keys::Listed(listed))
}
