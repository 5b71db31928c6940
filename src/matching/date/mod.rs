//! Dates and times as WireMock matches them: `before`, `after` and `equalToDateTime`.

pub(in crate::matching) mod lenient;
