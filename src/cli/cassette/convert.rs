//! `sparring cassette convert`.

use std::process::ExitCode;
use std::sync::Arc;

use sparring::cassette::{Redaction, write};

use super::args::Convert;
use super::{complain, files, print};

/// Reads a cassette of whatever format and writes it in another.
pub(super) fn run(arguments: &Convert) -> Result<ExitCode, String> {
    let (mut cassette, _) = files::read(&arguments.file, arguments.size.bounds())?;
    let redaction = Redaction::default();
    let mut secret = 0;
    for entry in &mut cassette.entries {
        let redacted = redaction.entry((**entry).clone());
        if redacted != **entry {
            secret += 1;
            if arguments.redact {
                *entry = Arc::new(redacted);
            }
        }
    }
    let written = write(&cassette, arguments.to);
    for note in &written.notes {
        complain(&format!("note: {note}"));
    }
    if secret > 0 && !arguments.redact {
        let entries = if secret == 1 {
            "entry holds"
        } else {
            "entries hold"
        };
        complain(&format!(
            "note: {secret} {entries} what looks like credentials; --redact takes it out"
        ));
    }
    match &arguments.output {
        Some(path) => {
            files::write(path, &written.text, arguments.force)?;
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(print(&written.text, ExitCode::SUCCESS)),
    }
}
