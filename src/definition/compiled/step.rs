//! Compiled steps.

use std::sync::Arc;

use super::tool::InputSchema;
use super::webhook::EmitSpec;
use crate::matching::condition::Expression;
use crate::render::{Document, Template};

/// One step.
#[derive(Debug)]
pub struct StepSpec {
    /// Where it stands, for the trace: `do[2].transition`.
    pub label: Arc<str>,
    /// It is passed over unless this holds.
    pub when: Option<Expression>,
    /// What it does.
    pub verb: Verb,
}

/// An expression that gives a record's key or an account's name.
pub type Key = Expression;

/// An expression that gives an amount, as text or number.
pub type Amount = Expression;

/// JSON members whose strings are templates.
pub type RecordDocument = Document;

/// What a step does.
#[derive(Debug)]
pub enum Verb {
    /// Names the value of an expression.
    Let(Arc<str>, Expression),
    /// Names what is found in the sandbox.
    Query(Arc<str>, QuerySpec),
    /// Refuses unless a condition holds.
    Require {
        /// The condition.
        that: Expression,
        /// The cause of the refusal.
        cause: Arc<str>,
        /// What the refusal says.
        message: Option<Template>,
    },
    /// Looks up a record.
    Find {
        /// Where.
        collection: Arc<str>,
        /// Under which key.
        key: Key,
        /// Another name for it.
        name: Option<Arc<str>>,
        /// The cause of the refusal.
        cause: Arc<str>,
    },
    /// Refuses unless the request's own conditions hold.
    Precondition {
        /// Whether it must have one.
        required: bool,
        /// Collection and key of the record that they are on; the record at hand, if left out.
        of: Option<(Arc<str>, Key)>,
    },
    /// Makes a record.
    Create {
        /// Where.
        collection: Arc<str>,
        /// What it begins with.
        from: Option<Expression>,
        /// Its members, laid over those.
        record: RecordDocument,
        /// Whether it may take another's place.
        replace: bool,
    },
    /// Changes the record at hand.
    Update(Change),
    /// Drops a record.
    Delete {
        /// From where.
        collection: Arc<str>,
        /// Under which key.
        key: Key,
    },
    /// Adds to numbers.
    Increment {
        /// Where.
        collection: Arc<str>,
        /// Under which key.
        key: Key,
        /// What is added, by member.
        fields: Vec<(String, i64)>,
    },
    /// Does steps for each of several records or values.
    Each(Box<EachSpec>),
    /// Does steps that have a name.
    Named {
        /// Their name.
        name: Arc<str>,
        /// Names that they see beside those at hand.
        with: Vec<(Arc<str>, Expression)>,
        /// The steps.
        steps: Vec<StepSpec>,
    },
    /// Moves the record at hand through its machine.
    Transition {
        /// The machine.
        machine: Arc<str>,
        /// The transition.
        transition: Arc<str>,
    },
    /// Moves an amount at once.
    Transfer(Movement),
    /// Reserves an amount on the record at hand.
    Hold(String, Movement),
    /// Lets a hold of the record at hand reach its destination.
    Post(String, Option<Amount>),
    /// Gives a hold of the record at hand back.
    Void(String),
    /// Sets how much an account may spend.
    Limits(LimitChange),
    /// Tells endpoints that something happened.
    Emit(EmitSpec),
}

/// Steps that are done again and again.
#[derive(Debug)]
pub struct EachSpec {
    /// What the rounds go over.
    pub over: Selection,
    /// What the element of a round is called.
    pub name: Option<Arc<str>>,
    /// What the number of a round is called.
    pub index: Option<Arc<str>>,
    /// The steps.
    pub steps: Vec<StepSpec>,
    /// What is kept of each round, in lists of these names.
    pub collect: Vec<(Arc<str>, Expression)>,
}

/// Some of many, in an order.
#[derive(Debug)]
pub struct Selection {
    /// Of what.
    pub among: Among,
    /// Which of them.
    pub filter: Option<Expression>,
    /// In which order.
    pub order: Vec<SortKey>,
    /// How many at the most.
    pub limit: Option<Expression>,
}

/// What is selected from.
#[derive(Debug)]
pub enum Among {
    /// The records of a collection.
    Records(Arc<str>),
    /// The elements of a list.
    Values {
        /// The list.
        list: Expression,
        /// What the expressions of the selection call an element.
        name: Arc<str>,
    },
}

/// A change of a record, which keeps its key and its state.
#[derive(Debug)]
pub struct Change {
    /// What happens first to all of it.
    pub whole: Option<Whole>,
    /// Members that this leaves alone.
    pub keep: Vec<String>,
    /// Members that are set then.
    pub set: RecordDocument,
    /// What the record must be then.
    pub schema: Option<InputSchema>,
}

/// What happens to all of a record.
#[derive(Debug)]
pub enum Whole {
    /// An object is merged into it (RFC 7396).
    Merge(Expression),
    /// An object takes its place.
    Replace(Expression),
}

/// An amount between two accounts; without one of them, from or to the outside.
#[derive(Debug)]
pub struct Movement {
    /// What it is called in the books.
    pub kind: Arc<str>,
    /// The account that it leaves.
    pub from: Option<Key>,
    /// The account that it reaches.
    pub to: Option<Key>,
    /// How much.
    pub amount: Amount,
    /// In which currency; the first of the ledger, if none is given.
    pub currency: Option<Expression>,
    /// Whether it counts against the limits of the account that it leaves.
    pub spends: bool,
}

/// New limits of an account.
#[derive(Debug)]
pub struct LimitChange {
    /// The account.
    pub account: Key,
    /// In which currency.
    pub currency: Option<Expression>,
    /// In one movement.
    pub per_transaction: Option<Amount>,
    /// In one day.
    pub daily: Option<Amount>,
    /// In one month.
    pub monthly: Option<Amount>,
}

/// A look into the sandbox.
#[derive(Debug)]
pub enum QuerySpec {
    /// Records.
    List(ListQuery),
    /// Members of an object, or of each object in a list.
    Pick {
        /// The object or the list.
        of: Expression,
        /// The names of the members; all, if none are given.
        fields: Option<Expression>,
    },
    /// A value that is made of templates.
    Document {
        /// What is made.
        document: Document,
        /// The object that it is laid over.
        over: Option<Expression>,
    },
    /// What moved on an account.
    Transfers {
        /// The account.
        account: Key,
        /// In which currency; all, if none is given.
        currency: Option<Expression>,
        /// How many at the most.
        limit: Option<Expression>,
    },
    /// An account.
    Account {
        /// The account.
        account: Key,
        /// In which currency.
        currency: Option<Expression>,
    },
}

/// Records of a collection.
#[derive(Debug)]
pub struct ListQuery {
    /// The collection.
    pub collection: Arc<str>,
    /// Which records.
    pub filter: Option<Expression>,
    /// In which order.
    pub order: Vec<SortKey>,
    /// How many at the most.
    pub limit: Option<Expression>,
    /// The names of the members that the items show; all, if none are given.
    pub fields: Option<Expression>,
    /// Sums, by name.
    pub sums: Vec<(String, Expression)>,
}

/// What records are ordered by.
#[derive(Debug)]
pub struct SortKey {
    /// A value of each record.
    pub by: Expression,
    /// The greatest first.
    pub descending: bool,
}
