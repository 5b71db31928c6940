//! Functions over items: how they are called. What they do is tested where they live.

use super::*;

#[test]
fn items_are_tested_changed_and_picked() {
    check_all(&[
        (
            "itemMatches('n = :v', null, {':v': {'N': '1.0'}}, {'n': {'N': '1'}})",
            "true",
        ),
        (
            "itemMatches('n = :v', {}, {':v': {'N': '1'}}, null)",
            "false",
        ),
        ("itemMatches(null, null, null, {})", "true"),
        (
            "itemUpdated('SET n = n + :v', null, {':v': {'N': '0.1'}}, {'n': {'N': '0.2'}, 'a': {'S': 'x'}})",
            r#"{"a":{"S":"x"},"n":{"N":"0.3"}}"#,
        ),
        (
            "itemUpdated('SET #a = :v', {'#a': 'b'}, {':v': {'S': 'x'}}, {}).b.S",
            r#""x""#,
        ),
        (
            "itemPicked('a, b.c', null, {'a': {'S': 'x'}, 'z': {'S': 'y'}})",
            r#"{"a":{"S":"x"}}"#,
        ),
        (
            "itemTouched('REMOVE a SET b = :v', null, {':v': {'N': '1'}}, {'a': {'N': '1'}, 'c': {'N': '2'}})",
            r#"{"a":{"N":"1"}}"#,
        ),
        (
            "itemAttributes('condition', 'a = :v AND #b > :v', {'#b': 'c'}, {':v': {'N': '1'}})",
            r#"["a","c"]"#,
        ),
        ("itemAttributes('update', null, null, null)", "[]"),
        (
            "[1, 2].map(n, itemPicked('a', null, {'a': {'N': string(n)}}).a.N)",
            r#"["1","2"]"#,
        ),
    ]);
}

#[test]
fn what_is_wrong_is_told() {
    check_all(&[
        (
            "itemProblem('condition', 'a = :v', null, {':v': {'N': '1'}})",
            r#""""#,
        ),
        ("itemProblem('update', null, null, null) == ''", "true"),
        (
            "itemProblem('update', 'SET a', null, null)",
            r#""Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \"a\"""#,
        ),
        (
            "itemUnused(['a = :v', null], null, {':v': {'N': '1'}, ':x': {'N': '1'}})",
            r#""Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}""#,
        ),
        (
            "itemUpdateProblem('SET a = b', null, null, {})",
            r#""The provided expression refers to an attribute that does not exist in the item""#,
        ),
        (
            "itemMatches('a =', null, null, {})",
            r#"error: `itemMatches`: Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "=""#,
        ),
        (
            "itemMatches('a = b', null, null, 'x')",
            "error: `itemMatches`: does not apply to string, null, null, string",
        ),
        (
            "itemProblem('other', 'a', null, null)",
            "error: `itemProblem`: there is no kind `other`; expected condition, filter, keyCondition, update or projection",
        ),
    ]);
}

#[test]
fn search_texts_become_terms() {
    check_all(&[
        (
            "searchTerms(\"a:1 -b>=2\").terms.map(t, t.field + t.operator + t.value)",
            r#"["a:1","b>=2"]"#,
        ),
        ("searchTerms('a OR b').any", "true"),
        ("searchTerms('a:null').terms[0].value == null", "true"),
        ("searchTerms('(').problem", r#""there are no parentheses""#),
        (
            "searchTerms(1)",
            "error: `searchTerms`: does not apply to int",
        ),
    ]);
}
