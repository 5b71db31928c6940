//! A text with tags in it.

use std::fmt;

use super::compile::{Compiled, compile};
use super::path::{Lookup, Model};
use super::run::{self, Session};
use super::{Dialect, Escape, RenderEnv, RenderError};

/// A template that does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong, as part of a sentence.
    pub message: String,
    /// The line it is on, from 1.
    pub line: usize,
    /// The character of that line, from 1.
    pub column: usize,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            message,
            line,
            column,
        } = self;
        write!(f, "line {line}, column {column}: {message}")
    }
}

impl std::error::Error for TemplateError {}

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    content: Content,
    escape: Escape,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Tags(Box<Compiled>),
}

impl Template {
    /// Compiles `source`, a template of a pack.
    ///
    /// # Errors
    /// Bad syntax, unknown helpers, and what exceeds
    /// [`TEMPLATE_BYTES_MAX`](super::TEMPLATE_BYTES_MAX),
    /// [`BLOCK_DEPTH_MAX`](super::BLOCK_DEPTH_MAX) or
    /// [`CALL_DEPTH_MAX`](super::CALL_DEPTH_MAX) are refused, with their place.
    pub fn compile(source: &str, escape: Escape) -> Result<Self, TemplateError> {
        Self::of(source, escape, Dialect::Pack)
    }

    /// Compiles `source` as WireMock reads it.
    ///
    /// # Errors
    /// As [`Template::compile`].
    pub fn of_wiremock(source: &str) -> Result<Self, TemplateError> {
        Self::of(source, Escape::None, Dialect::WireMock)
    }

    fn of(source: &str, escape: Escape, dialect: Dialect) -> Result<Self, TemplateError> {
        let content = match source.contains("{{") || source.len() > super::TEMPLATE_BYTES_MAX {
            false => Content::Text(source.to_owned()),
            true => {
                let compiled = compile(source, dialect)?;
                match compiled.as_ref().map(run::fixed_text) {
                    None => Content::Text(source.to_owned()),
                    Some(Some(text)) => Content::Text(text),
                    Some(None) => compiled.map_or_else(
                        || Content::Text(source.to_owned()),
                        |compiled| Content::Tags(Box::new(compiled)),
                    ),
                }
            }
        };
        Ok(Self { content, escape })
    }

    /// Whether the template prints the same text whatever it is given.
    #[must_use]
    pub fn is_static(&self) -> bool {
        matches!(self.content, Content::Text(_))
    }

    /// The names of the model that the template asks for: where its paths begin. What it assigns
    /// itself is not among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let compiled = match &self.content {
            Content::Text(_) => None,
            Content::Tags(compiled) => Some(compiled),
        };
        compiled.into_iter().flat_map(|compiled| {
            let roots = compiled.lookups.iter().filter_map(Lookup::root);
            roots.filter(|root| !compiled.variables.iter().any(|variable| variable == root))
        })
    }

    /// Prints the template for `model`, which knows the names it may use.
    ///
    /// # Errors
    /// A render that exceeds its limits is given up.
    pub fn render(&self, model: &dyn Model, env: &RenderEnv<'_>) -> Result<String, RenderError> {
        self.render_in(model, &mut Session::new(*env))
    }

    /// Prints the template as one of several that share the chance and the limits of `session`.
    ///
    /// # Errors
    /// A render that exceeds its limits is given up.
    pub fn render_in(
        &self,
        model: &dyn Model,
        session: &mut Session<'_>,
    ) -> Result<String, RenderError> {
        match &self.content {
            Content::Text(text) => Ok(text.clone()),
            Content::Tags(compiled) => run::render(compiled, self.escape, model, session),
        }
    }

    /// The text of a template that is static.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Tags(_) => None,
        }
    }

    /// The path that is all there is to this template, if it is a single tag that holds a path of
    /// the model.
    pub(super) fn sole_path(&self) -> Option<&Lookup> {
        match &self.content {
            Content::Text(_) => None,
            Content::Tags(compiled) => compiled.sole.as_ref(),
        }
    }
}
