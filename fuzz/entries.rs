//! What is fuzzed: for each target, a function of any bytes that must neither panic nor take long.
//!
//! The targets of `cargo fuzz` and the short fuzz in the tests (`tests/fuzz.rs`) both call these.

use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Value, json};
use sparring::cassette::{self, Bounds, Cassette, Format};
use sparring::definition::compiled::Definitions;
use sparring::definition::load::{self, Sources};
use sparring::domain::call::Call;
use sparring::domain::chance::Chance;
use sparring::matching::explain;
use sparring::matching::index::{Entry, Index};
use sparring::matching::seen::Seen;
use sparring::render::{Escape, RenderEnv, Template};

/// What goes through an input, and must neither panic nor take long.
pub(crate) type Target = fn(&[u8]);

/// Each target, by its name.
pub(crate) const TARGETS: [(&str, Target); 4] = [
    ("definition_loader", definition_loader),
    ("request_matching", request_matching),
    ("templates", templates),
    ("cassette_readers", cassette_readers),
];

/// What stands between the parts of an input.
const BETWEEN: &str = "\n---\n";

/// A pack of one file; JSON is also taken as stubs that come over the admin API.
fn definition_loader(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let folder = Folder::new();
    fs::write(folder.0.join("pack.yaml"), text).expect("a folder of its own");
    let sources = Sources {
        folders: vec![folder.0.clone()],
        ..Sources::default()
    };
    if let Err(error) = load::load(&sources) {
        // What is told of a mistake is made of the text, too.
        assert!(!error.render(false).is_empty());
    }
    if text.trim_start().starts_with('{') {
        let definitions = Definitions::default();
        let _ = load::stub(text, &mut |_| "id".into(), &definitions);
        let _ = load::import(text, &mut |_| "id".into(), &definitions);
    }
}

/// A request pattern and a request (a line with method and target, headers, an empty line, the body):
/// whether it fits, and how far it is from it.
fn request_matching(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some((pattern, request)) = text.split_once(BETWEEN) else {
        return;
    };
    let (Ok(pattern), Some(call)) = (load::request_pattern(pattern), call(request)) else {
        return;
    };
    let entry = Entry {
        pattern: Arc::new(pattern),
        priority: 5,
        age: 0,
        target: (),
    };
    let index = Index::new(vec![entry.clone()]);
    let seen = Seen::new(&call, now());
    let found = index.find(&seen).is_some();
    // The index is quicker than the pattern, and nothing else.
    assert_eq!(found, entry.pattern.test(&seen).is_some());
    assert!(!explain::nearest(&[&index], &seen).is_empty());
}

/// A template, in the words of packs and in those of WireMock.
fn templates(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let model = model();
    let chance = Chance::new(1, "fuzz", 1);
    let env = RenderEnv {
        now: now(),
        chance: &chance,
    };
    let compiled = [
        Template::compile(text, Escape::None),
        Template::compile(text, Escape::Html),
        Template::of_wiremock(text),
    ];
    for template in compiled.into_iter().flatten() {
        let once = template.render(&model, &env);
        // Chance is a function: what is rendered twice is the same.
        assert_eq!(once, template.render(&model, &env));
    }
}

/// A cassette, of whatever format it says that it is.
fn cassette_readers(bytes: &[u8]) {
    let bounds = Bounds {
        held_bytes: 1 << 20,
        entry_bytes: 1 << 18,
        entries: 1_000,
    };
    for name in ["tape.json", "tape.yaml"] {
        match cassette::read(name, bytes, bounds) {
            Ok((cassette, _)) => written(&cassette),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// What was read can be written in each format, and what is written in the project's own is read again.
fn written(cassette: &Cassette) {
    for format in [Format::Document, Format::Har, Format::Vcr, Format::WireMock] {
        drop(cassette::write(cassette, format));
    }
    for (name, format) in [("tape.yaml", Format::Yaml), ("tape.json", Format::Json)] {
        let text = cassette::write(cassette, format).text;
        let (again, _) = cassette::read(name, text.as_bytes(), Bounds::default())
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again.entries.len(), cassette.entries.len());
    }
}

/// A folder that is gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!(
            "sparring-fuzz-{}-{:?}",
            process::id(),
            thread::current().id()
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder of its own");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).expect("a time")
}

fn call(text: &str) -> Option<Call> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::try_from(name.trim()).ok()?;
        headers.append(name, HeaderValue::try_from(value.trim()).ok()?);
    }
    // The edge lets no other target in.
    let is_target = target.starts_with('/') && target.parse::<http::Uri>().is_ok();
    is_target.then(|| {
        Call::new(
            1,
            Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET),
            target.to_owned(),
            headers,
            Bytes::from(body.to_owned()),
            "http://127.0.0.1:8080".to_owned(),
            "127.0.0.1".into(),
        )
    })
}

/// What a template may name.
fn model() -> Value {
    json!({
        "request": {
            "path": "/orders/7", "url": "/orders/7?a=1&a=2", "method": "POST",
            "headers": {"Accept": "*/*"}, "query": {"a": ["1", "2"]}, "cookies": {"c": "d"},
            "body": "{\"name\":\"Ada\",\"tags\":[\"x\",\"y\"],\"deep\":{\"er\":[1,2.50,null,true]}}",
            "pathVariables": {"id": "7"},
        },
        "input": {"name": "Ada", "amount": "25.00", "tags": ["x", "y"], "count": 3},
        "record": {"id": "r1", "status": "open"},
        "parameters": {"greeting": "Hello"},
    })
}
