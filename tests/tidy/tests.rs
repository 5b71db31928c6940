//! A check that cannot fail is a defect: small projects that break each rule, and ones that only
//! look as if they did.

use crate::tokens::tokens;
use crate::{File, Finding, Knows, ORDER, modules};

#[path = "style_tests.rs"]
mod style_tests;

type Check = fn(&[File]) -> Vec<Finding>;

const DEPENDENCIES: Check = modules::check_dependencies;
const PURITY: Check = modules::check_purity;

/// Runs a check on a project of `(path, text)` and compares all that it finds.
#[track_caller]
fn check(check: Check, project: &[(&str, &str)], expected: &[&str]) {
    let file = |(path, text): &(&str, &str)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    let files: Vec<File> = project.iter().map(file).collect();
    let found: Vec<String> = check(&files).iter().map(Finding::to_string).collect();
    assert_eq!(found, expected, "in {project:?}");
}

/// Runs a check on one file, and says whether it finds anything.
#[track_caller]
fn check_one(check: Check, path: &str, text: &str, red: bool) {
    let files = [File {
        path: path.to_owned(),
        text: text.to_owned(),
    }];
    let found: Vec<String> = check(&files).iter().map(Finding::to_string).collect();
    assert_eq!(!found.is_empty(), red, "{path}: {text}\nfound {found:?}");
}

#[test]
fn the_order_has_no_cycle() {
    for (position, (name, knows)) in ORDER.iter().enumerate() {
        let Knows::Only(known) = knows else { continue };
        for known in *known {
            let before = ORDER[..position].iter().any(|row| row.0 == *known);
            assert!(before, "{name} knows {known}, which does not stand before");
        }
    }
}

#[test]
fn a_dependency_against_the_order_is_found_with_its_place() {
    check(
        DEPENDENCIES,
        &[
            ("src/lib.rs", "pub mod domain;\npub use domain::Call;"),
            (
                "src/domain/mod.rs",
                "//! D.\nuse crate::state::SandboxState;",
            ),
            ("src/state/mod.rs", "use crate::domain::{Call, Reply};"),
            (
                "src/store/memory.rs",
                "fn f() {\n    crate::engine::decide();\n}",
            ),
        ],
        &[
            "src/domain/mod.rs:2: imports `crate::state::SandboxState`: domain knows no other \
             module, not state",
            "src/store/memory.rs:2: imports `crate::engine::decide`: store knows only domain, \
             state, meter, not engine",
        ],
    );
}

#[test]
fn every_edge_of_the_order_is_held() {
    for (path, import, red) in [
        ("src/domain.rs", "crate::definition::model::Stub", true),
        ("src/domain/money.rs", "crate::domain::Call", false),
        (
            "src/definition/source/yaml.rs",
            "crate::domain::Call",
            false,
        ),
        ("src/definition/source/yaml.rs", "super::check", false),
        (
            "src/definition/source/yaml.rs",
            "super::super::model::Stub",
            true,
        ),
        (
            "src/definition/source/mod.rs",
            "super::compile::compile",
            true,
        ),
        (
            "src/definition/model.rs",
            "crate::definition::source::Span",
            true,
        ),
        (
            "src/definition/model.rs",
            "crate::definition::Definitions",
            true,
        ),
        ("src/definition/model.rs", "crate::state::Effect", true),
        ("src/definition/compile.rs", "super::model::Stub", false),
        (
            "src/definition/compile.rs",
            "crate::render::Template",
            false,
        ),
        ("src/definition/compile.rs", "crate::behaviours::Step", true),
        (
            "src/state/ledger.rs",
            "crate::definition::model::Stub",
            true,
        ),
        (
            "src/matching/index/mod.rs",
            "crate::state::SandboxState",
            false,
        ),
        ("src/matching/index/mod.rs", "crate::render::Template", true),
        ("src/render/mod.rs", "crate::matching::Index", true),
        (
            "src/behaviours/auth.rs",
            "crate::definition::model::Auth",
            false,
        ),
        ("src/behaviours/auth.rs", "crate::engine::decide", true),
        (
            "src/engine/mod.rs",
            "crate::behaviours::auth::decide",
            false,
        ),
        ("src/engine/mod.rs", "crate::definition::model::Stub", false),
        ("src/engine/mod.rs", "crate::store::Store", true),
        ("src/store/mod.rs", "crate::state::Effect", false),
        ("src/store/mod.rs", "crate::log::Call", true),
        ("src/log.rs", "crate::store::Store", true),
        ("src/definition/model.rs", "crate::domain::Call", false),
        ("src/state/mod.rs", "crate::domain::Call", false),
        ("src/matching/mod.rs", "crate::domain::Call", false),
        (
            "src/render/mod.rs",
            "crate::{domain::Call, state::Effect}",
            false,
        ),
        ("src/log.rs", "crate::{domain::Call, state::Effect}", false),
        ("src/service.rs", "crate::store::Store", false),
        ("src/service.rs", "crate::http::Error", true),
        ("src/http/admin/calls.rs", "crate::service::Service", false),
        ("src/main.rs", "crate::http::serve", false),
    ] {
        check_one(DEPENDENCIES, path, &format!("use {import};"), red);
    }
}

