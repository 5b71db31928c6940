//! What one sandbox knows, and the only way in which it changes.
//!
//! [`SandboxState`] is the fold of its effects: [`apply`](SandboxState::apply) takes one
//! [`Effect`] and cannot fail, because whoever made the effect has checked everything before.
//! All maps are persistent, so a clone costs nothing: a draft, a fork and a read of the past are
//! clones. Deciding lives elsewhere; here nothing is refused.

pub mod activity;
mod branch;
pub mod cassette;
pub mod collection;
pub mod dataset;
pub mod diff;
pub mod effect;
pub mod errors;
pub mod faults;
pub mod files;
pub mod image;
pub mod in_flight;
pub mod ledger;
pub mod limits;
pub mod misfits;
pub mod opening;
pub mod overlay;
pub mod past;
pub mod quirks;
pub mod recording;
pub mod saved;
pub mod scenarios;
pub mod settings;
pub mod size;
pub mod timers;
pub mod unique;
pub mod webhooks;

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;

use crate::domain::name::Name;
use crate::domain::time::Clock;
use activity::Activity;
use cassette::{Cassettes, Running};
use collection::Collection;
pub use effect::Effect;
use errors::ErrorQueue;
use faults::{Before, Faults};
use files::Files;
use in_flight::InFlight;
use ledger::Ledger;
use limits::{Counter, Limits};
use misfits::Misfit;
use opening::Opening;
use overlay::Overlay;
use past::Past;
use quirks::Quirks;
use recording::Recording;
use saved::SavedReplies;
use scenarios::Scenarios;
use settings::Settings;
use timers::Timers;
use webhooks::Webhooks;

/// One sandbox: an isolated universe.
#[derive(Clone, Debug)]
pub struct SandboxState {
    /// How it began, and how it begins again when it is reset.
    pub opening: Arc<Opening>,
    /// What all chance in the sandbox comes from.
    pub seed: u64,
    /// How its clock runs.
    pub clock: Clock,
    /// What its clock showed when it began.
    pub opened: Timestamp,
    /// The last time that it has seen. It never runs back, unless the clock is set.
    pub now: Timestamp,
    /// The highest number of a call that may have changed something; it outlives a reset, as numbers
    /// never restart.
    pub calls: u64,
    /// How often each tool has been called.
    pub tool_calls: OrdMap<Name, u64>,
    /// How often each tool has answered with an error.
    pub tool_refusals: OrdMap<Name, u64>,
    /// What each agent has done, by pack and agent.
    pub activity: OrdMap<Name, Activity>,
    /// The records.
    pub collections: OrdMap<Name, Collection>,
    /// The books.
    pub ledger: Ledger,
    /// How much of each rate limit is used.
    pub limits: Limits,
    /// What the counters of a limit begin as, where a tester has said so.
    pub limit_presets: OrdMap<Name, Counter>,
    /// What requests with an idempotency key were answered with.
    pub saved: SavedReplies,
    /// What calls hold whose replies have not left yet.
    pub in_flight: InFlight,
    /// Whether credentials are checked, by pack, where a tester has said so.
    pub auth_enforced: OrdMap<Arc<str>, bool>,
    /// What happens by itself, and when.
    pub timers: Timers,
    /// The errors that a tester has queued.
    pub errors: ErrorQueue,
    /// The quirks of paging that a tester has queued.
    pub quirks: Quirks,
    /// The stubs that this sandbox lays over those of the packs.
    pub overlay: Overlay,
    /// How far the scenarios of stubs have come.
    pub scenarios: Scenarios,
    /// Whether calls are recorded.
    pub recording: Recording,
    /// The files that this sandbox lays over those beside the definitions. They outlive a reset, as
    /// those on a disk do.
    pub files: Files,
    /// What a tester says about all answers. It outlives a reset, as in WireMock.
    pub settings: Settings,
    /// What is told to endpoints.
    pub webhooks: Webhooks,
    /// What is to go wrong, and what has.
    pub faults: Faults,
    /// How it was before the latest calls.
    pub past: Past,
    /// The cassette that runs.
    pub cassettes: Cassettes,
    /// What does not fit the definitions that are served now.
    pub misfits: Arc<[Misfit]>,
}

