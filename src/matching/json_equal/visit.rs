//! The walk over two documents at once that meets every difference.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow::{self, Break, Continue};

use serde_json::{Map, Value};

use super::number::{canonical, compare_numbers};
use super::pairing;
use super::placeholder::{Patterns, Placeholder};
use super::{COMPARISONS_MAX, DEPTH_MAX, EqualOptions};

/// A place in the actual document, as a chain of stack frames: a walk that finds no difference
/// allocates nothing for it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<(&'p Place<'p>, Key<'p>)>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Key<'p> {
    Field(&'p str),
    Element(usize),
}

impl<'p> Place<'p> {
    const ROOT: Place<'static> = Place {
        parent: None,
        depth: 0,
    };

    fn below(&'p self, key: Key<'p>) -> Place<'p> {
        Place {
            parent: Some((self, key)),
            depth: self.depth + 1,
        }
    }

    /// The place as a JSON Pointer.
    pub(super) fn pointer(&self) -> String {
        let mut keys = Vec::new();
        let mut place = self;
        while let Some((parent, key)) = place.parent {
            keys.push(match key {
                Key::Field(name) => format!("/{}", escape(name)),
                Key::Element(index) => format!("/{index}"),
            });
            place = parent;
        }
        keys.reverse();
        keys.concat()
    }
}

/// A key as a JSON Pointer writes it (RFC 6901, section 3).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// One difference: a value that is missing, extra, or another one than expected.
pub(super) struct Mismatch<'m> {
    pub(super) at: &'m Place<'m>,
    pub(super) expected: Option<&'m Value>,
    pub(super) actual: Option<&'m Value>,
}

/// Who hears of differences.
enum Report<'r> {
    /// Each difference, until it breaks off.
    To(&'r mut dyn FnMut(&Mismatch<'_>) -> ControlFlow<()>),
    /// Only whether there is one. A trial never looks twice at the same elements: where bags stand
    /// in bags, that would double its cost at each level.
    Trial,
}

impl Report<'_> {
    fn hear(&mut self, mismatch: &Mismatch<'_>) -> ControlFlow<()> {
        match self {
            Self::To(listener) => listener(mismatch),
            Self::Trial => Break(()),
        }
    }
}

/// One comparison of two documents.
pub(super) struct Visit<'e> {
    options: EqualOptions,
    patterns: &'e Patterns,
    comparisons_left: Cell<u64>,
}

impl<'e> Visit<'e> {
    pub(super) fn new(options: EqualOptions, patterns: &'e Patterns) -> Self {
        Self {
            options,
            patterns,
            comparisons_left: Cell::new(COMPARISONS_MAX),
        }
    }

    /// Calls `report` with the first difference, if there is one.
    pub(super) fn first(
        &self,
        expected: &Value,
        actual: &Value,
        report: &mut dyn FnMut(&Mismatch<'_>),
    ) {
        let mut stop = |mismatch: &Mismatch<'_>| {
            report(mismatch);
            Break(())
        };
        // Whether it broke off is told by the report.
        let _ = self.values(expected, actual, &Place::ROOT, &mut Report::To(&mut stop));
    }

    /// Calls `report` with each difference.
    pub(super) fn all(
        &self,
        expected: &Value,
        actual: &Value,
        report: &mut dyn FnMut(&Mismatch<'_>),
    ) {
        let mut go_on = |mismatch: &Mismatch<'_>| {
            report(mismatch);
            Continue(())
        };
        let _ = self.values(expected, actual, &Place::ROOT, &mut Report::To(&mut go_on));
    }

    pub(super) fn is_equal(&self, expected: &Value, actual: &Value) -> bool {
        self.is_equal_at(expected, actual, &Place::ROOT)
    }

    fn is_equal_at(&self, expected: &Value, actual: &Value, at: &Place<'_>) -> bool {
        self.values(expected, actual, at, &mut Report::Trial)
            .is_continue()
    }

    /// Whether the comparison was too large to be finished.
    pub(super) fn gave_up(&self) -> bool {
        self.comparisons_left.get() == 0
    }

