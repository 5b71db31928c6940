//! A path with variables: `/orders/{order_id}/pay`, and what WireMock's templates allow beyond it.

use std::borrow::Cow;
use std::fmt;

use regex::Regex;

use super::Variables;
use crate::domain::call::decode;

/// A path with variables.
///
/// A pack's own routes are strict: a variable takes a whole segment. In a mapping a variable may
/// stand anywhere in a segment (`/{name}.json`), and `**` takes any number of them.
#[derive(Clone, Debug)]
pub struct PathTemplate {
    text: String,
    segments: Vec<Segment>,
    /// How a path is taken apart that has more than whole segments as variables.
    loose: Option<Box<Loose>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Variable(String),
    /// It has a variable in it.
    Mixed,
}

#[derive(Clone, Debug)]
struct Loose {
    regex: Regex,
    /// The names of its groups. A `**` has its number.
    names: Vec<String>,
    /// Whether `**` stands in it: then it has no number of segments.
    open: bool,
}

/// A piece of a loose template.
enum Piece<'a> {
    Literal(&'a str),
    Variable(&'a str),
    Wild,
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
            let segment = match variable(segment) {
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
        Ok(Self {
            text: text.to_owned(),
            segments,
            loose: None,
        })
    }

    /// Reads a template as WireMock does: everything is one.
    ///
    /// # Errors
    /// A sentence, when it is too large.
    pub fn loose(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| name != "**" && !name.contains(['.', ';', '*']);
        if let Ok(template) = Self::parse(text)
            && template.variables().all(is_name)
            && !text.contains("**")
        {
            return Ok(template);
        }
        let mut source = String::from("^");
        let (mut names, mut wild) = (Vec::new(), 0);
        for piece in pieces(text) {
            match piece {
                Piece::Literal(literal) => source.push_str(&regex::escape(literal)),
                Piece::Variable(name) => {
                    source.push_str("([^/]+)");
                    names.push(name.replace(['.', ';', '*'], ""));
                }
                Piece::Wild => {
                    source.push_str("(.*?)");
                    names.push(wild.to_string());
                    wild += 1;
                }
            }
        }
        source.push('$');
        let regex = Regex::new(&source).map_err(|_| "the template is too large".to_owned())?;
        Ok(Self {
            text: text.to_owned(),
            segments: segments(text),
            loose: Some(Box::new(Loose {
                regex,
                names,
                open: wild > 0,
            })),
        })
    }

    /// The same path below a prefix such as `/api`.
    #[must_use]
    pub fn below(&self, prefix: &str) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let text = format!("{prefix}{}", self.text);
        let read = match self.loose {
            Some(_) => Self::loose(&text),
            None => Self::parse(&text),
        };
        // A prefix has nothing in it that could be a mistake.
        read.unwrap_or_else(|_| self.clone())
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let whole = self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable(name) => Some(name.as_str()),
            Segment::Literal(_) | Segment::Mixed => None,
        });
        let loose = self.loose.iter().flat_map(|loose| &loose.names);
        let whole = whole.filter(|_| self.loose.is_none());
        whole.chain(loose.map(String::as_str))
    }

    /// Its segments in order, where they are literal: what an index files it under. Nothing, when it
    /// has no number of segments.
    #[must_use]
    pub fn literals(&self) -> Option<impl Iterator<Item = Option<&str>>> {
        let is_open = self.loose.as_ref().is_some_and(|loose| loose.open);
        let literals = self.segments.iter().map(|segment| match segment {
            Segment::Literal(literal) => Some(literal.as_str()),
            Segment::Variable(_) | Segment::Mixed => None,
        });
        (!is_open && self.text.starts_with('/')).then_some(literals)
    }

    /// What stands before its first variable.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match pieces(&self.text).next() {
            Some(Piece::Literal(literal)) => literal,
            _ => "",
        }
    }

    /// Whether a path fits; if so, with its variables as they stand in it.
    #[must_use]
    pub fn captures<'a, 'p>(&'a self, path: &'p str) -> Option<Vec<(&'a str, &'p str)>> {
        let mut variables: Vec<(&str, &str)> = Vec::new();
        if let Some(loose) = &self.loose {
            let captures = loose.regex.captures(path)?;
            for (name, found) in loose.names.iter().zip(captures.iter().skip(1)) {
                let value = found.map_or("", |found| found.as_str());
                // Of two with one name the last one counts.
                match variables.iter_mut().find(|(known, _)| known == name) {
                    Some(variable) => variable.1 = value,
                    None => variables.push((name, value)),
                }
            }
            return Some(variables);
        }
        let mut parts = path.strip_prefix('/')?.split('/');
        for segment in &self.segments {
            let part = parts.next()?;
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Variable(name) if !part.is_empty() => variables.push((name, part)),
                _ => return None,
            }
        }
        parts.next().is_none().then_some(variables)
    }

    /// Whether a path fits; if so, with its variables, decoded.
    #[must_use]
    pub fn test(&self, path: &str) -> Option<Variables> {
        let captures = self.captures(path)?;
        let decoded = |(name, value): (&str, &str)| (name.to_owned(), plain(value).into_owned());
        Some(captures.into_iter().map(decoded).collect())
    }

    /// The template with `_` for each variable: what near misses are measured by.
    #[must_use]
    pub fn without_variables(&self) -> String {
        let pieces = pieces(&self.text).map(|piece| match piece {
            Piece::Literal(literal) => literal,
            Piece::Variable(_) | Piece::Wild => "_",
        });
        pieces.collect()
    }
}

/// A part of a path without its percent-encoding.
pub(super) fn plain(part: &str) -> Cow<'_, str> {
    decode(part, false)
}

