//! Stubs and patterns that come over the admin API, and from no file.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::assembly::Assembly;
use super::faults;
use crate::definition::compile::fault::of_stub;
use crate::definition::compile::{self, Place, Report};
use crate::definition::compiled::{Definitions, Stub};
use crate::definition::model::{
    DuplicatePolicy, ImportOptions, RequestPattern as RequestModel, StubImport, StubMapping,
    request_pattern_schema, stub_import_schema, stub_schema,
};
use crate::definition::source::{Diagnostic, Document, Source};
use crate::matching::pattern::RequestPattern;

/// Says under which id a stub goes, out of the one that it gives itself, if it gives one.
pub type Ids<'a> = &'a mut dyn FnMut(Option<Arc<str>>) -> Arc<str>;

/// Stubs to import.
#[derive(Debug)]
pub struct Imported {
    /// The stubs, the newest first.
    pub stubs: Vec<Arc<Stub>>,
    /// Which stays of two stubs with one id.
    pub policy: DuplicatePolicy,
    /// Whether all others go.
    pub deletes_others: bool,
}

/// Compiles one stub.
///
/// # Errors
/// All mistakes, with their places in the text; none, when the text is empty.
pub fn stub(
    text: &str,
    ids: Ids<'_>,
    definitions: &Definitions,
) -> Result<Arc<Stub>, Vec<Diagnostic>> {
    let mut assembly = Assembly::default();
    let Some(document) = assembly.parse(body(text)) else {
        return Err(assembly.report.diagnostics);
    };
    let model = assembly.read::<StubMapping>(&document, stub_schema());
    let mut report = assembly.report;
    let place = Place::root(&document);
    let made = model.and_then(|model| one(&model, &place, ids, definitions, &mut report));
    whole(made, report)
}

/// Compiles stubs to import: all of them, or none.
///
/// # Errors
/// All mistakes, with their places in the text; none, when the text is empty.
pub fn import(
    text: &str,
    ids: Ids<'_>,
    definitions: &Definitions,
) -> Result<Imported, Vec<Diagnostic>> {
    let mut assembly = Assembly::default();
    let Some(document) = assembly.parse(body(text)) else {
        return Err(assembly.report.diagnostics);
    };
    let model = assembly.read::<StubImport>(&document, stub_import_schema());
    let mut report = assembly.report;
    let made = model.map(|model| imported(&model, &document, ids, definitions, &mut report));
    whole(made, report)
}

fn imported(
    model: &StubImport,
    document: &Arc<Document>,
    ids: Ids<'_>,
    definitions: &Definitions,
    report: &mut Report,
) -> Imported {
    let place = Place::root(document).at("mappings");
    let mut stubs = Vec::with_capacity(model.mappings.len());
    for (at, mapping) in model.mappings.iter().enumerate() {
        stubs.extend(one(mapping, &place.at(at), ids, definitions, report));
    }
    // As WireMock has it: options that leave the policy out are not as no options at all.
    let options = model.import_options.clone().unwrap_or(ImportOptions {
        duplicate_policy: Some(DuplicatePolicy::Overwrite),
        delete_all_not_in_import: None,
    });
    Imported {
        stubs,
        policy: options.duplicate_policy.unwrap_or(DuplicatePolicy::Ignore),
        deletes_others: options.delete_all_not_in_import.unwrap_or(false),
    }
}

fn one(
    model: &StubMapping,
    place: &Place,
    ids: Ids<'_>,
    definitions: &Definitions,
    report: &mut Report,
) -> Option<Arc<Stub>> {
    let source = place.json();
    let given = given_id(source, place, report);
    // Even of a stub without a good id, the other mistakes are told.
    let id = given.clone().map_or_else(|()| Arc::default(), ids);
    let mut model = model.clone();
    if definitions.templated
        && let Some(response) = &mut model.response
    {
        response.make_templated();
    }
    let files = &definitions.files;
    let stub = compile::stub(&model, source, &id, None, files, place, report);
    let mut stub = stub.filter(|_| given.is_ok())?;
    if !model.faults.is_empty() {
        let packs = &definitions.packs;
        stub.faults =
            faults::on_large_stack(|| of_stub(&model.faults, &stub, packs, place, report));
    }
    Some(Arc::new(stub))
}

/// The id that a stub gives itself, in small letters; `id` and `uuid` are one, and the last counts.
fn given_id(source: &Value, place: &Place, report: &mut Report) -> Result<Option<Arc<str>>, ()> {
    let mut members = source.as_object().into_iter().flatten();
    let last =
        members.rfind(|(name, value)| matches!(name.as_str(), "id" | "uuid") && !value.is_null());
    let Some((name, value)) = last else {
        return Ok(None);
    };
    match value.as_str().map(Uuid::try_parse) {
        Some(Ok(id)) => Ok(Some(id.to_string().into())),
        _ => {
            let message = format!("{value} is not a valid UUID");
            let label = "such as 11111111-2222-4333-8444-555555555555";
            report.error(&place.at(name), message, label);
            Err(())
        }
    }
}

/// Compiles what a request must be like, as it comes on its own.
///
/// # Errors
/// All mistakes, with their places in the text; none, when the text is empty.
pub fn request_pattern(text: &str) -> Result<RequestPattern, Vec<Diagnostic>> {
    let mut assembly = Assembly::default();
    let Some(document) = assembly.parse(body(text)) else {
        return Err(assembly.report.diagnostics);
    };
    let model = assembly.read::<RequestModel>(&document, &request_pattern_schema());
    let mut report = assembly.report;
    let place = Place::root(&document);
    let pattern = model.and_then(|model| compile::request_pattern(&model, &place, &mut report));
    whole(pattern, report)
}

/// What was made, if nothing is wrong.
fn whole<T>(made: Option<T>, report: Report) -> Result<T, Vec<Diagnostic>> {
    match made {
        Some(made) if report.diagnostics.is_empty() => Ok(made),
        _ => Err(report.diagnostics),
    }
}

/// What came over the admin API, as a source to point into.
fn body(text: &str) -> Source {
    Source {
        path: "body.json".into(),
        text: text.into(),
    }
}
