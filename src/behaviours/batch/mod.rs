//! Batches: many items in one call, each decided by itself.
//!
//! Here is read what the items are (`items`), planned what befalls each before it is tried (`plan`),
//! tried one after the other in the batch's mode (`modes`), and said how it went (`entries`); and where
//! the input is not what an expression takes it for, which member is to blame (`blame`). How one item
//! is decided is never known here: `modes` is given that by the engine.

mod blame;
mod entries;
mod items;
mod model;
mod modes;
mod plan;

pub use entries::{Entries, Summary, Told, facts};
pub use items::{Item, LINES, read};
pub use model::Model;
pub use modes::{Failed, Kind, Outcome, Tried, run};
pub use plan::{Plan, Planned, plan};
