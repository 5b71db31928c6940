//! Mutants of single members of an answer: null, renamed, of another type, of another value.

use serde_json::{Map, Value, json};

use super::likely::Likely;
use super::make::{NEXT_FIELD, bare, merge, successes};
use super::target::{Field, Kind, Target};
use super::{Mutant, words};

/// Names of members that callers decide by, by what they end with.
const DECISIVE: &[&str] = &[
    "id", "status", "state", "amount", "balance", "total", "price", "currency", "email", "count",
];

/// Names of members that callers rarely look at, by what they end with.
const INCIDENTAL: &[&str] = &[
    "_at",
    "At",
    "description",
    "metadata",
    "url",
    "object",
    "note",
];

/// The mutants of a mode that concerns members: one for each.
pub(super) fn mutants<'a>(
    target: &'a Target,
    likely: &'a Likely,
) -> impl Iterator<Item = Mutant> + 'a {
    let fits = move |field: &&Field| match likely.mode {
        "type_change" => matches!(field.kind, Kind::Text | Kind::Number | Kind::Flag),
        "corrupt_field" => matches!(field.kind, Kind::Text | Kind::Number),
        _ => true,
    };
    let mut fields: Vec<&Field> = target.fields.iter().filter(fits).collect();
    // The order of equals stays that of the answer.
    fields.sort_by_key(|field| -weight_of(field));
    let ranked = fields.into_iter().zip(0..);
    ranked.map(move |(field, place)| of_field(target, likely, field, place))
}

fn of_field(target: &Target, likely: &Likely, field: &Field, place: i32) -> Mutant {
    let (name, path) = (&target.name, &field.path);
    let leaf = path.rsplit('.').next().unwrap_or(path);
    let mut when = Map::new();
    let (title, with) = match likely.mode {
        "null_field" => (
            format!("{path} is null in what {name} answers"),
            json!({ "fields": [path] }),
        ),
        "renamed_field" => {
            let new = words::renamed(leaf);
            // In the middle of a series of replies, where there is one.
            let after = successes(target, 1);
            let from = if after > 0 {
                when.insert("after".into(), after.into());
                format!(", from reply {} on", after + 1)
            } else {
                String::new()
            };
            (
                format!("{path} is called {new} in what {name} answers{from}"),
                json!({ "rename": { path: new } }),
            )
        }
        "type_change" => {
            let to = match field.kind {
                Kind::Text => "number",
                _ => "string",
            };
            (
                format!("{path} is a {to} in what {name} answers"),
                json!({ "fields": [path], "to": to }),
            )
        }
        _ => (
            format!("{path} has another value in what {name} answers"),
            json!({ "fields": [path] }),
        ),
    };
    let mut mutant = bare(target, likely, Some(path), title);
    mutant.rank += weight_of(field) - NEXT_FIELD * place;
    mutant.rule.insert("with".into(), with);
    if !when.is_empty() {
        merge(&mut mutant.rule, "when", Value::Object(when));
    }
    mutant
}

/// How much a caller depends on a member.
fn weight_of(field: &Field) -> i32 {
    let leaf = field.path.rsplit('.').next().unwrap_or_default();
    let ends = |words: &[&str]| words.iter().any(|word| leaf.ends_with(word));
    let deep = field.path.matches('.').count();
    let mut weight = -4 * i32::try_from(deep).unwrap_or(i32::MAX / 8);
    if field.required {
        weight += 4;
    }
    if ends(DECISIVE) {
        weight += 8;
    }
    if field.echoed {
        weight -= 10;
    }
    if ends(INCIDENTAL) {
        weight -= 12;
    }
    weight
}
