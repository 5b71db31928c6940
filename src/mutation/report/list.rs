//! A list of mutants for people.

use super::super::Mutant;

/// The mutants, a line each: the id, what happens, and why it is likely.
#[must_use]
pub fn list(mutants: &[Mutant]) -> String {
    let width = mutants.iter().map(|mutant| mutant.id.chars().count());
    let width = width.max().unwrap_or(0);
    let line = |mutant: &Mutant| {
        let (id, title, why) = (&mutant.id, &mutant.title, &mutant.why);
        format!("{id:width$}  {title} ({why})\n")
    };
    mutants.iter().map(line).collect()
}
