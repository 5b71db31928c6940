//! From a text to what renders it: the library parses; here the result is checked and prepared.
//!
//! A path of the outermost scope is replaced by a position: before a render its value is looked
//! up, by [`Lookup`], and only what a template asks for is copied out of the model. A path within a
//! block is found by a helper of ours, which knows what names mean there. Every plain value is
//! printed by a helper of ours, and every turn of a loop is charged for.

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Subexpression, Template as Parsed, TemplateElement,
};
use handlebars::{Path, PathSeg, TemplateErrorReason};
use serde_json::Value;

use super::helpers::{self, Helper, Preparation, Role};
use super::path::{Lookup, Segment};
use super::scope::{Scoped, Start};
use super::template::TemplateError;
use super::{Dialect, assigned, guard, java};

/// What one element costs to visit, in units of work.
const ELEMENT_WORK: u64 = 64;

/// A template that is ready to be rendered.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) parsed: Parsed,
    /// What the positions in paths stand for.
    pub(super) lookups: Vec<Lookup>,
    /// The paths within blocks.
    pub(super) scoped: Vec<Scoped>,
    pub(super) dialect: Dialect,
    /// The texts before the first tag and behind the last one.
    pub(super) around: (String, String),
    /// The helpers it calls.
    pub(super) helpers: Vec<&'static Helper>,
    /// What could be compiled for them ahead.
    pub(super) preparations: Vec<Preparation>,
    /// The names that it assigns.
    pub(super) variables: Vec<String>,
    /// The path that is all there is to the template, if it is a single tag that holds one.
    pub(super) sole: Option<Lookup>,
}

/// A position in the source: line and column, from 1.
type Place = (usize, usize);

/// Parses and checks `source`. None, if there is no tag in it.
pub(super) fn compile(source: &str, dialect: Dialect) -> Result<Option<Compiled>, TemplateError> {
    // WireMock looks for the first braces that open and the last that close: what lies beyond is no
    // template, whatever it looks like.
    let (start, end) = match (dialect, source.find("{{"), source.rfind("}}")) {
        (Dialect::Pack, ..) => (0, source.len()),
        (Dialect::WireMock, Some(start), Some(end)) if start < end => (start, end + 2),
        // Braces that only close lie before the first that open: WireMock fails on each call.
        (Dialect::WireMock, Some(_), Some(_)) => (0, source.len()),
        (Dialect::WireMock, ..) => return Ok(None),
    };
    let before = &source[..start];
    let lines = before.matches('\n').count();
    let indent = before.chars().rev().take_while(|c| *c != '\n').count();
    let compiled = tags(&source[start..end], dialect).map_err(|error| TemplateError {
        column: error.column + if error.line == 1 { indent } else { 0 },
        line: error.line + lines,
        ..error
    })?;
    Ok(Some(Compiled {
        around: (before.to_owned(), source[end..].to_owned()),
        ..compiled
    }))
}

