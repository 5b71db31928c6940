//! Which stub a call is for.
//!
//! Patterns are compiled when definitions load; here they are only asked about a call as it is
//! [`seen`]. [`index`] finds the stub without looking at all of them, [`explain`] says how near the
//! others came, [`condition`] tests what packs write in CEL. Nothing here changes state or answers a
//! call.

pub mod condition;
pub mod date;
pub mod explain;
pub mod index;
pub mod item_expression;
pub mod json_equal;
pub mod json_path;
pub mod multipart;
pub mod operator;
pub mod pattern;
pub mod regular_expression;
pub mod search;
pub mod seen;
pub mod xml;
