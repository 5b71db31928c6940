//! The grammar of paths.

use super::function::{Argument, Call, Function};
use super::{JsonPath, NESTING_MAX, PATH_BYTES_MAX, PathError, STEPS_MAX, Step};

/// Checks a whole text as a path.
pub(super) fn compile(text: &str) -> Result<JsonPath, PathError> {
    let refuse = |message: String| PathError { offset: 0, message };
    if text.len() > PATH_BYTES_MAX {
        return Err(refuse(format!(
            "a path is at most {PATH_BYTES_MAX} bytes long"
        )));
    }
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(refuse("an empty path".to_owned()));
    }
    let prefix = if trimmed.starts_with(['$', '@']) {
        ""
    } else {
        "$."
    };
    let full = format!("{prefix}{trimmed}");
    let mut parser = Parser {
        text: &full,
        at: 0,
        steps: 0,
        nesting: 0,
    };
    let before = text.len() - text.trim_start().len();
    parser.path(Place::Top).map_err(|error| PathError {
        offset: (error.offset + before).saturating_sub(prefix.len()),
        ..error
    })
}

/// Where a path stands, and so where it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    Filter,
    Argument,
}

impl Place {
    fn ends_before(self, next: char) -> bool {
        match self {
            Self::Top => false,
            Self::Filter => next.is_whitespace() || "<>=~!&|),]".contains(next),
            Self::Argument => next.is_whitespace() || ",)".contains(next),
        }
    }
}

/// What stands after a dot, or alone.
enum Token {
    Step(Step),
    Call(Call),
}

