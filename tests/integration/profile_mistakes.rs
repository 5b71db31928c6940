//! What is wrong with a profile is told when it loads, whether or not anybody names it.

use crate::check_command::{check, mistake};

#[test]
fn a_packs_own_profiles_are_checked_when_they_load() {
    check(
        "profiles",
        &[
            mistake(
                "pack.yaml:6:14",
                "unknown variable `recrod`",
                "did you mean `record`?",
            ),
            mistake(
                "pack.yaml:7:21",
                "unknown name `reqest`",
                "did you mean `request`?",
            ),
            mistake(
                "pack.yaml:9:9",
                "unknown cause of pagination `invalid_cursr`",
                "did you mean `invalid_cursor`?",
            ),
            mistake(
                "pack.yaml:10:48",
                "unknown name `mesage`",
                "did you mean `message`?",
            ),
            mistake(
                "pack.yaml:13:26",
                "unknown name `limt`",
                "did you mean `limit`?",
            ),
            mistake(
                "pack.yaml:14:21",
                "unknown name `lmit`",
                "did you mean `limit`?",
            ),
            mistake(
                "pack.yaml:16:9",
                "unknown cause of rate limits `rate_limted`",
                "did you mean `rate_limited`?",
            ),
            mistake(
                "pack.yaml:17:79",
                "unknown name `limts`",
                "did you mean `limits`?",
            ),
            mistake(
                "pack.yaml:20:14",
                "unknown variable `itm`",
                "did you mean `item`?",
            ),
            mistake(
                "pack.yaml:21:16",
                "unknown cause `alredy_exists`",
                "did you mean `already_exists`?",
            ),
            mistake(
                "pack.yaml:23:9",
                "unknown cause `batch_emty`",
                "did you mean `batch_empty`?",
            ),
            mistake("pack.yaml:25:22", "every 0th is none", "expected 1 or more"),
            mistake(
                "pack.yaml:28:29",
                "unknown name `idempotncy`",
                "did you mean `idempotency`?",
            ),
            mistake(
                "pack.yaml:30:40",
                "unknown name `keyy`",
                "did you mean `key`?",
            ),
            mistake(
                "pack.yaml:31:9",
                "unknown cause of idempotency `idempotency_in_flght`",
                "did you mean `idempotency_in_flight`?",
            ),
            mistake(
                "pack.yaml:34:13",
                "unknown name `reqest`",
                "did you mean `request`?",
            ),
            mistake(
                "pack.yaml:36:9",
                "unknown cause of auth `unauthenticatd`",
                "did you mean `unauthenticated`?",
            ),
        ],
    );
}

#[test]
fn shared_profiles_are_checked_when_they_load() {
    check(
        "shared_profiles",
        &[
            mistake(
                "profiles/limits.yaml:3:23",
                "unknown pagination profile `stirpe`",
                "did you mean `stripe`?",
            ),
            mistake(
                "profiles/limits.yaml:5:29",
                "`soon` is no length of time",
                "expected such as 500ms",
            ),
            mistake(
                "profiles/limits.yaml:7:35",
                "the expression ends too early",
                "the names here are input",
            ),
            mistake(
                "profiles/limits.yaml:9:17",
                "50001 items",
                "at most 50000 items",
            ),
        ],
    );
}