/// Parses and checks what begins and ends with a tag, if the dialect is WireMock's.
fn tags(source: &str, dialect: Dialect) -> Result<Compiled, TemplateError> {
    let rewritten = match dialect {
        Dialect::WireMock => java::rewrite(source, |name| helpers::find(name).is_some()),
        Dialect::Pack => None,
    };
    let stop = rewritten.as_ref().map(|rewritten| rewritten.stop);
    let source = rewritten.as_ref().map_or(source, |made| made.text.as_str());
    guard::check(source).map_err(|mistake| {
        let before = &source[..mistake.offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        TemplateError {
            message: mistake.message,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    })?;
    let mut parsed = Parsed::compile(source).map_err(|error| {
        let (line, column) = error.pos().unwrap_or((1, 1));
        let message = match error.reason() {
            TemplateErrorReason::InvalidSyntax(message) => format!("syntax error: {message}"),
            reason => reason.to_string(),
        };
        TemplateError {
            message,
            line,
            column,
        }
    })?;
    let mut walk = Walk {
        dialect,
        stop,
        ..Walk::default()
    };
    assigned::names_in(&parsed, &mut walk.variables);
    // A block prints what stands in it, and is no single tag, whatever path is the last in it.
    let is_single = matches!(
        parsed.elements.as_slice(),
        [TemplateElement::Expression(_) | TemplateElement::HtmlExpression(_)]
    );
    walk.template(&mut parsed, (1, 1))?;
    let sole = walk.last_printed.filter(|_| is_single);
    Ok(Compiled {
        parsed,
        sole: sole.map(|position| walk.lookups[position].clone()),
        lookups: walk.lookups,
        scoped: walk.scoped,
        dialect,
        around: Default::default(),
        helpers: walk.helpers,
        preparations: walk.preparations,
        variables: walk.variables,
    })
}

#[derive(Default)]
struct Walk {
    dialect: Dialect,
    /// The character that is to be taken out of texts.
    stop: Option<char>,
    lookups: Vec<Lookup>,
    scoped: Vec<Scoped>,
    helpers: Vec<&'static Helper>,
    preparations: Vec<Preparation>,
    variables: Vec<String>,
    /// The names that the blocks around give to their values.
    block_params: Vec<String>,
    /// How many blocks around have a scope of their own.
    scopes: usize,
    /// The position that the last plain value is printed from, if it is one of the model.
    last_printed: Option<usize>,
}

/// Whether a call may come out differently if it is made again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Free,
    Kept,
}

impl Walk {
    /// Checks and prepares `template`; tells what it costs to visit all of it once.
    fn template(&mut self, template: &mut Parsed, outer: Place) -> Result<u64, TemplateError> {
        let mut work = 0;
        let mut elements = Vec::with_capacity(template.elements.len());
        for (index, mut element) in std::mem::take(&mut template.elements)
            .into_iter()
            .enumerate()
        {
            let mapping = template.mapping.get(index);
            let place = mapping.map_or(outer, |mapping| (mapping.0, mapping.1));
            work += ELEMENT_WORK;
            match &mut element {
                TemplateElement::RawString(text) => {
                    if let Some(stop) = self.stop {
                        text.retain(|character| character != stop);
                    }
                    work += text.len() as u64;
                }
                TemplateElement::Comment(_) => {}
                TemplateElement::Expression(tag) | TemplateElement::HtmlExpression(tag) => {
                    self.expression(tag, place)?;
                }
                TemplateElement::HelperBlock(block) => {
                    work += self.block(block, place)?;
                }
                _ => {
                    return refuse(place, "partials and decorators are not supported");
                }
            }
            elements.push(element);
        }
        template.elements = elements;
        Ok(work)
    }

    /// A tag that prints: a plain value, or what a helper makes.
    fn expression(&mut self, tag: &mut HelperTemplate, place: Place) -> Result<(), TemplateError> {
        self.last_printed = None;
        let is_bare = tag.params.is_empty() && tag.hash.is_empty();
        let is_value = match &tag.name {
            Parameter::Path(_) => is_bare && helpers::find(raw_name(&tag.name)).is_none(),
            Parameter::Name(_) => false,
            _ => {
                return refuse(
                    place,
                    "a tag starts with a path or with the name of a helper",
                );
            }
        };
        if !is_value {
            return self.call(tag, place, Position::Value).map(|_| ());
        }
        let name = std::mem::replace(&mut tag.name, Parameter::Name(String::new()));
        let Parameter::Path(path) = name else {
            return Ok(());
        };
        let (helper, value) = match self.path(path) {
            Reach::Model(position, path) => {
                self.last_printed = Some(position);
                (&helpers::PRINT, Parameter::Path(path))
            }
            Reach::Block(scoped) => (&helpers::FIND, Parameter::Literal(scoped.into())),
        };
        tag.name = Parameter::Name(helper.name.to_owned());
        tag.params.push(value);
        self.uses(helper);
        Ok(())
    }

    /// A block: what it costs to visit once.
    fn block(&mut self, block: &mut HelperTemplate, place: Place) -> Result<u64, TemplateError> {
        self.last_printed = None;
        let (helper, _) = self.call(block, place, Position::Block)?;
        if helper.has_scope() && helper.role != Role::Join && block.params.len() != 1 {
            let count = block.params.len();
            let message = format!("{} takes one value, and was given {count}", helper.name);
            return refuse(place, message);
        }
        let mut cost = self.body(helper, block, place)?;
        if let Some(inverse) = &mut block.inverse {
            cost += self.template(inverse, place)?;
        }
        Ok(cost)
    }

    /// The body of a block, in its scope: what it costs to visit once. A loop is charged for every
    /// turn instead, by a tag of its own.
    fn body(
        &mut self,
        helper: &Helper,
        block: &mut HelperTemplate,
        place: Place,
    ) -> Result<u64, TemplateError> {
        let Some(body) = &mut block.template else {
            return Ok(0);
        };
        let named = self.block_params.len();
        let scopes = self.scopes;
        if helper.has_scope() {
            self.scopes += 1;
            let names = match &block.block_param {
                Some(BlockParam::Single(name)) => vec![name],
                Some(BlockParam::Pair((value, key))) => vec![value, key],
                _ => Vec::new(),
            };
            let names = names.into_iter().map(|name| raw_name(name).to_owned());
            self.block_params.extend(names);
        }
        let cost = self.template(body, place)?;
        self.scopes = scopes;
        self.block_params.truncate(named);
        if !helper.is_loop() {
            return Ok(cost);
        }
        let charge = call_of(&helpers::CHARGE, cost.into());
        body.elements.insert(0, *charge.element);
        self.uses(&helpers::CHARGE);
        Ok(0)
    }

    /// A call of a helper, with its arguments.
    fn call(
        &mut self,
        tag: &mut HelperTemplate,
        place: Place,
        position: Position,
    ) -> Result<(&'static Helper, Order), TemplateError> {
        if matches!(
            tag.name,
            Parameter::Literal(_) | Parameter::Subexpression(_)
        ) {
            return refuse(place, "a call starts with the name of a helper");
        }
        let name = raw_name(&tag.name);
        let Some(helper) = helpers::find(name) else {
            return refuse(
                place,
                match helpers::nearest(name) {
                    Some(near) => format!("there is no helper '{name}'; did you mean '{near}'?"),
                    None => format!("there is no helper '{name}'"),
                },
            );
        };
        match (position, helper.role) {
            (Position::Value, Role::Scope(_) | Role::Block | Role::Condition) => {
                return refuse(place, format!("{name} is a block"));
            }
            (Position::Block, Role::Value) => {
                return refuse(place, format!("the helper {name} is not a block"));
            }
            _ => {}
        }
        self.uses(helper);
        self.preparations.extend(helper.prepare(tag));
        let mut order = match helper.is_ordered() {
            true => Order::Kept,
            false => Order::Free,
        };
        for parameter in &mut tag.params {
            if self.parameter(parameter, place)? == Order::Kept {
                order = Order::Kept;
            }
        }
        // The library evaluates named arguments in no fixed order; here they get one.
        let mut named: Vec<(&String, &mut Parameter)> = tag.hash.iter_mut().collect();
        named.sort_unstable_by_key(|(key, _)| *key);
        let mut kept = 0;
        for (_, parameter) in named {
            kept += usize::from(self.parameter(parameter, place)? == Order::Kept);
        }
        match kept {
            0 => Ok((helper, order)),
            1 => Ok((helper, Order::Kept)),
            _ => refuse(
                place,
                "two named arguments draw or assign, and their order is not defined; make one of \
                 them a variable before",
            ),
        }
    }

    fn parameter(
        &mut self,
        parameter: &mut Parameter,
        place: Place,
    ) -> Result<Order, TemplateError> {
        match parameter {
            Parameter::Path(path) => {
                let path = std::mem::replace(path, Path::Relative(Default::default()));
                *parameter = match self.path(path) {
                    Reach::Model(_, path) => Parameter::Path(path),
                    Reach::Block(scoped) => {
                        self.uses(&helpers::FIND);
                        found_by(scoped)
                    }
                };
                Ok(Order::Free)
            }
            Parameter::Subexpression(call) => match &mut *call.element {
                TemplateElement::Expression(tag) => self
                    .call(tag, place, Position::Value)
                    .map(|(_, order)| order),
                _ => Ok(Order::Free),
            },
            Parameter::Literal(Value::Array(_) | Value::Object(_)) => {
                refuse(place, "lists are made by the helper array")
            }
            Parameter::Literal(literal) if self.dialect == Dialect::WireMock => {
                helpers::as_java_reads(literal);
                Ok(Order::Free)
            }
            _ => Ok(Order::Free),
        }
    }

    /// How a path is reached: that of the outermost scope by a position.
    fn path(&mut self, path: Path) -> Reach {
        let (segments, raw) = match path {
            Path::Relative((segments, raw)) => (segments, raw),
            Path::Local((level, name, _)) => {
                return self.within(Start::Local(level), &[&name], None);
            }
        };
        let names: Vec<&str> = segments
            .iter()
            .filter_map(|segment| match segment {
                PathSeg::Named(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let rules = segments.len() - names.len();
        let bare = raw
            .trim_start_matches("this")
            .trim_start_matches(['.', '/']);
        let is_absolute = rules > 0 && bare.starts_with("@root");
        let is_local = rules > 0
            || names.is_empty()
            || ["this.", "this/", "./"]
                .iter()
                .any(|start| raw.starts_with(start));
        let first = names.first().copied().unwrap_or("");
        let is_known = |known: &[String]| known.iter().any(|name| name == first);
        let is_named = is_known(&self.variables) || is_known(&self.block_params);
        if is_absolute || (self.scopes == 0 && rules == 0 && !is_named) {
            let position = self.position(&names);
            let path = Path::parse(&format!("{POSITION}{position}")).expect("this is a path");
            return Reach::Model(position, path);
        }
        // Packs are told of names that they have misspelt: those in blocks are the blocks' own.
        let in_model = match self.dialect {
            Dialect::WireMock => true,
            Dialect::Pack => is_local && rules >= self.scopes,
        };
        let in_model = in_model.then(|| self.position(&names));
        let start = match is_local {
            true => Start::Only(rules),
            false => Start::Chain,
        };
        self.within(start, &names, in_model)
    }

    /// The position of the value that these names lead to.
    fn position(&mut self, names: &[&str]) -> usize {
        let names = names.iter().copied();
        let lookup = match self.dialect {
            Dialect::Pack => Lookup::in_pack(names),
            Dialect::WireMock => Lookup::new(names),
        };
        let known = self.lookups.iter().position(|known| *known == lookup);
        known.unwrap_or_else(|| {
            self.lookups.push(lookup);
            self.lookups.len() - 1
        })
    }

    fn within(&mut self, start: Start, names: &[&str], in_model: Option<usize>) -> Reach {
        self.scoped.push(Scoped {
            start,
            segments: names.iter().copied().map(Segment::new).collect(),
            in_model,
        });
        Reach::Block(self.scoped.len() - 1)
    }

    fn uses(&mut self, helper: &'static Helper) {
        let is_known = self.helpers.iter().any(|known| known.name == helper.name);
        if !is_known {
            self.helpers.push(helper);
        }
    }
}

/// What a path that stands for a position starts with.
const POSITION: &str = "@root/";

/// How a path is reached.
enum Reach {
    /// By a position among the values of the model.
    Model(usize, Path),
    /// By a search through the blocks around: the position of what is searched.
    Block(usize),
}

/// Where a call stands.
#[derive(Clone, Copy)]
enum Position {
    Value,
    Block,
}

fn raw_name(name: &Parameter) -> &str {
    name.as_name().unwrap_or("")
}

/// The call `(helper argument)`.
fn call_of(helper: &Helper, argument: Value) -> Subexpression {
    let name = Parameter::Name(helper.name.to_owned());
    Subexpression::new(name, vec![Parameter::Literal(argument)], Default::default())
}

/// What finds a path within blocks.
fn found_by(scoped: usize) -> Parameter {
    Parameter::Subexpression(call_of(&helpers::FIND, scoped.into()))
}

fn refuse<T>((line, column): Place, message: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError {
        message: message.into(),
        line,
        column,
    })
}
