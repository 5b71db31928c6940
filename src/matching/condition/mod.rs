//! Conditions and typed expressions: the Common Expression Language (CEL) over JSON.
//!
//! An [`Expression`] is compiled once, when a definition is loaded, and what an author can get wrong
//! is refused there. It is evaluated over a [`Scope`], which lends it the documents of a call and a
//! view of the sandbox. The language is the crate `cel`'s, parser and interpreter; here are the
//! values and functions that packs need (`json`, `amount`, `instant`, `functions`,
//! `sandbox`) and the checks at load (`nesting`, `lower`). Nothing here parses or interprets
//! CEL, does IO, renders a text or changes state.
//!
//! # The language
//!
//! CEL with `has`, `all`, `exists`, `exists_one`, `map`, `filter`, `size`, `contains`, `startsWith`,
//! `endsWith`, `matches`, `int`, `double`, `string`, `bool`, `type` and `dyn`. It differs on purpose:
//!
//! - A JSON number without fraction and exponent that fits 64 bits is an int, all others are
//!   doubles. As CEL demands, the two compare, but do not add: `1 + 1.0` is an error, and
//!   `double(1) + 1.0` is not. A double that comes out of a document unchanged keeps its text.
//! - Unsigned numbers, bytes, messages and the optional syntax are refused.
//! - Added: `money(x)`, an exact decimal. It compares with money and ints, adds and subtracts them,
//!   and is multiplied by ints; it stands on the left of an int (`money(x) * 2`), and never meets a
//!   double or a text. `instant(x)`, an RFC 3339 time, which compares, adds and subtracts seconds,
//!   and gives seconds when another is subtracted. `dig(object, "a.b.0", default)`, the value at a
//!   path, or the default if something on the way is missing or null. `lower`, `upper`, `trim`,
//!   `md5` and `sha256` (small hexadecimal digits), `min(a, b)`, `max(a, b)`, `round(x, digits)` (half away from zero).
//! - `split(text, separator)`, `join(list, separator)`, `pieces(text)` (words with the blanks before
//!   them), `replace(text, from, to)`, `substring(text, from[, to])`, `toJson(value)`,
//!   `object([[key, value], …])`, `flatten(lists)`, `sum(list)` (`made`).
//! - `searchTerms(text)`, the terms of a search text, and `searchMatches(terms, record)` (`search`).
//! - Item expressions, over items of typed values (`item_expression`): `itemMatches(expression, names,
//!   values, item)`, `itemUpdated(…)` and `itemTouched(…)` with the same arguments, and
//!   `itemPicked(expression, names, item)`. What is wrong, or nothing (`''`): `itemProblem(kind,
//!   expression, names, values)`, `itemUpdateProblem(expression, names, values, item)`,
//!   `itemUnused(expressions, names, values)`. Which attributes one names: `itemAttributes(kind,
//!   expression, names, values)`.
//! - Read from the sandbox: `record(collection, key)` (or null), `exists(collection, key)`,
//!   `balance(account[, currency])` (zero if not open), `account(name)` (is it open?),
//!   `calls(agent, window)` (`.count`, `.refused`), `now()` (RFC 3339) and `within(instant, window)`
//!   (is it in the last window before now?), `allowedTarget(url)` (may webhooks go there?). Windows read `30s`, `5m`, `1h30m`, `1d`, `PT5M`.
//!
//! A missing key is an error, except under `has`. `false && error` is `false` and `true || error` is
//! `true`, in either order. Null equals null.
//!
//! # Bounds
//!
//! Sources have at most [`SOURCE_BYTES_MAX`] bytes, brackets and `?` nest at most [`NESTING_MAX`]
//! deep, the tree at most [`DEPTH_MAX`]. Macros such as `all` run over at most [`ELEMENTS_MAX`]
//! elements, about a second; where one stands inside another (at most [`COMPREHENSIONS_NESTED_MAX`]
//! deep), each over at most [`ELEMENTS_NESTED_MAX`]. Compile on a thread with a large stack
//! (256 MiB): the parser's frames are large. An evaluation needs at most 1.5 MiB, in a
//! debug build; a thread of 2 MiB has room for what calls it.

mod amount;
mod equality;
mod error;
mod functions;
mod instant;
mod items;
mod json;
mod lower;
mod made;
mod money;
mod nesting;
mod paths;
mod sandbox;
mod signature;
mod time;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use cel::common::types::CelBool;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, IdedExpr};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

pub use error::{EvalError, ExpressionError};
pub use time::parse_window;

use sandbox::{Kept, Resolver};

/// The longest source, in bytes.
pub const SOURCE_BYTES_MAX: usize = 4_096;

/// How deep brackets and conditionals may nest in a source.
pub const NESTING_MAX: usize = 32;

/// The deepest tree of an expression, in levels; each operator of `a + b + c` is one.
pub const DEPTH_MAX: usize = 32;

/// How deep macros such as `all` and `map` may stand inside one another's bodies.
pub const COMPREHENSIONS_NESTED_MAX: usize = 2;

