//! Arguments of `sparring cassette`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Subcommand};
use http::{HeaderName, HeaderValue};
use sparring::cassette::Format;

#[derive(Args)]
pub(in crate::cli) struct Cassette {
    #[command(subcommand)]
    pub(super) action: Action,
}

#[derive(Subcommand)]
pub(super) enum Action {
    /// Writes a cassette in another format: the project's own, the document's, HAR, VCR.py's, WireMock's
    Convert(Convert),
    /// Lists the entries of a cassette
    Show(Show),
    /// Tells where two cassettes differ; ends with 1 if they do
    Diff(Diff),
    /// Sends the requests of a cassette to a live API and tells how its replies have drifted; ends with 1 if they have
    Check(Check),
}

#[derive(Args)]
pub(super) struct Convert {
    /// The cassette, in whatever format
    pub(super) file: PathBuf,
    /// The format to write: yaml, json, document, har, vcr or wiremock
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub(super) to: Format,
    /// Where to write it; the output, if left out
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Writes over a file that is there
    #[arg(long, requires = "output")]
    pub(super) force: bool,
    /// Takes out what looks like credentials
    #[arg(long)]
    pub(super) redact: bool,
    #[command(flatten)]
    pub(super) size: Size,
}

#[derive(Args)]
pub(super) struct Show {
    /// The cassette, in whatever format
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) size: Size,
}

#[derive(Args)]
pub(super) struct Diff {
    /// The older cassette
    pub(super) before: PathBuf,
    /// The newer cassette; it may have another format
    pub(super) after: PathBuf,
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) size: Size,
}

#[derive(Args)]
pub(super) struct Check {
    /// The cassette, in whatever format
    pub(super) file: PathBuf,
    /// Where the live API is; the targets of the entries are appended
    #[arg(long, value_name = "URL")]
    pub(super) against: String,
    /// A header to send with each request, in place of a recorded one of that name. May be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    pub(super) header: Vec<(HeaderName, HeaderValue)>,
    /// Sends GET, HEAD and OPTIONS, and nothing that may change anything
    #[arg(long)]
    pub(super) only_reads: bool,
    /// Compares values too, and not types alone
    #[arg(long)]
    pub(super) values: bool,
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
    /// How long an answer may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(super) timeout: Duration,
    /// A PEM file of authorities that are trusted beside those of the open internet
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// Trusts whatever certificate the API shows
    #[arg(long)]
    pub(super) insecure: bool,
    #[command(flatten)]
    pub(super) size: Size,
}

/// How large a cassette may be.
#[derive(Args, Clone, Copy)]
pub(super) struct Size {
    /// The most that the bodies of a cassette may take together, in megabytes
    #[arg(long, value_name = "MEGABYTES", default_value_t = 256)]
    max_size: u32,
}

impl Size {
    pub(super) fn bounds(self) -> sparring::cassette::Bounds {
        sparring::cassette::Bounds {
            held_bytes: (self.max_size as usize).saturating_mul(1 << 20),
            ..sparring::cassette::Bounds::default()
        }
    }
}

fn format(text: &str) -> Result<Format, String> {
    let known = Format::NAMES.iter().find(|(name, _)| *name == text);
    known.map(|(_, format)| *format).ok_or_else(|| {
        let names: Vec<&str> = Format::NAMES.iter().map(|(name, _)| *name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    let name = HeaderName::from_str(name.trim()).map_err(|error| error.to_string())?;
    let value = HeaderValue::from_str(value.trim()).map_err(|error| error.to_string())?;
    Ok((name, value))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds")?;
    match (0.001..=86_400.0).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("expected a number of seconds from 0.001 to 86400".to_owned()),
    }
}
