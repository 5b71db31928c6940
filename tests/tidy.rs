//! Holds the house in order: which module may know which, what pure code never does, and the style
//! that no compiler checks.
//!
//! What is forbidden stands in the tables of this file; the checks are in `tidy/`. To change a rule,
//! edit its table, and say why in the commit. A check reads tokens, not text, wherever comments,
//! strings or test code could set it off. It is no compiler: it finds honest slips, and follows
//! neither types nor aliases.

#[path = "tidy/modules.rs"]
mod modules;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/style.rs"]
mod style;
#[cfg(test)]
#[path = "tidy/tests.rs"]
mod tests;
#[path = "tidy/tokens.rs"]
mod tokens;
#[path = "tidy/tree.rs"]
mod tree;

use tree::{File, Finding};

/// What a module may name beside itself.
enum Knows {
    /// These modules, and those below them.
    Only(&'static [&'static str]),
    /// Every module that stands earlier in [`ORDER`].
    AllBefore,
}

/// The modules in the order of their dependencies. A row speaks of the modules below it too, unless
/// they have a row of their own. The crate's roots, `lib.rs` and `main.rs`, may know everything.
const ORDER: &[(&str, Knows)] = &[
    ("domain", Knows::Only(&[])),
    ("definition::source", Knows::Only(&["domain"])),
    ("definition::model", Knows::Only(&["domain"])),
    // Files that people edit are read in one way.
    ("cassette", Knows::Only(&["domain", "definition::source"])),
    // Who may do what is read off a file that people edit.
    ("access", Knows::Only(&["domain", "definition::source"])),
    ("matching::item_expression", Knows::Only(&["domain"])),
    ("matching::search", Knows::Only(&["domain"])),
    // A rule of the state may have a condition, which is compiled once. Other languages are functions
    // of it.
    (
        "matching::condition",
        Knows::Only(&["domain", "matching::item_expression", "matching::search"]),
    ),
    (
        "state",
        Knows::Only(&["domain", "cassette", "matching::condition"]),
    ),
    ("matching", Knows::Only(&["domain", "state"])),
    // JSONPath is one language, in patterns and in templates.
    ("matching::json_equal", Knows::Only(&["domain"])),
    (
        "matching::json_path",
        Knows::Only(&["domain", "matching::json_equal"]),
    ),
    ("matching::date", Knows::Only(&["domain"])),
    // So is XPath.
    ("matching::xml", Knows::Only(&["domain", "matching::date"])),
    (
        "render",
        Knows::Only(&["domain", "state", "matching::json_path", "matching::xml"]),
    ),
    // It compiles expressions and templates, once, when a pack is loaded.
    (
        "definition",
        Knows::Only(&["domain", "state", "matching", "render"]),
    ),
    // What can go wrong with an API is read off its definitions, or off its recorded replies.
    (
        "mutation",
        Knows::Only(&["domain", "cassette", "definition", "state", "render"]),
    ),
    (
        "behaviours",
        Knows::Only(&["domain", "definition", "state", "matching", "render"]),
    ),
    ("engine", Knows::AllBefore),
    ("meter", Knows::Only(&[])),
    ("store", Knows::Only(&["domain", "state", "meter"])),
    ("log", Knows::Only(&["domain", "state"])),
    ("service", Knows::AllBefore),
    ("http", Knows::AllBefore),
    ("cli", Knows::AllBefore),
];

/// The modules whose code is pure.
const PURE: &[&str] = &[
    "domain",
    "cassette",
    "access",
    "definition",
    "state",
    "matching",
    "render",
    "mutation",
    "behaviours",
    "engine",
];

/// The modules inside them that stand at the edge.
const EDGE: &[&str] = &["definition::load"];

