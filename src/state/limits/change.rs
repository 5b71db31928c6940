//! What a call does to a counter, as data that is small however much the counter holds.

use serde::{Deserialize, Serialize};

use super::{Counter, Logged};

/// What becomes of a counter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It is this one.
    Put(Counter),
    /// Its log forgets its oldest entries and has one more.
    Logged(Logged),
}

impl Change {
    /// What makes the counter `after` out of the one that there was before it.
    #[must_use]
    pub fn of(before: Option<&Counter>, after: &Counter) -> Self {
        let logged = match (before, after) {
            (Some(Counter::Log(before)), Counter::Log(after)) => after.since(before),
            _ => None,
        };
        logged.map_or_else(|| Self::Put(after.clone()), Self::Logged)
    }

    /// The counter after it, out of the one that there was before it.
    #[must_use]
    pub fn after(&self, before: Option<&Counter>) -> Counter {
        match self {
            Self::Put(counter) => counter.clone(),
            Self::Logged(logged) => Counter::Log(match before {
                Some(Counter::Log(log)) => log.with(logged),
                _ => logged.alone(),
            }),
        }
    }
}
