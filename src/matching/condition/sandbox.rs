//! What an expression reads: the variables of its scope, and, by functions, the sandbox.
//!
//! The crate's functions know only their arguments. A call such as `record(collection, key)` is
//! therefore rewritten at load into an access to a hidden variable, `@sandbox[["record", collection,
//! key]]`, and the value of that variable is here.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelInt, CelList, CelNull, CelString, Type};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::amount::Money;
use super::error::{failed, not_applicable, type_name};
use super::functions::text;
use super::instant::Instant;
use super::made::{self, Made};
use super::{RECORD_READS_MAX, Scope, VALUES_MADE_MAX, World, items, json as values, time};

/// The hidden variable that stands for the sandbox.
pub(super) const SANDBOX: &str = "@sandbox";

/// The functions that read the sandbox.
const READS: [&str; 8] = [
    "account",
    "allowedTarget",
    "balance",
    "calls",
    "exists",
    "now",
    "record",
    "within",
];

/// Whether a function is called by way of the hidden variable: because it reads the sandbox, or
/// because it gives lists and maps of its own, which are kept beside what was read.
pub(super) fn is_hidden(function: &str) -> bool {
    READS.contains(&function)
        || items::FUNCTIONS.contains(&function)
        || made::FUNCTIONS.contains(&function)
}

/// What an evaluation has read from the sandbox: values borrow it until the evaluation ends.
#[derive(Debug, Default)]
pub(super) struct Kept {
    first: OnceLock<Box<Link>>,
}

#[derive(Debug)]
struct Link {
    json: Arc<Json>,
    next: OnceLock<Box<Link>>,
}

impl Kept {
    /// Keeps one more; `None` if there are as many as may be already.
    fn keep(&self, json: Arc<Json>, most: usize) -> Option<&Json> {
        let mut place = &self.first;
        for _ in 0..most {
            match place.get() {
                Some(link) => place = &link.next,
                None => {
                    let next = OnceLock::new();
                    return Some(&place.get_or_init(|| Box::new(Link { json, next })).json);
                }
            }
        }
        None
    }
}

impl Drop for Kept {
    /// Link by link: a long chain would otherwise be dropped by recursion.
    fn drop(&mut self) {
        let mut next = self.first.take();
        while let Some(mut link) = next {
            next = link.next.take();
        }
    }
}

/// Finds the variables of a scope.
pub(super) struct Resolver<'s, S: ?Sized> {
    scope: &'s S,
    kept: &'s Kept,
}

impl<'s, S: Scope + ?Sized> Resolver<'s, S> {
    pub(super) fn new(scope: &'s S, kept: &'s Kept) -> Self {
        Self { scope, kept }
    }
}

impl<S: Scope + ?Sized> VariableResolver for Resolver<'_, S> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if variable == SANDBOX {
            let (world, kept) = (self.scope.world(), self.kept);
            return Some(CowVal::owned(Sandbox { world, kept }));
        }
        // The crate asks for `input.note` before it asks for `input`.
        if variable.contains(['.', '@']) {
            return None;
        }
        self.scope
            .variable(variable)
            .map(|json| CowVal::Owned(values::value(json)))
    }
}

/// The sandbox, as a value whose indices are calls: a list of a function's name and its arguments.
#[derive(Clone, Copy)]
struct Sandbox<'s> {
    world: &'s dyn World,
    kept: &'s Kept,
}

impl fmt::Debug for Sandbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SANDBOX)
    }
}

impl Val for Sandbox<'_> {
    fn get_type(&self) -> &Type {
        Self::cel_type()
    }

    fn cel_type() -> &'static Type {
        static SANDBOX_TYPE: Type = Type::new_unspecified_type("sandbox");
        &SANDBOX_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

impl Indexer for Sandbox<'_> {
    fn get<'b, 'v>(&'b self, call: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.call(call).map(CowVal::Owned)
    }

    fn steal<'v>(self: Box<Self>, call: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.call(call)
    }
}

