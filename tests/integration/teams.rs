//! A server that two teams share, and those who speak with it.

use serde_json::Value;
use sparring::access::Hash;

use crate::desk::PACK;
use crate::launch::{Folder, Launched};

/// The tokens, by the names of those who have them. The file has their hashes.
pub(crate) const OPS: &str = "spt_ops_7d1f0c3b5a";
pub(crate) const WATCHER: &str = "spt_watcher_91be44d2";
pub(crate) const ALICE: &str = "spt_alice_4be2a97700";
pub(crate) const EDITOR: &str = "spt_editor_c01dc0ffee";
pub(crate) const CALLER: &str = "spt_caller_5ca1ab1e99";
pub(crate) const VIEWER: &str = "spt_viewer_0b5e55ed33";
pub(crate) const BOB: &str = "spt_bob_1badb002ff";
/// A key of the simulated API, for the sandbox `team-a-ci`.
pub(crate) const KEY: &str = "sk_test_a_ci_123456";
/// The same, for `team-b-app`.
pub(crate) const KEY_OF_B: &str = "sk_test_b_app_98765";

/// The file: `QUOTAS` are those of team-a.
const FILE: &str = r##"
operators:
  - { name: ops, hash: "#OPS" }
  - { name: watcher, hash: "#WATCHER", role: viewer }
tenants:
  team-a:
    sandboxes: [team-a, "team-a-*"]
    quotas: QUOTAS
    tokens:
      - { name: alice, role: owner, hash: "#ALICE" }
      - { name: editor, role: editor, hash: "#EDITOR" }
      - { name: caller, role: caller, hash: "#CALLER", sandboxes: [team-a] }
      - { name: viewer, role: viewer, hash: "#VIEWER" }
    keys:
      - { name: ci-key, hash: "#KEY_OF_A", sandbox: team-a-ci }
  team-b:
    sandboxes: ["team-b-*"]
    tokens: [{ name: bob, role: owner, hash: "#BOB" }]
    keys: [{ name: app, hash: "#KEY_OF_B", sandbox: team-b-app }]
"##;

/// A guarded server, its auth file and its other files.
pub(crate) struct Teams {
    pub(crate) server: Launched,
    pub(crate) folder: Folder,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    /// All headers but the date, in their order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

/// The auth file with these quotas of team-a.
pub(crate) fn auth_file(quotas: &str) -> String {
    let hashed = [
        ("#OPS", OPS),
        ("#WATCHER", WATCHER),
        ("#ALICE", ALICE),
        ("#EDITOR", EDITOR),
        ("#CALLER", CALLER),
        ("#VIEWER", VIEWER),
        ("#KEY_OF_A", KEY),
        ("#KEY_OF_B", KEY_OF_B),
        ("#BOB", BOB),
    ];
    hashed
        .iter()
        .fold(FILE.replace("QUOTAS", quotas), |file, (name, token)| {
            file.replace(name, &Hash::of(token).to_string())
        })
}

impl Teams {
    /// A server with the pack of the desk; `name` is one that no other test uses.
    pub(crate) fn start(name: &str, quotas: &str, more: &[&str]) -> Self {
        let folder = Folder::new(name);
        folder.write("auth.yaml", &auth_file(quotas));
        let auth = folder.path.join("auth.yaml").display().to_string();
        let cassettes = folder.path.join("cassettes").display().to_string();
        let mut arguments = vec![
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--stubs",
            PACK,
            "--clock",
            "frozen@2026-01-01T00:00:00Z",
            "--auth",
            &auth,
            "--cassettes",
            &cassettes,
        ];
        arguments.extend(more);
        let server = Launched::with(&arguments, &[("RUST_LOG", "sparring=debug,info")]);
        Self { server, folder }
    }

    /// Sends a request with these headers.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Said {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(std::time::Duration::from_secs(60)))
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.server.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_owned()).expect("a request");
        let mut answer = agent
            .run(request)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let mut told: Vec<(String, String)> = Vec::new();
        for (name, value) in answer.headers() {
            if name.as_str() != "date" {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                told.push((name.to_string(), value));
            }
        }
        Said {
            status: answer.status().as_u16(),
            headers: told,
            text: answer.body_mut().read_to_string().expect("a text"),
        }
    }

    /// Sends a request with a token in the header for ours.
    pub(crate) fn by(&self, token: &str, method: &str, path: &str, body: &str) -> Said {
        self.ask(method, path, &[("sparring-token", token)], body)
    }

    /// The same, of which the status is known.
    #[track_caller]
    pub(crate) fn expect(
        &self,
        (token, method, path): (&str, &str, &str),
        body: &str,
        status: u16,
    ) -> Value {
        let said = self.by(token, method, path, body);
        assert_eq!(said.status, status, "{method} {path}: {}", said.text);
        serde_json::from_str(&said.text).unwrap_or_default()
    }
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }
}

/// Every operation of the admin API: method and path, as the document has them.
pub(crate) fn operations() -> Vec<(String, String)> {
    let document: Value =
        serde_json::from_str(&sparring::http::admin::openapi_document()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().expect("operations").keys();
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}
