//! Streams of events.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::expression::{Scope, document, stub_template, template};
use super::report::{Place, Report, optional};
use super::response::Kind;
use super::step::TAKEN;
use crate::definition::compiled::{
    EachEvent, EventContent, EventFields, EventSpec, EventText, StreamSpec,
};
use crate::definition::model::{Cel, Event, EventStream};
use crate::matching::condition::Expression;

/// The longest pause before an event: no client waits longer.
const PAUSE_MILLIS_MAX: u32 = 3_600_000;

/// What each event calls its number in the stream.
const SEQUENCE: &str = "sequence";

/// How deep groups of events may nest.
const GROUPS_MAX: usize = 8;

/// What the texts of a stream may use.
#[derive(Clone)]
struct Texts {
    /// The names of expressions and templates; none in a stub, which has no expressions.
    scope: Option<Scope>,
    /// Whether texts are templates.
    templated: bool,
    /// What is waited for before each event that does not say so itself.
    pause: Duration,
}

/// Compiles a stream of events. `typed` is whether the response's headers say of which type it is.
pub(super) fn stream(
    model: &EventStream,
    kind: Kind<'_>,
    (templated, typed): (bool, bool),
    place: &Place,
    report: &mut Report,
) -> Option<StreamSpec> {
    let mut texts = Texts {
        scope: kind.scope().cloned(),
        templated,
        pause: Duration::ZERO,
    };
    let when = texts.expression("when", model.when.as_ref(), place, report);
    if let Some(millis) = model.pause {
        texts.pause = pause(millis, &place.at("pause"), report);
    }
    if let Some(scope) = &mut texts.scope {
        scope.add(SEQUENCE);
    }
    if model.events.is_empty() {
        let message = "a stream has events";
        let label = "expected `events`, with at least one of them";
        report.error(place, message, label);
        return None;
    }
    let events = events(&model.events, &texts, &place.at("events"), 0, report);
    Some(StreamSpec {
        when: when?,
        typed,
        events: events?,
    })
}

fn events(
    models: &[Event],
    texts: &Texts,
    place: &Place,
    depth: usize,
    report: &mut Report,
) -> Option<Vec<EventSpec>> {
    let compiled = models.iter().enumerate();
    let compiled = compiled.map(|(at, model)| event(model, texts, &place.at(at), depth, report));
    // All mistakes are to be told.
    compiled.collect::<Vec<_>>().into_iter().collect()
}

fn event(
    model: &Event,
    texts: &Texts,
    place: &Place,
    depth: usize,
    report: &mut Report,
) -> Option<EventSpec> {
    let mut inner = texts.clone();
    let each = each(model, &mut inner, place, report);
    let when = inner.expression("when", model.when.as_ref(), place, report);
    if let Some(millis) = model.pause {
        inner.pause = pause(millis, &place.at("pause"), report);
    }
    let content = match &model.events {
        Some(models) => group(model, models, &inner, place, depth, report),
        None => fields(model, &inner, place, report),
    };
    Some(EventSpec {
        when: when?,
        each: each?,
        content: content?,
    })
}

fn each(
    model: &Event,
    inner: &mut Texts,
    place: &Place,
    report: &mut Report,
) -> Option<Option<EachEvent>> {
    let list = inner.expression("each", model.each.as_ref(), place, report);
    if model.each.is_none() {
        let names = [
            ("as", model.name.is_some()),
            ("index", model.index.is_some()),
        ];
        for (key, _) in names.iter().filter(|(_, said)| *said) {
            let message = format!("`{key}` names something of `each`");
            report.error_at_key(&place.at(key), message, "there is no `each` beside it");
        }
        return Some(None);
    }
    // Of a stub it is said already that it has no expressions.
    inner.scope.as_ref()?;
    let name = inner.name(model.name.as_deref(), &place.at("as"), report);
    let index = inner.name(model.index.as_deref(), &place.at("index"), report);
    Some(Some(EachEvent {
        list: list??,
        name: name?,
        index: index?,
    }))
}

