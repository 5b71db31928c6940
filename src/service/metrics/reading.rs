//! What meters have counted, at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::meter::OUTCOMES;
use crate::domain::fault::Mode;
use crate::domain::name::Name;
use crate::meter::Counted;

/// What a meter has counted, or several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) calls: BTreeMap<CallLabels, u64>,
    pub(super) durations: Counted,
    pub(super) faults: BTreeMap<Mode, u64>,
    pub(super) partial: BTreeMap<Name, u64>,
    pub(super) retries: u64,
    pub(super) limited: u64,
    pub(super) unmatched: u64,
    pub(super) webhooks: [u64; OUTCOMES.len()],
}

/// What calls are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CallLabels {
    pub(super) tool: Name,
    pub(super) class: usize,
    pub(super) error: Arc<str>,
}

impl Reading {
    /// Adds what another has counted.
    pub(super) fn add(&mut self, other: &Self) {
        merge(&mut self.calls, &other.calls);
        merge(&mut self.faults, &other.faults);
        merge(&mut self.partial, &other.partial);
        self.durations.add(&other.durations);
        self.retries += other.retries;
        self.limited += other.limited;
        self.unmatched += other.unmatched;
        for (count, more) in self.webhooks.iter_mut().zip(other.webhooks) {
            *count += more;
        }
    }
}

fn merge<K: Ord + Clone>(counts: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, count) in more {
        *counts.entry(key.clone()).or_insert(0) += count;
    }
}
