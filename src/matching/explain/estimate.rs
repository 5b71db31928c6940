//! A guess at how far a call is from a pattern, so cheap that every stub can be asked: it takes no
//! memory, and looks at nothing but method and URL.

use super::super::pattern::{PathTemplate, RequestPattern, UrlPattern};
use super::super::seen::Seen;

/// What a wrong method, a wrong URL and a wrong host weigh: WireMock's weights, in thousandths.
const METHOD: u32 = 3_000;
const URL: u32 = 10_000;
const ORIGIN: u32 = 10_000;

/// How far a call seems to be from a pattern: 0 is near.
pub(super) fn estimate(pattern: &RequestPattern, seen: &Seen<'_>) -> u32 {
    let method = if pattern.method_fits(seen) { 0 } else { METHOD };
    let origin = if pattern.origin_fits(seen) { 0 } else { ORIGIN };
    method + origin + url(&pattern.url, seen)
}

fn url(pattern: &UrlPattern, seen: &Seen<'_>) -> u32 {
    let path = seen.call.path();
    let fits = match pattern {
        UrlPattern::Any => true,
        UrlPattern::Url(text) => return apart(text, seen.url()),
        UrlPattern::Path(text) => return apart(text, path),
        UrlPattern::UrlRegex(regex) => regex.is_match(seen.url()),
        UrlPattern::PathRegex(regex) => regex.is_match(path),
        UrlPattern::Template(template) => return apart_from_template(template, path),
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
    let Some(literals) = template.literals() else {
        // A template of many segments is a regular expression, and may take memory.
        let fits = template.captures(path).is_some();
        return if fits { 0 } else { URL };
    };
    if template_fits(literals, path) && template.captures(path).is_some() {
        return 0;
    }
    let prefix = template.prefix();
    let pairs = prefix.bytes().zip(path.bytes());
    let before = pairs.take_while(|(one, other)| one == other).count();
    let longest = prefix.len().max(path.len());
    share(longest - before, longest)
}

fn template_fits<'t>(mut literals: impl Iterator<Item = Option<&'t str>>, path: &str) -> bool {
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    let fits = literals.all(|literal| {
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
