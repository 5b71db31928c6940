//! What a stub sends when it has answered, in WireMock's words.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;

use super::expression::stub_template;
use super::report::{Place, Report};
use super::webhook::header;
use crate::definition::compiled::{ListenerBody, ListenerSpec};
use crate::definition::model::{ServeEventListener, StubMapping};

/// The longest wall time before something is sent, in milliseconds.
const DELAY_MILLISECONDS_MAX: u64 = 3_600_000;

/// Compiles what a stub sends when it has answered.
pub(super) fn listeners(
    model: &StubMapping,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<ListenerSpec>> {
    let key = place.at("serveEventListeners");
    let listed = model.serve_event_listeners.iter().enumerate();
    let mut all: Vec<(&ServeEventListener, Place)> = listed
        .map(|(at, listener)| (listener, key.at(at)))
        .collect();
    if let Some(actions) = &model.post_serve_actions {
        let key = place.at("postServeActions");
        let listed = key.json().is_array();
        let places = actions
            .0
            .iter()
            .enumerate()
            .map(|(at, action)| match listed {
                true => (action, key.at(at)),
                false => (action, key.at(&action.name)),
            });
        all.extend(places);
    }
    let compiled = all
        .iter()
        .map(|(listener, place)| self::listener(listener, place, report));
    let compiled: Vec<Option<ListenerSpec>> = compiled.collect();
    compiled.into_iter().collect()
}

fn listener(
    model: &ServeEventListener,
    place: &Place,
    report: &mut Report,
) -> Option<ListenerSpec> {
    if model.name != "webhook" {
        report.unknown(&place.at("name"), "listener", &model.name, ["webhook"]);
        return None;
    }
    let place = match place.json().get("parameters") {
        Some(_) => place.at("parameters"),
        None => place.clone(),
    };
    let parameters = &model.parameters;
    let method = parameters.method.as_deref().unwrap_or("POST");
    let method = match Method::from_bytes(method.to_ascii_uppercase().as_bytes()) {
        Ok(method) => Some(method),
        Err(_) => {
            let message = format!("`{method}` is not a method");
            report.error(&place.at("method"), message, "expected POST, GET …");
            None
        }
    };
    let url = stub_template(&parameters.url, &place.at("url"), report);
    let mut headers = Vec::new();
    let mut whole = true;
    for (name, values) in &parameters.headers {
        let place = place.at("headers").at(name);
        let header = header(name, &place, report);
        for value in &values.items {
            let value = stub_template(value, &place, report);
            match (header.clone(), value) {
                (Some(header), Some(value)) => headers.push((header, value)),
                _ => whole = false,
            }
        }
    }
    let body = body(model, &place, report);
    let delay = match &parameters.delay {
        None => Some(0),
        Some(delay) if delay.kind == "fixed" && delay.milliseconds <= DELAY_MILLISECONDS_MAX => {
            Some(delay.milliseconds)
        }
        Some(_) => {
            let help = format!("expected fixed, and at most {DELAY_MILLISECONDS_MAX} milliseconds");
            report.error(&place.at("delay"), "a delay of another kind", help);
            None
        }
    };
    whole.then_some(())?;
    Some(ListenerSpec {
        method: method?,
        url: url?,
        headers,
        body: body?,
        delay: Duration::from_millis(delay?),
        parameters: place.json().clone(),
    })
}

fn body(model: &ServeEventListener, place: &Place, report: &mut Report) -> Option<ListenerBody> {
    let parameters = &model.parameters;
    match (&parameters.body, &parameters.base64_body) {
        (Some(_), Some(_)) => {
            let message = "a request has one body, not `body` and `base64Body`";
            report.error_at_key(&place.at("base64Body"), message, "one too many");
            None
        }
        (None, Some(encoded)) => match STANDARD.decode(encoded) {
            Ok(_) => Some(ListenerBody::Base64(encoded.as_str().into())),
            Err(error) => {
                let message = format!("not base64: {error}");
                report.error(&place.at("base64Body"), message, "here");
                None
            }
        },
        (text, None) => {
            let text = text.as_deref().unwrap_or_default();
            stub_template(text, &place.at("body"), report).map(ListenerBody::Text)
        }
    }
}
