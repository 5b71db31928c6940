//! Setting the stage: what a tester changes in a sandbox over the admin API. The same rules hold as
//! for calls: it is decided purely, gives effects, and never half-happens.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::{Decision, Trace, opening, timers};
use crate::behaviours::{Refusal, Variables, View, ledger};
use crate::definition::compiled::{Definitions, Pack};
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::domain::time::{Clock, Tick, shift};
use crate::state::errors::QueuedError;
use crate::state::opening::Opening;
use crate::state::{Effect, SandboxState};

/// One change of the stage.
#[derive(Clone, Debug)]
pub enum Stage {
    /// The sandbox begins.
    Open(Arc<Opening>),
    /// The sandbox begins again.
    Reset,
    /// The clock runs differently: at `now`, if that is given.
    SetClock {
        /// How it runs.
        mode: ClockMode,
        /// What it shows.
        now: Option<Timestamp>,
    },
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
    /// Records are made or replaced: all, or none.
    PutRecords {
        /// The collection, bare or with its pack.
        collection: String,
        /// The key, if there is one record and its key is given.
        key: Option<String>,
        /// The records.
        records: Vec<Value>,
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
    /// A stub is laid over the packs', or replaced.
    PutStub {
        /// Its id.
        id: Arc<str>,
        /// Its definition.
        mapping: Arc<Value>,
    },
    /// A stub of the overlay is dropped.
    RemoveStub(Arc<str>),
    /// All stubs of the overlay are dropped.
    ClearStubs,
    /// The overlay is as the files have it.
    ResetStubs,
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

/// Why the stage cannot be set so.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// Something named is not there.
    NotFound(String),
    /// A bare name stands for several things.
    Ambiguous {
        /// The name.
        name: String,
        /// What it could mean.
        candidates: Vec<String>,
    },
    /// Something given is not right.
    Invalid {
        /// Which member of what was given.
        field: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Error {
    /// The same error with the place in a larger document.
    #[must_use]
    pub(super) fn within(self, place: &str) -> Self {
        match self {
            Self::Invalid { field, message } => Self::Invalid {
                field: format!("{place}.{field}"),
                message,
            },
            Self::NotFound(message) => Self::Invalid {
                field: place.to_owned(),
                message,
            },
            ambiguous @ Self::Ambiguous { .. } => ambiguous,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let field = refusal
            .details
            .get("errors")
            .and_then(|errors| errors[0]["field"].as_str())
            .unwrap_or("body")
            .to_owned();
        Self::Invalid {
            field,
            message: refusal.message,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(message) => f.write_str(message),
            Self::Ambiguous { name, candidates } => {
                write!(f, "{name} could mean {}", candidates.join(" or "))
            }
            Self::Invalid { field, message } => write!(f, "{field}: {message}"),
        }
    }
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
            draft.into_effects()
        } else {
            Vec::new()
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
        Stage::Open(opening) => begin(definitions, draft, opening, tick.wall),
        Stage::Reset => {
            let opening = draft.state().opening.clone();
            begin(definitions, draft, &opening, tick.wall)
        }
        Stage::SetClock { mode, now } => {
            let clock = clock_of(*mode, *now, draft.state(), tick);
            set_clock(definitions, draft, clock, tick.wall, trace);
            Ok(Value::Null)
        }
        Stage::Advance { by_ms } => {
            let clock = advanced(draft.state().clock, *by_ms);
            set_clock(definitions, draft, clock, tick.wall, trace);
            Ok(Value::Null)
        }
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
        Stage::ClearErrors => {
            draft.push(Effect::ErrorsCleared);
            Ok(Value::Null)
        }
        Stage::PutRecords {
            collection,
            key,
            records,
        } => {
            let put: Result<Vec<Value>, Error> = records
                .iter()
                .map(|record| put_record(definitions, draft, collection, key.as_deref(), record))
                .collect();
            put.map(Value::Array)
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
            let keys: Vec<Arc<str>> = draft
                .state()
                .collections
                .get(&name)
                .map(|records| records.iter().map(|(key, _)| key.clone()).collect())
                .unwrap_or_default();
            let dropped = keys.len();
            for key in keys {
                drop_record(definitions, draft, &name, &key);
            }
            Ok(json!({ "deleted": dropped }))
        }
        Stage::PutStub { id, mapping } => {
            draft.push(Effect::StubPut {
                id: id.clone(),
                mapping: mapping.clone(),
            });
            Ok(Value::Null)
        }
        Stage::RemoveStub(id) => {
            if draft.state().overlay.get(id).is_none() {
                return Err(Error::NotFound(format!("there is no stub {id}")));
            }
            draft.push(Effect::StubRemoved { id: id.clone() });
            Ok(Value::Null)
        }
        Stage::ClearStubs => {
            draft.push(Effect::StubsCleared);
            Ok(Value::Null)
        }
        Stage::ResetStubs => {
            draft.push(Effect::StubsCleared);
            draft.extend(opening::root_stubs(definitions));
            Ok(Value::Null)
        }
        Stage::Open(_) | Stage::Reset | Stage::SetClock { .. } | Stage::Advance { .. } => {
            Ok(Value::Null)
        }
    }
}

fn begin(
    definitions: &Definitions,
    draft: &mut Draft,
    opening: &Arc<Opening>,
    wall: Timestamp,
) -> Result<Value, Error> {
    draft.extend(opening::effects(definitions, opening, wall)?);
    Ok(Value::Null)
}

fn clock_of(mode: ClockMode, now: Option<Timestamp>, state: &SandboxState, tick: Tick) -> Clock {
    let shown = now.unwrap_or(tick.now.max(state.now));
    match mode {
        ClockMode::System => Clock::System,
        ClockMode::Frozen => Clock::Frozen { now: shown },
        ClockMode::Offset => Clock::Offset {
            ahead_ms: millis_between(tick.wall, shown),
        },
    }
}

fn advanced(clock: Clock, by_ms: i64) -> Clock {
    match clock {
        Clock::System => Clock::Offset { ahead_ms: by_ms },
        Clock::Frozen { now } => Clock::Frozen {
            now: shift(now, by_ms),
        },
        Clock::Offset { ahead_ms } => Clock::Offset {
            ahead_ms: ahead_ms.saturating_add(by_ms),
        },
    }
}

fn millis_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond().saturating_sub(from.as_millisecond())
}

/// Sets the clock. What becomes due on the way fires in its order; on the way back nothing does,
/// and what has fired stays so.
fn set_clock(
    definitions: &Definitions,
    draft: &mut Draft,
    clock: Clock,
    wall: Timestamp,
    trace: &mut Trace,
) {
    let now = clock.read(wall);
    if now > draft.state().now {
        timers::fire_due(definitions, draft, now, trace);
    }
    draft.push(Effect::ClockSet { clock, now });
}

fn queue_error(
    definitions: &Definitions,
    draft: &mut Draft,
    error: &QueuedError,
    tool: Option<&str>,
) -> Result<Value, Error> {
    let tool = tool
        .map(|tool| {
            let found = definitions.resolve(tool, |pack| pack.tools.keys().map(|name| &**name));
            only(tool, found, "tool").map_err(|error| match error {
                Error::NotFound(message) => Error::Invalid {
                    field: "tool".into(),
                    message,
                },
                other => other,
            })
        })
        .transpose()?;
    let queued = QueuedError {
        id: draft.state().errors.next_id(),
        tool,
        ..error.clone()
    };
    let shown = serde_json::to_value(&queued).unwrap_or_default();
    draft.push(Effect::ErrorQueued(queued));
    Ok(shown)
}

/// The one thing that a name stands for.
fn only(name: &str, mut found: Vec<Name>, kind: &str) -> Result<Name, Error> {
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Error::NotFound(format!("there is no {kind} {name:?}"))),
        _ => Err(Error::Ambiguous {
            name: name.to_owned(),
            candidates: found.iter().map(Name::to_string).collect(),
        }),
    }
}

