//! The entry that comes nearest to a call that no entry answers.

use super::difference::Difference;
use super::{Index, tool_call};
use crate::cassette::model::Request;

/// How many entries are compared.
const CANDIDATES_MAX: usize = 200;

/// How many bytes of bodies are compared altogether.
const COMPARED_BYTES_MAX: usize = 2 << 20;

/// The entry that comes nearest, and in what the call is other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The entry, from 0.
    pub entry: usize,
    /// Where it differs; some, if there are many.
    pub differences: Vec<Difference>,
}

impl Index {
    /// The entry with the fewest differences from a request: of those of its tool, else of its path,
    /// else of the first ones. Of equals, the first.
    #[must_use]
    pub fn nearest(&self, request: &Request) -> Option<Nearest> {
        let tool = tool_call(request);
        let of_tool = tool.and_then(|(tool, _)| self.by_tool.get(&tool));
        let listed = of_tool.or_else(|| self.by_path.get(&self.normaliser.path(request)));
        let all = || 0..self.cassette.entries.len();
        let candidates: Box<dyn Iterator<Item = usize>> = match listed {
            Some(listed) => Box::new(listed.iter().map(|entry| *entry as usize)),
            None => Box::new(all()),
        };
        let mut left = COMPARED_BYTES_MAX;
        let mut best: Option<Nearest> = None;
        for entry in candidates.take(CANDIDATES_MAX) {
            let differences = self.difference(entry, request);
            let is_better = best
                .as_ref()
                .is_none_or(|best| differences.len() < best.differences.len());
            if is_better {
                best = Some(Nearest { entry, differences });
            }
            let recorded = &self.cassette.entries[entry].request;
            left = left.saturating_sub(recorded.body.len() + request.body.len());
            if left == 0 {
                break;
            }
        }
        best
    }

    /// In what a request differs from an entry, from 0.
    #[must_use]
    pub fn difference(&self, entry: usize, request: &Request) -> Vec<Difference> {
        let entry = self.cassette.entries.get(entry);
        let differences = entry.map(|entry| self.normaliser.differences(entry, request));
        differences.unwrap_or_default()
    }
}
