//! The families of metrics, filled with what has been counted.

use std::fmt::{self, Debug};
use std::sync::Arc;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::meter::{CLASSES, OUTCOMES};
use super::reading::Reading;
use crate::domain::name::SandboxId;
use crate::meter::{BUCKETS, Counted};
use crate::service::Service;
use crate::store::Store;

/// All that is told, at one moment.
#[derive(Debug)]
pub(super) struct Gathered {
    readings: Vec<(Arc<str>, Reading)>,
    depths: Vec<(Arc<str>, Depths)>,
    commits: Counted,
    journal_bytes: u64,
    sandboxes: usize,
    connections: u64,
    requests: u64,
    started: Timestamp,
    resident_bytes: Option<u64>,
}

/// How much waits in a sandbox, and how much is kept of its calls.
#[derive(Clone, Copy, Debug, Default)]
struct Depths {
    errors: u64,
    quirks: u64,
    deliveries: u64,
    log_entries: u64,
    log_bytes: u64,
}

/// What the journal takes on its disk; 0 where there is none.
fn journal_bytes(service: &Service) -> u64 {
    let folder = service.settings.data_dir.as_ref();
    let file = folder.map(|folder| folder.join(crate::store::journal::FILE));
    let found = file.and_then(|file| std::fs::metadata(file).ok());
    found.map_or(0, |found| found.len())
}

impl Gathered {
    pub(super) fn of(service: &Service) -> Self {
        let metrics = &service.metrics;
        let mut depths: Vec<(Arc<str>, Depths)> = Vec::new();
        let ids = service.sandbox_ids();
        let labels = metrics.labels();
        let readings = labels.read();
        let named: Vec<Arc<str>> = ids.iter().map(|id| labels.label(id).into()).collect();
        drop(labels);
        for (id, label) in ids.iter().zip(named) {
            let Some(found) = Depths::of(service, id) else {
                continue;
            };
            match depths.iter_mut().find(|(named, _)| *named == label) {
                Some((_, depths)) => depths.add(found),
                None => depths.push((label, found)),
            }
        }
        let store = service.store.meter();
        Self {
            readings,
            depths,
            commits: store.commits.counted(),
            journal_bytes: journal_bytes(service),
            sandboxes: ids.len(),
            connections: metrics.connections.now(),
            requests: metrics.requests.now(),
            started: service.started,
            resident_bytes: resident_bytes(),
        }
    }
}

impl Depths {
    fn of(service: &Service, id: &SandboxId) -> Option<Self> {
        let sandbox = service.sandbox(id)?;
        let state = service.store.read(&sandbox.key).ok()?;
        let (entries, bytes) = sandbox.log.size();
        Some(Self {
            errors: state.errors.iter().count() as u64,
            quirks: state.quirks.iter().count() as u64,
            deliveries: state.webhooks.unfinished() as u64,
            log_entries: entries as u64,
            log_bytes: bytes as u64,
        })
    }

    fn add(&mut self, other: Self) {
        self.errors += other.errors;
        self.quirks += other.quirks;
        self.deliveries += other.deliveries;
        self.log_entries += other.log_entries;
        self.log_bytes += other.log_bytes;
    }
}

/// How much memory the process has, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

impl Collector for Gathered {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut to = Families(encoder);
        self.calls(&mut to)?;
        self.sandboxes(&mut to)?;
        self.server(&mut to)
    }
}

impl Gathered {
    fn calls(&self, to: &mut Families<'_>) -> fmt::Result {
        let calls = self.readings.iter().flat_map(|(sandbox, reading)| {
            reading.calls.iter().map(move |(labels, count)| {
                let labels = [
                    ("sandbox", &**sandbox),
                    ("pack", &*labels.tool.pack),
                    ("tool", &*labels.tool.name),
                    ("status_class", CLASSES[labels.class]),
                    ("error", &*labels.error),
                ];
                (labels, *count)
            })
        });
        to.counters(
            "calls",
            "Calls that were answered, by what they met.",
            calls,
        )?;
        let durations = self.readings.iter();
        let durations = durations.map(|(sandbox, it)| ([("sandbox", &**sandbox)], it.durations));
        to.histograms(
            "call_duration_seconds",
            "How long deciding about calls took, without the delay of their replies.",
            durations,
        )?;
        let faults = self.readings.iter().flat_map(|(sandbox, reading)| {
            reading.faults.iter().map(move |(mode, count)| {
                ([("sandbox", &**sandbox), ("mode", mode.name())], *count)
            })
        });
        to.counters(
            "faults_injected",
            "Faults that happened on purpose.",
            faults,
        )?;
        let partial = self.readings.iter().flat_map(|(sandbox, reading)| {
            reading.partial.iter().map(move |(tool, count)| {
                let labels = [
                    ("sandbox", &**sandbox),
                    ("pack", &*tool.pack),
                    ("tool", &*tool.name),
                ];
                (labels, *count)
            })
        });
        to.counters(
            "partial_successes",
            "Batches of which some items were done and others were not.",
            partial,
        )
    }

