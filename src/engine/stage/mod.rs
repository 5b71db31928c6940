//! Setting the stage: what a tester changes in a sandbox over the admin API. The same rules hold as
//! for calls: it is decided purely, gives effects, and never half-happens.

mod auth;
mod cassettes;
mod clock;
mod error;
mod faults;
mod files;
mod lifetime;
mod limits;
mod names;
mod quirks;
mod records;
mod scenarios;
mod stubs;
mod tools;
mod webhooks;

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::cassette::Taken;
use super::draft::Draft;
use super::{Decision, Trace, opening, scenario, timers};
use crate::behaviours::ledger;
use crate::definition::compiled::{Definitions, Stub};
use crate::domain::name::Name;
use crate::domain::quirk::Quirk;
use crate::domain::time::Tick;
use crate::state::cassette::Started;
use crate::state::dataset::Dataset;
use crate::state::errors::QueuedError;
use crate::state::quirks::QueuedQuirk;
use crate::state::recording::Running;
use crate::state::settings::Settings;
use crate::state::webhooks::faults::QueuedFault;
use crate::state::{Effect, SandboxState};

pub use error::Error;
pub use faults::{FaultChange, RULES_MAX, shown_rule};
pub use limits::{Change as LimitChange, Declared as DeclaredLimit, declared as declared_limits};
pub use names::{collection_of, wallet_of};

pub(super) use auth::enforce;
pub(super) use faults::put as put_faults;
use names::only;
pub(super) use records::put_record;
use records::{drop_record, let_go};
pub(super) use stubs::{drop as drop_stubs, put_faults as put_stub_faults};

/// One change of the stage.
#[derive(Clone, Debug)]
pub enum Stage {
    /// The sandbox begins again.
    Reset,
    /// The clock runs differently: at `now`, if that is given.
    SetClock {
        /// How it runs.
        mode: ClockMode,
        /// What it shows.
        now: Option<Timestamp>,
    },
    /// The sandbox lives until then, by the machine's clock; for ever, if there is no time.
    SetLifetime(Option<Timestamp>),
    /// Time passes.
    Advance {
        /// Milliseconds.
        by_ms: i64,
    },
    /// A wallet has this much available.
    SetWallet {
        /// The agent, bare or with its pack.
        agent: String,
        /// How much.
        balance: String,
        /// In which currency; the ledger's first, if none is given.
        currency: Option<String>,
    },
    /// An answer is put in line.
    QueueError {
        /// The answer; its id and tool are filled in.
        error: QueuedError,
        /// The tool as it was named, bare or with its pack.
        tool: Option<String>,
    },
    /// An answer is taken out of line.
    RemoveError(u64),
    /// No answer is in line.
    ClearErrors,
    /// A quirk of paging is put in line.
    QueueQuirk {
        /// What it is.
        quirk: Quirk,
        /// The tool as it was named, bare or with its pack.
        tool: Option<String>,
    },
    /// No quirk is in line.
    ClearQuirks,
    /// Records are made or replaced: all, or none.
    PutRecords {
        /// The collection, bare or with its pack.
        collection: String,
        /// The key, if there is one record and its key is given.
        key: Option<String>,
        /// The records.
        records: Vec<Value>,
    },
    /// A pack checks credentials, or does not.
    EnforceAuth {
        /// The pack.
        pack: String,
        /// Whether it does.
        enforced: bool,
    },
    /// So much is left of a rate limit.
    SetLimit(limits::Change),
    /// What rate limits have counted is forgotten: of one limit, bare or with its pack, or of all.
    ClearLimits {
        /// The limit.
        limit: Option<String>,
        /// The stubs of the sandbox's overlay.
        overlay: Vec<Arc<Stub>>,
    },
    /// A record is dropped.
    DeleteRecord {
        /// The collection, bare or with its pack.
        collection: String,
        /// The record's key.
        key: String,
    },
    /// All records of a collection are dropped.
    ClearCollection(String),
    /// Stubs are laid over the packs' or replaced there, and others are dropped: all, or nothing.
    ChangeStubs {
        /// The stubs that come, the oldest first.
        put: Vec<Arc<Stub>>,
        /// The ids of those that go. One that is not there is gone already.
        remove: Vec<Arc<str>>,
        /// How many ids stubs were given with these, if any was.
        ids_given: Option<u64>,
    },
    /// The files of WireMock roots have these stubs anew, and those no longer.
    ChangeRoots {
        /// The stubs that come, or are others now.
        put: Vec<Arc<Stub>>,
        /// The ids of those that they have no longer.
        remove: Vec<Arc<str>>,
    },
    /// A file is there, or has another content.
    PutFile {
        /// Its name.
        name: Arc<str>,
        /// All of it.
        content: Bytes,
    },
    /// A file is not there.
    RemoveFile(Arc<str>),
    /// What holds for all answers.
    SetSettings(Settings),
    /// Members are laid over the extended settings; null takes one away.
    ExtendSettings(Map<String, Value>),
    /// All stubs of the overlay are dropped.
    ClearStubs,
    /// The overlay is as the files have it.
    ResetStubs,
    /// A scenario comes into a state, or into its first one.
    SetScenario {
        /// Its name.
        name: Arc<str>,
        /// The state.
        to: Option<Arc<str>>,
    },
    /// All scenarios begin again.
    ResetScenarios,
    /// The tools are told to an agent: what is staged are the schemas that are told wrong.
    TellTools,
    /// Calls are recorded from now on.
    StartRecording(Running),
    /// Calls are recorded no longer.
    StopRecording,
    /// A cassette runs from now on.
    StartCassette(Arc<Started>),
    /// The cassette that runs ends.
    StopCassette {
        /// Its name.
        name: Arc<str>,
        /// What it has written down, if it records.
        taken: Option<Taken>,
        /// The number of the sandbox's last call.
        last_call: u64,
    },
    /// A delivery goes again.
    Redeliver(u64),
    /// An endpoint that wanted nothing more is told again, by its id; all of them, if none is named.
    EnableEndpoint(Option<String>),
    /// A fault of deliveries is put in line; its id is filled in.
    QueueFault(QueuedFault),
    /// A fault of deliveries is taken out of line.
    RemoveFault(u64),
    /// No fault of deliveries is in line.
    ClearFaults,
    /// The fault rules change.
    Faults(FaultChange),
}

