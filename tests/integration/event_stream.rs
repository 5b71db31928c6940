//! A reader of server-sent events.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use serde_json::Value;

use crate::support::Server;

/// Longer than this nothing may take that is to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream that is open.
pub(crate) struct Stream {
    lines: BufReader<Box<dyn Read + Send>>,
}

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Stream {
    /// Opens the stream of a sandbox; gives it with where it begins.
    #[track_caller]
    pub(crate) fn open(
        server: &Server,
        base: &str,
        query: &str,
        last: Option<&str>,
    ) -> (Self, Event) {
        let (status, mut stream) = Self::ask(server, base, query, last);
        assert_eq!(status, 200);
        let open = stream.next().expect("an opening");
        assert_eq!(open.name, "open");
        (stream, open)
    }

    /// Asks for the stream of a sandbox.
    pub(crate) fn ask(server: &Server, base: &str, query: &str, last: Option<&str>) -> (u16, Self) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut request = agent.get(format!("{}{base}/__admin/events{query}", server.base));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.call().expect("an answer");
        let status = answer.status().as_u16();
        let lines: Box<dyn Read + Send> = Box::new(answer.into_body().into_reader());
        let lines = BufReader::new(lines);
        (status, Self { lines })
    }

    /// The next event; nothing, when the stream is over.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let (mut name, mut id, mut data) = (String::new(), None, String::new());
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("a line") == 0 {
                return None;
            }
            let line = line.strip_suffix('\n').expect("a whole line");
            match line.split_once(": ") {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("id", value)) => id = Some(value.to_owned()),
                Some(("data", value)) => data.push_str(value),
                None if line.is_empty() && !data.is_empty() => {
                    let data = serde_json::from_str(&data).expect("JSON");
                    return Some(Event { name, id, data });
                }
                None if line.is_empty() => {}
                _ => assert!(line.starts_with(": "), "{line:?}"),
            }
        }
    }

    /// The next events, so many.
    #[track_caller]
    pub(crate) fn take(&mut self, count: usize) -> Vec<Event> {
        (0..count).map(|_| self.next().expect("an event")).collect()
    }
}

/// The names of events.
pub(crate) fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}
