//! `sparring schema` and `sparring openapi`: what editors and generators read.

use std::io::{self, Write};
use std::process::ExitCode;

use sparring::definition::model::{pack_schema, stub_schema};
use sparring::definition::reference::reference;
use sparring::http::admin::openapi_document;

use super::args::{Kind, Schema};

/// Prints a JSON Schema, or what it says as Markdown.
pub(super) fn run(arguments: &Schema) -> ExitCode {
    let (schema, command) = match arguments.kind {
        Kind::Pack => (pack_schema(), "sparring schema --reference"),
        Kind::Stub => (stub_schema().clone(), "sparring schema stub --reference"),
    };
    if arguments.reference {
        return print(&reference(&schema, command));
    }
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
