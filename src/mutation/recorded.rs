//! Targets out of cassettes: every tool or endpoint that was called, and what it answered.

use std::collections::BTreeMap;

use serde_json::Value;

use super::target::{Aim, Sample, Target};
use crate::cassette::{Cassette, Entry};

/// The tools and endpoints of a cassette, in the order of their first calls.
#[must_use]
pub fn targets_of_cassette(cassette: &Cassette) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &cassette.entries {
        let name = name_of(entry);
        let place = *places.entry(name.clone()).or_insert_with(|| {
            targets.push(begun(entry, name));
            targets.len() - 1
        });
        let target = &mut targets[place];
        target.calls = Some(target.calls.unwrap_or(0) + 1);
        let body: Option<Value> = serde_json::from_slice(&entry.response.body).ok();
        target.observe(Sample {
            method: &entry.request.method,
            status: entry.response.status,
            body: body.as_ref(),
        });
    }
    targets
}

fn name_of(entry: &Entry) -> String {
    match &entry.tool {
        Some(tool) => tool.clone(),
        None => format!("{} {}", entry.request.method, path_of(entry)),
    }
}

fn path_of(entry: &Entry) -> &str {
    let target = &entry.request.target;
    target.split_once('?').map_or(target, |(path, _)| path)
}

fn begun(entry: &Entry, name: String) -> Target {
    let safe = ["GET", "HEAD", "OPTIONS"].contains(&entry.request.method.as_str());
    let aim = match &entry.tool {
        Some(tool) => Aim::RecordedTool(tool.clone()),
        None => Aim::Endpoint {
            method: entry.request.method.clone(),
            path: path_of(entry).to_owned(),
        },
    };
    let headers = &entry.request.headers;
    let has = |wanted: &str| headers.iter().any(|(name, _)| name == wanted);
    Target {
        name,
        aim,
        writes: !safe,
        reads: safe,
        checked: has("authorization") || has("x-api-key"),
        keyed: has("idempotency-key"),
        recorded: true,
        ..Target::default()
    }
}
