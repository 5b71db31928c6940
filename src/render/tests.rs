//! Tables of templates and what they print. Where a row has a counterpart in WireMock 3.13.2, its
//! text was taken from a running one.

mod called;
mod documents;
mod hostile;
mod language;
mod wiremock;
mod xml;

use serde_json::{Value, json};

use super::{Draw, Escape, RenderEnv, RenderError, Template};
/// A chance whose every draw is another number.
struct Mixed(u64);

impl Draw for Mixed {
    fn draw(&self, label: &str, index: u32) -> u64 {
        let start = self.0 ^ u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        label.bytes().fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

fn env(chance: &Mixed) -> RenderEnv<'_> {
    RenderEnv {
        now: "2026-11-21T00:57:10.023Z".parse().unwrap(),
        chance,
    }
}

fn model() -> Value {
    json!({
        "p": { "a": 1, "b": [1, "x"] },
        "list": [1, 2, 3],
        "names": ["x", "y"],
        "records": [{ "id": "r1", "n": 1 }, { "id": "r2", "n": 2 }],
        "s": "<a>",
        "f": false,
        "nul": null,
        "empty": "",
        "odd name": "o",
        "body": "{\"a\":1.50,\"l\":[\"b\",\"a\"],\"n\":null,\"o\":{\"k\":[1,{\"z\":null}]}}",
        "d": serde_json::from_str::<Value>("1.50").unwrap(),
    })
}

fn rendered(source: &str, seed: u64) -> Result<String, RenderError> {
    let template = match Template::compile(source, Escape::None) {
        Ok(template) => template,
        Err(error) => panic!("{source} does not compile: {error}"),
    };
    template.render(&model(), &env(&Mixed(seed)))
}

/// Checks rows of a template and what it prints.
fn check(rows: &[(&str, &str)]) {
    let failures: Vec<String> = rows
        .iter()
        .filter_map(|(source, expected)| {
            let made = match Template::compile(source, Escape::None) {
                Ok(template) => template.render(&model(), &env(&Mixed(7))),
                Err(error) => Ok(format!("does not compile: {error}")),
            };
            (made.as_deref() != Ok(*expected))
                .then(|| format!("{source}\n  made     {made:?}\n  expected {expected:?}"))
        })
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
