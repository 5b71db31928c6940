//! Streams of events: each event a chunk of the reply's body, after its pause.
//!
//! All of a stream is made before its first byte leaves: it is part of the decision, as every reply is.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::behaviours::{Fills, Names, Refusal, Variables, View};
use crate::definition::compiled::{
    EachEvent, EventContent, EventFields, EventSpec, EventText, StreamSpec,
};
use crate::domain::reply::{Body, Chunk};
use crate::matching::condition::Expression;
use crate::render::{Model, RenderEnv, Session, TEMPLATE_OUTPUT_MAX};

/// How many events one stream may have, those included whose `when` does not hold.
const EVENTS_MAX: usize = 10_000;

/// What a definition is told that has too many of them.
const TOO_MANY: &str = "the stream has more than 10000 events";

/// The events of a stream as a body; nothing, if this call is not answered by the stream.
///
/// # Errors
/// When an expression or a template fails on this call, or the stream exceeds its limits.
pub(super) fn body(spec: &StreamSpec, fills: &dyn Fills) -> Result<Option<Body>, Refusal> {
    let (view, stub) = match fills.names() {
        Names::Call(view) => (Some(view), None),
        Names::Stub(model) => (None, Some(model)),
    };
    if let (Some(when), Some(view)) = (&spec.when, view)
        && !view.test(when)?
    {
        return Ok(None);
    }
    let mut stream = Stream {
        names: view
            .as_ref()
            .map_or_else(Map::new, View::names_of_templates)
            .into(),
        view,
        stub,
        session: Session::new(RenderEnv {
            now: fills.state().now,
            chance: fills.chance(),
        }),
        chunks: Vec::new(),
        bytes: 0,
        turns: 0,
    };
    stream.all(&spec.events)?;
    Ok(Some(Body::Chunks(stream.chunks)))
}

/// A stream that is being made.
struct Stream<'a> {
    /// The names at hand, where a tool is called: as one value, because templates want one.
    names: Value,
    /// What expressions see beside the names. A stub has none.
    view: Option<View<'a>>,
    /// What a stub's templates see.
    stub: Option<&'a dyn Model>,
    session: Session<'a>,
    chunks: Vec<Chunk>,
    /// How long the chunks are together.
    bytes: usize,
    /// How many events were looked at.
    turns: usize,
}

