//! Routes: what calls are found by.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::door;
use super::merged::PackSource;
use super::report::{Place, Report};
use crate::definition::compiled::{Definitions, Files, Pack, Stub, Target};
use crate::definition::model::OneOrMany;
use crate::matching::index::{Entry, Index};
use crate::matching::pattern::{PathTemplate, RequestPattern, UrlPattern};

/// The priority of doors and routes: after any stub that does not say otherwise, and the more
/// variables they have the later.
const ROUTE_PRIORITY: u32 = 10;

/// Below this path no call ever reaches a pack.
const ADMIN: &str = "/__admin";

/// All packs, and what calls are matched by.
pub fn definitions(
    packs: Vec<(Arc<Pack>, PackSource)>,
    stubs: &[Arc<Stub>],
    mappings: Vec<Arc<Stub>>,
    files: Files,
    report: &mut Report,
) -> Definitions {
    let mut entries = Vec::new();
    for (pack, source) in &packs {
        entries.extend(routes(pack, source, report));
    }
    for (age, stub) in stubs.iter().enumerate() {
        entries.push(Entry {
            pattern: stub.pattern.clone(),
            priority: stub.priority,
            age: age as u64,
            target: Target::Stub(stub.clone()),
        });
    }
    Definitions {
        packs: packs.into_iter().map(|(pack, _)| pack).collect(),
        index: Index::new(entries),
        mappings,
        files: files.open(),
        targets: Arc::default(),
        templated: false,
        faults: Vec::new(),
    }
}

/// Reports what is wrong with the routes and doors of all packs, also of packs with other mistakes.
pub fn check_routes<'a>(sources: impl IntoIterator<Item = &'a PackSource>, report: &mut Report) {
    let mut taken: BTreeMap<String, Place> = BTreeMap::new();
    for source in sources {
        for (text, place) in written(source) {
            let Some((pattern, _)) = route(text, &source.prefix, &place, report) else {
                continue;
            };
            let claims = claims(&pattern);
            match taken.get(&claims) {
                Some(first) => report.twice("route", text, first, &place),
                None => drop(taken.insert(claims, place)),
            }
        }
    }
}

/// The routes of a pack as they are written, with their places.
fn written(source: &PackSource) -> impl Iterator<Item = (&str, Place)> {
    let made = source.made.iter().flat_map(|(_, tool, place)| {
        let routes = tool.route.iter().flat_map(|routes| &routes.items);
        routes.map(|text| (text.as_str(), place.at("path")))
    });
    let files = source.files.iter().flat_map(|(file, place)| {
        let doors = file.doors.iter().enumerate().map(|(at, door)| {
            let place = place.at("doors").at(at).at("route");
            (door.route.as_str(), place)
        });
        let tools = file.tools.iter().flat_map(|(name, tool)| {
            let place = place.at("tools").at(name).at("route");
            tool.route
                .iter()
                .flat_map(move |routes| each(routes, &place))
        });
        doors.chain(tools)
    });
    files.chain(made)
}

/// The routes of one tool, each with its place.
fn each<'a>(routes: &'a OneOrMany<String>, place: &Place) -> Vec<(&'a str, Place)> {
    let items = routes.items.iter().enumerate();
    items
        .map(|(at, text)| match routes.listed {
            true => (text.as_str(), place.at(at)),
            false => (text.as_str(), place.clone()),
        })
        .collect()
}

/// What a route claims: two of which this is equal claim the same calls.
fn claims(pattern: &RequestPattern) -> String {
    let path = pattern.url.describe();
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "{}",
            false => segment,
        });
    let method = pattern.method.as_ref().map_or("", http::Method::as_str);
    format!("{method} {}", segments.collect::<Vec<_>>().join("/"))
}

/// A route as it is shown: its method in capitals.
pub(super) fn shown(text: &str) -> String {
    match text.split_once(' ') {
        Some((method, path)) => format!("{} {}", method.to_ascii_uppercase(), path.trim()),
        None => text.to_owned(),
    }
}

