//! `sparring check`.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use sparring::definition::load::{self, Sources};

use super::against;
use super::args::Check;

/// Checks folders of definitions.
pub(super) fn run(arguments: &Check) -> ExitCode {
    let sources = Sources {
        folders: arguments.folders.clone(),
        ..Sources::default()
    };
    let definitions = match load::load(&sources) {
        Ok(definitions) => definitions,
        Err(error) => return report(&error),
    };
    let mut found: Vec<String> = definitions
        .packs
        .iter()
        .map(|pack| format!("{}: {} tools", pack.name, pack.tools.len()))
        .collect();
    if !definitions.mappings.is_empty() {
        found.push(format!(
            "{} stubs of WireMock roots",
            definitions.mappings.len()
        ));
    }
    if let Some(folder) = &arguments.against {
        return against::run(&definitions, folder);
    }
    say(&format!("ok: {}\n", found.join(", ")), &mut io::stdout());
    ExitCode::SUCCESS
}

/// Reports why there are no definitions, in full.
pub(super) fn report(error: &load::Error) -> ExitCode {
    let color = io::stderr().is_terminal();
    let count = error.count();
    let mistakes = if count == 1 { "mistake" } else { "mistakes" };
    let text = format!("{}\n\n{count} {mistakes}\n", error.render(color));
    say(&text, &mut io::stderr());
    ExitCode::FAILURE
}

pub(super) fn say(text: &str, to: &mut dyn Write) {
    // A closed output has nobody who could be told.
    let _ = to.write_all(text.as_bytes());
}
