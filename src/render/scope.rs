//! Paths within blocks: what a name means there.
//!
//! As in handlebars.java a name is looked up in the block, then among the names that the block
//! gives, then among the variables of the template, and then in the block around. `this.name` and
//! `../name` are looked up in one block alone.

use std::borrow::Cow;
use std::collections::VecDeque;

use handlebars::{BlockContext, BlockParamHolder};
use serde_json::Value;

use super::path::{Segment, follow};

/// The blocks of a render, from the innermost outward. The last one is the template's own.
pub(super) type Blocks<'rc> = VecDeque<BlockContext<'rc>>;

/// A path within a block.
#[derive(Debug)]
pub(super) struct Scoped {
    pub(super) start: Start,
    pub(super) segments: Box<[Segment]>,
    /// The position of the value that the path has in the model.
    pub(super) in_model: Option<usize>,
}

/// Where a path is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// In the block, and outward.
    Chain,
    /// In the block that is so many steps outward, and nowhere else.
    Only(usize),
    /// Among the names with an `@`, from the block on that is so many steps outward.
    Local(usize),
}

impl Scoped {
    /// What the path names. `values` are those of the model, by position.
    pub(super) fn find<'v>(&self, blocks: &'v Blocks<'_>, values: &'v Value) -> Cow<'v, Value> {
        let own = blocks.len().saturating_sub(1);
        let model = || values.get(self.in_model?).map(Cow::Borrowed);
        let found = match self.start {
            Start::Local(level) => {
                let name = self.segments.first().map_or("", Segment::name);
                let mut outward = blocks.iter().skip(level);
                outward
                    .find_map(|block| block.get_local_var(name))
                    .map(Cow::Borrowed)
            }
            Start::Only(level) if level < own => blocks.get(level).and_then(|b| self.within(b)),
            Start::Only(level) if level == own => model(),
            Start::Only(_) => None,
            Start::Chain => blocks
                .iter()
                .take(own)
                .find_map(|block| self.within(block).or_else(|| self.named(block)))
                .or_else(|| blocks.get(own).and_then(|block| self.named(block)))
                .or_else(model),
        };
        found.unwrap_or(Cow::Owned(Value::Null))
    }

    /// What the path names in the value of a block; null counts as nothing.
    fn within<'v>(&self, block: &'v BlockContext<'_>) -> Option<Cow<'v, Value>> {
        follow(&self.segments, block.base_value()?).filter(|found| !found.is_null())
    }

    /// What the path names among the names that a block gives.
    fn named<'v>(&self, block: &'v BlockContext<'_>) -> Option<Cow<'v, Value>> {
        let (first, rest) = self.segments.split_first()?;
        match block.get_block_param(first.name())? {
            BlockParamHolder::Value(value) => follow(rest, value).filter(|found| !found.is_null()),
            BlockParamHolder::Path(_) => None,
        }
    }
}
