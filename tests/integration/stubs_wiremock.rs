//! Stubs in WireMock's words: which calls they claim, by every key and operator.

use serde_json::{Value, json};

use crate::desk::desk;
use crate::support::Server;

/// A call: method, path, headers, body.
type Call<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

const fn get(path: &str) -> Call<'_> {
    ("GET", path, &[], "")
}

const fn post(body: &str) -> Call<'_> {
    ("POST", "/a", &[], body)
}

/// A server on which each pattern is tried alone.
struct Trial {
    server: Server,
}

impl Trial {
    fn new() -> Self {
        Self { server: desk() }
    }

    /// A stub with this pattern claims the first calls, and none of the second.
    #[track_caller]
    fn check(&self, request: &Value, claims: &[Call<'_>], others: &[Call<'_>]) {
        self.server.delete("/__admin/mappings").expect(200);
        let stub = json!({ "request": request, "response": { "status": 218 } });
        self.server.post("/__admin/mappings", &stub).expect(201);
        let wanted = claims.iter().map(|call| (call, 218));
        for ((method, path, headers, body), status) in
            wanted.chain(others.iter().map(|call| (call, 404)))
        {
            let answer = self.server.request(method, path, headers, Some(body));
            assert_eq!(answer.status, status, "{request} on {method} {path} {headers:?} {body}");
        }
    }

    /// The same for what a body must be like.
    #[track_caller]
    fn check_body(&self, pattern: &Value, claims: &[&str], others: &[&str]) {
        let calls = |bodies: &[&'static str]| -> Vec<Call<'static>> {
            bodies.iter().map(|body| post(body)).collect()
        };
        // Only `'static` texts come in, as the tables below are constants.
        let leak = |bodies: &[&str]| -> Vec<&'static str> {
            bodies.iter().map(|body| &*Box::leak(body.to_string().into_boxed_str())).collect()
        };
        let request = json!({ "bodyPatterns": [pattern] });
        self.check(&request, &calls(&leak(claims)), &calls(&leak(others)));
    }
}
