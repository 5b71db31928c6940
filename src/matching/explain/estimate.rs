//! A guess at how far a call is from a pattern, so cheap that every stub can be asked: it takes no
//! memory, and looks at nothing but method and URL.

use super::super::pattern::{PathTemplate, RequestPattern, UrlPattern};
use crate::domain::call::Call;

/// What a wrong method and a wrong URL weigh: WireMock's weights, in thousandths.
const METHOD: u32 = 3_000;
const URL: u32 = 10_000;

/// How far a call seems to be from a pattern: 0 is near.
pub(super) fn estimate(pattern: &RequestPattern, call: &Call) -> u32 {
    let method = if pattern.method_fits(call) { 0 } else { METHOD };
    method + url(&pattern.url, call)
}

fn url(pattern: &UrlPattern, call: &Call) -> u32 {
    let fits = match pattern {
        UrlPattern::Any => true,
        UrlPattern::Url(text) => return apart(text, &call.target),
        UrlPattern::Path(text) => return apart(text, call.path()),
        UrlPattern::UrlRegex(regex) => regex.is_match(&call.target),
        UrlPattern::PathRegex(regex) => regex.is_match(call.path()),
        UrlPattern::Template(template) => return apart_from_template(template, call.path()),
    };
    if fits { 0 } else { URL }
}

/// The share of two texts that neither a common beginning nor a common end covers.
fn apart(one: &str, other: &str) -> u32 {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let longest = one.len().max(other.len());
    if one == other || longest == 0 {
        return 0;
    }
    let pairs = one.iter().zip(other);
    let before = pairs.take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[before..], &other[before..]);
    let pairs = one.iter().rev().zip(other.iter().rev());
    let after = pairs.take_while(|(one, other)| one == other).count();
    share(longest - before - after, longest)
}

/// The share of a path and a template that no common beginning covers; 0, if the path fits.
fn apart_from_template(template: &PathTemplate, path: &str) -> u32 {
    if template_fits(template, path) {
        return 0;
    }
    let written = || {
        let segments = template.literals();
        segments.flat_map(|literal| b"/".iter().chain(literal.unwrap_or("_").as_bytes()))
    };
    let longest = written().count().max(path.len());
    let pairs = written().zip(path.as_bytes());
    let before = pairs.take_while(|(one, other)| one == other).count();
    share(longest - before, longest)
}

fn template_fits(template: &PathTemplate, path: &str) -> bool {
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    let fits = template.literals().all(|literal| {
        let part = parts.next();
        part.is_some_and(|part| literal.map_or(!part.is_empty(), |literal| literal == part))
    });
    fits && parts.next().is_none()
}

/// A share of what a wrong URL weighs. Texts that differ are never as near as equal ones.
fn share(different: usize, of: usize) -> u32 {
    let share = different * URL as usize / of.max(1);
    u32::try_from(share).unwrap_or(URL).max(1)
}