#[test]
fn a_dependency_is_found_however_it_is_written() {
    for (text, red) in [
        ("use crate::engine;", true),
        ("use crate::{domain::Call as C, engine::decide};", true),
        (
            "const Q: char = '\\\"'; fn f() { crate::engine::decide() }",
            true,
        ),
        ("const S: &str = \"\\\" crate::engine::decide \";", false),
        (
            "use crate::{domain::Call, engine::{decide, next_due}};",
            true,
        ),
        ("use {std::fmt, crate::engine as e};", true),
        ("pub(crate) use super::super::engine::decide;", true),
        ("use super::{super::engine::decide};", true),
        ("use self::super::super::engine::decide;", true),
        ("fn f(call: &crate::engine::Decision) {}", true),
        ("fn f() -> Vec<crate::engine::Decision> {}", true),
        (
            "macro_rules! m { () => { $crate::engine::decide() } }",
            true,
        ),
        (
            "mod inner { use super::super::super::engine::decide; }",
            true,
        ),
        (
            "mod inner { fn f() {} } use super::super::engine::decide;",
            true,
        ),
        ("mod inner { use super::super::effect::Effect; }", false),
        (
            "mod inner { use super::Effect; } use super::ledger::Hold;",
            false,
        ),
        ("use crate::*;", true),
        ("use super::super::*;", true),
        ("use crate::{self as root};", true),
        ("use crate::Call;", true),
        ("#[path = \"../engine/mod.rs\"] mod engine;", true),
        ("pub(in crate::engine) fn f() {}", false),
        ("pub(super) fn f() {} pub(crate) fn g() {}", false),
        ("// use crate::engine::decide;", false),
        ("/* /* nested */ use crate::engine::decide; */", false),
        (
            "/// [`crate::engine::decide`] calls this.\nfn f() {}",
            false,
        ),
        ("const S: &str = \"use crate::engine::decide;\";", false),
        ("const S: &str = r#\"\" crate::engine::decide \"#;", false),
        (
            "const Q: char = '\"'; fn f() { crate::engine::decide() }",
            true,
        ),
        (
            "const Q: char = '\\''; fn f() { crate::engine::decide() }",
            true,
        ),
        (
            "const Q: &str = \"\\\\\"; fn f() { crate::engine::decide() }",
            true,
        ),
        ("fn f<'a>(s: &'a str) { crate::engine::decide(s) }", true),
        ("fn engine() { engine::decide() }", false),
    ] {
        check_one(DEPENDENCIES, "src/state/ledger.rs", text, red);
    }
}

#[test]
fn test_code_may_know_everything_and_nothing_else_passes_for_it() {
    let import = "use crate::engine::decide;";
    for (before, after, red) in [
        ("#[cfg(test)]", "", false),
        ("#[cfg(test)] mod tests {", "}", false),
        ("#[cfg(all(test, unix))] mod tests {", "}", false),
        ("#[cfg(test)] #[rustfmt::skip] mod tests {", "}", false),
        ("#[cfg(test)] pub(crate) mod tests {", "}", false),
        ("#[cfg(test)] fn f(a: [u8; 2]) -> [u8; 2] {", "}", false),
        ("#![cfg(test)]", "", false),
        ("#[cfg(test)] mod tests { fn f() {} }", "", true),
        ("#[cfg(test)] mod tests;", "", true),
        ("#[cfg(not(test))] mod real {", "}", true),
        ("#[cfg(any(test, unix))] mod both {", "}", true),
        ("struct S { #[cfg(test)] seen: u8, real: u8 }", "", true),
    ] {
        let text = format!("{before} {import} {after}");
        check_one(DEPENDENCIES, "src/state/mod.rs", &text, red);
    }
}

