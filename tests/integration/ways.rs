//! Ways in: where a pack is served, how its tools are named, and how what they take is written.

use serde_json::{Value, json};

use crate::desk::MIDNIGHT;
use crate::launch::{Folder, run};
use crate::support::Server;

/// The pack's folder.
const WAYS: &str = "tests/packs/ways";

/// A credential that the pack knows: who has none does not learn which tools there are.
const GOOD: (&str, &str) = ("authorization", "Bearer good");

fn ways(arguments: &[&str]) -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    let mut all = vec!["--stubs", WAYS, "--clock", &clock];
    all.extend(arguments);
    Server::with(&all)
}

#[test]
fn a_pack_is_served_below_its_prefix_unless_it_is_mounted() {
    for (mount, prefix) in [
        (None, "/shop"),
        (Some("ways=/"), ""),
        (Some("ways=/other/"), "/other"),
    ] {
        let mount: Vec<&str> = mount.iter().flat_map(|to| ["--mount", to]).collect();
        let server = ways(&mount);
        let definitions = server.get("/__admin/definitions").expect(200);
        assert_eq!(definitions["packs"][0]["prefix"], prefix);
        for path in ["/v1/ping", "/v1/customers", "/v1/customers/c1", "/motd"] {
            for other in ["", "/shop", "/other"] {
                let status = if other == prefix { 200 } else { 404 };
                let answer = server.get(&format!("{other}{path}"));
                assert_eq!(answer.status, status, "{mount:?} {other}{path}");
            }
        }
        let envelope = json!({ "tool": "ping" });
        server.post(&format!("{prefix}/rpc"), &envelope).expect(200);
        let made = server.post(&format!("{prefix}/v1/customers"), &json!({ "id": "new" }));
        let link = format!("{}{prefix}/v1/customers/new", server.base);
        assert_eq!(
            made.header("location"),
            Some(link.as_str()),
            "{}",
            made.text
        );
    }
}

