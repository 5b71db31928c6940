//! A compiled pack.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderName, StatusCode};
use indexmap::IndexMap;
use rust_decimal::Decimal;
use serde_json::Value;

use super::auth::AuthSpec;
use super::machine::Machine;
use super::rate_limit::LimitSpec;
use super::response::HeaderSpec;
use super::tool::Tool;
use super::webhook::WebhookSpec;
use crate::definition::model::{Envelope, Forms};
use crate::domain::money::Currency;
use crate::domain::targets::Targets;
use crate::matching::condition::Expression;
use crate::render::{Document, Template};
use crate::state::dataset::Dataset;
use crate::state::unique::UniqueMember;

/// One simulated API.
#[derive(Debug)]
pub struct Pack {
    /// Its name.
    pub name: Arc<str>,
    /// What the API is called.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The prefix below which its routes stand: empty, or `/prefix`.
    pub prefix: String,
    /// How forms and queries are read.
    pub forms: Forms,
    /// Its tools, in the order of the files.
    pub tools: IndexMap<Arc<str>, Arc<Tool>>,
    /// Its doors.
    pub doors: Vec<Door>,
    /// Headers of all replies of its tools.
    pub headers: Vec<HeaderSpec>,
    /// Its collections.
    pub collections: BTreeMap<Arc<str>, CollectionSpec>,
    /// Members that hold the key of a record, with the collections that may have it.
    pub references: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Its machines.
    pub machines: BTreeMap<Arc<str>, Machine>,
    /// Its books, if it has any.
    pub ledger: Option<LedgerSpec>,
    /// How it checks credentials, if it does.
    pub auth: Option<Arc<AuthSpec>>,
    /// The limits that all of its tools meet.
    pub limits: Vec<Arc<LimitSpec>>,
    /// How it refuses.
    pub refusals: RefusalSpec,
    /// Whether any of its expressions or templates may look at the request itself.
    pub uses_request: bool,
    /// Who is told of its events, if anybody can be.
    pub webhooks: Option<WebhookSpec>,
    /// Where requests of the server's own may go.
    pub targets: Arc<Targets>,
}

/// A way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The route as it is shown: `POST /v1/{tool}`.
    pub route: String,
    /// Whether the body is an envelope.
    pub envelope: Envelope,
    /// The header that names the tool, if one does, and what stands before the name in it.
    pub tool: Option<(HeaderName, String)>,
}

/// A collection.
#[derive(Debug)]
pub struct CollectionSpec {
    /// What one record is called.
    pub noun: String,
    /// The member that is the key.
    pub key: String,
    /// Members that no two records may have in common.
    pub unique: Arc<[UniqueMember]>,
    /// Makes a key.
    pub new_key: Option<Template>,
    /// The rows that a sandbox opens with, shared by all.
    pub base: Option<Arc<Dataset>>,
    /// The records that a sandbox opens with, with their keys; they lie over the rows.
    pub records: Vec<(Arc<str>, Arc<Value>)>,
    /// The machine that moves its records, if any.
    pub machine: Option<Arc<str>>,
}

/// The books of a pack.
#[derive(Debug)]
pub struct LedgerSpec {
    /// The units of account; the first is the default.
    pub currencies: Vec<Currency>,
    /// What a wallet opens with, by currency; nothing, if the pack has no wallets.
    pub wallets: Option<BTreeMap<Arc<str>, Decimal>>,
    /// The accounts that a sandbox opens with.
    pub accounts: Vec<OpeningAccount>,
}

/// An account that a sandbox opens with.
#[derive(Debug)]
pub struct OpeningAccount {
    /// Its name.
    pub name: Arc<str>,
    /// In which currency.
    pub currency: Currency,
    /// What is on it.
    pub balance: Decimal,
}

impl Pack {
    /// A pack that declares nothing: what stands for one where a stub belongs to none.
    #[must_use]
    pub fn nameless() -> Self {
        Self {
            name: "".into(),
            title: String::new(),
            description: String::new(),
            prefix: String::new(),
            forms: Forms::default(),
            tools: IndexMap::new(),
            doors: Vec::new(),
            collections: BTreeMap::new(),
            headers: Vec::new(),
            references: BTreeMap::new(),
            machines: BTreeMap::new(),
            ledger: None,
            auth: None,
            limits: Vec::new(),
            refusals: RefusalSpec::default(),
            uses_request: false,
            webhooks: None,
            targets: Arc::default(),
        }
    }
}

impl LedgerSpec {
    /// The unit of this code.
    #[must_use]
    pub fn currency(&self, code: &str) -> Option<&Currency> {
        self.currencies.iter().find(|unit| &*unit.code == code)
    }
}

/// How a pack refuses.
#[derive(Debug, Default)]
pub struct RefusalSpec {
    /// Names for the templates of every refusal.
    pub names: Vec<(Arc<str>, Expression)>,
    /// Headers of every refusal.
    pub headers: Vec<HeaderSpec>,
    /// The body of every refusal, unless its cause has one.
    pub body: Option<Document>,
    /// By cause.
    pub causes: BTreeMap<Arc<str>, CauseSpec>,
}

/// How one cause looks.
#[derive(Debug, Default)]
pub struct CauseSpec {
    /// Names for its templates.
    pub names: Vec<(Arc<str>, Expression)>,
    /// The status.
    pub status: Option<StatusCode>,
    /// A short sentence.
    pub title: Option<Template>,
    /// Headers beside those of every refusal.
    pub headers: Vec<HeaderSpec>,
    /// A body of its own.
    pub body: Option<Document>,
}
