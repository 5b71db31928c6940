//! What can be wrong with an expression: [`ExpressionError`] at load, [`EvalError`] at evaluation.

use std::fmt;

use cel::common::types::Kind;
use cel::common::value::Val;
use cel::objects::ValueType;
use cel::{ExecutionError, ParseErrors, Value};

/// Why an expression was refused at load, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// Byte offset into the source at which the mistake starts; at most the source's length.
    pub offset: usize,
    /// What is wrong, in a sentence without its place.
    pub message: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExpressionError {}

/// Why an expression has no value over the given scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// A variable, key or index that is not there.
    Missing {
        /// Its name, as the expression asks for it.
        name: String,
    },
    /// A condition whose value is not a bool.
    NotBool {
        /// The type found.
        found: String,
    },
    /// A value that JSON cannot hold, such as an infinite double.
    NotJson {
        /// The type found.
        found: String,
    },
    /// An operator or function applied to types that it does not take.
    NotApplicable {
        /// The operator or function, as written.
        operation: String,
        /// The types found, in order.
        found: Vec<String>,
    },
    /// A result that its type cannot hold.
    Overflow {
        /// The operator, as written.
        operation: &'static str,
    },
    /// Division or remainder by zero.
    DivisionByZero,
    /// A value that is nested too deep.
    TooDeep,
    /// A function that cannot do its work on these values, and every other cause.
    Failed {
        /// What went wrong.
        message: String,
    },
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "there is no `{name}`"),
            Self::NotBool { found } => write!(f, "a condition is true or false; found {found}"),
            Self::NotJson { found } => write!(f, "JSON cannot hold this {found}"),
            Self::NotApplicable { operation, found } => {
                write!(f, "`{operation}` does not apply to {}", found.join(", "))?;
                let has = |name: &str| found.iter().any(|found| found == name);
                if has("int") && has("double") {
                    f.write_str("; convert one with `double(x)` or `int(x)`")
                } else if found.first().is_some_and(|first| first == "int")
                    && (has("money") || has("another type"))
                {
                    f.write_str("; money and instants stand on the left of an int")
                } else if has("money") && (has("string") || has("double")) {
                    f.write_str("; make the other an amount with `money(x)`")
                } else if has("instant") && has("string") {
                    f.write_str("; make the other a time with `instant(x)`")
                } else {
                    Ok(())
                }
            }
            Self::Overflow { operation } => {
                write!(f, "the result of `{operation}` is out of range")
            }
            Self::DivisionByZero => f.write_str("division by zero"),
            Self::TooDeep => f.write_str("the value is nested too deep"),
            Self::Failed { message } => f.write_str(message),
        }
    }
}

impl std::error::Error for EvalError {}

/// The error of a function or operator that cannot do its work on these values.
pub(super) fn failed(function: &str, message: impl fmt::Display) -> ExecutionError {
    ExecutionError::function_error(function, message)
}

/// The error of an operator or function applied to types that it does not take.
pub(super) fn not_applicable(operation: &str, values: &[&dyn Val]) -> ExecutionError {
    let types = values.iter().map(|value| type_name(*value).to_owned());
    ExecutionError::no_such_overload(operation, types.collect())
}

/// The name of a value's type, for messages.
pub(super) fn type_name(value: &dyn Val) -> &str {
    match value.get_type().kind() {
        Kind::NullType => "null",
        _ => value.get_type().name(),
    }
}

/// An operator or function of the syntax tree, as it is written.
fn written(function: &str) -> &str {
    match function {
        "_[_]" => "[]",
        "_._" => ".",
        "_?_:_" => "? :",
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        other => other.trim_matches(['_', '@']),
    }
}

fn operator(name: &'static str) -> &'static str {
    match name {
        "add" => "+",
        "sub" | "neg" | "negate" | "minus" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        other => other,
    }
}

impl From<ExecutionError> for EvalError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::NoSuchKey(name) | ExecutionError::UndeclaredReference(name) => {
                Self::Missing {
                    name: name.to_string(),
                }
            }
            ExecutionError::IndexOutOfBounds(index) => Self::Missing {
                name: index_text(&index),
            },
            ExecutionError::NoSuchOverload(overload) => {
                let operation = written(overload.function()).to_owned();
                let types = overload.argument_types().iter();
                let found = types.map(|name| plain(name).to_owned()).collect();
                not_applicable_or_missing(operation, found)
            }
            ExecutionError::UnsupportedBinaryOperator(name, left, right) => Self::NotApplicable {
                operation: written(name).to_owned(),
                found: vec![kind_of(&left), kind_of(&right)],
            },
            ExecutionError::UnexpectedType { got, want } => Self::Failed {
                message: format!("expected {}, found {}", plain(&want), plain(&got)),
            },
            ExecutionError::FunctionError { function, message } => Self::Failed {
                // The lines after the first quote what it was called with.
                message: format!(
                    "`{}`: {}",
                    written(&function),
                    message.lines().next().unwrap_or_default()
                ),
            },
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                Self::DivisionByZero
            }
            ExecutionError::Overflow(name, ..) => Self::Overflow {
                operation: operator(name),
            },
            ExecutionError::DuplicateKey(_) => Self::Failed {
                message: "a map gives the same key twice".to_owned(),
            },
            ExecutionError::UnsupportedKeyType(_) => Self::Failed {
                message: "the keys of a map are texts, ints or bools".to_owned(),
            },
            // What is left cannot come from an expression that passed the checks at load; its text
            // may quote whole values.
            _ => Self::Failed {
                message: "the expression cannot be evaluated over these values".to_owned(),
            },
        }
    }
}

