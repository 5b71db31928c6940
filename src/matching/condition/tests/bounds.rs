//! Hostile sources and large documents.

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::super::*;
use super::{Documents, VARIABLES, with_large_stack};

/// Why `source` is refused, if it is.
fn refusal(source: &str) -> Option<String> {
    let refused = Expression::compile(source, &VARIABLES).err();
    refused.map(|error| error.message)
}

#[test]
fn sources_are_bounded() {
    with_large_stack(|| {
        let long = "1 ".repeat(2_049);
        assert_eq!(
            refusal(&long).as_deref(),
            Some("the expression has 4098 bytes; at most 4096 are allowed")
        );
        assert_eq!(refusal(&format!("{}1", " ".repeat(4_095))), None);
    });
}

#[test]
fn nesting_is_bounded_before_the_parser_sees_it() {
    let nested = "the expression is nested more than 32 levels deep";
    with_large_stack(move || {
        let at_bound = [
            format!("{}1{}", "(".repeat(32), ")".repeat(32)),
            format!("{}1", "true ? 1 : ".repeat(31)),
            format!("[{}1]", "true ? 1 : 2, ".repeat(100)),
            format!("'{}' + r'\\' + '''{}'''", "(".repeat(99), "\n'(".repeat(99)),
            format!("1 // {}", "(".repeat(99)),
        ];
        for source in at_bound {
            assert_eq!(refusal(&source), None, "{source}");
        }
        let beyond = [
            format!("{}1{}", "(".repeat(33), ")".repeat(33)),
            format!("{}1", "true ? 1 : ".repeat(33)),
            format!("{}{}1", "(".repeat(16), "true ? (1) : ".repeat(17)),
            "(".repeat(4_096),
            "[".repeat(4_096),
            "{'a':".repeat(800),
            "size(".repeat(800),
            "a[".repeat(2_000),
        ];
        for source in beyond {
            assert_eq!(refusal(&source).as_deref(), Some(nested), "{source}");
        }
    });
}

#[test]
fn the_depth_of_the_tree_is_bounded() {
    with_large_stack(|| {
        let deep = format!("the expression is more than {DEPTH_MAX} levels deep");
        let bounded = |more: &str, levels: usize| {
            let at_bound = format!("agent{}", more.repeat(levels));
            assert_eq!(refusal(&at_bound), None, "{at_bound}");
            let beyond = format!("agent{}", more.repeat(levels + 1));
            assert_eq!(refusal(&beyond).as_ref(), Some(&deep), "{beyond}");
        };
        bounded(" + 1", DEPTH_MAX - 1);
        bounded(".x", DEPTH_MAX - 1);
        bounded("[0]", DEPTH_MAX - 1);
        bounded(".trim()", DEPTH_MAX - 1);
        for source in [
            " + 1".repeat(1_000),
            " < 1".repeat(1_000),
            ".x".repeat(2_000),
        ] {
            assert_eq!(refusal(&format!("agent{source}")).as_ref(), Some(&deep));
        }
        let wide = [
            "1 == 1 && ".repeat(400) + "true",
            "!".repeat(4_000) + "true",
        ];
        for source in wide {
            assert_eq!(refusal(&source), None, "{source}");
        }
    });
}

#[test]
fn what_the_scan_misreads_the_parser_refuses() {
    // The parser drops the broken literal and goes on with the brackets behind it.
    let source = format!(r"'\q{}'", "(".repeat(4_000));
    with_large_stack(move || assert!(refusal(&source).is_some()));
}

/// The deepest expressions that pass: a function of levels, tried from far too many downwards.
fn deepest(source: impl Fn(usize) -> String) -> Expression {
    let compiled = (1..=DEPTH_MAX).rev().find_map(|levels| {
        let compiled = Expression::compile(&source(levels), &VARIABLES);
        compiled.ok()
    });
    compiled.unwrap()
}

#[test]
fn the_deepest_expressions_fit_a_small_stack() {
    let (send, receive) = std::sync::mpsc::channel();
    with_large_stack(move || {
        let wrapped = |before: &'static str, core: &'static str, after: &'static str| {
            deepest(|levels| format!("{}{core}{}", before.repeat(levels), after.repeat(levels)))
        };
        let all = [
            wrapped("true || false && 1 == 1 + 1 * (", "1", ")"),
            wrapped("[", "1", "]"),
            wrapped("{'a': ", "1", "}"),
            wrapped("true ? ", "1", " : 2"),
            wrapped("min(1, ", "1", ")"),
            wrapped("-(", "1", ")"),
            wrapped("string(", "1", ")"),
            wrapped("(1 == ", "1", ")"),
            wrapped("(1 in [", "1", "])"),
            wrapped("record('c', ", "1", ")"),
            wrapped("dig(", "input", ", 'deep', 1)"),
            wrapped("", "input", "['deep']"),
            wrapped("", "agent", ".trim()"),
            wrapped("", "1", " + 1"),
            wrapped("[1].map(x, [1].map(y, [", "1", "]))"),
            wrapped("", "[1]", ".map(x, x)"),
        ];
        for expression in all {
            send.send(expression).unwrap();
        }
    });
    let run = move || {
        for expression in receive {
            // What counts is that none of them overflows, whatever it comes to.
            let _ = expression.eval(&Documents::new());
        }
    };
    let thread = std::thread::Builder::new().stack_size(3 << 19).spawn(run);
    thread.unwrap().join().unwrap();
}

