//! A short fuzz: what is committed in `fuzz/corpus`, bent at random, must neither panic nor take long.
//!
//! `cargo test --test fuzz -- --ignored` runs it; SPARRING_FUZZ_SEED and SPARRING_FUZZ_SECONDS (for each
//! target) say what and how long. `docs/fuzzing.md` has the long one.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the time that a run takes is real, and what it tried is told"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

#[path = "../fuzz/entries.rs"]
mod entries;
#[path = "fuzz/mutation.rs"]
mod mutation;

use entries::{TARGETS, Target};

/// What one input may take, in a build without optimisation on a busy machine.
const INPUT_TIME_MAX: Duration = Duration::from_secs(20);

/// What is committed for a target, in the order of names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let listed =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = listed.map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no corpus");
    files
        .iter()
        .map(|file| fs::read(file).expect("a file"))
        .collect()
}

/// Whether an input is gone through in time. What panics or hangs is in a file that the error names.
fn goes_through(target: &str, entry: Target, inputs: impl Iterator<Item = (u64, Vec<u8>)>) -> u64 {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}"));
    let (send, given) = mpsc::channel::<Vec<u8>>();
    let (done, answers) = mpsc::channel();
    let worker = thread::Builder::new().name(target.into()).spawn(move || {
        for input in given {
            entry(&input);
            if done.send(()).is_err() {
                return;
            }
        }
    });
    worker.expect("a thread");
    let mut tried = 0;
    for (nth, input) in inputs {
        // Before it is tried: what overflows the stack ends the process.
        fs::write(&kept, &input).expect("a file of its own");
        send.send(input).expect("the worker");
        match answers.recv_timeout(INPUT_TIME_MAX) {
            Ok(()) => tried += 1,
            Err(RecvTimeoutError::Timeout) => {
                panic!("{target}: input {nth} takes too long: {}", kept.display())
            }
            Err(RecvTimeoutError::Disconnected) => {
                panic!("{target}: input {nth} panics: {}", kept.display())
            }
        }
    }
    let _ = fs::remove_file(&kept);
    tried
}

/// But for the definition loader's, which are packs that other tests load, and take a while.
#[test]
fn what_is_committed_goes_through() {
    for (target, entry) in &TARGETS[1..] {
        let inputs = (0..).zip(corpus(target));
        assert!(goes_through(target, *entry, inputs) > 0);
    }
}

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable}: {text:?} is no number")),
        Err(_) => default,
    }
}

#[test]
#[ignore = "slow: SPARRING_FUZZ_SECONDS (20) for each of four targets"]
fn bent_inputs_go_through() {
    let seed = number("SPARRING_FUZZ_SEED", 0);
    let time = Duration::from_secs(number("SPARRING_FUZZ_SECONDS", 20));
    for (target, entry) in TARGETS {
        let corpus = corpus(target);
        let end = Instant::now() + time;
        let inputs = (0..)
            .take_while(|_| Instant::now() < end)
            .map(|nth| (nth, mutation::bent(&corpus, seed, nth)));
        let tried = goes_through(target, entry, inputs);
        println!("{target}: {tried} inputs with the seed {seed}");
        assert!(tried > 0, "{target}");
    }
}
