//! Cassettes as their users see them: what is written is read again, and what is wrong is told.

mod foreign;
mod matching;
mod mistakes;
mod redaction;
mod replies;
mod round_trips;
