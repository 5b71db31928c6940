//! The walk of a path through a document.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value};

use super::filter::Filter;
use super::{DOCUMENT_DEPTH_MAX, Found, JsonPath, MissingLeaf, Step, VISITS_MAX};

static NULL: Value = Value::Null;

/// The path leads nowhere, and the whole of it is given up: what Jayway throws.
pub(super) struct Lost;

/// What all paths of one evaluation share: a path and those in its filters.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 'v> {
    /// What `$` stands for.
    pub(super) root: &'a Value,
    missing_leaf: MissingLeaf,
    /// Existence is being asked: a missing property ends the walk, wherever it is.
    is_strict: bool,
    visits_left: &'v Cell<u32>,
}

/// Finds what a path leads to.
pub(super) fn find<'a>(
    path: &JsonPath,
    document: &'a Value,
    missing_leaf: MissingLeaf,
) -> Found<'a> {
    let visits_left = Cell::new(VISITS_MAX);
    let scope = Scope {
        root: document,
        missing_leaf,
        is_strict: false,
        visits_left: &visits_left,
    };
    let found = scope.find(path, document);
    if visits_left.get() == 0 {
        return Found::Missing;
    }
    found
}

/// Whether steps lead to one place at most. Several names at the very end make one object, and so
/// are definite; before another step they fan out.
pub(super) fn is_definite(steps: &[Step], end_is_result: bool) -> bool {
    steps.iter().enumerate().all(|(index, step)| match step {
        Step::Names(names) => names.len() == 1 || (end_is_result && index + 1 == steps.len()),
        Step::Indices(indices) => indices.len() == 1,
        Step::Slice(..) | Step::Wildcard | Step::Scan | Step::Filter(_) => false,
    })
}

impl<'a, 'v> Scope<'a, 'v> {
    /// Finds what a path leads to from an item, or from the root if it is no relative path.
    pub(super) fn find(self, path: &JsonPath, item: &'a Value) -> Found<'a> {
        let start = if path.is_relative { item } else { self.root };
        let mut walk = Walk {
            scope: self,
            end_is_result: path.call.is_none(),
            results: Vec::new(),
        };
        if walk.steps(&path.steps, start, true).is_err() {
            return Found::Missing;
        }
        let mut results = walk.results;
        let is_definite = path.is_definite();
        if let Some(call) = &path.call {
            let called: Option<Vec<_>> = results
                .iter()
                .map(|value| call.invoke(value, self))
                .collect();
            return match called {
                Some(mut values) if is_definite => {
                    values.pop().map_or(Found::Missing, Found::Computed)
                }
                Some(values) => Found::Many(values.into_iter().map(Cow::Owned).collect()),
                None => Found::Missing,
            };
        }
        if !is_definite {
            return Found::Many(results);
        }
        match results.pop() {
            Some(Cow::Borrowed(value)) => Found::One(value),
            Some(Cow::Owned(value)) => Found::Computed(value),
            None => Found::Missing,
        }
    }

    /// Whether a path leads somewhere. As with Jayway an indefinite path does, even if its list is
    /// empty, unless a property on the way is missing.
    pub(super) fn exists(self, path: &JsonPath, item: &'a Value) -> bool {
        let scope = Self {
            missing_leaf: MissingLeaf::Absent,
            is_strict: true,
            ..self
        };
        !matches!(scope.find(path, item), Found::Missing)
    }

    /// The same evaluation, over a value that is not of the document.
    pub(super) fn over<'b>(self, root: &'b Value) -> Scope<'b, 'v> {
        Scope {
            root,
            missing_leaf: self.missing_leaf,
            is_strict: self.is_strict,
            visits_left: self.visits_left,
        }
    }

    /// Counts one visit; lost when there were too many.
    pub(super) fn visit(self) -> Result<(), Lost> {
        let left = self.visits_left.get().saturating_sub(1);
        self.visits_left.set(left);
        if left == 0 { Err(Lost) } else { Ok(()) }
    }
}

struct Walk<'a, 'v> {
    scope: Scope<'a, 'v>,
    /// No function follows: what the last step finds is a result.
    end_is_result: bool,
    results: Vec<Cow<'a, Value>>,
}

