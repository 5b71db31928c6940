//! The two columns.

use super::super::wrap;
use super::Line;

/// How many characters the table has across, unless the caller asks for another width.
pub const WIDTH_DEFAULT: usize = 119;

/// A table that is narrower has no room for words, and nobody reads a wider one.
const WIDTH_MIN: usize = 40;
const WIDTH_MAX: usize = 500;

/// What stands before a complaint.
const ARROW: &str = "<<<<< ";

/// The whole table, with its head and foot.
pub(super) fn text(name: Option<&str>, lines: &[Line], width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let mut table = Table {
        text: String::new(),
        middle: width / 2 - 1,
        column: width / 2 - 2,
    };
    table.head(width);
    if let Some(name) = name {
        table.line(name, "", None);
        table.row("", "", None);
    }
    for line in lines {
        table.line(&line.wanted, &line.found, line.complaint.as_deref());
    }
    table.row("", "", None);
    table.rule(width);
    table.text
}

struct Table {
    text: String,
    middle: usize,
    column: usize,
}

impl Table {
    fn head(&mut self, width: usize) {
        const TITLE: &str = "Request was not matched";
        let indent = self.middle.saturating_sub(TITLE.len() / 2);
        let indent = " ".repeat(indent);
        let line = "=".repeat(TITLE.len());
        self.text
            .push_str(&format!("\n{indent}{TITLE}\n{indent}{line}\n\n"));
        self.rule(width);
        let middle = self.middle;
        self.text.push_str(&format!(
            "|{:middle$}|{:middle$}|\n",
            " Closest stub", " Request"
        ));
        self.rule(width);
        self.row("", "", None);
    }

    fn rule(&mut self, width: usize) {
        self.text.push_str(&"-".repeat(width));
        self.text.push('\n');
    }

    /// A line, over as many rows as its longer side needs.
    fn line(&mut self, wanted: &str, found: &str, complaint: Option<&str>) {
        let wanted = wrap::lines(wanted, self.column);
        let found = wrap::lines(found, self.column);
        for at in 0..wanted.len().max(found.len()).max(1) {
            let side = |side: &[String]| side.get(at).cloned().unwrap_or_default();
            let complaint = complaint.filter(|_| at == 0);
            self.row(&side(&wanted), &side(&found), complaint);
        }
    }

    fn row(&mut self, wanted: &str, found: &str, complaint: Option<&str>) {
        let (left, right) = (self.middle + 1, self.middle - 6);
        let row = match (found, complaint) {
            ("", None) => format!("{wanted:left$}|\n"),
            ("", Some(complaint)) => format!("{wanted:left$}| {:right$}{ARROW}{complaint}\n", ""),
            (found, None) => format!("{wanted:left$}| {found}\n"),
            (found, Some(complaint)) => {
                format!("{wanted:left$}| {found:right$}{ARROW}{complaint}\n")
            }
        };
        self.text.push_str(&row);
    }
}
