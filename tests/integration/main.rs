//! Black-box tests: each starts the real binary on a free port and speaks HTTP with it.

mod support;
mod wire;

mod concurrency;
mod life_cycle;
mod model;

mod greenhelix_script;

mod greenhelix_budgets;
mod greenhelix_escrow;
mod greenhelix_bad_input;
mod greenhelix_tools;
mod greenhelix_trust;
mod greenhelix_market;
mod greenhelix_intents;
mod greenhelix_wallets;

mod shop;

mod orders;