    fn sandboxes(&self, to: &mut Families<'_>) -> fmt::Result {
        let each = |count: fn(&Reading) -> u64| {
            let readings = self.readings.iter();
            readings.map(move |(sandbox, it)| ([("sandbox", &**sandbox)], count(it)))
        };
        to.counters(
            "retries_seen",
            "Calls that repeated a failed request, or an idempotency key that was seen.",
            each(|reading| reading.retries),
        )?;
        to.counters(
            "rate_limited",
            "Calls that a declared limit refused.",
            each(|reading| reading.limited),
        )?;
        to.counters(
            "unmatched",
            "Calls that nothing claimed.",
            each(|reading| reading.unmatched),
        )?;
        let webhooks = self.readings.iter().flat_map(|(sandbox, reading)| {
            let counts = OUTCOMES.iter().zip(reading.webhooks);
            counts.map(move |(outcome, count)| {
                ([("sandbox", &**sandbox), ("outcome", *outcome)], count)
            })
        });
        to.counters(
            "webhook_deliveries",
            "What came of webhooks; retrying counts attempts, the others deliveries.",
            webhooks,
        )?;
        let depths = self.depths.iter().flat_map(|(sandbox, depths)| {
            let queues = [
                ("errors", depths.errors),
                ("quirks", depths.quirks),
                ("deliveries", depths.deliveries),
            ];
            queues.map(|(queue, depth)| ([("sandbox", &**sandbox), ("queue", queue)], depth))
        });
        to.gauges("queue_depth", "What waits in a sandbox.", depths)?;
        let each = |depth: fn(&Depths) -> u64| {
            let depths = self.depths.iter();
            depths.map(move |(sandbox, it)| ([("sandbox", &**sandbox)], depth(it)))
        };
        to.gauges(
            "log_entries",
            "Calls that the call log keeps.",
            each(|it| it.log_entries),
        )?;
        to.gauges(
            "log_bytes",
            "About how many bytes they take.",
            each(|it| it.log_bytes),
        )
    }

    fn server(&self, to: &mut Families<'_>) -> fmt::Result {
        to.gauge("sandboxes", "Sandboxes.", self.sandboxes as u64)?;
        to.gauge(
            "connections",
            "Connections that are open.",
            self.connections,
        )?;
        to.gauge(
            "requests_in_flight",
            "Requests that are being answered, this one among them.",
            self.requests,
        )?;
        to.histograms(
            "store_commit_seconds",
            "How long a change took to be kept once it was decided on.",
            [([] as [(&str, &str); 0], self.commits)],
        )?;
        to.gauge(
            "store_journal_bytes",
            "What the journal takes on its disk.",
            self.journal_bytes,
        )?;
        to.gauges(
            "build_info",
            "Which server it is.",
            [([("version", env!("CARGO_PKG_VERSION"))], 1)],
        )?;
        let started = self.started.as_second().max(0).unsigned_abs();
        to.process_gauge(
            "process_start_time_seconds",
            "When the server was started, in seconds since 1970.",
            started,
        )?;
        match self.resident_bytes {
            Some(bytes) => to.process_gauge(
                "process_resident_memory_bytes",
                "How much memory the process has.",
                bytes,
            ),
            None => Ok(()),
        }
    }
}

/// Where families are written.
struct Families<'a>(DescriptorEncoder<'a>);

/// The labels of a series.
type Labels<'l, const N: usize> = [(&'static str, &'l str); N];

impl Families<'_> {
    fn counters<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l, N>, u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, series, |mut to, count| {
            to.encode_counter::<NoLabelSet, _, u64>(count, None)
        })
    }

    fn gauges<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l, N>, u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, series, |mut to, level| {
            to.encode_gauge(level)
        })
    }

    fn gauge(&mut self, name: &str, help: &str, level: u64) -> fmt::Result {
        self.gauges::<0>(name, help, [([], level)])
    }

    fn histograms<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l, N>, Counted)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, series, |mut to, it| {
            let bounds = BUCKETS.iter().map(|micros| seconds(*micros));
            let bounds = bounds.chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(it.counts).collect();
            to.encode_histogram::<NoLabelSet>(seconds(it.micros), it.total(), &buckets, None)
        })
    }

    fn family<'l, const N: usize, V>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        series: impl IntoIterator<Item = (Labels<'l, N>, V)>,
        write: impl Fn(MetricEncoder<'_>, &V) -> fmt::Result,
    ) -> fmt::Result {
        let name = format!("sparring_{name}");
        let mut family = self.0.encode_descriptor(&name, help, None, kind)?;
        for (labels, value) in series {
            if labels.is_empty() {
                // Without labels there are no braces, either.
                return write(family, &value);
            }
            write(family.encode_family(&labels)?, &value)?;
        }
        Ok(())
    }

    /// What is told of any process goes by the name that it has everywhere.
    fn process_gauge(&mut self, name: &str, help: &str, level: u64) -> fmt::Result {
        let kind = MetricType::Gauge;
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        family.encode_gauge(&level)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a sum of 285 years of microseconds is exact to the microsecond"
)]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
