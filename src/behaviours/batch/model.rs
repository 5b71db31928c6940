//! The model: what templates of items see. It is made once a batch, and holds one item after the other,
//! for a batch that cloned its own input for each of its items would cost their square.

use serde_json::{Map, Value};

use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::BatchLook;
use crate::matching::condition::{EvalError, Expression, Scope, World};
use crate::render::{Document, RenderEnv, Template};

/// The name of the item.
const ITEM: &str = "item";

/// What templates of items see.
#[derive(Debug, Default)]
pub struct Model {
    names: Value,
}

impl Model {
    /// The model of a batch. Of the call's names there are those that its items' templates ask for, and
    /// `input` without its lists and objects.
    #[must_use]
    pub fn new(view: &View<'_>, variables: &Variables, look: &BatchLook) -> Self {
        let mut names = Map::new();
        for (name, value) in variables {
            match (name.as_str(), value) {
                ("input", Value::Object(members)) => {
                    let plain = members.iter().filter(|(_, value)| is_plain(value));
                    let plain = plain.map(|(name, value)| (name.clone(), value.clone()));
                    names.insert(name.clone(), Value::Object(plain.collect()));
                }
                _ if look.names.contains(name) => drop(names.insert(name.clone(), value.clone())),
                _ => {}
            }
        }
        names.insert("now".into(), view.now().to_string().into());
        Self {
            names: Value::Object(names),
        }
    }

    /// Lets the templates see this as `item`.
    pub fn put(&mut self, item: Value) {
        if let Value::Object(names) = &mut self.names {
            names.insert(ITEM.to_owned(), item);
        }
    }

    /// Takes the item back.
    pub fn take(&mut self) -> Value {
        let names = self.names.as_object_mut();
        let item = names.and_then(|names| names.shift_remove(ITEM));
        item.unwrap_or_default()
    }

    /// The item at hand.
    #[must_use]
    pub fn item(&self) -> &Value {
        &self.names[ITEM]
    }

    /// Gives the item at hand another member.
    pub fn add(&mut self, name: &str, value: Value) {
        if let Some(item) = self.names.get_mut(ITEM).and_then(Value::as_object_mut) {
            item.insert(name.to_owned(), value);
        }
    }

    /// A document for the item at hand.
    ///
    /// # Errors
    /// When a template fails on it.
    pub fn fill(&self, document: &Document, view: &View<'_>) -> Result<Value, Refusal> {
        if let Some(value) = document.as_static() {
            return Ok(value.clone());
        }
        let env = RenderEnv {
            now: view.now(),
            chance: &view.chance,
        };
        document
            .render(&self.names, &env)
            .map_err(|error| Refusal::definition("template", error))
    }

    /// A text for the item at hand.
    ///
    /// # Errors
    /// When the template fails on it.
    pub fn text(&self, template: &Template, view: &View<'_>) -> Result<String, Refusal> {
        let env = RenderEnv {
            now: view.now(),
            chance: &view.chance,
        };
        template
            .render(&self.names, &env)
            .map_err(|error| Refusal::definition("template", error))
    }

    /// What an expression gives for the item at hand; nothing, where it names something that is not
    /// there. It sees all names of `view`, which are those of the whole call.
    ///
    /// # Errors
    /// When it fails on it for another reason.
    pub fn eval(&self, expression: &Expression, view: &View<'_>) -> Result<Option<Value>, Refusal> {
        let seen = Seen { model: self, view };
        match expression.eval(&seen) {
            Ok(Value::Null) | Err(EvalError::Missing { .. }) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Refusal::definition(expression.source(), error)),
        }
    }

    /// Whether a condition holds for the item at hand. It sees what [`eval`](Self::eval) sees.
    ///
    /// # Errors
    /// When it fails on it, names something that is not there, or is no condition.
    pub fn test(&self, condition: &Expression, view: &View<'_>) -> Result<bool, Refusal> {
        let seen = Seen { model: self, view };
        condition
            .test(&seen)
            .map_err(|error| Refusal::definition(condition.source(), error))
    }
}

/// What expressions see: the names of the whole call where they are, and the item at hand.
struct Seen<'a> {
    model: &'a Model,
    view: &'a View<'a>,
}

impl Scope for Seen<'_> {
    fn variable(&self, name: &str) -> Option<&Value> {
        match name {
            ITEM => Some(self.model.item()),
            name => self.view.variable(name),
        }
    }

    fn world(&self) -> &dyn World {
        self.view
    }
}

fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}
