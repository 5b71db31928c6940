//! What a module may know: the dependency order, and the purity of pure code.

use crate::source::{Named, resolve, sources};
use crate::tokens::reads;
use crate::tree::{File, Finding};
use crate::{EDGE, IMPURE, Knows, ORDER, PURE, PURE_ENOUGH};
use std::collections::BTreeSet;

/// The position in [`ORDER`] of the row that speaks of a module.
fn row(module: &[&str]) -> Option<usize> {
    let covering = (0..ORDER.len()).filter(|row| covers(ORDER[*row].0, module));
    covering.max_by_key(|row| ORDER[*row].0.len())
}

fn covers(name: &str, module: &[&str]) -> bool {
    let name: Vec<&str> = name.split("::").collect();
    module.starts_with(&name)
}

/// Dependencies run one way, and behaviours do not know one another.
pub(crate) fn check_dependencies(files: &[File]) -> Vec<Finding> {
    let sources = sources(files);
    let behaviours: BTreeSet<&str> = sources
        .iter()
        .filter(|source| source.module.first() == Some(&"behaviours"))
        .filter_map(|source| source.module.get(1).copied())
        .collect();
    let mut findings = Vec::new();
    for source in &sources {
        if (0..source.tokens.len()).any(|at| reads(&source.tokens, at, "# [ path")) {
            findings.push(source.finding(1, "`#[path]` hides which module a file is"));
        }
        // The crate's root joins all modules.
        if source.module.is_empty() {
            continue;
        }
        let Some(from) = row(&source.module) else {
            let what = "this module has no row in the dependency order of tests/tidy.rs";
            findings.push(source.finding(1, what));
            continue;
        };
        let children = source.children();
        for named in source.paths() {
            let Some(target) = resolve(&named, &children) else {
                continue;
            };
            let breach = dependency_breach(from, &target)
                .or_else(|| behaviour_breach(&source.module, &target, &behaviours));
            if let Some(breach) = breach {
                let what = format!("imports `{}`: {breach}", named.written());
                findings.push(source.finding(named.line, what));
            }
        }
    }
    findings
}

fn dependency_breach(from: usize, target: &[&str]) -> Option<String> {
    if matches!(target, [] | ["*"]) {
        return Some("the crate's root holds every module; name the one".into());
    }
    let Some(to) = row(target) else {
        return Some("it has no row in the dependency order of tests/tidy.rs".into());
    };
    let (name, knows) = &ORDER[from];
    let allowed = match knows {
        Knows::AllBefore => to < from,
        Knows::Only(names) => names.iter().any(|name| covers(name, target)),
    };
    if allowed || covers(name, target) {
        return None;
    }
    let allowed = match knows {
        Knows::AllBefore => "only what stands before it".to_owned(),
        Knows::Only([]) => "no other module".to_owned(),
        Knows::Only(names) => format!("only {}", names.join(", ")),
    };
    Some(format!("{name} knows {allowed}, not {}", ORDER[to].0))
}

fn behaviour_breach(
    module: &[&str],
    target: &[&str],
    behaviours: &BTreeSet<&str>,
) -> Option<String> {
    let ["behaviours", own @ ..] = module else {
        return None;
    };
    match (own.first(), target) {
        (Some(_), ["behaviours"] | ["behaviours", "*"]) => {
            Some("the folder holds every behaviour; name the shared item".into())
        }
        (Some(own), ["behaviours", other, ..]) if own != other && behaviours.contains(other) => {
            Some(format!(
                "behaviours never import one another, and {own} is not {other}"
            ))
        }
        (None, ["behaviours", one, ..]) if behaviours.contains(one) => {
            Some("what behaviours share knows none of them".into())
        }
        _ => None,
    }
}

/// Pure code does no IO, reads no clock, draws no chance, and iterates in one order.
pub(crate) fn check_purity(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources(files) {
        let is_in = |modules: &[&str]| modules.iter().any(|name| covers(name, &source.module));
        if !is_in(PURE) || is_in(EDGE) {
            continue;
        }
        for named in source.paths() {
            if let Some(why) = impure(&named, &source.file.path) {
                let what = format!("names `{}`: {why}", named.written());
                findings.push(source.finding(named.line, what));
            }
        }
        for pair in source.tokens.windows(2).filter(|pair| pair[1].text == "!") {
            let called = format!("{}!", pair[0].text);
            let mut bans = IMPURE.iter();
            if let Some((_, why)) = bans.find(|(names, _)| names.contains(&called.as_str())) {
                findings.push(source.finding(pair[0].line, format!("calls `{called}`: {why}")));
            }
        }
    }
    findings
}

/// Why pure code may not name a path in a file.
fn impure(named: &Named<'_>, file: &str) -> Option<&'static str> {
    let banned = |name: &str| {
        let excepted = PURE_ENOUGH.iter().any(|(of, allowed, place)| {
            *of == name && file.starts_with(place) && named.matches(allowed)
        });
        named.matches(name) && !excepted
    };
    let mut bans = IMPURE.iter();
    let (_, why) = bans.find(|(names, _)| names.iter().any(|name| banned(name)))?;
    Some(why)
}