impl SandboxState {
    /// A sandbox in which nothing has happened.
    #[must_use]
    pub fn new(opening: Arc<Opening>, now: Timestamp) -> Self {
        Self {
            seed: opening.seed,
            clock: opening.clock,
            opening,
            opened: now,
            now,
            calls: 0,
            tool_calls: OrdMap::new(),
            tool_refusals: OrdMap::new(),
            activity: OrdMap::new(),
            collections: OrdMap::new(),
            ledger: Ledger::default(),
            limits: Limits::default(),
            limit_presets: OrdMap::new(),
            saved: SavedReplies::default(),
            in_flight: InFlight::default(),
            auth_enforced: OrdMap::new(),
            timers: Timers::default(),
            errors: ErrorQueue::default(),
            quirks: Quirks::default(),
            overlay: Overlay::default(),
            scenarios: Scenarios::default(),
            recording: Recording::default(),
            files: Files::default(),
            settings: Settings::default(),
            webhooks: Webhooks::default(),
            faults: Faults::default(),
            past: Past::default(),
            cassettes: Cassettes::default(),
            misfits: Arc::default(),
        }
    }

    /// When something is due next, by the sandbox clock.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let timer = self.timers.next().map(|(at, _)| at);
        let delivery = self.webhooks.next().map(|(at, _)| at);
        timer.into_iter().chain(delivery).min()
    }

    /// A record, if there is one.
    #[must_use]
    pub fn record(&self, collection: &Name, key: &str) -> Option<Arc<serde_json::Value>> {
        self.collections.get(collection)?.get(key)
    }

    /// Takes in one change.
    pub fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::TimePassed { to } => self.now = *to,
            Effect::ClockSet { clock, now } => {
                self.clock = *clock;
                self.now = *now;
            }
            Effect::ToolCalled {
                tool,
                agent,
                refused,
            } => {
                *self.tool_calls.entry(tool.clone()).or_insert(0) += 1;
                if *refused {
                    *self.tool_refusals.entry(tool.clone()).or_insert(0) += 1;
                }
                if let Some(agent) = agent {
                    let name = Name::new(&tool.pack, agent);
                    let minute = self.now.as_second().div_euclid(60);
                    self.activity
                        .entry(name)
                        .or_default()
                        .count(minute, *refused);
                }
            }
            Effect::CollectionIndexed {
                collection,
                members,
            } => self
                .collections
                .entry(collection.clone())
                .or_default()
                .unique_are(members.iter().cloned()),
            Effect::CollectionFilled {
                collection,
                dataset,
            } => {
                self.webhooks.forget_collection(collection);
                self.collections
                    .entry(collection.clone())
                    .or_default()
                    .fill(dataset);
            }
            Effect::RecordPut {
                collection,
                key,
                record,
            } => self
                .collections
                .entry(collection.clone())
                .or_default()
                .put(key, record),
            Effect::RecordDeleted { collection, key } => {
                self.webhooks.forget_record(collection, key);
                if let Some(records) = self.collections.get_mut(collection) {
                    records.remove(key);
                }
            }
            Effect::TimerSet { timer, at } => self.timers.set(timer, *at),
            Effect::TimerTaken { timer, at } => self.timers.take(timer, *at),
            Effect::TimersCleared { machine, key } => self.timers.clear(machine, key),
            Effect::Ledger(effect) => self.ledger.apply(effect),
            Effect::LimitCounted {
                id,
                change,
                fresh_at_ms,
            } => {
                let counter = change.after(self.limits.get(id).map(|held| &held.counter));
                let now_ms = self.now.as_millisecond();
                self.limits.put(id, &counter, *fresh_at_ms, now_ms);
            }
            Effect::LimitCleared { id } => {
                self.limits.remove(id);
                in_flight::free(&mut self.in_flight, |slot| slot == id);
            }
            Effect::LimitPreset { limit, counter } => {
                self.limit_presets.insert(limit.clone(), counter.clone());
            }
            Effect::LimitPresetCleared { limit } => drop(self.limit_presets.remove(limit)),
            Effect::LimitsCleared => {
                self.limits.clear();
                self.limit_presets.clear();
                in_flight::free(&mut self.in_flight, |_| true);
            }
            Effect::ReplySaved { id, saved } => self.saved.put(id, saved, self.now),
            Effect::CallHeld { call, held } => drop(self.in_flight.insert(*call, held.clone())),
            Effect::CallEnded { call } => self.end_call(*call),
            Effect::AuthEnforced { pack, enforced } => {
                self.auth_enforced.insert(pack.clone(), *enforced);
            }
            Effect::ErrorQueued(error) => self.errors.push(error),
            Effect::ErrorPassed { id } => self.errors.pass(*id),
            Effect::ErrorTaken { id } => self.errors.take(*id),
            Effect::ErrorRemoved { id } => self.errors.remove(*id),
            Effect::ErrorsCleared => self.errors.clear(),
            Effect::QuirkQueued(quirk) => self.quirks.push(quirk),
            Effect::QuirkTaken { id } => self.quirks.take(*id),
            Effect::QuirkUsed { tool, at } => self.quirks.count(tool, *at),
            Effect::QuirksCleared => self.quirks.clear(),
            Effect::FilePut { name, content } => self.files.put(name, Some(&content.0)),
            Effect::FileRemoved { name, hidden: true } => self.files.put(name, None),
            Effect::FileRemoved {
                name,
                hidden: false,
            } => self.files.forget(name),
            Effect::SettingsSet(settings) => self.settings = settings.clone(),
            Effect::StubPut { id, mapping } => self.overlay.put(id, mapping),
            Effect::StubRemoved { id } => self.overlay.remove(id),
            Effect::RootStubPut { id, mapping } => self.overlay.put_root(id, mapping),
            Effect::RootStubRemoved { id } => self.overlay.remove_root(id),
            Effect::StubIdsGiven { all } => self.overlay.give_ids(*all),
            Effect::StubsCleared => self.overlay.clear(),
            Effect::ScenarioMoved { scenario, to } => self.scenarios.set(scenario, to),
            Effect::ScenarioForgotten { scenario } => self.scenarios.forget(scenario),
            Effect::RecordingStarted(running) => {
                self.recording = Recording::Running(Arc::new(running.clone()));
            }
            Effect::RecordingStopped => self.recording = Recording::Stopped,
            Effect::ScenariosReset => self.scenarios.clear(),
            Effect::Webhook(effect) => self.webhooks.apply(effect),
            Effect::CallBegan { call } => {
                let before = self.without_past();
                self.past.keep(before);
                self.calls = self.calls.max(*call);
            }
            Effect::LifetimeSet { until } => {
                Arc::make_mut(&mut self.opening).expires_at = *until;
            }
            Effect::CallNoted { call } => self.calls = self.calls.max(*call),
            Effect::StubCalled { stub, refused } => self.faults.count_stub(stub, *refused),
            Effect::FaultPut(rule) => {
                let before = Before::of(&self.tool_calls, &self.tool_refusals);
                self.faults.put(rule, before);
            }
            Effect::FaultRemoved { id } => self.faults.remove(id),
            Effect::FaultsCleared => self.faults.clear(),
            Effect::FaultsPaused(paused) => self.faults.pause(*paused),
            Effect::FaultAwaited { id } => self.faults.wait(id, true),
            Effect::FaultSettled { id } => self.faults.wait(id, false),
            Effect::FaultHappened(event) => self.faults.happen(event),
            Effect::FaultEventsCleared => self.faults.forget_events(),
            Effect::CassetteStarted(started) => self.cassettes.start(started),
            Effect::CassettePlayed { entry, again } => {
                self.cassettes
                    .change(|running| running.play(*entry, *again));
            }
            Effect::CassetteMissed(miss) => self.cassettes.change(|running| running.miss(miss)),
            Effect::CassettePassed => self.cassettes.change(Running::send_on),
            Effect::CassetteStopped { report } => self.cassettes.stop(report),
            Effect::MisfitsFound(found) => self.misfits = found.clone(),
            Effect::Cleared { opening, now } => {
                let webhooks = self.webhooks.reborn();
                *self = Self {
                    calls: self.calls,
                    webhooks,
                    files: std::mem::take(&mut self.files),
                    settings: std::mem::take(&mut self.settings),
                    ..Self::new(opening.clone(), *now)
                };
            }
        }
    }

    /// This state, which remembers none before it: what is remembered must not remember.
    fn without_past(&self) -> Self {
        Self {
            past: Past::default(),
            ..self.clone()
        }
    }

    /// A call has ended: what it held is free.
    fn end_call(&mut self, call: u64) {
        let Some(held) = self.in_flight.remove(&call) else {
            return;
        };
        if let Some(id) = &held.key {
            self.saved.settle(id, call);
        }
        for (id, weight) in &held.slots {
            let counter = self.limits.get(id).map(|held| held.counter.clone());
            match counter.map(|counter| limits::release(&counter, *weight)) {
                // What is in flight has nothing to do with the clock, so it never gets fresh.
                Some(Some(rest)) => {
                    let now_ms = self.now.as_millisecond();
                    self.limits.put(id, &rest, i64::MAX, now_ms);
                }
                Some(None) => self.limits.remove(id),
                None => {}
            }
        }
    }
}