/// How a clock can be told to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockMode {
    /// With the machine's clock.
    System,
    /// Not at all.
    Frozen,
    /// With the machine's clock, shifted.
    Offset,
}

/// Decides about one change of the stage.
pub(super) fn decide(
    definitions: &Definitions,
    state: &SandboxState,
    stage: &Stage,
    tick: Tick,
) -> Decision {
    let mut draft = Draft::new(state);
    let mut trace = Trace::default();
    let staged = change(definitions, &mut draft, stage, tick, &mut trace);
    Decision {
        effects: if staged.is_ok() {
            draft.into_effects().into()
        } else {
            Arc::default()
        },
        trace,
        staged: Some(staged),
        ..Decision::default()
    }
}

fn change(
    definitions: &Definitions,
    draft: &mut Draft,
    stage: &Stage,
    tick: Tick,
    trace: &mut Trace,
) -> Result<Value, Error> {
    match stage {
        Stage::Reset => {
            let opening = draft.state().opening.clone();
            draft.extend(opening::effects(definitions, &opening, tick.wall)?);
            Ok(Value::Null)
        }
        Stage::SetClock { mode, now } => {
            clock::set(definitions, draft, (*mode, *now), tick, trace);
            Ok(Value::Null)
        }
        Stage::Advance { by_ms } => clock::advance(definitions, draft, *by_ms, tick, trace),
        _ => {
            // What is due has happened before anything is changed.
            timers::fire_due(definitions, draft, tick.now, trace);
            change_now(definitions, draft, stage)
        }
    }
}