impl<'a> Walk<'a, '_> {
    /// Goes on from `node`. While every step so far was definite a wrong kind of node ends the walk;
    /// afterwards it is only one candidate less.
    fn steps(&mut self, steps: &[Step], node: &'a Value, is_definite: bool) -> Result<(), Lost> {
        self.scope.visit()?;
        let Some((step, rest)) = steps.split_first() else {
            self.results.push(Cow::Borrowed(node));
            return Ok(());
        };
        match (step, node) {
            (Step::Scan, _) => self.scan(rest, node, 0),
            (Step::Wildcard, Value::Object(fields)) => self.each(rest, fields.values()),
            (Step::Wildcard, Value::Array(items)) => self.each(rest, items),
            (Step::Wildcard, _) => Ok(()),
            (Step::Names(names), Value::Object(fields)) => {
                self.names(names, rest, fields, is_definite)
            }
            (Step::Indices(indices), Value::Array(items)) => {
                let is_definite = is_definite && indices.len() == 1;
                for index in indices {
                    self.element(i64::from(*index), rest, items, is_definite)?;
                }
                Ok(())
            }
            (Step::Slice(from, to), Value::Array(items)) => {
                for index in slice_range(*from, *to, items.len()) {
                    self.element(index, rest, items, false)?;
                }
                Ok(())
            }
            (Step::Filter(filter), Value::Array(items)) => {
                for item in items {
                    self.filtered(filter, rest, item)?;
                }
                Ok(())
            }
            (Step::Filter(filter), Value::Object(_)) => self.filtered(filter, rest, node),
            (_, _) if is_definite => Err(Lost),
            (_, _) => Ok(()),
        }
    }

    fn each(
        &mut self,
        rest: &[Step],
        nodes: impl IntoIterator<Item = &'a Value>,
    ) -> Result<(), Lost> {
        nodes
            .into_iter()
            .try_for_each(|node| self.steps(rest, node, false))
    }

    fn names(
        &mut self,
        names: &[String],
        rest: &[Step],
        fields: &'a Map<String, Value>,
        is_definite: bool,
    ) -> Result<(), Lost> {
        if let [name] = names {
            return self.name(name, rest, fields, is_definite);
        }
        if !rest.is_empty() || !self.end_is_result {
            return names
                .iter()
                .try_for_each(|name| self.name(name, rest, fields, false));
        }
        let mut merged = Map::new();
        for name in names {
            match fields.get(name) {
                Some(value) => drop(merged.insert(name.clone(), value.clone())),
                None if self.scope.is_strict => return Err(Lost),
                None if self.scope.missing_leaf == MissingLeaf::Null => {
                    merged.insert(name.clone(), Value::Null);
                }
                None => {}
            }
        }
        self.results.push(Cow::Owned(Value::Object(merged)));
        Ok(())
    }

    fn name(
        &mut self,
        name: &str,
        rest: &[Step],
        fields: &'a Map<String, Value>,
        is_definite: bool,
    ) -> Result<(), Lost> {
        let is_leaf = rest.is_empty() && self.end_is_result;
        match fields.get(name) {
            Some(value) => self.steps(rest, value, is_definite),
            None if self.scope.is_strict => Err(Lost),
            None if is_leaf && self.scope.missing_leaf == MissingLeaf::Null => {
                self.steps(rest, &NULL, is_definite)
            }
            None if is_definite && !is_leaf => Err(Lost),
            None => Ok(()),
        }
    }

    /// Goes on from one element; negative indices count from the end, and an index outside finds
    /// nothing.
    fn element(
        &mut self,
        index: i64,
        rest: &[Step],
        items: &'a [Value],
        is_definite: bool,
    ) -> Result<(), Lost> {
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let index = if index < 0 { index + length } else { index };
        let item = usize::try_from(index).ok().and_then(|at| items.get(at));
        item.map_or(Ok(()), |item| self.steps(rest, item, is_definite))
    }

    fn filtered(&mut self, filter: &Filter, rest: &[Step], item: &'a Value) -> Result<(), Lost> {
        self.scope.visit()?;
        if filter.accepts(item, self.scope) {
            self.steps(rest, item, false)?;
        }
        Ok(())
    }

    /// Applies the steps to a node and to everything below it, a node before what is in it.
    fn scan(&mut self, steps: &[Step], node: &'a Value, depth: usize) -> Result<(), Lost> {
        self.scope.visit()?;
        if depth > DOCUMENT_DEPTH_MAX {
            return Ok(());
        }
        if self.scan_stops_at(steps, node) {
            self.steps(steps, node, false)?;
        }
        match node {
            Value::Array(items) => items
                .iter()
                .try_for_each(|item| self.scan(steps, item, depth + 1)),
            Value::Object(fields) => fields
                .values()
                .try_for_each(|field| self.scan(steps, field, depth + 1)),
            _ => Ok(()),
        }
    }

    /// Whether the step after `..` is tried at a node. A filter must accept the node itself, so
    /// that the elements of an array are not taken twice.
    fn scan_stops_at(&self, steps: &[Step], node: &'a Value) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            return false;
        };
        match (step, node) {
            (Step::Names(names), Value::Object(fields)) => {
                let is_leaf = rest.is_empty() && self.end_is_result;
                let takes_some = names.len() > 1 && !is_leaf;
                let takes_null = is_leaf && self.scope.missing_leaf == MissingLeaf::Null;
                takes_some || takes_null || names.iter().all(|name| fields.contains_key(name))
            }
            (Step::Indices(_) | Step::Slice(..), Value::Array(_)) => true,
            (Step::Wildcard, Value::Array(_) | Value::Object(_)) => true,
            (Step::Filter(filter), Value::Array(_) | Value::Object(_)) => {
                filter.accepts(node, self.scope)
            }
            _ => false,
        }
    }
}

/// The indices of a slice by Jayway's rules: with both bounds given, negative ones are kept and
/// count from the end one by one, so that `[-3:-1]` works and `[1:-1]` is empty.
fn slice_range(from: Option<i32>, to: Option<i32>, length: usize) -> std::ops::Range<i64> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { index + length } else { index };
    match (from.map(i64::from), to.map(i64::from)) {
        (Some(from), Some(to)) => from.max(-length)..to.min(length),
        (from, None) => from_end(from.unwrap_or(0)).max(0)..length,
        (None, Some(to)) => 0..from_end(to).min(length),
    }
}
