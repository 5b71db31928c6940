//! The numbers of a rule, and which settings its mode has.

use super::super::report::{Place, Report};
use crate::definition::model::FaultRule;
use crate::domain::delay::Delay;
use crate::domain::fault::{Moment, When};
use crate::domain::time::{parse_instant, parse_length_ms};
use crate::state::past::CALLS_MAX;

/// No client waits longer than an hour.
const MILLISECONDS_MAX: u64 = 3_600_000;

/// The longest length of time that a rule may name: a hundred years.
const MOMENT_MILLIS_MAX: i64 = 100 * 366 * 24 * 3_600_000;

/// How far back a read can be stale, in seconds: as far as a moment.
const SECONDS_MAX: u64 = 100 * 366 * 24 * 3_600;

/// How many pieces a body comes in at the most.
const CHUNKS_MAX: u32 = 10_000;

/// The longest body, text or name of a member, in bytes of its JSON.
const BODY_BYTES_MAX: usize = 1 << 20;

/// The most members that one setting may name.
const MEMBERS_MAX: usize = 1_000;

/// Reports every number that is out of its bounds, and every setting that the mode has not.
pub(super) fn check(model: &FaultRule, place: &Place, report: &mut Report) {
    let mut checks = Checks { report };
    if model.times == Some(0) {
        checks.wrong(
            &place.at("times"),
            "a rule that may happen 0 times never does",
            "expected at least 1",
        );
    }
    checks.when(&model.when, &place.at("when"));
    checks.settings(model, &place.at("with"));
    checks.with(model, &place.at("with"));
}

struct Checks<'a> {
    report: &'a mut Report,
}

