//! `sparring cassette diff`.

use std::process::ExitCode;

use serde_json::Value;
use sparring::cassette::diff;

use super::args::Diff;
use super::{DIFFERS, files, print};

/// Tells where two cassettes differ.
pub(super) fn run(arguments: &Diff) -> Result<ExitCode, String> {
    let bounds = arguments.size.bounds();
    let (before, _) = files::read(&arguments.before, bounds)?;
    let (after, _) = files::read(&arguments.after, bounds)?;
    let differences = diff(&before, &after);
    let text = match arguments.json {
        true => {
            let listed = serde_json::to_value(&differences).map_err(|error| error.to_string())?;
            format!(
                "{listed:#}\n",
                listed = Value::from_iter([("differences", listed)])
            )
        }
        false => differences
            .iter()
            .map(|difference| format!("{}\n", safe(&difference.to_string())))
            .collect(),
    };
    Ok(print(
        &text,
        match differences.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(DIFFERS),
        },
    ))
}

/// The text without what a terminal would obey.
pub(super) fn safe(text: &str) -> String {
    let is_safe = |letter: char| letter == '\n' || !letter.is_control();
    text.chars()
        .map(|letter| if is_safe(letter) { letter } else { '·' })
        .collect()
}