/// The collection that a name stands for, bare or with its pack.
///
/// # Errors
/// When there is none, or several packs have one of this name.
pub fn collection_of(definitions: &Definitions, name: &str) -> Result<Name, Error> {
    let found = definitions.resolve(name, |pack| pack.collections.keys().map(|name| &**name));
    only(name, found, "collection")
}

/// The pack and bare name of the agent whose wallet is meant.
///
/// A bare name means its only holder. Where nobody has it yet, it means the only pack with wallets.
///
/// # Errors
/// When no pack has wallets, or several could be meant.
pub fn wallet_of<'d, 'n>(
    definitions: &'d Definitions,
    state: &SandboxState,
    agent: &'n str,
) -> Result<(&'d Arc<Pack>, &'n str), Error> {
    let with_wallets = || {
        let has = |pack: &&Arc<Pack>| {
            pack.ledger
                .as_ref()
                .is_some_and(|ledger| ledger.wallets.is_some())
        };
        definitions.packs.iter().filter(has)
    };
    let qualified = with_wallets().find_map(|pack| {
        let rest = agent.strip_prefix(&*pack.name)?.strip_prefix('.')?;
        Some((pack, rest))
    });
    let holders: Vec<_> = with_wallets()
        .filter(|pack| {
            state
                .ledger
                .accounts_named(&pack.name, agent)
                .next()
                .is_some()
        })
        .collect();
    let candidates = if holders.is_empty() {
        if let Some(found) = qualified {
            return Ok(found);
        }
        with_wallets().collect()
    } else {
        holders
    };
    match candidates.as_slice() {
        [pack] => Ok((pack, agent)),
        [] => Err(Error::NotFound("no pack has wallets".into())),
        several => Err(Error::Ambiguous {
            name: agent.to_owned(),
            candidates: several
                .iter()
                .map(|pack| format!("{}.{agent}", pack.name))
                .collect(),
        }),
    }
}

