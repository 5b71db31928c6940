//! A fault rule: what is to go wrong, with what, and when.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::fault::{Mode, Surface, When, With};
use crate::domain::name::Name;
use crate::matching::condition::Expression;

/// A fault rule, with everything that it names resolved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Rule {
    /// Its id, which no other rule of the sandbox has.
    pub id: Arc<str>,
    /// What goes wrong.
    pub mode: Mode,
    /// At which tools; if neither these nor stubs are named, at any call that something claims.
    pub tools: Vec<Name>,
    /// At which stubs that are no tools, by their ids.
    pub stubs: Vec<Arc<str>>,
    /// For whom; for anybody, if nobody is named.
    pub agents: Vec<Arc<str>>,
    /// When.
    pub when: When,
    /// From then on.
    pub from: Option<Timestamp>,
    /// Until then.
    pub until: Option<Timestamp>,
    /// The collection of the records of the machine that must have one in a state, and the member that has the state.
    pub states: Option<(Name, Arc<str>)>,
    /// Which record that is.
    pub key: Option<Expression>,
    /// Only if this holds.
    pub condition: Option<Expression>,
    /// Where it shows.
    pub surface: Surface,
    /// How often it happens at the most.
    pub times: Option<u64>,
    /// With what.
    pub with: With,
    /// Whether it can happen nowhere: none of what it is for is such that it could.
    pub idle: bool,
    /// Where it can happen nowhere, and why.
    pub warnings: Vec<Arc<str>>,
    /// The stub of the sandbox's own that it stands at: it goes with that.
    pub owner: Option<Arc<str>>,
    /// The rule as it was given, with its id.
    pub shown: Arc<Value>,
}

/// The names that expressions of rules see.
pub const RULE_NAMES: [&str; 6] = ["input", "request", "tool", "agent", "call", "credential"];

impl Rule {
    /// Whether what the call asks for is done.
    #[must_use]
    pub fn commits(&self) -> bool {
        let beside = self.with.beside == Some(true);
        self.with
            .committed
            .unwrap_or_else(|| self.mode.commits() || beside)
    }
}

impl PartialEq for Rule {
    /// Rules are equal that were given in the same words and resolve to the same things: what is compiled
    /// follows from that.
    fn eq(&self, other: &Self) -> bool {
        Written::from(self.clone()) == Written::from(other.clone())
    }
}

/// A rule without what is compiled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: Arc<str>,
    mode: Mode,
    tools: Vec<Name>,
    stubs: Vec<Arc<str>>,
    agents: Vec<Arc<str>>,
    when: When,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    states: Option<(Name, Arc<str>)>,
    surface: Surface,
    times: Option<u64>,
    with: With,
    #[serde(default)]
    idle: bool,
    #[serde(default)]
    warnings: Vec<Arc<str>>,
    #[serde(default)]
    owner: Option<Arc<str>>,
    shown: Arc<Value>,
}

impl From<Rule> for Written {
    fn from(rule: Rule) -> Self {
        Self {
            id: rule.id,
            mode: rule.mode,
            tools: rule.tools,
            stubs: rule.stubs,
            agents: rule.agents,
            when: rule.when,
            from: rule.from,
            until: rule.until,
            states: rule.states,
            surface: rule.surface,
            times: rule.times,
            with: rule.with,
            idle: rule.idle,
            warnings: rule.warnings,
            owner: rule.owner,
            shown: rule.shown,
        }
    }
}

impl TryFrom<Written> for Rule {
    type Error = crate::matching::condition::ExpressionError;

    /// Compiles what was compiled when the rule was made.
    fn try_from(rule: Written) -> Result<Self, Self::Error> {
        let compiled = |source: Option<&String>| {
            source
                .map(|source| Expression::compile(source, &RULE_NAMES))
                .transpose()
        };
        let key = rule
            .when
            .machine
            .as_ref()
            .and_then(|machine| machine.key.as_ref());
        Ok(Self {
            key: compiled(key)?,
            condition: compiled(rule.when.condition.as_ref())?,
            id: rule.id,
            mode: rule.mode,
            tools: rule.tools,
            stubs: rule.stubs,
            agents: rule.agents,
            when: rule.when,
            from: rule.from,
            until: rule.until,
            states: rule.states,
            surface: rule.surface,
            times: rule.times,
            with: rule.with,
            idle: rule.idle,
            warnings: rule.warnings,
            owner: rule.owner,
            shown: rule.shown,
        })
    }
}
