//! Blocks that give their body another scope, and how often they print it.

use handlebars::{
    BlockContext, BlockParams, Context, Handlebars, Helper as Call, HelperResult, Output,
    PathAndJson, RenderContext, Renderable,
};
use serde_json::Value;

use super::Dialect;
use super::call::{charge, checked_weight, copied_weight};
use super::helpers::{Scope, holds};
use super::kind::Kind;

/// One printing of the body: the name of the member, if it is one, and the value.
type Turn<'v> = (Option<&'v str>, &'v Value);

impl Scope {
    /// Prints the body of a block as often as its value asks for, or the other branch if it does
    /// not.
    pub(super) fn render<'reg: 'rc, 'rc>(
        self,
        (call, library, context): (&Call<'rc>, &'reg Handlebars<'reg>, &'rc Context),
        dialect: Dialect,
        calls: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        charge(calls, copied_weight(call)?)?;
        let nothing = Value::Null;
        let value = call.param(0).map_or(&nothing, PathAndJson::value);
        let kind = Kind::of(value);
        let turns = self.turns(kind, value);
        if turns.is_empty() {
            return match call.inverse() {
                Some(inverse) => inverse.render(library, context, calls, out),
                None => Ok(()),
            };
        }
        let Some(body) = call.template() else {
            return Ok(());
        };
        let last = turns.len() - 1;
        for (index, (name, item)) in turns.into_iter().enumerate() {
            charge(calls, checked_weight(item)?)?;
            let item = match self {
                Self::With => item.clone(),
                Self::Each | Self::Section => kind.part(item),
            };
            let key = name.map_or_else(|| Value::from(index), Value::from);
            let mut block = BlockContext::new();
            block.set_block_params(named(call, &item, &key)?);
            if self != Self::With {
                number(&mut block, dialect, index, index == last);
                block.set_local_var("key", key);
            }
            block.set_base_value(item);
            calls.push_block(block);
            let rendered = body.render(library, context, calls, out);
            calls.pop_block();
            rendered?;
        }
        Ok(())
    }

    fn turns<'v>(self, kind: Kind<'v>, value: &'v Value) -> Vec<Turn<'v>> {
        match (self, kind.list(), kind.object()) {
            (Self::Each | Self::Section, Some(items), _) => {
                items.iter().map(|item| (None, item)).collect()
            }
            (Self::Each, None, Some(members)) => members
                .iter()
                .map(|(name, member)| (Some(name.as_str()), member))
                .collect(),
            (Self::With | Self::Section, ..) if holds(value) => vec![(None, value)],
            _ => Vec::new(),
        }
    }
}

/// The names that the block gives to its item and to the key of that.
fn named<'rc>(
    call: &Call<'rc>,
    item: &Value,
    key: &Value,
) -> Result<BlockParams<'rc>, handlebars::RenderError> {
    let mut params = BlockParams::new();
    if let Some(name) = call.block_param() {
        params.add_value(name, item.clone())?;
    }
    if let Some((name, other)) = call.block_param_pair() {
        params.add_value(name, item.clone())?;
        params.add_value(other, key.clone())?;
    }
    Ok(params)
}

/// Tells a body which turn it is.
fn number(block: &mut BlockContext<'_>, dialect: Dialect, index: usize, is_last: bool) {
    block.set_local_var("index", Value::from(index));
    match dialect {
        Dialect::Pack => {
            block.set_local_var("first", Value::from(index == 0));
            block.set_local_var("last", Value::from(is_last));
        }
        Dialect::WireMock => {
            let said = |truth: bool, word: &str| Value::from(if truth { word } else { "" });
            block.set_local_var("first", said(index == 0, "first"));
            block.set_local_var("last", said(is_last, "last"));
            block.set_local_var("odd", said(!index.is_multiple_of(2), "odd"));
            block.set_local_var("even", said(index.is_multiple_of(2), "even"));
            block.set_local_var("index_1", Value::from(index + 1));
        }
    }
}
