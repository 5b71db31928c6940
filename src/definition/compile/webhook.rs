//! Webhooks: endpoints, profiles, faults, and the events of which they are told.

use std::time::Duration;

use http::HeaderName;
use indexmap::IndexMap;
use jiff::SignedDuration;
use serde_json::json;

use super::Names;
use super::expression::{Scope, document, template};
use super::merged::{Merged, PackSource};
use super::profiles::Profiles;
use super::report::{Place, Report};
use super::step::{Context, check_collection};
use crate::definition::compiled::{
    DeclaredSpec, EmitSpec, EndpointsSpec, FaultSpec, ProfileSpec, SignatureSpec, Verb,
    WebhookSpec, Which,
};
use crate::definition::model::{self, WebhookFaultMode};
use crate::domain::event_pattern::{EventPattern, is_event};
use crate::domain::name::Name;
use crate::domain::targets::TargetError;
use crate::render::Template;
use crate::state::webhooks::faults::FaultMode;

/// The profile of a pack that names none: the open standard.
const PROFILE_DEFAULT: &str = "standard";

/// How long an endpoint may take to answer, unless its profile says otherwise.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(15);

/// The longest time that an endpoint may be given.
const TIMEOUT_MAX: Duration = Duration::from_secs(120);

/// How far a fault delays or skews, unless it says otherwise.
const FAULT_SECONDS_DEFAULT: i64 = 300;

/// The most seconds of a fault: a year.
const FAULT_SECONDS_MAX: i64 = 366 * 86_400;

/// Compiles who is told of a pack's events.
pub(super) fn webhooks(
    source: &PackSource,
    merged: &Merged<'_>,
    names: &Names,
    known: &Profiles<'_>,
    report: &mut Report,
) -> Option<WebhookSpec> {
    // All of them: a mistake in one that nobody names yet is one all the same.
    let profiles = known.webhooks.iter();
    let mut profiles: IndexMap<&str, Option<ProfileSpec>> = profiles
        .map(|(name, (model, place))| (*name, profile(model, place, report)))
        .collect();
    let (model, place) = merged.webhooks.as_ref()?;
    let name = model.profile.as_deref().unwrap_or(PROFILE_DEFAULT);
    if !profiles.contains_key(name) {
        let known = profiles.keys().copied();
        report.unknown(&place.at("profile"), "profile of webhooks", name, known);
    }
    let profile = profiles.swap_remove(name).flatten();
    let endpoints = match &model.endpoints {
        None => Some(None),
        Some(endpoints) => {
            self::endpoints(endpoints, names, &place.at("endpoints"), report).map(Some)
        }
    };
    let declared = model.declared.iter().enumerate();
    let declared = declared.map(|(at, declared)| {
        let place = place.at("declared").at(at);
        // Whether it is allowed is the server's matter: it says so when something is sent there.
        if let Err(error @ TargetError::NoUrl(_)) = source.targets.check_url(&declared.url) {
            let help = "nothing is ever sent there";
            report.error(&place.at("url"), error.to_string(), help);
        }
        DeclaredSpec {
            url: declared.url.as_str().into(),
            secret: declared.secret.clone(),
            events: patterns(&declared.events, &place.at("events"), report),
        }
    });
    let declared = declared.collect();
    let standard = json!({
        "id": "{{event.id}}",
        "type": "{{event.type}}",
        "timestamp": "{{event.at}}",
        "data": "{{event.data}}",
    });
    let body = model.body.as_ref().unwrap_or(&standard);
    let scope = Scope::of_names(&["event"]);
    let body = document(body, Some(&scope), &place.at("body"), report);
    let faults = model.faults.iter().enumerate();
    let faults = faults.map(|(at, model)| {
        let name = Name::new(&source.name, &at.to_string());
        fault(name, model, &place.at("faults").at(at), report)
    });
    let faults: Vec<Option<FaultSpec>> = faults.collect();
    Some(WebhookSpec {
        profile: profile?,
        endpoints: endpoints?,
        declared,
        body: body?,
        faults: faults.into_iter().collect::<Option<_>>()?,
    })
}

