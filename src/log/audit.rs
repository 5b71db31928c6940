//! The audit log: who has changed what by way of the admin API, and who was refused.
//!
//! The latest entries are kept in memory, for operators and for each tenant apart, so that one tenant's
//! many push out no other's few. With a file, every entry is also appended to it, as a line of JSON, by a
//! thread of its own: a disk that hangs or is full harms no request, and is told of in the server's log.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use serde_json::{Value, json};

/// How many entries are kept in memory, of operators and of each tenant.
const KEPT_MAX: usize = 1_000;

/// How many refusals of strangers are noted in a second: what brings no token must not fill a disk.
const STRANGERS_A_SECOND: u64 = 20;

/// How many entries may wait to be written.
const WAITING_MAX: usize = 10_000;

/// One request to the admin API. It holds no body, no query and no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// When it came.
    pub at: Timestamp,
    /// The tenant of whoever has asked; an operator has none.
    pub tenant: Option<Arc<str>>,
    /// The name of whoever has asked, if that is known.
    pub name: Option<Arc<str>>,
    /// From where: address and port.
    pub peer: Arc<str>,
    /// The method.
    pub method: String,
    /// The path, without the prefix that names a sandbox.
    pub path: String,
    /// The sandbox that it was for.
    pub sandbox: Option<String>,
    /// What was answered.
    pub status: u16,
}

/// The audit log.
#[derive(Debug, Default)]
pub struct Audit {
    kept: Mutex<Kept>,
    file: Option<Appender>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By tenant; those of operators and of strangers stand under no name.
    entries: BTreeMap<Option<Arc<str>>, Ring>,
    /// The second in which strangers were counted last, and how many.
    strangers: (i64, u64),
    /// How many of them were not noted.
    skipped: u64,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Audited>,
    dropped: u64,
}

/// Appends lines to a file.
#[derive(Debug)]
struct Appender {
    lines: Option<SyncSender<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Audit {
    /// An audit log that is also appended to a file, which is made if it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn in_file(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // Who has done what is nobody else's business.
            options.mode(0o640);
        }
        let file = options.open(path)?;
        let lost = Arc::new(AtomicU64::new(0));
        let (lines, waiting) = sync_channel(WAITING_MAX);
        let counted = lost.clone();
        let thread = thread::Builder::new()
            .name("audit".into())
            .spawn(move || append(file, &waiting, &counted))?;
        Ok(Self {
            file: Some(Appender {
                lines: Some(lines),
                thread: Some(thread),
            }),
            lost,
            ..Self::default()
        })
    }

    /// Takes note of a request.
    pub fn note(&self, entry: Audited) {
        let lines = self.file.as_ref().and_then(|file| file.lines.as_ref());
        let line = lines.map(|lines| (lines, entry.to_json()));
        let skipped = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if entry.name.is_none() && entry.status == 401 {
                let second = entry.at.as_second();
                if kept.strangers.0 != second {
                    kept.strangers = (second, 0);
                }
                kept.strangers.1 += 1;
                if kept.strangers.1 > STRANGERS_A_SECOND {
                    kept.skipped += 1;
                    return;
                }
            }
            let ring = kept.entries.entry(entry.tenant.clone()).or_default();
            if ring.entries.len() == KEPT_MAX {
                ring.entries.pop_front();
                ring.dropped += 1;
            }
            ring.entries.push_back(entry);
            std::mem::take(&mut kept.skipped)
        };
        let Some((lines, mut line)) = line else {
            return;
        };
        if skipped > 0 {
            line["refusalsNotNoted"] = skipped.into();
        }
        match lines.try_send(format!("{line}\n")) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                lose(&self.lost, "too many wait to be written")
            }
        }
    }

    /// The entries that are kept, the oldest first, and how many older ones are not: of everybody, or of one
    /// tenant.
    #[must_use]
    pub fn entries(&self, tenant: Option<&Arc<str>>) -> (Vec<Audited>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let rings = kept.entries.iter();
        let wanted =
            rings.filter(|(of, _)| tenant.is_none_or(|tenant| of.as_ref() == Some(tenant)));
        let (mut entries, mut dropped) = (Vec::new(), 0);
        for (_, ring) in wanted {
            entries.extend(ring.entries.iter().cloned());
            dropped += ring.dropped;
        }
        entries.sort_by_key(|entry| entry.at);
        (entries, dropped)
    }

    /// How many lines could not be written to the file.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Appender {
    /// What waits is written before the process ends.
    fn drop(&mut self) {
        self.lines = None;
        if let Some(thread) = self.thread.take() {
            // It cannot panic, and there is nobody who could be told.
            let _ = thread.join();
        }
    }
}

fn append(mut file: File, lines: &Receiver<String>, lost: &AtomicU64) {
    while let Ok(line) = lines.recv() {
        if let Err(error) = file.write_all(line.as_bytes()) {
            lose(lost, &error.to_string());
        }
    }
}

fn lose(lost: &AtomicU64, why: &str) {
    // One that is told of is enough: a full disk loses every line.
    if lost.fetch_add(1, Ordering::Relaxed).is_multiple_of(1_000) {
        tracing::error!(why, "the audit log cannot be written");
    }
}

impl Audited {
    /// The entry as it is told and written.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "time": self.at.to_string(),
            "tenant": self.tenant.as_deref(),
            "name": self.name.as_deref(),
            "peer": &*self.peer,
            "method": self.method,
            "path": self.path,
            "sandbox": self.sandbox,
            "status": self.status,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tenant: Option<&str>, name: Option<&str>, status: u16, second: i64) -> Audited {
        Audited {
            at: Timestamp::from_second(second).expect("a time"),
            tenant: tenant.map(Into::into),
            name: name.map(Into::into),
            peer: "127.0.0.1:9".into(),
            method: "PUT".into(),
            path: "/__admin/clock".into(),
            sandbox: None,
            status,
        }
    }

    #[test]
    fn one_tenants_many_push_out_no_others_few() {
        let audit = Audit::default();
        audit.note(entry(Some("b"), Some("bob"), 200, 0));
        audit.note(entry(None, Some("ops"), 200, 0));
        for second in 0..1_500 {
            audit.note(entry(Some("a"), Some("alice"), 200, second));
        }
        let of = |tenant: &str| audit.entries(Some(&tenant.into()));
        assert_eq!((of("b").0.len(), of("b").1), (1, 0));
        assert_eq!((of("a").0.len(), of("a").1), (KEPT_MAX, 500));
        assert_eq!(of("c").0, []);
        assert_eq!(audit.entries(None).0.len(), KEPT_MAX + 2);
    }

    #[test]
    fn strangers_are_noted_a_few_times_a_second() {
        let audit = Audit::default();
        for second in [1, 2] {
            for _ in 0..100 {
                audit.note(entry(None, None, 401, second));
            }
        }
        let noted = u64::try_from(audit.entries(None).0.len()).expect("a number");
        assert_eq!(noted, 2 * STRANGERS_A_SECOND);
    }
}
