//! `--auth`: who may do what. An edited file is taken up by itself; a bad edit keeps the old one.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Weak};
use std::time::Duration;

use clap::Args;
use http::HeaderName;
use sparring::access::{self, Access};
use sparring::definition::source::Diagnostic;
use sparring::log::Audit;
use sparring::service::{AccessSettings, Service};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

/// How often the file is looked at. It is read, not only asked for its times: a mounted secret is swapped
/// by way of links, and a file of this size is read in no time.
const PERIOD: Duration = Duration::from_secs(1);

/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// The variable that holds the text itself, for containers without a file.
const TEXT_VARIABLE: &str = "SPARRING_AUTH_YAML";

#[derive(Args, Clone)]
pub(super) struct Auth {
    /// Who may do what: operators, tenants, their tokens and quotas. Everybody may do everything, if left out; SPARRING_AUTH_YAML may hold the text instead
    #[arg(long = "auth", value_name = "FILE", env = "SPARRING_AUTH")]
    file: Option<PathBuf>,
    /// Where requests that change something are noted, a line of JSON each; DIR/audit.log with --data-dir, and in memory alone without
    #[arg(long, value_name = "FILE", env = "SPARRING_AUDIT_LOG")]
    audit_log: Option<PathBuf>,
    /// Headers whose values no call log and no recording tells, beside those that carry tokens and keys of this server
    #[arg(
        long,
        value_name = "HEADERS",
        env = "SPARRING_REDACT",
        value_delimiter = ','
    )]
    redact: Vec<HeaderName>,
}

/// Who may do what, and where that was read.
pub(super) struct Read {
    access: Access,
    /// The file and its text; a text of the environment does not change.
    file: Option<(PathBuf, String)>,
}

/// Why nobody knows who may do what: the server does not start then.
pub(super) enum Unread {
    Mistakes(Vec<Diagnostic>),
    Failed(String),
}

impl Auth {
    /// What is kept of who has done what. `data` is the folder in which the server keeps its sandboxes.
    pub(super) fn settings(&self, data: Option<&Path>) -> io::Result<AccessSettings> {
        let default = data.map(|data| data.join("audit.log"));
        let path = self.audit_log.as_ref().or(default.as_ref());
        let audit = match path {
            None => Audit::default(),
            Some(path) => Audit::in_file(path).map_err(|error| {
                let message = format!("{} cannot be written: {error}", path.display());
                io::Error::new(error.kind(), message)
            })?,
        };
        Ok(AccessSettings {
            audit: Arc::new(audit),
            redact: self.redact.clone().into(),
        })
    }

    /// Reads who may do what, if anybody says so.
    pub(super) fn read(&self) -> Result<Option<Read>, Unread> {
        let text = std::env::var_os(TEXT_VARIABLE).filter(|text| !text.is_empty());
        match (&self.file, text) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                let why = format!("both --auth and {TEXT_VARIABLE} are given: which one counts?");
                Err(Unread::Failed(why))
            }
            (Some(path), None) => {
                let text = text_of(path).map_err(Unread::Failed)?;
                let access = parse(path, &text)?;
                Ok(Some(Read {
                    access,
                    file: Some((path.clone(), text)),
                }))
            }
            (None, Some(text)) => {
                let text = text
                    .into_string()
                    .map_err(|_| Unread::Failed(format!("{TEXT_VARIABLE} is no text")))?;
                let access = parse(Path::new(TEXT_VARIABLE), &text)?;
                Ok(Some(Read { access, file: None }))
            }
        }
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    use io::Read;
    let failed = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
    match read.map_err(failed)? as u64 {
        read if read > FILE_BYTES_MAX => Err(format!("{} is too large", path.display())),
        _ => Ok(text),
    }
}

fn parse(path: &Path, text: &str) -> Result<Access, Unread> {
    access::read(&path.display().to_string(), text).map_err(Unread::Mistakes)
}

impl Unread {
    /// Tells why, in full.
    pub(super) fn report(&self) -> ExitCode {
        let text = match self {
            Self::Failed(why) => format!("{why}\n"),
            Self::Mistakes(mistakes) => {
                let color = io::stderr().is_terminal();
                let shown: Vec<String> = mistakes.iter().map(|it| it.render(color)).collect();
                let count = shown.len();
                let mistakes = if count == 1 { "mistake" } else { "mistakes" };
                format!("{}\n\n{count} {mistakes}\n", shown.join("\n\n"))
            }
        };
        // A closed output has nobody who could be told.
        let _ = io::stderr().lock().write_all(text.as_bytes());
        ExitCode::FAILURE
    }

    /// Why, in one line.
    fn in_short(&self) -> String {
        match self {
            Self::Failed(why) => why.clone(),
            Self::Mistakes(mistakes) => {
                let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
                shown.join("; ")
            }
        }
    }
}

/// From now on the service asks who may do what; an edited file is taken up, and one that is told by
/// `SIGHUP` at once.
pub(super) fn guard(service: &Arc<Service>, read: Read) -> io::Result<()> {
    let Read { access, file } = read;
    let holders = access.holders_count();
    let tenants = access.tenants().count();
    tracing::info!(tenants, holders, "guarded by tokens");
    service.set_access(Arc::new(access));
    // Without a listener the signal would end the process.
    let told = signal(SignalKind::hangup())?;
    if let Some((path, seen)) = file {
        tokio::spawn(watch(Arc::downgrade(service), path, Some(seen), told));
    }
    Ok(())
}

async fn watch(service: Weak<Service>, path: PathBuf, mut seen: Option<String>, mut told: Signal) {
    loop {
        tokio::select! {
            () = sleep(PERIOD) => {}
            _ = told.recv() => seen = None,
        }
        let looked = path.clone();
        let text = tokio::task::spawn_blocking(move || text_of(&looked)).await;
        let Ok(text) = text else { continue };
        // What cannot be read is told once, and looked at again.
        let now = match &text {
            Ok(text) => text.clone(),
            Err(why) => why.clone(),
        };
        if seen.as_ref() == Some(&now) {
            continue;
        }
        seen = Some(now);
        let Some(service) = service.upgrade() else {
            return;
        };
        let access = text
            .map_err(Unread::Failed)
            .and_then(|text| parse(&path, &text));
        match access {
            Ok(access) => {
                let holders = access.holders_count();
                service.set_access(Arc::new(access));
                tracing::info!(holders, "the edited auth file is in force");
            }
            Err(error) => {
                let error = error.in_short();
                tracing::error!(
                    error,
                    "the edited auth file has mistakes; the one before stays in force"
                );
            }
        }
    }
}
