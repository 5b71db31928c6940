//! `sparring serve`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sparring::definition::compiled::Definitions;
use sparring::definition::load::{self, Sources};
use sparring::http::{self, Limits, Ports};
use sparring::log::Bounds;
use sparring::service::{Service, Settings};
use sparring::store::{Any, Journal, Memory, history};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::args::Serve;
use super::auth::{self, Read};
use super::{banner, logging, watch};

/// After how many tasks a busy thread looks for what has arrived. Where one sandbox keeps a thread busy,
/// calls of others are seen only then; to look costs little against a call.
const EVENT_INTERVAL: u32 = 4;

/// Serves until it is told to stop.
pub(super) fn run(arguments: &Serve) -> ExitCode {
    logging::start();
    let sources = sources(arguments);
    // Before the files are read: an edit during the start must not be missed.
    let seen = arguments.watch.then(|| load::fingerprint(&sources));
    let definitions = match load::load(&sources) {
        Ok(definitions) => definitions,
        Err(error) => return super::check::report(&error),
    };
    let access = match arguments.auth.read() {
        Ok(access) => access,
        Err(error) => return error.report(),
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.event_interval(EVENT_INTERVAL);
    if let Some(workers) = arguments.workers {
        runtime.worker_threads(workers.get());
    }
    let served = match runtime.enable_all().build() {
        Ok(runtime) => runtime.block_on(serve(arguments, sources, seen, definitions, access)),
        Err(error) => Err(error),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the server cannot go on");
            ExitCode::FAILURE
        }
    }
}

fn sources(arguments: &Serve) -> Sources {
    Sources {
        folders: arguments.stubs.clone(),
        mounts: arguments.mount.iter().cloned().collect(),
        targets: Arc::new(arguments.webhook_targets.clone()),
        faults: arguments.faults.clone(),
        templated: arguments.global_response_templating && !arguments.local_response_templating,
    }
}

async fn serve(
    arguments: &Serve,
    sources: Sources,
    seen: Option<watch::Fingerprint>,
    definitions: Definitions,
    access: Option<Read>,
) -> io::Result<()> {
    let tls = arguments.edge.tls()?;
    let listener = listen(arguments.listen).await?;
    let address = listener.local_addr()?;
    let admin = match arguments.edge.admin_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let admin_address = match &admin {
        Some(admin) => admin.local_addr()?,
        None => address,
    };
    outlive_file_limits()?;
    // Before anything else is written there: it is made, and nobody else has it.
    let store = store(arguments)?;
    let settings = Settings {
        seed: arguments.seed,
        clock: arguments.clock,
        log: Bounds {
            calls: arguments.log_calls,
            bytes: arguments.log_bytes,
        },
        sources,
        watcher: None,
        cassettes: arguments.cassettes.clone(),
        access: arguments.auth.settings(arguments.data_dir.as_deref())?,
        data_dir: arguments.data_dir.clone(),
    };
    let proxying = arguments.upstream.proxying(arguments.body_bytes);
    let trust = arguments.upstream.trust()?;
    let client = Arc::new(http::Client::new(
        &[address, admin_address],
        proxying,
        &trust,
    ));
    let service = Service::start(settings, definitions, store, client)
        .await
        .map_err(|error| io::Error::other(error.to_string()))?;
    // Before the address is told: whoever knows it may already want the end.
    let stopped = stopped()?;
    match access {
        Some(read) => auth::guard(&service, read)?,
        None if address.ip().is_loopback() => {}
        None => {
            tracing::warn!(%address, "open to everyone who can reach this address: see --auth");
        }
    }
    let places = banner::Places {
        secure: tls.is_some(),
        calls: address,
        admin: admin_address,
    };
    let shown = banner::banner(&service.definitions(), &places);
    // A closed standard output is no reason not to serve.
    let _ = io::stdout().lock().write_all(shown.as_bytes());
    if let Some(seen) = seen {
        tokio::spawn(watch::run(Arc::downgrade(&service), seen));
    }
    let limits = Limits {
        body_bytes: arguments.body_bytes,
        body_time: Duration::from_secs(arguments.body_seconds),
        gzip: !arguments.disable_gzip,
        ..arguments.edge.limits()
    };
    let cors = arguments.edge.cors_origins.clone();
    let ports = Ports {
        calls: listener,
        admin,
        tls,
    };
    let asked = service.clone();
    let stop = async move {
        tokio::select! {
            () = stopped => {}
            () = asked.stopped() => {}
        }
    };
    let served = http::serve(ports, service.clone(), limits, cors, stop).await;
    service.close().await;
    tracing::info!("stopped");
    served
}

/// Where sandboxes are kept.
fn store(arguments: &Serve) -> io::Result<Any> {
    let history = history::Bounds {
        commits: arguments.history_calls,
        bytes: arguments.history_bytes,
    };
    let Some(folder) = &arguments.data_dir else {
        let store = Memory::remembering(history);
        return Ok(Any::Memory(Arc::new(store)));
    };
    match Journal::remembering(folder, history) {
        Ok(journal) => Ok(Any::Journal(Arc::new(journal))),
        Err(error) => Err(io::Error::other(format!("{}: {error}", folder.display()))),
    }
}

async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let message = format!("{address} cannot be listened on: {error}");
        io::Error::new(error.kind(), message)
    })
}

/// Keeps a limit on the size of files from ending the process: what is written beyond it is an error then,
/// as on a full disk. A signal that was listened for once does nothing by itself any more.
fn outlive_file_limits() -> io::Result<()> {
    signal(SignalKind::from_raw(FILE_TOO_LARGE)).map(drop)
}

/// `SIGXFSZ`, on all systems but some of MIPS.
const FILE_TOO_LARGE: i32 = 25;

/// Listens for the signals that tell the process to stop, from now on: a signal that nobody listens
/// for ends the process at once. What comes back is done when one has come.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
