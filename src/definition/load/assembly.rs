//! Assembling: files that were read become definitions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::faults::{self, Planned};
use super::files::Found;
use super::{Error, Sources, at_once, data, prefix, salvage};
use crate::definition::compile::fault::{Around, Declared, Recorded};
use crate::definition::compile::{self, PackSource, Place, Report};
use crate::definition::compiled::{Definitions, Files, Pack, Stub};
use crate::definition::model::{
    PackFile, StubFile, StubMapping, pack_schema, stub_file_schema, stub_schema,
};
use crate::definition::source::{self, Diagnostic, Document, Source};
use crate::domain::chance::Chance;
use crate::domain::targets::Targets;

/// A stub that was read, and where.
pub(super) struct ReadStub {
    pub(super) model: StubMapping,
    pub(super) value: Value,
    pub(super) place: Place,
}

impl ReadStub {
    pub(super) fn make_templated(&mut self) {
        if let Some(response) = &mut self.model.response {
            response.make_templated();
        }
    }
}

/// A pack that was read.
struct ReadPack {
    source: PackSource,
    stubs: Vec<ReadStub>,
    bodies: Files,
    /// Whether all of its files could be read.
    whole: bool,
}

/// The definition files of a pack that could be parsed.
struct Parsed {
    documents: Vec<Arc<Document>>,
    /// Whether all of them could.
    whole: bool,
}

/// All folders, read: compiled next.
#[derive(Default)]
pub(super) struct Assembly {
    pub(super) report: Report,
    packs: Vec<ReadPack>,
    mappings: Vec<(ReadStub, Files)>,
    targets: Arc<Targets>,
    templated: bool,
    faults: Vec<Planned>,
}

/// Makes definitions of everything that was found.
pub(super) fn assemble(
    found: Vec<Found>,
    faults: Vec<Planned>,
    sources: &Sources,
) -> Result<Definitions, Error> {
    let mounts = &sources.mounts;
    let mut assembly = Assembly {
        targets: sources.targets.clone(),
        templated: sources.templated,
        faults,
        ..Assembly::default()
    };
    for folder in found {
        match folder {
            Found::Pack {
                folder,
                name,
                files,
                bodies,
            } => assembly.read_pack((&folder, &name), files, bodies, mounts),
            Found::WireMockRoot { files, bodies } => assembly.read_root(files, bodies),
        }
    }
    assembly.check_mounts(mounts)?;
    assembly.check_pack_names();
    assembly.compile()
}

