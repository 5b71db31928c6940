//! `cargo +nightly fuzz run cassette_readers`

#![no_main]

#[path = "../entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (entries::TARGETS[3].1)(bytes));