    fn placeholder<'v>(&self, expected: &'v Value) -> Option<Placeholder<'v>> {
        self.options
            .placeholders
            .then(|| Placeholder::read(expected))?
    }

    fn values(
        &self,
        expected: &Value,
        actual: &Value,
        at: &Place<'_>,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let left = self.comparisons_left.get().saturating_sub(1);
        self.comparisons_left.set(left);
        if left == 0 {
            return Break(());
        }
        let is_equal = if let Some(placeholder) = self.placeholder(expected) {
            placeholder.accepts(actual, self.patterns)
        } else {
            match (expected, actual) {
                (Value::Object(expected), Value::Object(actual)) if at.depth < DEPTH_MAX => {
                    return self.objects(expected, actual, at, report);
                }
                (Value::Array(expected), Value::Array(actual)) if at.depth < DEPTH_MAX => {
                    return if self.options.ignore_array_order {
                        self.bags(expected, actual, at, report)
                    } else {
                        self.lists(expected, actual, at, report)
                    };
                }
                (Value::Number(expected), Value::Number(actual)) => {
                    compare_numbers(expected, actual).is_eq()
                }
                (Value::String(expected), Value::String(actual)) => expected == actual,
                (Value::Bool(expected), Value::Bool(actual)) => expected == actual,
                (Value::Null, Value::Null) => true,
                _ => false,
            }
        };
        if is_equal {
            return Continue(());
        }
        report.hear(&Mismatch {
            at,
            expected: Some(expected),
            actual: Some(actual),
        })
    }

    fn objects(
        &self,
        expected: &Map<String, Value>,
        actual: &Map<String, Value>,
        at: &Place<'_>,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        for (key, field) in expected {
            let place = at.below(Key::Field(key));
            match actual.get(key) {
                Some(actual) => self.values(field, actual, &place, report)?,
                None if self
                    .placeholder(field)
                    .is_some_and(Placeholder::allows_absence) => {}
                None => missing(field, &place, report)?,
            }
        }
        if self.options.ignore_extra_elements {
            return Continue(());
        }
        for (key, field) in actual {
            if !expected.contains_key(key) {
                extra(field, &at.below(Key::Field(key)), report)?;
            }
        }
        Continue(())
    }

    fn lists(
        &self,
        expected: &[Value],
        actual: &[Value],
        at: &Place<'_>,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        for (index, element) in expected.iter().enumerate() {
            let place = at.below(Key::Element(index));
            match actual.get(index) {
                Some(actual) => self.values(element, actual, &place, report)?,
                None => missing(element, &place, report)?,
            }
        }
        if self.options.ignore_extra_elements {
            return Continue(());
        }
        for (index, element) in actual.iter().enumerate().skip(expected.len()) {
            extra(element, &at.below(Key::Element(index)), report)?;
        }
        Continue(())
    }

    fn bags(
        &self,
        expected: &[Value],
        actual: &[Value],
        at: &Place<'_>,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let paired = self.pair(expected, actual, at);
        if self.gave_up() {
            return Break(());
        }
        let mut is_used = vec![false; actual.len()];
        for column in paired.iter().flatten() {
            is_used[*column] = true;
        }
        let lonely: Vec<usize> = (0..expected.len())
            .filter(|row| paired[*row].is_none())
            .collect();
        let unused: Vec<usize> = (0..actual.len())
            .filter(|column| !is_used[*column])
            .collect();
        // Where one element is left on each side, a reader wants to know how these two differ.
        if let (Report::To(_), [row], [column]) = (&report, lonely.as_slice(), unused.as_slice()) {
            let place = at.below(Key::Element(*column));
            return self.values(&expected[*row], &actual[*column], &place, report);
        }
        for row in lonely {
            missing(&expected[row], &at.below(Key::Element(row)), report)?;
        }
        if self.options.ignore_extra_elements {
            return Continue(());
        }
        for column in unused {
            extra(&actual[column], &at.below(Key::Element(column)), report)?;
        }
        Continue(())
    }

    /// For each expected element the actual one that goes with it. Elements that are the same come
    /// first and cost little; only what is then left is compared with everything.
    fn pair(&self, expected: &[Value], actual: &[Value], at: &Place<'_>) -> Vec<Option<usize>> {
        let is_pattern: Vec<bool> = expected
            .iter()
            .map(|element| self.options.placeholders && has_placeholder(element, 0))
            .collect();
        let same = self.pair_same(expected, actual, &is_pattern, at.depth + 1);
        // What is literal and complete equals nothing but its own kind, which is paired by now.
        let may_fit = |row: usize| is_pattern[row] || self.options.ignore_extra_elements;
        if !(0..expected.len()).any(|row| same[row].is_none() && may_fit(row)) {
            return same;
        }
        let pairs = expected.len() as u64 * actual.len() as u64;
        if pairs > self.comparisons_left.get() {
            self.comparisons_left.set(0);
            return same;
        }
        pairing::complete(same, actual.len(), |row, column| {
            let place = at.below(Key::Element(column));
            may_fit(row) && self.is_equal_at(&expected[row], &actual[column], &place)
        })
    }

    fn pair_same(
        &self,
        expected: &[Value],
        actual: &[Value],
        is_pattern: &[bool],
        depth: usize,
    ) -> Vec<Option<usize>> {
        let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (column, element) in actual.iter().enumerate().rev() {
            if let Some(key) = self.key(element, depth) {
                by_key.entry(key).or_default().push(column);
            }
        }
        let take = |(element, is_pattern): (&Value, &bool)| {
            let key = (!is_pattern).then(|| self.key(element, depth))??;
            by_key.get_mut(&key)?.pop()
        };
        expected.iter().zip(is_pattern).map(take).collect()
    }

    /// A text that equal elements share, and only they; none if the element is nested too deeply.
    fn key(&self, value: &Value, depth: usize) -> Option<String> {
        let left = self.comparisons_left.get().saturating_sub(1);
        self.comparisons_left.set(left);
        let is_too_deep = depth >= DEPTH_MAX && (value.is_object() || value.is_array());
        if left == 0 || is_too_deep {
            return None;
        }
        Some(match value {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_unstable_by_key(|(key, _)| *key);
                let mut text = String::from("{");
                for (name, field) in fields {
                    text.push_str(&format!("{}:{name}", name.len()));
                    text.push_str(&self.key(field, depth + 1)?);
                }
                text + "}"
            }
            Value::Array(items) => {
                let mut keys: Vec<String> = items
                    .iter()
                    .map(|item| self.key(item, depth + 1))
                    .collect::<Option<_>>()?;
                // Keys are made only where the order of arrays is ignored.
                keys.sort_unstable();
                format!("[{}]", keys.join(","))
            }
            Value::Number(number) => canonical(number),
            Value::String(string) => format!("{}\"{string}", string.len()),
            Value::Bool(true) => "t".to_owned(),
            Value::Bool(false) => "f".to_owned(),
            Value::Null => "n".to_owned(),
        })
    }
}

fn missing(expected: &Value, at: &Place<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    report.hear(&Mismatch {
        at,
        expected: Some(expected),
        actual: None,
    })
}

fn extra(actual: &Value, at: &Place<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    report.hear(&Mismatch {
        at,
        expected: None,
        actual: Some(actual),
    })
}

fn has_placeholder(value: &Value, depth: usize) -> bool {
    match value {
        Value::String(_) => Placeholder::read(value).is_some(),
        Value::Array(items) => {
            depth < DEPTH_MAX && items.iter().any(|item| has_placeholder(item, depth + 1))
        }
        Value::Object(fields) => {
            depth < DEPTH_MAX
                && fields
                    .values()
                    .any(|field| has_placeholder(field, depth + 1))
        }
        _ => false,
    }
}

/// Whether a value is nested less deeply than [`DEPTH_MAX`].
pub(super) fn is_shallow(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => {
            depth < DEPTH_MAX && items.iter().all(|item| is_shallow(item, depth + 1))
        }
        Value::Object(fields) => {
            depth < DEPTH_MAX && fields.values().all(|field| is_shallow(field, depth + 1))
        }
        _ => true,
    }
}
