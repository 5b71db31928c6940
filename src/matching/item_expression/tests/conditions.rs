use super::*;

/// What a condition comes to, for the thing and for no item at all.
fn check(table: &[(&str, &str)]) {
    let thing = thing();
    let thing = item(&thing).expect("an item");
    for (source, expected) in table {
        let found = with_given(|given| matches(source, given, &thing));
        let found = found.map_or_else(|problem| problem, |holds| holds.to_string());
        assert_eq!(found, *expected, "{source}");
    }
}

#[test]
fn values_compare_within_their_type() {
    check(&[
        ("n = :ten", "true"),
        ("n > :nine", "true"),
        ("n < :nine", "false"),
        ("n >= :ten AND n <= :ten", "true"),
        ("s > :apple", "true"),
        (
            "s <> :n0",
            "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :n0",
        ),
        ("s <> :ten", "true"),
        ("s > :ten", "false"),
        ("b = :bytes", "false"),
        ("b > :bytes", "true"),
        ("flag = :t", "true"),
        ("nothing = :null", "true"),
        ("tags = :both", "true"),
        ("tags = :more", "false"),
        ("letters[0] = :a", "true"),
        ("info.nested.deep = :x", "true"),
        ("info.arr[1].v = :two", "true"),
        ("#d = :yes", "true"),
        ("n = nums", "false"),
        (":nine < n", "true"),
    ]);
}

#[test]
fn what_is_missing_differs_from_everything() {
    check(&[
        ("absent = :one", "false"),
        ("absent <> :one", "true"),
        ("absent < :one", "false"),
        ("absent BETWEEN :one AND :two", "false"),
        ("absent IN (:one)", "false"),
        ("attribute_not_exists(absent)", "true"),
        ("attribute_not_exists(letters[9])", "true"),
        ("attribute_exists(info.nested.deep)", "true"),
        ("attribute_exists(n.deep)", "false"),
        ("attribute_exists(nothing)", "true"),
        ("size(absent) = :one", "false"),
    ]);
}

#[test]
fn operators_bind_as_they_should() {
    check(&[
        ("n = :ten OR n = :ten AND n = :nine", "true"),
        ("(n = :ten OR n = :ten) AND n = :nine", "false"),
        ("NOT n = :nine AND n = :ten", "true"),
        ("not (n = :ten)", "false"),
        ("NOT NOT n = :ten", "true"),
        ("n between :nine and :eleven Or s in (:a)", "true"),
        ("n BETWEEN :nine AND :ten AND s = :a", "false"),
        ("s IN (:a, :banana)", "true"),
        ("(n) = (:ten)", "true"),
        ("((n) = :ten)", "true"),
        ("(info.nested).deep = :x", "true"),
        ("((size(s)) = :six)", "true"),
    ]);
}

#[test]
fn functions() {
    check(&[
        (
            "attribute_type(tags, :SS) AND attribute_type(nothing, :NULL)",
            "true",
        ),
        ("attribute_type(n, :S)", "false"),
        ("begins_with(s, :ban)", "true"),
        ("begins_with(s, :nan)", "false"),
        ("begins_with(b, :bytes)", "true"),
        ("begins_with(n, :ban)", "false"),
        ("contains(s, :nan)", "true"),
        ("contains(b, :byte)", "true"),
        ("contains(tags, :red)", "true"),
        ("contains(tags, :a)", "false"),
        ("contains(nums, :five)", "true"),
        ("contains(letters, :three)", "true"),
        ("contains(n, :one)", "false"),
        ("size(s) = :six", "true"),
        (
            "size(tags) = :two AND size(letters) = :three AND size(info) = :two",
            "true",
        ),
        ("size(b) > size(tags)", "true"),
        ("size(n) = :one", "false"),
    ]);
}

#[test]
fn nothing_is_an_item_without_attributes() {
    let nothing = item(&Value::Null).expect("an item");
    let holds = with_given(|given| matches("attribute_not_exists(pk)", given, &nothing));
    assert_eq!(holds, Ok(true));
    assert!(item(&json!([])).is_none());
}
