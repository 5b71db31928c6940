//! Cassettes as files: listed, read, put and deleted over the admin API.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::folder::{self, Folder};
use super::{CassetteError, blocking};
use crate::cassette::{self, Bounds, Format};
use crate::service::{Sandbox, Service};

/// A cassette as it is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// How large that is.
    pub bytes: u64,
    /// Its format, and how many entries it has; or why it is no cassette.
    pub content: Content,
    /// The sandbox that is recording it.
    pub recording: Option<String>,
}

/// How many entries files have, as long as they stay as they are: counting them takes reading them.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<BTreeMap<String, (Stamp, Content)>>);

/// The format of a file and how many entries it has, or why it is no cassette.
type Content = Result<(Format, usize), String>;

/// When a file was changed last, and how large it is: whether it is still the same.
type Stamp = (Option<SystemTime>, u64);

impl Service {
    /// All cassettes that a sandbox may play, in the order of their names.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn cassettes(&self, sandbox: &Sandbox) -> Result<Vec<Listed>, CassetteError> {
        let me = self.me.upgrade();
        let Some(me) = me else { return Ok(Vec::new()) };
        let folder = self.cassette_folder(&sandbox.id);
        blocking(move || {
            let names = folder.names()?.into_iter();
            Ok(names.map(|name| me.listed(&folder, name)).collect())
        })
        .await
    }

    fn listed(&self, folder: &Folder, name: String) -> Listed {
        let recording = super::writer::recording(&self.cassettes.recording, &folder.0.join(&name));
        let mut listed = Listed {
            file: String::new(),
            bytes: 0,
            content: Err(String::new()),
            recording: recording.map(|sandbox| sandbox.to_string()),
            name,
        };
        match folder.file(&listed.name) {
            Err(error) => listed.content = Err(error.to_string()),
            Ok(path) => {
                listed.file = path.display().to_string();
                let about = fs::metadata(&path);
                listed.bytes = about.as_ref().map_or(0, fs::Metadata::len);
                let stamp = (about.and_then(|it| it.modified()).ok(), listed.bytes);
                listed.content = self.counted(&path, &listed.file, stamp);
            }
        }
        listed
    }

    fn counted(&self, path: &Path, file: &str, stamp: Stamp) -> Content {
        let counted = &self.cassettes.counted.0;
        let held = || counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, content)) = held().get(file)
            && *of == stamp
        {
            return content.clone();
        }
        let content = folder::read(path)
            .map(|(cassette, format)| (format, cassette.entries.len()))
            .map_err(|error| error.to_string());
        held().insert(file.to_owned(), (stamp, content.clone()));
        content
    }

    /// A cassette as text in a format, or as its file has it.
    ///
    /// # Errors
    /// When there is none, or its file is none.
    pub async fn cassette_text(
        &self,
        sandbox: &Sandbox,
        name: &str,
        format: Option<Format>,
    ) -> Result<(String, Format), CassetteError> {
        let (folder, name) = (self.cassette_folder(&sandbox.id), name.to_owned());
        blocking(move || {
            let (cassette, own) = folder::read(&folder.file(&name)?)?;
            let format = format.unwrap_or(own);
            Ok((cassette::write(&cassette, format).text, format))
        })
        .await
    }

    /// Puts a cassette of any format; it is kept in this project's own. How many entries it has is told,
    /// and whether there was one before.
    ///
    /// # Errors
    /// When it is no cassette, is being recorded, or cannot be written.
    pub async fn put_cassette(
        &self,
        sandbox: &Sandbox,
        name: &str,
        text: bytes::Bytes,
    ) -> Result<(usize, bool), CassetteError> {
        folder::check_name(name)?;
        let (folder, name) = (self.cassette_folder(&sandbox.id), name.to_owned());
        self.not_recording(&folder, &name)?;
        blocking(move || {
            let (mut cassette, read) = cassette::read(name.as_str(), &text, Bounds::default())?;
            let before = folder.find(&name)?;
            let path = folder.place(&name)?;
            let is_json = path.extension().is_some_and(|ending| ending == "json");
            let format = match is_json {
                true => Format::Json,
                false => Format::Yaml,
            };
            let count = cassette.entries.len();
            let text = match read == format {
                // What somebody has written in our format stays as it was written.
                true => text,
                false => {
                    cassette.name = name;
                    cassette::write(&cassette, format).text.into()
                }
            };
            folder.write(&path, &text)?;
            Ok((count, before.is_some()))
        })
        .await
    }

    /// Deletes a cassette. Where it is being played, it is played on.
    ///
    /// # Errors
    /// When there is none, or it is being recorded.
    pub async fn delete_cassette(
        &self,
        sandbox: &Sandbox,
        name: &str,
    ) -> Result<(), CassetteError> {
        folder::check_name(name)?;
        let (folder, name) = (self.cassette_folder(&sandbox.id), name.to_owned());
        self.not_recording(&folder, &name)?;
        blocking(move || {
            let path = folder.file(&name)?;
            fs::remove_file(&path).map_err(|error| CassetteError::file("deleted", &path, &error))
        })
        .await
    }
}
