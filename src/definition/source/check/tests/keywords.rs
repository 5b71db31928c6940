use serde_json::{Value, json};

use super::told;

#[test]
fn every_keyword_has_its_words() {
    let check = |schema: Value, text: &str, expected: &[&str]| {
        assert_eq!(told(text, &schema), expected, "for {schema}")
    };
    check(
        json!({"not":{}}),
        "1",
        &["1:1: this is not allowed at the top level"],
    );
    check(
        json!(false),
        "1",
        &["1:1: this is not allowed at the top level"],
    );
    check(
        json!({"not":{"type":"string"}}),
        "a",
        &["1:1: this is not allowed at the top level"],
    );
    check(
        json!({"minimum":0.1,"maximum":1e+300}),
        "0.09999999999999999999999",
        &["1:1: expected at least 0.1, found 0.09999999999999999999999 at the top level"],
    );
    check(
        json!({"exclusiveMinimum":1}),
        "1.0",
        &["1:1: expected more than 1, found 1.0 at the top level"],
    );
    check(
        json!({"exclusiveMaximum":1}),
        "1",
        &["1:1: expected less than 1, found 1 at the top level"],
    );
    check(
        json!({"maximum":9}),
        "1e400",
        &["1:1: expected at most 9, found 1e+400 at the top level"],
    );
    check(
        json!({"minLength":2}),
        "é",
        &["1:1: expected at least 2 characters, found 1 at the top level"],
    );
    check(
        json!({"maxLength":1}),
        "éa",
        &["1:1: expected at most 1 character, found 2 at the top level"],
    );
    check(
        json!({"maxItems":1}),
        "[1, 2]",
        &["1:1: expected at most 1 item, found 2 at the top level"],
    );
    check(
        json!({"minProperties":1}),
        "{}",
        &["1:1: expected at least 1 key, found 0 at the top level"],
    );
    check(
        json!({"uniqueItems":true}),
        "[a, b, a]",
        &["1:8: this item stands twice in its list at [2]"],
    );
    check(
        json!({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}),
        "[1, 2, x]",
        &[
            "1:2: expected a string, found a number at [0]; put it in quotes: `\"1\"`",
            "1:8: expected a whole number, found a string at [2]",
        ],
    );
    check(
        json!({"propertyNames":{"pattern":"^[a-z]+$","maxLength":3}}),
        "{A: 1, abcd: 2}",
        &[
            "1:2: expected a match of `^[a-z]+$`, found `A` at A",
            "1:8: expected at most 3 characters, found 4 at abcd",
        ],
    );
    check(json!({"pattern":"(?=x)"}), "y", &[]);
    check(
        json!({"type":["string","array"]}),
        "1",
        &[
            "1:1: expected a string or a list, found a number at the top level; put it in quotes: `\"1\"`",
        ],
    );
    check(
        json!({"type":"null"}),
        "1",
        &["1:1: expected nothing, found a number at the top level"],
    );
    check(
        json!({"const":"v1"}),
        "v2",
        &["1:1: expected v1; found `v2` at the top level; did you mean `v1`?"],
    );
    check(json!({"enum":[1,2.5,true,null]}), "2.5", &[]);
    check(
        json!({"enum":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]}),
        "21",
        &[
            "1:1: expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more; found `21` at the top level",
        ],
    );
    check(
        json!({"const":{"a":1}}),
        "{}",
        &["1:1: expected {\"a\":1}; found an object at the top level"],
    );
    check(
        json!({"$ref":"#/$defs/a%20b~1c","$defs":{"a b/c":{"type":"string"}}}),
        "1",
        &["1:1: expected a string, found a number at the top level; put it in quotes: `\"1\"`"],
    );
    check(json!({"$ref":"#"}), "1", &[]);
    check(json!({"$ref":"#/none"}), "1", &[]);
    check(
        json!({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/c"},"c":{"$ref":"#/$defs/a"}}}),
        "1",
        &[],
    );
    check(json!({"anyOf":[{"$ref":"#"},{"type":"string"}]}), "1", &[]);
    check(
        json!({"anyOf":[]}),
        "1",
        &["1:1: this is not allowed at the top level"],
    );
    check(
        json!({"allOf":[{"type":"string"},{"minLength":3}]}),
        "a",
        &["1:1: expected at least 3 characters, found 1 at the top level"],
    );
    check(
        json!({"properties":{"a":true},"unevaluatedProperties":false,"oneOf":[{"properties":{"bar":true},"required":["bar"]},{"properties":{"c":true},"required":["c"]}]}),
        "{a: 1, baz: 1, c: 2}",
        &["1:8: unknown key `baz` at the top level; did you mean `bar`?"],
    );
    check(
        json!({"properties":{"a":true},"additionalProperties":false,"patternProperties":{"^x-":{"type":"string"}}}),
        "{x-a: 1, $schema: y, b: 1}",
        &[
            "1:7: expected a string, found a number at x-a; put it in quotes: `\"1\"`",
            "1:10: unknown key `$schema` at the top level",
            "1:22: unknown key `b` at the top level",
        ],
    );
    check(
        json!({"oneOf":[{"properties":{"method":{"enum":["A"]},"x":{"type":"string"}},"required":["x"]},{"properties":{"method":{"enum":["B"]},"y":{"type":"string"}},"required":["y"]}]}),
        "{z: 1}",
        &["1:2: missing one of the keys `x`, `y` at the top level"],
    );
    check(
        json!({"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"],"$ref":"#/$defs/a"},{"type":"object","properties":{"kind":{"const":"b"}},"required":["kind"]}],"$defs":{"a":{"properties":{"n":{"type":"integer"}},"required":["n"]}}}),
        "{kind: a, n: x}",
        &["1:14: expected a whole number, found a string at n"],
    );
}

#[test]
fn unions_within_unions_are_compared_once_for_each_value() {
    let branch = |key: &str| json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": [key]});
    let schema = json!({"anyOf": [branch("x"), branch("y")]});
    let text = format!("{}{{}}{}", "{a: ".repeat(90), "}".repeat(90));
    assert_eq!(told(&text, &schema).len(), 91);
    assert_eq!(told("a:\n  a:\n    b: 1\n", &schema).len(), 3);
}