#[test]
fn a_file_is_a_test_where_its_module_is_declared_as_one() {
    let import = "use crate::engine::decide;";
    let breach = "imports `crate::engine::decide`: state knows only domain, cassette, matching::condition, not engine";
    check(
        DEPENDENCIES,
        &[
            ("src/state/mod.rs", "#[cfg(test)]\nmod tests;\nmod ledger;"),
            ("src/state/tests.rs", import),
            ("src/state/tests/deep.rs", import),
            ("src/state/ledger.rs", "#[cfg(test)] mod audit;\nmod tests;"),
            ("src/state/ledger/audit.rs", import),
            ("src/state/ledger/tests.rs", import),
        ],
        &[&format!("src/state/ledger/tests.rs:1: {breach}")],
    );
}

#[test]
fn a_module_without_a_row_is_found() {
    let what = "this module has no row in the dependency order of tests/tidy.rs";
    check(
        DEPENDENCIES,
        &[("src/extra/mod.rs", ""), ("src/lib.rs", "mod extra;")],
        &[&format!("src/extra/mod.rs:1: {what}")],
    );
}

#[test]
fn the_root_is_no_way_around() {
    let root = "the crate's root holds every module; name the one";
    let row = "it has no row in the dependency order of tests/tidy.rs";
    check(
        DEPENDENCIES,
        &[(
            "src/state/mod.rs",
            "use crate::*;\nuse crate::{self as root};\nuse crate::Call;",
        )],
        &[
            &format!("src/state/mod.rs:1: imports `crate::*`: {root}"),
            &format!("src/state/mod.rs:2: imports `crate::self`: {root}"),
            &format!("src/state/mod.rs:3: imports `crate::Call`: {row}"),
        ],
    );
}

#[test]
fn behaviours_do_not_know_one_another() {
    for (path, import, red) in [
        ("src/behaviours/batch.rs", "super::auth::decide", true),
        (
            "src/behaviours/batch.rs",
            "crate::behaviours::auth::decide",
            true,
        ),
        (
            "src/behaviours/batch.rs",
            "crate::behaviours::{Step, auth}",
            true,
        ),
        ("src/behaviours/batch.rs", "crate::behaviours", true),
        ("src/behaviours/batch.rs", "super::*", true),
        ("src/behaviours/batch.rs", "super::{self, Step}", true),
        ("src/behaviours/batch.rs", "super::Step", false),
        ("src/behaviours/machine/mod.rs", "super::auth::decide", true),
        ("src/behaviours/machine/mod.rs", "super::Step", false),
        (
            "src/behaviours/machine/due.rs",
            "super::super::auth::decide",
            true,
        ),
        ("src/behaviours/machine/due.rs", "super::super::Step", false),
        ("src/behaviours/machine/due.rs", "super::transition", false),
        ("src/behaviours/machine/due.rs", "super::*", false),
        ("src/behaviours/mod.rs", "auth::decide", true),
        ("src/behaviours/mod.rs", "self::auth::decide", true),
        ("src/behaviours/mod.rs", "crate::domain::Call", false),
    ] {
        let text = format!("use {import};");
        let shared = "pub mod auth; pub mod batch; pub mod machine; pub enum Step {}";
        let mut project = vec![
            ("src/behaviours/auth.rs", String::new()),
            ("src/behaviours/mod.rs", shared.to_owned()),
        ];
        if path == "src/behaviours/mod.rs" {
            project.pop();
            project.push((path, format!("{shared} {text}")));
        } else {
            project.push((path, text.clone()));
        }
        let file = |(path, text): (&str, String)| File {
            path: path.to_owned(),
            text,
        };
        let files: Vec<File> = project.into_iter().map(file).collect();
        let found: Vec<String> = DEPENDENCIES(&files)
            .iter()
            .map(Finding::to_string)
            .collect();
        assert_eq!(!found.is_empty(), red, "{path}: {text}\nfound {found:?}");
    }
}

#[test]
fn an_impurity_is_found_with_its_place_and_reason() {
    check(
        PURITY,
        &[(
            "src/engine/mod.rs",
            "//! E.\n\nuse std::{\n    fmt,\n    time::SystemTime,\n};\nfn f() { dbg!(1); }",
        )],
        &[
            "src/engine/mod.rs:5: names `std::time::SystemTime`: the time comes in as a tick",
            "src/engine/mod.rs:7: calls `dbg!`: pure code never logs; the trace of a decision \
             says why",
        ],
    );
}

