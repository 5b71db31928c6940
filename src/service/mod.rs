//! The joiner: from a call to its reply, by way of matching and a transaction.
//!
//! Here the tick is read off the clock, the store is asked, and the call log is written. Nothing is
//! decided here, and nothing of HTTP is known beyond a call and a reply.

mod access;
mod alarm;
mod backup;
mod cassettes;
mod deliver;
mod events;
mod faults;
mod lives;
mod mappings;
mod metrics;
mod numbers;
mod overlay;
mod proxy;
mod record;
mod refused;
mod restart;
mod sandbox;
mod saving;
mod staging;
mod through;
mod timeline;
mod told;
mod traffic;
mod unmatched;

use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use dashmap::DashMap;
use http::{HeaderMap, HeaderName, Method, Version};
use jiff::Timestamp;

use crate::definition::compiled::{Definitions, Target};
use crate::definition::load::{self, Sources};
use crate::domain::call::{Call, address};
use crate::domain::chance::sandbox_seed;
use crate::domain::name::SandboxId;
use crate::domain::reply::Reply;
use crate::domain::time::{Clock, Tick, whole_millis};
use crate::engine::{self, Decision, Input, Matched};
use crate::log::{Bounds, Logged, Watcher};
use crate::matching::seen::Seen;
use crate::state::SandboxState;
use crate::state::opening::Opening;
use crate::store::{self, Any, Store};

pub use access::AccessSettings;
pub use backup::BackupError;
pub use cassettes::{CassetteError, Listed, Start};
pub use deliver::Deliverer;
pub use events::{End, Events, Item, Kind, LISTENERS_MAX, Listener, Resume, Told, TooMany};
pub use mappings::{StubChange, StubIds};
pub use metrics::{Format as MetricsFormat, Metrics};
use proxy::Sent;
pub use proxy::Upstream;
pub use sandbox::Sandbox;

pub use record::{RecordError, Recorded};
pub use staging::StageError;
pub(crate) use through::see_through;
pub use timeline::{Moment, SNAPSHOTS_MAX};
pub use traffic::{InFlight, Traffic};
pub use unmatched::Miss;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the seeds of sandboxes come from.
    pub seed: u64,
    /// How the clocks of new sandboxes run.
    pub clock: Clock,
    /// How much of each call log is kept.
    pub log: Bounds,
    /// Where the definitions come from.
    pub sources: Sources,
    /// Who is told of calls and resets, if anybody is.
    pub watcher: Option<Arc<dyn Watcher>>,
    /// Where the cassettes lie.
    pub cassettes: PathBuf,
    /// What is kept of who has done what, and what is not.
    pub access: AccessSettings,
    /// Where the store keeps sandboxes, if they outlive the server.
    pub data_dir: Option<PathBuf>,
}

/// A request as it arrived.
#[derive(Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// Path and query, without the sandbox's prefix.
    pub target: String,
    /// The version of HTTP.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
    /// Those of them that no log and no recording is to tell.
    pub concealed: Vec<HeaderName>,
    /// The whole body.
    pub body: Bytes,
    /// What stands before `target` in an absolute link.
    pub base_url: String,
    /// Who called.
    pub peer: Arc<str>,
}

/// All sandboxes of a server, and what they share.
pub struct Service {
    settings: Settings,
    definitions: ArcSwap<Definitions>,
    store: Any,
    sandboxes: DashMap<SandboxId, Arc<Sandbox>>,
    /// Sandboxes come and go one at a time for each id.
    lives: lives::Lives,
    alarm: alarm::Alarm,
    guard: access::Guard,
    deliverer: Arc<dyn Deliverer>,
    upstream: Arc<dyn Upstream>,
    cassettes: cassettes::Cassettes,
    /// For what goes on when a call has been answered.
    me: Weak<Self>,
    started: Timestamp,
    /// What is counted of it.
    pub metrics: Metrics,
    /// Somebody wants the server to stop.
    stop: tokio::sync::Notify,
    /// Reloads come one at a time.
    reloading: tokio::sync::Mutex<()>,
}

impl Service {
    /// A server with these definitions, and the sandboxes that are in the store, `default` among them.
    /// What it tells others, and asks them, goes out by way of `client`.
    ///
    /// # Errors
    /// When the default sandbox cannot be opened.
    pub async fn start(
        settings: Settings,
        definitions: Definitions,
        store: Any,
        client: Arc<impl Deliverer + Upstream + 'static>,
    ) -> Result<Arc<Self>, StageError> {
        let service = Arc::new_cyclic(|me| Self {
            cassettes: cassettes::Cassettes::in_folder(settings.cassettes.clone()),
            settings,
            definitions: ArcSwap::from_pointee(definitions),
            store,
            lives: lives::Lives::default(),
            sandboxes: DashMap::new(),
            alarm: alarm::Alarm::default(),
            guard: access::Guard::default(),
            deliverer: client.clone(),
            upstream: client,
            me: me.clone(),
            started: now(),
            metrics: Metrics::default(),
            stop: tokio::sync::Notify::new(),
            reloading: tokio::sync::Mutex::new(()),
        });
        service.adopt_all().await?;
        let default = SandboxId::default_sandbox();
        if service.sandbox(&default).is_none() {
            let opening = service.opening(&default);
            service.create(&default, opening).await?;
        }
        tokio::spawn(alarm::run(Arc::downgrade(&service)));
        Ok(service)
    }

