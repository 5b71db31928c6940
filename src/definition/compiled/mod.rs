//! Definitions as the engine uses them: everything is resolved, compiled and known to be right.
//!
//! Nothing here is parsed or refused any more. All of it is immutable and shared by all sandboxes.

mod auth;
mod batch;
mod fault;
mod files;
mod guards;
mod idempotency;
mod machine;
mod pack;
mod pagination;
mod proxy;
mod rate_limit;
mod recording;
mod response;
mod step;
mod stream;
mod tool;
mod webhook;

use std::sync::Arc;

use serde_json::Value;

use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::domain::stub_name::StubName;
use crate::domain::targets::Targets;
use crate::matching::index::Index;
use crate::state::faults::Rule;

pub use auth::{AuthSpec, ScopeRule};
pub use batch::{BatchLook, BatchSpec, CallWork, FailureSpec, ToolWork, Work};
pub use fault::FaultSite;
pub use files::{FileName, FileSpec, FileTemplate, Files};
pub use guards::{Guards, Produce};
pub use idempotency::{IdempotencySpec, KeySource};
pub use machine::{Alternative, HoldEffect, Machine, Transition};
pub use pack::{CauseSpec, CollectionSpec, Door, LedgerSpec, OpeningAccount, Pack, RefusalSpec};
pub use pagination::{PageShape, PageSpec, PositionSpec, SizeSpec};
pub use proxy::{BaseUrl, ProxySpec};
pub use rate_limit::{CounterKey, LimitSpec};
pub use recording::{BodyPattern, Extract, RecordSpec};
pub use response::{BodySpec, Dribble, HeaderSpec, ResponseSpec, Responses};
pub use step::{
    Among, Amount, Change, EachSpec, Key, LimitChange, ListQuery, Movement, QuerySpec,
    RecordDocument, Selection, SortKey, StepSpec, Verb, Whole,
};
pub use stream::{EachEvent, EventContent, EventFields, EventSpec, EventText, StreamSpec};
pub use tool::{InputSchema, Tool};
pub use webhook::{
    DeclaredSpec, EmitSpec, EndpointsSpec, FaultSpec, ListenerBody, ListenerSpec, ProfileSpec,
    SignatureSpec, WebhookSpec, Which,
};

/// All packs that a server serves.
#[derive(Debug, Default)]
pub struct Definitions {
    /// The packs, in the order of their names.
    pub packs: Vec<Arc<Pack>>,
    /// Which of their routes, doors and stubs a call is for.
    pub index: Index<Target>,
    /// The stubs of WireMock roots: every sandbox opens with them as mappings.
    pub mappings: Vec<Arc<Stub>>,
    /// The files of WireMock roots, for bodies.
    pub files: Files,
    /// Where requests of the server's own may go.
    pub targets: Arc<Targets>,
    /// Whether all stubs of WireMock roots and of sandboxes are templates.
    pub templated: bool,
    /// The fault rules that every sandbox opens with.
    pub faults: Vec<Rule>,
}

/// What a request pattern stands for.
#[derive(Clone, Debug)]
pub enum Target {
    /// A stub.
    Stub(Arc<Stub>),
    /// A pack's door: the call says which tool.
    Door(Arc<Pack>, Door),
    /// A tool's own route.
    Route(Arc<Pack>, Arc<Tool>),
}

/// A stub that answers by itself: WireMock's kind.
#[derive(Debug)]
pub struct Stub {
    /// Its id.
    pub id: Arc<str>,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// The pack it belongs to, if any: an overlay stub belongs to none.
    pub pack: Option<Arc<Pack>>,
    /// What a call must be like.
    pub pattern: Arc<crate::matching::pattern::RequestPattern>,
    /// 1 is the highest.
    pub priority: u32,
    /// The story that it is part of, if any.
    pub scenario: Option<ScenarioSpec>,
    /// What it answers.
    pub response: ResponseSpec,
    /// What else it does, where it is more than an answer: then it is called as a tool is.
    pub tool: Option<Arc<Tool>>,
    /// What it sends when it has answered.
    pub listeners: Vec<ListenerSpec>,
    /// What it answers every call with, if that is always the same.
    pub prepared: Option<Arc<Reply>>,
    /// Its definition, as it was given, with its id.
    pub source: Arc<Value>,
    /// What it is known by.
    pub named: Arc<StubName>,
    /// The fault rules that stand at it.
    pub faults: Vec<Rule>,
}

/// A stub's part in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioSpec {
    /// The scenario; of a pack's stub, named with its pack.
    pub name: Arc<str>,
    /// The state in which the stub answers; any, if none is named.
    pub required: Option<Arc<str>>,
    /// The state that follows when it has answered.
    pub next: Option<Arc<str>>,
}

impl Definitions {
    /// The stubs of the packs.
    pub fn stubs(&self) -> impl Iterator<Item = Arc<Stub>> {
        let entries = self.index.entries().into_iter();
        entries.filter_map(|entry| entry.target.stub().cloned())
    }

    /// The pack of this name.
    #[must_use]
    pub fn pack(&self, name: &str) -> Option<&Arc<Pack>> {
        self.packs.iter().find(|pack| &*pack.name == name)
    }

    /// Everything of this name, bare or with its pack, out of what `names` gives of each pack: more
    /// than one, when a bare name is used by several packs.
    pub fn resolve<'a, I>(&'a self, name: &str, names: impl Fn(&'a Pack) -> I) -> Vec<Name>
    where
        I: IntoIterator<Item = &'a str>,
    {
        let all = self.packs.iter().flat_map(|pack| {
            let found = names(pack).into_iter();
            found.map(|found| Name::new(&pack.name, found))
        });
        all.filter(|found| &*found.name == name || found.to_string() == name)
            .collect()
    }
}

impl Target {
    /// The pack it belongs to, if any.
    #[must_use]
    pub fn pack(&self) -> Option<&Arc<Pack>> {
        match self {
            Self::Stub(stub) => stub.pack.as_ref(),
            Self::Door(pack, _) | Self::Route(pack, _) => Some(pack),
        }
    }

    /// The stub, if it is one.
    #[must_use]
    pub fn stub(&self) -> Option<&Arc<Stub>> {
        match self {
            Self::Stub(stub) => Some(stub),
            Self::Door(..) | Self::Route(..) => None,
        }
    }

    /// Whether it claims a call in some states of a scenario only.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        match self {
            Self::Stub(stub) => stub
                .scenario
                .as_ref()
                .is_some_and(|scenario| scenario.required.is_some()),
            Self::Door(..) | Self::Route(..) => false,
        }
    }
}
