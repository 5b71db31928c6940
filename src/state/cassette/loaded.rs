//! A cassette that is ready to be played: what is worked out once, whatever is asked of it later.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::written::Written;
use crate::cassette::{
    Cassette, Difference, Entry, Group, Index, MatchingSettings, Normaliser, REDACTED, Redaction,
    RedactionSettings, Request,
};
use crate::domain::call::Call;
use crate::domain::name::Name;

/// What stands for the pack of a tool that no pack has.
pub const NO_PACK: &str = "cassette";

/// A cassette that is ready to be played. Sandboxes share it.
#[derive(Deserialize)]
#[serde(try_from = "Written")]
pub struct Loaded {
    index: Index,
    settings: Settings,
    /// The tools as packs name them, by the names that entries have.
    tools: BTreeMap<String, Name>,
    /// Of each group, its entries in their order.
    groups: Vec<Vec<u32>>,
    /// Of each entry, its group, and how many of that stand before it.
    places: Vec<(Group, u32)>,
    /// The first entry of each request as it was recorded, by a hash of it: a request that is the same
    /// to the letter needs not be read to be found.
    exact: BTreeMap<u128, u32>,
}

/// What of a request counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What is left out of it.
    pub matching: MatchingSettings,
    /// What was taken out when it was recorded.
    pub redaction: RedactionSettings,
}

impl Loaded {
    /// Makes a cassette ready. `named` finds the tool of a pack by the name that an entry has.
    ///
    /// # Errors
    /// When a path or a pattern of the settings is none.
    pub fn new(
        cassette: Cassette,
        settings: Settings,
        named: impl Fn(&str) -> Option<Name>,
    ) -> Result<Self, String> {
        let mut tools = BTreeMap::new();
        let entries = cassette.entries.iter();
        for tool in entries.filter_map(|entry| entry.tool.as_ref()) {
            if !tools.contains_key(tool) {
                let name = named(tool).unwrap_or_else(|| Name::new(&NO_PACK.into(), tool));
                tools.insert(tool.clone(), name);
            }
        }
        Self::with_tools(cassette, settings, tools)
    }

    pub(super) fn with_tools(
        cassette: Cassette,
        settings: Settings,
        tools: BTreeMap<String, Name>,
    ) -> Result<Self, String> {
        // What has no secret taken out is compared as it is.
        let redaction = Redaction::new(&settings.redaction)?;
        let redaction = match cassette
            .entries
            .iter()
            .any(|entry| is_redacted(&entry.request))
        {
            true => redaction,
            false => Redaction::none(),
        };
        let normaliser = Normaliser::new(&settings.matching, redaction)?;
        let index = Index::new(Arc::new(cassette), normaliser);
        let entries = &index.cassette().entries;
        let groups = (0..index.groups()).map(|group| {
            let group = Group(u32::try_from(group).unwrap_or(u32::MAX));
            let entries = index.entries(group);
            entries.map(|entry| u32::try_from(entry).unwrap_or(u32::MAX))
        });
        let groups: Vec<Vec<u32>> = groups.map(Iterator::collect).collect();
        let mut places = vec![(Group(0), 0); entries.len()];
        for (group, of_group) in (0..).zip(&groups) {
            for (nth, entry) in (0..).zip(of_group) {
                places[*entry as usize] = (Group(group), nth);
            }
        }
        let mut exact = BTreeMap::new();
        // A header that counts is looked at where all that counts is.
        if settings.matching.headers.is_empty() {
            for (at, entry) in (0..).zip(entries) {
                let Request {
                    method,
                    target,
                    body,
                    ..
                } = &entry.request;
                let kind = entry.request.header(CONTENT_TYPE);
                exact.entry(hash(method, target, kind, body)).or_insert(at);
            }
        }
        Ok(Self {
            index,
            settings,
            tools,
            groups,
            places,
            exact,
        })
    }

    /// What it was made of.
    #[must_use]
    pub fn cassette(&self) -> &Arc<Cassette> {
        self.index.cassette()
    }

    /// What of a request counts.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cassette().entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An entry, by its place from 0.
    #[must_use]
    pub fn entry(&self, at: usize) -> Option<&Arc<Entry>> {
        self.cassette().entries.get(at)
    }

