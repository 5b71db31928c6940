//! Modes: tries the items of a batch one after the other, and undoes what must not stay.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use serde_json::json;

use super::plan::Plan;
use crate::behaviours::Refusal;

/// What tries items, and can undo them: the engine with its draft.
pub trait Tried {
    /// A point to which it can go back.
    type Mark;
    /// What an item is answered with.
    type Answer;

    /// Remembers how things stand.
    fn mark(&self) -> Self::Mark;

    /// Drops all that has happened since.
    fn roll_back(&mut self, mark: Self::Mark);

    /// Decides about the item at an index. One that fails has left nothing.
    ///
    /// # Errors
    /// Why it fails.
    fn decide_one(&mut self, at: usize) -> Result<Self::Answer, Box<Failed<Self::Answer>>>;

    /// Whether this failure undoes all, where failures do.
    ///
    /// # Errors
    /// When the expression that says so fails on this call.
    fn is_fatal(&mut self, at: usize, failed: &Failed<Self::Answer>) -> Result<bool, Refusal>;
}

/// How an item failed.
#[derive(Clone, Debug)]
pub struct Failed<A> {
    /// Why.
    pub refusal: Refusal,
    /// By itself, or otherwise.
    pub kind: Kind,
    /// What it was answered with, if it was tried.
    pub answer: Option<A>,
}

/// What made an item fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Itself: it was tried, or could not be.
    Own,
    /// The definition: the failure is made up.
    Injected,
    /// Another item, with which it was undone.
    Undone,
}

/// What became of an item.
#[derive(Clone, Debug)]
pub enum Outcome<A> {
    /// It was done.
    Done(A),
    /// It failed.
    Failed(Box<Failed<A>>),
    /// It was not tried.
    Skipped,
}

impl<A> Failed<A> {
    /// A failure of an item that was not tried.
    #[must_use]
    pub fn untried(refusal: Refusal, kind: Kind) -> Box<Self> {
        Box::new(Self {
            refusal,
            kind,
            answer: None,
        })
    }
}

impl<A> Outcome<A> {
    /// Whether it was done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// Tries all items of a plan.
///
/// # Errors
/// The first failure that undoes all, with `item` for its templates, where the plan refuses the call
/// then. What was done is not undone then: whoever refuses a call drops it all.
pub fn run<T: Tried>(plan: &mut Plan, tried: &mut T) -> Result<Vec<Outcome<T::Answer>>, Refusal> {
    let start = plan.all_or_nothing.then(|| tried.mark());
    let mut run = Run {
        outcomes: Vec::with_capacity(plan.items.len()),
        done: BTreeSet::new(),
        fatal: false,
    };
    let mut next = 0;
    while next < plan.items.len() {
        let chain = chain(plan, next);
        next = chain.end;
        run.chain(plan, tried, chain)?;
        if plan.stop_at_first && run.has_failed() {
            break;
        }
    }
    let mut outcomes = run.outcomes;
    outcomes.resize_with(plan.items.len(), || Outcome::Skipped);
    if let Some(start) = start.filter(|_| run.fatal) {
        tried.roll_back(start);
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_done()) {
            *outcome = undone("rolled_back", "it was undone, for another item failed");
        }
    }
    Ok(outcomes)
}

/// The items from `first` to the end of their chain: one alone, if it is not linked.
fn chain(plan: &Plan, first: usize) -> Range<usize> {
    let linked = plan.items[first..].iter().take_while(|item| item.linked);
    let end = (first + linked.count() + 1).min(plan.items.len());
    first..end
}

struct Run<A> {
    outcomes: Vec<Outcome<A>>,
    /// The ids of the items that are done.
    done: BTreeSet<Arc<str>>,
    /// Whether an item failed that undoes all.
    fatal: bool,
}

impl<A> Run<A> {
    fn has_failed(&self) -> bool {
        self.outcomes.last().is_some_and(|last| !last.is_done())
    }

    fn chain<T: Tried<Answer = A>>(
        &mut self,
        plan: &mut Plan,
        tried: &mut T,
        chain: Range<usize>,
    ) -> Result<(), Refusal> {
        let mark = (chain.len() > 1 || plan.items[chain.start].linked).then(|| tried.mark());
        let last = chain.end - 1;
        let open = plan.items[last].linked;
        let mut broken = None;
        for at in chain.clone() {
            let outcome = if at == last && open {
                let message = "the last item is linked with one that does not follow";
                let refusal = Refusal::new("linked_event_chain_open", message);
                Outcome::Failed(Failed::untried(refusal, Kind::Own))
            } else if broken.is_some() {
                chain_failed()
            } else {
                self.one(plan, tried, at)
            };
            if let Outcome::Failed(failed) = &outcome
                && failed.kind != Kind::Undone
            {
                broken = broken.or(Some(at));
                self.ask_fatal(plan, tried, at, failed)?;
            }
            if outcome.is_done() {
                self.done.extend(plan.items[at].id.clone());
            }
            self.outcomes.push(outcome);
        }
        if let (Some(_), Some(mark)) = (broken, mark) {
            tried.roll_back(mark);
            for (item, outcome) in plan.items[chain.clone()]
                .iter()
                .zip(&mut self.outcomes[chain])
            {
                if outcome.is_done() {
                    *outcome = chain_failed();
                }
                if let Some(id) = &item.id {
                    self.done.remove(id);
                }
            }
        }
        Ok(())
    }

    /// Tries one item, if nothing stands against it.
    fn one<T: Tried<Answer = A>>(&self, plan: &mut Plan, tried: &mut T, at: usize) -> Outcome<A> {
        let item = &mut plan.items[at];
        if let Some((refusal, kind)) = item.fails.take() {
            return Outcome::Failed(Failed::untried(refusal, kind));
        }
        if let Some(missing) = item.needs.iter().find(|id| !self.done.contains(*id)) {
            let message = format!("the item {missing:?}, on which it depends, was not done before");
            let refusal = Refusal::new("failed_dependency", message);
            return Outcome::Failed(Failed::untried(refusal, Kind::Own));
        }
        match tried.decide_one(at) {
            Ok(answer) => Outcome::Done(answer),
            Err(failed) => Outcome::Failed(failed),
        }
    }

    fn ask_fatal<T: Tried<Answer = A>>(
        &mut self,
        plan: &Plan,
        tried: &mut T,
        at: usize,
        failed: &Failed<A>,
    ) -> Result<(), Refusal> {
        if !plan.all_or_nothing {
            return Ok(());
        }
        let fatal = tried.is_fatal(at, failed)?;
        if fatal && plan.refuses {
            let item = json!({ "index": at, "number": at + 1 });
            return Err(failed.refusal.clone().with("item", item));
        }
        self.fatal |= fatal;
        Ok(())
    }
}

fn chain_failed<A>() -> Outcome<A> {
    undone("linked_event_failed", "another item of its chain failed")
}

fn undone<A>(cause: &str, message: &str) -> Outcome<A> {
    Outcome::Failed(Failed::untried(Refusal::new(cause, message), Kind::Undone))
}

#[cfg(test)]
mod tests;
