//! Arguments of `sparring mutate`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use sparring::mutation::TABLE;

/// How many mutants there are at the most, unless the caller says otherwise.
const MAX_DEFAULT: usize = 100;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Mutate {
    #[command(subcommand)]
    pub(super) action: Option<Action>,
    #[command(flatten)]
    pub(super) what: What,
    /// Lists them as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
pub(super) enum Action {
    /// Runs a command against a sandbox per mutant, and says which it notices
    Run(Box<Run>),
}

/// What is mutated, and which mutants are wanted.
#[derive(Args)]
pub(super) struct What {
    /// A cassette, a folder of a pack or of packs, or the name of a pack in --stubs; may be several packs
    #[arg(value_name = "CASSETTE|PACK")]
    pub(super) subjects: Vec<String>,
    /// Folders of packs: those that are named, and those that the command needs beside them
    #[arg(
        long,
        value_name = "DIR",
        env = "SPARRING_STUBS",
        value_delimiter = ','
    )]
    pub(super) stubs: Vec<PathBuf>,
    /// How many mutants at the most; the likeliest, and none takes the places of the others
    #[arg(long, value_name = "N", default_value_t = MAX_DEFAULT)]
    pub(super) max: usize,
    /// Only mutants of these modes
    #[arg(long, value_name = "MODE", value_delimiter = ',', value_parser = mode)]
    pub(super) only: Vec<String>,
    /// Only mutants of these tools or endpoints
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) tools: Vec<String>,
}

#[derive(Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) what: What,
    /// How many run at a time; as many as there are cores, if left out
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// How long each may take, and the clean run, in seconds; if left out, ten times the clean run and ten
    /// seconds more, and at least 30, and for the clean run ten minutes
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) timeout: Option<u64>,
    /// Writes a report as JSON; - is the standard output, instead of the text
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Writes a report as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Ends with status 1 if fewer of the mutants are noticed
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(super) min_score: Option<u8>,
    /// What all chance comes from, in every sandbox the same
    #[arg(long, value_name = "N", env = "SPARRING_SEED", default_value_t = 0)]
    pub(super) seed: u64,
    /// How the clocks of sandboxes run: system, or frozen@2026-01-01T00:00:00Z
    #[arg(long, value_name = "CLOCK", env = "SPARRING_CLOCK", default_value = "system", value_parser = crate::cli::args::clock)]
    pub(super) clock: sparring::domain::time::Clock,
    /// Shows what the command said when it did not notice
    #[arg(long)]
    pub(super) verbose: bool,
    /// The command, with its arguments: it finds its sandbox in SPARRING_URL
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

fn mode(text: &str) -> Result<String, String> {
    if TABLE.iter().any(|row| row.mode == text) {
        return Ok(text.to_owned());
    }
    let modes: Vec<&str> = TABLE.iter().map(|row| row.mode).collect();
    Err(format!("there are {}", modes.join(", ")))
}
