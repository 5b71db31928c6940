//! From a text to what renders it: the library parses; here the result is checked and prepared.
//!
//! A path of the outermost scope is replaced by a position: before a render its value is looked
//! up, by [`Lookup`], and only what a template asks for is copied out of the model. Every plain
//! value is printed by a helper of ours, and every turn of a loop is charged for.

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Subexpression, Template as Parsed, TemplateElement,
};
use handlebars::{Path, PathSeg, TemplateErrorReason};
use serde_json::Value;

use super::guard;
use super::helpers::{self, Helper, Preparation, Role};
use super::path::Lookup;
use super::template::TemplateError;

/// What one element costs to visit, in units of work.
const ELEMENT_WORK: u64 = 64;

/// A template that is ready to be rendered.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) parsed: Parsed,
    /// What the positions in paths stand for.
    pub(super) lookups: Vec<Lookup>,
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

/// Parses and checks `source`.
pub(super) fn compile(source: &str) -> Result<Compiled, TemplateError> {
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
    let mut walk = Walk::default();
    variables_in(&parsed, &mut walk.variables);
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
        helpers: walk.helpers,
        preparations: walk.preparations,
        variables: walk.variables,
    })
}

/// Adds the names of the variables that `template` assigns.
fn variables_in(template: &Parsed, names: &mut Vec<String>) {
    for element in &template.elements {
        variables_of(element, names);
    }
}

fn variables_of(element: &TemplateElement, names: &mut Vec<String>) {
    let (TemplateElement::Expression(tag)
    | TemplateElement::HtmlExpression(tag)
    | TemplateElement::HelperBlock(tag)) = element
    else {
        return;
    };
    let variable = tag.name.as_name().and_then(helpers::find);
    let name = variable.and_then(|helper| helper.variable?.of_tag(tag));
    if let Some(Parameter::Literal(Value::String(name))) = name
        && !names.contains(name)
    {
        names.push(name.clone());
    }
    for parameter in tag.params.iter().chain(tag.hash.values()) {
        if let Parameter::Subexpression(call) = parameter {
            variables_of(&call.element, names);
        }
    }
    for inner in tag.template.iter().chain(&tag.inverse) {
        variables_in(inner, names);
    }
}

#[derive(Default)]
struct Walk {
    lookups: Vec<Lookup>,
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
                TemplateElement::RawString(text) => work += text.len() as u64,
                TemplateElement::Comment(_) => {}
                TemplateElement::Expression(tag) | TemplateElement::HtmlExpression(tag) => {
                    self.expression(tag, place)?;
                }
                TemplateElement::HelperBlock(block) => {
                    let (cost, weighed) = self.block(block, place)?;
                    work += cost;
                    elements.extend(weighed);
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
        let printer = Parameter::Name(helpers::PRINT.name.to_owned());
        let mut value = std::mem::replace(&mut tag.name, printer);
        if let Parameter::Path(path) = &mut value {
            self.last_printed = self.path(path);
        }
        tag.params.push(value);
        self.uses(&helpers::PRINT);
        Ok(())
    }

    /// A block: what it costs to visit once, and the tag that weighs its value before, if the
    /// library is going to copy that.
    fn block(
        &mut self,
        block: &mut HelperTemplate,
        place: Place,
    ) -> Result<(u64, Option<TemplateElement>), TemplateError> {
        self.last_printed = None;
        let (helper, _) = self.call(block, place, Position::Block)?;
        let (mut cost, weighed) = match helper.role {
            Role::Library => self.copied_value(block, place)?,
            _ => (0, None),
        };
        cost += self.body(helper, block, place)?;
        if let Some(inverse) = &mut block.inverse {
            cost += self.template(inverse, place)?;
        }
        Ok((cost, weighed))
    }

    /// The one value of a block that the library runs: what it costs to copy it if it is constant,
    /// and the tag that weighs it if it comes from a helper.
    fn copied_value(
        &mut self,
        block: &HelperTemplate,
        place: Place,
    ) -> Result<(u64, Option<TemplateElement>), TemplateError> {
        match &block.params[..] {
            [Parameter::Path(path)] if !is_position(path) => {
                let weigh = tag_of(&helpers::WEIGH, Parameter::Path(path.clone()));
                self.uses(&helpers::WEIGH);
                Ok((0, Some(weigh)))
            }
            [Parameter::Literal(Value::String(text))] => Ok((text.len() as u64, None)),
            [_] => Ok((0, None)),
            others => {
                let name = raw_name(&block.name);
                let message = format!("{name} takes one value, and was given {}", others.len());
                refuse(place, message)
            }
        }
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
        let charge = tag_of(&helpers::CHARGE, Parameter::Literal(Value::from(cost)));
        body.elements.insert(0, charge);
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
            (Position::Value, Role::Library | Role::Block | Role::Condition) => {
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
                self.path(path);
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
            _ => Ok(Order::Free),
        }
    }

    /// Replaces a path of the outermost scope by a position, and tells which.
    fn path(&mut self, path: &mut Path) -> Option<usize> {
        let Path::Relative((segments, raw)) = path else {
            return None;
        };
        let names = || {
            segments.iter().filter_map(|segment| match segment {
                PathSeg::Named(name) => Some(name.as_str()),
                _ => None,
            })
        };
        let has_rules = names().count() < segments.len();
        let is_absolute = has_rules
            && raw
                .trim_start_matches("this")
                .trim_start_matches(['.', '/'])
                .starts_with("@root");
        let levels = segments.len() - names().count();
        if !is_absolute {
            if levels < self.scopes {
                return None;
            }
            let first = names().next().unwrap_or("");
            let is_local = |known: &[String]| known.iter().any(|name| name == first);
            if is_local(&self.variables) || is_local(&self.block_params) {
                return None;
            }
        }
        let lookup = Lookup::new(names());
        let known = self.lookups.iter().position(|known| *known == lookup);
        let position = known.unwrap_or_else(|| {
            self.lookups.push(lookup);
            self.lookups.len() - 1
        });
        *path = Path::parse(&format!("{POSITION}{position}")).expect("this is a path");
        Some(position)
    }

    fn uses(&mut self, helper: &'static Helper) {
        let is_known = self.helpers.iter().any(|known| known.name == helper.name);
        if !is_known && helper.role != Role::Library {
            self.helpers.push(helper);
        }
    }
}

/// What a path that stands for a position starts with.
const POSITION: &str = "@root/";

fn is_position(path: &Path) -> bool {
    matches!(path, Path::Relative((_, raw)) if raw.starts_with(POSITION))
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

/// The tag `{{helper argument}}`.
fn tag_of(helper: &Helper, argument: Parameter) -> TemplateElement {
    let name = Parameter::Name(helper.name.to_owned());
    *Subexpression::new(name, vec![argument], Default::default()).element
}

fn refuse<T>((line, column): Place, message: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError {
        message: message.into(),
        line,
        column,
    })
}
