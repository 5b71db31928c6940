//! Black-box tests: each starts the real binary on a free port and speaks HTTP with it.

mod support;
mod wire;

mod concurrency;
mod life_cycle;
