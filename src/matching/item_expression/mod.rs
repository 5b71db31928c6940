//! Item expressions: the text in which key/value stores ask for conditions, changes and parts of an
//! item whose attributes are typed values (`{"S": "x"}`, `{"N": "1.5"}`, `{"L": […]}`).
//!
//! An expression comes with a call, and so do its `names` (`#n`) and `values` (`:v`): it is read when
//! it is evaluated. What is wrong with it is told in the words of the services that have this language,
//! as their clients know them: first what cannot be read, then of all other mistakes the one that such
//! a service tells first (`problem`). The same walk reads and checks (`parse`, `read_condition`,
//! `read_update`, `check`); what was read is a tree with names and values in it (`tree`), over which is
//! evaluated (`evaluate`), updated (`update`) and projected (`project`).
//!
//! Numbers have 38 digits, exactly (`number`): `rust_decimal`, which holds the amounts of the ledger,
//! has 28.
//!
//! # Bounds
//!
//! An expression has at most [`SOURCE_BYTES_MAX`] bytes and [`OPERATORS_MAX`] operators, as there; it
//! nests at most [`DEPTH_MAX`] deep. Values are compared to a depth of 64.

mod check;
mod evaluate;
mod number;
mod parse;
mod problem;
mod project;
mod read_condition;
mod read_update;
mod reserved;
mod stored;
mod token;
mod tree;
mod update;
mod value;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use evaluate::Item;
use parse::Parser;
use token::Kind;
use tree::{Action, Condition, Operand, Path, Step};

/// The longest expression, in bytes.
pub const SOURCE_BYTES_MAX: usize = 4_096;

/// The most operators and functions of an expression.
pub const OPERATORS_MAX: usize = 300;

/// How deep parentheses, `NOT` and functions may nest, and how many steps a path may have.
pub const DEPTH_MAX: usize = 32;

/// What an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A condition for a change.
    Condition,
    /// A condition that leaves items out.
    Filter,
    /// A condition that says which keys are meant.
    KeyCondition,
    /// A change of an item.
    Update,
    /// Parts of an item.
    Projection,
}

/// The kinds, as definitions name them.
const KINDS: [(&str, ExpressionKind, &str); 5] = [
    (
        "condition",
        ExpressionKind::Condition,
        "ConditionExpression",
    ),
    ("filter", ExpressionKind::Filter, "FilterExpression"),
    (
        "keyCondition",
        ExpressionKind::KeyCondition,
        "KeyConditionExpression",
    ),
    ("update", ExpressionKind::Update, "UpdateExpression"),
    (
        "projection",
        ExpressionKind::Projection,
        "ProjectionExpression",
    ),
];

impl ExpressionKind {
    /// The kind that a definition names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = KINDS.iter().find(|(known, ..)| *known == name);
        found.map(|(_, kind, _)| *kind)
    }

    /// What services call the parameter.
    fn parameter(self) -> &'static str {
        let found = KINDS.iter().find(|(_, kind, _)| *kind == self);
        found.map_or("Expression", |(.., parameter)| parameter)
    }

    fn is_condition(self) -> bool {
        !matches!(self, Self::Update | Self::Projection)
    }

    /// The words that are no names of attributes, whatever else is reserved.
    fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::Condition | Self::Filter | Self::KeyCondition => {
                &["BETWEEN", "IN", "AND", "OR", "NOT"]
            }
            Self::Update => &["SET", "REMOVE", "ADD", "DELETE"],
            Self::Projection => &[],
        }
    }
}

/// What comes with an expression: objects, or null.
#[derive(Clone, Copy, Debug)]
pub struct Given<'v> {
    /// The names that placeholders such as `#n` stand for.
    pub names: &'v Value,
    /// The values that placeholders such as `:v` stand for.
    pub values: &'v Value,
}

/// Whether a condition holds of an item.
///
/// # Errors
/// What is wrong with the expression.
pub fn matches(source: &str, given: Given<'_>, item: &Item) -> Result<bool, String> {
    let condition = condition(ExpressionKind::Condition, source, given)?;
    Ok(evaluate::holds(&condition, item))
}

/// An item after an update.
///
/// # Errors
/// What is wrong with the expression, or with its actions for this item.
pub fn updated(source: &str, given: Given<'_>, item: &Item) -> Result<Item, String> {
    let actions = actions(source, given)?;
    update::updated(&actions, item)
}

/// The parts of an item that a projection names.
///
/// # Errors
/// What is wrong with the expression.
pub fn picked(source: &str, names: &Value, item: &Item) -> Result<Item, String> {
    let paths = projection(source, names)?;
    Ok(project::picked(&paths, item))
}

/// The parts of an item that an update names: what it changes.
///
/// # Errors
/// What is wrong with the expression.
pub fn touched(source: &str, given: Given<'_>, item: &Item) -> Result<Item, String> {
    let actions = actions(source, given)?;
    Ok(project::picked(actions.iter().map(Action::path), item))
}

/// The attributes, each once and in their order, that a condition or a projection names, or that an
/// update changes.
///
/// # Errors
/// What is wrong with the expression.
pub fn attributes(
    kind: ExpressionKind,
    source: &str,
    given: Given<'_>,
) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    match kind {
        ExpressionKind::Update => {
            for action in actions(source, given)? {
                note(action.path(), &mut names);
            }
        }
        ExpressionKind::Projection => {
            for path in projection(source, given.names)? {
                note(&path, &mut names);
            }
        }
        _ => of_condition(&condition(kind, source, given)?, &mut names),
    }
    Ok(names)
}