/// The most elements that a macro runs over.
pub const ELEMENTS_MAX: i64 = 1_000_000;

/// The most elements that a macro runs over where it is nested in another, or has another in it.
pub const ELEMENTS_NESTED_MAX: i64 = 1_000;

/// The most records that one evaluation reads before it is an error.
pub const RECORD_READS_MAX: usize = 1_000;

/// The most lists and maps that functions such as `object` and `split` make in one evaluation, records
/// that were read included.
pub const VALUES_MADE_MAX: usize = 10_000;

/// The deepest value that an evaluation compares or gives, in levels.
pub const VALUE_DEPTH_MAX: usize = 128;

/// The documents and the sandbox that an expression is evaluated over.
pub trait Scope: Sync {
    /// The document called `name`; `None` if this scope has none, which is an
    /// [`EvalError::Missing`] to an expression that asks for it.
    fn variable(&self, name: &str) -> Option<&Value>;

    /// The sandbox as this call sees it.
    fn world(&self) -> &dyn World;
}

/// What an expression can read from the sandbox.
pub trait World: Sync {
    /// The record of `collection` with this key.
    fn record(&self, collection: &str, key: &str) -> Option<Arc<Value>>;

    /// The balance of an account, in its only or default currency if none is given; `None` if it is
    /// not open.
    fn balance(&self, account: &str, currency: Option<&str>) -> Option<Decimal>;

    /// Whether an account is open.
    fn account_exists(&self, account: &str) -> bool;

    /// The number of calls of an agent within the last `window_seconds`, and how many of them were
    /// refused.
    fn calls(&self, agent: &str, window_seconds: i64) -> (u64, u64);

    /// The sandbox's clock.
    fn now(&self) -> Timestamp;

    /// Whether the server may send requests of its own to a URL.
    fn target_allowed(&self, url: &str) -> bool;
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Box<str>,
    root: Arc<IdedExpr>,
}

impl Expression {
    /// Compiles `source`, in which the names `vars` are in scope.
    ///
    /// Needs a thread with a large stack: 256 MiB hold the parser's frames for any source.
    ///
    /// # Errors
    ///
    /// Refuses, with the byte offset in `source`: what is no CEL, unknown variables and functions,
    /// wrong numbers of arguments, literals that their function cannot read, and what exceeds the
    /// bounds of this module.
    pub fn compile(source: &str, vars: &[&str]) -> Result<Self, ExpressionError> {
        if source.len() > SOURCE_BYTES_MAX {
            let bytes = source.len();
            let message =
                format!("the expression has {bytes} bytes; at most {SOURCE_BYTES_MAX} are allowed");
            return Err(ExpressionError { offset: 0, message });
        }
        nesting::check(source)?;
        let parser = functions::ENV.parser().enable_ident_escape_syntax(true);
        let parsed = parser.parse_with_source_info(source);
        let (mut root, places) = parsed.map_err(|errors| error::syntax(source, &errors))?;
        lower::Lowering::new(source, &places, vars).root(&mut root)?;
        Ok(Self {
            source: source.into(),
            root: Arc::new(root),
        })
    }

    /// The source, as it was given.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The members of the variable `name` that it asks for, as deep as they are written out, in their
    /// order and each once: `input.a.b` asks `input` for `["a", "b"]`.
    #[must_use]
    pub fn paths(&self, name: &str) -> Vec<Vec<String>> {
        paths::of(&self.root, name)
    }

    /// Whether the condition holds.
    ///
    /// # Errors
    ///
    /// Fails if the expression has no value over `scope`, or one that is no bool.
    pub fn test<S: Scope + ?Sized>(&self, scope: &S) -> Result<bool, EvalError> {
        let kept = Kept::default();
        self.resolve(&Resolver::new(scope, &kept), |value| {
            let condition = value.downcast_ref::<CelBool>();
            condition.map_or_else(
                || {
                    let found = error::type_name(&**value).to_owned();
                    Err(EvalError::NotBool { found })
                },
                |condition| Ok(*condition.inner()),
            )
        })
    }

    /// The value of the expression as JSON. Money becomes its exact decimal text, an instant its
    /// RFC 3339 text; numbers of documents keep their text; the keys of a map that the expression
    /// made are sorted.
    ///
    /// # Errors
    ///
    /// Fails if the expression has no value over `scope`, or one that JSON cannot hold.
    pub fn eval<S: Scope + ?Sized>(&self, scope: &S) -> Result<Value, EvalError> {
        let kept = Kept::default();
        self.resolve(&Resolver::new(scope, &kept), |value| {
            json::to_json(&**value, VALUE_DEPTH_MAX)
        })
    }

    fn resolve<T>(
        &self,
        resolver: &dyn VariableResolver,
        read: impl FnOnce(&CowVal<'_, '_>) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        let mut context = Context::with_env(Arc::clone(&functions::ENV));
        context.set_variable_resolver(resolver);
        let value = cel::Value::resolve_val(&self.root, &context).map_err(EvalError::from)?;
        read(&value)
    }
}
