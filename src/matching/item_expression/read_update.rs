//! Reading updates and projections.

use super::check;
use super::parse::{Parser, Read, Stop, deeper};
use super::problem::Fault;
use super::tree::{Action, Operand, Path};

/// The sections of an update.
const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

impl<'v> Parser<'_, 'v> {
    /// An update: sections of actions, each at most once.
    pub(super) fn update(&mut self) -> Read<Vec<Action<'v>>> {
        let mut actions = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        loop {
            let section = SECTIONS.iter().find(|section| self.peek().is_word(section));
            let Some(section) = section else {
                break;
            };
            self.skip();
            if seen.contains(section) {
                self.problems.note(Fault::Section, || {
                    format!(
                        "The \"{section}\" section can only be used once in an update expression;"
                    )
                });
            }
            seen.push(section);
            actions.push(self.action(section)?);
            while self.take_mark(",") {
                actions.push(self.action(section)?);
            }
        }
        if actions.is_empty() {
            return self.stop();
        }
        let paths: Vec<&Path> = actions.iter().map(Action::path).collect();
        check::paths(&paths, &mut self.problems);
        Ok(actions)
    }

    fn action(&mut self, section: &str) -> Read<Action<'v>> {
        let path = self.path()?;
        self.operator();
        if section == "SET" {
            self.expect_mark("=")?;
            return Ok(Action::Set(path, self.sum(0)?));
        }
        if section == "REMOVE" {
            return Ok(Action::Remove(path));
        }
        let value = self.value()?;
        check::action(section, &value, &mut self.problems);
        Ok(match section {
            "ADD" => Action::Add(path, value),
            _ => Action::Delete(path, value),
        })
    }

    /// What is set: an operand, or a sum of two, perhaps in parentheses.
    fn sum(&mut self, depth: usize) -> Read<Operand<'v>> {
        let depth = deeper(depth)?;
        let opened = self.peek().is_mark("(");
        let left = match opened {
            true => {
                self.open();
                let mut inner = self.sum(depth)?;
                self.expect_mark(")")?;
                if let Operand::Path(path) = &mut inner {
                    self.path_goes_on(path)?;
                }
                inner
            }
            false => self.operand(depth)?,
        };
        let Some(mark) = ["+", "-"].iter().find(|mark| self.peek().is_mark(mark)) else {
            return Ok(left);
        };
        if matches!(left, Operand::Sum(..)) {
            return self.stop();
        }
        self.skip();
        self.operator();
        let right = self.operand(depth)?;
        check::sum(mark, &left, &right, &mut self.problems);
        Ok(Operand::Sum(mark, Box::new((left, right))))
    }

    /// A projection: paths.
    pub(super) fn projection(&mut self) -> Result<Vec<Path>, Stop> {
        let mut paths = vec![self.path()?];
        while self.take_mark(",") {
            paths.push(self.path()?);
        }
        check::paths(&paths.iter().collect::<Vec<_>>(), &mut self.problems);
        Ok(paths)
    }
}
