//! Names: of sandboxes, and of what packs declare.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The sandbox that always exists.
pub const DEFAULT_SANDBOX: &str = "default";

/// The longest sandbox id, in characters.
pub const SANDBOX_ID_MAX: usize = 64;

/// The id of a sandbox: 1 to 64 characters out of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SandboxId(Arc<str>);

/// What a text must be to name a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxIdError;

impl SandboxId {
    /// Takes a text as a sandbox id, if it is one.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that is not allowed; `.` and `..` are refused
    /// because clients fold them out of paths.
    pub fn parse(text: &str) -> Result<Self, SandboxIdError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let fits = !text.is_empty()
            && text.len() <= SANDBOX_ID_MAX
            && text.chars().all(allowed)
            && text != "."
            && text != "..";
        fits.then(|| Self(text.into())).ok_or(SandboxIdError)
    }

    /// The id of the sandbox that always exists.
    #[must_use]
    pub fn default_sandbox() -> Self {
        Self(DEFAULT_SANDBOX.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SandboxIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a sandbox id has 1 to {SANDBOX_ID_MAX} characters out of A-Z a-z 0-9 . _ -"
        )
    }
}

impl TryFrom<String> for SandboxId {
    type Error = SandboxIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<SandboxId> for String {
    fn from(id: SandboxId) -> Self {
        id.0.to_string()
    }
}

/// The name of something that a pack declares (a tool, a collection, a machine), with its pack:
/// names are per pack, so two packs may use the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The pack that declares it.
    pub pack: Arc<str>,
    /// Its name in that pack.
    pub name: Arc<str>,
}

impl Name {
    /// The name `name` of the pack `pack`.
    #[must_use]
    pub fn new(pack: &Arc<str>, name: &str) -> Self {
        Self {
            pack: pack.clone(),
            name: name.into(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.pack, self.name)
    }
}

impl Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (pack, name) = text
            .split_once('.')
            .ok_or_else(|| serde::de::Error::custom("expected pack.name"))?;
        Ok(Self {
            pack: pack.into(),
            name: name.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_id_is_short_and_plain() {
        for (text, fits) in [
            ("default", true),
            ("team-a.1_B", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("é", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(SandboxId::parse(text).is_ok(), fits, "{text:?}");
        }
    }
}
