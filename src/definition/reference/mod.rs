//! The reference of the definition language, made from its JSON Schema: one section a block, one row a key,
//! in the order in which somebody meets them who reads a file from its top.
//!
//! It is Markdown as GitHub shows it. What it says is what editors show: the documentation of the structs
//! in `model`.

mod block;
mod phrase;
mod schema;
#[cfg(test)]
mod tests;
mod text;

use serde_json::Value;

use schema::{Language, Met};

/// The reference of a language, as Markdown. `made_by` is the command that prints it.
#[must_use]
pub fn reference(schema: &Value, made_by: &str) -> String {
    let language = Language::new(schema);
    let blocks = language.blocks();
    let mut page = introduction(made_by);
    page.push_str("## Contents\n\n");
    for met in blocks.iter().filter(|met| is_listed(met)) {
        let around = met
            .within
            .iter()
            .filter(|block| is_listed(&blocks[**block]));
        let indent = "  ".repeat(around.count());
        page.push_str(&format!("{indent}- {}\n", language.link(met.name)));
    }
    for met in &blocks {
        page.push('\n');
        page.push_str(&block::section(&language, met));
    }
    page
}

/// Whether the contents have a block: one that has keys, or that is met everywhere. What else there is, is
/// found by links.
fn is_listed(met: &Met<'_>) -> bool {
    met.schema.get("properties").is_some() || met.places.len() > block::PLACES_MAX
}

fn introduction(made_by: &str) -> String {
    format!(
        "# Reference of the definition language\n\n\
         A pack is a folder of files in YAML or JSON. This page has every key that may stand in them: each \
         block of the language is a section, each key a row of its table. `{made_by}` prints it; \
         `sparring check DIR` tells what is wrong with a pack, and where.\n\n\
         A key may be left out unless the table says that it is needed. In the tables, *text, by name* is an \
         object whose members are called as the author likes, each of them a text; *object* has any \
         members, and *anything* is any value of JSON.\n\n"
    )
}
