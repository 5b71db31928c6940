//! Reading: what all kinds of expressions have in common, which are paths, operands and functions.
//!
//! A parser goes over the tokens once. It stops at the first that does not fit; everything else that
//! is wrong is noted on the way. How deep it goes is bounded by [`DEPTH_MAX`], how much it reads by the
//! length of the expression.

use serde_json::{Map, Value};

use super::check;
use super::problem::{Fault, Problems};
use super::reserved::is_reserved;
use super::token::{Kind, Token, syntax_error, tokens};
use super::tree::{Call, Operand, Path, Step};
use super::{DEPTH_MAX, ExpressionKind, Given, OPERATORS_MAX};

/// Why reading ended before the end.
#[derive(Debug)]
pub(super) enum Stop {
    /// A token that does not fit, by its number.
    Token(usize),
    /// Nothing more is read of what is nested so deep.
    TooDeep,
}

/// What reading gives.
pub(super) type Read<T> = Result<T, Stop>;

/// A walk over the tokens of an expression.
pub(super) struct Parser<'s, 'v> {
    source: &'s str,
    tokens: Vec<Token<'s>>,
    closings: Vec<Option<usize>>,
    at: usize,
    names: Option<&'v Map<String, Value>>,
    values: Option<&'v Map<String, Value>>,
    kind: ExpressionKind,
    pub(super) problems: Problems,
    operators: usize,
}

impl<'s, 'v> Parser<'s, 'v> {
    pub(super) fn new(kind: ExpressionKind, source: &'s str, given: Given<'v>) -> Self {
        let tokens = tokens(source);
        Self {
            source,
            closings: closings(&tokens),
            tokens,
            at: 0,
            names: given.names.as_object(),
            values: given.values.as_object(),
            kind,
            problems: Problems::default(),
            operators: 0,
        }
    }

    /// What was read, if all of it was and nothing in it is wrong.
    pub(super) fn finish<T>(mut self, read: Read<T>) -> Result<T, String> {
        let ended = self.peek().kind == Kind::End;
        let read = match read {
            Ok(_) if !ended => Err(Stop::Token(self.at)),
            other => other,
        };
        let tree = match read {
            Ok(tree) => tree,
            Err(Stop::Token(at)) => return Err(syntax_error(self.source, &self.tokens, at)),
            Err(Stop::TooDeep) => {
                return Err(format!(
                    "The expression is nested too deep; levels allowed: {DEPTH_MAX}"
                ));
            }
        };
        if self.operators > OPERATORS_MAX {
            self.problems.note(Fault::Bounds, || {
                let count = OPERATORS_MAX + 1;
                format!("The expression contains too many operators; operator count: {count}")
            });
        }
        self.problems.into_first().map_or(Ok(tree), Err)
    }

