//! Takes secrets out of entries: by the names of headers, members, parameters and fields, and by the
//! look of values. What stays is as it was, byte for byte.

mod body;
mod names;
mod patterns;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};

use crate::cassette::model::{Entry, Request, Response};
use crate::domain::call::decode;
use names::Names;

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// How large a compiled pattern may be.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// How many patterns may be asked for.
const PATTERNS_MAX: usize = 100;

/// What is taken out, beside what is by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RedactionSettings {
    /// Whether anything is.
    pub enabled: bool,
    /// More names of headers, members, parameters and fields whose values are secret. Letter case,
    /// `-` and `_` do not count, and `*` stands for any letters.
    pub names: Vec<String>,
    /// More regular expressions: what of a value fits one is secret.
    pub patterns: Vec<String>,
    /// Names whose values are kept, whatever else is said.
    pub keep: Vec<String>,
}

impl Default for RedactionSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            names: Vec::new(),
            patterns: Vec::new(),
            keep: Vec::new(),
        }
    }
}

/// Takes secrets out.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// Nothing, if nothing is taken out.
    rules: Option<Arc<Rules>>,
}

#[derive(Clone, Debug)]
struct Rules {
    names: Names,
    /// Tells fast whether any of the patterns fits.
    any: RegexSet,
    patterns: Vec<Regex>,
}

impl Default for Redaction {
    fn default() -> Self {
        static USUAL: LazyLock<Redaction> = LazyLock::new(|| {
            let settings = RedactionSettings::default();
            Redaction::new(&settings).expect("the defaults are well formed")
        });
        USUAL.clone()
    }
}

impl Redaction {
    /// Redaction by these settings.
    ///
    /// # Errors
    /// When a pattern is no regular expression, is too large, or fits nothing at all.
    pub fn new(settings: &RedactionSettings) -> Result<Self, String> {
        if !settings.enabled {
            return Ok(Self::none());
        }
        if settings.patterns.len() > PATTERNS_MAX {
            return Err(format!("more than {PATTERNS_MAX} patterns"));
        }
        // The usual keys are of plain letters, which are found faster.
        let usual = patterns::DEFAULT.iter();
        let usual = usual.map(|pattern| format!("(?-u){pattern}"));
        let all: Vec<String> = usual.chain(settings.patterns.iter().cloned()).collect();
        let mut compiled = Vec::new();
        for pattern in &all {
            let built = RegexBuilder::new(pattern)
                .size_limit(PATTERN_BYTES_MAX)
                .build();
            let built = built.map_err(|error| format!("the pattern `{pattern}`: {error}"))?;
            if built.is_match("") {
                return Err(format!("the pattern `{pattern}` fits an empty text"));
            }
            compiled.push(built);
        }
        let any = RegexSetBuilder::new(&all)
            .size_limit(PATTERN_BYTES_MAX * PATTERNS_MAX)
            .build();
        Ok(Self {
            rules: Some(Arc::new(Rules {
                names: Names::new(&settings.names, &settings.keep)?,
                any: any.map_err(|error| error.to_string())?,
                patterns: compiled,
            })),
        })
    }

    /// Redaction that takes out nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { rules: None }
    }

    /// The entry without its secrets.
    #[must_use]
    pub fn entry(&self, mut entry: Entry) -> Entry {
        self.request(&mut entry.request);
        self.response(&mut entry.response);
        entry
    }

    /// Takes the secrets out of a request.
    pub fn request(&self, request: &mut Request) {
        if let Cow::Owned(target) = self.target(&request.target) {
            request.target = target;
        }
        self.headers(&mut request.headers);
        if let Some(body) = self.body(&request.body, request.header("content-type")) {
            request.body = body;
        }
    }

    /// Takes the secrets out of a response.
    pub fn response(&self, response: &mut Response) {
        self.headers(&mut response.headers);
        if let Some(body) = self.body(&response.body, response.header("content-type")) {
            response.body = body;
        }
    }

    /// Whether whatever is called so is secret.
    #[must_use]
    pub fn is_secret(&self, name: &str) -> bool {
        let rules = self.rules.as_ref();
        rules.is_some_and(|rules| rules.names.has(name))
    }

    /// A text without what looks like a secret.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(rules) = &self.rules else {
            return Cow::Borrowed(text);
        };
        let found = rules.any.matches(text);
        let mut text = Cow::Borrowed(text);
        for at in found.iter() {
            if let Cow::Owned(replaced) = rules.patterns[at].replace_all(&text, REDACTED) {
                text = Cow::Owned(replaced);
            }
        }
        text
    }

    /// The value of whatever has that name.
    #[must_use]
    pub fn value<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        match self.is_secret(name) && !value.is_empty() {
            true => Cow::Borrowed(REDACTED),
            false => self.text(value),
        }
    }

    /// The value of a header of that name.
    #[must_use]
    pub fn header<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        let rules = self.rules.as_ref();
        let is_secret = rules.is_some_and(|rules| rules.names.has_header(name));
        match is_secret && !value.is_empty() {
            true => Cow::Borrowed(REDACTED),
            false => self.text(value),
        }
    }

    /// Path and query.
    #[must_use]
    pub fn target<'a>(&self, target: &'a str) -> Cow<'a, str> {
        let Some((path, query)) = target.split_once('?') else {
            return self.text(target);
        };
        match (self.text(path), self.pairs(query)) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => Cow::Borrowed(target),
            (path, query) => Cow::Owned(format!("{path}?{query}")),
        }
    }

    /// The pairs of a query or a form, as they are written.
    fn pairs<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut changed = false;
        let pairs = text.split('&').map(|pair| {
            let Some((name, value)) = pair.split_once('=') else {
                return Cow::Borrowed(pair);
            };
            let plain = decode(value, true);
            let redacted = self.value(&decode(name, true), &plain);
            match *redacted == *plain {
                true => Cow::Borrowed(pair),
                false => {
                    changed = true;
                    let redacted = redacted.replace('%', "%25").replace('&', "%26");
                    Cow::Owned(format!("{name}={}", redacted.replace('+', "%2B")))
                }
            }
        });
        let pairs: Vec<Cow<'_, str>> = pairs.collect();
        match changed {
            true => Cow::Owned(pairs.join("&")),
            false => Cow::Borrowed(text),
        }
    }

    fn headers(&self, headers: &mut [(String, String)]) {
        for (name, value) in headers {
            if let redacted = self.header(name, value)
                && *redacted != **value
            {
                *value = redacted.into_owned();
            }
        }
    }
}
