//! What is different between two records, member by member.

use serde::Serialize;
use serde_json::Value;

/// How many changes of one record are told.
const CHANGES_MAX: usize = 50;

/// One change, in the words of a JSON patch (RFC 6902), with what was there before.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Change {
    /// A member is there later only.
    Add {
        /// Where, as a JSON pointer.
        path: String,
        /// What is there.
        value: Value,
    },
    /// A member is there earlier only.
    Remove {
        /// Where.
        path: String,
        /// What was there.
        from: Value,
    },
    /// A member has another value.
    Replace {
        /// Where.
        path: String,
        /// What was there.
        from: Value,
        /// What is there.
        value: Value,
    },
}

/// The changes that make `to` out of `from`, and how many are left out.
pub(super) fn changes(from: &Value, to: &Value) -> (Vec<Change>, usize) {
    let mut all = Changes::default();
    all.compare(&mut String::new(), from, to);
    (all.told, all.left_out)
}

#[derive(Default)]
struct Changes {
    told: Vec<Change>,
    left_out: usize,
}

impl Changes {
    /// A record has been read from a text, so it is no deeper than what reads it allows.
    fn compare(&mut self, path: &mut String, from: &Value, to: &Value) {
        match (from, to) {
            (Value::Object(before), Value::Object(after)) => {
                for (name, from) in before {
                    within(path, name, |path| match after.get(name) {
                        Some(to) => self.compare(path, from, to),
                        None => self.add(|| remove(path, from)),
                    });
                }
                let new = after.iter().filter(|(name, _)| !before.contains_key(*name));
                for (name, to) in new {
                    within(path, name, |path| self.add(|| add(path, to)));
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                let both = before.iter().zip(after).enumerate();
                for (at, (from, to)) in both {
                    within(path, &at.to_string(), |path| self.compare(path, from, to));
                }
                // From behind, so that each place is still the one that is meant.
                for (at, from) in before.iter().enumerate().skip(after.len()).rev() {
                    within(path, &at.to_string(), |path| {
                        self.add(|| remove(path, from));
                    });
                }
                for (at, to) in after.iter().enumerate().skip(before.len()) {
                    within(path, &at.to_string(), |path| self.add(|| add(path, to)));
                }
            }
            (from, to) if from == to => {}
            (from, to) => self.add(|| Change::Replace {
                path: path.clone(),
                from: from.clone(),
                value: to.clone(),
            }),
        }
    }

    fn add(&mut self, change: impl FnOnce() -> Change) {
        match self.told.len() < CHANGES_MAX {
            true => self.told.push(change()),
            false => self.left_out += 1,
        }
    }
}

fn add(path: &str, value: &Value) -> Change {
    Change::Add {
        path: path.to_owned(),
        value: value.clone(),
    }
}

fn remove(path: &str, from: &Value) -> Change {
    Change::Remove {
        path: path.to_owned(),
        from: from.clone(),
    }
}

/// Goes into a member, and comes back.
fn within(path: &mut String, name: &str, there: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push('/');
    path.push_str(&name.replace('~', "~0").replace('/', "~1"));
    there(path);
    path.truncate(length);
}
