//! A compiled tool.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::guards::{Guards, Produce};
use super::pack::CauseSpec;
use super::response::Responses;
use super::step::StepSpec;
use crate::definition::model::TagOf;
use crate::domain::name::Name;
use crate::matching::condition::Expression;

/// What an agent calls.
#[derive(Debug)]
pub struct Tool {
    /// Its name, with the pack's.
    pub name: Name,
    /// What it does.
    pub description: String,
    /// What it takes.
    pub input: InputSchema,
    /// Whether the parameters of a route's query are members of its input.
    pub query: bool,
    /// Whether its input has members that get a default where they are left out.
    pub defaults: bool,
    /// Of what its replies carry the entity tag.
    pub etag: TagOf,
    /// Whether no door leads to it.
    pub internal: bool,
    /// What it answers.
    pub output: Option<InputSchema>,
    /// Whom a call is made for.
    pub agent: Option<Expression>,
    /// Its own routes as they are shown.
    pub routes: Vec<String>,
    /// Names of the accounts that an accepted call opens.
    pub opens: Vec<Expression>,
    /// What it does.
    pub steps: Vec<StepSpec>,
    /// What stands before it: credentials, limits, keys.
    pub guards: Guards,
    /// How it refuses, by cause, before the pack's own way.
    pub refusals: BTreeMap<Arc<str>, CauseSpec>,
    /// What its answer is made of.
    pub produce: Produce,
    /// Which references of its reply are replaced, if any are.
    pub expand: Option<Expression>,
    /// What it answers.
    pub response: Responses,
}

/// A JSON Schema, as published and compiled.
#[derive(Debug)]
pub struct InputSchema {
    /// As published: without references.
    pub schema: Arc<Map<String, Value>>,
    /// As checked.
    pub validator: jsonschema::Validator,
}
