//! A compiled batch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::StatusCode;

use super::pack::RefusalSpec;
use super::response::HeaderSpec;
use crate::matching::condition::Expression;
use crate::render::{Document, Template};

/// Many items in one call.
#[derive(Debug)]
pub struct BatchSpec {
    /// The items.
    pub items: Expression,
    /// Which lines are an action without a source; nothing, if lines are not read in pairs.
    pub paired: Option<Expression>,
    /// What does an item.
    pub work: Work,
    /// How many items there may be at most.
    pub max: usize,
    /// How many items there must be.
    pub min: usize,
    /// The id of an item.
    pub id: Option<Expression>,
    /// Whether nothing is tried after the first item that fails.
    pub stop_at_first: bool,
    /// Whether a failure undoes all.
    pub all_or_nothing: Option<Expression>,
    /// Which failures do.
    pub fatal: Option<Expression>,
    /// Whether the call is refused then.
    pub refuses: bool,
    /// Whether an item is linked with the next one.
    pub linked: Option<Expression>,
    /// The ids of the items that must have been done before.
    pub depends_on: Option<Expression>,
    /// Whether the entries are shuffled.
    pub shuffled: bool,
    /// Failures that are made up.
    pub failures: Vec<FailureSpec>,
    /// How it looks.
    pub look: BatchLook,
    /// The cause of refusal when made-up failures leave no item done.
    pub none_succeeded: Option<Arc<str>>,
    /// How its refusals look.
    pub refusals: Arc<RefusalSpec>,
}

/// How a batch's reply looks.
#[derive(Debug)]
pub struct BatchLook {
    /// More members of `item`.
    pub facts: Vec<(String, Expression)>,
    /// What stands for a cause.
    pub codes: BTreeMap<Arc<str>, Document>,
    /// The entry of an item that was done.
    pub succeeded: Option<Document>,
    /// The entry of an item that was not.
    pub failed: Option<Document>,
    /// The entry of an item that was not tried.
    pub skipped: Option<Document>,
    /// A second entry of an item that was not done.
    pub error: Option<Document>,
    /// The name under which an entry stands.
    pub under: Option<Expression>,
    /// The body.
    pub body: Option<Document>,
    /// The headers.
    pub headers: Vec<HeaderSpec>,
    /// The status when all items were done, some, and none.
    pub status: [StatusCode; 3],
    /// Whether the tool has a response of its own, which answers instead.
    pub own_response: bool,
    /// The names that the documents of items ask for: they see no others. Expressions see all.
    pub names: BTreeSet<String>,
}

/// What does an item.
#[derive(Debug)]
pub enum Work {
    /// A tool of the pack.
    Tool(ToolWork),
    /// The tool of the name that an expression gives.
    Choice(Expression, BTreeMap<String, ToolWork>),
    /// Whatever claims a request.
    Call(CallWork),
}

/// A tool that does items.
#[derive(Debug)]
pub struct ToolWork {
    /// Its name.
    pub tool: Arc<str>,
    /// What it is called with; the item itself, if there is none.
    pub input: Option<Document>,
}

/// A request that does an item.
#[derive(Debug)]
pub struct CallWork {
    /// The method.
    pub method: Option<Template>,
    /// Path and query.
    pub url: Template,
    /// The headers.
    pub headers: Option<Document>,
    /// The body.
    pub body: Option<Document>,
}

/// A failure that is made up.
#[derive(Debug)]
pub struct FailureSpec {
    /// Which items, counted from 1.
    pub items: Option<BTreeSet<u64>>,
    /// Every so manieth item.
    pub every: Option<u64>,
    /// The items for which this holds.
    pub filter: Option<Expression>,
    /// How many of 2⁶⁴ draws fail.
    pub chance: Option<u64>,
    /// The cause.
    pub cause: Arc<str>,
    /// What is said of it.
    pub message: Option<Template>,
    /// On which calls of the tool.
    pub on_calls: Option<BTreeSet<u64>>,
}
