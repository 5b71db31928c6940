//! Routes: what calls are found by.

use std::sync::Arc;

use super::merged::PackSource;
use super::report::{Place, Report};
use crate::definition::compiled::{Definitions, Door, Files, Pack, Stub, Target};
use crate::matching::index::{Entry, Index};
use crate::matching::pattern::{PathTemplate, RequestPattern, UrlPattern};

/// The priority of doors and routes: after any stub that does not say otherwise, and the more
/// variables they have the later.
const ROUTE_PRIORITY: u32 = 10;

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
        files: Arc::new(files),
    }
}

/// What the routes of a pack's tools and its doors are found by.
fn routes(pack: &Arc<Pack>, source: &PackSource, report: &mut Report) -> Vec<Entry<Target>> {
    let mut entries = Vec::new();
    for (file, place) in &source.files {
        for (at, door) in file.doors.iter().enumerate() {
            let place = place.at("doors").at(at).at("route");
            let Some((pattern, variables)) = route(&door.route, pack, &place, report) else {
                continue;
            };
            let compiled = Door {
                route: door.route.clone(),
                envelope: door.envelope,
            };
            entries.push(entry(
                pattern,
                variables,
                Target::Door(pack.clone(), compiled),
            ));
        }
        for (name, model) in &file.tools {
            let place = place.at("tools").at(name).at("route");
            let (Some(text), Some(tool)) = (&model.route, pack.tools.get(name.as_str())) else {
                continue;
            };
            if let Some((pattern, variables)) = route(text, pack, &place, report) {
                entries.push(entry(
                    pattern,
                    variables,
                    Target::Route(pack.clone(), tool.clone()),
                ));
            }
        }
    }
    entries
}

fn entry(pattern: RequestPattern, variables: u32, target: Target) -> Entry<Target> {
    Entry {
        pattern,
        priority: ROUTE_PRIORITY + variables,
        age: 0,
        target,
    }
}

/// `METHOD /path/{variable}`, and how many variables it has.
fn route(
    text: &str,
    pack: &Pack,
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
    let Ok(method) = http::Method::from_bytes(method.as_bytes()) else {
        report.error(
            place,
            format!("`{method}` is not a method"),
            "expected GET, POST …",
        );
        return None;
    };
    match PathTemplate::parse(path.trim()) {
        Ok(template) => {
            let template = template.below(&pack.prefix);
            let variables = u32::try_from(template.variables().count()).unwrap_or(u32::MAX);
            let url = if variables == 0 {
                UrlPattern::Path(template.to_string())
            } else {
                UrlPattern::Template(template)
            };
            let pattern = RequestPattern {
                method: Some(method),
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
