//! The command line: `sparring serve`, `check`, `cassette`, `mutate`, `health`, `schema`, `openapi`.
//! Sockets, environment and signals begin here.

#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

/// The system's allocator loses much of its time to many small replies on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