fn group(
    model: &Event,
    models: &[Event],
    texts: &Texts,
    place: &Place,
    depth: usize,
    report: &mut Report,
) -> Option<EventContent> {
    let own = [
        ("comment", model.comment.is_some()),
        ("event", model.event.is_some()),
        ("id", model.id.is_some()),
        ("retry", model.retry.is_some()),
        ("data", model.data.is_some()),
    ];
    for (key, _) in own.iter().filter(|(_, said)| *said) {
        let message = format!("a group of events has no `{key}` of its own");
        report.error_at_key(&place.at(key), message, "it belongs to one of its `events`");
    }
    let place = place.at("events");
    if depth >= GROUPS_MAX {
        let message = format!("groups of events nest no deeper than {GROUPS_MAX}");
        report.error_at_key(&place, message, "one too deep");
        return None;
    }
    events(models, texts, &place, depth + 1, report).map(EventContent::Group)
}

fn fields(
    model: &Event,
    texts: &Texts,
    place: &Place,
    report: &mut Report,
) -> Option<EventContent> {
    let said = [&model.comment, &model.event, &model.id];
    let nothing =
        said.iter().all(|text| text.is_none()) && model.retry.is_none() && model.data.is_none();
    if nothing {
        let label = "expected `data`, `event`, `id`, `retry`, `comment`, or `events` for a group";
        report.error(place, "an event without anything in it", label);
        return None;
    }
    let mut text = |key: &str, text: &Option<String>| {
        let text = text.as_ref();
        optional(text.map(|text| texts.text(text, &place.at(key), report)))
    };
    let comment = text("comment", &model.comment);
    let event = text("event", &model.event);
    let id = text("id", &model.id);
    let data = model.data.as_ref();
    let data = optional(data.map(|data| texts.data(data, &place.at("data"), report)));
    Some(EventContent::One(Box::new(EventFields {
        pause: texts.pause,
        comment: comment?,
        event: event?,
        id: id?,
        retry: model.retry,
        data: data?,
    })))
}

fn pause(millis: u32, place: &Place, report: &mut Report) -> Duration {
    if millis > PAUSE_MILLIS_MAX {
        let label = format!("expected at most {PAUSE_MILLIS_MAX}");
        report.error(place, "is more than an hour", label);
    }
    Duration::from_millis(millis.into())
}

impl Texts {
    /// An expression that may be left out.
    fn expression(
        &self,
        key: &str,
        cel: Option<&Cel>,
        place: &Place,
        report: &mut Report,
    ) -> Option<Option<Expression>> {
        let Some(cel) = cel else {
            return Some(None);
        };
        let place = place.at(key);
        match &self.scope {
            Some(scope) => scope.expression(cel, &place, report).map(Some),
            None => {
                report_no_names(key, &place, report);
                None
            }
        }
    }

    /// A name that is given to something from here on.
    fn name(
        &mut self,
        name: Option<&str>,
        place: &Place,
        report: &mut Report,
    ) -> Option<Option<Arc<str>>> {
        let Some(name) = name else {
            return Some(None);
        };
        let Some(scope) = &mut self.scope else {
            report_no_names("as", place, report);
            return None;
        };
        if TAKEN.contains(&name) || name == SEQUENCE {
            let message = format!("`{name}` has a meaning already");
            report.error(place, message, "choose another name");
            return None;
        }
        scope.add(name);
        Some(Some(name.into()))
    }

    fn text(&self, text: &str, place: &Place, report: &mut Report) -> Option<EventText> {
        if !self.templated {
            return Some(EventText::Fixed(text.into()));
        }
        let template = match &self.scope {
            Some(scope) => template(text, Some(scope), place, report)?,
            None => stub_template(text, place, report)?,
        };
        Some(match template.text() {
            Some(text) => EventText::Fixed(text.into()),
            None => EventText::Template(template),
        })
    }

    fn data(&self, data: &Value, place: &Place, report: &mut Report) -> Option<EventText> {
        let Some(scope) = &self.scope else {
            // As a stub's `jsonBody`: one text.
            let text = match data {
                Value::String(text) => text.clone(),
                document => document.to_string(),
            };
            return self.text(&text, place, report);
        };
        if let Value::String(text) = data {
            return self.text(text, place, report);
        }
        let document = document(data, Some(scope), place, report)?;
        Some(match document.as_static() {
            Some(value) => EventText::Fixed(value.to_string().into()),
            None => EventText::Document(document),
        })
    }
}

/// A stub answers without expressions.
pub(super) fn report_no_names(key: &str, place: &Place, report: &mut Report) {
    let message = format!("`{key}` is for tools: a stub has no expressions");
    report.error_at_key(place, message, "leave it out, or make the stub a tool");
}