    /// What is served now.
    #[must_use]
    pub fn definitions(&self) -> Arc<Definitions> {
        self.definitions.load_full()
    }

    /// What the machine's clock shows, and how long the server has been running.
    #[must_use]
    pub fn uptime(&self) -> (Timestamp, Duration) {
        let now = now();
        let running = now.duration_since(self.started);
        (now, running.try_into().unwrap_or_default())
    }

    /// Wants the server to stop: [`stopped`](Self::stopped) tells whoever runs it.
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Waits until somebody wants the server to stop.
    pub async fn stopped(&self) {
        self.stop.notified().await;
    }

    /// How the server is set up.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The sandbox of this id, if there is one.
    #[must_use]
    pub fn sandbox(&self, id: &SandboxId) -> Option<Arc<Sandbox>> {
        self.sandboxes.get(id).map(|sandbox| sandbox.clone())
    }

    /// How a sandbox opens of which nobody says more than its id.
    #[must_use]
    pub fn opening(&self, id: &SandboxId) -> Opening {
        Opening {
            seed: sandbox_seed(self.settings.seed, id.as_str()),
            clock: self.settings.clock,
            ..Opening::default()
        }
    }

    /// Whether what was answered outlives the process. Then whoever asks may go away while the disk is
    /// waited for, and what was begun is to be seen through all the same.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.store.is_durable()
    }

    /// Answers a call in a sandbox, and logs it. Where the store [is durable](Self::is_durable), the edge
    /// sees it through.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile, or nothing can be kept.
    pub async fn call(
        self: &Arc<Self>,
        sandbox: &Arc<Sandbox>,
        received: Received,
    ) -> Result<Reply, store::Error> {
        let (wall, started) = (now(), stopwatch());
        let number = self.number(sandbox);
        self.number_is_safe(sandbox, number).await;
        let call = Call::new(
            number,
            received.method,
            received.target,
            received.headers,
            received.body,
            received.base_url,
            address(&received.peer).into(),
        )
        .within(Some(&sandbox.id))
        .concealing(self.concealed(received.concealed));
        let definitions = self.definitions.load();
        let call = match sandbox.cassette_decides() {
            false => call,
            true => {
                let (peer, version) = (received.peer.clone(), received.version);
                let called = (call, wall, started);
                match self
                    .call_cassette(sandbox, &definitions, called, peer, version)
                    .await?
                {
                    Ok(reply) => return Ok(reply),
                    // It was stopped meanwhile.
                    Err(call) => call,
                }
            }
        };
        let overlay = sandbox.overlay.index();
        let claims = {
            let seen = Seen::new(&call, sandbox.shows(wall));
            let found = overlay::best(overlay.find(&seen), definitions.index.find(&seen));
            match found {
                Some((entry, _)) if entry.target.is_conditional() => {
                    let claims = overlay::claims(&overlay, &definitions.index, &seen);
                    Claims::Several(claims.into_iter().map(Matched::from).collect())
                }
                found => Claims::One(found.map(Matched::from)),
            }
        };
        let claims = claims.as_slice();
        let (mut decision, at) = match claims.is_empty() {
            true => (Decision::default(), sandbox.shows(wall)),
            false => {
                self.decide(sandbox, &definitions, &call, claims, wall)
                    .await?
            }
        };
        let matched = decision.claimed.map(|at| claims[at].target);
        if let Some(forward) = decision.forward.take() {
            let claimed = matched.cloned();
            let sent = Sent {
                call,
                forward,
                claimed,
                decision,
                at,
                wall,
                started,
                peer: received.peer,
                version: received.version,
            };
            return Ok(self.send_on(sandbox, sent).await);
        }
        let mut reply = decision.reply.take().unwrap_or_else(|| {
            self.unmatched(sandbox, &definitions, &overlay, &Seen::new(&call, at))
        });
        let in_flight = decision.in_flight;
        if sandbox.records() {
            let tool = decision.tool.as_ref();
            sandbox.record_simulated(&call, &reply, tool, at).await;
        }
        sandbox.tell(Logged {
            call: &call,
            version: received.version,
            reply: &reply,
            prepared: decision.prepared,
            at,
            received_at: wall,
            duration_micros: micros_since(started),
            peer: received.peer,
            matched: matched.is_some(),
            stub: matched.and_then(Target::stub).map(|stub| &stub.named),
            pack: matched.and_then(Target::pack).map(|pack| &pack.name),
            tool: decision.tool,
            agent: decision.agent,
            trace: decision.trace,
            effects: decision.effects,
            proxied: None,
        });
        if in_flight {
            let delay = std::mem::take(&mut reply.delay);
            self.hold(sandbox, call.number, delay).await;
        }
        Ok(reply)
    }

    /// Waits for a reply's delay, and then frees what its call held: before the reply leaves, so that
    /// whoever has it finds it free. A caller that goes away meanwhile changes nothing.
    async fn hold(self: &Arc<Self>, sandbox: &Arc<Sandbox>, call: u64, delay: Duration) {
        let (service, sandbox) = (self.clone(), sandbox.clone());
        let held = tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let definitions = service.definitions();
            let ended = Input::Answered(call);
            // In a sandbox that is deleted meanwhile nothing is held any more.
            let _ = service
                .transact(&sandbox, &definitions, &ended, now())
                .await;
        });
        if let Err(panic) = held.await
            && panic.is_panic()
        {
            std::panic::resume_unwind(panic.into_panic());
        }
    }

    /// Decides about a call. A stub whose answer is always the same takes no lock of the sandbox,
    /// unless a tester has queued something.
    async fn decide(
        &self,
        sandbox: &Sandbox,
        definitions: &Definitions,
        call: &Call,
        claims: &[Matched<'_>],
        wall: Timestamp,
    ) -> Result<(Decision, Timestamp), store::Error> {
        if let [matched] = claims
            && let Target::Stub(stub) = matched.target
            && stub.scenario.is_none()
            && stub.tool.is_none()
            && !sandbox.tester_interferes()
            && !sandbox.may_go_wrong(&stub.id)
            && stub.listeners.is_empty()
        {
            if let Some(decision) = engine::answer_prepared(stub) {
                return Ok((decision, sandbox.shows(wall)));
            }
            let state = self.store.read(&sandbox.key)?;
            let now = state.clock.read(wall).max(state.now);
            let state = SandboxState { now, ..state };
            return Ok((engine::answer_stub(stub, call, matched, &state), now));
        }
        let input = Input::Call(call, claims);
        let committed = self.transact(sandbox, definitions, &input, wall).await?;
        Ok((committed.decision, committed.state.now))
    }

    /// Decides about an input and takes in what follows from it.
    async fn transact(
        &self,
        sandbox: &Sandbox,
        definitions: &Definitions,
        input: &Input<'_>,
        wall: Timestamp,
    ) -> Result<store::Committed<Decision>, store::Error> {
        let caps = sandbox.caps();
        let mut before = None;
        let decide = |state: &SandboxState| {
            before = sandbox.events.listened().then(|| state.clone());
            let tick = Tick {
                now: state.clock.read(wall),
                wall,
            };
            let decision = engine::decide(definitions, state, input, tick);
            engine::caps::hold(state, input, decision, &caps)
        };
        let mut committed = self.store.transact(&sandbox.key, decide).await?;
        sandbox.after(committed.commit, &committed.state, &self.alarm);
        sandbox.happened(definitions, input, before.as_ref(), &committed);
        self.hand_out(sandbox, mem::take(&mut committed.decision.outgoing));
        Ok(committed)
    }

    /// Lets happen what is due in a sandbox.
    async fn wake(&self, id: &SandboxId) {
        let Some(sandbox) = self.sandbox(id) else {
            return;
        };
        sandbox.alarm_went_off();
        let definitions = self.definitions();
        // A sandbox that is deleted meanwhile has nothing due any more.
        let _ = self
            .transact(&sandbox, &definitions, &Input::Wake, now())
            .await;
    }

    /// Loads the definition files again. A set with mistakes is refused, and the old one stays.
    ///
    /// # Errors
    /// Every mistake in the files.
    pub async fn reload(self: &Arc<Self>) -> Result<Arc<Definitions>, load::Error> {
        let service = self.clone();
        // A caller that goes away must not leave some sandboxes with old stubs and some with new.
        match tokio::spawn(async move { service.reload_all().await }).await {
            Ok(reloaded) => reloaded,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    async fn reload_all(&self) -> Result<Arc<Definitions>, load::Error> {
        let _one = self.reloading.lock().await;
        let sources = self.settings.sources.clone();
        let loaded = tokio::task::spawn_blocking(move || load::load(&sources)).await;
        let definitions = match loaded {
            Ok(loaded) => Arc::new(loaded?),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        self.definitions.store(definitions.clone());
        self.replace_root_stubs(&definitions).await;
        self.note_misfits(&definitions).await;
        Ok(definitions)
    }
}

/// What a call may be for: most often one thing, and then nothing is allocated.
enum Claims<'a> {
    One(Option<Matched<'a>>),
    Several(Vec<Matched<'a>>),
}

impl<'a> Claims<'a> {
    fn as_slice(&self) -> &[Matched<'a>] {
        match self {
            Self::One(one) => one.as_slice(),
            Self::Several(several) => several,
        }
    }
}

/// The machine's clock, in whole milliseconds.
#[expect(clippy::disallowed_methods, reason = "this is where a tick begins")]
pub(crate) fn now() -> Timestamp {
    whole_millis(Timestamp::now())
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a call took is told, never decided by"
)]
fn stopwatch() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a call took is told, never decided by"
)]
fn micros_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}
