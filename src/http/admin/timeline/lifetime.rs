//! How long a sandbox lives, as it is written.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::time::shift;
use crate::http::admin::clock::milliseconds;
use crate::http::problem::Problem;

/// The longest that can be said: a hundred years.
const LONGEST: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// How long a sandbox lives from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::http::admin) struct Lifetime {
    /// An ISO 8601 duration (`PT2H`), or seconds; `null` for ever.
    #[schema(value_type = Option<String>)]
    pub(in crate::http::admin) expires_after: Value,
}

/// When what lives so long from now on ends, by the machine's clock.
pub(in crate::http::admin) fn expires_at(after: &Value) -> Result<Option<Timestamp>, Problem> {
    let millis = match after {
        Value::Null => return Ok(None),
        Value::String(text) => milliseconds(text),
        Value::Number(seconds) => seconds.as_i64().and_then(|it| it.checked_mul(1000)),
        _ => None,
    };
    let fits = |millis: &i64| (1..=LONGEST.as_millis()).contains(&i128::from(*millis));
    let millis = millis.filter(fits).ok_or_else(|| {
        let message = format!(
            "expected an ISO 8601 duration such as PT2H or whole seconds, more than nothing and at \
             most a hundred years, found {after}"
        );
        Problem::invalid("expiresAfter", message)
    })?;
    Ok(Some(shift(crate::service::now(), millis)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(after: &Value, seconds: Option<Option<i64>>) {
        let now = crate::service::now();
        let found = expires_at(after).ok();
        let found = found.map(|at| at.map(|at| at.duration_since(now).as_secs()));
        assert_eq!(found, seconds, "{after}");
    }

    #[test]
    fn lifetimes_are_iso_8601_or_seconds() {
        check(&Value::Null, Some(None));
        check(&json!("PT2H"), Some(Some(7200)));
        check(&json!("P1D"), Some(Some(86_400)));
        check(&json!(90), Some(Some(90)));
        for wrong in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!("PT0S"),
            json!("2h"),
            json!("P1M"),
            json!("P200Y"),
            json!(i64::MAX),
            json!([1]),
            json!(true),
        ] {
            check(&wrong, None);
        }
    }
}