impl<'s> Sandbox<'s> {
    fn call(self, call: &dyn Val) -> Result<Box<dyn Val + 's>, ExecutionError> {
        let parts = call.downcast_ref::<CelList>().map(|list| list.inner());
        let Some((function, arguments)) = parts.and_then(<[_]>::split_first) else {
            return Err(not_applicable("[]", &[&self, call]));
        };
        let function = text(function.as_ref()).unwrap_or_default();
        let arguments: Vec<&dyn Val> = arguments.iter().map(AsRef::as_ref).collect();
        // Not as an operator that does not apply: the crate would name the hidden index instead.
        let refuse = || {
            let types: Vec<&str> = arguments.iter().map(|value| type_name(*value)).collect();
            failed(function, format!("does not apply to {}", types.join(", ")))
        };
        match (function, arguments.as_slice()) {
            ("now", []) => Ok(Box::new(CelString::from(self.world.now().to_string()))),
            ("account", [account]) => {
                let account = text(*account).ok_or_else(refuse)?;
                Ok(Box::new(CelBool::from(self.world.account_exists(account))))
            }
            ("allowedTarget", [url]) => {
                let url = text(*url).ok_or_else(refuse)?;
                Ok(Box::new(CelBool::from(self.world.target_allowed(url))))
            }
            ("balance", [account, currency @ ..]) => {
                let account = text(*account).ok_or_else(refuse)?;
                let currency = currency.first().map(|code| text(*code).ok_or_else(refuse));
                let balance = self.world.balance(account, currency.transpose()?);
                Ok(Box::new(Money(balance.unwrap_or(Decimal::ZERO))))
            }
            ("record", [collection, key]) => {
                let (collection, key) = place(*collection, *key).ok_or_else(refuse)?;
                match self.world.record(collection, &key) {
                    Some(record) => self.keep(function, record),
                    None => Ok(Box::new(CelNull)),
                }
            }
            ("exists", [collection, key]) => {
                let (collection, key) = place(*collection, *key).ok_or_else(refuse)?;
                let exists = self.world.record(collection, &key).is_some();
                Ok(Box::new(CelBool::from(exists)))
            }
            ("calls", [agent, window]) => {
                let agent = text(*agent).ok_or_else(refuse)?;
                let seconds = seconds(function, text(*window).ok_or_else(refuse)?)?;
                let (calls, refused) = self.world.calls(agent, seconds);
                let counts = json!({ "count": calls, "refused": refused });
                self.keep(function, Arc::new(counts))
            }
            ("within", [instant, window]) => {
                let seconds = seconds(function, text(*window).ok_or_else(refuse)?)?;
                let within = match instant.downcast_ref::<Instant>() {
                    Some(instant) => self.within(instant.0, seconds),
                    None => {
                        let text = text(*instant).ok_or_else(refuse)?;
                        let instant = time::parse_instant(text).ok_or_else(|| {
                            failed(function, format!("`{text}` is not an RFC 3339 time"))
                        })?;
                        self.within(instant, seconds)
                    }
                };
                Ok(Box::new(CelBool::from(within)))
            }
            _ => match items::call(function, &arguments).ok_or_else(refuse)?? {
                Made::Money(amount) => Ok(Box::new(Money(amount))),
                Made::Json(Json::Bool(bool)) => Ok(Box::new(CelBool::from(bool))),
                Made::Json(Json::String(text)) => Ok(Box::new(CelString::from(text))),
                Made::Json(json) => {
                    let kept = self.kept.keep(Arc::new(json), VALUES_MADE_MAX);
                    let made = kept.map(values::value);
                    made.ok_or_else(|| {
                        let most = format!("an expression makes at most {VALUES_MADE_MAX} values");
                        failed(function, most)
                    })
                }
            },
        }
    }

    /// Whether `instant` lies in the window that ends now; its edges are in it.
    fn within(self, instant: Timestamp, seconds: i64) -> bool {
        let ago = self.world.now().duration_since(instant);
        !ago.is_negative() && ago <= SignedDuration::from_secs(seconds)
    }

    fn keep(self, function: &str, json: Arc<Json>) -> Result<Box<dyn Val + 's>, ExecutionError> {
        let kept = self.kept.keep(json, RECORD_READS_MAX).map(values::value);
        kept.ok_or_else(|| {
            let message = format!("an expression reads at most {RECORD_READS_MAX} records");
            failed(function, message)
        })
    }
}

/// A collection and the key of a record in it: a text, or the digits of an int, as ids come in both
/// forms.
fn place<'t>(collection: &'t dyn Val, key: &'t dyn Val) -> Option<(&'t str, Cow<'t, str>)> {
    let digits = || {
        let int = key.downcast_ref::<CelInt>()?;
        Some(Cow::Owned(int.inner().to_string()))
    };
    let key = text(key).map(Cow::Borrowed).or_else(digits)?;
    Some((text(collection)?, key))
}

fn seconds(function: &str, window: &str) -> Result<i64, ExecutionError> {
    time::parse_window(window)
        .ok_or_else(|| failed(function, format!("`{window}` is not a window such as `5m`")))
}
