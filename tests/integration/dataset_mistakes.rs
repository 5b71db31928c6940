//! Mistakes in datasets and in their files, each told with its place.

use crate::check_command::{check, mistake};

#[test]
fn shapes_of_datasets() {
    check(
        "dataset_shape",
        &[
            mistake(
                "pack.yaml:6:28",
                "unknown key `widht`",
                "did you mean `width`?",
            ),
            mistake("pack.yaml:8:16", "found `emial`", "did you mean `email`?"),
            mistake(
                "pack.yaml:9:19",
                "unknown key `amonut`",
                "did you mean `amount`?",
            ),
            mistake("pack.yaml:10:18", "missing key `to`", "needs `to`"),
            mistake("pack.yaml:11:40", "found 1001", "expected at most 1000"),
            mistake("pack.yaml:12:25", "found 0", "expected at least 1 item"),
            mistake(
                "pack.yaml:16:19",
                "found `interger`",
                "did you mean `integer`?",
            ),
        ],
    );
}

#[test]
fn what_datasets_name_and_bound() {
    check(
        "datasets",
        &[
            mistake(
                "pack.yaml:5:5",
                "`from` a file already",
                "expected one of `from` and `generate`",
            ),
            mistake(
                "pack.yaml:8:11",
                "does not lie in the pack's folder",
                "expected a file",
            ),
            mistake(
                "pack.yaml:11:11",
                "`data/absent.csv` cannot be read",
                "expected a file",
            ),
            mistake(
                "pack.yaml:14:11",
                "no kind of file that is known",
                "expected *.csv",
            ),
            mistake(
                "pack.yaml:17:5",
                "only cells of a CSV file",
                "expected `from`",
            ),
            mistake(
                "pack.yaml:20:29",
                "257 rows need more keys",
                "only 256 keys look like this",
            ),
            mistake(
                "pack.yaml:27:9",
                "`id` is the key",
                "expected other members only",
            ),
            mistake("pack.yaml:28:24", "`nmae`", "expected one of row, key"),
            mistake("pack.yaml:30:24", "the brace is not closed", "expected }"),
            mistake(
                "pack.yaml:31:25",
                "unknown collection `compnies`",
                "did you mean `companies`?",
            ),
            mistake(
                "pack.yaml:32:23",
                "nothing to refer to in `nothing`",
                "expected a collection",
            ),
            mistake(
                "pack.yaml:33:42",
                "nothing lies from 5 to 4",
                "expected at least 5",
            ),
            mistake("pack.yaml:34:44", "`two` is no decimal", "\"1.00\""),
            mistake(
                "pack.yaml:35:31",
                "the last moment is before the first",
                "2026-01-01",
            ),
            mistake("pack.yaml:36:29", "`yesterday` is no instant", "RFC 3339"),
            mistake(
                "pack.yaml:37:25",
                "no value can be drawn",
                "a weight above 0",
            ),
            mistake(
                "pack.yaml:38:48",
                "nothing lies from 3 to 2",
                "expected at least 3",
            ),
            mistake(
                "pack.yaml:47:14",
                "would have to watch 20001 rows",
                "expected at most 20000",
            ),
            mistake(
                "pack.yaml:50:17",
                "unknown state `opn`",
                "did you mean `open`?",
            ),
        ],
    );
}

#[test]
fn rows_of_files() {
    let twice = |line| format!("the key of the row in line {line} already");
    check(
        "dataset_rows",
        &[
            mistake(
                "data/people.csv:2:1",
                "`1.5` in the column `age`",
                "a whole number",
            ),
            mistake(
                "data/people.csv:3:1",
                "`yes` in the column `active`",
                "true or false",
            ),
            mistake(
                "data/people.csv:5:1",
                "the row has no `id`",
                "a text as its key",
            ),
            mistake("data/people.csv:6:1", "found 3 cells", "expected 4"),
            mistake(
                "data/people.csv:11:1",
                "the key `d` stands twice",
                &twice(9),
            ),
            mistake(
                "pack.yaml:5:52",
                "unknown column `emial`",
                "did you mean `email`?",
            ),
            mistake(
                "data/columns.csv:1:1",
                "`name` stands twice",
                "a name for each column",
            ),
            // The other one of this line: that no column has the key.
            mistake("data/columns.csv:1:1", "", ""),
            mistake("data/lines.ndjson:2:1", "\"id\" stands twice", ""),
            mistake(
                "data/lines.ndjson:3:1",
                "the row is a list",
                "expected an object",
            ),
            mistake(
                "data/lines.ndjson:4:1",
                "the row's `id` is 7",
                "a text as its key",
            ),
            mistake(
                "data/lines.ndjson:5:1",
                "the key `a` stands twice",
                &twice(1),
            ),
            mistake("data/lines.ndjson:6:1", "EOF while parsing", ""),
            mistake(
                "data/list.json:3:3",
                "the row has no `id`",
                "a text as its key",
            ),
            mistake(
                "data/list.json:4:3",
                "the row is a number",
                "expected an object",
            ),
            mistake("data/list.json:5:3", "the key `a` stands twice", &twice(2)),
            mistake(
                "data/named.json:2:8",
                "the row `a` has the `id` \"b\"",
                "the name under which",
            ),
            mistake("data/named.json:4:8", "the key `c` stands twice", &twice(3)),
            mistake(
                "data/broken.json:3:11",
                "expected value",
                "a list of objects",
            ),
            mistake(
                "data/tasks.ndjson:1:1",
                "unknown state \"opn\"",
                "expected one of open, closed",
            ),
            mistake(
                "data/tasks.ndjson:2:1",
                "\"soon\" is no instant",
                "RFC 3339",
            ),
        ],
    );
}
