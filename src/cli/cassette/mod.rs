//! `sparring cassette`: what can be done with cassettes without a server.

mod args;
mod check;
mod convert;
mod diff;
mod files;
mod show;
mod unpack;

use std::io::{self, Write};
use std::process::ExitCode;

use args::Action;
pub(super) use args::Cassette;

/// It could not be done.
const FAILED: u8 = 2;

/// What was asked came out otherwise than one would like: cassettes differ, a reply has drifted.
const DIFFERS: u8 = 1;

/// Carries out what is asked of cassettes.
pub(super) fn run(arguments: &Cassette) -> ExitCode {
    let done = match &arguments.action {
        Action::Convert(convert) => convert::run(convert),
        Action::Show(show) => show::run(show),
        Action::Diff(diff) => diff::run(diff),
        Action::Check(check) => check::run(check),
    };
    done.unwrap_or_else(|error| {
        complain(&format!("error: {error}"));
        ExitCode::from(FAILED)
    })
}

/// Says something beside the output. A closed one has nobody who could be told.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes the output, and ends as that went.
fn print(text: &str, code: ExitCode) -> ExitCode {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}
