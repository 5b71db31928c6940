//! Cases made at random from a seed: stubs that combine what the language has, and calls that come
//! close to them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::case::{Case, Step};
use crate::dice::Dice;
use crate::matchers::{WORDS, any_body, body_matcher, multi_matcher, text_matcher};

/// How many cases there are, if nothing else is asked for.
const CASES: u64 = 3000;

/// The generated cases: `SPARRING_CASES` many, of `SPARRING_CASE_SEED`.
pub(crate) fn cases() -> Vec<Case> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let count = number("SPARRING_CASES").unwrap_or(CASES);
    let seed = number("SPARRING_CASE_SEED").unwrap_or(1);
    (0..count).map(|at| case(seed, at)).collect()
}

/// One case, which depends on nothing but the seed and its number.
fn case(seed: u64, at: u64) -> Case {
    let mut dice = Dice::new(seed.wrapping_mul(0x0000_0100_0000_01B3) ^ at);
    dice.next();
    let mut steps = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let (stub, call) = stub(&mut dice);
        steps.push(Step::stub(&stub));
        calls.push((stub, call));
    }
    for _ in 0..3 + dice.below(6) {
        let (_, call) = dice.pick(&calls);
        let call = varied(&mut dice, call.clone());
        steps.push(call.step());
    }
    if dice.percent(20) {
        let (stub, _) = dice.pick(&calls);
        let request = stub["request"].to_string();
        let look = match dice.below(5) {
            0 => Step::send("GET", "/__admin/mappings", ""),
            1 => Step::send("GET", "/__admin/scenarios", ""),
            2 => Step::send("GET", "/__admin/requests", ""),
            3 => Step::send("POST", "/__admin/requests/count", &request),
            _ => Step::send("POST", "/__admin/requests/find", &request),
        };
        steps.push(look);
    }
    Case {
        group: "generated".into(),
        name: format!("SPARRING_CASE_SEED={seed}, case {at}"),
        in_sandbox: true,
        steps,
    }
}

/// A call before it is written down.
#[derive(Clone, Debug, Default)]
struct Call {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
    form: Vec<(String, String)>,
    body: String,
}

impl Call {
    fn step(&self) -> Step {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = |pairs: &[(String, String)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| format!("{name}={}", encoded(value)));
            pairs.collect::<Vec<_>>().join("&")
        };
        let mut target = self.path.clone();
        if !self.query.is_empty() {
            target = format!("{target}?{}", pairs(&self.query));
        }
        let mut step = Step::send(&self.method, &target, &self.body);
        step.request.headers.clone_from(&self.headers);
        if !self.cookies.is_empty() {
            let cookies = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let cookies = cookies.collect::<Vec<_>>().join("; ");
            step.request.headers.push(("Cookie".into(), cookies));
        }
        if !self.form.is_empty() {
            step.request.body = pairs(&self.form).into_bytes();
            let kind = "application/x-www-form-urlencoded".to_owned();
            step.request.headers.push(("Content-Type".into(), kind));
        }
        step
    }
}

/// Paths, which stubs and calls share.
const PATHS: &[&str] = &["/a", "/b", "/a/b", "/a/1", "/ab", "/a/b/c", "/"];

/// Ways to say which paths, each with one that fits.
const URLS: &[(&str, &str, &str)] = &[
    ("urlPath", "/a", "/a"),
    ("urlPath", "/a/b", "/a/b"),
    ("url", "/a", "/a"),
    ("url", "/b", "/b"),
    ("urlPathPattern", "/a.*", "/ab"),
    ("urlPathPattern", "/[a-z]/[0-9]+", "/a/1"),
    ("urlPattern", "/a.*", "/a/b"),
    ("urlPattern", "/[ab]\\?x=.*", "/b"),
    ("urlPathTemplate", "/a/{p}", "/a/1"),
    ("urlPathTemplate", "/{p}/b", "/a/b"),
    ("urlPathTemplate", "/{p}", "/a"),
];

const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE"];

/// A stub, and a call that may well match it.
fn stub(dice: &mut Dice) -> (Value, Call) {
    let mut request = json!({});
    let mut call = Call {
        method: (*dice.pick(METHODS)).into(),
        path: (*dice.pick(PATHS)).into(),
        ..Call::default()
    };
    match dice.below(4) {
        0 => {}
        1 => request["method"] = "ANY".into(),
        _ => request["method"] = call.method.clone().into(),
    }
    if dice.percent(85) {
        let (key, value, path) = *dice.pick(URLS);
        request[key] = value.into();
        call.path = path.into();
        if value.contains("{p}") && dice.percent(40) {
            let (pattern, text) = text_matcher(dice, 1);
            request["pathParameters"] = json!({"p": pattern});
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                let text = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
                call.path = value.replace("{p}", &text);
            }
        }
    }
    let conditions = dice.below(4);
    for _ in 0..conditions {
        condition(dice, &mut request, &mut call);
    }
    let mut stub = json!({"request": request, "response": response(dice)});
    if dice.percent(40) {
        stub["priority"] = (1 + dice.below(6)).into();
    }
    if dice.percent(25) {
        let states = ["Started", "one", "two"];
        stub["scenarioName"] = (*dice.pick(&["s", "t"])).into();
        if dice.percent(80) {
            stub["requiredScenarioState"] = (*dice.pick(&states)).into();
        }
        if dice.percent(60) {
            stub["newScenarioState"] = (*dice.pick(&states)).into();
        }
    }
    if dice.percent(15) {
        stub["name"] = "named".into();
    }
    (stub, call)
}

