//! `sparring schema` and `sparring openapi`: what editors and generators read.

use std::io::{self, Write};
use std::process::ExitCode;

use sparring::definition::model::{pack_schema, stub_schema};
use sparring::http::admin::openapi_document;

use super::args::{Kind, Schema};

/// Prints a JSON Schema.
pub(super) fn run(arguments: &Schema) -> ExitCode {
    let schema = match arguments.kind {
        Kind::Pack => pack_schema(),
        Kind::Stub => stub_schema().clone(),
    };
    print(&format!("{schema:#}\n"))
}

/// Prints the OpenAPI document.
pub(super) fn openapi() -> ExitCode {
    print(&openapi_document())
}

fn print(text: &str) -> ExitCode {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
