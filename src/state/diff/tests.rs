//! Two states, and what is different.
