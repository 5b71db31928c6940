//! What a call can do, one file a behaviour; none of them knows another.
//!
//! Each decides by what it sees (a [`View`]) and says what follows: effects, or a [`Refusal`]. None
//! applies an effect, and none does IO, reads a clock or draws a number of its own. Putting them in
//! order is the engine's work.

pub mod auth;
pub mod batch;
pub mod error_queue;
pub mod expand;
pub mod fault;
pub mod idempotency;
pub mod ledger;
pub mod machine;
pub mod pagination;
pub mod preconditions;
pub mod query;
pub mod rate_limit;
pub mod recording;
pub mod records;
pub mod schema;
pub mod webhooks;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::definition::compiled::{Pack, RefusalSpec};
use crate::domain::cause::REFUSAL_NAMES;
use crate::domain::chance::Chance;
use crate::domain::member_path::{bracketed, place};
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::matching::condition::{EvalError, Expression, Scope, World};
use crate::render::{Document, Lookup, Model, RenderEnv, Template};
use crate::state::ledger::AccountId;
use crate::state::{Effect, SandboxState};

/// The names that expressions and templates see, with their values.
pub type Variables = Map<String, Value>;

pub use crate::state::ledger::OUTSIDE;

/// The id of an account of a pack.
#[must_use]
pub fn account_id(pack: &Pack, name: &str, currency: &str) -> AccountId {
    AccountId::new(pack.name.clone(), name, currency)
}

/// What a behaviour that may answer by itself decides.
#[derive(Debug)]
pub enum Step {
    /// The call goes on.
    Continue(Vec<Effect>),
    /// The call ends here.
    Answer(Reply, Vec<Effect>),
}

/// Why a call is refused: a named cause, and what the pack needs to say it in its own way.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The cause, as packs name it: `insufficient_funds`, `not_found` …
    pub cause: Arc<str>,
    /// What happened, in a sentence.
    pub message: String,
    /// What templates of the refusal see beside cause and message.
    pub details: Variables,
    /// How the profile that refuses says it, where it says it: before the pack's own way.
    pub shape: Option<Arc<RefusalSpec>>,
}

impl Refusal {
    /// A refusal for this cause.
    #[must_use]
    pub fn new(cause: &str, message: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            message: message.into(),
            details: Map::new(),
            shape: None,
        }
    }

    /// The input has a member that is not right.
    #[must_use]
    pub fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let violation = json!({
            "field": field,
            "message": message,
            "path": bracketed(field.split('.')),
            "place": place(field.split('.')),
        });
        Self::new("invalid_input", format!("{field}: {message}")).violated(vec![violation])
    }

    /// The same refusal with what is wrong with the input: `violations` are all that is known of it, and
    /// `errors` the part that a caller is told where a pack has no words of its own.
    #[must_use]
    pub fn violated(self, violations: Vec<Value>) -> Self {
        let told = |one: &Value| json!({ "field": one["field"], "message": one["message"] });
        let errors: Vec<Value> = violations.iter().map(told).collect();
        self.with("errors", errors).with("violations", violations)
    }

    /// The same refusal with something more for its templates.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        // Definitions are refused for other names when they load.
        debug_assert!(
            REFUSAL_NAMES.contains(&name),
            "{name} is no name of refusals"
        );
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// The same refusal as a profile says it.
    #[must_use]
    pub fn shaped(mut self, shape: &Arc<RefusalSpec>) -> Self {
        self.shape = Some(shape.clone());
        self
    }

    /// An expression or a template of the pack failed on this call: the definition is at fault.
    #[must_use]
    pub fn definition(source: &str, error: impl std::fmt::Display) -> Self {
        Self::new("definition_error", format!("`{source}`: {error}"))
    }
}

/// What a behaviour sees: the pack, the draft of the state, and the names at hand.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The pack that the call is for.
    pub pack: &'a Arc<Pack>,
    /// The state, with the earlier effects of the same call.
    pub state: &'a SandboxState,
    /// The names at hand.
    pub variables: &'a Variables,
    /// Stands for the name `record`, where one of many records is looked at.
    pub record: Option<&'a Value>,
    /// The only chance.
    pub chance: Chance,
}