    pub(super) fn peek(&self) -> Token<'s> {
        self.ahead(0)
    }

    /// The token after so many others. The last one stands for all behind it.
    pub(super) fn ahead(&self, count: usize) -> Token<'s> {
        let last = self.tokens.len().saturating_sub(1);
        let end = Token {
            kind: Kind::End,
            text: "",
            start: self.source.len(),
        };
        let token = self.tokens.get((self.at + count).min(last));
        token.copied().unwrap_or(end)
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// The token at hand does not fit.
    pub(super) fn stop<T>(&self) -> Read<T> {
        Err(Stop::Token(self.at))
    }

    /// Passes over a mark, if it stands here.
    pub(super) fn take_mark(&mut self, mark: &str) -> bool {
        let is_it = self.peek().is_mark(mark);
        self.at += usize::from(is_it);
        is_it
    }

    pub(super) fn expect_mark(&mut self, mark: &str) -> Read<()> {
        match self.take_mark(mark) {
            true => Ok(()),
            false => self.stop(),
        }
    }

    /// Passes over a word, if it stands here.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_it = self.peek().is_word(word);
        self.at += usize::from(is_it);
        is_it
    }

    /// Counts an operator or a function.
    pub(super) fn operator(&mut self) {
        self.operators += 1;
    }

    /// Whether a document path begins here.
    pub(super) fn is_path(&self) -> bool {
        let token = self.peek();
        match token.kind {
            Kind::Name => true,
            Kind::Word => !self.kind.keywords().iter().any(|word| token.is_word(word)),
            _ => false,
        }
    }

    /// A document path.
    pub(super) fn path(&mut self) -> Read<Path> {
        let first = self.name()?;
        let mut path = Path(first.into_iter().map(Step::Name).collect());
        self.path_goes_on(&mut path)?;
        Ok(path)
    }

    /// The steps behind what has been read of a path.
    pub(super) fn path_goes_on(&mut self, path: &mut Path) -> Read<()> {
        loop {
            if self.take_mark(".") {
                let name = self.name()?;
                path.0.extend(name.map(Step::Name));
            } else if self.take_mark("[") {
                let token = self.peek();
                if token.kind != Kind::Number {
                    return self.stop();
                }
                self.skip();
                self.expect_mark("]")?;
                // An index that no list has is as good as any other.
                path.0
                    .push(Step::Index(token.text.parse().unwrap_or(usize::MAX)));
            } else {
                break;
            }
        }
        let levels = path.0.len();
        if levels > DEPTH_MAX {
            self.problems.note(Fault::Bounds, || {
                format!("The document path has too many nesting elements; nesting levels: {levels}")
            });
        }
        Ok(())
    }

    /// A name of a path; nothing, where its placeholder stands for nothing.
    fn name(&mut self) -> Read<Option<String>> {
        if !self.is_path() {
            return self.stop();
        }
        let token = self.peek();
        self.skip();
        if token.kind == Kind::Word {
            if is_reserved(token.text) {
                let fault = match self.kind.is_condition() {
                    true => Fault::Reserved,
                    false => Fault::ReservedEarly,
                };
                self.problems.note(fault, || {
                    let word = token.text;
                    format!("Attribute name is a reserved keyword; reserved keyword: {word}")
                });
            }
            return Ok(Some(token.text.to_owned()));
        }
        let name = self.names.and_then(|names| names.get(token.text)?.as_str());
        if name.is_none() {
            self.problems.note(Fault::Name, || {
                format!(
                    "An expression attribute name used in the document path is not defined; \
                     attribute name: {}",
                    token.text
                )
            });
        }
        Ok(name.map(str::to_owned))
    }

    /// A value that came with the expression.
    pub(super) fn value(&mut self) -> Read<Operand<'v>> {
        let token = self.peek();
        if token.kind != Kind::Value {
            return self.stop();
        }
        self.skip();
        if let Some(value) = self.values.and_then(|values| values.get(token.text)) {
            return Ok(Operand::Value(value));
        }
        // In a condition, names and values are of one kind, and the first is told.
        let fault = match self.kind.is_condition() {
            true => Fault::Name,
            false => Fault::Value,
        };
        self.problems.note(fault, || {
            format!(
                "An expression attribute value used in expression is not defined; attribute value: \
                 {}",
                token.text
            )
        });
        Ok(Operand::Undefined)
    }

    /// Whether a function is called here.
    pub(super) fn is_call(&self) -> bool {
        self.peek().kind == Kind::Word && self.is_path() && self.ahead(1).is_mark("(")
    }

    /// A function and its arguments.
    pub(super) fn call(&mut self, depth: usize) -> Read<Call<'v>> {
        let name = self.peek().text.to_owned();
        self.skip();
        self.expect_mark("(")?;
        self.operator();
        let mut arguments = vec![self.operand(depth)?];
        while self.take_mark(",") {
            arguments.push(self.operand(depth)?);
        }
        self.expect_mark(")")?;
        let call = Call { name, arguments };
        check::call(self.kind, &call, &mut self.problems);
        Ok(call)
    }

    /// A path, a value or a function, perhaps in parentheses.
    pub(super) fn operand(&mut self, depth: usize) -> Read<Operand<'v>> {
        let depth = deeper(depth)?;
        if self.open() {
            let mut inner = self.operand(depth)?;
            self.expect_mark(")")?;
            if let Operand::Path(path) = &mut inner {
                self.path_goes_on(path)?;
            }
            return Ok(inner);
        }
        if self.peek().kind == Kind::Value {
            return self.value();
        }
        if self.is_call() {
            return self.call(depth).map(Operand::Call);
        }
        self.path().map(Operand::Path)
    }

    /// Passes over an opening parenthesis, if one stands here. In a condition, two that also close
    /// together are one too many.
    pub(super) fn open(&mut self) -> bool {
        let closing = |ahead: usize| *self.closings.get(self.at + ahead)?;
        let doubled = match (closing(0), closing(1)) {
            (Some(outer), Some(inner)) => outer == inner + 1,
            _ => false,
        };
        if doubled && self.kind.is_condition() {
            self.problems.note(Fault::Parentheses, || {
                "The expression has redundant parentheses;".to_owned()
            });
        }
        self.take_mark("(")
    }
}

/// For each token that is an opening parenthesis, which one closes it.
fn closings(tokens: &[Token<'_>]) -> Vec<Option<usize>> {
    let mut closings = vec![None; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is_mark("(") {
            open.push(at);
        } else if token.is_mark(")")
            && let Some(opening) = open.pop()
        {
            closings[opening] = Some(at);
        }
    }
    closings
}

/// One level deeper, if that is allowed.
pub(super) fn deeper(depth: usize) -> Read<usize> {
    match depth < DEPTH_MAX {
        true => Ok(depth + 1),
        false => Err(Stop::TooDeep),
    }
}