fn note(path: &Path, names: &mut Vec<String>) {
    if let Some(Step::Name(name)) = path.0.first()
        && !names.contains(name)
    {
        names.push(name.clone());
    }
}

fn of_condition(condition: &Condition<'_>, names: &mut Vec<String>) {
    match condition {
        Condition::All(all) | Condition::Any(all) => {
            all.iter().for_each(|one| of_condition(one, names));
        }
        Condition::Not(one) => of_condition(one, names),
        Condition::Compare(_, sides) => {
            of_operand(&sides.0, names);
            of_operand(&sides.1, names);
        }
        Condition::Between(all) => all.iter().for_each(|one| of_operand(one, names)),
        Condition::In(one, all) => {
            of_operand(one, names);
            all.iter().for_each(|one| of_operand(one, names));
        }
        Condition::Test(call) => call.arguments.iter().for_each(|one| of_operand(one, names)),
    }
}

fn of_operand(operand: &Operand<'_>, names: &mut Vec<String>) {
    match operand {
        Operand::Path(path) => note(path, names),
        Operand::Call(call) => call.arguments.iter().for_each(|one| of_operand(one, names)),
        Operand::Sum(_, sides) => {
            of_operand(&sides.0, names);
            of_operand(&sides.1, names);
        }
        Operand::Value(_) | Operand::Undefined => {}
    }
}

/// What is wrong with an expression as it stands, in a service's words; nothing, if it can be
/// evaluated.
#[must_use]
pub fn problem(kind: ExpressionKind, source: &str, given: Given<'_>) -> Option<String> {
    match kind {
        ExpressionKind::Update => actions(source, given).err(),
        ExpressionKind::Projection => projection(source, given.names).err(),
        _ => condition(kind, source, given).err(),
    }
}

/// What is wrong with an update for this item, in a service's words; nothing, if it can be done.
#[must_use]
pub fn update_problem(source: &str, given: Given<'_>, item: &Item) -> Option<String> {
    updated(source, given, item).err()
}

/// What is wrong with the values of an item, in a service's words; nothing, if it can be kept.
#[must_use]
pub fn invalid(item: &Item) -> Option<String> {
    stored::problem(item)
}

/// An item as it is kept: with its numbers in their normal form.
#[must_use]
pub fn stored(item: &Item) -> Item {
    stored::stored(item)
}

/// What is wrong with names and values that no expression uses; nothing, if each is used.
#[must_use]
pub fn unused(sources: &[&str], given: Given<'_>) -> Option<String> {
    let tokens = sources.iter().flat_map(|source| match source.len() {
        0..=SOURCE_BYTES_MAX => token::tokens(source),
        // That it is too long is told of it.
        _ => Vec::new(),
    });
    let used: BTreeSet<&str> = tokens
        .filter(|token| matches!(token.kind, Kind::Name | Kind::Value))
        .map(|token| token.text)
        .collect();
    let parameters = [
        ("ExpressionAttributeNames", given.names),
        ("ExpressionAttributeValues", given.values),
    ];
    parameters.into_iter().find_map(|(parameter, given)| {
        let given = given.as_object()?;
        if sources.is_empty() {
            let only = "can only be specified when using expressions";
            return Some(format!("{parameter} {only}"));
        }
        if given.is_empty() {
            return Some(format!("{parameter} must not be empty"));
        }
        let unused = given.keys().filter(|key| !used.contains(key.as_str()));
        let unused: Vec<&str> = unused.map(String::as_str).collect();
        let keys = unused.join(", ");
        (!unused.is_empty()).then(|| {
            format!("Value provided in {parameter} unused in expressions: keys: {{{keys}}}")
        })
    })
}

fn condition<'v>(
    kind: ExpressionKind,
    source: &str,
    given: Given<'v>,
) -> Result<Condition<'v>, String> {
    read(kind, source, given, |parser| parser.condition(0))
}

fn actions<'v>(source: &str, given: Given<'v>) -> Result<Vec<Action<'v>>, String> {
    read(ExpressionKind::Update, source, given, Parser::update)
}

fn projection(source: &str, names: &Value) -> Result<Vec<Path>, String> {
    let given = Given {
        names,
        values: &Value::Null,
    };
    read(
        ExpressionKind::Projection,
        source,
        given,
        Parser::projection,
    )
}

fn read<'s, 'v, T>(
    kind: ExpressionKind,
    source: &'s str,
    given: Given<'v>,
    read: impl FnOnce(&mut Parser<'s, 'v>) -> parse::Read<T>,
) -> Result<T, String> {
    let size = source.len();
    let result = if source.trim().is_empty() {
        Err("The expression can not be empty;".to_owned())
    } else if size > SOURCE_BYTES_MAX {
        Err(format!(
            "Expression size has exceeded the maximum allowed size; expression size: {size}"
        ))
    } else {
        let mut parser = Parser::new(kind, source, given);
        let found = read(&mut parser);
        parser.finish(found)
    };
    result.map_err(|message| format!("Invalid {}: {message}", kind.parameter()))
}

/// An item out of JSON: nothing stands for one without attributes.
#[must_use]
pub fn item(value: &Value) -> Option<Cow<'_, Item>> {
    match value {
        Value::Null => Some(Cow::Owned(Map::new())),
        Value::Object(attributes) => Some(Cow::Borrowed(attributes)),
        _ => None,
    }
}
