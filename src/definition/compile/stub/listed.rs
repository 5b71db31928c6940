//! A stub's definition as WireMock lists it: with what it left out, without what says nothing, and in
//! WireMock's order.

use serde_json::{Map, Value, json};

/// The members of a stub, in the order in which they are listed. Others follow as they were given.
const STUB: [&str; 13] = [
    "id",
    "name",
    "request",
    "response",
    "uuid",
    "persistent",
    "priority",
    "scenarioName",
    "requiredScenarioState",
    "newScenarioState",
    "postServeActions",
    "serveEventListeners",
    "metadata",
];

/// What is said of a stub for editors and by WireMock itself, and is no part of it.
const NOT_LISTED: [&str; 2] = ["$schema", "insertionIndex"];

const REQUEST: [&str; 19] = [
    "scheme",
    "host",
    "port",
    "clientIp",
    "url",
    "urlPattern",
    "urlPath",
    "urlPathPattern",
    "urlPathTemplate",
    "method",
    "headers",
    "pathParameters",
    "queryParameters",
    "formParameters",
    "cookies",
    "bodyPatterns",
    "customMatcher",
    "multipartPatterns",
    "basicAuthCredentials",
];

/// Several ways to say one thing: the first that is given counts.
const URLS: [&str; 5] = [
    "url",
    "urlPattern",
    "urlPath",
    "urlPathPattern",
    "urlPathTemplate",
];

const RESPONSE: [&str; 18] = [
    "status",
    "statusMessage",
    "body",
    "jsonBody",
    "base64Body",
    "bodyFileName",
    "headers",
    "additionalProxyRequestHeaders",
    "removeProxyRequestHeaders",
    "fixedDelayMilliseconds",
    "delayDistribution",
    "chunkedDribbleDelay",
    "proxyBaseUrl",
    "proxyUrlPrefixToRemove",
    "fault",
    "transformers",
    "transformerParameters",
    "fromConfiguredStub",
];

const BODIES: [&str; 3] = ["body", "jsonBody", "base64Body"];

/// The definition of the stub of this id.
pub(super) fn listed(source: &Value, id: &str) -> Value {
    let mut members = told(source);
    for name in NOT_LISTED {
        members.shift_remove(name);
    }
    let request = request(members.get("request"));
    let response = response(members.get("response"));
    members.insert("id".into(), id.into());
    members.insert("uuid".into(), id.into());
    members.insert("request".into(), request);
    members.insert("response".into(), response);
    if let Some(actions) = members.get_mut("postServeActions") {
        *actions = named_actions(actions);
    }
    Value::Object(ordered(members, &STUB))
}

fn request(source: Option<&Value>) -> Value {
    let mut members = source.map(told).unwrap_or_default();
    keep_first(&mut members, &URLS);
    if let Some(credentials) = members.shift_remove("basicAuth") {
        members.insert("basicAuthCredentials".into(), credentials);
    }
    members.entry("method").or_insert_with(|| "ANY".into());
    Value::Object(ordered(members, &REQUEST))
}

fn response(source: Option<&Value>) -> Value {
    let mut members = source.map(told).unwrap_or_default();
    keep_first(&mut members, &BODIES);
    if members.get("fromConfiguredStub") == Some(&Value::Bool(true)) {
        members.shift_remove("fromConfiguredStub");
    }
    for name in ["transformers", "transformerParameters"] {
        if members.get(name).is_some_and(is_empty) {
            members.shift_remove(name);
        }
    }
    members.entry("status").or_insert_with(|| 200.into());
    if let Some(Value::Object(headers)) = members.get_mut("headers") {
        headers.values_mut().for_each(one_of_one);
    }
    Value::Object(ordered(members, &RESPONSE))
}

/// The members that say something: `null` says nothing.
fn told(source: &Value) -> Map<String, Value> {
    let members = source.as_object().into_iter().flatten();
    let told = members.filter(|(_, value)| !value.is_null());
    told.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn keep_first(members: &mut Map<String, Value>, names: &[&str]) {
    let given = names.iter().filter(|name| members.contains_key(**name));
    let others: Vec<&str> = given.skip(1).copied().collect();
    for name in others {
        members.shift_remove(name);
    }
}

fn ordered(mut members: Map<String, Value>, order: &[&str]) -> Map<String, Value> {
    let mut listed = Map::new();
    for name in order {
        if let Some((name, value)) = members.shift_remove_entry(*name) {
            listed.insert(name, value);
        }
    }
    listed.extend(members);
    listed
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A list of one value is that value.
fn one_of_one(value: &mut Value) {
    if let Value::Array(items) = value
        && items.len() == 1
    {
        *value = items.remove(0);
    }
}

/// The older form of actions, by name, in the form of the newer.
fn named_actions(actions: &Value) -> Value {
    let Value::Object(by_name) = actions else {
        return actions.clone();
    };
    let action =
        |(name, parameters): (&String, &Value)| json!({ "name": name, "parameters": parameters });
    by_name.iter().map(action).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    /// As WireMock 3.13.2 lists them, member by member.
    #[track_caller]
    fn check(source: &Value, expected: &str) {
        let expected = expected.replace("ID", ID);
        assert_eq!(listed(source, ID).to_string(), expected, "{source}");
    }

    #[test]
    fn a_stub_is_listed_as_wiremock_lists_it() {
        check(
            &json!({}),
            r#"{"id":"ID","request":{"method":"ANY"},"response":{"status":200},"uuid":"ID"}"#,
        );
        check(
            &json!({ "request": null, "response": null, "name": null, "$schema": "x", "insertionIndex": 7 }),
            r#"{"id":"ID","request":{"method":"ANY"},"response":{"status":200},"uuid":"ID"}"#,
        );
        check(
            &json!({
                "metadata": {}, "priority": 3, "rateLimit": "x", "persistent": false, "uuid": "other",
                "request": { "headers": {}, "method": "get", "basicAuth": { "username": "a" }, "urlPath": "/b", "url": "/a" },
                "response": {
                    "headers": { "A": ["b"], "C": ["d", "e"] }, "jsonBody": {}, "body": "", "status": 201,
                    "transformers": [], "fromConfiguredStub": true,
                },
                "postServeActions": { "webhook": { "url": "http://x" } },
            }),
            concat!(
                r#"{"id":"ID","request":{"url":"/a","method":"get","headers":{},"basicAuthCredentials":{"username":"a"}},"#,
                r#""response":{"status":201,"body":"","headers":{"A":"b","C":["d","e"]}},"uuid":"ID","persistent":false,"#,
                r#""priority":3,"postServeActions":[{"name":"webhook","parameters":{"url":"http://x"}}],"metadata":{},"rateLimit":"x"}"#,
            ),
        );
    }
}
