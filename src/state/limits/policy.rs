//! What a limit is: the algorithm that counts, and its sizes.

use std::fmt;

use jiff::tz::TimeZone;

/// How calls are counted. A window of a limit is its [`window_ms`](Policy::window_ms).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The calls of one window; at its end all of them are forgotten at once, so twice the limit
    /// may pass around that moment.
    FixedWindow {
        /// Where windows start.
        align: Align,
    },
    /// The calls of the last window, each remembered: those in `(now - window, now]`. Exact, and
    /// the one that needs memory: up to one entry for each unit of the limit.
    SlidingLog,
    /// The calls of this window, and of the one before it as many as would still be in sight if
    /// they had been spread evenly: `previous * (window - elapsed) / window + current`, an exact
    /// fraction. Windows start at multiples of the window since the epoch. (Cloudflare's.)
    SlidingCounter,
    /// Tokens are taken by calls, and come back evenly: `limit` of them in a window.
    TokenBucket {
        /// How many tokens the bucket holds; `limit` if it is not said.
        burst: Option<u64>,
    },
    /// Calls fill a bucket, as a meter: it drains evenly, `limit` in a window, and what would
    /// spill is refused.
    LeakyBucket {
        /// How much the bucket holds; `limit` if it is not said.
        burst: Option<u64>,
    },
    /// The generic cell rate algorithm. Calls are due every `T = window / limit`; a call may come
    /// `(burst - 1) * T` before it is due. A call of weight `w` stands for `w` calls at once.
    Gcra {
        /// How many calls may come at once; `limit` if it is not said.
        burst: Option<u64>,
    },
    /// Calls that are in flight at the same time. The window means nothing.
    Concurrency,
    /// The calls since midnight, by the wall clock of a time zone; a day may have 23 or 25 hours.
    /// The window means nothing.
    Quota {
        /// Whose midnight; [`zone`](super::zone) finds it by name.
        zone: TimeZone,
    },
}

/// Where fixed windows start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At multiples of the window since the epoch.
    #[default]
    Epoch,
    /// At the first call that is counted, and after its end again at the first one.
    FirstCall,
}

/// A limit, checked: some weight per window, counted by an algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    algorithm: Algorithm,
    limit: u64,
    window_ms: u64,
    count_refused: bool,
}

/// Why something is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The window lasts no time.
    WindowIsZero,
    /// The bucket holds nothing, or no call may ever come; a limit of 0 says so.
    BurstIsZero,
    /// No time zone has this name.
    UnknownZone(String),
}

impl Policy {
    /// A limit of `limit` weight per `window_ms` milliseconds. A limit of 0 refuses every call
    /// that weighs anything.
    ///
    /// # Errors
    /// When the window is 0 and the algorithm has a window, or when a burst is 0.
    pub fn new(algorithm: Algorithm, limit: u64, window_ms: u64) -> Result<Self, Error> {
        let timeless = matches!(algorithm, Algorithm::Concurrency | Algorithm::Quota { .. });
        if window_ms == 0 && !timeless {
            return Err(Error::WindowIsZero);
        }
        if algorithm.burst() == Some(0) {
            return Err(Error::BurstIsZero);
        }
        Ok(Self {
            algorithm,
            limit,
            window_ms,
            count_refused: false,
        })
    }

    /// The same limit, with refused calls counted too, or not (as it is if this is not called).
    ///
    /// It matters to what looks at calls in time: fixed windows, sliding logs and counters, quotas.
    /// Nothing can be taken out of an empty bucket, and a refused call is never in flight: the
    /// others do not count what they refuse, whatever is said here.
    #[must_use]
    pub fn counting_refused(self, count_refused: bool) -> Self {
        Self {
            count_refused,
            ..self
        }
    }

    /// How it counts.
    #[must_use]
    pub fn algorithm(&self) -> &Algorithm {
        &self.algorithm
    }

    /// How much weight a window lets pass; for [`Algorithm::Concurrency`], how much at once.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// How long its window is, in milliseconds. It means nothing to [`Algorithm::Concurrency`] and
    /// [`Algorithm::Quota`].
    #[must_use]
    pub fn window_ms(&self) -> u64 {
        self.window_ms
    }

    /// How much weight passes at one moment when nothing has been counted: the burst of those that
    /// have one, else the limit. A call that weighs more is never served.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        match self.limit {
            0 => 0,
            limit => self.algorithm.burst().unwrap_or(limit),
        }
    }

    /// Whether it counts the calls that it refuses.
    pub(super) fn counts_refused(&self) -> bool {
        self.count_refused
            && matches!(
                self.algorithm,
                Algorithm::FixedWindow { .. }
                    | Algorithm::SlidingLog
                    | Algorithm::SlidingCounter
                    | Algorithm::Quota { .. }
            )
    }
}

impl Algorithm {
    fn burst(&self) -> Option<u64> {
        match self {
            Self::TokenBucket { burst } | Self::LeakyBucket { burst } | Self::Gcra { burst } => {
                *burst
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WindowIsZero => f.write_str("the window of a limit lasts at least 1 ms"),
            Self::BurstIsZero => {
                f.write_str("a burst is at least 1; a limit of 0 refuses all calls")
            }
            Self::UnknownZone(name) => write!(
                f,
                "no time zone is called `{name}`; names are those of the IANA database, such as \
                 `UTC` or `America/New_York`"
            ),
        }
    }
}

impl std::error::Error for Error {}
