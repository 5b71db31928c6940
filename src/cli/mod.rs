//! The commands, each in a file of its own.

mod against;
mod args;
mod auth;
mod banner;
mod cassette;
mod check;
mod data;
mod edge;
mod health;
mod logging;
mod mutate;
mod schema;
mod serve;
mod token;
mod upstream;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

/// Runs the command that the arguments name; `serve`, if they name none.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        None => serve::run(&arguments.serve),
        Some(Command::Serve(serve)) => serve::run(&serve),
        Some(Command::Cassette(cassette)) => cassette::run(&cassette),
        Some(Command::Backup(backup)) => data::backup(&backup),
        Some(Command::Restore(restore)) => data::restore(&restore),
        Some(Command::Verify(verify)) => data::verify(&verify),
        Some(Command::Check(check)) => check::run(&check),
        Some(Command::Mutate(mutate)) => mutate::run(&mutate),
        Some(Command::Health(health)) => health::run(&health),
        Some(Command::Schema(schema)) => schema::run(&schema),
        Some(Command::Openapi) => schema::openapi(),
        Some(Command::Token(token)) => token::run(&token),
    }
}
