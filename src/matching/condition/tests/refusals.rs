//! What is refused at load, with which words and where.

use super::super::*;
use super::{VARIABLES, with_large_stack};

/// Checks that `source`, in which `^` marks a place, is refused there with `message`.
fn refuse(source: &str, message: &str) {
    let offset = source.find('^').unwrap();
    let source = source.replacen('^', "", 1);
    let error = Expression::compile(&source, &VARIABLES).expect_err(&source);
    assert_eq!(
        (error.to_string().as_str(), error.offset),
        (message, offset),
        "{source}"
    );
}

#[test]
fn refusals_name_the_mistake_and_its_place() {
    let cases = [
        ("^", "the expression ends too early"),
        ("1 +^", "the expression ends too early"),
        ("size(agent^", "the expression ends too early"),
        (
            "'é' == agent ^and true",
            "unexpected `and`; in CEL, write `&&`",
        ),
        ("agent ^= 'x'", "unexpected `=`; in CEL, write `==`"),
        ("agent ^agent", "unexpected `agent`"),
        ("agent^)", "unexpected `)`"),
        ("[1,^,2]", "unexpected `,`"),
        ("{'a'^}", "unexpected `}`"),
        ("input.^'x'", "unexpected `'`"),
        ("true ? 1^", "the expression ends too early"),
        ("1 + ^in", "unexpected `in`"),
        ("agent ^# x", "unexpected `#`"),
        ("^'abc", "this quote is not closed"),
        ("^'a\nb'", "this quote is not closed"),
        ("input.^`x", "this is not a quoted name"),
        (
            "^'a\\q'",
            "this text has an escape sequence that CEL does not know",
        ),
        (
            "^'\\ud800'",
            "this text has an escape sequence that CEL does not know",
        ),
        (
            "^99999999999999999999",
            "`99999999999999999999` is not a number in range",
        ),
        ("^1e999", "`1e999` is not a number in range"),
        ("12^abc", "unexpected `abc`"),
        (
            "^1u",
            "unsigned numbers are not supported; leave out the `u`",
        ),
        ("^b'x'", "bytes literals are not supported; write a text"),
        (
            "input^.?a",
            "optional values are not supported; write `dig(object, path, default)`",
        ),
        ("^for", "`for` is a reserved word"),
        (
            "^inptu.x",
            "unknown variable `inptu`; did you mean `input`?",
        ),
        ("^zzzzzz", "unknown variable `zzzzzz`"),
        (
            "[1].map(item, ^itm)",
            "unknown variable `itm`; did you mean `item`?",
        ),
        ("[1].map(x, x) == [^x]", "unknown variable `x`"),
        (
            "^siez(agent)",
            "unknown function `siez`; did you mean `size`?",
        ),
        (
            "agent.^startswith('a')",
            "unknown function `startswith`; did you mean `startsWith`?",
        ),
        (
            "[1].^exist(x, x)",
            "unknown function `exist`; did you mean `exists`?",
        ),
        ("^all([1], x)", "write `x.all(name, condition)`"),
        (
            "agent.^money()",
            "`money` is not a method; write `money(amount)`",
        ),
        (
            "^contains(agent, 'a')",
            "`contains` is a method; write `text.contains(part)`",
        ),
        (
            "^dig(input)",
            "`dig` takes (object, path, default); found 1 arguments",
        ),
        (
            "within(agent, ^'5 m')",
            "`5 m` is not a window such as `30s`, `5m`, `1h`, `1d` or `PT5M`",
        ),
        (
            "A^{b: 1}",
            "messages are not supported; write a map, as in `{\"key\": value}`",
        ),
        ("optional.^of(1)", "unknown function `of`"),
        ("^money()", "`money` takes (amount); found 0 arguments"),
        ("^now(1)", "`now` takes (); found 1 arguments"),
        (
            "^balance('a', 'b', 'c')",
            "`balance` takes (account) or (account, currency); found 3 arguments",
        ),
        (
            "[1].^map(x)",
            "write `x.map(name, value)` or `x.map(name, condition, value)`",
        ),
        (
            "[1].filter(^1, true)",
            "the first argument of a macro is a plain name, as in `list.all(x, …)`",
        ),
        (
            "has(input^['a'])",
            "`has` takes a field, as in `has(input.note)`; for a key, write `\"key\" in map`",
        ),
        (
            "[1].all(a, [1].all(b, [1].all^(c, true)))",
            "`all`, `exists`, `map` and `filter` may be nested at most 2 levels deep",
        ),
        ("money(^'1,5')", "`1,5` is not an exact decimal amount"),
        (
            "money(^0.12345678901234567890123456789)",
            "`0.12345678901234567890123456789` is not an exact decimal amount",
        ),
        (
            "instant(^'yesterday')",
            "`yesterday` is not an RFC 3339 time",
        ),
        (
            "calls(agent, ^'5 minutes')",
            "`5 minutes` is not a window such as `30s`, `5m`, `1h`, `1d` or `PT5M`",
        ),
        (
            "agent.matches(^'(a')",
            "`(a` is not a regular expression: unclosed group",
        ),
    ];
    with_large_stack(move || {
        for (source, message) in cases {
            refuse(source, message);
        }
    });
}
