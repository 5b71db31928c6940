//! The draft: the state as a call sees it, with what the call has already done.

use std::sync::Arc;

use crate::state::{Effect, SandboxState};

/// The effects of a call, with its number, if there are any: so that one can say later how it was right
/// after this call. A call of a tool has told its number when it began.
pub(super) fn numbered(mut effects: Vec<Effect>, call: u64) -> Arc<[Effect]> {
    if !effects.is_empty() {
        effects.push(Effect::CallNoted { call });
    }
    effects.into()
}

/// A state, and the effects that made it out of the one before.
#[derive(Debug)]
pub(super) struct Draft {
    state: SandboxState,
    effects: Vec<Effect>,
}

/// A point to which a draft can go back.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    state: SandboxState,
    effects: usize,
}

impl Draft {
    /// A draft in which nothing has happened yet. The state is shared, so this costs nothing.
    pub(super) fn new(state: &SandboxState) -> Self {
        Self {
            state: state.clone(),
            effects: Vec::new(),
        }
    }

    /// The state with all effects so far.
    pub(super) fn state(&self) -> &SandboxState {
        &self.state
    }

    /// Takes in one effect.
    pub(super) fn push(&mut self, effect: Effect) {
        self.state.apply(&effect);
        self.effects.push(effect);
    }

    /// Takes in several effects.
    pub(super) fn extend(&mut self, effects: impl IntoIterator<Item = Effect>) {
        for effect in effects {
            self.push(effect);
        }
    }

    /// Remembers how things stand.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            state: self.state.clone(),
            effects: self.effects.len(),
        }
    }

    /// Drops all that has happened since `mark`.
    pub(super) fn roll_back(&mut self, mark: Mark) {
        self.state = mark.state;
        self.effects.truncate(mark.effects);
    }

    /// What has happened since `mark`.
    pub(super) fn since(&self, mark: &Mark) -> &[Effect] {
        self.effects.get(mark.effects..).unwrap_or_default()
    }

    /// Another draft, as this one was at `mark`.
    pub(super) fn back_to(&self, mark: &Mark) -> Self {
        Self {
            state: mark.state.clone(),
            effects: self.effects.iter().take(mark.effects).cloned().collect(),
        }
    }

    /// All effects, in order.
    pub(super) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }
}
