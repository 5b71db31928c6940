//! Arguments, and the environment variables that stand for them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use sparring::domain::targets::Targets;
use sparring::domain::time::{Clock, parse_instant};

use super::auth::Auth;
use super::cassette::Cassette;
use super::data::{Backup, Restore, Verify};
use super::edge::Edge;
use super::health::Health;
use super::mutate::Mutate;
use super::token::Token;
use super::upstream::Upstream;

/// Simulates stateful tool APIs from definition files.
#[derive(Parser)]
#[command(
    name = "sparring",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: Serve,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serves packs (the default)
    Serve(Box<Serve>),
    /// Checks packs, and reports every mistake with its place
    Check(Check),
    /// Copies a data directory into a file
    Backup(Backup),
    /// Makes a data directory of a backup
    Restore(Restore),
    /// Reads all of a data directory, and says what is in it and what is wrong with it
    Verify(Verify),
    /// Converts, shows, compares and checks cassettes
    Cassette(Box<Cassette>),
    /// Lists mutants of packs and cassettes, or runs a command against them
    Mutate(Box<Mutate>),
    /// Tells whether a server is well, for whoever waits for it
    Health(Health),
    /// Prints the JSON Schema of the definition files
    Schema(Schema),
    /// Prints the OpenAPI document of the admin API
    Openapi,
    /// Makes a token, and prints it and its hash
    Token(Token),
}

#[derive(Args, Clone)]
pub(super) struct Serve {
    /// A pack, a folder of packs, or a WireMock root; may be given several times
    #[arg(long, value_name = "DIR", env = "SPARRING_STUBS", value_delimiter = ',', default_value = "stubs", num_args = 1..)]
    pub(super) stubs: Vec<PathBuf>,
    /// The address to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR",
        env = "SPARRING_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    pub(super) listen: SocketAddr,
    #[command(flatten)]
    pub(super) edge: Edge,
    /// What the seeds of all sandboxes come from
    #[arg(long, value_name = "N", env = "SPARRING_SEED", default_value_t = 0)]
    pub(super) seed: u64,
    /// How the clocks of sandboxes run: system, or frozen@2026-01-01T00:00:00Z
    #[arg(long, value_name = "CLOCK", env = "SPARRING_CLOCK", default_value = "system", value_parser = clock)]
    pub(super) clock: Clock,
    /// Serves a pack below another prefix; / is the root. May be given several times
    #[arg(long, value_name = "PACK=/PREFIX", env = "SPARRING_MOUNT", value_delimiter = ',', value_parser = mount)]
    pub(super) mount: Vec<(String, String)>,
    /// Where webhooks may go: hosts, addresses and networks, each with a port if it is to be the only one; * is the open internet
    #[arg(
        long,
        value_name = "HOSTS",
        env = "SPARRING_WEBHOOK_TARGETS",
        default_value = "localhost,127.0.0.0/8,::1"
    )]
    pub(super) webhook_targets: Targets,
    /// A fault plan that every sandbox opens with: the name of one that ships, or a file; may be given several times
    #[arg(long, value_name = "NAME|FILE", env = "SPARRING_FAULTS", value_delimiter = ',', num_args = 1..)]
    pub(super) faults: Vec<String>,
    /// Where sandboxes are kept, so that they outlive the server; in memory alone, if left out
    #[arg(long, value_name = "DIR", env = "SPARRING_DATA_DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Where cassettes lie; made when the first one is recorded
    #[arg(
        long,
        value_name = "DIR",
        env = "SPARRING_CASSETTES",
        default_value = "cassettes"
    )]
    pub(super) cassettes: PathBuf,
    #[command(flatten)]
    pub(super) upstream: Upstream,
    /// Makes templates of all stubs of WireMock roots and of sandboxes, whether or not they say so
    #[arg(long, env = "SPARRING_GLOBAL_RESPONSE_TEMPLATING", value_parser = FalseyValueParser::new())]
    pub(super) global_response_templating: bool,
    /// Makes templates of stubs that say so, and of no others (the default)
    #[arg(long, conflicts_with = "global_response_templating")]
    pub(super) local_response_templating: bool,
    /// Takes up edited definition files; a bad edit keeps the old set
    #[arg(long, env = "SPARRING_WATCH", value_parser = FalseyValueParser::new())]
    pub(super) watch: bool,
    #[command(flatten)]
    pub(super) auth: Auth,
    /// How many calls the log of each sandbox keeps
    #[arg(
        long,
        value_name = "N",
        env = "SPARRING_LOG_CALLS",
        default_value_t = 10_000
    )]
    pub(super) log_calls: usize,
    /// About how many bytes the log of each sandbox keeps
    #[arg(long, value_name = "N", env = "SPARRING_LOG_BYTES", default_value_t = 32 << 20)]
    pub(super) log_bytes: usize,
    /// How many changes of each sandbox are remembered, to go back to
    #[arg(
        long,
        value_name = "N",
        env = "SPARRING_HISTORY_CALLS",
        default_value_t = 10_000
    )]
    pub(super) history_calls: usize,
    /// About how many bytes of changes of each sandbox are remembered
    #[arg(long, value_name = "N", env = "SPARRING_HISTORY_BYTES", default_value_t = 16 << 20)]
    pub(super) history_bytes: usize,
    /// The largest body that is taken, in bytes
    #[arg(long, value_name = "N", env = "SPARRING_BODY_BYTES", default_value_t = 10 << 20)]
    pub(super) body_bytes: usize,
    /// How long a body may take to arrive, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SPARRING_BODY_SECONDS",
        default_value_t = 10
    )]
    pub(super) body_seconds: u64,
    /// Never pack answers, not even for callers who accept gzip
    #[arg(long, env = "SPARRING_DISABLE_GZIP")]
    pub(super) disable_gzip: bool,
    /// How many threads answer calls; as many as there are cores, if left out
    #[arg(long, value_name = "N", env = "SPARRING_WORKERS")]
    pub(super) workers: Option<std::num::NonZeroUsize>,
}

#[derive(Args)]
pub(super) struct Check {
    /// Packs, folders of packs, or WireMock roots
    #[arg(value_name = "DIR", required = true)]
    pub(super) folders: Vec<PathBuf>,
    /// A data directory, of which no server runs: what of its sandboxes does not fit the packs is told
    #[arg(long, value_name = "DATA_DIR")]
    pub(super) against: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Schema {
    /// Which kind of file
    #[arg(value_enum, default_value_t = Kind::Pack)]
    pub(super) kind: Kind,
    /// As Markdown, for people
    #[arg(long)]
    pub(super) reference: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// A file of a pack
    Pack,
    /// A stub, as WireMock writes it
    Stub,
}

pub(super) fn clock(text: &str) -> Result<Clock, String> {
    if text == "system" {
        return Ok(Clock::System);
    }
    let Some(instant) = text.strip_prefix("frozen@") else {
        return Err("expected system, or frozen@ and an RFC 3339 date-time".into());
    };
    parse_instant(instant)
        .map(|now| Clock::Frozen { now })
        .ok_or_else(|| format!("{instant:?} is not an RFC 3339 date-time"))
}

fn mount(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((pack, prefix)) if !pack.is_empty() && prefix.starts_with('/') => {
            Ok((pack.to_owned(), prefix.to_owned()))
        }
        _ => Err("expected PACK=/prefix".into()),
    }
}
