//! WireMock's helpers: each a pure function of what it is given.
//!
//! A helper that cannot do what it is asked complains, and the complaint is printed in its place
//! as `[ERROR: …]`; texts are WireMock's where it has one. Where WireMock answers such a request
//! with status 500 instead, this complains too.
//!
//! What never lives here: anything that reads the machine. `systemValue` knows nothing of it.

mod date;
mod date_pattern;
mod given;
mod java;
mod json;
mod json_edit;
mod lists;
mod logic;
mod maths;
mod number_format;
mod random;
mod regular_expression;
mod text;
mod value;
mod variables;
mod words;
mod xml;

use handlebars::template::{HelperTemplate, Parameter};
use regex::Regex;
use serde_json::Value;

use crate::matching::json_path::JsonPath;

pub(super) use given::{Answer, Fault, Given, complain};
pub use java::as_java_reads;
pub(super) use value::{holds, indented, text_of, weight_of, written};

/// A helper.
#[derive(Debug)]
pub(super) struct Helper {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) run: fn(&mut Given<'_>) -> Answer,
    /// The argument that names a variable, for helpers that can assign one.
    pub(super) variable: Option<VariablePlace>,
    draws: bool,
    prepare: Option<Prepare>,
}

/// What can be compiled ahead of a helper's second argument, if that is a constant. None if it
/// cannot be, of which the call will complain.
type Prepare = fn(&str) -> Option<Prepared>;

/// What was compiled ahead.
#[derive(Debug)]
pub(super) enum Prepared {
    Pattern(Regex),
    JsonPath(JsonPath),
}

/// What was compiled ahead for calls of a helper with a text.
#[derive(Debug)]
pub(super) struct Preparation {
    pub(super) helper: &'static str,
    pub(super) text: String,
    pub(super) prepared: Prepared,
}

/// Where a helper may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Only where a value is wanted.
    Value,
    /// There, and as a block that prints its body if the value holds.
    Test,
    /// There, and as a block whose printed body is its first argument.
    Transform,
    /// There, and as a block whose printed body is its last argument.
    Append,
    /// Only as a block that prints its body if the value holds.
    Condition,
    /// Only as a block, whose printed body is its first argument.
    Block,
    /// Where a value is wanted, and as a block that is a loop: `arrayJoin`.
    Join,
    /// Only as a block that gives its body another scope.
    Scope(Scope),
}

/// What a block makes of its value, for its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The body is printed for each item or member.
    Each,
    /// The body is printed for the value, if that holds.
    With,
    /// For a list as `each`, for all else as `with`.
    Section,
}

/// Which argument of a helper names a variable.
#[derive(Debug, Clone, Copy)]
pub(super) enum VariablePlace {
    /// The argument at this position.
    Position(usize),
    /// The argument of this name.
    Name(&'static str),
    /// The argument after the text, which in a block is the body.
    AfterText,
}

impl VariablePlace {
    /// That argument, in the source.
    pub(super) fn of_tag(self, tag: &HelperTemplate) -> Option<&Parameter> {
        match self {
            Self::Position(position) => tag.params.get(position),
            Self::Name(name) => tag.hash.get(name),
            Self::AfterText => tag.params.get(usize::from(!tag.block)),
        }
    }
}

impl Helper {
    const fn value(name: &'static str, run: fn(&mut Given<'_>) -> Answer) -> Self {
        Self::new(name, Role::Value, run)
    }

    const fn test(name: &'static str, run: fn(&mut Given<'_>) -> Answer) -> Self {
        Self::new(name, Role::Test, run)
    }

    const fn transform(name: &'static str, run: fn(&mut Given<'_>) -> Answer) -> Self {
        Self::new(name, Role::Transform, run)
    }

    const fn scope(name: &'static str, scope: Scope) -> Self {
        Self::new(name, Role::Scope(scope), |_| Ok(Value::Null))
    }

    const fn new(name: &'static str, role: Role, run: fn(&mut Given<'_>) -> Answer) -> Self {
        Self {
            name,
            role,
            run,
            variable: None,
            draws: false,
            prepare: None,
        }
    }

    const fn preparing(mut self, prepare: Prepare) -> Self {
        self.prepare = Some(prepare);
        self
    }

    /// Compiles what is constant in a call.
    pub(super) fn prepare(&self, tag: &HelperTemplate) -> Option<Preparation> {
        let prepare = self.prepare?;
        let Some(Parameter::Literal(Value::String(text))) = tag.params.get(1) else {
            return None;
        };
        Some(Preparation {
            helper: self.name,
            text: text.clone(),
            prepared: prepare(text)?,
        })
    }

    const fn assigning(mut self, place: VariablePlace) -> Self {
        self.variable = Some(place);
        self
    }

    const fn drawing(mut self) -> Self {
        self.draws = true;
        self
    }

    /// Whether it matters when the helper is called.
    pub(super) fn is_ordered(&self) -> bool {
        self.draws || self.variable.is_some()
    }

    /// Whether the body of the block has a scope of its own.
    pub(super) fn has_scope(&self) -> bool {
        matches!(self.role, Role::Scope(_) | Role::Join)
    }

    /// Whether the body of the block may be printed more than once.
    pub(super) fn is_loop(&self) -> bool {
        matches!(
            self.role,
            Role::Join | Role::Scope(Scope::Each | Scope::Section)
        )
    }
}

/// Prints a plain value. No template can spell this name, nor those below.
pub(super) static PRINT: Helper = Helper::value("print]", |given| Ok(given.take(0)));

/// Finds a path within blocks, by its position. Where it is called, that is done.
pub(super) static FIND: Helper = Helper::value("find]", |_| Ok(Value::Null));

/// Charges for one turn of a loop.
pub(super) static CHARGE: Helper = Helper::value("charge]", |given| {
    let work = given.argument(0).and_then(Value::as_u64);
    given.charge(work.unwrap_or(0))?;
    Ok(Value::Null)
});

const GROUPS: [&[Helper]; 13] = [
    logic::HELPERS,
    text::HELPERS,
    date::HELPERS,
    random::HELPERS,
    json::HELPERS,
    json_edit::HELPERS,
    regular_expression::HELPERS,
    lists::HELPERS,
    maths::HELPERS,
    number_format::HELPERS,
    variables::HELPERS,
    words::HELPERS,
    xml::HELPERS,
];

fn all() -> impl Iterator<Item = &'static Helper> {
    GROUPS.into_iter().flatten()
}

/// The helper called `name`.
pub(super) fn find(name: &str) -> Option<&'static Helper> {
    all().find(|helper| helper.name == name)
}

/// The helper whose name is most like `name`, if it is like it at all.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    /// A name that takes more changes than this is another name.
    const DISTANCE_MAX: usize = 3;
    if name.len() > 40 {
        return None;
    }
    all()
        .map(|helper| (strsim::damerau_levenshtein(helper.name, name), helper.name))
        .filter(|(distance, near)| *distance <= DISTANCE_MAX && *distance < near.len())
        .min()
        .map(|(_, name)| name)
}

/// The names of all helpers.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|helper| helper.name)
}