/// A scope with one variable.
struct Single(Json);

impl Scope for Single {
    fn variable(&self, _: &str) -> Option<&Json> {
        Some(&self.0)
    }

    fn world(&self) -> &dyn World {
        static WORLD: std::sync::LazyLock<Documents> = std::sync::LazyLock::new(Documents::new);
        &*WORLD
    }
}

#[test]
fn work_is_bounded() {
    let ints = |count: i32| Single(Json::from((0..count).collect::<Vec<i32>>()));
    with_large_stack(move || {
        let eval = |source: &str, scope: &Single| {
            Expression::compile(source, &["list"]).unwrap().eval(scope)
        };
        let failed = |message: &str| {
            let message = message.to_owned();
            Err(EvalError::Failed { message })
        };
        assert_eq!(
            eval("list.exists(x, x == 1999)", &ints(2_000)),
            Ok(true.into())
        );
        let nested = "list.all(x, list.exists(y, true))";
        assert_eq!(eval(nested, &ints(30)), Ok(true.into()));
        assert_eq!(
            eval(nested, &ints(1_001)),
            failed(
                "`all, exists, filter, map`: a macro runs over at most 1000 elements here; found 1001"
            )
        );
        let inner = "[1].all(x, list.exists(y, true))";
        assert!(eval(inner, &ints(1_001)).is_err());
        let after = "list.filter(x, true).all(x, true)";
        assert_eq!(eval(after, &ints(1_001)), Ok(true.into()));
        let reads = "size(list.map(x, record('orders', 'e1')))";
        assert_eq!(eval(reads, &ints(1_000)), Ok(1_000.into()));
        assert_eq!(
            eval(reads, &ints(1_001)),
            failed("`record`: an expression reads at most 1000 records")
        );
        let made = "size(list.map(x, split('a', '')))";
        assert_eq!(eval(made, &ints(10_000)), Ok(10_000.into()));
        assert_eq!(
            eval(made, &ints(10_001)),
            failed("`split`: an expression makes at most 10000 values")
        );
    });
}

#[test]
fn deep_values_are_an_error_or_copied() {
    let mut deep = Json::Null;
    for _ in 0..=VALUE_DEPTH_MAX {
        deep = Json::Array(vec![deep]);
    }
    let scope = Single(deep);
    with_large_stack(move || {
        let eval = |source: &str| Expression::compile(source, &["list"]).unwrap().eval(&scope);
        assert!(eval("list").is_ok());
        assert!(matches!(
            eval("list == list"),
            Err(EvalError::Failed { .. })
        ));
    });
}

/// Pieces that make sense to the grammar often enough to reach the interpreter.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "input",
        "record",
        "agent",
        ".items",
        ".n",
        ".amount",
        ".tags",
        "[0]",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ",",
        ":",
        "?",
        "&&",
        "||",
        "==",
        "!=",
        "<",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "!",
        " in ",
        "1",
        "-9223372036854775808",
        "0.1",
        "1e308",
        "1u",
        "b'x'",
        "'a'",
        "\"é\"",
        "r'\\'",
        "null",
        "true",
        "money(",
        "instant(",
        "record('orders', 'e1')",
        "has(",
        "size(",
        "dig(",
        ".map(x, x",
        ".all(x, ",
        ".exists(x, x == 1)",
        "calls(agent, '5m')",
        "round(",
        "min(",
        "'(?'",
        ".matches(",
        "`",
        "'",
        "//",
        "\\",
        "\u{0}",
        "💥",
        "string(",
        "int(",
        "double(",
        "balance(agent)",
        "now()",
        ".filter(",
        "within(",
        "[1, 2]",
        "{'a': 1}",
        ".a",
        "int",
        "dyn(",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn survive(source: &str) -> Result<(), TestCaseError> {
    match Expression::compile(source, &VARIABLES) {
        Ok(expression) => {
            let documents = Documents::new();
            let value = expression.eval(&documents);
            prop_assert_eq!(&value, &expression.eval(&documents), "{}", source);
            let condition = expression.test(&documents);
            let bool = value.ok().and_then(|value| value.as_bool());
            prop_assert_eq!(condition.ok(), bool, "{}", source);
        }
        Err(error) => {
            prop_assert!(error.offset <= source.len(), "{source}");
            prop_assert!(source.is_char_boundary(error.offset), "{source}");
            prop_assert!(!error.message.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_panics(sources in prop::collection::vec(any::<String>(), 8)) {
        with_large_stack(move || sources.iter().for_each(|source| survive(source).unwrap()));
    }

    #[test]
    fn no_row_of_tokens_panics(sources in prop::collection::vec(pieces(), 8)) {
        with_large_stack(move || sources.iter().for_each(|source| survive(source).unwrap()));
    }

    #[test]
    fn money_adds_as_whole_cents_do(left in -1_000_000_000_i64..1_000_000_000, right in -1_000_000_000_i64..1_000_000_000) {
        let amount = |cents: i64| format!("money('{}')", Decimal::new(cents, 2));
        let source = format!("{} + {} == {}", amount(left), amount(right), amount(left + right));
        with_large_stack(move || {
            let holds = Expression::compile(&source, &[]).unwrap().test(&Documents::new());
            assert_eq!(holds, Ok(true));
        });
    }
}
