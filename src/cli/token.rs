//! `sparring token`.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use sparring::access::Hash;

/// How much chance a token has, in bytes.
const CHANCE_BYTES: usize = 32;

#[derive(Args)]
pub(super) struct Token {
    /// What the token begins with, so that people and scanners know what they see
    #[arg(long, value_name = "TEXT", default_value = "spt", value_parser = prefix)]
    prefix: String,
    /// Makes no token, and prints the hash of the one that stands on standard input
    #[arg(long, conflicts_with = "prefix")]
    hash: bool,
}

fn prefix(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match (1..=16).contains(&text.len()) && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("expected 1 to 16 characters out of A-Z a-z 0-9 _ -".into()),
    }
}

/// Makes a token, or hashes one.
pub(super) fn run(arguments: &Token) -> ExitCode {
    let made = match arguments.hash {
        true => given().map(|token| format!("{}\n", Hash::of(&token))),
        false => fresh(&arguments.prefix)
            .map(|token| format!("token: {token}\nhash:  {}\n", Hash::of(&token))),
    };
    let (text, code) = match made {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(why) => {
            let _ = io::stderr().lock().write_all(format!("{why}\n").as_bytes());
            return ExitCode::FAILURE;
        }
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A token that nobody can guess: of the same source of chance as TLS keys.
fn fresh(prefix: &str) -> Result<String, String> {
    let mut chance = [0; CHANCE_BYTES];
    let source = rustls::crypto::ring::default_provider().secure_random;
    source
        .fill(&mut chance)
        .map_err(|_| "this machine gives no chance".to_owned())?;
    Ok(format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(chance)))
}

fn given() -> Result<String, String> {
    let mut token = String::new();
    io::stdin()
        .read_to_string(&mut token)
        .map_err(|error| format!("standard input cannot be read: {error}"))?;
    // The end of the line is the shell's, not the token's.
    match token.trim_end_matches(['\r', '\n']) {
        "" => Err("expected a token on standard input".to_owned()),
        token => Ok(token.to_owned()),
    }
}
