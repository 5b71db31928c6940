//! The server that a run is against: in this process, on a free port, for as long as the run.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use sparring::definition::compiled::Definitions;
use sparring::definition::load::{FaultsError, Sources};
use sparring::domain::chance::sandbox_seed;
use sparring::domain::name::SandboxId;
use sparring::domain::time::Clock;
use sparring::engine::Stage;
use sparring::http::{self, Client, Limits, Proxying, Trust};
use sparring::log::Bounds;
use sparring::mutation::Mutant;
use sparring::service::{AccessSettings, Service, Settings};
use sparring::state::cassette::{Loaded, Matching, Mode, Started};
use sparring::state::faults::Rule;
use sparring::store::Any;
use tokio::net::TcpListener;

use super::witness::{Witness, Witnessed};

/// What the seeds of all sandboxes of a run come from beside its own: so that a mutant differs from the
/// clean run in its fault alone.
const SEED_NAME: &str = "mutate";

/// How many calls the log of a sandbox keeps: a command may look at it.
const LOG: Bounds = Bounds {
    calls: 10_000,
    bytes: 8 << 20,
};

/// Where the command may record cassettes, as it may with any server.
const CASSETTES: &str = "cassettes";

/// A server of a run's own.
pub(super) struct Server {
    service: Arc<Service>,
    witness: Arc<Witness>,
    cassette: Option<Arc<Started>>,
    base: String,
    seed: u64,
}

/// How a server begins.
pub(super) struct Start {
    /// What it serves.
    pub(super) definitions: Definitions,
    /// Where that came from.
    pub(super) sources: Sources,
    /// What is played back in every sandbox, if anything is.
    pub(super) cassette: Option<Arc<Loaded>>,
    /// Who is told what happens.
    pub(super) witness: Arc<Witness>,
    /// What all chance comes from.
    pub(super) seed: u64,
    /// How clocks run.
    pub(super) clock: Clock,
}

impl Server {
    /// Starts one, which ends with the runtime.
    pub(super) async fn start(start: Start) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let limits = Limits::default();
        let client = Client::new(&[address], Proxying::default(), &Trust::default());
        let settings = Settings {
            seed: start.seed,
            clock: start.clock,
            log: LOG,
            sources: start.sources,
            watcher: Some(start.witness.clone()),
            cassettes: CASSETTES.into(),
            access: AccessSettings::default(),
            data_dir: None,
        };
        let service = Service::start(
            settings,
            start.definitions,
            Any::default(),
            Arc::new(client),
        )
        .await
        .map_err(|error| io::Error::other(error.to_string()))?;
        let serving = http::serve(
            listener.into(),
            service.clone(),
            limits,
            None,
            std::future::pending(),
        );
        tokio::spawn(serving);
        Ok(Self {
            service,
            witness: start.witness,
            cassette: start.cassette.map(playback),
            base: format!("http://{address}"),
            seed: sandbox_seed(start.seed, SEED_NAME),
        })
    }

    /// Opens a sandbox, in which this goes wrong; its base URL.
    ///
    /// # Errors
    /// When the server does not take the mutant's rule.
    pub(super) async fn open(
        &self,
        id: &SandboxId,
        mutant: Option<&Mutant>,
    ) -> Result<String, String> {
        let mut opening = self.service.opening(id);
        opening.seed = self.seed;
        if let Some(mutant) = mutant {
            opening.faults = self.rules(mutant)?;
        }
        let opened = self.service.create(id, opening).await;
        let sandbox = opened.map_err(|error| error.to_string())?;
        if let Some(cassette) = &self.cassette {
            let start = Stage::StartCassette(cassette.clone());
            let started = self.service.stage(&sandbox, start).await;
            started.map_err(|error| error.to_string())?;
        }
        Ok(format!("{}/s/{id}", self.base))
    }

    /// What goes wrong in a mutant; why not, if the server does not take its rule, or knows that it can
    /// never happen.
    fn rules(&self, mutant: &Mutant) -> Result<Vec<Rule>, String> {
        let written = serde_json::to_string(&mutant.rule).map_err(|error| error.to_string())?;
        let posted = self.service.fault_rules(None, &written).map_err(told)?;
        match posted.rules.iter().find(|rule| rule.idle) {
            Some(idle) => Err(idle.warnings.join("; ")),
            None => Ok(posted.rules),
        }
    }

    /// Closes a sandbox; what has happened in it.
    pub(super) async fn close(&self, id: &SandboxId) -> Witnessed {
        let Some(sandbox) = self.service.sandbox(id) else {
            return Witnessed::default();
        };
        let Ok(state) = self.service.read(&sandbox).await else {
            return Witnessed::default();
        };
        // Nobody else deletes sandboxes but the command, and what it has deleted is gone already.
        let _ = self.service.delete(id).await;
        self.witness.told(id, &state)
    }
}

/// How a cassette is played: without the recorded latency, and again for whoever asks again, so that
/// trying again after a fault is answered.
fn playback(loaded: Arc<Loaded>) -> Arc<Started> {
    Arc::new(Started {
        name: SEED_NAME.into(),
        mode: Mode::Playback,
        upstream: None,
        matching: Matching::default(),
        strict: false,
        latency: 0.0,
        after: 0,
        loaded: Some(loaded),
    })
}

fn told(error: FaultsError) -> String {
    match error {
        FaultsError::Mistakes(mistakes) => {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            lines.join("; ")
        }
        FaultsError::Ambiguous { name, candidates } => {
            format!("{name} could mean {}", candidates.join(" or "))
        }
        FaultsError::UnknownPreset { name, .. } => format!("there is no preset {name}"),
    }
}
