//! Reading conditions.

use super::check;
use super::parse::{Parser, Read, deeper};
use super::problem::Fault;
use super::tree::{COMPARISONS, Condition, Operand};

/// The most values behind `IN`.
const IN_MAX: usize = 100;

/// What was read, before it is known whether more of it follows: `(a)` may be a path in parentheses,
/// or, with more behind it, a condition.
enum Part<'v> {
    Condition(Condition<'v>),
    Operand(Operand<'v>),
}

impl<'v> Parser<'_, 'v> {
    /// A condition: alternatives, each of which is of conditions that must all hold.
    pub(super) fn condition(&mut self, depth: usize) -> Read<Condition<'v>> {
        let part = self.alternatives(depth)?;
        self.whole(part)
    }

    /// What is a condition as it stands.
    fn whole(&mut self, part: Part<'v>) -> Read<Condition<'v>> {
        match part {
            Part::Condition(condition) => Ok(condition),
            Part::Operand(Operand::Call(call)) => {
                check::test(&call, &mut self.problems);
                Ok(Condition::Test(call))
            }
            Part::Operand(_) => self.stop(),
        }
    }

    fn alternatives(&mut self, depth: usize) -> Read<Part<'v>> {
        let depth = deeper(depth)?;
        let first = self.conjunction(depth)?;
        if !self.peek().is_word("OR") {
            return Ok(first);
        }
        let mut all = vec![self.whole(first)?];
        while self.take_word("OR") {
            self.operator();
            let next = self.conjunction(depth)?;
            all.push(self.whole(next)?);
        }
        Ok(Part::Condition(Condition::Any(all)))
    }

    fn conjunction(&mut self, depth: usize) -> Read<Part<'v>> {
        let first = self.negation(depth)?;
        if !self.peek().is_word("AND") {
            return Ok(first);
        }
        let mut all = vec![self.whole(first)?];
        while self.take_word("AND") {
            self.operator();
            let next = self.negation(depth)?;
            all.push(self.whole(next)?);
        }
        Ok(Part::Condition(Condition::All(all)))
    }

    fn negation(&mut self, depth: usize) -> Read<Part<'v>> {
        if !self.take_word("NOT") {
            return self.comparison(depth);
        }
        self.operator();
        let part = self.negation(deeper(depth)?)?;
        let condition = self.whole(part)?;
        Ok(Part::Condition(Condition::Not(Box::new(condition))))
    }

    /// An operand and what is asked of it; a condition in parentheses; or an operand alone.
    fn comparison(&mut self, depth: usize) -> Read<Part<'v>> {
        let left = match self.primary(depth)? {
            Part::Condition(condition) => return Ok(Part::Condition(condition)),
            Part::Operand(operand) => operand,
        };
        let token = self.peek();
        let comparison = COMPARISONS.iter().find(|(mark, _)| token.is_mark(mark));
        if let Some((mark, comparison)) = comparison {
            self.skip();
            self.operator();
            let right = self.operand(depth)?;
            check::compared(mark, &left, &right, &mut self.problems);
            let sides = Box::new((left, right));
            return Ok(Part::Condition(Condition::Compare(*comparison, sides)));
        }
        if self.take_word("BETWEEN") {
            self.operator();
            let from = self.operand(depth)?;
            if !self.take_word("AND") {
                return self.stop();
            }
            let to = self.operand(depth)?;
            check::bounds(&left, &from, &to, &mut self.problems);
            let operands = Box::new([left, from, to]);
            return Ok(Part::Condition(Condition::Between(operands)));
        }
        if self.take_word("IN") {
            self.operator();
            let list = self.list(depth)?;
            check::no_functions(std::iter::once(&left).chain(&list), &mut self.problems);
            return Ok(Part::Condition(Condition::In(left, list)));
        }
        Ok(Part::Operand(left))
    }

    fn list(&mut self, depth: usize) -> Read<Vec<Operand<'v>>> {
        self.expect_mark("(")?;
        let mut list = vec![self.operand(depth)?];
        while self.take_mark(",") {
            list.push(self.operand(depth)?);
        }
        self.expect_mark(")")?;
        let count = list.len();
        if count > IN_MAX {
            self.problems.note(Fault::Bounds, || {
                format!(
                    "The IN operator is provided with too many operands; number of operands: {count}"
                )
            });
        }
        Ok(list)
    }

    fn primary(&mut self, depth: usize) -> Read<Part<'v>> {
        if !self.open() {
            return self.operand(depth).map(Part::Operand);
        }
        let mut inner = self.alternatives(depth)?;
        self.expect_mark(")")?;
        if let Part::Operand(Operand::Path(path)) = &mut inner {
            // What stands in parentheses may be the beginning of a path.
            self.path_goes_on(path)?;
        }
        Ok(inner)
    }
}