/// A member of null is as missing as a member of nothing.
fn not_applicable_or_missing(operation: String, found: Vec<String>) -> EvalError {
    let access = matches!(operation.as_str(), "." | "[]");
    if access && found.first().is_some_and(|name| name == "null") {
        let name = "member of null".to_owned();
        return EvalError::Missing { name };
    }
    EvalError::NotApplicable { operation, found }
}

fn plain(name: &str) -> &str {
    match name {
        "null_type" => "null",
        "iterable" => "a list or a map",
        "bool" => "bool",
        other => other,
    }
}

fn index_text(index: &Value) -> String {
    match index {
        Value::Int(at) => format!("[{at}]"),
        Value::UInt(at) => format!("[{at}]"),
        Value::Float(at) => format!("[{at}]"),
        _ => "element".to_owned(),
    }
}

fn kind_of(value: &Value) -> String {
    match value.type_of() {
        // The crate's own values lose those that it does not know to null.
        ValueType::Null => "another type".to_owned(),
        ValueType::Float => "double".to_owned(),
        other => other.to_string(),
    }
}

/// The first of the parser's errors, in words for an author.
pub(super) fn syntax(source: &str, errors: &ParseErrors) -> ExpressionError {
    // What the parser says of a tree that it could not read to the end only repeats that.
    let mut all = errors.errors.iter();
    let syntax = all.find(|error| error.msg.starts_with("Syntax error: "));
    let Some(first) = syntax.or(errors.errors.first()) else {
        let message = "the expression cannot be read".to_owned();
        return ExpressionError { offset: 0, message };
    };
    let offset = offset(source, first.pos);
    let message = syntax_message(&first.msg, source, offset);
    ExpressionError { offset, message }
}

/// The byte offset of a line and a column, both from 1, the column in characters.
fn offset(source: &str, (line, column): (isize, isize)) -> usize {
    let before = usize::try_from(line - 1).unwrap_or(0);
    let mut lines = source.split_inclusive('\n');
    let start: usize = lines.by_ref().take(before).map(str::len).sum();
    let text = lines.next().unwrap_or_default();
    let column = usize::try_from(column - 1).unwrap_or(0);
    let within = text.char_indices().nth(column);
    start + within.map_or(text.trim_end_matches('\n').len(), |(at, _)| at)
}

const BAD_ESCAPE: &str = "this text has an escape sequence that CEL does not know";

/// What the parser says of mistakes that are no mistakes of syntax, in words for an author.
const REWORDED: [(&str, &str); 3] = [
    (
        "has() macro",
        "`has` takes a field, as in `has(input.note)`; for a key, write `\"key\" in map`",
    ),
    (
        "simple name",
        "the first argument of a macro is a plain name, as in `list.all(x, …)`",
    ),
    (
        "unsupported syntax",
        "optional values are not supported; write `dig(object, path, default)`",
    ),
];

fn syntax_message(message: &str, source: &str, offset: usize) -> String {
    let rest = &source[offset..];
    if let Some(found) = message.strip_prefix("Syntax error: token recognition error at: '") {
        return match found.chars().next() {
            // Quotes are known to be closed; within them, only an escape can be wrong.
            Some('\'' | '"') => BAD_ESCAPE.to_owned(),
            Some('`') => "this is not a quoted name".to_owned(),
            Some(found) => format!("unexpected `{found}`{}", hint(&found.to_string())),
            None => "unexpected character".to_owned(),
        };
    }
    if message.starts_with("Syntax error: ") {
        let token = token(rest);
        return if token.is_empty() {
            "the expression ends too early".to_owned()
        } else {
            format!("unexpected `{token}`{}", hint(token))
        };
    }
    if message.contains("reserved") {
        return format!("`{}` is a reserved word", token(rest));
    }
    if message.starts_with("invalid string literal") {
        return BAD_ESCAPE.to_owned();
    }
    if message.starts_with("invalid") && message.ends_with("literal") {
        return format!("`{}` is not a number in range", token(rest));
    }
    for (theirs, ours) in REWORDED {
        if message.contains(theirs) {
            return ours.to_owned();
        }
    }
    let line = message.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}

/// The token at the start of a text.
fn token(text: &str) -> &str {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let end = match text.chars().next() {
        None => 0,
        Some(first) if word(first) => text.find(|c| !word(c)).unwrap_or(text.len()),
        Some(first) => first.len_utf8(),
    };
    &text[..end]
}

fn hint(token: &str) -> &'static str {
    match token {
        "and" | "&" => "; in CEL, write `&&`",
        "or" | "|" => "; in CEL, write `||`",
        "=" | "is" => "; in CEL, write `==`",
        "not" => "; in CEL, write `!`",
        _ => "",
    }
}