#[test]
fn a_header_names_the_tool_of_a_door() {
    let server = ways(&[]);
    let body = Some(r#"{"n":1}"#);
    let check = |headers: &[(&str, &str)], status: u16, named: &str| {
        for path in ["/shop", "/shop/", "/shop/queues/1/orders"] {
            let mut headers = headers.to_vec();
            headers.push(GOOD);
            let answer = server.request("POST", path, &headers, body);
            assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.text);
            let said = answer.json();
            match status {
                200 => assert_eq!(said["given"], json!({ "n": 1 }), "{headers:?}"),
                _ => {
                    assert_eq!(said["__type"], "UnknownOperation", "{headers:?}");
                    assert_eq!(said["tool"], named, "{headers:?}");
                }
            }
        }
    };
    let kind = ("content-type", "application/x-amz-json-1.0");
    check(&[("X-Target", "Shop_2026.Echo"), kind], 200, "Echo");
    check(&[("x-target", "Shop_2026.Echo")], 200, "Echo");
    check(&[("x-target", "Shop_2026.Eco"), kind], 400, "Eco");
    check(
        &[("x-target", "Shop_2025.Echo"), kind],
        400,
        "Shop_2025.Echo",
    );
    check(&[("x-target", "Echo"), kind], 400, "Echo");
    check(&[kind], 400, "");
    // The name is looked at before the body is.
    let broken = |target| {
        let headers = [("x-target", target), kind, GOOD];
        let refused = server.request("POST", "/shop", &headers, Some("{"));
        assert_eq!(refused.status, 400, "{}", refused.text);
        refused.text
    };
    assert!(broken("Shop_2026.None").contains("UnknownOperation"));
    assert!(broken("Shop_2026.Echo").contains("The body cannot be read"));
    // A mount at the root leaves the door at `/` alone.
    let server = ways(&["--mount", "ways=/"]);
    let answer = server.request("POST", "/", &[("x-target", "Shop_2026.Echo")], body);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn names_of_nested_forms_and_queries_are_paths() {
    let server = ways(&[]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let check = |text: &str, status: u16, expected: Value| {
        let of_form = server.request("POST", "/shop/v1/echo", &form, Some(text));
        let of_query = server.get(&format!("/shop/v1/echo?{text}"));
        for answer in [of_form, of_query] {
            assert_eq!(answer.status, status, "{text}: {}", answer.text);
            match status {
                200 => assert_eq!(answer.json()["given"], expected, "{text}"),
                _ => assert_eq!(answer.json(), expected, "{text}"),
            }
        }
    };
    for (text, expected) in [
        ("amount=5&other=5", json!({ "amount": 5, "other": "5" })),
        (
            "metadata[color]=red&metadata[6735]=7",
            json!({ "metadata": { "color": "red", "6735": "7" } }),
        ),
        ("labels[0]=x", json!({ "labels": { "0": "x" } })),
        ("expand[]=a&expand[]=b", json!({ "expand": ["a", "b"] })),
        (
            "expand%5B1%5D=b&expand%5B0%5D=a",
            json!({ "expand": ["a", "b"] }),
        ),
        (
            "items[0][price]=5&items[0][quantity]=5&items[1][free]=true",
            json!({ "items": [{ "price": "5", "quantity": 5 }, { "free": true }] }),
        ),
        (
            "created[gte]=5&created[share]=0.5",
            json!({ "created": { "gte": 5, "share": 0.5 } }),
        ),
        ("created=5", json!({ "created": 5 })),
        ("a[b][][c]=x", json!({ "a": { "b": [{ "c": "x" }] } })),
    ] {
        check(text, 200, expected);
    }
    let deep = format!("a{}=1", "[b]".repeat(20));
    for (text, message) in [
        (
            "a=1&a[b]=2",
            "`a` is given as a text, and with members, too",
        ),
        (
            "items[1000][price]=5",
            "a list has no item 1000: 999 is the last",
        ),
        (deep.as_str(), "has more than 20 steps"),
    ] {
        for answer in [
            server.request("POST", "/shop/v1/echo", &form, Some(text)),
            server.get(&format!("/shop/v1/echo?{text}")),
        ] {
            assert_eq!(answer.status, 400, "{text}: {}", answer.text);
            let said = answer.json();
            assert!(said.to_string().contains(message), "{text}: {said}");
            assert!(
                said.to_string().contains("The body cannot be read"),
                "{said}"
            );
        }
    }
    // Nothing is null, inside too.
    check(
        "note=&a[b]=",
        200,
        json!({ "note": null, "a": { "b": null } }),
    );
    // What is no path is a name; what does not fit is refused by its own.
    check("a[b=1&c]=2", 200, json!({ "a[b": "1", "c]": "2" }));
    let wrong = server.get("/shop/v1/echo?items[0][quantity]=many");
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("items.0.quantity"), "{}", wrong.text);
}

#[test]
fn references_are_replaced_by_what_they_refer_to() {
    let server = ways(&[]);
    let bob = json!({ "id": "c2", "name": "Bob", "latest_charge": null });
    let ann = json!({ "id": "c1", "name": "Ann", "latest_charge": "ch2", "source": "r1" });
    let second = json!({ "id": "ch2", "customer": "c1", "amount": 7, "refunds": [] });
    let refund = json!({ "id": "r1", "charge": "ch1", "source": "ch2" });
    for (path, pointer, expected) in [
        ("charges/ch3", "/customer", json!("c2")),
        ("charges/ch3?expand[]=customer", "/customer", bob.clone()),
        ("charges/ch3?expand=customer", "/customer", bob.clone()),
        // Null stays null, and so does what leads on from it; the key of what is not there stays.
        (
            "charges/ch3?expand[]=customer.latest_charge",
            "/customer",
            bob.clone(),
        ),
        (
            "charges/ch3?expand[]=customer.latest_charge.customer",
            "/customer",
            bob.clone(),
        ),
        (
            "charges/ch4?expand[]=customer.latest_charge",
            "/customer",
            json!("gone"),
        ),
        (
            "charges/ch1?expand[]=customer.latest_charge",
            "/customer/latest_charge",
            second.clone(),
        ),
        // One that was replaced before is gone into, in any order.
        (
            "charges/ch1?expand[]=customer.latest_charge.customer&expand[]=customer",
            "/customer/latest_charge/customer",
            ann.clone(),
        ),
        (
            "charges/ch1?expand[]=refunds",
            "/refunds",
            json!([refund, "gone"]),
        ),
        (
            "charges/ch1?expand[]=refunds.source",
            "/refunds/0/source",
            second,
        ),
        // The first collection that has the record.
        ("people/c1?expand[]=source", "/source", refund),
        ("charges?expand[]=data.customer", "/data/2/customer", bob),
        (
            "charges?expand[]=data.customer&offset=100",
            "/data",
            json!([]),
        ),
        ("fixed?expand[]=customer", "/customer", ann),
    ] {
        let answer = server.get(&format!("/shop/v1/{path}")).expect(200);
        assert_eq!(answer.pointer(pointer), Some(&expected), "{path}: {answer}");
    }
    let many = format!("charges/ch1?{}", "expand[]=customer&".repeat(21));
    let long = "customer.latest_charge.customer.latest_charge.customer";
    for (path, named) in [
        ("charges/ch1?expand[]=amount", "amount"),
        ("charges/ch1?expand[]=nothing", "nothing"),
        // A member of the pack's references that this reply does not have.
        ("charges/ch1?expand[]=charge", "charge"),
        ("charges/ch1?expand[]=id.customer", "id.customer"),
        ("charges/ch1?expand[]=amount.customer", "amount.customer"),
        ("charges/ch1?expand[]=.", "."),
        ("charges/ch1?expand[]=..customer", "..customer"),
        ("charges?expand[]=customer", "customer"),
        ("charges?expand[]=data.name&offset=100", "data.name"),
        (&format!("charges/ch1?expand[]={long}"), long),
        (&many, "customer"),
    ] {
        let refused = server.get(&format!("/shop/v1/{path}"));
        assert_eq!(refused.status, 400, "{path}: {}", refused.text);
        let error = format!("This property cannot be expanded ({named}).");
        assert_eq!(refused.json()["error"], error, "{path}: {}", refused.text);
    }
    let wrong = server.get("/shop/v1/fixed?expand[x]=customer");
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    // What was replaced is nobody's record.
    let stored = server.get("/shop/v1/charges/ch1").expect(200);
    assert_eq!(stored["customer"], "c1");
}

#[test]
fn a_pack_knows_where_it_is_served_and_heads_all_of_its_replies() {
    let server = ways(&["--mount", "ways=/other"]);
    let send = |path: &str, headers: &[(&str, &str)]| {
        server.request("POST", path, headers, Some(r#"{"name":"a"}"#))
    };
    let said = send("/other/v1/open", &[]);
    let from = format!("{}/other/v1/open", server.base);
    assert_eq!(said.json()["from"], from, "{}", said.text);
    // Anybody may call it; but not with a key that is none.
    let good = [GOOD];
    assert_eq!(send("/other/v1/open", &good).json()["caller"], "good");
    let bad = send("/other/v1/open", &[("authorization", "Bearer bad")]);
    assert_eq!(bad.status, 401, "{}", bad.text);
    let unknown = send("/other", &good);
    assert_eq!(unknown.status, 400, "{}", unknown.text);
    for (answer, tool) in [(&said, "open"), (&bad, "open"), (&unknown, "")] {
        assert_eq!(answer.header("x-tool").unwrap_or_default(), tool);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(
            [
                "application/json; charset=utf-8",
                "application/problem+json"
            ]
            .contains(&kind),
            "{kind}"
        );
    }
    let queued = json!({ "status": 503, "count": 1, "tool": "open" });
    server.post("/__admin/errors", &queued).expect(201);
    let queued = send("/other/v1/open", &[]);
    assert_eq!(queued.status, 503, "{}", queued.text);
    assert_eq!(queued.header("x-tool"), Some("open"));
}

#[test]
fn an_internal_tool_is_behind_no_door_and_a_body_may_have_a_tag() {
    let server = ways(&[]);
    let hidden = server.get("/shop/v1/hidden");
    assert_eq!(hidden.header("x-tool"), Some("its own"), "{}", hidden.text);
    assert_eq!(hidden.header("content-type"), Some("text/plain"));
    let tag = hidden.header("etag").expect("a tag").to_owned();
    let same = server.request("GET", "/shop/v1/hidden", &[("if-none-match", &tag)], None);
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    assert_eq!(same.header("content-type"), None);
    let other = [("if-none-match", "\"other\"")];
    assert_eq!(
        server
            .request("GET", "/shop/v1/hidden", &other, None)
            .status,
        200
    );
    let by_header = [("x-target", "Shop_2026.hidden"), GOOD];
    let refused = server.request("POST", "/shop", &by_header, Some("{}"));
    assert_eq!(refused.status, 400, "{}", refused.text);
    let envelope = Some(r#"{"tool":"hidden"}"#);
    let refused = server.request("POST", "/shop/rpc", &[GOOD], envelope);
    assert_eq!(refused.status, 400, "{}", refused.text);
    let tools = server.get("/__admin/tools").expect(200);
    let tools = tools["tools"].as_array().expect("a list");
    let hidden = tools
        .iter()
        .find(|tool| tool["name"] == "hidden")
        .expect("a tool");
    assert_eq!(hidden["routes"], json!(["GET /shop/v1/hidden"]));
}

/// Checks a pack with these lines in it, and looks for the message and the place.
#[track_caller]
fn check(name: &str, lines: &str, message: &str, place: &str) {
    let folder = Folder::copied(&format!("ways-mistakes-{name}"), "tests/packs/pair/left");
    let pack = format!("pack: wrong\ncollections:\n  people: {{ key: id }}\n{lines}");
    folder.write("pack.yaml", &pack);
    let said = run(&["check", folder.argument()], &[]);
    let all = format!("{}{}", said.stdout, said.stderr);
    assert!(!said.status.success(), "{name} is let through");
    assert!(all.contains(message), "{name}: {all}");
    assert!(all.contains(place), "{name}: {all}");
    assert_eq!(all.matches("error:").count(), 1, "{name}: {all}");
}

#[test]
fn mistakes_of_prefixes_are_told() {
    for (name, prefix, expected) in [
        ("slash", "shop", "a prefix begins with /"),
        ("variable", "/{shop}", "a path without variables"),
        ("twice", "/a//b", "a path without variables"),
        ("admin", "/__admin/shop", "the admin API's"),
    ] {
        let lines = format!("prefix: '{prefix}'\n");
        check(name, &lines, &format!("`{prefix}` is no prefix"), expected);
    }
    check("type", "prefix: 5\n", "expected a string", "pack.yaml:4:9");
    check(
        "key",
        "prefx: /shop\n",
        "unknown key `prefx`",
        "did you mean `prefix`?",
    );
}

#[test]
fn mistakes_of_doors_are_told() {
    let tool = "tools:\n  act: { description: Acts. }\n";
    for (name, door, message, place) in [
        (
            "nothing",
            "route: POST /",
            "neither the path nor an envelope nor a header names the tool",
            "pack.yaml:4:19",
        ),
        (
            "path",
            "route: 'POST /{tool}', tool: { header: X-Target }",
            "the path names the tool already",
            "pack.yaml:4:35",
        ),
        (
            "envelope",
            "route: POST /, envelope: optional, tool: { header: X-Target }",
            "an envelope would name the tool, too",
            "pack.yaml:4:47",
        ),
        (
            "header",
            "route: POST /, tool: { header: 'X Target' }",
            "`X Target` is not a name of a header",
            "pack.yaml:4:43",
        ),
        (
            "left-out",
            "route: POST /, tool: { heder: X-Target }",
            "unknown key `heder`",
            "did you mean `header`?",
        ),
    ] {
        let lines = format!("doors: [ {{ {door} }} ]\n{tool}");
        check(&format!("door-{name}"), &lines, message, place);
    }
}

#[test]
fn mistakes_of_forms_are_told() {
    for (name, forms, message, place) in [
        ("style", "deep", "found `deep`", "pack.yaml:4:8"),
        ("inner", "{ style: deep }", "found `deep`", "pack.yaml:4:17"),
        (
            "empty",
            "{ style: nested, empty: 5 }",
            "expected one of null, text",
            "pack.yaml:4:32",
        ),
        (
            "key",
            "{ stile: nested }",
            "unknown key `stile`",
            "did you mean `style`?",
        ),
    ] {
        let lines = format!("forms: {forms}\n");
        check(&format!("forms-{name}"), &lines, message, place);
    }
}

#[test]
fn mistakes_of_references_are_told() {
    let tool = "tools:\n  act: { description: Acts., route: GET /act, expand: input.expand }\n";
    let told = "the pack has no references";
    check("none", tool, told, "pack.yaml:5:47");
    let one = format!("references: {{ owner: pepole }}\n{tool}");
    let near = "did you mean `people`?";
    check("one", &one, "unknown collection `pepole`", near);
    let listed = format!("references: {{ owner: [people, pepole] }}\n{tool}");
    check("listed", &listed, near, "pack.yaml:4:31");
    let name = "references: { own.er: people }\n";
    check(
        "name",
        name,
        "`own.er` is no name for a reference",
        "pack.yaml:4:15",
    );
    let cel = format!(
        "references: {{ owner: people }}\n{}",
        tool.replace("input", "inptu")
    );
    check("cel", &cel, "inptu", "pack.yaml:6:55");
}

#[test]
fn mistakes_of_what_all_replies_and_tools_have_are_told() {
    let tool = "tools: { act: { description: Acts., route: GET /act, ";
    for (name, lines, message, place) in [
        ("value", "headers: { X-A: '{{nobody}}' }\n".to_owned(), "unknown name `nobody`", "pack.yaml:4:17"),
        ("name", "headers: { 'X A': b }\n".to_owned(), "`X A` is not a name of a header", "pack.yaml:4:12"),
        ("tag", format!("{tool}etag: boddy }} }}\n"), "found `boddy`", "pack.yaml:4:60"),
        (
            "internal",
            "doors: [ { route: 'POST /{tool}' } ]\ntools: { act: { description: Acts., internal: true } }\n".to_owned(),
            "no call reaches tool `act`",
            "pack.yaml:5:10",
        ),
        (
            "optional",
            format!("auth: {{ keys: people }}\n{tool}auth: {{ public: true, optional: true }} }} }}\n"),
            "what is public looks at no credential",
            "pack.yaml:5:76",
        ),
    ] {
        check(&format!("all-{name}"), &lines, message, place);
    }
}
