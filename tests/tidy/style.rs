//! The style that no compiler checks.

use crate::source::{Source, sources};
use crate::tokens::{Token, after_bracket, is_word, reads, tokens};
use crate::tree::{File, Finding};
use crate::{
    LINES_MAX, MACHINE_PATHS, PACK_WORDS, PACK_WORDS_ALLOWED, UNFINISHED, VAGUE_NAMES,
    VAGUE_NAMES_ALLOWED,
};
use std::collections::BTreeSet;

/// A folder's or crate's first file opens with what lives there.
pub(crate) fn check_openings(files: &[File]) -> Vec<Finding> {
    let opens = |file: &&File| {
        let name = file.path.rsplit('/').next();
        matches!(name, Some("mod.rs" | "lib.rs" | "main.rs")) && !file.text.starts_with("//!")
    };
    let what = "does not begin with `//!`, saying what lives here and what never does";
    let silent = files.iter().filter(opens);
    silent.map(|file| file.finding(1, what)).collect()
}

/// A file that is long owes a reason, and a reason needs a long file.
pub(crate) fn check_lengths(files: &[File], long_files: &[(&str, &str)]) -> Vec<Finding> {
    let sources = sources(files);
    let mut findings = Vec::new();
    for source in &sources {
        let excused = long_files.iter().any(|(path, _)| *path == source.file.path);
        let lines = source.lines;
        if lines > LINES_MAX && !excused {
            let what = format!("has {lines} lines beside its tests; {LINES_MAX} are the limit");
            findings.push(source.finding(LINES_MAX + 1, what));
        }
    }
    for (path, reason) in long_files {
        let long = |source: &Source<'_>| source.file.path == *path && source.lines > LINES_MAX;
        if !sources.iter().any(long) {
            findings.push(Finding {
                path: (*path).to_owned(),
                line: 1,
                what: format!("is no longer long; its excuse can go: {reason}"),
            });
        }
    }
    findings
}

/// Nothing is left for later, silenced, or switched off without a word.
pub(crate) fn check_unfinished(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in file.lines() {
            let mut words = line.split(|mark| !is_word(mark));
            if let Some(word) = words.find(|word| UNFINISHED.contains(word)) {
                findings.push(file.finding(number, format!("leaves a {word}")));
            }
        }
        let tokens = tokens(&file.text);
        for (at, token) in tokens.iter().enumerate() {
            if reads(&tokens, at, "todo ! (") || reads(&tokens, at, "unimplemented ! (") {
                findings.push(file.finding(token.line, format!("leaves a `{}!`", token.text)));
            }
            let attribute = reads(&tokens, at, "# [") || reads(&tokens, at, "# ! [");
            if !attribute {
                continue;
            }
            let open = if tokens[at + 1].text == "[" {
                at + 1
            } else {
                at + 2
            };
            let inside = tokens.get(open + 1..after_bracket(&tokens, open) - 1);
            let inside = inside.unwrap_or_default();
            if matches!(inside, [ignore] if ignore.text == "ignore") {
                findings.push(file.finding(token.line, "ignores a test without a reason"));
            }
            if let Some(lint) = silenced(inside) {
                let what = format!("silences `{lint}`: dead code goes");
                findings.push(file.finding(token.line, what));
            }
        }
    }
    findings
}

/// The first lint against dead code that an attribute allows.
fn silenced<'a>(attribute: &[Token<'a>]) -> Option<&'a str> {
    let start = (0..attribute.len()).find(|at| reads(attribute, *at, "allow ("))?;
    let lints = &attribute[start..after_bracket(attribute, start + 1)];
    let mut names = lints.iter().map(|token| token.text);
    names.find(|name| *name == "dead_code" || name.starts_with("unused"))
}

/// A file is named for what it holds.
pub(crate) fn check_names(files: &[File]) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    let code = ["src/", "tests/", "benches/"];
    for file in files {
        if !code.iter().any(|folder| file.path.starts_with(folder)) {
            continue;
        }
        for (end, _) in file.path.match_indices(['/', '.']) {
            let place = &file.path[..end];
            let name = place.rsplit('/').next().unwrap_or(place);
            if VAGUE_NAMES.contains(&name) && !VAGUE_NAMES_ALLOWED.contains(&place) {
                findings.insert(place.to_owned());
            }
        }
    }
    let finding = |path| Finding {
        path,
        line: 1,
        what: "a name that says nothing; say what it holds".into(),
    };
    findings.into_iter().map(finding).collect()
}

/// Rust files hold no tab and end no line in white space.
pub(crate) fn check_white_space(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in file.lines() {
            if line.contains('\t') {
                findings.push(file.finding(number, "holds a tab"));
            }
            if line.ends_with(char::is_whitespace) {
                findings.push(file.finding(number, "ends in white space"));
            }
        }
    }
    findings
}

/// The engine knows no pack: neither its code, nor its tests, nor its comments name one.
pub(crate) fn check_pack_words(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let judged = |file: &&File| {
        file.path.starts_with("src/") && !PACK_WORDS_ALLOWED.contains(&file.path.as_str())
    };
    for file in files.iter().filter(judged) {
        let path = (1, file.path.as_str());
        for (number, line) in std::iter::once(path).chain(file.lines()) {
            let line = line.to_lowercase();
            for word in PACK_WORDS.iter().filter(|word| line.contains(*word)) {
                findings.push(file.finding(number, format!("names `{word}`, a word of a pack")));
            }
        }
    }
    findings
}

/// No text names a folder of one machine.
pub(crate) fn check_machine_paths(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (number, line) in file.lines() {
            for path in MACHINE_PATHS {
                // After a name, the folder is a part of a longer path or of a URL.
                let absolute = |start: usize| {
                    let before = line[..start].chars().next_back();
                    !before.is_some_and(|mark| is_word(mark) || "-.~})]".contains(mark))
                };
                if line.match_indices(path).any(|(start, _)| absolute(start)) {
                    let what = format!("names `{path}`, a folder of one machine");
                    findings.push(file.finding(number, what));
                }
            }
        }
    }
    findings
}
