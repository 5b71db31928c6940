//! `sparring cassette show`.

use std::fmt::Write as _;
use std::process::ExitCode;

use sparring::cassette::{Cassette, Entry, Format, Lost};

use super::args::Show;
use super::{files, print};

/// Longer calls are cut.
const CALL_CHARS_MAX: usize = 60;

/// Lists the entries of a cassette.
pub(super) fn run(arguments: &Show) -> Result<ExitCode, String> {
    let (cassette, format) = files::read(&arguments.file, arguments.size.bounds())?;
    Ok(print(&table(&cassette, format), ExitCode::SUCCESS))
}

fn table(cassette: &Cassette, format: Format) -> String {
    let names = Format::NAMES.iter();
    let known = names.into_iter().find(|(_, known)| *known == format);
    let format = known.map_or("", |(name, _)| name);
    let count = cassette.entries.len();
    let entries = if count == 1 { "entry" } else { "entries" };
    let mut text = format!("{} ({format}): {count} {entries}", line(&cassette.name));
    if let Some(upstream) = cassette.upstream() {
        let _ = write!(text, ", recorded of {}", line(upstream));
    }
    text.push('\n');
    let mut rows = vec![["n", "call", "status", "latency", "body"].map(str::to_owned)];
    let numbered = (1..).zip(&cassette.entries);
    rows.extend(numbered.map(|(number, entry)| row(number, entry)));
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths = [0, 1, 2, 3, 4].map(width);
    for [number, call, status, latency, body] in &rows {
        let row = format!(
            "{number:>0$}  {call:<1$}  {status:<2$}  {latency:>3$}  {body:>4$}",
            widths[0], widths[1], widths[2], widths[3], widths[4]
        );
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn row(number: usize, entry: &Entry) -> [String; 5] {
    let Entry {
        request, response, ..
    } = entry;
    let call = match &entry.tool {
        Some(tool) => tool.clone(),
        None => {
            let origin = request.origin.as_deref().unwrap_or_default();
            format!("{} {origin}{}", request.method, request.target)
        }
    };
    let status = match response.lost {
        None => response.status.to_string(),
        Some(Lost::Reset) => "reset".to_owned(),
        Some(Lost::Closed) => "closed".to_owned(),
        Some(Lost::TimedOut) => "timed out".to_owned(),
    };
    [
        number.to_string(),
        line(&call),
        status,
        format!("{} ms", entry.latency.as_millis()),
        size(response.body.len()),
    ]
}

fn size(bytes: usize) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// A text of a file, short and without what a terminal would obey.
fn line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|letter| if letter.is_control() { '·' } else { letter })
        .take(CALL_CHARS_MAX)
        .collect();
    if text.chars().nth(CALL_CHARS_MAX).is_some() {
        line.push('…');
    }
    line
}
