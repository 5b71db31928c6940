//! Loading: from folders to definitions. The only file in which definitions meet the file system.
//!
//! A folder is a WireMock root (it has `mappings/`), a pack (it has definition files), or a folder
//! of packs. All files are read before anything is compiled, and a set with a mistake is no set.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use serde_json::Value;

use super::compile::{self, PackSource, Place, Report};
use super::compiled::{Definitions, Files, Pack, Stub};
use super::model::{PackFile, StubMapping, pack_schema, stub_schema};
use super::source::{self, Diagnostic, Document, Source};

/// The stack of the thread that compiles: the CEL crate's generated parser needs much for each
/// level of nesting.
const COMPILER_STACK_BYTES: usize = 256 << 20;

/// The largest definition file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

/// What to load, and where to serve it.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Folders.
    pub folders: Vec<PathBuf>,
    /// Prefixes by pack: `/` is the root.
    pub mounts: BTreeMap<String, String>,
}

/// Why there are no definitions.
#[derive(Debug)]
pub enum Error {
    /// A file or folder cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A folder has no definitions in it.
    Empty(PathBuf),
    /// A mount names a pack that there is not.
    UnknownMount {
        /// The name.
        pack: String,
        /// The packs that there are.
        known: Vec<String>,
    },
    /// The definitions have mistakes.
    Mistakes(Vec<Diagnostic>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Empty(path) => write!(
                f,
                "{}: no definitions (expected *.yaml, *.yml or *.json, or mappings/)",
                path.display()
            ),
            Self::UnknownMount { pack, known } => write!(
                f,
                "there is no pack {pack:?} to mount; there are {}",
                known.join(", ")
            ),
            Self::Mistakes(mistakes) => {
                let lines: Vec<String> = mistakes.iter().map(Diagnostic::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl Error {
    /// The error for people: every mistake with its source line.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Mistakes(mistakes) => {
                let shown: Vec<String> = mistakes
                    .iter()
                    .map(|mistake| mistake.render(color))
                    .collect();
                shown.join("\n\n")
            }
            other => format!("error: {other}"),
        }
    }

    /// How many mistakes there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Mistakes(mistakes) => mistakes.len(),
            _ => 1,
        }
    }
}

/// Loads everything.
///
/// # Errors
/// When something cannot be read, or has mistakes: then all of them.
pub fn load(sources: &Sources) -> Result<Definitions, Error> {
    let mut found = Vec::new();
    for folder in &sources.folders {
        found.extend(discover(folder)?);
    }
    let mounts = sources.mounts.clone();
    on_large_stack(move || assemble(found, &mounts))
}

/// Compiles one stub that came over the admin API.
///
/// # Errors
/// All mistakes, with their places in the text.
pub fn stub(text: &str, id: &Arc<str>, files: &Files) -> Result<Arc<Stub>, Vec<Diagnostic>> {
    let source = Source {
        path: "body.json".into(),
        text: text.into(),
    };
    let mut assembly = Assembly::default();
    let mut stubs = Vec::new();
    if let Some(document) = assembly.parse(source) {
        assembly.read_stub(&document, &mut stubs);
    }
    let mut report = assembly.report;
    let stub = stubs.first().and_then(|read| {
        compile::stub(
            &read.model,
            &read.value,
            id,
            None,
            files,
            &read.place,
            &mut report,
        )
    });
    match stub {
        Some(stub) if report.diagnostics.is_empty() => Ok(Arc::new(stub)),
        _ => Err(report.diagnostics),
    }
}

/// A fingerprint of all files below the folders: it changes when one is edited, added or removed.
#[must_use]
pub fn fingerprint(sources: &Sources) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
    let mut files = Vec::new();
    for folder in &sources.folders {
        walk(folder, &mut |path, metadata| {
            files.push((path.to_owned(), metadata.len(), metadata.modified().ok()));
        });
    }
    files.sort();
    files
}

