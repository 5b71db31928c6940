//! What two cassettes say differently: entries that are gone or new, and those that changed, by field.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::Serialize;

use crate::cassette::drift::{Change, Drift, drift};
use crate::cassette::matching::{Key, MatchingSettings, Normaliser};
use crate::cassette::model::{Cassette, Entry, Response};
use crate::cassette::redaction::Redaction;

/// One entry that is not the same in both cassettes. Entries are counted from 1, as people count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryDifference {
    /// Its number in the first cassette, if it is there.
    pub before: Option<usize>,
    /// Its number in the second cassette, if it is there.
    pub after: Option<usize>,
    /// What is called: the tool, or method and target.
    pub call: String,
    /// What has changed, if it is in both.
    pub changes: Vec<String>,
}

impl fmt::Display for EntryDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before, self.after) {
            (Some(before), None) => write!(f, "- {before}  {}", self.call)?,
            (None, Some(after)) => write!(f, "+ {after}  {}", self.call)?,
            (Some(before), Some(after)) if before != after => {
                write!(f, "~ {before} → {after}  {}", self.call)?;
            }
            (before, _) => write!(f, "~ {}  {}", before.unwrap_or_default(), self.call)?,
        }
        for change in &self.changes {
            write!(f, "\n    {change}")?;
        }
        Ok(())
    }
}

/// Where two cassettes differ. An entry is the same call in both if its request is; where one has none
/// left, the next one to the same tool or path is compared with it. Latencies, times and the header
/// `date` do not count.
#[must_use]
pub fn diff(before: &Cassette, after: &Cassette) -> Vec<EntryDifference> {
    let settings = MatchingSettings {
        volatile: true,
        ..MatchingSettings::default()
    };
    let normaliser = Normaliser::new(&settings, Redaction::none());
    let normaliser = normaliser.expect("the settings name no path");
    let mut pairs: Vec<Option<usize>> = vec![None; before.entries.len()];
    let mut left: Vec<bool> = vec![true; after.entries.len()];
    pair(before, after, &mut pairs, &mut left, |entry| {
        normaliser.key(&entry.request)
    });
    pair(before, after, &mut pairs, &mut left, called);
    let mut found = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let old = &before.entries[at];
        let changes = match pair {
            None => Vec::new(),
            Some(new) => changes(&normaliser, old, &after.entries[*new]),
        };
        if pair.is_none() || !changes.is_empty() {
            found.push(EntryDifference {
                before: Some(at + 1),
                after: pair.map(|new| new + 1),
                call: called(old),
                changes,
            });
        }
    }
    for (at, entry) in after.entries.iter().enumerate() {
        if left[at] {
            found.push(EntryDifference {
                before: None,
                after: Some(at + 1),
                call: called(entry),
                changes: Vec::new(),
            });
        }
    }
    found
}

/// What an entry calls, in a few words.
#[must_use]
pub fn called(entry: &Entry) -> String {
    match &entry.tool {
        Some(tool) => tool.clone(),
        None => format!("{} {}", entry.request.method, entry.request.path()),
    }
}

/// Pairs entries that have no pair yet and are alike, in their order.
fn pair<K: Ord>(
    before: &Cassette,
    after: &Cassette,
    pairs: &mut [Option<usize>],
    left: &mut [bool],
    alike: impl Fn(&Entry) -> K,
) {
    let mut waiting: BTreeMap<K, VecDeque<usize>> = BTreeMap::new();
    for (at, entry) in after.entries.iter().enumerate() {
        if left[at] {
            waiting.entry(alike(entry)).or_default().push_back(at);
        }
    }
    for (at, entry) in before.entries.iter().enumerate() {
        if pairs[at].is_none()
            && let Some(waiting) = waiting.get_mut(&alike(entry))
            && let Some(new) = waiting.pop_front()
        {
            pairs[at] = Some(new);
            left[new] = false;
        }
    }
}

fn changes(normaliser: &Normaliser, old: &Entry, new: &Entry) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let keys: [Key; 2] = [old, new].map(|entry| normaliser.key(&entry.request));
    if keys[0] != keys[1] {
        let differences = normaliser.differences(old, &new.request);
        let told = differences.iter().map(|difference| {
            let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
            let (recorded, asked) = (said(&difference.recorded), said(&difference.asked));
            format!("request {}: {recorded} → {asked}", difference.at)
        });
        found.extend(told);
    }
    let mut drifts = headers(&old.response, &new.response);
    drifts.extend(drift(&old.response, &new.response, true));
    drifts.dedup_by(|one, other| one.at == other.at);
    let told = drifts.iter().map(|drift| format!("response {drift}"));
    found.extend(told);
    found
}

/// The headers that differ, but for the content type, which [`drift`] tells.
fn headers(old: &Response, new: &Response) -> Vec<Drift> {
    let of = |response: &Response| {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &response.headers {
            if name != "date" && name != "content-type" {
                let values = headers.entry(name.clone()).or_default();
                values.push(value.clone());
            }
        }
        headers
    };
    let (old, new) = (of(old), of(new));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let said = |headers: &BTreeMap<String, Vec<String>>| {
            headers.get(name).map(|values| values.join(", "))
        };
        let (recorded, live) = (said(&old), said(&new));
        let change = match (&recorded, &live) {
            (Some(recorded), Some(live)) if recorded == live => continue,
            (Some(_), None) => Change::Gone,
            (None, _) => Change::New,
            _ => Change::Value,
        };
        found.push(Drift {
            at: format!("headers.{name}"),
            change,
            recorded,
            live,
        });
    }
    found
}
