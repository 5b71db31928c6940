//! How near the other patterns came: what a caller is told whose call no stub claims.

use serde_json::{Value, json};

use super::index::Index;
use super::seen::Seen;

/// How many near misses are shown.
pub const NEAR_MISSES_MAX: usize = 3;

/// How many characters of a URL are compared: the cost of comparing grows with their square.
const COMPARED_MAX: usize = 200;

/// The patterns that came nearest to a call, the nearest first, each with what keeps the call from
/// fitting. `describe` names what a pattern stands for.
pub fn near_misses<'a, T>(
    indexes: impl IntoIterator<Item = &'a Index<T>>,
    seen: &Seen<'_>,
    describe: impl Fn(&T) -> Value,
) -> Vec<Value>
where
    T: 'a,
{
    let mut misses: Vec<(usize, &T, Vec<super::pattern::Difference>)> = indexes
        .into_iter()
        .flat_map(Index::entries)
        .map(|entry| {
            let differences = entry.pattern.differences(seen);
            let distance = differences
                .iter()
                .map(|difference| weigh(difference, seen))
                .sum();
            (distance, &entry.target, differences)
        })
        .collect();
    misses.sort_by_key(|(distance, ..)| *distance);
    misses
        .into_iter()
        .take(NEAR_MISSES_MAX)
        .map(|(_, target, differences)| {
            let differences: Vec<Value> = differences
                .iter()
                .map(|difference| {
                    json!({
                        "part": difference.part,
                        "expected": difference.expected,
                        "actual": difference.actual,
                    })
                })
                .collect();
            json!({ "stub": describe(target), "differences": differences })
        })
        .collect()
}

/// A wrong URL keeps a call further away than a wrong header, and a URL that is only mistyped less
/// so than one that has nothing in common.
fn weigh(difference: &super::pattern::Difference, seen: &Seen<'_>) -> usize {
    match difference.part.as_str() {
        "url" => {
            let path: String = seen.call.path().chars().take(COMPARED_MAX).collect();
            let expected: String = difference.expected.chars().take(COMPARED_MAX).collect();
            100 + strsim::levenshtein(&expected, &path).min(100)
        }
        "method" => 50,
        _ => 20,
    }
}
