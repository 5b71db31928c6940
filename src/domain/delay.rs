//! Delays: how long an answer waits, always the same or drawn from a distribution.
//!
//! A delay is wall time that the edge spends; nothing is counted in it, so it may use floats.

use std::f64::consts::TAU;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::chance::Chance;

/// How often a delay is drawn again that is beyond the longest; then it is the longest.
const REDRAWS_MAX: u32 = 10;

/// How long an answer waits, in milliseconds. The words are WireMock's; less than none is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Delay {
    /// Always the same.
    Fixed {
        /// How long.
        #[serde(default)]
        milliseconds: i64,
    },
    /// Each length between two bounds is as likely as the others.
    Uniform {
        /// The shortest.
        #[serde(default)]
        lower: i32,
        /// The longest.
        #[serde(default)]
        upper: i32,
    },
    /// Most are near the median, and a few are much longer.
    LogNormal {
        /// Half of the delays are shorter.
        #[serde(default)]
        median: f64,
        /// How far they spread: the standard deviation of their logarithms.
        #[serde(default)]
        sigma: f64,
        /// The longest, if there is one.
        #[serde(default, rename = "maxValue", skip_serializing_if = "Option::is_none")]
        max_value: Option<f64>,
    },
}

/// What an answer waits for, all in all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Delays {
    /// What it always waits.
    pub fixed: Option<Duration>,
    /// What is drawn for each answer, and comes on top.
    pub drawn: Option<Delay>,
}

impl Delays {
    /// These, and of `others` what these say nothing about.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            fixed: self.fixed.or(others.fixed),
            drawn: self.drawn.or(others.drawn),
        }
    }

    /// How long this time: the same chance gives the same delay.
    #[must_use]
    pub fn sample(&self, chance: &Chance) -> Duration {
        let drawn = self.drawn.map(|delay| delay.sample(chance));
        let fixed = self.fixed.unwrap_or_default();
        fixed.saturating_add(drawn.unwrap_or_default())
    }
}

impl Delay {
    /// How long this time: the same chance gives the same delay.
    #[must_use]
    pub fn sample(&self, chance: &Chance) -> Duration {
        let millis = match *self {
            Self::Fixed { milliseconds } => milliseconds,
            Self::Uniform { lower, upper } => uniform(lower, upper, chance),
            Self::LogNormal {
                median,
                sigma,
                max_value,
            } => log_normal(median, sigma, max_value, chance),
        };
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// What makes this no delay, if anything does: nothing could be drawn from it.
    fn mistake(&self) -> Option<String> {
        match *self {
            Self::Uniform { lower, upper } if lower > upper => {
                Some(format!("`lower` ({lower}) is more than `upper` ({upper})"))
            }
            Self::LogNormal {
                median,
                max_value: Some(max),
                ..
            } if max < median => Some(format!(
                "`maxValue` ({max}) is less than `median` ({median})"
            )),
            _ => None,
        }
    }
}

fn uniform(lower: i32, upper: i32, chance: &Chance) -> i64 {
    let (lower, upper) = (i64::from(lower), i64::from(upper));
    let lengths = u64::try_from(upper - lower + 1).unwrap_or(1).max(1);
    let above = i64::try_from(chance.draw("delay", 0) % lengths).unwrap_or(0);
    lower + above
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast of a float stops at the bounds of the integer, and that is wanted"
)]
fn log_normal(median: f64, sigma: f64, max: Option<f64>, chance: &Chance) -> i64 {
    let drawn = |index| ((normal(chance, index) * sigma).exp() * median).round();
    let Some(max) = max else {
        return drawn(0) as i64;
    };
    let fits = (0..=REDRAWS_MAX).map(drawn).find(|length| *length <= max);
    fits.unwrap_or_else(|| max.round()) as i64
}

/// A number of the standard normal distribution (Box and Muller).
fn normal(chance: &Chance, index: u32) -> f64 {
    let radius = (-2.0 * fraction(chance.draw("delay radius", index)).ln()).sqrt();
    radius * (TAU * fraction(chance.draw("delay angle", index))).cos()
}

/// A number above zero, and one at the most.
#[expect(
    clippy::cast_precision_loss,
    reason = "53 bits are what a float holds exactly"
)]
fn fraction(draw: u64) -> f64 {
    const STEPS: u64 = 1 << 53;
    ((draw >> 11) + 1) as f64 / STEPS as f64
}

