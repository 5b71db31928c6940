//! A Rust file taken apart: which module it is, what of it is product and what test, and every path
//! that it names.

use crate::tokens::{Token, after_bracket, is_word, reads, tokens};
use crate::tree::{File, Finding};
use std::collections::BTreeSet;

/// One Rust file under `src/`, taken apart.
pub(crate) struct Source<'a> {
    pub(crate) file: &'a File,
    /// The module that the file is, from the crate's root: `["state", "ledger"]`.
    pub(crate) module: Vec<&'a str>,
    /// The tokens of the product: those of tests are gone.
    pub(crate) tokens: Vec<Token<'a>>,
    /// How many lines the product takes.
    pub(crate) lines: usize,
    /// The modules declared here for tests only.
    test_modules: Vec<Vec<&'a str>>,
}

/// Takes apart the product's files under `src/`. A file that only tests include is left out.
pub(crate) fn sources(files: &[File]) -> Vec<Source<'_>> {
    let mut sources: Vec<Source<'_>> = files.iter().filter_map(source).collect();
    let tests: Vec<Vec<&str>> = sources
        .iter_mut()
        .flat_map(|source| std::mem::take(&mut source.test_modules))
        .collect();
    sources.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
    sources
}

fn source(file: &File) -> Option<Source<'_>> {
    let place = file.path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut module: Vec<&str> = place.split('/').collect();
    if module.last() == Some(&"mod") || matches!(place, "lib" | "main") {
        module.pop();
    }
    let mut source = Source {
        file,
        module,
        tokens: Vec::new(),
        lines: file.text.lines().count(),
        test_modules: Vec::new(),
    };
    let all = tokens(&file.text);
    let mut at = 0;
    while at < all.len() {
        if reads(&all, at, "# ! [ cfg ( test ) ]") {
            source.test_modules.push(source.module.clone());
        }
        if let Some((item, end)) = test_item(&all, at) {
            let lines = all[end - 1].line + 1 - all[at].line;
            // Two items may stand on one line.
            source.lines = source.lines.saturating_sub(lines);
            if all[item].text == "mod" && item + 1 < end {
                let mut test = source.module.clone();
                test.push(all[item + 1].text);
                source.test_modules.push(test);
            }
            at = end;
        } else {
            source.tokens.push(all[at]);
            at += 1;
        }
    }
    Some(source)
}

/// The keyword and the end of the item at `at`, if it is compiled for tests only. Fields, arms and
/// statements are no items: they stay, and are checked as the product is.
fn test_item(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    const ITEMS: &[&str] = &[
        "async",
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "mod",
        "static",
        "struct",
        "trait",
        "type",
        "unsafe",
        "use",
        "macro_rules",
    ];
    let only_tests =
        reads(tokens, at, "# [ cfg ( test ) ]") || reads(tokens, at, "# [ cfg ( all ( test ,");
    if !only_tests {
        return None;
    }
    let mut item = at;
    while reads(tokens, item, "# [") {
        item = after_bracket(tokens, item + 1);
    }
    if reads(tokens, item, "pub (") {
        item = after_bracket(tokens, item + 1);
    } else if reads(tokens, item, "pub") {
        item += 1;
    }
    if !ITEMS.contains(&tokens.get(item)?.text) {
        return None;
    }
    let mut end = item;
    while let Some(token) = tokens.get(end) {
        match token.text {
            ";" => return Some((item, end + 1)),
            "{" => return Some((item, after_bracket(tokens, end))),
            "(" | "[" => end = after_bracket(tokens, end),
            _ => end += 1,
        }
    }
    Some((item, tokens.len()))
}

/// One path as it is written, a `use` tree being as many paths as it has leaves.
pub(crate) struct Named<'a> {
    pub(crate) line: usize,
    pub(crate) segments: Vec<&'a str>,
    /// The module in which it stands.
    scope: Vec<&'a str>,
}

