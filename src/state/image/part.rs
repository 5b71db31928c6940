//! What an image is made of: every kind of row, in the order in which they are written.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::writer::Writer;
use super::{PART_BYTES, VERSION};
use crate::domain::name::Name;
use crate::domain::time::Clock;
use crate::state::SandboxState;
use crate::state::activity::Activity;
use crate::state::cassette::{self, Miss};
use crate::state::collection::image::{RecordRow, Shape, UniqueRow};
use crate::state::dataset::{Dataset, Generated, Row};
use crate::state::errors::QueuedError;
use crate::state::faults::{self, Before, Calls, Event};
use crate::state::in_flight;
use crate::state::ledger::{Account, AccountId, Hold, Transfer};
use crate::state::limits::{Counter, CounterId, Held};
use crate::state::misfits::Misfit;
use crate::state::opening::Opening;
use crate::state::overlay;
use crate::state::quirks::QueuedQuirk;
use crate::state::recording::Recording;
use crate::state::saved::{Bytes64, Saved, SavedId};
use crate::state::settings::Settings;
use crate::state::timers::image::TimerRow;
use crate::state::webhooks::delivery::Delivery;
use crate::state::webhooks::faults::QueuedFault;
use crate::state::webhooks::queue::QueueRow;
use crate::state::webhooks::{self, Disabled};

/// The rows of a part, by their kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Part {
    Version([u32; 1]),
    Head([Box<Head>; 1]),
    ToolCalls(Vec<(Name, u64)>),
    ToolRefusals(Vec<(Name, u64)>),
    Activity(Vec<(Name, Activity)>),
    Datasets(Vec<DatasetRow>),
    DatasetRows(Vec<(usize, Row)>),
    Collections(Vec<Shape>),
    Records(Vec<RecordRow>),
    Unique(Vec<UniqueRow>),
    Accounts(Vec<(AccountId, Account)>),
    Entries(Vec<(AccountId, Vec<u64>)>),
    Holds(Vec<Hold>),
    Transfers(Vec<Transfer>),
    Limits(Vec<(CounterId, Held)>),
    LimitPresets(Vec<(Name, Counter)>),
    Saved(Vec<(SavedId, Saved)>),
    InFlight(Vec<(u64, in_flight::Held)>),
    AuthEnforced(Vec<(Arc<str>, bool)>),
    TimersNext([u64; 1]),
    Timers(Vec<TimerRow>),
    Errors(Vec<QueuedError>),
    Quirks(Vec<QueuedQuirk>),
    QuirksUsed(Vec<((Name, usize), u64)>),
    StubNumbers([overlay::image::Numbers; 1]),
    Stubs(Vec<overlay::image::StubRow>),
    RootStubs(Vec<overlay::image::RootRow>),
    Scenarios(Vec<(Arc<str>, Arc<str>)>),
    Files(Vec<FileRow>),
    Webhooks([webhooks::image::Numbers; 1]),
    Deliveries(Vec<Delivery>),
    Queues(Vec<QueueRow>),
    Disabled(Vec<(Arc<str>, Disabled)>),
    Emitted(Vec<(Name, u64)>),
    Met(Vec<(Name, u64)>),
    WebhookFaults(Vec<QueuedFault>),
    Faults([faults::image::Numbers; 1]),
    Befores(Vec<Before>),
    Rules(Vec<faults::image::RuleRow>),
    Fired(Vec<(Arc<str>, u64)>),
    Awaited(Vec<(Arc<str>, u64)>),
    StubCalls(Vec<(Arc<str>, Calls)>),
    Events(Vec<Arc<Event>>),
    Cassettes([cassette::image::Numbers; 1]),
    Running([Box<cassette::image::RunningRow>; 1]),
    Misses(Vec<Arc<Miss>>),
    Reports(Vec<cassette::image::ReportRow>),
    Misfits(Vec<Misfit>),
    End([String; 1]),
}

/// What there is once, and small.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) opening: Arc<Opening>,
    pub(super) seed: u64,
    pub(super) clock: Clock,
    pub(super) opened: Timestamp,
    pub(super) now: Timestamp,
    pub(super) calls: u64,
    pub(super) last_error: u64,
    pub(super) last_quirk: u64,
    pub(super) recording: Recording,
    pub(super) settings: Settings,
}

/// A dataset. The rows of one that is held follow.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum DatasetRow {
    Generated(Generated),
    Rows(u64),
}

/// A stretch of a file's content, and whether it is the last one; no content for a file that is gone.
pub(super) type FileRow = (Arc<str>, bool, Option<Bytes64>);

