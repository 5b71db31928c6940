//! What is wrong with a pagination is told when it loads, with its place.

use crate::check_command::{check, mistake};

#[test]
fn paginations_are_checked_when_they_load() {
    check(
        "pagination",
        &[
            mistake(
                "pack.yaml:5:53",
                "unknown pagination profile `stirpe`",
                "did you mean `stripe`?",
            ),
            mistake(
                "pack.yaml:6:41",
                "there is no `list`",
                "expected the name of a collection",
            ),
            mistake(
                "pack.yaml:9:42",
                "unknown collection `ones`",
                "did you mean `one`?",
            ),
            mistake(
                "pack.yaml:10:62",
                "the position stands nowhere",
                "expected `parameter` or `from`",
            ),
            mistake(
                "pack.yaml:11:59",
                "the position has no `as`",
                "expected key, token, offset or page",
            ),
            mistake(
                "pack.yaml:12:59",
                "the least is 5 and the most 2",
                "no size is possible",
            ),
            mistake(
                "pack.yaml:13:87",
                "`soon` is no length of time",
                "expected such as 500ms",
            ),
            mistake(
                "pack.yaml:16:53",
                "unknown variable `recrod`",
                "did you mean `record`?",
            ),
            mistake(
                "pack.yaml:16:87",
                "unknown name `pages`",
                "did you mean `page`?",
            ),
            mistake(
                "pack.yaml:17:92",
                "an empty page has no row whose key leads on",
                "leave the quirk out",
            ),
            mistake(
                "pack.yaml:18:101",
                "a token behind which a number of rows stands",
                "say `semantics: offset`",
            ),
            mistake(
                "pack.yaml:19:61",
                "only a token has something before or behind it",
                "not this one",
            ),
            mistake(
                "pack.yaml:20:102",
                "unknown pagination profile `gihub`",
                "did you mean `github`?",
            ),
            mistake(
                "pack.yaml:21:92",
                "an empty page has no row whose key leads on",
                "leave the quirk out",
            ),
            mistake(
                "pack.yaml:21:125",
                "its positions are no tokens",
                "leave the quirk out",
            ),
            mistake(
                "pack.yaml:22:82",
                "an empty page leads on only by a token",
                "say how many `times`",
            ),
            mistake("pack.yaml:25:69", "expected at most 1000", "mend it"),
            mistake("pack.yaml:25:90", "expected at least 1", "mend it"),
            mistake(
                "pack.yaml:25:103",
                "`a/b` is neither a name nor a JSON pointer",
                "mend it",
            ),
        ],
    );
}
