use super::{compare, pack_schema};

#[test]
fn every_mistake_is_shown_with_its_line() {
    let schema = pack_schema();
    let check = |text: &str, expected: &str| {
        let diagnostics = compare(text, &schema);
        let shown: Vec<_> = diagnostics.iter().map(|told| told.render(false)).collect();
        assert_eq!(shown.join("\n"), expected.trim(), "for {text:?}");
    };
    check(
        "name: x\ntools:\n  t:\n    request: {urlPaht: /a}\n",
        r#"
error: unknown key `urlPaht` in tools.t.request
 --> p.yaml:4:15
  |
4 |     request: {urlPaht: /a}
  |               ^^^^^^^ valid keys: urlPath, method, headers
  |
  = help: did you mean `urlPath`?"#,
    );
    check(
        "name: x\ntools:\n  t:\n    request:\n      method: GTE\n    foo: 1\n",
        r#"
error: missing key `urlPath` in tools.t.request
 --> p.yaml:4:5
  |
4 |     request:
  |     ^^^^^^^ needs `urlPath`
error: expected one of GET, POST; found `GTE` at tools.t.request.method
 --> p.yaml:5:15
  |
5 |       method: GTE
  |               ^^^ expected one of GET, POST
  |
  = help: did you mean `GET`?
error: unknown key `foo` in tools.t
 --> p.yaml:6:5
  |
6 |     foo: 1
  |     ^^^ valid keys: request, do, limit, delayMs, enabled"#,
    );
    check(
        "nam: 3\ntools: []\n",
        r#"
error: unknown key `nam` at the top level
 --> p.yaml:1:1
  |
1 | nam: 3
  | ^^^ valid keys: name, tools, machines, statuses
  |
  = help: did you mean `name`?
error: expected an object, found a list at tools
 --> p.yaml:2:8
  |
2 | tools: []
  |        ^^ expected an object"#,
    );
    check(
        "name:\n",
        r#"
error: expected a string, found nothing at name
 --> p.yaml:1:1
  |
1 | name:
  | ^^^^ expected a string"#,
    );
    check(
        "name: 1.50\nmachines:\n  parcel:\n    initial: x\n    transitions:\n      release: {from: pending}\n      cancel: {from: 3, to: 4}\n",
        r#"
error: expected a string, found a number at name
 --> p.yaml:1:7
  |
1 | name: 1.50
  |       ^^^^ expected a string
  |
  = help: put it in quotes: `"1.50"`
error: expected one of pending, released; found `x` at machines.parcel.initial
 --> p.yaml:4:14
  |
4 |     initial: x
  |              ^ expected one of pending, released
error: missing key `to` in machines.parcel.transitions.release
 --> p.yaml:6:7
  |
6 |       release: {from: pending}
  |       ^^^^^^^ needs `to`
error: expected a string or a list, found a number at machines.parcel.transitions.cancel.from
 --> p.yaml:7:22
  |
7 |       cancel: {from: 3, to: 4}
  |                      ^ expected a string or a list
  |
  = help: put it in quotes: `"3"`
error: expected one of pending, released; found `4` at machines.parcel.transitions.cancel.to
 --> p.yaml:7:29
  |
7 |       cancel: {from: 3, to: 4}
  |                             ^ expected one of pending, released"#,
    );
    check(
        "name: x\ntools:\n  t:\n    limit:\n      kind: windwo\n    do:\n      - stpo\n      - respnd: {status: 1}\n      - {}\n",
        r#"
error: expected one of window, bucket; found `windwo` at tools.t.limit.kind
 --> p.yaml:5:13
  |
5 |       kind: windwo
  |             ^^^^^^ expected one of window, bucket
  |
  = help: did you mean `window`?
error: expected stop or an object; found `stpo` at tools.t.do[0]
 --> p.yaml:7:9
  |
7 |       - stpo
  |         ^^^^ expected stop or an object
  |
  = help: did you mean `stop`?
error: unknown key `respnd` in tools.t.do[1]
 --> p.yaml:8:9
  |
8 |       - respnd: {status: 1}
  |         ^^^^^^ valid keys: create, respond
  |
  = help: did you mean `respond`?
error: missing one of the keys `create`, `respond` in tools.t.do[2]
 --> p.yaml:9:9
  |
9 |       - {}
  |         ^^ needs one of them"#,
    );
    check(
        "name: a\nstatuses: {200: ok, abc: no}\n",
        r#"
error: unknown key `abc` in statuses
 --> p.yaml:2:21
  |
2 | statuses: {200: ok, abc: no}
  |                     ^^^ a key here must match `^\d+$`"#,
    );
}
