//! What has happened in the sandboxes of a run, whatever the command has reset or emptied meanwhile.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use sparring::domain::name::SandboxId;
use sparring::domain::reply::Fault;
use sparring::log::{Entry, Watcher};
use sparring::mutation::injection::{Got, Injection, Seen};
use sparring::mutation::verdict::End;
use sparring::mutation::{Aim, RULE_ID, Sample, Target};
use sparring::state::SandboxState;

/// How many faults are remembered of one sandbox: a report tells few of them.
const INJECTIONS_MAX: usize = 20;

/// Remembers what has happened in sandboxes.
#[derive(Debug)]
pub(super) struct Witness {
    /// What there is to call.
    targets: Vec<Target>,
    /// The sandbox whose answers are looked at.
    clean: SandboxId,
    seen: Mutex<BTreeMap<SandboxId, Witnessed>>,
}

/// What has happened in a sandbox.
#[derive(Clone, Debug, Default)]
pub(super) struct Witnessed {
    /// How many calls were made.
    pub(super) calls: u64,
    /// How many faults were injected.
    pub(super) injected: usize,
    /// The first of them.
    pub(super) injections: Vec<Injection>,
    /// What it held whenever it was reset, and in the end.
    pub(super) ends: Vec<End>,
    /// The targets that were called, as they answered.
    pub(super) targets: BTreeMap<usize, Target>,
    /// How often they were called since the sandbox began.
    since: BTreeMap<usize, u64>,
}

impl Witness {
    /// Nothing has happened yet.
    pub(super) fn of(targets: Vec<Target>, clean: SandboxId) -> Self {
        Self {
            targets,
            clean,
            seen: Mutex::default(),
        }
    }

    /// What has happened in a sandbox, which ends now in this state.
    pub(super) fn told(&self, sandbox: &SandboxId, state: &SandboxState) -> Witnessed {
        self.ends(sandbox, state);
        self.seen().remove(sandbox).unwrap_or_default()
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<SandboxId, Witnessed>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The target that a call was for.
    fn target(&self, entry: &Entry) -> Option<usize> {
        let path = entry
            .target
            .split_once('?')
            .map_or(&*entry.target, |(path, _)| path);
        let is_for = |target: &Target| match &target.aim {
            Aim::Tool(name) | Aim::RecordedTool(name) => entry
                .tool
                .as_ref()
                .is_some_and(|tool| *tool.name == **name || tool.to_string() == *name),
            Aim::Stub(id) => entry.stub.as_ref().is_some_and(|stub| *stub.id == **id),
            Aim::Endpoint { method, path: own } => entry.method.as_str() == method && path == own,
        };
        self.targets.iter().position(is_for)
    }
}

impl Watcher for Witness {
    fn called(&self, entry: &Entry) {
        let target = self.target(entry);
        let body: Option<Value> = serde_json::from_slice(&entry.reply.body).ok();
        let mut seen = self.seen();
        let seen = seen.entry(entry.sandbox.clone()).or_default();
        seen.calls += 1;
        if entry.sandbox != self.clean {
            for fault in entry.faults() {
                if fault["rule"] == RULE_ID {
                    seen.remember(entry, body.as_ref(), &fault["clean"]);
                }
            }
        } else if let Some(at) = target {
            let since = seen.since.entry(at).or_default();
            *since += 1;
            let since = *since;
            let target = seen.targets.entry(at).or_insert_with(|| Target {
                calls: None,
                ..self.targets[at].clone()
            });
            target.calls = target.calls.max(Some(since));
            target.observe(Sample {
                method: entry.method.as_str(),
                status: entry.reply.status,
                body: body.as_ref(),
            });
        }
    }

    fn ends(&self, sandbox: &SandboxId, state: &SandboxState) {
        let mut seen = self.seen();
        let seen = seen.entry(sandbox.clone()).or_default();
        seen.ends.push(End::of(state));
        seen.since.clear();
    }
}

impl Witnessed {
    /// A fault was injected into a call whose reply would have been the clean one.
    fn remember(&mut self, entry: &Entry, body: Option<&Value>, clean: &Value) {
        self.injected += 1;
        if self.injections.len() >= INJECTIONS_MAX {
            return;
        }
        let got = match entry.reply.fault {
            Some(fault) => Got::Nothing(wire(fault).to_owned()),
            None => Got::Reply(Seen {
                status: entry.reply.status,
                body: match body {
                    Some(body) => body.clone(),
                    None if entry.reply.body.is_empty() => Value::Null,
                    None => String::from_utf8_lossy(&entry.reply.body).into(),
                },
            }),
        };
        let tool = entry.tool.as_ref().map(|tool| tool.name.to_string());
        let status = clean["status"]
            .as_u64()
            .and_then(|status| status.try_into().ok());
        self.injections.push(Injection {
            call: entry.number,
            asked: tool.unwrap_or_else(|| format!("{} {}", entry.method, entry.target)),
            got,
            clean: status.map(|status| Seen {
                status,
                body: clean["body"].clone(),
            }),
        });
    }
}

/// What a caller sees of a fault on the wire.
fn wire(fault: Fault) -> &'static str {
    match fault {
        Fault::ConnectionResetByPeer => "the connection was reset",
        Fault::EmptyResponse => "the connection was closed without a reply",
        Fault::MalformedResponseChunk => "a reply that broke off",
        Fault::RandomDataThenClose => "bytes that are no reply",
    }
}
