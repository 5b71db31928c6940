//! Roles, and what each may do.

use schemars::JsonSchema;
use serde::Deserialize;

/// What the holder of a token may do in its sandboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Everything: of an operator on the whole server, of a tenant in all of its sandboxes, which it
    /// creates and deletes.
    Owner,
    /// Changes what is in sandboxes that there are, and calls their simulated APIs.
    Editor,
    /// Calls simulated APIs, and nothing else.
    Caller,
    /// Reads what the admin API tells, and nothing else.
    Viewer,
}

/// What somebody must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: not even a token is needed.
    Nothing,
    /// To read what a sandbox holds.
    Read,
    /// To change what a sandbox holds.
    Change,
    /// To create and delete sandboxes.
    Own,
    /// To call simulated APIs.
    Call,
    /// To read what concerns the whole server.
    Watch,
    /// To change what concerns the whole server.
    Operate,
}

impl Need {
    /// What it is in words, as in "this needs …".
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Nothing => "no token",
            Self::Read => "a token that may read: owner, editor or viewer",
            Self::Change => "a token that may change sandboxes: owner or editor",
            Self::Own => "a token that may create and delete sandboxes: owner",
            Self::Call => "a token that may call: owner, editor or caller",
            Self::Watch | Self::Operate => "an operator's token",
        }
    }
}

impl Role {
    /// Whether the role is enough.
    #[must_use]
    pub fn may(self, need: Need, operator: bool) -> bool {
        match need {
            Need::Nothing => true,
            Need::Read => matches!(self, Self::Owner | Self::Editor | Self::Viewer),
            Need::Change => matches!(self, Self::Owner | Self::Editor),
            Need::Own => self == Self::Owner,
            Need::Call => matches!(self, Self::Owner | Self::Editor | Self::Caller),
            Need::Watch => operator && matches!(self, Self::Owner | Self::Viewer),
            Need::Operate => operator && self == Self::Owner,
        }
    }
}
