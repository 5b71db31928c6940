//! What a web framework costs by itself: axum with a route that answers a constant, and one that
//! reads JSON and gives it back.
//!
//! `benches/load/run.sh` measures it beside the server. It has the server's allocator, and serves
//! its connections with the same library and the same settings, so that what differs is what the
//! server does for a call.

use std::io;

use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::TcpListener;

/// The server's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const JSON: [(http::HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve())
}

#[expect(
    clippy::print_stdout,
    reason = "its caller learns the address from what it prints"
)]
async fn serve() -> io::Result<()> {
    let fixed = || async { (JSON, r#"{"message":"Hello"}"#) };
    let echo = |Json(body): Json<Value>| async { Json(body) };
    let router = Router::new()
        .route("/greeting", get(fixed))
        .route("/echo", post(echo))
        .route("/echo/{call}", post(echo));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("Listens on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            // How a connection ends is no concern of a measurement.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
