//! Fault rules that come over the admin API, in files of plans, or by the names of plans that ship.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::assembly::Assembly;
use super::{COMPILER_STACK_BYTES, Error, files};
use crate::definition::compile::fault::{self, Around, At, Declared, Recorded, Rules, presets};
use crate::definition::compile::{Place, Report};
use crate::definition::compiled::{Definitions, Stub};
use crate::definition::model::{
    FaultPlan, FaultRule, fault_plan_schema, fault_rule_schema, fault_rules_schema,
};
use crate::definition::source::{Diagnostic, Document, Source, nearest};
use crate::state::faults::Rule;

/// Why there are no rules.
#[derive(Debug)]
pub enum FaultsError {
    /// They have mistakes; none, when the text is empty.
    Mistakes(Vec<Diagnostic>),
    /// A bare name stands for several things.
    Ambiguous {
        /// The name.
        name: String,
        /// What it could mean.
        candidates: Vec<String>,
    },
    /// No plan of this name ships.
    UnknownPreset {
        /// The name.
        name: String,
        /// The name that was most likely meant.
        nearest: Option<&'static str>,
    },
}

/// Rules that were read.
#[derive(Debug)]
pub struct PostedFaults {
    /// The rules. One that brings no id has none yet.
    pub rules: Vec<Rule>,
    /// Whether it was a rule by itself, and no list.
    pub single: bool,
}

/// Reads a rule, a list of rules, or a plan, as they come over the admin API. `stubs` are those that they
/// may name: of the packs, and of the sandbox.
///
/// # Errors
/// When something is wrong with any of them.
pub fn fault_rules(
    text: &str,
    definitions: &Definitions,
    stubs: &[Arc<Stub>],
    recorded: &Recorded,
) -> Result<PostedFaults, FaultsError> {
    let around = Around::of(definitions, stubs, recorded);
    let source = Source {
        path: "body.json".into(),
        text: text.into(),
    };
    let read = on_large_stack(|| read(source, None, around));
    if read.document.is_none() {
        return Err(FaultsError::Mistakes(read.report.diagnostics));
    }
    Ok(PostedFaults {
        rules: whole(read.rules, read.report)?,
        single: read.single,
    })
}

/// The rules of a plan that ships.
///
/// # Errors
/// When there is none of this name.
pub fn preset(
    name: &str,
    definitions: &Definitions,
    stubs: &[Arc<Stub>],
    recorded: &Recorded,
) -> Result<Vec<Rule>, FaultsError> {
    let around = Around::of(definitions, stubs, recorded);
    on_large_stack(|| shipped(name, around))
}

fn shipped(name: &str, around: Around<'_>) -> Result<Vec<Rule>, FaultsError> {
    let Some(preset) = presets().iter().find(|preset| preset.name == name) else {
        return Err(FaultsError::UnknownPreset {
            name: name.to_owned(),
            nearest: nearest(name, presets().iter().map(|preset| preset.name)),
        });
    };
    let mut report = Report::default();
    let rules = preset.rules(around, &mut report);
    whole(rules, report)
}

/// What a text says of rules.
#[derive(Default)]
struct Read {
    /// The text, if it could be read at all.
    document: Option<Arc<Document>>,
    rules: Rules,
    report: Report,
    /// Whether it is a rule by itself, and no list.
    single: bool,
}

/// Reads a rule, a list or a plan. Rules without ids get them from `name`, if that is given.
fn read(source: Source, name: Option<&str>, around: Around<'_>) -> Read {
    let mut assembly = Assembly::default();
    let Some(document) = assembly.parse(source) else {
        return Read {
            report: assembly.report,
            ..Read::default()
        };
    };
    let place = Place::root(&document);
    let single = document.value.is_object() && document.value.get("faults").is_none();
    let mut rules = Rules::default();
    if single {
        if let Some(model) = model::<FaultRule>(&mut assembly, &document, fault_rule_schema()) {
            let report = &mut assembly.report;
            fault::rule(&model, At::Anywhere, around, &place, &mut rules, report);
        }
    } else if document.value.is_array() {
        let schema = fault_rules_schema();
        let models = model::<Vec<FaultRule>>(&mut assembly, &document, schema);
        for (at, model) in models.iter().flatten().enumerate() {
            let (place, report) = (place.at(at), &mut assembly.report);
            fault::rule(model, At::Anywhere, around, &place, &mut rules, report);
        }
    } else if let Some(model) = model::<FaultPlan>(&mut assembly, &document, fault_plan_schema()) {
        rules = fault::plan(&model, name, around, &place, &mut assembly.report);
    }
    Read {
        document: Some(document),
        rules,
        report: assembly.report,
        single,
    }
}