fn condition(dice: &mut Dice, request: &mut Value, call: &mut Call) {
    let owned = |name: &str, value: String| (name.to_owned(), value);
    match dice.below(12) {
        0..=2 => {
            let name = *dice.pick(&["x", "y"]);
            let (pattern, texts) = multi_matcher(dice);
            request["queryParameters"][name] = pattern;
            call.query
                .extend(texts.into_iter().map(|text| owned(name, text)));
        }
        3..=5 => {
            let name = *dice.pick(&["X-A", "X-B"]);
            let (pattern, texts) = multi_matcher(dice);
            request["headers"][name] = pattern;
            call.headers
                .extend(texts.into_iter().map(|text| owned(name, text)));
        }
        6 => {
            let (pattern, text) = text_matcher(dice, 1);
            request["cookies"]["c"] = pattern;
            let plain = |text: &String| text.chars().all(char::is_alphanumeric);
            call.cookies
                .extend(text.filter(plain).map(|text| owned("c", text)));
        }
        7 => {
            let (pattern, texts) = multi_matcher(dice);
            request["formParameters"]["f"] = pattern;
            call.form
                .extend(texts.into_iter().map(|text| owned("f", text)));
        }
        8 => {
            request["basicAuth"] = json!({"username": "u", "password": "p"});
            call.headers
                .push(owned("Authorization", "Basic dTpw".into()));
        }
        _ => {
            let (pattern, text) = body_matcher(dice);
            match request["bodyPatterns"].as_array_mut() {
                Some(patterns) => patterns.push(pattern),
                None => request["bodyPatterns"] = json!([pattern]),
            }
            call.body = text.unwrap_or_default();
        }
    }
}

/// Templates that say something of every part of a call.
const TEMPLATES: &[&str] = &[
    "{{request.method}} {{request.url}}",
    "{{request.path}} {{request.pathSegments.[0]}} {{request.path.p}}",
    "{{request.query.x}} {{request.query.x.[1]}} {{request.query.y}}",
    "{{request.headers.X-A}}|{{request.headers.x-b}}|{{request.cookies.c}}",
    "{{request.body}}",
    "{{#each request.query as |v k|}}{{k}}:{{v}};{{/each}}",
    "{{jsonPath request.body '$.a'}}",
    "{{#each (jsonPath request.body '$.a') as |v|}}[{{v}}]{{/each}}",
    "{{#if request.query.x}}x{{else}}no{{/if}}",
    "{{upper request.query.x}} {{trim request.body}} {{size request.body}}",
    "{{regexExtract request.body '[0-9]+' default='none'}}",
    "{{urlEncode request.body}} {{base64 request.body}}",
    "{{#eq request.method 'GET'}}get{{else}}other{{/eq}}",
    "{{xPath request.body '/a/b/text()'}}",
    "{{arrayJoin '-' request.query.x}}",
    "{{#with (parseJson request.body)}}{{a}} {{b}}{{/with}}",
    "{{contains request.body 'a'}} {{matches request.url '/a.*'}}",
    "{{math (size request.body) '+' 1}}",
];

fn response(dice: &mut Dice) -> Value {
    let statuses = [200, 200, 200, 201, 204, 301, 400, 404, 500, 503];
    let mut response = json!({"status": dice.pick(&statuses)});
    match dice.below(6) {
        0 => {}
        1 | 2 => response["body"] = (*dice.pick(WORDS)).into(),
        3 => response["jsonBody"] = json!({"a": dice.below(3), "b": [dice.pick(WORDS), null]}),
        _ => {
            response["body"] = (*dice.pick(TEMPLATES)).into();
            response["transformers"] = json!(["response-template"]);
        }
    }
    if dice.percent(30) {
        response["headers"]["Content-Type"] =
            (*dice.pick(&["text/plain", "application/json"])).into();
    }
    if dice.percent(20) {
        response["headers"]["X-Reply"] = match dice.percent(30) {
            true => json!(["one", "two"]),
            false => "{{request.method}}".into(),
        };
    }
    if dice.percent(10) {
        response["statusMessage"] = "Quite so".into();
    }
    response
}

/// A call, changed a little more often than not.
fn varied(dice: &mut Dice, mut call: Call) -> Call {
    let changes = *dice.pick(&[0, 0, 1, 1, 2]);
    for _ in 0..changes {
        let word = (*dice.pick(WORDS)).to_owned();
        match dice.below(12) {
            0 => call.method = (*dice.pick(METHODS)).into(),
            1 => call.path = (*dice.pick(PATHS)).into(),
            2 => call.query.push(("x".into(), word)),
            3 => drop_one(dice, &mut call.query),
            4 => replace_one(dice, &mut call.query, word),
            5 => call.headers.push(("X-A".into(), word)),
            6 => drop_one(dice, &mut call.headers),
            7 => replace_one(dice, &mut call.headers, word),
            8 => call.cookies.push(("c".into(), "a".into())),
            9 => call.form.push(("f".into(), word)),
            _ => call.body = any_body(dice).into(),
        }
    }
    call
}

fn drop_one(dice: &mut Dice, pairs: &mut Vec<(String, String)>) {
    if !pairs.is_empty() {
        pairs.remove(dice.below(pairs.len()));
    }
}

fn replace_one(dice: &mut Dice, pairs: &mut [(String, String)], value: String) {
    if !pairs.is_empty() {
        pairs[dice.below(pairs.len())].1 = value;
    }
}
