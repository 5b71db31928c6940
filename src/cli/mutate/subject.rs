//! What is mutated: packs or a cassette, as they are named on the command line.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sparring::cassette::{Bounds, Cassette, Reader};
use sparring::definition::compiled::Definitions;
use sparring::definition::load::{self, Sources};
use sparring::mutation::{Target, targets_of_cassette, targets_of_packs};
use sparring::state::cassette::{Loaded, Settings};

use super::args::What;

/// How much of a cassette is read at a time.
const CHUNK_BYTES: usize = 64 << 10;

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
    /// What is played back, if it is a cassette.
    pub(super) cassette: Option<Arc<Loaded>>,
    /// What can go wrong in it.
    pub(super) targets: Vec<Target>,
}

/// Loads what is named.
pub(super) fn load(what: &What) -> Result<Subject, String> {
    if what.subjects.is_empty() {
        return Err("name a cassette or a pack".into());
    }
    if let Some(file) = what
        .subjects
        .iter()
        .find(|subject| Path::new(subject).is_file())
    {
        return match what.subjects.len() {
            1 => recorded(file, &what.stubs),
            _ => Err(format!("{file} is a file: name one cassette, or packs")),
        };
    }
    let (folders, names) = sorted(&what.subjects);
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
        cassette: None,
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
        cassette: None,
        targets: targets_of_packs(&definitions, None),
        sources,
        definitions,
    })
}

/// A cassette; the packs, if there are any, say which tools its calls are for.
fn recorded(file: &str, stubs: &[PathBuf]) -> Result<Subject, String> {
    let cassette = read_cassette(file)?;
    let sources = sources_of(stubs.to_vec());
    let definitions = match stubs {
        [] => Definitions::default(),
        _ => read(&sources)?,
    };
    let named = |tool: &str| {
        let found = definitions.resolve(tool, |pack| pack.tools.keys().map(|name| &**name));
        match found.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    };
    let targets = targets_of_cassette(&cassette);
    let loaded = Loaded::new(cassette, Settings::default(), named)?;
    Ok(Subject {
        name: file.to_owned(),
        sources,
        definitions,
        cassette: Some(Arc::new(loaded)),
        targets,
    })
}

fn read_cassette(file: &str) -> Result<Cassette, String> {
    let unreadable = |error: io::Error| format!("{file}: {error}");
    let mut bytes = File::open(file).map_err(unreadable)?;
    let mut reader = Reader::new(file, Bounds::default());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match bytes.read(&mut chunk).map_err(unreadable)? {
            0 => break,
            read => {
                let fed = reader.feed(&chunk[..read]);
                fed.map_err(|error| error.to_string())?;
            }
        }
    }
    let (cassette, _) = reader.finish().map_err(|error| error.to_string())?;
    Ok(cassette)
}

/// The folders among what is named, and the names of packs.
fn sorted(subjects: &[String]) -> (Vec<PathBuf>, Vec<String>) {
    let (folders, names): (Vec<&String>, _) = subjects
        .iter()
        .partition(|subject| Path::new(subject).is_dir());
    let names = names.into_iter().cloned().collect();
    (folders.into_iter().map(PathBuf::from).collect(), names)
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