impl Stream<'_> {
    fn all(&mut self, events: &[EventSpec]) -> Result<(), Refusal> {
        for event in events {
            match &event.each {
                None => self.one(event)?,
                Some(each) => self.each(each, event)?,
            }
        }
        Ok(())
    }

    fn each(&mut self, each: &EachEvent, event: &EventSpec) -> Result<(), Refusal> {
        let list = match self.eval(&each.list)? {
            Value::Array(list) => list,
            other => {
                let message = format!("expected a list, found {other}");
                return Err(Refusal::definition(each.list.source(), message));
            }
        };
        let before: Vec<_> = [&each.name, &each.index]
            .into_iter()
            .flatten()
            .map(|name| (name, self.names.get(&**name).cloned()))
            .collect();
        for (at, element) in list.into_iter().enumerate() {
            self.name(each.name.as_deref(), || element);
            self.name(each.index.as_deref(), || at.into());
            self.one(event)?;
        }
        // Behind the loop a name is again what it was before.
        for (name, value) in before {
            self.name(Some(name), || value.unwrap_or(Value::Null));
        }
        Ok(())
    }

    fn one(&mut self, event: &EventSpec) -> Result<(), Refusal> {
        self.turns += 1;
        if self.turns > EVENTS_MAX {
            return Err(Refusal::definition("eventStream", TOO_MANY));
        }
        let number = self.chunks.len();
        self.name(Some("sequence"), || number.into());
        if let Some(when) = &event.when
            && !self.test(when)?
        {
            return Ok(());
        }
        match &event.content {
            EventContent::Group(events) => self.all(events),
            EventContent::One(fields) => self.send(fields),
        }
    }

    fn send(&mut self, fields: &EventFields) -> Result<(), Refusal> {
        let comment = self.optional(fields.comment.as_ref())?;
        let event = self.optional(fields.event.as_ref())?;
        let id = self.optional(fields.id.as_ref())?;
        let data = self.optional(fields.data.as_ref())?;
        let mut text = String::new();
        if let Some(comment) = comment {
            put_lines(&mut text, "", &comment);
        }
        put_line(&mut text, "event", event);
        put_line(&mut text, "id", id);
        put_line(
            &mut text,
            "retry",
            fields.retry.map(|millis| millis.to_string()),
        );
        if let Some(data) = data {
            put_lines(&mut text, "data", &data);
        }
        text.push('\n');
        self.bytes += text.len();
        if self.bytes > TEMPLATE_OUTPUT_MAX {
            let message = format!("the stream is longer than {TEMPLATE_OUTPUT_MAX} bytes");
            return Err(Refusal::definition("eventStream", message));
        }
        let after = match self.chunks.is_empty() {
            true => Duration::ZERO,
            false => fields.pause,
        };
        let bytes = Bytes::from(text);
        self.chunks.push(Chunk { after, bytes });
        Ok(())
    }

    fn name(&mut self, name: Option<&str>, value: impl FnOnce() -> Value) {
        if let (Some(name), Value::Object(names)) = (name, &mut self.names) {
            names.insert(name.to_owned(), value());
        }
    }

    /// What expressions see now.
    fn view(&self) -> Option<View<'_>> {
        let variables: &Variables = self.names.as_object()?;
        let view = self.view?;
        Some(View {
            variables,
            record: None,
            ..view
        })
    }

    fn test(&self, condition: &Expression) -> Result<bool, Refusal> {
        self.view().map_or(Ok(true), |view| view.test(condition))
    }

    fn eval(&self, expression: &Expression) -> Result<Value, Refusal> {
        let nothing = || Ok(Value::Array(Vec::new()));
        self.view()
            .map_or_else(nothing, |view| view.eval(expression))
    }

    fn optional(&mut self, text: Option<&EventText>) -> Result<Option<String>, Refusal> {
        let Some(text) = text else {
            return Ok(None);
        };
        let model = self.stub.unwrap_or(&self.names);
        let made = match text {
            EventText::Fixed(text) => Ok(text.to_string()),
            EventText::Template(template) => template.render_in(model, &mut self.session),
            EventText::Document(document) => document
                .render_in(model, &mut self.session)
                .map(|value| value.to_string()),
        };
        made.map(Some)
            .map_err(|error| Refusal::definition("template", error))
    }
}

/// A field of one line: none at all, where it is empty. The end of a line would begin another field.
fn put_line(text: &mut String, name: &str, value: Option<String>) {
    let value = value.unwrap_or_default().replace(['\r', '\n'], " ");
    if !value.is_empty() {
        put(text, name, &value);
    }
}

/// A field of as many lines as its value has.
fn put_lines(text: &mut String, name: &str, value: &str) {
    let value = value.replace("\r\n", "\n");
    for line in value.split(['\n', '\r']) {
        put(text, name, line);
    }
}

fn put(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    text.push_str(": ");
    text.push_str(value);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_a_line_for_each_of_its_own() {
        let check = |value: &str, expected: &str| {
            let mut text = String::new();
            put_lines(&mut text, "data", value);
            assert_eq!(text, expected, "{value:?}");
        };
        check("a", "data: a\n");
        check("", "data: \n");
        check("a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n");
        check("a\n", "data: a\ndata: \n");
    }

    #[test]
    fn a_name_cannot_begin_a_field_of_its_own() {
        let check = |value: &str, expected: &str| {
            let mut text = String::new();
            put_line(&mut text, "event", Some(value.to_owned()));
            assert_eq!(text, expected, "{value:?}");
        };
        check("ping", "event: ping\n");
        check("ping\ndata: x", "event: ping data: x\n");
        check("", "");
    }
}
