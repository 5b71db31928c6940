//! How likely real APIs go wrong in each way, and why. The weights order mutants, and mean nothing else:
//! they come from what operators of APIs write in their incident reports and change logs, and from what
//! SDKs retry.

/// What is known of a mode of faults.
#[derive(Clone, Copy, Debug)]
pub struct Likely {
    /// The mode.
    pub mode: &'static str,
    /// How likely, from 0 to 100, before the target makes it likelier.
    pub weight: i32,
    /// Why real APIs do it.
    pub why: &'static str,
    /// What a test that notices it looks at.
    pub hint: &'static str,
    /// What a caller may do about it that is as good as noticing it.
    pub coping: Coping,
}

/// What a caller may do about a fault that is as good as noticing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coping {
    /// Nothing: whoever does not notice works with something that is wrong.
    Nothing,
    /// Asking again, or looking what has become of it: if everything ends as in the clean run then.
    AskingAgain,
    /// Going on with no call less: nothing is wrong in what it got.
    GoingOn,
}

const fn row(
    mode: &'static str,
    weight: i32,
    coping: Coping,
    why: &'static str,
    hint: &'static str,
) -> Likely {
    Likely {
        mode,
        weight,
        why,
        hint,
        coping,
    }
}

use Coping::{AskingAgain, GoingOn, Nothing};

/// Every mode of which mutants are made, the likeliest first. `partial_batch` is no mode of faults: it is a
/// `wrong_status` in one item of a batch.
pub const TABLE: &[Likely] = &[
    row(
        "rate_limited",
        90,
        AskingAgain,
        "every public API limits its callers, and most often in the middle of a sequence",
        "a 429 in the middle of the work: is the rest of it done all the same, and nothing twice?",
    ),
    row(
        "wrong_status",
        85,
        AskingAgain,
        "servers are deployed and overloaded: a 503 that is gone at the next try is daily business",
        "one 503: is the call made again, or the failure told?",
    ),
    row(
        "timeout",
        80,
        AskingAgain,
        "slow backends let callers wait past any patience",
        "a call that is never answered: does the caller have a time limit, and what does it do then?",
    ),
    row(
        "latency",
        70,
        GoingOn,
        "the slowest of a hundred calls takes seconds",
        "a slow reply: is the call made a second time because the first seemed lost?",
    ),
    row(
        "expired_token",
        60,
        AskingAgain,
        "tokens live for an hour, and long work for two; tokens of pages live for minutes",
        "an expired token on the second page: is the work begun again, or reported as done?",
    ),
    row(
        "empty_list",
        60,
        Nothing,
        "search indexes lag, filters change, permissions vanish: the answer is a list with nothing in it",
        "an empty list where there are items: is «nothing found» told apart from «done»?",
    ),
    row(
        "error_in_ok",
        60,
        AskingAgain,
        "gateways and query languages answer 200, and say in the body what went wrong",
        "a 200 whose body is an error: is the body looked at, and not the status alone?",
    ),
    row(
        "null_field",
        58,
        Nothing,
        "members that were always there are null for old or half-migrated records",
        "this member as null: does anything depend on its value?",
    ),
    row(
        "missing_has_more",
        55,
        Nothing,
        "the member that tells whether more follows is left out on some paths",
        "how many rows were read in all, against how many there are",
    ),
    row(
        "renamed_field",
        54,
        Nothing,
        "the next version of an API calls a member otherwise, and not all servers are deployed at once",
        "the value of this member: is it used, and is its absence an error?",
    ),
    row(
        "short_page",
        54,
        GoingOn,
        "filters run after the page is cut: a page may be short, and not the last",
        "a page with fewer rows than asked for: is it taken for the last one?",
    ),
    row(
        "partial_batch",
        52,
        Nothing,
        "batches succeed in part, and answer with a success all the same",
        "each item of the reply: was the one that failed told, or done again?",
    ),
    row(
        "lost_reply",
        52,
        AskingAgain,
        "connections break after the commit as often as before it",
        "what was done in the end: count what was made, and look at the balances",
    ),
    row(
        "connection_reset",
        52,
        AskingAgain,
        "load balancers drop connections that were idle",
        "a connection that is reset: is the call made again, or the failure told?",
    ),
    row(
        "partial_response",
        50,
        Nothing,
        "a backend behind the API is down, and its members are left out",
        "members that are missing: is the answer still taken for whole?",
    ),
    row(
        "stale_read",
        48,
        AskingAgain,
        "reads come from a replica that lags behind",
        "a read just after a write: is the old value believed?",
    ),
    row(
        "type_change",
        46,
        Nothing,
        "a number becomes a text, so that large ones survive, or the other way round",
        "the type of this member: is it computed with?",
    ),
    row(
        "duplicate_delivery",
        44,
        Nothing,
        "proxies and clients send requests again",
        "what was done in the end: once, or twice?",
    ),
    row(
        "looping_cursor",
        40,
        Nothing,
        "a cursor that leads back to a page that was read is a common bug of paging",
        "rows that come twice, and an end to the paging",
    ),
    row(
        "out_of_order",
        38,
        GoingOn,
        "webhooks are sent by many workers, and overtake each other",
        "an event that comes before the one that it follows",
    ),
    row(
        "silent_no_op",
        36,
        Nothing,
        "a success is answered, and the work is lost in a queue",
        "what was done in the end, read back: not what the reply says",
    ),
    row(
        "lost_request",
        34,
        AskingAgain,
        "connections break before the request arrives",
        "a request that never arrived: is it made again?",
    ),
    row(
        "truncated_body",
        34,
        AskingAgain,
        "bodies are cut where a proxy gives up",
        "half a body: is it an error, or an empty answer?",
    ),
    row(
        "garbage",
        33,
        AskingAgain,
        "gateways answer with a page of HTML",
        "a body that is no JSON: is it an error that is told?",
    ),
    row(
        "empty_reply",
        30,
        AskingAgain,
        "servers that restart close connections without a word",
        "a connection that closes without a reply: is it told, or tried again?",
    ),
    row(
        "corrupt_field",
        26,
        Nothing,
        "encodings and defaults go wrong: the type is right, and the value is not",
        "the value of this member, against what was asked for",
    ),
    row(
        "wrong_entity",
        24,
        Nothing,
        "caches whose keys are too short answer with somebody else's record",
        "that the answer is about what was asked for: its id",
    ),
    row(
        "added_field",
        22,
        GoingOn,
        "members are added without a new version",
        "a member more than yesterday: is the answer still read?",
    ),
    row(
        "slow_drip",
        20,
        GoingOn,
        "congested networks deliver a body in drops",
        "a body that takes seconds: is the time limit for the whole or for the first byte?",
    ),
];

