//! Quirks: what real paging does now and then, and a client has to live with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A flaw of one page, or of all of them. Several may stand in one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Quirk {
    /// So many rows fewer than the page could have; the missing ones are on the next page, or on none
    /// where pages are asked for by their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_page: Option<u64>,
    /// A page without a row, although more follow: its cursor goes on where the page was; where
    /// pages are asked for by their number, its rows are on none.
    #[serde(skip_serializing_if = "no")]
    pub empty_page: bool,
    /// The last page says that there is more, and its cursor leads to the second page again.
    #[serde(rename = "loop", skip_serializing_if = "no")]
    pub turns: bool,
    /// What is left out of the reply: members by name, or by a JSON pointer (RFC 6901); or headers by
    /// name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<String>,
    /// How much the total is off, more with every page: the second page is off by this, the third by
    /// twice as much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_drift: Option<i64>,
    /// So many records are really made just before the page is: copies of the newest one, under keys
    /// of their own; of members that are unique, a text gets a number, and anything else is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_rows: Option<u64>,
    /// So many records are really dropped just before the page is made: the first ones of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_rows: Option<u64>,
    /// The cursor that the call brings has expired.
    #[serde(skip_serializing_if = "no")]
    pub expire_token: bool,
    /// At most so many rows, whatever the call asks for, and without a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clamp_size: Option<u64>,
    /// The cursor to the next page is cut off in its middle.
    #[serde(skip_serializing_if = "no")]
    pub malformed_next: bool,
    /// Only on this page: 1, 2, 3 …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_page: Option<u64>,
    /// How many pages it concerns: one, if it is queued by a tester; all, if it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// How many records one quirk makes or drops at the most.
pub const ROWS_MAX: u64 = 1_000;

/// A member of a quirk that cannot be, and why.
pub type Mistake = (&'static str, String);

/// By what one page leads to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadsBy {
    /// A token.
    Token,
    /// The key of its last row.
    Key,
    /// A number, of rows or of the page.
    Number,
}

impl Quirk {
    /// What cannot be on any page.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (name, rows) in [
            ("insertRows", self.insert_rows),
            ("deleteRows", self.delete_rows),
        ] {
            if rows.is_some_and(|rows| rows > ROWS_MAX) {
                mistakes.push((name, format!("expected at most {ROWS_MAX}")));
            }
        }
        if self.clamp_size == Some(0) {
            mistakes.push(("clampSize", "expected at least 1".to_owned()));
        }
        if let Some(name) = self.omit.iter().find(|name| !can_be_omitted(name)) {
            let message = format!("`{name}` is neither a name nor a JSON pointer (RFC 6901)");
            mistakes.push(("omit", message));
        }
        mistakes
    }

    /// What cannot be on pages that lead on by `ways`: there may be several, where the caller chooses.
    #[must_use]
    pub fn misfits(&self, ways: &[LeadsBy]) -> Vec<Mistake> {
        let mut misfits = Vec::new();
        if self.empty_page && !ways.is_empty() && ways.iter().all(|way| *way == LeadsBy::Key) {
            let message = "an empty page has no row whose key leads on";
            misfits.push(("emptyPage", message.to_owned()));
        }
        if self.expire_token && !ways.contains(&LeadsBy::Token) {
            let message = "its positions are no tokens, so that none expires";
            misfits.push(("expireToken", message.to_owned()));
        }
        misfits
    }
}

/// Whether this is a name, or a JSON pointer (RFC 6901).
fn can_be_omitted(name: &str) -> bool {
    match name.split_once('/') {
        None => !name.is_empty(),
        Some((before, pointer)) => {
            let mut escapes = pointer.split('~').skip(1);
            before.is_empty() && escapes.all(|escape| escape.starts_with(['0', '1']))
        }
    }
}

fn no(flag: &bool) -> bool {
    !flag
}
