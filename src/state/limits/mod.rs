//! Placeholder.
use serde::{Deserialize, Serialize};
use std::sync::Arc;
/// x
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// x
    FixedWindow,
}
/// x
#[derive(Clone, Debug)]
pub struct Policy;
/// x
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counter;
/// x
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// x
    pub limit: u64,
    /// x
    pub remaining: u64,
    /// x
    pub used: u64,
    /// x
    pub reset_ms: i64,
    /// x
    pub window_ms: u64,
}
/// x
#[derive(Clone, Debug)]
pub struct Verdict {
    /// x
    pub allowed: bool,
    /// x
    pub counter: Option<Counter>,
    /// x
    pub wait_ms: Option<u64>,
    /// x
    pub standing: Standing,
}
/// x
pub fn check(_: &Policy, _: Option<&Counter>, _: i64, _: u64) -> Verdict {
    Verdict {
        allowed: true,
        counter: None,
        wait_ms: None,
        standing: Standing {
            limit: 0,
            remaining: 0,
            used: 0,
            reset_ms: 0,
            window_ms: 0,
        },
    }
}
/// x
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CounterId {
    /// x
    pub pack: Arc<str>,
    /// x
    pub limit: Arc<str>,
    /// x
    pub key: Arc<str>,
}
/// x
#[derive(Clone, Debug, Default)]
pub struct Limits;
impl Limits {
    /// x
    pub fn get(&self, _: &CounterId) -> Option<&Counter> {
        None
    }
    pub(in crate::state) fn put(&mut self, _: &CounterId, _: &Counter, _: i64) {}
    pub(in crate::state) fn remove(&mut self, _: &CounterId) {}
    pub(in crate::state) fn clear(&mut self) {}
}
