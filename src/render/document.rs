//! JSON with templates in it.
//!
//! A text that is exactly one tag holding a path, `"{{record.total}}"`, is replaced by what the
//! path names, of whatever type; a member or an item whose path names nothing is left out. Every
//! other text is printed. Keys, and values that are no texts, stay as they are.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::path::{Lookup, Model};
use super::run::Session;
use super::{Escape, RenderEnv, RenderError, Template, TemplateError, VALUE_DEPTH_MAX};

/// A document one of whose texts does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// Where the text is, as a JSON pointer.
    pub pointer: String,
    /// What is wrong with it.
    pub error: TemplateError,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at '{}', {}", self.pointer, self.error)
    }
}

impl std::error::Error for DocumentError {}

/// A compiled document. Copies share what was compiled.
#[derive(Debug, Clone)]
pub struct Document {
    root: Arc<Part>,
}

#[derive(Debug)]
enum Part {
    /// Nothing below here depends on the model.
    Fixed(Value),
    /// The value that the path names.
    Named(Lookup),
    /// A printed text.
    Printed(Template),
    Object(Vec<(String, Part)>),
    Array(Vec<Part>),
}

impl Document {
    /// Compiles every text in `value`.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn compile(value: &Value, escape: Escape) -> Result<Self, DocumentError> {
        let root = Arc::new(part(value, escape, &mut Pointer::default())?);
        Ok(Self { root })
    }

    /// The document itself, if it is the same whatever it is given.
    #[must_use]
    pub fn as_static(&self) -> Option<&Value> {
        match &*self.root {
            Part::Fixed(value) => Some(value),
            _ => None,
        }
    }

    /// What it looks like, whatever it is given: null stands where a path names a value, and a text where a
    /// template prints one.
    #[must_use]
    pub fn outline(&self) -> Value {
        self.root.outline()
    }

    /// The names of the model that the document asks for, each with the JSON pointer of the text
    /// that does.
    #[must_use]
    pub fn names(&self) -> Vec<(String, &str)> {
        let mut names = Vec::new();
        self.root.names("", &mut names);
        names
    }

    /// Makes the document for `model`. One that is a single path which names nothing is null.
    ///
    /// # Errors
    /// A render that exceeds its limits is given up.
    pub fn render(&self, model: &dyn Model, env: &RenderEnv<'_>) -> Result<Value, RenderError> {
        self.render_in(model, &mut Session::new(*env))
    }

    /// Makes the document as one of several renders that share the chance and the limits of `session`.
    ///
    /// # Errors
    /// A render that exceeds its limits is given up.
    pub fn render_in(
        &self,
        model: &dyn Model,
        session: &mut Session<'_>,
    ) -> Result<Value, RenderError> {
        let made = self.root.render(model, session)?;
        Ok(made.unwrap_or(Value::Null))
    }
}

impl Part {
    fn outline(&self) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Named(_) => Value::Null,
            Self::Printed(_) => Value::String(String::new()),
            Self::Object(members) => {
                let members = members.iter();
                let outlined = members.map(|(name, part)| (name.clone(), part.outline()));
                Value::Object(outlined.collect())
            }
            Self::Array(items) => items.iter().map(Self::outline).collect(),
        }
    }

    fn names<'a>(&'a self, pointer: &str, names: &mut Vec<(String, &'a str)>) {
        match self {
            Self::Fixed(_) => {}
            Self::Named(path) => names.extend(path.root().map(|root| (pointer.to_owned(), root))),
            Self::Printed(template) => {
                names.extend(template.names().map(|name| (pointer.to_owned(), name)));
            }
            Self::Object(members) => {
                for (key, member) in members {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    member.names(&format!("{pointer}/{key}"), names);
                }
            }
            Self::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    item.names(&format!("{pointer}/{at}"), names);
                }
            }
        }
    }

    /// The value of this part; none if it is to be left out.
    fn render(
        &self,
        model: &dyn Model,
        session: &mut Session<'_>,
    ) -> Result<Option<Value>, RenderError> {
        match self {
            Self::Fixed(value) => Ok(Some(value.clone())),
            Self::Named(path) => Ok(model.find(path).map(std::borrow::Cow::into_owned)),
            Self::Printed(template) => {
                let text = template.render_in(model, session)?;
                Ok(Some(Value::String(text)))
            }
            Self::Object(members) => {
                let mut made = Map::with_capacity(members.len());
                for (key, member) in members {
                    if let Some(value) = member.render(model, session)? {
                        made.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(made)))
            }
            Self::Array(items) => {
                let mut made = Vec::with_capacity(items.len());
                for item in items {
                    made.extend(item.render(model, session)?);
                }
                Ok(Some(Value::Array(made)))
            }
        }
    }

    fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }
}

/// Where the compilation is.
#[derive(Default)]
struct Pointer {
    text: String,
    depth: usize,
}

impl Pointer {
    /// Compiles what lies one step further.
    fn step(&mut self, token: &str, value: &Value, escape: Escape) -> Result<Part, DocumentError> {
        let length = self.text.len();
        self.text.push('/');
        self.text
            .push_str(&token.replace('~', "~0").replace('/', "~1"));
        self.depth += 1;
        let part = part(value, escape, self)?;
        self.depth -= 1;
        self.text.truncate(length);
        Ok(part)
    }

    fn error(&self, error: TemplateError) -> DocumentError {
        DocumentError {
            pointer: self.text.clone(),
            error,
        }
    }
}

fn part(value: &Value, escape: Escape, at: &mut Pointer) -> Result<Part, DocumentError> {
    if at.depth > VALUE_DEPTH_MAX {
        return Err(at.error(TemplateError {
            message: format!("documents nest no deeper than {VALUE_DEPTH_MAX}"),
            line: 1,
            column: 1,
        }));
    }
    match value {
        Value::String(text) => {
            let template = Template::compile(text, escape).map_err(|error| at.error(error))?;
            Ok(match (template.sole_path(), template.text()) {
                (Some(path), _) => Part::Named(path.clone()),
                (None, Some(text)) => Part::Fixed(text.into()),
                (None, None) => Part::Printed(template),
            })
        }
        Value::Object(members) => {
            let mut parts = Vec::with_capacity(members.len());
            for (key, member) in members {
                parts.push((key.clone(), at.step(key, member, escape)?));
            }
            Ok(match parts.iter().all(|(_, part)| part.is_fixed()) {
                true => Part::Fixed(Value::Object(
                    parts
                        .into_iter()
                        .filter_map(|(key, part)| Some((key, fixed(part)?)))
                        .collect(),
                )),
                false => Part::Object(parts),
            })
        }
        Value::Array(items) => {
            let mut parts = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                parts.push(at.step(&index.to_string(), item, escape)?);
            }
            Ok(match parts.iter().all(Part::is_fixed) {
                true => Part::Fixed(parts.into_iter().filter_map(fixed).collect()),
                false => Part::Array(parts),
            })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(Part::Fixed(value.clone())),
    }
}

fn fixed(part: Part) -> Option<Value> {
    match part {
        Part::Fixed(value) => Some(value),
        _ => None,
    }
}
