//! What a helper is given, and what it gives back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use handlebars::PathAndJson;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Preparation, Prepared, text_of};
use crate::render::kind::Kind;
use crate::render::{Dialect, RenderEnv, RenderError, TEMPLATE_WORK_MAX};

/// What a helper comes to.
pub(in crate::render) type Answer = Result<Value, Fault>;

/// Why a helper has no value.
pub(in crate::render) enum Fault {
    /// It cannot do that. The render goes on, and prints this.
    Complaint(String),
    /// The render is over.
    Stop(RenderError),
}

impl From<RenderError> for Fault {
    fn from(error: RenderError) -> Self {
        Self::Stop(error)
    }
}

/// Complains.
pub(in crate::render) fn complain<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Complaint(message.into()))
}

/// One call of a helper.
pub(in crate::render) struct Given<'g> {
    /// The name the helper was called by.
    pub(in crate::render) helper: &'static str,
    /// Whether another helper gets the value, so that it is not printed as it is.
    pub(in crate::render) is_argument: bool,
    pub(in crate::render) positional: Vec<&'g Value>,
    pub(in crate::render) named: &'g BTreeMap<&'g str, PathAndJson<'g>>,
    pub(in crate::render) env: RenderEnv<'g>,
    pub(in crate::render) dialect: Dialect,
    pub(in crate::render) prepared: &'g [Preparation],
    /// Whether the answer becomes the variable that the call names, if it names one.
    pub(in crate::render) is_kept: bool,
    /// How many numbers the render has drawn.
    pub(in crate::render) draws: u32,
    /// How much work the render has done.
    pub(in crate::render) work: u64,
}

impl<'g> Given<'g> {
    /// The argument at `position`; none if it is missing or null.
    pub(super) fn argument(&self, position: usize) -> Option<&'g Value> {
        self.positional
            .get(position)
            .copied()
            .filter(|value| !value.is_null())
    }

    /// A copy of the argument at `position`; null if it is missing.
    pub(super) fn take(&self, position: usize) -> Value {
        self.argument(position).cloned().unwrap_or(Value::Null)
    }

    /// The text of the argument at `position`; empty if it is missing or null.
    pub(super) fn text(&self, position: usize) -> Cow<'g, str> {
        let argument = self.argument(position);
        argument.map_or(Cow::Borrowed(""), |value| self.printed(value))
    }

    /// The argument called `name`; none if it is missing or null.
    pub(super) fn option(&self, name: &str) -> Option<&'g Value> {
        let found = self.named.get(name).map(PathAndJson::value);
        found.filter(|value| !value.is_null())
    }

    /// The text of the argument called `name`.
    pub(super) fn option_text(&self, name: &str) -> Option<Cow<'g, str>> {
        self.option(name).map(|value| self.printed(value))
    }

    /// The text that `value` prints as.
    pub(super) fn printed<'v>(&self, value: &'v Value) -> Cow<'v, str> {
        text_of(value, self.dialect)
    }

    /// Whether the argument called `name` is true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.option_text(name).is_some_and(|text| text == "true")
    }

    /// The whole number that the argument called `name` is.
    pub(super) fn whole_option(&self, name: &str) -> Result<Option<i64>, Fault> {
        match self.option(name) {
            None => Ok(None),
            Some(value) => match whole(value) {
                Some(number) => Ok(Some(number)),
                None => complain(format!("{name} must be a whole number")),
            },
        }
    }

    /// The list that the argument at `position` is.
    pub(super) fn list(&self, position: usize) -> Option<&'g [Value]> {
        Kind::of(self.argument(position)?).list()
    }

    /// What was compiled ahead for the second argument.
    pub(super) fn prepared(&self) -> Option<&'g Prepared> {
        let text = self.argument(1)?.as_str()?;
        let found = self
            .prepared
            .iter()
            .find(|made| made.helper == self.helper && made.text == text);
        found.map(|made| &made.prepared)
    }

    /// A random number.
    pub(super) fn draw(&mut self) -> u64 {
        let index = self.draws;
        self.draws = index.wrapping_add(1);
        self.env.chance.draw(self.helper, index)
    }

    /// Counts work that neither the arguments nor the answer of the helper show.
    pub(super) fn charge(&mut self, work: u64) -> Result<(), RenderError> {
        self.work = self.work.saturating_add(work);
        if self.work > TEMPLATE_WORK_MAX {
            return Err(RenderError::TooMuchWork);
        }
        Ok(())
    }
}

/// The decimal that `value` is or says.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let text = text_of(value, Dialect::WireMock);
    let text = text.trim();
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}

/// The whole number that `value` is or says, its fraction cut off.
pub(super) fn whole(value: &Value) -> Option<i64> {
    i64::try_from(decimal(value)?.trunc().mantissa()).ok()
}

/// The JSON number that `decimal` is, digit for digit.
pub(super) fn number(decimal: Decimal) -> Value {
    (decimal.to_string().parse::<serde_json::Number>()).map_or(Value::Null, Value::Number)
}
