//! Where a fault can happen at all, as far as definitions can tell.

use serde_json::Value;

use super::{Pack, Produce, StepSpec, Stub, Tool, Verb};
use crate::domain::fault::{Mode, Phase, Surface, Token};
use crate::state::faults::Rule;

/// What a fault is to happen at.
#[derive(Clone, Copy, Debug)]
pub enum FaultSite<'a> {
    /// A tool, and its pack, if it has one: a stub that does more than answer is called as a tool is, and
    /// may have none.
    Tool(&'a Tool, Option<&'a Pack>),
    /// A stub that only answers.
    Stub(&'a Stub),
}

impl FaultSite<'_> {
    /// Why a rule can never happen here; nothing, if it can.
    #[must_use]
    pub fn misfit(&self, rule: &Rule) -> Option<&'static str> {
        if !rule.agents.is_empty() && matches!(self, Self::Stub(_)) {
            return Some("a stub that only answers knows no agent");
        }
        match rule.surface {
            Surface::Items => (!self.takes_items()).then_some("it takes no batch of items"),
            Surface::Tools => match self {
                Self::Tool(..) => None,
                Self::Stub(_) => Some("a stub is in no list of tools"),
            },
            Surface::Webhooks if rule.mode == Mode::OutOfOrder && matches!(self, Self::Stub(_)) => {
                Some("what a stub tells endpoints goes at once, and in no order")
            }
            Surface::Webhooks => {
                (!self.tells()).then_some("it tells no endpoint of anything by itself")
            }
            Surface::Reply => self.misfit_of_reply(rule),
        }
    }

    fn misfit_of_reply(&self, rule: &Rule) -> Option<&'static str> {
        const NO_PAGE: &str = "it answers no page of a list";
        if rule.when.page.is_some() && !self.pages() {
            return Some(NO_PAGE);
        }
        let fits = match rule.mode {
            Mode::LoopingCursor | Mode::MissingHasMore | Mode::ShortPage if !self.pages() => {
                return Some(NO_PAGE);
            }
            Mode::ExpiredToken => match rule.with.token {
                Some(Token::Page) if !self.pages() => return Some(NO_PAGE),
                Some(Token::Credential) if !self.checks() => {
                    return Some("it checks no credentials");
                }
                None if !self.pages() && !self.checks() => {
                    return Some("it answers no page of a list, and checks no credentials");
                }
                _ => true,
            },
            Mode::SilentNoOp | Mode::DuplicateDelivery if !self.writes() => {
                return Some("it changes nothing");
            }
            Mode::WrongEntity if self.pages() => {
                return Some("a page is about many records");
            }
            Mode::EmptyList if !self.may_list() => return Some("it answers no list"),
            Mode::StaleRead | Mode::WrongEntity if !self.reads() => {
                return Some("it only answers what it has been told, or what it has changed");
            }
            mode => mode.phase() != Phase::Decide || matches!(self, Self::Tool(..)),
        };
        (!fits).then_some("a stub that only answers decides nothing")
    }

    /// Whether it answers pages.
    #[must_use]
    pub fn pages(&self) -> bool {
        matches!(self, Self::Tool(tool, _) if matches!(tool.produce, Produce::Page(_)))
    }

    /// Whether it takes many items at once.
    #[must_use]
    pub fn takes_items(&self) -> bool {
        matches!(self, Self::Tool(tool, _) if matches!(tool.produce, Produce::Batch(_)))
    }

    /// Whether it may answer a list, as far as the schema of its answers says.
    #[must_use]
    pub fn may_list(&self) -> bool {
        match self {
            Self::Tool(tool, _) => tool
                .output
                .as_ref()
                .is_none_or(|output| has_list(&Value::Object((*output.schema).clone()))),
            Self::Stub(_) => true,
        }
    }

    /// Whether it asks for credentials.
    #[must_use]
    pub fn checks(&self) -> bool {
        match self {
            Self::Tool(tool, pack) => {
                tool.guards.auth.is_some() && pack.is_some_and(|pack| pack.auth.is_some())
            }
            Self::Stub(_) => false,
        }
    }

    /// Whether a call of it may change something.
    #[must_use]
    pub fn writes(&self) -> bool {
        match self {
            Self::Tool(tool, _) => self.takes_items() || tool.steps.iter().any(writes),
            Self::Stub(_) => false,
        }
    }

    /// Whether what it answers may depend on the sandbox, and changes nothing there.
    #[must_use]
    pub fn reads(&self) -> bool {
        match self {
            Self::Tool(tool, _) => {
                let fixed = tool.steps.is_empty()
                    && matches!(tool.produce, Produce::Response)
                    && tool.response.is_static();
                !fixed && !self.writes()
            }
            Self::Stub(_) => false,
        }
    }

    /// Whether a call of it may tell endpoints of something.
    #[must_use]
    pub fn tells(&self) -> bool {
        match self {
            Self::Tool(tool, pack) => {
                self.takes_items() || tool.steps.iter().any(|step| tells(step, *pack))
            }
            Self::Stub(_) => false,
        }
    }
}

/// Whether a schema speaks of a list, or lets anything be one.
fn has_list(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(name, value)| match name.as_str() {
            "type" => {
                *value == "array"
                    || value
                        .as_array()
                        .is_some_and(|kinds| kinds.iter().any(|kind| kind == "array"))
            }
            "items" | "prefixItems" => true,
            _ => has_list(value),
        }),
        Value::Array(schemas) => schemas.iter().any(has_list),
        _ => false,
    }
}

fn writes(step: &StepSpec) -> bool {
    match &step.verb {
        Verb::Create { .. }
        | Verb::Update(_)
        | Verb::Delete { .. }
        | Verb::Increment { .. }
        | Verb::Transition { .. }
        | Verb::Transfer(_)
        | Verb::Hold(..)
        | Verb::Post(..)
        | Verb::Void(_)
        | Verb::Limits(_)
        | Verb::Emit(_) => true,
        Verb::Each(each) => each.steps.iter().any(writes),
        Verb::Named { steps, .. } => steps.iter().any(writes),
        Verb::Let(..)
        | Verb::Query(..)
        | Verb::Require { .. }
        | Verb::Find { .. }
        | Verb::Precondition { .. } => false,
    }
}

fn tells(step: &StepSpec, pack: Option<&Pack>) -> bool {
    match &step.verb {
        Verb::Emit(_) => true,
        Verb::Each(each) => each.steps.iter().any(|step| tells(step, pack)),
        Verb::Named { steps, .. } => steps.iter().any(|step| tells(step, pack)),
        Verb::Transition {
            machine,
            transition,
        } => {
            let machine = pack.and_then(|pack| pack.machines.get(machine));
            let transition = machine.and_then(|machine| machine.transitions.get(transition));
            let alternatives = transition.iter().flat_map(|found| &found.alternatives);
            // What follows a transition is no further one: the steps end.
            alternatives
                .flat_map(|alternative| &alternative.then)
                .any(|step| matches!(step.verb, Verb::Emit(_)) || tells(step, None))
        }
        _ => false,
    }
}