impl Checks<'_> {
    fn wrong(&mut self, place: &Place, message: impl Into<String>, label: &str) {
        self.report.error(place, message, label);
    }

    /// A number that must lie from 0 to 1.
    fn part(&mut self, number: Option<f64>, what: &str, place: &Place) {
        if let Some(number) = number
            && !(0.0..=1.0).contains(&number)
        {
            self.wrong(place, format!("{number} is no {what}"), "expected 0 to 1");
        }
    }

    fn at_least_one(&mut self, number: Option<u64>, place: &Place) {
        if number == Some(0) {
            self.wrong(
                place,
                "0 is none: counting begins at 1",
                "expected at least 1",
            );
        }
    }

    fn at_most(&mut self, number: Option<u64>, most: u64, place: &Place) {
        if let Some(number) = number.filter(|number| *number > most) {
            self.wrong(
                place,
                format!("{number} is too much"),
                &format!("expected at most {most}"),
            );
        }
    }

    fn when(&mut self, when: &When, place: &Place) {
        self.part(when.probability, "probability", &place.at("probability"));
        for (index, call) in when.calls.iter().enumerate() {
            self.at_least_one(Some(*call), &place.at("calls").at(index));
        }
        if when.calls.len() > MEMBERS_MAX {
            let message = format!("{} are too many", when.calls.len());
            self.wrong(&place.at("calls"), message, "expected at most 1000");
        }
        self.at_least_one(when.every, &place.at("every"));
        self.at_least_one(when.page, &place.at("page"));
        if let Some(burst) = when.burst {
            let place = place.at("burst");
            self.at_least_one(Some(burst.calls), &place.at("calls"));
            self.at_least_one(Some(burst.every), &place.at("every"));
            if burst.calls > burst.every && burst.every > 0 {
                let message = format!(
                    "{} calls in a row do not fit into a round of {}",
                    burst.calls, burst.every
                );
                self.wrong(&place.at("calls"), message, "expected at most `every`");
            }
        }
        if let Some(ramp) = when.ramp {
            let place = place.at("ramp");
            self.part(Some(ramp.from), "probability", &place.at("from"));
            self.part(Some(ramp.to), "probability", &place.at("to"));
            self.at_least_one(Some(ramp.calls), &place.at("calls"));
        }
        let from = self.moment(when.from.as_ref(), &place.at("from"));
        let until = self.moment(when.until.as_ref(), &place.at("until"));
        if let (Some(from), Some(until)) = (from, until)
            && until.is_before(from)
        {
            let message = "ends before it begins, or at that very time";
            self.wrong(
                &place.at("until"),
                message,
                "expected a later time than `from`",
            );
        }
    }

    fn moment(&mut self, moment: Option<&Moment>, place: &Place) -> Option<Read> {
        let text = &moment?.0;
        let length =
            parse_length_ms(text).filter(|millis| (0..=MOMENT_MILLIS_MAX).contains(millis));
        let instant = || parse_instant(text).map(|instant| Read::At(instant.as_millisecond()));
        let read = length.map(Read::After).or_else(instant);
        if read.is_none() {
            let message = format!("`{text}` is no time");
            let label =
                "expected RFC 3339, or how long after the rule is made, such as 30s, 5m or PT1H";
            self.wrong(place, message, label);
        }
        read
    }

    /// Every setting that is given must be one of the mode's.
    fn settings(&mut self, model: &FaultRule, place: &Place) {
        let mode = model.mode;
        let own = mode.settings();
        let given = place.json().as_object().filter(|_| place.is_there());
        for name in given.into_iter().flat_map(|given| given.keys()) {
            if own.contains(&name.as_str()) || (name == "committed" && mode.may_commit_or_not()) {
                continue;
            }
            let committed = mode.may_commit_or_not().then_some("committed");
            let all: Vec<&str> = own.iter().copied().chain(committed).collect();
            let has = match all.is_empty() {
                true => "it has none".to_owned(),
                false => format!("it has {}", all.join(", ")),
            };
            let message = format!("`{name}` is no setting of `{}`; {has}", mode.name());
            self.report.error_at_key(&place.at(name), message, has);
        }
    }

    fn with(&mut self, model: &FaultRule, place: &Place) {
        let with = &model.with;
        self.at_most(
            with.milliseconds,
            MILLISECONDS_MAX,
            &place.at("milliseconds"),
        );
        if let Some(delay) = with.distribution {
            self.distribution(delay, &place.at("distribution"));
        }
        if let Some(chunks) = with.chunks {
            self.at_least_one(Some(chunks.into()), &place.at("chunks"));
            self.at_most(Some(chunks.into()), CHUNKS_MAX.into(), &place.at("chunks"));
        }
        let statuses = with.status.map(|status| (place.at("status"), status));
        let listed = with.statuses.iter().enumerate();
        let listed = listed.map(|(at, status)| (place.at("statuses").at(at), *status));
        for (place, status) in statuses.into_iter().chain(listed) {
            if !(200..=599).contains(&status) {
                self.wrong(
                    &place,
                    format!("{status} is no status of an answer"),
                    "expected 200 to 599",
                );
            }
        }
        self.part(with.share, "share", &place.at("share"));
        self.at_least_one(with.calls, &place.at("calls"));
        self.at_most(with.calls, CALLS_MAX as u64, &place.at("calls"));
        self.at_least_one(with.rows, &place.at("rows"));
        self.at_most(with.seconds, SECONDS_MAX, &place.at("seconds"));
        if with.calls.is_some() && with.seconds.is_some() {
            let message = "`calls` and `seconds` are two ways to say how old";
            self.report
                .error_at_key(&place.at("seconds"), message, "expected one of them");
        }
        let ends = [
            ("events", with.events.is_some()),
            ("bytes", with.bytes.is_some()),
            ("share", with.share.is_some()),
        ];
        let mut ends = ends.into_iter().filter(|(_, said)| *said);
        if let (Some(("events", _)), Some((other, _))) = (ends.next(), ends.next()) {
            let message = format!("`events` and `{other}` are two ways to say where it ends");
            self.report
                .error_at_key(&place.at(other), message, "expected one of them");
        }
        for (name, count) in [
            ("statuses", with.statuses.len()),
            ("fields", with.fields.len()),
            ("rename", with.rename.len()),
            ("add", with.add.len()),
            ("remove", with.remove.len()),
            ("retype", with.retype.len()),
        ] {
            if count > MEMBERS_MAX {
                let message = format!("{count} are too many");
                self.wrong(&place.at(name), message, "expected at most 1000");
            }
        }
        let body = with.body.as_ref().map_or(0, |body| body.to_string().len());
        if body > BODY_BYTES_MAX {
            let message = format!("{body} bytes are too many");
            self.wrong(&place.at("body"), message, "expected at most a mebibyte");
        }
        for (name, texts) in [("fields", &with.fields), ("remove", &with.remove)] {
            if let Some(at) = texts.iter().position(String::is_empty) {
                self.wrong(
                    &place.at(name).at(at),
                    "names no member",
                    "expected a name or a path",
                );
            }
        }
    }

    fn distribution(&mut self, delay: Delay, place: &Place) {
        let most = i64::try_from(MILLISECONDS_MAX).unwrap_or(i64::MAX);
        let label = "expected at most 3600000";
        match delay {
            Delay::Fixed { milliseconds } if milliseconds > most => {
                self.wrong(&place.at("milliseconds"), "is more than an hour", label);
            }
            Delay::Uniform { upper, .. } if i64::from(upper) > most => {
                self.wrong(&place.at("upper"), "is more than an hour", label);
            }
            Delay::LogNormal {
                median, max_value, ..
            } => {
                #[expect(clippy::cast_precision_loss, reason = "an hour has few milliseconds")]
                let most = MILLISECONDS_MAX as f64;
                if median > most {
                    self.wrong(&place.at("median"), "is more than an hour", label);
                }
                // Without one, no draw is taken to be longer.
                if max_value.is_some_and(|max| max > most) {
                    self.wrong(&place.at("maxValue"), "is more than an hour", label);
                }
            }
            Delay::Fixed { .. } | Delay::Uniform { .. } => {}
        }
    }
}

/// A moment as far as it can be read before the rule is put.
#[derive(Clone, Copy)]
enum Read {
    /// By the sandbox clock, in milliseconds.
    At(i64),
    /// So many milliseconds after the rule is made.
    After(i64),
}

impl Read {
    /// Whether this is surely not later than the other.
    fn is_before(self, other: Self) -> bool {
        match (self, other) {
            (Self::At(one), Self::At(other)) | (Self::After(one), Self::After(other)) => {
                one <= other
            }
            _ => false,
        }
    }
}
