//! How the library calls our helpers.

use handlebars::template::Template as Parsed;
use handlebars::{
    BlockContext, BlockParamHolder, BlockParams, Context, Handlebars, Helper as Call, HelperDef,
    HelperResult, Output, PathAndJson, RenderContext, Renderable, ScopedJson,
};
use serde_json::Value;

use super::compile::Compiled;
use super::helpers::{
    FIND, Fault, Given, Helper, PRINT, Role, VariablePlace, holds, text_of, weight_of,
};
use super::kind::Kind;
use super::output::BoundedText;
use super::run::{Counters, stop, with_blocks, with_root};
use super::{Dialect, RenderEnv, RenderError, TEMPLATE_WORK_MAX};

/// A helper, with what it may know in this render.
pub(super) struct Bound<'e> {
    pub(super) helper: &'static Helper,
    pub(super) env: RenderEnv<'e>,
    pub(super) template: &'e Compiled,
}

/// What a helper gets, and for whom.
struct Order<'v> {
    positional: Vec<&'v Value>,
    /// Another helper gets the value, so that it is not printed as it is.
    is_argument: bool,
}

impl<'v> Order<'v> {
    fn printed(positional: impl IntoIterator<Item = &'v Value>) -> Self {
        Self {
            positional: positional.into_iter().collect(),
            is_argument: false,
        }
    }
}

fn positional<'c>(call: &'c Call<'_>) -> impl Iterator<Item = &'c Value> {
    call.params().iter().map(PathAndJson::value)
}

impl Bound<'_> {
    /// What the helper comes to: a complaint is a text. A value that is kept is null.
    fn evaluate<'rc>(
        &self,
        call: &Call<'rc>,
        calls: &mut RenderContext<'_, 'rc>,
        order: Order<'_>,
    ) -> Result<Value, handlebars::RenderError> {
        let mut counters = with_root(calls, |root| Counters::read(root));
        counters.charge(arguments_work(call)?)?;
        let mut given = Given {
            helper: self.helper.name,
            is_argument: order.is_argument,
            positional: order.positional,
            named: call.hash(),
            env: self.env,
            dialect: self.template.dialect,
            prepared: &self.template.preparations,
            is_kept: true,
            draws: counters.draws,
            work: counters.work,
        };
        let answer = (self.helper.run)(&mut given);
        counters.draws = given.draws;
        counters.work = given.work;
        let is_kept = given.is_kept;
        let (value, variable) = match answer {
            Ok(value) if !is_kept => (value, None),
            Ok(value) => match self.variable_of(call) {
                Some(None) => (complaint("a variable is named by a quoted text"), None),
                Some(Some(name)) => (value, Some(name)),
                None => (value, None),
            },
            Err(Fault::Complaint(message)) => (complaint(&message), None),
            Err(Fault::Stop(error)) => return Err(stop(error)),
        };
        counters.charge(checked_weight(&value)?)?;
        Ok(with_root(calls, |root| {
            counters.write(root);
            match variable {
                Some(name) => {
                    root.set_block_param(name, BlockParamHolder::value(value));
                    Value::Null
                }
                None => value,
            }
        }))
    }

    /// The variable that the call assigns, if it does: its name, if that is a constant.
    fn variable_of<'rc>(&self, call: &Call<'rc>) -> Option<Option<&'rc str>> {
        let name = match self.helper.variable? {
            VariablePlace::Position(position) => call.param(position),
            VariablePlace::Name(name) => call.hash_get(name),
            VariablePlace::AfterText => call.param(usize::from(!call.is_block())),
        };
        Some(name?.try_get_constant_value().and_then(Value::as_str))
    }

    /// Prints a plain value, without the copies that other helpers need.
    fn print<'rc>(
        &self,
        call: &Call<'rc>,
        library: &Handlebars<'_>,
        calls: &mut RenderContext<'_, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        charge(calls, copied_weight(call)?)?;
        match call.param(0) {
            Some(value) => self.write(value.value(), library, calls, out),
            None => Ok(()),
        }
    }

    fn write(
        &self,
        value: &Value,
        library: &Handlebars<'_>,
        calls: &RenderContext<'_, '_>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let text = text_of(value, self.template.dialect);
        if calls.is_disable_escape() {
            out.write(&text)?;
        } else {
            out.write(&library.get_escape_fn()(&text))?;
        }
        Ok(())
    }

    /// A copy of what a path within blocks names.
    fn found<'rc>(
        &self,
        call: &Call<'rc>,
        context: &'rc Context,
        calls: &mut RenderContext<'_, 'rc>,
    ) -> Result<Value, handlebars::RenderError> {
        let position = call.param(0).and_then(|position| position.value().as_u64());
        let position = position.and_then(|position| usize::try_from(position).ok());
        let Some(scoped) = position.and_then(|at| self.template.scoped.get(at)) else {
            return Ok(Value::Null);
        };
        let (value, weight) = with_blocks(calls, |blocks| {
            let found = scoped.find(blocks, context.data());
            let weight = checked_weight(&found)?;
            // What weighs too much is not copied.
            let value = (weight <= TEMPLATE_WORK_MAX).then(|| found.into_owned());
            Ok::<_, handlebars::RenderError>((value.unwrap_or(Value::Null), weight))
        })?;
        charge(calls, weight)?;
        Ok(value)
    }
}

/// Counts work.
pub(super) fn charge(calls: &mut RenderContext<'_, '_>, work: u64) -> HelperResult {
    if work == 0 {
        return Ok(());
    }
    with_root(calls, |root| {
        let mut counters = Counters::read(root);
        let charged = counters.charge(work);
        counters.write(root);
        charged
    })
}

