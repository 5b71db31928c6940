//! Where packs are served: below their own routes, or where `--mount` moves them; and what may
//! stand behind `--stubs`.

use serde_json::json;

use crate::desk::{PACK, desk_with, each};
use crate::launch::Folder;
use crate::support::Server;

/// Serves the desk with these mounts; the path is the desk's, or nobody's.
fn check(mount: &str, path: &str, status: u16) {
    let server = desk_with(&["--mount", mount]);
    let answer = server.post(path, &json!({}));
    assert_eq!(answer.status, status, "{mount} {path}: {}", answer.text);
}

#[test]
fn a_mount_moves_a_pack_with_all_its_doors() {
    check("desk=/front", "/front/desk/list_contacts", 200);
    check("desk=/front", "/desk/list_contacts", 404);
    check("desk=/front/", "/front/desk/list_contacts", 200);
    check("desk=/a/b", "/a/b/desk/list_contacts", 200);
    check("desk=/", "/desk/list_contacts", 200);
    let server = desk_with(&["--mount", "desk=/front"]);
    let envelope = json!({ "tool": "list_contacts", "input": {} });
    server.post("/front/desk", &envelope).expect(200);
    let tools = server.get("/__admin/tools").expect(200);
    let routes = tools["tools"][0]["routes"].clone();
    assert_eq!(
        routes,
        json!(["POST /front/desk/add_contact", "POST /front/desk"])
    );
    // The sandbox stands before the pack.
    server.get("/s/x1/__admin/clock").expect(200);
    server
        .post("/s/x1/front/desk/list_contacts", &json!({}))
        .expect(200);
    assert!(
        server.banner.contains("/front/desk/add_contact"),
        "{}",
        server.banner
    );
}