impl Named<'_> {
    pub(crate) fn written(&self) -> String {
        self.segments.join("::")
    }

    /// Whether it names what a pattern of [`IMPURE`] stands for.
    pub(crate) fn matches(&self, pattern: &str) -> bool {
        if let Some(package) = pattern.strip_suffix("::") {
            return self.segments.len() > 1 && self.segments[0] == package;
        }
        let pattern: Vec<&str> = pattern.split("::").collect();
        let mut windows = self.segments.windows(pattern.len());
        windows.any(|window| window == pattern)
    }
}

impl Source<'_> {
    pub(crate) fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        self.file.finding(line, what)
    }

    /// Every path in the file, single names included.
    pub(crate) fn paths(&self) -> Vec<Named<'_>> {
        let mut paths = Vec::new();
        let mut scope = self.module.clone();
        let mut depth = 0;
        let mut inline_modules = Vec::new();
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            match token.text {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if inline_modules.last() == Some(&depth) {
                        inline_modules.pop();
                        scope.pop();
                    }
                }
                "mod" if self.tokens.get(at + 2).is_some_and(|next| next.text == "{") => {
                    inline_modules.push(depth);
                    scope.push(self.tokens[at + 1].text);
                }
                // A visibility names a module and takes nothing from it.
                "(" if reads(&self.tokens, at + 1, "in") => {
                    at = after_bracket(&self.tokens, at);
                    continue;
                }
                text if text.starts_with(is_word) => {
                    at = self.use_tree(at, &[], &scope, &mut paths);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        paths
    }

    /// Reads the path or `use` tree at `at`, and returns the position after it.
    fn use_tree<'a>(
        &'a self,
        mut at: usize,
        stem: &[&'a str],
        scope: &[&'a str],
        paths: &mut Vec<Named<'a>>,
    ) -> usize {
        let mut segments = stem.to_vec();
        while let Some(token) = self.tokens.get(at) {
            if token.text == "{" {
                return self.use_group(at + 1, &segments, scope, paths);
            }
            if token.text != "*" && !token.text.starts_with(is_word) {
                break;
            }
            segments.push(token.text);
            at += 1;
            let follows = self.tokens.get(at + 1).map_or("", |next| next.text);
            let goes_on = follows.starts_with(is_word) || matches!(follows, "{" | "*");
            if !(reads(&self.tokens, at, "::") && goes_on) {
                paths.push(Named {
                    line: token.line,
                    segments,
                    scope: scope.to_vec(),
                });
                break;
            }
            at += 1;
        }
        at
    }

    fn use_group<'a>(
        &'a self,
        mut at: usize,
        stem: &[&'a str],
        scope: &[&'a str],
        paths: &mut Vec<Named<'a>>,
    ) -> usize {
        loop {
            at = self.use_tree(at, stem, scope, paths);
            if reads(&self.tokens, at, "as") {
                at += 2;
            }
            if reads(&self.tokens, at, "}") {
                return at + 1;
            }
            if !reads(&self.tokens, at, ",") {
                return at;
            }
            at += 1;
        }
    }

    /// The modules that the file declares.
    pub(crate) fn children(&self) -> BTreeSet<&str> {
        let pairs = self.tokens.windows(2);
        pairs
            .filter(|pair| pair[0].text == "mod")
            .map(|pair| pair[1].text)
            .collect()
    }
}

/// Where in the crate a path leads, from the root. None if it leaves the crate, or names neither
/// the crate, nor a module above, nor one of `children`.
pub(crate) fn resolve<'a>(named: &Named<'a>, children: &BTreeSet<&str>) -> Option<Vec<&'a str>> {
    let first = *named.segments.first()?;
    let alone = named.segments.len() == 1;
    let mut target = match first {
        // Without more they are most often a visibility, and name nothing.
        "crate" | "super" | "self" if alone => return None,
        "crate" => Vec::new(),
        "super" | "self" => named.scope.clone(),
        child if !alone && children.contains(child) => named.scope.clone(),
        _ => return None,
    };
    for segment in &named.segments {
        match *segment {
            "crate" | "self" => {}
            "super" => {
                target.pop()?;
            }
            name => target.push(name),
        }
    }
    Some(target)
}
