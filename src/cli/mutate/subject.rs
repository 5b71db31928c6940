//! What is mutated: packs or a cassette, as they are named on the command line.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use sparring::definition::compiled::Definitions;
use sparring::definition::load::{self, Sources};
use sparring::mutation::{Target, targets_of_packs};

use super::args::What;

/// Where packs are looked for by their names.
const STUBS: &str = "stubs";

/// What is mutated.
pub(super) struct Subject {
    /// What it is called.
    pub(super) name: String,
    /// Where the definitions come from.
    pub(super) sources: Sources,
    /// The definitions that a server serves.
    pub(super) definitions: Definitions,
    /// What can go wrong in it.
    pub(super) targets: Vec<Target>,
}

/// Loads what is named.
pub(super) fn load(what: &What) -> Result<Subject, String> {
    if what.subjects.is_empty() {
        return Err("name a cassette or a pack".into());
    }
    let (folders, names) = sorted(&what.subjects)?;
    let mut packs = names.clone();
    for folder in &folders {
        let definitions = read(&sources_of(vec![folder.clone()]))?;
        packs.extend(definitions.packs.iter().map(|pack| pack.name.to_string()));
        if !definitions.mappings.is_empty() {
            return all_of(&what.subjects, with(folders, &what.stubs));
        }
    }
    let mut wanted = with(folders, &what.stubs);
    if wanted.is_empty() {
        wanted.push(STUBS.into());
    }
    let sources = sources_of(wanted);
    let definitions = read(&sources)?;
    let unknown = names.iter().find(|name| definitions.pack(name).is_none());
    if let Some(name) = unknown {
        let known: Vec<&str> = definitions.packs.iter().map(|pack| &*pack.name).collect();
        return Err(format!(
            "{name:?} is neither a file, nor a folder, nor a pack; there are the packs {}",
            known.join(", ")
        ));
    }
    Ok(Subject {
        name: what.subjects.join(", "),
        targets: targets_of_packs(&definitions, Some(&packs)),
        sources,
        definitions,
    })
}

/// Everything in these folders: stubs of WireMock roots belong to no pack.
fn all_of(subjects: &[String], folders: Vec<PathBuf>) -> Result<Subject, String> {
    let sources = sources_of(folders);
    let definitions = read(&sources)?;
    Ok(Subject {
        name: subjects.join(", "),
        targets: targets_of_packs(&definitions, None),
        sources,
        definitions,
    })
}

/// The folders among what is named, and the names of packs.
fn sorted(subjects: &[String]) -> Result<(Vec<PathBuf>, Vec<String>), String> {
    let (mut folders, mut names) = (Vec::new(), Vec::new());
    for subject in subjects {
        let path = Path::new(subject);
        if path.is_dir() {
            folders.push(path.to_owned());
        } else if path.is_file() {
            return Err(format!("{subject} is no folder"));
        } else {
            names.push(subject.clone());
        }
    }
    Ok((folders, names))
}

/// These folders, and others that are not among them.
fn with(mut folders: Vec<PathBuf>, others: &[PathBuf]) -> Vec<PathBuf> {
    for other in others {
        if !folders.contains(other) {
            folders.push(other.clone());
        }
    }
    folders
}

fn sources_of(folders: Vec<PathBuf>) -> Sources {
    Sources {
        folders,
        ..Sources::default()
    }
}

fn read(sources: &Sources) -> Result<Definitions, String> {
    load::load(sources).map_err(|error| {
        let text = error.render(io::stderr().is_terminal());
        // What is rendered says itself that it is an error.
        text.strip_prefix("error: ").unwrap_or(&text).to_owned()
    })
}
