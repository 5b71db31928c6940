//! What rules make of replies: tables of clean bodies, rules, and what comes.

mod bodies;
mod replies;

use serde_json::{Value, json};

use crate::domain::chance::Chance;
use crate::state::faults::Rule;

/// A rule of a mode with these settings.
pub(super) fn rule(mode: &str, with: &Value) -> Rule {
    let written = json!({
        "id": "r1", "mode": mode, "tools": [], "stubs": [], "agents": [], "when": {},
        "surface": "reply", "with": with, "shown": null
    });
    serde_json::from_value(written).expect("a rule")
}

/// The settings of a rule.
fn settings(text: &str) -> Value {
    serde_json::from_str(text).expect("settings")
}

fn chance(nth: u64) -> Chance {
    Chance::new(7, "r1@pack.tool", nth)
}