/// Writes all of a state. Everything is named, so that nothing is forgotten that is added to it.
pub(super) fn write(state: &SandboxState, out: &mut Writer<'_>) {
    let SandboxState {
        opening,
        seed,
        clock,
        opened,
        now,
        calls,
        tool_calls,
        tool_refusals,
        activity,
        collections: _,
        ledger,
        limits,
        limit_presets,
        saved,
        in_flight,
        auth_enforced,
        timers,
        errors,
        quirks,
        overlay,
        scenarios,
        recording,
        files: _,
        settings,
        webhooks,
        faults,
        past: _,
        cassettes,
        misfits,
    } = state;
    out.row("version", &VERSION);
    out.row(
        "head",
        &Head {
            opening: opening.clone(),
            seed: *seed,
            clock: *clock,
            opened: *opened,
            now: *now,
            calls: *calls,
            last_error: errors.next_id() - 1,
            last_quirk: quirks.next_id() - 1,
            recording: recording.clone(),
            settings: settings.clone(),
        },
    );
    out.rows("toolCalls", tool_calls.iter());
    out.rows("toolRefusals", tool_refusals.iter());
    out.rows("activity", activity.iter());
    write_collections(state, out);
    ledger.write(out);
    limits.write(out);
    out.rows("limitPresets", limit_presets.iter());
    saved.write(out);
    out.rows("inFlight", in_flight.iter());
    out.rows("authEnforced", auth_enforced.iter());
    timers.write(out);
    out.rows("errors", errors.iter());
    out.rows("quirks", quirks.iter());
    out.rows("quirksUsed", quirks.all_used());
    overlay.write(out);
    out.rows("scenarios", scenarios.moved());
    write_files(state, out);
    webhooks.write(out);
    faults.write(out);
    cassettes.write(out);
    out.rows("misfits", misfits.iter());
}

/// Each dataset is written once, before the collections that stand on it.
fn write_collections(state: &SandboxState, out: &mut Writer<'_>) {
    let mut datasets: Vec<&Arc<Dataset>> = Vec::new();
    let mut bases = Vec::new();
    for collection in state.collections.values() {
        bases.push(collection.base().map(|base| {
            let is_it = |one: &&Arc<Dataset>| Arc::ptr_eq(one, base) || *one == base;
            let known = datasets.iter().position(is_it);
            known.unwrap_or_else(|| {
                datasets.push(base);
                datasets.len() - 1
            })
        }));
    }
    out.rows(
        "datasets",
        datasets.iter().map(|dataset| match &***dataset {
            Dataset::Generated(generated) => DatasetRow::Generated(generated.clone()),
            Dataset::Rows(rows) => DatasetRow::Rows(rows.len()),
        }),
    );
    for (at, dataset) in datasets.iter().enumerate() {
        if let Dataset::Rows(rows) = &***dataset {
            let rows = (0..rows.len()).filter_map(|number| rows.row(number));
            out.rows("datasetRows", rows.map(|row| (at, row)));
        }
    }
    let shapes = state.collections.iter().zip(bases);
    let shapes = shapes.map(|((name, collection), base)| collection.shape(name, base));
    out.rows("collections", shapes);
    for (name, collection) in &state.collections {
        collection.write_records(name, out);
    }
    for (name, collection) in &state.collections {
        collection.write_unique(name, out);
    }
}

fn write_files(state: &SandboxState, out: &mut Writer<'_>) {
    for (name, content) in state.files.iter() {
        let Some(content) = content else {
            out.row("files", &(name, true, None::<Bytes64>));
            continue;
        };
        let mut from = 0;
        loop {
            let to = content.len().min(from + PART_BYTES / 2);
            let last = to == content.len();
            out.row(
                "files",
                &(name, last, Some(Bytes64(content.slice(from..to)))),
            );
            if last {
                break;
            }
            from = to;
        }
    }
}

/// Every kind of row, in the order in which they are written.
#[cfg(test)]
pub(super) const KINDS: [&str; 49] = [
    "version",
    "head",
    "toolCalls",
    "toolRefusals",
    "activity",
    "datasets",
    "datasetRows",
    "collections",
    "records",
    "unique",
    "accounts",
    "entries",
    "holds",
    "transfers",
    "limits",
    "limitPresets",
    "saved",
    "inFlight",
    "authEnforced",
    "timersNext",
    "timers",
    "errors",
    "quirks",
    "quirksUsed",
    "stubNumbers",
    "stubs",
    "rootStubs",
    "scenarios",
    "files",
    "webhooks",
    "deliveries",
    "queues",
    "disabled",
    "emitted",
    "met",
    "webhookFaults",
    "faults",
    "befores",
    "rules",
    "fired",
    "awaited",
    "stubCalls",
    "events",
    "cassettes",
    "running",
    "misses",
    "reports",
    "misfits",
    "end",
];