fn endpoints(
    model: &model::Endpoints,
    names: &Names,
    place: &Place,
    report: &mut Report,
) -> Option<EndpointsSpec> {
    let scope = Scope::of_record(names);
    let context = Context {
        names,
        scope: scope.clone(),
        collection: None,
        label: String::new(),
        open: Vec::new(),
    };
    let known = check_collection(&model.collection, &context, &place.at("collection"), report);
    let url = scope.expression(&model.url, &place.at("url"), report);
    let optional = |cel: &Option<model::Cel>, key: &str, report: &mut Report| match cel {
        None => Some(None),
        Some(cel) => scope.expression(cel, &place.at(key), report).map(Some),
    };
    let secret = optional(&model.secret, "secret", report);
    let events = optional(&model.events, "events", report);
    let when = optional(&model.when, "when", report);
    known.then_some(())?;
    Some(EndpointsSpec {
        collection: model.collection.as_str().into(),
        url: url?,
        secret: secret?,
        events: events?,
        when: when?,
    })
}

fn profile(
    model: &model::WebhookProfile,
    place: &Place,
    report: &mut Report,
) -> Option<ProfileSpec> {
    let scope = Scope::of_names(&["event", "delivery", "timestamp", "body"]);
    let signature = match &model.signature {
        None => Some(None),
        Some(signature) => {
            self::signature(signature, &scope, &place.at("signature"), report).map(Some)
        }
    };
    let headers = model.headers.iter().map(|(name, value)| {
        let place = place.at("headers").at(name);
        let header = header(name, &place, report);
        Some((header?, template(value, Some(&scope), &place, report)?))
    });
    let headers: Vec<Option<_>> = headers.collect();
    let retries = model.retries.iter().enumerate();
    let retries = retries.map(|(at, text)| wait(text, &place.at("retries").at(at), report));
    let retries: Vec<Option<_>> = retries.collect();
    if retries.is_empty() {
        let message = "nothing would ever be sent";
        report.error(&place.at("retries"), message, "expected at least [0s]");
    }
    let jitter = model.jitter.unwrap_or(0.0);
    if !(0.0..=1.0).contains(&jitter) {
        let message = format!("{jitter} is no part of a wait");
        report.error(&place.at("jitter"), message, "expected 0 to 1");
    }
    let timeout = match &model.timeout {
        None => Some(TIMEOUT_DEFAULT),
        Some(text) => timeout(text, &place.at("timeout"), report),
    };
    Some(ProfileSpec {
        signature: signature?,
        headers: headers.into_iter().collect::<Option<_>>()?,
        retries: retries.into_iter().collect::<Option<_>>()?,
        jitter_per_mille: (jitter * 1000.0) as u32,
        disable_on: model.disable_on.clone(),
        timeout: timeout?,
    })
}

fn signature(
    model: &model::WebhookSignature,
    scope: &Scope,
    place: &Place,
    report: &mut Report,
) -> Option<SignatureSpec> {
    let header = header(&model.header, &place.at("header"), report);
    let signed = template(&model.signed, Some(scope), &place.at("signed"), report);
    let with = scope.with("signature");
    let value = template(&model.value, Some(&with), &place.at("value"), report);
    Some(SignatureSpec {
        header: header?,
        signed: signed?,
        value: value?,
        encoding: model.encoding,
        secret: model.secret,
        secret_prefix: model.secret_prefix.clone().unwrap_or_default(),
    })
}

/// Compiles the name of a header that is sent.
pub(super) fn header(name: &str, place: &Place, report: &mut Report) -> Option<HeaderName> {
    let header = HeaderName::from_bytes(name.as_bytes()).ok();
    if header.is_none() {
        let message = format!("`{name}` is not a name of a header");
        report.error(place, message, "not a token (RFC 9110 §5.1)");
    }
    header
}

fn wait(text: &str, place: &Place, report: &mut Report) -> Option<SignedDuration> {
    let wait: Option<SignedDuration> = text.parse().ok();
    let wait = wait.filter(|wait| !wait.is_negative());
    if wait.is_none() {
        let message = format!("`{text}` is no span of time");
        report.error(place, message, "expected one such as 5s, 30m or 2h");
    }
    wait
}

