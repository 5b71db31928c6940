//! Files that a body can come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::render::{Escape, Template, TemplateError};

/// Files by name, as they lie beside definitions.
#[derive(Clone, Debug, Default)]
pub struct Files {
    by_name: Arc<BTreeMap<String, Bytes>>,
    open: bool,
}

impl Files {
    /// These files, and no others.
    #[must_use]
    pub fn new(by_name: BTreeMap<String, Bytes>) -> Self {
        Self {
            by_name: Arc::new(by_name),
            open: false,
        }
    }

    /// The same files, over which a sandbox may lay its own: a file may be named that is not there.
    #[must_use]
    pub fn open(self) -> Self {
        Self { open: true, ..self }
    }

    /// Whether a sandbox may lay its own over these.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The file of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.by_name.get(name)
    }

    /// The names of all files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// All files, by their names.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Bytes)> {
        self.by_name.iter()
    }
}

/// A body that comes from a file which is looked up for each call.
#[derive(Debug)]
pub struct FileSpec {
    /// Its name.
    pub name: FileName,
    /// How its content is a template, if it is one.
    pub template: Option<FileTemplate>,
    /// Where it lies, unless the sandbox has laid another over it.
    pub beside: Files,
}

/// The name of a file.
#[derive(Debug)]
pub enum FileName {
    /// It is always the same.
    Static(Arc<str>),
    /// It is made for each call.
    Template(Template),
}

impl FileName {
    /// The name that a template makes.
    #[must_use]
    pub fn of(template: Template) -> Self {
        match template.text() {
            Some(text) => Self::Static(text.into()),
            None => Self::Template(template),
        }
    }
}

/// The content of a file as a template.
#[derive(Debug)]
pub struct FileTemplate {
    /// Whether it is read as WireMock reads one.
    of_stub: bool,
    /// The content that was there when the stub was compiled, and its template: as long as it is
    /// there, nothing is compiled for a call.
    ready: Option<(Bytes, Template)>,
}

impl FileTemplate {
    /// Templates of a stub's files, or of a tool's; that of this content stands ready.
    #[must_use]
    pub fn new(of_stub: bool, content: Option<&Bytes>) -> Self {
        let made = Self {
            of_stub,
            ready: None,
        };
        let ready = content.and_then(|content| {
            let text = std::str::from_utf8(content).ok()?;
            // What is no template is told when it is asked for: until then another may lie over it.
            Some((content.clone(), made.compile(text).ok()?))
        });
        Self { ready, ..made }
    }

    /// The template of a content.
    ///
    /// # Errors
    /// When it is none.
    pub fn compile(&self, content: &str) -> Result<Template, TemplateError> {
        match self.of_stub {
            true => Template::of_wiremock(content),
            false => Template::compile(content, Escape::None),
        }
    }

    /// The template that stands ready for these very bytes.
    #[must_use]
    pub fn ready(&self, content: &Bytes) -> Option<&Template> {
        let (known, template) = self.ready.as_ref()?;
        let same = known.as_ptr() == content.as_ptr() && known.len() == content.len();
        same.then_some(template)
    }
}
