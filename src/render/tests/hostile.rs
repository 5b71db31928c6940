use proptest::prelude::*;

use super::*;
use crate::render::guard::{self, TAG_DISTANCE_MAX};
use crate::render::{BLOCK_DEPTH_MAX, CALL_DEPTH_MAX, Document, TEMPLATE_BYTES_MAX};

fn refused(source: &str) -> String {
    match Template::compile(source, Escape::None) {
        Ok(_) => panic!("this compiled: {}", &source[..source.len().min(100)]),
        Err(error) => error.message,
    }
}

#[test]
fn deep_templates_are_refused() {
    let many = 70_000;
    assert!(refused(&"{{#if s}}".repeat(many)).contains("nest no deeper"));
    assert!(refused(&format!("{{{{trim {}", "(trim ".repeat(many))).contains("nest no deeper"));
    assert!(refused(&format!("{{{{#if s}}}}{}", "{{else if s}}".repeat(many))).contains("deeper"));
    assert!(refused(&"{{".repeat(many)).contains("raw blocks"));
    assert!(refused(&"{{s}}".repeat(many)).contains("too many tags"));
    assert!(refused(&"x".repeat(TEMPLATE_BYTES_MAX + 1)).contains("longer than"));
    assert!(refused(&format!("{{{{trim {}}}}}", "[".repeat(many))).contains("never closed"));
    refused(&format!("{{{{{}x}}}}", "../".repeat(many) + "("));
}

/// No text may hide from the guard that it nests deeper.
#[test]
fn what_seems_to_close_a_block_does_not() {
    let decoys = [
        "{{!{{/if}}",
        "{{! -- }}{{/if}} --}}",
        "{{!-- {{/if}} --}}",
        "\\{{/if}}",
        "\\{{{{/if}}",
        "{{trim '{{/if}}'}}",
        "{{trim '}}{{/if}}'}}",
        "{{trim \"\\\"}}{{/if}}\"}}",
        "{{[ }}{{/if}} ]}}",
        "{{trim [ }}{{/if}} ]}}",
        "{{trim ['}}{{/if}}']}}",
        "{{trim {\"a\":\"}}{{/if}}\"}}}",
        "{{{{raw}}}}{{/if}}{{{{/raw}}}}",
        "{{#>x}}{{/if}}",
    ];
    for decoy in decoys {
        let deep = format!("{{{{#if s}}}}{decoy}").repeat(200);
        assert!(guard::check(&deep).is_err(), "{decoy}");
    }
}

/// The stack of a test is as small as that of a server's thread.
#[test]
fn the_deepest_templates_fit_the_stack() {
    let condition = format!(
        "(not {}s{})",
        "(not ".repeat(CALL_DEPTH_MAX - 1),
        ")".repeat(CALL_DEPTH_MAX - 1)
    );
    let open = format!("{{{{#if {condition}}}}}").repeat(BLOCK_DEPTH_MAX);
    let closed = "{{/if}}".repeat(BLOCK_DEPTH_MAX);
    check(&[(&format!("{open}x{closed}"), "x")]);
    refused(&format!("{open}{{{{trim (trim"));
    refused(&open);
    let chain = "{{else if f}}".repeat(BLOCK_DEPTH_MAX - 2);
    check(&[(
        &format!("{{{{#if f}}}}{chain}{{{{else}}}}x{{{{/if}}}}"),
        "x",
    )]);
}

/// Parsing takes time for every tag and its distance from the start.
#[test]
fn the_longest_templates_compile_in_time() {
    let text = "x".repeat(TEMPLATE_BYTES_MAX - 1000);
    let count = (TAG_DISTANCE_MAX / TEMPLATE_BYTES_MAX).min(900 / 5);
    check(&[(
        &(text.clone() + &"{{s}}".repeat(count)),
        &(text + &"<a>".repeat(count)),
    )]);
    let many = 5_000;
    check(&[(&"{{s}}".repeat(many), &"<a>".repeat(many))]);
}

