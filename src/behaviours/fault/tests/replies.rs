//! The modes that change replies, and those that put others in their place.
