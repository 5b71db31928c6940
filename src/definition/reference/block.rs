//! The section of one block.

use serde_json::{Map, Value};

use super::phrase::{joined, phrase, shown};
use super::schema::{FILE, Language, Met, referred};
use super::text;

/// At how many places a block is said to stand; of one that stands at more, it is no news.
pub(super) const PLACES_MAX: usize = 8;

/// The section of a block, from its heading on.
pub(super) fn section(language: &Language<'_>, met: &Met<'_>) -> String {
    let mut section = format!("## {}\n\n", language.heading(met.name));
    section.push_str(&text::prose(description(met.schema)));
    if let Some(places) = places(language, met) {
        section.push_str(&places);
    }
    match met.schema.get("properties").and_then(Value::as_object) {
        Some(keys) => section.push_str(&table(language, keys, met.schema)),
        None => section.push_str(&variants(language, met.schema)),
    }
    section
}

fn description(schema: &Value) -> &str {
    let description = schema.get("description").and_then(Value::as_str);
    description.unwrap_or_default()
}

/// Where a block stands: `Stands in: \`tools\` of [Pack file](#pack-file).`
fn places(language: &Language<'_>, met: &Met<'_>) -> Option<String> {
    if met.name == FILE || met.places.is_empty() || met.places.len() > PLACES_MAX {
        return None;
    }
    let mut keys: Vec<(&str, Vec<String>)> = Vec::new();
    for (block, key) in &met.places {
        let block = language.link(block);
        match keys.iter_mut().find(|(name, _)| name == key) {
            Some((_, blocks)) if blocks.contains(&block) => {}
            Some((_, blocks)) => blocks.push(block),
            None => keys.push((key, vec![block])),
        }
    }
    let mut places: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for (key, blocks) in keys {
        let key = format!("`{key}`");
        match places.iter_mut().find(|(_, known)| *known == blocks) {
            Some((keys, _)) => keys.push(key),
            None => places.push((vec![key], blocks)),
        }
    }
    let places = places.into_iter().map(|(keys, blocks)| {
        // A block may be another without a key between them.
        let keys = keys.into_iter().filter(|key| key != "``").collect();
        let (keys, blocks) = (listed(keys), listed(blocks));
        match keys.is_empty() {
            true => blocks,
            false => format!("{keys} of {blocks}"),
        }
    });
    Some(format!("At {}.\n\n", places.collect::<Vec<_>>().join("; ")))
}

/// All of them: `a, b and c`.
fn listed(mut items: Vec<String>) -> String {
    match (items.pop(), items.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} and {last}", items.join(", ")),
    }
}

/// The keys of a block.
fn table(language: &Language<'_>, keys: &Map<String, Value>, schema: &Value) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let is_needed = |key: &str| required.is_some_and(|keys| keys.iter().any(|name| name == key));
    let mut table = "| key | is | |\n|---|---|---|\n".to_owned();
    for (key, schema) in keys {
        let is = phrase(language, schema);
        let needed = if is_needed(key) { "; **needed**" } else { "" };
        let what = text::cell(description(schema));
        let is = is.replace('|', "\\|");
        table.push_str(&format!(
            "| `{key}` | {is}{needed} | {what}{} |\n",
            default(schema)
        ));
    }
    table
}

/// What a key is that is left out, where it is something.
fn default(schema: &Value) -> String {
    let told: Vec<&str> = description(schema).split_whitespace().collect();
    let told = told.join(" ").contains("left out");
    match schema.get("default") {
        Some(value @ (Value::Number(_) | Value::Bool(true))) if !told => {
            format!(" `{value}`, if left out.")
        }
        Some(Value::String(text)) if !told && !text.is_empty() => {
            format!(" `{text}`, if left out.")
        }
        _ => String::new(),
    }
}

/// A block that is one of several things.
fn variants(language: &Language<'_>, schema: &Value) -> String {
    let variants = ["oneOf", "anyOf"].into_iter();
    let mut variants = variants.filter_map(|word| schema.get(word)?.as_array());
    let Some(variants) = variants.next() else {
        return match schema.get("enum").and_then(Value::as_array) {
            Some(values) => {
                let values = values.iter().map(|value| format!("`{}`", shown(value)));
                format!("One of: {}.\n", joined(values.collect()))
            }
            None => format!("Written as: {}.\n", phrase(language, schema)),
        };
    };
    if variants.iter().any(|variant| tag(variant).is_some()) {
        let tagged = variants.iter().map(|variant| tagged(language, variant));
        return tagged.collect::<Vec<_>>().join("\n");
    }
    if variants
        .iter()
        .all(|variant| description(variant).is_empty())
    {
        return format!("Written as: {}.\n", phrase(language, schema));
    }
    let mut table = "| value | |\n|---|---|\n".to_owned();
    for variant in variants {
        let value = value(language, variant).replace('|', "\\|");
        let what = text::cell(described(language, variant));
        table.push_str(&format!("| {value} | {what} |\n"));
    }
    table
}

/// What is said of a variant: where nothing is, what its block says of itself, in a sentence.
fn described<'a>(language: &Language<'a>, variant: &'a Value) -> &'a str {
    match (description(variant), referred(variant)) {
        ("", Some(name)) => {
            let block = language.definition(name);
            let all = block.map_or("", |(_, schema)| description(schema));
            let first = all.split("\n\n").next().unwrap_or_default();
            first.find(". ").map_or(first, |end| &first[..=end])
        }
        (own, _) => own,
    }
}

/// How a variant is written: a word, an object with one key, or something else.
fn value(language: &Language<'_>, variant: &Value) -> String {
    let keys = variant.get("properties").and_then(Value::as_object);
    match keys.map(|keys| keys.iter().collect::<Vec<_>>()).as_deref() {
        Some([(key, schema)]) => format!("`{key}:` {}", phrase(language, schema)),
        // A text is told by its description, beside it.
        None if variant.get("type").is_some_and(|kind| kind == "string")
            && variant.get("const").is_none() =>
        {
            "text".to_owned()
        }
        _ => phrase(language, variant),
    }
}

/// The key by which a variant is told from the others, and its value there.
fn tag(variant: &Value) -> Option<(&str, &str)> {
    let keys = variant.get("properties")?.as_object()?;
    let mut constants = keys.iter().filter_map(|(key, schema)| {
        let value = schema.get("const")?.as_str()?;
        Some((key.as_str(), value))
    });
    constants.next()
}

/// A variant that has keys of its own beside its tag.
fn tagged(language: &Language<'_>, variant: &Value) -> String {
    let Some((tag, value)) = tag(variant) else {
        return String::new();
    };
    let keys = variant.get("properties").and_then(Value::as_object);
    let others = keys.into_iter().flatten().filter(|(key, _)| *key != tag);
    let others: Map<String, Value> = others
        .map(|(key, schema)| (key.clone(), schema.clone()))
        .collect();
    let mut text = format!(
        "With `{tag}: {value}`: {}\n",
        text::cell(description(variant))
    );
    if !others.is_empty() {
        text.push('\n');
        text.push_str(&table(language, &others, variant));
    }
    text
}