/// The name in a segment that is a variable.
fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn segments(text: &str) -> Vec<Segment> {
    let path = text.strip_prefix('/').unwrap_or(text);
    let mut segments = vec![Segment::Literal(String::new())];
    for piece in pieces(path) {
        let Piece::Literal(literal) = piece else {
            segments.pop();
            segments.push(Segment::Mixed);
            continue;
        };
        for (at, part) in literal.split('/').enumerate() {
            if at > 0 {
                segments.push(Segment::Literal(String::new()));
            }
            if let Some(Segment::Literal(segment)) = segments.last_mut() {
                segment.push_str(part);
            }
        }
    }
    segments
}

/// The literal pieces, the variables and the `**` of a template.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let special = rest.char_indices().find_map(|(at, next)| match next {
            '*' if rest[at..].starts_with("**") => Some((at, at + 2)),
            '{' => {
                let length = rest[at + 1..].find('}').filter(|length| *length > 0)?;
                Some((at, at + length + 2))
            }
            _ => None,
        });
        let (piece, end) = match special {
            None => (Piece::Literal(rest), rest.len()),
            Some((0, end)) => match &rest[..end] {
                "**" => (Piece::Wild, end),
                name => (Piece::Variable(&name[1..name.len() - 1]), end),
            },
            Some((start, _)) => (Piece::Literal(&rest[..start]), start),
        };
        rest = &rest[end..];
        Some(piece)
    })
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &PathTemplate, path: &str, variables: Option<&[(&str, &str)]>) {
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
        for (template, path, variables) in [
            ("/v1/{tool}", "/v1/pay", Some(&[("tool", "pay")][..])),
            ("/v1/{tool}", "/v1/a%20b", Some(&[("tool", "a b")])),
            ("/v1/{tool}", "/v1", None),
            ("/v1/{tool}", "/v1/", None),
            ("/v1/{tool}", "/v1/a/b", None),
            ("/a/{b}/c/{d}", "/a/1/c/2", Some(&[("b", "1"), ("d", "2")])),
            ("/", "/", Some(&[])),
            ("/v1", "/v1", Some(&[])),
            ("/v1", "v1", None),
        ] {
            let strict = PathTemplate::parse(template).expect("a template");
            check(&strict, path, variables);
            let loose = PathTemplate::loose(template).expect("a template");
            check(&loose, path, variables);
        }
    }

    #[test]
    fn wiremocks_templates_have_variables_anywhere() {
        for (template, path, variables) in [
            ("/a/{b}.json", "/a/x.json", Some(&[("b", "x")][..])),
            ("/a/{b}.json", "/a/x.y.json", Some(&[("b", "x.y")])),
            ("/a/{b}.json", "/a/.json", None),
            ("/a/{b:[0-9]+}", "/a/xy", Some(&[("b:[0-9]+", "xy")])),
            ("/a/{b}-{c}", "/a/x-y-z", Some(&[("b", "x-y"), ("c", "z")])),
            ("/a/{b}-{c}", "/a/xy", None),
            ("/a/**", "/a/b/c", Some(&[("0", "b/c")])),
            ("/a/**", "/a/", Some(&[("0", "")])),
            ("/a/**", "/a", None),
            ("/**/c/{d}", "/x/y/c/1", Some(&[("0", "x/y"), ("d", "1")])),
            ("/a/{b}/{b}", "/a/1/2", Some(&[("b", "2")])),
            ("/a/{}", "/a/{}", Some(&[])),
            ("/a/{}", "/a/1", None),
            ("/a/{b", "/a/{b", Some(&[])),
            ("/a/*", "/a/*", Some(&[])),
            ("/a/{;b*}", "/a/x", Some(&[("b", "x")])),
            ("/a/{b c}/", "/a/x/", Some(&[("b c", "x")])),
            ("a/{b}", "/a/1", None),
            ("", "/", None),
            ("/a/{b/c}/d", "/a/x/d", Some(&[("b/c", "x")])),
        ] {
            let loose = PathTemplate::loose(template).expect("a template");
            check(&loose, path, variables);
        }
    }

    #[test]
    fn an_index_files_a_template_by_what_is_literal_in_it() {
        for (template, literals, prefix) in [
            ("/a/{b}", Some(&[Some("a"), None][..]), "/a/"),
            ("/a/{b}.json/c", Some(&[Some("a"), None, Some("c")]), "/a/"),
            ("/a-{b}/c", Some(&[None, Some("c")]), "/a-"),
            ("/a/{b/c}/d", Some(&[Some("a"), None, Some("d")]), "/a/"),
            ("/a/**", None, "/a/"),
            ("a/{b}", None, "a/"),
            ("{b}", None, ""),
        ] {
            let loose = PathTemplate::loose(template).expect("a template");
            let found = loose.literals().map(Iterator::collect::<Vec<_>>);
            assert_eq!(found.as_deref(), literals, "{template}");
            assert_eq!(loose.prefix(), prefix, "{template}");
        }
    }

    #[test]
    fn a_template_can_be_moved_below_a_prefix() {
        let strict = PathTemplate::parse("/v1/{tool}").expect("a template");
        assert_eq!(strict.below("/x/y").to_string(), "/x/y/v1/{tool}");
        assert_eq!(strict.below("/").to_string(), "/v1/{tool}");
        let loose = PathTemplate::loose("/{a}.b/**").expect("a template");
        check(
            &loose.below("/x"),
            "/x/1.b/2",
            Some(&[("a", "1"), ("0", "2")]),
        );
    }

    #[test]
    fn bad_templates_are_refused() {
        for text in ["v1", "/a/{}", "/a/{b}c", "/{a}/{a}", "/a/{b"] {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
    }
}