impl<'a> View<'a> {
    /// The sandbox clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.state.now
    }

    /// The same view of one of many records.
    #[must_use]
    pub fn of(&self, record: &'a Value) -> Self {
        Self {
            record: Some(record),
            ..*self
        }
    }

    /// The full name of something that this pack declares.
    #[must_use]
    pub fn name(&self, name: &str) -> Name {
        Name::new(&self.pack.name, name)
    }

    /// The record at hand: the one looked at, or the one that a step found or made.
    #[must_use]
    pub fn record(&self) -> Option<&'a Value> {
        self.record.or_else(|| self.variables.get("record"))
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// When it fails on this call, or is no condition.
    pub fn test(&self, condition: &Expression) -> Result<bool, Refusal> {
        condition
            .test(self)
            .map_err(|error| Refusal::definition(condition.source(), error))
    }

    /// What an expression gives.
    ///
    /// # Errors
    /// When it fails on this call.
    pub fn eval(&self, expression: &Expression) -> Result<Value, Refusal> {
        expression
            .eval(self)
            .map_err(|error| Refusal::definition(expression.source(), error))
    }

    /// What an expression gives; nothing, where it names something that is not there, or null.
    ///
    /// # Errors
    /// When it fails on this call for another reason.
    pub fn eval_optional(&self, expression: &Expression) -> Result<Option<Value>, Refusal> {
        match expression.eval(self) {
            Ok(Value::Null) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(EvalError::Missing { .. }) => Ok(None),
            Err(error) => Err(Refusal::definition(expression.source(), error)),
        }
    }

    /// The text of what an expression gives: a key, a name or an amount.
    ///
    /// # Errors
    /// When it fails, or gives neither text nor number.
    pub fn text(&self, expression: &Expression) -> Result<String, Refusal> {
        match self.eval(expression)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(Refusal::invalid_field(
                field_of(expression.source()),
                format!("expected a text, found {other}"),
            )),
        }
    }

    /// A template as text.
    ///
    /// # Errors
    /// When it fails on this call.
    pub fn render(&self, template: &Template) -> Result<String, Refusal> {
        self.render_again(template, 0)
    }

    /// A template as text, with other chance for each attempt.
    ///
    /// # Errors
    /// When it fails on this call.
    pub fn render_again(&self, template: &Template, attempt: u32) -> Result<String, Refusal> {
        let chance = self.chance.again(attempt);
        let env = RenderEnv {
            now: self.now(),
            chance: &chance,
        };
        template
            .render(self, &env)
            .map_err(|error| Refusal::definition("template", error))
    }

    /// A document with its templates filled in.
    ///
    /// # Errors
    /// When one fails on this call.
    pub fn fill(&self, document: &Document) -> Result<Value, Refusal> {
        if let Some(value) = document.as_static() {
            return Ok(value.clone());
        }
        let env = RenderEnv {
            now: self.now(),
            chance: &self.chance,
        };
        document
            .render(self, &env)
            .map_err(|error| Refusal::definition("template", error))
    }

    /// The names that templates see, with their values.
    #[must_use]
    pub fn names_of_templates(&self) -> Variables {
        let mut model = self.variables.clone();
        if let Some(record) = self.record {
            model.insert("record".into(), record.clone());
        }
        model.insert("now".into(), self.now().to_string().into());
        model
    }
}

/// The member of the input that an expression names: `amount` for `input.amount`, for
/// `record.amount`, which came from there, and for `dig(input, 'amount', …)`; the expression itself,
/// if it is another kind.
#[must_use]
pub fn field_of(expression: &str) -> &str {
    let dug = expression
        .strip_prefix("dig(input, '")
        .and_then(|rest| rest.split_once('\''))
        .map(|(field, _)| field);
    let named = || expression.strip_prefix("input.");
    let kept = || expression.strip_prefix("record.");
    dug.or_else(named).or_else(kept).unwrap_or(expression)
}

