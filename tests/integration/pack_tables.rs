//! What the packs of real APIs answer, above all to what is wrong with a call, as tables: a file of
//! `tests/tables` a pack, a case a row.
//!
//! A case is a `call` and what must come of it: `status`, `body` (contained: objects member by member,
//! lists item by item), `text` (the whole body), `lacks` (paths of members that must not be there),
//! `replyHeaders`. What goes `before` it are calls, from whose answers they `keep` members by JSON
//! pointer, for `{name}` in later calls, and advances of the sandbox clock. A call has `json`, `form` or
//! `raw`, and `headers` beside those of the table.

use std::collections::BTreeMap;
use std::fs;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use sparring::definition::source::{Source, parse};

use crate::support::{Answer, Server};

/// Says what is wrong, unless it holds.
fn hold(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong()) }
}

fn text<'v>(case: &'v Value, member: &str) -> Option<&'v str> {
    case[member].as_str()
}

fn members<'v>(case: &'v Value, member: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    case[member].as_object().into_iter().flatten()
}

/// The rows of a pack's table.
fn read(pack: &str) -> Value {
    let path = format!("tests/tables/{pack}.yaml");
    let text = fs::read_to_string(&path).expect("a table");
    let source = Source::new(path, text);
    parse(source).expect("a document").value
}

/// Who calls, in one case.
struct Caller<'a> {
    server: &'a Server,
    table: &'a Value,
    kept: BTreeMap<String, String>,
}

impl Caller<'_> {
    /// A text with what was kept in the place of its names.
    fn filled(&self, text: &str, write: impl Fn(&str) -> String) -> String {
        let filled = |text: String, (name, value): (&String, &String)| {
            text.replace(&format!("{{{name}}}"), &write(value))
        };
        self.kept.iter().fold(text.to_owned(), filled)
    }

    fn headers(&self, call: &Value) -> Vec<(String, String)> {
        let mut headers: Map<String, Value> = Map::new();
        for (name, value) in members(self.table, "headers").chain(members(call, "headers")) {
            headers.retain(|known, _| !known.eq_ignore_ascii_case(name));
            headers.insert(name.clone(), value.clone());
        }
        let given = headers.iter().filter_map(|(name, value)| {
            let value = self.filled(value.as_str()?, str::to_owned);
            Some((name.clone(), value))
        });
        given.collect()
    }

    fn call(&self, call: &Value) -> Result<Answer, String> {
        let line = text(call, "call").ok_or("a row has a `call`")?;
        let encoded = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let line = self.filled(line, encoded);
        let (method, path) = line.split_once(' ').ok_or("a `call` is METHOD PATH")?;
        let mut headers = self.headers(call);
        let mut kind = |kind: &str| {
            if !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            {
                headers.push(("Content-Type".to_owned(), kind.to_owned()));
            }
        };
        let body = match (&call["json"], text(call, "form"), text(call, "raw")) {
            (_, Some(form), _) => {
                kind("application/x-www-form-urlencoded");
                Some(self.filled(form, encoded))
            }
            (_, _, Some(raw)) => Some(self.filled(raw, str::to_owned)),
            (Value::Null, None, None) => None,
            (body, ..) => {
                kind("application/json");
                let escaped = |value: &str| {
                    let quoted = Value::from(value).to_string();
                    quoted[1..quoted.len() - 1].to_owned()
                };
                Some(self.filled(&body.to_string(), escaped))
            }
        };
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        Ok(self.server.request(method, path, &headers, body.as_deref()))
    }

    /// Does what goes before a case.
    fn prepare(&mut self, step: &Value) -> Result<(), String> {
        if let Some(by) = text(step, "advance") {
            let answer = self
                .server
                .post("/__admin/clock/advance", &json!({ "by": by }));
            return hold(answer.status == 200, || answer.text);
        }
        let answer = self.call(step)?;
        let expected = step["status"].as_u64();
        let is_fine = expected.map_or(answer.status < 400, |status| {
            u64::from(answer.status) == status
        });
        hold(is_fine, || {
            format!(
                "before: {} {}: {}",
                step["call"], answer.status, answer.text
            )
        })?;
        let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        for (name, pointer) in members(step, "keep") {
            let pointer = pointer.as_str().ok_or("`keep` has JSON pointers")?;
            let found = match body.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => return Err(format!("nothing at {pointer} in {}", answer.text)),
            };
            self.kept.insert(name.clone(), found);
        }
        Ok(())
    }

    fn case(&mut self, case: &Value) -> Result<(), String> {
        for step in case["before"].as_array().into_iter().flatten() {
            self.prepare(step)?;
        }
        let answer = self.call(case)?;
        let seen = || {
            format!(
                "answered {} {:?}\n{}",
                answer.status, answer.headers, answer.text
            )
        };
        let check = || {
            let status = case["status"].as_u64().ok_or("a row has a `status`")?;
            hold(u64::from(answer.status) == status, || {
                format!("not {status}")
            })?;
            for (name, expected) in members(case, "replyHeaders") {
                let found = answer
                    .headers
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name));
                let found = found.map(|(_, value)| value.as_str());
                hold(found == expected.as_str(), || {
                    format!("header {name} is not {expected}")
                })?;
            }
            if let Some(expected) = text(case, "text") {
                hold(answer.text == expected, || format!("not {expected:?}"))?;
            }
            let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            if let Some(expected) = case.get("body") {
                contains(&body, expected, "body")?;
            }
            for path in case["lacks"].as_array().into_iter().flatten() {
                let pointer = format!("/{}", path.as_str().unwrap_or_default().replace('.', "/"));
                hold(body.pointer(&pointer).is_none(), || {
                    format!("{path} is there")
                })?;
            }
            Ok(())
        };
        check().map_err(|wrong: String| format!("{wrong}: {}", seen()))
    }
}

