//! The server is killed at random moments, many times, and loses nothing that it has told.
//!
//! `cargo test --test crash -- --ignored`: `SPARRING_CRASH_ROUNDS` says how often it is killed (200),
//! `SPARRING_CRASH_SEED` at which moments.

#[path = "crash/rounds.rs"]
mod rounds;
#[path = "integration/support.rs"]
#[expect(dead_code, reason = "it is the integration tests' own")]
mod support;

fn setting(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |text| text.parse().expect("a number"))
}

#[expect(clippy::print_stdout, reason = "what a run has seen is told")]
#[test]
#[ignore = "it takes minutes: cargo test --test crash -- --ignored"]
fn nothing_that_was_told_is_lost() {
    let rounds = setting("SPARRING_CRASH_ROUNDS", 200);
    let seed = setting("SPARRING_CRASH_SEED", 1);
    let told = rounds::run(rounds, seed);
    println!("{told}");
}