fn timeout(text: &str, place: &Place, report: &mut Report) -> Option<Duration> {
    let timeout = Duration::try_from(wait(text, place, report)?).ok()?;
    if timeout.is_zero() || timeout > TIMEOUT_MAX {
        let message = format!("`{text}` is no time to wait for an answer");
        report.error(place, message, "expected more than 0s and at most 120s");
        return None;
    }
    Some(timeout)
}

fn fault(
    name: Name,
    model: &model::WebhookFault,
    place: &Place,
    report: &mut Report,
) -> Option<FaultSpec> {
    let given = [
        ("every", model.every.is_some()),
        ("calls", !model.calls.is_empty()),
        ("probability", model.probability.is_some()),
    ];
    let given = given.iter().filter(|(_, there)| *there);
    let given: Vec<&str> = given.map(|(key, _)| *key).collect();
    if let [first, second, ..] = given.as_slice() {
        let message = format!("a fault has one of `{first}` and `{second}`");
        report.error_at_key(&place.at(second), message, "one too many");
        return None;
    }
    let which = match (model.every, model.probability) {
        (Some(0), _) => {
            report.error(
                &place.at("every"),
                "every 0th is none",
                "expected 1 or more",
            );
            return None;
        }
        (Some(every), _) => Which::Every(every),
        (_, Some(probability)) if (0.0..=1.0).contains(&probability) => {
            Which::Chance((probability * 1_000_000.0) as u32)
        }
        (_, Some(probability)) => {
            let message = format!("{probability} is no probability");
            report.error(&place.at("probability"), message, "expected 0 to 1");
            return None;
        }
        _ if !model.calls.is_empty() => Which::Nth(model.calls.clone()),
        _ => Which::All,
    };
    let seconds = model.seconds.unwrap_or(FAULT_SECONDS_DEFAULT);
    let least = match model.mode {
        WebhookFaultMode::ClockSkew => -FAULT_SECONDS_MAX,
        _ => 0,
    };
    if !(least..=FAULT_SECONDS_MAX).contains(&seconds) {
        let message = format!("expected {least} to {FAULT_SECONDS_MAX}");
        report.error(&place.at("seconds"), "too far", message);
        return None;
    }
    Some(FaultSpec {
        name,
        mode: mode(model.mode),
        events: patterns(&model.events, &place.at("events"), report),
        which,
        seconds,
    })
}

fn patterns(texts: &[String], place: &Place, report: &mut Report) -> Vec<EventPattern> {
    let mut patterns = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        match text.parse() {
            Ok(pattern) => patterns.push(pattern),
            Err(message) => report.error(&place.at(at), message, "order.paid, order.* or *"),
        }
    }
    patterns
}

fn mode(model: WebhookFaultMode) -> FaultMode {
    match model {
        WebhookFaultMode::Duplicate => FaultMode::Duplicate,
        WebhookFaultMode::Reorder => FaultMode::Reorder,
        WebhookFaultMode::Delay => FaultMode::Delay,
        WebhookFaultMode::Drop => FaultMode::Drop,
        WebhookFaultMode::Late => FaultMode::Late,
        WebhookFaultMode::BadSignature => FaultMode::BadSignature,
        WebhookFaultMode::ClockSkew => FaultMode::ClockSkew,
    }
}

/// Compiles what a step tells endpoints.
pub(super) fn emit(
    model: &model::Emit,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    if !context.names.webhooks {
        let help = "declare `webhooks:` with its endpoints";
        report.error_at_key(place, "the pack has no webhooks", help);
    }
    let scope = &context.scope;
    let event = template(&model.event, Some(scope), &place.at("event"), report);
    let named = event.as_ref().and_then(Template::text);
    if let Some(name) = named.filter(|name| !is_event(name)) {
        let message = format!("`{name}` is no name of an event");
        report.error(&place.at("event"), message, "such as order.paid");
    }
    let data = match &model.data {
        None => {
            if context.collection.is_none() {
                let help = "`find` or `create` one before, or say `data`";
                report.error_at_key(place, "there is no record to tell of", help);
            }
            None
        }
        Some(data) => Some(document(data, Some(scope), &place.at("data"), report)?),
    };
    Some(Verb::Emit(EmitSpec {
        event: event?,
        data,
    }))
}
