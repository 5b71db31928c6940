//! Finds the branch of a union (anyOf, oneOf) that an author meant.
//!
//! A branch that fits settles the matter. Else the branches that can hold a value of this type
//! come into question. Objects are told apart by their tag (a key for which every branch allows a
//! fixed value), then by how few of their own keys are wrong, then by how little is wrong within.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Checker;
use super::schema::{self, Kind, Schema};
use super::violation::{Problem, Step, Violation};

/// A branch that could hold the value, and what is wrong if it is the one.
struct Candidate<'a> {
    schema: &'a Value,
    violations: Rc<Vec<Violation<'a>>>,
}

impl<'a> Checker<'a> {
    /// What is wrong with a value that should fit one of the branches.
    pub(super) fn apply_union(
        &mut self,
        branches: &'a [Value],
        value: &'a Value,
    ) -> Vec<Violation<'a>> {
        let schema = Schema::new(self.root);
        let mut candidates = Vec::new();
        for branch in branches {
            let violations = self.try_branch(branch, value);
            if violations.is_empty() {
                return Vec::new();
            }
            let can_hold = schema
                .kinds(branch)
                .is_none_or(|kinds| kinds.iter().any(|kind| kind.admits(value)));
            if can_hold {
                candidates.push(Candidate {
                    schema: branch,
                    violations,
                });
            }
        }
        if let Some(problem) = self.not_allowed(branches, &candidates, value) {
            return vec![self.violation(problem)];
        }
        if candidates.is_empty() {
            return vec![self.no_branch_holds(branches, value)];
        }
        if let Value::Object(fields) = value
            && let Some(tag) = self.tag_of(&candidates)
        {
            match self.select_by_tag(candidates, tag, fields) {
                Ok(selected) => candidates = selected,
                Err(violation) => return vec![violation],
            }
        }
        self.best(&candidates)
    }

    fn try_branch(&mut self, branch: &'a Value, value: &'a Value) -> Rc<Vec<Violation<'a>>> {
        let question = (
            std::ptr::from_ref(branch).addr(),
            std::ptr::from_ref(value).addr(),
        );
        if let Some(answer) = self.tried.get(&question) {
            return answer.clone();
        }
        let answer = Rc::new(self.apply(branch, value));
        self.tried.insert(question, answer.clone());
        answer
    }

    /// What is wrong with a scalar where the branches in question name their values.
    fn not_allowed(
        &self,
        branches: &'a [Value],
        candidates: &[Candidate<'a>],
        found: &'a Value,
    ) -> Option<Problem<'a>> {
        if !Kind::is_told_by_value(found) {
            return None;
        }
        let schema = Schema::new(self.root);
        let all_literals = |schemas: &mut dyn Iterator<Item = &'a Value>| {
            let literals: Option<Vec<_>> = schemas.map(|branch| schema.literals(branch)).collect();
            let allowed: Vec<_> = literals?.into_iter().flatten().collect();
            (!allowed.is_empty()).then_some(allowed)
        };
        if let Some(allowed) = all_literals(&mut branches.iter()) {
            return Some(Problem::NotAllowed {
                allowed,
                or_kinds: Vec::new(),
                found,
            });
        }
        let allowed = all_literals(&mut candidates.iter().map(|candidate| candidate.schema))?;
        let others = branches
            .iter()
            .filter(|branch| schema.literals(branch).is_none());
        let or_kinds = self.kinds_of(others);
        Some(Problem::NotAllowed {
            allowed,
            or_kinds,
            found,
        })
    }

    fn kinds_of(&self, branches: impl Iterator<Item = &'a Value>) -> Vec<Kind> {
        let schema = Schema::new(self.root);
        let kinds = branches.filter_map(|branch| schema.kinds(branch)).flatten();
        let kinds: BTreeSet<_> = kinds.collect();
        kinds.into_iter().collect()
    }

    fn no_branch_holds(&self, branches: &'a [Value], found: &'a Value) -> Violation<'a> {
        let expected = self.kinds_of(branches.iter());
        self.violation(if expected.is_empty() {
            Problem::Forbidden
        } else {
            Problem::WrongKind { expected, found }
        })
    }

    /// The key that every candidate needs, and for which it allows fixed values only.
    fn tag_of(&self, candidates: &[Candidate<'a>]) -> Option<&'a str> {
        let schema = Schema::new(self.root);
        let first = candidates.first().filter(|_| candidates.len() > 1)?;
        let keywords = schema.resolve(first.schema).as_object()?;
        let names = schema::object(keywords, "properties").map(schema::names)?;
        names.into_iter().find(|name| {
            candidates
                .iter()
                .all(|candidate| schema.tag(candidate.schema, name).is_some())
        })
    }

    /// The candidates whose tag the object has; else what is wrong with its tag.
    fn select_by_tag(
        &mut self,
        candidates: Vec<Candidate<'a>>,
        tag: &'a str,
        fields: &'a Map<String, Value>,
    ) -> Result<Vec<Candidate<'a>>, Violation<'a>> {
        let schema = Schema::new(self.root);
        let Some(found) = fields.get(tag) else {
            return Err(self.violation(Problem::MissingKey { any_of: vec![tag] }));
        };
        let mut allowed = Vec::new();
        let mut selected = Vec::new();
        for candidate in candidates {
            let values = schema.tag(candidate.schema, tag).unwrap_or_default();
            if values.contains(&found) {
                selected.push(candidate);
            }
            allowed.extend(values);
        }
        if selected.is_empty() {
            self.path.push(Step::Key(tag));
            let violation = self.violation(Problem::NotAllowed {
                allowed,
                or_kinds: Vec::new(),
                found,
            });
            self.path.pop();
            return Err(violation);
        }
        Ok(selected)
    }

    /// The violations of the candidate with the fewest wrong keys, then the fewest violations.
    ///
    /// What the other candidates say about the object's own keys is put in: all keys that are valid
    /// in some branch are valid, and of keys that are missing in different branches any one helps.
    fn best(&self, candidates: &[Candidate<'a>]) -> Vec<Violation<'a>> {
        let best = candidates.iter().min_by_key(|candidate| {
            let own_len = self.own_problems(&candidate.violations).count();
            (own_len, candidate.violations.len())
        });
        let mut violations = best.map_or_else(Vec::new, |best| best.violations.to_vec());
        if candidates.len() > 1 {
            self.widen_valid_keys(candidates, &mut violations);
            self.join_missing_keys(candidates, &mut violations);
        }
        violations
    }

    fn is_own(&self, violation: &Violation<'a>) -> bool {
        violation.path.len() == self.path.len()
    }

    /// What concerns the value itself and nothing within it.
    fn own_problems<'v>(
        &self,
        violations: &'v [Violation<'a>],
    ) -> impl Iterator<Item = &'v Problem<'a>> {
        let own = violations.iter().filter(|violation| self.is_own(violation));
        own.map(|violation| &violation.problem)
    }

    /// A key that is valid in any branch is valid, or else does not go with the other keys.
    fn widen_valid_keys(&self, candidates: &[Candidate<'a>], violations: &mut [Violation<'a>]) {
        let mut all_valid: Vec<&'a str> = Vec::new();
        for candidate in candidates {
            for problem in self.own_problems(&candidate.violations) {
                if let Problem::UnknownKey { valid, .. } = problem {
                    all_valid.extend(valid);
                }
            }
        }
        let mut seen = BTreeSet::new();
        all_valid.retain(|name| seen.insert(*name));
        for violation in violations {
            let is_own = self.is_own(violation);
            match &mut violation.problem {
                Problem::UnknownKey { key, valid, .. } if is_own => {
                    if seen.contains(key) {
                        let (key, valid) = (*key, std::mem::take(valid));
                        violation.problem = Problem::UnfitKey { key, valid };
                    } else {
                        valid.clone_from(&all_valid);
                    }
                }
                _ => {}
            }
        }
    }

    /// Where each candidate misses a key of its own, none of them is missing by itself.
    fn join_missing_keys(&self, candidates: &[Candidate<'a>], violations: &mut Vec<Violation<'a>>) {
        let mut any_of: Vec<&'a str> = Vec::new();
        for candidate in candidates {
            let missing =
                self.own_problems(&candidate.violations)
                    .find_map(|problem| match problem {
                        Problem::MissingKey { any_of } => Some(any_of),
                        _ => None,
                    });
            let Some(missing) = missing else { return };
            let new: Vec<_> = missing
                .iter()
                .filter(|name| !any_of.contains(name))
                .collect();
            any_of.extend(new);
        }
        if any_of.len() < 2 {
            return;
        }
        let has_unknown_key = self.own_problems(violations).any(|problem| {
            matches!(
                problem,
                Problem::UnknownKey { .. } | Problem::UnfitKey { .. }
            )
        });
        violations.retain(|violation| {
            !self.is_own(violation) || !matches!(violation.problem, Problem::MissingKey { .. })
        });
        // An unknown key is told with all valid ones, among which are those that are missing.
        if !has_unknown_key {
            violations.push(self.violation(Problem::MissingKey { any_of }));
        }
    }
}
