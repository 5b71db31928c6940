//! The tree of an expression: what its text says, before names and values are looked up.

use std::fmt;

/// One step of a document path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The attribute, or member of a map, of this name.
    Name(String),
    /// The element of a list at this place.
    Index(usize),
}

/// A document path, such as `a.b[0]`. The first step is a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<Step>);

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (at, step) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            match step {
                Step::Name(name) => f.write_str(name)?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        f.write_str("]")
    }
}

/// What is compared, tested or set.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand<'v> {
    /// What stands at a path of the item.
    Path(Path),
    /// A value that came with the expression.
    Value(&'v serde_json::Value),
    /// What a function gives.
    Call(Call<'v>),
    /// A sum (`+`) or a difference (`-`).
    Sum(&'static str, Box<(Operand<'v>, Operand<'v>)>),
    /// A placeholder that stands for nothing. That has been told.
    Undefined,
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call<'v> {
    pub(super) name: String,
    pub(super) arguments: Vec<Operand<'v>>,
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The comparisons, with their marks.
pub(super) const COMPARISONS: [(&str, Comparison); 6] = [
    ("=", Comparison::Equal),
    ("<>", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];

/// What holds or does not.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition<'v> {
    All(Vec<Condition<'v>>),
    Any(Vec<Condition<'v>>),
    Not(Box<Condition<'v>>),
    Compare(Comparison, Box<(Operand<'v>, Operand<'v>)>),
    Between(Box<[Operand<'v>; 3]>),
    In(Operand<'v>, Vec<Operand<'v>>),
    Test(Call<'v>),
}

/// One change of an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action<'v> {
    Set(Path, Operand<'v>),
    Remove(Path),
    Add(Path, Operand<'v>),
    Delete(Path, Operand<'v>),
}

impl Action<'_> {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) => path,
            Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}