/// A folder that holds definitions.
enum Found {
    Pack { name: String, files: Vec<Source> },
    WireMockRoot { files: Vec<Source>, bodies: Files },
}

fn discover(folder: &Path) -> Result<Vec<Found>, Error> {
    let listed = entries(folder)?;
    if folder.join("mappings").is_dir() {
        let mut files = Vec::new();
        read_definitions(&folder.join("mappings"), &mut files)?;
        let bodies = read_bodies(&folder.join("__files"))?;
        return Ok(vec![Found::WireMockRoot { files, bodies }]);
    }
    if listed.iter().any(|path| is_definition(path)) {
        let mut files = Vec::new();
        read_definitions(folder, &mut files)?;
        return Ok(vec![Found::Pack {
            name: name_of(folder),
            files,
        }]);
    }
    let mut found = Vec::new();
    for path in listed
        .iter()
        .filter(|path| path.is_dir() && !is_hidden(path))
    {
        let inner = entries(path)?;
        if path.join("mappings").is_dir() || inner.iter().any(|path| is_definition(path)) {
            found.extend(discover(path)?);
        }
    }
    if found.is_empty() {
        return Err(Error::Empty(folder.to_owned()));
    }
    Ok(found)
}

fn name_of(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map_or_else(
        || "pack".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn is_definition(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    path.is_file() && !is_hidden(path) && matches!(extension, Some("yaml" | "yml" | "json"))
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with('.'))
}

/// Folders whose files are no definitions: bodies, and rows of data.
fn holds_data(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name == "__files" || name == "data")
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error| Error::Unreadable {
        path: folder.to_owned(),
        error,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read_definitions(folder: &Path, files: &mut Vec<Source>) -> Result<(), Error> {
    for path in entries(folder)? {
        if path.is_dir() && !is_hidden(&path) && !holds_data(&path) {
            read_definitions(&path, files)?;
        } else if is_definition(&path) {
            files.push(Source {
                path: path.to_string_lossy().as_ref().into(),
                text: read_text(&path)?.into(),
            });
        }
    }
    Ok(())
}

fn read_text(path: &Path) -> Result<String, Error> {
    let unreadable = |error| Error::Unreadable {
        path: path.to_owned(),
        error,
    };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > FILE_BYTES_MAX {
        let error = io::Error::other(format!("larger than {FILE_BYTES_MAX} bytes"));
        return Err(unreadable(error));
    }
    fs::read_to_string(path).map_err(unreadable)
}

fn read_bodies(folder: &Path) -> Result<Files, Error> {
    let mut bodies = Files::new();
    let mut failed = None;
    walk(folder, &mut |path, _| {
        let name = path.strip_prefix(folder).unwrap_or(path);
        match fs::read(path) {
            Ok(bytes) => {
                bodies.insert(name.to_string_lossy().into_owned(), Bytes::from(bytes));
            }
            Err(error) => {
                failed.get_or_insert(Error::Unreadable {
                    path: path.to_owned(),
                    error,
                });
            }
        }
    });
    failed.map_or(Ok(bodies), Err)
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path, &fs::Metadata)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => walk(&path, visit),
            Ok(metadata) => visit(&path, &metadata),
            Err(_) => {}
        }
    }
}

fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new()
        .name("definitions".into())
        .stack_size(COMPILER_STACK_BYTES)
        .spawn(work);
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => panic!("the thread that compiles definitions cannot start: {error}"),
    }
}

/// A stub that was read, and where.
struct ReadStub {
    model: StubMapping,
    value: Value,
    place: Place,
}

/// All folders, read: compiled next.
#[derive(Default)]
struct Assembly {
    report: Report,
    packs: Vec<(PackSource, Vec<ReadStub>, Files)>,
    mappings: Vec<(ReadStub, Arc<Files>)>,
}

