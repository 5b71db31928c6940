//! `cargo +nightly fuzz run definition_loader`

#![no_main]

#[path = "../entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (entries::TARGETS[0].1)(bytes));
