//! Small projects that break each rule of style, and ones that only look as if they did.

use super::{Check, check_one};
use crate::style::{
    check_lengths, check_machine_paths, check_names, check_openings, check_pack_words,
    check_unfinished, check_white_space,
};
use crate::{LINES_MAX, LONG_FILES, MACHINE_PATHS, PACK_WORDS, UNFINISHED, VAGUE_NAMES};

#[test]
fn a_folder_without_an_opening_is_found() {
    for (path, text, red) in [
        ("src/lib.rs", "", true),
        ("src/main.rs", "fn main() {}", true),
        ("src/http/mod.rs", "\n//! Too late.", true),
        ("src/http/mod.rs", "// No doc.", true),
        ("src/http/mod.rs", "//! The wire.", false),
        ("src/http/call.rs", "", false),
    ] {
        check_one(check_openings, path, text, red);
    }
}

#[test]
fn a_long_file_is_found() {
    let lengths: Check = |files| check_lengths(files, LONG_FILES);
    let excused: Check = |files| check_lengths(files, &[("src/log.rs", "one long table")]);
    let full = "fn f() {}\n".repeat(LINES_MAX);
    let test = format!("#[cfg(test)]\nmod tests {{\n{full}}}\n");
    let over = format!("{full}fn g() {{}}\n");
    for (check, path, text, red) in [
        (lengths, "src/log.rs", &full, false),
        (lengths, "src/log.rs", &format!("{full}{test}"), false),
        (lengths, "src/log.rs", &over, true),
        (lengths, "src/log.rs", &format!("{test}{over}"), true),
        (lengths, "tests/log.rs", &over, false),
        (excused, "src/log.rs", &over, false),
        (excused, "src/log.rs", &full, true),
        (excused, "src/other.rs", &over, true),
    ] {
        check_one(check, path, text, red);
    }
}

#[test]
fn unfinished_work_is_found() {
    for word in UNFINISHED {
        check_one(
            check_unfinished,
            "src/log.rs",
            &format!("// {word}: later"),
            true,
        );
        check_one(check_unfinished, "benches/b.rs", &format!("//{word}"), true);
        check_one(check_unfinished, "README.md", word, false);
        check_one(
            check_unfinished,
            "src/log.rs",
            &format!("// {word}S"),
            false,
        );
        check_one(check_unfinished, "src/log.rs", &word.to_lowercase(), false);
    }
    for (text, red) in [
        ("fn f() { todo!() }", true),
        ("fn f() { unimplemented!(\"later\") }", true),
        ("// `todo!()` is banned.", false),
        ("#[test] #[ignore] fn f() {}", true),
        ("#[test] #[ignore = \"needs a network\"] fn f() {}", false),
        ("#[allow(dead_code)] fn f() {}", true),
        ("#![allow(unused)]", true),
        (
            "#[allow(\n    clippy::all,\n    unused_variables,\n)]",
            true,
        ),
        ("#[cfg_attr(unix, allow(dead_code))]", true),
        ("#[allow(clippy::too_many_lines)] fn dead_code() {}", false),
        (
            "#[expect(dead_code, reason = \"held for its drop\")]",
            false,
        ),
        ("fn allow(unused: u8) {}", false),
        ("#[", false),
    ] {
        check_one(check_unfinished, "tests/log.rs", text, red);
    }
}

#[test]
fn a_name_that_says_nothing_is_found() {
    for name in VAGUE_NAMES {
        for (path, red) in [
            (format!("src/{name}.rs"), true),
            (format!("src/http/{name}/mod.rs"), true),
            (format!("tests/{name}/mod.rs"), true),
            (format!("src/render/helpers/{name}.rs"), true),
            (format!("stubs/crm/{name}.yaml"), false),
            (format!("src/{name}_of_wiremock.rs"), false),
        ] {
            check_one(check_names, &path, "", red);
        }
    }
    check_one(check_names, "src/render/helpers/mod.rs", "", false);
    check_one(check_names, "src/render/helpers.rs", "", false);
}

#[test]
fn untidy_white_space_is_found() {
    for (path, text, red) in [
        ("src/log.rs", "fn f() {}\n", false),
        ("src/log.rs", "fn f() {} \n", true),
        ("src/log.rs", "fn f() {}\r\n", true),
        ("src/log.rs", "\tfn f() {}\n", true),
        ("tests/log.rs", "// a\tb\n", true),
        ("README.md", "a line  \n", false),
    ] {
        check_one(check_white_space, path, text, red);
    }
}

#[test]
fn a_word_of_a_pack_is_found() {
    for word in PACK_WORDS {
        for (path, text, red) in [
            ("src/log.rs", format!("// {}s", word.to_uppercase()), true),
            ("src/log.rs", format!("#[cfg(test)] fn {word}() {{}}"), true),
            ("src/page.html", word.to_string(), true),
            (&format!("src/{word}.rs"), String::new(), true),
            ("tests/packs.rs", word.to_string(), false),
            ("README.md", word.to_string(), false),
        ] {
            check_one(check_pack_words, path, &text, red);
        }
    }
}

#[test]
fn a_path_of_one_machine_is_found() {
    for path in MACHINE_PATHS {
        for (text, red) in [
            (format!("{path}x"), true),
            (format!("see `{path}x`"), true),
            (format!("DIR={path}"), true),
            (format!("file://{path}x"), true),
            (format!("https://example.com{path}x"), false),
            (format!("./stubs{path}x"), false),
            (format!("~{path}x and {{base}}{path}x"), false),
        ] {
            check_one(check_machine_paths, "README.md", &text, red);
        }
    }
}
