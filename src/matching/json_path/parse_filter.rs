//! The grammar of filters.

use regex::{Regex, RegexBuilder};

use super::filter::{Filter, Operand, Operator};
use super::parse::{Parser, Place};
use super::{JsonPath, PathError};

impl Parser<'_> {
    /// Reads a condition, up to the parenthesis that closes it.
    pub(super) fn filter(&mut self) -> Result<Filter, PathError> {
        let mut filters = vec![self.all()?];
        while self.take_word("||") {
            filters.push(self.all()?);
        }
        Ok(single_or(filters, Filter::Any))
    }

    fn all(&mut self) -> Result<Filter, PathError> {
        let mut filters = vec![self.condition()?];
        while self.take_word("&&") {
            filters.push(self.condition()?);
        }
        Ok(single_or(filters, Filter::All))
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let is_next = self.text[self.at..].starts_with(word);
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    fn condition(&mut self) -> Result<Filter, PathError> {
        self.skip_blanks();
        if self.take('!') {
            self.skip_blanks();
            let negated = if matches!(self.peek(), Some('$' | '@')) {
                self.existence()?
            } else {
                self.nested(Self::condition)?
            };
            return Ok(Filter::Not(Box::new(negated)));
        }
        if self.take('(') {
            let filter = self.nested(Self::filter)?;
            self.expect(')')?;
            return Ok(filter);
        }
        self.comparison()
    }

    fn existence(&mut self) -> Result<Filter, PathError> {
        let path = self.inner_path()?;
        self.skip_blanks();
        let at = self.at;
        if self.operator()?.is_some() {
            // Jayway drops the `!` here. Nobody means that.
            return Err(self.error_at(at, "a negated comparison needs parentheses: !(@.a == 1)"));
        }
        Ok(Filter::Exists(path))
    }

    fn comparison(&mut self) -> Result<Filter, PathError> {
        let start = self.at;
        let left = self.operand()?;
        let Some(operator) = self.operator()? else {
            return match left {
                Operand::Path(path) => Ok(Filter::Exists(path)),
                _ => Err(self.error_at(start, "a literal alone is no condition")),
            };
        };
        let right = self.operand()?;
        Ok(Filter::Compare(left, operator, right))
    }

    fn operator(&mut self) -> Result<Option<Operator>, PathError> {
        self.skip_blanks();
        let start = self.at;
        let is_symbol = |next: char| "<>=~!".contains(next);
        let text = match self.peek() {
            Some(next) if is_symbol(next) => self.take_while(is_symbol),
            _ => self.take_while(|next| next.is_ascii_alphabetic()),
        };
        if text.is_empty() {
            return Ok(None);
        }
        let operator = Operator::read(text);
        let message = format!("no operator is named '{text}'");
        operator
            .map(Some)
            .ok_or_else(|| self.error_at(start, message))
    }

    fn operand(&mut self) -> Result<Operand, PathError> {
        self.skip_blanks();
        match self.peek() {
            Some('$' | '@') => self.inner_path().map(Operand::Path),
            Some('/') => self.pattern().map(Operand::Pattern),
            _ => self.literal().map(Operand::Literal),
        }
    }

    fn inner_path(&mut self) -> Result<JsonPath, PathError> {
        self.nested(|parser| parser.path(Place::Filter))
    }

    /// Reads `/pattern/flags`, with the flags of Java: `d`, `u` and `U` change nothing here, where
    /// lines end with a line feed and classes are Unicode.
    fn pattern(&mut self) -> Result<Regex, PathError> {
        let start = self.at;
        let body = &self.text[start + 1..];
        let mut is_escaped = false;
        let end = body.find(|next| {
            let is_end = next == '/' && !is_escaped;
            is_escaped = next == '\\' && !is_escaped;
            is_end
        });
        let Some(end) = end else {
            return Err(self.error("a pattern without its closing '/'"));
        };
        let pattern = body[..end].to_owned();
        self.at = start + 1 + end + 1;
        let flags = self.take_while(|next| "dixmsuU".contains(next)).to_owned();
        let build = |pattern: &str| {
            RegexBuilder::new(pattern)
                .case_insensitive(flags.contains('i'))
                .ignore_whitespace(flags.contains('x'))
                .multi_line(flags.contains('m'))
                .dot_matches_new_line(flags.contains('s'))
                .build()
        };
        // The pattern is compiled alone first: `a)|(b` must not become valid by what is put around
        // it. The line feed ends a comment that the flag `x` allows.
        let end = if flags.contains('x') { "\n" } else { "" };
        build(&pattern)
            .and_then(|_| build(&format!(r"\A(?:{pattern}{end})\z")))
            .map_err(|error| self.error_at(start, format!("no pattern: {error}")))
    }
}

fn single_or(mut filters: Vec<Filter>, join: impl FnOnce(Vec<Filter>) -> Filter) -> Filter {
    if filters.len() == 1 {
        filters.swap_remove(0)
    } else {
        join(filters)
    }
}
