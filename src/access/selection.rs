//! Which sandbox a request is for, on a server that knows who is asking.

use super::Holder;
use crate::domain::name::SandboxId;

/// Why a request is for no sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unselected {
    /// To whoever asks there is none of this id. Whether another tenant has one is not told by a
    /// single byte.
    Unseen(SandboxId),
    /// It must be named: there are several that could be meant.
    Unnamed,
}

/// The sandbox that a request is for: the one that it names, or else the one that its key is bound to, or
/// else the only one that its token is for, or else the one that always exists, if that one is its own.
///
/// # Errors
/// When it names another's, or none where it must.
pub fn select(
    holder: &Holder,
    named: Option<&SandboxId>,
    of_key: Option<&SandboxId>,
) -> Result<SandboxId, Unselected> {
    if let Some(named) = named {
        return match holder.sees(named) {
            true => Ok(named.clone()),
            false => Err(Unselected::Unseen(named.clone())),
        };
    }
    // A key of another's is no key: it must not tell that it is one.
    let of_key = of_key.filter(|id| holder.sees(id));
    let default = SandboxId::default_sandbox();
    let default = holder.sees(&default).then_some(default);
    of_key
        .or_else(|| holder.only_sandbox())
        .cloned()
        .or(default)
        .ok_or(Unselected::Unnamed)
}
