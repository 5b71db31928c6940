//! Files: what a sandbox lays over the files that lie beside the definitions.

use std::sync::Arc;

use bytes::Bytes;
use imbl::OrdMap;

/// How much the files of one sandbox may take, their names included, in bytes.
pub const FILES_BYTES_MAX: usize = 256 << 20;

/// What a file takes beside its name and content, about, in bytes.
const ENTRY_BYTES: usize = 64;

/// The files of one sandbox.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Nothing stands for a file that was deleted.
    laid: OrdMap<Arc<str>, Option<Bytes>>,
    bytes: usize,
}

/// What a sandbox has laid over a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Laid<'a> {
    /// This content.
    Content(&'a Bytes),
    /// Its absence.
    Gone,
    /// Nothing: it is as it lies beside the definitions.
    Nothing,
}

impl Files {
    /// What is laid over the file of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Laid<'_> {
        match self.laid.get(name) {
            Some(Some(content)) => Laid::Content(content),
            Some(None) => Laid::Gone,
            None => Laid::Nothing,
        }
    }

    /// All that is laid over files, by their names: a content, or nothing for one that is gone.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, Option<&Bytes>)> {
        let laid = self.laid.iter();
        laid.map(|(name, content)| (name, content.as_ref()))
    }

    /// How many bytes they would take with this file, about.
    #[must_use]
    pub fn bytes_with(&self, name: &str, content: &Bytes) -> usize {
        self.bytes - self.weight_of(name) + weight(name, Some(content))
    }

    pub(super) fn put(&mut self, name: &Arc<str>, content: Option<&Bytes>) {
        self.forget(name);
        self.bytes += weight(name, content);
        self.laid.insert(name.clone(), content.cloned());
    }

    /// The file is as it lies beside the definitions.
    pub(super) fn forget(&mut self, name: &str) {
        self.bytes -= self.weight_of(name);
        self.laid.remove(name);
    }

    fn weight_of(&self, name: &str) -> usize {
        let content = self.laid.get(name);
        content.map_or(0, |content| weight(name, content.as_ref()))
    }
}

fn weight(name: &str, content: Option<&Bytes>) -> usize {
    ENTRY_BYTES + name.len() + content.map_or(0, Bytes::len)
}

/// A name without `.` and `..` in it; nothing, if it leads out of the folder of files, or nowhere.
#[must_use]
pub fn plain_name(name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains(['\0', '\\']) {
        return None;
    }
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty() && !name.ends_with('/')).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_the_folder() {
        for (name, expected) in [
            ("a.txt", Some("a.txt")),
            ("a/b.txt", Some("a/b.txt")),
            ("./a//b.txt", Some("a/b.txt")),
            ("a/../b.txt", Some("b.txt")),
            ("%2e%2e/b.txt", Some("%2e%2e/b.txt")),
            ("..a", Some("..a")),
            ("../a.txt", None),
            ("a/../../b.txt", None),
            ("/a.txt", None),
            ("", None),
            (".", None),
            ("a/..", None),
            ("a/", None),
            ("..\\a.txt", None),
            ("a\0", None),
        ] {
            assert_eq!(plain_name(name).as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn what_files_take_is_what_is_there() {
        let (name, content) = (Arc::from("abc"), Bytes::from_static(b"12345"));
        let mut files = Files::default();
        assert_eq!(files.bytes_with("abc", &content), ENTRY_BYTES + 8);
        files.put(&name, Some(&content));
        assert_eq!(files.bytes, ENTRY_BYTES + 8);
        assert_eq!(files.bytes_with("abc", &Bytes::new()), ENTRY_BYTES + 3);
        assert_eq!(files.get("abc"), Laid::Content(&content));
        files.put(&name, None);
        assert_eq!(files.get("abc"), Laid::Gone);
        assert_eq!(files.bytes, ENTRY_BYTES + 3);
        files.forget("abc");
        assert_eq!((files.get("abc"), files.bytes), (Laid::Nothing, 0));
    }
}