impl Counters {
    fn charge(&mut self, work: u64) -> HelperResult {
        self.work = self.work.saturating_add(work);
        match self.work > TEMPLATE_WORK_MAX {
            true => Err(stop(RenderError::TooMuchWork)),
            false => Ok(()),
        }
    }
}

fn complaint(message: &str) -> Value {
    Value::String(format!("[ERROR: {message}]"))
}

pub(super) fn checked_weight(value: &Value) -> Result<u64, handlebars::RenderError> {
    weight_of(value, 0).ok_or_else(|| stop(RenderError::ValueTooDeep))
}

/// The weight of the arguments that the library has copied: those that are neither in the model
/// nor in the template.
pub(super) fn copied_weight(call: &Call<'_>) -> Result<u64, handlebars::RenderError> {
    let arguments = call.params().iter().chain(call.hash().values());
    arguments
        .filter(|argument| {
            argument.context_path().is_none() && argument.try_get_constant_value().is_none()
        })
        .try_fold(0u64, |sum, argument| {
            Ok(sum.saturating_add(checked_weight(argument.value())?))
        })
}

/// What it costs to look at all arguments once. What lies deeper in values of the model is charged
/// by the helpers that go there.
fn arguments_work(call: &Call<'_>) -> Result<u64, handlebars::RenderError> {
    let arguments = call.params().iter().chain(call.hash().values());
    let looked_at = arguments.map(|argument| match argument.value() {
        Value::String(text) => text.len(),
        Value::Array(items) => items.len() * ITEM_WORK,
        _ => 0,
    });
    Ok(copied_weight(call)?.saturating_add(looked_at.sum::<usize>() as u64))
}

/// What it costs to look at one item of a list, in units of work.
const ITEM_WORK: usize = 8;

impl HelperDef for Bound<'_> {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Call<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        calls: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, handlebars::RenderError> {
        if self.helper.name == FIND.name {
            return self.found(call, context, calls).map(ScopedJson::Derived);
        }
        let order = Order {
            positional: positional(call).collect(),
            is_argument: true,
        };
        self.evaluate(call, calls, order).map(ScopedJson::Derived)
    }

    fn call<'reg: 'rc, 'rc>(
        &self,
        call: &Call<'rc>,
        library: &'reg Handlebars<'reg>,
        context: &'rc Context,
        calls: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let value = match (self.helper.role, call.template()) {
            _ if self.helper.name == PRINT.name => return self.print(call, library, calls, out),
            _ if self.helper.name == FIND.name => self.found(call, context, calls)?,
            (Role::Scope(scope), _) => {
                let dialect = self.template.dialect;
                return scope.render((call, library, context), dialect, calls, out);
            }
            (Role::Test | Role::Condition, _) if call.is_block() => {
                let order = Order::printed(positional(call));
                let branch = match holds(&self.evaluate(call, calls, order)?) {
                    true => call.template(),
                    // Two of WireMock's own helpers have no other branch.
                    false
                        if self.template.dialect == Dialect::WireMock
                            && matches!(self.helper.name, "contains" | "matches") =>
                    {
                        None
                    }
                    false => call.inverse(),
                };
                return match branch {
                    Some(branch) => branch.render(library, context, calls, out),
                    None => Ok(()),
                };
            }
            (Role::Transform | Role::Block, Some(body)) => {
                let mut text = BoundedText::default();
                body.render(library, context, calls, &mut text)?;
                let text = Value::String(text.text);
                let arguments = std::iter::once(&text).chain(positional(call));
                self.evaluate(call, calls, Order::printed(arguments))?
            }
            (Role::Append, Some(body)) => {
                let mut text = BoundedText::default();
                body.render(library, context, calls, &mut text)?;
                let text = Value::String(text.text);
                let arguments = positional(call).chain(std::iter::once(&text));
                self.evaluate(call, calls, Order::printed(arguments))?
            }
            (Role::Join, Some(body)) => {
                let texts = each_text(body, call, library, context, calls)?;
                let arguments = positional(call).take(1).chain([&texts]);
                self.evaluate(call, calls, Order::printed(arguments))?
            }
            _ => self.evaluate(call, calls, Order::printed(positional(call)))?,
        };
        self.write(&value, library, calls, out)
    }
}

/// The texts of `body` for the items after the first argument, as a list.
fn each_text<'reg: 'rc, 'rc>(
    body: &'rc Parsed,
    call: &Call<'rc>,
    library: &'reg Handlebars<'reg>,
    context: &'rc Context,
    calls: &mut RenderContext<'reg, 'rc>,
) -> Result<Value, handlebars::RenderError> {
    let list = call.param(1).and_then(|list| Kind::of(list.value()).list());
    let items: Vec<&Value> = match list {
        Some(items) => items.iter().collect(),
        None => positional(call).skip(1).collect(),
    };
    let mut out = BoundedText::default();
    let mut texts = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let mut block = BlockContext::new();
        block.set_local_var("index", Value::from(index));
        block.set_base_value(item.clone());
        if let Some(name) = call.block_param() {
            let mut params = BlockParams::new();
            params.add_value(name, item.clone())?;
            block.set_block_params(params);
        }
        calls.push_block(block);
        let start = out.text.len();
        body.render(library, context, calls, &mut out)?;
        calls.pop_block();
        texts.push(Value::from(&out.text[start..]));
    }
    Ok(Value::Array(texts))
}
