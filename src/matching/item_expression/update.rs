//! Updating: an item after the actions of an update. All of them see the item as it was before.

use serde_json::{Map, Value};

use super::evaluate::{Item, at};
use super::number::Number;
use super::stored::stored_value;
use super::tree::{Action, Call, Operand, Path, Step};
use super::value::{held, member_key, member_keys, number, of_type, type_of, typed};

const INVALID_PATH: &str =
    "The document path provided in the update expression is invalid for update";
const MISSING: &str =
    "The provided expression refers to an attribute that does not exist in the item";
const WRONG_TYPE: &str = "An operand in the update expression has an incorrect data type";

/// The item after the actions.
///
/// # Errors
/// What is wrong with one of them for this item.
pub(super) fn updated(actions: &[Action<'_>], item: &Item) -> Result<Item, String> {
    let mut work = Work {
        item: item.clone(),
        behind: Vec::new(),
        holes: Vec::new(),
    };
    for action in actions {
        match action {
            Action::Set(path, operand) => {
                let value = evaluate(operand, item)?;
                work.put(path, value)?;
            }
            Action::Remove(path) => work.remove(path)?,
            Action::Add(path, operand) => {
                let added = evaluate(operand, item)?;
                let sum = added_to(at(item, path), added)?;
                work.put(path, sum)?;
            }
            Action::Delete(path, operand) => {
                let gone = evaluate(operand, item)?;
                work.check_parent(path)?;
                match at(item, path) {
                    None => {}
                    Some(set) => match without(set, &gone)? {
                        Some(rest) => work.put(path, rest)?,
                        None => work.remove(path)?,
                    },
                }
            }
        }
    }
    Ok(work.finish())
}

/// What an operand gives.
fn evaluate(operand: &Operand<'_>, item: &Item) -> Result<Value, String> {
    match operand {
        Operand::Path(path) => at(item, path).cloned().ok_or_else(|| MISSING.to_owned()),
        Operand::Value(value) => Ok(stored_value(value)),
        Operand::Sum(mark, sides) => {
            let (left, right) = &**sides;
            let (left, right) = (evaluate(left, item)?, evaluate(right, item)?);
            let sum = match *mark {
                "+" => Number::plus,
                _ => Number::minus,
            };
            calculate(&left, &right, sum)
        }
        Operand::Call(Call { name, arguments }) => match (name.as_str(), arguments.as_slice()) {
            ("if_not_exists", [Operand::Path(path), other]) => match at(item, path) {
                Some(found) => Ok(found.clone()),
                None => evaluate(other, item),
            },
            ("list_append", [first, second]) => {
                let (first, second) = (evaluate(first, item)?, evaluate(second, item)?);
                let both = (held(&first, "L"), held(&second, "L"));
                let (Some(Value::Array(first)), Some(Value::Array(second))) = both else {
                    return Err(WRONG_TYPE.to_owned());
                };
                let all = first.iter().chain(second).cloned().collect();
                Ok(of_type("L", Value::Array(all)))
            }
            _ => Err(WRONG_TYPE.to_owned()),
        },
        Operand::Undefined => Err(MISSING.to_owned()),
    }
}

fn calculate(
    left: &Value,
    right: &Value,
    operation: fn(Number, Number) -> Result<Number, super::number::Problem>,
) -> Result<Value, String> {
    let (Some(left), Some(right)) = (number(left), number(right)) else {
        return Err(WRONG_TYPE.to_owned());
    };
    let result = operation(left, right).map_err(|problem| problem.to_string())?;
    Ok(of_type("N", result.to_string().into()))
}

/// A number and another, or a set and the members of another; the other alone, if there is nothing yet.
fn added_to(before: Option<&Value>, added: Value) -> Result<Value, String> {
    let Some(before) = before else {
        return Ok(added);
    };
    match (typed(before), typed(&added)) {
        (Some(("N", _)), Some(("N", _))) => calculate(before, &added, Number::plus),
        (Some((kind, Value::Array(ours))), Some((other, Value::Array(theirs))))
            if kind == other && kind != "L" =>
        {
            let (mut all, mut there) = (ours.clone(), member_keys(kind, ours));
            let new = theirs
                .iter()
                .filter(|one| there.insert(member_key(kind, one)));
            all.extend(new.cloned());
            Ok(of_type(kind, Value::Array(all)))
        }
        _ => Err(WRONG_TYPE.to_owned()),
    }
}

/// A set without the members of another; nothing, if none are left.
fn without(set: &Value, gone: &Value) -> Result<Option<Value>, String> {
    match (typed(set), typed(gone)) {
        (Some((kind, Value::Array(ours))), Some((other, Value::Array(theirs))))
            if kind == other && kind != "L" =>
        {
            let gone = member_keys(kind, theirs);
            let rest = ours
                .iter()
                .filter(|one| !gone.contains(&member_key(kind, one)));
            let rest: Vec<Value> = rest.cloned().collect();
            Ok((!rest.is_empty()).then(|| of_type(kind, Value::Array(rest))))
        }
        _ => Err(WRONG_TYPE.to_owned()),
    }
}

/// An item that is being changed. Elements of lists keep their places until the end, as paths mean
/// places of the list as it was.
struct Work {
    item: Item,
    /// Elements that come behind the end of the list at a path: where they were put, and what.
    behind: Vec<(Path, usize, Value)>,
    /// The lists out of which elements are taken. In their place stands null, which is no value.
    holes: Vec<Path>,
}

impl Work {
    fn put(&mut self, path: &Path, value: Value) -> Result<(), String> {
        match self.place(path)? {
            Place::Member(members, name) => {
                members.insert(name, value);
            }
            Place::Element(items, index) => match items.get_mut(index) {
                Some(element) => *element = value,
                None => self.behind.push((parent(path), index, value)),
            },
        }
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> Result<(), String> {
        match self.place(path)? {
            Place::Member(members, name) => {
                members.shift_remove(&name);
            }
            Place::Element(items, index) => {
                if let Some(element) = items.get_mut(index) {
                    *element = Value::Null;
                    self.holes.push(parent(path));
                }
            }
        }
        Ok(())
    }

    fn check_parent(&mut self, path: &Path) -> Result<(), String> {
        self.place(path).map(drop)
    }

    /// The place that a path means. What it stands in must be there.
    fn place(&mut self, path: &Path) -> Result<Place<'_>, String> {
        let invalid = || INVALID_PATH.to_owned();
        let (last, before) = path.0.split_last().ok_or_else(invalid)?;
        let inside = match before {
            [] => Inside::Members(&mut self.item),
            before => {
                inside(at_mut(&mut self.item, before).ok_or_else(invalid)?).ok_or_else(invalid)?
            }
        };
        match (inside, last) {
            (Inside::Members(members), Step::Name(name)) => {
                Ok(Place::Member(members, name.clone()))
            }
            (Inside::Elements(items), Step::Index(index)) => Ok(Place::Element(items, *index)),
            _ => Err(invalid()),
        }
    }

    fn finish(mut self) -> Item {
        self.behind.sort_by_key(|(_, index, _)| *index);
        for (list, _, value) in std::mem::take(&mut self.behind) {
            if let Some(items) = elements(&mut self.item, &list) {
                items.push(value);
            }
        }
        // The innermost first: the places of the others are as they were until then.
        self.holes
            .sort_by_key(|list| std::cmp::Reverse(list.0.len()));
        for list in &self.holes {
            if let Some(items) = elements(&mut self.item, list) {
                items.retain(|item| !item.is_null());
            }
        }
        self.item
    }
}

enum Inside<'i> {
    Members(&'i mut Map<String, Value>),
    Elements(&'i mut Vec<Value>),
}

enum Place<'i> {
    Member(&'i mut Map<String, Value>, String),
    Element(&'i mut Vec<Value>, usize),
}

fn parent(path: &Path) -> Path {
    let steps = path.0.len().saturating_sub(1);
    Path(path.0.iter().take(steps).cloned().collect())
}

fn elements<'i>(item: &'i mut Item, list: &Path) -> Option<&'i mut Vec<Value>> {
    match inside(at_mut(item, &list.0)?)? {
        Inside::Elements(items) => Some(items),
        Inside::Members(_) => None,
    }
}

fn at_mut<'i>(item: &'i mut Item, steps: &[Step]) -> Option<&'i mut Value> {
    let (first, rest) = steps.split_first()?;
    let Step::Name(name) = first else {
        return None;
    };
    let mut value = item.get_mut(name)?;
    for step in rest {
        value = match (inside(value)?, step) {
            (Inside::Members(members), Step::Name(name)) => members.get_mut(name)?,
            (Inside::Elements(items), Step::Index(index)) => items.get_mut(*index)?,
            _ => return None,
        };
    }
    Some(value)
}

/// What is inside a map or a list.
fn inside(value: &mut Value) -> Option<Inside<'_>> {
    let kind = type_of(value)?;
    match (kind, value.get_mut(kind)?) {
        ("M", Value::Object(members)) => Some(Inside::Members(members)),
        ("L", Value::Array(items)) => Some(Inside::Elements(items)),
        _ => None,
    }
}
