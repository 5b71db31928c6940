//! The definition language: from files to what the engine uses.
//!
//! [`source`] reads texts and keeps positions, [`model`] is the language as it is written,
//! [`compile`] checks everything once, [`compiled`] is what remains. [`load`] alone touches files.
//! [`mod@reference`] tells authors what the language has. Nothing here decides about a call.

pub mod compile;
pub mod compiled;
pub mod load;
pub mod model;
pub mod reference;
pub mod source;