/// A position in a text. Its methods are spread over the files of this module by what they read.
pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    steps: usize,
    nesting: usize,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Takes the next character if it is the given one.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.at += wanted.len_utf8();
        }
        is_next
    }

    pub(super) fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let length = rest.find(|next| !is_wanted(next)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(super) fn expect(&mut self, wanted: char) -> Result<(), PathError> {
        self.skip_blanks();
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.error(format!("expected '{wanted}'")))
        }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> PathError {
        self.error_at(self.at, message)
    }

    #[expect(clippy::unused_self, reason = "reads as its neighbour does")]
    pub(super) fn error_at(&self, offset: usize, message: impl Into<String>) -> PathError {
        PathError {
            offset,
            message: message.into(),
        }
    }

    /// Reads something that can stand in itself.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, PathError>,
    ) -> Result<T, PathError> {
        if self.nesting >= NESTING_MAX {
            return Err(self.error(format!("nested more than {NESTING_MAX} deep")));
        }
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        read
    }

    /// Reads a path from its `$` or `@` to where it ends at this place.
    pub(super) fn path(&mut self, place: Place) -> Result<JsonPath, PathError> {
        let start = self.at;
        let is_relative = self.take('@');
        if !is_relative {
            self.expect('$')?;
        }
        let ends = |next: Option<char>| next.is_none_or(|next| place.ends_before(next));
        if !ends(self.peek()) && !matches!(self.peek(), Some('.' | '[')) {
            return Err(self.error("expected '.' or '['"));
        }
        let mut steps = Vec::new();
        let mut call = None;
        while !ends(self.peek()) {
            if call.is_some() {
                return Err(self.error("a function has to be the last part of a path"));
            }
            if self.take('.') {
                if self.take('.') {
                    self.push(&mut steps, Step::Scan)?;
                }
                if ends(self.peek()) || self.peek() == Some('.') {
                    return Err(self.error("expected a name, '*' or '[' after the dot"));
                }
            }
            let at = self.at;
            match self.token(place)? {
                Token::Step(step) => self.push(&mut steps, step)?,
                Token::Call(_) if matches!(steps.last(), Some(Step::Scan)) => {
                    return Err(self.error_at(at, "expected a name, '*' or '[' after '..'"));
                }
                Token::Call(read) => call = Some(read),
            }
        }
        let path = JsonPath {
            text: self.text[start..self.at].to_owned(),
            is_relative,
            steps,
            call: call.map(Box::new),
        };
        Ok(gather_scan(path))
    }

    fn push(&mut self, steps: &mut Vec<Step>, step: Step) -> Result<(), PathError> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(self.error(format!("a path has at most {STEPS_MAX} steps")));
        }
        steps.push(step);
        Ok(())
    }

    fn token(&mut self, place: Place) -> Result<Token, PathError> {
        if self.peek() == Some('[') {
            return self.bracket().map(Token::Step);
        }
        if self.take('*') {
            return Ok(Token::Step(Step::Wildcard));
        }
        let start = self.at;
        let is_part =
            |next: char| !".[(".contains(next) && !next.is_whitespace() && !place.ends_before(next);
        let name = self.take_while(is_part).to_owned();
        if self.take('(') {
            return self.nested(|parser| parser.call(&name, start));
        }
        match self.peek() {
            Some(next) if next.is_whitespace() && place == Place::Top => {
                Err(self.error("a name with blanks stands in brackets: ['my name']"))
            }
            _ if name.is_empty() => Err(self.error("expected a name")),
            _ => Ok(Token::Step(Step::Names(vec![name]))),
        }
    }

    /// Reads the arguments of a function, from after its opening parenthesis.
    fn call(&mut self, name: &str, start: usize) -> Result<Token, PathError> {
        let mut arguments = Vec::new();
        self.skip_blanks();
        if !self.take(')') {
            loop {
                arguments.push(self.argument()?);
                self.skip_blanks();
                if !self.take(',') {
                    break;
                }
            }
            self.expect(')')?;
        }
        let index = match (name, arguments.as_slice()) {
            ("first", []) => Some(0),
            ("last", []) => Some(-1),
            ("index", [Argument::Literal(index)]) => {
                index.as_i64().and_then(|index| i32::try_from(index).ok())
            }
            _ => None,
        };
        if let Some(index) = index {
            return Ok(Token::Step(Step::Indices(vec![index])));
        }
        let Some(function) = Function::by_name(name) else {
            return Err(self.error_at(start, format!("no function is named '{name}'")));
        };
        if function == Function::Length {
            for argument in &mut arguments {
                self.count_what_is_found(argument, start)?;
            }
        }
        Ok(Token::Call(Call {
            function,
            arguments,
        }))
    }

    /// The argument of `length` finds the elements that are counted: as Jayway does, what the path
    /// leads to is opened.
    fn count_what_is_found(&self, argument: &mut Argument, at: usize) -> Result<(), PathError> {
        match argument {
            Argument::Path(path) if path.call.is_none() => path.steps.push(Step::Wildcard),
            Argument::Path(_) => {}
            Argument::Literal(_) => {
                return Err(self.error_at(at, "'length' takes a path"));
            }
        }
        Ok(())
    }

    fn argument(&mut self) -> Result<Argument, PathError> {
        self.skip_blanks();
        if matches!(self.peek(), Some('$' | '@')) {
            return self.path(Place::Argument).map(Argument::Path);
        }
        self.literal().map(Argument::Literal)
    }

    fn bracket(&mut self) -> Result<Step, PathError> {
        self.expect('[')?;
        self.skip_blanks();
        let step = match self.peek() {
            Some('\'' | '"') => self.names()?,
            Some('*') => {
                self.take('*');
                Step::Wildcard
            }
            Some('?') => {
                self.take('?');
                self.expect('(')?;
                let filter = self.nested(Self::filter)?;
                self.expect(')')?;
                Step::Filter(filter)
            }
            Some('0'..='9' | '-' | ':') => self.indices()?,
            _ => return Err(self.error("expected a quoted name, an index, '*' or '?('")),
        };
        self.expect(']')?;
        Ok(step)
    }

    fn names(&mut self) -> Result<Step, PathError> {
        let mut names = Vec::new();
        loop {
            self.skip_blanks();
            if !matches!(self.peek(), Some('\'' | '"')) {
                return Err(self.error("expected a quoted name"));
            }
            names.push(self.quoted()?);
            self.skip_blanks();
            if !self.take(',') {
                return Ok(Step::Names(names));
            }
        }
    }

    fn indices(&mut self) -> Result<Step, PathError> {
        let first = self.index()?;
        self.skip_blanks();
        if self.take(':') {
            self.skip_blanks();
            let to = self.index()?;
            self.skip_blanks();
            return match (first, to) {
                _ if self.peek() == Some(':') => Err(self.error("a slice has no step")),
                (None, None) => Err(self.error("a slice needs a start or an end")),
                (from, to) => Ok(Step::Slice(from, to)),
            };
        }
        let mut indices = Vec::new();
        let mut next = first;
        loop {
            indices.push(next.ok_or_else(|| self.error("expected an index"))?);
            self.skip_blanks();
            if !self.take(',') {
                return Ok(Step::Indices(indices));
            }
            self.skip_blanks();
            next = self.index()?;
        }
    }

    fn index(&mut self) -> Result<Option<i32>, PathError> {
        let start = self.at;
        let text = self.take_while(|next| next == '-' || next.is_ascii_digit());
        if text.is_empty() {
            return Ok(None);
        }
        let index = text.parse().ok();
        index
            .map(Some)
            .ok_or_else(|| self.error_at(start, "no index of 32 bits"))
    }
}

/// `$..path.function()` asks over all that the scan finds, not for each: as with Jayway the scan
/// becomes an argument of the function.
fn gather_scan(mut path: JsonPath) -> JsonPath {
    let is_scan = matches!(path.steps.first(), Some(Step::Scan));
    let Some(call) = path
        .call
        .as_mut()
        .filter(|call| is_scan && call.function.gathers())
    else {
        return path;
    };
    let mut steps = std::mem::take(&mut path.steps);
    if call.function == Function::Length {
        steps.push(Step::Wildcard);
    }
    let scan = JsonPath {
        text: path.text.clone(),
        is_relative: path.is_relative,
        steps,
        call: None,
    };
    call.arguments.insert(0, Argument::Path(scan));
    path
}
