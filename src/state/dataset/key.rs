//! Keys of generated rows, each of which can be read back into the number of its row.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::permutation::Permutation;
use crate::domain::chance::Chance;

/// The most characters of a random-looking key beside its prefix.
pub const LENGTH_MAX: usize = 64;

/// How many bits of a UUID carry the number of the row; the others are drawn.
const UUID_BITS: u32 = 60;

/// What a random-looking key is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Alphabet {
    /// Small letters and digits.
    Base36,
    /// Small hexadecimal digits.
    Hex,
    /// Decimal digits.
    Digits,
}

impl Alphabet {
    fn base(self) -> u64 {
        match self {
            Self::Base36 => 36,
            Self::Hex => 16,
            Self::Digits => 10,
        }
    }

    /// How many characters can carry a number below 2^62.
    fn core_max(self) -> usize {
        match self {
            Self::Base36 => 11,
            Self::Hex => 15,
            Self::Digits => 18,
        }
    }

    fn letter(self, value: u64) -> char {
        // The base is at most 36, and so is the digit.
        char::from_digit((value % self.base()) as u32, 36).unwrap_or('0')
    }
}

/// How the keys of generated rows are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum KeyMaker {
    /// `c_000001`, `c_000002` …
    Sequence {
        /// What stands before the number.
        prefix: Arc<str>,
        /// The number of the first row.
        start: u64,
        /// How many digits the number has at least.
        width: usize,
    },
    /// `cus_4k9x…`: the number of the row, permuted, and drawn characters where more are wanted.
    Id {
        /// What stands before the characters.
        prefix: Arc<str>,
        /// How many characters.
        length: usize,
        /// Which characters.
        alphabet: Alphabet,
    },
    /// A random-looking UUID, version 4.
    Uuid,
}

impl KeyMaker {
    /// How many rows can have different keys.
    #[must_use]
    pub fn room(&self) -> u64 {
        match self {
            Self::Sequence { start, .. } => u64::MAX - start,
            Self::Id {
                length, alphabet, ..
            } => {
                let core = (*length).min(alphabet.core_max()) as u32;
                alphabet.base().saturating_pow(core)
            }
            Self::Uuid => 1 << UUID_BITS,
        }
    }

    /// The key of the row of this number, which is below [`room`](Self::room).
    #[must_use]
    pub fn key(&self, seed: u64, index: u64) -> Arc<str> {
        match self {
            Self::Sequence {
                prefix,
                start,
                width,
            } => format!("{prefix}{:0width$}", start.saturating_add(index)).into(),
            Self::Id {
                prefix,
                length,
                alphabet,
            } => {
                let number = Permutation::new(seed, self.room()).forward(index);
                let core = (*length).min(alphabet.core_max());
                let mut key = String::with_capacity(prefix.len() + length);
                key.push_str(prefix);
                let places = (0..core as u32).rev();
                key.extend(places.map(|at| alphabet.letter(number / alphabet.base().pow(at))));
                let rest = Chance::new(seed, "key", number);
                key.extend((core..*length).map(|at| alphabet.letter(rest.draw("rest", at as u32))));
                key.into()
            }
            Self::Uuid => {
                let number = Permutation::new(seed, self.room()).forward(index);
                let rest = Chance::new(seed, "key", number).draw("rest", 0);
                // The four bits of the version stand between the number's high and low part.
                let high = (number >> 12 << 16) | (number & 0xfff);
                let bits = (u128::from(high) << 64) | u128::from(rest);
                let uuid = uuid::Builder::from_random_bytes(bits.to_be_bytes());
                uuid.into_uuid().to_string().into()
            }
        }
    }

    /// Whether the keys of the first `count` rows ascend as texts: numbers do if all have as many
    /// digits.
    #[must_use]
    pub fn ascends(&self, count: u64) -> bool {
        let digits = |number: u64| number.checked_ilog10().unwrap_or(0) as usize + 1;
        match self {
            Self::Sequence { start, width, .. } => {
                let last = start.saturating_add(count.saturating_sub(1));
                digits(last) <= digits(*start).max(*width)
            }
            Self::Id { .. } | Self::Uuid => count <= 1,
        }
    }

    /// The number of the row that a key was made for, if it was.
    #[must_use]
    pub fn index(&self, seed: u64, key: &str) -> Option<u64> {
        let index = self.read(seed, key)?;
        (index < self.room() && *self.key(seed, index) == *key).then_some(index)
    }

