//! The blocks of a language: what its schema defines, in the order in which it is met.

use serde_json::{Map, Value};

use super::text;

/// What references to definitions begin with.
const DEFINITIONS: &str = "#/$defs/";

/// How deep a schema is followed; it is ours, and far from that deep.
const DEPTH_MAX: usize = 64;

/// The name of the block that is a whole file.
pub(super) const FILE: &str = "";

/// A language as its schema has it.
pub(super) struct Language<'a> {
    schema: &'a Value,
    definitions: Option<&'a Map<String, Value>>,
}

/// A block, and where it was met.
pub(super) struct Met<'a> {
    /// Its name in the schema; [`FILE`] for the file itself.
    pub(super) name: &'a str,
    /// Its schema.
    pub(super) schema: &'a Value,
    /// The blocks that it stands in, the innermost last, as numbers of the list that has it.
    pub(super) within: Vec<usize>,
    /// The keys that have it, and the names of their blocks, in the order in which they are met.
    pub(super) places: Vec<(&'a str, &'a str)>,
}

/// A block, while all are looked for.
struct Found<'a> {
    name: &'a str,
    schema: &'a Value,
    /// The blocks that are met here first.
    inner: Vec<usize>,
    places: Vec<(&'a str, &'a str)>,
}

/// Adds a block and those that are met in it.
fn meet<'a>(at: usize, found: &[Found<'a>], within: &[usize], met: &mut Vec<Met<'a>>) {
    let block = &found[at];
    met.push(Met {
        name: block.name,
        schema: block.schema,
        within: within.to_vec(),
        places: block.places.clone(),
    });
    let within = [within, &[met.len() - 1]].concat();
    for inner in &block.inner {
        meet(*inner, found, &within, met);
    }
}

impl<'a> Language<'a> {
    pub(super) fn new(schema: &'a Value) -> Self {
        Self {
            schema,
            definitions: schema.get("$defs").and_then(Value::as_object),
        }
    }

    /// All blocks, the file first, each behind the block that has it: of several, that which stands nearest
    /// to the file.
    pub(super) fn blocks(&self) -> Vec<Met<'a>> {
        let mut found: Vec<Found<'a>> = vec![Found {
            name: FILE,
            schema: self.schema,
            inner: Vec::new(),
            places: Vec::new(),
        }];
        let mut at = 0;
        while let Some(Found {
            name: block,
            schema,
            ..
        }) = found.get(at)
        {
            let (block, schema) = (*block, *schema);
            for (key, schema) in keys(schema) {
                for name in named(schema, 0) {
                    let known = found.iter().position(|found| found.name == name);
                    let number = match (known, self.definition(name)) {
                        (Some(known), _) => known,
                        (None, None) => continue,
                        (None, Some((name, schema))) => {
                            found.push(Found {
                                name,
                                schema,
                                inner: Vec::new(),
                                places: Vec::new(),
                            });
                            let last = found.len() - 1;
                            found[at].inner.push(last);
                            last
                        }
                    };
                    found[number].places.push((block, key));
                }
            }
            at += 1;
        }
        let mut met = Vec::new();
        meet(0, &found, &[], &mut met);
        met
    }

    pub(super) fn definition(&self, name: &str) -> Option<(&'a str, &'a Value)> {
        let (name, schema) = self.definitions?.get_key_value(name)?;
        Some((name, schema))
    }

    /// What a block is called on the page.
    pub(super) fn heading(&self, name: &str) -> String {
        let schema = match name {
            FILE => Some(self.schema),
            name => self.definition(name).map(|(_, schema)| schema),
        };
        let title = schema.and_then(|schema| schema.get("title")?.as_str());
        match title {
            Some(title) => {
                let title = title.strip_prefix("Sparring ").unwrap_or(title);
                let mut letters = title.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(letters).collect()
            }
            None => text::words(name),
        }
    }

    /// A link to a block.
    pub(super) fn link(&self, name: &str) -> String {
        let heading = self.heading(name);
        format!("[{heading}](#{})", text::anchor(&heading))
    }
}

/// The name of the definition that a schema refers to.
pub(super) fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(DEFINITIONS)
}

/// The keys of a block, those of its variants included, and what it may be beside.
fn keys(schema: &Value) -> Vec<(&str, &Value)> {
    let variants = ["oneOf", "anyOf"].into_iter();
    let variants = variants.filter_map(|word| schema.get(word)?.as_array());
    let own = std::iter::once(schema).chain(variants.flatten());
    let mut keys = Vec::new();
    for schema in own {
        match schema.get("properties").and_then(Value::as_object) {
            Some(members) => {
                keys.extend(members.iter().map(|(key, schema)| (key.as_str(), schema)))
            }
            None if schema.get("oneOf").or(schema.get("anyOf")).is_none() => {
                keys.push(("", schema))
            }
            None => {}
        }
    }
    keys
}

/// The definitions that a schema names, but for those within these, in their order.
fn named(schema: &Value, depth: usize) -> Vec<&str> {
    if depth > DEPTH_MAX {
        return Vec::new();
    }
    if let Some(name) = referred(schema) {
        return vec![name];
    }
    let inner = |value| named(value, depth + 1);
    match schema {
        Value::Array(items) => items.iter().flat_map(inner).collect(),
        Value::Object(members) => {
            let plain = |word: &str| matches!(word, "$defs" | "default" | "enum" | "const");
            let members = members.iter().filter(|(word, _)| !plain(word));
            members.flat_map(|(_, value)| inner(value)).collect()
        }
        _ => Vec::new(),
    }
}
