//! `cargo +nightly fuzz run templates`

#![no_main]

#[path = "../entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (entries::TARGETS[2].1)(bytes));
