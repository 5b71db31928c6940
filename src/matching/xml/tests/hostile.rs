//! Documents and expressions that are made to cost too much.

use std::collections::BTreeMap;

use crate::matching::xml::{DEPTH_MAX, EqualToXml, Options, XPath, format};

fn finds(expression: &str, text: &str) -> Vec<String> {
    let path = XPath::compile(expression, &BTreeMap::new());
    let path = path.unwrap_or_else(|error| panic!("{expression}: {error}"));
    path.find(text)
}

fn nested(depth: usize) -> String {
    "<a>".repeat(depth) + &"</a>".repeat(depth)
}

/// Documents that are refused, each with a name.
fn refused() -> Vec<(&'static str, String)> {
    let mut laughs = "<!DOCTYPE a [<!ENTITY e0 \"ha\">".to_owned();
    for level in 1..12 {
        let inner = format!("&e{};", level - 1).repeat(10);
        laughs.push_str(&format!("<!ENTITY e{level} \"{inner}\">"));
    }
    laughs.push_str("]><a>&e11;</a>");
    let crowd: String = (0..100_000).map(|name| format!(" x{name}='1'")).collect();
    vec![
        ("nests too deep", nested(100_000)),
        ("a little too deep", nested(DEPTH_MAX as usize + 2)),
        ("open elements", "<a>".repeat(100_000)),
        ("a billion laughs", laughs),
        ("many attributes", format!("<a{crowd}/>")),
        (
            "an external entity",
            "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>".into(),
        ),
        ("no XML", "\u{0}\u{1}".into()),
        ("a control", "<a>\u{1}</a>".into()),
    ]
}

#[test]
fn what_is_too_much_is_no_xml() {
    let equal = EqualToXml::compile("<a/>", Options::default()).expect("a document");
    for (name, text) in refused() {
        assert!(!equal.test(&text), "{name}");
        assert_eq!(equal.distance(&text), 1000, "{name}");
        assert!(finds("//a", &text).is_empty(), "{name}");
        assert_eq!(format(&text, true), None, "{name}");
        assert!(
            EqualToXml::compile(&text, Options::default()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn what_nests_as_deep_as_it_may_is_compared_and_printed() {
    let text = nested(DEPTH_MAX as usize);
    let options = Options {
        ignore_order_of_same_node: true,
        ..Options::default()
    };
    assert!(
        EqualToXml::compile(&text, options)
            .expect("a document")
            .test(&text)
    );
    assert_eq!(finds("count(//a)", &text), ["256"]);
    assert!(format(&text, true).is_some());
}

#[test]
fn a_long_text_is_read() {
    let text = format!("<a><b>{}</b></a>", "x".repeat(10 << 20));
    let equal = EqualToXml::compile("<a><b>x</b></a>", Options::default()).expect("a document");
    assert!(!equal.test(&text));
    assert_eq!(finds("string-length(/a/b)", &text), ["10,485,760"]);
}

#[test]
fn expressions_end_in_time() {
    let many = format!("<a>{}</a>", "<b>x</b>".repeat(1_000));
    for expression in [
        "//*[contains(string(/), 'y')]",
        "//b[//b[//b = 'y']]",
        "//b[following::b[following::b]]",
        "//*[count(//*) > 1][count(//*) > 2]",
        "//b = //b[. = 'y']",
    ] {
        assert!(finds(expression, &many).len() < 2, "{expression}");
    }
    for expression in [
        "(".repeat(1_000) + "1" + &")".repeat(1_000),
        vec!["1=1"; 1_000].join(" or "),
        format!("/a{}", "[b]".repeat(2_000)),
        "-".repeat(4_000) + "1",
        vec!["//b"; 500].join("|"),
    ] {
        assert!(XPath::compile(&expression, &BTreeMap::new()).is_err());
    }
}
