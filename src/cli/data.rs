//! `sparring backup`, `restore` and `verify`: what is done to a data directory while no server uses it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sparring::store::journal::{self, Verified};

#[derive(Args)]
pub(super) struct Backup {
    /// The data directory; no server may be using it
    #[arg(long, value_name = "DIR", env = "SPARRING_DATA_DIR")]
    data_dir: PathBuf,
    /// The file to write, which must not be there
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(Args)]
pub(super) struct Restore {
    /// A backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The data directory to make; it must be empty, or not be there
    #[arg(long, value_name = "DIR", env = "SPARRING_DATA_DIR")]
    data_dir: PathBuf,
}

#[derive(Args)]
pub(super) struct Verify {
    /// The data directory; no server may be using it
    #[arg(long, value_name = "DIR", env = "SPARRING_DATA_DIR")]
    data_dir: PathBuf,
}

/// Copies a data directory into a file.
pub(super) fn backup(arguments: &Backup) -> ExitCode {
    let done = journal::backup(&arguments.data_dir, &arguments.to);
    let to = arguments.to.display();
    told(done.map(|()| format!("{to} is written\n")))
}

/// Makes a data directory of a backup.
pub(super) fn restore(arguments: &Restore) -> ExitCode {
    let done = journal::restore(&arguments.from, &arguments.data_dir);
    let to = arguments.data_dir.display();
    told(done.map(|()| format!("{to} is ready to be served\n")))
}

/// Says of each sandbox of a data directory what is in it, or what is wrong with it.
pub(super) fn verify(arguments: &Verify) -> ExitCode {
    let verified = match journal::verify(&arguments.data_dir) {
        Ok(verified) => verified,
        Err(error) => return told(Err(error)),
    };
    let lines: String = verified.iter().map(line).collect();
    let whole = verified.iter().all(|one| one.found.is_ok());
    let written = io::stdout().lock().write_all(lines.as_bytes());
    match whole && written.is_ok() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn line(one: &Verified) -> String {
    let id = &one.sandbox;
    match &one.found {
        Ok(found) => format!(
            "{id}: whole; calls {}, records {}, entries {}, snapshots {}\n",
            found.calls, found.records, found.entries, found.snapshots
        ),
        Err(wrong) => wrong.iter().map(|why| format!("{id}: {why}\n")).collect(),
    }
}

fn told(done: Result<String, impl std::fmt::Display>) -> ExitCode {
    match done {
        Ok(text) => {
            let _ = io::stdout().lock().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(why) => {
            let _ = io::stderr().lock().write_all(format!("{why}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}
