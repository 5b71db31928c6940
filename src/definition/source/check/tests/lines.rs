use super::{pack_schema, told};

#[test]
fn mistakes_of_a_pack_are_told_in_one_line_each() {
    let schema = pack_schema();
    let check =
        |text: &str, expected: &[&str]| assert_eq!(told(text, &schema), expected, "for {text:?}");
    check(
        "[]",
        &["1:1: expected an object, found a list at the top level"],
    );
    check(
        "null",
        &["1:1: expected an object, found nothing at the top level"],
    );
    check(
        "'3'",
        &["1:1: expected an object, found a string at the top level"],
    );
    check(
        "tools: {t: {limit: {perSecond: 1}}}\nname: x\n",
        &["1:13: missing key `kind` in tools.t.limit"],
    );
    check(
        "tools: {t: {limit: {kind: bucket, capacity: 1.5, refil: 2}}}\nname: x\n",
        &[
            "1:45: expected a whole number, found 1.5 at tools.t.limit.capacity",
            "1:50: unknown key `refil` in tools.t.limit; did you mean `refill`?",
        ],
    );
    check(
        "tools: {t: {limit: {kind: window, capacity: 1, refill: 2}}}\nname: x\n",
        &[
            "1:13: missing key `perSecond` in tools.t.limit",
            "1:35: unknown key `capacity` in tools.t.limit",
            "1:48: unknown key `refill` in tools.t.limit",
        ],
    );
    check(
        "tools: {t: {limit: fast}}\nname: x\n",
        &["1:20: expected an object, found a string at tools.t.limit"],
    );
    check(
        "tools: {t: {enabled: yes, delayMs: '3'}}\nname: x\n",
        &[
            "1:22: expected true or false, found a string at tools.t.enabled; write `true`",
            "1:36: expected a whole number, found a string at tools.t.delayMs; remove the quotes",
        ],
    );
    check(
        "tools: {t: {enabled: 'False', delayMs: true}}\nname: x\n",
        &[
            "1:22: expected true or false, found a string at tools.t.enabled; write `false`",
            "1:40: expected a whole number, found true at tools.t.delayMs",
        ],
    );
    check(
        "tools: {t: {delayMs: -1}}\nname: x\n",
        &["1:22: expected at least 0, found -1 at tools.t.delayMs"],
    );
    check(
        "tools: {t: {delayMs: 1.0}}\nname: x\n",
        &["1:22: expected a whole number, found 1.0 at tools.t.delayMs"],
    );
    check(
        "tools: {t: {request: {urlPath: [a]}}}\nname: x\n",
        &["1:32: expected a string, found a list at tools.t.request.urlPath"],
    );
    check(
        "tools: {t: {request: {urlPath: true, method: 3}}}\nname: x\n",
        &[
            "1:32: expected a string, found true at tools.t.request.urlPath; put it in quotes: `\"true\"`",
            "1:46: expected one of GET, POST; found `3` at tools.t.request.method",
        ],
    );
    check(
        "tools: {t: {request: {urlPath: a, method: [GET]}}}\nname: x\n",
        &["1:43: expected a string, found a list at tools.t.request.method"],
    );
    check(
        "tools: {t: {do: {stop: 1}}}\nname: x\n",
        &["1:17: expected a list, found an object at tools.t.do"],
    );
    check(
        "tools: {t: {do: [3, [], foo]}}\nname: x\n",
        &[
            "1:18: expected a string or an object, found a number at tools.t.do[0]; put it in quotes: `\"3\"`",
            "1:21: expected a string or an object, found a list at tools.t.do[1]",
            "1:25: expected stop or an object; found `foo` at tools.t.do[2]",
        ],
    );
    check(
        "tools: {t: {do: [{foo: 1}]}}\nname: x\n",
        &["1:19: unknown key `foo` in tools.t.do[0]"],
    );
    check(
        "tools: {t: {do: [{create: 3}]}}\nname: x\n",
        &["1:27: expected an object, found a number at tools.t.do[0].create"],
    );
    check(
        "tools: {t: {do: [{create: {colection: A}}]}}\nname: x\n",
        &["1:28: unknown key `colection` in tools.t.do[0].create; did you mean `collection`?"],
    );
    check(
        "tools: {t: {do: [{create: {collection: A-, count: 0, tags: []}}]}}\nname: x\n",
        &[
            "1:40: expected a match of `^[a-z_]+$`, found `A-` at tools.t.do[0].create.collection",
            "1:51: expected at least 1, found 0 at tools.t.do[0].create.count",
            "1:60: expected at least 1 item, found 0 at tools.t.do[0].create.tags",
        ],
    );
    check(
        "tools: {t: {do: [{create: {collection: a, count: 101, tags: [1]}, respond: {status: 1}}]}}\nname: x\n",
        &["1:19: the key `create` does not go with the others in tools.t.do[0]"],
    );
    check(
        "tools: {t: {do: [{respond: {status: 99999999999999999999999999999999999, x: 1}}]}}\nname: x\n",
        &[
            "1:37: expected at most 65535, found 99999999999999999999999999999999999 at tools.t.do[0].respond.status",
            "1:74: unknown key `x` in tools.t.do[0].respond",
        ],
    );
    check(
        "name: x\ntools: {t: {request: {urlPath: a, headers: {A: {equlTo: x}}}}}\n",
        &["2:49: unknown key `equlTo` in tools.t.request.headers.A; did you mean `equalTo`?"],
    );
    check(
        "name: x\ntools: {t: {request: {urlPath: a, headers: {A: {}}}}}\n",
        &["2:45: missing one of the keys `equalTo`, `matches` in tools.t.request.headers.A"],
    );
    check(
        "name: x\ntools: {t: {request: {urlPath: a, headers: {A: {foo: 1}}}}}\n",
        &["2:49: unknown key `foo` in tools.t.request.headers.A"],
    );
    check(
        "name: x\ntools: {t: {request: {urlPath: a, headers: {A: {matches: 3}}}}}\n",
        &[
            "2:58: expected a string, found a number at tools.t.request.headers.A.matches; put it in quotes: `\"3\"`",
        ],
    );
    check(
        "name: x\ntools: {t: {request: {urlPath: a, headers: {A: {equalTo: x, caseInsensitive: no}}}}}\n",
        &[
            "2:78: expected true or false, found a string at tools.t.request.headers.A.caseInsensitive; write `false`",
        ],
    );
    check(
        "name: x\ntools: {t: {request: {urlPath: a, headers: {A: {matches: x, equalTo: y}}}}}\n",
        &["2:49: the key `matches` does not go with the others in tools.t.request.headers.A"],
    );
    check(
        "name: x\ntools: {t: {request: {urlPath: a, headers: {A: x}}}}\n",
        &["2:48: expected an object, found a string at tools.t.request.headers.A"],
    );
    check(
        "machines: {m: {initial: pending, transitions: {t: {from: [3], to: [4]}}}}\nname: x\n",
        &[
            "1:59: expected a string, found a number at machines.m.transitions.t.from[0]; put it in quotes: `\"3\"`",
            "1:67: expected a string, found a list at machines.m.transitions.t.to",
        ],
    );
    check(
        "machines: {m: {initial: pending, transitions: {t: {from: , to: Released}}}}\nname: x\n",
        &[
            "1:52: expected a string or a list, found nothing at machines.m.transitions.t.from",
            "1:64: expected one of pending, released; found `Released` at machines.m.transitions.t.to; did you mean `released`?",
        ],
    );
    check(
        "machines: {a/b~c.d: {}}\nname: x\n",
        &[
            "1:12: missing key `initial` in machines[\"a/b~c.d\"]",
            "1:12: missing key `transitions` in machines[\"a/b~c.d\"]",
        ],
    );
    check(
        "tools: &t {t: {foo: 1}}\nmachines: *t\n\nname: x\n",
        &[
            "1:12: missing key `initial` in machines.t",
            "1:12: missing key `transitions` in machines.t",
            "1:16: unknown key `foo` in tools.t",
        ],
    );
    check(
        "tools: {a: &a {foo: 1}, b: *a, c: *a}\n\nname: x\n",
        &["1:16: unknown key `foo` in tools.a"],
    );
}
