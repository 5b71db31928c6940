//! Selections: the records or values that steps are done for, one after the other.

use std::sync::Arc;

use serde_json::Value;

use super::{Refusal, View, asked_limit, sort_keys};
use crate::definition::compiled::{Among, Selection};
use crate::domain::order::SortValue;

/// What a selection has found.
#[derive(Debug)]
pub enum Selected {
    /// The keys of records of this collection.
    Records(Arc<str>, Vec<Arc<str>>),
    /// Values.
    Values(Vec<Value>),
}

/// What a selection finds, in its order.
///
/// # Errors
/// When an expression of it fails, or its list is none.
pub fn select(view: &View<'_>, selection: &Selection) -> Result<Selected, Refusal> {
    match &selection.among {
        Among::Records(collection) => {
            let keys = keys(view, collection, selection)?;
            Ok(Selected::Records(collection.clone(), keys))
        }
        Among::Values { list, name } => {
            let values = match view.eval_optional(list)? {
                None => Vec::new(),
                Some(Value::Array(values)) => values,
                Some(_) => {
                    let message = "a round goes over a list; of a map, `m.map(key, key)` is one";
                    return Err(Refusal::definition(list.source(), message));
                }
            };
            values_of(view, values, name, selection).map(Selected::Values)
        }
    }
}

fn keys(
    view: &View<'_>,
    collection: &str,
    selection: &Selection,
) -> Result<Vec<Arc<str>>, Refusal> {
    let limit = asked_limit(view, selection.limit.as_ref())?;
    let Some(records) = view.state.collections.get(&view.name(collection)) else {
        return Ok(Vec::new());
    };
    if selection.filter.is_none() && selection.order.is_empty() {
        return Ok(records.keys().take(limit).collect());
    }
    let mut found = Found::new(selection, limit);
    for (key, record) in records.iter() {
        if found.is_full() {
            break;
        }
        found.consider(&view.of(&record), key)?;
    }
    Ok(found.sorted())
}

fn values_of(
    view: &View<'_>,
    values: Vec<Value>,
    name: &str,
    selection: &Selection,
) -> Result<Vec<Value>, Refusal> {
    let limit = asked_limit(view, selection.limit.as_ref())?;
    if selection.filter.is_none() && selection.order.is_empty() {
        return Ok(values.into_iter().take(limit).collect());
    }
    let mut variables = view.variables.clone();
    let mut found = Found::new(selection, limit);
    for value in values {
        if found.is_full() {
            break;
        }
        variables.insert(name.to_owned(), value.clone());
        let seen = View {
            variables: &variables,
            ..*view
        };
        found.consider(&seen, value)?;
    }
    Ok(found.sorted())
}

/// What has been found so far.
struct Found<'a, T> {
    selection: &'a Selection,
    limit: usize,
    items: Vec<(Vec<SortValue>, T)>,
}

impl<'a, T> Found<'a, T> {
    fn new(selection: &'a Selection, limit: usize) -> Self {
        Self {
            selection,
            limit,
            items: Vec::new(),
        }
    }

    /// Whether what comes later can change nothing: without an order, the first are those meant.
    fn is_full(&self) -> bool {
        self.selection.order.is_empty() && self.items.len() >= self.limit
    }

    /// Takes an item in, if the filter wants it as `view` sees it.
    fn consider(&mut self, view: &View<'_>, item: T) -> Result<(), Refusal> {
        let filter = self.selection.filter.as_ref();
        if filter.map_or(Ok(true), |filter| view.test(filter))? {
            let keys = sort_keys(view, &self.selection.order)?;
            self.items.push((keys, item));
        }
        Ok(())
    }

    fn sorted(mut self) -> Vec<T> {
        // A stable sort: the order in which they are there decides among equals.
        self.items.sort_by(|(one, _), (other, _)| one.cmp(other));
        let items = self.items.into_iter().take(self.limit);
        items.map(|(_, item)| item).collect()
    }
}
