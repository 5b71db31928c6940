//! A bout: one case, asked of two servers, and made small when they do not answer alike.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::case::{Case, Step};
use crate::compare::{Difference, Side, compare};
use crate::known::Known;
use crate::upstream;
use crate::wire::{Answer, Client, Request};

/// Words of cases that leave something which a reset does not clear.
const LEAVES: &[&str] = &[
    "/settings",
    "/files",
    "/save",
    "persistent",
    "/recordings",
    "/import",
];

/// Two servers.
pub(crate) struct Ring {
    wiremock: Client,
    sparring: Client,
    /// What stands behind each of them.
    upstreams: [String; 2],
    /// Whether the second has sandboxes.
    sandboxes: bool,
    /// How many cases were asked: each sandbox has a name of its own.
    asked: usize,
}

/// A case that was answered otherwise, and by what.
pub(crate) struct Report {
    pub(crate) case: Case,
    pub(crate) differences: Vec<Difference>,
}

impl Ring {
    pub(crate) fn new(wiremock: &str, sparring: &str, sandboxes: bool) -> Self {
        Self {
            wiremock: Client::new(wiremock),
            sparring: Client::new(sparring),
            upstreams: [upstream::start(), upstream::start()],
            sandboxes,
            asked: 0,
        }
    }

    /// Asks a case of both; what they answer otherwise.
    pub(crate) fn ask(&mut self, case: &Case) -> Vec<Difference> {
        self.asked += 1;
        let prefix = match case.in_sandbox && self.sandboxes {
            true => format!("/s/case-{}", self.asked),
            false => String::new(),
        };
        let text = case.text();
        let leaves = LEAVES.iter().any(|word| text.contains(word));
        clear(&mut self.wiremock, "", leaves);
        clear(&mut self.sparring, &prefix, leaves && prefix.is_empty());
        let [their_upstream, our_upstream] = &self.upstreams;
        let mut theirs = Side::new(&self.wiremock.authority, "", their_upstream, &text);
        let mut ours = Side::new(&self.sparring.authority, &prefix, our_upstream, &text);
        let names = |upstream: &String| BTreeMap::from([("upstream".to_owned(), upstream.clone())]);
        let (mut their_names, mut our_names) = (names(their_upstream), names(our_upstream));
        let mut found = Vec::new();
        for (at, step) in case.steps.iter().enumerate() {
            let their = send(&mut self.wiremock, "", step, &mut their_names);
            let our = send(&mut self.sparring, &prefix, step, &mut our_names);
            let like = step.like.as_deref();
            found.extend(compare(at, like, (&mut theirs, &their), (&mut ours, &our)));
        }
        if leaves {
            clear(&mut self.wiremock, "", true);
            clear(&mut self.sparring, &prefix, prefix.is_empty());
        }
        if !prefix.is_empty() {
            let sandbox = format!("/__admin/sandboxes/case-{}", self.asked);
            self.sparring.send("", &request("DELETE", &sandbox));
        }
        found
    }

    /// Asks a case, and the smallest part of it that is still answered otherwise; `None` if all
    /// that is different is known.
    pub(crate) fn judge(&mut self, case: &Case, known: &Known) -> Option<Report> {
        let differences = known.unknown(case, self.ask(case));
        if differences.is_empty() {
            return None;
        }
        let mut report = Report {
            case: case.clone(),
            differences,
        };
        // From the end: later steps lean on earlier ones.
        let mut at = report.case.steps.len();
        while at > 0 {
            at -= 1;
            let mut smaller = report.case.clone();
            smaller.steps.remove(at);
            let first = &report.differences[0];
            let differences = known.unknown(&smaller, self.ask(&smaller));
            if differences.iter().any(|found| found.is_like(first)) {
                report = Report {
                    case: smaller,
                    differences,
                };
            }
        }
        Some(report)
    }
}

impl Report {
    /// The report as text.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("## {}: {}\n\n```sh\n", self.case.group, self.case.name);
        text.push_str(&self.case.as_curl());
        text.push_str("```\n\n");
        for found in &self.differences {
            let Difference {
                step,
                place,
                wiremock,
                sparring,
                ..
            } = found;
            let request = &self.case.steps[*step].request;
            let (method, target) = (&request.method, &request.target);
            let _ = writeln!(text, "- step {} ({method} {target}), {place}", step + 1);
            let (theirs, ours) = cut(wiremock, sparring);
            let _ = writeln!(text, "  - WireMock: {theirs}");
            let _ = writeln!(text, "  - Sparring: {ours}");
        }
        text + "\n"
    }
}

/// How much of a long text is shown.
const SHOWN: usize = 600;

/// What is worth showing of two texts: from a little before the first difference on.
pub(crate) fn cut(theirs: &str, ours: &str) -> (String, String) {
    let same = theirs
        .chars()
        .zip(ours.chars())
        .take_while(|(left, right)| left == right);
    let start = same.count().saturating_sub(60);
    let shown = |text: &str| {
        let text = text.replace('\n', "⏎");
        let piece: String = text.chars().skip(start).take(SHOWN).collect();
        let before = if start > 0 { "…" } else { "" };
        let after = if text.chars().count() > start + SHOWN {
            "…"
        } else {
            ""
        };
        format!("{before}{piece}{after}")
    };
    (shown(theirs), shown(ours))
}

/// Brings a server to its beginning.
fn clear(client: &mut Client, prefix: &str, thoroughly: bool) {
    if thoroughly {
        client.send(prefix, &request("DELETE", "/__admin/mappings"));
        let files = client.send(prefix, &request("GET", "/__admin/files"));
        let files: Value = serde_json::from_slice(&files.body).unwrap_or_default();
        for file in files
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            client.send(
                prefix,
                &request("DELETE", &format!("/__admin/files/{file}")),
            );
        }
        let mut settings = request("POST", "/__admin/settings");
        settings.body = b"{}".to_vec();
        client.send(prefix, &settings);
    }
    client.send(prefix, &request("POST", "/__admin/reset"));
}

fn request(method: &str, target: &str) -> Request {
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        ..Request::default()
    }
}

/// Sends a step, with the names that earlier ones saved, and saves its own.
fn send(
    client: &mut Client,
    prefix: &str,
    step: &Step,
    names: &mut BTreeMap<String, String>,
) -> Answer {
    let mut request = step.request.clone();
    for (name, value) in &*names {
        let named = format!("${{{name}}}");
        request.target = request.target.replace(&named, value);
        if let Ok(body) = std::str::from_utf8(&request.body) {
            request.body = body.replace(&named, value).into_bytes();
        }
    }
    let answer = client.send(prefix, &request);
    if !step.save.is_empty() {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        for (name, pointer) in &step.save {
            let value = body.pointer(pointer).cloned().unwrap_or_default();
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            names.insert(name.clone(), text);
        }
    }
    answer
}