/// What templates see.
#[derive(Clone, Copy, Debug)]
pub enum Names<'a> {
    /// The names of a tool's call, which expressions see too.
    Call(View<'a>),
    /// The model of a stub, which has no expressions.
    Stub(&'a dyn Model),
}

/// What can fill templates in.
pub trait Fills {
    /// The state that is seen.
    fn state(&self) -> &SandboxState;

    /// The only chance.
    fn chance(&self) -> &Chance;

    /// What the templates see.
    fn names(&self) -> Names<'_>;

    /// A template as text.
    ///
    /// # Errors
    /// When it fails on this call.
    fn text_of(&self, template: &Template) -> Result<String, Refusal>;

    /// A document with its templates filled in.
    ///
    /// # Errors
    /// When one fails on this call.
    fn document_of(&self, document: &Document) -> Result<Value, Refusal>;
}

impl Fills for View<'_> {
    fn state(&self) -> &SandboxState {
        self.state
    }

    fn chance(&self) -> &Chance {
        &self.chance
    }

    fn names(&self) -> Names<'_> {
        Names::Call(*self)
    }

    fn text_of(&self, template: &Template) -> Result<String, Refusal> {
        self.render(template)
    }

    fn document_of(&self, document: &Document) -> Result<Value, Refusal> {
        self.fill(document)
    }
}

/// What the templates of a stub see: WireMock's model, with the sandbox clock.
#[derive(Clone, Copy, Debug)]
pub struct StubView<'a> {
    /// What the templates may ask for.
    pub model: &'a dyn Model,
    /// The state that is seen: its clock, its files, its settings.
    pub state: &'a SandboxState,
    /// The only chance.
    pub chance: Chance,
}

impl Fills for StubView<'_> {
    fn state(&self) -> &SandboxState {
        self.state
    }

    fn chance(&self) -> &Chance {
        &self.chance
    }

    fn names(&self) -> Names<'_> {
        Names::Stub(self.model)
    }

    fn text_of(&self, template: &Template) -> Result<String, Refusal> {
        let env = RenderEnv {
            now: self.state.now,
            chance: &self.chance,
        };
        template
            .render(self.model, &env)
            .map_err(|error| Refusal::definition("template", error))
    }

    fn document_of(&self, document: &Document) -> Result<Value, Refusal> {
        let env = RenderEnv {
            now: self.state.now,
            chance: &self.chance,
        };
        document
            .render(self.model, &env)
            .map_err(|error| Refusal::definition("template", error))
    }
}

impl Scope for View<'_> {
    fn variable(&self, name: &str) -> Option<&Value> {
        match (name, self.record) {
            ("record", Some(record)) => Some(record),
            _ => self.variables.get(name),
        }
    }

    fn world(&self) -> &dyn World {
        self
    }
}

/// Templates look up what they name: nothing is copied for them, for the input of a call may be large,
/// and its steps many.
impl Model for View<'_> {
    fn find(&self, lookup: &Lookup) -> Option<Cow<'_, Value>> {
        match lookup.root() {
            Some("now") => {
                let now = lookup.beyond_made(1, self.now().to_string().into());
                now.map(Cow::Owned)
            }
            Some(name) => lookup.beyond(1, self.variable(name)?),
            None => Some(Cow::Owned(Value::Object(self.names_of_templates()))),
        }
    }
}

impl World for View<'_> {
    fn record(&self, collection: &str, key: &str) -> Option<Arc<Value>> {
        self.state.record(&self.name(collection), key)
    }

    fn balance(&self, account: &str, currency: Option<&str>) -> Option<Decimal> {
        let ledger = self.pack.ledger.as_ref()?;
        let code = match currency {
            Some(code) => &*ledger.currency(code)?.code,
            None => &*ledger.currencies.first()?.code,
        };
        let id = account_id(self.pack, account, code);
        Some(self.state.ledger.account(&id)?.available())
    }

    fn account_exists(&self, account: &str) -> bool {
        let mut accounts = self.state.ledger.accounts_named(&self.pack.name, account);
        accounts.next().is_some()
    }

    fn calls(&self, agent: &str, window_seconds: i64) -> (u64, u64) {
        let from = self.now().as_second().saturating_sub(window_seconds);
        let name = self.name(agent);
        let count = self
            .state
            .activity
            .get(&name)
            .map(|activity| activity.since(from));
        let count = count.unwrap_or_default();
        (count.calls, count.refused)
    }

    fn now(&self) -> Timestamp {
        self.state.now
    }

    fn target_allowed(&self, url: &str) -> bool {
        self.pack.targets.check_url(url).is_ok()
    }
}
