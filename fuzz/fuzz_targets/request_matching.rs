//! `cargo +nightly fuzz run request_matching`

#![no_main]

#[path = "../entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (entries::TARGETS[1].1)(bytes));
