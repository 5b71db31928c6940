//! The help desk: a small pack of the tests' own, and a server that has nothing else.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// The pack's folder.
pub(crate) const PACK: &str = "tests/packs/desk";

/// What the clock of a desk's sandboxes shows to begin with.
pub(crate) const MIDNIGHT: &str = "2026-01-01T00:00:00Z";

/// A server with the help desk at a frozen midnight.
pub(crate) fn desk() -> Server {
    desk_with(&[])
}

/// The same with more arguments.
pub(crate) fn desk_with(arguments: &[&str]) -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    let mut all = vec!["--stubs", PACK, "--clock", &clock];
    all.extend(arguments);
    Server::with(&all)
}

/// A sandbox of that server, by its base path: empty for `default`.
pub(crate) struct Universe<'a> {
    pub(crate) server: &'a Server,
    pub(crate) base: String,
}

impl Server {
    /// The sandbox `default`.
    pub(crate) fn universe(&self) -> Universe<'_> {
        Universe {
            server: self,
            base: String::new(),
        }
    }

    /// A sandbox of this id, created by the wish for it.
    pub(crate) fn sandbox(&self, id: &str) -> Universe<'_> {
        let base = format!("/s/{id}");
        self.get(&format!("{base}/__admin/clock")).expect(200);
        Universe { server: self, base }
    }
}

impl Universe<'_> {
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.server
            .send(method, &format!("{}{path}", self.base), body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// Calls a tool of the desk.
    pub(crate) fn call(&self, tool: &str, input: &Value) -> Answer {
        self.post(&format!("/desk/{tool}"), input)
    }

    /// The records of a collection.
    pub(crate) fn records(&self, collection: &str) -> Value {
        let path = format!("/__admin/collections/{collection}");
        self.get(&path).expect(200)["records"].clone()
    }

    /// What an agent's wallet has available, if there is one.
    pub(crate) fn balance(&self, agent: &str) -> Option<String> {
        let answer = self.get(&format!("/__admin/wallets/{agent}"));
        if answer.status == 404 {
            return None;
        }
        let balance = answer.expect(200)["balance"].clone();
        Some(balance.as_str().expect("a text").to_owned())
    }

    /// Lets time pass.
    #[track_caller]
    pub(crate) fn advance(&self, by: &str) -> Value {
        self.post("/__admin/clock/advance", &json!({ "by": by }))
            .expect(200)
    }
}

/// The texts of one member of each item.
pub(crate) fn each(items: &Value, member: &str) -> Vec<String> {
    let items = items.as_array().expect("a list");
    items
        .iter()
        .map(|item| match &item[member] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}
