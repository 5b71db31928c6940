//! Settings: what a tester says about all answers of a sandbox. The words are WireMock's.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::delay::{Delay, Delays};

/// What a tester says about all answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Milliseconds that each answer waits which does not say itself how long; less than none is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_delay: Option<i64>,
    /// What is drawn for each answer that does not draw itself, and comes on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_distribution: Option<Delay>,
    /// Anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended: Option<Arc<Map<String, Value>>>,
    /// Whether what no stub claims may be sent on while a recording runs.
    pub proxy_pass_through: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fixed_delay: None,
            delay_distribution: None,
            extended: None,
            proxy_pass_through: true,
        }
    }
}

impl Settings {
    /// The same settings with more of the extended: null takes a member away.
    #[must_use]
    pub fn extended_by(&self, more: &Map<String, Value>) -> Self {
        let mut extended = self.extended.as_deref().cloned().unwrap_or_default();
        for (name, value) in more {
            match value {
                Value::Null => drop(extended.shift_remove(name)),
                value => drop(extended.insert(name.clone(), value.clone())),
            }
        }
        Self {
            extended: Some(Arc::new(extended)),
            ..self.clone()
        }
    }

    /// What answers wait that say nothing themselves.
    #[must_use]
    pub fn delays(&self) -> Delays {
        let millis = |millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        Delays {
            fixed: self.fixed_delay.map(millis),
            drawn: self.delay_distribution,
        }
    }

    /// Whether any answer waits because of them.
    #[must_use]
    pub fn delay_answers(&self) -> bool {
        self.fixed_delay.is_some() || self.delay_distribution.is_some()
    }
}
