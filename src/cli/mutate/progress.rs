//! How far a run is: one line that changes on a terminal, a line for each mutant otherwise.

use std::io::{self, IsTerminal, Write};

use sparring::mutation::report::verdict;
use sparring::mutation::verdict::{Fate, Outcome};

/// How many columns the bar has.
const WIDTH: usize = 24;

/// Shows how far a run is, on the standard error.
pub(super) struct Progress {
    all: usize,
    done: usize,
    survived: usize,
    terminal: bool,
    color: bool,
}

impl Progress {
    /// Of so many mutants, none is done.
    pub(super) fn of(all: usize) -> Self {
        let terminal = io::stderr().is_terminal();
        // Any value that is not empty says no (no-color.org).
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let progress = Self {
            all,
            done: 0,
            survived: 0,
            terminal,
            color: terminal && !plain,
        };
        progress.draw();
        progress
    }

    /// One more is done.
    pub(super) fn done(&mut self, outcome: &Outcome) {
        self.done += 1;
        self.survived += usize::from(outcome.fate == Fate::Survived);
        if !self.terminal {
            say(&format!(
                "[{}/{}] {}\n",
                self.done,
                self.all,
                verdict(outcome)
            ));
            return;
        }
        if outcome.fate == Fate::Survived {
            say(&format!("\r\x1b[K{}\n", self.painted(&verdict(outcome))));
        }
        self.draw();
    }

    /// Nothing more comes.
    pub(super) fn end(&self) {
        if self.terminal {
            say("\r\x1b[K");
        }
    }

    fn draw(&self) {
        if !self.terminal {
            return;
        }
        let filled = (WIDTH * self.done).checked_div(self.all).unwrap_or(WIDTH);
        let bar = format!("{}{}", "#".repeat(filled), "-".repeat(WIDTH - filled));
        let survived = format!("{} survived", self.survived);
        let survived = match self.survived {
            0 => survived,
            _ => self.painted(&survived),
        };
        say(&format!(
            "\r\x1b[K[{bar}] {}/{} mutants, {survived}",
            self.done, self.all
        ));
    }

    fn painted(&self, text: &str) -> String {
        match self.color {
            true => format!("\x1b[31m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

fn say(text: &str) {
    let mut errors = io::stderr().lock();
    // A closed output has nobody who could be told.
    let _ = errors.write_all(text.as_bytes());
    let _ = errors.flush();
}
