//! Expressions as authors write them, and what they come to.

use super::super::*;
use super::{Documents, check_all};

#[test]
fn conditions_of_packs() {
    check_all(&[
        ("input.agent_id == record.payer", "true"),
        ("money(input.amount) <= money(record.price)", "true"),
        ("size(input.items) > 0", "true"),
        ("has(input.note) && input.note != ''", "false"),
        ("agent in ['bob', 'alice']", "true"),
        (
            "input.items.exists(item, item.id == 'b' && item.qty > 4)",
            "true",
        ),
        ("record('orders', 'e1').status == 'open'", "true"),
        ("calls(agent, '5m').count >= 300", "true"),
        ("instant(now()) > instant(input.at)", "true"),
    ]);
}

#[test]
fn fields_indices_and_presence() {
    check_all(&[
        ("input.deep.a.b[1].c", r#""found""#),
        ("input['deep']['a']", r#"{"b":[10,{"c":"found"}]}"#),
        ("input.deep.`x-y`", "1"),
        ("input.nope", "error: there is no `nope`"),
        ("has(input.nope)", "false"),
        ("has(input.none)", "true"),
        ("has(input.nope.more)", "error: there is no `nope`"),
        ("'n' in input", "true"),
        ("'b' in input.tags && !('c' in input.tags)", "true"),
        ("'a' in {'a': 1}", "true"),
        (
            "input.tags in [['a', 'b']] && ['a', 'b'] in [input.tags]",
            "true",
        ),
        (
            "input.tags == 5 || 5 == input.tags || input == 'x' || input.tags == input",
            "false",
        ),
        (
            "['a', 'b'] == input.tags && input.tags == ['a', 'b']",
            "true",
        ),
        ("input.deep == input.deep && input.deep != input", "true"),
        (
            "[input.deep] == [{'a': {'b': [10, {'c': 'found'}]}, 'x-y': 1}]",
            "true",
        ),
        ("'nope' in input", "false"),
        ("input.tags[1]", r#""b""#),
        ("input.tags[2]", "error: there is no `[2]`"),
        ("input.tags[-1]", "error: there is no `[-1]`"),
        ("input.n.x", "error: `.` does not apply to int, string"),
        ("input.n[0]", "error: `[]` does not apply to int, int"),
        ("input.none == null", "true"),
        ("record.gone == input.none", "true"),
        ("input.n == null", "false"),
        ("dig(input, 'deep.a.b.1.c', 'x')", r#""found""#),
        ("dig(input, 'deep.nope.b', 'x')", r#""x""#),
        ("dig(input, 'none', 'x')", r#""x""#),
        ("dig(input, 'none.more', 'x')", r#""x""#),
        ("dig(input, 'n.more', 'x')", r#""x""#),
        ("dig(input, 'tags.9', 'x')", r#""x""#),
        ("dig(input, 'tags.-1', 'x')", r#""x""#),
        ("dig(input, '', 'x')", r#""x""#),
        ("dig(input, 'tenth', 0)", "0.10"),
        ("dig(input, 'items.0', null)", r#"{"id":"a","qty":2}"#),
        (
            "dig({'a': {'b': 1}}, 'a.b', 0) + dig([[1, 2]], '0.1', 0)",
            "3",
        ),
        ("dig(record('orders', 'zz'), 'a', 1)", "1"),
        (
            "dig(input, 1, 2)",
            "error: `dig` does not apply to map, int, int",
        ),
        ("input.none.more", "error: there is no `member of null`"),
        ("{'a': 1, 'b': [true]}", r#"{"a":1,"b":[true]}"#),
        ("{'a': 1}.a", "1"),
        ("{'a': 1, 'a': 2}", "error: a map gives the same key twice"),
        ("{1: 2}", r#"{"1":2}"#),
        ("[1, 'x', null] == input.mixed", "true"),
        ("input.mixed == [1, 'x']", "false"),
        ("{'id': 'a', 'qty': 2} == input.items[0]", "true"),
        ("{'id': 'a', 'qtx': 2} == input.items[0]", "false"),
        ("input.items[0] in input.items", "true"),
        ("1 in 'x'", "error: `in` does not apply to int, string"),
    ]);
}

#[test]
fn numbers() {
    check_all(&[
        ("input.n + 1", "4"),
        ("input.n > -1", "true"),
        ("input.n - 5", "-2"),
        (
            "1 + 1.0",
            "error: `+` does not apply to int, double; convert one with `double(x)` or `int(x)`",
        ),
        (
            "1 / 2.0",
            "error: `/` does not apply to int, double; convert one with `double(x)` or `int(x)`",
        ),
        ("7 / 2", "3"),
        ("-7 % 2", "-1"),
        ("1 / 0", "error: division by zero"),
        ("1.0 / 0.0", "error: JSON cannot hold this double"),
        (
            "2.5 % 2",
            "error: `%` does not apply to double, int; convert one with `double(x)` or `int(x)`",
        ),
        (
            "9223372036854775807 + 1",
            "error: the result of `+` is out of range",
        ),
        ("-9223372036854775808", "-9223372036854775808"),
        (
            "-(-9223372036854775808)",
            "error: the result of `-` is out of range",
        ),
        (
            "(-9223372036854775808) / -1",
            "error: the result of `/` is out of range",
        ),
        ("0xff", "255"),
        (
            "1 == 1.0 && 1 < 1.5 && -1 > -1.5 && input.half == 0.5",
            "true",
        ),
        ("9223372036854775807 < 1e300", "true"),
        ("input.big == input.big2", "false"),
        ("input.amount", "12345678901234567890.12"),
        ("input.tenth", "0.10"),
        ("input.tenth == 0.1", "true"),
        ("input.huge > 1", "true"),
        ("input.huge + 1.0", "error: JSON cannot hold this double"),
        ("-input.half", "-0.5"),
        ("1 < 'a'", "error: `<` does not apply to int, string"),
        ("1 == 'a'", "false"),
        ("round(2.345, 2)", "2.35"),
        ("round(1.005, 2)", "1.01"),
        ("round(-0.5, 0)", "-1.0"),
        ("round(1e300, 2)", "1e+300"),
        ("round(2.5, 16)", "error: `round`: rounds to 0 to 15 digits"),
        ("min(2, 1.5)", "1.5"),
        ("max('a', 'b')", r#""b""#),
        ("min(1, 'a')", "error: `min` does not apply to int, string"),
    ]);
}

#[test]
fn money_is_exact() {
    check_all(&[
        ("money(0.1) + money(0.2) == money(0.3)", "true"),
        ("0.1 + 0.2 == 0.3", "false"),
        ("money(input.amount)", r#""12345678901234567890.12""#),
        (
            "money(input.amount) + money('0.01')",
            r#""12345678901234567890.13""#,
        ),
        ("money(-1.50)", r#""-1.50""#),
        ("-money('1.5')", r#""-1.5""#),
        ("money('0.10') * 3", r#""0.30""#),
        (
            "3 * money('0.10')",
            "error: `*` does not apply to int, another type; money and instants stand on the left of an int",
        ),
        ("money('10') - 1", r#""9""#),
        ("money('1.5') == money('1.50')", "true"),
        ("money('1.5') > 1", "true"),
        (
            "1 >= money('1.5')",
            "error: `>=` does not apply to int, money; money and instants stand on the left of an int",
        ),
        ("money(input.n)", r#""3""#),
        ("money('1') == null", "false"),
        (
            "money(input.name)",
            "error: `money`: ` Ann ` is not an exact decimal amount",
        ),
        (
            "money(input.huge)",
            "error: `money`: `1e+999` is not an exact decimal amount",
        ),
        (
            "money(1.5 + 1.5)",
            "error: `money` does not apply to double",
        ),
        (
            "money('1') == '1'",
            "error: `==` does not apply to money, string; make the other an amount with `money(x)`",
        ),
        (
            "money('1') < 1.5",
            "error: `<` does not apply to money, double; make the other an amount with `money(x)`",
        ),
        (
            "money('1') in ['1']",
            "error: `==` does not apply to string, money; make the other an amount with `money(x)`",
        ),
        (
            "money('1') * money('1')",
            "error: `*` does not apply to money, money",
        ),
        (
            "money('1') / 2",
            "error: `/` does not apply to another type, int",
        ),
        (
            "money('79228162514264337593543950335') + 1",
            "error: `+`: no exact decimal holds the result",
        ),
        ("string(money('1.50'))", r#""1.50""#),
        ("round(money('2.345'), 2)", r#""2.35""#),
        ("max(money('2'), money('1.9'))", r#""2""#),
        ("balance(agent) >= money(10.50)", "true"),
        ("balance(agent, 'EUR')", r#""7""#),
        ("balance('nobody')", r#""0""#),
    ]);
}

#[test]
fn texts() {
    check_all(&[
        (
            "lower('ÀB') + upper('ß') + input.name.trim()",
            r#""àbSSAnn""#,
        ),
        ("trim(input.name + ' ')", r#""Ann""#),
        ("size('héé')", "3"),
        ("md5('abc')", r#""900150983cd24fb0d6963f7d28e17f72""#),
        (
            "input.name.trim().sha256()",
            r#""17239b6e250110330eda64a29c610bf146f89883371fab093feda03bec61b646""#,
        ),
        ("md5(1)", "error: `md5` does not apply to int"),
        ("'abc'.size()", "3"),
        (
            "'abc'.contains('bc') && 'abc'.startsWith('ab') && 'abc'.endsWith('c')",
            "true",
        ),
        ("'order-12'.matches('^order-[0-9]+$')", "true"),
        ("matches('x', input.tags[0])", "false"),
        (
            "'x'.matches('(' + '')",
            "error: `matches`: '(' not a valid regex:",
        ),
        (
            "1.5.contains('a')",
            "error: `contains` does not apply to double, string",
        ),
        (
            r#""a\n\x41\u00e9\101\"" + r'\n' + '''it's'''"#,
            r#""a\nAéA\"\\nit's""#,
        ),
        (
            "string(1) + string(1.5) + string(true) + string(input.amount)",
            r#""11.5true12345678901234567890.12""#,
        ),
        ("string([])", "error: `string` does not apply to list"),
        ("int('12') + int(2.9) + int(input.half)", "14"),
        (
            "int('x')",
            "error: `int`: string parse error: invalid digit found in string",
        ),
        ("int(1e300)", "error: `int`: integer overflow"),
        ("double('1.5')", "1.5"),
        ("double('inf')", "error: JSON cannot hold this double"),
        ("bool('true') && !bool('0')", "true"),
        ("bool(1)", "error: `bool` does not apply to int"),
        (
            "type(input.n) == int && type(input.half) == double && type(null) == null_type",
            "true",
        ),
        ("type(money('1'))", r#""money""#),
        ("dyn(1)", "1"),
        (
            "'double' == string(type(1.5))",
            "error: `string` does not apply to type",
        ),
    ]);
}

#[test]
fn logic_and_macros() {
    check_all(&[
        ("false && input.nope", "false"),
        ("input.nope && false", "false"),
        ("true || input.nope", "true"),
        ("input.nope || true", "true"),
        ("input.nope && true", "error: there is no `nope`"),
        ("true && 1", "error: `&&` does not apply to bool, int"),
        ("!1", "error: `!` does not apply to int"),
        ("1 ? 2 : 3", "error: expected bool, found int"),
        ("input.yes ? 'y' : 1 / 0", r#""y""#),
        ("false ? 1 : true ? 2 : 3", "2"),
        ("1 + 2 * 3 - 4 == 3 && !(2 < 1)", "true"),
        ("10 - 4 - 3", "3"),
        ("input.tags.all(t, size(t) == 1)", "true"),
        ("input.empty.all(t, false)", "true"),
        ("input.items.all(i, i.id != '')", "error: there is no `id`"),
        ("input.items.all(i, i.id == 'a')", "false"),
        ("input.items.exists(i, i.id == 'b')", "true"),
        (
            "input.items.exists(i, i.id == 'z')",
            "error: there is no `id`",
        ),
        ("input.tags.exists_one(t, t == 'a')", "true"),
        (
            "input.items.filter(i, has(i.id)).map(i, i.qty * 2)",
            "[4,10]",
        ),
        ("input.items.map(i, i.qty > 4, i.qty)", "[5,7]"),
        ("{'z': 1, 'b': 2, 'a': 3}.map(key, key)", r#"["a","b","z"]"#),
        ("{'z': 1, 'b': 2, 'a': 3}", r#"{"a":3,"b":2,"z":1}"#),
        ("input.deep.map(key, key)", r#"["a","x-y"]"#),
        ("[1, 2].map(x, [10, 20].map(y, x * y))", "[[10,20],[20,40]]"),
        ("[1, 2].map(x, [3].map(x, x))", "[[3],[3]]"),
        ("[1].map(input, input + 1)", "[2]"),
        (
            "input.n.map(x, x)",
            "error: expected a list or a map, found int",
        ),
        ("input.tags + ['c']", r#"["a","b","c"]"#),
        ("[1, 2,] == [1] + [2]", "true"),
        ("1 // one\n + 1", "2"),
    ]);
}

#[test]
fn the_sandbox_is_read() {
    check_all(&[
        ("record('orders', 'e1').n[1]", "2"),
        ("record('orders', 7).status", r#""paid""#),
        ("record('orders', 'zz')", "null"),
        ("record('orders', 'e1') == record('orders', 'e1')", "true"),
        (
            "record('orders', null)",
            "error: `record`: does not apply to string, null",
        ),
        ("exists('orders', 'e1') && !exists('orders', 'zz')", "true"),
        ("account('alice') && !account('bob')", "true"),
        ("calls(agent, 'PT5M')", r#"{"count":300,"refused":2}"#),
        ("calls(agent, '1d').refused", "2"),
        (
            "calls(agent, input.name)",
            "error: `calls`: ` Ann ` is not a window such as `5m`",
        ),
        (
            "within(input.at, '2h') && !within(input.at, '1h59m')",
            "true",
        ),
        ("within(instant(input.at), 'PT3H')", "true"),
        ("allowedTarget('http://localhost/')", "true"),
        ("allowedTarget('http://10.0.0.1/')", "false"),
        ("within(now(), '1s')", "true"),
        ("within('2024-05-01T12:00:01Z', '1d')", "false"),
        (
            "within(input.name, '1d')",
            "error: `within`: ` Ann ` is not an RFC 3339 time",
        ),
        (
            "within(1, '1d')",
            "error: `within`: does not apply to int, string",
        ),
        ("calls('bob', '1h').count == 0", "true"),
        ("now()", r#""2024-05-01T12:00:00Z""#),
        ("instant(now()) - instant(input.at)", "7200"),
        ("instant(input.at) + 60", r#""2024-05-01T10:01:00Z""#),
        (
            "instant(input.at) - 60 < instant('2024-05-01T12:00:00+02:00')",
            "true",
        ),
        (
            "instant(input.at) == instant('2024-05-01T12:00:00+02:00')",
            "true",
        ),
        (
            "instant(input.at) == input.at",
            "error: `==` does not apply to instant, string; make the other a time with `instant(x)`",
        ),
        (
            "instant(input.at) + 9223372036854775807",
            "error: `+`: the time is out of range",
        ),
        (
            "instant(input.at) - (-9223372036854775807 - 1)",
            "error: `-`: the time is out of range",
        ),
        (
            "instant(input.name)",
            "error: `instant`: ` Ann ` is not an RFC 3339 time",
        ),
        ("string(instant(input.at))", r#""2024-05-01T10:00:00Z""#),
        ("instant(instant(input.at)) == instant(input.at)", "true"),
        (
            "max(instant(now()), instant(input.at)) == instant(now())",
            "true",
        ),
    ]);
}

#[test]
fn a_condition_is_a_bool_and_its_scope_is_complete() {
    let documents = Documents::new();
    let test = |source, variables: &[&str]| {
        let expression = Expression::compile(source, variables).unwrap();
        expression.test(&documents)
    };
    assert_eq!(test("1 < 2", &[]), Ok(true));
    assert_eq!(
        test("'yes'", &[]),
        Err(EvalError::NotBool {
            found: "string".to_owned()
        })
    );
    let missing = EvalError::Missing {
        name: "later".to_owned(),
    };
    assert_eq!(test("later", &["later"]), Err(missing));
}