/// Makes or replaces a record by hand.
///
/// # Errors
/// When the collection is unknown, the record is no object or has no key, or its machine does not
/// know its state.
pub(super) fn put_record(
    definitions: &Definitions,
    draft: &mut Draft,
    collection: &str,
    key: Option<&str>,
    record: &Value,
) -> Result<Value, Error> {
    let name = collection_of(definitions, collection)?;
    let missing = || Error::NotFound(format!("there is no collection {collection:?}"));
    let pack = definitions.pack(&name.pack).ok_or_else(missing)?;
    let spec = pack.collections.get(&name.name).ok_or_else(missing)?;
    let invalid = |field: &str, message: String| Error::Invalid {
        field: field.to_owned(),
        message,
    };
    let Value::Object(given) = record else {
        return Err(invalid(
            "record",
            format!("expected an object, found {record}"),
        ));
    };
    let chance = Chance::new(
        draft.state().seed,
        &format!("stage {name}"),
        draft.len() as u64,
    );
    let key: Arc<str> = match (key, given.get(&spec.key)) {
        (Some(key), None) => key.into(),
        (Some(key), Some(Value::String(own))) if own == key => key.into(),
        (None, Some(Value::String(own))) if !own.is_empty() => own.as_str().into(),
        (None, None) => made_key(pack, spec, draft.state(), chance)?,
        (Some(key), Some(own)) => {
            let message = format!("is {own} in the record, but {key:?} in the path");
            return Err(invalid(&spec.key, message));
        }
        (None, Some(own)) => {
            return Err(invalid(&spec.key, format!("expected a text, found {own}")));
        }
    };
    let mut members = Map::new();
    members.insert(spec.key.clone(), (*key).into());
    members.extend(
        given
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    if let Some(machine) = spec
        .machine
        .as_ref()
        .and_then(|machine| pack.machines.get(machine))
    {
        let state = members
            .entry(machine.field.clone())
            .or_insert_with(|| machine.initial.as_str().into());
        let known = state
            .as_str()
            .is_some_and(|state| machine.states.iter().any(|known| known == state));
        if !known {
            let message = format!(
                "expected one of {}, found {state}",
                machine.states.join(", ")
            );
            return Err(invalid(&machine.field, message));
        }
    }
    let record = Arc::new(Value::Object(members));
    draft.push(Effect::RecordPut {
        collection: name.clone(),
        key: key.clone(),
        record: record.clone(),
    });
    timers::arm(draft, pack, &name.name, &key, &record, chance)?;
    Ok((*record).clone())
}

fn made_key(
    pack: &Arc<Pack>,
    spec: &crate::definition::compiled::CollectionSpec,
    state: &SandboxState,
    chance: Chance,
) -> Result<Arc<str>, Error> {
    let Some(template) = &spec.new_key else {
        return Err(Error::Invalid {
            field: spec.key.clone(),
            message: "is missing".into(),
        });
    };
    let variables = Variables::new();
    let view = View {
        pack,
        state,
        variables: &variables,
        record: None,
        chance,
    };
    Ok(view.render(template)?.into())
}

fn drop_record(definitions: &Definitions, draft: &mut Draft, collection: &Name, key: &Arc<str>) {
    let machine = definitions
        .pack(&collection.pack)
        .and_then(|pack| pack.collections.get(&collection.name))
        .and_then(|spec| spec.machine.as_ref());
    if let Some(machine) = machine {
        let machine = Name::new(&collection.pack, machine);
        if draft.state().timers.has(&machine, key) {
            draft.push(Effect::TimersCleared {
                machine,
                key: key.clone(),
            });
        }
    }
    draft.push(Effect::RecordDeleted {
        collection: collection.clone(),
        key: key.clone(),
    });
}
