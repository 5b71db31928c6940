//! Prefixes: where a pack is served, by its own files or by whoever starts the server.

use std::collections::BTreeMap;

use crate::definition::compile::{Place, Report};
use crate::definition::model::PackFile;

/// The prefix below which a pack is served: empty, or `/prefix`. A mount goes before what its files say.
pub(super) fn of_pack(
    name: &str,
    files: &[(PackFile, Place)],
    mounts: &BTreeMap<String, String>,
    report: &mut Report,
) -> String {
    let mut given: Option<(&str, Place)> = None;
    for (file, place) in files {
        let Some(prefix) = &file.prefix else { continue };
        let place = place.at("prefix");
        if let Some((_, first)) = &given {
            report.twice("prefix", prefix, first, &place);
            continue;
        }
        if let Some(expected) = wrong(prefix) {
            report.error(&place, format!("`{prefix}` is no prefix"), expected);
        }
        given = Some((prefix, place));
    }
    let own = given.map_or("", |(prefix, _)| prefix);
    let prefix = mounts.get(name).map_or(own, String::as_str);
    prefix.trim_end_matches('/').to_owned()
}

/// What would have to be otherwise for the text to be a prefix.
fn wrong(prefix: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '{' | '}' | '?' | '#' | '%' | '*');
    if !prefix.starts_with('/') {
        Some("a prefix begins with /, such as /shop")
    } else if !prefix.chars().all(plain) || prefix.contains("//") {
        Some("expected a path without variables, query and escapes, such as /shop/v2")
    } else if prefix == "/__admin" || prefix.starts_with("/__admin/") {
        Some("this path is the admin API's, and no call to it reaches a pack")
    } else {
        None
    }
}