/// A fault plan for every sandbox.
#[derive(Debug)]
pub(super) enum Planned {
    /// One that ships, by its name.
    Preset(&'static fault::Preset),
    /// One of a file, and what its rules are called after.
    File(Source, String),
}

/// The plans of these names: a file, if there is one of this name or it looks like one; else one that ships.
pub(super) fn named(names: &[String]) -> Result<Vec<Planned>, Error> {
    let one = |name: &String| {
        let path = Path::new(name);
        let preset = presets().iter().find(|preset| preset.name == *name);
        let is_file =
            name.contains('/') || files::is_definition(path) || path.extension().is_some();
        match preset {
            Some(preset) => Ok(Planned::Preset(preset)),
            None if is_file => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                let source = Source {
                    path: name.as_str().into(),
                    text: files::read_text(path)?.into(),
                };
                Ok(Planned::File(source, as_id(&stem)))
            }
            None => Err(Error::UnknownPreset {
                name: name.clone(),
                nearest: nearest(name, presets().iter().map(|preset| preset.name)),
            }),
        }
    };
    names.iter().map(one).collect()
}

/// A text as the beginning of an id.
fn as_id(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let kept = text.chars().map(|c| if allowed(c) { c } else { '-' });
    kept.take(ID_BEGINNING_MAX).collect()
}

/// How long the beginning of an id is that comes from the name of a file.
const ID_BEGINNING_MAX: usize = 50;

/// Compiles the plans for every sandbox.
pub(super) fn planned(
    plans: &[Planned],
    around: Around<'_>,
    declared: &mut Declared,
    report: &mut Report,
) -> Result<(), Error> {
    for plan in plans {
        match plan {
            Planned::Preset(preset) => {
                let rules = preset.rules(around, report).rules;
                declared.of_plan(rules, preset.place(), report);
            }
            Planned::File(source, name) => {
                let read = read(source.clone(), Some(name), around);
                report.diagnostics.extend(read.report.diagnostics);
                match &read.document {
                    Some(document) => {
                        let place = Place::root(document);
                        declared.of_plan(read.rules.rules, &place, report);
                    }
                    None if report.diagnostics.is_empty() => {
                        return Err(Error::NoPlan(PathBuf::from(&*source.path)));
                    }
                    None => {}
                }
            }
        }
    }
    Ok(())
}

/// What a document says, if its shape is right. Nothing else is looked at in one whose shape is wrong.
fn model<T: DeserializeOwned>(
    assembly: &mut Assembly,
    document: &Arc<Document>,
    schema: &Value,
) -> Option<T> {
    let model = assembly.read(document, schema);
    model.filter(|_| assembly.report.diagnostics.is_empty())
}

/// The rules, if nothing is wrong.
fn whole(rules: Rules, report: Report) -> Result<Vec<Rule>, FaultsError> {
    if let Some((name, candidates)) = rules.ambiguous.into_iter().next() {
        return Err(FaultsError::Ambiguous { name, candidates });
    }
    match report.diagnostics.is_empty() {
        true => Ok(rules.rules),
        false => Err(FaultsError::Mistakes(report.diagnostics)),
    }
}

/// Does work on a thread that has room for the parser of expressions.
pub(super) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("faults".into())
            .stack_size(COMPILER_STACK_BYTES)
            .spawn_scoped(scope, work);
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("the thread that compiles fault rules cannot start: {error}"),
        }
    })
}
