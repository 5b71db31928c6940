//! Who is asking, as far as those who answer need to know.

use std::sync::Arc;

use crate::access::{Holder, Need};
use crate::domain::name::SandboxId;
use crate::http::problem::Problem;

/// Who is asking.
#[derive(Clone, Debug)]
pub(in crate::http) struct Visitor {
    holder: Option<Arc<Holder>>,
    /// Whether it matters who is asking.
    guarded: bool,
}

impl Visitor {
    pub(super) fn new(holder: Option<Arc<Holder>>, guarded: bool) -> Self {
        Self { holder, guarded }
    }

    /// Whether there is such a sandbox to whoever asks, were there one.
    pub(in crate::http) fn sees(&self, id: &SandboxId) -> bool {
        !self.guarded || self.holder.as_ref().is_some_and(|holder| holder.sees(id))
    }

    /// Whether whoever asks may do everything on the server.
    pub(in crate::http) fn operates(&self) -> bool {
        !self.guarded || self.holder.as_ref().is_some_and(|it| it.may(Need::Operate))
    }

    /// Whether whoever asks may read what concerns the whole server.
    pub(in crate::http) fn watches(&self) -> bool {
        !self.guarded || self.holder.as_ref().is_some_and(|it| it.may(Need::Watch))
    }

    /// The tenant of whoever asks, if it is one's.
    pub(in crate::http) fn tenant(&self) -> Option<&Arc<crate::access::Tenant>> {
        self.holder.as_ref()?.tenant.as_ref()
    }

    /// The name of whoever asks.
    pub(in crate::http) fn name(&self) -> Option<&Arc<str>> {
        self.holder.as_ref().map(|holder| &holder.name)
    }

    /// Refuses a sandbox that whoever asks cannot have. It is told of the name alone, whether or not there
    /// is a sandbox of it: no two tenants can have the same.
    ///
    /// # Errors
    /// When it is not one of its own.
    pub(in crate::http) fn check_own(&self, id: &SandboxId) -> Result<(), Problem> {
        let Some(tenant) = self.tenant() else {
            return Ok(());
        };
        if self.sees(id) {
            return Ok(());
        }
        let own: Vec<String> = tenant.sandboxes.iter().map(ToString::to_string).collect();
        let detail = format!(
            "{id} is no sandbox of {}: it has {}",
            tenant.name,
            own.join(", ")
        );
        Err(Problem::new(http::StatusCode::FORBIDDEN, detail).field("id"))
    }
}