fn assemble(found: Vec<Found>, mounts: &BTreeMap<String, String>) -> Result<Definitions, Error> {
    let mut assembly = Assembly::default();
    for folder in found {
        match folder {
            Found::Pack { name, files } => assembly.read_pack(&name, files, mounts),
            Found::WireMockRoot { files, bodies } => assembly.read_root(files, bodies),
        }
    }
    assembly.check_mounts(mounts)?;
    assembly.check_pack_names();
    assembly.compile()
}

impl Assembly {
    fn read_pack(&mut self, folder: &str, files: Vec<Source>, mounts: &BTreeMap<String, String>) {
        let mut pack_files = Vec::new();
        let mut stubs = Vec::new();
        let mut name: Option<(String, Place)> = None;
        for file in files {
            let Some(document) = self.parse(file) else {
                continue;
            };
            if is_stub_file(&document.value) {
                self.read_stubs(&document, &mut stubs);
                continue;
            }
            let Some(model) = self.read::<PackFile>(&document, &pack_schema()) else {
                continue;
            };
            let place = Place::root(&document);
            if let Some(given) = &model.pack {
                match &name {
                    Some((first, first_place)) if first != given => {
                        self.report
                            .twice("pack", given, first_place, &place.at("pack"));
                    }
                    _ => name = Some((given.clone(), place.at("pack"))),
                }
            }
            for (at, stub) in model.mappings.iter().enumerate() {
                stubs.push(ReadStub {
                    model: stub.clone(),
                    value: document.value["mappings"][at].clone(),
                    place: place.at("mappings").at(at),
                });
            }
            pack_files.push((model, place));
        }
        let name = name.map_or_else(|| folder.to_owned(), |(name, _)| name);
        let prefix = mounts.get(&name).map_or("", String::as_str);
        let source = PackSource {
            prefix: prefix.trim_end_matches('/').to_owned(),
            name: name.into(),
            files: pack_files,
        };
        self.packs.push((source, stubs, Files::new()));
    }

    fn read_root(&mut self, files: Vec<Source>, bodies: Files) {
        let bodies = Arc::new(bodies);
        let mut stubs = Vec::new();
        for file in files {
            if let Some(document) = self.parse(file) {
                self.read_stubs(&document, &mut stubs);
            }
        }
        let stubs = stubs.into_iter().map(|stub| (stub, bodies.clone()));
        self.mappings.extend(stubs);
    }

    fn parse(&mut self, file: Source) -> Option<Arc<Document>> {
        match source::parse(Arc::new(file)) {
            Ok(document) if document.value.is_null() => None,
            Ok(document) => Some(Arc::new(document)),
            Err(mistakes) => {
                self.report.diagnostics.extend(mistakes);
                None
            }
        }
    }

    /// A document that fits its schema, as a model. What fits always reads; if it should not, the
    /// reason is reported all the same.
    fn read<T: serde::de::DeserializeOwned>(
        &mut self,
        document: &Arc<Document>,
        schema: &Value,
    ) -> Option<T> {
        let mistakes = source::check(document, schema);
        if !mistakes.is_empty() {
            self.report.diagnostics.extend(mistakes);
            return None;
        }
        match serde_json::from_value(document.value.clone()) {
            Ok(model) => Some(model),
            Err(error) => {
                self.report
                    .error(&Place::root(document), error.to_string(), "in this file");
                None
            }
        }
    }

    fn read_stubs(&mut self, document: &Arc<Document>, stubs: &mut Vec<ReadStub>) {
        let place = Place::root(document);
        if document.value.get("mappings").is_some() {
            let schema = super::model::stub_file_schema();
            if let Some(file) = self.read::<super::model::StubFile>(document, &schema) {
                for (at, model) in file.mappings.into_iter().enumerate() {
                    stubs.push(ReadStub {
                        model,
                        value: document.value["mappings"][at].clone(),
                        place: place.at("mappings").at(at),
                    });
                }
            }
        } else {
            self.read_stub(document, stubs);
        }
    }

