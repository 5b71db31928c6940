use super::*;

#[test]
fn values_print_as_text() {
    check(&[
        ("", ""),
        ("plain", "plain"),
        ("{{s}} {{{s}}} {{&s}}", "<a> <a> <a>"),
        ("{{d}} {{f}} {{nul}}{{none}}", "1.50 false "),
        ("{{p}} {{list}}", r#"{"a":1,"b":[1,"x"]} [1,2,3]"#),
        (
            r#"{{val 1.50}} {{val 'a "q"'}} {{val "it's"}} {{val true}} {{val null}}"#,
            r#"1.50 a "q" it's true "#,
        ),
        (r"{{trim 'it\'s'}} {{trim '\\d'}}", r"it's \d"),
    ]);
}

#[test]
fn braces_of_json_stand_beside_tags() {
    check(&[
        (r#"{"a":{{d}}}"#, r#"{"a":1.50}"#),
        (r#"{"a":{"b":{{d}}}}"#, r#"{"a":{"b":1.50}}"#),
        (r#"{"a":{{{p}}}}"#, r#"{"a":{"a":1,"b":[1,"x"]}}"#),
        (r#"{"a":{{#if s}}{"k":{}}{{/if}}}"#, r#"{"a":{"k":{}}}"#),
        (
            r#"[{{#each list}}{"n":{{this}}}{{#unless @last}},{{/unless}}{{/each}}]"#,
            r#"[{"n":1},{"n":2},{"n":3}]"#,
        ),
        (
            "{{#each records}}{{#with this as |r|}}{{r.id}}{{../n}}{{../../d}}{{@root.f}};{{/with}}{{/each}}",
            "r111.50false;r221.50false;",
        ),
        (
            "{{#each records as |r|}}{{#each @root.names as |n|}}{{r.id}}{{n}} {{/each}}{{/each}}",
            "r1x r1y r2x r2y ",
        ),
        (
            "{{val 0 assign='sum'}}{{#each records}}{{val (math sum '+' n) assign='sum'}}{{/each}}{{sum}}",
            "3",
        ),
    ]);
}

#[test]
fn paths_lead_into_values() {
    check(&[
        (
            "{{p.a}} {{p/a}} {{p.b.[1]}} {{p.b.1}} {{[p].[b].1}}",
            "1 1 x x x",
        ),
        (
            "{{[odd name]}} {{this.[odd name]}} {{@root.p.a}} {{this.p.a}} {{./p.a}}",
            "o o 1 1 1",
        ),
        (
            "{{list.length}} {{list.size}} {{s.length}} {{s.0}} [{{s.1}}]",
            "3 3 3 <a> []",
        ),
        (
            "[{{p.zz.y}}] [{{list.9}}] [{{d.x}}] [{{@index}}]",
            "[] [] [] []",
        ),
    ]);
}

#[test]
fn a_list_in_a_block_has_a_length_and_no_names() {
    check(&[("{{#with p}}{{b.length}}[{{b.name}}]{{/with}}", "2[]")]);
}

#[test]
fn blocks_choose_and_repeat() {
    check(&[
        ("{{#if f}}a{{else if s}}b{{else}}c{{/if}}", "b"),
        ("{{#if f}}a{{else if nul}}b{{else}}c{{/if}}", "c"),
        (
            "{{#if p}}y{{/if}}{{#if empty}}n{{else}}e{{/if}}{{#unless f}}u{{/unless}}",
            "yeu",
        ),
        (
            "{{#if 0}}y{{else}}n{{/if}}{{#if (array)}}y{{else}}n{{/if}}{{#if 'false'}}y{{/if}}",
            "nny",
        ),
        (
            "{{#each list}}{{this}}{{#unless @last}},{{/unless}}{{/each}}",
            "1,2,3",
        ),
        (
            "{{#each names}}{{@index}}{{@first}}{{@last}}{{this}} {{/each}}",
            "0truefalsex 1falsetruey ",
        ),
        (
            "{{#each p}}{{@key}}={{this}};{{/each}}",
            r#"a=1;b=[1,"x"];"#,
        ),
        (
            "{{#each names as |n i|}}{{i}}{{n}}{{/each}}{{#each p as |v k|}}{{k}}{{/each}}",
            "0x1yab",
        ),
        (
            "{{#each records}}{{id}}{{s}}{{../s}}{{#each ../names}}{{@../index}}{{this}}{{/each}};{{/each}}",
            "r1<a>0x0y;r2<a>1x1y;",
        ),
        (
            "{{#each none}}x{{else}}empty{{/each}}{{#each s}}{{this}}{{else}}no list{{/each}}",
            "emptyno list",
        ),
        ("{{#each (range 1 3)}}{{this}}{{/each}}", "123"),
        (
            "{{#with p as |q|}}{{q.a}}{{a}}{{../s}}{{@root.f}}{{/with}}{{#with nul}}x{{else}}y{{/with}}",
            "11<a>falsey",
        ),
        ("{{#if f}}x{{^}}y{{/if}}", "y"),
        (
            "A{{#each names}}\n  {{this}}\n{{/each}}\nB",
            "A\n  x\n\n  y\nB",
        ),
    ]);
}

#[test]
fn comments_escapes_and_white_space() {
    check(&[
        ("{{!-- c }} --}}x{{! y }}z{{!-- --}}", "xz"),
        (r"\{{raw}} \\{{d}}", r"{{raw}} \1.50"),
        ("a {{~#if s~}} b {{~/if~}} c", "abc"),
        ("a {{~d~}} b {{~{s}~}} c {{{~s~}}} d", "a1.50b<a>c<a>d"),
        ("{{trim '}}'}}{{trim \"{{/if}}\"}}", "}}{{/if}}"),
    ]);
}

#[test]
fn html_is_escaped_only_when_asked_for() {
    let template =
        Template::compile("{{s}} {{{s}}} {{&s}} {{trim '&\"`='}} <b>", Escape::Html).unwrap();
    let printed = template.render(&model(), &env(&Mixed(1))).unwrap();
    assert_eq!(printed, "&lt;a&gt; <a> <a> &amp;&quot;&#x60;&#x3D; <b>");
}

#[test]
fn static_templates_know_it() {
    let is_static = |source| Template::compile(source, Escape::None).unwrap().is_static();
    assert!(is_static("plain") && is_static(r"\{{x}}{{! c }}"));
    assert!(!is_static("{{x}}") && !is_static("{{#if x}}{{/if}}"));
}

#[test]
fn mistakes_are_refused_with_their_place() {
    let rows = [
        ("a\n é{{ upper x", 3, "never closed", 2),
        (
            "x{{uper s}}",
            2,
            "there is no helper 'uper'; did you mean 'upper'?",
            1,
        ),
        ("{{#if (uper s)}}{{/if}}", 1, "there is no helper 'uper'", 1),
        (
            "{{#if s}}\n{{trim a=(zzzzzzzz s)}}{{/if}}",
            1,
            "there is no helper 'zzzzzzzz'",
            2,
        ),
        ("{{s.a (x)}}", 7, "syntax error", 1),
        ("{{(upper s)}}", 1, "a tag starts with a path", 1),
        ("{{#p}}{{/p}}", 1, "there is no helper 'p'", 1),
        ("{{lag s}}", 1, "there is no helper 'lag'", 1),
        ("{{#if s}}y", 11, "syntax error", 1),
        ("x{{/if}}", 4, "syntax error", 1),
        ("{{#if s}}{{/each}}", 10, "was opened, but", 1),
        (
            "{{#each}}{{/each}}",
            1,
            "takes one value, and was given 0",
            1,
        ),
        ("{{if s}}", 1, "if is a block", 1),
        ("{{trim (each s)}}", 1, "each is a block", 1),
        ("{{#toJson s}}{{/toJson}}", 1, "not a block", 1),
        ("{{}}", 3, "syntax error", 1),
        ("{{trim 'a}}", 1, "never closed", 1),
        ("{{trim {\"a\":1}}}", 1, "a brace has no place", 1),
        ("{{trim ['a']}}", 1, "brackets hold a name", 1),
        ("{{> partial}}", 1, "partials", 1),
        ("{{~ #> x}}{{/x}}", 1, "partials", 1),
        ("{{#*inline 'x'}}{{/inline}}", 1, "partials", 1),
        ("{{! c", 1, "this comment is never closed", 1),
        ("{{{{raw}}}} x", 1, "raw blocks", 1),
        ("{{{s}}", 1, "not closed as it was opened", 1),
        (
            "{{randomInt lower=(randomInt) upper=(randomInt)}}",
            1,
            "their order is not defined",
            1,
        ),
    ];
    for (source, column, message, line) in rows {
        let error = Template::compile(source, Escape::None).expect_err(source);
        assert!(error.message.contains(message), "{source}: {error}");
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{source}: {error}"
        );
    }
}
