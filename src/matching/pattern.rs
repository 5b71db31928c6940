//! A compiled request pattern: what a call must be like for a stub.

use http::{HeaderName, Method};
use regex::Regex;

use super::operator::{Operator, Subject, inner_text};
use crate::domain::call::{Call, decode};

/// What a call must be like. Empty parts match anything.
#[derive(Clone, Debug, Default)]
pub struct RequestPattern {
    /// The method; any, if none is named.
    pub method: Option<Method>,
    /// With the method GET: whether a HEAD is taken as one (RFC 9110 §9.3.2).
    pub head: bool,
    /// The URL.
    pub url: UrlPattern,
    /// Headers: one of the values must fit.
    pub headers: Vec<(HeaderName, Operator)>,
    /// Query parameters: one of the values must fit.
    pub query: Vec<(String, Operator)>,
    /// The body must fit all.
    pub body: Vec<Operator>,
}

/// What the URL must be like.
#[derive(Clone, Debug, Default)]
pub enum UrlPattern {
    /// Anything.
    #[default]
    Any,
    /// Path and query, exactly.
    Url(String),
    /// Path and query fit a regular expression.
    UrlRegex(Regex),
    /// The path, exactly.
    Path(String),
    /// The path fits a regular expression.
    PathRegex(Regex),
    /// The path fits a template.
    Template(PathTemplate),
}

/// A path with variables: `/orders/{order_id}/pay`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Variable(String),
}

/// The variables of a path, by name, decoded.
pub type Variables = Vec<(String, String)>;

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
    /// Whether a call fits; if so, with the variables of its path.
    #[must_use]
    pub fn test(&self, call: &Call) -> Option<Variables> {
        if !self.method_fits(call) {
            return None;
        }
        let variables = self.url.test(call)?;
        let fits = self
            .headers
            .iter()
            .all(|(name, operator)| header_fits(call, name, operator))
            && self
                .query
                .iter()
                .all(|(name, operator)| query_fits(call, name, operator))
            && self.body.iter().all(|operator| body_fits(call, operator));
        fits.then_some(variables)
    }

    pub(super) fn method_fits(&self, call: &Call) -> bool {
        let Some(method) = &self.method else {
            return true;
        };
        *method == call.method
            || (self.head && *method == Method::GET && call.method == Method::HEAD)
    }

    /// Every part that a call does not fit.
    #[must_use]
    pub fn differences(&self, call: &Call) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differ = |part: String, expected: String, actual: String| {
            differences.push(Difference {
                part,
                expected,
                actual,
            });
        };
        if let Some(method) = self.method.as_ref().filter(|_| !self.method_fits(call)) {
            differ("method".into(), method.to_string(), call.method.to_string());
        }
        if self.url.test(call).is_none() {
            differ("url".into(), self.url.describe(), call.target.clone());
        }
        for (name, operator) in &self.headers {
            if !header_fits(call, name, operator) {
                let actual = call.header(name.as_str()).unwrap_or("(absent)").to_owned();
                differ(format!("header {name}"), operator.describe(), actual);
            }
        }
        for (name, operator) in &self.query {
            if !query_fits(call, name, operator) {
                let actual = call.query().find(|(found, _)| found == name);
                let actual = actual.map_or("(absent)".into(), |(_, value)| value.into_owned());
                differ(format!("query {name}"), operator.describe(), actual);
            }
        }
        for operator in &self.body {
            if !body_fits(call, operator) {
                let actual = String::from_utf8_lossy(&call.body)
                    .chars()
                    .take(200)
                    .collect();
                differ("body".into(), operator.describe(), actual);
            }
        }
        differences
    }
}

impl UrlPattern {
    pub(super) fn test(&self, call: &Call) -> Option<Variables> {
        let fits = match self {
            Self::Any => true,
            Self::Url(url) => call.target == *url,
            Self::UrlRegex(regex) => regex.is_match(&call.target),
            Self::Path(path) => call.path() == path,
            Self::PathRegex(regex) => regex.is_match(call.path()),
            Self::Template(template) => return template.test(call.path()),
        };
        fits.then(Vec::new)
    }

    /// The pattern in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Any => "any URL".into(),
            Self::Url(text) | Self::Path(text) => text.clone(),
            Self::UrlRegex(regex) | Self::PathRegex(regex) => {
                format!("matches {}", inner_text(regex))
            }
            Self::Template(template) => template.to_string(),
        }
    }
}

