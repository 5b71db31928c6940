//! Cassettes as their users see them: what is written is read again, and what is wrong is told.

mod mistakes;
mod round_trips;
