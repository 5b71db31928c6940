use super::*;

/// What is wrong with expressions of a kind: nothing, if that is empty.
fn check(kind: &str, parameter: &str, table: &[(&str, &str)]) {
    let kind = ExpressionKind::named(kind).expect("a kind");
    for (source, expected) in table {
        let found = with_given(|given| problem(kind, source, given)).unwrap_or_default();
        let prefix = format!("Invalid {parameter}: ");
        let told = found.strip_prefix(&prefix).unwrap_or(&found);
        assert_eq!(told, *expected, "{source}");
        assert_eq!(found.starts_with(&prefix), !expected.is_empty(), "{source}");
    }
}

#[test]
fn a_syntax_error_names_the_token_and_what_is_near() {
    check(
        "update",
        "UpdateExpression",
        &[
            (
                "INVALID SYNTAX HERE",
                r#"Syntax error; token: "INVALID", near: "INVALID SYNTAX""#,
            ),
            (
                "ADD hits : incr",
                r#"Syntax error; token: ":", near: "hits : incr""#,
            ),
            (
                "SET #n = :one, a = :two,",
                r#"Syntax error; token: "<EOF>", near: ",""#,
            ),
            (
                "SET n = :one, #, = a",
                r##"Syntax error; token: "#", near: ", #,""##,
            ),
            ("SET a", r#"Syntax error; token: "<EOF>", near: "a""#),
            (
                "SET a = :one updated = :two",
                r#"Syntax error; token: "updated", near: ":one updated =""#,
            ),
            (
                "SET a = b / c",
                r#"Syntax error; token: "/", near: "b / c""#,
            ),
            ("SET a[1] = 1", r#"Syntax error; token: "1", near: "= 1""#),
            (
                "SET a = b + c + d",
                r#"Syntax error; token: "+", near: "c + d""#,
            ),
            (
                "SET :a = b",
                r#"Syntax error; token: ":a", near: "SET :a =""#,
            ),
            ("REMOVE a b", r#"Syntax error; token: "b", near: "a b""#),
            ("DELETE a b", r#"Syntax error; token: "b", near: "a b""#),
            ("", "The expression can not be empty;"),
        ],
    );
    check(
        "projection",
        "ProjectionExpression",
        &[
            ("!!! INVALID !!!", r#"Syntax error; token: "!", near: "!!""#),
            ("a, b[0].c, #d", ""),
            (
                "status",
                "Attribute name is a reserved keyword; reserved keyword: status",
            ),
            (
                "a, a.b",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
            ),
        ],
    );
    check(
        "condition",
        "ConditionExpression",
        &[
            ("pk = = :a", r#"Syntax error; token: "=", near: "= = :a""#),
            (
                "_hidden = :a",
                r#"Syntax error; token: "_", near: "_hidden""#,
            ),
            ("pk", r#"Syntax error; token: "<EOF>", near: "pk""#),
            ("(pk", r#"Syntax error; token: "<EOF>", near: "pk""#),
            (
                "pk = :a AND",
                r#"Syntax error; token: "<EOF>", near: "AND""#,
            ),
            ("pk = 'ü'", r#"Syntax error; token: "'", near: "= 'ü""#),
        ],
    );
}

#[test]
fn mistakes_in_conditions() {
    check(
        "filter",
        "FilterExpression",
        &[
            ("n = :nine", ""),
            (
                "#x = :a",
                "An expression attribute name used in the document path is not defined; attribute name: #x",
            ),
            (
                "n = :v",
                "An expression attribute value used in expression is not defined; attribute value: :v",
            ),
            (
                "status = :a",
                "Attribute name is a reserved keyword; reserved keyword: status",
            ),
            ("((n = :nine))", "The expression has redundant parentheses;"),
            ("((n)) = :nine", "The expression has redundant parentheses;"),
            (
                "starts_with(s, :a)",
                "Invalid function name; function: starts_with",
            ),
            (
                "ATTRIBUTE_EXISTS(s)",
                "Invalid function name; function: ATTRIBUTE_EXISTS",
            ),
            (
                "if_not_exists(s, :a)",
                "Invalid function name; function: if_not_exists",
            ),
            (
                "attribute_exists(s, n)",
                "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2",
            ),
            (
                "attribute_exists(:a)",
                "Operator or function requires a document path; operator or function: attribute_exists",
            ),
            (
                "begins_with(s, :one)",
                "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
            ),
            (
                "begins_with(s, :a) = :t",
                "The function is not allowed to be used this way in an expression; function: begins_with",
            ),
            (
                "size(s)",
                "The function is not allowed to be used this way in an expression; function: size",
            ),
            (
                "size(:one) = :one",
                "Incorrect operand type for operator or function; operator or function: size, operand type: N",
            ),
            (
                "n < :t",
                "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
            ),
            (
                "n = n",
                "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]",
            ),
            (
                "attribute_type(n, :nope)",
                "Invalid attribute type name found; type: STRING, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
            ),
            (
                "n BETWEEN :ten AND :one",
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:10.0}, upper bound operand: AttributeValue: {N:1}",
            ),
            (
                "n BETWEEN :a AND :one",
                "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}",
            ),
        ],
    );
    check(
        "keyCondition",
        "KeyConditionExpression",
        &[("pk = :a AND begins_with(sk, :a)", "")],
    );
}

#[test]
fn mistakes_in_updates() {
    check(
        "update",
        "UpdateExpression",
        &[
            ("SET n = :nine REMOVE s", ""),
            (
                "SET a = :one SET b = :one",
                r#"The "SET" section can only be used once in an update expression;"#,
            ),
            (
                "SET a = :absent",
                "An expression attribute value used in expression is not defined; attribute value: :absent",
            ),
            (
                "SET #x = :absent",
                "An expression attribute name used in the document path is not defined; attribute name: #x",
            ),
            (
                "SET status = :one",
                "Attribute name is a reserved keyword; reserved keyword: status",
            ),
            ("SET a = size(b)", "Invalid function name; function: size"),
            (
                "SET a = if_not_exists(:one, b)",
                "Operator or function requires a document path; operator or function: if_not_exists",
            ),
            (
                "SET a = if_not_exists(b)",
                "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1",
            ),
            (
                "SET a = list_append(:a, a)",
                "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
            ),
            (
                "SET a = a + :a",
                "Incorrect operand type for operator or function; operator or function: +, operand type: S",
            ),
            (
                "ADD a :a",
                "Incorrect operand type for operator or function; operator: ADD, operand type: STRING",
            ),
            (
                "DELETE a :one",
                "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER",
            ),
            (
                "SET info = :map, info.a = :one",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [info], path two: [info, a]",
            ),
            (
                "SET #l[3].#i = :one, letters[3] = :one",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [letters, [3], [3]], path two: [letters, [3]]",
            ),
            (
                "REMOVE a.#n SET a[1] = :one",
                "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, n], path two: [a, [1]]",
            ),
        ],
    );
}

#[test]
fn what_is_unused() {
    let given = (
        json!({ "#n": "n", "#m": "m" }),
        json!({ ":v": { "N": "1" } }),
    );
    let told = |sources: &[&str], names: &Value, values: &Value| {
        unused(sources, Given { names, values }).unwrap_or_default()
    };
    let (names, values) = (&given.0, &given.1);
    assert_eq!(told(&["#n = :v", "#m"], names, values), "");
    assert_eq!(
        told(&["#n = :v"], names, values),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#m}"
    );
    assert_eq!(
        told(&["#n, #m"], names, values),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"
    );
    assert_eq!(
        told(&[], &Value::Null, values),
        "ExpressionAttributeValues can only be specified when using expressions"
    );
    assert_eq!(
        told(&["a"], &json!({}), &Value::Null),
        "ExpressionAttributeNames must not be empty"
    );
    assert_eq!(told(&[], &Value::Null, &Value::Null), "");
}

#[test]
fn attributes_are_named_once() {
    for (kind, source, expected) in [
        (
            "condition",
            "a = :one AND (#n > size(b.c) OR contains(a, d[0]))",
            "a n b d",
        ),
        (
            "update",
            "SET a.b = c, #d = :one REMOVE e",
            "a dotted.name e",
        ),
        ("projection", "a.b, a.c, #n", "a n"),
    ] {
        let kind = ExpressionKind::named(kind).expect("a kind");
        let found = with_given(|given| attributes(kind, source, given)).expect(source);
        assert_eq!(found.join(" "), expected, "{source}");
    }
}

#[test]
fn too_much_is_refused() {
    let chained = |count: usize| vec!["n = :one"; count].join(" OR ");
    let many = |count: usize| format!("n IN ({})", vec![":one"; count].join(", "));
    let deep = |count: usize| format!("{}n = :one", "NOT ".repeat(count));
    let nested = |count: usize| format!("a{} = :one", ".a".repeat(count - 1));
    let opened = "(".repeat(2_000);
    let within = |count: usize| {
        format!(
            "{}n = :one{}",
            "(n = :one OR ".repeat(count),
            ")".repeat(count)
        )
    };
    let long = format!("a = :{}", "v".repeat(SOURCE_BYTES_MAX));
    for (source, expected) in [
        (chained(150), ""),
        (
            chained(151),
            "The expression contains too many operators; operator count: 301",
        ),
        (many(100), ""),
        (
            many(101),
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (deep(20), ""),
        (
            deep(40),
            "The expression is nested too deep; levels allowed: 32",
        ),
        (within(28), ""),
        (
            within(40),
            "The expression is nested too deep; levels allowed: 32",
        ),
        (
            opened,
            "The expression is nested too deep; levels allowed: 32",
        ),
        (nested(32), ""),
        (
            nested(33),
            "The document path has too many nesting elements; nesting levels: 33",
        ),
        (
            long,
            "Expression size has exceeded the maximum allowed size; expression size: 4101",
        ),
    ] {
        check("condition", "ConditionExpression", &[(&source, expected)]);
    }
}
