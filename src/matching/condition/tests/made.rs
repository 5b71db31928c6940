//! Functions that make lists, maps and texts.

use super::*;

#[test]
fn texts_are_taken_apart_and_put_together() {
    check_all(&[
        ("split('a,b,,c', ',')", r#"["a","b","","c"]"#),
        ("'https://h/1/orders'.split('/')[4]", r#""orders""#),
        ("split('', ',')", r#"[""]"#),
        ("split('äb', '')", r#"["ä","b"]"#),
        (
            "pieces('Hello  big\\nworld ')",
            r#"["Hello","  big","\nworld"," "]"#,
        ),
        ("pieces('')", "[]"),
        ("pieces(' a').join('')", r#"" a""#),
        ("join(['a', 1, null, true], '-')", r#""a-1--true""#),
        ("input.tags.join(', ')", r#""a, b""#),
        ("replace('a-b-c', '-', '')", r#""abc""#),
        ("replace('abc', '', 'x')", r#""abc""#),
        ("substring('größe', 1, 3)", r#""rö""#),
        ("substring('größe', 3)", r#""ße""#),
        ("substring('a', 5, 2) + substring('a', -1, 9)", r#""a""#),
        (
            "toJson({'b': [1, input.tenth], 'a': null})",
            r#""{\"a\":null,\"b\":[1,0.10]}""#,
        ),
        ("toJson('x')", r#""\"x\"""#),
        (
            "split(1, ',')",
            "error: `split`: does not apply to int, string",
        ),
        (
            "replace(replace(replace(replace('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), 'a', 'b')",
            "error: `replace`: a text has at most 10485760 bytes",
        ),
    ]);
}

#[test]
fn lists_and_maps_are_made() {
    check_all(&[
        (
            "object([['b', 1], ['a', [2]], ['b', 3]])",
            r#"{"b":3,"a":[2]}"#,
        ),
        (
            "object(input.items.filter(i, has(i.id)).map(i, [i.id, i.qty])).b",
            "5",
        ),
        ("object([])", "{}"),
        ("object([[1, 2]])", r#"{"1":2}"#),
        (
            "object(['a'])",
            "error: `object`: expected a list of `[key, value]`",
        ),
        ("flatten([[1], [], [2, [3]]])", "[1,2,[3]]"),
        ("flatten([1])", "error: `flatten`: expected a list of lists"),
        ("sum([])", "0"),
        ("sum([1, 2]) + 1", "4"),
        ("sum([1, 0.5, input.tenth])", "1.6"),
        ("sum(input.items.map(i, i.qty)) == 14", "true"),
        (
            "sum([money('0.10'), money('0.20')]) == money('0.3')",
            "true",
        ),
        ("sum(['1.50', 2]) > 3", "true"),
        (
            "sum(['x'])",
            r#"error: `sum`: "x" cannot be added up exactly"#,
        ),
    ]);
}
