//! Black-box tests: each starts the real binary on a free port and speaks HTTP with it.

mod event_stream;
mod frames;
mod receiver;
mod support;
mod teams;
mod timeline;
mod upstream;
mod wire;
mod wiremock_files;
mod wiremock_mappings;
mod wiremock_settings;
mod wiremock_wire;

mod concurrency;
mod life_cycle;
mod model;
mod rough_input;
mod scenarios;
mod shutdown;

mod named_steps;
mod orders_script;

mod orders;
mod orders_wire;

#[path = "../crash/rounds.rs"]
mod crash;
mod durability;

mod desk;
mod input_causes;
mod isolation;
mod key_mistakes;
mod launch;
mod shapes;
mod ways;

mod cassettes;
mod cassettes_rough;

mod each;

mod batch;
mod batch_profiles;
mod resources;
mod resources_conditional;
mod restart;

mod crm;
mod fault_modes;
mod fault_modes_wire;
mod fault_presets;
mod fault_seeds;
mod fault_stubs;
mod faults_admin;
mod faults_declared;
mod gallery_batch;
mod gallery_idempotency;
mod gallery_pagination;
mod guide;

mod access;
mod attacks;
mod auth;
mod call_log;
mod cassette_command;
mod check_command;
mod clock;
mod collections_admin;
mod command;
mod dataset_mistakes;
mod datasets;
mod determinism;
mod errors_queue;
mod events;
mod idempotency;
mod idempotency_race;
mod mappings;
mod metrics;
mod mounts;
mod mutate_command;
mod openapi_golden;
mod overload;
mod pack_tables;
mod pagination;
mod pagination_mistakes;
mod pagination_quirks;
mod pagination_refusals;
mod pagination_tokens;
mod ports;
mod problems;
mod profile_mistakes;
mod rate_limits;
mod rate_limits_rules;
mod reload;
mod sandboxes;
mod sdk_needs;
mod stages;
mod streams;
mod stub_replies;
mod stubs_wiremock;
mod tls;
mod tracing;
mod wallets_admin;
mod webhooks;
mod webhooks_rough;
mod wiremock_journal;
mod wiremock_matching;
mod wiremock_near_misses;
mod wiremock_proxy;
mod wiremock_recording;
mod wiremock_templates;

mod greenhelix_harness;
mod greenhelix_script;

mod greenhelix_bad_input;
mod greenhelix_budgets;
mod greenhelix_canary;
mod greenhelix_document;
mod greenhelix_escrow;
mod greenhelix_intents;
mod greenhelix_market;
mod greenhelix_tools;
mod greenhelix_trust;
mod greenhelix_wallets;
mod greenhelix_webhooks;