/// What the routes of a pack's tools and its doors are found by.
fn routes(pack: &Arc<Pack>, source: &PackSource, report: &mut Report) -> Vec<Entry<Target>> {
    let mut entries = Vec::new();
    for (file, place) in &source.files {
        for (at, door) in file.doors.iter().enumerate() {
            let place = place.at("doors").at(at);
            let at = place.at("route");
            let Some((pattern, variables)) = route(&door.route, &pack.prefix, &at, report) else {
                continue;
            };
            // The pack has reported its mistakes.
            let compiled = door::door(door, &place, &mut Report::default());
            let target = Target::Door(pack.clone(), compiled);
            entries.extend(at_root(&pattern, &pack.prefix, &target));
            entries.push(entry(pattern, variables, target));
        }
    }
    let files = source.files.iter().flat_map(|(file, place)| {
        let tools = file.tools.iter();
        tools.map(|(name, model)| (name, model, place.at("tools").at(name).at("route")))
    });
    let made = source.made.iter();
    let made = made.map(|(name, model, place)| (name, model, place.at("path")));
    for (name, model, place) in files.chain(made) {
        let (Some(written), Some(tool)) = (&model.route, pack.tools.get(name.as_str())) else {
            continue;
        };
        for (text, place) in each(written, &place) {
            if let Some((pattern, variables)) = route(text, &pack.prefix, &place, report) {
                let target = Target::Route(pack.clone(), tool.clone());
                entries.extend(at_root(&pattern, &pack.prefix, &target));
                entries.push(entry(pattern, variables, target));
            }
        }
    }
    entries
}

/// The path `/` of a pack with a prefix is the prefix, with a slash at its end and without one: clients
/// write it in both ways.
fn at_root(pattern: &RequestPattern, prefix: &str, target: &Target) -> Option<Entry<Target>> {
    let UrlPattern::Path(path) = &pattern.url else {
        return None;
    };
    let bare = path.strip_suffix('/')?;
    let bare = (bare == prefix && !prefix.is_empty()).then(|| RequestPattern {
        url: UrlPattern::Path(bare.to_owned()),
        ..pattern.clone()
    });
    Some(entry(bare?, 0, target.clone()))
}

fn entry(pattern: RequestPattern, variables: u32, target: Target) -> Entry<Target> {
    Entry {
        // A route for HEAD itself goes before one for GET.
        age: u64::from(pattern.method == Some(http::Method::HEAD)),
        pattern: Arc::new(pattern),
        priority: ROUTE_PRIORITY + variables,
        target,
    }
}

/// `METHOD /path/{variable}`, and how many variables it has.
fn route(
    text: &str,
    prefix: &str,
    place: &Place,
    report: &mut Report,
) -> Option<(RequestPattern, u32)> {
    let Some((method, path)) = text.split_once(' ') else {
        report.error(
            place,
            format!("`{text}` is not a route"),
            "expected a method and a path: POST /v1/{tool}",
        );
        return None;
    };
    let Ok(method) = http::Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
        report.error(
            place,
            format!("`{method}` is not a method"),
            "expected GET, POST …",
        );
        return None;
    };
    match PathTemplate::parse(path.trim()) {
        Ok(template) => {
            let template = template.below(prefix);
            let path = template.to_string();
            if path == ADMIN || path.starts_with(&format!("{ADMIN}/")) {
                report.error(
                    place,
                    format!("`{path}` is the admin API's, and no call to it reaches a pack"),
                    "expected another path",
                );
                return None;
            }
            let variables = u32::try_from(template.variables().count()).unwrap_or(u32::MAX);
            let url = if variables == 0 {
                UrlPattern::Path(path)
            } else {
                UrlPattern::Template(template)
            };
            let pattern = RequestPattern {
                method: Some(method),
                // Sparring's own routes answer HEAD; a stub says itself which methods it is for.
                head: true,
                url,
                ..RequestPattern::default()
            };
            Some((pattern, variables))
        }
        Err(message) => {
            report.error(place, message, "in this route");
            None
        }
    }
}
