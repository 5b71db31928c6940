//! The keys of generated rows.

use super::super::report::{Place, Report};
use crate::definition::model::{KeyAlphabet, RowKey};
use crate::state::dataset::key::{Alphabet, KeyMaker, LENGTH_MAX};

/// How the keys are made.
pub(super) fn maker(key: &RowKey) -> KeyMaker {
    match key {
        RowKey::Uuid => KeyMaker::Uuid,
        RowKey::Sequence(sequence) => KeyMaker::Sequence {
            prefix: sequence.sequence.as_str().into(),
            start: sequence.start,
            width: sequence.width,
        },
        RowKey::Id(id) => KeyMaker::Id {
            prefix: id.id.as_str().into(),
            length: id.length.min(LENGTH_MAX),
            alphabet: match id.alphabet {
                KeyAlphabet::Base36 => Alphabet::Base36,
                KeyAlphabet::Hex => Alphabet::Hex,
                KeyAlphabet::Digits => Alphabet::Digits,
            },
        },
    }
}

/// Each row needs a key of its own.
pub(super) fn check(key: &RowKey, count: u64, place: &Place, report: &mut Report) {
    let room = maker(key).room();
    if count > room {
        let message = format!("{count} rows need more keys than there are");
        report.error_at_key(place, message, format!("only {room} keys look like this"));
    }
}
