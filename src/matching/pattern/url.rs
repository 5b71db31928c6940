//! What the URL of a call must be like.

use super::super::operator::share_of_edits;
use super::super::regular_expression::Whole;
use super::super::seen::Seen;
use super::{PathTemplate, Variables};

/// What the URL must be like.
#[derive(Clone, Debug, Default)]
pub enum UrlPattern {
    /// Anything.
    #[default]
    Any,
    /// Path and query, exactly.
    Url(String),
    /// Path and query fit a regular expression.
    UrlRegex(Whole),
    /// The path, exactly.
    Path(String),
    /// The path fits a regular expression.
    PathRegex(Whole),
    /// The path fits a template.
    Template(PathTemplate),
}

impl UrlPattern {
    /// Whether a call's URL fits; if so, with the variables of its path.
    #[must_use]
    pub fn test(&self, seen: &Seen<'_>) -> Option<Variables> {
        let fits = match self {
            Self::Any => true,
            Self::Url(url) => seen.url() == url,
            Self::UrlRegex(regex) => regex.is_match(seen.url()),
            Self::Path(path) => seen.call.path() == path,
            Self::PathRegex(regex) => regex.is_match(seen.call.path()),
            Self::Template(template) => return template.test(seen.call.path()),
        };
        fits.then(Vec::new)
    }

    /// How far a call's URL is from this, from 0 to 1.
    #[must_use]
    pub fn distance(&self, seen: &Seen<'_>) -> f64 {
        match self {
            Self::Url(url) => share_of_edits(url, seen.url()),
            Self::Path(path) => share_of_edits(path, seen.call.path()),
            _ if self.test(seen).is_some() => 0.0,
            Self::Template(template) => {
                share_of_edits(&template.without_variables(), seen.call.path())
            }
            _ => 1.0,
        }
    }

    /// The pattern in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Any => "any URL".into(),
            Self::Url(text) | Self::Path(text) => text.clone(),
            Self::UrlRegex(regex) | Self::PathRegex(regex) => {
                format!("matches {}", regex.source())
            }
            Self::Template(template) => template.to_string(),
        }
    }
}
