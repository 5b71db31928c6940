//! What is written is read again as it was, to the byte.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::cassette::{
    Bounds, Cassette, Entry, Format, Lost, Reader, Request, Response, read, write,
};

/// Texts that readers of YAML have been wrong about.
const ROUGH: &[&str] = &[
    "",
    " ",
    "a: b",
    "a #b",
    "#a",
    "- a",
    "a:",
    "no",
    "null",
    "~",
    "1.50",
    "2026-01-01",
    "a\r\nb\r\n",
    "a\nb",
    "a\nb\n",
    "a\n\nb\n\n",
    "\na\nb",
    " a\nb\n",
    "a \nb\n",
    "a\tb\n\tc\n",
    "a\n- b\nc: d\n",
    "a\n...\n---\nb",
    "\u{feff}a",
    "a\u{85}b\n\u{2028}c\u{2029}",
    "\u{0}\u{7f}\u{9f}\u{ffff}\u{1fffe}",
    "'it''s'",
    "\"\\u0041\\\"",
    "é😀\n日本\n",
    "{{x}} %{y} &a *b !c |d >e @f `g",
    "{\n  \"a\": [1]\n}\n",
    "<<",
    "=",
];

pub(super) fn texts() -> impl Strategy<Value = String> {
    let letters = prop_oneof![
        4 => "[ -~]{0,12}".prop_map(String::from),
        2 => proptest::collection::vec(
            proptest::sample::select(vec![
                " ", "\n", "\r", "\t", "a", "b:", ": ", "#", " #", "- ", "'", "\"", "\\", "é", "\u{85}",
                "\u{2028}", "\u{feff}", "\u{0}", "|", ">", "[", "{", "%", "&x", "*x", "!", "0", "\u{10ffff}",
            ]),
            0..12,
        )
        .prop_map(|parts| parts.concat()),
        1 => any::<String>(),
    ];
    prop_oneof![
        3 => letters,
        1 => proptest::sample::select(ROUGH).prop_map(str::to_owned),
    ]
}

fn bodies() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        3 => texts().prop_map(Bytes::from),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
    ]
}

/// Headers as they come off the wire: every byte of a value a character.
fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = proptest::sample::select(vec![
        "set-cookie",
        "x-a",
        "x-b",
        "content-type",
        "content-encoding",
        "on",
        "1",
    ]);
    let value = prop_oneof![
        "[ -~]{0,10}".prop_map(String::from),
        proptest::collection::vec(
            prop_oneof![0x20_u8..=0x7e, Just(b'\t'), 0x80_u8..=0xff],
            0..8
        )
        .prop_map(|bytes| bytes.into_iter().map(char::from).collect::<String>()),
    ];
    let header = (name.prop_map(str::to_owned), value);
    proptest::collection::vec(header, 0..5)
}

fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts().prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let members = proptest::collection::vec((texts(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

fn requests() -> impl Strategy<Value = Request> {
    let method = proptest::sample::select(vec!["GET", "POST", "PURGE"]);
    let target = texts().prop_map(|text| format!("/{text}"));
    let origin = proptest::option::of(Just("https://api.test".to_owned()));
    (method, target, origin, headers(), bodies()).prop_map(
        |(method, target, origin, headers, body)| Request {
            method: method.to_owned(),
            target,
            origin,
            headers,
            body,
        },
    )
}

fn responses() -> impl Strategy<Value = Response> {
    let lost = proptest::option::of(proptest::sample::select(vec![
        Lost::Reset,
        Lost::Closed,
        Lost::TimedOut,
    ]));
    let schema =
        proptest::option::of(schemas().prop_filter("null is none", |schema| !schema.is_null()));
    let parts = (
        100_u16..600,
        proptest::option::of(texts()),
        headers(),
        bodies(),
        schema,
        lost,
    );
    parts.prop_map(|(status, reason, headers, body, schema, lost)| Response {
        status,
        reason,
        headers,
        body,
        schema,
        lost,
    })
}

fn entries() -> impl Strategy<Value = Arc<Entry>> {
    let at = proptest::option::of((0_i64..4_000_000_000, 0_i32..1_000_000_000));
    let at =
        at.prop_map(|at| at.map(|(second, rest)| Timestamp::new(second, rest).expect("a time")));
    let latency = prop_oneof![Just(0), 0_u64..10_000_000_000].prop_map(Duration::from_nanos);
    let parts = (
        proptest::option::of(texts()),
        requests(),
        responses(),
        at,
        latency,
    );
    parts.prop_map(|(tool, request, response, at, latency)| {
        Arc::new(Entry {
            tool,
            request,
            response,
            at,
            latency,
        })
    })
}

pub(super) fn cassettes() -> impl Strategy<Value = Cassette> {
    let metadata = proptest::collection::vec((texts(), schemas()), 0..3);
    let parts = (
        texts(),
        metadata,
        proptest::collection::vec(entries(), 0..4),
    );
    parts.prop_map(|(name, metadata, entries)| Cassette {
        name,
        metadata: metadata.into_iter().collect(),
        entries,
    })
}

/// Reads a text that comes in parts of so many bytes.
fn read_in_parts(text: &str, bytes: usize) -> Cassette {
    let mut reader = Reader::new("a", Bounds::default());
    for part in text.as_bytes().chunks(bytes) {
        reader
            .feed(part)
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
    let read = reader.finish();
    read.unwrap_or_else(|error| panic!("{error}\n{text}")).0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_forms_of_the_own_format_keep_everything(cassette in cassettes(), part in 1_usize..50) {
        for format in [Format::Yaml, Format::Json] {
            let written = write(&cassette, format);
            prop_assert_eq!(&written.notes, &Vec::<String>::new());
            let (read, found) = read("a", written.text.as_bytes(), Bounds::default())
                .unwrap_or_else(|error| panic!("{error}\n{}", written.text));
            prop_assert_eq!(&read, &cassette, "{}", written.text);
            prop_assert_eq!(found, format);
            prop_assert_eq!(read_in_parts(&written.text, part), cassette.clone());
        }
    }
}
