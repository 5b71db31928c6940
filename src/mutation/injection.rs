//! A fault that was injected: on which call, what the caller got, and what it would have got.

use std::fmt::Write;

use serde_json::{Value, json};

/// How many characters of a body are shown.
const BODY_MAX: usize = 100;

/// How many characters of a member are shown.
const MEMBER_MAX: usize = 40;

/// How many differences are shown.
const DIFFERENCES_MAX: usize = 3;

/// A fault that was injected into a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection {
    /// The call's number in its sandbox.
    pub call: u64,
    /// What was asked: method and target.
    pub asked: String,
    /// What came instead, if that is known.
    pub got: Got,
    /// What the caller would have got, if that is known.
    pub clean: Option<Seen>,
}

/// What a caller got.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    /// A reply.
    Reply(Seen),
    /// No reply, or no whole one: what happened on the wire.
    Nothing(String),
}

/// A reply, as a caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The status.
    pub status: u16,
    /// The body; a text, if it is no JSON.
    pub body: Value,
}

impl Injection {
    /// What the caller got instead of what, in words.
    #[must_use]
    pub fn described(&self) -> String {
        let mut text = format!("call {} ({}): ", self.call, self.asked);
        match (&self.got, &self.clean) {
            (Got::Reply(got), Some(clean)) => text.push_str(&difference(clean, got)),
            (Got::Reply(got), None) => text.push_str(&shown(got)),
            (Got::Nothing(how), Some(clean)) => {
                // Writing into a string cannot fail.
                let _ = write!(text, "{how} instead of {}", shown(clean));
            }
            (Got::Nothing(how), None) => text.push_str(how),
        }
        text
    }

    /// The same for machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let seen = |seen: &Seen| json!({ "status": seen.status, "body": seen.body });
        let got = match &self.got {
            Got::Reply(reply) => seen(reply),
            Got::Nothing(how) => json!({ "wire": how }),
        };
        json!({
            "call": self.call,
            "asked": self.asked,
            "got": got,
            "insteadOf": self.clean.as_ref().map(seen),
        })
    }
}

/// What is different in what came.
fn difference(clean: &Seen, got: &Seen) -> String {
    if clean.status != got.status {
        return format!("{} instead of {}", shown(got), shown(clean));
    }
    if !have_common(&clean.body, &got.body) {
        return format!("{} instead of {}", shown(got), shown(clean));
    }
    let mut found = Vec::new();
    compare(&clean.body, &got.body, "", &mut found);
    let more = found.len().saturating_sub(DIFFERENCES_MAX);
    found.truncate(DIFFERENCES_MAX);
    match (found.is_empty(), more) {
        (true, _) => format!("{}, which looks the same", shown(got)),
        (_, 0) => found.join(", "),
        (_, more) => format!("{}, and {more} more", found.join(", ")),
    }
}

/// Whether there is anything to compare: two lists, or two objects that have a member in common.
fn have_common(clean: &Value, got: &Value) -> bool {
    match (clean, got) {
        (Value::Object(old), Value::Object(new)) => old.keys().any(|name| new.contains_key(name)),
        (Value::Array(_), Value::Array(_)) => true,
        (old, new) => old == new,
    }
}

/// The members that differ, each as `path: new instead of old`. The recursion is bounded by the depth of
/// JSON that is read.
fn compare(clean: &Value, got: &Value, path: &str, found: &mut Vec<String>) {
    let at = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match (clean, got) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, member) in old {
                match new.get(name) {
                    Some(now) => compare(member, now, &at(name), found),
                    None => found.push(format!("no {}, which was {}", at(name), brief(member))),
                }
            }
            let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
            found.extend(added.map(|(name, now)| format!("{}: {} is new", at(name), brief(now))));
        }
        (Value::Array(old), Value::Array(new)) if old.len() != new.len() => {
            let path = if path.is_empty() { "the list" } else { path };
            found.push(format!(
                "{path} has {} items instead of {}",
                new.len(),
                old.len()
            ));
        }
        (Value::Array(old), Value::Array(new)) => {
            for (place, (old, new)) in old.iter().zip(new).enumerate() {
                compare(old, new, &at(&place.to_string()), found);
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            let path = if path.is_empty() { "the body" } else { path };
            found.push(format!(
                "{path} is {} instead of {}",
                brief(new),
                brief(old)
            ));
        }
    }
}

fn shown(seen: &Seen) -> String {
    match &seen.body {
        Value::Null => format!("{} without a body", seen.status),
        body => format!("{} {}", seen.status, cut(body, BODY_MAX)),
    }
}

fn brief(member: &Value) -> String {
    cut(member, MEMBER_MAX)
}

/// A value, cut where it is long.
fn cut(value: &Value, max: usize) -> String {
    let text = value.to_string();
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(clean: (u16, Value), got: (u16, Value), expected: &str) {
        let seen = |(status, body)| Seen { status, body };
        let injection = Injection {
            call: 7,
            asked: "GET /a".into(),
            got: Got::Reply(seen(got)),
            clean: Some(seen(clean)),
        };
        let text = injection.described();
        assert_eq!(text, format!("call 7 (GET /a): {expected}"));
    }

    #[test]
    fn what_came_is_told_by_what_is_different() {
        let order = json!({"id": 1, "total": "5.00", "rows": [{"n": 1}, {"n": 2}]});
        let with = |change: fn(&mut Value)| {
            let mut order = order.clone();
            change(&mut order);
            (200, order)
        };
        let clean = (200, order.clone());
        check(
            clean.clone(),
            (429, Value::Null),
            &format!("429 without a body instead of 200 {order}"),
        );
        check(
            clean.clone(),
            with(|it| it["total"] = Value::Null),
            "total is null instead of \"5.00\"",
        );
        check(
            clean.clone(),
            with(|it| it["rows"] = json!([])),
            "rows has 0 items instead of 2",
        );
        check(
            clean.clone(),
            with(|it| it["rows"][1]["n"] = json!(3)),
            "rows.1.n is 3 instead of 2",
        );
        let error = (200, json!({"error": "busy"}));
        let instead = format!("200 {} instead of 200 {order}", error.1);
        check(clean.clone(), error, &instead);
        let renamed = with(|it| {
            let members = it.as_object_mut().expect("an object");
            members.shift_remove("total");
            members.insert("sum".into(), "5.00".into());
        });
        check(
            clean.clone(),
            renamed,
            "no total, which was \"5.00\", sum: \"5.00\" is new",
        );
        check(
            clean.clone(),
            clean,
            &format!("200 {order}, which looks the same"),
        );
    }

    #[test]
    fn long_bodies_are_cut_between_letters() {
        let long = Value::from("é".repeat(300));
        check(
            (200, json!(1)),
            (200, long),
            &format!("200 \"{}… instead of 200 1", "é".repeat(99)),
        );
    }

    #[test]
    fn a_lost_reply_is_told_with_what_it_was() {
        let mut injection = Injection {
            call: 2,
            asked: "POST /pay".into(),
            got: Got::Nothing("the connection was reset".into()),
            clean: Some(Seen {
                status: 201,
                body: json!({"id": "p1"}),
            }),
        };
        let expected =
            "call 2 (POST /pay): the connection was reset instead of 201 {\"id\":\"p1\"}";
        assert_eq!(injection.described(), expected);
        injection.clean = None;
        assert_eq!(
            injection.described(),
            "call 2 (POST /pay): the connection was reset"
        );
    }
}