// By hand: what serde makes of a tagged enum loses the text of numbers.
impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Fixed {
            milliseconds: Option<i64>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Uniform {
            lower: Option<i32>,
            upper: Option<i32>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "camelCase")]
        struct LogNormal {
            median: Option<f64>,
            sigma: Option<f64>,
            max_value: Option<f64>,
        }
        fn read<T: DeserializeOwned, E: serde::de::Error>(rest: Value) -> Result<T, E> {
            serde_json::from_value(rest).map_err(E::custom)
        }
        let mut rest = Value::deserialize(deserializer)?;
        let kind = rest
            .as_object_mut()
            .and_then(|members| members.shift_remove("type"));
        let delay = match kind.as_ref().and_then(Value::as_str) {
            Some("fixed") => {
                let Fixed { milliseconds } = read(rest)?;
                let milliseconds = milliseconds.unwrap_or(0);
                Self::Fixed { milliseconds }
            }
            Some("uniform") => {
                let Uniform { lower, upper } = read(rest)?;
                Self::Uniform {
                    lower: lower.unwrap_or(0),
                    upper: upper.unwrap_or(0),
                }
            }
            Some("lognormal") => {
                let found: LogNormal = read(rest)?;
                Self::LogNormal {
                    median: found.median.unwrap_or(0.0),
                    sigma: found.sigma.unwrap_or(0.0),
                    max_value: found.max_value,
                }
            }
            _ => {
                let message = "`type` says how a delay is drawn: `fixed`, `uniform` or `lognormal`";
                return Err(D::Error::custom(message));
            }
        };
        match delay.mistake() {
            Some(mistake) => Err(D::Error::custom(mistake)),
            None => Ok(delay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(delay: &str) -> Vec<u128> {
        let delay: Delay = serde_json::from_str(delay).expect("a delay");
        let nth = |nth| delay.sample(&Chance::new(7, "stub", nth)).as_millis();
        (0..2000).map(nth).collect()
    }

    #[track_caller]
    fn check(delay: &str, least: u128, middle: std::ops::RangeInclusive<u128>, most: u128) {
        let mut found = samples(delay);
        assert_eq!(found, samples(delay), "the same chance, the same delays");
        found.sort_unstable();
        let (first, last) = (found[0], found[found.len() - 1]);
        assert!(least <= first && last <= most, "{delay}: {first} to {last}");
        let half = found[found.len() / 2];
        assert!(middle.contains(&half), "{delay}: half are below {half}");
        if least < most {
            assert!(first < last, "{delay}: always {first}");
        }
    }

    #[test]
    fn delays_are_drawn_as_their_distribution_says() {
        check(r#"{"type":"fixed","milliseconds":20}"#, 20, 20..=20, 20);
        check(r#"{"type":"fixed","milliseconds":-20}"#, 0, 0..=0, 0);
        check(r#"{"type":"fixed"}"#, 0, 0..=0, 0);
        check(
            r#"{"type":"uniform","lower":10,"upper":30}"#,
            10,
            18..=22,
            30,
        );
        check(r#"{"type":"uniform","lower":9,"upper":9}"#, 9, 9..=9, 9);
        check(r#"{"type":"uniform","lower":-9,"upper":3}"#, 0, 0..=0, 3);
        check(
            r#"{"type":"lognormal","median":80.5,"sigma":0.4}"#,
            1,
            76..=85,
            600,
        );
        check(
            r#"{"type":"lognormal","median":80,"sigma":0.4,"maxValue":90}"#,
            1,
            60..=80,
            90,
        );
        check(r#"{"type":"lognormal","median":80}"#, 80, 80..=80, 80);
        check(
            r#"{"type":"lognormal","median":1e300,"sigma":900}"#,
            0,
            0..=u128::MAX,
            u128::from(u64::MAX),
        );
    }

    #[test]
    fn the_bounds_of_a_uniform_delay_are_both_drawn() {
        let mut found = samples(r#"{"type":"uniform","lower":1,"upper":3}"#);
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [1, 2, 3]);
    }

    #[track_caller]
    fn refused(delay: &str, said: &str) {
        let error = serde_json::from_str::<Delay>(delay).expect_err("no delay");
        assert!(error.to_string().contains(said), "{delay}: {error}");
    }

    #[test]
    fn what_is_no_delay_is_refused() {
        refused(r#"{"type":"uniform","lower":5,"upper":1}"#, "more than");
        refused(
            r#"{"type":"lognormal","median":5,"sigma":1,"maxValue":3}"#,
            "less than",
        );
        refused(r#"{"type":"normal"}"#, "`type`");
        refused("{}", "`type`");
        refused("5", "`type`");
        refused(
            r#"{"type":"fixed","milliseconds":5,"lower":3}"#,
            "unknown field",
        );
        refused(r#"{"type":"uniform","upper":2147483648}"#, "invalid number");
    }

    #[test]
    fn of_two_that_say_how_long_the_first_counts_and_both_kinds_add_up() {
        let fixed = |millis| Delays {
            fixed: Some(Duration::from_millis(millis)),
            ..Delays::default()
        };
        let drawn = |milliseconds| Delays {
            drawn: Some(Delay::Fixed { milliseconds }),
            ..Delays::default()
        };
        let all = |delays: Delays| delays.sample(&Chance::new(7, "stub", 1)).as_millis();
        let global = fixed(3).or(drawn(10));
        assert_eq!(all(Delays::default().or(global)), 13);
        assert_eq!(all(fixed(1).or(global)), 11);
        assert_eq!(all(drawn(20).or(global)), 23);
        assert_eq!(all(fixed(0).or(drawn(20)).or(global)), 20);
    }

    #[test]
    fn a_delay_is_written_as_it_is_read() {
        for text in [
            r#"{"type":"fixed","milliseconds":20}"#,
            r#"{"type":"uniform","lower":10,"upper":30}"#,
            r#"{"type":"lognormal","median":80.5,"sigma":0.4}"#,
            r#"{"type":"lognormal","median":80.5,"sigma":0.4,"maxValue":90.5}"#,
        ] {
            let delay: Delay = serde_json::from_str(text).expect("a delay");
            assert_eq!(serde_json::to_string(&delay).expect("a text"), text);
        }
    }
}
