//! What is counted of one sandbox.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::labels::ToolNames;
use super::reading::{CallLabels, Reading};
use super::retries::Failures;
use super::traced::Traced;
use crate::domain::fault::Mode;
use crate::domain::name::Name;
use crate::log::Logged;
use crate::meter::Histogram;
use crate::state::Effect;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::Status;

/// The classes of statuses; the last is of calls that got no answer.
pub(super) const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"];

/// What can come of a webhook.
pub(super) const OUTCOMES: [&str; 5] = ["delivered", "retrying", "failed", "dropped", "disabled"];

/// How many kinds of errors are told apart for each tool.
const ERRORS_MAX: usize = 32;

/// Stands for what finds no place of its own.
pub(super) const OTHER: &str = "other";

/// Counts of one thing in each class of statuses.
type ByClass = [AtomicU64; CLASSES.len()];

/// Tools, by their packs. A tool without a name is all of a pack that is no tool.
type Tools = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<Tool>>>;

/// What is counted of one sandbox. It counts on when the sandbox is deleted and made again.
#[derive(Debug)]
pub(in crate::service) struct Meter {
    names: Arc<ToolNames>,
    /// Calls of no pack, which met no error: of these there are the most.
    plain: ByClass,
    nowhere: Tool,
    tools: ArcSwap<Tools>,
    durations: Histogram,
    faults: Mutex<BTreeMap<Mode, u64>>,
    failures: Failures,
    retries: AtomicU64,
    limited: AtomicU64,
    unmatched: AtomicU64,
    webhooks: [AtomicU64; OUTCOMES.len()],
}

/// What is counted of a tool.
#[derive(Debug, Default)]
struct Tool {
    /// Calls that met no error.
    calls: ByClass,
    /// Calls that met one.
    errors: Mutex<BTreeMap<(usize, Arc<str>), u64>>,
    partial: AtomicU64,
}

impl Meter {
    pub(super) fn new(names: Arc<ToolNames>) -> Self {
        Self {
            names,
            plain: ByClass::default(),
            nowhere: Tool::default(),
            tools: ArcSwap::default(),
            durations: Histogram::default(),
            faults: Mutex::default(),
            failures: Failures::default(),
            retries: AtomicU64::new(0),
            limited: AtomicU64::new(0),
            unmatched: AtomicU64::new(0),
            webhooks: <[AtomicU64; OUTCOMES.len()]>::default(),
        }
    }

    /// A call was answered.
    pub(in crate::service) fn called(&self, logged: &Logged<'_>) {
        self.durations.add(logged.duration_micros);
        let class = class(logged);
        let retry = self.failures.note(logged);
        if logged.pack.is_none() && logged.matched && logged.trace.0.is_empty() {
            add(&self.plain[class]);
            if retry {
                add(&self.retries);
            }
            return;
        }
        let traced = Traced::of(logged);
        if retry || traced.replayed {
            add(&self.retries);
        }
        if traced.limited {
            add(&self.limited);
        }
        if !logged.matched {
            add(&self.unmatched);
        }
        let name = logged.tool.as_ref().map_or("", |tool| &tool.name);
        match logged.pack {
            None => self.nowhere.called(class, &traced),
            Some(pack) => self.tool(pack, name).called(class, &traced),
        }
    }

    /// Something was decided, and these are its effects.
    pub(in crate::service) fn happened(&self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::FaultHappened(event) => {
                    *locked(&self.faults).entry(event.mode).or_insert(0) += 1;
                }
                Effect::Webhook(WebhookEffect::DeliveryQueued(delivery)) => {
                    self.delivery_stands(delivery.status);
                }
                Effect::Webhook(WebhookEffect::DeliveryAttempted { status, .. }) => {
                    if *status == Status::Pending {
                        add(&self.webhooks[1]);
                    }
                    self.delivery_stands(*status);
                }
                _ => {}
            }
        }
    }

    fn delivery_stands(&self, status: Status) {
        let outcome = match status {
            Status::Pending | Status::InFlight => return,
            Status::Delivered => 0,
            Status::Failed => 2,
            Status::Dropped => 3,
            Status::Disabled => 4,
        };
        add(&self.webhooks[outcome]);
    }

    fn tool(&self, pack: &Arc<str>, name: &str) -> Arc<Tool> {
        let found = |tools: &Tools, pack: &str, name: &str| {
            let tool = tools.get(pack).and_then(|tools| tools.get(name));
            tool.cloned()
        };
        if let Some(tool) = found(&self.tools.load(), pack, name) {
            return tool;
        }
        let wanted = match self.names.takes(&Name::new(pack, name)) {
            true => Name::new(pack, name),
            false => Name::new(&OTHER.into(), OTHER),
        };
        if let Some(tool) = found(&self.tools.load(), &wanted.pack, &wanted.name) {
            return tool;
        }
        self.tools.rcu(|tools| {
            let mut more = Tools::clone(tools);
            let pack = more.entry(wanted.pack.clone()).or_default();
            pack.entry(wanted.name.clone()).or_default();
            more
        });
        found(&self.tools.load(), &wanted.pack, &wanted.name).unwrap_or_default()
    }

    /// What it has counted so far.
    pub(super) fn read(&self) -> Reading {
        let mut reading = Reading {
            durations: self.durations.counted(),
            faults: locked(&self.faults).clone(),
            retries: load(&self.retries),
            limited: load(&self.limited),
            unmatched: load(&self.unmatched),
            webhooks: std::array::from_fn(|at| load(&self.webhooks[at])),
            ..Reading::default()
        };
        let none: Arc<str> = "".into();
        let nowhere = Name::new(&none, "");
        read_classes(&self.plain, &nowhere, &mut reading);
        self.nowhere.read(&nowhere, &mut reading);
        for (pack, tools) in self.tools.load().iter() {
            for (name, tool) in tools {
                tool.read(&Name::new(pack, name), &mut reading);
            }
        }
        reading
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl Tool {
    fn called(&self, class: usize, traced: &Traced<'_>) {
        if traced.partial {
            add(&self.partial);
        }
        let Some(error) = &traced.error else {
            add(&self.calls[class]);
            return;
        };
        let mut errors = locked(&self.errors);
        let key = (class, Arc::from(&**error));
        if errors.len() >= ERRORS_MAX && !errors.contains_key(&key) {
            *errors.entry((class, OTHER.into())).or_insert(0) += 1;
        } else {
            *errors.entry(key).or_insert(0) += 1;
        }
    }

    fn read(&self, name: &Name, reading: &mut Reading) {
        read_classes(&self.calls, name, reading);
        for ((class, error), count) in locked(&self.errors).iter() {
            let labels = CallLabels {
                tool: name.clone(),
                class: *class,
                error: error.clone(),
            };
            *reading.calls.entry(labels).or_insert(0) += count;
        }
        let partial = load(&self.partial);
        if partial > 0 {
            reading.partial.insert(name.clone(), partial);
        }
    }
}

fn read_classes(classes: &ByClass, name: &Name, reading: &mut Reading) {
    for (class, count) in classes.iter().enumerate() {
        let count = load(count);
        if count > 0 {
            let labels = CallLabels {
                tool: name.clone(),
                class,
                error: "".into(),
            };
            *reading.calls.entry(labels).or_insert(0) += count;
        }
    }
}

/// In which class a call was answered; one whose connection broke was not.
fn class(logged: &Logged<'_>) -> usize {
    let class = usize::from(logged.reply.status.as_u16() / 100);
    match logged.reply.fault {
        None if (1..CLASSES.len()).contains(&class) => class - 1,
        _ => CLASSES.len() - 1,
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn load(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

fn locked<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}
