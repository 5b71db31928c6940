//! `sparring mutate`: lists mutants of packs and cassettes, and runs a command against them.

mod args;
mod process;
mod progress;
mod run;
mod server;
mod subject;
mod witness;

use std::io::{self, Write};
use std::process::ExitCode;

use sparring::mutation::{Limits, Mutant, Target, choose, make, report};

pub(super) use args::Mutate;
use args::{Action, What};

/// It could not be done.
const FAILED: u8 = 2;

/// Lists mutants, or runs a command against them.
pub(super) fn run(arguments: &Mutate) -> ExitCode {
    let done = match &arguments.action {
        Some(Action::Run(run)) => run::run(run),
        None => list(arguments),
    };
    done.unwrap_or_else(|error| {
        // A closed output has nobody who could be told.
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::from(FAILED)
    })
}

fn list(arguments: &Mutate) -> Result<ExitCode, String> {
    let subject = subject::load(&arguments.what)?;
    let limits = limits(&arguments.what, &subject.targets)?;
    let mutants = choose(all(&subject.targets), &limits);
    let text = if arguments.json {
        format!("{:#}\n", report::listed(&mutants))
    } else {
        report::list(&mutants)
    };
    Ok(match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// All mutants of these targets.
fn all(targets: &[Target]) -> Vec<Mutant> {
    targets.iter().flat_map(make).collect()
}

/// Which mutants are wanted; a tool that there is not is an error.
fn limits(what: &What, targets: &[Target]) -> Result<Limits, String> {
    for name in &what.tools {
        if targets.iter().all(|target| target.name != *name) {
            let names: Vec<&str> = targets.iter().map(|target| &*target.name).collect();
            return Err(format!(
                "there is no {name:?}; there are {}",
                names.join(", ")
            ));
        }
    }
    Ok(Limits {
        max: what.max,
        only: what.only.clone(),
        targets: what.tools.clone(),
    })
}
