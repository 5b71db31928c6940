//! Access: who may do what on a server that many teams share.
//!
//! A file names operators, and tenants with their tokens, keys, sandboxes and quotas. [`read()`] makes an
//! [`Access`] of its text, or tells every mistake with its place. All of it is pure: the file is
//! read, the headers are taken apart and the calls are counted elsewhere.
//!
//! Tokens never stand in the file, only their hashes. A token has 256 bits of chance, so a fast hash
//! is enough: there is no list of likely tokens that could be tried against it.

pub mod hash;
pub mod masked;
pub mod model;
pub mod pattern;
mod read;
pub mod role;
pub mod selection;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

pub use hash::Hash;
pub use pattern::Pattern;
pub use read::read;
pub use role::{Need, Role};
pub use selection::{Unselected, select};

use crate::domain::name::SandboxId;
use crate::domain::targets::Targets;

/// Who may do what.
#[derive(Debug, Default)]
pub struct Access {
    holders: BTreeMap<[u8; hash::INDEXED], Vec<(Hash, Arc<Holder>)>>,
    tenants: BTreeMap<Arc<str>, Arc<Tenant>>,
}

/// Who holds a token or a key.
#[derive(Debug)]
pub struct Holder {
    /// The name that the file gives to it.
    pub name: Arc<str>,
    /// The tenant; an operator has none.
    pub tenant: Option<Arc<Tenant>>,
    /// What it may do.
    pub role: Role,
    /// Whether it is a key of the simulated API, which reaches that API as it is.
    pub is_key: bool,
    /// The sandboxes that it is for, all of the tenant's; an operator's are all that there are.
    sandboxes: Vec<Pattern>,
    /// Its own quotas, beside the tenant's.
    pub rates: Rates,
}

/// A team that has some of the sandboxes.
#[derive(Debug)]
pub struct Tenant {
    /// Its name.
    pub name: Arc<str>,
    /// Its sandboxes. No other tenant's pattern fits any of them.
    pub sandboxes: Vec<Pattern>,
    /// How many sandboxes it may have at a time.
    pub sandboxes_max: Option<usize>,
    /// What holds for all of its requests together.
    pub rates: Rates,
    /// What each of its sandboxes may hold.
    pub caps: Caps,
}

/// What requests may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// How many in a second.
    pub calls_per_second: Option<NonZeroU32>,
    /// The largest body, in bytes.
    pub body_bytes: Option<usize>,
}

/// What a sandbox may hold, and where it may send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// How many stubs of its own.
    pub stubs: Option<usize>,
    /// How many records, those of datasets that are shared not counted.
    pub records: Option<usize>,
    /// About how many bytes of its call log are kept.
    pub log_bytes: Option<usize>,
    /// Where it may send requests, of what the server may.
    pub targets: Option<Arc<Targets>>,
}

impl Access {
    /// Who holds this token or key, if anybody does.
    ///
    /// Hashes are compared, never tokens, and those in constant time. That a search by the first bytes
    /// of a hash takes longer for some tells a stranger at the most what a hash begins with, and it takes
    /// as long to find a token from its whole hash as it takes to guess it.
    #[must_use]
    pub fn holder(&self, credential: &str) -> Option<&Arc<Holder>> {
        let hash = Hash::of(credential);
        let candidates = self.holders.get(&hash.indexed())?;
        candidates
            .iter()
            .find(|(known, _)| known.is(&hash))
            .map(|(_, holder)| holder)
    }

    /// The tenant that owns a sandbox, whether there is one of this id or not.
    #[must_use]
    pub fn owner(&self, sandbox: &SandboxId) -> Option<&Arc<Tenant>> {
        self.tenants.values().find(|tenant| tenant.owns(sandbox))
    }

    /// All tenants, in the order of their names.
    pub fn tenants(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.tenants.values()
    }

    /// How many tokens and keys there are.
    #[must_use]
    pub fn holders_count(&self) -> usize {
        self.holders.values().map(Vec::len).sum()
    }

    fn add(&mut self, hash: Hash, holder: Holder) {
        let candidates = self.holders.entry(hash.indexed()).or_default();
        candidates.push((hash, Arc::new(holder)));
    }
}

impl Holder {
    /// Whether it is an operator.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.tenant.is_none()
    }

    /// Whether a sandbox of this id is one of its own, were there one: to it, there are no others.
    #[must_use]
    pub fn sees(&self, sandbox: &SandboxId) -> bool {
        self.is_operator() || pattern::any_fits(&self.sandboxes, sandbox)
    }

    /// The one sandbox that it is for, if that is only one.
    #[must_use]
    pub fn only_sandbox(&self) -> Option<&SandboxId> {
        match self.sandboxes.as_slice() {
            [Pattern::One(id)] if !self.is_operator() => Some(id),
            _ => None,
        }
    }

    /// Whether it may do what needs this, in a sandbox of its own.
    #[must_use]
    pub fn may(&self, need: Need) -> bool {
        self.role.may(need, self.is_operator())
    }

    /// The name with the tenant's: `team-a/alice`. It tells people who it is, and nobody the token.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("{}/{}", tenant.name, self.name),
            None => self.name.to_string(),
        }
    }
}

impl Tenant {
    /// Whether a sandbox of this id is the tenant's, were there one.
    #[must_use]
    pub fn owns(&self, sandbox: &SandboxId) -> bool {
        pattern::any_fits(&self.sandboxes, sandbox)
    }
}

impl Caps {
    /// Whether the state of a sandbox is bounded at all.
    #[must_use]
    pub fn bound_state(&self) -> bool {
        self.stubs.is_some() || self.records.is_some()
    }
}
