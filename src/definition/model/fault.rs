//! Faults on purpose: rules as they are written, and plans of them.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::fault::{Mode, Surface, When, With};

/// A fault rule: what goes wrong, with what, and when. Only `mode` is needed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Sparring fault rule")]
pub struct FaultRule {
    /// What the rule is called: 1 to 64 characters out of `A-Z a-z 0-9 . _ -`. Made up, if left out.
    pub id: Option<String>,
    /// What goes wrong.
    pub mode: Mode,
    /// At which tools, bare or as `pack.tool`. Without tools and stubs, at any call that something
    /// claims; in a pack's own rules, at any of the pack.
    #[serde(default)]
    pub tools: Vec<String>,
    /// At which stubs, by their ids or names.
    #[serde(default)]
    pub stubs: Vec<String>,
    /// For which agents; for anybody, if none is named.
    #[serde(default)]
    pub agents: Vec<String>,
    /// When: at every call, if nothing is said. All that is said must hold.
    #[serde(default)]
    pub when: When,
    /// Where it shows; each mode has a place where it does by itself.
    pub surface: Option<Surface>,
    /// How often it happens at the most.
    pub times: Option<u64>,
    /// The mode's own settings.
    #[serde(default)]
    pub with: With,
}

/// A fault rule that stands where it happens: at a tool, or at a stub.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OwnFault {
    /// What the rule is called: 1 to 64 characters out of `A-Z a-z 0-9 . _ -`. Made up, if left out.
    pub id: Option<String>,
    /// What goes wrong.
    pub mode: Mode,
    /// For which agents; for anybody, if none is named.
    #[serde(default)]
    pub agents: Vec<String>,
    /// When: at every call, if nothing is said. All that is said must hold.
    #[serde(default)]
    pub when: When,
    /// Where it shows; each mode has a place where it does by itself.
    pub surface: Option<Surface>,
    /// How often it happens at the most.
    pub times: Option<u64>,
    /// The mode's own settings.
    #[serde(default)]
    pub with: With,
}

impl OwnFault {
    /// The same rule without the place where it stands.
    #[must_use]
    pub fn rule(&self) -> FaultRule {
        FaultRule {
            id: self.id.clone(),
            mode: self.mode,
            tools: Vec::new(),
            stubs: Vec::new(),
            agents: self.agents.clone(),
            when: self.when.clone(),
            surface: self.surface,
            times: self.times,
            with: self.with.clone(),
        }
    }
}

/// A fault plan: rules that belong together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Sparring fault plan")]
pub struct FaultPlan {
    /// For editors; ignored.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// What goes wrong, and what a good agent does about it.
    pub description: Option<String>,
    /// The rules.
    pub faults: Vec<FaultRule>,
    /// The rules that take their place where none of the tools that they name is served. Without them, a
    /// tool that is not served is a mistake.
    #[serde(default)]
    pub elsewhere: Vec<FaultRule>,
}

/// The JSON Schema of one rule.
#[must_use]
pub fn fault_rule_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(FaultRule).to_value());
    &SCHEMA
}

/// The JSON Schema of a list of rules.
#[must_use]
pub fn fault_rules_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> =
        LazyLock::new(|| schemars::schema_for!(Vec<FaultRule>).to_value());
    &SCHEMA
}

/// The JSON Schema of a plan.
#[must_use]
pub fn fault_plan_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(FaultPlan).to_value());
    &SCHEMA
}