impl Assembly {
    fn read_pack(
        &mut self,
        (folder, folder_name): (&Path, &str),
        files: Vec<Source>,
        bodies: Files,
        mounts: &BTreeMap<String, String>,
    ) {
        let mut pack_files = Vec::new();
        let mut stubs = Vec::new();
        let mut whole = true;
        let mut name: Option<(String, Place)> = None;
        let files = self.parse_definitions(folder, files);
        whole &= files.whole;
        for document in files.documents {
            if is_stub_file(&document.value) {
                self.read_stubs(&document, &mut stubs);
                continue;
            }
            let Some(model) = self.read::<PackFile>(&document, &pack_schema()) else {
                whole = false;
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
        let name = name.map_or_else(|| folder_name.to_owned(), |(name, _)| name);
        let source = PackSource {
            prefix: prefix::of_pack(&name, &pack_files, mounts, &mut self.report),
            name: name.into(),
            data: data::read(folder, pack_files.iter().map(|(file, _)| file)),
            files: pack_files,
            made: Vec::new(),
            targets: self.targets.clone(),
        };
        self.packs.push(ReadPack {
            source,
            stubs,
            bodies,
            whole,
        });
    }

    fn read_root(&mut self, files: Vec<Source>, bodies: Files) {
        let bodies = bodies.open();
        let mut stubs = Vec::new();
        for file in files {
            if let Some(document) = self.parse(file) {
                self.read_stubs(&document, &mut stubs);
            }
        }
        let stubs = stubs.into_iter().map(|stub| (stub, bodies.clone()));
        self.mappings.extend(stubs);
    }

    /// The files of a pack but for those that others of them name as data.
    fn parse_definitions(&mut self, folder: &Path, files: Vec<Source>) -> Parsed {
        let mut named = BTreeSet::new();
        let mut read = Vec::new();
        for file in files {
            let path = PathBuf::from(&*file.path);
            let document = source::parse(Arc::new(file));
            if let Ok(document) = &document {
                let others = data::named(folder, &document.value);
                named.extend(others.into_iter().filter(|other| *other != path));
            }
            read.push((path, document));
        }
        let mut parsed = Parsed {
            documents: Vec::new(),
            whole: true,
        };
        for (path, document) in read {
            match document {
                _ if named.contains(&path) => {}
                Ok(document) if document.value.is_null() => {}
                Ok(document) => parsed.documents.push(Arc::new(document)),
                Err(mistakes) => {
                    self.report.diagnostics.extend(mistakes);
                    parsed.whole = false;
                }
            }
        }
        parsed
    }

    pub(super) fn parse(&mut self, file: Source) -> Option<Arc<Document>> {
        match source::parse(Arc::new(file)) {
            Ok(document) if document.value.is_null() => None,
            Ok(document) => Some(Arc::new(document)),
            Err(mistakes) => {
                self.report.diagnostics.extend(mistakes);
                None
            }
        }
    }

    /// A document as a model. Mistakes of shape are reported, and what is left without them is
    /// read all the same where that cannot make other parts look wrong: so that its other mistakes
    /// are found in the same run.
    pub(super) fn read<T: serde::de::DeserializeOwned>(
        &mut self,
        document: &Arc<Document>,
        schema: &Value,
    ) -> Option<T> {
        let mistakes = source::check(document, schema);
        if !mistakes.is_empty() {
            let rest = salvage::without(document, &mistakes);
            self.report.diagnostics.extend(mistakes);
            return serde_json::from_value(rest?).ok();
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
            let schema = stub_file_schema();
            if let Some(file) = self.read::<StubFile>(document, &schema) {
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

    pub(super) fn read_stub(&mut self, document: &Arc<Document>, stubs: &mut Vec<ReadStub>) {
        if let Some(model) = self.read::<StubMapping>(document, stub_schema()) {
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
            .map(|pack| pack.source.name.to_string())
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
        for ReadPack { source, .. } in &self.packs {
            let Some((_, place)) = source.files.first() else {
                continue;
            };
            // A name is written before a dot: `pack.tool`.
            if source.name.is_empty() || source.name.contains('.') {
                let named = source.files.iter().find(|(file, _)| file.pack.is_some());
                let place = named.map_or(place.clone(), |(_, place)| place.at("pack"));
                let message = format!("`{}` is no name for a pack", source.name);
                self.report
                    .error(&place, message, "expected `pack:` with a name without dots");
            }
            if let Some(first) = seen.insert(source.name.clone(), place.clone()) {
                self.report.twice("pack", &source.name, &first, place);
            }
        }
    }

    fn compile(mut self) -> Result<Definitions, Error> {
        let mut packs: Vec<(Arc<Pack>, PackSource)> = Vec::new();
        let mut broken: Vec<PackSource> = Vec::new();
        let mut stubs: Vec<Arc<Stub>> = Vec::new();
        let mut placed: Vec<(Arc<Stub>, Place)> = Vec::new();
        let mut ids = BTreeMap::new();
        // A pack of which a file could not be read would seem to lack what that file declares.
        let (shared, whole) = shared(self.packs);
        compile::check_shared(&shared, &mut self.report);
        let whole: Vec<ReadPack> = whole.into_iter().filter(|pack| pack.whole).collect();
        let made = at_once::each(whole, |mut read| {
            let mut report = Report::default();
            read.source.made = compile::resources(&read.source, &mut report);
            let pack = compile::pack(&read.source, &shared, &mut report);
            (read, pack, report)
        });
        for (read, pack, report) in made {
            self.report.diagnostics.extend(report.diagnostics);
            // Of a pack with mistakes, the stubs are looked at for theirs.
            for read_stub in &read.stubs {
                let stub = compiled(
                    read_stub,
                    pack.as_ref().map(|pack| compile::Owner {
                        pack,
                        source: &read.source,
                        shared: &shared,
                        before: &stubs,
                    }),
                    &read.bodies,
                    pack.as_slice(),
                    &mut ids,
                    &mut self.report,
                );
                stubs.extend(
                    stub.inspect(|stub| placed.push((stub.clone(), read_stub.place.clone()))),
                );
            }
            match pack {
                Some(pack) => packs.push((pack, read.source)),
                None => broken.push(read.source),
            }
        }
        let sources = packs.iter().map(|(_, source)| source).chain(&broken);
        compile::check_routes(sources, &mut self.report);
        if self.templated {
            for (read, _) in &mut self.mappings {
                read.make_templated();
            }
        }
        let mut mappings = Vec::new();
        let mut all_files = BTreeMap::new();
        let served: Vec<Arc<Pack>> = packs.iter().map(|(pack, _)| pack.clone()).collect();
        for (read, files) in &self.mappings {
            let report = &mut self.report;
            mappings.extend(compiled(read, None, files, &served, &mut ids, report));
            all_files.extend(
                files
                    .iter()
                    .map(|(name, bytes)| (name.clone(), bytes.clone())),
            );
        }
        let all: Vec<Arc<Stub>> = stubs.iter().chain(&mappings).cloned().collect();
        let around = Around {
            packs: &served,
            stubs: &all,
            recorded: &Recorded::default(),
        };
        let mut declared = Declared::default();
        for (pack, source) in &packs {
            declared.of_pack(source, pack, around, &mut self.report);
        }
        for (stub, place) in &placed {
            declared.of_stub(stub, place, &mut self.report);
        }
        if self.report.diagnostics.is_empty() {
            faults::planned(&self.faults, around, &mut declared, &mut self.report)?;
        }
        packs.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        let mut definitions = compile::definitions(
            packs,
            &stubs,
            mappings,
            Files::new(all_files),
            &mut self.report,
        );
        definitions.targets = self.targets;
        definitions.templated = self.templated;
        definitions.faults = declared.rules;
        if self.report.diagnostics.is_empty() {
            Ok(definitions)
        } else {
            Err(Error::Mistakes(each_once(self.report.diagnostics)))
        }
    }
}

/// The folder of this name beside packs holds profiles for all of them, and is no pack itself.
const PROFILES: &str = "profiles";

/// The files of profiles that all packs may name, and the packs.
fn shared(packs: Vec<ReadPack>) -> (Vec<(PackFile, Place)>, Vec<ReadPack>) {
    let (profiles, packs): (Vec<_>, Vec<_>) = packs
        .into_iter()
        .partition(|pack| &*pack.source.name == PROFILES);
    let files = profiles.into_iter().flat_map(|pack| pack.source.files);
    (files.collect(), packs)
}

/// What stands at an anchor is compiled again at each alias of it, and is wrong there each time.
fn each_once(mut mistakes: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    mistakes.retain(|mistake| {
        let place = (mistake.source.path.clone(), mistake.span.start);
        told.insert((place, mistake.message.clone()))
    });
    mistakes
}

/// A stub's id is the one it gives itself; otherwise one that its place gives it, so that it is the
/// same each time the files are loaded.
fn compiled(
    read: &ReadStub,
    pack: Option<compile::Owner<'_>>,
    files: &Files,
    packs: &[Arc<Pack>],
    ids: &mut BTreeMap<Arc<str>, Place>,
    report: &mut Report,
) -> Option<Arc<Stub>> {
    let id = match given_id(read, ids, report) {
        Some(id) => id,
        None => id_of_place(&read.place.to_string()).into(),
    };
    let stub = compile::stub(
        &read.model,
        &read.value,
        &id,
        pack,
        files,
        &read.place,
        report,
    );
    let mut stub = stub?;
    stub.faults = compile::fault::of_stub(&read.model.faults, &stub, packs, &read.place, report);
    Some(Arc::new(stub))
}

/// The id that a stub gives itself, in the one way in which it is found: small letters.
fn given_id(
    read: &ReadStub,
    ids: &mut BTreeMap<Arc<str>, Place>,
    report: &mut Report,
) -> Option<Arc<str>> {
    let given = [("id", &read.model.id), ("uuid", &read.model.uuid)];
    let mut found: Option<Arc<str>> = None;
    for (key, text) in given {
        let Some(text) = text else { continue };
        let place = read.place.at(key);
        let Ok(id) = uuid::Uuid::parse_str(text) else {
            let message = format!("`{text}` is not a UUID");
            report.error(
                &place,
                message,
                "such as 11111111-2222-4333-8444-555555555555",
            );
            continue;
        };
        let id: Arc<str> = id.to_string().into();
        match &found {
            Some(first) if *first != id => {
                let message = "`id` and `uuid` are two names of one thing";
                report.error(&place, message, "expected the same in both");
            }
            Some(_) => {}
            None => {
                match ids.get(&id) {
                    Some(first) => report.twice("stub", &id, first, &place),
                    None => drop(ids.insert(id.clone(), place)),
                }
                found = Some(id);
            }
        }
    }
    found
}

/// A UUID (version 8: made by our own rule) out of a place.
pub(super) fn id_of_place(place: &str) -> String {
    let chance = Chance::new(0, place, 0);
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
