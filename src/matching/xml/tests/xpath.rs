//! What WireMock 3.13.2 finds by XPath, tried case by case.

use std::collections::BTreeMap;

use super::{xpath_documents, xpath_positions};
use crate::matching::xml::{Error, XPath};

#[test]
fn expressions_find_what_wiremock_finds() {
    for document in xpath_documents::DOCUMENTS
        .iter()
        .chain(xpath_positions::DOCUMENTS)
    {
        let named = document.namespaces.iter();
        let namespaces = named.map(|(prefix, uri)| ((*prefix).into(), (*uri).into()));
        let namespaces: BTreeMap<String, String> = namespaces.collect();
        for (expression, expected) in document.found {
            let found = XPath::compile(expression, &namespaces)
                .map(|path| path.find(document.text))
                .unwrap_or_default();
            assert_eq!(&found, expected, "{expression} in {}", document.text);
        }
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    let none = BTreeMap::new();
    for expression in [
        "",
        "/a |",
        "bogus()",
        "$v",
        "/x:a",
        "count(/x:a)",
        "not(//x:*)",
        "//a[",
        "1.5e3 +",
        "a b",
    ] {
        assert!(XPath::compile(expression, &none).is_err(), "{expression}");
    }
    assert!(XPath::compile("//a[. = 'x:y']", &none).is_ok());
    assert!(XPath::compile("child::a", &none).is_ok());
}

#[test]
fn why_nothing_is_found_can_be_told() {
    let path = XPath::compile("/a", &BTreeMap::new()).expect("a path");
    assert_eq!(path.evaluate("nope"), Err(Error::NotXml));
    assert_eq!(path.evaluate("<b/>"), Ok(vec![]));
}

#[test]
fn what_a_node_is_can_be_told() {
    let path = XPath::compile("/a/b", &BTreeMap::new()).expect("a path");
    let found = path.evaluate("<a><n:b y='2' x='1'>one<c>two</c></n:b></a>");
    let found = found.expect("what is found").remove(0);
    let node = found.node.expect("a node");
    assert_eq!((&*node.name, &*node.text), ("n:b", "onetwo"));
    let attributes: Vec<_> = node.attributes.into_iter().collect();
    assert_eq!(
        attributes,
        [("x".into(), "1".into()), ("y".into(), "2".into())]
    );
}
