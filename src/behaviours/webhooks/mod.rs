//! Webhooks: whom an event is told to, how a request is made and signed, when it is tried again,
//! and what goes wrong on purpose.
//!
//! Nothing is sent here. An event becomes deliveries in the state; what is due becomes an
//! [`Outgoing`], which the edge carries out; and what came of it comes back and is decided on.

mod emit;
mod endpoints;
mod faults;
mod outcome;
mod request;
mod schedule;
mod signature;
mod stub;

pub use emit::{Emitted, emit};
pub use outcome::{Answer, answered};
pub use request::{Outgoing, outgoing};
pub use stub::queue_listeners;
