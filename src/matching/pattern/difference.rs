//! What keeps a call from fitting a pattern, and how far it is from it.

use std::borrow::Cow;

use super::super::operator::{BodyOperator, Multi, Operator, mean};
use super::super::seen::Seen;
use super::{RequestPattern, body_fits, cookie_fits};

/// So much of a body is shown, in characters.
const SHOWN_MAX: usize = 200;

/// What stands for a value that is not there.
const ABSENT: &str = "(absent)";

/// A part of a pattern that a call does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which part: `method`, `url`, `header Accept` …
    pub part: String,
    /// What the pattern wants.
    pub expected: String,
    /// What the call has.
    pub actual: String,
}

impl RequestPattern {
    /// Every part that a call does not fit.
    #[must_use]
    pub fn differences(&self, seen: &Seen<'_>) -> Vec<Difference> {
        let mut found = Found::default();
        self.differences_of_line(seen, &mut found);
        for (name, operator) in &self.path {
            if !self.path_fits(name, operator, seen) {
                let actual = self.path_value(name, seen).flatten().unwrap_or(ABSENT);
                found.add(format!("path {name}"), operator.describe(), actual);
            }
        }
        for (name, multi) in &self.headers {
            found.values(&format!("header {name}"), multi, || seen.header(name), seen);
        }
        for (name, multi) in &self.query {
            found.values(&format!("query {name}"), multi, || seen.query(name), seen);
        }
        for (name, multi) in &self.form {
            found.values(&format!("form {name}"), multi, || seen.form(name), seen);
        }
        for (name, operator) in &self.cookies {
            if !cookie_fits(name, operator, seen) {
                let actual = listed(seen.cookie(name));
                found.add(format!("cookie {name}"), operator.describe(), actual);
            }
        }
        for operator in self
            .body
            .iter()
            .filter(|operator| !body_fits(operator, seen))
        {
            found.add("body", operator.describe(), shown(seen));
        }
        for pattern in self.multipart.iter().filter(|pattern| !pattern.test(seen)) {
            found.add("multipart", pattern.describe(), shown(seen));
        }
        found.differences
    }

    fn differences_of_line(&self, seen: &Seen<'_>, found: &mut Found) {
        let call = seen.call;
        if let Some(method) = self.method.as_ref().filter(|_| !self.method_fits(seen)) {
            found.add("method", method.as_str(), call.method.as_str());
        }
        if self.url.test(seen).is_none() {
            found.add("url", self.url.describe(), call.target.as_str());
        }
        if let Some(scheme) = self.scheme.as_ref().filter(|_| !self.scheme_fits(seen)) {
            found.add("scheme", scheme.as_str(), call.scheme());
        }
        if let Some(port) = self.port.filter(|_| !self.port_fits(seen)) {
            found.add("port", port.to_string(), call.port().to_string());
        }
        for (part, wanted, text) in self.origin(seen) {
            if let Some(operator) = wanted
                && !operator.test(Some(&seen.subject(text)))
            {
                found.add(part, operator.describe(), text);
            }
        }
    }

    fn origin<'s>(
        &'s self,
        seen: &'s Seen<'_>,
    ) -> [(&'static str, Option<&'s Operator>, &'s str); 2] {
        [
            ("host", self.host.as_ref(), seen.call.host()),
            ("clientIp", self.client_ip.as_ref(), seen.call.client_ip()),
        ]
    }

    /// How far a call is from the pattern, from 0 to 1, as WireMock weighs it: a call to another URL
    /// is measured by its first line only.
    #[must_use]
    pub fn distance(&self, seen: &Seen<'_>) -> f64 {
        let unless = |fits: bool| if fits { 0.0 } else { 1.0 };
        let [host, client] = self.origin(seen).map(|(_, wanted, text)| {
            wanted.map_or(0.0, |operator| operator.distance(Some(&seen.subject(text))))
        });
        let weighed = [
            (unless(self.scheme_fits(seen)), 3.0),
            (host, 10.0),
            (unless(self.port_fits(seen)), 10.0),
            (client, 3.0),
            (self.url.distance(seen), 10.0),
            (unless(self.method_fits(seen)), 3.0),
        ];
        let sum: f64 = weighed
            .iter()
            .map(|(distance, weight)| distance * weight)
            .sum();
        let weights: f64 = weighed.iter().map(|(_, weight)| weight).sum();
        let fits =
            self.method_fits(seen) && self.origin_fits(seen) && self.url.test(seen).is_some();
        if !fits {
            return sum / weights;
        }
        let rest = self.distances_of_rest(seen);
        let count = f64::from(u8::try_from(rest.len()).unwrap_or(u8::MAX));
        (sum + rest.iter().sum::<f64>()) / (weights + count)
    }

    fn distances_of_rest(&self, seen: &Seen<'_>) -> [f64; 7] {
        let now = seen.now;
        let path = self.path.iter().map(|(name, operator)| {
            let value = self.path_value(name, seen);
            value.map_or(0.0, |value| {
                operator.distance(value.map(|value| seen.subject(value)).as_ref())
            })
        });
        let headers = self.headers.iter();
        let query = self.query.iter();
        let form = self.form.iter();
        let cookies = self.cookies.iter().map(|(name, operator)| {
            let values = seen.cookie(name);
            let distances = values.map(|value| operator.distance(Some(&seen.subject(value))));
            let absent = if cookie_fits(name, operator, seen) {
                0.0
            } else {
                1.0
            };
            distances.fold(absent, f64::min)
        });
        let body = self.body.iter().map(|operator| match operator {
            BodyOperator::Binary(_) if body_fits(operator, seen) => 0.0,
            BodyOperator::Binary(_) => 1.0,
            BodyOperator::Text(operator) => operator.distance(seen.body()),
        });
        let parts = self.multipart.iter();
        [
            mean(path),
            mean(headers.map(|(name, multi)| multi.distance(seen.header(name), now))),
            mean(query.map(|(name, multi)| multi.distance(seen.query(name), now))),
            mean(form.map(|(name, multi)| multi.distance(seen.form(name), now))),
            mean(cookies),
            mean(body),
            mean(parts.map(|pattern| if pattern.test(seen) { 0.0 } else { 1.0 })),
        ]
    }
}

/// The differences that were found.
#[derive(Default)]
struct Found {
    differences: Vec<Difference>,
}

impl Found {
    fn add(
        &mut self,
        part: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.differences.push(Difference {
            part: part.into(),
            expected: expected.into(),
            actual: actual.into(),
        });
    }

    fn values<'v, V>(&mut self, part: &str, multi: &Multi, values: impl Fn() -> V, seen: &Seen<'_>)
    where
        V: Iterator<Item = Cow<'v, str>>,
    {
        if !multi.test(&values, seen.now) {
            self.add(part, multi.describe(), listed(values()));
        }
    }
}

fn listed<'v>(values: impl Iterator<Item = Cow<'v, str>>) -> String {
    let values: Vec<Cow<'_, str>> = values.collect();
    match values.is_empty() {
        true => ABSENT.to_owned(),
        false => values.join(", "),
    }
}

fn shown(seen: &Seen<'_>) -> String {
    let text = seen.body().map_or("", |body| body.as_str());
    text.chars().take(SHOWN_MAX).collect()
}