    /// The number that a key would have been made of. Spelled otherwise, it would read the same.
    fn read(&self, seed: u64, key: &str) -> Option<u64> {
        let number = match self {
            Self::Sequence { prefix, start, .. } => {
                let digits = key.strip_prefix(&**prefix)?;
                return digits.parse::<u64>().ok()?.checked_sub(*start);
            }
            Self::Id {
                prefix,
                length,
                alphabet,
            } => {
                let letters = key.strip_prefix(&**prefix)?;
                let core = letters.get(..(*length).min(alphabet.core_max()))?;
                u64::from_str_radix(core, alphabet.base() as u32).ok()?
            }
            Self::Uuid => {
                let high = (uuid::Uuid::try_parse(key).ok()?.as_u128() >> 64) as u64;
                (high >> 16 << 12) | (high & 0xfff)
            }
        };
        Some(Permutation::new(seed, self.room()).backward(number))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(prefix: &str, length: usize, alphabet: Alphabet) -> KeyMaker {
        KeyMaker::Id {
            prefix: prefix.into(),
            length,
            alphabet,
        }
    }

    fn sequence(prefix: &str, start: u64, width: usize) -> KeyMaker {
        KeyMaker::Sequence {
            prefix: prefix.into(),
            start,
            width,
        }
    }

    #[test]
    fn keys_look_as_they_are_declared() {
        // Recorded once: a change here changes every key that a seed has ever given.
        for (maker, keys) in [
            (sequence("c_", 1, 6), ["c_000001", "c_000002"]),
            (sequence("", 99, 0), ["99", "100"]),
            (
                id("cus_", 14, Alphabet::Base36),
                ["cus_ewxieqiql0n0pp", "cus_d2k42fkpl5gtlv"],
            ),
            (id("", 6, Alphabet::Hex), ["5fe2d9", "7703c2"]),
            (
                id("n", 20, Alphabet::Digits),
                ["n85482791250534054619", "n91808353114304834046"],
            ),
            (
                KeyMaker::Uuid,
                [
                    "bdcf5751-4f83-4282-a9d6-43e41d7724a0",
                    "cbdb01b7-beae-4c94-828d-6f801dce9dd2",
                ],
            ),
        ] {
            assert_eq!([0, 1].map(|index| maker.key(7, index).to_string()), keys);
        }
    }

    #[test]
    fn what_was_not_made_is_not_found() {
        let short = id("k", 2, Alphabet::Digits);
        assert_eq!(short.room(), 100);
        let all: std::collections::BTreeSet<_> = (0..100).map(|n| short.key(3, n)).collect();
        assert_eq!(all.len(), 100);
        let uuid = KeyMaker::Uuid.key(3, 5);
        assert_eq!(KeyMaker::Uuid.index(3, &uuid), Some(5));
        let last = if uuid.ends_with('0') { "1" } else { "0" };
        for (maker, key) in [
            (sequence("c_", 1, 6), "c_1"),
            (sequence("c_", 1, 6), "c_000000"),
            (sequence("c_", 1, 6), "c_+00001"),
            (sequence("c_", 1, 6), "d_000001"),
            (short.clone(), "k1"),
            (short.clone(), "k+1"),
            (short.clone(), "k123"),
            (short, "kä"),
            (KeyMaker::Uuid, &uuid.to_uppercase()),
            (KeyMaker::Uuid, &format!("{}{last}", &uuid[..35])),
            (KeyMaker::Uuid, ""),
        ] {
            assert_eq!(maker.index(3, key), None, "{key}");
        }
    }

    #[test]
    fn numbers_of_one_length_ascend() {
        for (start, width, count, ascends) in [
            (1, 7, 9_999_999, true),
            (1, 7, 10_000_000, false),
            (0, 0, 10, true),
            (0, 0, 11, false),
            (10, 0, 90, true),
            (10, 0, 91, false),
            (1, 0, 0, true),
        ] {
            let maker = sequence("c_", start, width);
            assert_eq!(maker.ascends(count), ascends, "{start} {width} {count}");
        }
        assert!(!KeyMaker::Uuid.ascends(2));
    }

    proptest! {
        #[test]
        fn keys_read_back(seed: u64, index: u64, start in 0_u64..1 << 40, width in 0_usize..30, length in 1_usize..=64) {
            for maker in [
                sequence("a", start, width),
                id("b_", length, Alphabet::Base36),
                id("", length, Alphabet::Hex),
                id("9", length, Alphabet::Digits),
                KeyMaker::Uuid,
            ] {
                let index = index % maker.room();
                let key = maker.key(seed, index);
                prop_assert_eq!(maker.index(seed, &key), Some(index), "{}", key);
            }
        }

        #[test]
        fn no_text_is_a_key_by_mistake(seed: u64, text in ".{0,40}") {
            let maker = id("", 12, Alphabet::Base36);
            if let Some(index) = maker.index(seed, &text) {
                prop_assert_eq!(&*maker.key(seed, index), text.as_str());
            }
        }
    }
}
