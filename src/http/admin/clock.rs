//! The sandbox clock.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use jiff::{SignedDuration, Span};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::extract::{Body, NoQuery};
use super::{App, json};
use crate::domain::time::{Clock, parse_instant};
use crate::engine::Stage;
use crate::engine::stage::ClockMode;
use crate::http::problem::Problem;
use crate::state::SandboxState;

/// How a clock is to run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClock {
    /// `system`, `frozen` or `offset`.
    mode: Mode,
    /// What it shows (RFC 3339); what it shows already, if left out. Not with `system`.
    now: Option<String>,
}

/// How a clock runs.
#[derive(Clone, Copy, Deserialize, PartialEq, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Mode {
    /// With the machine's clock.
    System,
    /// Not at all.
    Frozen,
    /// With the machine's clock, shifted.
    Offset,
}

/// How far time is to go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    /// An ISO 8601 duration: `PT1H`, `PT0.5S`, `P1D`.
    by: String,
}

impl Mode {
    pub(super) fn stage(self) -> ClockMode {
        match self {
            Self::System => ClockMode::System,
            Self::Frozen => ClockMode::Frozen,
            Self::Offset => ClockMode::Offset,
        }
    }
}

/// What the clock shows, and how it runs.
#[utoipa::path(get, path = "/__admin/clock", tag = "clock", responses((status = 200, description = "`{\"mode\": \"system\", \"now\": \"…\", \"nextDue\": null}`")))]
pub(super) async fn get(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    answer(&app).await
}

async fn answer(app: &App) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    Ok(json(StatusCode::OK, &shown(&state)))
}

/// Sets the clock. What becomes due on the way forward happens; what has happened stays so on the
/// way back.
#[utoipa::path(put, path = "/__admin/clock", tag = "clock", request_body = NewClock, responses((status = 200, description = "The clock"), (status = 422, body = Problem)))]
pub(super) async fn set(
    Extension(app): Extension<App>,
    _: NoQuery,
    Body(new): Body<NewClock>,
) -> Result<Response, Problem> {
    let now = match (&new.now, new.mode) {
        (Some(_), Mode::System) => {
            let message = "a system clock shows the machine's time; use frozen or offset";
            return Err(Problem::invalid("now", message));
        }
        (Some(text), _) => Some(parse_instant(text).ok_or_else(|| {
            Problem::invalid(
                "now",
                format!("expected an RFC 3339 date-time, found {text:?}"),
            )
        })?),
        (None, _) => None,
    };
    let stage = Stage::SetClock {
        mode: new.mode.stage(),
        now,
    };
    app.service.stage(&app.sandbox, stage).await?;
    answer(&app).await
}

/// Lets time pass. What becomes due happens, in its order.
#[utoipa::path(post, path = "/__admin/clock/advance", tag = "clock", request_body = Advance, responses((status = 200, description = "The clock"), (status = 422, body = Problem)))]
pub(super) async fn advance(
    Extension(app): Extension<App>,
    _: NoQuery,
    Body(advance): Body<Advance>,
) -> Result<Response, Problem> {
    let by_ms = milliseconds(&advance.by).ok_or_else(|| {
        let message = format!(
            "expected an ISO 8601 duration such as PT1H, found {:?}",
            advance.by
        );
        Problem::invalid("by", message)
    })?;
    if by_ms < 0 {
        return Err(Problem::invalid(
            "by",
            "time only advances; PUT /clock sets it back",
        ));
    }
    app.service
        .stage(&app.sandbox, Stage::Advance { by_ms })
        .await?;
    answer(&app).await
}

/// A duration in milliseconds. Days have 24 hours; months and years have no fixed length.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    if !text.trim_start_matches(['-', '+']).starts_with('P') {
        return None;
    }
    let span: Span = text.parse().ok()?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let duration: SignedDuration = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .ok()?;
    i64::try_from(duration.as_millis()).ok()
}

fn shown(state: &SandboxState) -> Value {
    let mode = match state.clock {
        Clock::System => "system",
        Clock::Frozen { .. } => "frozen",
        Clock::Offset { .. } => "offset",
    };
    json!({
        "mode": mode,
        "now": state.now.to_string(),
        "nextDue": state.next_due().map(|due| due.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601() {
        for (text, expected) in [
            ("PT1H", Some(3_600_000)),
            ("PT0.5S", Some(500)),
            ("PT1H30M", Some(5_400_000)),
            ("P1D", Some(86_400_000)),
            ("P1W", Some(604_800_000)),
            ("-PT1S", Some(-1000)),
            ("P1M", None),
            ("1h", None),
            ("", None),
            ("PT", None),
            ("soon", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
