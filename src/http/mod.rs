//! The edge: sockets, HTTP, the admin API. With the CLI and the store, the only place with IO.
//!
//! `server` accepts connections, `data` carries simulated calls as a plain hyper service,
//! [`admin`] is an axum router that only `/__admin` paths reach. Nothing is decided here: a request
//! becomes a call, and a reply is carried out.

mod access;
pub mod admin;
mod body;
mod client;
mod cors;
mod crowd;
mod data;
mod events;
mod fault;
mod gzip;
mod limits;
mod metrics;
mod overload;
mod pace;
mod problem;
mod route;
mod server;
mod tls;
mod turns;
mod wire;

pub use client::{Client, Proxying, Trust, probe};
pub use cors::Cors;
pub use limits::Limits;
pub use problem::Problem;
pub use server::{Ports, serve};
pub use tls::Tls;
