//! Stubs that are kept: written to the folder `mappings` of a WireMock root, a file each.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Sources;
use super::assembly::id_of_place;
use super::files::definitions_below;

/// The longest part of a file's name that is made of a stub's, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// The folder `mappings` of the first WireMock root among the sources.
#[must_use]
pub fn mappings_folder(sources: &Sources) -> Option<PathBuf> {
    let folders = sources.folders.iter();
    let mut mappings = folders.map(|folder| folder.join("mappings"));
    mappings.find(|folder| folder.is_dir())
}

/// Writes stubs that are to outlive the server, and deletes the files of others. A stub goes to the
/// file that it came from; one of a file with several stubs is left as it is there.
///
/// # Errors
/// When a file cannot be read, written or deleted.
pub fn keep(folder: &Path, stubs: &[Value], gone: &[&str]) -> io::Result<()> {
    let known = known(folder)?;
    for stub in stubs {
        let id = stub["id"].as_str().unwrap_or_default();
        match known.get(id) {
            Some(Known::AmongOthers) => {}
            Some(Known::Alone(path)) => write(path, stub)?,
            None => write(&folder.join(file_name(stub, id)), stub)?,
        }
    }
    for id in gone {
        if let Some(Known::Alone(path)) = known.get(*id) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Where a stub stands.
enum Known {
    Alone(PathBuf),
    AmongOthers,
}

/// All stubs in files, by their ids.
fn known(folder: &Path) -> io::Result<BTreeMap<String, Known>> {
    let mut known = BTreeMap::new();
    for path in definitions_below(folder) {
        let is_json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        // What is no JSON is for people to write.
        let Some(document) = is_json
            .then(|| fs::read(&path))
            .transpose()?
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        else {
            continue;
        };
        let place = path.to_string_lossy().into_owned();
        match document.get("mappings").and_then(Value::as_array) {
            Some(several) => {
                for (at, stub) in several.iter().enumerate() {
                    let id = id_of(stub, &format!("{place}#/mappings/{at}"));
                    known.insert(id, Known::AmongOthers);
                }
            }
            None => {
                let id = id_of(&document, &format!("{place}#"));
                known.insert(id, Known::Alone(path));
            }
        }
    }
    Ok(known)
}

/// A stub's id as it is when the file is loaded.
fn id_of(stub: &Value, place: &str) -> String {
    let given = ["id", "uuid"]
        .into_iter()
        .find_map(|key| stub.get(key)?.as_str());
    let given = given.and_then(|text| uuid::Uuid::parse_str(text).ok());
    given.map_or_else(|| id_of_place(place), |id| id.to_string())
}

/// `{name}-{id}.json`, or of what it asks for where it has no name, as WireMock names it.
fn file_name(stub: &Value, id: &str) -> String {
    let named = stub["name"].as_str().map(str::to_owned);
    let name = named.unwrap_or_else(|| {
        let request = &stub["request"];
        let urls = [
            "url",
            "urlPattern",
            "urlPath",
            "urlPathPattern",
            "urlPathTemplate",
        ];
        let url = urls.into_iter().find_map(|key| request[key].as_str());
        let method = request["method"].as_str().unwrap_or_default();
        format!("{method}-{}", url.unwrap_or_default())
    });
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_alphanumeric() || letter == '_' {
            slug.push(letter);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= NAME_BYTES_MAX {
            break;
        }
    }
    match slug.trim_matches('-') {
        "" => format!("{id}.json"),
        slug => format!("{slug}-{id}.json"),
    }
}

/// Writes a file as a whole: whoever reads it meanwhile finds the old one.
fn write(path: &Path, stub: &Value) -> io::Result<()> {
    let hidden = path.with_file_name(format!(
        ".{}.tmp",
        path.file_name().unwrap_or_default().to_string_lossy()
    ));
    let mut file = fs::File::create(&hidden)?;
    file.write_all(format!("{stub:#}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&hidden, path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_named_as_its_stub() {
        for (stub, expected) in [
            (json!({ "name": "pers file!" }), "pers-file-ID.json"),
            (json!({ "name": "../../etc/x" }), "etc-x-ID.json"),
            (json!({ "name": "ä b" }), "ä-b-ID.json"),
            (
                json!({ "request": { "method": "GET", "urlPath": "/a/b" } }),
                "get-a-b-ID.json",
            ),
            (json!({ "name": "/" }), "ID.json"),
        ] {
            assert_eq!(file_name(&stub, "ID"), expected, "{stub}");
        }
        let long = json!({ "name": "x".repeat(5000) });
        assert!(file_name(&long, "ID").len() < 120);
    }
}