#[test]
fn bombs_are_bounded() {
    let loops = "{{#each (range 1 100000)}}";
    let silent = loops.repeat(3) + &"{{/each}}".repeat(3);
    assert_eq!(rendered(&silent, 1), Err(RenderError::TooMuchWork));
    let loud = format!("{loops}{}{{{{/each}}}}", "x".repeat(1000));
    assert_eq!(rendered(&loud, 1), Err(RenderError::OutputTooLong));
    let doubling = format!(
        "{{{{val 'ab' assign='v'}}}}{loops}{{{{#assign 'v'}}}}{{{{v}}}}{{{{v}}}}{{{{/assign}}}}{{{{/each}}}}"
    );
    assert_eq!(rendered(&doubling, 1), Err(RenderError::TooMuchWork));
    for inner in [
        "{{#if ../this}}{{/if}}",
        "{{#with ../this}}{{/with}}",
        "{{#each ../this}}{{/each}}",
        "{{#with ../this as |x|}}{{/with}}",
        "{{size ../this}}",
        "{{#if (eq 1 ../this)}}{{/if}}",
        "{{trim x=../this}}",
    ] {
        let copying =
            format!("{{{{#with (range 1 90000)}}}}{loops}{inner}{{{{/each}}}}{{{{/with}}}}");
        assert_eq!(
            rendered(&copying, 1),
            Err(RenderError::TooMuchWork),
            "{inner}"
        );
    }
    let long = "x".repeat(100_000);
    for inner in [
        format!("{{{{size '{long}'}}}}"),
        format!("{{{{#with '{long}'}}}}{{{{/with}}}}"),
        format!("{{{{#if (contains '{long}' 'y')}}}}{{{{/if}}}}"),
    ] {
        let looking = format!("{loops}{inner}{{{{/each}}}}");
        assert_eq!(rendered(&looking, 1), Err(RenderError::TooMuchWork));
    }
    let growing = format!("{loops}{{{{val (array v v) assign='v'}}}}{{{{/each}}}}");
    assert_eq!(rendered(&growing, 1), Err(RenderError::TooMuchWork));
    let deepening = format!("{loops}{{{{val (array v) assign='v'}}}}{{{{/each}}}}");
    assert_eq!(rendered(&deepening, 1), Err(RenderError::ValueTooDeep));
    let patterns = format!("{loops}{{{{regexExtract s (join 'a' @index '')}}}}{{{{/each}}}}");
    assert_eq!(rendered(&patterns, 1), Err(RenderError::TooMuchWork));
    let searching = format!("{loops}{{{{jsonPath list '$..x'}}}}{{{{/each}}}}").repeat(3);
    assert_eq!(rendered(&searching, 1), Err(RenderError::TooMuchWork));
    let wide = "{{ljust 'a' size=9000000}}".repeat(2);
    assert_eq!(rendered(&wide, 1), Err(RenderError::OutputTooLong));
}

/// Pieces that make templates when they are strung together, and nonsense as often.
fn piece() -> impl Strategy<Value = String> {
    let known = [
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{#if s}}",
        "{{/if}}",
        "{{else}}",
        "{{#each list}}",
        "{{/each}}",
        "(",
        ")",
        "'",
        "\"",
        "[",
        "]",
        "../",
        "@index",
        "@",
        "as |a b|",
        "=",
        "~",
        "!",
        "--",
        "\\",
        "s",
        "list",
        "p.b",
        ".",
        " ",
        "1.5",
        "-",
        "é",
        "\u{1f600}",
        "{{{{raw}}}}",
        "{{{{/raw}}}}",
        "now format='yyyy'",
        "date offset='1 months'",
        "math d '/' 3",
        "numberFormat d '#,##0.00'",
        "randomValue length=3",
        "substring s 1 2",
        "regexExtract s '(.)' 'g'",
        "parseDate s format='d'",
        "truncateDate (now) 'last day of year'",
        "base64 s decode=true",
        "urlEncode '%' decode=true",
        "arrayRemove list position=-1",
        "abbreviate s -1",
        "jsonPath body '$.a'",
        "range 3 1",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => ".{0,4}",
    ]
}

/// Whole tags of helpers with any arguments.
fn call() -> impl Strategy<Value = String> {
    let helpers: Vec<&'static str> = crate::render::helpers::names().collect();
    let argument = prop_oneof![
        Just("s".to_owned()),
        Just("list".to_owned()),
        Just("p".to_owned()),
        Just("none".to_owned()),
        Just("(now)".to_owned()),
        Just("body".to_owned()),
        Just("'2020-02-30T25:00:00Z'".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        "'[^'\\\\{}]{0,6}'",
        "(size|length|lower|upper|count|position|format|offset|timezone|pad)=('[^'\\\\{}]{0,6}'|-?[0-9]{1,20}|s)",
    ];
    (
        proptest::sample::select(helpers),
        proptest::collection::vec(argument, 0..5),
    )
        .prop_map(|(helper, arguments)| format!("{{{{{helper} {}}}}}", arguments.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_panics(pieces in proptest::collection::vec(piece(), 0..12)) {
        let source = pieces.concat();
        if let Ok(template) = Template::compile(&source, Escape::Html) {
            let once = template.render(&model(), &env(&Mixed(3)));
            prop_assert_eq!(once, template.render(&model(), &env(&Mixed(3))));
        }
        if let Ok(template) = Template::of_wiremock(&source) {
            let _ = template.render(&model(), &env(&Mixed(3)));
        }
        if let Ok(document) = Document::compile(&Value::String(source), Escape::None) {
            let _ = document.render(&model(), &env(&Mixed(3)));
        }
    }

    #[test]
    fn no_helper_panics(source in call()) {
        if let Ok(template) = Template::of_wiremock(&source) {
            let _ = template.render(&model(), &env(&Mixed(3)));
        }
        if let Ok(template) = Template::compile(&source, Escape::None) {
            let _ = template.render(&model(), &env(&Mixed(3)));
        }
    }
}