fn change_now(definitions: &Definitions, draft: &mut Draft, stage: &Stage) -> Result<Value, Error> {
    match stage {
        Stage::SetWallet {
            agent,
            balance,
            currency,
        } => {
            let (pack, agent) = wallet_of(definitions, draft.state(), agent)?;
            let currency = currency.as_deref();
            let effects = ledger::set_balance(pack, draft.state(), agent, balance, currency)?;
            draft.extend(effects);
            Ok(Value::Null)
        }
        Stage::QueueError { error, tool } => {
            queue_error(definitions, draft, error, tool.as_deref())
        }
        Stage::RemoveError(id) => {
            if draft.state().errors.get(*id).is_none() {
                return Err(Error::NotFound(format!("there is no queued error {id}")));
            }
            draft.push(Effect::ErrorRemoved { id: *id });
            Ok(Value::Null)
        }
        Stage::SetLifetime(until) => Ok(lifetime::set(draft, *until)),
        Stage::ClearErrors => {
            draft.push(Effect::ErrorsCleared);
            Ok(Value::Null)
        }
        Stage::QueueQuirk { quirk, tool } => {
            let tool = tool_of(definitions, tool.as_deref())?;
            quirks::check(definitions, quirk, tool.as_ref())?;
            let queued = QueuedQuirk {
                id: draft.state().quirks.next_id(),
                tool,
                left: quirk.times.unwrap_or(1),
                quirk: quirk.clone(),
            };
            let shown = serde_json::to_value(&queued).unwrap_or_default();
            draft.push(Effect::QuirkQueued(queued));
            Ok(shown)
        }
        Stage::ClearQuirks => {
            draft.push(Effect::QuirksCleared);
            Ok(Value::Null)
        }
        Stage::PutRecords {
            collection,
            key,
            records,
        } => records::put_records(definitions, draft, collection, key.as_deref(), records)
            .map(Value::Array),
        Stage::EnforceAuth { pack, enforced } => enforce(definitions, draft, pack, *enforced),
        Stage::SetLimit(change) => limits::set(definitions, draft, change),
        Stage::ClearLimits { limit, overlay } => {
            limits::clear(definitions, draft, limit.as_deref(), overlay)
        }
        Stage::DeleteRecord { collection, key } => {
            let name = collection_of(definitions, collection)?;
            if draft.state().record(&name, key).is_none() {
                return Err(Error::NotFound(format!(
                    "there is no record {key:?} in {name}"
                )));
            }
            drop_record(definitions, draft, &name, &key.as_str().into());
            Ok(Value::Null)
        }
        Stage::ClearCollection(collection) => {
            let name = collection_of(definitions, collection)?;
            let records = draft.state().collections.get(&name).cloned();
            let records = records.unwrap_or_default();
            for key in records.keys() {
                let_go(definitions, draft, &name, &key);
            }
            // One effect, however many records there are.
            draft.push(Effect::CollectionFilled {
                collection: name,
                dataset: Arc::new(Dataset::default()),
            });
            Ok(json!({ "deleted": records.len() }))
        }
        Stage::ChangeStubs {
            put,
            remove,
            ids_given,
        } => stubs::change(draft, put, remove, *ids_given),
        Stage::ChangeRoots { put, remove } => stubs::change_roots(draft, put, remove),
        Stage::PutFile { name, content } => files::put(draft, name, content),
        Stage::RemoveFile(name) => {
            files::remove(definitions, draft, name);
            Ok(Value::Null)
        }
        Stage::ExtendSettings(more) => {
            let settings = draft.state().settings.extended_by(more);
            draft.push(Effect::SettingsSet(settings));
            Ok(Value::Null)
        }
        Stage::SetSettings(settings) => {
            draft.push(Effect::SettingsSet(settings.clone()));
            Ok(Value::Null)
        }
        Stage::ClearStubs => {
            let before = draft.state().overlay.clone();
            stubs::drop_faults(draft, |_| true);
            draft.push(Effect::StubsCleared);
            draft.extend(scenario::all_of(&before));
            Ok(Value::Null)
        }
        Stage::SetScenario { name, to } => scenarios::set(definitions, draft, name, to.as_ref()),
        Stage::ResetScenarios => {
            draft.push(Effect::ScenariosReset);
            Ok(Value::Null)
        }
        Stage::StartRecording(running) => {
            draft.push(Effect::RecordingStarted(running.clone()));
            Ok(Value::Null)
        }
        Stage::StopRecording => {
            draft.push(Effect::RecordingStopped);
            Ok(Value::Null)
        }
        Stage::StartCassette(started) => cassettes::start(draft, started),
        Stage::StopCassette {
            name,
            taken,
            last_call,
        } => cassettes::stop(draft, name, taken.as_ref(), *last_call),
        Stage::ResetStubs => {
            draft.push(Effect::StubsCleared);
            draft.push(Effect::ScenariosReset);
            draft.extend(opening::root_stubs(definitions));
            stubs::drop_faults(draft, |_| true);
            stubs::put_faults(draft, &definitions.mappings)
        }
        Stage::TellTools => Ok(tools::tell(definitions, draft)),
        Stage::Redeliver(id) => webhooks::redeliver(draft, *id),
        Stage::EnableEndpoint(id) => webhooks::enable(draft, id.as_deref()),
        Stage::QueueFault(fault) => Ok(webhooks::queue_fault(draft, fault)),
        Stage::RemoveFault(id) => webhooks::remove_fault(draft, *id),
        Stage::ClearFaults => Ok(webhooks::clear_faults(draft)),
        Stage::Faults(change) => faults::change(draft, change),
        Stage::Reset | Stage::SetClock { .. } | Stage::Advance { .. } => Ok(Value::Null),
    }
}

/// The tool that a tester names, bare or with its pack.
fn tool_of(definitions: &Definitions, tool: Option<&str>) -> Result<Option<Name>, Error> {
    tool.map(|tool| {
        let found = definitions.resolve(tool, |pack| pack.tools.keys().map(|name| &**name));
        only(tool, found, "tool").map_err(|error| match error {
            Error::NotFound(message) => Error::Invalid {
                field: "tool".into(),
                message,
            },
            other => other,
        })
    })
    .transpose()
}

fn queue_error(
    definitions: &Definitions,
    draft: &mut Draft,
    error: &QueuedError,
    tool: Option<&str>,
) -> Result<Value, Error> {
    let tool = tool_of(definitions, tool)?;
    let queued = QueuedError {
        id: draft.state().errors.next_id(),
        tool,
        ..error.clone()
    };
    let shown = serde_json::to_value(&queued).unwrap_or_default();
    draft.push(Effect::ErrorQueued(queued));
    Ok(shown)
}
