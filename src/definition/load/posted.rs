//! What comes over the admin API, compiled on its own.

use std::sync::Arc;

use super::assembly::Assembly;
use crate::definition::compile::{self, Place};
use crate::definition::compiled::{Files, Stub};
use crate::definition::model::{RequestPattern as RequestModel, request_pattern_schema};
use crate::definition::source::{Diagnostic, Source};
use crate::matching::pattern::RequestPattern;

/// Compiles one stub that came over the admin API, as a template if all are.
///
/// # Errors
/// All mistakes, with their places in the text.
pub fn stub(
    text: &str,
    id: &Arc<str>,
    files: &Files,
    templated: bool,
) -> Result<Arc<Stub>, Vec<Diagnostic>> {
    let mut assembly = Assembly::default();
    let mut stubs = Vec::new();
    if let Some(document) = assembly.parse(body(text)) {
        assembly.read_stub(&document, &mut stubs);
    }
    let mut report = assembly.report;
    let stub = stubs.first_mut().and_then(|read| {
        if templated {
            read.make_templated();
        }
        compile::stub(
            &read.model,
            &read.value,
            id,
            None,
            files,
            &read.place,
            &mut report,
        )
    });
    match stub {
        Some(stub) if report.diagnostics.is_empty() => Ok(Arc::new(stub)),
        _ => Err(report.diagnostics),
    }
}

/// Compiles what a request must be like, as it comes over the admin API on its own.
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
    match pattern {
        Some(pattern) if report.diagnostics.is_empty() => Ok(pattern),
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
