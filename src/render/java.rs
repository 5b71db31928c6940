//! What handlebars.java reads otherwise than the library does, written so that the library reads
//! the same.
//!
//! A backslash in a quoted text stands for itself. `{{#path}}` and `{{^path}}` are sections. `{{.}}`
//! is `{{this}}`. Lines that hold nothing but a tag stay: a character that no text has stands before
//! such a tag, and is taken out of what the library has parsed. A text that is not well formed is
//! left as it is, for the library to refuse.

/// The names by which the library calls the helpers of sections.
pub(super) const SECTION: &str = "$section";
pub(super) const INVERSE: &str = "$inverse";

/// A text for the library.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) text: String,
    /// The character that is to be taken out.
    pub(super) stop: char,
}

/// Rewrites `source`. `is_helper` tells what is no section. None, if all characters that no text
/// should have are used up.
pub(super) fn rewrite(source: &str, is_helper: impl Fn(&str) -> bool) -> Option<Rewritten> {
    // The noncharacters that Unicode sets aside for such uses (Unicode 16, section 23.7).
    let stop = ('\u{fdd0}'..='\u{fdef}').find(|c| !source.contains(*c))?;
    let mut writer = Writer {
        out: String::with_capacity(source.len() + 64),
        stop,
        open: Vec::new(),
    };
    let mut rest = source;
    while let Some(at) = rest.find("{{") {
        let (text, tag) = rest.split_at(at);
        let Some(end) = end_of(tag) else { break };
        let (tag, behind) = tag.split_at(end);
        match text.strip_suffix('\\') {
            Some(text) => {
                writer.out.push_str(text);
                writer.out.push(stop);
                writer.out.push('\\');
                writer.out.push_str(tag);
            }
            None => {
                writer.out.push_str(text);
                writer.tag(tag, &is_helper);
            }
        }
        rest = behind;
    }
    writer.out.push_str(rest);
    Some(Rewritten {
        text: writer.out,
        stop,
    })
}

/// Where a tag ends, from its opening braces on.
fn end_of(tag: &str) -> Option<usize> {
    let inside = &tag[2..];
    if let Some(comment) = inside.strip_prefix('!') {
        let end = match comment.starts_with("--") {
            true => comment.find("--}}").map(|at| at + 4),
            false => comment.find("}}").map(|at| at + 2),
        };
        return end.map(|end| end + 3);
    }
    let mut quote = None;
    let mut is_escaped = false;
    for (at, character) in inside.char_indices() {
        match (quote, character) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(open), _) if open == character => quote = None,
            // Only a quote can be escaped: other backslashes stand for themselves.
            (Some(open), '\\') => is_escaped = inside[at + 1..].starts_with(open),
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '}') if inside[at..].starts_with("}}") => {
                let more = usize::from(
                    inside.trim_start_matches(['~', ' ']).starts_with('{')
                        && inside[at + 2..].starts_with('}'),
                );
                return Some(2 + at + 2 + more);
            }
            (None, _) => {}
        }
    }
    None
}

struct Writer {
    out: String,
    stop: char,
    /// For each block that is open, its name, and the helper that stands for it if it is a section.
    open: Vec<(String, Option<&'static str>)>,
}

impl Writer {
    fn tag(&mut self, tag: &str, is_helper: &impl Fn(&str) -> bool) {
        let inside = &tag[2..];
        let content = inside.trim_start();
        let (tilde, content) = match content.strip_prefix('~') {
            Some(content) => ("~", content.trim_start()),
            None => ("", content),
        };
        let sigil = content.chars().next().unwrap_or(' ');
        let is_block = matches!(sigil, '#' | '^' | '/' | '!') || content.starts_with("else");
        if is_block && tilde.is_empty() {
            self.out.push(self.stop);
        }
        if inside.starts_with(['!', '{']) {
            match sigil {
                '!' => self.out.push_str(tag),
                _ => self.quoting(tag),
            }
            return;
        }
        let name = content.get(1..).unwrap_or("").trim_start();
        let length = name.find([' ', '\t', '\r', '\n', '~', '}']);
        let (name, behind) = name.split_at(length.unwrap_or(name.len()));
        let is_bare = behind.trim_start().starts_with(['~', '}']) && !name.is_empty();
        let mut put = |parts: [&str; 3]| {
            self.out.push_str("{{");
            self.out.push_str(tilde);
            parts.iter().for_each(|part| self.out.push_str(part));
        };
        match sigil {
            '#' if is_bare && !is_helper(name) && !name.starts_with(['>', '*']) => {
                put(["#", SECTION, " "]);
                self.open.push((name.to_owned(), Some(SECTION)));
                self.quoting(dotted(name));
                self.out.push_str(behind);
            }
            '^' if is_bare => {
                put(["#", INVERSE, " "]);
                self.open.push((name.to_owned(), Some(INVERSE)));
                self.quoting(dotted(name));
                self.out.push_str(behind);
            }
            '#' => {
                self.open.push((name.to_owned(), None));
                self.quoting(tag);
            }
            '/' => match self.open.pop() {
                Some((open, Some(section))) if open == name => {
                    put(["/", section, behind]);
                }
                _ => self.out.push_str(tag),
            },
            // Nothing is escaped here, so that nothing need be kept from it.
            '&' if !is_bare => {
                put(["", "", ""]);
                self.quoting(&content[1..]);
            }
            _ => self.quoting(tag),
        }
    }

    /// Writes a part of a tag, with its quoted texts as JSON has them.
    fn quoting(&mut self, part: &str) {
        let mut quote = None;
        let mut characters = part.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            match (quote, character) {
                (Some(open), '\\') => {
                    if characters.next_if(|(_, next)| *next == open).is_some() {
                        self.out.push('\\');
                        self.out.push(open);
                    } else {
                        self.out.push_str("\\\\");
                    }
                }
                (Some(open), _) if open == character => {
                    quote = None;
                    self.out.push(character);
                }
                (Some(_), '\n') => self.out.push_str("\\n"),
                (Some(_), '\r') => self.out.push_str("\\r"),
                (Some(_), '\t') => self.out.push_str("\\t"),
                (None, '\'' | '"') => {
                    quote = Some(character);
                    self.out.push(character);
                }
                (None, '.') if is_lone(part, at) => self.out.push_str("this"),
                _ => self.out.push(character),
            }
        }
    }
}

/// Whether the dot at this place is a path of its own.
fn is_lone(part: &str, at: usize) -> bool {
    let before = part[..at].chars().next_back();
    let after = part[at + 1..].chars().next();
    let is_edge = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "{}~()=#^&".contains(c));
    is_edge(before) && is_edge(after)
}

fn dotted(name: &str) -> &str {
    if name == "." { "this" } else { name }
}
