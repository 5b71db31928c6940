//! Item expressions in tables: what they are given is the same in all of them.

mod conditions;
mod problems;
mod properties;
mod updates;

use serde_json::{Value, json};

use super::*;

/// The item of the tests.
fn thing() -> Value {
    json!({
        "pk": { "S": "p" }, "n": { "N": "10" }, "s": { "S": "banana" }, "b": { "B": "AQID" },
        "flag": { "BOOL": true }, "nothing": { "NULL": true },
        "tags": { "SS": ["red", "green"] }, "nums": { "NS": ["1", "5"] },
        "letters": { "L": [{ "S": "a" }, { "S": "b" }, { "N": "3" }] },
        "info": { "M": {
            "nested": { "M": { "deep": { "S": "x" } } },
            "arr": { "L": [{ "M": { "v": { "N": "1" } } }, { "M": { "v": { "N": "2.0" } } }] }
        } },
        "dotted.name": { "S": "yes" }
    })
}

fn names() -> Value {
    json!({ "#n": "n", "#d": "dotted.name", "#s": "status", "#l": "letters", "#i": "[3]" })
}

fn values() -> Value {
    json!({
        ":nine": { "N": "9" }, ":ten": { "N": "10.0" }, ":eleven": { "N": "11" },
        ":one": { "N": "1" }, ":two": { "N": "2" }, ":three": { "N": "3" },
        ":five": { "N": "5" }, ":six": { "N": "6" },
        ":apple": { "S": "apple" }, ":banana": { "S": "banana" }, ":ban": { "S": "ban" },
        ":nan": { "S": "nan" }, ":x": { "S": "x" }, ":yes": { "S": "yes" }, ":red": { "S": "red" },
        ":a": { "S": "a" }, ":bytes": { "B": "AQI=" }, ":byte": { "B": "Ag==" },
        ":t": { "BOOL": true }, ":null": { "NULL": true }, ":SS": { "S": "SS" },
        ":NULL": { "S": "NULL" }, ":S": { "S": "S" }, ":nope": { "S": "STRING" },
        ":list": { "L": [{ "N": "9" }] }, ":empty": { "L": [] }, ":map": { "M": {} },
        ":more": { "SS": ["green", "blue"] }, ":redset": { "SS": ["red"] },
        ":both": { "SS": ["green", "red"] }, ":ns": { "NS": ["5.0", "7"] },
        ":bs": { "BS": ["YQ=="] }, ":big": { "N": "9.9999999999999999999999999999999999999E125" }
    })
}

/// What a function that is given names and values gives.
fn with_given<T>(run: impl FnOnce(Given<'_>) -> T) -> T {
    let (names, values) = (names(), values());
    run(Given {
        names: &names,
        values: &values,
    })
}
