//! Sparring simulates stateful tool APIs from declarative definitions.
//!
//! The modules stand in the order in which they build on each other, which is also the order to
//! read them in; `ARCHITECTURE.md` walks one request through them. Everything from [`domain`] to
//! [`engine`] is pure: no clock, no IO, no lock, no randomness.

pub mod domain;

pub mod cassette;

pub mod access;

pub mod state;

pub mod matching;
pub mod render;

pub mod definition;

pub mod mutation;

pub mod behaviours;
pub mod engine;

pub mod meter;
pub mod store;

pub mod log;

pub mod service;

pub mod http;
