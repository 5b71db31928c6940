//! Faults of lists and tokens in a reply that nobody decides on: they are read off the body.

use http::header::LINK;
use serde_json::{Map, Value, json};

use super::Injected;
use super::alter::{document, with_document};
use super::body::first_list;
use super::replace::Shape;
use crate::domain::fault::{Mode, Token};
use crate::domain::reply::Reply;
use crate::state::faults::Rule;

/// What APIs call the member that says whether more follows, without case and punctuation.
const FLAGS: [&str; 8] = [
    "hasmore",
    "hasnextpage",
    "hasnext",
    "moreresults",
    "istruncated",
    "islastpage",
    "islast",
    "done",
];

/// What APIs call the member that leads to the next page, without case and punctuation.
const CURSORS: [&str; 8] = [
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "nextpage",
    "nexturl",
    "nextlink",
    "endcursor",
    "next",
];

/// How deep such members are looked for.
const DEPTH_MAX: usize = 4;

/// What a rule of the phase `Decide` makes of such a reply; nothing, if it can do nothing here.
pub fn change(
    rule: &Rule,
    reply: &Reply,
    shape: &mut dyn FnMut(Shape<'_>) -> Reply,
) -> Option<Injected> {
    match rule.mode {
        Mode::ExpiredToken => Some(expired(rule, reply, shape)),
        Mode::MissingHasMore => forget_more(reply),
        Mode::ShortPage => short(rule, reply),
        _ => None,
    }
}

fn expired(rule: &Rule, clean: &Reply, shape: &mut dyn FnMut(Shape<'_>) -> Reply) -> Injected {
    let (cause, told) = match rule.with.token {
        Some(Token::Page) => ("expired_cursor", "page"),
        Some(Token::Credential) | None => ("expired_credential", "credential"),
    };
    let mut reply = shape(Shape::Cause {
        cause,
        message: None,
    });
    reply.delay = clean.delay;
    Injected {
        reply,
        detail: json!({ "token": told }),
    }
}

fn forget_more(reply: &Reply) -> Option<Injected> {
    let found = document(reply).and_then(|mut body| {
        let members = body.as_object_mut()?;
        let is_flag = |value: &Value| value.is_boolean();
        let name = take(members, &FLAGS, &is_flag, DEPTH_MAX)
            .or_else(|| take(members, &CURSORS, &|value| value.is_string(), DEPTH_MAX))?;
        Some(Injected {
            reply: with_document(reply, &body),
            detail: json!({ "fields": [name] }),
        })
    });
    found.or_else(|| {
        let mut bare = reply.clone();
        bare.headers.remove(LINK)?;
        Some(Injected {
            reply: bare,
            detail: json!({ "headers": ["link"] }),
        })
    })
}

/// Takes out the member that is called so and has such a value, the one nearest to the root first; its
/// name.
fn take(
    members: &mut Map<String, Value>,
    names: &[&str],
    fits: &dyn Fn(&Value) -> bool,
    depth: usize,
) -> Option<String> {
    let called = |name: &str| {
        let letters = name.chars().filter(|letter| letter.is_alphanumeric());
        let plain: String = letters.flat_map(char::to_lowercase).collect();
        names.contains(&plain.as_str())
    };
    let own = members
        .iter()
        .find(|(name, value)| called(name) && fits(value));
    if let Some(name) = own.map(|(name, _)| name.clone()) {
        members.shift_remove(&name);
        return Some(name);
    }
    let mut inner = members.values_mut().filter_map(Value::as_object_mut);
    match depth {
        0 => None,
        _ => inner.find_map(|inner| take(inner, names, fits, depth - 1)),
    }
}

fn short(rule: &Rule, reply: &Reply) -> Option<Injected> {
    let mut body = document(reply)?;
    let (place, items) = first_list(&mut body)?;
    let half = u64::try_from(items.len() / 2).unwrap_or(1).max(1);
    let rows = rule.with.rows.unwrap_or(half);
    let left = items
        .len()
        .saturating_sub(usize::try_from(rows).unwrap_or(usize::MAX));
    items.truncate(left);
    Some(Injected {
        reply: with_document(reply, &body),
        detail: json!({ "list": place, "rows": rows }),
    })
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::behaviours::fault::tests::rule;

    /// What a rule makes of a body.
    fn check(mode: &str, with: &Value, body: &Value, expected: Option<&Value>) {
        let reply = Reply::json(StatusCode::OK, body);
        let mut shape = |shape: Shape<'_>| match shape {
            Shape::Cause { cause, .. } => {
                Reply::json(StatusCode::UNAUTHORIZED, &json!({ "code": cause }))
            }
            _ => Reply::empty(StatusCode::OK),
        };
        let made = change(&rule(mode, with), &reply, &mut shape);
        let made: Option<Value> =
            made.map(|made| serde_json::from_slice(&made.reply.body.to_bytes()).expect("JSON"));
        assert_eq!(made.as_ref(), expected, "{mode} {with} of {body}");
    }

    #[test]
    fn lists_and_tokens_are_read_off_the_body() {
        let page =
            json!({ "items": [1, 2, 3, 4], "meta": { "has_more": true, "next_cursor": "a" } });
        check(
            "missing_has_more",
            &json!({}),
            &page,
            Some(&json!({ "items": [1, 2, 3, 4], "meta": { "next_cursor": "a" } })),
        );
        check(
            "missing_has_more",
            &json!({}),
            &json!({ "nextPageToken": "b", "done": "no" }),
            Some(&json!({ "done": "no" })),
        );
        check(
            "short_page",
            &json!({}),
            &page,
            Some(&json!({ "items": [1, 2], "meta": { "has_more": true, "next_cursor": "a" } })),
        );
        check(
            "short_page",
            &json!({ "rows": 1 }),
            &json!([1, 2]),
            Some(&json!([1])),
        );
        check("short_page", &json!({}), &json!({ "a": 1 }), None);
        check("missing_has_more", &json!({}), &json!([1]), None);
        check(
            "expired_token",
            &json!({ "token": "page" }),
            &page,
            Some(&json!({ "code": "expired_cursor" })),
        );
        check(
            "expired_token",
            &json!({}),
            &page,
            Some(&json!({ "code": "expired_credential" })),
        );
        check("stale_read", &json!({}), &page, None);
    }
}
