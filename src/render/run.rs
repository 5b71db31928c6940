//! One render: what helpers may know and use up, and how the library is made to call them.
//!
//! The library shares helpers between threads, so that they can hold nothing that changes. What a
//! render counts (draws, work) it keeps in the library's own outermost block, as numbers under
//! names that no template can spell.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::LazyLock;

use handlebars::template::TemplateElement;
use handlebars::{
    BlockContext, BlockParamHolder, Context, Handlebars, RenderContext, RenderErrorReason,
    Renderable,
};
use serde_json::Value;

use super::call::Bound;
use super::compile::Compiled;
use super::output::BoundedText;
use super::path::{Lookup, Model};
use super::scope::Blocks;
use super::{Escape, RenderEnv, RenderError, TEMPLATE_OUTPUT_MAX, TEMPLATE_WORK_MAX};

/// What several renders share: the chance and the limits. What is drawn goes on from one to the next.
pub struct Session<'e> {
    env: RenderEnv<'e>,
    draws: u32,
    work: u64,
}

impl<'e> Session<'e> {
    /// Nothing is drawn yet, and nothing used up.
    #[must_use]
    pub fn new(env: RenderEnv<'e>) -> Self {
        Self {
            env,
            draws: 0,
            work: 0,
        }
    }
}

/// The library without helpers of its own. Ours are put in for each render.
static PLAIN: LazyLock<Handlebars<'static>> = LazyLock::new(|| library(Escape::None));
static HTML: LazyLock<Handlebars<'static>> = LazyLock::new(|| library(Escape::Html));

fn library(escape: Escape) -> Handlebars<'static> {
    const UNWANTED: [&str; 17] = [
        "if", "unless", "each", "with", "lookup", "raw", "log", "eq", "ne", "gt", "gte", "lt",
        "lte", "and", "or", "not", "len",
    ];
    let mut library = Handlebars::new();
    for name in UNWANTED {
        library.unregister_helper(name);
    }
    if escape == Escape::None {
        library.register_escape_fn(handlebars::no_escape);
    }
    library
}

/// The text of a template without tags.
pub(super) fn fixed_text(template: &Compiled) -> Option<String> {
    let (before, behind) = &template.around;
    let mut text = before.clone();
    for element in &template.parsed.elements {
        match element {
            TemplateElement::RawString(part) => text.push_str(part),
            TemplateElement::Comment(_) => {}
            _ => return None,
        }
    }
    text.push_str(behind);
    Some(text)
}

/// Prints `template` for `model`.
pub(super) fn render(
    template: &Compiled,
    escape: Escape,
    model: &dyn Model,
    session: &mut Session<'_>,
) -> Result<String, RenderError> {
    let values = template.lookups.iter().map(|lookup| {
        let found = model.find(lookup);
        found.map_or(Value::Null, std::borrow::Cow::into_owned)
    });
    let context = Context::from(Value::Array(values.collect()));
    let mut calls = RenderContext::new(None);
    for helper in &template.helpers {
        let bound = Bound {
            helper,
            env: session.env,
            template,
        };
        calls.register_local_helper(helper.name, Box::new(bound));
    }
    let mut root = BlockContext::new();
    Counters {
        draws: session.draws,
        work: session.work,
    }
    .write(&mut root);
    for name in &template.variables {
        let given = model.find(&Lookup::new(std::iter::once(name.as_str())));
        let value = given.map_or(Value::Null, std::borrow::Cow::into_owned);
        root.set_block_param(name, BlockParamHolder::value(value));
    }
    calls.replace_blocks(VecDeque::from([root]));
    let library: &Handlebars<'_> = match escape {
        Escape::None => &PLAIN,
        Escape::Html => &HTML,
    };
    let (before, behind) = &template.around;
    let mut out = BoundedText::default();
    out.text.push_str(before);
    template
        .parsed
        .render(library, &context, &mut calls, &mut out)
        .map_err(|error| cause_of(&error))?;
    let used = with_root(&mut calls, |root| Counters::read(root));
    session.draws = used.draws;
    session.work = used.work;
    if behind.len() > TEMPLATE_OUTPUT_MAX.saturating_sub(out.text.len()) {
        return Err(RenderError::OutputTooLong);
    }
    out.text.push_str(behind);
    Ok(out.text)
}

/// Our error, in what the library wrapped around it.
fn cause_of(error: &handlebars::RenderError) -> RenderError {
    let ours = match error.reason() {
        RenderErrorReason::NestedError(inner) => inner.downcast_ref::<RenderError>(),
        RenderErrorReason::IOError(inner) => inner
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<RenderError>()),
        _ => None,
    };
    ours.cloned().unwrap_or_else(|| {
        RenderError::Library(error.source().map_or(String::new(), ToString::to_string))
    })
}

/// Wraps our error for the library.
pub(super) fn stop(error: RenderError) -> handlebars::RenderError {
    RenderErrorReason::NestedError(Box::new(error)).into()
}

/// What a render has used up.
#[derive(Clone, Copy)]
pub(super) struct Counters {
    pub(super) draws: u32,
    pub(super) work: u64,
}

impl Counters {
    // A bracket cannot be part of a name.
    const DRAWS: &'static str = "draws]";
    const WORK: &'static str = "work]";

    pub(super) fn read(root: &BlockContext<'_>) -> Self {
        let number = |name| root.get_local_var(name).and_then(Value::as_u64);
        Self {
            draws: number(Self::DRAWS)
                .and_then(|draws| u32::try_from(draws).ok())
                .unwrap_or(0),
            work: number(Self::WORK).unwrap_or(TEMPLATE_WORK_MAX),
        }
    }

    pub(super) fn write(self, root: &mut BlockContext<'_>) {
        root.set_local_var(Self::DRAWS, Value::from(self.draws));
        root.set_local_var(Self::WORK, Value::from(self.work));
    }
}

/// Lets `act` look at all blocks.
pub(super) fn with_blocks<'rc, T>(
    calls: &mut RenderContext<'_, 'rc>,
    act: impl FnOnce(&Blocks<'rc>) -> T,
) -> T {
    let blocks = calls.replace_blocks(VecDeque::new());
    let made = act(&blocks);
    calls.replace_blocks(blocks);
    made
}

/// Lets `act` at the outermost block.
pub(super) fn with_root<'rc, T>(
    calls: &mut RenderContext<'_, 'rc>,
    act: impl FnOnce(&mut BlockContext<'rc>) -> T,
) -> T {
    let mut blocks = calls.replace_blocks(VecDeque::new());
    if blocks.is_empty() {
        blocks.push_back(BlockContext::new());
    }
    let last = blocks.len() - 1;
    let made = act(&mut blocks[last]);
    calls.replace_blocks(blocks);
    made
}