#[test]
fn every_impurity_is_found() {
    for text in [
        "use std::fs;",
        "fn f() { std::fs::read(p) }",
        "use ::std::fs::File;",
        "use std::net::TcpStream;",
        "use std::env;",
        "use std::thread;",
        "use std::process::Command;",
        "use std::io;",
        "use std::io::Write;",
        "use std::{fmt, io::{self, Read}};",
        "use std::*;",
        "use tokio::sync::oneshot;",
        "use hyper::Request;",
        "use axum::Json;",
        "fn f() { tracing::info!(1) }",
        "use std::time::{Duration, Instant};",
        "fn f(at: SystemTime) {}",
        "fn f() { jiff::Timestamp::now() }",
        "fn f() { Timestamp::now() }",
        "fn f() { Zoned::now() }",
        "fn f() { rand::random() }",
        "use rand::Rng;",
        "fn f() { getrandom::fill(b) }",
        "use std::hash::RandomState;",
        "fn f() { uuid::Uuid::new_v4() }",
        "fn f() { Uuid::new_v4() }",
        "use std::sync::Mutex;",
        "use std::sync::RwLock;",
        "use dashmap::DashMap;",
        "use std::sync::atomic::AtomicU64;",
        "use core::sync::atomic::{AtomicBool, Ordering};",
        "use std::sync::{Arc, atomic};",
        "fn f() { println!() }",
        "fn f() { print!() }",
        "fn f() { eprintln!() }",
        "fn f() { eprint!() }",
        "fn f() { dbg!(f) }",
        "use std::collections::HashMap;",
        "use imbl::HashSet;",
        "use std::collections::hash_map::Entry;",
        "use std::collections::hash_set::Iter;",
    ] {
        check_one(PURITY, "src/state/mod.rs", text, true);
        check_one(PURITY, "src/http/mod.rs", text, false);
    }
}

#[test]
fn what_only_looks_impure_is_let_be() {
    for text in [
        "use std::sync::{Arc, LazyLock, OnceLock};",
        "use std::time::Duration;",
        "use std::collections::{BTreeMap, BTreeSet};",
        "use jiff::Timestamp;",
        "fn f(tick: Tick) { tick.now }",
        "fn f(rand: u64, env: u64, fs: u64) { rand + env + fs }",
        "fn print(dbg: bool) { print(!dbg) }",
        "fn f() { write!(out, \"println! {}\", 1) }",
        "// std::fs and HashMap\n/// [`std::fs`]\nfn f() {}",
        "#[cfg(test)] mod tests { use std::collections::HashMap; }",
    ] {
        check_one(PURITY, "src/state/mod.rs", text, false);
    }
}

#[test]
fn purity_has_its_places_and_its_exceptions() {
    for (path, text, red) in [
        ("src/domain/mod.rs", "use std::fs;", true),
        ("src/definition/compile.rs", "use std::fs;", true),
        ("src/definition/load.rs", "use std::fs;", false),
        ("src/definition/loaded.rs", "use std::fs;", true),
        ("src/matching/explain.rs", "use std::fs;", true),
        ("src/render/mod.rs", "use std::fs;", true),
        ("src/behaviours/auth.rs", "use std::fs;", true),
        ("src/engine/mod.rs", "use std::fs;", true),
        ("src/store/journal.rs", "use std::fs;", false),
        ("src/service.rs", "use std::time::SystemTime;", false),
        ("src/render/mod.rs", "use std::io::Write;", false),
        ("src/render/mod.rs", "use std::io::{Read, Write};", true),
        ("src/render/mod.rs", "use std::io::stdout;", true),
        (
            "src/matching/index/mod.rs",
            "use std::collections::HashMap;",
            false,
        ),
        (
            "src/matching/index/mod.rs",
            "use std::collections::HashSet;",
            true,
        ),
        (
            "src/matching/explain.rs",
            "use std::collections::HashMap;",
            true,
        ),
    ] {
        check_one(PURITY, path, text, red);
    }
}

#[test]
fn tokens_keep_their_lines() {
    let text = "a /* b\n/* c */ d */ e \"f\n\" g::r#type\n'h' 'i: br##\"\"# j\"## 0.5";
    let found: Vec<(&str, usize)> = tokens(text).iter().map(|t| (t.text, t.line)).collect();
    let expected = [
        ("a", 1),
        ("e", 2),
        ("g", 3),
        ("::", 3),
        ("type", 3),
        (":", 4),
        ("0", 4),
        (".", 4),
        ("5", 4),
    ];
    assert_eq!(found, expected);
    // What is cut short ends where the text ends.
    for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        tokens(&text[..cut]);
    }
}
