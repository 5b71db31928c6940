//! The project as the checks see it: files with their texts, and findings in them.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

/// One breach of one rule. Displays as `path:line: what`, which editors and terminals link.
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// One file of the project. What is not UTF-8 has a path and no text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            what: what.into(),
        }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        // Not `str::lines`, which hides a carriage return.
        (1..).zip(self.text.split('\n'))
    }
}

/// Reads every file below the package's root, but for what git ignores, in the order of the paths.
pub(crate) fn read_tree() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let mut skipped: BTreeSet<&str> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    skipped.extend([".git", "target"]);
    let mut files = Vec::new();
    read_folder(root, "", &skipped, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn read_folder(folder: &Path, prefix: &str, skipped: &BTreeSet<&str>, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the package is readable") {
        let entry = entry.expect("an entry of a folder is readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if skipped.contains(name.as_str()) || skipped.contains(path.as_str()) {
            continue;
        }
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() {
            read_folder(&entry.path(), &format!("{path}/"), skipped, files);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).expect("a file of the package is readable");
            let text = String::from_utf8(bytes).unwrap_or_default();
            files.push(File { path, text });
        }
    }
}
