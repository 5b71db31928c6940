//! Traces (W3C Trace Context): a caller's trace is logged, found, and goes on.

use serde_json::{Value, json};

use crate::event_stream::{Event, Stream};
use crate::support::Server;
use crate::upstream::Upstream;
use crate::webhooks::hooks;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What the log says of the trace of the last call.
fn last(server: &Server) -> Value {
    let calls = server.get("/__admin/calls").expect(200)["calls"].clone();
    let last = calls.as_array().and_then(|calls| calls.last().cloned());
    last.expect("a call")["wall"].clone()
}

/// What follows from a span that the log tells of.
fn child(wall: &Value) -> String {
    format!("00-{TRACE}-{}-01", wall["spanId"].as_str().expect("a span"))
}

#[test]
fn a_call_is_a_span_of_its_callers_trace() {
    let server = Server::start();
    let send = |path: &str, values: &[&str]| {
        let headers: Vec<(&str, &str)> = values.iter().map(|it| ("traceparent", *it)).collect();
        server.request("GET", path, &headers, None);
        last(&server)
    };
    let wall = send("/a", &[PARENT]);
    assert_eq!(wall["traceparent"], PARENT);
    assert_eq!(wall["traceId"], TRACE);
    assert_eq!(wall["parentId"], "b7ad6b7169203331");
    let span = wall["spanId"].as_str().expect("a span").to_owned();
    assert_eq!(span.len(), 16);
    // The next call is another span of the same parent.
    assert_ne!(send("/b", &[PARENT])["spanId"], span.as_str());
    for values in [
        &[][..],
        &["00-xyz"],
        &["00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"],
        &[PARENT, PARENT],
    ] {
        let wall = send("/c", values);
        for member in ["traceparent", "traceId", "parentId", "spanId"] {
            assert_eq!(wall[member], Value::Null, "{member} of {values:?}");
        }
    }
    let found = server
        .get(&format!("/__admin/calls?traceId={TRACE}"))
        .expect(200);
    assert_eq!(found["total"], 2);
    let other = TRACE.replace('0', "1");
    let found = server.get(&format!("/__admin/calls?traceId={other}"));
    assert_eq!(found.expect(200)["total"], 0);
    for wrong in ["", "x", &TRACE[1..], &TRACE.to_uppercase()] {
        let problem = server
            .get(&format!("/__admin/calls?traceId={wrong}"))
            .expect(422);
        assert_eq!(problem["errors"][0]["field"], "traceId");
    }
    // Another server gives the same spans to the same calls.
    let again = Server::start();
    again.request("GET", "/a", &[("traceparent", PARENT)], None);
    assert_eq!(last(&again)["spanId"], span.as_str());
}

#[test]
fn a_webhook_goes_on_with_the_trace_of_its_call() {
    let (server, receiver) = hooks(&["note.written"]);
    let write = |id: &str, headers: &[(&str, &str)]| {
        let input = json!({ "id": id }).to_string();
        server
            .request("POST", "/hooks/write", headers, Some(&input))
            .expect(200);
        receiver.next()
    };
    let (mut stream, _) = Stream::open(&server, "", "?types=calls,webhooks", None);
    assert_eq!(write("n1", &[]).header("traceparent"), "");
    let told = write("n2", &[("traceparent", PARENT)]);
    assert_eq!(told.header("traceparent"), child(&last(&server)));
    // Of each write: the call, and its webhook, queued, sent and delivered; the last perhaps after the next call.
    let events = stream.take(8);
    let traced = |event: &&Event| event.data["traceId"] == TRACE;
    assert_eq!(events.iter().filter(traced).count(), 4, "{events:#?}");
}

#[test]
fn a_stubs_own_header_goes_before_ours() {
    let server = Server::start();
    let receiver = crate::receiver::Receiver::start();
    let own = "00-11111111111111111111111111111111-2222222222222222-00";
    for (path, headers) in [
        ("/plain", json!({})),
        ("/own", json!({ "traceparent": own })),
    ] {
        let mapping = json!({
            "request": { "urlPath": path },
            "response": {},
            "serveEventListeners": [{
                "name": "webhook",
                "parameters": { "method": "POST", "url": receiver.url, "headers": headers },
            }],
        });
        server.post("/__admin/mappings", &mapping).expect(201);
    }
    let send = |path: &str| {
        server.request("GET", path, &[("traceparent", PARENT)], None);
        receiver.next().header("traceparent").to_owned()
    };
    let told = send("/plain");
    assert_eq!(told, child(&last(&server)));
    assert_eq!(send("/own"), own);
}

#[test]
fn a_call_that_is_sent_on_goes_on_with_its_trace() {
    let (server, upstream) = (Server::start(), Upstream::start());
    let own = "00-11111111111111111111111111111111-2222222222222222-00";
    for (path, more) in [
        ("/plain", json!({})),
        (
            "/own",
            json!({ "additionalProxyRequestHeaders": { "traceparent": own } }),
        ),
        (
            "/none",
            json!({ "removeProxyRequestHeaders": ["traceparent"] }),
        ),
    ] {
        let mut response = json!({ "proxyBaseUrl": upstream.url });
        for (name, value) in more.as_object().expect("members") {
            response[name] = value.clone();
        }
        let mapping = json!({ "request": { "urlPath": path }, "response": response });
        server.post("/__admin/mappings", &mapping).expect(201);
    }
    let send = |path: &str, parent: &str| {
        let asked = server.request("GET", path, &[("traceparent", parent)], None);
        let asked = asked.expect(200);
        let headers = asked["headers"].as_array().expect("headers").iter();
        let headers = headers.filter_map(|header| header.as_str()?.strip_prefix("traceparent: "));
        headers.map(str::to_owned).collect::<Vec<_>>()
    };
    let told = send("/plain", PARENT);
    assert_eq!(told, [child(&last(&server))]);
    assert_eq!(send("/own", PARENT), [own]);
    assert_eq!(send("/none", PARENT), [""; 0]);
    // What is no traceparent is a header like any other.
    assert_eq!(send("/plain", "x"), ["x"]);
}
