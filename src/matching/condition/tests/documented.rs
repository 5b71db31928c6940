//! The table of functions in the manual: it has all there are, and its examples compile.

use super::super::signature;
use super::*;

#[test]
fn every_function_is_documented_with_an_example_that_compiles() {
    let manual = include_str!("../../../../docs/expressions.md");
    let (_, functions) = manual.split_once("## Functions").expect("a heading");
    let (functions, _) = functions.split_once("\n## ").expect("another heading");
    let rows = functions.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<(String, String)> = rows
        .map(|row| {
            let mut cells = row.trim_matches('|').split(" | ");
            let mut cell = || cells.next().unwrap_or_default().trim().to_owned();
            (cell(), cell().trim_matches('`').to_owned())
        })
        .collect();
    for name in signature::names() {
        let shown = rows.iter().any(|(form, _)| {
            form.contains(&format!("`{name}(")) || form.contains(&format!(".{name}("))
        });
        assert!(shown, "`{name}` is missing in docs/expressions.md");
    }
    with_large_stack(move || {
        for (_, example) in &rows {
            if let Err(error) = Expression::compile(example, &VARIABLES) {
                panic!("{example}: {error} at {}", error.offset);
            }
        }
        assert!(rows.len() > 40, "only {} rows", rows.len());
    });
}
