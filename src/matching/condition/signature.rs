//! What can be called, and how: the list that calls are held against at load.

/// How a function may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `f(x, …)`.
    Function,
    /// `x.f(…)`.
    Method,
    /// Both.
    Either,
}

/// What a call of a function must look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) style: Style,
    /// The least and the most arguments, of which the target of a method is the first.
    pub(super) arguments: (usize, usize),
    /// The parameters, for messages.
    pub(super) expected: &'static str,
}

const fn of(
    name: &'static str,
    style: Style,
    arguments: (usize, usize),
    expected: &'static str,
) -> Signature {
    Signature {
        name,
        style,
        arguments,
        expected,
    }
}

/// Every function, by name.
#[rustfmt::skip]
const SIGNATURES: [Signature; 51] = [
    of("account", Style::Function, (1, 1), "(account)"),
    of("allowedTarget", Style::Function, (1, 1), "(url)"),
    of("balance", Style::Function, (1, 2), "(account) or (account, currency)"),
    of("bool", Style::Function, (1, 1), "(value)"),
    of("calls", Style::Function, (2, 2), "(agent, window)"),
    of("contains", Style::Method, (2, 2), "text.contains(part)"),
    of("dig", Style::Function, (3, 3), "(object, path, default)"),
    of("double", Style::Function, (1, 1), "(value)"),
    of("dyn", Style::Function, (1, 1), "(value)"),
    of("endsWith", Style::Method, (2, 2), "text.endsWith(part)"),
    of("exists", Style::Function, (2, 2), "(collection, key)"),
    of("flatten", Style::Function, (1, 1), "(lists)"),
    of("instant", Style::Function, (1, 1), "(text)"),
    of("int", Style::Function, (1, 1), "(value)"),
    of("itemAttributes", Style::Function, (4, 4), "(kind, expression, names, values)"),
    of("itemInvalid", Style::Function, (1, 1), "(item)"),
    of("itemMatches", Style::Function, (4, 4), "(expression, names, values, item)"),
    of("itemPicked", Style::Function, (3, 3), "(expression, names, item)"),
    of("itemProblem", Style::Function, (4, 4), "(kind, expression, names, values)"),
    of("itemStored", Style::Function, (1, 1), "(item)"),
    of("itemTouched", Style::Function, (4, 4), "(expression, names, values, item)"),
    of("itemUnused", Style::Function, (3, 3), "(expressions, names, values)"),
    of("itemUpdateProblem", Style::Function, (4, 4), "(expression, names, values, item)"),
    of("itemUpdated", Style::Function, (4, 4), "(expression, names, values, item)"),
    of("join", Style::Either, (2, 2), "(list, separator)"),
    of("lower", Style::Either, (1, 1), "(text)"),
    of("matches", Style::Either, (2, 2), "(text, pattern)"),
    of("max", Style::Function, (2, 2), "(a, b)"),
    of("md5", Style::Either, (1, 1), "(text)"),
    of("min", Style::Function, (2, 2), "(a, b)"),
    of("money", Style::Function, (1, 1), "(amount)"),
    of("now", Style::Function, (0, 0), "()"),
    of("object", Style::Function, (1, 1), "(pairs)"),
    of("pieces", Style::Either, (1, 1), "(text)"),
    of("record", Style::Function, (2, 2), "(collection, key)"),
    of("replace", Style::Either, (3, 3), "(text, from, to)"),
    of("round", Style::Function, (2, 2), "(number, digits)"),
    of("searchMatches", Style::Function, (2, 2), "(terms, record)"),
    of("searchTerms", Style::Function, (1, 1), "(text)"),
    of("sha256", Style::Either, (1, 1), "(text)"),
    of("size", Style::Either, (1, 1), "(text, list or map)"),
    of("split", Style::Either, (2, 2), "(text, separator)"),
    of("startsWith", Style::Method, (2, 2), "text.startsWith(part)"),
    of("string", Style::Function, (1, 1), "(value)"),
    of("substring", Style::Either, (2, 3), "(text, from) or (text, from, to)"),
    of("sum", Style::Function, (1, 1), "(list)"),
    of("toJson", Style::Function, (1, 1), "(value)"),
    of("trim", Style::Either, (1, 1), "(text)"),
    of("type", Style::Function, (1, 1), "(value)"),
    of("upper", Style::Either, (1, 1), "(text)"),
    of("within", Style::Function, (2, 2), "(instant, window)"),
];

/// What the parser expands, with what it looks like.
const MACROS: [(&str, &str); 7] = [
    ("all", "`x.all(name, condition)`"),
    ("exists", "`x.exists(name, condition)`"),
    ("existsOne", "`x.existsOne(name, condition)`"),
    ("exists_one", "`x.exists_one(name, condition)`"),
    ("filter", "`x.filter(name, condition)`"),
    ("has", "`has(object.field)`"),
    (
        "map",
        "`x.map(name, value)` or `x.map(name, condition, value)`",
    ),
];

/// The names of types, which expressions compare with `type(x)`.
pub(super) const TYPE_NAMES: [&str; 8] = [
    "bool",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
];

/// The signature of the function called `name`, if there is one.
pub(super) fn of_function(name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|signature| signature.name == name)
}

/// The names of all functions and macros.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let functions = SIGNATURES.iter().map(|signature| signature.name);
    functions.chain(MACROS.iter().map(|(name, _)| *name))
}

/// What a macro called `name` looks like, if there is one.
pub(super) fn of_macro(name: &str) -> Option<&'static str> {
    let found = MACROS.iter().find(|(macro_name, _)| *macro_name == name);
    found.map(|(_, form)| *form)
}

/// The callable name that takes the fewest edits to become `name`, if it takes few enough.
pub(super) fn nearest_callable(name: &str) -> Option<&'static str> {
    let functions = SIGNATURES.iter().map(|signature| signature.name);
    nearest(name, functions.chain(MACROS.iter().map(|(name, _)| *name)))
}

/// The candidate that takes the fewest edits to become `name`, if it takes few enough to be meant.
pub(super) fn nearest<'c>(
    name: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let few = (name.chars().count() / 2).clamp(1, 3);
    candidates
        .map(|candidate| (strsim::levenshtein(name, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= few && *edits < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}
