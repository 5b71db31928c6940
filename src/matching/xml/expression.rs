//! The text of an XPath expression: what must be known of it before it is evaluated.

use std::sync::LazyLock;

use regex::Regex;

/// A name with a prefix.
static PREFIXED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([\pL_][\pL\pN_.-]*)(::?)").ok());

/// A location path without predicates, compared with a constant.
static COMPARISON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"([/@._*\pL][\pL\pN_./@:*-]*(?:\(\))?)\s*(!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|-?[0-9]+(?:\.[0-9]+)?)"#).ok()
});

/// A word between two operands, before a parenthesis.
static WORD_BEFORE_PARENTHESIS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\s(and|or|div|mod)\s*(\()").ok());

/// A search for a name in the whole document.
static SEARCH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\.?//[\pL_][\pL\pN_.-]*").ok());

/// What looks elsewhere than into the node at hand.
const OUTWARD: [&str; 8] = [
    "..",
    "ancestor",
    "current(",
    "following",
    "id(",
    "parent",
    "preceding",
    "lang(",
];

/// The first prefix in `expression` for which `is_known` does not hold.
pub(super) fn unknown_prefix(expression: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let masked = masked(expression);
    let mut found = PREFIXED.as_ref()?.captures_iter(&masked);
    found.find_map(|found| {
        let prefix = found.get(1)?.as_str();
        let is_axis = found.get(2)?.as_str() == "::";
        (!is_axis && !is_known(prefix)).then(|| prefix.to_owned())
    })
}

/// How many texts one visit of a node may read, at most.
pub(super) fn weight(expression: &str) -> usize {
    let masked = masked(expression);
    1 + masked.matches(['[', '(', ',', '=', '<', '>']).count()
}

/// Whether a predicate looks beyond the node at hand: then each visit may read all of a document.
pub(super) fn looks_outward(expression: &str) -> bool {
    let masked = masked(expression);
    let Some((_, predicates)) = masked.split_once('[') else {
        return false;
    };
    let is_absolute = predicates.match_indices('/').any(|(at, _)| {
        let before = predicates[..at].trim_end().chars().next_back();
        before.is_none_or(|before| "[(,=<>+-|!/".contains(before) || before.is_whitespace())
            || predicates[..at].ends_with(char::is_whitespace)
    });
    is_absolute || OUTWARD.iter().any(|word| predicates.contains(word))
}

/// `expression` with its comparisons of a path and a constant put so that each node is asked, as
/// XPath has it: the library asks only the first, and says yes to `!=` where there is none.
pub(super) fn asking_each_node(expression: &str) -> String {
    let Some(comparison) = COMPARISON.as_ref() else {
        return expression.to_owned();
    };
    let masked = masked(expression);
    let mut out = String::new();
    let mut copied = 0;
    for found in comparison.captures_iter(&masked) {
        let (Some(whole), Some(path), Some(operator), Some(constant)) =
            (found.get(0), found.get(1), found.get(2), found.get(3))
        else {
            continue;
        };
        let is_path = match path.as_str().strip_suffix("()") {
            Some(test) => test.ends_with("text") || test.ends_with("node"),
            None => !path.as_str().ends_with('.'),
        };
        let is_whole =
            begins_operand(&masked[..whole.start()]) && ends_operand(&masked[whole.end()..]);
        if !is_path || !is_whole {
            continue;
        }
        out.push_str(&expression[copied..whole.start()]);
        let (path, constant) = (&expression[path.range()], &expression[constant.range()]);
        out.push_str(&format!(
            "boolean({path}[. {} {constant}])",
            operator.as_str()
        ));
        copied = whole.end();
    }
    out.push_str(&expression[copied..]);
    out
}

/// `expression` with what stands in parentheses behind a word put into a function, since the
/// library takes the word for one.
pub(super) fn with_words_apart(expression: &str) -> String {
    let Some(pattern) = WORD_BEFORE_PARENTHESIS.as_ref() else {
        return expression.to_owned();
    };
    let masked = masked(expression);
    let mut out = String::new();
    let mut copied = 0;
    for found in pattern.captures_iter(&masked) {
        let (Some(word), Some(parenthesis)) = (found.get(1), found.get(2)) else {
            continue;
        };
        let inside = &masked[parenthesis.start()..];
        let function = match word.as_str() {
            "div" | "mod" => "number",
            _ if closing(inside).is_some_and(|end| ends_operand(&inside[end..])) => "boolean",
            _ => continue,
        };
        out.push_str(&expression[copied..word.end()]);
        out.push(' ');
        out.push_str(function);
        copied = parenthesis.start();
    }
    out.push_str(&expression[copied..]);
    out
}

/// `expression` with its searches for a name, such as `//item`, put so that they do not find
/// `p:item`. Other paths do where a document is read without namespaces: these are WireMock's.
pub(super) fn searching_whole_names(expression: &str) -> String {
    let Some(search) = SEARCH.as_ref() else {
        return expression.to_owned();
    };
    let masked = masked(expression);
    let mut out = String::new();
    let mut copied = 0;
    for found in search.find_iter(&masked) {
        let before = masked[..found.start()].trim_end();
        let begins = begins_operand(before) || before.ends_with([',', '|', '=', '<', '>', '+']);
        if !begins || !is_last_step(&masked[found.end()..]) {
            continue;
        }
        out.push_str(&expression[copied..found.end()]);
        out.push_str("[not(contains(name(), ':'))]");
        copied = found.end();
    }
    out.push_str(&expression[copied..]);
    out
}

/// Whether a path ends here, but for predicates that ask for no position.
fn is_last_step(after: &str) -> bool {
    let mut rest = after.trim_start();
    while rest.starts_with('[') {
        let Some(end) = closing(rest) else {
            return false;
        };
        let predicate = rest[1..end].trim_start();
        let asks_position = predicate.starts_with(|first: char| first.is_ascii_digit())
            || predicate.contains("position(")
            || predicate.contains("last(");
        if asks_position {
            return false;
        }
        rest = rest[end..].trim_start();
    }
    !rest.starts_with(['/', ':', '('])
}

/// Splits `(//a)[2]/b` into what stands in the parentheses, which of its nodes is meant, and what
/// follows: the library knows no such choice.
pub(super) fn choice(expression: &str) -> Option<(&str, Choice, &str)> {
    let expression = expression.trim();
    let masked = masked(expression);
    if !masked.starts_with('(') {
        return None;
    }
    let end = closing(&masked)?;
    let (inner, rest) = (&expression[1..end - 1], &masked[end..]);
    let (number, follows) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let choice = match number.split_whitespace().collect::<String>().as_str() {
        "last()" => Choice::Last,
        number => Choice::At(number.parse().ok()?),
    };
    let is_path = follows.trim().is_empty() || follows.starts_with('/');
    let follows = &expression[expression.len() - follows.len()..];
    is_path.then_some((inner, choice, follows.trim()))
}

/// Which of several nodes is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The one at this position, from 1.
    At(usize),
    Last,
}

/// Where the bracket that `text` begins with is closed: behind that.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn begins_operand(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty()
        || before.ends_with(['[', '('])
        || before.ends_with(" and")
        || before.ends_with(" or")
}

fn ends_operand(after: &str) -> bool {
    let after = after.trim_start();
    after.is_empty()
        || after.starts_with([']', ')'])
        || after.starts_with("and ")
        || after.starts_with("or ")
}

/// `expression` with what stands in quotes made plain, byte for byte.
fn masked(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    let mut open = None;
    for character in expression.chars() {
        match open {
            Some(quote) if quote == character => {
                open = None;
                out.push(character);
            }
            Some(_) => out.extend(std::iter::repeat_n('_', character.len_utf8())),
            None => {
                open = matches!(character, '"' | '\'').then_some(character);
                out.push(character);
            }
        }
    }
    out
}