    fn read_stub(&mut self, document: &Arc<Document>, stubs: &mut Vec<ReadStub>) {
        if let Some(model) = self.read::<StubMapping>(document, &stub_schema()) {
            stubs.push(ReadStub {
                model,
                value: document.value.clone(),
                place: Place::root(document),
            });
        }
    }

    fn check_mounts(&self, mounts: &BTreeMap<String, String>) -> Result<(), Error> {
        let known: Vec<String> = self
            .packs
            .iter()
            .map(|(pack, ..)| pack.name.to_string())
            .collect();
        match mounts.keys().find(|pack| !known.contains(pack)) {
            Some(pack) => Err(Error::UnknownMount {
                pack: pack.clone(),
                known,
            }),
            None => Ok(()),
        }
    }

    fn check_pack_names(&mut self) {
        let mut seen: BTreeMap<Arc<str>, Place> = BTreeMap::new();
        for (pack, ..) in &self.packs {
            let Some((_, place)) = pack.files.first() else {
                continue;
            };
            if let Some(first) = seen.insert(pack.name.clone(), place.clone()) {
                self.report.twice("pack", &pack.name, &first, place);
            }
        }
    }

    fn compile(mut self) -> Result<Definitions, Error> {
        let mut packs: Vec<(Arc<Pack>, PackSource)> = Vec::new();
        let mut stubs: Vec<Arc<Stub>> = Vec::new();
        for (source, own, files) in self.packs {
            let Some(pack) = compile::pack(&source, &mut self.report) else {
                continue;
            };
            for read in own {
                stubs.extend(compiled(&read, Some(&pack), &files, &mut self.report));
            }
            packs.push((pack, source));
        }
        let mut mappings = Vec::new();
        let mut all_files = Files::new();
        for (read, files) in &self.mappings {
            mappings.extend(compiled(read, None, files, &mut self.report));
            all_files.extend(
                files
                    .iter()
                    .map(|(name, bytes)| (name.clone(), bytes.clone())),
            );
        }
        packs.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        let definitions =
            compile::definitions(packs, &stubs, mappings, all_files, &mut self.report);
        if self.report.diagnostics.is_empty() {
            Ok(definitions)
        } else {
            Err(Error::Mistakes(self.report.diagnostics))
        }
    }
}

/// A stub's id is the one it gives itself; otherwise one that its place gives it, so that it is the
/// same each time the files are loaded.
fn compiled(
    read: &ReadStub,
    pack: Option<&Arc<Pack>>,
    files: &Files,
    report: &mut Report,
) -> Option<Arc<Stub>> {
    let given = read.model.id.as_ref().or(read.model.uuid.as_ref());
    let id: Arc<str> = match given {
        Some(id) => id.as_str().into(),
        None => id_of_place(&read.place.to_string()).into(),
    };
    compile::stub(
        &read.model,
        &read.value,
        &id,
        pack,
        files,
        &read.place,
        report,
    )
    .map(Arc::new)
}

/// A UUID (version 8: made by our own rule) out of a place.
fn id_of_place(place: &str) -> String {
    let chance = crate::domain::chance::Chance::new(0, place, 0);
    let bytes = (u128::from(chance.draw("id", 0)) << 64) | u128::from(chance.draw("id", 1));
    uuid::Builder::from_custom_bytes(bytes.to_be_bytes())
        .into_uuid()
        .to_string()
}

/// A file of stubs, as WireMock writes them: one, or a list under `mappings` and nothing else.
fn is_stub_file(value: &Value) -> bool {
    let Some(members) = value.as_object() else {
        return false;
    };
    let only_mappings = members.contains_key("mappings")
        && members
            .keys()
            .all(|key| matches!(key.as_str(), "mappings" | "$schema" | "meta"));
    only_mappings || members.contains_key("request") || members.contains_key("response")
}
