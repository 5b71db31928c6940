//! An effect: one change of a sandbox's state, as data.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cassette::{Miss, Started};
use super::dataset::Dataset;
use super::errors::QueuedError;
use super::faults::{Event, Rule};
use super::in_flight::Held;
use super::ledger::LedgerEffect;
use super::limits::{Change, Counter, CounterId};
use super::misfits::Misfit;
use super::opening::Opening;
use super::quirks::QueuedQuirk;
use super::recording::Running;
use super::saved::{Bytes64, Saved, SavedId};
use super::settings::Settings;
use super::timers::Timer;
use super::unique::UniqueMember;
use super::webhooks::WebhookEffect;
use crate::domain::name::Name;
use crate::domain::time::Clock;

/// One change. It has been checked when it was made, so taking it in cannot fail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(
    clippy::large_enum_variant,
    reason = "most effects of a call are the ledger's, which are the large ones"
)]
pub enum Effect {
    /// The sandbox has seen a later time.
    TimePassed {
        /// The time seen.
        to: Timestamp,
    },
    /// The clock was set; this is the one way back in time.
    ClockSet {
        /// How it runs from now on.
        clock: Clock,
        /// What it shows.
        now: Timestamp,
    },
    /// A tool was called, whatever came of it.
    ToolCalled {
        /// The tool.
        tool: Name,
        /// For whom, if the pack can tell.
        agent: Option<Arc<str>>,
        /// Whether the reply was an error.
        refused: bool,
    },
    /// No two records of a collection may have the same value in one of these members.
    CollectionIndexed {
        /// Which collection.
        collection: Name,
        /// Which members.
        members: Arc<[UniqueMember]>,
    },
    /// A collection holds the rows of a dataset, and nothing else; an empty one empties it.
    CollectionFilled {
        /// Which.
        collection: Name,
        /// The rows.
        dataset: Arc<Dataset>,
    },
    /// A record was made, or replaced.
    RecordPut {
        /// Where.
        collection: Name,
        /// Under which key.
        key: Arc<str>,
        /// All of it.
        record: Arc<Value>,
    },
    /// A record is gone.
    RecordDeleted {
        /// From where.
        collection: Name,
        /// Under which key it stood.
        key: Arc<str>,
    },
    /// Something will happen by itself.
    TimerSet {
        /// What.
        timer: Timer,
        /// When, by the sandbox clock.
        at: Timestamp,
    },
    /// Something happened by itself, or could not: it was its time.
    TimerTaken {
        /// What.
        timer: Timer,
        /// When it was due.
        at: Timestamp,
    },
    /// Nothing will happen by itself any more to a record.
    TimersCleared {
        /// By which machine.
        machine: Name,
        /// To which record.
        key: Arc<str>,
    },
    /// The books changed.
    Ledger(LedgerEffect),
    /// A rate limit has counted.
    LimitCounted {
        /// Which counter.
        id: CounterId,
        /// What becomes of it.
        change: Change,
        /// The millisecond of the epoch from which on it is as if it were not there.
        fresh_at_ms: i64,
    },
    /// Counters of a limit that are not there yet begin as this one.
    LimitPreset {
        /// The limit.
        limit: Name,
        /// What they begin as.
        counter: Counter,
    },
    /// Counters of a limit begin fresh again.
    LimitPresetCleared {
        /// The limit.
        limit: Name,
    },
    /// A tester forgot what a rate limit has counted.
    LimitCleared {
        /// Which counter.
        id: CounterId,
    },
    /// A tester forgot what all rate limits have counted.
    LimitsCleared,
    /// What a request with an idempotency key was answered with is remembered.
    ReplySaved {
        /// Which key.
        id: SavedId,
        /// What is remembered of it.
        saved: Saved,
    },
    /// A call holds something until its reply has left.
    CallHeld {
        /// The call's number.
        call: u64,
        /// What it holds.
        held: Held,
    },
    /// A call's reply has left: what it held is free.
    CallEnded {
        /// The call's number.
        call: u64,
    },
    /// A tester said whether a pack checks credentials.
    AuthEnforced {
        /// The pack.
        pack: Arc<str>,
        /// Whether it does.
        enforced: bool,
    },
    /// A tester queued errors.
    ErrorQueued(QueuedError),
    /// A queued error let a matching call through.
    ErrorPassed {
        /// Which.
        id: u64,
    },
    /// A queued error answered a call.
    ErrorTaken {
        /// Which.
        id: u64,
    },
    /// A tester took a queued error back.
    ErrorRemoved {
        /// Which.
        id: u64,
    },
    /// A tester emptied the queue.
    ErrorsCleared,
    /// A tester queued a quirk of paging.
    QuirkQueued(QueuedQuirk),
    /// A queued quirk concerned a page.
    QuirkTaken {
        /// Which.
        id: u64,
    },
    /// A quirk that a pack declares for so many pages concerned one.
    QuirkUsed {
        /// Of which tool.
        tool: Name,
        /// Which of its quirks, from 0.
        at: usize,
    },
    /// A tester emptied the line of quirks.
    QuirksCleared,
    /// A file is there, or has another content.
    FilePut {
        /// Its name.
        name: Arc<str>,
        /// All of it.
        content: Bytes64,
    },
    /// A file is not there any more.
    FileRemoved {
        /// Its name.
        name: Arc<str>,
        /// Whether one lies beside the definitions that must not be seen.
        hidden: bool,
    },
    /// A tester said what holds for all answers.
    SettingsSet(Settings),
    /// A stub was laid over the packs', or replaced.
    StubPut {
        /// Its id.
        id: Arc<str>,
        /// Its definition, as it was given.
        mapping: Arc<Value>,
    },
    /// A stub of the overlay is gone.
    StubRemoved {
        /// Its id.
        id: Arc<str>,
    },
    /// A stub of a WireMock root was laid over the packs', or replaced.
    RootStubPut {
        /// Its id.
        id: Arc<str>,
        /// Its definition, as the files have it.
        mapping: Arc<Value>,
    },
    /// A WireMock root has a stub no longer, and so it is gone.
    RootStubRemoved {
        /// Its id.
        id: Arc<str>,
    },
    /// Stubs that brought no id were given one.
    StubIdsGiven {
        /// How many ids were given in this life of the sandbox.
        all: u64,
    },
    /// The overlay is empty.
    StubsCleared,
    /// Calls are recorded from now on.
    RecordingStarted(Running),
    /// Calls are recorded no longer.
    RecordingStopped,
    /// A scenario of stubs came into a state.
    ScenarioMoved {
        /// Its name.
        scenario: Arc<str>,
        /// The state.
        to: Arc<str>,
    },
    /// A scenario begins again, or is there no longer.
    ScenarioForgotten {
        /// Its name.
        scenario: Arc<str>,
    },
    /// All scenarios begin again.
    ScenariosReset,
    /// What is told to endpoints changed.
    Webhook(WebhookEffect),
    /// The sandbox starts afresh: nothing has happened in it.
    Cleared {
        /// What it opens with.
        opening: Arc<Opening>,
        /// What its clock shows.
        now: Timestamp,
    },
    /// The sandbox lives until then, by the machine's clock; for ever, if there is no time.
    LifetimeSet {
        /// Until when.
        until: Option<Timestamp>,
    },
    /// A call begins that may change something.
    CallBegan {
        /// Its number.
        call: u64,
    },
    /// A call changed something: one of which no read can be stale, so how it was before is not kept.
    CallNoted {
        /// Its number.
        call: u64,
    },
    /// A stub was called that fault rules are for, whatever came of it.
    StubCalled {
        /// Its id.
        stub: Arc<str>,
        /// Whether the reply was an error.
        refused: bool,
    },
    /// Something is to go wrong; a rule of the same id is replaced.
    FaultPut(Arc<Rule>),
    /// A fault rule is gone.
    FaultRemoved {
        /// Its id.
        id: Arc<str>,
    },
    /// There are no fault rules.
    FaultsCleared,
    /// No fault rule does anything, or all do again.
    FaultsPaused(bool),
    /// A rule may happen to a reply that is still to come.
    FaultAwaited {
        /// The rule's id.
        id: Arc<str>,
    },
    /// The reply has come: whether the rule happens to it is told by itself.
    FaultSettled {
        /// The rule's id.
        id: Arc<str>,
    },
    /// Something went wrong on purpose.
    FaultHappened(Arc<Event>),
    /// What went wrong on purpose is forgotten.
    FaultEventsCleared,
    /// A cassette runs from now on.
    CassetteStarted(Arc<Started>),
    /// A call was answered with an entry of the cassette.
    CassettePlayed {
        /// Which, from 0.
        entry: usize,
        /// Whether another call had asked for it before.
        again: bool,
    },
    /// A call fits no entry of the cassette.
    CassetteMissed(Arc<Miss>),
    /// A call is sent on to the server behind the cassette.
    CassettePassed,
    /// No cassette runs any longer.
    CassetteStopped {
        /// What is reported of it.
        report: Arc<Value>,
    },
    /// This is what does not fit the definitions that are served now.
    MisfitsFound(Arc<[Misfit]>),
}

impl Effect {
    /// The number of the call that has this effect, if it tells it.
    #[must_use]
    pub fn call(&self) -> Option<u64> {
        match self {
            Self::CallBegan { call } | Self::CallNoted { call } => Some(*call),
            _ => None,
        }
    }
}
