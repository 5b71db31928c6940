//! The screen that a server begins with: where it is, what it serves, and a call to try.

use std::fmt::Write;
use std::net::SocketAddr;

use serde_json::Value;
use sparring::definition::compiled::{Definitions, Pack, Tool};

/// How many columns a line has.
const WIDTH: usize = 100;

/// Where the server is.
pub(super) struct Places {
    /// Whether it speaks TLS.
    pub(super) secure: bool,
    /// Where calls go.
    pub(super) calls: SocketAddr,
    /// Where the admin API is.
    pub(super) admin: SocketAddr,
}

impl Places {
    fn url(&self, address: SocketAddr) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{address}")
    }
}

/// The screen.
pub(super) fn banner(definitions: &Definitions, places: &Places) -> String {
    let (calls, admin) = (places.url(places.calls), places.url(places.admin));
    let mut screen = String::new();
    let version = env!("CARGO_PKG_VERSION");
    // Writing into a string cannot fail.
    let _ = writeln!(screen, "Sparring {version} listens on {calls}\n");
    for pack in &definitions.packs {
        let _ = writeln!(screen, "  {} · {}{}", pack.name, pack.title, prefix(pack));
        for line in wrapped(pack.tools.keys().map(|name| &**name)) {
            let _ = writeln!(screen, "    {line}");
        }
    }
    if !definitions.mappings.is_empty() {
        let _ = writeln!(
            screen,
            "  {} stubs of WireMock roots",
            definitions.mappings.len()
        );
    }
    let _ = writeln!(screen, "\n  admin API   {admin}/__admin/docs");
    let _ = writeln!(screen, "  call log    {admin}/__admin/calls");
    let line = example(definitions, &calls).unwrap_or_else(|| listing(definitions, &admin));
    let _ = writeln!(screen, "\n  try\n    {line}\n");
    screen
}

fn prefix(pack: &Pack) -> String {
    if pack.prefix.is_empty() {
        String::new()
    } else {
        format!(" (below {})", pack.prefix)
    }
}

fn wrapped<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines = vec![String::new()];
    for name in names {
        let last = lines.last_mut();
        match last {
            Some(line) if line.is_empty() => line.push_str(name),
            Some(line) if line.len() + name.len() < WIDTH => {
                line.push(' ');
                line.push_str(name);
            }
            _ => lines.push(name.to_owned()),
        }
    }
    lines
}

/// A call that works: of the first tool whose input has an example.
fn example(definitions: &Definitions, base: &str) -> Option<String> {
    let mut tools = definitions
        .packs
        .iter()
        .flat_map(|pack| pack.tools.values().map(move |tool| (pack, tool)));
    tools.find_map(|(pack, tool)| {
        let input = tool.input.schema.get("examples")?.get(0)?;
        let (method, path) = route(pack, tool, input)?;
        Some(format!("curl -s -X {method} {base}{path} -d '{input}'"))
    })
}

/// A call that works where no tool says what it takes: what could be called is listed.
fn listing(definitions: &Definitions, base: &str) -> String {
    let any_tool = definitions.packs.iter().any(|pack| !pack.tools.is_empty());
    let listed = if any_tool { "tools" } else { "mappings" };
    format!("curl -s -X GET {base}/__admin/{listed}")
}

fn route(pack: &Pack, tool: &Tool, input: &Value) -> Option<(String, String)> {
    let doors = pack.doors.iter().map(|door| door.route.as_str());
    let routes = tool.routes.iter().map(String::as_str).chain(doors);
    let mut filled = routes.filter_map(|route| {
        let (method, path) = route.split_once(' ')?;
        let mut path = format!("{}{path}", pack.prefix).replace("{tool}", &tool.name.name);
        for (name, value) in input.as_object()? {
            if let Some(text) = value.as_str() {
                path = path.replace(&format!("{{{name}}}"), text);
            }
        }
        let names_tool = !tool.routes.is_empty() || route.contains("{tool}");
        (names_tool && !path.contains('{')).then(|| (method.to_owned(), path))
    });
    filled.next()
}
