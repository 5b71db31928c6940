//! An answer that comes as a stream of events, prepared as far as can be.

use std::sync::Arc;
use std::time::Duration;

use crate::matching::condition::Expression;
use crate::render::{Document, Template};

/// A stream of server-sent events.
#[derive(Debug)]
pub struct StreamSpec {
    /// Whether the answer is the stream; always, if nothing is said.
    pub when: Option<Expression>,
    /// Whether the response's headers say of which type it is.
    pub typed: bool,
    /// The events.
    pub events: Vec<EventSpec>,
}

/// An event, or a group of them.
#[derive(Debug)]
pub struct EventSpec {
    /// Whether it is sent.
    pub when: Option<Expression>,
    /// The list for each of whose elements it is sent.
    pub each: Option<EachEvent>,
    /// What is sent.
    pub content: EventContent,
}

/// For what an event is sent again and again.
#[derive(Debug)]
pub struct EachEvent {
    /// The list.
    pub list: Expression,
    /// What its element is called.
    pub name: Option<Arc<str>>,
    /// What the element's number is called.
    pub index: Option<Arc<str>>,
}

/// What is sent.
#[derive(Debug)]
pub enum EventContent {
    /// One event.
    One(Box<EventFields>),
    /// Several.
    Group(Vec<EventSpec>),
}

/// The fields of an event (WHATWG HTML §9.2).
#[derive(Debug)]
pub struct EventFields {
    /// Wall time before it, if it is not the first.
    pub pause: Duration,
    /// Lines that mean nothing.
    pub comment: Option<EventText>,
    /// Its name.
    pub event: Option<EventText>,
    /// Its id.
    pub id: Option<EventText>,
    /// After how many milliseconds a client should come back.
    pub retry: Option<u32>,
    /// What it carries.
    pub data: Option<EventText>,
}

/// A text of an event.
#[derive(Debug)]
pub enum EventText {
    /// It is always the same.
    Fixed(Box<str>),
    /// It is made for each event.
    Template(Template),
    /// It is JSON that is made for each event.
    Document(Document),
}
