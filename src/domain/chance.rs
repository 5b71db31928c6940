//! Chance that is a function: of the sandbox's seed, what is decided, and the how-manieth call it is.
//!
//! A draw never depends on what other tools or sandboxes do, so concurrency cannot change it, and
//! the same seed with the same calls gives the same bytes.

/// The only chance that a decision may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    /// Chance for the call `nth` of `what` in a sandbox with `seed`.
    #[must_use]
    pub fn new(seed: u64, what: &str, nth: u64) -> Self {
        Self {
            seed: mix(seed ^ mix(hash(what) ^ mix(nth))),
        }
    }

    /// The draw `index` for `label`: the same arguments always give the same number.
    #[must_use]
    pub fn draw(&self, label: &str, index: u32) -> u64 {
        mix(self.seed ^ mix(hash(label).wrapping_add(u64::from(index))))
    }

    /// Chance of its own for `what`.
    #[must_use]
    pub fn named(&self, what: &str) -> Self {
        Self {
            seed: mix(self.seed ^ hash(what)),
        }
    }

    /// The same chance, turned so many times: for the next step of a call, or a second try.
    #[must_use]
    pub fn again(&self, attempt: u32) -> Self {
        Self {
            seed: if attempt == 0 {
                self.seed
            } else {
                self.draw("again", attempt)
            },
        }
    }
}

/// The seed of the sandbox `id` on a server with `seed`.
#[must_use]
pub fn sandbox_seed(seed: u64, id: &str) -> u64 {
    mix(seed ^ hash(id))
}

/// FNV-1a, 64 bits: stable across builds and versions, unlike the standard library's hasher.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The finalizer of SplitMix64: every bit of the input reaches every bit of the output.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_draw_is_a_function_of_its_arguments() {
        let chance = Chance::new(7, "pack.tool", 3);
        assert_eq!(
            chance.draw("id", 0),
            Chance::new(7, "pack.tool", 3).draw("id", 0)
        );
        let others = [
            chance.draw("id", 1),
            chance.draw("other", 0),
            chance.again(1).draw("id", 0),
            Chance::new(8, "pack.tool", 3).draw("id", 0),
            Chance::new(7, "pack.other", 3).draw("id", 0),
            Chance::new(7, "pack.tool", 4).draw("id", 0),
        ];
        assert!(!others.contains(&chance.draw("id", 0)));
    }

    #[test]
    fn draws_of_neighbouring_calls_do_not_clash() {
        let drawn: BTreeSet<u64> = (0..10_000)
            .map(|nth| Chance::new(0, "pack.tool", nth).draw("id", 0))
            .collect();
        assert_eq!(drawn.len(), 10_000);
    }

    #[test]
    fn the_numbers_stay_the_same_in_every_version() {
        // Recorded once: a change here changes every id that a seed has ever given.
        assert_eq!(sandbox_seed(0, "default"), 9_775_234_547_051_022_888);
    }
}
