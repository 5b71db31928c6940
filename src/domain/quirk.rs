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

fn no(flag: &bool) -> bool {
    !flag
}
