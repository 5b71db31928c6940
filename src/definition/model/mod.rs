//! The definition language as it is written: one struct a block, one field a key.
//!
//! From these structs come both the reading of a file and the JSON Schema that editors complete it
//! by, so the two cannot differ. The text of a field's documentation is what an author sees in the
//! editor. Nothing here is checked beyond its shape: that is `compile`'s work.

mod auth;
mod batch;
mod dataset;
mod event_stream;
mod fault;
mod forms;
mod idempotency;
mod loose;
mod machine;
mod pack;
mod pagination;
mod profile;
mod rate_limit;
mod recording;
mod resource;
mod shared;
mod step;
mod stub;
mod tool;
mod webhook;

pub use auth::{Auth, AuthRule};
pub use batch::{
    Batch, BatchMode, BatchStatus, Choice, Chosen, EntryOrder, InjectedFailure, ItemCall, OnFailure,
};
pub use dataset::{
    AmountField, CellType, Choices, DateField, DateForm, Field, Generate, IdKey, IntegerField,
    KeyAlphabet, ListField, RowKey, SequenceKey,
};
pub use event_stream::{Event, EventStream};
pub use fault::{
    FaultPlan, FaultRule, OwnFault, fault_plan_schema, fault_rule_schema, fault_rules_schema,
};
pub use forms::{FormStyle, Forms};
pub use idempotency::{Idempotency, KeyFormat, KeyScope, Mismatch, Saves};
pub use machine::{Alternative, LedgerEffects, Machine};
pub use pack::{
    Cause, Collection, Door, Envelope, Ledger, PackFile, Refusals, Units, Wallets, pack_schema,
};
pub use pagination::{
    Also, FieldsParameter, OnBad, Otherwise, Pagination, PositionKind, PositionParameter, Relation,
    Semantics, SizeCounts, SizeParameter, SortParameter, TokenBinding, Total,
};
pub use profile::Profiles;
pub use rate_limit::{AlgorithmName, RateLimit};
pub use recording::{BodyPatternSpec, CaptureHeader, RecordSpec};
pub use resource::{Etag, Operation, Override, Overrides, Resource, ResourceAuth};
pub use shared::{Cel, Named, OneOrMany};
pub use step::{
    Create, Delete, Each, Find, Hold, Increment, LetValue, Limits, OrderBy, Post, Precondition,
    Query, Require, Step, Transfer, Update, Void,
};
pub use stub::{
    ChunkedDribbleDelay, DuplicatePolicy, ImportOptions, MatchingType, MultipartPattern,
    NamespaceAwareness, Pattern, RESPONSE_TEMPLATE, RequestPattern, Response, SchemaVersion,
    StubFile, StubImport, StubMapping, request_pattern_schema, stub_file_schema,
    stub_import_schema, stub_schema,
};
pub use tool::{TagOf, Tool, ToolRefusals};
pub use webhook::{
    DeclaredEndpoint, Emit, Endpoints, PostServeActions, SecretForm, ServeEventListener,
    SignatureEncoding, WebhookDelay, WebhookFault, WebhookFaultMode, WebhookParameters,
    WebhookProfile, WebhookSignature, Webhooks,
};