/// Modes of which no mutants are made, each with the reason.
pub const NOT_MADE: &[(&str, &str)] = &[
    (
        "schema_drift",
        "it is several changes at once: each of them is a mutant of its own",
    ),
    (
        "broken_tool_schema",
        "it is in the list of tools, and not in what a tool answers",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Mode;

    #[test]
    fn every_mode_has_a_row_or_a_reason() {
        let made = TABLE.iter().map(|row| row.mode);
        let mut known: Vec<&str> = made.chain(NOT_MADE.iter().map(|(mode, _)| *mode)).collect();
        known.retain(|mode| *mode != "partial_batch");
        known.sort_unstable();
        let mut modes = Mode::ALL.map(Mode::name);
        modes.sort_unstable();
        assert_eq!(known, modes);
    }

    #[test]
    fn the_documented_weights_are_these() {
        let documented = include_str!("../../docs/mutation.md");
        for Likely {
            mode, weight, why, ..
        } in TABLE
        {
            let row = format!("| `{mode}` | {weight} | ");
            let line = documented.lines().find(|line| line.starts_with(&row));
            let ends = line.is_some_and(|line| line.ends_with(&format!("| {why} |")));
            assert!(ends, "no row {row:?} with its reason");
        }
    }

    #[test]
    fn the_likeliest_stand_first() {
        assert!(TABLE.is_sorted_by(|one, next| one.weight >= next.weight));
        assert!(TABLE.iter().all(|row| (1..=100).contains(&row.weight)));
    }
}
