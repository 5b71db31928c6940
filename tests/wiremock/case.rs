//! A case: requests that both servers get, one after the other, beginning with nothing.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sparring::definition::source::{Source, parse};

use crate::wire::Request;

/// The requests of one question.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The file of the corpus, or the generator.
    pub(crate) group: String,
    pub(crate) name: String,
    /// Whether ours has a sandbox for it. If not, it is asked in `default`.
    pub(crate) in_sandbox: bool,
    pub(crate) steps: Vec<Step>,
}

/// One request, and what is to be done with its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    pub(crate) request: Request,
    /// What both bodies have to look like, where chance makes them: then they count as equal.
    pub(crate) like: Option<String>,
    /// Values of the answer that later steps name as `${…}`, by pointer.
    pub(crate) save: BTreeMap<String, String>,
}

impl Case {
    /// Reads a case as the corpus writes it.
    pub(crate) fn read(group: &str, written: &Value) -> Self {
        let name = written["case"].as_str().expect("a case has a name");
        let keys: Vec<&String> = written.as_object().expect("an object").keys().collect();
        let known = ["case", "in", "stubs", "steps", "base"];
        let odd = keys.iter().find(|key| !known.contains(&key.as_str()));
        assert!(
            odd.is_none(),
            "{group}: {name}: {odd:?} is no key of a case"
        );
        let stubs = written["stubs"].as_array().into_iter().flatten();
        let steps = written["steps"].as_array().into_iter().flatten();
        let steps = stubs.map(Step::stub).chain(steps.map(Step::read));
        Self {
            group: group.to_owned(),
            name: name.to_owned(),
            in_sandbox: written["in"] != "default",
            steps: steps.collect(),
        }
    }

    /// Everything that the case says, as one text: ids in it are no accident.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            text.push_str(&step.request.target);
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(&step.request.body));
            text.push('\n');
            for (name, value) in &step.request.headers {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        text
    }

    /// The case as commands of a shell, against `$BASE`.
    pub(crate) fn as_curl(&self) -> String {
        self.steps.iter().map(Step::as_curl).collect()
    }
}

impl Step {
    /// A stub that is to be there.
    pub(crate) fn stub(stub: &Value) -> Self {
        Self::send("POST", "/__admin/mappings", &stub.to_string())
    }

    /// A request with a body.
    pub(crate) fn send(method: &str, target: &str, body: &str) -> Self {
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        Self {
            request,
            ..Self::default()
        }
    }

    /// Reads a step: `GET /path`, or an object with that under `send`.
    fn read(written: &Value) -> Self {
        let line = written.as_str().or(written["send"].as_str());
        let line = line.unwrap_or_else(|| panic!("what is sent? {written}"));
        let (method, target) = line.split_once(' ').expect("a method and a target");
        let mut step = Self::send(method, target, "");
        for (key, value) in written.as_object().into_iter().flatten() {
            step.take(key, value);
        }
        step
    }

    fn take(&mut self, key: &str, value: &Value) {
        let text = || value.as_str().unwrap_or_else(|| panic!("{key}: {value}"));
        match key {
            "send" => {}
            "headers" => {
                for (name, value) in value.as_object().expect("headers") {
                    let one = std::slice::from_ref(value);
                    for value in value.as_array().map_or(one, Vec::as_slice) {
                        let value = value.as_str().map_or(value.to_string(), str::to_owned);
                        self.request.headers.push((name.clone(), value));
                    }
                }
            }
            "body" => self.request.body = text().as_bytes().to_vec(),
            "json" => self.request.body = value.to_string().into_bytes(),
            "base64" => self.request.body = STANDARD.decode(text()).expect("base64"),
            "long" => {
                let length = value.as_u64().expect("a number of bytes");
                self.request.body = vec![b'x'; usize::try_from(length).expect("a length")];
            }
            "fresh" => self.request.fresh = value == true,
            "like" => self.like = Some(text().to_owned()),
            "save" => {
                for (name, pointer) in value.as_object().expect("names and pointers") {
                    let pointer = pointer.as_str().expect("a pointer").to_owned();
                    self.save.insert(name.clone(), pointer);
                }
            }
            other => panic!("{other} is no key of a step"),
        }
    }

    fn as_curl(&self) -> String {
        let Request {
            method,
            target,
            headers,
            body,
            ..
        } = &self.request;
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let mut command = format!("curl -isg -X {method} \"$BASE\"{}", quoted(target));
        for (name, value) in headers {
            command.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
        }
        if !body.is_empty() {
            let text = String::from_utf8_lossy(body);
            command.push_str(&format!(" --data-binary {}", quoted(&text)));
        }
        command + "\n"
    }
}

/// Reads a YAML file of the corpus as one value.
pub(crate) fn read_yaml(name: &str, text: &str) -> Value {
    let document = parse(Source::new(format!("{name}.yaml"), text));
    let document = document.unwrap_or_else(|mistakes| {
        let mistakes: Vec<String> = mistakes.iter().map(|found| found.render(false)).collect();
        panic!("{}", mistakes.join("\n"))
    });
    document.value
}

/// A stub for a pattern of requests, which answers 200.
pub(crate) fn stub_for(request: &Value) -> Value {
    json!({"request": request, "response": {"status": 200, "body": "hit"}})
}