impl PathTemplate {
    /// Reads a path with `{name}` segments.
    ///
    /// # Errors
    /// A sentence, when the path does not begin with `/`, or a variable is unnamed or named twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return Err("a path begins with /".into());
        };
        let mut segments = Vec::new();
        for segment in path.split('/') {
            let variable = segment
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            let segment = match variable {
                Some(name) if name.is_empty() || name.contains(['{', '}']) => {
                    return Err(format!("`{segment}` has no name of a variable in it"));
                }
                Some(name) => Segment::Variable(name.to_owned()),
                None if segment.contains(['{', '}']) => {
                    return Err(format!(
                        "a variable takes a whole segment; `{segment}` has more in it"
                    ));
                }
                None => Segment::Literal(segment.to_owned()),
            };
            if matches!(segment, Segment::Variable(_)) && segments.contains(&segment) {
                return Err("a variable is named twice".into());
            }
            segments.push(segment);
        }
        Ok(Self { segments })
    }

    /// The same path below a prefix such as `/api`.
    #[must_use]
    pub fn below(&self, prefix: &str) -> Self {
        let literal = |segment: &str| Segment::Literal(segment.to_owned());
        let mut segments: Vec<_> = prefix
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(literal)
            .collect();
        segments.extend(self.segments.iter().cloned());
        Self { segments }
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// Its segments in order, where they are literal: what an index files it under.
    pub fn literals(&self) -> impl Iterator<Item = Option<&str>> {
        self.segments.iter().map(|segment| match segment {
            Segment::Literal(literal) => Some(literal.as_str()),
            Segment::Variable(_) => None,
        })
    }

    /// Whether a path fits; if so, with its variables.
    #[must_use]
    pub fn test(&self, path: &str) -> Option<Variables> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let mut variables = Vec::new();
        for segment in &self.segments {
            let part = parts.next()?;
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Literal(_) => return None,
                Segment::Variable(_) if part.is_empty() => return None,
                Segment::Variable(name) => {
                    variables.push((name.clone(), decode(part, false).into_owned()));
                }
            }
        }
        parts.next().is_none().then_some(variables)
    }
}

impl std::fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => write!(f, "/{literal}")?,
                Segment::Variable(name) => write!(f, "/{{{name}}}")?,
            }
        }
        Ok(())
    }
}

fn header_fits(call: &Call, name: &HeaderName, operator: &Operator) -> bool {
    let mut values = call.headers.get_all(name).iter().peekable();
    if values.peek().is_none() {
        return operator.test(None);
    }
    values.any(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        operator.test(Some(Subject::text(&text)))
    })
}

fn query_fits(call: &Call, name: &str, operator: &Operator) -> bool {
    let mut values = call.query().filter(|(found, _)| found == name).peekable();
    if values.peek().is_none() {
        return operator.test(None);
    }
    values.any(|(_, value)| operator.test(Some(Subject::text(&value))))
}

fn body_fits(call: &Call, operator: &Operator) -> bool {
    if call.body.is_empty() {
        return operator.test(None);
    }
    let text = String::from_utf8_lossy(&call.body);
    let wants_json = matches!(
        operator,
        Operator::EqualToJson(_) | Operator::MatchesJsonPath { .. }
    );
    let json = if wants_json { call.json() } else { None };
    operator.test(Some(Subject { text: &text, json }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, path: &str, variables: Option<&[(&str, &str)]>) {
        let template = PathTemplate::parse(template).expect("a template");
        let expected = variables.map(|variables| {
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        });
        assert_eq!(template.test(path), expected, "{template} on {path}");
    }

    #[test]
    fn templates_match_whole_paths() {
        check("/v1/{tool}", "/v1/pay", Some(&[("tool", "pay")]));
        check("/v1/{tool}", "/v1/a%20b", Some(&[("tool", "a b")]));
        check("/v1/{tool}", "/v1", None);
        check("/v1/{tool}", "/v1/", None);
        check("/v1/{tool}", "/v1/a/b", None);
        check("/a/{b}/c/{d}", "/a/1/c/2", Some(&[("b", "1"), ("d", "2")]));
        check("/", "/", Some(&[]));
        check("/v1", "/v1", Some(&[]));
        check("/v1", "v1", None);
    }

    #[test]
    fn a_template_can_be_moved_below_a_prefix() {
        let template = PathTemplate::parse("/v1/{tool}").expect("a template");
        assert_eq!(template.below("/x/y").to_string(), "/x/y/v1/{tool}");
        assert_eq!(template.below("/").to_string(), "/v1/{tool}");
        assert!(template.literals().eq([Some("v1"), None]));
    }

    #[test]
    fn bad_templates_are_refused() {
        for text in ["v1", "/a/{}", "/a/{b}c", "/{a}/{a}", "/a/{b"] {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
    }
}