/// What pure code never names, each with the reason. `a::b` stands for these segments anywhere in a
/// path, `a::` for the crate `a`, `a!` for a macro.
const IMPURE: &[(&[&str], &str)] = &[
    (
        &["std::fs", "std::io", "std::net", "std::process"],
        "pure code does no IO",
    ),
    (&["std::env"], "configuration comes in as data"),
    (
        &["std::thread", "tokio::"],
        "pure code starts nothing and waits for nothing",
    ),
    (&["hyper::", "axum::"], "the wire belongs to http"),
    (
        &[
            "tracing::",
            "println!",
            "print!",
            "eprintln!",
            "eprint!",
            "dbg!",
        ],
        "pure code never logs; the trace of a decision says why",
    ),
    (
        &[
            "SystemTime",
            "time::Instant",
            "Timestamp::now",
            "Zoned::now",
        ],
        "the time comes in as a tick",
    ),
    (
        &["rand::", "getrandom", "RandomState", "Uuid::new_v4"],
        "chance comes in as a tick",
    ),
    // The atomic types are reached through their module.
    (
        &["Mutex", "RwLock", "sync::atomic", "dashmap::"],
        "pure code never locks and shares nothing that changes",
    ),
    (
        &["HashMap", "HashSet", "hash_map", "hash_set"],
        "its order changes from run to run",
    ),
    (&["std::*"], "the glob hides what it takes"),
];

/// Exceptions to [`IMPURE`]: the ban, what is allowed all the same, and where.
const PURE_ENOUGH: &[(&str, &str, &str)] = &[
    // The trait alone: a template writes into memory.
    ("std::io", "std::io::Write", "src/render/"),
    ("std::io", "std::io::Error", "src/render/"),
    // Addresses as data: nothing is resolved or connected to.
    ("std::net", "std::net::IpAddr", "src/domain/targets/"),
    ("std::net", "std::net::Ipv6Addr", "src/domain/targets/"),
    // Looked up, never iterated.
    ("HashMap", "HashMap", "src/matching/index/"),
];

/// How many lines a file in `src/` may have beside its tests.
const LINES_MAX: usize = 500;

/// The files that may have more, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Names that say nothing of what a file holds.
const VAGUE_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// Where such a name is the term of the field: WireMock calls its template functions helpers.
const VAGUE_NAMES_ALLOWED: &[&str] = &["src/render/helpers"];

/// Words for work that was put off. Spelt in halves, so that this file passes its own check.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("HA", "CK"),
];

/// Words of the packs. The engine knows no pack.
const PACK_WORDS: &[&str] = &["escrow", "greenhelix"];

/// Where such a word is part of the name of a file that ships, and nothing is done by it.
const PACK_WORDS_ALLOWED: &[&str] = &["src/definition/compile/fault/shipped.rs"];

/// Folders of the machines on which this was written.
const MACHINE_PATHS: &[&str] = &[
    concat!("/", "work/"),
    concat!("/", "tmp/"),
    concat!("/", "root/"),
];

/// Runs one check on the project.
fn hold(check: impl Fn(&[File]) -> Vec<Finding>) {
    let files = tree::read_tree();
    let has = |path: &str| files.iter().any(|file| file.path == path);
    assert!(
        has("src/lib.rs") && has("tests/tidy.rs"),
        "the tree was not read"
    );
    let findings: Vec<String> = check(&files).iter().map(Finding::to_string).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn dependencies_run_one_way() {
    hold(modules::check_dependencies);
}

#[test]
fn pure_code_is_pure() {
    hold(modules::check_purity);
}

#[test]
fn folders_say_what_they_hold() {
    hold(style::check_openings);
}

#[test]
fn files_are_short() {
    hold(|files| style::check_lengths(files, LONG_FILES));
}

#[test]
fn nothing_is_left_unfinished() {
    hold(style::check_unfinished);
}

#[test]
fn names_say_something() {
    hold(style::check_names);
}

#[test]
fn white_space_is_clean() {
    hold(style::check_white_space);
}

#[test]
fn the_engine_knows_no_pack() {
    hold(style::check_pack_words);
}

#[test]
fn no_text_names_a_machine() {
    hold(style::check_machine_paths);
}
