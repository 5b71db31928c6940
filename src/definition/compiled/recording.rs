//! What is to be recorded, and how.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::matching::pattern::RequestPattern;

/// What is to be recorded, and how.
#[derive(Debug)]
pub struct RecordSpec {
    /// Where calls are sent on to meanwhile.
    pub target: Option<String>,
    /// What a call must be like.
    pub filter: Option<RequestPattern>,
    /// Which calls, if only these.
    pub ids: Option<BTreeSet<Uuid>>,
    /// Whether calls that were answered here are recorded too.
    pub allow_non_proxied: bool,
    /// Which headers a stub wants, and what it says about their case.
    pub capture: Vec<(String, Option<bool>)>,
    /// How a stub looks at the body.
    pub body: BodyPattern,
    /// Which bodies of answers stand in files.
    pub extract: Option<Extract>,
    /// Whether the ids of the stubs are told, and not the stubs.
    pub ids_only: bool,
    /// Whether the stubs are marked as persistent.
    pub persist: bool,
    /// Whether equal calls become a scenario; otherwise the last of them counts.
    pub scenarios: bool,
}

/// How a stub looks at the body. Nothing is written where nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyPattern {
    /// As its type asks for.
    Auto {
        /// Of JSON: the order of arrays does not count.
        ignore_array_order: bool,
        /// Of JSON: members that are not in the pattern do not count.
        ignore_extra_elements: bool,
        /// Of text: case does not count.
        case_insensitive: bool,
    },
    /// As text.
    Text {
        /// Case does not count.
        case_insensitive: Option<bool>,
    },
    /// As JSON.
    Json {
        /// The order of arrays does not count.
        ignore_array_order: Option<bool>,
        /// Members that are not in the pattern do not count.
        ignore_extra_elements: Option<bool>,
    },
    /// As XML.
    Xml,
}

/// Which bodies stand in files: those that are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extract {
    /// Texts, in characters.
    pub text: u64,
    /// All others, in bytes.
    pub binary: u64,
}
