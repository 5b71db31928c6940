use super::*;

/// What an update makes of the thing: the parts of it that it names, or what is wrong.
fn check(table: &[(&str, Value)]) {
    let thing = thing();
    let thing = item(&thing).expect("an item");
    for (source, expected) in table {
        let found = with_given(|given| {
            let updated = updated(source, given, &thing);
            assert_eq!(update_problem(source, given, &thing), updated.clone().err());
            updated.and_then(|updated| touched(source, given, &updated))
        });
        let found = found.map_or_else(Value::String, Value::Object);
        assert_eq!(found, *expected, "{source}");
    }
}

/// The letters after an update.
fn check_letters(table: &[(&str, &str)]) {
    let thing = thing();
    let thing = item(&thing).expect("an item");
    for (source, expected) in table {
        let updated = with_given(|given| updated(source, given, &thing)).expect(source);
        let letters = updated["letters"]["L"].as_array().expect("a list");
        let letters: Vec<&str> = letters
            .iter()
            .filter_map(|letter| letter.as_object()?.values().next()?.as_str())
            .collect();
        assert_eq!(letters.join(" "), *expected, "{source}");
    }
}

#[test]
fn what_is_set() {
    check(&[
        (
            "SET a = :a, n = :one",
            json!({ "n": { "N": "1" }, "a": { "S": "a" } }),
        ),
        (
            "SET info.b = :two",
            json!({ "info": { "M": { "b": { "N": "2" } } } }),
        ),
        // All operands see the item as it was.
        (
            "SET a = n, n = :one",
            json!({ "n": { "N": "1" }, "a": { "N": "10" } }),
        ),
        ("SET n = n + :one", json!({ "n": { "N": "11" } })),
        ("SET n = (:one - n)", json!({ "n": { "N": "-9" } })),
        ("SET a = :ten", json!({ "a": { "N": "10" } })),
        (
            "SET n = if_not_exists(n, :one) + :one",
            json!({ "n": { "N": "11" } }),
        ),
        (
            "SET z = if_not_exists(z, :one) + :one",
            json!({ "z": { "N": "2" } }),
        ),
        (
            "SET z = list_append(if_not_exists(z, :empty), :list)",
            json!({ "z": { "L": [{ "N": "9" }] } }),
        ),
        ("SET z = info.arr[1].v", json!({ "z": { "N": "2.0" } })),
        ("SET #s = :a", json!({ "status": { "S": "a" } })),
    ]);
}

#[test]
fn lists_keep_their_places_until_the_end() {
    check_letters(&[
        ("SET letters[1] = :x", "a x 3"),
        ("SET letters[9] = :x, letters[5] = :yes", "a b 3 yes x"),
        ("SET letters = list_append(:list, letters)", "9 a b 3"),
        ("REMOVE letters[0], letters[2]", "b"),
        ("REMOVE letters[0], letters[7]", "b 3"),
        ("SET letters[2] = :x REMOVE letters[0]", "b x"),
        ("SET #l[4] = :x REMOVE letters[0], letters[1]", "3 x"),
    ]);
    let thing = thing();
    let thing = item(&thing).expect("an item");
    let updated =
        with_given(|given| updated("REMOVE info.arr[1].v, info.arr[0]", given, thing.as_ref()));
    let arr = updated.expect("an item")["info"]["M"]["arr"].clone();
    assert_eq!(arr, json!({ "L": [{ "M": {} }] }));
}

#[test]
fn what_is_added_and_deleted() {
    check(&[
        (
            "ADD n :one, z :two",
            json!({ "n": { "N": "11" }, "z": { "N": "2" } }),
        ),
        (
            "ADD tags :more",
            json!({ "tags": { "SS": ["red", "green", "blue"] } }),
        ),
        ("ADD nums :ns", json!({ "nums": { "NS": ["1", "5", "7"] } })),
        ("ADD z :ns", json!({ "z": { "NS": ["5", "7"] } })),
        (
            "ADD info.hits :one",
            json!({ "info": { "M": { "hits": { "N": "1" } } } }),
        ),
        (
            "DELETE tags :redset",
            json!({ "tags": { "SS": ["green"] } }),
        ),
        ("DELETE tags :both", json!({})),
        ("DELETE z :both", json!({})),
        ("DELETE nums :ns", json!({ "nums": { "NS": ["1"] } })),
        ("REMOVE n, absent", json!({})),
        (
            "SET z = :a REMOVE info ADD n :one DELETE tags :redset",
            json!({
                "n": { "N": "11" }, "tags": { "SS": ["green"] }, "z": { "S": "a" }
            }),
        ),
    ]);
}

#[test]
fn what_shows_at_the_item() {
    let missing = "The provided expression refers to an attribute that does not exist in the item";
    let wrong = "An operand in the update expression has an incorrect data type";
    let path = "The document path provided in the update expression is invalid for update";
    check(&[
        ("SET a = absent", json!(missing)),
        ("SET a = absent + :one", json!(missing)),
        ("SET a = s + :one", json!(wrong)),
        ("SET a = list_append(s, :list)", json!(wrong)),
        ("ADD s :one", json!(wrong)),
        ("ADD tags :ns", json!(wrong)),
        ("ADD letters :redset", json!(wrong)),
        ("DELETE n :redset", json!(wrong)),
        ("SET nope.child = :one", json!(path)),
        ("SET s.child = :one", json!(path)),
        ("SET info[0] = :one", json!(path)),
        ("REMOVE nope.child", json!(path)),
        ("DELETE nope.child :redset", json!(path)),
        (
            "SET a = :big + :big",
            json!(
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            ),
        ),
        (
            "SET a = :big + :one",
            json!("Attempting to store more than 38 significant digits in a Number"),
        ),
    ]);
}

#[test]
fn what_is_picked() {
    let thing = thing();
    let thing = item(&thing).expect("an item");
    for (source, expected) in [
        ("n, absent", json!({ "n": { "N": "10" } })),
        (
            "letters[2], letters[0]",
            json!({ "letters": { "L": [{ "S": "a" }, { "N": "3" }] } }),
        ),
        (
            "info.arr[1].v, info.nope",
            json!({ "info": { "M": { "arr": { "L": [{ "M": { "v": { "N": "2.0" } } }] } } } }),
        ),
        ("letters[9]", json!({})),
        ("#d", json!({ "dotted.name": { "S": "yes" } })),
    ] {
        let found = picked(source, &names(), &thing).map(Value::Object);
        assert_eq!(found, Ok(expected), "{source}");
    }
}