    /// The tool of an entry, as packs name it; one that no pack has stands in the pack [`NO_PACK`].
    #[must_use]
    pub fn tool(&self, at: usize) -> Option<&Name> {
        self.tools.get(self.entry(at)?.tool.as_ref()?)
    }

    /// The tools of its entries, as packs name them, by the names that entries have.
    #[must_use]
    pub fn tools(&self) -> &BTreeMap<String, Name> {
        &self.tools
    }

    /// The methods and paths of the entries of which no tool is known: `GET /v1/contacts`.
    #[must_use]
    pub fn endpoints(&self) -> BTreeSet<Arc<str>> {
        let entries = self.cassette().entries.iter();
        let bare = entries.filter(|entry| entry.tool.is_none());
        bare.map(|entry| {
            let target = &entry.request.target;
            let path = target.split('?').next().unwrap_or(target);
            Arc::from(format!("{} {path}", entry.request.method))
        })
        .collect()
    }

    /// The entries that are asked like this one, as one, and how many of those stand before it.
    #[must_use]
    pub fn place(&self, at: usize) -> Option<(Group, usize)> {
        let (group, nth) = self.places.get(at)?;
        Some((*group, *nth as usize))
    }

    /// The entries that are asked alike, in their order.
    #[must_use]
    pub fn alike(&self, group: Group) -> &[u32] {
        self.groups.get(group.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The entries that fit a call.
    #[must_use]
    pub fn fitting(&self, call: &Call) -> Option<Group> {
        if let Some(entry) = self.exactly(call) {
            return Some(self.places.get(entry)?.0);
        }
        let hit = self.index.find(&asked(call), |_| 0)?;
        Some(hit.group)
    }

    /// The first entry that was asked to the letter as the call is.
    fn exactly(&self, call: &Call) -> Option<usize> {
        let kind = call.headers.get(CONTENT_TYPE);
        let kind = kind.map(|kind| kind.to_str()).transpose().ok()?;
        let hash = hash(call.method.as_str(), &call.target, kind, &call.body);
        Some(*self.exact.get(&hash)? as usize)
    }

    /// The entry that comes nearest to a call, and where the call differs: from that one, if it is said.
    #[must_use]
    pub fn nearest(&self, call: &Call, wanted: Option<usize>) -> Option<(usize, Vec<Difference>)> {
        let asked = asked(call);
        match wanted {
            Some(entry) => Some((entry, self.index.difference(entry, &asked))),
            None => {
                let nearest = self.index.nearest(&asked)?;
                Some((nearest.entry, nearest.differences))
            }
        }
    }
}

/// Whether something was taken out of a request. In a query the brackets of the mark may be escaped.
fn is_redacted(request: &Request) -> bool {
    let mark = memchr::memmem::Finder::new(REDACTED.trim_matches(['[', ']']));
    let has = |text: &[u8]| mark.find(text).is_some();
    let mut headers = request.headers.iter();
    has(&request.body)
        || has(request.target.as_bytes())
        || headers.any(|(_, value)| has(value.as_bytes()))
}

const CONTENT_TYPE: &str = "content-type";

/// Of 128 bits: two requests that have the same are the same, and need not be looked at.
fn hash(method: &str, target: &str, kind: Option<&str>, body: &Bytes) -> u128 {
    let half = |which: u8| {
        // Its keys are always the same.
        let mut hasher = DefaultHasher::new();
        (which, method, target, kind).hash(&mut hasher);
        body.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// A call as a cassette has requests: names of headers in small letters, and a character for each byte
/// of a value.
#[must_use]
pub fn asked(call: &Call) -> Request {
    Request {
        method: call.method.as_str().to_owned(),
        target: call.target.clone(),
        origin: None,
        headers: headers(&call.headers).collect(),
        body: call.body.clone(),
    }
}

/// Headers as a cassette has them.
pub fn headers(headers: &http::HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers.iter().map(|(name, value)| {
        let value = value.as_bytes().iter().copied().map(char::from);
        (name.as_str().to_owned(), value.collect())
    })
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("name", &self.cassette().name)
            .field("entries", &self.len())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Loaded {
    /// All else follows from these.
    fn eq(&self, other: &Self) -> bool {
        self.cassette() == other.cassette()
            && self.settings == other.settings
            && self.tools == other.tools
    }
}
