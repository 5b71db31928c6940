//! `sparring check --against`: what of the sandboxes in a data directory does not fit some packs.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use sparring::definition::compiled::Definitions;
use sparring::domain::name::SandboxId;
use sparring::engine;
use sparring::state::SandboxState;
use sparring::store::Store;
use sparring::store::journal::{FILE, Journal};

use super::check::say;

/// Looks at all sandboxes of a data directory.
pub(super) fn run(definitions: &Definitions, folder: &Path) -> ExitCode {
    // Who opens a journal that is not there makes one.
    if !folder.join(FILE).is_file() {
        let text = format!(
            "{} is no data directory: it has no {FILE}\n",
            folder.display()
        );
        say(&text, &mut io::stderr());
        return ExitCode::FAILURE;
    }
    let journal = match Journal::open(folder) {
        Ok(journal) => journal,
        Err(error) => {
            say(
                &format!("{}: {error}\n", folder.display()),
                &mut io::stderr(),
            );
            return ExitCode::FAILURE;
        }
    };
    let mut sandboxes = Vec::new();
    for id in journal.list() {
        let Some(key) = journal.find(&id) else {
            continue;
        };
        match journal.read(&key) {
            Ok(state) => sandboxes.push((id, state)),
            Err(error) => {
                say(&format!("sandbox {id}: {error}\n"), &mut io::stderr());
                return ExitCode::FAILURE;
            }
        }
    }
    journal.close();
    let (text, fits) = told(definitions, &sandboxes);
    match fits {
        true => {
            say(&text, &mut io::stdout());
            ExitCode::SUCCESS
        }
        false => {
            say(&text, &mut io::stderr());
            ExitCode::FAILURE
        }
    }
}

/// What is told of these sandboxes, and whether all of them fit.
fn told(definitions: &Definitions, sandboxes: &[(SandboxId, SandboxState)]) -> (String, bool) {
    let (mut text, mut count) = (String::new(), 0);
    for (id, state) in sandboxes {
        for misfit in engine::misfits(definitions, state) {
            count += 1;
            let (what, todo) = (misfit.told(), misfit.advice());
            writeln!(text, "sandbox {id}: {what}\n  {todo}").expect("a text takes anything");
        }
    }
    let looked = sandboxes.len();
    let total = match count {
        0 => format!("ok: {looked} sandboxes fit\n"),
        _ => format!("\n{count} misfits in {looked} sandboxes\n"),
    };
    (text + &total, count == 0)
}