#[test]
fn several_packs_move_each_to_its_own_place_with_their_stubs() {
    let server = Server::with(&[
        "--stubs",
        "tests/packs/pair",
        "--mount",
        "left=/l",
        "--mount",
        "right=/r",
    ]);
    assert_eq!(
        server.post("/l/left/ping", &json!({})).expect(200)["side"],
        "left"
    );
    assert_eq!(
        server.post("/r/right/ping", &json!({})).expect(200)["side"],
        "right"
    );
    assert_eq!(server.get("/l/motd").text, "Good morning");
    for path in ["/left/ping", "/motd", "/r/motd", "/r/left/ping"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    let definitions = server.get("/__admin/definitions").expect(200);
    assert_eq!(each(&definitions["packs"], "prefix"), ["/l", "/r"]);
}

#[test]
fn a_folder_is_a_pack_a_folder_of_packs_or_a_wiremock_root() {
    let served = |arguments: &[&str]| {
        let server = Server::with(arguments);
        let definitions = server.get("/__admin/definitions").expect(200);
        (
            each(&definitions["packs"], "name"),
            definitions["mappings"].clone(),
        )
    };
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
    let root = "tests/packs/wiremock";
    assert_eq!(served(&["--stubs", PACK]), (names(&["desk"]), json!(0)));
    assert_eq!(
        served(&["--stubs", "tests/packs/pair"]),
        (names(&["left", "right"]), json!(0))
    );
    let (packs, mappings) = served(&["--stubs", root]);
    assert_eq!(packs, names(&[]));
    assert_eq!(mappings, json!(8));
    // Several at once, in both ways of writing it.
    let all = (names(&["desk", "left", "right"]), json!(8));
    let pair = "tests/packs/pair";
    assert_eq!(served(&["--stubs", PACK, root, pair]), all);
    assert_eq!(
        served(&["--stubs", PACK, "--stubs", root, "--stubs", pair]),
        all
    );
}

#[test]
fn names_are_per_pack_and_a_bare_one_means_its_only_holder() {
    let server = Server::with(&["--stubs", "tests/packs/pair"]);
    // The same tool, each behind its own pack's door.
    assert_eq!(
        server.post("/left/ping", &json!({})).expect(200)["side"],
        "left"
    );
    assert_eq!(
        server.post("/right/ping", &json!({})).expect(200)["side"],
        "right"
    );
    assert_eq!(
        server.get("/__admin/calls?tool=ping").expect(200)["total"],
        2
    );
    assert_eq!(
        server.get("/__admin/calls?tool=left.ping").expect(200)["total"],
        1
    );
    let note = json!({ "id": "n1" });
    let add = |collection: &str| server.post(&format!("/__admin/collections/{collection}"), &note);
    add("left_notes").expect(201);
    add("left.notes").expect(201);
    let answer = add("notes");
    let problem = answer.expect(409);
    assert_eq!(problem["candidates"], json!(["left.notes", "right.notes"]));
    let queue =
        |tool: &str| server.post("/__admin/errors", &json!({ "status": 503, "tool": tool }));
    queue("ping_right").expect(201);
    queue("right.ping").expect(201);
    assert_eq!(
        queue("ping").expect(409)["candidates"],
        json!(["left.ping", "right.ping"])
    );
    assert_eq!(server.post("/left/ping", &json!({})).status, 200);
    assert_eq!(server.post("/right/ping", &json!({})).status, 503);
    // An agent with one wallet is found; one with none could be of either pack.
    assert_eq!(
        server.get("/__admin/wallets/left%20agent").expect(200)["pack"],
        "left"
    );
    let set = |agent: &str| {
        let path = format!("/__admin/wallets/{agent}");
        server.put(&path, &json!({ "balance": "3.00", "currency": "USD" }))
    };
    assert_eq!(
        set("zoe").expect(409)["candidates"],
        json!(["left.zoe", "right.zoe"])
    );
    assert_eq!(set("right.zoe").expect(200)["pack"], "right");
    assert_eq!(set("zoe").expect(200)["pack"], "right");
}

/// A pack in a folder of its own, served below `/p`.
fn moved(name: &str, pack: &str) -> (Folder, Server) {
    let folder = Folder::new(name);
    folder.write("pack.yaml", &format!("pack: own\n{pack}"));
    let server = Server::with(&["--stubs", folder.argument(), "--mount", "own=/p"]);
    (folder, server)
}

#[test]
fn a_moved_stub_claims_only_what_is_below_its_prefix() {
    for (request, claims, others) in [
        (
            "{ urlPathPattern: '/m|/n' }",
            &["/p/m", "/p/n"][..],
            &["/n", "/m", "/p/o"][..],
        ),
        (
            "{ urlPattern: '/m|/n' }",
            &["/p/m", "/p/n"],
            &["/n", "/p/m?x=1"],
        ),
        (
            "{ method: GET }",
            &["/p", "/p/", "/p/m?x=1"],
            &["/", "/m", "/pm"],
        ),
    ] {
        let stub = format!("mappings: [ {{ request: {request}, response: {{ status: 218 }} }} ]\n");
        let (_folder, server) = moved("mounts-stub", &stub);
        for (paths, status) in [(claims, 218), (others, 404)] {
            for path in paths {
                assert_eq!(server.get(path).status, status, "{request} {path}");
            }
        }
    }
}

#[test]
fn a_method_may_be_written_small() {
    let tools = "tools: { lower: { description: Small., route: get /lower } }\n";
    let (_folder, server) = moved("mounts-lower", tools);
    assert_eq!(server.get("/p/lower").status, 200);
    let listed = server.get("/__admin/tools").expect(200);
    assert_eq!(listed["tools"][0]["routes"], json!(["GET /p/lower"]));
}

#[cfg(unix)]
#[test]
fn folders_that_are_links_are_followed_and_hidden_ones_passed_over() {
    use std::os::unix::fs::symlink;
    // A mounted volume: its entries are links into a hidden folder; one leads back.
    let folder = Folder::new("mounts-links");
    let at = |path: &str| format!("{}/{path}", folder.argument());
    for path in ["mappings", "__files/..data/pages"] {
        std::fs::create_dir_all(at(path)).expect("a folder");
    }
    folder.write("__files/..data/pages/a.txt", "A page.");
    symlink("..data/pages", at("__files/pages")).expect("a link");
    symlink("..", at("__files/..data/pages/up")).expect("a link");
    folder.write(
        "mappings/a.json",
        r#"{ "request": { "urlPath": "/a" }, "response": { "bodyFileName": "pages/a.txt" } }"#,
    );
    let server = Server::with(&["--stubs", folder.argument()]);
    assert_eq!(server.get("/a").text, "A page.");
}