/// Says where a value has not all that is expected of it.
fn contains(found: &Value, expected: &Value, at: &str) -> Result<(), String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().try_for_each(|(name, expected)| {
                let at = format!("{at}.{name}");
                let found = found.get(name);
                contains(
                    found.ok_or_else(|| format!("{at} is not there"))?,
                    expected,
                    &at,
                )
            })
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            let pairs = found.iter().zip(expected).enumerate();
            let mut pairs = pairs
                .map(|(n, (found, expected))| contains(found, expected, &format!("{at}[{n}]")));
            pairs.try_for_each(|pair| pair)
        }
        _ => hold(found == expected, || format!("{at} is not {expected}")),
    }
}

/// Tries every row of a pack's table, each in a sandbox that is as it opened.
#[track_caller]
fn check(pack: &str) {
    let stubs = format!("stubs/{pack}");
    let server = Server::with(&["--stubs", &stubs, "--clock", "frozen@2026-01-01T00:00:00Z"]);
    let table = read(pack);
    let cases = table["cases"].as_array().expect("cases");
    let wrong = cases.iter().filter_map(|case| {
        server.post("/__admin/reset", &json!({})).expect(200);
        let kept = BTreeMap::new();
        let (server, table) = (&server, &table);
        let tried = Caller {
            server,
            table,
            kept,
        }
        .case(case);
        tried
            .err()
            .map(|wrong| format!("{}: {wrong}", case["name"]))
    });
    let wrong: Vec<String> = wrong.collect();
    let (failed, all) = (wrong.len(), cases.len());
    assert!(
        failed == 0,
        "{failed} of {all} rows:\n\n{}",
        wrong.join("\n\n")
    );
}

#[test]
fn crm() {
    check("crm");
}

#[test]
fn stripe() {
    check("stripe");
}

#[test]
fn slack() {
    check("slack");
}

#[test]
fn github() {
    check("github");
}

#[test]
fn notion() {
    check("notion");
}

#[test]
fn dynamodb() {
    check("dynamodb");
}

#[test]
fn sqs() {
    check("sqs");
}

#[test]
fn openai() {
    check("openai");
}
