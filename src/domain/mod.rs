//! The words that every other room uses: a call, its reply, names, money, time and chance.
//!
//! Plain data without behaviour of its own. Nothing here knows definitions, state or the network.

pub mod call;
pub mod canonical;
pub mod cause;
pub mod chance;
pub mod delay;
pub mod event_pattern;
pub mod fault;
pub mod java_order;
pub mod json;
pub mod member_path;
pub mod merge_patch;
pub mod money;
pub mod name;
pub mod nested;
pub mod order;
pub mod quirk;
pub mod reply;
pub mod request_id;
pub mod signature;
pub mod stub_name;
pub mod targets;
pub mod time;
pub mod trace;
pub mod traceparent;
