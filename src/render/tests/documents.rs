use super::*;
use crate::render::{Document, VALUE_DEPTH_MAX};

fn made(document: &Value) -> Value {
    let document = Document::compile(document, Escape::None).unwrap();
    document.render(&model(), &env(&Mixed(1))).unwrap()
}

#[test]
fn a_sole_path_keeps_its_type() {
    let rows = [
        (json!("{{p}}"), json!({"a": 1, "b": [1, "x"]})),
        (json!("{{ list }}"), json!([1, 2, 3])),
        (json!("{{{list.[1]}}}"), json!(2)),
        (json!("{{records.[1].id}}"), json!("r2")),
        (json!("{{this.f}}"), json!(false)),
        (json!("{{@root.nul}}"), json!(null)),
        (json!("{{d}}"), serde_json::from_str("1.50").unwrap()),
        (json!("{{names.length}}"), json!(2)),
        (json!("{{none}}"), json!(null)),
    ];
    for (document, expected) in rows {
        // Numbers are compared digit by digit.
        assert_eq!(
            made(&document).to_string(),
            expected.to_string(),
            "{document}"
        );
    }
}

#[test]
fn everything_else_is_text() {
    let rows = [
        (json!(" {{list}}"), json!(" [1,2,3]")),
        (json!("{{list}}{{d}}"), json!("[1,2,3]1.50")),
        (json!("{{upper 'a'}}"), json!("A")),
        (json!("{{hostname}}"), json!("localhost")),
        (json!("{{math 1 '+' 2}}"), json!("3")),
        (json!("x {{none}}"), json!("x ")),
        (json!("{{#if list}}<{{d}}>{{/if}}"), json!("<1.50>")),
        (json!("{{#if none}}no{{else}}{{d}}{{/if}}"), json!("1.50")),
        (json!(r"\{{p}}"), json!("{{p}}")),
    ];
    for (document, expected) in rows {
        assert_eq!(made(&document), expected, "{document}");
    }
}

#[test]
fn what_names_nothing_is_left_out() {
    assert_eq!(
        made(&json!({
            "gone": "{{none}}", "null": "{{nul}}", "text": "{{none}}.", "{{p}}": 1,
            "items": ["{{none}}", "{{d}}", 2, {"inner": "{{p.zz}}"}],
        })),
        json!({
            "null": null, "text": ".", "{{p}}": 1,
            "items": [serde_json::from_str::<Value>("1.50").unwrap(), 2, {}],
        })
    );
}

#[test]
fn members_keep_their_order() {
    let document = json!({"z": "{{d}}", "a": 1, "m": "{{s}}"});
    assert_eq!(made(&document).to_string(), r#"{"z":1.50,"a":1,"m":"<a>"}"#);
}

#[test]
fn a_static_document_is_ready() {
    let value = json!({"a": [1, "x", {"b": null}], "c": "t"});
    let document = Document::compile(&value, Escape::None).unwrap();
    assert_eq!(document.as_static(), Some(&value));
    let document = Document::compile(&json!({"a": "{{x}}"}), Escape::None).unwrap();
    assert_eq!(document.as_static(), None);
}

#[test]
fn mistakes_are_told_with_their_pointer() {
    let value = json!({"ok": "x", "a/b~": [1, "line\n {{uper s}}"]});
    let error = Document::compile(&value, Escape::None).unwrap_err();
    assert_eq!(error.pointer, "/a~1b~0/1");
    assert_eq!((error.error.line, error.error.column), (2, 2));
}

#[test]
fn two_texts_of_a_document_draw_differently() {
    let value = json!(["{{randomValue}}", "{{randomValue}}"]);
    let made = made(&value);
    assert_ne!(made[0], made[1]);
}

#[test]
fn a_document_that_is_too_deep_is_refused() {
    let deep = (0..=VALUE_DEPTH_MAX).fold(json!(1), |inner, _| json!([inner]));
    let error = Document::compile(&deep, Escape::None).unwrap_err();
    assert!(error.error.message.contains("nest no deeper"));
}
