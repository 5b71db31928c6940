//! What watching costs: a call that nobody listens to, the same while somebody does, and a scrape.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use serde_json::json;
use sparring::definition::load::{self, Sources};
use sparring::domain::name::SandboxId;
use sparring::domain::reply::Reply;
use sparring::domain::time::Clock;
use sparring::engine::{Forward, Outgoing, Unreached};
use sparring::log::Bounds;
use sparring::service::{
    AccessSettings, Deliverer, MetricsFormat, Received, Sandbox, Service, Settings, Upstream,
};
use sparring::state::webhooks::delivery::Outcome;
use sparring::store::Any;

/// How many calls are timed at once.
const CALLS: usize = 2_000;

/// How often; the median is told.
const ROUNDS: usize = 21;

/// Sends nothing anywhere.
struct Nobody;

impl Deliverer for Nobody {
    fn deliver<'a>(
        &'a self,
        _: &'a SandboxId,
        _: Outgoing,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async { Outcome::Failed("nobody is there".into()) })
    }
}

impl Upstream for Nobody {
    fn forward<'a>(
        &'a self,
        _: &'a SandboxId,
        _: Forward,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Unreached>> + Send + 'a>> {
        Box::pin(async { Err(Unreached::Network("nobody is there".into())) })
    }

    fn permits(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

fn received(method: Method, target: &str, body: &str) -> Received {
    Received {
        method,
        target: target.to_owned(),
        version: Version::HTTP_11,
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        base_url: "http://localhost".to_owned(),
        peer: "127.0.0.1:1".into(),
        concealed: Vec::new(),
    }
}

async fn service() -> Arc<Service> {
    let sources = Sources {
        folders: vec!["stubs/greenhelix".into(), "benches/load".into()],
        ..Sources::default()
    };
    let definitions = load::load(&sources).expect("the definitions");
    let settings = Settings {
        seed: 1,
        clock: Clock::System,
        log: Bounds::default(),
        sources,
        watcher: None,
        cassettes: "cassettes".into(),
        access: AccessSettings::default(),
        data_dir: None,
    };
    let service = Service::start(settings, definitions, Any::default(), Arc::new(Nobody));
    service.await.expect("a service")
}

/// The median cost of a call, in microseconds.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn micros(service: &Arc<Service>, sandbox: &Arc<Sandbox>, tool: bool) -> f64 {
    let body = json!({ "agent_id": "ann" }).to_string();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..CALLS {
            let call = match tool {
                true => received(Method::POST, "/v1/get_balance", &body),
                false => received(Method::GET, "/greeting", ""),
            };
            let reply = service.call(sandbox, call).await.expect("a reply");
            assert!(reply.status.is_success());
            black_box(reply);
        }
        rounds.push(started.elapsed().as_secs_f64() * 1e6 / CALLS as f64);
    }
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and its result is what it prints"
)]
fn main() {
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let service = service().await;
        let id = SandboxId::default_sandbox();
        let sandbox = service.sandbox(&id).expect("a sandbox");
        println!(
            "{:<32}{:>10}{:>12}{:>8}",
            "µs a call", "alone", "listened", "ratio"
        );
        for (name, tool) in [("a prepared reply", false), ("get_balance", true)] {
            let alone = micros(&service, &sandbox, tool).await;
            let listener = sandbox.events.listen(None).expect("room to listen");
            let listened = micros(&service, &sandbox, tool).await;
            drop(listener);
            println!(
                "{name:<32}{alone:>10.2}{listened:>12.2}{:>8.2}",
                listened / alone
            );
        }
        for sandboxes in [1_usize, 1_000] {
            for number in service.sandbox_ids().len()..sandboxes {
                let id = SandboxId::parse(&format!("s{number}")).expect("an id");
                service.sandbox_or_create(&id).await.expect("a sandbox");
            }
            let started = Instant::now();
            let text = service.metrics_text(MetricsFormat::Plain);
            let micros = started.elapsed().as_secs_f64() * 1e6;
            println!(
                "a scrape of {sandboxes} sandboxes: {micros:.0} µs, {} bytes",
                text.len()
            );
        }
    });
}
