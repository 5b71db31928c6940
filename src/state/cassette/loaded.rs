//! A cassette that is ready to be played: what is worked out once, whatever is asked of it later.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cassette::{self, Bounds, Cassette, Entry, Format};
use crate::domain::name::Name;

/// What stands for the pack of a tool that no pack has.
pub const NO_PACK: &str = "cassette";

/// A cassette that is ready to be played. Sandboxes share it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Loaded {
    cassette: Cassette,
    ignored: Vec<String>,
    /// The tools as packs name them, by the names that entries have.
    tools: BTreeMap<String, Name>,
    /// Of each entry, the first that is asked alike, and how many of those stand before it.
    alike: Vec<(u32, u32)>,
    groups: BTreeMap<(String, String, bytes::Bytes), Vec<u32>>,
}

impl Loaded {
    /// Makes a cassette ready. `ignored` are the places in requests that may differ; `named` finds the
    /// tool of a pack by the name that an entry has.
    #[must_use]
    pub fn new(
        cassette: Cassette,
        ignored: Vec<String>,
        named: impl Fn(&str) -> Option<Name>,
    ) -> Self {
        let mut tools = BTreeMap::new();
        for tool in cassette
            .entries
            .iter()
            .filter_map(|entry| entry.tool.as_ref())
        {
            if !tools.contains_key(tool) {
                let name = named(tool).unwrap_or_else(|| Name::new(&NO_PACK.into(), tool));
                tools.insert(tool.clone(), name);
            }
        }
        Self::with_tools(cassette, ignored, tools)
    }

    fn with_tools(cassette: Cassette, ignored: Vec<String>, tools: BTreeMap<String, Name>) -> Self {
        let mut groups: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        let mut alike = Vec::with_capacity(cassette.entries.len());
        for (at, entry) in (0..).zip(&cassette.entries) {
            let asked = &entry.request;
            let key = (
                asked.method.clone(),
                asked.target.clone(),
                asked.body.clone(),
            );
            let group = groups.entry(key).or_default();
            let nth = u32::try_from(group.len()).unwrap_or(u32::MAX);
            group.push(at);
            alike.push((group[0], nth));
        }
        Self {
            cassette,
            ignored,
            tools,
            alike,
            groups,
        }
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cassette.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An entry, by its place from 0.
    #[must_use]
    pub fn entry(&self, at: usize) -> Option<&Arc<Entry>> {
        self.cassette.entries.get(at)
    }

    /// The tool of an entry, as packs name it; one that no pack has stands in the pack [`NO_PACK`].
    #[must_use]
    pub fn tool(&self, at: usize) -> Option<&Name> {
        self.tools.get(self.entry(at)?.tool.as_ref()?)
    }

    /// The tools of its entries, as packs name them, by the names that entries have.
    pub fn tools(&self) -> impl Iterator<Item = (&str, &Name)> {
        self.tools
            .iter()
            .map(|(named, tool)| (named.as_str(), tool))
    }

    /// The first of the entries that are asked like this one.
    #[must_use]
    pub fn first_alike(&self, at: usize) -> usize {
        self.alike.get(at).map_or(at, |(first, _)| *first as usize)
    }

    /// How many entries that are asked like this one stand before it.
    #[must_use]
    pub fn nth_alike(&self, at: usize) -> usize {
        self.alike.get(at).map_or(0, |(_, nth)| *nth as usize)
    }

    /// The entries that fit a call, in their order.
    #[must_use]
    pub fn fitting(&self, call: &crate::domain::call::Call) -> &[u32] {
        let key = (
            call.method.to_string(),
            call.target.clone(),
            call.body.clone(),
        );
        self.groups.get(&key).map_or(&[], Vec::as_slice)
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cassette, ignored, ..
        } = self;
        let entries = cassette.entries.len();
        f.debug_struct("Loaded")
            .field("name", &cassette.name)
            .field("entries", &entries)
            .field("ignored", ignored)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Loaded {
    /// All else follows from these.
    fn eq(&self, other: &Self) -> bool {
        self.cassette == other.cassette
            && self.ignored == other.ignored
            && self.tools == other.tools
    }
}

/// A cassette that is ready, without what follows from its text.
#[derive(Serialize, Deserialize)]
struct Written {
    text: String,
    ignored: Vec<String>,
    tools: BTreeMap<String, Name>,
}

impl From<Loaded> for Written {
    fn from(loaded: Loaded) -> Self {
        Self {
            text: cassette::write(&loaded.cassette, Format::Json).text,
            ignored: loaded.ignored,
            tools: loaded.tools,
        }
    }
}

impl TryFrom<Written> for Loaded {
    type Error = cassette::Error;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let bounds = Bounds::default();
        let (cassette, _) = cassette::read("cassette", written.text.as_bytes(), bounds)?;
        Ok(Self::with_tools(cassette, written.ignored, written.tools))
    }
}
